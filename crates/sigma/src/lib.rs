//! Rules in Sigma's format: read, checked, compiled to one question per table.
