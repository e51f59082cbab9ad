//! The line that joins selections: `and`, `or`, `not`, brackets, `1 of`, `all of`.

use crate::expression::Expression;
use crate::problem::{Place, Problem};

/// A named selection.
pub(crate) type Selection = (String, Expression);

/// Most brackets within each other.
const DEEPEST: usize = 32;

/// Reads `text`, which stands at `at`, over `selections`.
///
/// # Errors
/// With the place of the first word that is wrong.
pub(crate) fn read(text: &str, at: Place, selections: &[Selection]) -> Result<Expression, Problem> {
    let mut reader = Reader { words: words(text), next: 0, at, selections, depth: 0 };
    let expression = reader.or()?;
    match reader.peek() {
        None => Ok(expression),
        Some((_, "|")) => Err(reader
            .wrong("aggregations behind `|` are no longer Sigma; write a correlation instead")),
        Some((_, word)) => Err(reader.wrong(format!("`and` or `or` is missing before `{word}`"))),
    }
}

struct Reader<'t> {
    words: Vec<(usize, &'t str)>,
    next: usize,
    at: Place,
    selections: &'t [Selection],
    depth: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<(usize, &'t str)> {
        self.words.get(self.next).copied()
    }

    fn take(&mut self, word: &str) -> bool {
        let is_next = self.peek().is_some_and(|(_, next)| next.eq_ignore_ascii_case(word));
        self.next += usize::from(is_next);
        is_next
    }

    fn wrong(&self, reason: impl Into<String>) -> Problem {
        let last = self.words.last().map_or((0, 1), |(at, word)| (at + word.chars().count(), 1));
        let (offset, length) =
            self.peek().map_or(last, |(at, word)| (at, word.chars().count().max(1)));
        let place = Place { column: self.at.column + offset, length, ..self.at };
        Problem::new(place, reason)
    }

    fn or(&mut self) -> Result<Expression, Problem> {
        let mut parts = vec![self.and()?];
        while self.take("or") {
            parts.push(self.and()?);
        }
        Ok(Expression::any(parts))
    }

    fn and(&mut self) -> Result<Expression, Problem> {
        let mut parts = vec![self.not()?];
        while self.take("and") {
            parts.push(self.not()?);
        }
        Ok(Expression::all(parts))
    }

    fn not(&mut self) -> Result<Expression, Problem> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.wrong(format!("more than {DEEPEST} `not` and brackets")));
        }
        let expression = if self.take("not") {
            self.not()?.negated()
        } else if self.take("(") {
            let inner = self.or()?;
            if !self.take(")") {
                return Err(self.wrong("`)` is missing"));
            }
            inner
        } else {
            self.term()?
        };
        self.depth -= 1;
        Ok(expression)
    }

    fn term(&mut self) -> Result<Expression, Problem> {
        let Some((_, word)) = self.peek() else {
            return Err(self.wrong("the name of a selection is missing"));
        };
        let is_of =
            self.words.get(self.next + 1).is_some_and(|(_, of)| of.eq_ignore_ascii_case("of"));
        if is_of {
            return self.of(word);
        }
        if matches!(word, "(" | ")" | "|") || is_keyword(word) {
            return Err(self.wrong(format!("the name of a selection is missing before `{word}`")));
        }
        let found = self.selections.iter().find(|(name, _)| name == word);
        let Some((_, expression)) = found else {
            let names: Vec<&str> = self.selections.iter().map(|(name, _)| name.as_str()).collect();
            return Err(self
                .wrong(format!("there is no selection `{word}`; there is {}", names.join(", "))));
        };
        self.next += 1;
        Ok(expression.clone())
    }

    fn of(&mut self, quantity: &str) -> Result<Expression, Problem> {
        let join: fn(Vec<Expression>) -> Expression = match quantity.to_ascii_lowercase().as_str() {
            "1" | "any" => Expression::any,
            "all" => Expression::all,
            other => {
                return Err(
                    self.wrong(format!("`{other} of` is not known; `1 of` and `all of` are"))
                );
            }
        };
        self.next += 2;
        let Some((_, of)) = self.peek() else {
            return Err(self.wrong("the names of selections are missing after `of`"));
        };
        let is_meant = |name: &str| match of {
            "them" => !name.starts_with('_'),
            _ => is_like(name, of),
        };
        let meant: Vec<Expression> = self
            .selections
            .iter()
            .filter(|(name, _)| is_meant(name))
            .map(|(_, expression)| expression.clone())
            .collect();
        if meant.is_empty() {
            return Err(self.wrong(format!("no selection is called `{of}`")));
        }
        self.next += 1;
        Ok(join(meant))
    }
}

fn is_keyword(word: &str) -> bool {
    ["and", "or", "not", "of"].iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}

/// Whether `name` is `pattern`, in which `*` stands for any run.
fn is_like(name: &str, pattern: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return name == pattern };
    let Some(mut left) = name.strip_prefix(head) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let tail = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = left.find(part) else { return false };
        left = &left[at + part.len()..];
    }
    left.ends_with(tail)
}

/// Words and brackets with their offsets in characters.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, (byte, letter)) in text.char_indices().enumerate() {
        let alone = matches!(letter, '(' | ')' | '|');
        if (letter.is_whitespace() || alone)
            && let Some((from, first)) = start.take()
        {
            words.push((from, &text[first..byte]));
        }
        if alone {
            words.push((at, &text[byte..=byte]));
        } else if !letter.is_whitespace() && start.is_none() {
            start = Some((at, byte));
        }
    }
    if let Some((from, first)) = start {
        words.push((from, &text[first..]));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::{Compare, Test};
    use crate::mapping::Table;
    use proptest::prelude::*;

    fn selections(names: &[&str]) -> Vec<Selection> {
        let table = Table::named("flow").expect("it is a table");
        let test = |at: usize| {
            let field = table.field("dst_port").expect("it is a field").clone();
            Expression::Test(Test { field, compare: Compare::Numbers(vec![at as i64]) })
        };
        names.iter().enumerate().map(|(at, name)| ((*name).to_owned(), test(at))).collect()
    }

    /// The condition with each test as its number.
    fn written(expression: &Expression) -> String {
        let join = |parts: &[Expression], between: &str| {
            format!("({})", parts.iter().map(written).collect::<Vec<_>>().join(between))
        };
        match expression {
            Expression::All(parts) => join(parts, "&"),
            Expression::Any(parts) => join(parts, "|"),
            Expression::Not(inner) => format!("!{}", written(inner)),
            Expression::Test(Test { compare: Compare::Numbers(numbers), .. }) => {
                numbers[0].to_string()
            }
            Expression::Test(test) => panic!("{test:?}"),
        }
    }

    #[test]
    fn not_binds_before_and_and_and_before_or() {
        let names = selections(&["a", "b", "c_1", "c_2", "_x"]);
        let check = |text: &str, expected: &str| {
            let read = read(text, Place::default(), &names)
                .unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(written(&read), expected, "{text}");
        };
        check("a or b and not c_1", "(0|(1&!2))");
        check("(a or b) AND c_2", "((0|1)&3)");
        check("a and 1 of c_*", "(0&(2|3))");
        check("all of them", "(0&1&2&3)");
        check("not 1 of *_1", "!2");
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        let names = selections(&["a", "b"]);
        let at = Place { line: 9, column: 14, length: 1 };
        for (text, column) in [
            ("a and", 19),
            ("a b", 16),
            ("a and (b", 22),
            ("2 of them", 14),
            ("a and x", 20),
            ("a | count() > 5", 16),
            ("", 14),
        ] {
            let problem = read(text, at, &names).expect_err(text);
            assert_eq!(
                (problem.place.line, problem.place.column),
                (9, column),
                "{text}: {problem}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_condition_is_survived(text in "[ab()| *not1ofthem]{0,80}") {
            let _ = read(&text, Place::default(), &selections(&["a", "b"]));
        }
    }
}
