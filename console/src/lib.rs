//! Shows what was seen and warned about: console and command line.
