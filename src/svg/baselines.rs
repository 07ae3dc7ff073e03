//! Comparison of the joint search with simpler methods: every design tried, by latency and accuracy, and what each
//! method picked.

use super::axis::{Axis, Scale};
use super::chart::{COLOURS, Chart};
use super::document::SvgDocument;
use crate::quantity::Metric;
use crate::record::Precision;
use crate::search::SearchProblem;
use crate::search::baselines::{BaselineOutcome, EvaluatedDesign};

/// The legend is at the right.
const CHART: Chart = Chart { left: 64.0, right: 670.0, top: 40.0, bottom: 488.0 };
/// Draws the methods' designs.
pub(crate) fn draw(problem: &SearchProblem, outcomes: &[BaselineOutcome], precision: Precision) -> String {
    let tried = || outcomes.iter().flat_map(|outcome| &outcome.evaluated);
    let [latency, accuracy] = [Metric::Latency, Metric::Accuracy].map(|metric| metric.info().unit);
    let right = |one: &EvaluatedDesign| one.evaluation.latency.total_s() / latency.size;
    let up = |one: &EvaluatedDesign| one.accuracy / accuracy.size;
    let limit = problem.knobs.latency_limit_s.map(|limit| limit / latency.size);
    let most = tried().filter(|one| one.evaluation.feasible()).map(right).chain(limit).fold(1e-3, f64::max);
    let low = tried().map(up).fold(1.0 / accuracy.size, f64::min);
    let high = tried().map(up).fold(low, f64::max);
    let pad = ((high - low) * 0.06).max(1.0);
    let x = CHART.along(Axis::new(0.0, most * 1.06, Scale::Linear), axis_title("latency", Metric::Latency));
    let y = Axis::new((low - pad).max(0.0), (high + pad).min(1.0 / accuracy.size), Scale::Linear);
    let y = CHART.upward(y, axis_title(&format!("validation accuracy in {}", precision.name()), Metric::Accuracy));
    let title = format!("{} on {}: methods compared", problem.space.name, problem.profile.name);
    let mut out = CHART.begin(&title, "designs by latency and accuracy", &x, &y);
    if let Some(limit) = limit {
        let (at, top, bottom) = (x.at(limit), CHART.top, CHART.bottom);
        let dashed = "fill=\"none\" stroke=\"#d55e00\" stroke-dasharray=\"5 4\"";
        out.path(dashed, &format!("M{at:.1} {top}V{bottom}"));
        out.text(&format!("x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"#d55e00\"", top - 6.0), "limit");
    }
    for (index, outcome) in outcomes.iter().enumerate() {
        for one in outcome.evaluated.iter().filter(|one| right(one) <= x.axis.high()) {
            mark(&mut out, index, (x.at(right(one)), y.at(up(one))), 2.6, 0.45);
        }
    }
    for (index, outcome) in outcomes.iter().enumerate() {
        if let Some(best) = outcome.best() {
            mark(&mut out, index, (x.at(right(best)), y.at(up(best))), 7.0, 1.0);
        }
        legend(&mut out, index, outcome);
    }
    out.end_group();
    out.finish()
}

fn axis_title(name: &str, metric: Metric) -> String {
    format!("{name}, {}", metric.info().unit.symbol)
}

/// A method's mark: a disc, or, beyond the colours, which then are repeated, a square.
fn mark(out: &mut SvgDocument, method: usize, (x, y): (f64, f64), radius: f64, opacity: f64) {
    let colour = COLOURS[method % COLOURS.len()];
    let style = format!("fill=\"{colour}\" fill-opacity=\"{opacity}\" stroke=\"#ffffff\" stroke-width=\"0.6\"");
    if method < COLOURS.len() {
        out.element(&format!("circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" {style}"));
    } else {
        let (x, y, side) = (x - radius, y - radius, 2.0 * radius);
        out.element(&format!("rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{side}\" height=\"{side}\" {style}"));
    }
}

fn legend(out: &mut SvgDocument, method: usize, outcome: &BaselineOutcome) {
    let (x, y) = (CHART.right + 22.0, CHART.top + 14.0 + 38.0 * method as f64);
    mark(out, method, (x, y - 4.0), 6.0, 1.0);
    let found = outcome.best().map_or_else(
        || "nothing that meets the limits".to_owned(),
        |best| {
            format!(
                "{} in {}",
                Metric::Accuracy.format(best.accuracy),
                Metric::Latency.format(best.evaluation.latency.total_s())
            )
        },
    );
    let found = if outcome.evaluated.is_empty() && outcome.method == "every design" {
        "too many to run".to_owned()
    } else {
        found
    };
    out.text(&format!("x=\"{}\" y=\"{y}\" fill=\"#222222\"", x + 14.0), &outcome.method);
    out.text(&format!("x=\"{}\" y=\"{}\" fill=\"#666666\"", x + 14.0, y + 14.0), &found);
}
