//! A condition of the matches of other rules: so many, of so many values, all of them, in order.

use crate::problem::{Place, Problem};
use crate::yaml::Node;

/// A condition of the matches of other rules within a timespan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correlation {
    /// What is asked.
    pub kind: Kind,
    /// The rules, by name or id, with their places.
    pub rules: Vec<(String, Place)>,
    /// Fields or aliases whose values the matches share.
    pub group_by: Vec<(String, Place)>,
    /// Within so much time. Microseconds.
    pub timespan_us: i64,
    /// What is counted must stand so to the number.
    pub threshold: Threshold,
    /// Names of `group-by` that are another field in each rule: alias, rule, field.
    pub aliases: Vec<(String, String, String)>,
    /// Whether the rules ring by themselves too.
    pub generate: bool,
}

/// What is asked of matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// How many there are.
    EventCount,
    /// How many values of this field they have.
    ValueCount(String, Place),
    /// Whether each of the rules matched.
    Temporal,
    /// Whether the rules matched in their order.
    TemporalOrdered,
}

impl Kind {
    /// Its word.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::EventCount => "event_count",
            Self::ValueCount(..) => "value_count",
            Self::Temporal => "temporal",
            Self::TemporalOrdered => "temporal_ordered",
        }
    }
}

/// How a count must stand: within these two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    /// At least so many.
    pub least: u64,
    /// At most so many.
    pub most: u64,
}

impl Threshold {
    /// Whether a count meets it.
    pub const fn holds(&self, count: u64) -> bool {
        self.least <= count && count <= self.most
    }

    /// Whether more matches can never end it.
    pub const fn is_monotone(&self) -> bool {
        self.most == u64::MAX
    }
}

impl std::fmt::Display for Threshold {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.least, self.most) {
            (least, u64::MAX) => write!(out, "{least} or more"),
            (least, most) if least == most => write!(out, "{least}"),
            (0, most) => write!(out, "{most} at most"),
            (least, most) => write!(out, "{least} to {most}"),
        }
    }
}

/// Shortest and longest timespan. Microseconds.
const SPANS: std::ops::RangeInclusive<i64> = model::Time::SECOND..=model::Time::DAY;

const KEYS: [&str; 7] =
    ["type", "rules", "group-by", "timespan", "condition", "aliases", "generate"];

pub(super) fn read(node: &Node) -> Result<Correlation, Problem> {
    let entries =
        node.entries().ok_or_else(|| Problem::new(node.place, "`correlation` is a map"))?;
    if let Some((key, _)) =
        entries.iter().find(|(key, _)| !key.text().is_some_and(|name| KEYS.contains(&name)))
    {
        let reason = format!("`{}` is not supported here", key.text().unwrap_or_default());
        return Err(Problem::new(key.place, reason));
    }
    let need = |key: &str| {
        node.get(key).ok_or_else(|| Problem::new(node.place, format!("`{key}` is missing")))
    };
    let kind_node = need("type")?;
    let rules = names(need("rules")?)?;
    if rules.is_empty() {
        return Err(Problem::new(need("rules")?.place, "`rules` is empty"));
    }
    let condition = node.get("condition");
    let kind = match kind_node.text().unwrap_or_default() {
        "event_count" => Kind::EventCount,
        "value_count" => {
            let field = condition.and_then(|condition| condition.get("field"));
            let Some((field, text)) = field.and_then(|node| Some((node, node.text()?))) else {
                return Err(Problem::new(
                    kind_node.place,
                    "`value_count` wants `field` in its condition",
                ));
            };
            Kind::ValueCount(text.to_owned(), field.place)
        }
        "temporal" => Kind::Temporal,
        "temporal_ordered" => Kind::TemporalOrdered,
        other => {
            return Err(Problem::new(kind_node.place, format!("the type `{other}` is not known")));
        }
    };
    let is_temporal = matches!(kind, Kind::Temporal | Kind::TemporalOrdered);
    let threshold = match (is_temporal, condition) {
        (true, Some(condition)) => {
            return Err(Problem::new(
                condition.place,
                "temporal correlations take no condition here",
            ));
        }
        (true, None) => Threshold { least: rules.len() as u64, most: u64::MAX },
        (false, Some(condition)) => threshold(condition, &kind)?,
        (false, None) => return Err(Problem::new(node.place, "`condition` is missing")),
    };
    if is_temporal && rules.len() < 2 {
        return Err(Problem::new(kind_node.place, "temporal correlations want two rules at least"));
    }
    Ok(Correlation {
        kind,
        rules,
        group_by: node.get("group-by").map_or(Ok(Vec::new()), names)?,
        timespan_us: timespan(need("timespan")?)?,
        threshold,
        aliases: node.get("aliases").map_or(Ok(Vec::new()), aliases)?,
        generate: node.get("generate").is_some_and(|node| node.text() == Some("true")),
    })
}

fn names(node: &Node) -> Result<Vec<(String, Place)>, Problem> {
    let name = |node: &Node| match node.text() {
        Some(text) if !text.is_empty() => Ok((text.to_owned(), node.place)),
        _ => Err(Problem::new(node.place, "a name is missing")),
    };
    node.each().iter().map(name).collect()
}

fn aliases(node: &Node) -> Result<Vec<(String, String, String)>, Problem> {
    let wrong = |node: &Node| Problem::new(node.place, "an alias is a map from rules to fields");
    let mut all = Vec::new();
    for (alias, fields) in node.entries().ok_or_else(|| wrong(node))? {
        for (rule, field) in fields.entries().ok_or_else(|| wrong(fields))? {
            let text = |node: &Node| node.text().map(str::to_owned).ok_or_else(|| wrong(node));
            all.push((text(alias)?, text(rule)?, text(field)?));
        }
    }
    Ok(all)
}

fn threshold(node: &Node, kind: &Kind) -> Result<Threshold, Problem> {
    let entries = node.entries().ok_or_else(|| Problem::new(node.place, "`condition` is a map"))?;
    let mut threshold = Threshold { least: 0, most: u64::MAX };
    let mut count = 0;
    for (key, value) in entries {
        let name = key.text().unwrap_or_default();
        if name == "field" && matches!(kind, Kind::ValueCount(..)) {
            continue;
        }
        let text = value.text().unwrap_or_default();
        let number: u64 = text
            .parse()
            .map_err(|_| Problem::new(value.place, format!("`{text}` is no whole number")))?;
        match name {
            "gt" => threshold.least = number + 1,
            "gte" => threshold.least = number,
            "lt" if number > 0 => threshold.most = number - 1,
            "lte" => threshold.most = number,
            "eq" => (threshold.least, threshold.most) = (number, number),
            "lt" => return Err(Problem::new(value.place, "nothing is less than 0")),
            other => {
                return Err(Problem::new(key.place, format!("`{other}` is not supported here")));
            }
        }
        count += 1;
    }
    // Groups without a match have no row: none of them can be counted.
    if count == 0 || threshold.least == 0 {
        return Err(Problem::new(
            node.place,
            "the condition must ask for one at least: what never happened has no row",
        ));
    }
    if threshold.least > threshold.most {
        return Err(Problem::new(node.place, "no number meets this condition"));
    }
    Ok(threshold)
}

fn timespan(node: &Node) -> Result<i64, Problem> {
    let text = node.text().unwrap_or_default();
    let digits = text.trim_end_matches(|one: char| !one.is_ascii_digit());
    let unit = match &text[digits.len()..] {
        "s" => model::Time::SECOND,
        "m" => model::Time::MINUTE,
        "h" => model::Time::HOUR,
        "d" => model::Time::DAY,
        _ => 0,
    };
    let span = digits.parse::<i64>().unwrap_or(0).saturating_mul(unit);
    if SPANS.contains(&span) {
        return Ok(span);
    }
    Err(Problem::new(node.place, format!("`{text}` is no timespan from 1s to 1d, such as 10m")))
}
