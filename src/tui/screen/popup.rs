//! What lies over a screen: why a design does not fit, the tornado, the history, menus, and the line a text is typed in.
//!
//! ```text
//!        ┌ Why #77 does not fit ─────────────────────────── Esc close ┐
//!        │ ✗ sensor memory 40.0 KiB exceeds 32.0 KiB at S1.1.expand   │
//!        │ One of these would do:                                     │
//!        │   raise sensor RAM to 40 KiB                     2 stops   │
//!        └────────────────────────────────────────────────────────────┘
//! ┌ filter ──────────────────────────────────────────────────────────┐
//! │ acc>72 split=S3█                                                 │
//! └──────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::{buffer::Buffer, layout::Rect, style::Style, widgets::Widget};

use super::{View, chrome};
use crate::{
    explore::{Ease, Overlay, Session},
    tui::{
        dispatch,
        hit::{HitMap, Target},
        state::Purpose,
        text,
        widget::{Swing, Tornado},
    },
};

/// Cells of a popup, where there is room.
const WIDTH: u16 = 78;
/// Rows of the palette.
const COMMANDS: u16 = 12;

/// Draws an overlay of the session in the middle of an area.
pub fn overlay(view: View<'_>, overlay: Overlay, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    match overlay {
        Overlay::Why => why(view, area, buf, hits),
        Overlay::Tornado => tornado(view, area, buf, hits),
        Overlay::History => history(view, area, buf, hits),
        Overlay::Help => {}
    }
}

/// An empty popup with room for so many rows; returns what is inside.
fn popup(view: View<'_>, area: Rect, rows: usize, titles: (&str, &str), buf: &mut Buffer, hits: &mut HitMap) -> Rect {
    let rows = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2);
    let area = chrome::centred(area, WIDTH.min(area.width.saturating_sub(2)), rows);
    chrome::clear(buf, area);
    hits.add(area, Target::Popup);
    let inner = chrome::pane(buf, area, titles, true, view.theme);
    Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
}

fn name(session: &Session) -> String {
    session.selected().map_or_else(|| "nothing".to_owned(), |id| format!("#{id}"))
}

/// Every broken limit with where, and what would help; or how much room there is.
fn why(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, .. } = view;
    let width = WIDTH.min(area.width.saturating_sub(2)).saturating_sub(6);
    let reasons = session.why();
    let mut lines: Vec<(String, String, Style)> = Vec::new();
    let mut say = |mark: char, sentence: &str, style: Style| {
        for (index, line) in text::wrap(sentence, width).into_iter().enumerate() {
            let lead = if index == 0 { format!("{mark} ") } else { "  ".to_owned() };
            lines.push((lead, line, style));
        }
    };
    for reason in &reasons {
        say(theme.glyphs.no, &reason.sentence(), theme.bad);
    }
    if reasons.is_empty() {
        let status = session.status().map(|status| status.sentence).unwrap_or_default();
        say(theme.glyphs.yes, &status, theme.good);
    } else {
        let fixes = session.fixes();
        say(' ', "", theme.text);
        if fixes.is_empty() {
            say(' ', "No single knob is enough. Together:", theme.dim);
            for reason in &reasons {
                say(theme.glyphs.focus, &reason.fix(), theme.text);
            }
        } else {
            say(' ', "One of these is enough:", theme.dim);
        }
        for fix in &fixes {
            let knob = fix.knob.knob();
            let way = if knob.ease == Ease::Up { "raise" } else { "lower" };
            let steps = if fix.stops == 1 { "step" } else { "steps" };
            let words = format!("{way} {} to {} ({} {steps})", knob.label, knob.show(fix.value), fix.stops);
            say(theme.glyphs.focus, &words, theme.text);
        }
    }
    let title = if reasons.is_empty() {
        format!("{} fits", name(session))
    } else {
        format!("Why {} does not fit", name(session))
    };
    let inner = popup(view, area, lines.len(), (&title, "Esc close"), buf, hits);
    for (index, (lead, line, style)) in lines.iter().enumerate() {
        let row = chrome::row(inner, u16::try_from(index).unwrap_or(u16::MAX));
        chrome::line(buf, row, &[(lead, *style), (line, theme.text)], theme);
    }
}

/// How much each knob matters to the latency of the selected design.
fn tornado(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, .. } = view;
    let swings = session.tornado();
    let arrow = if theme.glyphs.braille { '→' } else { '>' };
    let texts: Vec<String> = swings
        .iter()
        .map(|swing| {
            let change = |change: Option<f64>| match change {
                Some(seconds) if seconds.abs() < 5e-6 => "0".to_owned(),
                Some(seconds) => format!("{:+.2}", seconds * 1e3),
                None => "no fit".to_owned(),
            };
            let split = |split: Option<u8>| {
                split.map(|id| format!(" {arrow}{}", session.space().boundary_name(id))).unwrap_or_default()
            };
            let (down, up) = (change(swing.down_s), change(swing.up_s));
            format!("{down:>6}{:<7}{up:>6}{:<7}", split(swing.split_down), split(swing.split_up))
        })
        .collect();
    let rows: Vec<Swing> = swings
        .iter()
        .zip(&texts)
        .map(|(swing, text)| Swing {
            label: swing.knob.knob().label,
            down: swing.down_s.map_or(f64::NAN, |seconds| seconds * 1e3),
            up: swing.up_s.map_or(f64::NAN, |seconds| seconds * 1e3),
            text,
        })
        .collect();
    let fills = theme.glyphs.fills;
    let title = format!("What each knob does to the latency of {}", name(session));
    let inner = popup(view, area, rows.len() + 2, (&title, "Esc close"), buf, hits);
    let head = format!("{} a fifth less  {} a fifth more; ms each, and the best split if it moves", fills[2], fills[0]);
    chrome::line(buf, chrome::row(inner, 0), &[(&head, theme.dim)], theme);
    let plot = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
    (&Tornado::new(&rows).styles(theme.tornado()).glyphs(theme.glyphs)).render(plot.intersection(inner), buf);
}

/// Steps that can be undone, the last at the bottom, and those that can be redone below.
fn history(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, .. } = view;
    let (past, future) = (session.past(), session.future());
    let room = usize::from(area.height.saturating_sub(4)).max(2);
    let ahead = future.len().min(room / 3);
    let behind = past.len().min(room - ahead - 1);
    let inner = popup(view, area, behind + ahead + 1, ("History", "u undo  Ctrl-r redo  Esc close"), buf, hits);
    let steps = past[past.len() - behind..].iter().map(|step| ("  ", step.label.as_str(), theme.text));
    let now = [("", "now", theme.accent)];
    let next = future[future.len() - ahead..].iter().rev().map(|step| ("  ", step.label.as_str(), theme.dim));
    for (index, (lead, label, style)) in steps.chain(now).chain(next).enumerate() {
        let row = chrome::row(inner, u16::try_from(index).unwrap_or(u16::MAX));
        chrome::line(buf, row, &[(lead, style), (label, style)], theme);
    }
}

/// The menu, if one is open.
pub fn menu(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { ui, theme, .. } = view;
    let Some(menu) = &ui.menu else { return };
    let words = text::wrap(&menu.text, WIDTH.min(area.width.saturating_sub(2)).saturating_sub(4));
    let gap = usize::from(!words.is_empty() && !menu.choices.is_empty());
    let rows = words.len() + gap + menu.choices.len();
    let inner = popup(view, area, rows, (&menu.title, "Enter choose  Esc close"), buf, hits);
    for (index, line) in words.iter().enumerate() {
        chrome::line(buf, chrome::row(inner, u16::try_from(index).unwrap_or(u16::MAX)), &[(line, theme.text)], theme);
    }
    for (index, choice) in menu.choices.iter().enumerate() {
        let row = chrome::row(inner, u16::try_from(words.len() + gap + index).unwrap_or(u16::MAX));
        let (mark, style) = if index == menu.at { (theme.glyphs.focus, theme.selected) } else { (' ', theme.text) };
        chrome::line(buf, row, &[(&format!("{mark} {}", choice.label), style)], theme);
        hits.add(row, Target::Row(index));
    }
}

/// The line a text is typed in, if one is, at the bottom of an area; above it the commands that match.
pub fn entry(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, ui, theme } = view;
    let Some(entry) = &ui.entry else { return };
    let commands = if entry.purpose == Purpose::Palette {
        dispatch::commands(ui, session.ui().screen, &entry.text)
    } else {
        Vec::new()
    };
    let listed = u16::try_from(commands.len()).unwrap_or(u16::MAX).min(COMMANDS);
    let height = (listed + 3).min(area.height);
    let area = Rect { y: area.bottom() - height, height, ..area };
    chrome::clear(buf, area);
    hits.add(area, Target::Popup);
    let dial = session.selected_dial();
    let (title, note) = match entry.purpose {
        Purpose::Knob => (
            format!("{}, now {}", dial.knob().about, dial.knob().show(session.value(dial.id))),
            if dial.unit.is_empty() { String::new() } else { format!("in {} unless a unit is typed", dial.unit) },
        ),
        Purpose::Filter => {
            ("filter".to_owned(), "acc>72 split=S3 lat<8 fits measured pinned front, - for not".to_owned())
        }
        Purpose::Palette => ("command".to_owned(), format!("{} found", commands.len())),
        Purpose::HelpSearch => ("search the help".to_owned(), String::new()),
        Purpose::Remember => ("remember the present setup as".to_owned(), String::new()),
    };
    let inner = chrome::pane(buf, area, (&title, &note), true, theme);
    let first = chrome::scrolled(0, entry.at, commands.len(), usize::from(listed));
    for (index, row) in commands.iter().skip(first).take(usize::from(listed)).enumerate() {
        let place = chrome::row(inner, u16::try_from(index).unwrap_or(u16::MAX));
        let (mark, style) =
            if first + index == entry.at { (theme.glyphs.focus, theme.selected) } else { (' ', theme.text) };
        let keys = format!("{mark} {:<14} ", row.key_names());
        chrome::line(buf, place, &[(&keys, theme.accent), (row.binding.words, style)], theme);
        hits.add(place, Target::Row(first + index));
    }
    let row = chrome::row(inner, listed);
    let cursor = theme.glyphs.fills[0].to_string();
    let end = chrome::line(buf, row, &[(" ", theme.text), (&entry.text, theme.text), (&cursor, theme.accent)], theme);
    if let Some(error) = dispatch::error(session, entry) {
        let rest = Rect { x: end + 2, width: row.right().saturating_sub(end + 2), ..row };
        chrome::line(buf, rest, &[(&error, theme.bad)], theme);
    }
}
