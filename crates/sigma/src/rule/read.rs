//! From YAML to a rule: every key known, or the rule refused.

use super::{Asks, Rows, Rule, Status, cases, correlation, detection};
use crate::expression::Network;
use crate::mapping::{LogSource, Table};
use crate::problem::{Place, Problem};
use crate::yaml::{self, Node};
use model::Severity;

/// Keys of a rule that decide nothing are read over: `modified`, `related`, `license`, `date`, `taxonomy`, `scope`.
const KEYS: [&str; 21] = [
    "title",
    "id",
    "name",
    "status",
    "description",
    "references",
    "author",
    "date",
    "modified",
    "related",
    "license",
    "taxonomy",
    "scope",
    "tags",
    "level",
    "logsource",
    "detection",
    "correlation",
    "falsepositives",
    "fields",
    "bartizan",
];

/// Every rule of a file, each as it is read or refused.
pub fn read(text: &str) -> Vec<Result<Rule, Problem>> {
    match yaml::read(text) {
        Err(problem) => vec![Err(problem)],
        Ok(documents) if documents.is_empty() => {
            let place = Place { line: 1, column: 1, length: 1 };
            vec![Err(Problem::new(place, "the file holds no rule"))]
        }
        Ok(documents) => documents.iter().map(rule).collect(),
    }
}

fn rule(node: &Node) -> Result<Rule, Problem> {
    let entries = node.entries().ok_or_else(|| Problem::new(node.place, "a rule is a map"))?;
    known(entries, &KEYS)?;
    let title = needed(node, "title")?;
    let id = needed(node, "id")?;
    let status = status(node)?;
    let extras = Extras::read(node.get("bartizan"))?;
    let asks = match (node.get("detection"), node.get("correlation")) {
        (Some(detection), None) => rows(node, detection)?,
        (None, Some(node)) => Asks::Matches(correlation::read(node)?),
        _ => {
            let reason = "a rule has either `detection` or `correlation`";
            return Err(Problem::new(node.place, reason));
        }
    };
    let suppress_key = suppress_key(&asks, extras.suppress_key)?;
    Ok(Rule {
        id: uuid(id)?,
        name: optional(node, "name")?,
        title: title.text().unwrap_or_default().to_owned(),
        status,
        description: optional(node, "description")?,
        references: texts(node.get("references"))?,
        author: optional(node, "author")?,
        tags: texts(node.get("tags"))?.into_iter().map(|tag| tag.to_ascii_lowercase()).collect(),
        severity: extras.severity.map_or_else(|| level(node), Ok)?,
        falsepositives: texts(node.get("falsepositives"))?,
        fields: texts(node.get("fields"))?,
        budget: extras.budget,
        suppress_key,
        sets: extras.sets,
        cases: extras.cases,
        asks,
        place: title.place,
    })
}

fn rows(node: &Node, detection: &Node) -> Result<Asks, Problem> {
    let source_node = needed(node, "logsource")?;
    let entries = source_node
        .entries()
        .ok_or_else(|| Problem::new(source_node.place, "`logsource` is a map"))?;
    known(entries, &["product", "category", "service", "definition"])?;
    let source = LogSource {
        product: optional(source_node, "product")?,
        category: optional(source_node, "category")?,
        service: optional(source_node, "service")?,
        only: String::new(),
    };
    let Some((table, found)) = Table::of(&source) else {
        let reason = format!("no table here has the records of `{source}`");
        return Err(Problem::unsupported(source_node.place, reason));
    };
    let (condition, is_negation) = detection::read(detection, table)?;
    Ok(Asks::Rows(Box::new(Rows { source, table, only: &found.only, condition, is_negation })))
}

fn known(entries: &[(Node, Node)], keys: &[&str]) -> Result<(), Problem> {
    match entries.iter().find(|(key, _)| !key.text().is_some_and(|name| keys.contains(&name))) {
        None => Ok(()),
        Some((key, _)) => {
            let name = key.text().unwrap_or_default();
            let near = keys.iter().find(|known| strsim::jaro_winkler(known, name) > 0.85);
            let meant = near.map_or_else(String::new, |near| format!("; is `{near}` meant?"));
            Err(Problem::new(key.place, format!("`{name}` is not supported here{meant}")))
        }
    }
}

fn needed<'n>(node: &'n Node, key: &str) -> Result<&'n Node, Problem> {
    node.get(key)
        .filter(|value| !value.is_null() && value.text() != Some(""))
        .ok_or_else(|| Problem::new(node.place, format!("`{key}` is missing")))
}

fn optional(node: &Node, key: &str) -> Result<String, Problem> {
    match node.get(key) {
        None => Ok(String::new()),
        Some(value) => value.text().map(|text| text.trim().to_owned()).ok_or_else(|| {
            Problem::new(value.place, format!("`{key}` is text, not {}", value.kind()))
        }),
    }
}

fn texts(node: Option<&Node>) -> Result<Vec<String>, Problem> {
    let text = |node: &Node| {
        node.text()
            .map(str::to_owned)
            .ok_or_else(|| Problem::new(node.place, format!("text is meant, not {}", node.kind())))
    };
    node.map_or(Ok(Vec::new()), |node| node.each().iter().map(text).collect())
}

fn uuid(node: &Node) -> Result<String, Problem> {
    let text = node.text().unwrap_or_default().to_ascii_lowercase();
    let parts: Vec<usize> = text.split('-').map(str::len).collect();
    let is_hex = text.chars().all(|one| one == '-' || one.is_ascii_hexdigit());
    if parts == [8, 4, 4, 4, 12] && is_hex {
        return Ok(text);
    }
    Err(Problem::new(node.place, format!("`{text}` is no UUID")))
}

fn status(node: &Node) -> Result<Status, Problem> {
    let Some(value) = node.get("status") else { return Ok(Status::Experimental) };
    let text = value.text().unwrap_or_default();
    let known = Status::ALL.into_iter().find(|status| status.as_str() == text);
    known.ok_or_else(|| Problem::new(value.place, format!("the status `{text}` is not known")))
}

fn level(node: &Node) -> Result<Severity, Problem> {
    let value = needed(node, "level")?;
    match value.text().unwrap_or_default() {
        "informational" => Ok(Severity::P0),
        "low" => Ok(Severity::P1),
        "medium" => Ok(Severity::P2),
        "high" => Ok(Severity::P3),
        "critical" => Ok(Severity::P4),
        other => Err(Problem::new(value.place, format!("the level `{other}` is not known"))),
    }
}

/// Fields by which matches are one cause: those named, else the groups of a correlation, else both ends.
fn suppress_key(asks: &Asks, named: Vec<(String, Place)>) -> Result<Vec<String>, Problem> {
    match asks {
        Asks::Rows(rows) => {
            for (name, place) in &named {
                detection::known_field(name, *place, rows.table)?;
            }
            let both = || vec!["src_ip".to_owned(), "dst_ip".to_owned()];
            Ok(if named.is_empty() {
                both()
            } else {
                named.into_iter().map(|(name, _)| name).collect()
            })
        }
        Asks::Matches(correlation) => match named.first() {
            Some((_, place)) => {
                Err(Problem::new(*place, "a correlation's cause is its `group-by`"))
            }
            None => Ok(correlation.group_by.iter().map(|(name, _)| name.clone()).collect()),
        },
    }
}

/// Named sets, each a list of networks.
fn sets(node: &Node) -> Result<Vec<(String, Vec<String>)>, Problem> {
    let entries = node.entries().ok_or_else(|| Problem::new(node.place, "`sets` is a map"))?;
    let mut sets = Vec::new();
    for (name, networks) in entries {
        for network in networks.each() {
            let text = network.text().unwrap_or_default();
            if Network::read(text).is_none() {
                let reason = format!("`{text}` is no address and no network");
                return Err(Problem::new(network.place, reason));
            }
        }
        sets.push((name.text().unwrap_or_default().to_owned(), texts(Some(networks))?));
    }
    Ok(sets)
}

/// What stands under `bartizan`.
#[derive(Default)]
struct Extras {
    severity: Option<Severity>,
    budget: Option<u32>,
    suppress_key: Vec<(String, Place)>,
    sets: Vec<(String, Vec<String>)>,
    cases: Vec<super::Case>,
}

impl Extras {
    fn read(node: Option<&Node>) -> Result<Self, Problem> {
        let Some(node) = node else { return Ok(Self::default()) };
        let entries =
            node.entries().ok_or_else(|| Problem::new(node.place, "`bartizan` is a map"))?;
        known(entries, &["severity", "budget", "suppress_key", "sets", "cases"])?;
        let severity = node.get("severity").map(|value| {
            let text = value.text().unwrap_or_default();
            let known = Severity::ALL.iter().find(|severity| severity.as_str() == text);
            known
                .copied()
                .ok_or_else(|| Problem::new(value.place, format!("`{text}` is not P0 to P4")))
        });
        let budget = node.get("budget").map(|value| {
            let number = value.text().and_then(|text| text.parse::<u32>().ok()).filter(|n| *n > 0);
            number.ok_or_else(|| {
                Problem::new(value.place, "`budget` is a number of warnings a shift")
            })
        });
        let mut suppress_key = Vec::new();
        for value in node.get("suppress_key").map_or(&[][..], Node::each) {
            let text = value.text().ok_or_else(|| Problem::new(value.place, "a field is meant"))?;
            suppress_key.push((text.to_owned(), value.place));
        }
        Ok(Self {
            severity: severity.transpose()?,
            budget: budget.transpose()?,
            suppress_key,
            sets: node.get("sets").map_or(Ok(Vec::new()), sets)?,
            cases: node.get("cases").map_or(Ok(Vec::new()), cases::read)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEAD: &str = "title: A\nid: 0badc0de-0000-4000-8000-000000000001\nlevel: low\n";

    /// The rule with these lines behind its head, whose first is line 4.
    fn refused(rest: &str) -> Problem {
        let mut read = read(&format!("{HEAD}{rest}"));
        assert_eq!(read.len(), 1, "{rest}");
        read.remove(0).expect_err(rest)
    }

    #[test]
    fn what_is_not_supported_is_refused_where_it_stands() {
        let dns = "logsource: {product: bartizan, service: dns}\ndetection:\n";
        let check = |rest: &str, at: (usize, usize), reason: &str| {
            let problem = refused(rest);
            let place = (problem.place.line, problem.place.column);
            assert!(place == at && problem.reason.contains(reason), "{rest}\n{problem}");
        };
        let detection = |rest: &str, at, reason| check(&format!("{dns}{rest}"), at, reason);
        detection("  s: {qname|near: x}\n  condition: s\n", (6, 13), "modifier `near`");
        detection("  s: {qname|re|cidr: x}\n  condition: s\n", (6, 16), "cannot stand together");
        detection("  s: {qname|lt: 5}\n  condition: s\n", (6, 17), "for numbers");
        detection("  s: {qtype: '4x'}\n  condition: s\n", (6, 14), "no whole number");
        detection("  s: {qtype|contains: 4}\n  condition: s\n", (6, 23), "for text");
        detection("  s: {src_ip|cidr: 10.0.0.0/99}\n  condition: s\n", (6, 20), "no network");
        detection("  s: {qname|re: '(a'}\n  condition: s\n", (6, 17), "no regular expression");
        detection("  s: {qname: ''}\n  condition: s\n", (6, 14), "null");
        detection("  s: {qname: {a: 1}}\n  condition: s\n", (6, 15), "not a map");
        detection("  s: [word]\n  condition: s\n", (6, 7), "keywords");
        detection("  s: {qname|expand: '%a%'}\n  condition: s\n", (6, 21), "hold addresses");
        detection("  s: {qname: x}\n  condition: t\n", (7, 14), "no selection `t`");
        detection("  s: {qname: x}\n", (6, 3), "`condition` is missing");
        detection("  s: {qname: x}\n  timeframe: 5m\n  condition: s\n", (7, 3), "correlation");
        detection("  s: {qname: x}\n  condition: s\naction: global\n", (8, 1), "`action`");
        detection("  s: {}\n  condition: s\n", (6, 6), "every row");
        check("detection: {s: {a: b}, condition: s}\n", (1, 1), "`logsource` is missing");
        check(
            "logsource: {product: windows}\ndetection: {s: {a: b}, condition: s}\n",
            (4, 13),
            "no table",
        );
    }

    #[test]
    fn correlations_that_cannot_be_meant_are_refused() {
        let check = |rest: &str, reason: &str| {
            let problem = refused(&format!("correlation: {{{rest}}}\n"));
            assert!(problem.reason.contains(reason), "{rest}\n{problem}");
        };
        check("type: event_count, rules: a, timespan: 5m", "`condition` is missing");
        check("type: event_count, rules: a, timespan: 5m, condition: {gte: 0}", "one at least");
        check("type: event_count, rules: a, timespan: 5m, condition: {gte: 3, lt: 3}", "no number");
        check("type: event_count, rules: a, timespan: 2d, condition: {gte: 3}", "no timespan");
        check("type: value_count, rules: a, timespan: 5m, condition: {gte: 3}", "wants `field`");
        check("type: temporal, rules: [a], timespan: 5m", "two rules");
        check("type: median, rules: a, timespan: 5m", "`median`");
        check("type: temporal, rules: [a, b], timespan: 5m, within: 3", "`within`");
    }

    #[test]
    fn what_is_not_here_is_unsupported_and_what_is_wrong_is_not() {
        let text = "logsource: {category: dns}\ndetection:\n  s: {Image: x}\n  condition: s\n";
        assert!(refused(text).is_unsupported);
        let text = "logsource: {category: dns}\ndetection:\n  s: {query: x}\n  condition: s and\n";
        assert!(!refused(text).is_unsupported);
    }

    #[test]
    fn metadata_of_public_rules_is_read_over() {
        let text = format!(
            "{HEAD}modified: 2024-01-01\nrelated: [{{id: x, type: similar}}]\nlicense: MIT\n\
             logsource: {{category: dns}}\ndetection: {{s: {{query|endswith: .onion}}, condition: s}}\n"
        );
        let rule = read(&text).remove(0).expect("it is a rule");
        assert_eq!((rule.status, rule.detection().as_str()), (Status::Experimental, "R-0badc0de"));
        assert_eq!((rule.severity, rule.rings_with()), (Severity::P1, Severity::P0));
        assert_eq!(rule.suppress_key, ["src_ip", "dst_ip"]);
    }

    proptest! {
        #[test]
        fn any_rule_is_survived(
            key in "[a-z|_]{0,12}", value in "\\PC{0,20}", condition in "[a-z0-9*() ]{0,20}"
        ) {
            let text = format!(
                "{HEAD}logsource: {{category: dns}}\ndetection:\n  s:\n    {key}: {value}\n  condition: {condition}\n"
            );
            let _ = read(&text);
        }
    }
}
