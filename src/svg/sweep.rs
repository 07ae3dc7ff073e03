//! A sweep as a picture: best accuracy, or least latency where no accuracy is known, against one knob, with the places
//! where the best split changes.

use std::fmt::Write as _;

use super::axis::{Axis, Scale};
use super::chart::Chart;
use crate::explore::{AccuracyFigure, AccuracyKind, SweepPoint, precisions_in_words};
use crate::quantity::{Knob, KnobScale, Metric};
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
    let unit = knob.info().dimension.unit_for(points.get(points.len() / 2).map_or(0.0, |point| point.value));
    let accuracies = points.iter().any(|point| point.best.as_ref().is_some_and(|best| best.figure().is_some()));
    let places: Vec<Option<CurvePoint>> =
        points.iter().map(|point| curve_point(space, point, unit.size, accuracies)).collect();
    let curve: Vec<&CurvePoint> = places.iter().flatten().collect();
    let metric = if accuracies { Metric::Accuracy } else { Metric::Latency };
    let xs = || points.iter().map(|point| point.value / unit.size).filter(|x| x.is_finite());
    let (x_low, x_high) = (xs().fold(f64::INFINITY, f64::min), xs().fold(0.0, f64::max));
    let low = curve.iter().copied().map(low_of).fold(f64::INFINITY, f64::min);
    let high = curve.iter().copied().map(high_of).fold(0.0, f64::max);
    let pad = ((high - low) * 0.08).max(if accuracies { 1.0 } else { high * 0.02 });
    let logarithmic = matches!(knob.info().scale, KnobScale::Decades | KnobScale::Octaves);
    let x_scale = if logarithmic && x_low > 0.0 { Scale::Log } else { Scale::Linear };
    let x_title = format!("{}, {}", knob.label(), unit.symbol);
    let x = CHART.along(Axis::new(x_low, x_high, x_scale), x_title.trim_end_matches([',', ' ']).to_owned());
    let precisions = precisions_in_words(curve.iter().filter_map(|point| point.precision()));
    let is_in = |wanted: Precision| curve.iter().any(|point| point.precision() == Some(wanted));
    let mixed = Precision::ALL.into_iter().all(is_in);
    let y_title = if accuracies {
        let squares = if mixed { " (squares: float)" } else { "" };
        format!("accuracy of the best design in {precisions}, %{squares}")
    } else {
        "latency of the best design, ms".to_owned()
    };
    let y_high = if accuracies { (high + pad).min(100.0) } else { high + pad };
    let y = CHART.upward(Axis::new((low - pad).max(0.0), y_high, Scale::Linear), y_title);
    let hollow = if curve.iter().all(|point| point.is_measured()) {
        ""
    } else {
        "; hollow: not measured, ranked by the lower end of its interval"
    };
    let title = format!("{} on {profile}: best design against {}{hollow}", space.name, knob.label());
    let mut out =
        CHART.begin(&title, &format!("{} of the best design by {}", metric.info().label, knob.label()), &x, &y);
    let (mut line, mut before): (String, Option<&CurvePoint>) = Default::default();
    let mut split: Option<&str> = None;
    for place in &places {
        let Some(one) = place else {
            // The curve has a gap.
            before = None;
            continue;
        };
        let (at, height) = (x.at(one.x), y.at(one.y));
        let _ = write!(line, "{}{at:.1} {height:.1}", if before.is_none() { "M" } else { "L" });
        before = Some(one);
        if let Some(figure) = &one.accuracy {
            let (low, high) = (y.at(figure.low * 100.0), y.at(figure.high * 100.0));
            out.path(
                &format!("fill=\"none\" stroke=\"{COLOUR}\" stroke-opacity=\"0.35\""),
                &format!("M{at:.1} {low:.1}V{high:.1}"),
            );
        }
        // Hollow where it was not measured.
        let fill = if one.is_measured() { COLOUR } else { "#ffffff" };
        let shape = if mixed && one.precision() == Some(Precision::Float) {
            format!("rect x=\"{:.1}\" y=\"{:.1}\" width=\"6\" height=\"6\"", at - 3.0, height - 3.0)
        } else {
            format!("circle cx=\"{at:.1}\" cy=\"{height:.1}\" r=\"3\"")
        };
        out.element(&format!("{shape} fill=\"{fill}\" stroke=\"{COLOUR}\""));
        if split.replace(&one.split) != Some(&one.split) {
            let place = format!("x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#444444\"", CHART.top - 8.0);
            out.text(&place, &one.split);
            let dashed = "fill=\"none\" stroke=\"#bbbbbb\" stroke-dasharray=\"3 4\"";
            out.path(dashed, &format!("M{at:.1} {}V{}", CHART.top, CHART.bottom));
        }
    }
    if !line.is_empty() {
        out.path(&format!("fill=\"none\" stroke=\"{COLOUR}\" stroke-width=\"1.5\""), &line);
    }
    out.end_group();
    out.finish()
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
