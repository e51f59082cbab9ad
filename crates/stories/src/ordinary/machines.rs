//! Machines that speak like clockwork: balancer checks, a channel that retries, polls, a FIX session.

use super::Day;
use crate::bank::{AD_1, ADC_1, EXCHANGE, FIX_1, NMS_1, QM_1, SAA_1, WEB_1, WEB_2};
use crate::conversation::{Conversation, Manner, Side};
use crate::speech::{fix::Session, http, ibmmq, snmp};
use model::Time;

/// Seconds between two checks of one web server.
const CHECK_S: i64 = 30;
/// Seconds between two attempts of a channel.
const RETRY_S: i64 = 60;
/// Seconds between two polls of one host.
const POLL_S: i64 = 120;
/// Seconds between two heartbeats.
const HEARTBEAT_S: i64 = 30;
/// REMOTE_QM_UNAVAILABLE, among the codes of STATUS DATA.
const UNAVAILABLE: u32 = 3;

/// The load balancer asks each web server for its health, on the tick of its own timer.
pub fn balancer_checks(day: Day, all: &mut Vec<Conversation>) {
    for (number, server) in [WEB_1, WEB_2].into_iter().enumerate() {
        let mut dice = day.dice(server.name);
        for tick in 0..Time::DAY / Time::SECOND / CHECK_S {
            let start =
                day.start.plus(tick * CHECK_S * Time::SECOND + 7_100_000 + number as i64 * 350_000);
            let mut talk = Conversation::new(
                start.plus(dice.between(0, 18_000)),
                ADC_1,
                server,
                80,
                &mut dice,
            );
            talk.spoken.app = "http";
            talk.spoken.sni = server.name.into();
            talk.say(Side::Src, http::get("/health", server.name, "adc-health/2.1"));
            talk.wait(dice.between(900, 6_000));
            let body = format!(
                "{{\"status\":\"UP\",\"node\":\"{}\",\"open\":{}}}",
                server.name,
                dice.between(3, 90)
            );
            talk.say(Side::Dst, http::ok(&body, talk.start));
            all.push(talk);
        }
    }
}

/// The archive channel of the messaging interface is stopped at the other end and tries again a minute after each refusal.
pub fn queue_retries(day: Day, all: &mut Vec<Conversation>) {
    let mut dice = day.dice("queue retries");
    let mut next = day.start.plus(dice.between(0, RETRY_S * Time::SECOND));
    while next < day.end() {
        let mut talk = Conversation::new(next, SAA_1, QM_1, 1_414, &mut dice);
        talk.spoken.app = "ibmmq";
        talk.say(Side::Src, ibmmq::initial("SAA.TO.ARCHIVE", "QMSAA1"));
        talk.wait(dice.between(2_000, 9_000));
        talk.say(Side::Dst, ibmmq::status(UNAVAILABLE));
        next = next.plus(RETRY_S * Time::SECOND + dice.between(4_000, 30_000));
        all.push(talk);
    }
}

/// Network management asks the directory for its counters: what a tap sees in the stillest night.
pub fn polls(day: Day, all: &mut Vec<Conversation>) {
    let mut dice = day.dice("polls");
    for tick in 0..Time::DAY / Time::SECOND / POLL_S {
        let start =
            day.start.plus(tick * POLL_S * Time::SECOND + dice.between(3_000_000, 3_200_000));
        let mut talk = Conversation::new(start, NMS_1, AD_1, 161, &mut dice);
        talk.manner = Manner::Datagrams;
        talk.spoken.app = "snmp";
        let request = dice.between(1, 1 << 31) as u32;
        let uptime = (start.0 / 10_000) as u32;
        talk.say(Side::Src, snmp::get(request));
        talk.wait(dice.between(600, 3_000));
        talk.say(Side::Dst, snmp::response(request, uptime, uptime.wrapping_mul(977)));
        all.push(talk);
    }
}

/// The FIX session: one flow from 08:00 to 17:00 with a heartbeat from each side.
pub fn fix_session(day: Day, all: &mut Vec<Conversation>) {
    let mut dice = day.dice("fix session");
    let mut own = Session { sender: "EXBANK", target: "EXCHANGE", next: 1 };
    let mut other = Session { sender: "EXCHANGE", target: "EXBANK", next: 1 };
    let start = day.at(8, 0).plus(dice.between(0, 20 * Time::SECOND));
    let mut talk = Conversation::new(start, FIX_1, EXCHANGE, 9_876, &mut dice).far(&mut dice);
    talk.spoken.app = "fix";
    talk.say(Side::Src, own.logon(start, HEARTBEAT_S as u32));
    talk.wait(dice.between(3_000, 20_000));
    talk.say(Side::Dst, other.logon(start, HEARTBEAT_S as u32));
    let logged_on = start.plus(Time::SECOND);
    let mut beat = logged_on.plus(HEARTBEAT_S * Time::SECOND);
    while beat < day.at(17, 0) {
        let at = beat.plus(dice.between(-150_000, 150_000));
        talk.wait_until(at);
        talk.say(Side::Src, own.heartbeat(at));
        let answer = at.plus(dice.between(200_000, 700_000));
        talk.wait_until(answer);
        talk.say(Side::Dst, other.heartbeat(answer));
        beat = beat.plus(HEARTBEAT_S * Time::SECOND);
    }
    talk.wait_until(day.at(17, 0));
    talk.say(Side::Src, own.logout(day.at(17, 0)));
    talk.wait(dice.between(2_000, 9_000));
    talk.say(Side::Dst, other.logout(day.at(17, 0)));
    all.push(talk);
}
