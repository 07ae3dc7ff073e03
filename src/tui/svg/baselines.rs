//! Comparison of the joint search with simpler methods: every design tried, by latency and accuracy, and what each
//! method picked.

use super::document::SvgDocument;
use crate::quantity::Metric;
use crate::search::SearchProblem;
use crate::search::baselines::{BaselineOutcome, EvaluatedDesign};
use crate::tui::widget::{Axis, Scale};

const SIZE: (f64, f64) = (960.0, 540.0);
/// Left, top, right (for the legend), bottom.
const MARGIN: (f64, f64, f64, f64) = (64.0, 40.0, 290.0, 52.0);
/// Ticks of an axis, about.
const TICKS: usize = 6;
/// Colours that stay apart for most eyes (Okabe and Ito 2008), repeated with another mark.
const COLOURS: [&str; 7] = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#7f7f7f"];

/// An axis laid along a span of picture units.
struct PlacedAxis {
    axis: Axis,
    start: f64,
    end: f64,
}

impl PlacedAxis {
    fn at(&self, value: f64) -> f64 {
        self.start + self.axis.fraction(value).unwrap_or_default() * (self.end - self.start)
    }
}

/// Draws the methods' designs.
pub(crate) fn draw(problem: &SearchProblem, outcomes: &[BaselineOutcome]) -> String {
    let tried = || outcomes.iter().flat_map(|outcome| &outcome.evaluated);
    let [latency, accuracy] = [Metric::Latency, Metric::Accuracy].map(|metric| metric.info().unit);
    let right = |one: &EvaluatedDesign| one.evaluation.latency.total_s() / latency.size;
    let up = |one: &EvaluatedDesign| one.accuracy / accuracy.size;
    let limit = problem.knobs.latency_limit_s.map(|limit| limit / latency.size);
    let most = tried().filter(|one| one.evaluation.feasible()).map(right).chain(limit).fold(1e-3, f64::max);
    let low = tried().map(up).fold(1.0 / accuracy.size, f64::min);
    let high = tried().map(up).fold(low, f64::max);
    let pad = ((high - low) * 0.06).max(1.0);
    let x = Axis::new(0.0, most * 1.06, Scale::Linear);
    let x = PlacedAxis { axis: x, start: MARGIN.0, end: SIZE.0 - MARGIN.2 };
    let y = Axis::new((low - pad).max(0.0), (high + pad).min(1.0 / accuracy.size), Scale::Linear);
    let y = PlacedAxis { axis: y, start: SIZE.1 - MARGIN.3, end: MARGIN.1 };
    let mut out = head(problem);
    axes(&mut out, &x, &y);
    if let Some(limit) = limit {
        let (at, top, bottom) = (x.at(limit), MARGIN.1, SIZE.1 - MARGIN.3);
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

fn head(problem: &SearchProblem) -> SvgDocument {
    let (width, height) = SIZE;
    let title = format!("{} on {}: methods compared", problem.space.name, problem.profile.name);
    let mut out = SvgDocument::new((width as u32, height as u32), &title, "designs by latency and accuracy");
    out.element(&format!("rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\""));
    out.begin_group("font-family=\"sans-serif\" font-size=\"12\"");
    out.text(&format!("x=\"{}\" y=\"20\" font-size=\"15\" fill=\"#222222\"", MARGIN.0), &title);
    out
}

fn axes(out: &mut SvgDocument, x: &PlacedAxis, y: &PlacedAxis) {
    let (left, right, top, bottom) = (MARGIN.0, SIZE.0 - MARGIN.2, MARGIN.1, SIZE.1 - MARGIN.3);
    let line = "fill=\"none\" stroke=\"#444444\"";
    for tick in y.axis.ticks(TICKS) {
        let at = y.at(tick.value);
        out.path("fill=\"none\" stroke=\"#e4e4e4\"", &format!("M{left} {at:.1}H{right}"));
        let place = format!("x=\"{}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#444444\"", left - 8.0, at + 4.0);
        out.text(&place, &tick.label);
    }
    for tick in x.axis.ticks(TICKS) {
        let at = x.at(tick.value);
        out.path(line, &format!("M{at:.1} {bottom}v5"));
        let place = format!("x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"#444444\"", bottom + 19.0);
        out.text(&place, &tick.label);
    }
    out.path(line, &format!("M{left} {top}V{bottom}H{right}"));
    let title = "text-anchor=\"middle\" fill=\"#222222\"";
    out.text(
        &format!("x=\"{}\" y=\"{}\" {title}", f64::midpoint(left, right), SIZE.1 - 14.0),
        &axis_title("latency", Metric::Latency),
    );
    let turned = format!("transform=\"translate(18 {}) rotate(-90)\" {title}", f64::midpoint(top, bottom));
    out.text(&turned, &axis_title("validation accuracy", Metric::Accuracy));
}

fn axis_title(name: &str, metric: Metric) -> String {
    format!("{name}, {}", metric.info().unit.symbol)
}

/// A method's mark: a disc, or, beyond the colours, a square.
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
    let (x, y) = (SIZE.0 - MARGIN.2 + 22.0, MARGIN.1 + 14.0 + 38.0 * method as f64);
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
