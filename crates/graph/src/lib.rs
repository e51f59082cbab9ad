//! The threat graph: who spoke with whom, what rang there, and the likeliest way through.
