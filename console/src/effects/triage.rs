//! Acts are written once and read back: of those that claim the same place, the first received counts.

use super::Opener;
use crate::event::{Lost, Receipt};
use crate::failure::Failure;
use crate::triage::Acted;
use crate::views::Subject;
use model::batch::Block;
use model::triage::{Action, Triage};
use model::{Record, Time};
use query::{Scope, named};
use rand::random;
use serde::Deserialize;
use std::collections::HashMap;
use store::{Prepared, Token};

const SQL: &str = include_str!("triage.sql");

/// Writes acts of one group, and says which of them count.
///
/// # Errors
/// If the store is away or refuses; then none of them counts.
pub async fn write(opener: &Opener, mut acts: Vec<Triage>) -> Result<Receipt, Failure> {
    let store = opener.store().await?;
    let mut block = Block::new(Triage::TABLE);
    let key = idem_key();
    for act in &mut acts {
        act.id = random();
        act.idem_key.clone_from(&key);
        if act.action == Action::Ack.as_str() {
            store.user().clone_into(&mut act.owner);
        }
        act.encode(&mut block);
    }
    let token = Token::of_content("triage", &block.to_native());
    store.insert(&Prepared::from_block(&block, token)).await?;
    let ids: Vec<_> = acts.iter().map(|act| act.subject_id.clone()).collect();
    let everything = Scope { from: Time(0), to: Time(i64::MAX), without: Vec::new() };
    let question = named(SQL, "triage.first").over(&everything).with("ids", ids);
    let first = store.ask::<First>(&question).await?;
    Ok(receipt(&acts, first.rows))
}

/// What was done last to `subject` by the person who asks, as far as undoing needs it; or why there is nothing to undo.
///
/// # Errors
/// If the store is away or refuses.
pub async fn last(opener: &Opener, subject: &Subject) -> Result<Result<Acted, String>, Failure> {
    let everything = Scope { from: Time(0), to: Time(i64::MAX), without: Vec::new() };
    let question = named(SQL, "triage.last").over(&everything).with("id", subject.id.as_str());
    let rows = opener.store().await?.ask::<Last>(&question).await?.rows;
    Ok(match rows.as_slice() {
        [] => Err("nobody has acted on it".into()),
        [last, ..] if last.mine == 0 => {
            Err(format!("{} acted on it last", present::safe(&last.actor)))
        }
        [last, rest @ ..] => {
            let before = Subject {
                state: last.state_from.clone(),
                owner: rest.first().map_or_else(String::new, |row| row.owner.clone()),
                seq: last.seq.saturating_sub(1),
                until: rest.first().and_then(|row| row.until),
                ..subject.clone()
            };
            Ok(Acted {
                before: vec![(before, last.seq)],
                action: Action::named(&last.action).unwrap_or_default(),
                led_to: vec![last.state_to.clone()],
                at: last.at,
            })
        }
    })
}

/// One of the last two acts on a subject.
#[derive(Debug, Deserialize)]
struct Last {
    seq: u32,
    at: Time,
    action: String,
    actor: String,
    state_from: String,
    state_to: String,
    owner: String,
    until: Option<Time>,
    mine: u8,
}

/// The first received of those that claim the same place.
#[derive(Debug, Deserialize)]
struct First {
    subject_id: String,
    seq: u32,
    id: u64,
    actor: String,
    act: String,
    ago_s: u64,
}

fn receipt(acts: &[Triage], first: Vec<First>) -> Receipt {
    let first: HashMap<_, _> =
        first.into_iter().map(|row| ((row.subject_id.clone(), row.seq), row)).collect();
    let action = acts.first().and_then(|act| Action::named(&act.action)).unwrap_or_default();
    let mut receipt = Receipt { action, done: Vec::new(), lost: Vec::new() };
    for act in acts {
        match first.get(&(act.subject_id.clone(), act.seq)) {
            Some(row) if row.id == act.id => receipt.done.push(act.subject_id.clone()),
            Some(row) => receipt.lost.push(Lost {
                id: act.subject_id.clone(),
                seq: act.seq,
                actor: present::safe(&row.actor),
                action: present::safe(&row.act),
                ago_s: row.ago_s,
            }),
            None => receipt.lost.push(Lost {
                id: act.subject_id.clone(),
                seq: act.seq,
                actor: "nobody".into(),
                action: String::new(),
                ago_s: 0,
            }),
        }
    }
    receipt
}

/// A random UUID (RFC 9562, version 4).
fn idem_key() -> String {
    let bits = (random::<u128>() & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(id: u64, subject_id: &str) -> Triage {
        let subjects = [crate::views::Subject {
            id: subject_id.into(),
            state: "NEW".into(),
            owner: String::new(),
            seq: 0,
            level: model::Level::II,
            until: None,
        }];
        let order = crate::triage::Order::of(Action::Ack);
        let (mut acts, _) = crate::triage::acts(&subjects, &order, Time(0), "test");
        acts[0].id = id;
        acts.remove(0)
    }

    #[test]
    fn an_act_counts_only_if_it_was_received_first() {
        let row = |subject_id: &str, id| First {
            subject_id: subject_id.into(),
            seq: 1,
            id,
            actor: "lin".into(),
            act: "close".into(),
            ago_s: 4,
        };
        let receipt = receipt(&[act(1, "a"), act(2, "b")], vec![row("a", 1), row("b", 77)]);
        assert_eq!(receipt.done, ["a"]);
        let lost = &receipt.lost[0];
        assert_eq!((lost.id.as_str(), lost.actor.as_str(), lost.seq), ("b", "lin", 1));
    }

    #[test]
    fn a_key_has_the_version_and_variant_of_a_random_uuid() {
        let key = idem_key();
        assert_eq!((key.len(), &key[14..15]), (36, "4"), "{key}");
        assert!(matches!(&key[19..20], "8" | "9" | "a" | "b"), "{key}");
    }
}
