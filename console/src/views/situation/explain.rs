//! Pages that explain: what an index consists of, and what makes a forecast as high as it is.

use super::Standing;
use crate::forecast::Forecast;
use crate::state::Page;
use crate::triage::short;
use crate::views::Seen;
use crate::widgets::ink::{self, Piece};
use model::situation::Driver;
use model::warning::Contribution;

/// Cells of the bars.
const BAR: usize = 20;

type Lines = Vec<Vec<Piece>>;

fn plain(text: impl Into<String>) -> Vec<Piece> {
    vec![Piece::plain(" "), Piece::plain(text)]
}

/// The index of one scope: its parts, its gate, and what would be gone without each driver.
pub(super) fn standing(standing: &Standing, seen: &Seen<'_>, width: usize) -> Page {
    let heading = |text: &str| vec![Piece::new(format!(" {text}"), seen.theme.heading())];
    let level = standing.level_text();
    let change = standing.change().map_or_else(String::new, |change| format!(", {change}"));
    let mut lines = vec![plain(format!("index {}{change}, level {level}", standing.span()))];
    if level == "?" {
        let why = format!(
            "a part is blind: what it hides could be at another level than {}",
            standing.level
        );
        lines.push(plain(why));
    }
    if !standing.gate.is_empty() {
        lines.extend(
            ink::wrapped(&format!("gate: {}", standing.gate), width).into_iter().map(plain),
        );
    }
    lines.push(plain(format!(
        "threat {:.0} · vulnerability {:.0} · availability {:.0} · coverage {}",
        standing.threat,
        standing.vulnerability,
        standing.availability,
        present::percent(standing.coverage),
    )));
    lines.push(plain(format!("as of {}", standing.time)));
    lines.push(Vec::new());
    lines.push(heading("DRIVERS: points that would be gone without each"));
    if standing.drivers.is_empty() {
        lines.push(plain("none"));
    }
    let most = standing.drivers.iter().map(|driver| driver.points).fold(0.0, f64::max);
    for driver in &standing.drivers {
        lines.extend(driven(driver, most, seen, width));
    }
    Page { title: format!("Why {} is at {}", standing.name, standing.span()), lines, top: 0 }
}

fn driven(driver: &Driver, most: f64, seen: &Seen<'_>, width: usize) -> Lines {
    let bar = ink::bar(driver.points, most, BAR);
    let name = present::fit(&driver.name, 16);
    let mut lines = vec![vec![
        Piece::plain(format!(" {:+6.1}  {name} ", driver.points)),
        Piece::new(present::fit(&bar, BAR + 1), seen.theme.bad()),
        Piece::plain(driver.who.as_str()),
    ]];
    let ids: Vec<_> = driver.warnings.iter().map(|id| short(id)).collect();
    if !ids.is_empty() {
        let text = format!("warnings {}", ids.join(" "));
        let wrapped = ink::wrapped(&text, width.saturating_sub(9));
        lines.extend(wrapped.into_iter().map(|line| plain(format!("        {line}"))));
    }
    lines
}

/// Every forecast of the scope of `chosen`, and what makes that one as high as it is.
pub(super) fn forecast(chosen: &Forecast, all: &[Forecast], seen: &Seen<'_>, width: usize) -> Page {
    let heading = |text: &str| vec![Piece::new(format!(" {text}"), seen.theme.heading())];
    let mut lines = vec![heading("TO    WITHIN   PROB   BAND (80 %)  SKILL")];
    let now = seen.asked.scope.to;
    let same = |one: &&Forecast| (&one.scope, &one.name) == (&chosen.scope, &chosen.name);
    for one in all.iter().filter(same).filter(|one| one.is_current(now)) {
        lines.push(plain(row(one)));
    }
    lines.push(Vec::new());
    if chosen.has_skill {
        let title = format!(
            "WHY {} WITHIN {} MIN: parts of the log-odds",
            chosen.level, chosen.horizon_min
        );
        lines.push(heading(&title));
        lines.extend(reasons(&chosen.reasons, seen, width));
    } else {
        let why = "It has not done better than the base rate where it was evaluated: no number is shown, \
                   and none should be acted on.";
        lines.extend(ink::wrapped(why, width).into_iter().map(plain));
    }
    lines.push(Vec::new());
    lines.push(plain(format!("made at {} by model {}", chosen.time, chosen.model)));
    Page { title: format!("What may come to {}", chosen.name), lines, top: 0 }
}

fn row(one: &Forecast) -> String {
    let level = present::fit(one.level.as_str(), 4);
    let within = present::fit(&format!("{} min", one.horizon_min), 8);
    if !one.has_skill {
        return format!("{level}  {within} no skill: not shown");
    }
    let open = if one.open { "  early warning open" } else { "" };
    format!(
        "{level}  {within} {}  {} {}{open}",
        present::fit(&present::percent(one.probability), 5),
        present::fit(&one.band(), 12),
        one.skill_text(),
    )
}

fn reasons(reasons: &[Contribution], seen: &Seen<'_>, width: usize) -> Lines {
    let most =
        reasons.iter().map(|reason| reason.millinats.unsigned_abs()).max().unwrap_or_default();
    let name = reasons.iter().map(|reason| present::width(&reason.name)).max().unwrap_or_default();
    let name = name.min(width.saturating_sub(BAR + 24)).max(8);
    let line = |reason: &Contribution| {
        let style = if reason.millinats > 0 { seen.theme.bad() } else { seen.theme.good() };
        let bar = ink::bar(f64::from(reason.millinats.unsigned_abs()), f64::from(most), BAR);
        vec![
            Piece::plain(format!(" {:+6.2}  ", f64::from(reason.millinats) / 1000.0)),
            Piece::plain(present::fit(&reason.name, name) + " "),
            Piece::plain(present::fit(&reason.value, 12) + " "),
            Piece::new(bar, style),
        ]
    };
    let mut lines: Lines = reasons.iter().map(line).collect();
    let sum: i64 = reasons.iter().map(|reason| i64::from(reason.millinats)).sum();
    let text = format!(" {:+6.2}  the sum", sum as f64 / 1000.0);
    lines.push(vec![Piece::new(text, seen.theme.heading())]);
    lines
}
