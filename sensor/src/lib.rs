//! Watches the wire and writes down what it sees.
