//! The words of Bartizan: the types every part speaks in, and every table.
//!
//! One word per concept, here and in SQL, screens and rules:
//!
//! | Word | Means |
//! |---|---|
//! | flow | a two-way conversation between two endpoints; `src` is who opened it, `direction` says how that is known |
//! | slice | one row of a flow: what happened since its previous row |
//! | tap | one point where packets are seen; a sensor has one or more |
//! | entity | a host, name, user, service or device |
//! | zone, conduit | a part of the bank's network, and what may pass between two of them |
//! | verdict | what policy says of a flow |
//! | evidence | one judged fact: detection, subject, episode, numbers, p-value |
//! | warning | what a person is told; joins evidence of one cause |
//! | severity | P0 note, P1 low, P2 medium, P3 high, P4 critical |
//! | level | I red, II orange, III yellow, IV blue: how far a warning goes up |
//! | index | 0 to 100: situation of an entity, a zone or the institution; higher is worse |
//! | incident | warnings joined by the threat graph, with stages |
//! | score | calibrated probability that an episode is what the detection names, in ten-thousandths |
//! | app | the protocol identified on a flow, with `app_conf` 0 to 4 |
//! | coverage | what a tap could see in a minute |
//! | ledger | what was received, kept and dropped, by stage and reason |
//! | watermark | the packet time up to which a tap's rows have arrived |
//!
//! Everything here is pure: no I/O, no clock, no `unsafe`.

pub mod address;
pub mod batch;
pub mod id;
pub mod mask;
pub mod record;
pub mod text;
pub mod time;

pub mod coverage;
pub mod flow;
pub mod ledger;

pub mod verdict;
pub mod zone;

pub mod admin_edge;
pub mod baseline;
pub mod entity;

pub mod evidence;
pub mod forecast;
pub mod incident;
pub mod judged;
pub mod severity;
pub mod situation;
pub mod triage;
pub mod warning;

pub use address::{Endpoints, mapped};
pub use admin_edge::AdminEdge;
pub use baseline::Baseline;
pub use batch::{Batch, Form};
pub use coverage::{Coverage, Side};
pub use entity::Entity;
pub use evidence::Evidence;
pub use flow::Flow;
pub use forecast::Forecast;
pub use incident::Incident;
pub use ledger::Ledger;
pub use record::{Class, Column, Record, Table};
pub use severity::{Level, Severity};
pub use situation::Situation;
pub use text::Text;
pub use time::Time;
