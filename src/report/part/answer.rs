//! The answer: the chosen design, its cost and its accuracies.

use super::words::{bytes, energy, latency, percent, percent_range, sensors};
use crate::cost::FrameStage;
use crate::explore::{AccuracyFigure, Session, ShownAccuracy, ShownLeak, SplitState};
use crate::quantity::{Dimension, Metric};
use crate::record::{LeakFigures, Precision, Subset, leak_sentence};
use crate::report::chosen::{Chosen, KnownAccuracy};
use crate::report::{PageSection, PageTable, Passage};
use crate::svg::bars::{BarChart, ChartBar};
use crate::svg::network_strip::{NetworkPicture, StripPart};

/// The answer in two sentences.
pub(in crate::report) fn sentence(session: &Session, chosen: &Chosen) -> String {
    let split = &chosen.strip.here().name;
    let total = chosen.evaluation.latency.total_s();
    let (stage, seconds) = FrameStage::slowest(&chosen.evaluation.latency);
    let fits = if chosen.evaluation.feasible() { "meets all limits" } else { "breaks limits" };
    let share = if total > 0.0 { seconds / total } else { 0.0 };
    let cost = format!(
        "Split at {split} with {}, the design `{}` {fits}: {} and {} a frame, {} of the time in {}.",
        sensors(session),
        chosen.text,
        latency(total),
        energy(chosen.evaluation.energy_j),
        Dimension::Share.format(share),
        stage.name()
    );
    match chosen.best_known() {
        Some(known) => format!(
            "{cost} It classifies {} of {} {} objects rightly in {} (95 % interval {}).",
            percent(known.share),
            known.samples,
            known.subset.name(),
            known.precision.name(),
            percent_range(known.interval())
        ),
        None => match chosen.strip.accuracy {
            known @ ShownAccuracy::Estimated(AccuracyFigure { kind, low, high, precision, .. }) => format!(
                "{cost} Its accuracy has not been measured; {} in {} ({}, 90 % interval {}), and ranks by the lower end.",
                known.in_words().map_or_else(String::new, |words| format!("it is {words}")),
                precision.name(),
                kind.name(),
                percent_range((low, high))
            ),
            _ => format!("{cost} Its accuracy has not been measured."),
        },
    }
}

/// The answer where there is no design.
pub(in crate::report) fn nothing() -> PageSection {
    PageSection::new("The answer", vec![Passage::missing("no design of this space can be costed on this profile.", "")])
}

/// The chosen design in full.
pub(in crate::report) fn section(session: &Session, chosen: &Chosen) -> PageSection {
    let mut passages = vec![Passage::picture("network", strip_caption(chosen), strip(session, chosen))];
    passages.extend(session.status().map(|status| {
        // The number of a design is one of this session, and means nothing to those who read the page.
        let sentence = status.sentence.strip_prefix(&session.candidate_name(chosen.strip.candidate));
        let sentence = sentence.map(|rest| format!("`{}`{rest}", chosen.text));
        Passage::Text(format!("Design {}.", sentence.unwrap_or(status.sentence)))
    }));
    let note = session.setup().notes().get(chosen.strip.candidate);
    passages.extend(note.map(|text| Passage::Text(format!("Note: {text}"))));
    passages.push(Passage::Table(costs(session, chosen)));
    passages.push(Passage::picture(
        "latency",
        "Time of one frame by stage. Stages of different frames overlap; the frame rate is that of the slowest.",
        breakdown(session, chosen),
    ));
    passages.extend(accuracies(session, chosen));
    passages.push(leak(session, chosen));
    PageSection::new("The answer", passages)
}

fn strip_caption(chosen: &Chosen) -> String {
    let mark = "A cross marks a boundary at which a split would break a limit or is not allowed.";
    format!("The network of `{}` from left to right; below each block the size of its tensor. {mark}", chosen.text)
}

fn strip(session: &Session, chosen: &Chosen) -> String {
    let strip = &chosen.strip;
    // The first place is the raw input, before all blocks.
    let blocks = strip.places.iter().enumerate().skip(1);
    let parts = blocks.map(|(index, place)| StripPart {
        name: place.name.to_owned(),
        tensor: bytes(place.tensor_bytes),
        fuses: index == strip.fusion,
        feasible: place.state == SplitState::Feasible,
    });
    let here = strip.here();
    let (views, evaluation) = (session.knobs().sensors, &here.evaluation);
    let picture = NetworkPicture {
        title: format!("{} split at {}", session.space().name, here.name),
        description: format!(
            "{} blocks on each sensor, {} sent, the rest on the aggregator",
            strip.split,
            bytes(evaluation.link_bytes)
        ),
        parts: parts.collect(),
        on_sensors: strip.split,
        captions: [
            format!("each of {views} sensors, {}", latency(evaluation.latency.sensor_s)),
            format!("link, {}", latency(evaluation.latency.link_s)),
            format!("aggregator, {}", latency(evaluation.latency.aggregator_s)),
        ],
        sent: bytes(evaluation.link_bytes),
    };
    picture.draw()
}

fn costs(session: &Session, chosen: &Chosen) -> PageTable {
    let cost = &chosen.evaluation;
    let mut table = PageTable::new("Cost of a frame", &["", "figure"], 1);
    let mut row = |name: &str, text: String| table.row(vec![name.to_owned(), text]);
    row("latency", latency(cost.latency.total_s()));
    row("  readout", latency(cost.latency.readout_s));
    row("  sensor", latency(cost.latency.sensor_s));
    row("  link", latency(cost.latency.link_s));
    row("  aggregator", latency(cost.latency.aggregator_s));
    row("frame rate", Metric::FrameRate.format(cost.fps));
    row("energy", energy(cost.energy_j));
    row("sensor memory", bytes(cost.sensor_peak_bytes));
    row("bytes from each sensor", bytes(cost.link_bytes));
    if let Some((report, split)) = chosen.splits.as_ref().zip(chosen.split()) {
        row("sensor weights", bytes(split.demand.sensor_weight_bytes));
        row("aggregator weights", bytes(split.demand.aggregator_weights(session.knobs().sensors)));
        row("multiply-accumulates of a view", Metric::Macs.format(report.network.macs() as f64));
    }
    let design = &chosen.design;
    row("compression ratio at the split", design.ratio.to_string());
    row("bits on the link", design.bits.to_string());
    row("fusion of the views", session.space().boundary_name(design.fusion).to_owned());
    table
}

fn breakdown(session: &Session, chosen: &Chosen) -> String {
    let milliseconds = 1e3;
    let bar = |name: String, evaluation: &crate::cost::Evaluation| {
        let stages = &evaluation.latency;
        ChartBar {
            name,
            parts: [stages.readout_s, stages.sensor_s, stages.link_s, stages.aggregator_s]
                .map(|seconds| seconds * milliseconds)
                .to_vec(),
            text: latency(stages.total_s()),
        }
    };
    let mut bars = vec![bar(format!("at {} (chosen)", chosen.strip.here().name), &chosen.evaluation)];
    let (first, last) = (chosen.strip.places.first(), chosen.strip.places.last());
    for (place, name) in [(first, "all on aggregator"), (last, "all on sensors")] {
        bars.extend(place.map(|place| bar(name.to_owned(), &place.evaluation)));
    }
    let limit = session.knobs().latency_limit_s.map(|limit| ("limit".to_owned(), limit * milliseconds));
    let chart = BarChart {
        title: "Latency by stage".to_owned(),
        description: format!("latency of the chosen design, {}", latency(chosen.evaluation.latency.total_s())),
        axis: "latency, ms".to_owned(),
        parts: ["readout", "sensor", "link", "aggregator"].map(str::to_owned).to_vec(),
        bars,
        limit,
    };
    chart.draw()
}

fn accuracies(session: &Session, chosen: &Chosen) -> Vec<Passage> {
    let views = session.knobs().sensors;
    let mut passages = Vec::new();
    if !chosen.accuracies.is_empty() {
        let head = ["objects", "precision", "accuracy", "95 % interval", "number", "step"];
        let mut table = PageTable::new(format!("Accuracy with {}", sensors(session)), &head, 2);
        for known in &chosen.accuracies {
            let KnownAccuracy { subset, precision, share, samples, step } = *known;
            let interval = percent_range(known.interval());
            let (subset, precision) = (subset.name().to_owned(), precision.name().to_owned());
            table.row(vec![subset, precision, percent(share), interval, samples.to_string(), step.to_string()]);
        }
        passages.push(Passage::Table(table));
        passages.push(Passage::Text(
            "Designs are ranked by validation objects, so that the accuracy of a chosen one is a little too high there; \
             no choice depends on test objects. Intervals are by chance of the objects (Wilson); other seeds of the \
             training would differ besides."
                .to_owned(),
        ));
    }
    for precision in Precision::ALL {
        let known = |one: &KnownAccuracy| one.subset == Subset::Test && one.precision == precision;
        if chosen.accuracies.iter().any(known) {
            continue;
        }
        let sentence = format!("the accuracy in {} on test objects.", precision.name());
        let command = format!(
            "splitscope measure --run {} --design {} --views {views} --subset test --precision {}",
            chosen.run,
            chosen.text,
            precision.name()
        );
        passages.push(Passage::missing(sentence, command));
    }
    if !chosen.lost.is_empty() {
        let head = ["camera lost", "precision", "accuracy", "95 % interval"];
        let mut table = PageTable::new("Accuracy on test objects with one camera lost", &head, 2);
        for one in &chosen.lost {
            let interval = crate::report::chosen::interval(one.accuracy, one.samples);
            let (camera, precision) = (one.key.lost.trailing_zeros().to_string(), one.key.precision.name().to_owned());
            table.row(vec![camera, precision, percent(one.accuracy), percent_range(interval)]);
        }
        passages.push(Passage::Table(table));
    }
    passages
}

fn leak(session: &Session, chosen: &Chosen) -> Passage {
    let Some(ShownLeak { precision, figures, .. }) = session.leak(&chosen.design) else {
        let command = format!(
            "splitscope measure --run {} --design {} --views {} --leak",
            chosen.run,
            chosen.text,
            session.knobs().sensors
        );
        return Passage::missing("how much of the pictures can be rebuilt from what crosses the link (leak).", command);
    };
    let LeakFigures { leak, attacker, samples, label, raw, .. } = figures;
    Passage::Text(format!(
        "Leak in {}: {} from what crosses the link, by {} on {samples} objects; the class alone gives {}, raw pictures {}.",
        precision.name(),
        leak_sentence(*leak),
        attacker.label(),
        percent(*label),
        percent(*raw)
    ))
}
