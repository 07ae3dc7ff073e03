//! Curves over steps or evaluations, as Train and Search show them: a window on x, a crosshair, values read off there.

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::view::View;
use crate::tui::{
    hit::{HitMap, Region},
    model::{curves::CurveView, interval::Interval},
    widget::{Axis, Curve, CurveSeries, Scale},
};

/// Axes of a chart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axes {
    /// The newest x of all series.
    pub(crate) last: f64,
    /// Scale of x.
    pub(crate) x: Scale,
    /// Scale of y.
    pub(crate) y: Scale,
    /// Fixed bounds of y; else those of what is shown.
    pub(crate) bounds: Option<Interval>,
}

/// Draws curves and notes where their plot is.
pub(crate) fn draw(
    view: View<'_>,
    curves: &CurveView,
    series: &[CurveSeries<'_>],
    axes: Axes,
    area: Rect,
    buf: &mut Buffer,
    hits: &mut HitMap,
) {
    let window = curves.window(axes.last);
    let x = Axis::new(window.low, window.high, axes.x);
    let shown = series.iter().flat_map(|one| within(one.points, window)).map(|(_, value)| *value);
    let y = match axes.bounds {
        Some(bounds) => Axis::new(bounds.low, bounds.high, axes.y),
        None => Axis::fit(shown, axes.y).padded(0.04),
    };
    let curve = Curve::new(series, x, y).cursor(curves.crosshair).look(view.theme.curve());
    let plot = curve.plot_area(area);
    (&curve).render(area, buf);
    hits.add(plot, Region::Curves { x });
}

/// Samples in a window of x, which ascend.
fn within(points: &[(f64, f64)], window: Interval) -> &[(f64, f64)] {
    let from = points.partition_point(|(x, _)| *x < window.low);
    let to = points.partition_point(|(x, _)| *x <= window.high);
    &points[from.min(to)..to]
}

/// The value at the crosshair: that of the last sample up to it, of the first one if there is none; the newest value
/// where no crosshair is.
pub(crate) fn read_off(points: &[(f64, f64)], cursor: Option<f64>) -> Option<f64> {
    let index = cursor.map_or(points.len(), |cursor| points.partition_point(|(x, _)| *x <= cursor));
    points.get(index.saturating_sub(1)).map(|(_, value)| *value)
}

/// Each sample the mean of itself and at most `count - 1` before it. What is no number breaks the line and is left out
/// of means; a single sample that stands far out still shows, as a step of that height over `count`.
pub(crate) fn smoothed(points: &[(f64, f64)], count: usize) -> Vec<(f64, f64)> {
    let (mut sum, mut numbers) = (0.0, 0_usize);
    let mut smooth = Vec::with_capacity(points.len());
    for (index, &(x, value)) in points.iter().enumerate() {
        if value.is_finite() {
            (sum, numbers) = (sum + value, numbers + 1);
        }
        if let Some((_, gone)) = index.checked_sub(count).map(|gone| points[gone]).filter(|(_, gone)| gone.is_finite())
        {
            (sum, numbers) = (sum - gone, numbers - 1);
        }
        let mean = if value.is_finite() { sum / numbers as f64 } else { f64::NAN };
        smooth.push((x, mean));
    }
    smooth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_off_at_the_crosshair() {
        let points = [(1.0, 10.0), (3.0, 30.0), (5.0, 50.0)];
        let at = |cursor| read_off(&points, cursor);
        assert_eq!([at(None), at(Some(4.0)), at(Some(3.0)), at(Some(0.0))], [50.0, 30.0, 30.0, 10.0].map(Some));
        assert_eq!(read_off(&[], Some(1.0)), None);
        assert_eq!(within(&points, Interval::new(2.0, 5.0)), &points[1..]);
        assert!(within(&points, Interval::new(6.0, 9.0)).is_empty());
    }

    #[test]
    fn means_pass_over_what_is_no_number() {
        let points = [(1.0, 2.0), (2.0, 4.0), (3.0, f64::NAN), (4.0, 6.0), (5.0, 8.0)];
        let smooth = smoothed(&points, 2);
        let values: Vec<f64> = smooth.iter().map(|point| point.1).collect();
        assert_eq!((values[0], values[1], values[3], values[4]), (2.0, 3.0, 6.0, 7.0));
        assert!(values[2].is_nan());
    }
}
