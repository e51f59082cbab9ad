//! A graph in words: a tree of lines, and a path step by step.

use crate::triage::short;
use graph::fold::Neighbourhood;
use graph::tree::{self, Line, What};
use graph::{Edge, Network, Path};
use model::{Level, Time};

/// The tree around a focus, with what is not shown counted.
pub(super) fn tree(network: &Network, around: &Neighbourhood, not_followed: usize) -> String {
    let lines = tree::lines(network, around);
    let names: Vec<String> = lines.iter().map(|line| name(network, line)).collect();
    let widest = names.iter().map(|name| present::width(name)).max().unwrap_or(0).min(60);
    let mut text = String::new();
    for (line, name) in lines.iter().zip(&names) {
        let line = format!("{}  {}", present::fit(name, widest), about(network, line));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.push_str(&format!("\n{}\n", counted(network, around)));
    if not_followed > 0 {
        text.push_str(&format!(
            "{not_followed} addresses were not followed further; --hops 1 or a shorter --last shows all of them\n"
        ));
    }
    text
}

fn name(network: &Network, line: &Line) -> String {
    match &line.what {
        What::Node(node) => format!("{}{}", line.branch, network.node(*node).told()),
        What::Fold(fold) => format!("{}(+) {} hosts", line.branch, fold.hosts.len()),
    }
}

fn about(network: &Network, line: &Line) -> String {
    let node = match &line.what {
        What::Fold(fold) => return format!("{} fold", fold.zone),
        What::Node(node) => network.node(*node),
    };
    let level = if node.level == Level::None { String::new() } else { format!("  {}", node.level) };
    let edge = line.edge.map_or_else(String::new, |edge| {
        let edge = network.edge(edge);
        let flows = match edge.flows {
            0 => String::new(),
            1 => "  1 flow".to_owned(),
            flows => format!("  {} flows", present::grouped(flows)),
        };
        format!("  {}{flows}", passed(edge))
    });
    let cross = if line.cross > 0 { format!("  ^{}", line.cross) } else { String::new() };
    format!("{}{level}{edge}{cross}", node.zone)
}

/// How an edge is known, its busiest service, and the warnings on it.
fn passed(edge: &Edge) -> String {
    let mark = if edge.is_suspicious() { "! " } else { "" };
    format!("{mark}{}", graph::export::label(edge))
}

/// `12 nodes and 2 folds of 416 · 14 of 17 edges drawn, 3 cross edges (^)`.
fn counted(network: &Network, around: &Neighbourhood) -> String {
    let edges = around.edges(network);
    let cross = edges.iter().filter(|edge| !around.is_branch(network, **edge)).count();
    let folds = match around.folds.len() {
        0 => String::new(),
        1 => format!(" and 1 fold of {}", around.folded()),
        count => format!(" and {count} folds of {}", around.folded()),
    };
    format!(
        "{} nodes{folds} · {} edges, {cross} of them not in the tree (^)",
        around.drawn.len(),
        edges.len()
    )
}

/// A path, step by step.
pub(super) fn path(network: &Network, path: &Path) -> String {
    let mut text = String::new();
    let keys: Vec<_> = path.nodes.iter().map(|node| network.node(*node).key.as_str()).collect();
    text.push_str(&format!("{}\n\n", keys.join(" > ")));
    for (at, step) in path.steps.iter().enumerate() {
        let (src, dst) = network.ends(step.edge);
        let (edge, src, dst) = (network.edge(step.edge), network.node(src), network.node(dst));
        text.push_str(&format!(
            "  {}  {}  {} ({}) > {} ({})  {}  {:.2} nats\n",
            at + 1,
            clock(step.at),
            src.key,
            src.zone,
            dst.key,
            dst.zone,
            passed(edge),
            f64::from(edge.millinats().unwrap_or(0)) / 1_000.0,
        ));
        for told in &edge.warnings {
            text.push_str(&format!(
                "       {}  {} {}  rang {}\n",
                short(&told.id),
                told.level,
                told.detection,
                clock(told.time)
            ));
        }
    }
    text.push_str(&format!(
        "\n{} steps · {:.2} nats, the likelier the fewer\n",
        path.steps.len(),
        f64::from(path.millinats) / 1_000.0
    ));
    text
}

/// Date and time of day to the minute, UTC.
fn clock(time: Time) -> String {
    let text = time.to_string();
    text.get(5..16).map_or(text.clone(), |part| part.replace('T', " "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use graph::fold::View;
    use graph::{Kind, Places};

    fn network() -> Network {
        let places = Places::default();
        let mut network = Network::default();
        let minute = |at: i64| Time::new(1_773_316_800, 0).plus(at * Time::MINUTE);
        for (src, dst, kind, first) in [
            ("pc-117", "op-1", Kind::NewAdmin, 300),
            ("op-1", "saa-1", Kind::Evidence, 330),
            ("pc-117", "saa-1", Kind::Declared, 0),
        ] {
            let (src, dst) = (network.entity(src, &places), network.entity(dst, &places));
            let edge = Edge {
                services: vec!["tcp/445 smb".into()],
                ..Edge::new(kind, minute(first), minute(first + 15))
            };
            network.join(src, dst, edge);
        }
        network
    }

    #[test]
    fn a_tree_tells_zone_kind_and_service_and_what_it_does_not_show() {
        let network = network();
        let focus = network.find("pc-117").expect("it is there");
        let text = tree(&network, &network.neighbourhood(focus, &View::default()), 0);
        assert!(text.contains("├─> op-1   unknown  ! new admin tcp/445 smb  ^1"), "{text}");
        assert!(text.contains("3 nodes · 3 edges, 1 of them not in the tree (^)"), "{text}");
    }

    #[test]
    fn a_path_tells_when_each_step_can_have_been_taken_and_its_cost() {
        let network = network();
        let node = |key: &str| network.find(key).expect("it is there");
        let found = network.best_path(node("pc-117"), node("saa-1")).expect("there is one");
        let text = path(&network, &found);
        assert!(text.starts_with("pc-117 > op-1 > saa-1\n"), "{text}");
        assert!(text.contains("2  03-12 17:30  op-1") && text.contains("0.10 nats"), "{text}");
        assert!(text.contains("2 steps · 1.31 nats"), "{text}");
    }
}
