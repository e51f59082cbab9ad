//! Colours by meaning, and the characters that borders are made of.

use model::Level;
use ratatui::style::{Color, Modifier, Style};

/// How the console looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// The terminal's own sixteen colours.
    Terminal,
    /// No colour: bold, underline and reverse only.
    Mono,
    /// No colour, and nothing outside ASCII in borders and marks.
    Ascii,
}

impl Theme {
    /// Every theme, in the order of `F9`.
    pub const ALL: [Self; 3] = [Self::Terminal, Self::Mono, Self::Ascii];

    /// The theme called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.name() == name)
    }

    /// The theme for a terminal: what was asked for, unless `no_color` or a poor `term` (`$TERM`) forbids it.
    pub fn for_terminal(asked: Self, term: &str, no_color: bool) -> Self {
        let poor = term == "dumb" || term.starts_with("vt");
        match asked {
            Self::Terminal | Self::Mono if poor => Self::Ascii,
            Self::Terminal if no_color => Self::Mono,
            _ => asked,
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Mono => "mono",
            Self::Ascii => "ascii",
        }
    }

    /// The next one.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Terminal => Self::Mono,
            Self::Mono => Self::Ascii,
            Self::Ascii => Self::Terminal,
        }
    }

    /// Numeral and word of a level come first; this is the colour that comes last.
    pub const fn level(self, level: Level) -> Style {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        match (self, level) {
            (Self::Terminal, Level::I) => bold.fg(Color::Red),
            (Self::Terminal, Level::II) => bold.fg(Color::Magenta),
            (Self::Terminal, Level::III) => Style::new().fg(Color::Yellow),
            (Self::Terminal, Level::IV) => Style::new().fg(Color::Cyan),
            (_, Level::I | Level::II) => bold,
            (_, Level::None | Level::III | Level::IV) => Style::new(),
        }
    }

    /// What adds to a score, and what failed.
    pub const fn bad(self) -> Style {
        match self {
            Self::Terminal => Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
            Self::Mono | Self::Ascii => Style::new().add_modifier(Modifier::BOLD),
        }
    }

    /// What takes from a score, and what balances.
    pub const fn good(self) -> Style {
        match self {
            Self::Terminal => Style::new().fg(Color::Green),
            Self::Mono | Self::Ascii => Style::new(),
        }
    }

    /// What matters less; without colours it looks like everything else.
    pub const fn quiet(self) -> Style {
        match self {
            Self::Terminal => Style::new().fg(Color::DarkGray),
            Self::Mono | Self::Ascii => Style::new(),
        }
    }

    /// Headings.
    pub const fn heading(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The selected row: reverse video in every theme.
    pub const fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// The border of the pane that has the keys.
    pub const fn focused(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The border of other panes.
    pub const fn border(self) -> Style {
        self.quiet()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_color_keeps_the_frame_and_loses_the_colours() {
        assert_eq!(Theme::for_terminal(Theme::Terminal, "xterm-256color", true), Theme::Mono);
        assert_eq!(Theme::for_terminal(Theme::Terminal, "vt220", false), Theme::Ascii);
        assert_eq!(Theme::for_terminal(Theme::Terminal, "xterm-256color", false), Theme::Terminal);
    }

    #[test]
    fn themes_without_colour_have_none() {
        for theme in [Theme::Mono, Theme::Ascii] {
            let levels = Level::ALL.iter().map(|level| theme.level(*level));
            for style in levels.chain([
                theme.bad(),
                theme.good(),
                theme.quiet(),
                theme.border(),
                theme.focused(),
            ]) {
                assert_eq!((style.fg, style.bg), (None, None), "{}", theme.name());
            }
        }
    }

    #[test]
    fn the_selected_row_is_reversed_in_every_theme() {
        for theme in Theme::ALL {
            assert!(theme.selected().add_modifier.contains(Modifier::REVERSED));
        }
    }

    #[test]
    fn every_theme_is_found_by_its_name_and_follows_another() {
        for theme in Theme::ALL {
            assert_eq!(Theme::named(theme.name()), Some(theme));
            assert_eq!(theme.next().next().next(), theme);
        }
    }
}
