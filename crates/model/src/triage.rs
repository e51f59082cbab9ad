//! What people did about it: append-only, written as the person who acted.

use crate::Time;

crate::words! {
    /// State of a warning in a person's hands.
    pub enum State {
        /// Nobody looked yet.
        #[default]
        New = "NEW" / 0,
        /// Somebody owns it.
        Ack = "ACK" / 1,
        /// Work has started.
        Inv = "INV" / 2,
        /// Handed up.
        Esc = "ESC" / 3,
        /// Put aside until a moment.
        Shv = "SHV" / 4,
        /// Closed with a disposition.
        Close = "CLOSE" / 5,
    }
}

crate::words! {
    /// What a person does to a warning.
    pub enum Action {
        /// Take it; once more: work has started.
        #[default]
        Ack = "ack" / 0,
        /// Give it to somebody.
        Assign = "assign" / 1,
        /// Write a note on it.
        Note = "note" / 2,
        /// Hand it up: needs a reason and a receiver.
        Escalate = "escalate" / 3,
        /// Close it: needs a disposition.
        Close = "close" / 4,
        /// Put it aside: needs an end and a reason.
        Shelve = "shelve" / 5,
        /// Take back one's own last act; the state before comes back.
        Undo = "undo" / 6,
    }
}

crate::words! {
    /// How a warning was closed.
    pub enum Disposition {
        /// It was what the detection names.
        #[default]
        Confirmed = "confirmed" / 0,
        /// It was not, and should not have rung.
        FalsePositive = "false-positive" / 1,
        /// It was, and is allowed.
        Benign = "benign" / 2,
        /// Another warning tells it.
        Duplicate = "duplicate" / 3,
        /// Somebody tried us.
        Test = "test" / 4,
    }
}

/// An act can be undone so long by who did it. Microseconds.
pub const UNDO_US: i64 = 30 * Time::SECOND;

crate::record! {
    /// One act of one person on one subject. `actor` and `received_at` are filled by the store.
    #[derive(serde::Deserialize)]
    pub struct Triage: "triage", Warning {
        /// Random, drawn by the client.
        pub id: u64,
        /// `warning`, `incident`, `rule`, `entity`, `zone` or `shift`.
        pub subject: String,
        /// Id of the subject.
        pub subject_id: String,
        /// One more than the last seen; of rows with the same one the first received counts.
        pub seq: u32,
        /// When the person acted.
        pub at: Time,
        /// `ack`, `assign`, `note`, `escalate`, `close`, `shelve`, `undo`.
        pub action: String,
        /// State before.
        pub state_from: String,
        /// State after.
        pub state_to: String,
        /// Who owns it now.
        pub owner: String,
        /// `confirmed`, `false-positive`, `benign`, `duplicate`, `test`, or empty.
        pub disposition: String,
        /// Why.
        pub reason: String,
        /// Free text.
        pub note: String,
        /// Rows of the group action it was part of.
        pub group_size: u32,
        /// Program and version that wrote it.
        pub client: String,
        /// Drawn once per act: the same on a repeat.
        pub idem_key: String,
        /// When what was shelved comes back by itself.
        pub until: Option<Time>,
        /// Level of the subject when the person acted: what is shelved comes back when it gets worse.
        pub level: String,
    }
}

impl State {
    /// The state called `word`; nobody looked at what has none.
    pub fn named(word: &str) -> Self {
        Self::ALL.iter().find(|state| state.as_str() == word).copied().unwrap_or_default()
    }

    /// Whether somebody may still have to do something about it.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Close)
    }

    /// The state after `action`, or why it cannot be.
    ///
    /// # Errors
    /// In words, where the action changes nothing. `Undo` is no function of the state alone: see [`UNDO_US`].
    pub const fn after(self, action: Action) -> Result<Self, &'static str> {
        match (self, action) {
            (_, Action::Undo) => Err("what was done before is not known"),
            (Self::Close, _) => Err("it is closed"),
            (Self::New, Action::Ack) => Ok(Self::Ack),
            (Self::Ack | Self::Esc, Action::Ack) => Ok(Self::Inv),
            (Self::Inv, Action::Ack) => Err("work on it has started already"),
            (Self::Shv, Action::Ack | Action::Escalate) => {
                Err("it is shelved; shelve it again with a near end to have it back")
            }
            (Self::New | Self::Ack | Self::Inv, Action::Escalate) => Ok(Self::Esc),
            (Self::Esc, Action::Escalate) => Err("it is escalated already"),
            (_, Action::Close) => Ok(Self::Close),
            (_, Action::Shelve) => Ok(Self::Shv),
            (open, Action::Assign | Action::Note) => Ok(open),
        }
    }
}

impl Action {
    /// The action called `word`.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|action| action.as_str() == word).copied()
    }
}

impl Disposition {
    /// The disposition called `word`.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|disposition| disposition.as_str() == word).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The design's table of triage, row by row: from which states an action leads where; from all others it leads nowhere.
    const TABLE: &[(&[State], Action, Option<State>)] = &[
        (&[State::New], Action::Ack, Some(State::Ack)),
        (&[State::Ack, State::Esc], Action::Ack, Some(State::Inv)),
        (&[State::New, State::Ack, State::Inv], Action::Escalate, Some(State::Esc)),
        (&OPEN, Action::Close, Some(State::Close)),
        (&OPEN, Action::Shelve, Some(State::Shv)),
        (&OPEN, Action::Assign, None),
        (&OPEN, Action::Note, None),
    ];
    const OPEN: [State; 5] = [State::New, State::Ack, State::Inv, State::Esc, State::Shv];

    #[test]
    fn every_state_and_action_is_as_the_table_of_triage_says() {
        for from in State::ALL {
            for action in Action::ALL {
                let row = TABLE
                    .iter()
                    .find(|(states, listed, _)| listed == action && states.contains(from));
                let expected = row.map(|(_, _, to)| to.unwrap_or(*from));
                assert_eq!(from.after(*action).ok(), expected, "{from} {action}");
            }
        }
    }

    #[test]
    fn every_word_is_found_again_and_no_other() {
        for state in State::ALL {
            assert_eq!(State::named(state.as_str()), *state);
            assert_eq!(state.is_open(), OPEN.contains(state));
        }
        for action in Action::ALL {
            assert_eq!(Action::named(action.as_str()), Some(*action));
        }
        for disposition in Disposition::ALL {
            assert_eq!(Disposition::named(disposition.as_str()), Some(*disposition));
        }
        assert_eq!((Action::named("delete"), Disposition::named("")), (None, None));
    }
}
