//! The Explore screen: knobs, the network with its split, where the time goes, and all designs.
//!
//! From 110 columns on:
//! ```text
//! ┌ Knobs ─────────────┐┌ Network ─────────────────────────────┐
//! │                    ││                                      │
//! │                    │└──────────────────────────────────────┘
//! │                    │┌ Latency ─────────────────────────────┐
//! │                    ││                                      │
//! └────────────────────┘└──────────────────────────────────────┘
//! ┌ Scatter ─────────────────────┐┌ Designs ───────────────────┐
//! │                              ││                            │
//! └──────────────────────────────┘└────────────────────────────┘
//! ```
//! Below that, the network goes over the whole width (two lines without a frame where there are few rows), and scatter
//! and table take turns.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{View, WIDE, bars, knobs, network, scatter, table};
use crate::tui::hit::HitMap;

/// Rows of the framed network.
const NETWORK: u16 = 9;
/// Rows of the network without a frame.
const NETWORK_FLAT: u16 = 3;
/// Fewest rows with a framed network on a narrow screen.
const TALL: u16 = 30;

/// Where each region is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Regions {
    knobs: Rect,
    network: Rect,
    network_framed: bool,
    bars: Rect,
    scatter: Option<Rect>,
    table: Option<Rect>,
}

impl Regions {
    /// The layout of an area. `dials` is the number of knobs; `scatter` says which pane is below where there is room for
    /// one.
    pub fn of(area: Rect, dials: u16, scatter: bool) -> Self {
        if area.width >= WIDE { Self::wide(area, dials) } else { Self::narrow(area, dials, scatter) }
    }

    fn wide(area: Rect, dials: u16) -> Self {
        let least = (dials + 7).max(NETWORK + 6);
        let upper = (area.height * 46 / 100).clamp(least, 34).min(area.height.saturating_sub(8));
        let left = (area.width * 36 / 100).clamp(42, 72);
        let right = Rect { x: area.x + left, width: area.width - left, height: upper, ..area };
        let lower = Rect { y: area.y + upper, height: area.height - upper, ..area };
        let table = (lower.width / 2).clamp(58, 96);
        Self {
            knobs: Rect { width: left, height: upper, ..area },
            network: Rect { height: NETWORK, ..right },
            network_framed: true,
            bars: Rect { y: right.y + NETWORK, height: upper - NETWORK, ..right },
            scatter: Some(Rect { width: lower.width - table, ..lower }),
            table: Some(Rect { x: lower.right() - table, width: table, ..lower }),
        }
    }

    fn narrow(area: Rect, dials: u16, scatter: bool) -> Self {
        let framed = area.height >= TALL - 4;
        let network = if framed { NETWORK } else { NETWORK_FLAT };
        let middle = (dials + if framed { 6 } else { 3 }).min(area.height.saturating_sub(network + 6));
        let left = area.width / 2 - 1;
        let knobs = Rect { y: area.y + network, width: left, height: middle, ..area };
        let lower = Rect { y: knobs.bottom(), height: area.height - network - middle, ..area };
        Self {
            knobs,
            network: Rect { height: network, ..area },
            network_framed: framed,
            bars: Rect { x: area.x + left, width: area.width - left, ..knobs },
            scatter: scatter.then_some(lower),
            table: (!scatter).then_some(lower),
        }
    }
}

/// Draws the screen.
pub fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let dials = u16::try_from(view.session.dials().len()).unwrap_or(u16::MAX);
    let regions = Regions::of(area, dials, view.ui.scatter);
    network::draw(view, regions.network, regions.network_framed, buf, hits);
    knobs::draw(view, regions.knobs, buf, hits);
    bars::draw(view, regions.bars, buf, hits);
    if let Some(area) = regions.scatter {
        scatter::draw(view, area, buf, hits);
    }
    if let Some(area) = regions.table {
        table::draw(view, area, buf, hits);
    }
}
