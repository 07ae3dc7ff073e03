//! The line that a text is typed in: values of knobs, filters, notes, the command palette.
//!
//! ```text
//! ┌ filter ──────────────────────────────────────────────────────────┐
//! │ acc>72 split=S3█                                                 │
//! └──────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::{buffer::Buffer, layout::Rect, style::Modifier};

use super::{chrome, popup_frame::selected_name, view::View};
use crate::tui::{
    hit::{HitMap, Region},
    keymap::KeyRow,
    model::{
        command_palette,
        entry::{Entry, Purpose},
    },
    text,
    widget::{fit, width},
};

/// Rows of the palette, and cells of the keys before the words of a command.
const COMMANDS: u16 = 12;
const PALETTE_KEYS: usize = 14;

/// Draws the line at the bottom of an area, if a text is typed; above it the commands that match.
pub(crate) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, ui, theme } = view;
    let Some(entry) = &ui.entry else { return };
    let is_palette = entry.purpose == Purpose::Palette;
    let commands = if is_palette { command_palette::matching(ui, entry.text()) } else { Vec::new() };
    let listed = u16::try_from(commands.len()).unwrap_or(u16::MAX).min(COMMANDS);
    let error = entry.error(session).unwrap_or_default();
    // An error stands beside the text, or below it where there is no room.
    let beside = width(entry.text()) + width(&error) + 6 <= area.width;
    let below = if beside { Vec::new() } else { text::wrap(&error, area.width.saturating_sub(4)) };
    let rows = u16::try_from(below.len()).unwrap_or(0);
    let height = (listed + 3 + rows).min(area.height);
    let area = Rect { y: area.bottom() - height, height, ..area };
    chrome::clear(buf, area);
    hits.add(area, Region::Popup);
    let (title, note) = titles(view, entry, commands.len(), area.width);
    let inner = chrome::pane(buf, area, (&title, &note), true, theme);
    let first = chrome::scrolled(0, entry.row, commands.len(), usize::from(listed));
    for (index, row) in commands.iter().enumerate().skip(first).take(usize::from(listed)) {
        let place = chrome::row(inner, u16::try_from(index - first).unwrap_or(u16::MAX));
        command(view, row, index == entry.row, place, buf);
        hits.add(place, Region::Row(index));
    }
    let row = chrome::row(inner, listed);
    let end = typed(view, entry, row, buf);
    if beside {
        let rest = Rect { x: end + 2, width: row.right().saturating_sub(end + 2), ..row };
        chrome::line(buf, rest, &[(&error, theme.bad)], theme);
    }
    for (line, at) in below.iter().zip(listed + 1..) {
        chrome::line(buf, chrome::row(inner, at), &[(" ", theme.bad), (line, theme.bad)], theme);
    }
}

/// Title of the pane and the note beside it; `found` commands match.
fn titles(View { session, .. }: View<'_>, entry: &Entry, found: usize, room: u16) -> (String, String) {
    let plain = |title: &str| (title.to_owned(), String::new());
    match entry.purpose {
        Purpose::Knob => {
            let range = session.ranges().selected();
            let now = format!(", now {}", range.knob.format(session.value(range.knob)));
            let about = format!("{}{now}", range.info().about);
            let title = if width(&about) + 6 <= room { about } else { format!("{}{now}", range.info().label) };
            let unit = range.unit.symbol;
            let note = if unit.is_empty() { String::new() } else { format!("in {unit} unless a unit is typed") };
            (title, note)
        }
        Purpose::Filter => {
            let terms = "acc>72 split=S3 lat<8 fits measured pinned front #tag, - for not";
            ("filter".to_owned(), terms.to_owned())
        }
        Purpose::Palette => ("command".to_owned(), format!("{found} found")),
        Purpose::HelpSearch => plain("search the help"),
        Purpose::Remember => plain("remember the present setup as"),
        Purpose::Note => {
            (format!("note on {}", selected_name(session)), "#word is a tag; empty removes the note".to_owned())
        }
    }
}

/// A command of the palette with its keys.
fn command(View { ui, theme, .. }: View<'_>, row: &KeyRow<'_>, is_chosen: bool, place: Rect, buf: &mut Buffer) {
    let (mark, style) = if is_chosen { (theme.glyphs.focus, theme.selected) } else { (' ', theme.text) };
    // A key means something else on another screen.
    let screen = command_palette::other_screen(ui, row).map(|screen| format!("{} ", screen.name()));
    let names = screen.unwrap_or_default() + &row.key_names();
    let keys = format!("{mark} {:<PALETTE_KEYS$} ", fit(&names, PALETTE_KEYS as u16, theme.glyphs.ellipsis));
    chrome::line(buf, place, &[(&keys, theme.accent), (row.binding.words, style)], theme);
}

/// The text with its cursor: a block behind it, or the reversed character at it. Returns the column of its end.
fn typed(View { theme, .. }: View<'_>, entry: &Entry, row: Rect, buf: &mut Buffer) -> u16 {
    let (before, at, after) = entry.around_cursor();
    let (cursor, style) = match at {
        Some(character) => (character.to_string(), theme.text.add_modifier(Modifier::REVERSED)),
        None => (theme.glyphs.fills[0].to_string(), theme.accent),
    };
    let pieces = [(" ", theme.text), (before, theme.text), (&cursor, style), (after, theme.text)];
    chrome::line(buf, row, &pieces, theme)
}
