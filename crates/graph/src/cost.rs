//! What a step costs: −ln of how likely an attacker who stands at its source went that way, in thousandths of a nat.
//!
//! | Step | Likelihood | Cost | Because |
//! |---|---|---|---|
//! | a warning accuses its source of it, or commands come back on it | 0.90 | 105 | it is what was judged; the rest is that it may be a false alarm |
//! | an edge of administration that is new in the range | 0.30 | 1,204 | hands-on work where nobody worked before is what moving on looks like |
//! | an answered conversation that policy denies or does not know | 0.20 | 1,609 | it is there against the rules, but most such are oversights |
//! | a known edge of administration | 0.10 | 2,303 | stolen credentials follow the ways of their owner |
//! | an ordinary, declared conversation | 0.02 | 3,912 | one of some fifty peers that a host has |
//!
//! An attempt that nobody answered leads nowhere: it has no cost and is on no path. Costs of steps add up, as likelihoods
//! multiply. The likelihoods are start values, not measured on an attack; what a path is chosen by is their order.

use crate::network::Kind;

/// Cost of a step, in thousandths of a nat; none if nobody passes that way.
pub const fn of(kind: Kind) -> Option<u32> {
    match kind {
        Kind::Evidence | Kind::Control => Some(105),
        Kind::NewAdmin => Some(1_204),
        Kind::Undeclared => Some(1_609),
        Kind::Admin => Some(2_303),
        Kind::Declared => Some(3_912),
        Kind::Attempt => None,
    }
}

/// Steps of at most this cost are suspicious by themselves. Thousandths of a nat.
pub const SUSPICIOUS: u32 = 1_609;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_the_logarithms_of_their_likelihoods() {
        // −ln p by hand, to a thousandth.
        let table = [
            (Kind::Evidence, 0.9_f64),
            (Kind::NewAdmin, 0.3),
            (Kind::Undeclared, 0.2),
            (Kind::Admin, 0.1),
            (Kind::Declared, 0.02),
        ];
        for (kind, likelihood) in table {
            let cost = f64::from(of(kind).expect("it is passed"));
            assert!((cost / 1_000.0 + likelihood.ln()).abs() < 0.001, "{kind:?}");
        }
        assert_eq!(of(Kind::Attempt), None);
    }
}
