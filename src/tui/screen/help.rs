//! The help: every key of this screen, from the one table, with a search.
//!
//! ```text
//! ┌ Help: Explore ──────────────────────────── / search  Esc close ─┐
//! │ Move                                                            │
//! │   Tab          go to the next pane                              │
//! │ ...                                                             │
//! │ Marks  ▚ front  ◆ selected  ⢣ fits  · does not                  │
//! └─────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::{buffer::Buffer, layout::Rect};

use super::{chrome, view::View};
use crate::tui::{
    command::{RowMove, UserCommand},
    hit::{HitMap, Region},
    keymap::{Group, Screens},
    text,
};

/// Cells of the keys.
const KEYS: usize = 14;
/// Fewest cells of a column of the help.
const COLUMN: u16 = 74;
/// Most cells of one.
const WIDEST: u16 = 100;
/// Cells of a column before the words and behind them.
const AROUND: u16 = KEYS as u16 + 5;

/// Draws the help over an area.
pub(crate) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { theme, ui, .. } = view;
    let columns = (area.width.saturating_sub(4) / COLUMN).clamp(1, 3);
    let column = (area.width.saturating_sub(4) / columns).clamp(COLUMN, WIDEST);
    let lines = wrapped(lines(view), column.saturating_sub(AROUND));
    let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX).div_ceil(columns);
    let area = chrome::centred(area, columns * column + 4, rows + 2);
    chrome::clear(buf, area);
    hits.add(area, Region::Popup);
    let title = format!("Help: {}", ui.screen.name());
    let room = usize::from(area.height.saturating_sub(2));
    let shown = room * usize::from(columns);
    // The first column scrolls; the others go on where the one before ends.
    let first = ui.help_first.min(lines.len().saturating_sub(shown));
    let keys = |command: UserCommand| ui.keys.key(command);
    let place = if lines.len() > shown {
        format!(
            "{}-{} of {}  {}/{} scroll  ",
            first + 1,
            first + shown,
            lines.len(),
            keys(UserCommand::Rows(RowMove::Down)),
            keys(UserCommand::Rows(RowMove::Up))
        )
    } else {
        String::new()
    };
    let found = if ui.help_search.is_empty() {
        let find = if Screens::DESIGNS.has(ui.screen) { UserCommand::Filter } else { UserCommand::SearchHelp };
        format!("{} search", keys(find))
    } else {
        let found = lines.iter().filter(|(keys, _)| keys.as_ref().is_some_and(|keys| !keys.is_empty())).count();
        match found {
            0 => format!("nothing found for {}", ui.help_search),
            found => format!("{found} found for {}", ui.help_search),
        }
    };
    let note = format!("{place}{found}  {} close", keys(UserCommand::Back));
    let inner = chrome::pane(buf, area, (&title, &note), true, theme);
    let width = inner.width / columns;
    for (index, (keys, words)) in lines.iter().skip(first).take(room * usize::from(columns)).enumerate() {
        let column = u16::try_from(index / room.max(1)).unwrap_or(0);
        let row = chrome::row(inner, u16::try_from(index % room.max(1)).unwrap_or(u16::MAX));
        let cell = Rect { x: row.x + column * width, width, ..row };
        match keys {
            Some(keys) => {
                chrome::line(buf, cell, &[(&format!("   {keys:<KEYS$} "), theme.accent), (words, theme.text)], theme)
            }
            None => chrome::line(buf, cell, &[(&format!(" {words}"), theme.dim)], theme),
        };
    }
    hits.page = room;
}

/// Rows whose words have at most so many cells; what has more goes on in rows with empty keys.
fn wrapped(lines: Vec<(Option<String>, String)>, cells: u16) -> Vec<(Option<String>, String)> {
    let mut rows = Vec::new();
    for (mut keys, words) in lines {
        for line in text::wrap(&words, cells) {
            let of_first = keys.as_mut().map(std::mem::take);
            rows.push((of_first, line));
        }
    }
    rows
}

/// Headings (without keys) and rows.
fn lines(view: View<'_>) -> Vec<(Option<String>, String)> {
    let search = &view.ui.help_search;
    let mut lines = Vec::new();
    for group in Group::ALL {
        let rows: Vec<_> = view
            .ui
            .rows()
            .filter(|row| row.binding.group == group && row.matches(search))
            .map(|row| (Some(row.key_names()), row.binding.words.to_owned()))
            .collect();
        if !rows.is_empty() {
            lines.push((None, group.title().to_owned()));
            lines.extend(rows);
        }
    }
    if search.is_empty() {
        let glyphs = view.theme.glyphs;
        lines.push((None, "Marks".to_owned()));
        let row = |mark: String, words: &str| (Some(mark), words.to_owned());
        lines.push(row(
            format!("{} {} {}", glyphs.front_mark(), glyphs.feasible_mark(), glyphs.infeasible),
            "on the front, fits, does not fit",
        ));
        lines.push(row(format!("{} {}", glyphs.selected, glyphs.focus), "selected, has the focus"));
        lines.push(row(format!("{} {}", glyphs.yes, glyphs.no), "meets all limits, breaks one"));
        lines.push(row(
            format!("{no}link {no}lat", no = glyphs.no),
            "a split there misses the latency limit: the link takes longest, another stage does; also mem (sensor \
             memory), wt (weights), en (energy), rate, acc, leak, chip (operators)",
        ));
        lines.push(row("? -".to_owned(), "measured with another number of sensors, not known"));
        let (about, plus_minus) = (glyphs.about, glyphs.plus_minus);
        lines.push(row(
            format!("{about}93 {plus_minus}2"),
            "predicted from measured designs, with half its 90 % interval; ranked by the lower end",
        ));
        lines.push(row(
            format!("{}79.8", glyphs.published),
            "published for networks of this size; the loss of a splitting module is not in it",
        ));
        lines.push(row(
            format!("{} {}", glyphs.estimated_front, glyphs.estimated_mark()),
            "predicted or published: on the front, fits",
        ));
        lines.push(row(
            "1 of 950".to_owned(),
            "row selected, of designs that differ: candidates that are one design at their best splits share a row",
        ));
        lines.push((None, "Mouse".to_owned()));
        lines.push(row("click".to_owned(), "select; on the network: move the split; on a heading: sort"));
        lines.push(row(
            "double click".to_owned(),
            "type a knob's value, look into a design; on a frame: the whole screen",
        ));
        lines.push(row("drag".to_owned(), "move a knob, split or fusion, a limit in the scatter; pan the scatter"));
        lines.push(row("right drag".to_owned(), "inspect the scatter or the curves: a crosshair with its values"));
        lines.push(row("wheel".to_owned(), "move a knob, the split or the selection; zoom scatter and curves"));
    }
    lines
}
