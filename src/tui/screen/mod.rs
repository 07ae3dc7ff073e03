//! Screens: pure pictures of a session.
//!
//! [`draw`] draws the screen that is shown and returns where everything is; nothing here changes anything. One file a
//! region. Invariants: any size draws without panic; what is told by colour is told by a glyph or a word too; figures
//! keep their unit and width while they change; nothing that can't be done is offered.
//!
//! ```text
//!  header       name, tabs, what is going on
//!  explore | train | search | compare
//!  replay       how far a run that is replayed has been told
//!  status       a sentence: how the selected design stands, or a message
//!  hints        the keys that matter here
//! ```

mod bars;
mod chart;
mod chrome;
mod compare;
mod entry;
mod explore;
mod footer;
mod frames;
mod header;
mod help;
mod inspect;
mod knobs;
mod network;
mod optimum;
mod pictures;
mod popup;
mod popup_frame;
mod reach;
mod replay_bar;
mod running;
mod scatter;
mod search;
mod table;
mod tornado;
mod tour;
mod train;
mod view;

use ratatui::{Frame, buffer::Buffer, layout::Rect, style::Style};

use super::{
    hit::HitMap,
    model::{
        axes::PlotSide,
        screen::{Overlay, Screen},
        state::UiState,
    },
    text,
    theme::Theme,
};
use crate::explore::{CandidateId, Session};
use crate::quantity::Knob;
use crate::record::ObjectPictures;

pub(crate) use compare::brushed_filter;
#[cfg(test)]
pub(crate) use tour::ROWS as CAPTION_ROWS;
use view::MIN_SIZE;
pub use view::View;

/// Draws the screen and returns where everything is.
pub(crate) fn view(session: &Session, theme: &Theme, ui: &UiState, frame: &mut Frame<'_>) -> HitMap {
    let area = frame.area();
    draw(View { session, ui, theme }, area, frame.buffer_mut())
}

/// Draws the screen into a buffer.
pub fn draw(view: View<'_>, area: Rect, buf: &mut Buffer) -> HitMap {
    let mut hits = HitMap::new(view.ui.table_first, view.ui.page);
    if area.width < MIN_SIZE.0 || area.height < MIN_SIZE.1 {
        too_small(area, buf);
        return hits;
    }
    // A caption says more than the sentence.
    let status = if view.ui.tour.is_some() { 0 } else { footer::status_rows(area) };
    let top = Rect { height: 1, ..area };
    let replay = match view.ui.tour {
        Some(_) => tour::rows(area),
        None => u16::from(view.ui.replay.is_some()),
    };
    let body = Rect { y: area.y + 1, height: area.height - 2 - status - replay, ..area };
    header::draw(view, top, buf, &mut hits);
    match view.ui.screen {
        Screen::Explore => explore::draw(view, body, buf, &mut hits),
        Screen::Train => train::draw(view, body, buf, &mut hits),
        Screen::Search => search::draw(view, body, buf, &mut hits),
        Screen::Compare => compare::draw(view, body, buf, &mut hits),
    }
    let between = Rect { y: body.bottom(), height: replay, ..area };
    match (&view.ui.tour, &view.ui.replay) {
        (Some(caption), _) => tour::draw(view, caption, between, buf),
        (None, Some(position)) => replay_bar::draw(view, position, between, buf, &mut hits),
        (None, None) => {}
    }
    footer::draw(view, Rect { y: body.bottom() + replay, height: status + 1, ..area }, buf);
    match view.ui.overlay {
        Some(Overlay::Help) => help::draw(view, body, buf, &mut hits),
        Some(overlay) => popup::overlay(view, overlay, body, buf, &mut hits),
        None => {}
    }
    popup::menu(view, body, buf, &mut hits);
    entry::draw(view, Rect { height: area.height - 1, ..area }, buf, &mut hits);
    if !view.theme.glyphs.braille {
        in_ascii(buf);
    }
    hits
}

/// Draws the pictures of an object: all cameras where there is room, else the first; a caption below them.
pub(crate) fn object(theme: &Theme, pictures: &ObjectPictures, caption: &str, area: Rect, buf: &mut Buffer) {
    let lines = text::wrap_broken(caption, area.width.saturating_sub(2));
    let height = area.height.saturating_sub(u16::try_from(lines.len()).unwrap_or(u16::MAX));
    pictures::show(theme, pictures, 0, Rect { height, ..area }, buf);
    for (line, at) in lines.iter().zip(height..) {
        chrome::line(buf, chrome::row(area, at), &[(&format!(" {line}"), theme.dim)], theme);
    }
}

/// Writes signs of sentences in plain characters where the terminal may lack them: micro, about, published.
fn in_ascii(buf: &mut Buffer) {
    for cell in &mut buf.content {
        let plain = match cell.symbol() {
            "\u{b5}" => 'u',
            "≈" => '~',
            "†" => '^',
            _ => continue,
        };
        cell.set_char(plain);
    }
}

/// The boundary that a press at a cell of the strip means, and the fusion it means.
pub(crate) fn strip_at(view: View<'_>, area: Rect, x: u16, y: u16) -> Option<network::StripHit> {
    network::hit(view, area, x, y)
}

/// The limit whose line is at a cell of the scatter, and the axis it crosses.
pub(crate) fn limit_at(view: View<'_>, area: Rect, x: u16, y: u16) -> Option<(Knob, PlotSide)> {
    scatter::limit_at(view, area, x, y)
}

/// The value of an axis of the scatter at a cell, in base units.
pub(crate) fn value_at(view: View<'_>, area: Rect, side: PlotSide, x: u16, y: u16) -> f64 {
    scatter::value_at(view, area, side, x, y)
}

/// Cells of the scatter plot without its axes.
pub(crate) fn plot_area(view: View<'_>, area: Rect) -> Rect {
    scatter::plot_area(view, area)
}

/// The design whose point is at or near a cell of the scatter.
pub(crate) fn point_at(view: View<'_>, area: Rect, x: u16, y: u16) -> Option<CandidateId> {
    scatter::nearest(view, area, x, y)
}

/// The design whose point is at or near a cell of what a search found.
pub(crate) fn found_at(view: View<'_>, area: Rect, x: u16, y: u16) -> Option<CandidateId> {
    search::nearest(view, area, x, y)
}

/// Below the smallest size: one sentence.
fn too_small(area: Rect, buf: &mut Buffer) {
    let (width, height) = MIN_SIZE;
    let text = format!(
        "This terminal is {}x{}; splitscope needs {width}x{height}. Enlarge it, or type q to quit and use `splitscope \
         cost`.",
        area.width, area.height
    );
    for (index, line) in super::text::wrap(&text, area.width.max(1)).iter().enumerate() {
        let row = chrome::row(area, u16::try_from(index).unwrap_or(u16::MAX));
        if !row.is_empty() {
            buf.set_stringn(row.x, row.y, line, usize::from(row.width), Style::new());
        }
    }
}
