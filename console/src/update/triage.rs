//! Acts on warnings: shown at once, then confirmed or taken back by the store.

use crate::event::{Effect, Receipt};
use crate::failure::Failure;
use crate::state::{Form, Model, Overlay};
use crate::triage::{self, Acted, Order};
use crate::views::Subject;
use model::triage::{Action, Triage};

/// Groups of acts that are remembered: more than a person does in the time in which they can be undone.
const REMEMBERED: usize = 32;

/// A key of triage: on what is marked, else on what is under the cursor. What the action needs is asked for first.
pub(super) fn begin(model: &mut Model, action: Action) -> Vec<Effect> {
    let subjects = model.screen().subjects();
    if subjects.is_empty() {
        model.say("no warning is under the cursor");
        return Vec::new();
    }
    // Nobody fills in a form for what cannot be done.
    let possible =
        subjects.iter().any(|subject| triage::state_after(&subject.state, action).is_ok());
    match Form::of(action, subjects.clone()).filter(|_| possible) {
        Some(form) => {
            model.overlay = Some(Overlay::Form(form));
            Vec::new()
        }
        None => carry_out(model, &subjects, &Order::of(action)),
    }
}

/// Does `order` on all of `subjects` on which it changes something.
pub(super) fn carry_out(model: &mut Model, subjects: &[Subject], order: &Order) -> Vec<Effect> {
    let (acts, refused) = triage::acts(subjects, order, model.clock, &model.setup.client);
    if acts.is_empty() {
        model.say(format!("nothing changed: {}", refused.join("; ")));
        return Vec::new();
    }
    if !refused.is_empty() {
        model.say(format!("not changed: {}", refused.join("; ")));
    }
    write(model, subjects, acts)
}

/// `u`: take back what this person did last, if it was a moment ago.
pub(super) fn undo(model: &mut Model) -> Vec<Effect> {
    let Some(acted) = model.acted.pop() else {
        model.say("nothing of yours is left to undo");
        return Vec::new();
    };
    match acted.undone(model.clock, &model.setup.client) {
        Ok((_, rows)) if rows.is_empty() => {
            model.say("nothing of yours is left to undo");
            Vec::new()
        }
        Ok((subjects, rows)) => write(model, &subjects, rows),
        Err(why) => {
            model.say(why);
            Vec::new()
        }
    }
}

/// Shows acts as not confirmed, remembers them, and has them written.
fn write(model: &mut Model, subjects: &[Subject], acts: Vec<Triage>) -> Vec<Effect> {
    let view = model.place().view;
    for act in &acts {
        let changed: Vec<_> =
            subjects.iter().filter(|subject| subject.id == act.subject_id).cloned().collect();
        model.screens[view].expect(&changed, &act.state_to);
    }
    if let Some(acted) = Acted::new(subjects, &acts) {
        model.acted.push(acted);
        let older = model.acted.len().saturating_sub(REMEMBERED);
        model.acted.drain(..older);
    }
    vec![Effect::Write(acts)]
}

/// What the store says of acts: count and ids, or who was first.
pub(super) fn written(model: &mut Model, outcome: Result<Receipt, Failure>) {
    match outcome {
        Ok(receipt) => {
            model.say(triage::told(&receipt));
            for acted in &mut model.acted {
                acted.lose(&receipt.lost);
            }
        }
        Err(failure) => {
            model.acted.pop();
            model.say(format!("not written: {failure}"));
        }
    }
    model.acted.retain(|acted| !acted.before.is_empty() && acted.action != Action::Undo);
    model.requests.expire();
}
