//! Rules together: those that are shipped, those of a folder, and what was refused.

use crate::compile::Correlated;
use crate::problem::{Place, Problem};
use crate::rule::{self, Rule};
use crate::sets::Sets;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The files of rules that this program was built with: name and text.
pub const SHIPPED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/rule_files.rs"));

static SHIPPED_RULES: LazyLock<Rules> = LazyLock::new(|| Rules::read(SHIPPED.iter().copied()));

/// Most files of one folder.
const MOST: usize = 20_000;

/// Rules, and what was refused.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Rules that compile, with the file of each.
    pub known: Vec<(String, Rule)>,
    /// What was refused: file and reason. None of it is applied.
    pub refused: Vec<(String, Problem)>,
}

impl Rules {
    /// The rules that this program was built with.
    pub fn shipped() -> &'static Self {
        &SHIPPED_RULES
    }

    /// Reads files, each given by name and text.
    pub fn read<'t>(files: impl IntoIterator<Item = (&'t str, &'t str)>) -> Self {
        let mut rules = Self::default();
        rules.add(files);
        rules
    }

    /// Reads more files beside those that are here. Correlations may rest on what is here already; a rule with the id of one
    /// that is here already takes its place, so that a rule that is shipped can be changed or, as `deprecated`, left out.
    pub fn add<'t>(&mut self, files: impl IntoIterator<Item = (&'t str, &'t str)>) {
        let older = self.known.len();
        for (file, text) in files {
            for rule in rule::read(text) {
                match rule {
                    Ok(rule) => self.put(file, rule, older),
                    Err(problem) => self.refused.push((file.to_owned(), problem)),
                }
            }
        }
        let checked: Vec<Option<Problem>> =
            self.known.iter().map(|(_, rule)| self.check(rule).err()).collect();
        for (at, problem) in checked.into_iter().enumerate().rev() {
            if let Some(problem) = problem {
                let (file, _) = self.known.remove(at);
                self.refused.push((file, problem));
            }
        }
    }

    fn put(&mut self, file: &str, rule: Rule, older: usize) {
        let is_twice = |known: &Rule| {
            known.detection() == rule.detection()
                || (!rule.name.is_empty() && known.name == rule.name)
        };
        match self.known.iter().position(|(_, known)| is_twice(known)) {
            None => self.known.push((file.to_owned(), rule)),
            Some(at) if at < older && self.known[at].1.id == rule.id => {
                self.known[at] = (file.to_owned(), rule);
            }
            Some(at) => {
                let (other, known) = &self.known[at];
                let reason = if known.detection() == rule.detection() {
                    format!("the id {} begins as that of a rule in {other}", rule.id)
                } else {
                    format!("the name `{}` is that of a rule in {other}", rule.name)
                };
                self.refused.push((file.to_owned(), Problem::new(rule.place, reason)));
            }
        }
    }

    /// Whether what a correlation rests on is here.
    fn check(&self, rule: &Rule) -> Result<(), Problem> {
        if rule.correlation().is_none() {
            return Ok(());
        }
        Correlated::new(rule, &self.base(rule)?, &Sets::default()).map(|_| ())
    }

    /// The rules that a correlation rests on, in its order; none for a rule of rows.
    ///
    /// # Errors
    /// With the first name that is no rule of rows.
    pub fn base(&self, rule: &Rule) -> Result<Vec<&Rule>, Problem> {
        let Some(correlation) = rule.correlation() else { return Ok(Vec::new()) };
        let mut base = Vec::new();
        for (name, place) in &correlation.rules {
            let named =
                self.known.iter().find(|(_, known)| known.name == *name || known.id == *name);
            match named {
                Some((_, known)) if known.rows().is_some() => base.push(known),
                Some(_) => {
                    let reason =
                        format!("`{name}` is a correlation itself, which is not supported");
                    return Err(Problem::new(*place, reason));
                }
                None => {
                    let reason = format!("there is no rule with the name or id `{name}`");
                    return Err(Problem::new(*place, reason));
                }
            }
        }
        Ok(base)
    }

    /// Whether a rule speaks only through correlations: one rests on it, and none says `generate`.
    pub fn is_base_only(&self, rule: &Rule) -> bool {
        let mut rests = self
            .known
            .iter()
            .filter_map(|(_, other)| other.correlation())
            .filter(|other| {
                other.rules.iter().any(|(name, _)| *name == rule.id || *name == rule.name)
            })
            .peekable();
        rests.peek().is_some() && rests.all(|other| !other.generate)
    }

    /// The rules that ring or write evidence by themselves.
    pub fn enabled(&self) -> impl Iterator<Item = &Rule> {
        self.known
            .iter()
            .map(|(_, rule)| rule)
            .filter(|rule| rule.status.is_enabled() && !self.is_base_only(rule))
    }

    /// The rule of this id, detection id or name.
    pub fn find(&self, id: &str) -> Option<&(String, Rule)> {
        let asked = id.to_ascii_lowercase();
        self.known.iter().find(|(_, rule)| {
            rule.id == asked
                || rule.detection().to_ascii_lowercase() == asked
                || rule.name == id
                || rule.slug() == asked
        })
    }
}

/// The rule files at `path`: itself, or all below it, by name.
///
/// # Errors
/// If something cannot be read.
pub fn files(path: &Path) -> std::io::Result<Vec<(String, String)>> {
    let mut paths = Vec::new();
    gather(path, &mut paths)?;
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let size = path.metadata()?.len();
            if size > crate::yaml::LONGEST as u64 {
                let reason =
                    format!("{}: longer than {} bytes", path.display(), crate::yaml::LONGEST);
                return Err(std::io::Error::other(reason));
            }
            let text = std::fs::read_to_string(&path)
                .map_err(|error| std::io::Error::other(format!("{}: {error}", path.display())))?;
            Ok((path.display().to_string(), text))
        })
        .collect()
}

fn gather(path: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !path.is_dir() {
        found.push(path.to_path_buf());
        return Ok(());
    }
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let is_rule = entry.path().extension().is_some_and(|it| it == "yml" || it == "yaml");
        if entry.file_type()?.is_dir() || is_rule {
            gather(&entry.path(), found)?;
        }
        if found.len() > MOST {
            return Err(std::io::Error::other(format!("more than {MOST} files")));
        }
    }
    Ok(())
}

/// The line of `text` at `place`, and what underlines it; nothing if there is no such line.
pub fn underlined(text: &str, place: Place) -> Option<(String, String)> {
    let line = text.lines().nth(place.line.checked_sub(1)?)?;
    let before = place.column.saturating_sub(1);
    let longest = line.chars().count().saturating_sub(before).max(1);
    let under = format!("{}{}", " ".repeat(before), "^".repeat(place.length.clamp(1, longest)));
    Some((line.to_owned(), under))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: &str = "title: A\nid: 0badc0de-0000-4000-8000-000000000001\nname: base\nlevel: low\nstatus: test\n\
        logsource: {category: dns}\ndetection: {s: {query: x}, condition: s}\n";
    const COUNT: &str = "title: B\nid: 1badc0de-0000-4000-8000-000000000001\nlevel: low\nstatus: test\n\
        correlation: {type: event_count, rules: base, group-by: src_ip, timespan: 5m, condition: {gte: 3}}\n";

    fn enabled(rules: &Rules) -> Vec<String> {
        rules.enabled().map(Rule::detection).collect()
    }

    #[test]
    fn a_rule_under_a_correlation_rings_by_itself_only_if_it_says_so() {
        assert_eq!(enabled(&Rules::read([("a", ROWS)])), ["R-0badc0de"]);
        assert_eq!(enabled(&Rules::read([("a", ROWS), ("b", COUNT)])), ["R-1badc0de"]);
        let generate = COUNT.replace("rules: base", "rules: base, generate: true");
        let both = Rules::read([("b", generate.as_str()), ("a", ROWS)]);
        assert_eq!(enabled(&both), ["R-1badc0de", "R-0badc0de"]);
    }

    #[test]
    fn a_correlation_without_its_rules_or_of_a_field_they_lack_is_refused() {
        let alone = Rules::read([("b", COUNT)]);
        assert_eq!((alone.known.len(), alone.refused.len()), (0, 1));
        let count = COUNT.replace("src_ip", "user_agent");
        let lacking = Rules::read([("a", ROWS), ("b", count.as_str())]);
        assert!(lacking.refused[0].1.is_unsupported, "{:?}", lacking.refused);
    }

    #[test]
    fn a_rule_that_comes_later_takes_the_place_of_its_id_and_no_other() {
        let mut rules = Rules::read([("a", ROWS), ("b", COUNT)]);
        let gone = ROWS.replace("status: test", "status: deprecated");
        rules.add([("mine", gone.as_str())]);
        assert_eq!((rules.known.len(), rules.refused.len()), (2, 0));
        assert_eq!(rules.find("base").map(|(file, _)| file.as_str()), Some("mine"));
        let alike = ROWS.replace("000001", "000002").replace("base", "other");
        rules.add([("alike", alike.as_str())]);
        assert!(rules.refused[0].1.reason.contains("begins as that of a rule in mine"));
    }

    #[test]
    fn what_is_meant_is_underlined() {
        let place = Place { line: 2, column: 3, length: 4 };
        let expected = ("  quux: x".to_owned(), "  ^^^^".to_owned());
        assert_eq!(underlined("a: b\n  quux: x\n", place), Some(expected));
        assert_eq!(underlined("a: b\n", place), None);
    }
}
