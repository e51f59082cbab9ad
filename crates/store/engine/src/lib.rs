//! The embedded ClickHouse engine behind its own HTTP interface, and the bartizan-store program.
