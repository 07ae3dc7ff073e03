//! Tests of the SVG export.

use ratatui::{layout::Rect, style::Style};

use super::*;
use crate::svg::document::escape;
use crate::svg::testing::assert_well_formed;

fn of(line: &str) -> String {
    svg(&Buffer::with_lines([line]), "test", Ground::Dark)
}

/// All text elements together.
fn texts(picture: &str) -> String {
    picture.lines().filter_map(|line| line.strip_prefix("<text ")?.split_once('>')?.1.strip_suffix("</text>")).collect()
}

#[test]
fn every_character_is_either_text_or_geometry() {
    let geometry = ('\u{2500}'..='\u{259f}').chain('\u{2801}'..='\u{28ff}').chain("●◆○·◇■□▲▼◀▶▸◂★✓✗⊕↑↓→←".chars());
    let blank = of(" ");
    for character in geometry {
        let picture = of(&character.to_string());
        assert!(texts(&picture).is_empty(), "{character} is left to a font");
        let paths = picture.lines().filter(|line| line.starts_with("<path")).count();
        assert!(paths > blank.matches("<path").count(), "{character} is not drawn");
        assert_well_formed(&picture);
    }
    for character in (' '..='~').chain("×µ°±≤≥≈∞Δ‹›»…−éß称".chars()).filter(|character| *character != ' ')
    {
        let picture = of(&character.to_string());
        assert_eq!(texts(&picture), escape(&character.to_string()), "{character}");
        assert_well_formed(&picture);
    }
}

#[test]
fn the_whole_screen_stands_in_the_description() {
    let buffer = Buffer::with_lines(["┌ knobs ┐", "│ 2 < 3 │", "└───────┘"]);
    let picture = svg(&buffer, "a & b", Ground::Light);
    assert!(picture.contains("<title>a &amp; b</title>"));
    assert!(picture.contains("<desc>\n┌ knobs ┐\n│ 2 &lt; 3 │\n└───────┘</desc>"));
    assert_well_formed(&picture);
}

#[test]
fn text_keeps_its_cells() {
    let picture = of("  sensor 256");
    assert!(picture.contains("<text x=\"20\" y=\"15\" textLength=\"60\" fill=\"#dcdfe4\">sensor</text>"), "{picture}");
    assert!(picture.contains("<text x=\"90\" y=\"15\" textLength=\"30\""));
    // A wide character takes two cells, and what follows stays in its place.
    assert!(of("称a").contains("<text x=\"0\" y=\"15\" textLength=\"30\""));
}

#[test]
fn lines_that_go_on_are_one_path_and_parts_differ_by_texture() {
    let picture = of("──────────");
    assert_eq!(picture.matches("H100").count(), 1);
    let inks: Vec<String> = ["█", "▓", "▒", "░"]
        .map(|part| of(part).lines().find(|line| line.starts_with("<path")).unwrap().to_owned())
        .into();
    for (i, ink) in inks.iter().enumerate() {
        assert!(!inks[i + 1..].contains(ink));
    }
}

#[test]
fn colours_and_modifiers_are_worked_out() {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
    buffer.set_string(0, 0, "ab", Style::new().fg(Color::Rgb(1, 2, 3)).bg(Color::Indexed(196)));
    buffer.set_string(3, 0, "cd", Style::new().reversed());
    buffer.set_string(6, 0, "ef", Style::new().bold().italic().underlined());
    let picture = svg(&buffer, "", Ground::Dark);
    assert!(picture.contains("fill=\"#010203\">ab<"));
    assert!(picture.contains("<path fill=\"#ff0000\" d=\"M0 0h20v20h-20z\"/>"), "{picture}");
    assert!(picture.contains("fill=\"#16181d\">cd<") && picture.contains("<path fill=\"#dcdfe4\""));
    assert!(picture.contains("font-weight=\"bold\" font-style=\"italic\">ef<"));
    assert!(picture.contains("M60 18h10"));
    assert_eq!(rgb(Color::Indexed(16)), Some((0, 0, 0)));
    assert_eq!(rgb(Color::Indexed(231)), Some((255, 255, 255)));
    assert_eq!(rgb(Color::Indexed(255)), Some((238, 238, 238)));
}

#[test]
fn control_characters_do_not_reach_the_document() {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 2, 1));
    buffer[(0, 0)].set_symbol("\u{1b}");
    assert!(!svg(&buffer, "\u{7}", Ground::Dark).chars().any(|c| c.is_control() && c != '\n'));
    assert!(svg(&Buffer::empty(Rect::ZERO), "", Ground::Dark).ends_with("</svg>\n"));
}
