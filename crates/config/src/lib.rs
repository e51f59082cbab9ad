//! All settings of all programs: one loader, one example file, one JSON Schema.

pub mod settings;

pub use settings::Settings;
