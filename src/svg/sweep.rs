//! A sweep as a picture: best accuracy, or least latency where no accuracy is known, against one knob, with the places
//! where the best split changes.

use std::fmt::Write as _;

use super::axis::{Axis, Scale};
use super::chart::Chart;
use crate::explore::{AccuracyFigure, AccuracyKind, SweepPoint, precisions_in_words};
use crate::quantity::{Knob, KnobScale, Metric};
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

/// Draws a sweep over a knob. Points at which no design meets the limits are left out.
pub(crate) fn draw(space: &SearchSpace, profile: &str, knob: Knob, points: &[SweepPoint]) -> String {
    let unit = knob.info().dimension.unit_for(points.get(points.len() / 2).map_or(0.0, |point| point.value));
    let accuracies = points.iter().any(|point| point.best.as_ref().is_some_and(|best| best.figure().is_some()));
    let curve: Vec<CurvePoint> =
        points.iter().filter_map(|point| curve_point(space, point, unit.size, accuracies)).collect();
    let metric = if accuracies { Metric::Accuracy } else { Metric::Latency };
    let xs = || points.iter().map(|point| point.value / unit.size).filter(|x| x.is_finite());
    let (x_low, x_high) = (xs().fold(f64::INFINITY, f64::min), xs().fold(0.0, f64::max));
    let low = curve.iter().map(low_of).fold(f64::INFINITY, f64::min);
    let high = curve.iter().map(high_of).fold(0.0, f64::max);
    let pad = ((high - low) * 0.08).max(if accuracies { 1.0 } else { high * 0.02 });
    let logarithmic = matches!(knob.info().scale, KnobScale::Decades | KnobScale::Octaves);
    let x_scale = if logarithmic && x_low > 0.0 { Scale::Log } else { Scale::Linear };
    let x_title = format!("{}, {}", knob.label(), unit.symbol);
    let x = CHART.along(Axis::new(x_low, x_high, x_scale), x_title.trim_end_matches([',', ' ']).to_owned());
    let precisions =
        precisions_in_words(curve.iter().filter_map(|point| point.accuracy).map(|figure| figure.precision));
    let y_title = if accuracies {
        format!("best accuracy in {precisions}, % (hollow: not measured)")
    } else {
        "latency of the best design, ms".to_owned()
    };
    let y_high = if accuracies { (high + pad).min(100.0) } else { high + pad };
    let y = CHART.upward(Axis::new((low - pad).max(0.0), y_high, Scale::Linear), y_title);
    let title = format!("{} on {profile}: best design against {}", space.name, knob.label());
    let mut out =
        CHART.begin(&title, &format!("{} of the best design by {}", metric.info().label, knob.label()), &x, &y);
    let mut line = String::new();
    for (index, one) in curve.iter().enumerate() {
        let (at, height) = (x.at(one.x), y.at(one.y));
        let _ = write!(line, "{}{at:.1} {height:.1}", if index == 0 { "M" } else { "L" });
        if let Some(figure) = &one.accuracy {
            let (low, high) = (y.at(figure.low * 100.0), y.at(figure.high * 100.0));
            out.path(
                &format!("fill=\"none\" stroke=\"{COLOUR}\" stroke-opacity=\"0.35\""),
                &format!("M{at:.1} {low:.1}V{high:.1}"),
            );
        }
        // Hollow where it was not measured.
        let measured = one.accuracy.is_none_or(|figure| figure.kind == AccuracyKind::Measured);
        let fill = if measured { COLOUR } else { "#ffffff" };
        out.element(&format!("circle cx=\"{at:.1}\" cy=\"{height:.1}\" r=\"3\" fill=\"{fill}\" stroke=\"{COLOUR}\""));
        if index == 0 || curve[index - 1].split != one.split {
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
