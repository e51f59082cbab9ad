//! The spacing of the opener's messages: cadence inside long flows.

use model::Time;

/// A pause after which the next payload begins a new message, in microseconds.
const PAUSE_US: i64 = 100_000;

/// Sums of the gaps between beginnings of messages.
///
/// A message is a run of payloads from the opener that neither an answer nor a pause of [`PAUSE_US`] interrupts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Gaps {
    begun: Time,
    last: Time,
    is_open: bool,
    has_begun: bool,
    count: u32,
    sum: f64,
    squares: f64,
}

impl Gaps {
    /// A payload from the opener.
    pub(super) fn sent(&mut self, time: Time) {
        let goes_on = self.is_open && time.since(self.last) < PAUSE_US;
        self.last = time;
        self.is_open = true;
        if goes_on {
            return;
        }
        if self.has_begun {
            let gap = time.since(self.begun).max(0) as f64;
            self.count += 1;
            self.sum += gap;
            self.squares += gap * gap;
        }
        (self.begun, self.has_begun) = (time, true);
    }

    /// A payload from the answerer: the opener's next one is a new message.
    pub(super) const fn answered(&mut self) {
        self.is_open = false;
    }

    /// Mean and standard deviation of the gaps that ended since the last call, in microseconds.
    pub(super) fn take(&mut self) -> (u32, u32) {
        if self.count == 0 {
            return (0, 0);
        }
        let mean = self.sum / f64::from(self.count);
        let variance = (self.squares / f64::from(self.count) - mean * mean).max(0.0);
        (self.count, self.sum, self.squares) = (0, 0.0, 0.0);
        (mean.round() as u32, variance.sqrt().round() as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: beginnings at 0, 10, 20, 40 s give gaps of 10, 10, 20 s: mean 13.333, deviation √(200/9) = 4.714.
    #[test]
    fn gaps_are_between_beginnings_of_messages() {
        let mut gaps = Gaps::default();
        for second in [0, 10, 20, 40] {
            gaps.sent(Time(second * Time::SECOND));
            gaps.sent(Time(second * Time::SECOND + 50_000));
            gaps.answered();
        }
        assert_eq!(gaps.take(), (13_333_333, 4_714_045));
        assert_eq!(gaps.take(), (0, 0));
    }
}
