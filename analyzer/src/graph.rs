//! The threat graph: warnings of one cause chain become one incident.
//!
//! Every pass looks at all warnings of the last 30 days and forms their incidents anew; what it forms is a function of the
//! warnings alone, in whatever order they came. Only what differs from what the store holds is written, as a revision.
//!
//! - [`tie`]: what two warnings have to do with each other, and how much it weighs.
//! - [`branching`]: every warning hangs on its best parent; a tree is an incident if there is enough in it.
//! - [`reach`]: the way that was gone, and what can be reached from where it stands.
//! - [`revise`]: which rows to write.

mod ask;
mod branching;
mod form;
mod reach;
mod revise;
mod shared;
mod tie;
mod warned;

use crate::rows::Writer;
use crate::window::Span;
use ask::Known;
use policy::Policy;
use revise::Change;
use store::Store;
use tracing::warn;

/// Warnings that are joined; of more, the newest.
const MOST: usize = 10_000;

/// Joins the warnings into incidents, as far as they are known. Returns rows written.
///
/// # Errors
/// What the store said.
pub async fn join(
    store: &Store,
    policy: &Policy,
    span: Span,
    without: &[String],
) -> anyhow::Result<u64> {
    let Some(known) = Known::ask(store, policy, without).await? else { return Ok(0) };
    if known.left_out > 0 {
        warn!(left_out = known.left_out, to = %span.to, "too many warnings to join; the oldest are left out");
    }
    let joined = branching::branch(&known.warned, &known.shared);
    if joined.left_out > 0 {
        warn!(left_out = joined.left_out, to = %span.to, "too many possible parents; the earliest are left out");
    }
    let formed = form::incidents(&known.warned, &joined, policy);
    let mut writer = Writer::default();
    for Change { mut row, formed } in revise::changes(&formed, &known.held) {
        if let Some(formed) = formed {
            reach::look(store, policy, without, &known, formed, &mut row).await?;
        }
        writer.push(&row);
    }
    Ok(writer.write(store).await?)
}

#[cfg(test)]
mod tests {
    use crate::detections::DETECTIONS;

    #[test]
    fn every_detection_has_a_stage() {
        let without = DETECTIONS.iter().map(|detection| detection.about().id);
        let without: Vec<_> = without.filter(|id| graph::stage::known(id).is_none()).collect();
        assert!(without.is_empty(), "add them to crates/graph/src/stage.rs: {without:?}");
    }
}
