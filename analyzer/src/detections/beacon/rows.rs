//! The answers that the beacon's judgement reads, gathered by pair.

use anyhow::Context as _;
use model::Time;
use model::address::plain;
use model::flow::{ConnState, Direction};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::Ipv6Addr;

/// Who calls whom.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub struct Pair {
    /// The caller.
    pub client: Ipv6Addr,
    /// Name of the server, else its address as text.
    pub server: String,
    /// Port.
    pub port: u16,
    /// IANA protocol number.
    pub ip_protocol: u8,
}

/// Calls of one pair in five minutes: a row of `beacon.calls`.
#[derive(Debug, Clone, Deserialize)]
pub struct Bucket {
    /// Who calls whom.
    #[serde(flatten)]
    pub pair: Pair,
    /// Start of the five minutes. Microseconds since the epoch.
    pub bucket_us: i64,
    /// Distinct seconds at which conversations began.
    pub seconds: Vec<i64>,
    /// Conversations that began.
    pub calls: u64,
    /// Some of them, ascending.
    pub flow_ids: Vec<u64>,
    /// Zone of the caller as the store filled it in.
    pub zone: String,
    /// TLS fingerprint, empty if none.
    pub ja4: String,
    /// The latest conversation.
    #[serde(flatten)]
    pub latest: Latest,
}

/// The latest conversation of a bucket, for policy.
#[derive(Debug, Clone, Deserialize)]
pub struct Latest {
    /// Address that was called.
    pub dst_ip: Ipv6Addr,
    /// Port that called.
    pub src_port: u16,
    /// How it is known who opened.
    pub direction: Direction,
    /// TCP state of its first slice.
    pub conn_state: ConnState,
    /// Identified protocol, empty if none.
    pub app: String,
    /// How sure.
    pub app_conf: u8,
    /// Packets of the caller in its first slice.
    pub src_packets: u64,
    /// Packets of the server in its first slice.
    pub dst_packets: u64,
}

/// What is remembered of a pair: a row of `beacon.memory`.
#[derive(Debug, Clone, Deserialize)]
struct Remembered {
    #[serde(flatten)]
    pair: Pair,
    first_us: i64,
    hours: Vec<(i64, i64)>,
}

#[derive(Debug, Deserialize)]
struct Reach {
    server: String,
    port: u16,
    ip_protocol: u8,
    zone: String,
    clients: u64,
    callers: Vec<Ipv6Addr>,
}

#[derive(Debug, Deserialize)]
struct Zone {
    zone: String,
    hosts: u64,
}

#[derive(Debug, Deserialize)]
struct Fingerprint {
    client: Ipv6Addr,
    ja4: String,
    servers: u64,
    server: String,
}

#[derive(Debug, Deserialize)]
struct Answer {
    client: Ipv6Addr,
    server: String,
    resolved_us: i64,
}

/// The certificate that a pair was shown: a row of `beacon.certificates`.
#[derive(Debug, Clone, Deserialize)]
pub struct Certificate {
    #[serde(flatten)]
    pair: Pair,
    shown_us: i64,
    /// 1 if its issuer is its subject.
    pub self_signed: u8,
    /// From when it is valid. Microseconds since the epoch.
    pub not_before_us: i64,
    /// 1 if another server showed a certificate of this issuer the day before.
    pub issuer_elsewhere: u8,
    /// Servers that showed any, each counted once for each issuer.
    pub servers: Option<u64>,
}

/// The calls of one pair in the horizon.
#[derive(Debug, Clone)]
pub struct Calls {
    /// Distinct seconds at which conversations began, in any order.
    pub seconds: Vec<i64>,
    /// Conversations that began.
    pub calls: u64,
    /// Some of them, ascending, at most 1,000.
    pub flow_ids: Vec<u64>,
    /// Zone of the caller as the store filled it in.
    pub zone: String,
    /// TLS fingerprint, empty if none.
    pub ja4: String,
    /// The latest conversation.
    pub latest: Latest,
    latest_us: i64,
}

/// What came before the hour.
#[derive(Debug, Default)]
pub struct Memory {
    pairs: BTreeMap<Pair, Remembered>,
    clients: BTreeMap<(String, u16, u8, String), Reach>,
    hosts: BTreeMap<String, u64>,
    fingerprints: BTreeMap<Ipv6Addr, Vec<Fingerprint>>,
    resolved: BTreeMap<(Ipv6Addr, String), Time>,
    certificates: BTreeMap<Pair, Certificate>,
}

/// How many of a zone's hosts call a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prevalence {
    /// Hosts of the zone that call it, the caller included.
    pub clients: u64,
    /// Hosts of the zone that spoke, the caller included.
    pub hosts: u64,
}

impl Pair {
    /// The server as people write it.
    pub fn server_text(&self) -> String {
        self.server
            .parse::<Ipv6Addr>()
            .map_or_else(|_| self.server.clone(), |address| plain(address).to_string())
    }

    /// Whether the server is known by its address alone.
    pub fn has_address_only(&self) -> bool {
        self.server.parse::<Ipv6Addr>().is_ok()
    }

    /// Server, port and, unless it is TCP, the protocol.
    pub fn object(&self) -> String {
        let server = self.server_text();
        let server = if server.contains(':') { format!("[{server}]") } else { server };
        match self.ip_protocol {
            6 => format!("{server}:{}", self.port),
            17 => format!("{server}:{}/udp", self.port),
            other => format!("{server}:{}/{other}", self.port),
        }
    }
}

/// The calls of each pair from `from` until before `to`, of rows in any order.
///
/// # Errors
/// If a row is not of the form that the SQL promises.
pub fn calls(rows: &[Value], from: Time, to: Time) -> anyhow::Result<BTreeMap<Pair, Calls>> {
    let mut pairs: BTreeMap<Pair, Calls> = BTreeMap::new();
    for bucket in read::<Bucket>(rows)? {
        if bucket.bucket_us < from.0 || bucket.bucket_us >= to.0 {
            continue;
        }
        match pairs.get_mut(&bucket.pair) {
            Some(calls) => calls.add(bucket),
            None => {
                pairs.insert(bucket.pair.clone(), Calls::new(bucket));
            }
        }
    }
    pairs.values_mut().for_each(Calls::close);
    Ok(pairs)
}

impl Calls {
    fn new(bucket: Bucket) -> Self {
        Self {
            seconds: bucket.seconds,
            calls: bucket.calls,
            flow_ids: bucket.flow_ids,
            zone: bucket.zone,
            ja4: bucket.ja4,
            latest: bucket.latest,
            latest_us: bucket.bucket_us,
        }
    }

    fn add(&mut self, bucket: Bucket) {
        self.seconds.extend(bucket.seconds);
        self.calls += bucket.calls;
        self.flow_ids.extend(bucket.flow_ids);
        if bucket.bucket_us > self.latest_us {
            self.latest_us = bucket.bucket_us;
            self.latest = bucket.latest;
            self.zone = bucket.zone;
        }
        self.ja4 = std::mem::take(&mut self.ja4).max(bucket.ja4);
    }

    fn close(&mut self) {
        self.seconds.sort_unstable();
        self.seconds.dedup();
        self.flow_ids.sort_unstable();
        self.flow_ids.dedup();
        self.flow_ids.truncate(1_000);
    }
}

impl Memory {
    /// Reads the answers of the questions after `beacon.calls`, in their order.
    ///
    /// # Errors
    /// If a row is not of the form that the SQL promises.
    pub fn read(rows: &[Vec<Value>; 6]) -> anyhow::Result<Self> {
        let mut memory = Self::default();
        for row in read::<Remembered>(&rows[0])? {
            memory.pairs.insert(row.pair.clone(), row);
        }
        for row in read::<Reach>(&rows[1])? {
            memory
                .clients
                .insert((row.server.clone(), row.port, row.ip_protocol, row.zone.clone()), row);
        }
        for row in read::<Zone>(&rows[2])? {
            memory.hosts.insert(row.zone, row.hosts);
        }
        for row in read::<Fingerprint>(&rows[3])? {
            memory.fingerprints.entry(row.client).or_default().push(row);
        }
        for row in read::<Answer>(&rows[4])? {
            memory.resolved.insert((row.client, row.server), Time(row.resolved_us));
        }
        for row in read::<Certificate>(&rows[5])? {
            memory.certificates.insert(row.pair.clone(), row);
        }
        Ok(memory)
    }

    /// When the pair was first seen, the calls at hand included.
    pub fn first_seen(&self, pair: &Pair, calls: &Calls) -> Time {
        let now = Time::new(calls.seconds[0], 0);
        self.pairs.get(pair).map_or(now, |known| Time(known.first_us).min(now))
    }

    /// Start of the run of calls that the latest one belongs to: no pause of it is longer than `pause_s`.
    pub fn run_start(&self, pair: &Pair, calls: &Calls, pause_s: i64) -> Time {
        let known = self.pairs.get(pair).map_or(&[][..], |known| &known.hours);
        let mut stretches: Vec<(i64, i64)> = known
            .iter()
            .copied()
            .chain(calls.seconds.iter().map(|second| (*second, *second)))
            .collect();
        stretches.sort_unstable();
        let mut start = stretches[stretches.len() - 1].0;
        for (first, last) in stretches.into_iter().rev() {
            if start - last > pause_s {
                break;
            }
            start = start.min(first);
        }
        Time::new(start, 0)
    }

    /// How many of the hosts of the caller's zone call the server.
    pub fn prevalence(&self, pair: &Pair, calls: &Calls) -> Prevalence {
        let key = (pair.server.clone(), pair.port, pair.ip_protocol, calls.zone.clone());
        let others = self
            .clients
            .get(&key)
            .map_or(0, |known| known.clients - u64::from(known.callers.contains(&pair.client)));
        let hosts = self.hosts.get(&calls.zone).copied().unwrap_or(0);
        Prevalence { clients: others + 1, hosts: hosts.max(others + 1) }
    }

    /// Whether the caller shows this server a TLS fingerprint that it shows no other, though it knows others.
    pub fn has_own_fingerprint(&self, pair: &Pair, calls: &Calls) -> bool {
        let known = self.fingerprints.get(&pair.client).map_or(&[][..], Vec::as_slice);
        let is_other = |row: &&Fingerprint| row.servers > 1 || row.server != pair.server;
        !calls.ja4.is_empty()
            && known.iter().any(|row| is_other(&row))
            && !known.iter().filter(|row| row.ja4 == calls.ja4).any(|row| is_other(&row))
    }
}

impl Memory {
    /// Whether the caller asks for names before `now`, yet never got an answer for its server.
    pub fn never_resolved(&self, pair: &Pair, calls: &Calls, now: Time) -> bool {
        let before = |server: String| {
            self.resolved.get(&(pair.client, server)).is_some_and(|resolved| *resolved < now)
        };
        before(String::new())
            && !before(calls.latest.dst_ip.to_string())
            && !before(pair.server.to_lowercase())
    }

    /// The certificate that the pair was shown before `now`.
    pub fn certificate(&self, pair: &Pair, now: Time) -> Option<&Certificate> {
        self.certificates.get(pair).filter(|certificate| certificate.shown_us < now.0)
    }
}

fn read<T: DeserializeOwned>(rows: &[Value]) -> anyhow::Result<Vec<T>> {
    rows.iter()
        .map(|row| {
            T::deserialize(row).with_context(|| format!("a row of the beacon's questions: {row}"))
        })
        .collect()
}
