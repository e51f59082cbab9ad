//! `bartizan graph`: what is around an entity, the likeliest way from one to another, and both for other programs.

mod told;

use super::output::{Format, print};
use super::{Context, Global, runtime};
use crate::effects::Opener;
use crate::failure::{Exit, Failure};
use clap::{Args, Subcommand};
use graph::export::picture;
use graph::fold::{MAX_NODES, View};
use graph::{Gathering, Network, NodeIndex, Wanted};
use serde::Serialize;
use store::Role;

const EXAMPLES: &str = "\
Examples:
  bartizan graph pc-117
  bartizan graph show 10.31.0.117 --hops 1 --last 6h
  bartizan graph path 203.0.113.40 saa-1
  bartizan graph export pc-117 --format dot | dot -Tsvg > pc-117.svg
  (forms of a graph: text, json, dot, graphml, mermaid)";

/// Options of `graph`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    around: Option<Around>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// What is around an entity, as a tree
    Show(Around),
    /// The likeliest way from one entity to another, in the order of time
    Path {
        /// Where it begins: host name or address
        #[arg(value_name = "FROM")]
        source: String,
        /// Where it ends
        #[arg(value_name = "TO")]
        target: String,
    },
    /// What is around an entity, for other programs: json, dot, graphml or mermaid
    Export(Around),
}

#[derive(Debug, Args)]
struct Around {
    /// Host name or address
    #[arg(value_name = "ENTITY")]
    entity: String,
    /// Hops from it, at most 4
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=4))]
    hops: u8,
    /// Most entities that are drawn; the rest is folded and counted
    #[arg(long, value_name = "N", default_value_t = MAX_NODES as u32, value_parser = clap::value_parser!(u32).range(1..=5_000))]
    max_nodes: u32,
}

/// Hops that a path is looked for in.
const FAR: usize = 4;

pub(super) fn run(global: &Global, arguments: Arguments) -> Result<Option<Exit>, Failure> {
    let context = global.context()?;
    let opener = context.opener(Role::Person);
    runtime()?.block_on(async {
        match (arguments.verb, arguments.around) {
            (Some(Verb::Path { source, target }), _) => {
                path(&context, &opener, &source, &target).await
            }
            (Some(Verb::Show(around)), _) | (None, Some(around)) => {
                show(&context, &opener, &around, global.format).await
            }
            (Some(Verb::Export(around)), _) => {
                let format = match global.format {
                    Format::Auto => Format::Json,
                    chosen => chosen,
                };
                show(&context, &opener, &around, format).await
            }
            (None, None) => {
                let next = "bartizan graph pc-117, or bartizan graph path pc-117 saa-1";
                Err(Failure::usage("say whose graph", next))
            }
        }
    })
}

/// Asks hop by hop until nothing is left to be asked.
async fn gather(
    context: &Context,
    opener: &Opener,
    focus: &str,
    hops: usize,
    forward: bool,
) -> Result<Gathering, Failure> {
    let mut gathering = Gathering::new(Wanted {
        scope: context.scope.clone(),
        focus: vec![focus.to_owned()],
        hops,
        forward,
        whole_hours: false,
    });
    while let Some((slot, question)) = gathering.open().into_iter().next() {
        let rows = opener.ask(&question).await?.rows;
        gathering.take(slot, rows).map_err(|error| Failure::shape(slot, &error))?;
    }
    Ok(gathering)
}

/// The node of an entity; what it may have meant if nothing is known of it.
fn find(gathering: &Gathering, network: &Network, text: &str) -> Result<NodeIndex, Failure> {
    let places = gathering.places();
    let key = gathering.key(text);
    if let Some(node) = network.find(&key) {
        let is_known = network.degree(node) > 0
            || places.is_some_and(|places| !places.addresses(&key).is_empty());
        if is_known {
            return Ok(node);
        }
    }
    let places = places.ok_or_else(|| Failure::machine("no policy is published"))?;
    if places.is_zone(text) {
        let next = format!("bartizan situation {text}");
        return Err(Failure::usage(format!("{text} is a zone; a graph is of a host"), next));
    }
    let shared = |name: &&str| name.chars().zip(text.chars()).take_while(|(a, b)| a == b).count();
    let near = places.hosts().max_by_key(shared).filter(|name| shared(name) > 1);
    let next = match near {
        Some(near) => format!("did you mean {near}? An address is understood too"),
        None => "write a host name of the policy, or an address".to_owned(),
    };
    Err(Failure::usage(format!("nothing is known of {text:?} in this range"), next))
}

async fn show(
    context: &Context,
    opener: &Opener,
    around: &Around,
    format: Format,
) -> Result<Option<Exit>, Failure> {
    let hops = usize::from(around.hops);
    let gathering = gather(context, opener, &around.entity, hops, false).await?;
    let network = gathering.network();
    let focus = find(&gathering, &network, &around.entity)?;
    let view = View { hops, max_nodes: around.max_nodes as usize, ..View::default() };
    let drawn = network.neighbourhood(focus, &view);
    let rows = picture(&network, &drawn);
    match format {
        Format::Dot => print(&rows.dot())?,
        Format::Graphml => print(&rows.graphml())?,
        Format::Mermaid => print(&rows.mermaid())?,
        Format::Csv => return Err(Failure::usage("a graph has no CSV form", "--format json")),
        _ if context.output.is_table() => {
            print(&told::tree(&network, &drawn, gathering.not_followed))?;
        }
        _ => context.output.one("bartizan.graph/1", &rows, String::new)?,
    }
    Ok(None)
}

/// One step of a path, as JSON has it.
#[derive(Debug, Serialize)]
struct Step<'n> {
    from: &'n str,
    to: &'n str,
    /// The earliest moment at which it can have been taken.
    at: model::Time,
    #[serde(flatten)]
    edge: &'n graph::Edge,
    millinats: Option<u32>,
}

/// A path, as JSON has it.
#[derive(Debug, Serialize)]
struct Way<'n> {
    from: &'n str,
    to: &'n str,
    millinats: u32,
    likelihood: f64,
    steps: Vec<Step<'n>>,
}

async fn path(
    context: &Context,
    opener: &Opener,
    from: &str,
    to: &str,
) -> Result<Option<Exit>, Failure> {
    let gathering = gather(context, opener, from, FAR, true).await?;
    let mut network = gathering.network();
    let start = find(&gathering, &network, from)?;
    if let Some(places) = gathering.places() {
        network.entity(&gathering.key(to), places);
    }
    let end = find(&gathering, &network, to)?;
    let Some(path) = network.best_path(start, end) else {
        let back =
            network.best_path(end, start).map_or("", |_| "; there is one the other way round");
        return Err(Failure {
            code: "E-GRAPH-001",
            sentence: format!("no path from {from} to {to} in this range{back}"),
            next: "widen it with --last 7d; steps are taken in the order of time".into(),
            exit: Exit::Failed,
        });
    };
    let key = |node: NodeIndex| network.node(node).key.as_str();
    let steps = path.steps.iter().map(|step| {
        let (src, dst) = network.ends(step.edge);
        let edge = network.edge(step.edge);
        Step { from: key(src), to: key(dst), at: step.at, edge, millinats: edge.millinats() }
    });
    let way = Way {
        from: key(start),
        to: key(end),
        millinats: path.millinats,
        likelihood: path.likelihood(),
        steps: steps.collect(),
    };
    context.output.one("bartizan.path/1", &way, || told::path(&network, &path))?;
    Ok(None)
}
