//! Boards: the catalogue of named queries and the web pages that show them. Not built yet.
