//! The last rows: a sentence, and the keys that matter on this screen.
//!
//! ```text
//!  ✗ #77 split at S2.1 does not fit: sensor memory 40.0 KiB exceeds 32.0 KiB at S1.1.expand. Smallest fix: raise ...
//!  h/l adjust  Tab pane  j/k row  Enter type  [/] split  T train  S search  space pin  x why  / filter  ? help  q quit
//! ```

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::{View, WIDE, chrome};
use crate::{
    explore::{Kind, Screen},
    tui::{
        keymap::{self, BINDINGS, Binding, Verb},
        text,
        widget::width,
    },
};

/// Rows of the sentence: two where a narrow screen has the height for them.
pub const fn status_rows(area: Rect) -> u16 {
    if area.width < WIDE && area.height >= 30 { 2 } else { 1 }
}

/// Draws sentence and hints.
pub fn draw(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let rows = area.height.saturating_sub(1);
    let (mark, sentence, style) = sentence(view);
    let lines = text::wrap(&sentence, area.width.saturating_sub(4));
    for index in 0..rows {
        let row = chrome::row(area, index);
        // What does not fit is on the last row, cut where it ends.
        let line = match lines.get(usize::from(index)) {
            Some(_) if index + 1 == rows => lines[usize::from(index)..].join(" "),
            Some(line) => line.clone(),
            None => String::new(),
        };
        let lead = if index == 0 { format!(" {mark} ") } else { "   ".to_owned() };
        chrome::line(buf, row, &[(&lead, style), (&line, view.theme.text)], view.theme);
    }
    hints(view, chrome::row(area, rows), buf);
}

/// The message of the moment, else how the selected design stands.
fn sentence(view: View<'_>) -> (char, String, Style) {
    let super::View { session, theme, ui } = view;
    let glyphs = theme.glyphs;
    if let Some(message) = session.toast(ui.now_ms) {
        return match message.kind {
            Kind::Info => (glyphs.front, message.text.clone(), theme.front),
            Kind::Warning => ('!', message.text.clone(), theme.warn),
            Kind::Error => (glyphs.no, format!("{} (Esc)", message.text), theme.bad),
        };
    }
    if !matches!(session.ui().screen, Screen::Explore | Screen::Compare) {
        return (' ', String::new(), theme.text);
    }
    match session.status() {
        Some(status) if status.feasible => (glyphs.yes, status.sentence, theme.good),
        Some(status) => (glyphs.no, status.sentence, theme.bad),
        None => (glyphs.no, "no design of this space can be costed on this profile".to_owned(), theme.bad),
    }
}

/// The hints that fit, whole ones only.
fn hints(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let theme = view.theme;
    let screen = view.session.ui().screen;
    let mut row = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let last = [keymap::binding(Verb::Palette), keymap::binding(Verb::Help), keymap::binding(Verb::Quit)];
    let reserved: u16 = last.iter().map(|row| hint_width(row)).sum();
    let others = BINDINGS.iter().filter(|row| {
        let there = row.screens.has(screen) && (row.verb != Verb::Down || screen == Screen::Explore);
        there && !row.hint.is_empty() && last.iter().all(|other| other.verb != row.verb)
    });
    let mut write = |row: &mut Rect, binding: &Binding| {
        let words = hint(binding, screen);
        let end =
            chrome::line(buf, *row, &[(&keys(binding), theme.accent), (" ", theme.dim), (words, theme.dim)], theme);
        row.width = row.right().saturating_sub(end + 2);
        row.x = end + 2;
    };
    for binding in others {
        if hint_width(binding) + reserved <= row.width + 2 {
            write(&mut row, binding);
        }
    }
    for binding in last {
        write(&mut row, binding);
    }
}

/// What a key does, in a word; designs have no steps to take.
fn hint(binding: &Binding, screen: Screen) -> &'static str {
    if binding.verb == Verb::Left && screen == Screen::Compare { "design" } else { binding.hint }
}

fn hint_width(binding: &Binding) -> u16 {
    width(&keys(binding)) + 1 + width(binding.hint) + 2
}

/// The key of a hint, with that of the opposite wish.
fn keys(binding: &Binding) -> String {
    let first = binding.first_key();
    match opposite(binding.verb) {
        Some(other) => format!("{first}/{}", keymap::binding(other).first_key()),
        None => first,
    }
}

const fn opposite(verb: Verb) -> Option<Verb> {
    match verb {
        Verb::Left => Some(Verb::Right),
        Verb::Down => Some(Verb::Up),
        Verb::Hand(part, -1) => Some(Verb::Hand(part, 1)),
        Verb::PanBack => Some(Verb::PanOn),
        Verb::ZoomIn => Some(Verb::ZoomOut),
        _ => None,
    }
}
