//! Rows on standard output: a table for people, JSON and CSV for programs.

use super::Global;
use crate::failure::Failure;
use clap::ValueEnum;
use model::Level;
use serde::Serialize;
use serde_json::{Map, Value};
use std::io::{self, IsTerminal, Write};

/// Form of the output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table on a terminal, else JSON lines.
    #[default]
    Auto,
    /// A table.
    Table,
    /// A table, as a graph's tree is called.
    #[value(hide = true)]
    Text,
    /// One JSON array.
    Json,
    /// One JSON object a line.
    Jsonl,
    /// CSV with a heading.
    Csv,
    /// A graph for Graphviz.
    #[value(hide = true)]
    Dot,
    /// A graph as GraphML.
    #[value(hide = true)]
    Graphml,
    /// A graph as a Mermaid flow chart.
    #[value(hide = true)]
    Mermaid,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where rows go and how they look.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    format: Format,
    colour: bool,
    header: bool,
    /// Cells of the terminal; none: nothing is cut.
    width: Option<usize>,
    /// Whether nothing but the result is said.
    pub quiet: bool,
}

/// A column of a table: heading, cell, and the field of the row that CSV has first.
pub struct Field<'a, R> {
    /// Heading.
    pub title: &'static str,
    /// Name of the field.
    pub name: &'static str,
    /// Safe text of a row's cell.
    pub cell: &'a dyn Fn(&R) -> String,
}

impl Output {
    /// As the options and the terminal say.
    pub fn new(global: &Global) -> Self {
        let terminal = io::stdout().is_terminal();
        let width = terminal
            .then(|| crossterm::terminal::size().map_or(80, |(columns, _)| usize::from(columns)));
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let format = match global.format {
            Format::Auto if terminal => Format::Table,
            Format::Auto => Format::Jsonl,
            Format::Text => Format::Table,
            chosen => chosen,
        };
        let colour = match global.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => terminal && !plain,
        };
        Self { format, colour, header: !global.no_header, width, quiet: global.quiet }
    }

    /// Whether people read it.
    pub fn is_table(&self) -> bool {
        self.format == Format::Table
    }

    /// Prints `rows`; `schema` names them, such as `bartizan.warning/1`.
    ///
    /// # Errors
    /// If standard output cannot be written to; a closed pipe is no error.
    pub fn rows<R: Serialize>(
        &self,
        schema: &str,
        rows: &[R],
        fields: &[Field<'_, R>],
    ) -> Result<(), Failure> {
        let text = match self.format {
            Format::Auto | Format::Table | Format::Text => self.table(rows, fields),
            Format::Json => json(schema, rows)?,
            Format::Jsonl => jsonl(schema, rows)?,
            Format::Csv => self.csv(rows, fields)?,
            Format::Dot | Format::Graphml | Format::Mermaid => {
                let next = "bartizan graph export ENTITY --format dot";
                return Err(Failure::usage("only a graph has this form", next));
            }
        };
        print(&text)
    }

    /// Prints one thing: `text` for people, else its JSON.
    ///
    /// # Errors
    /// If standard output cannot be written to.
    pub fn one<R: Serialize>(
        &self,
        schema: &str,
        row: &R,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        if self.is_table() {
            print(&text())
        } else {
            self.rows(schema, std::slice::from_ref(row), &[])
        }
    }

    fn table<R>(&self, rows: &[R], fields: &[Field<'_, R>]) -> String {
        let cells: Vec<Vec<String>> =
            rows.iter().map(|row| fields.iter().map(|field| (field.cell)(row)).collect()).collect();
        let mut widths: Vec<_> = fields.iter().map(|field| present::width(field.title)).collect();
        for row in &cells {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(present::width(cell));
            }
        }
        self.squeeze(&mut widths);
        let mut text = String::new();
        if self.header {
            let titles: Vec<_> = fields.iter().map(|field| field.title.to_owned()).collect();
            text.push_str(&line(&titles, &widths, |_, cell| cell));
        }
        for row in &cells {
            text.push_str(&line(row, &widths, |at, cell| match fields[at].name {
                "level" if self.colour => coloured(&cell),
                _ => cell,
            }));
        }
        text
    }

    /// On a terminal, columns are cut until a row fits: the widest first.
    fn squeeze(&self, widths: &mut [usize]) {
        const LEAST: usize = 8;
        let Some(width) = self.width else { return };
        let gaps = 2 * widths.len().saturating_sub(1);
        while widths.iter().sum::<usize>() + gaps > width {
            match widths.iter_mut().max() {
                Some(widest) if *widest > LEAST => *widest -= 1,
                _ => return,
            }
        }
    }

    fn csv<R: Serialize>(&self, rows: &[R], fields: &[Field<'_, R>]) -> Result<String, Failure> {
        let objects = rows.iter().map(object).collect::<Result<Vec<_>, _>>()?;
        let listed: Vec<_> = fields.iter().map(|field| field.name).collect();
        let mut names: Vec<String> = listed.iter().map(|name| (*name).to_owned()).collect();
        let all = objects.iter().flat_map(|row| row.keys());
        let mut others: Vec<_> =
            all.filter(|name| !listed.contains(&name.as_str())).cloned().collect();
        others.sort();
        others.dedup();
        names.extend(others);
        names.retain(|name| objects.is_empty() || objects.iter().any(|row| row.contains_key(name)));
        let mut text = String::new();
        if self.header {
            text.push_str(&(names.join(",") + "\r\n"));
        }
        for row in &objects {
            let cells: Vec<_> =
                names.iter().map(|name| present::csv_cell(&cell(row.get(name)))).collect();
            text.push_str(&(cells.join(",") + "\r\n"));
        }
        Ok(text)
    }
}

fn line(cells: &[String], widths: &[usize], paint: impl Fn(usize, String) -> String) -> String {
    let last = cells.len().saturating_sub(1);
    let mut text = String::new();
    for (at, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let fitted =
            if at == last { present::cut(cell, *width) } else { present::fit(cell, *width) };
        text.push_str(&paint(at, fitted));
        text.push_str(if at == last { "\n" } else { "  " });
    }
    text
}

fn coloured(cell: &str) -> String {
    let level =
        Level::ALL.iter().find(|level| level.as_str() == cell.trim()).copied().unwrap_or_default();
    match present::Tone::of(level).ansi() {
        Some(colour) => format!("\u{1b}[{}m{cell}\u{1b}[0m", 30 + colour),
        None => cell.to_owned(),
    }
}

fn object<R: Serialize>(row: &R) -> Result<Map<String, Value>, Failure> {
    match serde_json::to_value(row) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Failure::machine("a row is not an object; please report this")),
        Err(error) => Err(Failure::machine(format!("a row cannot be printed: {error}"))),
    }
}

fn stamped<R: Serialize>(schema: &str, row: &R) -> Result<String, Failure> {
    let mut object = object(row)?;
    object.insert("schema".into(), schema.into());
    Ok(Value::Object(object).to_string())
}

fn jsonl<R: Serialize>(schema: &str, rows: &[R]) -> Result<String, Failure> {
    rows.iter().map(|row| stamped(schema, row).map(|line| line + "\n")).collect()
}

fn json<R: Serialize>(schema: &str, rows: &[R]) -> Result<String, Failure> {
    let rows = rows.iter().map(|row| stamped(schema, row)).collect::<Result<Vec<_>, _>>()?;
    Ok(if rows.is_empty() { "[]\n".into() } else { format!("[\n{}\n]\n", rows.join(",\n")) })
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// Text on standard output. A pipe that was closed has read enough: the program ends quietly.
///
/// # Errors
/// If it cannot be written for another reason.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => Err(Failure::machine(format!("standard output: {error}"))),
        Ok(()) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Row {
        level: &'static str,
        what: &'static str,
        count: u32,
    }

    const ROWS: &[Row] = &[
        Row { level: "II", what: "=cmd|'/C calc'!A0", count: 3 },
        Row { level: "-", what: "a name that is longer than the terminal is wide", count: 41 },
    ];

    fn output(format: Format, width: Option<usize>) -> Output {
        Output { format, colour: false, header: true, width, quiet: false }
    }

    fn table(width: Option<usize>, colour: bool) -> String {
        let fields = [
            Field { title: "LEVEL", name: "level", cell: &|row: &Row| row.level.to_owned() },
            Field { title: "WHAT", name: "what", cell: &|row: &Row| row.what.to_owned() },
        ];
        Output { colour, ..output(Format::Table, width) }.table(ROWS, &fields)
    }

    #[test]
    fn a_table_is_cut_on_a_terminal_only() {
        assert!(table(Some(30), false).lines().all(|line| present::width(line) <= 30));
        assert!(table(Some(30), false).contains('…'));
        assert!(table(None, false).contains("wide"));
    }

    #[test]
    fn colours_are_there_only_when_asked_for() {
        assert!(!table(None, false).contains('\u{1b}'));
        assert!(table(None, true).contains("\u{1b}[35mII"));
    }

    #[test]
    fn every_json_row_names_its_schema() {
        let lines = jsonl("bartizan.test/1", ROWS).expect("rows are JSON");
        for line in lines.lines() {
            let row: Value = serde_json::from_str(line).expect("a line is JSON");
            assert_eq!(row["schema"], "bartizan.test/1");
        }
        let array: Value =
            serde_json::from_str(&json("bartizan.test/1", ROWS).expect("rows are JSON"))
                .expect("an array");
        assert_eq!(array.as_array().map(Vec::len), Some(2));
    }

    #[test]
    fn csv_has_every_field_and_runs_nothing() {
        let text = output(Format::Csv, None).csv(ROWS, &[]).expect("rows are CSV");
        assert!(text.starts_with("count,level,what\r\n3,II,\"'=cmd"), "{text}");
    }
}
