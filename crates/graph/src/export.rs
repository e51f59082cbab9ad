//! A neighbourhood for other programs: as rows, DOT, GraphML and Mermaid.

use crate::fold::Neighbourhood;
use crate::network::{Edge, Network, Node};
use model::Level;
use petgraph::graph::NodeIndex;
use serde::Serialize;

/// A neighbourhood as rows.
#[derive(Debug, Serialize)]
pub struct Picture<'n> {
    /// Key of the focus.
    pub focus: &'n str,
    /// Entities that are drawn, by key.
    pub nodes: Vec<Drawn<'n>>,
    /// Edges between them, by the keys of their ends.
    pub edges: Vec<Joined<'n>>,
    /// Entities that are not drawn one by one.
    pub folds: Vec<Folded<'n>>,
}

/// An entity and how far from the focus it is.
#[derive(Debug, Serialize)]
pub struct Drawn<'n> {
    /// The entity.
    #[serde(flatten)]
    pub node: &'n Node,
    /// Hops from the focus.
    pub hop: usize,
}

/// An edge and its ends.
#[derive(Debug, Serialize)]
pub struct Joined<'n> {
    /// Key of who opened.
    pub src: &'n str,
    /// Key of whom.
    pub dst: &'n str,
    /// What passed.
    #[serde(flatten)]
    pub edge: &'n Edge,
    /// What it costs to pass, in thousandths of a nat; null if nobody passed.
    pub millinats: Option<u32>,
}

/// Entities of one zone, counted.
#[derive(Debug, Serialize)]
pub struct Folded<'n> {
    /// Key of the entity that they hang on.
    pub parent: &'n str,
    /// Their zone.
    pub zone: &'n str,
    /// How many.
    pub hosts: usize,
}

/// The rows of a neighbourhood.
pub fn picture<'n>(network: &'n Network, around: &'n Neighbourhood) -> Picture<'n> {
    let key = |node: NodeIndex| network.node(node).key.as_str();
    let nodes = network
        .nodes()
        .filter(|node| around.drawn.contains(node))
        .map(|node| Drawn { node: network.node(node), hop: around.hop[&node] });
    let edges = around.edges(network).into_iter().map(|at| {
        let (src, dst) = network.ends(at);
        let edge = network.edge(at);
        Joined { src: key(src), dst: key(dst), edge, millinats: edge.millinats() }
    });
    let folds = around.folds.iter().map(|fold| Folded {
        parent: key(fold.parent),
        zone: &fold.zone,
        hosts: fold.hosts.len(),
    });
    Picture {
        focus: key(around.focus),
        nodes: nodes.collect(),
        edges: edges.collect(),
        folds: folds.collect(),
    }
}

/// What stands on an edge: how it is known, the warnings on it, and the busiest service.
pub fn label(edge: &Edge) -> String {
    let service = edge.services.first().map_or("", String::as_str);
    let warned: Vec<_> = edge.warnings.iter().map(|told| told.detection.as_str()).collect();
    [edge.kind.word(), &warned.join(" "), service]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

impl Picture<'_> {
    /// In the language of Graphviz.
    pub fn dot(&self) -> String {
        let mut text = String::from("digraph bartizan {\n  rankdir=LR;\n  node [shape=box];\n");
        for Drawn { node, .. } in &self.nodes {
            let level =
                if node.level == Level::None { String::new() } else { format!(" {}", node.level) };
            let shape = if node.key == self.focus { ", peripheries=2" } else { "" };
            text.push_str(&format!(
                "  {} [label={}{shape}];\n",
                quoted(&node.key),
                quoted(&format!("{}\n{}{level}", node.key, node.zone))
            ));
        }
        for fold in &self.folds {
            let id = quoted(&fold_id(fold));
            let label = quoted(&format!("(+) {} hosts\n{}", fold.hosts, fold.zone));
            text.push_str(&format!("  {id} [label={label}, style=dashed];\n"));
            text.push_str(&format!(
                "  {} -> {id} [dir=none, style=dashed];\n",
                quoted(fold.parent)
            ));
        }
        for joined in &self.edges {
            let style = if joined.edge.is_suspicious() { ", style=bold" } else { "" };
            text.push_str(&format!(
                "  {} -> {} [label={}{style}];\n",
                quoted(joined.src),
                quoted(joined.dst),
                quoted(&label(joined.edge))
            ));
        }
        text + "}\n"
    }

    /// GraphML (graphml.graphdrawing.org) with the attributes of entities and edges.
    pub fn graphml(&self) -> String {
        let mut text = String::from(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n",
        );
        for (id, of, kind) in [
            ("zone", "node", "string"),
            ("level", "node", "string"),
            ("criticality", "node", "int"),
            ("hosts", "node", "int"),
            ("kind", "edge", "string"),
            ("service", "edge", "string"),
            ("flows", "edge", "long"),
            ("bytes", "edge", "long"),
            ("first", "edge", "string"),
            ("last", "edge", "string"),
            ("warnings", "edge", "string"),
            ("millinats", "edge", "int"),
        ] {
            text.push_str(&format!(
                "  <key id=\"{id}\" for=\"{of}\" attr.name=\"{id}\" attr.type=\"{kind}\"/>\n"
            ));
        }
        text.push_str("  <graph id=\"bartizan\" edgedefault=\"directed\">\n");
        for Drawn { node, .. } in &self.nodes {
            text.push_str(&format!("    <node id=\"{}\">", xml(&node.key)));
            let criticality = node.criticality.to_string();
            for (key, value) in [
                ("zone", node.zone.as_str()),
                ("level", node.level.as_str()),
                ("criticality", &criticality),
            ] {
                text.push_str(&data(key, value));
            }
            text.push_str("</node>\n");
        }
        for fold in &self.folds {
            let id = xml(&fold_id(fold));
            let hosts = data("hosts", &fold.hosts.to_string());
            text.push_str(&format!(
                "    <node id=\"{id}\">{}{hosts}</node>\n    <edge source=\"{}\" target=\"{id}\"/>\n",
                data("zone", fold.zone),
                xml(fold.parent)
            ));
        }
        for joined in &self.edges {
            text.push_str(&graphml_edge(joined));
        }
        text + "  </graph>\n</graphml>\n"
    }

    /// A flow chart in Mermaid.
    pub fn mermaid(&self) -> String {
        let mut text = String::from("flowchart LR\n");
        let name = |key: &str| {
            let at = self.nodes.iter().position(|drawn| drawn.node.key == key);
            format!("n{}", at.expect("edges join what is drawn"))
        };
        for Drawn { node, .. } in &self.nodes {
            let level =
                if node.level == Level::None { String::new() } else { format!(" {}", node.level) };
            let said = plain(&format!("{} · {}{level}", node.key, node.zone));
            let (left, right) = if node.key == self.focus { ("[[", "]]") } else { ("[", "]") };
            text.push_str(&format!("  {}{left}\"{said}\"{right}\n", name(&node.key)));
        }
        for (at, fold) in self.folds.iter().enumerate() {
            let said = plain(&format!("(+) {} hosts · {}", fold.hosts, fold.zone));
            text.push_str(&format!("  f{at}([\"{said}\"])\n  {} -.- f{at}\n", name(fold.parent)));
        }
        for joined in &self.edges {
            let arrow = if joined.edge.is_suspicious() { "==>" } else { "-->" };
            text.push_str(&format!(
                "  {} {arrow}|\"{}\"| {}\n",
                name(joined.src),
                plain(&label(joined.edge)),
                name(joined.dst)
            ));
        }
        text
    }
}

fn graphml_edge(joined: &Joined<'_>) -> String {
    let edge = joined.edge;
    let mut text =
        format!("    <edge source=\"{}\" target=\"{}\">", xml(joined.src), xml(joined.dst));
    let warnings: Vec<_> = edge.warnings.iter().map(|told| told.detection.as_str()).collect();
    let mut values = vec![
        ("kind", edge.kind.word().to_owned()),
        ("service", edge.services.join(", ")),
        ("flows", edge.flows.to_string()),
        ("bytes", edge.bytes.to_string()),
        ("first", edge.first.to_string()),
        ("last", edge.last.to_string()),
        ("warnings", warnings.join(" ")),
    ];
    values.extend(joined.millinats.map(|cost| ("millinats", cost.to_string())));
    for (key, value) in values {
        text.push_str(&data(key, &value));
    }
    text + "</edge>\n"
}

fn data(key: &str, value: &str) -> String {
    format!("<data key=\"{key}\">{}</data>", xml(value))
}

fn fold_id(fold: &Folded<'_>) -> String {
    format!("fold of {} on {}", fold.zone, fold.parent)
}

/// A string of DOT: quotes and backslashes escaped, a line break as `\n`.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}

/// Text in XML; control characters, which XML 1.0 does not know, are left out.
fn xml(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_control())
        .collect::<String>()
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Text in a quoted label of Mermaid: what would end it or begin markup is written as an entity code.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_control())
        .collect::<String>()
        .replace('&', "#amp;")
        .replace('"', "#quot;")
        .replace('<', "#lt;")
        .replace('>', "#gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::View;
    use crate::network::Kind::{Declared, Evidence};
    use crate::network::tests::network;

    const HOSTILE: &str = "a\"b<c>&\\";

    fn drawn(form: &str) -> String {
        let network =
            network(&[("op-1", "saa-1", Evidence, 330, 331), ("op-1", HOSTILE, Declared, 0, 9)]);
        let focus = network.find("op-1").expect("it is there");
        let around = network.neighbourhood(focus, &View::default());
        let picture = picture(&network, &around);
        match form {
            "dot" => picture.dot(),
            "graphml" => picture.graphml(),
            "mermaid" => picture.mermaid(),
            _ => serde_json::to_string(&picture).expect("rows are JSON"),
        }
    }

    #[test]
    fn dot_escapes_what_would_end_a_string() {
        let text = drawn("dot");
        assert!(text.contains(r#""op-1" -> "saa-1" [label="warned", style=bold];"#), "{text}");
        assert!(text.contains(r#""a\"b<c>&\\""#), "{text}");
        assert_eq!(text.matches('{').count(), text.matches('}').count());
    }

    #[test]
    fn graphml_escapes_markup_and_closes_every_element() {
        let text = drawn("graphml");
        assert!(text.contains("a&quot;b&lt;c&gt;&amp;\\"), "{text}");
        for element in ["node", "edge", "data", "graph", "graphml"] {
            let opened = text.matches(&format!("<{element} ")).count();
            assert_eq!(opened, text.matches(&format!("</{element}>")).count(), "{element}");
        }
    }

    #[test]
    fn mermaid_names_every_end_of_an_edge() {
        let text = drawn("mermaid");
        assert!(text.starts_with("flowchart LR\n"));
        assert!(text.contains("[[\"op-1 · swift-ops\"]]") && text.contains("#quot;"), "{text}");
        assert_eq!(text.matches("==>").count() + text.matches("-->").count(), 2);
    }

    #[test]
    fn json_has_every_node_and_edge_with_its_cost() {
        let text = drawn("json");
        let value: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        assert_eq!(value["nodes"].as_array().map(Vec::len), Some(3));
        let edges = value["edges"].as_array().expect("edges");
        let evidence = edges.iter().find(|edge| edge["kind"] == "evidence").expect("one");
        assert_eq!((&evidence["millinats"], &evidence["dst"]), (&105.into(), &"saa-1".into()));
    }
}
