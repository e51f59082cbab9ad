//! The beacon's measurements as Markdown.

use super::{BEACON_SEED, Cell, Realised, Report, TEST_SEED, THRESHOLD_SEED};
use crate::evaluate::sequences::Mix;
use std::fmt::Write as _;

/// The report as Markdown, as it stands in `docs/detection-quality.md`.
pub fn markdown(report: &Report) -> String {
    let mut text = String::from("## Beacon (INT-01)\n\n");
    let _ = writeln!(
        text,
        "One segment of eight hours, rhythm alone: no sizes, names or policy. {} sequences a cell, thresholds from {} \
         generated callers of each mix (seed {THRESHOLD_SEED}), realised rates on as many others (seed {TEST_SEED}), \
         beacons of seed {BEACON_SEED}; none of them was used to make the shipped tables. Measured on \
         generated traffic. With {} sequences a share of .98 is known within ±{:.3} (95 %, Wilson).\n",
        report.sequences,
        report.callers,
        report.sequences,
        wilson_half_width(0.98, report.sequences),
    );
    for realised in &report.realised {
        text += &realised_line(realised);
    }
    text.push_str(
        "\nShare found at a false-positive rate of 1 % / 0.1 %, for jitter 0 · 0.2 · 0.5 · 0.9; `!` marks a cell below its \
         bar at 0.1 %. RITA is a re-implementation of the published timing score of RITA v5, at the same two rates.\n\n\
         | Mix, condition, period | Bartizan | bar | RITA |\n|---|---|---|---|\n",
    );
    for row in report.cells.chunk_by(same_row_or_other_mix).flat_map(by_mix) {
        let first = row[0];
        let join = |cell: &dyn Fn(&Cell) -> String| {
            row.iter().map(|each| cell(each)).collect::<Vec<_>>().join(" · ")
        };
        let shares = |found: [usize; 2], of: usize| {
            found.map(|found| share(found as f64 / of as f64)).join("/")
        };
        let _ = writeln!(
            text,
            "| {}, {}, {} s | {} | {} | {} |",
            first.mix.name(),
            first.condition.name(),
            first.period_s,
            join(&|cell| shares(cell.found, cell.of) + if cell.misses() { "!" } else { "" }),
            join(&|cell| cell.bar.map_or_else(|| "–".into(), share)),
            join(&|cell| shares(cell.rita_found, cell.of)),
        );
    }
    text
}

fn realised_line(realised: &Realised) -> String {
    let thresholds = if realised.shipped { "shipped thresholds" } else { "thresholds of its own" };
    let [hundredth, thousandth] = realised.rates.map(|rate| 100.0 * rate);
    format!(
        "- {} mix, {thresholds}, {} h: realised false-positive rate {hundredth:.2} % at 1 %, {thousandth:.3} % at 0.1 %\n",
        realised.mix.name(),
        8 * realised.segments,
    )
}

fn same_row_or_other_mix(a: &Cell, b: &Cell) -> bool {
    a.condition == b.condition && a.period_s.total_cmp(&b.period_s).is_eq()
}

fn by_mix(row: &[Cell]) -> Vec<Vec<&Cell>> {
    let of = |mix| row.iter().filter(|cell| cell.mix == mix).collect::<Vec<&Cell>>();
    [Mix::Ordinary, Mix::Hard].map(of).into_iter().filter(|row| !row.is_empty()).collect()
}

fn share(value: f64) -> String {
    if value >= 0.9995 {
        "1".into()
    } else {
        format!("{value:.3}").trim_start_matches('0').to_owned()
    }
}

/// Half of the width of the 95 % interval of a share found among `n` (Wilson, JASA 22(158), 1927).
fn wilson_half_width(share: f64, n: usize) -> f64 {
    let (z, n) = (1.96, n as f64);
    z / (1.0 + z * z / n) * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::beacon::Condition;

    /// By hand: z² / n = 3.8416 / 100; 1.96 / 1.038416 · √(0.0025 + 0.00009604) = 0.0962.
    #[test]
    fn an_interval_is_as_wide_as_wilson_says() {
        assert!((wilson_half_width(0.5, 100) - 0.0962).abs() < 0.0001);
    }

    #[test]
    fn a_cell_below_its_bar_is_marked() {
        let cell = |found| Cell {
            mix: Mix::Ordinary,
            condition: Condition::Clean,
            period_s: 60.0,
            jitter: 0.0,
            found: [10, found],
            of: 10,
            rita_found: [5, 0],
            bar: Some(0.98),
        };
        let report = |found| Report {
            cells: vec![cell(found)],
            realised: Vec::new(),
            sequences: 10,
            callers: 100,
        };
        assert!(
            markdown(&report(9)).contains("| ordinary, clean, 60 s | 1/.900! | .980 | .500/.000 |")
        );
        assert!(
            markdown(&report(10)).contains("| ordinary, clean, 60 s | 1/1 | .980 | .500/.000 |")
        );
        assert!(report(10).passed() && !report(9).passed());
    }
}
