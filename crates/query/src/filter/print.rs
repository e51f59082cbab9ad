//! A filter as text, normalised: full names, one form for each thing, only the brackets that are needed.

use super::{Compare, Filter, Node, Test, value};
use std::fmt;

impl fmt::Display for Filter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_node(out, &self.root)
    }
}

fn write_node(out: &mut fmt::Formatter<'_>, node: &Node) -> fmt::Result {
    match node {
        Node::And(parts) => write_joined(out, parts, " and "),
        Node::Or(parts) => write_joined(out, parts, " or "),
        Node::Not(inner) => {
            out.write_str("not ")?;
            write_inner(out, inner)
        }
        Node::Test(test) => write_test(out, test),
        Node::Address(network, _) => out.write_str(&value::written_network(*network)),
    }
}

fn write_joined(out: &mut fmt::Formatter<'_>, parts: &[Node], between: &str) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            out.write_str(between)?;
        }
        write_inner(out, part)?;
    }
    Ok(())
}

fn write_inner(out: &mut fmt::Formatter<'_>, node: &Node) -> fmt::Result {
    if !matches!(node, Node::And(_) | Node::Or(_)) {
        return write_node(out, node);
    }
    out.write_str("(")?;
    write_node(out, node)?;
    out.write_str(")")
}

fn write_test(out: &mut fmt::Formatter<'_>, test: &Test) -> fmt::Result {
    let operator = match test.compare {
        Compare::Equal => "=",
        Compare::Different => "!=",
        Compare::Less => "<",
        Compare::AtMost => "<=",
        Compare::More => ">",
        Compare::AtLeast => ">=",
        Compare::Matches => "~",
        Compare::Contains => ":",
        Compare::Inside => "<<",
        Compare::In => "in",
        Compare::NotIn => "not in",
    };
    let values: Vec<String> =
        test.values.iter().map(|operand| value::write(test.field, operand)).collect();
    let values = values.join(", ");
    match test.compare {
        Compare::In | Compare::NotIn => write!(out, "{} {operator} ({values})", test.field.name),
        _ => write!(out, "{} {operator} {values}", test.field.name),
    }
}
