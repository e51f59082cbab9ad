//! Office computers: name lookups, and browsing by way of the proxy at human times.

use super::Day;
use crate::bank::{AD_1, Host, PROXY_1, RESOLVER, office_pc, web_site};
use crate::conversation::{Conversation, Side};
use crate::dice::Dice;
use crate::speech::client_hello::Client;
use crate::speech::tls::{self, Meeting};
use crate::speech::{dns, http};
use model::Time;

/// Numbers of the computers that are used: 100 to 117, the one of S1 among them.
const COMPUTERS: std::ops::Range<u8> = 100..118;
/// Mean time between two visits of one computer. Microseconds.
const BETWEEN_US: i64 = 40 * Time::MINUTE;
const AGENT: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36";
/// Names of sites, which stand at 192.0.2.1 and on.
const SITES: [&str; 12] = [
    "www.news.example",
    "mail.suite.example",
    "docs.suite.example",
    "maps.example",
    "search.example",
    "rates.marketdata.example",
    "intranet-help.example",
    "travel.example",
    "static.cdn-one.example",
    "img.cdn-one.example",
    "training.example",
    "weather.example",
];

/// Visits of every computer from 08:00 to 18:00.
pub fn browsing(day: Day, all: &mut Vec<Conversation>) {
    for number in COMPUTERS {
        let mut dice = day.dice(&format!("browsing {number}"));
        let mut next = day.at(8, 0).plus(dice.exponential(BETWEEN_US));
        while next < day.at(18, 0) {
            visit(next, office_pc(number), &mut dice, all);
            next = next.plus(dice.exponential(BETWEEN_US).max(3 * Time::SECOND));
        }
    }
}

fn visit(start: Time, pc: Host, dice: &mut Dice, all: &mut Vec<Conversation>) {
    let site = dice.between(0, SITES.len() as i64) as usize;
    let address = web_site(site as u8 + 1);
    if dice.one_in(3) {
        all.push(dns::lookup(start, pc, AD_1, "proxy-1.bank.example", PROXY_1.ip, dice));
    }
    let asked = start.plus(dice.between(3_000, 20_000));
    let looked_up = asked.plus(dice.between(1_500, 4_000));
    all.push(dns::lookup(looked_up, PROXY_1, RESOLVER, SITES[site], address.ip, dice).far(dice));
    let pages: Vec<Page> = (0..dice.between(1, 6)).map(|_| Page::draw(dice)).collect();
    let mut inner = Conversation::new(asked, pc, PROXY_1, 3_128, dice).far(dice);
    inner.say(Side::Src, http::connect(SITES[site], AGENT));
    inner.wait(45_000);
    inner.say(Side::Dst, http::connected());
    browse(&mut inner, SITES[site], &pages, dice);
    all.push(inner);
    let mut outer = Conversation::new(asked.plus(38_000), PROXY_1, address, 443, dice).far(dice);
    browse(&mut outer, SITES[site], &pages, dice);
    all.push(outer);
}

/// A request and what comes of it.
struct Page {
    think_us: i64,
    asks: usize,
    gets: usize,
}

impl Page {
    fn draw(dice: &mut Dice) -> Self {
        Self {
            think_us: dice.exponential(6 * Time::SECOND).min(40 * Time::SECOND),
            asks: dice.between(300, 900) as usize,
            gets: dice.exponential(9_000).clamp(400, 60_000) as usize,
        }
    }
}

fn browse(talk: &mut Conversation, site: &str, pages: &[Page], dice: &mut Dice) {
    tls::open(talk, Meeting::public(Client::Browser, site), dice);
    for page in pages {
        tls::data(talk, Side::Src, page.asks, dice);
        talk.wait(dice.between(8_000, 36_000));
        tls::data(talk, Side::Dst, page.gets, dice);
        talk.wait(page.think_us);
    }
    tls::close(talk, Side::Src, dice);
}
