//! The front: designs that no other beats.

use super::words::{ACCURACIES, accuracy, bytes, energy, latency};
use crate::explore::{CandidateId, Column, Session, ShownAccuracy};
use crate::quantity::Metric;
use crate::report::chosen::{Chosen, interval};
use crate::report::{PageSection, PageTable, Passage};
use crate::space::Design;
use crate::svg::Scale;
use crate::svg::plot::{Plot, PlotAxis, PlotSeries, PlotValue, SeriesStyle};

/// Most designs that the table lists.
const LISTED: usize = 20;
/// Most points of designs off the front: more can't be told apart.
const POINTS: usize = 1500;

/// Picture and table of the front.
pub(in crate::report) fn section(session: &Session, chosen: &Chosen) -> PageSection {
    let mut passages = Vec::new();
    if session.has_accuracies() {
        let caption = "Accuracy on validation objects, measured with its 95 % interval or predicted with its 90 % interval, \
                       in the precision that the table below says, and latency of one frame, of all designs under the \
                       present limits.";
        passages.push(Passage::picture("front", caption, picture(session, chosen)));
    } else {
        let command = format!("splitscope search --run {}", chosen.run);
        passages.push(Passage::missing(
            "accuracies; without them designs are ranked by their multiply-accumulates.",
            command,
        ));
    }
    let head = ["design", "split", "accuracy (95 % interval)", "latency", "energy", "sensor memory", "link"];
    let mut table =
        PageTable::new(format!("Designs that no other beats in both rank and latency; {ACCURACIES}"), &head, 2);
    let ids: Vec<CandidateId> = session.front().collect();
    let front: Vec<(CandidateId, Design)> = session.different_designs(&ids).collect();
    for (id, design) in front.iter().take(LISTED) {
        let Some(row) = session.row(*id) else { continue };
        let cost = &row.evaluation;
        table.row(vec![
            format!("`{}`", session.space().print_design(design)),
            row.split_name.to_owned(),
            accuracy(&row.accuracy),
            latency(cost.latency.total_s()),
            energy(cost.energy_j),
            bytes(cost.sensor_peak_bytes),
            bytes(cost.link_bytes),
        ]);
    }
    let beyond = front.len().saturating_sub(LISTED);
    passages.push(if table.rows.is_empty() {
        Passage::Text("No design meets the limits.".to_owned())
    } else {
        Passage::Table(table)
    });
    if beyond > 0 {
        passages.push(Passage::Text(format!("{beyond} more are on the front.")));
    }
    PageSection::new("The front", passages)
}

/// Ends of the interval of an accuracy: 95 % by chance of the objects of a measured one, else 90 %.
fn ends(shown: &ShownAccuracy) -> Option<(f64, f64)> {
    let measured = if shown.measured().is_some() { shown.accuracy() } else { None };
    let by_chance = measured.map(|accuracy| interval(accuracy.accuracy, accuracy.samples));
    by_chance.or_else(|| shown.figure().map(|figure| (figure.low, figure.high)))
}

fn picture(session: &Session, chosen: &Chosen) -> String {
    let on_front: std::collections::HashSet<_> = session.front().collect();
    let mut series = [
        ("measured", SeriesStyle::Faint),
        ("predicted", SeriesStyle::Faint),
        ("on the front", SeriesStyle::Marks),
        ("on the front, predicted", SeriesStyle::Marks),
        ("chosen", SeriesStyle::Chosen),
    ]
    .map(|(name, style)| PlotSeries { name: name.to_owned(), style, values: Vec::new() });
    let [measured, predicted, front, predicted_front, own] = &mut series;
    let in_percent = |(low, high): (f64, f64)| (low * 100.0, high * 100.0);
    for point in session.points(Column::Accuracy, Column::Latency) {
        let value = PlotValue { x: point.right * 1e3, y: point.up * 100.0, interval: None };
        if point.candidate == chosen.strip.candidate {
            continue;
        }
        if on_front.contains(&point.candidate) {
            let interval = session.row(point.candidate).and_then(|row| ends(&row.accuracy)).map(in_percent);
            let front = if point.estimated { &mut *predicted_front } else { &mut *front };
            front.values.push(PlotValue { interval, ..value });
            continue;
        }
        let off_front = if point.estimated { &mut *predicted } else { &mut *measured };
        if off_front.values.len() < POINTS {
            off_front.values.push(value);
        }
    }
    if let Some(share) = chosen.strip.accuracy.value() {
        own.values.push(PlotValue {
            x: chosen.evaluation.latency.total_s() * 1e3,
            y: share * 100.0,
            interval: ends(&chosen.strip.accuracy).map(in_percent),
        });
    }
    let on_front = front.values.len() + predicted_front.values.len();
    let off_front = measured.values.len() + predicted.values.len();
    let axis = |name: &str, metric: Metric| PlotAxis {
        title: format!("{name}, {}", metric.info().unit.symbol),
        scale: Scale::Linear,
        names: Vec::new(),
    };
    let plot = Plot {
        title: "Accuracy against latency".to_owned(),
        description: format!("{} designs, {on_front} of them on the front", on_front + off_front),
        x: axis("latency", Metric::Latency),
        y: axis(&format!("validation accuracy in {}", session.accuracy_precisions()), Metric::Accuracy),
        series: series.into_iter().filter(|series| !series.values.is_empty()).collect(),
    };
    plot.draw()
}
