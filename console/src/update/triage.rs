//! Acts on warnings: shown at once, then confirmed or taken back by the store.

use crate::event::{Effect, Receipt};
use crate::failure::Failure;
use crate::state::{GROUP_LIMIT, Model, Overlay, Prompt, Purpose};
use crate::triage;
use crate::views::Subject;

/// `a`: acknowledge what is marked, else what is under the cursor. A large group must be typed as a number first.
pub(super) fn acknowledge(model: &mut Model) -> Vec<Effect> {
    let subjects = model.screen().subjects();
    if subjects.is_empty() {
        model.say("no warning is under the cursor");
        return Vec::new();
    }
    if subjects.len() > GROUP_LIMIT {
        model.overlay = Some(Overlay::Prompt(Prompt::new(Purpose::Count(subjects), String::new())));
        return Vec::new();
    }
    acknowledge_all(model, &subjects)
}

/// Acknowledges all of `subjects` that can be.
pub(super) fn acknowledge_all(model: &mut Model, subjects: &[Subject]) -> Vec<Effect> {
    let (acts, refused) = triage::acts(subjects, "ack", "", model.clock, &model.setup.client);
    if acts.is_empty() {
        model.say(format!("nothing changed: {}", refused.join("; ")));
        return Vec::new();
    }
    let view = model.place().view;
    for act in &acts {
        let changed: Vec<_> =
            subjects.iter().filter(|subject| subject.id == act.subject_id).cloned().collect();
        model.screens[view].expect(&changed, &act.state_to);
    }
    vec![Effect::Write(acts)]
}

/// `m`: begin a note.
pub(super) fn begin_note(model: &mut Model) {
    let subjects = model.screen().subjects();
    if subjects.is_empty() {
        model.say("no warning is under the cursor");
    } else {
        model.overlay = Some(Overlay::Prompt(Prompt::new(Purpose::Note(subjects), String::new())));
    }
}

/// Writes a note on all of `subjects`; it changes no state.
pub(super) fn note(model: &mut Model, subjects: &[Subject], text: &str) -> Vec<Effect> {
    if text.is_empty() {
        model.say("an empty note is not written");
        return Vec::new();
    }
    let (acts, _) = triage::acts(subjects, "note", text, model.clock, &model.setup.client);
    vec![Effect::Write(acts)]
}

/// What the store says of acts: count and ids, or who was first.
pub(super) fn written(model: &mut Model, outcome: Result<Receipt, Failure>) {
    match outcome {
        Ok(receipt) => {
            model.say(triage::told(&receipt));
        }
        Err(failure) => model.say(format!("not written: {failure}")),
    }
    model.requests.expire();
}
