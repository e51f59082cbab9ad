//! A warning in words: the sentence, the parts of its score, and what rests behind it.

use super::Whole;
use crate::flows::FlowRow;
use crate::triage::short;
use crate::views::warnings::Row;
use model::Time;

/// Bars of a part are so many cells at most.
const BAR: usize = 30;

/// Why it rang.
pub(super) fn why(whole: &Whole, now: Time) -> String {
    let row = &whole.row;
    let mut text = head(row, now);
    text.push_str(&parts(row));
    let rests = format!(
        "\nIt rests on {} facts and {} flows, since {}.\n",
        whole.evidence.len(),
        whole.evidence.iter().map(|fact| fact.flow_ids.len()).sum::<usize>(),
        row.episode_start,
    );
    text.push_str(&rests);
    for fact in &whole.evidence {
        let numbers = fact.told().join(", ");
        text.push_str(&format!("  {} {} {numbers}\n", fact.seen, fact.detection));
    }
    if let Some(incident) = &whole.incident_now {
        text.push_str(&format!("{}: {}\n", incident.told(&row.id), incident.title));
    }
    if !row.attack.is_empty() {
        text.push_str(&format!("ATT&CK {}\n", row.attack.join(", ")));
    }
    text.push_str(&format!(
        "\nbartizan warnings show {}   has the flows and what people did\n",
        short(&row.id)
    ));
    text
}

/// Everything about it.
pub(super) fn whole(whole: &Whole, now: Time) -> String {
    let row = &whole.row;
    let mut text = head(row, now);
    text.push_str(&parts(row));
    text.push_str(&format!("\nEvidence ({})\n", whole.evidence.len()));
    for fact in &whole.evidence {
        let withdrawn = if fact.strength == 0 { "  withdrawn" } else { "" };
        let p_value =
            if fact.p_value < 1.0 { format!("  p {:.2e}", fact.p_value) } else { String::new() };
        text.push_str(&format!(
            "  {} {} {} > {}{p_value}{withdrawn}\n",
            fact.seen, fact.detection, fact.subject, fact.object
        ));
        for number in fact.told() {
            text.push_str(&format!("      {number}\n"));
        }
    }
    text.push_str(&format!("\nFlows ({})\n", whole.flows.len()));
    whole.flows.iter().for_each(|flow| text.push_str(&flow_line(flow)));
    text.push_str(&format!("\nHistory ({})\n", whole.history.len()));
    for act in &whole.history {
        let words = act.words();
        text.push_str(&format!(
            "  {} {} {} {} > {} {}\n",
            act.at, act.actor, act.action, act.state_from, act.state_to, words
        ));
    }
    text
}

fn head(row: &Row, now: Time) -> String {
    let owner =
        if row.owner.is_empty() { String::new() } else { format!(", owned by {}", row.owner) };
    format!(
        "{}  {}  {}  score {}  {} ago  {}{owner}\n{}\n\n",
        short(&row.id),
        present::level_word(row.level),
        row.detection,
        row.score_text(),
        present::age(now.since(row.time)),
        row.state,
        row.sentence,
    )
}

/// Each part with its bar; they add up to the score.
fn parts(row: &Row) -> String {
    let most =
        row.contributions.iter().map(|part| part.millinats.unsigned_abs()).max().unwrap_or(0);
    let widest = |text: fn(&model::warning::Contribution) -> &str| {
        row.contributions.iter().map(|part| present::width(text(part))).max().unwrap_or(0)
    };
    let (name, value) = (widest(|part| &part.name).min(60), widest(|part| &part.value).min(30));
    let mut text = String::new();
    for part in &row.contributions {
        let cells = (f64::from(part.millinats.unsigned_abs()) / f64::from(most.max(1)) * BAR as f64)
            .round() as usize;
        let line = format!(
            "  {:+6.2}  {}  {}  {}",
            f64::from(part.millinats) / 1000.0,
            present::fit(&part.name, name),
            present::fit(&part.value, value),
            "#".repeat(cells)
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    let (nats, probability) = row.sum();
    text.push_str(&format!("  {nats:+6.2}  the sum, in log-odds: score {probability:.2}\n"));
    if !row.adds_up() {
        text.push_str(&format!(
            "          the row says {}: these parts are not all of it\n",
            row.score_text()
        ));
    }
    text
}

fn flow_line(flow: &FlowRow) -> String {
    let name = if flow.sni.is_empty() { &flow.app } else { &flow.sni };
    format!(
        "  {} {} {}:{} > {}:{} {}  {} out, {} in\n",
        flow.first,
        flow.tap,
        flow.src_ip,
        flow.src_port,
        flow.dst_ip,
        flow.dst_port,
        name,
        present::bytes(flow.src_bytes),
        present::bytes(flow.dst_bytes)
    )
}
