//! Bytes in, records out: one file for each protocol.
