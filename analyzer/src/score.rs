//! From named parts to a probability: integer log-odds that add up, and one table.
//!
//! A score is the logistic function of a sum of thousandths of a nat. There is no floating point after the parts: the sum
//! is clipped to [`LIMIT`], the clip is a named part itself, and the probability is read from a table made at compile time.

use model::{Severity, warning::Contribution};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::sync::LazyLock;

/// Largest sum either way, in thousandths of a nat: odds of 10,000 to 1.
pub const LIMIT: i32 = 9_210;

/// Score, in ten-thousandths, from which a finding rings.
pub const RINGS_AT: u16 = 5_000;

/// Score, in ten-thousandths, below which a statistical finding is one severity milder.
pub const MILDER_BELOW: u16 = 3_000;

/// Name of the part that keeps a sum within [`LIMIT`].
pub const LIMIT_NAME: &str = "limit";

/// Scores of the sums 0, 1, … [`LIMIT`], in ten-thousandths.
static TABLE: [u16; LIMIT as usize + 1] = table();

/// The first eight hexadecimal digits of the table's SHA-256, as in `rule_version`.
static TABLE_HASH: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for score in &TABLE {
        hash.update(score.to_le_bytes());
    }
    hash.finalize()[..4].iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes what is written");
        text
    })
});

/// 10,000 / (1 + e^(−s/1000)), rounded, for s from 0 on.
#[expect(clippy::large_stack_arrays, reason = "it is built by the compiler, on no stack of ours")]
const fn table() -> [u16; LIMIT as usize + 1] {
    /// e^(−1/1000) to the last bit of a double.
    const STEP: f64 = 0.999_000_499_833_374_9;
    let mut scores = [0; LIMIT as usize + 1];
    let mut decay = 1.0;
    let mut at = 0;
    while at < scores.len() {
        scores[at] = (10_000.0 / (1.0 + decay) + 0.5) as u16;
        decay *= STEP;
        at += 1;
    }
    scores
}

/// The score of a sum of thousandths of a nat, in ten-thousandths; beyond [`LIMIT`] it is the limit's.
pub fn score(millinats: i32) -> u16 {
    let size = TABLE[(millinats.unsigned_abs().min(LIMIT as u32)) as usize];
    if millinats < 0 { 10_000 - size } else { size }
}

/// The sum of all parts, in thousandths of a nat.
pub fn sum(parts: &[Contribution]) -> i32 {
    let exact: i64 = parts.iter().map(|part| i64::from(part.millinats)).sum();
    exact.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
}

/// The parts with a sum within [`LIMIT`]: where they leave it, a part named `limit` brings them back.
#[must_use]
pub fn limited(mut parts: Vec<Contribution>) -> Vec<Contribution> {
    parts.retain(|part| part.name != LIMIT_NAME);
    let exact = sum(&parts);
    let within = exact.clamp(-LIMIT, LIMIT);
    if within != exact {
        let value = format!("±{:.3}", f64::from(LIMIT) / 1_000.0);
        parts.push(Contribution {
            name: LIMIT_NAME.into(),
            value,
            millinats: within.saturating_sub(exact),
        });
    }
    parts
}

/// One named part.
pub fn part(name: impl Into<String>, value: impl Into<String>, millinats: i32) -> Contribution {
    Contribution { name: name.into(), value: value.into(), millinats }
}

/// The severity of a finding with this score: a statistical one below [`MILDER_BELOW`] is one step milder.
#[must_use]
pub const fn severity(stated: Severity, score: u16, surprise_millinats: Option<u32>) -> Severity {
    if surprise_millinats.is_some() && score < MILDER_BELOW { stated.milder() } else { stated }
}

/// The version that stands in every row: the detection's, and the hash of the table of scores.
pub fn rule_version(detection: &str, version: &str) -> String {
    format!("{detection}/{version} score/{}", *TABLE_HASH)
}

/// −ln p in thousandths, for a p-value from a floating-point path: rounded once, here.
pub fn surprise(p_value: f64) -> u32 {
    (-1_000.0 * p_value.clamp(f64::MIN_POSITIVE, 1.0).ln()).round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parts() -> impl Strategy<Value = Vec<Contribution>> {
        prop::collection::vec(("[a-z ]{1,12}", -12_000i32..12_000), 0..12).prop_map(|all| {
            all.into_iter().map(|(name, millinats)| part(name, "", millinats)).collect()
        })
    }

    /// Odds of 1, 3, 9 and 99 to one, from the definition of the logit: ln 3 = 1.0986, ln 9 = 2.1972, ln 99 = 4.5951. The
    /// first is rounded up by 0.0004 nats, which is 0.75 · 0.25 · 0.0004 = 0.00007 of probability.
    #[test]
    fn known_odds_have_their_probability() {
        assert_eq!(
            [score(0), score(1_099), score(-2_197), score(4_595)],
            [5_000, 7_501, 1_000, 9_900]
        );
        assert_eq!((score(i32::MAX), score(i32::MIN)), (9_999, 1));
    }

    #[test]
    fn every_entry_is_the_logistic_function() {
        for sum in -LIMIT..=LIMIT {
            let exact = 10_000.0 / (1.0 + (-f64::from(sum) / 1_000.0).exp());
            assert!(
                (f64::from(score(sum)) - exact).abs() <= 0.500_001,
                "{sum}: {} against {exact}",
                score(sum)
            );
        }
    }

    #[test]
    fn an_improbable_score_is_one_severity_milder_where_it_is_statistical() {
        assert_eq!(severity(Severity::P3, 2_999, Some(4_000)), Severity::P2);
        assert_eq!(severity(Severity::P3, 3_000, Some(4_000)), Severity::P3);
        assert_eq!(severity(Severity::P3, 10, None), Severity::P3);
    }

    #[test]
    fn a_p_value_of_one_does_not_surprise() {
        assert_eq!((surprise(1.0), surprise(2.0), surprise((-5.0f64).exp())), (0, 0, 5_000));
        assert!(surprise(0.0) > 700_000);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn parts_add_up_to_what_is_looked_up(parts in parts()) {
            let exact: i64 = parts.iter().map(|part| i64::from(part.millinats)).sum();
            let kept = limited(parts.clone());
            prop_assert_eq!(i64::from(sum(&kept)), exact.clamp(-i64::from(LIMIT), i64::from(LIMIT)));
            prop_assert_eq!(kept.len() - parts.len(), usize::from(exact.abs() > i64::from(LIMIT)));
            prop_assert_eq!(limited(kept.clone()), kept);
        }

        #[test]
        fn what_incriminates_never_lowers_a_score(parts in parts(), more in 0i32..12_000) {
            let before = score(sum(&limited(parts.clone())));
            let mut after = parts;
            after.push(part("more", "", more));
            prop_assert!(score(sum(&limited(after))) >= before);
        }

        #[test]
        fn the_order_of_parts_does_not_matter(parts in parts().prop_shuffle()) {
            let mut sorted = parts.clone();
            sorted.sort_by_key(|part| (part.millinats, part.name.clone()));
            prop_assert_eq!(sum(&limited(sorted)), sum(&limited(parts)));
        }
    }
}
