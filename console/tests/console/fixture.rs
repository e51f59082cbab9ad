//! A console over rows written by hand: what the store would have answered for an afternoon of attack.

use bartizan::event::{Answer, Effect, Event};
use bartizan::failure::{Exit, Failure};
use bartizan::keymap::typed;
use bartizan::narrow::Narrow;
use bartizan::state::{Model, Setup};
use bartizan::theme::Theme;
use bartizan::update::{reconcile, update};
use bartizan::{headless, views};
use model::Time;
use serde_json::{Value, json};

/// 2026-03-12T17:45:00Z.
pub const NOW: Time = Time::new(1_773_337_500, 0);

/// What the store says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// Rows.
    Data,
    /// No rows.
    Nothing,
    /// That it is away.
    Away,
    /// Nothing at all, yet.
    Silence,
}

/// A console that is being driven.
pub struct Console {
    pub model: Model,
    pub says: Says,
    /// Effects that are not questions.
    pub done: Vec<Effect>,
    /// Questions, by slot.
    pub asked: Vec<&'static str>,
}

/// How a console is started here.
pub fn setup(view: &str, pinned: bool) -> Setup {
    Setup {
        theme: Theme::Terminal,
        pinned: pinned.then_some(NOW),
        place: "bartizan".into(),
        view: views::named(view).unwrap(),
        span_us: Time::DAY,
        without: Vec::new(),
        client: "test".into(),
        narrow: Narrow::default(),
    }
}

impl Console {
    /// A pinned console on `view`.
    pub fn open(view: &str, size: (u16, u16), says: Says) -> Self {
        Self::start(setup(view, true), size, says)
    }

    /// A console, its first questions answered.
    pub fn start(setup: Setup, size: (u16, u16), says: Says) -> Self {
        let model = Model::new(setup, size, NOW);
        let mut console = Self { model, says, done: Vec::new(), asked: Vec::new() };
        let first = reconcile(&mut console.model);
        console.carry_out(first);
        console
    }

    /// One event, and everything that follows from it.
    pub fn event(&mut self, event: Event) {
        let effects = update(&mut self.model, event);
        self.carry_out(effects);
    }

    /// Keys, each with everything that follows from it.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        for key in typed(keys).unwrap() {
            self.event(Event::Key(key));
        }
        self
    }

    /// The screen as text.
    pub fn screen(&self) -> String {
        headless::text(&headless::drawn(&self.model))
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Ask { request, .. } => {
                    self.asked.push(request.slot);
                    let outcome = match self.says {
                        Says::Silence => continue,
                        Says::Away => Err(away()),
                        Says::Nothing => Ok(Answer::default()),
                        Says::Data => Ok(Answer {
                            rows: rows(request.slot)
                                .into_iter()
                                .map(bartizan::decode::clean)
                                .collect(),
                            read_rows: 1_000,
                            read_bytes: 64_000,
                            elapsed_ms: 12,
                        }),
                    };
                    self.event(Event::Answered { request, outcome });
                }
                other => self.done.push(other),
            }
        }
    }
}

/// The failure of a store that is away.
pub fn away() -> Failure {
    Failure {
        code: "E-STORE-001",
        sentence: "the store at http://10.9.0.4:8123 does not answer (connection refused)".into(),
        next: "start it with `bartizan-store run`, or correct store.url".into(),
        exit: Exit::Away,
    }
}

/// Ids of the warnings, worst first.
pub const IDS: [&str; 5] = [
    "1f00aa21000000000000000000000001",
    "9c4e7712000000000000000000000002",
    "30b2d1c4000000000000000000000003",
    "7b19e0f2000000000000000000000004",
    "c2d4e6f8000000000000000000000005",
];

/// What the store answers in a slot.
pub fn rows(slot: &str) -> Vec<Value> {
    match slot {
        "situation.zones" => zones(),
        "situation.conduits" => conduits(),
        "situation.worst" | "warnings.list" => warnings(),
        "situation.taps" => taps(),
        "situation.ledger" => ledger(),
        "situation.acts" => vec![json!({
            "at": "2026-03-12T17:40:00.000000Z", "actor": "lin", "action": "ack", "subject": "warning",
            "subject_id": IDS[2], "state_to": "ACK", "reason": "", "note": "checking change CHG-8812"
        })],
        "warnings.evidence" => evidence(),
        "warnings.history" => vec![json!({
            "at": "2026-03-12T17:40:00.000000Z", "actor": "lin", "action": "ack", "state_from": "NEW",
            "state_to": "ACK", "owner": "lin", "disposition": "", "reason": "",
            "note": "checking change CHG-8812", "seq": 1
        })],
        "warnings.flows" => flows(),
        "warnings.incident" => vec![json!({
            "id": "5ae10000000000000000000000000001", "state": "open", "stage": "L",
            "title": "from pc-117 to saa-1", "warnings": [IDS[0], IDS[2], IDS[1]],
            "path": ["pc-117", "op-1", "saa-1"], "started": "2026-03-12T12:00:00.000000Z", "level": "II",
            "zone": "swift", "index_before": 4.0, "index_after": 63.2
        })],
        "situation.standing" => standing(),
        "situation.course" => course(),
        "situation.forecasts" => forecasts(),
        "situation.load" => load(),
        "graph.places" => places(),
        "graph.warnings" => warned(),
        "graph.admin" => admin(),
        "graph.hop1" | "graph.hop2" => passed(),
        "graph.refused1" | "graph.refused2" => refused(),
        "graph.names" | "graph.hop3" | "graph.hop4" | "graph.refused3" | "graph.refused4" => {
            Vec::new()
        }
        other => panic!("a new slot, {other}: write rows for it here"),
    }
}

fn zones() -> Vec<Value> {
    let zone = |name: &str, criticality: u8, worst: u8, open: u32, fresh: u32| json!({ "zone": name, "criticality": criticality, "worst": worst, "open": open, "fresh": fresh });
    vec![
        zone("internet", 0, 0, 0, 0),
        zone("office", 3, 2, 2, 1),
        zone("ebank-dmz", 6, 0, 0, 0),
        zone("mgmt", 7, 4, 1, 1),
        zone("core", 9, 0, 0, 0),
        zone("swift-ops", 9, 3, 1, 1),
        zone("swift", 10, 2, 1, 0),
    ]
}

/// The institution at III whichever way the blind part goes, swift at II, and the DMZ not seen whole.
fn standing() -> Vec<Value> {
    let of = |scope: &str, name: &str, index: f64, most: f64, level: &str| {
        json!({
            "scope": scope, "name": name, "time": "2026-03-12T17:45:00.000000Z", "index": index, "index_if_blind": most,
            "threat": index, "vulnerability": 0.0, "availability": 0.0, "coverage": if index < most { 0.7 } else { 1.0 },
            "level": level, "gate": if name == "swift" { "a level I warning in a zone of criticality 10" } else { "" },
            "drivers": json!([
                { "name": "INT-01", "who": "pc-117 > 203.0.113.40:443", "points": 5.2, "warnings": [IDS[0]] },
                { "name": "INT-09", "who": "op-1 > saa-1", "points": 3.1, "warnings": [IDS[1], IDS[2]] },
            ]).to_string(),
            "before": index - 9.0
        })
    };
    vec![
        of("institution", "bank", 63.2, 64.1, "III"),
        of("zone", "office", 27.0, 27.0, "IV"),
        of("zone", "ebank-dmz", 12.0, 50.4, "-"),
        of("zone", "mgmt", 20.4, 20.4, "IV"),
        of("zone", "core", 9.0, 9.0, "-"),
        of("zone", "swift-ops", 48.0, 48.0, "III"),
        of("zone", "swift", 75.0, 75.0, "II"),
    ]
}

fn course() -> Vec<Value> {
    let at = |minute: i64, index: f64| json!({ "time": NOW.plus(-minute * Time::MINUTE).to_string(), "index": index, "index_if_blind": index + 0.9 });
    vec![at(1_440, 4.0), at(340, 6.0), at(300, 22.0), at(250, 38.0), at(60, 54.2), at(5, 63.2)]
}

fn forecasts() -> Vec<Value> {
    let of = |name: &str, level: &str, horizon: u16, probability: f64, has_skill: u8, open: u8| {
        json!({
            "scope": "zone", "name": name, "level": level, "horizon_min": horizon,
            "time": "2026-03-12T17:45:00.000000Z", "probability": probability, "low": probability * 0.65,
            "high": probability * 1.4, "skill": 0.31, "has_skill": has_skill, "open": open, "model": "3",
            "reasons": json!([
                { "name": "new admin edge", "value": "1 in 1 h", "millinats": 1_240 },
                { "name": "beacon", "value": "open", "millinats": 880 },
                { "name": "base rate", "value": "", "millinats": -2_900 },
            ]).to_string()
        })
    };
    vec![
        of("swift", "I", 15, 0.12, 1, 0),
        of("swift", "I", 60, 0.34, 1, 1),
        of("swift", "I", 240, 0.41, 1, 0),
        of("core", "II", 60, 0.18, 1, 0),
        of("ebank-dmz", "III", 60, 0.22, 0, 0),
    ]
}

fn load() -> Vec<Value> {
    let rang = |ago: u32, level: &str, detection: &str, rang: u32| json!({ "ago": ago, "level": level, "detection": detection, "rang": rang });
    vec![
        rang(0, "II", "INT-09", 1),
        rang(0, "IV", "POL-01", 4),
        rang(9, "IV", "POL-01", 11),
        rang(27, "II", "INT-01", 2),
    ]
}

fn conduits() -> Vec<Value> {
    let conduit = |src: &str, dst: &str, flows: u32, undeclared: u32| json!({ "src_zone": src, "dst_zone": dst, "flows": flows, "bytes": flows * 900, "undeclared": undeclared });
    vec![
        conduit("office", "internet", 28, 27),
        conduit("office", "swift-ops", 1, 1),
        conduit("swift-ops", "swift", 1, 1),
        conduit("internet", "ebank-dmz", 41_204, 0),
        conduit("ebank-dmz", "core", 9_120, 0),
        conduit("core", "swift", 1_440, 0),
        conduit("mgmt", "core", 60, 0),
    ]
}

fn taps() -> Vec<Value> {
    let tap = |name: &str, newest: &str, drop_ppm: u32| {
        json!({
            "tap": name, "newest": newest, "packets_per_s": 84.4, "drop_ppm": drop_ppm, "one_way_ppm": 5200
        })
    };
    vec![
        tap("tap-c", "2026-03-12T17:44:00.000000Z", 0),
        tap("tap-d", "2026-03-12T17:44:00.000000Z", 18_000),
        tap("tap-e", "2026-03-12T17:02:00.000000Z", 20),
    ]
}

fn ledger() -> Vec<Value> {
    let row = |stage: &str, reason: &str, packets: u64, records: u64| json!({ "stage": stage, "reason": reason, "packets": packets, "bytes": packets * 700, "records": records });
    vec![
        row("capture", "received", 83_723, 0),
        row("capture", "kept", 83_641, 0),
        row("capture", "ring full", 82, 0),
        row("export", "received", 0, 3_351),
        row("export", "kept", 0, 3_350),
    ]
}

/// Parts that add up: the score is their sum as a probability, computed by hand (1 / (1 + e^-2.751) = 0.94).
fn warnings() -> Vec<Value> {
    let parts = json!([
        { "name": "base rate of INT-01", "value": "", "millinats": -4_600 },
        { "name": "regularity", "value": "p 2.1e-5", "millinats": 4_310 },
        { "name": "rare destination", "value": "1 of 214 hosts", "millinats": 2_350 },
        { "name": "new here", "value": "0 of 30 days", "millinats": 1_101 },
        { "name": "known update server", "value": "no", "millinats": -410 },
    ]);
    let warning = |at: usize,
                   level: &str,
                   score: u16,
                   subject: &str,
                   zone: &str,
                   state: &str,
                   sentence: &str| {
        json!({
            "id": IDS[at], "time": format!("2026-03-12T{}:20:00.000000Z", 13 + at),
            "episode_start": "2026-03-12T12:00:00.000000Z", "detection": "INT-01", "subject": subject,
            "object": "203.0.113.40:443", "zone": zone, "business": ["payments"], "severity": "P3", "level": level,
            "score": score, "contributions": parts.to_string(), "sentence": sentence, "attack": ["T1071.001"],
            "evidence_ids": ["e1"], "state": state, "owner": if state == "NEW" { "" } else { "lin" },
            "seq": u32::from(state != "NEW"), "until": null
        })
    };
    vec![
        warning(
            0,
            "II",
            9_400,
            "pc-117",
            "office",
            "NEW",
            "pc-117 calls 203.0.113.40:443 (cdn-sync.example) every 600 s, give or take 11 %: 27 connections; nobody else does",
        ),
        warning(
            1,
            "II",
            9_100,
            "op-1",
            "swift",
            "ACK",
            "op-1 opened SMB to saa-1, which it never did before",
        ),
        warning(
            2,
            "III",
            8_800,
            "pc-117",
            "swift-ops",
            "NEW",
            "pc-117 opened RDP to op-1 from office, undeclared",
        ),
        warning(
            3,
            "III",
            7_100,
            "名前-服务器",
            "office",
            "ACK",
            "a name of wide letters keeps its columns",
        ),
        warning(
            4,
            "IV",
            6_100,
            "scanner-1\u{202e}",
            "mgmt",
            "NEW",
            "hostile \u{1b}[31mtext\u{1b}[0m\u{200b} stays inert",
        ),
    ]
}

fn evidence() -> Vec<Value> {
    vec![json!({
        "id": "e1", "detection": "INT-01", "subject": "pc-117", "object": "203.0.113.40:443",
        "episode_start": "2026-03-12T12:00:00.000000Z", "seen": "2026-03-12T16:20:00.000000Z", "p_value": 0.000_021,
        "severity": "P3", "strength": 1,
        "numbers": "{\"connections\":27,\"interval_s\":600,\"jitter_pct\":11,\"payload_out_bytes\":2100}",
        "flow_ids": [11, 12, 18_446_744_073_709_551_615_u64], "coverage": "{\"tap-e\":1}", "rule_version": "1"
    })]
}

fn flows() -> Vec<Value> {
    let flow = |id: u64, minute: u8| {
        json!({
            "flow_id": id, "tap": "tap-e", "first": format!("2026-03-12T12:{minute}:01.000000Z"),
            "last": format!("2026-03-12T12:{minute}:02.000000Z"), "src_ip": "::ffff:10.31.0.117", "src_port": 50_000 + id,
            "dst_ip": "::ffff:203.0.113.40", "dst_port": 443, "ip_protocol": 6, "app": "tls", "sni": "cdn-sync.example",
            "src_zone": "office", "dst_zone": "internet", "src_bytes": 2_614, "dst_bytes": 1_410
        })
    };
    vec![flow(11, 10), flow(12, 20)]
}

/// Microseconds of a moment on the day of the attack.
fn micros(clock: &str) -> i64 {
    format!("2026-03-12T{clock}:00Z").parse::<Time>().unwrap().0
}

fn places() -> Vec<Value> {
    let row = |cidr: &str, zone: &str, host: &str, criticality: u8| {
        json!({
            "cidr": cidr, "zone": zone, "host": host, "role": "", "criticality": criticality, "tags": [], "business": [],
            "valid_from": 0, "valid_to": i64::MAX, "policy": "p"
        })
    };
    vec![
        row("0.0.0.0/0", "internet", "", 0),
        row("10.31.0.0/16", "office", "", 3),
        row("10.40.8.0/26", "swift", "", 10),
        row("10.40.8.64/27", "swift-ops", "", 9),
        row("10.31.0.117/32", "office", "pc-117", 3),
        row("10.40.8.11/32", "swift", "saa-1", 10),
        row("10.40.8.65/32", "swift-ops", "op-1", 9),
        row("10.40.8.70/32", "swift-ops", "jump-1", 9),
    ]
}

fn warned() -> Vec<Value> {
    let row = |at: usize, detection: &str, ends: (&str, &str), level: &str, clock: &str| {
        json!({
            "id": IDS[at], "time": micros(clock), "episode_start": micros(clock), "detection": detection,
            "subject": ends.0, "object": ends.1, "level": level, "way": []
        })
    };
    vec![
        row(0, "INT-01", ("pc-117", "203.0.113.40:443"), "II", "16:20"),
        row(1, "FIN-01", ("op-1", "saa-1"), "I", "17:30"),
        row(4, "INT-07", ("scanner-1\u{202e}", "tcp/445 inside"), "IV", "17:31"),
    ]
}

fn admin() -> Vec<Value> {
    let edge = |src: &str, dst: &str, app: &str, clock: &str| json!({ "src": src, "dst": dst, "app": app, "first": micros(clock), "last": micros("18:00") });
    vec![edge("pc-117", "op-1", "rdp", "17:00"), edge("op-1", "jump-1", "ssh", "17:05")]
}

fn passed() -> Vec<Value> {
    let row = |src: String, dst: &str, service: &str, flows: u64| {
        json!({
            "node": "::ffff:10.31.0.117", "src_ip": format!("::ffff:{src}"), "dst_ip": format!("::ffff:{dst}"), "flows": flows,
            "bytes": flows * 900, "answered": 1, "services": [service], "first": micros("12:00"), "last": micros("18:00"),
            "peers": 90
        })
    };
    let pc = || "10.31.0.117".to_owned();
    let mut rows = vec![
        row(pc(), "203.0.113.40", "tcp/443 tls", 27),
        row(pc(), "10.40.8.65", "tcp/3389 rdp", 1),
        row("10.40.8.70".into(), "10.40.8.11", "tcp/443 tls", 2),
    ];
    rows.extend((1..=80).map(|at| row(format!("10.31.2.{at}"), "10.31.0.117", "tcp/445 smb", at)));
    rows
}

fn refused() -> Vec<Value> {
    vec![json!({
        "src_ip": "::ffff:10.40.8.65", "dst_ip": "::ffff:10.40.8.11", "answered": 1, "services": ["tcp/445"],
        "first": micros("17:30"), "last": micros("17:31")
    })]
}
