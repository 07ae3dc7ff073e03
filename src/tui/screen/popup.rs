//! Popups: why a design does not fit, the tornado chart, the history, menus, the command palette and other text
//! entries.
//!
//! ```text
//!        ┌ Why #77 does not fit ─────────────────────────── Esc close ┐
//!        │ ✗ sensor memory 40.0 KiB exceeds 32.0 KiB at S1.1.expand   │
//!        │ One of these is enough:                                    │
//!        │   raise the sensor memory to 40 KiB              (2 steps) │
//!        └────────────────────────────────────────────────────────────┘
//! ┌ filter ──────────────────────────────────────────────────────────┐
//! │ acc>72 split=S3█                                                 │
//! └──────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
    widgets::Widget,
};

use super::{
    chrome, inspect, optimum,
    popup_frame::{WIDTH, popup, sized},
    running,
    view::View,
};
use crate::{
    cost::KnobChange,
    explore::{Column, DesignSwing, Session},
    network::BoundaryId,
    quantity::{Metric, RelaxDirection, Unit},
    tui::{
        hit::{HitMap, Region},
        model::{command_palette, entry::Purpose, fixes::fixes, screen::Overlay},
        text,
        widget::{Swing, Tornado, fit, width},
    },
};

/// Rows of the palette, and cells of the keys before the words of a command.
const COMMANDS: u16 = 12;
const PALETTE_KEYS: usize = 14;

/// Draws an overlay of the session in the middle of an area.
pub(crate) fn overlay(view: View<'_>, overlay: Overlay, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    match overlay {
        Overlay::Inspect => design(view, area, buf, hits),
        Overlay::Why => why(view, area, buf, hits),
        Overlay::Tornado => tornado(view, area, buf, hits),
        Overlay::Optimum => optimum::draw(view, area, buf, hits),
        Overlay::History => history(view, area, buf, hits),
        Overlay::Running => running::draw(view, area, buf, hits),
        Overlay::Help => {}
    }
}

/// The selected design in figures.
fn design(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let wide = inspect::wide(area.width.saturating_sub(6));
    let rows = u16::try_from(inspect::rows(view, wide)).unwrap_or(u16::MAX);
    let session = view.session;
    let name =
        session.strip().map_or_else(String::new, |strip| format!("Design {}", session.candidate_name(strip.candidate)));
    let inner = sized(view, area, (wide, rows), (&name, "[ ] move the split  b best  Esc close"), buf, hits);
    inspect::draw(view, inner, buf, hits);
}

fn name(session: &Session) -> String {
    session.selected().map_or_else(|| "nothing".to_owned(), |id| session.candidate_name(id))
}

/// Every broken limit with where, and the ways to mend it, to choose from; or how much room there is.
fn why(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, ui } = view;
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
    let ways = fixes(session);
    match ways.as_slice() {
        _ if reasons.is_empty() => {
            let status = session.status().map(|status| status.sentence).unwrap_or_default();
            say(theme.glyphs.yes, &status, theme.good);
        }
        [] => {
            say(' ', "Knobs alone are not enough:", theme.dim);
            for reason in &reasons {
                say(theme.glyphs.infeasible, &reason.fix(), theme.text);
            }
        }
        [several] if several.len() > 1 => say(' ', "No single knob is enough; Enter turns these together:", theme.dim),
        _ => say(' ', "One of these is enough; Enter turns the knob:", theme.dim),
    }
    let choices: Vec<String> = ways.iter().map(|way| way_words(session, way)).collect();
    let title = if reasons.is_empty() {
        format!("{} fits", name(session))
    } else {
        format!("Why {} does not fit", name(session))
    };
    let inner = popup(view, area, lines.len() + choices.len(), (&title, "Esc close"), buf, hits);
    let row = |index: usize| chrome::row(inner, u16::try_from(index).unwrap_or(u16::MAX));
    for (index, (lead, line, style)) in lines.iter().enumerate() {
        chrome::line(buf, row(index), &[(lead, *style), (line, theme.text)], theme);
    }
    for (index, choice) in choices.iter().enumerate() {
        let chosen = index == ui.overlay_row.min(choices.len() - 1);
        let (mark, style) = if chosen { (theme.glyphs.focus, theme.selected) } else { (' ', theme.text) };
        let place = row(lines.len() + index);
        chrome::line(buf, place, &[(&format!("{mark} {choice}"), style)], theme);
        hits.add(place, Region::Row(index));
    }
}

/// Moves of knobs in words, with how far each is.
fn way_words(session: &Session, way: &[KnobChange]) -> String {
    let one = |change: &KnobChange| {
        let count = session.steps_of(change);
        format!("{} ({count} {})", change.instruction(), if count == 1 { "step" } else { "steps" })
    };
    way.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Tornado chart: change of the selected design's latency by each knob.
fn tornado(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, .. } = view;
    let swings = session.tornado();
    let unit = session.unit(Column::Latency);
    let arrow = if theme.glyphs.braille { '→' } else { '>' };
    let percent = Metric::Accuracy.info().unit;
    let points = |change: Option<f64>| {
        change.map(|change| percent.difference(change)).filter(|text| text.starts_with(['+', '-']))
    };
    let judged = swings.iter().any(|swing| points(swing.accuracy_down).or(points(swing.accuracy_up)).is_some());
    let cells = if judged { 40 } else { 26 };
    let texts: Vec<String> = swings
        .iter()
        .map(|swing| {
            let change = |change: Option<f64>| match change {
                Some(seconds) => unit.difference(seconds),
                None => "no fit".to_owned(),
            };
            let split = |split: Option<BoundaryId>| {
                split.map(|id| format!(" {arrow}{}", session.space().boundary_name(id))).unwrap_or_default()
            };
            let is_rated = points(swing.accuracy_down).or(points(swing.accuracy_up)).is_some();
            if !is_rated && let Some(words) = no_effect(swing, session.value(swing.knob), unit) {
                return format!("{words:<cells$}");
            }
            let (down, up) = (change(swing.down_s), change(swing.up_s));
            if judged {
                let about = if swing.accuracy_estimated { theme.glyphs.about.to_string() } else { String::new() };
                let gain =
                    |change: Option<f64>| points(change).map(|text| format!("{about}{text}%")).unwrap_or_default();
                let (less, more) = (gain(swing.accuracy_down), gain(swing.accuracy_up));
                let (split_down, split_up) = (split(swing.split_down), split(swing.split_up));
                return format!("{down:>6}{split_down:<7}{less:>7}{up:>6}{split_up:<7}{more:>7}");
            }
            format!("{down:>6}{:<7}{up:>6}{:<7}", split(swing.split_down), split(swing.split_up))
        })
        .collect();
    let rows: Vec<Swing> = swings
        .iter()
        .zip(&texts)
        .map(|(swing, text)| Swing {
            label: swing.knob.info().label,
            down: swing.down_s.unwrap_or(f64::NAN),
            up: swing.up_s.unwrap_or(f64::NAN),
            text,
        })
        .collect();
    let fills = theme.glyphs.fills;
    let title = format!("What each knob does to the latency of {}", name(session));
    let inner = popup(view, area, rows.len() + 2, (&title, "Esc close"), buf, hits);
    let styles = theme.tornado().styles;
    let head = [
        (fills[2].to_string(), styles.down),
        (" a fifth less  ".to_owned(), theme.dim),
        (fills[0].to_string(), styles.up),
        (format!(" a fifth more; {} each", unit.symbol), theme.dim),
    ];
    let head: Vec<_> = head.iter().map(|(text, style)| (text.as_str(), *style)).collect();
    chrome::line(buf, chrome::row(inner, 0), &head, theme);
    let beside = if judged {
        "beside it the best split if it moves, and the accuracy if it changes"
    } else {
        "beside it the best split if it moves"
    };
    chrome::line(buf, chrome::row(inner, 1), &[(beside, theme.dim)], theme);
    let plot = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
    (&Tornado::new(&rows).look(theme.tornado())).render(plot.intersection(inner), buf);
}

/// Value up to which a knob has no effect, if a fifth more or less changes nothing that the digits show; the value from
/// which the design fits where the present one does not suffice.
fn no_effect(swing: &DesignSwing, present: f64, unit: Unit) -> Option<String> {
    let nothing = |change: Option<f64>| change.is_some_and(|seconds| !unit.difference(seconds).starts_with(['+', '-']));
    if !nothing(swing.down_s) || !nothing(swing.up_s) {
        return None;
    }
    let knob = swing.knob.info();
    let (words, way) = match knob.relax {
        RelaxDirection::Up if swing.needed > present => ("fits", "from"),
        RelaxDirection::Up => ("no effect", "down to"),
        _ if swing.needed < present => ("fits", "up to"),
        RelaxDirection::Down => ("no effect", "up to"),
    };
    Some(match swing.needed {
        needed if needed.is_finite() && needed > 0.0 => {
            format!("{words} {way} {}", swing.knob.format_sufficing(needed))
        }
        _ => "no effect".to_owned(),
    })
}

/// Steps that can be undone, the last at the bottom, then those that can be redone; Enter goes to the chosen place.
fn history(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, ui } = view;
    let (past, future) = (session.history().past(), session.history().future());
    let steps = past.iter().map(|step| (format!("  before {}", step.label), theme.text));
    let now = [("  now".to_owned(), theme.accent)];
    let next = future.iter().rev().map(|step| (format!("  after {}", step.label), theme.dim));
    let rows: Vec<(String, Style)> = steps.chain(now).chain(next).collect();
    let room = usize::from(area.height.saturating_sub(4)).max(1).min(rows.len());
    let at = ui.overlay_row.min(rows.len() - 1);
    let note = "Enter go there  u undo  Ctrl-r redo  Esc close";
    let inner = popup(view, area, room, ("History", note), buf, hits);
    let first = chrome::scrolled(rows.len().saturating_sub(room), at, rows.len(), room);
    for (index, (words, style)) in rows.iter().enumerate().skip(first).take(room) {
        let row = chrome::row(inner, u16::try_from(index - first).unwrap_or(u16::MAX));
        let chosen = index == at;
        chrome::line(buf, row, &[(words, if chosen { theme.selected } else { *style })], theme);
        if chosen {
            chrome::put(buf, row.x, row.y, theme.glyphs.focus, theme.selected);
        }
        hits.add(row, Region::Row(index));
    }
}

/// The menu, if one is open.
pub(crate) fn menu(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { ui, theme, .. } = view;
    let Some(menu) = &ui.menu else { return };
    let words = text::wrap(&menu.text, WIDTH.min(area.width.saturating_sub(2)).saturating_sub(4));
    let gap = usize::from(!words.is_empty() && !menu.choices.is_empty());
    let rows = words.len() + gap + menu.choices.len();
    let inner = popup(view, area, rows, (&menu.title, "Enter choose  Esc close"), buf, hits);
    for (index, line) in words.iter().enumerate() {
        chrome::line(buf, chrome::row(inner, u16::try_from(index).unwrap_or(u16::MAX)), &[(line, theme.text)], theme);
    }
    let room = usize::from(inner.height).saturating_sub(words.len() + gap);
    let first = chrome::scrolled(0, menu.row, menu.choices.len(), room);
    for (index, choice) in menu.choices.iter().enumerate().skip(first).take(room) {
        let row = chrome::row(inner, u16::try_from(words.len() + gap + index - first).unwrap_or(u16::MAX));
        let (mark, style) = if index == menu.row { (theme.glyphs.focus, theme.selected) } else { (' ', theme.text) };
        chrome::line(buf, row, &[(&format!("{mark} {}", choice.label), style)], theme);
        hits.add(row, Region::Row(index));
    }
}

/// The line a text is typed in, if one is, at the bottom of an area; above it the commands that match.
pub(crate) fn entry(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, ui, theme } = view;
    let Some(entry) = &ui.entry else { return };
    let commands =
        if entry.purpose == Purpose::Palette { command_palette::matching(ui, entry.text()) } else { Vec::new() };
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
    let range = session.ranges().selected();
    let (title, note) = match entry.purpose {
        Purpose::Knob => (
            {
                let now = format!(", now {}", range.knob.format(session.value(range.knob)));
                let about = format!("{}{now}", range.info().about);
                if width(&about) + 6 <= area.width { about } else { format!("{}{now}", range.info().label) }
            },
            if range.unit.symbol.is_empty() {
                String::new()
            } else {
                format!("in {} unless a unit is typed", range.unit.symbol)
            },
        ),
        Purpose::Filter => {
            ("filter".to_owned(), "acc>72 split=S3 lat<8 fits measured pinned front #tag, - for not".to_owned())
        }
        Purpose::Palette => ("command".to_owned(), format!("{} found", commands.len())),
        Purpose::HelpSearch => ("search the help".to_owned(), String::new()),
        Purpose::Remember => ("remember the present setup as".to_owned(), String::new()),
        Purpose::Note => (format!("note on {}", name(session)), "#word is a tag; empty removes the note".to_owned()),
    };
    let inner = chrome::pane(buf, area, (&title, &note), true, theme);
    let first = chrome::scrolled(0, entry.row, commands.len(), usize::from(listed));
    for (index, row) in commands.iter().skip(first).take(usize::from(listed)).enumerate() {
        let place = chrome::row(inner, u16::try_from(index).unwrap_or(u16::MAX));
        let (mark, style) =
            if first + index == entry.row { (theme.glyphs.focus, theme.selected) } else { (' ', theme.text) };
        // A key means something else on another screen.
        let screen = command_palette::other_screen(ui, row).map(|screen| format!("{} ", screen.name()));
        let names = screen.unwrap_or_default() + &row.key_names();
        let keys = format!("{mark} {:<PALETTE_KEYS$} ", fit(&names, PALETTE_KEYS as u16, theme.glyphs.ellipsis));
        chrome::line(buf, place, &[(&keys, theme.accent), (row.binding.words, style)], theme);
        hits.add(place, Region::Row(first + index));
    }
    let row = chrome::row(inner, listed);
    // The cursor is a block behind the text, or the reversed character at it.
    let (before, at, after) = entry.around_cursor();
    let (cursor, style) = match at {
        Some(character) => (character.to_string(), theme.text.add_modifier(Modifier::REVERSED)),
        None => (theme.glyphs.fills[0].to_string(), theme.accent),
    };
    let pieces = [(" ", theme.text), (before, theme.text), (&cursor, style), (after, theme.text)];
    let end = chrome::line(buf, row, &pieces, theme);
    if beside {
        let rest = Rect { x: end + 2, width: row.right().saturating_sub(end + 2), ..row };
        chrome::line(buf, rest, &[(&error, theme.bad)], theme);
    }
    for (line, at) in below.iter().zip(listed + 1..) {
        chrome::line(buf, chrome::row(inner, at), &[(" ", theme.bad), (line, theme.bad)], theme);
    }
}
