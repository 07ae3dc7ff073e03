//! Tests of themes and of what the environment asks for.

use super::*;

fn environment(term: &str) -> Environment<'_> {
    Environment { term: Some(term), ..Environment::default() }
}

/// All styles of a theme.
fn styles(theme: &Theme) -> Vec<Style> {
    let t = theme;
    let mut all = vec![
        t.text,
        t.dim,
        t.accent,
        t.border,
        t.border_focus,
        t.good,
        t.warn,
        t.bad,
        t.sensor,
        t.sensor_text,
        t.link,
        t.aggregator,
        t.front,
        t.selected,
        t.feasible,
        t.infeasible,
        t.limit,
        t.highlight,
    ];
    all.extend(t.pins);
    all.extend(t.series);
    all
}

/// Contrast ratio of a colour to black and to white (WCAG 2.2, relative luminance).
fn contrast(color: Color) -> (f64, f64) {
    let Color::Rgb(r, g, b) = color else { panic!("{color:?} is no 24-bit colour") };
    let linear = |channel: u8| {
        let c = f64::from(channel) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    let luminance = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    ((luminance + 0.05) / 0.05, 1.05 / (luminance + 0.05))
}

#[test]
fn the_environment_decides_the_depth() {
    assert_eq!(environment("xterm-256color").depth(), ColourDepth::Indexed);
    assert_eq!(environment("xterm").depth(), ColourDepth::Ansi16);
    assert_eq!(environment("xterm-kitty").depth(), ColourDepth::True);
    assert_eq!(environment("xterm-direct").depth(), ColourDepth::True);
    assert_eq!(environment("dumb").depth(), ColourDepth::None);
    let colorterm = Environment { colorterm: Some("truecolor"), ..environment("screen-256color") };
    assert_eq!(colorterm.depth(), ColourDepth::True);
    assert_eq!(Environment { no_color: Some("1"), ..colorterm }.depth(), ColourDepth::None);
    assert_eq!(Environment { no_color: Some(""), ..colorterm }.depth(), ColourDepth::True);
}

#[test]
fn the_environment_decides_palette_and_glyphs() {
    let light = Environment { colorfgbg: Some("0;15"), ..environment("xterm-256color") };
    assert_eq!(ColourScheme::detect(&light), ColourScheme::Light);
    assert_eq!(ColourScheme::detect(&Environment { colorfgbg: Some("15;0"), ..light }), ColourScheme::OkabeIto);
    assert_eq!(ColourScheme::detect(&Environment { no_color: Some("yes"), ..light }), ColourScheme::Mono);
    let locale = |locale| Environment { locale: Some(locale), ..environment("xterm") }.glyphs().braille;
    assert!(locale("de_DE") && locale("en_US.UTF-8") && locale("C.utf8"));
    assert!(!locale("en_US.ISO-8859-1") && !locale("C") && !locale("POSIX"));
    assert!(!environment("dumb").glyphs().braille && !environment("linux").glyphs().braille);
}

#[test]
fn mono_has_no_colour_at_all_and_still_marks_the_row() {
    for theme in [
        Theme::new(ColourScheme::Mono, ColourDepth::True, &UNICODE),
        Theme::new(ColourScheme::Light, ColourDepth::None, &UNICODE),
    ] {
        assert!(styles(&theme).iter().all(|style| style.fg.is_none() && style.bg.is_none()));
        assert!(theme.highlight.add_modifier.contains(Modifier::REVERSED));
    }
}

#[test]
fn indexed_colours_come_from_the_fixed_part_and_names_only_in_sixteen() {
    for scheme in [ColourScheme::OkabeIto, ColourScheme::Light] {
        for style in styles(&Theme::new(scheme, ColourDepth::Indexed, &UNICODE)) {
            assert!(matches!(style.fg, None | Some(Color::Indexed(16..))), "{style:?}");
        }
        for style in styles(&Theme::new(scheme, ColourDepth::Ansi16, &UNICODE)) {
            assert!(!matches!(style.fg, Some(Color::Indexed(_) | Color::Rgb(..))), "{style:?}");
            let unreadable = scheme == ColourScheme::OkabeIto && matches!(style.fg, Some(Color::Blue | Color::Black));
            assert!(!unreadable, "blue or black text on a dark ground");
        }
    }
}

#[test]
fn text_can_be_read_on_its_ground() {
    for (scheme, dark) in [(ColourScheme::OkabeIto, true), (ColourScheme::Light, false)] {
        let theme = Theme::new(scheme, ColourDepth::True, &UNICODE);
        for style in styles(&theme) {
            let Some(color) = style.fg else { continue };
            let (on_black, on_white) = contrast(color);
            let ratio = if dark { on_black } else { on_white };
            // Large areas and lines need 3:1, text 4.5:1 (WCAG 1.4.11 and 1.4.3).
            let least = if style == theme.sensor || style == theme.border { 3.0 } else { 4.5 };
            assert!(ratio >= least, "{scheme:?} {color:?} has a contrast of {ratio:.1}");
        }
    }
}

#[test]
fn names_are_found_again() {
    for scheme in ColourScheme::ALL {
        assert_eq!(ColourScheme::from_name(scheme.name()), Some(scheme));
    }
    assert_eq!(ColourScheme::from_name("pink"), None);
}

#[test]
fn the_parts_of_a_latency_bar_differ_without_colour() {
    for glyphs in [&UNICODE, &ASCII] {
        let [sensor, link, aggregator] = Theme::new(ColourScheme::Mono, ColourDepth::None, glyphs).breakdown();
        assert!(sensor.glyph != link.glyph && link.glyph != aggregator.glyph && sensor.glyph != aggregator.glyph);
    }
}
