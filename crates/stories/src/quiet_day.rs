//! S13: a quiet business day, 00:00 to 12:00. All of it is ordinary, much of it as regular as a beacon, and nothing rings.

use crate::stories::Story;
use crate::truth::Expected;
use model::Severity;

/// The story.
pub static STORY: Story = Story {
    id: "S13",
    name: "quiet-day",
    title: "A quiet business day: nothing at all",
    t0: "2026-03-11T00:00:00Z",
    first_minute: 0,
    last_minute: 720,
    days_before: 30,
    taps: &['a', 'c', 'd', 'e'],
    happens: |_| Vec::new(),
    cards_before: None,
    expected: EXPECTED,
    situations: &[],
    chain: &[],
    index_below: Some(20),
    quiet_above: Severity::P2,
    is_quiet: true,
    money: None,
};

const EXPECTED: &[Expected] = &[
    Expected::never("INT-01"),
    Expected::never("INT-02"),
    Expected::never("INT-07"),
    Expected::never("INT-09"),
    Expected::never("INT-19"),
    Expected::never("FIN-01"),
    Expected::never("FIN-02"),
    Expected::never("FIN-23"),
    Expected::never("AVL-06"),
    Expected::never("AVL-10"),
    Expected::never("POL"),
];
