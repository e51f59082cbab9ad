//! What two surfaces share: safe text, words and colours of levels.
