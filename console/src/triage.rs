//! Acts on warnings as rows: what the console and the command line write, and how they tell what came of it.

use crate::event::{Lost, Receipt};
use crate::views::Subject;
use model::Time;
use model::triage::{Action, Disposition, State, Triage, UNDO_US};

/// What a person wants done, with everything that the action needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Order {
    /// What.
    pub action: Action,
    /// Who gets it, for assigning and escalating.
    pub to: String,
    /// Why.
    pub reason: String,
    /// In their words.
    pub note: String,
    /// How it is closed.
    pub disposition: Option<Disposition>,
    /// When what is shelved comes back.
    pub until: Option<Time>,
}

impl Order {
    /// An order that has nothing but its action yet.
    pub fn of(action: Action) -> Self {
        Self { action, ..Self::default() }
    }

    /// What the action needs and the order has not, in words.
    pub const fn missing(&self) -> Option<&'static str> {
        match self.action {
            Action::Assign if self.to.is_empty() => Some("say who gets it"),
            Action::Note if self.note.is_empty() => Some("an empty note is not written"),
            Action::Escalate if self.to.is_empty() => Some("say who receives it"),
            Action::Escalate if self.reason.is_empty() => Some("say why it goes up"),
            Action::Close if self.disposition.is_none() => Some("say what it was"),
            Action::Shelve if self.until.is_none() => Some("say until when"),
            Action::Shelve if self.reason.is_empty() => Some("say why it can wait"),
            _ => None,
        }
    }
}

/// One row for each subject on which `order` changes something, and why it cannot be done on the others.
///
/// `id` and `idem_key` are drawn where the rows are written: randomness is not ours.
pub fn acts(
    subjects: &[Subject],
    order: &Order,
    at: Time,
    client: &str,
) -> (Vec<Triage>, Vec<String>) {
    let (mut acts, mut refused) = (Vec::new(), Vec::new());
    for subject in subjects {
        match state_after(&subject.state, order.action) {
            Ok(state_to) => acts.push(act(subject, order, state_to, at, client)),
            Err(why) => refused.push(format!("{}: {why}", short(&subject.id))),
        }
    }
    (sized(acts), refused)
}

fn act(subject: &Subject, order: &Order, state_to: State, at: Time, client: &str) -> Triage {
    // The store refuses an account number in free text, and its refusal would repeat it.
    let masked = |text: &str| model::text::masked(text.to_owned());
    Triage {
        id: 0,
        subject: "warning".into(),
        subject_id: subject.id.clone(),
        seq: subject.seq + 1,
        at,
        action: order.action.as_str().into(),
        state_from: subject.state.clone(),
        state_to: state_to.as_str().into(),
        owner: if order.to.is_empty() { subject.owner.clone() } else { masked(&order.to) },
        disposition: order.disposition.map_or_else(String::new, |word| word.as_str().into()),
        reason: masked(&order.reason),
        note: masked(&order.note),
        group_size: 0,
        client: client.to_owned(),
        idem_key: String::new(),
        until: order.until.or(subject.until).filter(|_| state_to == State::Shv),
        level: subject.level.as_str().into(),
    }
}

fn sized(mut acts: Vec<Triage>) -> Vec<Triage> {
    let size = acts.len() as u32;
    for act in &mut acts {
        act.group_size = size;
    }
    acts
}

/// Stands after a state that the store has not confirmed yet.
pub const UNCONFIRMED: char = '…';

/// The state of a subject after an action, or why it cannot be.
///
/// # Errors
/// In words.
pub fn state_after(state: &str, action: Action) -> Result<State, &'static str> {
    if state.ends_with(UNCONFIRMED) {
        return Err("an act on it is under way");
    }
    State::named(state).after(action)
}

/// A group of acts, and how each subject stood before: what undoing needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acted {
    /// Each subject before, and the `seq` of the act on it.
    pub before: Vec<(Subject, u32)>,
    /// What was done.
    pub action: Action,
    /// The state that it led to, for each subject.
    pub led_to: Vec<String>,
    /// When.
    pub at: Time,
}

impl Acted {
    /// `acts` on `subjects`, as they were before.
    pub fn new(subjects: &[Subject], acts: &[Triage]) -> Option<Self> {
        let first = acts.first()?;
        let pairs = acts.iter().filter_map(|act| {
            let subject = subjects.iter().find(|subject| subject.id == act.subject_id)?;
            Some(((subject.clone(), act.seq), act.state_to.clone()))
        });
        let (before, led_to) = pairs.unzip();
        Some(Self { before, action: Action::named(&first.action)?, led_to, at: first.at })
    }

    /// Forgets what did not count.
    pub fn lose(&mut self, lost: &[Lost]) {
        let is_lost = |subject: &Subject, seq: u32| {
            lost.iter().any(|lost| lost.id == subject.id && lost.seq == seq)
        };
        let kept: Vec<bool> =
            self.before.iter().map(|(subject, seq)| !is_lost(subject, *seq)).collect();
        let mut keep = kept.iter();
        self.before.retain(|_| *keep.next().expect("one for each"));
        let mut keep = kept.iter();
        self.led_to.retain(|_| *keep.next().expect("one for each"));
    }

    /// The subjects as the acts left them.
    fn after(&self) -> Vec<Subject> {
        let left = |((before, seq), state): (&(Subject, u32), &String)| Subject {
            seq: *seq,
            state: state.clone(),
            ..before.clone()
        };
        self.before.iter().zip(&self.led_to).map(left).collect()
    }

    /// The rows that take it back: each compensates one act, none is deleted.
    ///
    /// # Errors
    /// If there is nothing to take back, or it is too late.
    pub fn undone(&self, at: Time, client: &str) -> Result<(Vec<Subject>, Vec<Triage>), String> {
        if self.action == Action::Undo {
            return Err("an undo is not undone: act again instead".into());
        }
        let age = at.since(self.at);
        if age > UNDO_US {
            return Err(format!(
                "too late: this was done {} ago, and acts can be undone for {} s",
                present::age(age),
                UNDO_US / Time::SECOND
            ));
        }
        let after = self.after();
        let order = Order::of(Action::Undo);
        let rows = after.iter().zip(&self.before).map(|(now, (before, _))| {
            let to = State::named(&before.state);
            let row = act(&Subject { until: before.until, ..now.clone() }, &order, to, at, client);
            Triage { owner: before.owner.clone(), ..row }
        });
        let rows = sized(rows.collect());
        Ok((after, rows))
    }
}

/// The name of a warning on screens: `W-` and the first eight digits of its id.
pub fn short(id: &str) -> String {
    format!("W-{}", id.get(..8).unwrap_or(id))
}

/// The name of an incident on screens: `INC-` and the first eight digits of its id.
pub fn incident_name(id: &str) -> String {
    format!("INC-{}", id.get(..8).unwrap_or(id))
}

/// What an action did, as a verb in the past.
const fn did(action: Action) -> &'static str {
    match action {
        Action::Ack => "acknowledged",
        Action::Assign => "assigned",
        Action::Note => "noted on",
        Action::Escalate => "escalated",
        Action::Close => "closed",
        Action::Shelve => "shelved",
        Action::Undo => "took back",
    }
}

/// What was done, in a person's words: `acknowledged 2 (W-1f00aa21, W-9c4e7712)`.
pub fn told(receipt: &Receipt) -> String {
    let ids: Vec<_> = receipt.done.iter().take(8).map(|id| short(id)).collect();
    let more = if receipt.done.len() > 8 {
        format!(" and {} more", receipt.done.len() - 8)
    } else {
        String::new()
    };
    let mut parts = Vec::new();
    if !receipt.done.is_empty() {
        let count = receipt.done.len();
        parts.push(format!("{} {count} ({}{more})", did(receipt.action), ids.join(", ")));
    }
    parts.extend(receipt.lost.iter().map(first));
    parts.join("; ")
}

/// Who was first, and when: `W-fedcba98 not: lin closed it 4 s ago`.
fn first(lost: &Lost) -> String {
    let verb = Action::named(&lost.action).map_or("changed", did).trim_end_matches(" on");
    format!("{} not: {} {verb} it {} s ago", short(&lost.id), lost.actor, lost.ago_s)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Level;

    fn subject(id: &str, state: &str, seq: u32) -> Subject {
        Subject {
            id: id.into(),
            state: state.into(),
            owner: "chen".into(),
            seq,
            level: Level::III,
            until: None,
        }
    }

    fn done(subjects: &[Subject], order: &Order) -> (Vec<Triage>, Vec<String>) {
        acts(subjects, order, Time(7), "test")
    }

    #[test]
    fn an_acknowledgement_is_one_row_for_each_subject_that_it_changes() {
        let subjects =
            [subject("aa", "NEW", 0), subject("bb", "CLOSE", 4), subject("cc", "ACK", 1)];
        let (acts, refused) = done(&subjects, &Order::of(Action::Ack));
        let seen: Vec<_> = acts
            .iter()
            .map(|act| (act.subject_id.as_str(), act.seq, act.state_to.as_str(), act.group_size))
            .collect();
        assert_eq!(seen, [("aa", 1, "ACK", 2), ("cc", 2, "INV", 2)]);
        assert_eq!(refused, ["W-bb: it is closed"]);
    }

    #[test]
    fn a_note_leaves_state_and_owner_as_they_are() {
        let order = Order { note: "seen".into(), ..Order::of(Action::Note) };
        let (acts, _) = done(&[subject("aa", "ESC", 4)], &order);
        let act = &acts[0];
        assert_eq!(
            (act.state_to.as_str(), act.note.as_str(), act.seq, act.owner.as_str()),
            ("ESC", "seen", 5, "chen")
        );
    }

    #[test]
    fn an_account_number_is_masked_before_it_leaves() {
        let reason = "card 4111 1111 1111 1111".to_owned();
        let order = Order { to: "lin".into(), reason, ..Order::of(Action::Escalate) };
        let (acts, _) = done(&[subject("aa", "NEW", 0)], &order);
        assert_eq!(acts[0].reason, "card xxxx xxxx xxxx xxxx");
        assert_eq!((acts[0].owner.as_str(), acts[0].state_to.as_str()), ("lin", "ESC"));
    }

    #[test]
    fn an_order_says_what_it_still_needs() {
        let mut order = Order::of(Action::Shelve);
        assert!(order.missing().is_some_and(|what| what.contains("until")));
        order.until = Some(Time(9));
        assert!(order.missing().is_some_and(|what| what.contains("why")));
        order.reason = "patch night".into();
        assert_eq!(order.missing(), None);
        for action in [Action::Assign, Action::Note, Action::Escalate, Action::Close] {
            assert!(Order::of(action).missing().is_some(), "{action}");
        }
        assert_eq!(Order::of(Action::Ack).missing(), None);
    }

    #[test]
    fn what_is_shelved_keeps_its_end_under_a_note_and_loses_it_when_closed() {
        let shelved = Subject { until: Some(Time(90)), ..subject("aa", "SHV", 3) };
        let note = Order { note: "still waiting".into(), ..Order::of(Action::Note) };
        assert_eq!(done(std::slice::from_ref(&shelved), &note).0[0].until, Some(Time(90)));
        let close = Order { disposition: Some(Disposition::Benign), ..Order::of(Action::Close) };
        let act = &done(&[shelved], &close).0[0];
        assert_eq!((act.until, act.disposition.as_str()), (None, "benign"));
    }

    #[test]
    fn undoing_is_a_row_that_leads_back_to_state_and_owner_before() {
        let before = [subject("aa", "ACK", 2)];
        let order = Order { to: "lin".into(), reason: "x".into(), ..Order::of(Action::Escalate) };
        let (acts, _) = done(&before, &order);
        let acted = Acted::new(&before, &acts).expect("something was done");
        let at = Time(7 + UNDO_US);
        let (after, rows) = acted.undone(at, "test").expect("in time");
        assert_eq!((after[0].state.as_str(), after[0].seq), ("ESC", 3));
        let row = &rows[0];
        assert_eq!(
            (row.seq, row.state_from.as_str(), row.state_to.as_str(), row.owner.as_str()),
            (4, "ESC", "ACK", "chen")
        );
        assert_eq!((row.action.as_str(), row.group_size), ("undo", 1));
        assert!(acted.undone(at.plus(1), "test").expect_err("too late").contains("30 s"));
    }

    #[test]
    fn what_somebody_else_did_first_is_not_undone() {
        let before = [subject("aa", "NEW", 0), subject("bb", "NEW", 0)];
        let (acts, _) = done(&before, &Order::of(Action::Ack));
        let mut acted = Acted::new(&before, &acts).expect("something was done");
        acted.lose(&[lost("aa", 1)]);
        let (_, rows) = acted.undone(Time(7), "test").expect("in time");
        assert_eq!(rows.iter().map(|row| row.subject_id.as_str()).collect::<Vec<_>>(), ["bb"]);
    }

    fn lost(id: &str, seq: u32) -> Lost {
        Lost { id: id.into(), seq, actor: "lin".into(), action: "close".into(), ago_s: 4 }
    }

    #[test]
    fn a_receipt_names_count_ids_and_who_was_first() {
        let receipt = Receipt {
            action: Action::Ack,
            done: vec!["0123456789".into()],
            lost: vec![lost("fedcba9876", 1)],
        };
        assert_eq!(
            told(&receipt),
            "acknowledged 1 (W-01234567); W-fedcba98 not: lin closed it 4 s ago"
        );
    }
}
