//! The front: designs that no other beats.

use super::words::{ACCURACIES, accuracy, bytes, energy, latency};
use crate::explore::{Column, Session, ShownAccuracy};
use crate::quantity::Metric;
use crate::report::chosen::{Chosen, interval};
use crate::report::{PageSection, PageTable, Passage};
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
        let caption = "Accuracy on validation objects with its 95 % interval, in the precision that the table below says, \
                       and latency of one frame, of all measured designs under the present limits.";
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
    for row in session.front().filter_map(|id| session.row(id)).take(LISTED) {
        let text = session.best_design(row.id).map(|design| session.space().print_design(&design));
        let cost = &row.evaluation;
        table.row(vec![
            format!("`{}`", text.unwrap_or_default()),
            row.split_name.to_owned(),
            accuracy(&row.accuracy),
            latency(cost.latency.total_s()),
            energy(cost.energy_j),
            bytes(cost.sensor_peak_bytes),
            bytes(cost.link_bytes),
        ]);
    }
    let beyond = session.front().count().saturating_sub(LISTED);
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

fn picture(session: &Session, chosen: &Chosen) -> String {
    let on_front: std::collections::HashSet<_> = session.front().collect();
    let mut series =
        [("measured", SeriesStyle::Faint), ("on the front", SeriesStyle::Marks), ("chosen", SeriesStyle::Chosen)]
            .map(|(name, style)| PlotSeries { name: name.to_owned(), style, values: Vec::new() });
    let [measured, front, own] = &mut series;
    for point in session.points(Column::Accuracy, Column::Latency) {
        let value = PlotValue { x: point.right * 1e3, y: point.up * 100.0, interval: None };
        if point.candidate == chosen.strip.candidate {
            continue;
        }
        if on_front.contains(&point.candidate) {
            let samples = session.row(point.candidate).and_then(|row| row.accuracy.accuracy());
            let ends = samples.map(|accuracy| interval(point.up, accuracy.samples));
            let interval = ends.map(|(low, high)| (low * 100.0, high * 100.0));
            front.values.push(PlotValue { interval, ..value });
        } else if measured.values.len() < POINTS {
            measured.values.push(value);
        }
    }
    if let ShownAccuracy::Measured(accuracy) = chosen.strip.accuracy {
        let (low, high) = interval(accuracy.accuracy, accuracy.samples);
        own.values.push(PlotValue {
            x: chosen.evaluation.latency.total_s() * 1e3,
            y: accuracy.accuracy * 100.0,
            interval: Some((low * 100.0, high * 100.0)),
        });
    }
    let axis = |name: &str, metric: Metric| PlotAxis {
        title: format!("{name}, {}", metric.info().unit.symbol),
        scale: Scale::Linear,
    };
    let plot = Plot {
        title: "Accuracy against latency".to_owned(),
        description: format!("{} designs, {} of them on the front", measured.values.len(), front.values.len()),
        x: axis("latency", Metric::Latency),
        y: axis(&format!("validation accuracy in {}", session.accuracy_precisions()), Metric::Accuracy),
        series: series.into(),
    };
    plot.draw()
}
