//! S1: forged payments before a weekend. Played to minute 345: the beacon, the way in, and the door that was never there.

use crate::bank::{AD_1, HOSTILE, JUMP_1, OP_1, PC_117, RESOLVER, SAA_1};
use crate::conversation::{Conversation, Side};
use crate::dice::Dice;
use crate::ordinary::web_platform;
use crate::speech::certificate::Names;
use crate::speech::client_hello::Client;
use crate::speech::tls::{self, Meeting};
use crate::speech::{dns, rdp, smb, ssh};
use crate::stories::{Scene, Story};
use crate::truth::{Expected, Money, Situation};
use model::{Severity, Time};

/// The story.
pub static STORY: Story = Story {
    id: "S1",
    name: "bangladesh",
    title: "Bangladesh: forged payments before a weekend",
    t0: "2026-03-12T12:00:00Z",
    first_minute: 0,
    last_minute: 345,
    days_before: 30,
    taps: &['c', 'd', 'e'],
    happens,
    cards_before: None,
    expected: EXPECTED,
    situations: &[Situation { scope: "zone", name: "swift", level: "II", by_minute: 332 }],
    chain: &["INT-01", "INT-09", "FIN-01"],
    index_below: None,
    quiet_above: Severity::P2,
    is_quiet: false,
    money: Some(Money { first_warning_minute: 260, leaves_minute: 515 }),
};

const EXPECTED: &[Expected] = &[
    Expected::must("INT-01", Severity::P3, ("pc-117", "10.31.0.117"), "203.0.113.40:443", 260),
    Expected::must("INT-09", Severity::P3, ("pc-117", "10.31.0.117"), "saa-1", 315),
    Expected::must("FIN-01", Severity::P4, ("op-1", "10.40.8.65"), "saa-1", 332),
    Expected::must("FIN-02", Severity::P3, ("jump-1", "10.40.8.70"), "saa-1", 513),
    Expected::must("FIN-03", Severity::P3, ("saa-1", "10.40.8.11"), "", 520),
    Expected::must("FIN-04", Severity::P4, ("saa-1", "10.40.8.11"), "printer-1", 575),
    Expected::may("POL"),
    Expected::never("FIN-05"),
    Expected::never("FIN-06"),
    Expected::never("FIN-07"),
    Expected::never("AVL-07"),
    Expected::never("AVL-10"),
];

/// Between two calls of the beacon. Microseconds.
const CALL_US: i64 = 600 * Time::SECOND;
/// Thousandths by which that varies.
const VARIES: i64 = 200;
/// Payload bytes of a call, out and in.
const CALL_BYTES: (i64, i64) = (2_100, 900);
const NAME: &str = "cdn-sync.example";

fn happens(scene: &Scene) -> Vec<Conversation> {
    let mut all = beacon(scene);
    all.extend(way_in(scene));
    all
}

/// pc-117 calls 203.0.113.40:443 every 600 s ± 20 % from minute 0 to 540.
fn beacon(scene: &Scene) -> Vec<Conversation> {
    let mut dice = Dice::new(scene.seed, "beacon", 0);
    let mut all = Vec::new();
    let mut next = scene.minute(0).plus(dice.between(2, 20) * Time::SECOND);
    while next < scene.minute(540) {
        let asked = next.plus(-dice.between(40_000, 70_000));
        let mut question = dns::lookup(asked, PC_117, AD_1, NAME, HOSTILE.ip, &mut dice);
        question.rtt_us = 26_000;
        all.push(question);
        let forwarded = dns::lookup(asked.plus(700), AD_1, RESOLVER, NAME, HOSTILE.ip, &mut dice);
        all.push(forwarded.far(&mut dice));
        all.push(call(next, &mut dice));
        next = next.plus(dice.around(CALL_US, VARIES));
    }
    all
}

fn call(start: Time, dice: &mut Dice) -> Conversation {
    let mut talk = Conversation::new(start, PC_117, HOSTILE, 443, dice).far(dice);
    talk.role = "beacon";
    let certificate = Names { subject: NAME, issuer: "R11", organisation: "Free CA" };
    tls::open(
        &mut talk,
        Meeting { client: Client::Implant, server: NAME, certificate, age_days: 6 },
        dice,
    );
    let (out, back) =
        (dice.around(CALL_BYTES.0, 15) as usize, dice.around(CALL_BYTES.1, 15) as usize);
    let size = tls::room(&talk, Side::Src, out);
    tls::data(&mut talk, Side::Src, size, dice);
    talk.wait(dice.between(20_000, 38_000));
    let size = tls::room(&talk, Side::Dst, back);
    tls::data(&mut talk, Side::Dst, size, dice);
    talk
}

/// pc-117 → op-1 → jump-1 → saa-1 from minute 300, five minutes apart, together until 335; op-1 → saa-1:445 at 330.
fn way_in(scene: &Scene) -> Vec<Conversation> {
    let mut dice = Dice::new(scene.seed, "way in", 0);
    let start =
        |minute: i64, dice: &mut Dice| scene.minute(minute).plus(dice.between(1, 9) * Time::SECOND);

    let mut desktop = Conversation::new(start(300, &mut dice), PC_117, OP_1, 3_389, &mut dice);
    desktop.role = "way in";
    rdp::open(&mut desktop, "svc-ops", "op-1.swift.bank.example", &mut dice);
    rdp::work_for(&mut desktop, 43 * Time::MINUTE, &mut dice);

    let mut shell = Conversation::new(start(305, &mut dice), OP_1, JUMP_1, 22, &mut dice);
    shell.role = "way in";
    ssh::open(&mut shell, &mut dice);
    ssh::type_for(&mut shell, 33 * Time::MINUTE, &mut dice);

    let mut platform = web_platform(start(310, &mut dice), 25 * Time::MINUTE, &mut dice);
    platform.role = "way in";

    let mut share = Conversation::new(start(330, &mut dice), OP_1, SAA_1, 445, &mut dice);
    share.role = "door";
    smb::open(&mut share, "EXBANK", "svc-ops", &mut dice);
    smb::copy(&mut share, Side::Src, 300_000, 2 * Time::SECOND, &mut dice);
    vec![desktop, shell, platform, share]
}
