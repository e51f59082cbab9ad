//! The reader's own traffic: zones learned from a capture, then the same way as a story, from the wire to warnings.

use super::folder::Folder;
use super::step::Steps;
use anyhow::{Context, bail};
use model::{Time, address::plain};
use policy::learn::{Learned, Talk, learn};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};

/// Name of its folder and database.
pub const NAME: &str = "own";

/// A capture that is longer is judged at its end.
const LONGEST_US: i64 = 8 * Time::DAY;

/// What learning needs of a row of `flow`.
#[derive(Debug, Deserialize)]
struct Slice {
    first_seen: Time,
    last_seen: Time,
    src_ip: Ipv6Addr,
    dst_ip: Ipv6Addr,
    dst_port: u16,
    ip_protocol: u8,
    part: u32,
    dst_packets: u64,
    app: String,
}

/// What a capture holds.
#[derive(Debug, Default)]
struct Seen {
    talks: BTreeMap<(Ipv6Addr, Ipv6Addr, u8, u16), Talk>,
    first: Option<Time>,
    last: Option<Time>,
}

/// Plays captures: learns zones unless `policy` is given, senses, judges, and prints what rang. Returns the length of what
/// was judged, in microseconds.
pub fn play(
    captures: &[PathBuf],
    policy: Option<&Path>,
    folder: &Folder,
    steps: &Steps,
) -> anyhow::Result<i64> {
    let captures = absolute(captures)?;
    let home = folder.story(NAME);
    let _ = fs::remove_dir_all(&home);
    fs::create_dir_all(&home).with_context(|| format!("cannot create {}", home.display()))?;
    println!("\nyour own traffic");
    let seen = first_look(&captures, &home, steps)?;
    let (Some(first), Some(last)) = (seen.first, seen.last) else {
        bail!("no flow could be read: nothing in there is IP traffic that the sensor decodes");
    };
    put_policy(policy, &seen, &home)?;
    let to = last.floor(Time::MINUTE).plus(Time::MINUTE);
    let from = first.floor(Time::MINUTE).max(to.plus(-LONGEST_US));
    if from > first {
        println!(
            "  judged    only its last 8 days, from {from}: a longer past is kept and not judged"
        );
    }
    folder.write_settings(NAME, &to.to_string())?;
    fill(&captures, folder, steps, from, to)?;
    folder.write_profile(NAME)?;
    println!();
    let last = format!("{}m", to.since(from) / Time::MINUTE);
    for noun in ["situation", "warnings"] {
        steps.shown(
            "bartizan",
            &[noun, "--profile", "demo", "--last", &last, "--format", "table"],
        )?;
        println!();
    }
    Ok(to.since(from))
}

fn absolute(captures: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let found = |path: &PathBuf| {
        path.canonicalize().with_context(|| format!("no capture at {}", path.display()))
    };
    captures.iter().map(found).collect()
}

/// The capture as rows, once without a store: what zones are learned from.
fn first_look(captures: &[PathBuf], home: &Path, steps: &Steps) -> anyhow::Result<Seen> {
    let rows = home.join("look");
    let mut look = vec!["replay".into(), "--out".into(), rows.clone()];
    look.extend(captures.iter().cloned());
    steps.run("look", "bartizan-sensor", &look)?;
    let seen = read(&rows.join("flow.jsonl"))?;
    let _ = fs::remove_dir_all(&rows);
    Ok(seen)
}

fn read(path: &Path) -> anyhow::Result<Seen> {
    let mut seen = Seen::default();
    let Ok(file) = File::open(path) else { return Ok(seen) };
    for line in BufReader::new(file).lines() {
        let line = line.with_context(|| format!("reading {}", path.display()))?;
        let slice: Slice = serde_json::from_str(&line).context("a row that is no flow")?;
        seen.take(&slice);
    }
    Ok(seen)
}

impl Seen {
    fn take(&mut self, slice: &Slice) {
        let (first, last) = (slice.first_seen, slice.last_seen);
        self.first = Some(self.first.map_or(first, |known| known.min(first)));
        self.last = Some(self.last.map_or(last, |known| known.max(last)));
        let key = (slice.src_ip, slice.dst_ip, slice.ip_protocol, slice.dst_port);
        let talk = self.talks.entry(key).or_insert_with(|| Talk {
            src: plain(slice.src_ip),
            dst: plain(slice.dst_ip),
            ip_protocol: slice.ip_protocol,
            port: slice.dst_port,
            app: String::new(),
            flows: 0,
            answered: false,
        });
        talk.flows += u64::from(slice.part == 0);
        talk.answered |= slice.dst_packets > 0;
        if talk.app.is_empty() {
            talk.app.clone_from(&slice.app);
        }
    }
}

/// The policy that is given, else the learned one, with its borders on the screen.
fn put_policy(given: Option<&Path>, seen: &Seen, home: &Path) -> anyhow::Result<()> {
    let path = home.join("policy.toml");
    if let Some(given) = given {
        fs::copy(given, &path).with_context(|| format!("cannot read {}", given.display()))?;
        println!("  policy    {}", given.display());
        return Ok(());
    }
    let talks: Vec<Talk> = seen.talks.values().cloned().collect();
    let learned = learn(&talks);
    fs::write(&path, learned.to_toml())
        .with_context(|| format!("cannot write {}", path.display()))?;
    tell(&learned, &path)
}

fn tell(learned: &Learned, path: &Path) -> anyhow::Result<()> {
    const MOST: usize = 12;
    let mut out = std::io::stdout().lock();
    writeln!(out, "  learn     {}", learned.own)?;
    for zone in &learned.zones {
        writeln!(
            out,
            "            zone {} (criticality {}, {} hosts)",
            zone.id, zone.criticality, zone.members
        )?;
        for border in zone.borders.iter().take(MOST) {
            writeln!(out, "              {}: {}", border.cidr, border.reason)?;
        }
        let hosts: Vec<_> = learned.hosts.iter().filter(|host| host.zone == zone.id).collect();
        for host in hosts.iter().take(MOST) {
            writeln!(out, "              {} {}: {}", host.ip, host.role, host.reason)?;
        }
        let folded = zone.borders.len().saturating_sub(MOST) + hosts.len().saturating_sub(MOST);
        if folded > 0 {
            writeln!(out, "              and {folded} more in {}", path.display())?;
        }
    }
    writeln!(
        out,
        "            {} observes only; correct it and give it with --policy",
        path.display()
    )?;
    Ok(())
}

fn fill(
    captures: &[PathBuf],
    folder: &Folder,
    steps: &Steps,
    from: Time,
    to: Time,
) -> anyhow::Result<()> {
    let settings = folder.settings(NAME);
    let with = |words: &[&str]| -> Vec<PathBuf> {
        let words = words.iter().map(PathBuf::from);
        words.chain([PathBuf::from("--config"), settings.clone()]).collect()
    };
    steps.run("migrate", "bartizan-store", &with(&["migrate"]))?;
    steps.run("publish", "bartizan-analyzer", &with(&["publish"]))?;
    let mut replay = with(&["replay"]);
    replay.extend(captures.iter().cloned());
    steps.run("sense", "bartizan-sensor", &replay)?;
    let (from, to) = (from.to_string(), to.to_string());
    steps.run("judge", "bartizan-analyzer", &with(&["once", "--from", &from, "--to", &to]))
}
