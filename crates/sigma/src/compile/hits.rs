//! The rows of one table that some rule matches, each at the primary tap of its conversation alone.

use super::expression::Shared;
use crate::mapping::{Field, Kind, Table};
use crate::rule::Rows;
use std::fmt::Write as _;

/// A rule as a question asks it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'r> {
    /// Its number in the answer, from 1.
    pub(super) number: usize,
    /// What it asks of rows.
    pub(super) rows: &'r Rows,
}

/// What is read of each row that matches.
#[derive(Debug, Default)]
pub(super) struct Wanted<'r> {
    /// For each rule the fields that are its key.
    pub(super) keys: Vec<(usize, Vec<&'r Field>)>,
    /// For each rule the field whose values are counted.
    pub(super) values: Vec<(usize, &'r Field)>,
}

/// The common table expressions for one table, without `WITH`; their last one is called `seen_<table>`.
///
/// Its columns are `hit_rule`, `hit_key`, `hit_value`, `hit_us`, `hit_flow` and those of the flow.
pub(super) fn expressions(
    table: &Table,
    asked: &[Asked<'_>],
    wanted: &Wanted<'_>,
    shared: &mut Shared<'_>,
) -> String {
    let conditions: Vec<String> = asked.iter().map(|asked| one(asked, shared)).collect();
    let mut with = String::new();
    for (name, sql) in shared.turn() {
        let _ = writeln!(with, "        {sql} AS {name},");
    }
    let (name, time) = (table.name, &table.time);
    let (key, value) = (key(wanted), value(wanted));
    format!(
        "hit_{name} AS (
    WITH
{with}        arrayFilter(number -> number > 0, [{}]) AS matched_rules
    SELECT
        arrayJoin(matched_rules) AS hit_rule, {key} AS hit_key, {value} AS hit_value,
        toUnixTimestamp64Micro({time}) AS hit_us, toString(tap) AS hit_tap, flow_id AS hit_flow,
        src_ip AS hit_src, dst_ip AS hit_dst, src_port AS hit_src_port, dst_port AS hit_dst_port,
        ip_protocol AS hit_transport, toString(src_zone) AS hit_src_zone, toString(dst_zone) AS hit_dst_zone
    FROM {name}
    WHERE {time} >= {{window_from:DateTime64(6)}} AND {time} < {{to:DateTime64(6)}} AND tap NOT IN {{without:Array(String)}}
        AND notEmpty(matched_rules)
),
other_{name} AS (
    SELECT one, other, transport, minute, arrayJoin(arrayFilter(tap_name -> tap_name != primary, taps)) AS other_tap
    FROM (
        SELECT one, other, transport, minute, argMin(seen_by, (one_way, seen_by)) AS primary, groupArray(seen_by) AS taps
        FROM (
            SELECT
                least((src_ip, src_port), (dst_ip, dst_port)) AS one, greatest((src_ip, src_port), (dst_ip, dst_port)) AS other,
                ip_protocol AS transport, intDiv(toUnixTimestamp64Micro(first_seen), 60000000) AS minute, toString(tap) AS seen_by,
                (sum(src_packets) = 0) OR (sum(dst_packets) = 0) AS one_way
            FROM flow
            WHERE first_seen >= {{window_from:DateTime64(6)}} AND first_seen < {{to:DateTime64(6)}} AND tap NOT IN {{without:Array(String)}}
                AND src_ip IN (SELECT arrayJoin([hit_src, hit_dst]) FROM hit_{name})
            GROUP BY one, other, transport, minute, seen_by
        )
        GROUP BY one, other, transport, minute
        HAVING length(taps) > 1
    )
),
seen_{name} AS (
    SELECT *
    FROM hit_{name}
    WHERE (least((hit_src, hit_src_port), (hit_dst, hit_dst_port)), greatest((hit_src, hit_src_port), (hit_dst, hit_dst_port)),
            hit_transport, intDiv(hit_us, 60000000), hit_tap)
        NOT IN (SELECT one, other, transport, minute, other_tap FROM other_{name})
)",
        conditions.join(", ")
    )
}

/// The rule's number where it matches, else 0.
fn one(asked: &Asked<'_>, shared: &mut Shared<'_>) -> String {
    let condition = shared.condition(&asked.rows.condition);
    let only = asked.rows.only;
    let whole = if only.is_empty() { condition } else { format!("(({only}) AND {condition})") };
    format!("if({whole}, {}, 0)", asked.number)
}

fn key(wanted: &Wanted<'_>) -> String {
    let text = |field: &&Field| match field.kind {
        Kind::Texts | Kind::Addresses => format!("arrayStringConcat({}, ' ')", field.column),
        _ => format!("toString({})", field.column),
    };
    let array = |fields: &Vec<&Field>| {
        let texts: Vec<String> = fields.iter().map(text).collect();
        format!("[{}]", texts.join(", "))
    };
    by_rule(
        wanted.keys.iter().map(|(number, fields)| (*number, array(fields))),
        "emptyArrayString()",
    )
}

fn value(wanted: &Wanted<'_>) -> String {
    by_rule(
        wanted
            .values
            .iter()
            .map(|(number, field)| (*number, format!("toString({})", field.column))),
        "''",
    )
}

/// What holds for each rule; rules alike stand together.
fn by_rule(each: impl Iterator<Item = (usize, String)>, none: &str) -> String {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for (number, sql) in each {
        match groups.iter_mut().find(|(known, _)| *known == sql) {
            Some((_, numbers)) => numbers.push(number.to_string()),
            None => groups.push((sql, vec![number.to_string()])),
        }
    }
    match groups.as_slice() {
        [] => none.to_owned(),
        [(sql, _)] => sql.clone(),
        many => {
            let arms: Vec<String> = many
                .iter()
                .map(|(sql, numbers)| format!("hit_rule IN ({}), {sql}", numbers.join(", ")))
                .collect();
            format!("multiIf({}, {none})", arms.join(", "))
        }
    }
}
