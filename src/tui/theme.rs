//! Colours by meaning: Okabe-Ito on dark (the default), a light variant, and mono; and what the environment says.
//!
//! Invariants: screens name roles, never colours; each theme exists at every colour depth; indexed colours are
//! fixed cube entries picked by hand (the first sixteen belong to the user's own scheme); mono uses modifiers
//! only. Backgrounds are left to the terminal. Whatever a colour tells is told by a glyph as well.

use ratatui::style::{Color, Modifier, Style};

use super::widget::{
    ASCII, CurveStyles, GaugeStyles, Glyphs, Look, Part, PixelColours, ScatterStyles, SliderStyles, StripStyles,
    TornadoStyles, UNICODE,
};

/// Colour depth of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ColourDepth {
    /// None wanted or none there.
    None,
    /// The sixteen of the user's scheme.
    Ansi16,
    /// The fixed 256.
    Indexed,
    /// 24 bits.
    True,
}

/// The themes by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColourScheme {
    /// Colour-blind safe colours of Okabe and Ito (2008) on a dark ground.
    OkabeIto,
    /// Hues of Okabe and Ito darkened for a light ground.
    Light,
    /// No colours.
    Mono,
}

/// The environment variables that speak of colour, as the process got them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Environment<'a> {
    /// `NO_COLOR`: any text but the empty one asks for no colour (no-color.org).
    pub(crate) no_color: Option<&'a str>,
    /// `TERM`.
    pub(crate) term: Option<&'a str>,
    /// `COLORTERM`.
    pub(crate) colorterm: Option<&'a str>,
    /// `COLORFGBG`: `foreground;background` as scheme indices, set by some terminals.
    pub(crate) colorfgbg: Option<&'a str>,
    /// The first set of `LC_ALL`, `LC_CTYPE`, `LANG`.
    pub(crate) locale: Option<&'a str>,
}

/// Styles by role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Ordinary text.
    pub(crate) text: Style,
    /// Less important text; also results that are stale.
    pub(crate) dim: Style,
    /// Style of what is emphasised.
    pub(crate) accent: Style,
    /// Borders of panes.
    pub(crate) border: Style,
    /// Border and title of the pane with focus.
    pub(crate) border_focus: Style,
    /// Met, done, better.
    pub(crate) good: Style,
    /// Look at this.
    pub(crate) warn: Style,
    /// Not met, failed, worse.
    pub(crate) bad: Style,
    /// Sensor side, as a filled area.
    pub(crate) sensor: Style,
    /// Sensor side, as text and lines.
    pub(crate) sensor_text: Style,
    /// The link.
    pub(crate) link: Style,
    /// Aggregator side.
    pub(crate) aggregator: Style,
    /// On the Pareto front.
    pub(crate) front: Style,
    /// The selected design.
    pub(crate) selected: Style,
    /// Style of designs that meet every limit.
    pub(crate) feasible: Style,
    /// Style of designs that break a limit.
    pub(crate) infeasible: Style,
    /// Limit lines and markers.
    pub(crate) limit: Style,
    /// The selected row, over its other styles.
    pub(crate) highlight: Style,
    /// Pins A to D.
    pub(crate) pins: [Style; 4],
    /// Styles of curves, in their order.
    pub(crate) series: [Style; 8],
    /// Means to show pictures.
    pub(crate) pixels: PixelColours,
    /// Characters of marks, bars and lines.
    pub(crate) glyphs: &'static Glyphs,
}

/// One colour at all depths: 24 bits, entry of the fixed 256, name among sixteen.
#[derive(Clone, Copy)]
struct Pick(u32, u8, Color);

impl Pick {
    fn at(self, depth: ColourDepth) -> Style {
        match depth {
            ColourDepth::None => Style::new(),
            ColourDepth::Ansi16 => Style::new().fg(self.2),
            ColourDepth::Indexed => Style::new().fg(Color::Indexed(self.1)),
            ColourDepth::True => Style::new().fg(Color::from_u32(self.0)),
        }
    }
}

/// The hues a theme is made of.
struct Hues {
    blue: Pick,
    blue_text: Pick,
    orange: Pick,
    green: Pick,
    vermilion: Pick,
    purple: Pick,
    sky: Pick,
    yellow: Pick,
    grey: Pick,
    line: Pick,
}

const DARK: Hues = Hues {
    blue: Pick(0x00_72_B2, 25, Color::LightBlue),
    blue_text: Pick(0x4F_A3_DC, 74, Color::LightBlue),
    orange: Pick(0xE6_9F_00, 214, Color::Yellow),
    green: Pick(0x00_9E_73, 36, Color::Green),
    vermilion: Pick(0xD5_5E_00, 166, Color::LightRed),
    purple: Pick(0xCC_79_A7, 175, Color::Magenta),
    sky: Pick(0x56_B4_E9, 117, Color::Cyan),
    yellow: Pick(0xF0_E4_42, 227, Color::LightYellow),
    grey: Pick(0x8A_8A_8A, 245, Color::Gray),
    line: Pick(0x6C_6C_6C, 242, Color::DarkGray),
};

const LIGHT: Hues = Hues {
    blue: Pick(0x00_72_B2, 25, Color::Blue),
    blue_text: Pick(0x00_5F_96, 24, Color::Blue),
    orange: Pick(0x9A_62_00, 94, Color::Yellow),
    green: Pick(0x00_75_55, 29, Color::Green),
    vermilion: Pick(0xB3_3C_00, 130, Color::Red),
    purple: Pick(0x9B_3F_75, 132, Color::Magenta),
    sky: Pick(0x1F_6F_A8, 31, Color::Cyan),
    yellow: Pick(0x6E_66_00, 58, Color::DarkGray),
    grey: Pick(0x5F_5F_5F, 59, Color::DarkGray),
    line: Pick(0x87_87_87, 102, Color::Gray),
};

impl ColourScheme {
    /// All, in the order they are offered.
    pub(crate) const ALL: [Self; 3] = [Self::OkabeIto, Self::Light, Self::Mono];

    /// Name in configuration and on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::OkabeIto => "okabe-ito",
            Self::Light => "light",
            Self::Mono => "mono",
        }
    }

    /// The scheme of this name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.name() == name)
    }

    /// Scheme for a terminal if the user named none.
    pub(crate) fn detect(environment: &Environment<'_>) -> Self {
        let ground = environment.colorfgbg.and_then(|value| value.rsplit(';').next());
        if environment.depth() == ColourDepth::None {
            Self::Mono
        } else if matches!(ground, Some("7" | "15")) {
            Self::Light
        } else {
            Self::OkabeIto
        }
    }
}

/// Terminals that show 24 bits but say so only in `TERM`, as `COLORTERM` does not travel over SSH.
const TRUE_COLOUR_TERMS: [&str; 7] = ["xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm", "contour", "rio"];

impl Environment<'_> {
    /// Colour depth to use.
    pub(crate) fn depth(&self) -> ColourDepth {
        let term = self.term.unwrap_or_default();
        let base = term.split_once("-direct").map_or(term, |(base, _)| base);
        if self.no_color.is_some_and(|value| !value.is_empty()) || term == "dumb" {
            ColourDepth::None
        } else if matches!(self.colorterm, Some("truecolor" | "24bit"))
            || base != term
            || TRUE_COLOUR_TERMS.contains(&term)
        {
            ColourDepth::True
        } else if term.contains("256color") {
            ColourDepth::Indexed
        } else {
            ColourDepth::Ansi16
        }
    }

    /// The glyph set that is safe: ASCII on a dumb terminal, on the text console of Linux, whose fonts have neither
    /// braille nor marks, and where the locale is `C` or names a character set other than UTF-8. A locale that is
    /// unset, as in most containers, says nothing about the terminal.
    pub(crate) fn glyphs(&self) -> &'static Glyphs {
        let charset = self.locale.and_then(|locale| locale.split_once('.')).map(|(_, charset)| charset);
        let foreign = charset.is_some_and(|name| !name.to_ascii_lowercase().replace('-', "").starts_with("utf8"));
        let plain = matches!(self.locale, Some("C" | "POSIX"));
        if plain || foreign || matches!(self.term, Some("dumb" | "linux")) { &ASCII } else { &UNICODE }
    }
}

impl Theme {
    /// The theme of a scheme at a depth; without colours every scheme is mono.
    pub(crate) fn new(scheme: ColourScheme, depth: ColourDepth, glyphs: &'static Glyphs) -> Self {
        match (scheme, depth) {
            (ColourScheme::Mono, _) | (_, ColourDepth::None) => Self::of(&DARK, ColourDepth::None, glyphs),
            (ColourScheme::OkabeIto, depth) => Self::of(&DARK, depth, glyphs),
            (ColourScheme::Light, depth) => Self::of(&LIGHT, depth, glyphs),
        }
    }

    /// Roles to hues. The modifiers are what is left in mono.
    fn of(hues: &Hues, depth: ColourDepth, glyphs: &'static Glyphs) -> Self {
        let at = |pick: Pick| pick.at(depth);
        let dim = if depth == ColourDepth::None { Style::new().add_modifier(Modifier::DIM) } else { at(hues.grey) };
        Self {
            text: Style::new(),
            dim,
            accent: at(hues.sky).add_modifier(Modifier::BOLD),
            border: at(hues.line),
            border_focus: at(hues.sky).add_modifier(Modifier::BOLD),
            good: at(hues.green),
            warn: at(hues.yellow),
            bad: at(hues.vermilion).add_modifier(Modifier::BOLD),
            sensor: at(hues.blue),
            sensor_text: at(hues.blue_text),
            link: at(hues.orange),
            aggregator: at(hues.green),
            front: at(hues.sky),
            selected: at(hues.yellow).add_modifier(Modifier::BOLD),
            feasible: at(hues.green),
            infeasible: dim,
            limit: at(hues.vermilion),
            highlight: Style::new().add_modifier(Modifier::REVERSED),
            pins: [hues.purple, hues.sky, hues.yellow, hues.orange].map(at),
            series: [
                hues.sky,
                hues.orange,
                hues.green,
                hues.yellow,
                hues.purple,
                hues.vermilion,
                hues.blue_text,
                hues.grey,
            ]
            .map(at),
            pixels: match depth {
                _ if !glyphs.braille => PixelColours::Ink,
                ColourDepth::True => PixelColours::True,
                ColourDepth::Indexed => PixelColours::Indexed,
                ColourDepth::Ansi16 | ColourDepth::None => PixelColours::Ink,
            },
            glyphs,
        }
    }

    /// Parts of a latency bar in the order sensor, link, aggregator.
    pub(crate) const fn breakdown(&self) -> [Part; 3] {
        let fills = self.glyphs.fills;
        [
            Part { glyph: fills[0], style: self.sensor },
            Part { glyph: fills[1], style: self.link },
            Part { glyph: fills[2], style: self.aggregator },
        ]
    }

    /// Styles with the characters of the theme.
    pub(crate) const fn look<S: Copy>(&self, styles: S) -> Look<S> {
        Look { styles, glyphs: self.glyphs }
    }

    /// Look of progress bars.
    pub(crate) const fn gauge(&self) -> Look<GaugeStyles> {
        self.look(GaugeStyles { bar: self.accent, rest: self.dim, words: self.text })
    }

    /// Look of knobs.
    pub(crate) const fn slider(&self) -> Look<SliderStyles> {
        self.look(SliderStyles {
            label: self.text,
            focused: self.accent,
            track: self.dim,
            shaded: self.dim,
            handle: self.selected,
            value: self.text,
        })
    }

    /// Look of the network strip.
    pub(crate) const fn strip(&self) -> Look<StripStyles> {
        self.look(StripStyles {
            sensor: self.sensor_text,
            link: self.link,
            aggregator: self.aggregator,
            fuse: self.accent,
            here: self.selected,
            feasible: self.feasible,
            barred: self.bad,
            words: self.text,
        })
    }

    /// Look of scatter plots.
    pub(crate) const fn scatter(&self) -> Look<ScatterStyles> {
        self.look(ScatterStyles { axis: self.dim, limit: self.limit, selected: self.selected })
    }

    /// Look of curve plots.
    pub(crate) const fn curve(&self) -> Look<CurveStyles> {
        self.look(CurveStyles { axis: self.dim, cursor: self.accent })
    }

    /// Look of the tornado chart.
    pub(crate) const fn tornado(&self) -> Look<TornadoStyles> {
        self.look(TornadoStyles { words: self.text, down: self.link, up: self.sensor_text, middle: self.dim })
    }
}

#[cfg(test)]
#[path = "theme_tests.rs"]
mod tests;
