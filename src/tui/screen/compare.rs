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
//! ┌ Paradigms ───────────────────────────────── #31 with 6 sensors ┐
//! │ communication      60 B ✓ (✓)     6.00 KiB ✗ (✗)      1.50 KiB │
//! └────────────────────────────────────────────────────────────────┘
//! ```
//! On a low screen they take turns; on most others the axes and the paradigms do.

mod axes;
mod lines;
mod paradigms;
mod table;

use ratatui::{buffer::Buffer, layout::Rect};

use super::{chrome, view::View};
use crate::tui::{hit::HitMap, model::screen::ComparePane};

pub(crate) use axes::keep as brushed_filter;

/// From this height on the pinned designs stay above the focused pane.
const BOTH: u16 = 30;
/// From this height and width on all panes are shown.
const ALL: (u16, u16) = (50, 160);

/// Draws the screen.
pub(crate) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let pane = view.ui.compare_pane;
    if area.height < BOTH {
        return match pane {
            ComparePane::Pins => table::draw(view, area, buf, hits),
            ComparePane::Axes => axes::draw(view, area, buf, hits),
            ComparePane::Paradigms => paradigms::draw(view, area, buf, hits),
        };
    }
    let all = area.height >= ALL.0 && area.width >= ALL.1;
    let below = if all || pane == ComparePane::Paradigms { paradigms::ROWS } else { axes::rows(area.height / 3) };
    let (upper, lower) = chrome::cut_top(area, area.height - below);
    table::draw(view, upper, buf, hits);
    if all {
        let (left, right) = chrome::cut_left(lower, lower.width / 2);
        axes::draw(view, left, buf, hits);
        paradigms::draw(view, right, buf, hits);
    } else if pane == ComparePane::Paradigms {
        paradigms::draw(view, lower, buf, hits);
    } else {
        axes::draw(view, lower, buf, hits);
    }
}
