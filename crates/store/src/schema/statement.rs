//! A table file is statements, each ended by a semicolon at the end of a line.

/// The statements of `text`, without comment lines.
pub fn statements(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut current = String::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("--")) {
        if let Some(last) = line.trim_end().strip_suffix(';') {
            current.push_str(last);
            all.push(std::mem::take(&mut current).trim().to_owned());
        } else {
            current.push_str(line);
            current.push('\n');
        }
    }
    all.push(current.trim().to_owned());
    all.retain(|statement| !statement.is_empty());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_ends_at_a_semicolon_at_the_end_of_a_line() {
        let text = "-- after: b\nCREATE TABLE a (\n    x String DEFAULT ';' -- why\n);\n\nALTER TABLE a ADD COLUMN y UInt8; \nSELECT 1\n";
        assert_eq!(
            statements(text),
            [
                "CREATE TABLE a (\n    x String DEFAULT ';' -- why\n)",
                "ALTER TABLE a ADD COLUMN y UInt8",
                "SELECT 1"
            ]
        );
    }
}
