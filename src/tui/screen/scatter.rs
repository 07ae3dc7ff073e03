//! All designs: accuracy over latency, with the limits drawn in. Before anything is measured, the size of the network
//! stands on the vertical axis, and says so.
//!
//! ```text
//! ┌ Accuracy % over latency ms ──────── ● front ◆ selected ○ fits · does not ┐
//! │ 75 ┤                      ●   ┊                                          │
//! │    │           ◆  ○           ┊   ·                                      │
//! │ 70 ┤┈┈┈┈●┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┊┈┈┈┈┈┈┈                                   │
//! │    └────────10─────────────20─────────────                               │
//! └──────────────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::{View, chrome};
use crate::{
    explore::{CandidateId, KnobId, Pane, Point, PointClass, Vertical},
    tui::{
        hit::{HitMap, Target},
        widget::{Axis, Mark, Scale, Scatter, width},
    },
};

/// How near a press must be to a point, in columns.
const REACH: u16 = 4;
/// Points further right than this many times the latency limit do not stretch the axis.
const FAR: f64 = 2.0;

/// Draws the pane.
pub fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, .. } = view;
    let focus = session.ui().pane == Pane::Scatter;
    hits.add(area, Target::Pane(Pane::Scatter));
    let glyphs = theme.glyphs;
    let up = match session.vertical() {
        Vertical::Accuracy => "Accuracy %",
        Vertical::Macs => "MMAC (not measured)",
    };
    let title = format!("{up} over latency ms");
    let [front, selected, fits, not] = [glyphs.front, glyphs.selected, glyphs.feasible, glyphs.infeasible];
    let legends = [
        format!("{front} front  {selected} selected  {fits} fits  {not} does not"),
        format!("{front} front {fits} fits {not} not"),
    ];
    let legend = legends.iter().find(|legend| width(legend) + width(&title) + 9 < area.width);
    let inner = chrome::pane(buf, area, (&title, legend.map_or("", String::as_str)), focus, theme);
    with_scatter(view, |scatter, _| scatter.render(inner, buf));
    hits.add(inner, Target::Scatter);
}

/// The design whose point is nearest to a cell, if one is near.
pub fn nearest(view: View<'_>, area: Rect, x: u16, y: u16) -> Option<CandidateId> {
    with_scatter(view, |scatter, points| {
        scatter.nearest(area, x, y, REACH).and_then(|index| points.get(index)).map(|point| point.candidate)
    })
}

fn with_scatter<R>(view: View<'_>, then: impl FnOnce(&Scatter<'_>, &[Point]) -> R) -> R {
    let View { session, theme, .. } = view;
    let vertical = session.vertical();
    let points: Vec<Point> = session.points().collect();
    let size = if vertical == Vertical::Accuracy { 0.01 } else { 1e6 };
    let marks: Vec<Mark> = points.iter().map(|point| mark(view, point, size)).collect();
    let limit = session.value(KnobId::LatencyLimit) * 1e3;
    let floor = session.value(KnobId::AccuracyFloor) / size;
    let x = {
        let most = if limit.is_finite() { limit * FAR } else { f64::INFINITY };
        let near = marks.iter().map(|mark| mark.x).filter(|x| *x <= most);
        round(Axis::fit(near.chain(Some(limit).filter(|limit| limit.is_finite())), Scale::Linear))
    };
    let y = round(Axis::fit(marks.iter().map(|mark| mark.y), Scale::Linear));
    let selected = points.iter().position(|point| point.selected);
    let mut scatter = Scatter::new(&marks, x, y).selected(selected).styles(theme.scatter()).glyphs(theme.glyphs);
    if limit.is_finite() {
        scatter = scatter.limit_x(limit);
    }
    if vertical == Vertical::Accuracy && floor > 0.0 {
        scatter = scatter.limit_y(floor);
    }
    then(&scatter, &points)
}

fn mark(view: View<'_>, point: &Point, size: f64) -> Mark {
    let theme = view.theme;
    let glyphs = theme.glyphs;
    let (glyph, style, layer) = match (point.pin, point.class) {
        (Some(pin), _) => (pin, theme.pins[(pin as usize - 'A' as usize) % theme.pins.len()], 3),
        (None, PointClass::Front) => (glyphs.front, theme.front, 2),
        (None, PointClass::Feasible) => (glyphs.feasible, theme.feasible, 1),
        (None, PointClass::Infeasible) => (glyphs.infeasible, theme.infeasible, 0),
    };
    Mark { x: point.latency_s * 1e3, y: point.vertical / size, glyph, style, layer }
}

/// The axis extended to the next round value at both ends, so that it holds still while points move a little.
fn round(axis: Axis) -> Axis {
    let ticks = axis.ticks(6);
    let [first, second, ..] = ticks.as_slice() else { return axis.padded(0.05) };
    let step = second.value - first.value;
    let low = (axis.low() / step - 1e-9).floor() * step;
    let high = (axis.high() / step + 1e-9).ceil() * step;
    Axis::new(low, high, Scale::Linear)
}
