//! Where in an attack a detection stands: recon, access, control, lateral movement, action (finance.md 3, "phase").

use serde::{Deserialize, Serialize};

/// A stage of an attack. R < A < C < L < X; D, V and what has none attach to any.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub enum Stage {
    /// No stage of its own: it belongs wherever its flows do.
    #[default]
    #[serde(rename = "-")]
    Any,
    /// Hides what happens.
    #[serde(rename = "D")]
    Evasion,
    /// Takes something out of service.
    #[serde(rename = "V")]
    Availability,
    /// Looks around.
    #[serde(rename = "R")]
    Recon,
    /// Gets in.
    #[serde(rename = "A")]
    Access,
    /// Is led from outside.
    #[serde(rename = "C")]
    Control,
    /// Moves on.
    #[serde(rename = "L")]
    Lateral,
    /// Takes money, takes data, or destroys.
    #[serde(rename = "X")]
    Action,
}

impl Stage {
    /// Those that have an order, first to last.
    pub const ORDERED: [Self; 5] =
        [Self::Recon, Self::Access, Self::Control, Self::Lateral, Self::Action];

    /// The letter in rows and screens.
    pub const fn letter(self) -> &'static str {
        match self {
            Self::Any => "-",
            Self::Evasion => "D",
            Self::Availability => "V",
            Self::Recon => "R",
            Self::Access => "A",
            Self::Control => "C",
            Self::Lateral => "L",
            Self::Action => "X",
        }
    }

    /// The word for people.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Any => "any stage",
            Self::Evasion => "evasion",
            Self::Availability => "availability",
            Self::Recon => "recon",
            Self::Access => "access",
            Self::Control => "control",
            Self::Lateral => "lateral movement",
            Self::Action => "action",
        }
    }

    /// Place in the order from 1; none for what attaches to any.
    pub fn place(self) -> Option<usize> {
        Self::ORDERED.iter().position(|stage| *stage == self).map(|at| at + 1)
    }

    /// The stage of a detection; of one that is not in the table, [`Stage::Any`].
    pub fn of(detection: &str) -> Self {
        known(detection).unwrap_or_default()
    }

    /// The stage with this letter.
    pub fn lettered(letter: &str) -> Option<Self> {
        let others = [Self::Any, Self::Evasion, Self::Availability];
        Self::ORDERED.into_iter().chain(others).find(|stage| stage.letter() == letter)
    }
}

/// The stage of a detection that is in the table.
pub fn known(detection: &str) -> Option<Stage> {
    STAGES.iter().find(|(id, _)| *id == detection).map(|(_, stage)| *stage)
}

use Stage::{Access, Action, Any, Availability, Control, Evasion, Lateral, Recon};

/// Every detection of the design. Where the design names two, the one in which it is usually met.
pub static STAGES: &[(&str, Stage)] = &[
    ("POL", Any),
    ("INT-01", Control),
    ("INT-02", Control),
    ("INT-03", Control),
    ("INT-04", Control),
    ("INT-05", Control),
    ("INT-06", Control),
    ("INT-07", Recon),
    ("INT-08", Lateral),
    ("INT-09", Lateral),
    ("INT-10", Lateral),
    ("INT-11", Lateral),
    ("INT-12", Access),
    ("INT-13", Lateral),
    ("INT-14", Action),
    ("INT-15", Lateral),
    ("INT-16", Access),
    ("INT-17", Access),
    ("INT-18", Action),
    ("INT-19", Action),
    ("INT-20", Action),
    ("INT-21", Access),
    ("INT-22", Lateral),
    ("INT-23", Lateral),
    ("INT-24", Control),
    ("INT-25", Action),
    ("INT-26", Control),
    ("INT-27", Recon),
    ("INT-28", Control),
    ("NET-01", Access),
    ("NET-02", Control),
    ("NET-03", Access),
    ("NET-04", Control),
    ("NET-05", Control),
    ("NET-06", Availability),
    ("NET-07", Any),
    ("FIN-01", Lateral),
    ("FIN-02", Action),
    ("FIN-03", Action),
    ("FIN-04", Action),
    ("FIN-05", Action),
    ("FIN-06", Action),
    ("FIN-07", Action),
    ("FIN-08", Action),
    ("FIN-09", Action),
    ("FIN-10", Action),
    ("FIN-11", Evasion),
    ("FIN-12", Action),
    ("FIN-13", Action),
    ("FIN-14", Action),
    ("FIN-15", Action),
    ("FIN-16", Action),
    ("FIN-17", Lateral),
    ("FIN-18", Access),
    ("FIN-19", Action),
    ("FIN-20", Availability),
    ("FIN-21", Lateral),
    ("FIN-22", Lateral),
    ("FIN-23", Action),
    ("FIN-24", Lateral),
    ("FIN-25", Action),
    ("FIN-26", Recon),
    ("FIN-27", Access),
    ("FIN-28", Action),
    ("AVL-01", Availability),
    ("AVL-02", Availability),
    ("AVL-03", Availability),
    ("AVL-04", Availability),
    ("AVL-05", Access),
    ("AVL-06", Availability),
    ("AVL-07", Evasion),
    ("AVL-08", Availability),
    ("AVL-09", Availability),
    ("AVL-10", Action),
    ("AVL-11", Evasion),
    ("AVL-12", Availability),
    ("AVL-13", Availability),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn stages_stand_in_the_order_of_an_attack() {
        assert!(Stage::ORDERED.windows(2).all(|pair| pair[0] < pair[1]));
        let letters: Vec<_> = Stage::ORDERED.iter().map(|stage| stage.letter()).collect();
        assert_eq!(letters.concat(), "RACLX");
        assert_eq!(Stage::Evasion.place(), None);
    }

    #[test]
    fn every_detection_stands_once_and_every_letter_is_read_back() {
        let ids: BTreeSet<_> = STAGES.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids.len(), STAGES.len());
        for (_, stage) in STAGES {
            assert_eq!(Stage::lettered(stage.letter()), Some(*stage));
        }
    }

    #[test]
    fn the_chains_of_the_stories_go_forward() {
        // finance.md 3.9: Bangladesh, and Carbanak.
        for chain in [["INT-01", "INT-09", "FIN-02"], ["INT-01", "INT-08", "FIN-15"]] {
            assert!(chain.windows(2).all(|pair| Stage::of(pair[0]) < Stage::of(pair[1])));
        }
    }
}
