//! What two surfaces share: safe text, cells, words and colours of levels, numbers as people read them.
//!
//! Everything that came from the wire or the store passes [`safe`] once, where it is decoded, and [`fit`] or [`cut`]
//! where it is drawn.

mod cells;
mod csv;
mod level;
mod number;
mod safe;

pub use cells::{Align, cut, fit, fit_to, width};
pub use csv::csv_cell;
pub use level::{
    THRESHOLDS, Tone, could_be, level_of_index, level_word, severity_word, told_index, told_level,
    tone_of,
};
pub use number::{age, bytes, grouped, lasted, percent, short};
pub use safe::{Safe, safe, safe_bytes};
