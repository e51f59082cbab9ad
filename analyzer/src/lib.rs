//! Reads what was written and raises warnings.
