//! Frame of a popup: a bordered, cleared rectangle in the middle of an area.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{chrome, view::View};
use crate::{
    explore::Session,
    tui::hit::{HitMap, Region},
};

/// Cells of a popup, where there is room.
pub(super) const WIDTH: u16 = 78;

/// An empty popup with room for so many rows; returns what is inside.
pub(super) fn popup(
    view: View<'_>,
    area: Rect,
    rows: usize,
    titles: (&str, &str),
    buf: &mut Buffer,
    hits: &mut HitMap,
) -> Rect {
    let rows = u16::try_from(rows).unwrap_or(u16::MAX);
    sized(view, area, (WIDTH.min(area.width.saturating_sub(2)) - 4, rows), titles, buf, hits)
}

/// An empty popup with room for so many columns and rows, at most what the area has.
pub(super) fn sized(
    view: View<'_>,
    area: Rect,
    (columns, rows): (u16, u16),
    titles: (&str, &str),
    buf: &mut Buffer,
    hits: &mut HitMap,
) -> Rect {
    let whole = area;
    let area = chrome::centred(area, columns.saturating_add(4), rows.saturating_add(2));
    // With a blank column on each side, so that no half of a sign below is left.
    let blank = Rect { x: area.x.saturating_sub(1), width: area.width + 2, ..area };
    chrome::clear(buf, blank.intersection(whole));
    hits.add(area, Region::Popup);
    let inner = chrome::pane(buf, area, titles, true, view.theme);
    Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
}

/// Name of the selected candidate.
pub(super) fn selected_name(session: &Session) -> String {
    session.selected().map_or_else(|| "nothing".to_owned(), |id| session.candidate_name(id))
}
