//! A sweep as a picture: best accuracy, or least latency where no accuracy is known, against one knob, with the places
//! where the best split changes.

use std::fmt::Write as _;

use super::axis::{Axis, Scale};
use super::chart::{Chart, PlacedAxis};
use super::document::SvgDocument;
use crate::explore::{AccuracyFigure, AccuracyKind, SweepPoint, precisions_in_words};
use crate::quantity::{Knob, KnobScale, Metric, Unit};
use crate::record::Precision;
use crate::space::SearchSpace;

const CHART: Chart = Chart { left: 64.0, right: 930.0, top: 60.0, bottom: 488.0 };
const COLOUR: &str = "#0072b2";

/// One point of the curve.
struct CurvePoint {
    x: f64,
    y: f64,
    accuracy: Option<AccuracyFigure>,
    split: String,
}

impl CurvePoint {
    fn precision(&self) -> Option<Precision> {
        self.accuracy.map(|figure| figure.precision)
    }

    /// Returns `false` if it has an accuracy that was not measured.
    fn is_measured(&self) -> bool {
        self.accuracy.is_none_or(|figure| figure.kind == AccuracyKind::Measured)
    }
}

/// Draws a sweep over a knob. The curve has gaps where no design meets the limits, or, of accuracies, where that of the
/// best one is not known.
pub(crate) fn draw(space: &SearchSpace, profile: &str, knob: Knob, points: &[SweepPoint]) -> String {
    SweepPicture::new(space, knob, points).draw(&space.name, profile)
}

/// A sweep as it is drawn.
struct SweepPicture {
    knob: Knob,
    unit: Unit,
    /// Values of the knob in its unit, lowest and highest.
    ends: [f64; 2],
    /// Places in the order of the knob; `None` where the curve has a gap.
    places: Vec<Option<CurvePoint>>,
    /// The curve is of accuracies.
    has_accuracies: bool,
    /// Accuracies are in both precisions.
    is_mixed: bool,
}

impl SweepPicture {
    fn new(space: &SearchSpace, knob: Knob, points: &[SweepPoint]) -> Self {
        let unit = knob.info().dimension.unit_for(points.get(points.len() / 2).map_or(0.0, |point| point.value));
        let is_known = |point: &SweepPoint| point.best.as_ref().is_some_and(|best| best.figure().is_some());
        let has_accuracies = points.iter().any(is_known);
        let place = |point| curve_point(space, point, unit.size, has_accuracies);
        let places: Vec<Option<CurvePoint>> = points.iter().map(place).collect();
        let xs = || points.iter().map(|point| point.value / unit.size).filter(|x| x.is_finite());
        let ends = [xs().fold(f64::INFINITY, f64::min), xs().fold(0.0, f64::max)];
        let is_in = |wanted: Precision| places.iter().flatten().any(|point| point.precision() == Some(wanted));
        let is_mixed = Precision::ALL.into_iter().all(is_in);
        Self { knob, unit, ends, places, has_accuracies, is_mixed }
    }

    fn curve(&self) -> impl Iterator<Item = &CurvePoint> {
        self.places.iter().flatten()
    }

    fn draw(&self, space: &str, profile: &str) -> String {
        let (x, y) = (self.x(), self.y());
        let label = self.knob.label();
        let metric = if self.has_accuracies { Metric::Accuracy } else { Metric::Latency };
        let hollow = if self.curve().all(CurvePoint::is_measured) {
            ""
        } else {
            "; hollow: not measured, ranked by the lower end of its interval"
        };
        let title = format!("{space} on {profile}: best design against {label}{hollow}");
        let description = format!("{} of the best design by {label}", metric.info().label);
        let mut out = CHART.begin(&title, &description, &x, &y);
        let (mut line, mut is_open) = (String::new(), false);
        let mut split: Option<&str> = None;
        for place in &self.places {
            let Some(point) = place else {
                // The curve has a gap.
                is_open = false;
                continue;
            };
            let (at, height) = (x.at(point.x), y.at(point.y));
            let _ = write!(line, "{}{at:.1} {height:.1}", if is_open { "L" } else { "M" });
            is_open = true;
            self.mark(point, at, &y, &mut out);
            if split.replace(&point.split) != Some(&point.split) {
                mark_split(&point.split, at, &mut out);
            }
        }
        if !line.is_empty() {
            out.path(&format!("fill=\"none\" stroke=\"{COLOUR}\" stroke-width=\"1.5\""), &line);
        }
        out.end_group();
        out.finish()
    }

    /// Axis of the knob.
    fn x(&self) -> PlacedAxis {
        let [low, high] = self.ends;
        let is_logarithmic = matches!(self.knob.info().scale, KnobScale::Decades | KnobScale::Octaves);
        let scale = if is_logarithmic && low > 0.0 { Scale::Log } else { Scale::Linear };
        let title = format!("{}, {}", self.knob.label(), self.unit.symbol);
        CHART.along(Axis::new(low, high, scale), title.trim_end_matches([',', ' ']).to_owned())
    }

    /// Axis of the accuracy or latency.
    fn y(&self) -> PlacedAxis {
        let low = self.curve().map(low_of).fold(f64::INFINITY, f64::min);
        let high = self.curve().map(high_of).fold(0.0, f64::max);
        let pad = ((high - low) * 0.08).max(if self.has_accuracies { 1.0 } else { high * 0.02 });
        let (top, title) = if self.has_accuracies {
            let precisions = precisions_in_words(self.curve().filter_map(CurvePoint::precision));
            let squares = if self.is_mixed { " (squares: float)" } else { "" };
            ((high + pad).min(100.0), format!("accuracy of the best design in {precisions}, %{squares}"))
        } else {
            (high + pad, "latency of the best design, ms".to_owned())
        };
        CHART.upward(Axis::new((low - pad).max(0.0), top, Scale::Linear), title)
    }

    /// Mark of a point with the interval of its accuracy.
    fn mark(&self, point: &CurvePoint, at: f64, y: &PlacedAxis, out: &mut SvgDocument) {
        if let Some(figure) = &point.accuracy {
            let (low, high) = (y.at(figure.low * 100.0), y.at(figure.high * 100.0));
            let style = format!("fill=\"none\" stroke=\"{COLOUR}\" stroke-opacity=\"0.35\"");
            out.path(&style, &format!("M{at:.1} {low:.1}V{high:.1}"));
        }
        // Hollow where it was not measured.
        let fill = if point.is_measured() { COLOUR } else { "#ffffff" };
        let height = y.at(point.y);
        let shape = if self.is_mixed && point.precision() == Some(Precision::Float) {
            format!("rect x=\"{:.1}\" y=\"{:.1}\" width=\"6\" height=\"6\"", at - 3.0, height - 3.0)
        } else {
            format!("circle cx=\"{at:.1}\" cy=\"{height:.1}\" r=\"3\"")
        };
        out.element(&format!("{shape} fill=\"{fill}\" stroke=\"{COLOUR}\""));
    }
}

/// Line at the place from which another split is the best.
fn mark_split(split: &str, at: f64, out: &mut SvgDocument) {
    let place = format!("x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#444444\"", CHART.top - 8.0);
    out.text(&place, split);
    let dashed = "fill=\"none\" stroke=\"#bbbbbb\" stroke-dasharray=\"3 4\"";
    out.path(dashed, &format!("M{at:.1} {}V{}", CHART.top, CHART.bottom));
}

fn curve_point(space: &SearchSpace, point: &SweepPoint, unit: f64, accuracies: bool) -> Option<CurvePoint> {
    let best = point.best.as_ref()?;
    let accuracy = best.figure();
    let y = if accuracies { accuracy?.value * 100.0 } else { best.evaluation.latency.total_s() * 1e3 };
    let split = space.boundary_name(best.design.split).to_owned();
    Some(CurvePoint { x: Some(point.value / unit).filter(|x| x.is_finite())?, y, accuracy, split })
}

fn low_of(point: &CurvePoint) -> f64 {
    point.accuracy.map_or(point.y, |figure| figure.low * 100.0)
}

fn high_of(point: &CurvePoint) -> f64 {
    point.accuracy.map_or(point.y, |figure| figure.high * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::{Accuracy, Session, ShownAccuracy};
    use crate::hardware::{self, Profile};
    use crate::space;

    #[test]
    fn a_curve_has_gaps_and_tells_precisions_apart() {
        let (space, profile) =
            (SearchSpace::shipped(space::DEFAULT).unwrap(), Profile::shipped(hardware::DEFAULT).unwrap());
        let session = Session::new(space, profile, 40, 1);
        let values = session.sweep_values(Knob::LinkBandwidth, 5e6, 5e7, 5);
        let mut points = session.sweep(Knob::LinkBandwidth, &values).unwrap();
        let precisions = [Precision::Int8, Precision::Float, Precision::Int8, Precision::Int8, Precision::Float];
        for (point, precision) in points.iter_mut().zip(precisions) {
            let accuracy = Accuracy { accuracy: 0.9, samples: 400, step: 1, precision, quantisation: None };
            point.best.as_mut().unwrap().accuracy = ShownAccuracy::Measured(accuracy);
        }
        let drawn = |points: &[SweepPoint]| draw(session.space(), "glasses", Knob::LinkBandwidth, points);
        let curve = |picture: &str| {
            let path = picture.split("<path").find(|path| path.contains("stroke-width=\"1.5\"")).unwrap().to_owned();
            path.split(" d=").nth(1).unwrap().matches('M').count()
        };
        let whole = drawn(&points);
        assert!(
            whole.contains("squares: float") && !whole.contains("hollow") && whole.matches("<circle").count() == 3,
            "{whole}"
        );
        assert_eq!(curve(&whole), 1);
        points[2].best.as_mut().unwrap().accuracy = ShownAccuracy::None;
        assert_eq!(curve(&drawn(&points)), 2, "no line where nothing is known");
        points.retain(|point| {
            point.best.as_ref().unwrap().accuracy.figure().is_none_or(|one| one.precision == Precision::Int8)
        });
        assert!(!drawn(&points).contains("squares"));
    }
}
