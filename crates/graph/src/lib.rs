//! The threat graph: who spoke with whom, what rang there, and the likeliest way through.
//!
//! Pure data: [`gather`] builds the questions whose rows make a [`Network`], and everything else reads it.

pub mod stage;

pub mod places;
pub mod thing;

pub mod cost;
pub mod network;

pub mod gather;
pub mod rows;

pub mod fold;
pub mod paths;
pub mod tree;

pub mod export;

pub use gather::{Gathering, Wanted};
pub use network::{Edge, Kind, Network, Node, Told};
pub use paths::Path;
pub use petgraph::Direction;
pub use petgraph::graph::{EdgeIndex, NodeIndex};
pub use places::{Place, Places};
pub use stage::Stage;
