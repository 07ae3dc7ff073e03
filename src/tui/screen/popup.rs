//! Popups: why a design does not fit, the history and menus.
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

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::{
    chrome, inspect, optimum,
    popup_frame::{WIDTH, popup, selected_name, sized},
    running, tornado,
    view::View,
};
use crate::{
    cost::KnobChange,
    explore::Session,
    tui::{
        hit::{HitMap, Region},
        model::{fixes::fixes, screen::Overlay},
        text,
    },
};

/// Draws an overlay of the session in the middle of an area.
pub(crate) fn overlay(view: View<'_>, overlay: Overlay, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    match overlay {
        Overlay::Inspect => design(view, area, buf, hits),
        Overlay::Why => why(view, area, buf, hits),
        Overlay::Tornado => tornado::draw(view, area, buf, hits),
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
        format!("{} fits", selected_name(session))
    } else {
        format!("Why {} does not fit", selected_name(session))
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
