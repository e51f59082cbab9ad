//! Slots and generations: which question each pane asked last, and which answer still counts.

use crate::event::{Effect, RequestId};
use std::collections::BTreeMap;
use store::Question;

/// What a pane wants to know.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// Name of its slot.
    pub slot: &'static str,
    /// What is asked.
    pub question: Question,
    /// Wait this long before asking, in case the cursor moves on. Milliseconds.
    pub settle_ms: u64,
}

impl Ask {
    /// Asked at once.
    pub const fn now(slot: &'static str, question: Question) -> Self {
        Self { slot, question, settle_ms: 0 }
    }

    /// Asked when the cursor has rested.
    pub const fn settled(slot: &'static str, question: Question) -> Self {
        Self { slot, question, settle_ms: 120 }
    }
}

/// The requests of all panes.
#[derive(Debug, Default)]
pub struct Requests {
    slots: BTreeMap<&'static str, Slot>,
    next: u64,
    /// Answers that came too late and were dropped.
    pub late: u64,
}

#[derive(Debug)]
struct Slot {
    generation: u64,
    question: Question,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Asked, not answered.
    Running,
    /// Answered, and the answer still holds.
    Answered,
    /// To be asked again although the question is the same.
    Stale,
}

impl Requests {
    /// Brings the slots to what is wanted: slots no longer wanted are cancelled, changed or stale questions are asked.
    pub fn reconcile(&mut self, wanted: Vec<Ask>) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.slots.retain(|name, slot| {
            let keep = wanted.iter().any(|ask| ask.slot == *name);
            if !keep && slot.state == State::Running {
                effects.push(Effect::Cancel(RequestId { slot: name, generation: slot.generation }));
            }
            keep
        });
        for Ask { slot: name, question, settle_ms } in wanted {
            let before = self.slots.get(name);
            if before.is_some_and(|slot| slot.question == question && slot.state != State::Stale) {
                continue;
            }
            if let Some(slot) = before.filter(|slot| slot.state == State::Running) {
                effects.push(Effect::Cancel(RequestId { slot: name, generation: slot.generation }));
            }
            self.next += 1;
            let request = RequestId { slot: name, generation: self.next };
            let slot =
                Slot { generation: self.next, question: question.clone(), state: State::Running };
            self.slots.insert(name, slot);
            effects.push(Effect::Ask { request, question, settle_ms });
        }
        effects
    }

    /// Whether an answer to `request` still counts; if so, its slot is answered.
    pub fn answered(&mut self, request: RequestId) -> bool {
        match self.slots.get_mut(request.slot) {
            Some(slot) if slot.generation == request.generation && slot.state == State::Running => {
                slot.state = State::Answered;
                true
            }
            _ => {
                self.late += 1;
                false
            }
        }
    }

    /// Has every answered slot asked again at the next [`Self::reconcile`].
    pub fn expire(&mut self) {
        for slot in self.slots.values_mut().filter(|slot| slot.state == State::Answered) {
            slot.state = State::Stale;
        }
    }

    /// Cancels what runs; the slots keep their rows and are not asked again by themselves.
    pub fn cancel(&mut self) -> Vec<Effect> {
        let running = self.slots.iter_mut().filter(|(_, slot)| slot.state == State::Running);
        running
            .map(|(name, slot)| {
                slot.state = State::Answered;
                Effect::Cancel(RequestId { slot: name, generation: slot.generation })
            })
            .collect()
    }

    /// Requests that run.
    pub fn running(&self) -> usize {
        self.slots.values().filter(|slot| slot.state == State::Running).count()
    }

    /// The newest question of each slot.
    pub fn questions(&self) -> impl Iterator<Item = (&'static str, &Question)> {
        self.slots.iter().map(|(name, slot)| (*name, &slot.question))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(sql: &str) -> Vec<Ask> {
        vec![Ask::now("list", Question::new("list", sql))]
    }

    fn request(generation: u64) -> RequestId {
        RequestId { slot: "list", generation }
    }

    #[test]
    fn the_same_question_is_asked_once() {
        let mut requests = Requests::default();
        assert_eq!(requests.reconcile(ask("a")).len(), 1);
        assert_eq!(requests.reconcile(ask("a")), []);
        assert!(requests.answered(request(1)));
        assert_eq!(requests.reconcile(ask("a")), []);
    }

    #[test]
    fn a_newer_question_cancels_the_older_and_its_answer_is_dropped() {
        let mut requests = Requests::default();
        requests.reconcile(ask("a"));
        let effects = requests.reconcile(ask("b"));
        assert_eq!(effects[0], Effect::Cancel(request(1)));
        assert!(!requests.answered(request(1)));
        assert!(requests.answered(request(2)));
        assert_eq!(requests.late, 1);
    }

    #[test]
    fn an_expired_answer_is_asked_for_again_and_a_running_one_is_not() {
        let mut requests = Requests::default();
        requests.reconcile(ask("a"));
        requests.expire();
        assert_eq!(requests.reconcile(ask("a")), []);
        assert!(requests.answered(request(1)));
        requests.expire();
        assert_eq!(requests.reconcile(ask("a")).len(), 1);
    }

    #[test]
    fn a_slot_that_nobody_wants_is_cancelled() {
        let mut requests = Requests::default();
        requests.reconcile(ask("a"));
        assert_eq!(requests.reconcile(Vec::new()), [Effect::Cancel(request(1))]);
        assert_eq!(requests.running(), 0);
    }
}
