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

    /// Reads more files beside those that are here; correlations may rest on what is here already.
    pub fn add<'t>(&mut self, files: impl IntoIterator<Item = (&'t str, &'t str)>) {
        let first = self.known.len();
        for (file, text) in files {
            for rule in rule::read(text) {
                match rule {
                    Ok(rule) => self.put(file, rule),
                    Err(problem) => self.refused.push((file.to_owned(), problem)),
                }
            }
        }
        let checked: Vec<Option<Problem>> =
            self.known[first..].iter().map(|(_, rule)| self.check(rule).err()).collect();
        for (at, problem) in checked.into_iter().enumerate().rev() {
            if let Some(problem) = problem {
                let (file, _) = self.known.remove(first + at);
                self.refused.push((file, problem));
            }
        }
    }

    fn put(&mut self, file: &str, rule: Rule) {
        let twice = self.known.iter().find(|(_, known)| {
            known.id == rule.id
                || known.detection() == rule.detection()
                || (!rule.name.is_empty() && known.name == rule.name)
        });
        match twice {
            Some((other, known)) => {
                let reason = if known.name == rule.name && !rule.name.is_empty() {
                    format!("the name `{}` is that of a rule in {other}", rule.name)
                } else {
                    format!("the id {} begins as that of a rule in {other}", rule.id)
                };
                self.refused.push((file.to_owned(), Problem::new(rule.place, reason)));
            }
            None => self.known.push((file.to_owned(), rule)),
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
