//! All settings of all programs: one loader, one example file, one JSON Schema.
//!
//! [`load`] merges, strongest first: `BARTIZAN_*` variables, the chosen file (`--config` or `--profile`), the user's
//! `bartizan.toml`, the system's, the defaults. A command's own flags come on top with [`Loaded::set`].

pub mod settings;

mod error;
mod layers;
mod link_end;
mod reference;

pub use error::Error;
pub use layers::{Loaded, Origin, Sources, load, load_from, profile_file, user_folder};
pub use reference::{example, schema};
pub use settings::Settings;
