//! A synthetic bank and what happens to it, as bytes on a wire or as rows.
