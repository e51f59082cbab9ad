//! What stands behind a field's name after `|`: how its values are compared.

use crate::problem::{Place, Problem};

/// The modifiers of one field, sorted by what they change.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Modifiers {
    pub(super) how: Option<How>,
    pub(super) all: bool,
    pub(super) cased: bool,
    pub(super) neq: bool,
    pub(super) windash: bool,
    pub(super) wide: bool,
    pub(super) encode: Option<Encode>,
    pub(super) fieldref: bool,
    pub(super) expand: bool,
    /// Flags of `re`.
    pub(super) flags: String,
}

/// How a value is held against the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Contains,
    StartsWith,
    EndsWith,
    Re,
    Cidr,
    Lt,
    Lte,
    Gt,
    Gte,
    Exists,
}

/// What is made of a value first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encode {
    Base64,
    Base64Offset,
}

/// The field's name and its modifiers, as in `path|contains|all`.
pub(super) fn read(key: &str, at: Place) -> Result<(&str, Modifiers), Problem> {
    let mut parts = key.split('|');
    let name = parts.next().unwrap_or_default();
    let mut modifiers = Modifiers::default();
    let mut offset = name.chars().count() + 1;
    for part in parts {
        let length = part.chars().count().max(1);
        let place = Place { column: at.column + offset, length, ..at };
        modifiers.add(part, place)?;
        offset += part.chars().count() + 1;
    }
    modifiers.check(at)?;
    Ok((name, modifiers))
}

impl Modifiers {
    fn add(&mut self, word: &str, at: Place) -> Result<(), Problem> {
        let how = match word {
            "contains" => How::Contains,
            "startswith" => How::StartsWith,
            "endswith" => How::EndsWith,
            "re" => How::Re,
            "cidr" => How::Cidr,
            "lt" => How::Lt,
            "lte" => How::Lte,
            "gt" => How::Gt,
            "gte" => How::Gte,
            "exists" => How::Exists,
            other => return self.change(other, at),
        };
        if let Some(before) = self.how.replace(how) {
            return Err(Problem::new(at, format!("`{word}` and {before:?} cannot stand together")));
        }
        Ok(())
    }

    fn change(&mut self, word: &str, at: Place) -> Result<(), Problem> {
        match word {
            "all" => self.all = true,
            "cased" => self.cased = true,
            "neq" => self.neq = true,
            "windash" => self.windash = true,
            "wide" | "utf16le" => self.wide = true,
            "base64" => self.encode = Some(Encode::Base64),
            "base64offset" => self.encode = Some(Encode::Base64Offset),
            "fieldref" => self.fieldref = true,
            "expand" => self.expand = true,
            "i" | "m" | "s" if self.how == Some(How::Re) => self.flags.push_str(word),
            "i" | "m" | "s" => {
                return Err(Problem::new(at, format!("`{word}` stands behind `re` only")));
            }
            "" => return Err(Problem::new(at, "a modifier is missing behind `|`")),
            other => {
                return Err(Problem::new(at, format!("the modifier `{other}` is not supported")));
            }
        }
        Ok(())
    }

    fn check(&self, at: Place) -> Result<(), Problem> {
        let changes = self.windash || self.wide || self.encode.is_some();
        let plain =
            matches!(self.how, None | Some(How::Contains | How::StartsWith | How::EndsWith));
        let wrong = if changes && !plain {
            "`windash`, `wide` and `base64` change plain values only"
        } else if self.wide && self.encode.is_none() {
            "`wide` stands before `base64` or `base64offset`"
        } else if self.encode == Some(Encode::Base64Offset) && self.how != Some(How::Contains) {
            "`base64offset` stands with `contains`"
        } else if (self.fieldref || self.expand) && (changes || !plain) {
            "`fieldref` and `expand` take no value that is changed or compared in another way"
        } else if self.expand && self.how.is_some() {
            "`expand` stands alone"
        } else if self.cased && !plain {
            "`cased` stands with plain values"
        } else if self.all && (self.neq || self.fieldref || self.how == Some(How::Exists)) {
            "`all` does not stand with `neq`, `fieldref` or `exists`"
        } else {
            return Ok(());
        };
        Err(Problem::new(at, wrong))
    }
}
