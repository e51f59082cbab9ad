//! What the right pane tells of one entity: from whom it was reached, whom it reaches, and the way that led to it.

use graph::{Direction, EdgeIndex, Kind, Network, NodeIndex, Path};

/// One entity, looked at.
#[derive(Debug)]
pub(super) struct Facts {
    /// Which.
    pub(super) node: NodeIndex,
    /// Who opened conversations to it, the suspicious first.
    pub(super) from: Vec<(EdgeIndex, NodeIndex)>,
    /// To whom it opened conversations, the critical and the suspicious first.
    pub(super) to: Vec<(EdgeIndex, NodeIndex)>,
    /// The way from the first host to it, over suspicious steps.
    pub(super) way: Option<Path>,
}

/// From this criticality on an entity is marked.
pub(super) const MARKED: u8 = 9;

impl Facts {
    pub(super) fn of(network: &Network, node: NodeIndex) -> Self {
        let told = |direction| {
            let mut around = network.around(node, direction);
            around.retain(|(edge, _)| network.edge(*edge).kind != Kind::Control);
            around.sort_by_key(|(edge, other)| {
                let critical = network.node(*other).criticality >= MARKED;
                let edge = network.edge(*edge);
                (!(critical || edge.is_suspicious()), edge.kind)
            });
            around
        };
        Self {
            node,
            from: told(Direction::Incoming),
            to: told(Direction::Outgoing),
            way: network.backward(node),
        }
    }
}
