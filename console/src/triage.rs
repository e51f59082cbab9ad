//! Acts on warnings as rows: what the console and the command line write, and how they tell what came of it.

use crate::event::Receipt;
use crate::views::Subject;
use model::Time;
use model::triage::{State, Triage};

/// One row for each subject on which `action` changes something, and why it cannot be done on the others.
///
/// `id` and `idem_key` are drawn where the rows are written: randomness is not ours.
pub fn acts(
    subjects: &[Subject],
    action: &str,
    note: &str,
    at: Time,
    client: &str,
) -> (Vec<Triage>, Vec<String>) {
    let (mut acts, mut refused) = (Vec::new(), Vec::new());
    for subject in subjects {
        match state_after(&subject.state, action) {
            Ok(state_to) => acts.push(Triage {
                id: 0,
                subject: "warning".into(),
                subject_id: subject.id.clone(),
                seq: subject.seq + 1,
                at,
                action: action.to_owned(),
                state_from: subject.state.clone(),
                state_to,
                owner: subject.owner.clone(),
                disposition: String::new(),
                reason: String::new(),
                // The store refuses an account number in a note, and its refusal would repeat it.
                note: model::text::masked(note.to_owned()),
                group_size: 0,
                client: client.to_owned(),
                idem_key: String::new(),
            }),
            Err(why) => refused.push(format!("{}: {why}", short(&subject.id))),
        }
    }
    let size = acts.len() as u32;
    for act in &mut acts {
        act.group_size = size;
    }
    (acts, refused)
}

/// Stands after a state that the store has not confirmed yet.
pub const UNCONFIRMED: char = '…';

fn state_after(state: &str, action: &str) -> Result<String, &'static str> {
    if state.ends_with(UNCONFIRMED) {
        return Err("an act on it is under way");
    }
    if action == "note" {
        return Ok(state.to_owned());
    }
    let now = State::ALL.iter().find(|known| known.as_str() == state).copied().unwrap_or_default();
    now.after(action).map(|after| after.as_str().to_owned())
}

/// The name of a warning on screens: `W-` and the first eight digits of its id.
pub fn short(id: &str) -> String {
    format!("W-{}", id.get(..8).unwrap_or(id))
}

/// What was done, in a person's words: `acknowledged 2 (W-1f00aa21, W-9c4e7712)`.
pub fn told(receipt: &Receipt) -> String {
    let word = match receipt.action.as_str() {
        "ack" => "acknowledged",
        "note" => "noted on",
        other => other,
    };
    let ids: Vec<_> = receipt.done.iter().take(8).map(|id| short(id)).collect();
    let more = if receipt.done.len() > 8 {
        format!(" and {} more", receipt.done.len() - 8)
    } else {
        String::new()
    };
    let mut text = format!("{word} {} ({}{more})", receipt.done.len(), ids.join(", "));
    for (id, actor, state) in &receipt.lost {
        text.push_str(&format!("; {} not: {actor} set it to {state} first", short(id)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(id: &str, state: &str, seq: u32) -> Subject {
        Subject { id: id.into(), state: state.into(), owner: String::new(), seq }
    }

    #[test]
    fn an_acknowledgement_is_one_row_for_each_subject_that_it_changes() {
        let subjects =
            [subject("aa", "NEW", 0), subject("bb", "CLOSE", 4), subject("cc", "ACK", 1)];
        let (acts, refused) = acts(&subjects, "ack", "", Time(7), "test");
        let seen: Vec<_> = acts
            .iter()
            .map(|act| (act.subject_id.as_str(), act.seq, act.state_to.as_str(), act.group_size))
            .collect();
        assert_eq!(seen, [("aa", 1, "ACK", 2), ("cc", 2, "INV", 2)]);
        assert_eq!(refused, ["W-bb: it is closed"]);
    }

    #[test]
    fn a_note_leaves_the_state_as_it_is() {
        let (acts, refused) = acts(&[subject("aa", "CLOSE", 4)], "note", "seen", Time(7), "test");
        assert_eq!(
            (acts[0].state_to.as_str(), acts[0].note.as_str(), acts[0].seq),
            ("CLOSE", "seen", 5)
        );
        assert!(refused.is_empty());
    }

    #[test]
    fn an_account_number_in_a_note_is_masked_before_it_leaves() {
        let (acts, _) =
            acts(&[subject("aa", "NEW", 0)], "note", "card 4111 1111 1111 1111", Time(7), "test");
        assert_eq!(acts[0].note, "card xxxx xxxx xxxx xxxx");
    }

    #[test]
    fn a_receipt_names_count_ids_and_who_was_first() {
        let receipt = Receipt {
            action: "ack".into(),
            done: vec!["0123456789".into()],
            lost: vec![("fedcba9876".into(), "lin".into(), "CLOSE".into())],
        };
        assert_eq!(
            told(&receipt),
            "acknowledged 1 (W-01234567); W-fedcba98 not: lin set it to CLOSE first"
        );
    }
}
