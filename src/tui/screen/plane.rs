//! The plane of the scatter: how far its axes reach, what part of it is shown, zoom and pan.

use super::figure::Figure;
use crate::{
    explore::{Column, Plot, Point, Session},
    tui::{
        state::{UiState, Window},
        widget::{Axis, Scale},
    },
};

/// Points further right than this many times an upper limit do not stretch the axis.
const FAR: f64 = 2.0;
/// Share of the points that may stay outside at the worse end of the axis upwards, and how far from the others they must
/// be for that, as a share of what these take. So a handful of failures does not press the good designs into one row.
const FEW: f64 = 0.05;
const APART: f64 = 0.25;
/// Fewest points of which a few may be left outside.
const MANY: usize = 20;
/// Ticks that the ends of an axis are rounded to.
const ROUND: usize = 9;

/// The two axes in the units of their figures, to the right and upwards.
pub fn axes(session: &Session, ui: &UiState, points: &[Point]) -> [Axis; 2] {
    let plot = session.plot();
    let whole = whole(session, plot, points);
    let Some(window) = ui.window.filter(|window| window.plot == plot) else { return whole };
    let part = |(low, high): (f64, f64), column: Column, axis: Axis| {
        let size = Figure::of(session, column).size;
        Axis::new(low / size, high / size, axis.scale())
    };
    [part(window.right, plot.right, whole[0]), part(window.up, plot.up, whole[1])]
}

/// The value of the limit of a figure in base units, if one is set.
pub fn limit(session: &Session, column: Column) -> Option<f64> {
    let knob = column.limit()?;
    Some(session.value(knob)).filter(|value| !knob.knob().is_unlimited(*value))
}

/// Zooms about a place, given as shares of the axes; above 1 shows less.
pub fn zoom(session: &Session, ui: &mut UiState, factor: f64, at: [f64; 2]) {
    let points = session.points();
    let [right, up] = axes(session, ui, points);
    show(session, ui, points, [right.zoomed(factor, at[0]), up.zoomed(factor, at[1])]);
}

/// Moves by shares of what is shown.
pub fn pan(session: &Session, ui: &mut UiState, shares: [f64; 2]) {
    let points = session.points();
    let [right, up] = axes(session, ui, points);
    show(session, ui, points, [right.panned(shares[0]), up.panned(shares[1])]);
}

/// Where the selected point stands as shares of the axes; the middle if it is not in sight.
pub fn selected(session: &Session, ui: &UiState) -> [f64; 2] {
    let plot = session.plot();
    let axes = axes(session, ui, session.points());
    let place = session.selected_point().and_then(|point| {
        let right = axes[0].fraction(point.right / Figure::of(session, plot.right).size)?;
        Some([right, axes[1].fraction(point.up / Figure::of(session, plot.up).size)?])
    });
    place.filter(|place| place.iter().all(|share| (0.0..=1.0).contains(share))).unwrap_or([0.5, 0.5])
}

/// Holds the axes as they are, so that they do not stretch while a limit is dragged. Whether that is new.
pub fn hold(session: &Session, ui: &mut UiState) -> bool {
    let plot = session.plot();
    let new = ui.window.is_none_or(|window| window.plot != plot);
    if new {
        let [right, up] = axes(session, ui, session.points());
        ui.window = Some(window(session, plot, right, up));
    }
    new
}

/// Shows a part of the plane; everything, if the part holds it.
fn show(session: &Session, ui: &mut UiState, points: &[Point], [right, up]: [Axis; 2]) {
    let plot = session.plot();
    let all = whole(session, plot, points);
    let holds = |part: Axis, all: Axis| part.low() <= all.low() && part.high() >= all.high();
    ui.window = Some(window(session, plot, right, up)).filter(|_| !(holds(right, all[0]) && holds(up, all[1])));
}

/// What two axes show, in base units.
fn window(session: &Session, plot: Plot, right: Axis, up: Axis) -> Window {
    let ends = |axis: Axis, column: Column| {
        let size = Figure::of(session, column).size;
        (axis.low() * size, axis.high() * size)
    };
    Window { plot, right: ends(right, plot.right), up: ends(up, plot.up) }
}

/// Axes that hold all points and the limits. What is far beyond an upper limit is left outside, and what few are far below
/// the others where more is better.
fn whole(session: &Session, plot: Plot, points: &[Point]) -> [Axis; 2] {
    let right = right_ends(points, limit(session, plot.right).filter(|_| !plot.right.descends()), plot.log_right);
    let up = up_ends(points, plot.up.descends(), plot.log_up);
    let axis = |ends: [f64; 2], column: Column, log: bool| {
        let size = Figure::of(session, column).size;
        let values = ends.into_iter().chain(limit(session, column)).map(|value| value / size);
        if log {
            return Axis::fit(values, Scale::Log).padded(0.04);
        }
        let axis = rounded(Axis::fit(values, Scale::Linear));
        // No accuracy is more than all of it.
        let most = if column == Column::Accuracy { 1.0 / size } else { f64::INFINITY };
        if axis.high() > most && axis.low() < most { Axis::new(axis.low(), most, Scale::Linear) } else { axis }
    };
    [axis(right, plot.right, plot.log_right), axis(up, plot.up, plot.log_up)]
}

/// Ends of the points to the right, without those far beyond an upper limit, unless most are there.
fn right_ends(points: &[Point], upper: Option<f64>, log: bool) -> [f64; 2] {
    let values = || points.iter().map(|point| point.right);
    let [low, high] = ends(values(), log);
    match upper.map(|limit| limit * FAR).filter(|most| high > *most) {
        Some(most) if 2 * values().filter(|value| *value <= most).count() >= points.len() => {
            ends(values().filter(|value| *value <= most), log)
        }
        _ => [low, high],
    }
}

/// Ends of the points upwards; where more is better, without few that are far below the others.
fn up_ends(points: &[Point], descends: bool, log: bool) -> [f64; 2] {
    let values = || points.iter().map(|point| point.up);
    let [low, high] = ends(values(), log);
    if !descends || points.len() < MANY {
        return [low, high];
    }
    let few = (points.len() as f64 * FEW) as usize;
    // Only if the lowest of the others is above this, the lowest of all is far below it.
    let least = (low + high * APART) / (1.0 + APART);
    if values().filter(|value| *value <= least).count() > few {
        return [low, high];
    }
    let mut sorted: Vec<f64> = values().collect();
    let (_, &mut lowest, _) = sorted.select_nth_unstable_by(few, f64::total_cmp);
    let floor = lowest - (high - lowest) * APART;
    ends(values().filter(|value| *value >= floor), log)
}

/// The lowest and the highest of some values; on a logarithmic axis of those that are positive.
fn ends(values: impl Iterator<Item = f64>, log: bool) -> [f64; 2] {
    values.filter(|value| !log || *value > 0.0).fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| {
        [if value < low { value } else { low }, if value > high { value } else { high }]
    })
}

/// The axis extended to the next round value at both ends, so that it holds still while points move a little.
fn rounded(axis: Axis) -> Axis {
    let ticks = axis.ticks(ROUND);
    let [first, second, ..] = ticks.as_slice() else { return axis.padded(0.05) };
    let step = second.value - first.value;
    let low = (axis.low() / step - 1e-9).floor() * step;
    let high = (axis.high() / step + 1e-9).ceil() * step;
    Axis::new(low, high, Scale::Linear)
}
