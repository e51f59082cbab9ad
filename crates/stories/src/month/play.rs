//! The conversations of a month: each step and door on the wire, and ordinary days with less of what only repeats itself.

use super::course::{Episode, Taken};
use super::laws::{Door, Step};
use crate::bank::{
    ADC_1, Host, JUMP_1, LEDGER_1, NMS_1, OP_1, PROXY_1, SAA_1, SCHEME_1, SW_1, Stack, office_pc,
};
use crate::conversation::{Conversation, Manner, Side};
use crate::dice::Dice;
use crate::ordinary::{self, Day, web_platform};
use crate::speech::certificate::Names;
use crate::speech::client_hello::Client;
use crate::speech::tls::{self, Meeting};
use crate::speech::{mysql, rdp, smb, ssh};
use model::Time;
use std::net::Ipv4Addr;

const fn host(name: &'static str, ip: [u8; 4], stack: Stack) -> Host {
    Host { name, ip: Ipv4Addr::new(ip[0], ip[1], ip[2], ip[3]), stack }
}

/// Provider of message formatting.
const BUREAU_1: Host = host("bureau-1", [10, 90, 0, 10], Stack::Linux);
/// Key module.
const HSM_1: Host = host("hsm-1", [10, 40, 9, 2], Stack::Linux);
/// Build server.
const CI_1: Host = host("ci-1", [10, 32, 0, 10], Stack::Linux);

/// Of conversations that only repeat themselves, one in so many is kept.
const THINNED: [(Host, u16, i64); 7] = [
    (ADC_1, 80, 40),
    (SAA_1, 1_414, 15),
    (NMS_1, 161, 10),
    (SW_1, 8_590, 20),
    (SCHEME_1, 8_590, 20),
    (PROXY_1, 443, 3),
    (PROXY_1, 53, 3),
];
/// Of the office's computers, one in so many is seen browsing.
const BROWSERS: u8 = 3;

/// The ordinary conversations that begin on `day`.
pub fn ordinary(day: Day) -> Vec<Conversation> {
    let mut all = ordinary::conversations(day);
    let mut counts = [0; THINNED.len()];
    all.retain(|talk| {
        let rule =
            THINNED.iter().position(|(src, port, _)| *src == talk.src && *port == talk.dst_port);
        let kept = rule.is_none_or(|rule| {
            counts[rule] += 1;
            counts[rule] % THINNED[rule].2 == 1
        });
        kept && !is_left_out(talk)
    });
    all
}

/// Browsing of the computers that are left out.
fn is_left_out(talk: &Conversation) -> bool {
    let [a, b, c, number] = talk.src.ip.octets();
    let browses = (a, b, c) == (10, 31, 0) && matches!(talk.dst_port, 53 | 3_128);
    browses && number % BROWSERS != 0
}

/// What is played of one episode, the month beginning at `from`.
pub fn conversations(from: Time, seed: u64, number: usize, episode: &Episode) -> Vec<Conversation> {
    let mut dice = Dice::new(seed, "played", number as i64);
    let pc = office_pc(dice.between(100, 118) as u8);
    let outside = host("", [203, 0, 113, dice.between(20, 220) as u8], Stack::Linux);
    let mut all = Vec::new();
    for taken in &episode.steps {
        let span = Span {
            start: from.plus(taken.begin * Time::MINUTE).plus(dice.between(1, 20) * Time::SECOND),
            length_us: (taken.end - taken.begin) * Time::MINUTE - 25 * Time::SECOND,
        };
        let opener = match episode.way().door {
            Door::Core => CI_1,
            Door::Swift | Door::Hsm => pc,
        };
        step(taken, span, opener, outside, &mut dice, &mut all);
    }
    if let Some((door, minute)) = episode.attacked() {
        let start = from.plus(minute * Time::MINUTE).plus(dice.between(1, 20) * Time::SECOND);
        all.push(through(door, start, &mut dice));
    }
    let role = if episode.door.is_some() { "attack" } else { "" };
    for talk in &mut all {
        talk.role = role;
    }
    all
}

/// When a step is played.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: Time,
    length_us: i64,
}

fn step(
    taken: &Taken,
    span: Span,
    opener: Host,
    outside: Host,
    dice: &mut Dice,
    all: &mut Vec<Conversation>,
) {
    match taken.step {
        Step::Calls => calls(span, opener, outside, dice, all),
        Step::Sweep => sweep(span, opener, dice, all),
        Step::Hops => hops(span, opener, dice, all),
        Step::Visit => all.push(shell(span, BUREAU_1, NMS_1, dice)),
        Step::Reach => all.push(shell(span, NMS_1, SW_1, dice)),
    }
}

/// A call every four to ten minutes, varied by a fifth.
fn calls(span: Span, opener: Host, outside: Host, dice: &mut Dice, all: &mut Vec<Conversation>) {
    let every = dice.between(240, 601) * Time::SECOND;
    let end = span.start.plus(span.length_us);
    let mut next = span.start;
    while next < end {
        let mut talk = Conversation::new(next, opener, outside, 443, dice).far(dice);
        let certificate =
            Names { subject: "updates.example", issuer: "R11", organisation: "Free CA" };
        let meeting = Meeting {
            client: Client::Implant,
            server: "updates.example",
            certificate,
            age_days: 20,
        };
        tls::open(&mut talk, meeting, dice);
        let (out, back) = (dice.around(2_100, 15) as usize, dice.around(900, 15) as usize);
        tls::data(&mut talk, Side::Src, out, dice);
        talk.wait(dice.between(20_000, 38_000));
        tls::data(&mut talk, Side::Dst, back, dice);
        all.push(talk);
        next = next.plus(dice.around(every, 200));
    }
}

/// Sixty to 140 addresses of the opener's own zone are tried at one port; one in twelve answers.
fn sweep(span: Span, opener: Host, dice: &mut Dice, all: &mut Vec<Conversation>) {
    let [a, b, ..] = opener.ip.octets();
    let port = *dice.pick(&[445, 3_389, 22]);
    let count = dice.between(60, 141);
    let third = dice.between(40, 240) as u8;
    for number in 0..count {
        let at = span.start.plus(span.length_us / count * number + dice.between(0, 900_000));
        let target = host("", [a, b, third, number as u8 + 1], Stack::Windows);
        let mut talk = Conversation::new(at, opener, target, port, dice);
        talk.manner = match dice.between(0, 12) {
            0 => Manner::Probed,
            1..=4 => Manner::Ignored,
            _ => Manner::Refused,
        };
        all.push(talk);
    }
}

/// Remote desktop to the operator's computer, a shell to the jump host, the web platform: together for most of the time.
fn hops(span: Span, opener: Host, dice: &mut Dice, all: &mut Vec<Conversation>) {
    let mut desktop = Conversation::new(span.start, opener, OP_1, 3_389, dice);
    rdp::open(&mut desktop, "svc-ops", "op-1.swift.bank.example", dice);
    rdp::work_for(&mut desktop, span.length_us - Time::MINUTE, dice);
    all.push(desktop);
    let later = |minutes: i64, dice: &mut Dice| {
        span.start.plus(minutes * Time::MINUTE + dice.between(0, 40) * Time::SECOND)
    };
    let mut shell = Conversation::new(later(4, dice), OP_1, JUMP_1, 22, dice);
    ssh::open(&mut shell, dice);
    ssh::type_for(&mut shell, span.length_us - 7 * Time::MINUTE, dice);
    all.push(shell);
    all.push(web_platform(later(8, dice), span.length_us - 12 * Time::MINUTE, dice));
}

fn shell(span: Span, src: Host, dst: Host, dice: &mut Dice) -> Conversation {
    let mut talk = Conversation::new(span.start, src, dst, 22, dice);
    ssh::open(&mut talk, dice);
    ssh::type_for(&mut talk, span.length_us - Time::MINUTE, dice);
    talk
}

fn through(door: Door, start: Time, dice: &mut Dice) -> Conversation {
    match door {
        Door::Swift => {
            let mut talk = Conversation::new(start, OP_1, SAA_1, 445, dice);
            smb::open(&mut talk, "EXBANK", "svc-ops", dice);
            let bytes = dice.between(100_000, 600_000) as usize;
            smb::copy(&mut talk, Side::Src, bytes, 2 * Time::SECOND, dice);
            talk
        }
        Door::Hsm => {
            let mut talk = Conversation::new(start, NMS_1, HSM_1, 1_500, dice);
            for _ in 0..dice.between(4, 20) {
                talk.say(Side::Src, dice.bytes(48));
                talk.wait(dice.between(1_000, 4_000));
                talk.say(Side::Dst, dice.bytes(24));
                talk.wait(dice.between(100_000, 900_000));
            }
            talk
        }
        Door::Core => {
            let mut talk = Conversation::new(start, CI_1, LEDGER_1, 3_306, dice);
            mysql::ask(&mut talk, "report", "ledger", "SELECT account, balance FROM entry", dice);
            for _ in 0..dice.between(3, 12) {
                talk.wait(dice.between(20_000, 400_000));
                talk.say(Side::Dst, dice.bytes(1_400));
            }
            talk
        }
    }
}

/// What of ordinary business is thinned, in words.
pub fn thinned() -> Vec<String> {
    let machines =
        THINNED.iter().map(|(src, port, of)| format!("{} to port {port}: 1 in {of}", src.name));
    machines.chain([format!("office browsing: 1 computer in {BROWSERS}")]).collect()
}

#[cfg(test)]
mod tests {
    use super::super::course::course;
    use super::*;

    const FROM: Time = Time::new(1_767_484_800, 0);

    #[test]
    fn an_attack_and_a_decoy_take_their_steps_alike() {
        let all = course(3, 60);
        let kinds = |one: &Episode| {
            let mut talks = conversations(FROM, 3, 0, one);
            let door = one.door.map(|minute| FROM.plus(minute * Time::MINUTE));
            talks.retain(|talk| door.is_none_or(|door| talk.start < door));
            talks
                .iter()
                .map(|talk| (talk.dst_port, talk.dst.name))
                .collect::<std::collections::BTreeSet<_>>()
        };
        let hops = |attacks: bool| {
            all.iter()
                .find(|one| {
                    one.door.is_some() == attacks
                        && one.steps.len() == 1
                        && one.steps[0].step == Step::Hops
                })
                .map(kinds)
                .expect("sixty days have one")
        };
        assert_eq!(hops(true), hops(false));
        assert_eq!(hops(true), [(22, "jump-1"), (443, "saa-1"), (3_389, "op-1")].into());
    }

    #[test]
    fn what_is_played_of_a_step_lies_within_it() {
        for (number, one) in course(4, 20).iter().enumerate() {
            let first = FROM.plus(one.begin() * Time::MINUTE);
            for talk in conversations(FROM, 4, number, one) {
                assert!(first <= talk.start, "{} before {first}", talk.start);
                let last = one.door.or(one.steps.last().map(|taken| taken.end)).expect("an end");
                assert!(talk.start < FROM.plus((last + 1) * Time::MINUTE));
            }
        }
    }

    #[test]
    fn thinning_keeps_the_same_conversations_each_time() {
        let day = Day { start: FROM, seed: 1 };
        let ports = |talks: Vec<Conversation>| {
            talks.into_iter().map(|talk| (talk.start, talk.src_port)).collect::<Vec<_>>()
        };
        let (one, other) = (ports(ordinary(day)), ports(ordinary(day)));
        assert_eq!(one, other);
        assert!(one.len() < ordinary::conversations(day).len() / 5, "{}", one.len());
    }
}
