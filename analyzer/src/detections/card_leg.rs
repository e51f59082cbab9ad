//! Card transactions as detections read them: each once, with who asked and who answered.

use super::{Step, primary};
use query::Named;
use store::Question;

const SQL: &str = include_str!("card_leg.sql");

/// Response codes that approve: 00 and its like of 1993, with identification, in part, to a person of note, with an update.
pub const APPROVALS: [&str; 6] = ["00", "000", "08", "10", "11", "16"];

/// The question `named` about `step`, with `leg` in reach: the transactions that ended from `window_from` to before `to`.
///
/// The query must start with `SELECT`, or with `WITH` and a blank, whose list is then continued.
pub fn question(named: &Named, step: &Step) -> Question {
    let mut question = primary::windowed(named, step);
    let sql = without_comments(&question.sql);
    question.sql = match sql.strip_prefix("WITH ") {
        Some(list) => format!("WITH\n{},\n{list}", without_comments(SQL)),
        None => format!("WITH\n{}\n{sql}", without_comments(SQL)),
    };
    question
}

fn without_comments(sql: &str) -> String {
    sql.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n")
}

/// First eight digits of a token: enough to find the card's other transactions of the day, and no account number.
pub fn short(token: &str) -> &str {
    token.get(..8).unwrap_or(token)
}

/// Whether a card was read by its magnetic stripe: entry modes 02, 80 (fallback from the chip) and 90.
pub fn is_stripe(de22: &str) -> bool {
    ["02", "80", "90"].iter().any(|mode| de22.starts_with(mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_that_approve_are_those_of_the_question() {
        let list = APPROVALS.map(|code| format!("'{code}'")).join(", ");
        assert!(SQL.contains(&format!("de39 IN ({list})")));
    }

    #[test]
    fn a_stripe_is_told_from_a_chip() {
        assert!(["901", "801", "021", "902"].iter().all(|mode| is_stripe(mode)));
        assert!(["051", "071", "011", ""].iter().all(|mode| !is_stripe(mode)));
    }
}
