//! The mouse between two events: the last press, and what is being dragged.

use ratatui::layout::Rect;

use super::{axes::PlotSide, scatter_window::ScatterExtent};
use crate::{explore::DesignPart, quantity::Knob, tui::widget::Axis};

/// A press of the left button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Press {
    /// Column and row of the cell that was pressed.
    pub(crate) at: (u16, u16),
    /// Time in milliseconds since the program began.
    pub(crate) ms: u64,
}

/// Object that the mouse drags while a button is down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Drag {
    /// A knob on its track.
    Knob(Knob, Rect),
    /// Split or fusion on the network strip.
    Strip(DesignPart, Rect),
    /// Line of a limit in the scatter plot.
    Limit {
        /// Knob of the limit.
        knob: Knob,
        /// Axis that the line crosses.
        side: PlotSide,
        /// Inside of the pane.
        area: Rect,
        /// Part of the plot to show again afterwards.
        extent: ScatterExtent,
    },
    /// The scatter plot inside an area, grabbed at a cell.
    Scatter(Rect, (u16, u16)),
    /// Crosshair of the curves over a plot with this x axis.
    Curves(Rect, Axis),
    /// Position of a replay on its bar.
    Replay(Rect),
    /// Brush of a parallel axis over its track, begun at a share of it.
    Brush(usize, Rect, f64),
}
