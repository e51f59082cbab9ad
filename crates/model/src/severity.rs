//! How bad, and how far up.

crate::words! {
    /// What a detection is about: P0 note to P4 critical.
    pub enum Severity {
        /// Note: evidence, never a warning.
        #[default]
        P0 = "P0" / 0,
        /// Low.
        P1 = "P1" / 1,
        /// Medium.
        P2 = "P2" / 2,
        /// High.
        P3 = "P3" / 3,
        /// Critical.
        P4 = "P4" / 4,
    }
}

crate::words! {
    /// How far a warning goes up: I is the worst.
    pub enum Level {
        /// Not a level: P0.
        #[default]
        None = "-" / 0,
        /// Red, particularly major.
        I = "I" / 1,
        /// Orange, major.
        II = "II" / 2,
        /// Yellow, relatively major.
        III = "III" / 3,
        /// Blue, general.
        IV = "IV" / 4,
    }
}

impl Severity {
    /// The level of a warning of this severity: P4 is I, P3 II, P2 III, P1 IV.
    pub const fn level(self) -> Level {
        match self {
            Self::P0 => Level::None,
            Self::P1 => Level::IV,
            Self::P2 => Level::III,
            Self::P3 => Level::II,
            Self::P4 => Level::I,
        }
    }

    /// One step milder.
    #[must_use]
    pub const fn milder(self) -> Self {
        match self {
            Self::P0 | Self::P1 => Self::P0,
            Self::P2 => Self::P1,
            Self::P3 => Self::P2,
            Self::P4 => Self::P3,
        }
    }
}

impl Level {
    /// The word beside the numeral.
    pub const fn colour(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::I => "red",
            Self::II => "orange",
            Self::III => "yellow",
            Self::IV => "blue",
        }
    }
}
