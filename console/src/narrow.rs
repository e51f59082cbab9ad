//! The filter in force, as text for people and as SQL with parameters for the store.

use crate::state::Complaint;
use query::filter::{self, Filter};
use store::{Question, Value};

/// The mark in a query behind which the filter goes.
const MARK: &str = "/*where*/";

/// A filter that was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Narrow {
    text: String,
    sql: String,
    params: Vec<(String, Value)>,
}

impl Narrow {
    /// Reads a filter over warnings; empty text is none.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn read(text: &str) -> Result<Self, Complaint> {
        Self::read_over("warning", text).map_err(|complaint| named(text, complaint))
    }

    /// Reads a filter over flows; empty text is none.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn read_flows(text: &str) -> Result<Self, Complaint> {
        Self::read_over("flow", text)
    }

    fn read_over(table: &str, text: &str) -> Result<Self, Complaint> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let read: Filter = filter::parse(text)?;
        let (sql, params) = read.to_sql(table)?;
        Ok(Self { text: present::safe(&read.to_string()), sql, params })
    }

    /// The filter as people read it, empty if there is none.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it asks about the column `name`.
    pub fn names(&self, name: &str) -> bool {
        self.sql
            .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .any(|word| word == name)
    }

    /// `question` with the filter in it.
    pub fn onto(&self, mut question: Question) -> Question {
        let clause =
            if self.sql.is_empty() { String::new() } else { format!("AND ({})", self.sql) };
        question.sql = question.sql.replace(MARK, &clause);
        question.params.extend(self.params.iter().cloned());
        question
    }
}

impl From<filter::Error> for Complaint {
    fn from(error: filter::Error) -> Self {
        let meant =
            error.suggestion.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        Self { message: error.message + &meant, from: error.span.start, to: error.span.end }
    }
}

/// A name alone is no filter, but what people type first: says how it becomes one.
fn named(text: &str, complaint: Complaint) -> Complaint {
    let word = text.trim();
    if !word.chars().all(|letter| letter.is_alphanumeric() || "-_.".contains(letter)) {
        return complaint;
    }
    let message = format!("a name alone is no filter; try  {}", equal("subject", word));
    Complaint { message, from: 0, to: text.len() }
}

/// The filter that a field equals a value.
pub fn equal(field: &str, value: &str) -> String {
    let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
    format!("{field} = \"{quoted}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_alone_is_told_how_to_become_a_filter() {
        let complaint = Narrow::read("pc-117").expect_err("no expression");
        let (_, filter) = complaint.message.split_once("try  ").expect("what to type");
        assert_eq!(filter, "subject = \"pc-117\"");
        assert!(Narrow::read(filter).is_ok());
        let typo = Narrow::read("levle = I").expect_err("no such field");
        assert!(typo.message.contains("did you mean level"), "{}", typo.message);
    }

    #[test]
    fn a_filter_becomes_a_clause_whose_values_are_parameters() {
        let narrow = Narrow::read("zone = swift").expect("a filter");
        let question = narrow.onto(Question::new("a", "SELECT 1 WHERE 1 /*where*/"));
        assert!(
            question.sql.contains("AND (") && !question.sql.contains("swift"),
            "{}",
            question.sql
        );
        assert!(question.params.iter().any(|(_, value)| *value == Value::Text("swift".into())));
        assert!(narrow.names("zone") && !narrow.names("state"));
    }

    #[test]
    fn without_a_filter_the_mark_is_gone() {
        let question = Narrow::default().onto(Question::new("a", "SELECT 1 WHERE 1 /*where*/"));
        assert_eq!(question.sql, "SELECT 1 WHERE 1 ");
    }

    #[test]
    fn a_mistake_is_placed_and_a_field_of_another_table_is_one() {
        let complaint = Narrow::read("zone = swift and zoen = core").expect_err("no such field");
        assert_eq!(complaint.from, 17);
        assert!(complaint.message.contains("zone"), "{}", complaint.message);
        assert!(Narrow::read("dst_port = 22").is_err());
        assert!(Narrow::read_flows("dst_port = 22").is_ok());
    }

    #[test]
    fn quoted_values_come_through_whatever_is_in_them() {
        for value in ["swift", "a b", "a\"b", "back\\slash", "=cmd", "and"] {
            let narrow = Narrow::read(&equal("subject", value)).unwrap_or_else(|complaint| {
                panic!("{value}: {}", complaint.message);
            });
            assert_eq!(narrow.params[0].1, Value::Text(value.into()));
        }
    }
}
