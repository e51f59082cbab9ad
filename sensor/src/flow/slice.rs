//! A slice: what happened on a flow since its last row, as a row.

use super::entry::Entry;
use super::table::Output;
use crate::ledger::{Account, Count};
use model::flow::EndReason;
use model::{Flow, Text};
use protocols::{Confidence, Counts, Learnt, PROTOCOLS, Transport};
use std::borrow::Cow;
use std::sync::Arc;

const TCP: u8 = 6;
const ACK: u8 = 0x10;

/// Writes what happened since the last slice, and begins the next.
pub(super) fn write(
    entry: &mut Entry,
    tap: &Arc<str>,
    end_reason: EndReason,
    out: &mut Output<'_>,
) {
    entry.orientation.settle_by_ports(&entry.key);
    let (src, dst) = (entry.orientation.src(), 1 - entry.orientation.src());
    let counts = std::mem::take(&mut entry.slice);
    let had_packets = counts.ends.iter().any(|end| end.packets > 0);
    let records = entry.reading.as_mut().map(|reading| std::mem::take(&mut reading.learnt.counts));
    let records = records.unwrap_or_default();
    balance_rows(&records, out);
    let proves = |end: usize| {
        entry.key.ip_protocol == TCP
            && counts.ends[end].payload > 0
            && counts.ends[end].tcp_flags & ACK != 0
    };
    let seen = |end: usize| entry.ttl[end] > 0 || counts.ends[end].packets > 0;
    out.minute.count_flow([proves(src), proves(dst)], [seen(src), seen(dst)]);

    // Rows are keyed by the flow's start: nothing of it may lie before that.
    let first_seen = if had_packets { counts.first } else { entry.last }.max(entry.start);
    let (src_gap_mean_us, src_gap_dev_us) = entry.gaps.take();
    let is_tcp = entry.key.ip_protocol == TCP;
    let ends = entry.ends();
    let mut flow = Flow {
        tap: tap.clone(),
        flow_start: entry.start,
        part: entry.part,
        end_reason,
        first_seen,
        last_seen: if had_packets { counts.last } else { entry.last }.max(first_seen),
        src_ip: ends.src_ip,
        dst_ip: ends.dst_ip,
        src_port: ends.src_port,
        dst_port: ends.dst_port,
        ip_protocol: ends.ip_protocol,
        vlan: entry.key.vlan,
        direction: entry.orientation.direction,
        src_packets: counts.ends[src].packets,
        dst_packets: counts.ends[dst].packets,
        src_bytes: counts.ends[src].bytes,
        dst_bytes: counts.ends[dst].bytes,
        src_payload: counts.ends[src].payload,
        dst_payload: counts.ends[dst].payload,
        src_records: records.src_records,
        dst_records: records.dst_records,
        src_tcp_flags: counts.ends[src].tcp_flags,
        dst_tcp_flags: counts.ends[dst].tcp_flags,
        rtt_us: std::mem::take(&mut entry.tcp.rtt_us),
        retransmits: counts.retransmits,
        gaps: counts.gaps,
        zero_windows: counts.zero_windows,
        src_ttl: entry.ttl[src],
        dst_ttl: entry.ttl[dst],
        syn_fingerprint: entry.syn_fingerprint.clone(),
        src_gap_mean_us,
        src_gap_dev_us,
        ..Flow::default()
    };
    if is_tcp {
        flow.conn_state = entry.tcp.conn_state(src, entry.has_payload);
    }
    match &entry.reading {
        Some(reading) if !reading.learnt.app.is_empty() => tell(&mut flow, &reading.learnt),
        _ if entry.has_payload => tell_by_port(&mut flow),
        _ => {}
    }
    out.batch.push(&flow);
    entry.part += 1;
    entry.is_dirty = false;
}

fn tell(flow: &mut Flow, learnt: &Learnt) {
    flow.app = Cow::Borrowed(learnt.app);
    flow.app_conf = learnt.confidence as u8;
    flow.dialect = Cow::Borrowed(learnt.dialect);
    flow.sni = Text::clone(&learnt.sni);
    flow.ja4 = Text::clone(&learnt.ja4);
}

/// Payload that no protocol claimed: its port is all there is to go by.
fn tell_by_port(flow: &mut Flow) {
    let Some(transport) = Transport::of(flow.ip_protocol) else { return };
    let port = flow.dst_port;
    let usual = |protocol: &&&protocols::Protocol| {
        protocol.is_carried_by(transport) && protocol.ports.contains(&port)
    };
    if let Some(protocol) = PROTOCOLS.iter().find(usual) {
        flow.app = Cow::Borrowed(protocol.name);
        flow.app_conf = Confidence::Port as u8;
    }
}

/// Enters the messages that parsers found, with a row or without, and their keyed hashes into the ledger.
fn balance_rows(counts: &Counts, out: &mut Output<'_>) {
    if counts.rows + counts.messages_dropped > 0 {
        out.books.add(Account::Offered, Count::records(counts.rows + counts.messages_dropped));
        out.books.add(Account::ParseKept, Count::records(counts.rows));
        out.books.add(Account::ParseBound, Count::records(counts.messages_dropped));
    }
    out.books.add(Account::Tokens, Count::records(counts.tokens_made + counts.tokens_missing));
    out.books.add(Account::TokensMade, Count::records(counts.tokens_made));
    out.books.add(Account::TokensMissing, Count::records(counts.tokens_missing));
}
