//! The visible part of the scatter plot: how far its axes reach, zoom and pan.

use super::{axes::PlotAxes, interval::Interval};
use crate::{
    explore::{Column, Point, PointClass, Session},
    tui::widget::{Axis, Scale},
};

/// Visible part of the scatter plot.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum ScatterExtent {
    /// The front, as it moves.
    #[default]
    Front,
    /// All points and the limits.
    All,
    /// A part that was zoomed or panned to.
    Window(ScatterWindow),
}

/// Part of the scatter plot cut out by hand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ScatterWindow {
    /// Axes it was cut out of; it does not apply to others.
    pub(crate) plot: PlotAxes,
    /// Values to the right, in base units.
    pub(crate) right: Interval,
    /// Values upwards, in base units.
    pub(crate) up: Interval,
}

/// Points further right than this many times an upper limit do not stretch the axis.
const FAR: f64 = 2.0;
/// Share of the points that may stay outside at the worse end of the axis upwards, and how far from the others they
/// must be for that, as a share of what these take. So a handful of failures does not press the good designs into one
/// row.
const FEW: f64 = 0.05;
const APART: f64 = 0.25;
/// Fewest points of which a few may be left outside.
const MANY: usize = 20;
/// Fewest designs on a front that the plot follows, and share of them that may stay outside at the worse end of the
/// axis upwards if they are far from the others.
const FEWEST: usize = 2;
const QUARTER: f64 = 0.25;
/// Shares by which a limit and the selected design may stretch an axis that follows the front.
const LIMIT_STRETCH: f64 = 0.5;
const SELECTION_STRETCH: f64 = 1.0;
/// Ticks that the ends of an axis are rounded to.
const ROUND: usize = 9;
/// Shares of an axis below which two of its ends are the same.
const SAME: f64 = 1e-6;

/// Value of the limit of a figure in base units, if one is set.
pub(crate) fn limit(session: &Session, column: Column) -> Option<f64> {
    let knob = column.limit()?;
    let value = session.value(knob);
    (!knob.is_unlimited(value)).then_some(value)
}

/// The scatter plot of a session under a view. Methods that zoom and pan return the new visible part.
#[derive(Clone, Copy)]
pub(crate) struct ScatterView<'a> {
    session: &'a Session,
    plot: PlotAxes,
    extent: ScatterExtent,
}

impl<'a> ScatterView<'a> {
    /// The scatter plot with its axes as drawn. A window cut out of other axes does not apply.
    pub(crate) fn new(session: &'a Session, plot: PlotAxes, extent: ScatterExtent) -> Self {
        let extent = match extent {
            ScatterExtent::Window(window) if window.plot != plot => ScatterExtent::Front,
            extent => extent,
        };
        Self { session, plot, extent }
    }

    /// The points.
    pub(crate) fn points(&self) -> &'a [Point] {
        self.session.points(self.plot.up, self.plot.right)
    }

    /// Point of the selected design as overridden; `None` if a figure of it is unknown.
    pub(crate) fn selected_point(&self) -> Option<Point> {
        self.session.selected_point(self.plot.up, self.plot.right)
    }

    /// The two axes in the units of their figures, to the right and upwards.
    pub(crate) fn axes(&self) -> [Axis; 2] {
        let window = match self.extent {
            ScatterExtent::Front => return self.around_front(),
            ScatterExtent::All => return self.whole(),
            ScatterExtent::Window(window) => window,
        };
        let part = |part: Interval, column: Column, log: bool| {
            let Interval { low, high } = part.in_units(self.size(column));
            Axis::new(low, high, if log { Scale::Log } else { Scale::Linear })
        };
        [part(window.right, self.plot.right, self.plot.log_right), part(window.up, self.plot.up, self.plot.log_up)]
    }

    /// Zooms about a place, given as shares of the axes; a factor above 1 shows less.
    pub(crate) fn zoomed(&self, factor: f64, at: [f64; 2]) -> ScatterExtent {
        let [right, up] = self.axes();
        self.show(right.zoomed(factor, at[0]), up.zoomed(factor, at[1]))
    }

    /// Pans by shares of what is shown.
    pub(crate) fn panned(&self, shares: [f64; 2]) -> ScatterExtent {
        let [right, up] = self.axes();
        self.show(right.panned(shares[0]), up.panned(shares[1]))
    }

    /// Position of the selected point as shares of the axes; the middle if it is not visible.
    pub(crate) fn selected_place(&self) -> [f64; 2] {
        let axes = self.axes();
        let place = self.selected_point().and_then(|point| {
            let right = axes[0].fraction(point.right / self.size(self.plot.right))?;
            Some([right, axes[1].fraction(point.up / self.size(self.plot.up))?])
        });
        place.filter(|place| place.iter().all(|share| (0.0..=1.0).contains(share))).unwrap_or([0.5, 0.5])
    }

    /// Window that holds the axes as they are, so that they do not stretch while a limit is dragged.
    pub(crate) fn frozen(&self) -> ScatterExtent {
        let [right, up] = self.axes();
        ScatterExtent::Window(self.window_of(right, up))
    }

    fn size(&self, column: Column) -> f64 {
        self.session.unit(column).size
    }

    /// Shows a part of the plot: all if the part holds it, the front if it is just that.
    fn show(&self, right: Axis, up: Axis) -> ScatterExtent {
        let (all, front) = (self.whole(), self.around_front());
        let holds = |part: Axis, all: Axis| part.low() <= all.low() && part.high() >= all.high();
        let same = |part: Axis, other: Axis| {
            let ends = [part.fraction(other.low()), part.fraction(other.high())];
            ends.into_iter().zip([0.0, 1.0]).all(|(end, own)| end.is_some_and(|end| (end - own).abs() < SAME))
        };
        if same(right, front[0]) && same(up, front[1]) {
            return ScatterExtent::Front;
        }
        if holds(right, all[0]) && holds(up, all[1]) {
            return ScatterExtent::All;
        }
        ScatterExtent::Window(self.window_of(right, up))
    }

    /// The part that two axes show, in base units.
    fn window_of(&self, right: Axis, up: Axis) -> ScatterWindow {
        let ends = |axis: Axis, column: Column| {
            let size = self.size(column);
            Interval::new(axis.low() * size, axis.high() * size)
        };
        ScatterWindow { plot: self.plot, right: ends(right, self.plot.right), up: ends(up, self.plot.up) }
    }

    /// Axes that hold all points and the limits. Points far beyond an upper limit are left outside, and a few that are
    /// far below the others where more is better.
    fn whole(&self) -> [Axis; 2] {
        let (session, plot, points) = (self.session, self.plot, self.points());
        let upper = if plot.right.descends() { None } else { limit(session, plot.right) };
        let right = right_ends(points, upper, plot.log_right);
        let up = up_ends(points, plot.up.descends(), plot.log_up);
        let axis = |part: Interval, column, log| {
            let limit = limit(session, column).into_iter();
            self.rounded(column, log, part.ends().into_iter().chain(limit))
        };
        [axis(right, plot.right, plot.log_right), axis(up, plot.up, plot.log_up)]
    }

    /// Axes that hold the front, but for the worst of it if that is far from the rest; those of all points if there is
    /// hardly a front. The limits and the selected design are left outside where they would press the front together.
    fn around_front(&self) -> [Axis; 2] {
        let plot = self.plot;
        let front = || self.points().iter().filter(|point| point.class == PointClass::Front);
        if front().count() < FEWEST {
            return self.whole();
        }
        let up = front_ends(front().map(|point| point.up).collect(), plot.up.descends(), plot.log_up);
        let shown = front().filter(|point| up.contains(point.up));
        let right = ends(shown.map(|point| point.right), plot.log_right);
        let selected = self.selected_point();
        let axis = |part: Interval, column, log, selected: Option<f64>| {
            let scale = if log { Scale::Log } else { Scale::Linear };
            let fitted = Axis::fit(part.ends(), scale);
            let near = |value: &f64, stretch: f64| {
                fitted.fraction(*value).is_some_and(|share| (-stretch..=1.0 + stretch).contains(&share))
            };
            let limit = limit(self.session, column).filter(|value| near(value, LIMIT_STRETCH));
            let selected = selected.filter(|value| near(value, SELECTION_STRETCH));
            self.rounded(column, log, part.ends().into_iter().chain(limit).chain(selected))
        };
        [
            axis(right, plot.right, plot.log_right, selected.map(|point| point.right)),
            axis(up, plot.up, plot.log_up, selected.map(|point| point.up)),
        ]
    }

    /// Axis that holds values given in base units, to the next round values.
    fn rounded(&self, column: Column, log: bool, values: impl Iterator<Item = f64>) -> Axis {
        let size = self.size(column);
        let values = values.map(|value| value / size);
        if log {
            return Axis::fit(values, Scale::Log).padded(0.04);
        }
        let axis = rounded(Axis::fit(values, Scale::Linear));
        // No accuracy is above 100 %.
        let most = if column == Column::Accuracy { 1.0 / size } else { f64::INFINITY };
        if axis.high() > most && axis.low() < most { Axis::new(axis.low(), most, Scale::Linear) } else { axis }
    }
}

/// Ends of the points to the right, without those far beyond an upper limit, unless most are there.
fn right_ends(points: &[Point], upper: Option<f64>, log: bool) -> Interval {
    let values = || points.iter().map(|point| point.right);
    let all = ends(values(), log);
    match upper.map(|limit| limit * FAR).filter(|most| all.high > *most) {
        Some(most) if 2 * values().filter(|value| *value <= most).count() >= points.len() => {
            ends(values().filter(|value| *value <= most), log)
        }
        _ => all,
    }
}

/// Ends of the points upwards; where more is better, without few that are far below the others.
fn up_ends(points: &[Point], descends: bool, log: bool) -> Interval {
    let values = || points.iter().map(|point| point.up);
    if !descends || points.len() < MANY {
        return ends(values(), log);
    }
    let floor = floor_of_most(values().collect(), FEW);
    ends(values().filter(|value| *value >= floor), log)
}

/// Ends of the front upwards, without a quarter of it that is far worse than the rest.
fn front_ends(front: Vec<f64>, descends: bool, log: bool) -> Interval {
    let worth = |value: f64| if descends { value } else { -value };
    let floor = floor_of_most(front.iter().map(|value| worth(*value)).collect(), QUARTER);
    ends(front.into_iter().filter(|value| worth(*value) >= floor), log)
}

/// Lowest value to show of some, of which there is one at least: that of all; or, if a share of at most `few` is far
/// below the others, the end of what counts as near to these.
fn floor_of_most(mut values: Vec<f64>, few: f64) -> f64 {
    let few = (values.len() as f64 * few) as usize;
    let Interval { low, high } = ends(values.iter().copied(), false);
    let (_, &mut lowest, _) = values.select_nth_unstable_by(few, f64::total_cmp);
    let near = lowest - (high - lowest) * APART;
    if low < near { near } else { low }
}

/// The lowest and the highest of some values; on a logarithmic axis of those that are positive.
fn ends(values: impl Iterator<Item = f64>, log: bool) -> Interval {
    Interval::of(values.filter(|value| !log || *value > 0.0))
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
