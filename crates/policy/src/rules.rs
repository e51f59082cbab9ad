//! Conduits and deny rules, compiled to one list for each pair of zones.
//!
//! A conduit is a permission: of the ones that match a flow the mildest verdict counts, and among equals the most
//! specific names it. So the order of the file never matters. Deny rules come first, and only the conduits they except
//! may pass them.

use crate::declared::{Initiator, Selector, Validity};
use crate::places::{Place, Places};
use crate::read::Declared;
use model::{Severity, Time, verdict::Verdict};
use std::cmp::Reverse;
use std::collections::HashMap;

/// The compiled rules.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    zones: usize,
    conduit_cells: Cells,
    deny_cells: Cells,
    conduit_paths: Vec<Path>,
    deny_paths: Vec<Path>,
    conduits: Vec<Permission>,
    denies: Vec<Refusal>,
    services: Vec<Spoken>,
}

/// For each pair of zones, which paths may match.
#[derive(Debug, Clone)]
struct Cells {
    starts: Vec<u32>,
    paths: Vec<u32>,
}

/// One way through a rule: from an opener to an answerer.
#[derive(Debug, Clone, Copy)]
struct Path {
    from: End,
    to: End,
    rule: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Any,
    Zone(u16),
    Group(u16),
    Host(u32),
}

#[derive(Debug, Clone)]
struct Permission {
    services: Vec<u16>,
    validity: Validity,
    expires: Option<Time>,
}

#[derive(Debug, Clone)]
struct Refusal {
    services: Vec<u16>,
    validity: Validity,
    except: Vec<u32>,
    severity: Severity,
}

#[derive(Debug, Clone)]
struct Spoken {
    ip_protocol: Option<u8>,
    ports: Vec<(u16, u16)>,
    apps: Vec<String>,
}

/// A flow in one direction, as rules look at it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) from: Place,
    pub(crate) to: Place,
    pub(crate) ip_protocol: u8,
    pub(crate) port: u16,
    pub(crate) app: &'a str,
    pub(crate) app_conf: u8,
    pub(crate) time: Time,
}

/// What the rules say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) verdict: Verdict,
    /// Index of the conduit, or of the deny rule if denied.
    pub(crate) rule: Option<u32>,
    pub(crate) service: Option<u16>,
    /// Of the deny rule.
    pub(crate) severity: Severity,
}

impl Rules {
    pub(crate) fn compile(declared: &Declared, places: &Places) -> Self {
        let names = Names::of(declared);
        let services =
            |ids: &[String]| ids.iter().map(|id| names.services[id.as_str()]).collect::<Vec<u16>>();
        let conduits = declared.conduits.iter().map(|conduit| Permission {
            services: services(&conduit.services),
            validity: conduit.validity,
            expires: conduit.expires,
        });
        let denies = declared.denies.iter().map(|deny| Refusal {
            services: services(&deny.services),
            validity: deny.validity,
            except: deny.except.iter().map(|id| names.conduits[id.as_str()]).collect(),
            severity: deny.severity,
        });
        let mut conduit_paths = conduit_paths(declared, &names);
        let mut deny_paths = deny_paths(declared, &names);
        conduit_paths.sort_by_key(|path| {
            (Reverse(path.specificity()), &declared.conduits[path.rule as usize].id)
        });
        deny_paths.sort_by_key(|path| {
            let deny = &declared.denies[path.rule as usize];
            (Reverse(deny.severity), Reverse(path.specificity()), &deny.id)
        });
        let zones = declared.zones.len();
        Self {
            zones,
            conduit_cells: Cells::compile(&conduit_paths, zones, places),
            deny_cells: Cells::compile(&deny_paths, zones, places),
            conduit_paths,
            deny_paths,
            conduits: conduits.collect(),
            denies: denies.collect(),
            services: declared
                .services
                .iter()
                .map(|service| Spoken {
                    ip_protocol: service.ip_protocol,
                    ports: service.ports.clone(),
                    apps: service.apps.clone(),
                })
                .collect(),
        }
    }

    /// What the rules say of a flow in this direction.
    pub(crate) fn say(&self, asked: &Asked<'_>, places: &Places) -> Said {
        let cell = usize::from(asked.from.zone) * self.zones + usize::from(asked.to.zone);
        let denied = self.denies_of(cell, asked, places).next();
        let mut best = Said {
            verdict: Verdict::Undeclared,
            rule: None,
            service: None,
            severity: Severity::P0,
        };
        for path in self.conduit_cells.of(cell).map(|path| &self.conduit_paths[path as usize]) {
            if !path.matches(asked, places)
                || !self.conduits[path.rule as usize].validity.holds(asked.time)
            {
                continue;
            }
            let passes = || {
                self.denies_of(cell, asked, places).all(|deny| deny.1.except.contains(&path.rule))
            };
            if denied.is_some() && !passes() {
                continue;
            }
            let Some((verdict, service)) = self.permit(path.rule, asked) else { continue };
            if verdict < best.verdict {
                best = Said { verdict, rule: Some(path.rule), service, severity: Severity::P0 };
            }
            if verdict == Verdict::Ok {
                return best;
            }
        }
        match denied {
            Some((rule, deny)) if best.rule.is_none() => Said {
                verdict: Verdict::Denied,
                rule: Some(rule),
                service: None,
                severity: deny.severity,
            },
            _ => best,
        }
    }

    fn denies_of<'a>(
        &'a self,
        cell: usize,
        asked: &'a Asked<'_>,
        places: &'a Places,
    ) -> impl Iterator<Item = (u32, &'a Refusal)> {
        let paths = self.deny_cells.of(cell).map(|path| &self.deny_paths[path as usize]);
        paths
            .filter(|path| path.matches(asked, places))
            .map(|path| (path.rule, &self.denies[path.rule as usize]))
            .filter(|(_, deny)| {
                let services = &deny.services;
                let spoken = |service: &u16| self.services[usize::from(*service)].carries(asked);
                deny.validity.holds(asked.time)
                    && (services.is_empty() || services.iter().any(spoken))
            })
    }

    /// The verdict under one conduit, or `None` if it is about other services.
    fn permit(&self, rule: u32, asked: &Asked<'_>) -> Option<(Verdict, Option<u16>)> {
        let conduit = &self.conduits[rule as usize];
        let (mut verdict, service) = match conduit.services.as_slice() {
            [] => (Verdict::Ok, None),
            services => {
                let mut carried =
                    services.iter().filter(|id| self.services[usize::from(**id)].carries(asked));
                let first = carried.next()?;
                let fits = |id: &&u16| self.services[usize::from(**id)].speaks(asked);
                let fitting = Some(first).filter(fits).or_else(|| carried.find(fits));
                (
                    if fitting.is_some() { Verdict::Ok } else { Verdict::AppMismatch },
                    Some(*fitting.unwrap_or(first)),
                )
            }
        };
        if conduit.expires.is_some_and(|end| end <= asked.time) {
            verdict = verdict.max(Verdict::Expired);
        }
        Some((verdict, service))
    }
}

impl Cells {
    fn compile(paths: &[Path], zones: usize, places: &Places) -> Self {
        let mut cells: Vec<Vec<u32>> = vec![Vec::new(); zones * zones];
        for (index, path) in (0u32..).zip(paths) {
            let to = path.to.zones(zones, places);
            for from in path.from.zones(zones, places) {
                for to in &to {
                    cells[usize::from(from) * zones + usize::from(*to)].push(index);
                }
            }
        }
        let mut starts = vec![0];
        let mut flat = Vec::new();
        for cell in cells {
            flat.extend(cell);
            starts.push(flat.len() as u32);
        }
        Self { starts, paths: flat }
    }

    fn of(&self, cell: usize) -> impl Iterator<Item = u32> {
        self.paths[self.starts[cell] as usize..self.starts[cell + 1] as usize].iter().copied()
    }
}

impl Path {
    const fn specificity(&self) -> u8 {
        self.from.specificity() + self.to.specificity()
    }

    fn matches(&self, asked: &Asked<'_>, places: &Places) -> bool {
        self.from.matches(&asked.from, places) && self.to.matches(&asked.to, places)
    }
}

impl End {
    const fn specificity(self) -> u8 {
        match self {
            Self::Any => 0,
            Self::Zone(_) => 1,
            Self::Group(_) => 3,
            Self::Host(_) => 5,
        }
    }

    fn matches(self, place: &Place, places: &Places) -> bool {
        match self {
            Self::Any => true,
            Self::Zone(zone) => place.zone == zone,
            Self::Group(group) => places.has_group(place, group),
            Self::Host(name) => place.host.is_some_and(|host| places.name(host) == name),
        }
    }

    fn zones(self, zones: usize, places: &Places) -> Vec<u16> {
        match self {
            Self::Any => (0..zones as u16).collect(),
            Self::Zone(zone) => vec![zone],
            Self::Group(group) => places.zones_of_group(group).into_iter().collect(),
            Self::Host(name) => places.zones_of_host(name).into_iter().collect(),
        }
    }
}

impl Spoken {
    fn carries(&self, asked: &Asked<'_>) -> bool {
        self.ip_protocol.is_none_or(|ip_protocol| ip_protocol == asked.ip_protocol)
            && (self.ports.is_empty()
                || self.ports.iter().any(|(from, to)| (*from..=*to).contains(&asked.port)))
    }

    /// Whether what was identified with some certainty is what is declared.
    fn speaks(&self, asked: &Asked<'_>) -> bool {
        const SURE: u8 = 2;
        asked.app_conf < SURE
            || self.apps.is_empty()
            || self.apps.iter().any(|app| app == asked.app)
    }
}

/// Names to indices.
struct Names<'d> {
    zones: HashMap<&'d str, u16>,
    groups: HashMap<&'d str, u16>,
    hosts: HashMap<&'d str, u32>,
    services: HashMap<&'d str, u16>,
    conduits: HashMap<&'d str, u32>,
}

impl<'d> Names<'d> {
    fn of(declared: &'d Declared) -> Self {
        let mut hosts = HashMap::new();
        for (index, host) in (0u32..).zip(&declared.hosts) {
            hosts.entry(host.name.as_str()).or_insert(index);
        }
        Self {
            zones: declared.zones.iter().map(|zone| zone.id.as_str()).zip(0..).collect(),
            groups: declared.groups.iter().map(|group| group.id.as_str()).zip(0..).collect(),
            hosts,
            services: declared
                .services
                .iter()
                .map(|service| service.id.as_str())
                .zip(0..)
                .collect(),
            conduits: declared
                .conduits
                .iter()
                .map(|conduit| conduit.id.as_str())
                .zip(0..)
                .collect(),
        }
    }

    /// References were checked when the text was read.
    fn end(&self, selector: &Selector) -> End {
        match selector {
            Selector::Any => End::Any,
            Selector::Zone(id) => End::Zone(self.zones[id.as_str()]),
            Selector::Group(id) => End::Group(self.groups[id.as_str()]),
            Selector::Host(name) => End::Host(self.hosts[name.as_str()]),
        }
    }

    fn ways(&self, from: &[Selector], to: &[Selector], rule: u32) -> Vec<Path> {
        let to: Vec<End> = to.iter().map(|to| self.end(to)).collect();
        let from = from.iter().map(|from| self.end(from));
        from.flat_map(|from| to.iter().map(move |to| Path { from, to: *to, rule })).collect()
    }
}

fn conduit_paths(declared: &Declared, names: &Names<'_>) -> Vec<Path> {
    let mut paths = Vec::new();
    for (rule, conduit) in (0u32..).zip(&declared.conduits) {
        if conduit.initiator != Initiator::To {
            paths.extend(names.ways(&conduit.from, &conduit.to, rule));
        }
        if conduit.initiator != Initiator::From {
            paths.extend(names.ways(&conduit.to, &conduit.from, rule));
        }
    }
    paths
}

fn deny_paths(declared: &Declared, names: &Names<'_>) -> Vec<Path> {
    (0u32..)
        .zip(&declared.denies)
        .flat_map(|(rule, deny)| names.ways(&deny.from, &deny.to, rule))
        .collect()
}
