//! The comparison as an SVG picture: every design tried, by latency and accuracy, and what each method picked.

use std::fmt::Write as _;

use crate::search::SearchProblem;
use crate::search::baselines::{BaselineOutcome, EvaluatedDesign};
use crate::tui::svg::escape;
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
pub(super) fn draw(problem: &SearchProblem, outcomes: &[BaselineOutcome]) -> String {
    let tried = || outcomes.iter().flat_map(|outcome| &outcome.evaluated);
    let limit_ms = problem.knobs.latency_limit_s.map(|limit| limit * 1e3);
    let milliseconds = |one: &EvaluatedDesign| one.evaluation.latency.total_s() * 1e3;
    let most = tried().filter(|one| one.evaluation.feasible()).map(milliseconds).chain(limit_ms).fold(1e-3, f64::max);
    let low = tried().map(|one| one.accuracy * 100.0).fold(100.0, f64::min);
    let high = tried().map(|one| one.accuracy * 100.0).fold(low, f64::max);
    let pad = ((high - low) * 0.06).max(1.0);
    let x = Axis::new(0.0, most * 1.06, Scale::Linear);
    let x = PlacedAxis { axis: x, start: MARGIN.0, end: SIZE.0 - MARGIN.2 };
    let y = Axis::new((low - pad).max(0.0), (high + pad).min(100.0), Scale::Linear);
    let y = PlacedAxis { axis: y, start: SIZE.1 - MARGIN.3, end: MARGIN.1 };
    let mut out = head(problem);
    axes(&mut out, &x, &y);
    if let Some(limit) = limit_ms {
        let at = x.at(limit);
        let _ = writeln!(
            out,
            "<line x1=\"{at:.1}\" y1=\"{}\" x2=\"{at:.1}\" y2=\"{}\" stroke=\"#d55e00\" stroke-dasharray=\"5 4\"/>\
             <text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"#d55e00\">limit</text>",
            MARGIN.1,
            SIZE.1 - MARGIN.3,
            MARGIN.1 - 6.0
        );
    }
    for (index, outcome) in outcomes.iter().enumerate() {
        for one in outcome.evaluated.iter().filter(|one| milliseconds(one) <= x.axis.high()) {
            mark(&mut out, index, (x.at(milliseconds(one)), y.at(one.accuracy * 100.0)), 2.6, 0.45);
        }
    }
    for (index, outcome) in outcomes.iter().enumerate() {
        if let Some(best) = outcome.best() {
            mark(&mut out, index, (x.at(milliseconds(best)), y.at(best.accuracy * 100.0)), 7.0, 1.0);
        }
        legend(&mut out, index, outcome);
    }
    out.push_str("</svg>\n");
    out
}

fn head(problem: &SearchProblem) -> String {
    let (width, height) = SIZE;
    let title = format!("{} on {}: methods compared", escape(&problem.space.name), escape(&problem.profile.name));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <title>{title}</title>\n<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n\
         <text x=\"{}\" y=\"20\" font-size=\"15\" fill=\"#222222\">{title}</text>\n",
        MARGIN.0
    )
}

fn axes(out: &mut String, x: &PlacedAxis, y: &PlacedAxis) {
    let (left, right, bottom) = (MARGIN.0, SIZE.0 - MARGIN.2, SIZE.1 - MARGIN.3);
    for tick in y.axis.ticks(TICKS) {
        let at = y.at(tick.value);
        let _ = writeln!(
            out,
            "<line x1=\"{left}\" y1=\"{at:.1}\" x2=\"{right}\" y2=\"{at:.1}\" stroke=\"#e4e4e4\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#444444\">{}</text>",
            left - 8.0,
            at + 4.0,
            tick.label
        );
    }
    for tick in x.axis.ticks(TICKS) {
        let at = x.at(tick.value);
        let _ = writeln!(
            out,
            "<line x1=\"{at:.1}\" y1=\"{bottom}\" x2=\"{at:.1}\" y2=\"{}\" stroke=\"#444444\"/>\
             <text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"#444444\">{}</text>",
            bottom + 5.0,
            bottom + 19.0,
            tick.label
        );
    }
    let _ = writeln!(
        out,
        "<path d=\"M{left} {} V{bottom} H{right}\" fill=\"none\" stroke=\"#444444\"/>\
         <text x=\"{}\" y=\"{}\" text-anchor=\"middle\" fill=\"#222222\">latency, ms</text>\
         <text transform=\"translate(18 {}) rotate(-90)\" text-anchor=\"middle\" fill=\"#222222\">validation accuracy, %</text>",
        MARGIN.1,
        f64::midpoint(left, right),
        SIZE.1 - 14.0,
        f64::midpoint(MARGIN.1, bottom)
    );
}

/// A method's mark: a disc, or, beyond the colours, a square.
fn mark(out: &mut String, method: usize, (x, y): (f64, f64), radius: f64, opacity: f64) {
    let colour = COLOURS[method % COLOURS.len()];
    let style = format!("fill=\"{colour}\" fill-opacity=\"{opacity}\" stroke=\"#ffffff\" stroke-width=\"0.6\"");
    let _ = if method < COLOURS.len() {
        writeln!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" {style}/>")
    } else {
        let (x, y, side) = (x - radius, y - radius, 2.0 * radius);
        writeln!(out, "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{side}\" height=\"{side}\" {style}/>")
    };
}

fn legend(out: &mut String, method: usize, outcome: &BaselineOutcome) {
    let (x, y) = (SIZE.0 - MARGIN.2 + 22.0, MARGIN.1 + 14.0 + 38.0 * method as f64);
    mark(out, method, (x, y - 4.0), 6.0, 1.0);
    let found = outcome.best().map_or_else(
        || "nothing that meets the limits".to_owned(),
        |best| format!("{:.1} % in {:.2} ms", best.accuracy * 100.0, best.evaluation.latency.total_s() * 1e3),
    );
    let found = if outcome.evaluated.is_empty() && outcome.method == "every design" {
        "too many to run".to_owned()
    } else {
        found
    };
    let _ = writeln!(
        out,
        "<text x=\"{}\" y=\"{y}\" fill=\"#222222\">{}</text><text x=\"{}\" y=\"{}\" fill=\"#666666\">{found}</text>",
        x + 14.0,
        escape(&outcome.method),
        x + 14.0,
        y + 14.0
    );
}
