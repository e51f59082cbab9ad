//! A filter as SQL: columns from the catalogue, values as parameters.

use super::catalogue::{Field, Kind, TABLES};
use super::{Compare, Error, Filter, Node, Operand, Params, Test};
use ipnet::IpNet;
use store::Value;

/// The condition, and the values of its placeholders.
pub(super) fn compile(filter: &Filter, table: &str) -> Result<(String, Params), Error> {
    let mut query = Query { text: &filter.text, table, params: Vec::new() };
    let sql = query.node(&filter.root)?;
    Ok((sql, query.params))
}

struct Query<'t> {
    text: &'t str,
    table: &'t str,
    params: Params,
}

impl Query<'_> {
    fn node(&mut self, node: &Node) -> Result<String, Error> {
        match node {
            Node::And(parts) => self.joined(parts, " AND "),
            Node::Or(parts) => self.joined(parts, " OR "),
            Node::Not(inner) => Ok(format!("NOT ({})", self.node(inner)?)),
            Node::Test(test) => self.test(test),
            Node::Address(network, span) => match self.table {
                "flow" => Ok(self
                    .either(&["src_ip", "dst_ip"], |query, column| query.inside(column, *network))),
                // Subjects are names or addresses; what is no address is `::`.
                "warning" => Ok(self.either(
                    &["toIPv6OrDefault(subject)", "toIPv6OrDefault(object)"],
                    |query, column| query.inside(column, *network),
                )),
                other => Err(Error::new(
                    self.text,
                    span.0.clone(),
                    format!("`{other}` has no addresses"),
                )),
            },
        }
    }

    fn joined(&mut self, parts: &[Node], between: &str) -> Result<String, Error> {
        let parts: Result<Vec<String>, Error> = parts.iter().map(|part| self.node(part)).collect();
        Ok(format!("({})", parts?.join(between)))
    }

    fn test(&mut self, test: &Test) -> Result<String, Error> {
        let columns = test.field.columns(self.table);
        if columns.is_empty() {
            let tables: Vec<&str> =
                TABLES.into_iter().filter(|table| !test.field.columns(table).is_empty()).collect();
            let message = format!(
                "`{}` is not a field of {}; it is one of {}",
                test.field.name,
                self.table,
                tables.join(", ")
            );
            return Err(Error::new(self.text, test.span.0.clone(), message));
        }
        let (compare, negated) = match test.compare {
            Compare::Different => (Compare::Equal, true),
            Compare::NotIn => (Compare::In, true),
            other => (other, false),
        };
        let sql = self.either(columns, |query, column| match compare {
            Compare::In => query.listed(test, column),
            _ => query.compared(test.field, compare, &test.values[0], column),
        });
        Ok(if negated { format!("NOT ({sql})") } else { sql })
    }

    fn either(
        &mut self,
        columns: &[&str],
        mut condition: impl FnMut(&mut Self, &str) -> String,
    ) -> String {
        let parts: Vec<String> = columns.iter().map(|column| condition(self, column)).collect();
        if parts.len() == 1 { parts.concat() } else { format!("({})", parts.join(" OR ")) }
    }

    fn listed(&mut self, test: &Test, column: &str) -> String {
        let texts: Option<Vec<String>> = test
            .values
            .iter()
            .map(|value| if let Operand::Text(text) = value { Some(text.clone()) } else { None })
            .collect();
        let Some(texts) = texts else {
            let parts: Vec<String> = test
                .values
                .iter()
                .map(|value| self.compared(test.field, Compare::Equal, value, column))
                .collect();
            return format!("({})", parts.join(" OR "));
        };
        let list = self.bind(Value::Texts(texts), "Array(String)");
        match test.field.kind {
            Kind::Words => format!("hasAny({column}, {list})"),
            _ => format!("has({list}, toString({column}))"),
        }
    }

    fn compared(
        &mut self,
        field: &Field,
        compare: Compare,
        value: &Operand,
        column: &str,
    ) -> String {
        let operator = match compare {
            Compare::Less => "<",
            Compare::AtMost => "<=",
            Compare::More => ">",
            Compare::AtLeast => ">=",
            _ => "=",
        };
        match value {
            Operand::Network(network) => self.inside(column, *network),
            Operand::Time(time) => {
                format!("{column} {operator} {}", self.bind(Value::Time(*time), "DateTime64(6)"))
            }
            Operand::Number(number) => {
                let number = self.bind(Value::Number(*number), "Int64");
                match field.kind {
                    // Level 0 is no level: it is never "II and worse".
                    Kind::Level => {
                        format!("(toInt8({column}) {operator} {number} AND toInt8({column}) > 0)")
                    }
                    Kind::Severity => format!("toInt8({column}) {operator} {number}"),
                    _ => format!("{column} {operator} {number}"),
                }
            }
            Operand::Text(text) => {
                let text = self.bind(Value::Text(text.clone()), "String");
                let one = |column: &str| match compare {
                    Compare::Contains => {
                        format!("positionCaseInsensitiveUTF8({column}, {text}) > 0")
                    }
                    Compare::Matches => format!("match({column}, {text})"),
                    _ if matches!(field.kind, Kind::OneOf(_) | Kind::Id) => {
                        format!("toString({column}) = {text}")
                    }
                    _ => format!("{column} = {text}"),
                };
                match field.kind {
                    Kind::Words => format!("arrayExists(element -> {}, {column})", one("element")),
                    _ => one(column),
                }
            }
        }
    }

    /// Compared as a range of addresses, so that the index of the table is used; IPv4 is kept mapped.
    fn inside(&mut self, column: &str, network: IpNet) -> String {
        let text = |address: std::net::IpAddr| Value::Text(model::mapped(address).to_string());
        let first = self.bind(text(network.network()), "String");
        if network.prefix_len() == network.max_prefix_len() {
            return format!("{column} = toIPv6({first})");
        }
        let last = self.bind(text(network.broadcast()), "String");
        format!("{column} BETWEEN toIPv6({first}) AND toIPv6({last})")
    }

    fn bind(&mut self, value: Value, kind: &str) -> String {
        let name = format!("p{}", self.params.len());
        let placeholder = format!("{{{name}:{kind}}}");
        self.params.push((name, value));
        placeholder
    }
}
