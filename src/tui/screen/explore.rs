//! The Explore screen: the network with its split, knobs, where the time goes, and all designs.
//!
//! ```text
//! ┌ Network ─────────────────────────────────────────────────┐
//! └──────────────────────────────────────────────────────────┘
//! ┌ Knobs ───────────────────┐┌ Latency ─────────────────────┐
//! │                          │└──────────────────────────────┘
//! └──────────────────────────┘┌ Scatter ─────────────────────┐
//! ┌ Designs ─────────────────┐│                              │
//! │                          ││                              │
//! └──────────────────────────┘└──────────────────────────────┘
//! ```
//! The scatter plot has most of its column, as the bars repeat what the table says; only frames in the pipeline take as
//! much as the knobs. Below 110 columns knobs and bars stand side by side, and scatter and table take turns below;
//! where there are few rows the network has two lines and no frame.

use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout, Rect},
};

use super::{
    bars, chrome, inspect, knobs, network, pictures, reach, scatter, table,
    view::{View, WIDE},
};
use crate::{
    explore::BarQuantity,
    tui::{
        hit::HitMap,
        model::{screen::Pane, state::UiState},
    },
};

/// Rows of the framed network: one line of blocks with details, one of marks.
const NETWORK: u16 = 8;
/// Rows of the framed network with a second line of marks.
const NETWORK_TALL: u16 = 9;
/// Rows of the network as a line, in a frame and without one.
const NETWORK_LINE: u16 = 5;
const NETWORK_FLAT: u16 = 3;
/// Columns that a drawn block takes, and what is drawn around the blocks.
const BLOCK: u16 = 7;
const AROUND: u16 = 30;
/// Rows below the knobs for what they mean, and the frame: in a tall area, in a middling one, in a low one.
const SUMMARY: [u16; 3] = [8, 5, 2];
/// Share of the rows that knobs and bars take, and most of them.
const MIDDLE_PERCENT: u16 = 36;
const MAX_MIDDLE: u16 = 24;
/// Fewest rows of scatter plot and table.
const MIN_LOWER: u16 = 6;
/// Rows that pictures take at least below knobs and bars on a narrow screen.
const PICTURES: u16 = 13;
/// Share of their column that bars take above the scatter plot, and fewest rows of them.
const BARS_PERCENT: u16 = 36;
const MIN_BARS: u16 = 5;
/// Fewest and most columns of knobs and table on a wide screen.
const MIN_TABLE: u16 = 58;
const MAX_TABLE: u16 = 96;

/// Areas of the panes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Regions {
    network: Rect,
    network_framed: bool,
    knobs: Rect,
    bars: Rect,
    scatter: Option<Rect>,
    table: Option<Rect>,
}

impl Regions {
    /// The layout of an area, for so many knobs and blocks of a network; `ui` says which pane is below where there is
    /// room for one, and what the bars show.
    pub(crate) fn of(area: Rect, knobs: u16, blocks: u16, ui: &UiState) -> Self {
        let drawn = blocks.saturating_mul(BLOCK).saturating_add(AROUND) <= area.width;
        let network = match area.height {
            46.. if drawn => NETWORK_TALL,
            28.. if drawn => NETWORK,
            28.. => NETWORK_LINE,
            _ => NETWORK_FLAT,
        };
        let [tall, middling, low] = SUMMARY;
        let summary = match area.height {
            40.. => tall,
            28.. => middling,
            _ => low,
        };
        let middle = (area.height * MIDDLE_PERCENT / 100)
            .clamp(knobs + summary, MAX_MIDDLE)
            .min(area.height.saturating_sub(network + MIN_LOWER));
        let rows = |area: Rect, upper: u16| -> [Rect; 2] {
            Layout::vertical([Constraint::Length(upper), Constraint::Fill(1)]).areas(area)
        };
        let columns = |area: Rect, left: u16| -> [Rect; 2] {
            Layout::horizontal([Constraint::Length(left), Constraint::Fill(1)]).areas(area)
        };
        let [top, rest] = rows(area, network);
        let panes = |knobs, bars, scatter, table| Self {
            network: top,
            network_framed: network > NETWORK_FLAT,
            knobs,
            bars,
            scatter,
            table,
        };
        if area.width < WIDE {
            // The knobs scroll; pictures of few rows show nothing.
            let most = if ui.pictures.shown { rest.height.saturating_sub(PICTURES).max(MIN_BARS) } else { rest.height };
            let [upper, lower] = rows(rest, middle.min(most));
            let [knobs, bars] = columns(upper, area.width / 2 - 1);
            let scatter = ui.prefers_scatter;
            return panes(knobs, bars, scatter.then_some(lower), (!scatter).then_some(lower));
        }
        let [left, right] = columns(rest, (area.width / 2).clamp(MIN_TABLE, MAX_TABLE));
        let [knobs, table] = rows(left, middle);
        let few = (rest.height * BARS_PERCENT / 100).clamp(MIN_BARS, MAX_MIDDLE);
        let [bars, scatter] = rows(right, if ui.bar_quantity == BarQuantity::Frames { middle } else { few });
        panes(knobs, bars, Some(scatter), Some(table))
    }
}

/// Draws the screen; the pane with the focus alone if it has the whole of it.
pub(crate) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    if view.ui.maximised {
        return whole(view, area, buf, hits);
    }
    let knobs = u16::try_from(view.session.ranges().all().len()).unwrap_or(u16::MAX);
    // Of the largest network, so that the panes hold still while designs are looked through.
    let blocks = view.session.space().slots().len().saturating_sub(1);
    let blocks = u16::try_from(blocks).unwrap_or(u16::MAX);
    let regions = Regions::of(area, knobs, blocks, view.ui);
    network::draw(view, regions.network, regions.network_framed, buf, hits);
    knobs::draw(view, regions.knobs, buf, hits);
    bars::draw(view, regions.bars, buf, hits);
    if let Some(area) = regions.scatter {
        if view.ui.pictures.shown {
            pictures::draw(view, area, buf, hits);
        } else {
            plot(view, area, buf, hits);
        }
    }
    if let Some(area) = regions.table {
        table::draw(view, area, buf, hits);
    }
}

/// The scatter, or the curve that stands in its pane.
fn plot(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    if view.ui.curve {
        reach::draw(view, area, buf, hits);
    } else {
        scatter::draw(view, area, buf, hits);
    }
}

/// One pane on the whole screen. The network has its splits in figures below it.
fn whole(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    match view.ui.pane {
        Pane::Knobs => knobs::draw(view, area, buf, hits),
        Pane::Network => {
            let (strip, rest) = chrome::cut_top(area, if area.height < 30 { NETWORK_LINE } else { NETWORK_TALL });
            network::draw(view, strip, true, buf, hits);
            let inner = chrome::pane(buf, rest, ("Splits", ""), false, view.theme);
            let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
            inspect::draw(view, inner, buf, hits);
        }
        Pane::Bars => bars::draw(view, area, buf, hits),
        Pane::Scatter => plot(view, area, buf, hits),
        Pane::Pictures => pictures::draw(view, area, buf, hits),
        Pane::Table => table::draw(view, area, buf, hits),
    }
}
