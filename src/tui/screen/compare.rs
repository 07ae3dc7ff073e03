//! The Compare screen: pinned designs side by side, and all designs on parallel axes.
//!
//! ```text
//! ┌▸Compare ──────────────────────── differences to the baseline ─┐
//! │                     A  #31 (baseline)          B  #40         │
//! │───────────────────────────────────────────────────────────────│
//! │ accuracy %          72.2  ███████▏             72.6  +0.4 ★   │
//! │ ...                                                           │
//! └───────────────────────────────────────────────────────────────┘
//! ┌ Axes ───────────────────────────────── 214 of 2 000 designs ──┐
//! │ latency ms   ↓   2.1 ├···▂▅▇A▅▃[▂▂▁B▁·]·············─┤ 10.3    │
//! └───────────────────────────────────────────────────────────────┘
//! ```
//! On a low screen they take turns.

mod axes;
mod lines;
mod table;

use ratatui::{buffer::Buffer, layout::Rect};

use super::view::View;
use crate::tui::hit::HitMap;

pub(crate) use axes::keep as brushed_filter;

/// From this height on both are shown.
const BOTH: u16 = 30;

/// Draws the screen.
pub(crate) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let focus = view.ui.parallel.focus;
    if area.height < BOTH {
        return if focus { axes::draw(view, area, buf, hits) } else { table::draw(view, area, buf, hits) };
    }
    let rows = axes::rows(area.height / 3);
    let (upper, lower) = super::chrome::cut_top(area, area.height - rows);
    table::draw(view, upper, buf, hits);
    axes::draw(view, lower, buf, hits);
}
