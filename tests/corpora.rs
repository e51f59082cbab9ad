//! The sensor against real captures and what other tools say of them. `docs/corpora.md` explains every difference.

mod capture;
mod flows;
mod hellos;
mod walk;
