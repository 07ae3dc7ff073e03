//! Pinned designs side by side, and the notes on designs.

use super::words::{accuracy, bytes, energy, latency, percent, percent_range};
use crate::explore::{Compared, Session};
use crate::record::{Precision, Subset};
use crate::report::chosen::interval;
use crate::report::{PageSection, PageTable, Passage, RunFacts};
use crate::svg::bars::{BarChart, ChartBar};

/// Table and bars of the pinned designs.
pub(in crate::report) fn section(session: &Session, run: Option<&RunFacts>) -> PageSection {
    let heading = "Pinned designs";
    let all = session.compared();
    if all.is_empty() {
        let text = "None is pinned. In the explorer a pin keeps a design at hand for comparison.";
        let passages = [Passage::Text(text.to_owned())].into_iter().chain(notes(session));
        return PageSection::new(heading, passages.collect());
    }
    let table = Passage::Table(table(session, &all, run));
    let chart = Passage::picture("pinned", "Time of one frame of each pinned design, by stage.", bars(session, &all));
    PageSection::new(heading, [table, chart].into_iter().chain(notes(session)).collect())
}

/// Figures of the pinned designs.
fn table(session: &Session, all: &[Compared], run: Option<&RunFacts>) -> PageTable {
    let head = [
        "",
        "design",
        "fits",
        "validation accuracy (95 % interval)",
        "test accuracy (95 % interval)",
        "latency",
        "energy",
        "sensor memory",
        "link",
    ];
    let mut table = PageTable::new("Pinned designs under the present limits", &head, 3);
    for one in all {
        let (cost, text) = (&one.evaluation, session.space().print_design(&one.design));
        let of_run = if one.finetuned().is_none() { run } else { None };
        let test = of_run.and_then(|run| test_accuracy(run, &text, session.knobs().sensors));
        let kind = one.finetuned().map(|kind| format!(", {kind}")).unwrap_or_default();
        let broken: Vec<&str> = cost.violations.iter().map(|limit| limit.info().label).collect();
        table.row(vec![
            one.pin.to_string(),
            format!("`{text}`{kind}"),
            if broken.is_empty() { "yes".to_owned() } else { format!("no: {}", broken.join(", ")) },
            accuracy(&one.accuracy),
            test.unwrap_or_else(|| "-".to_owned()),
            latency(cost.latency.total_s()),
            energy(cost.energy_j),
            bytes(cost.sensor_peak_bytes),
            bytes(cost.link_bytes),
        ]);
    }
    table
}

/// Bars of the latency of the pinned designs; weights cost no time.
fn bars(session: &Session, all: &[Compared]) -> String {
    let bars = all.iter().filter(|one| one.finetuned().is_none()).map(|one| {
        let stages = &one.evaluation.latency;
        let split = session.space().boundary_name(one.design.split);
        ChartBar {
            name: format!("{} at {split}", one.pin),
            parts: [stages.readout_s, stages.sensor_s, stages.link_s, stages.aggregator_s]
                .map(|seconds| seconds * 1e3)
                .to_vec(),
            text: latency(stages.total_s()),
        }
    });
    let chart = BarChart {
        title: "Latency of the pinned designs".to_owned(),
        description: format!("{} designs by stage", all.len()),
        axis: "latency, ms".to_owned(),
        parts: ["readout", "sensor", "link", "aggregator"].map(str::to_owned).to_vec(),
        bars: bars.collect(),
        limit: session.knobs().latency_limit_s.map(|limit| ("limit".to_owned(), limit * 1e3)),
    };
    chart.draw()
}

/// Notes on designs, pinned or not; none if there are none.
fn notes(session: &Session) -> Option<Passage> {
    let mut table = PageTable::new("Notes on designs", &["design", "note"], 2);
    for (id, text) in session.setup().notes().iter() {
        let design = session.best_design(id).map(|design| format!("`{}`", session.space().print_design(&design)));
        table.row(vec![design.unwrap_or_default(), text.to_owned()]);
    }
    (!session.setup().notes().is_empty()).then_some(Passage::Table(table))
}

/// Accuracy of a design on test objects, in int8 if that was measured.
fn test_accuracy(run: &RunFacts, design: &str, views: u32) -> Option<String> {
    let newest = |precision| run.newest(design, views, Subset::Test, precision);
    let one = Precision::ALL.into_iter().find_map(newest)?;
    let ends = percent_range(interval(one.accuracy, one.samples));
    Some(format!("{} {} ({ends})", percent(one.accuracy), one.key.precision.name()))
}
