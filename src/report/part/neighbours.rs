//! Reasons why the neighbours lost: other splits of the chosen network, and the designs ranked behind it.

use std::cmp::Ordering;

use super::words::{ACCURACIES, accuracy, bytes, latency, percent};
use crate::cost::{Evaluation, KnobChange, MeasuredShares, Reason, SplitReport, reasons};
use crate::explore::{Accuracy, Session, ShownAccuracy, TableRow};
use crate::quantity::Metric;
use crate::report::chosen::{Chosen, interval};
use crate::report::{PageSection, PageTable, Passage};
use crate::space::Design;

/// Designs behind the chosen one that are listed.
const LISTED: usize = 6;

/// Both tables, and the fixes.
pub(in crate::report) fn section(session: &Session, chosen: &Chosen) -> PageSection {
    let mut passages = Vec::new();
    if let Some(report) = &chosen.splits {
        passages.push(Passage::Table(splits(session, chosen, &report.splits)));
    }
    passages.push(Passage::Table(designs(session, chosen)));
    passages.extend(fixes(session, chosen));
    PageSection::new("Why the others lost", passages)
}

fn splits(session: &Session, chosen: &Chosen, all: &[SplitReport]) -> PageTable {
    let head = ["split", "why", "what would help", "latency", "sensor memory", "link"];
    let mut table = PageTable::new("Other splits of the same network", &head, 3);
    for split in all {
        let cost = &split.cost;
        let why = if !split.reasons.is_empty() {
            split.reasons.iter().map(Reason::sentence).collect::<Vec<_>>().join("; ")
        } else if split.demand.boundary == chosen.design.split {
            "chosen".to_owned()
        } else {
            let other = Design { split: split.demand.boundary, ..chosen.design.clone() };
            let known = session.accuracy(&session.space().canonical_design(other));
            with_time(by_accuracy(chosen, &known), chosen, cost)
        };
        let fix = split.fix().unwrap_or_default();
        let (seconds, memory) = (latency(cost.latency.total_s()), bytes(cost.sensor_peak_bytes));
        table.row(vec![split.name.clone(), why, fix, seconds, memory, bytes(cost.link_bytes)]);
    }
    table
}

/// Difference of an accuracy to that of the chosen design, each as the ranking takes it: measured, else the lower end
/// of its interval. `None` if neither is known.
fn by_accuracy(chosen: &Chosen, other: &ShownAccuracy) -> Option<String> {
    let own = &chosen.strip.accuracy;
    let points = match (own.ranked_by(), other.ranked_by()) {
        (Some(own), Some(other)) => (own - other) * 100.0,
        (Some(_), None) => return Some("its accuracy is not known".to_owned()),
        (None, Some(_)) => return Some("its accuracy is known".to_owned()),
        (None, None) => return None,
    };
    let both = measured(own).zip(measured(other));
    let size = format!("{:.1}", points.abs());
    if size == "0.0" {
        let precision = both.map_or_else(String::new, |(own, other)| other_precision(own, other));
        return Some(format!("as accurate{precision}"));
    }
    let less = if points > 0.0 { "less" } else { "more" };
    let size = format!("{size} percentage points {less} accurate");
    Some(match (both, other.figure()) {
        (Some((own, other)), _) => format!("{size}{}", reservations(own, other)),
        (None, Some(figure)) if measured(other).is_none() => {
            format!("{size} by the lower end of its interval, {}", percent(figure.low))
        }
        (None, _) => format!("{size} than the lower end of the chosen one's interval"),
    })
}

/// The accuracy, if it was measured with the present number of sensors.
const fn measured(shown: &ShownAccuracy) -> Option<&Accuracy> {
    if let ShownAccuracy::Measured(accuracy) = shown { Some(accuracy) } else { None }
}

/// Words on all that a difference between two accuracies leaves open: chance, and precisions.
fn reservations(own: &Accuracy, other: &Accuracy) -> String {
    // Intervals that overlap: the objects can't tell which one is better.
    let [own_ends, other_ends] = [own, other].map(|one| interval(one.accuracy, one.samples));
    let overlap = own_ends.0 <= other_ends.1 && other_ends.0 <= own_ends.1;
    format!("{}{}", if overlap { ", within chance" } else { "" }, other_precision(own, other))
}

/// The precisions, where accuracies of two are compared.
fn other_precision(own: &Accuracy, other: &Accuracy) -> String {
    if own.precision == other.precision {
        return String::new();
    }
    format!(", in {} beside {} of the chosen one", other.precision.name(), own.precision.name())
}

/// Reasons why what fits stands behind the chosen design: what is known besides, and the latency.
fn with_time(reason: Option<String>, chosen: &Chosen, cost: &Evaluation) -> String {
    let seconds = cost.latency.total_s() - chosen.evaluation.latency.total_s();
    let time = match seconds {
        _ if seconds > 0.0 => format!("{} slower", latency(seconds)),
        _ if seconds < 0.0 => format!("{} faster", latency(-seconds)),
        _ => "as fast".to_owned(),
    };
    reason.map_or_else(|| time.clone(), |reason| format!("{reason}; {time}"))
}

/// Designs behind the chosen one; the first ones where it is not at the best split of its candidate.
fn designs(session: &Session, chosen: &Chosen) -> PageTable {
    let head = ["design", "why", "accuracy (95 % interval)", "latency"];
    let (id, ranking) = (chosen.strip.candidate, session.ranking());
    let is_ranked = session.best_design(id).as_ref() == Some(&chosen.design);
    let place = if is_ranked { ranking.iter().position(|&other| other == id) } else { None };
    let title = if place.is_some() { "The next designs in the ranking" } else { "The first designs in the ranking" };
    let mut table = PageTable::new(format!("{title}; {ACCURACIES}"), &head, 2);
    let behind = &ranking[place.map_or(0, |place| place + 1)..];
    let others = session.different_designs(behind).filter(|(_, design)| *design != chosen.design);
    for (id, design) in others.take(LISTED) {
        let Some(row) = session.row(id) else { continue };
        let text = format!("`{}`", session.space().print_design(&design));
        let why = why(session, chosen, &design, &row);
        table.row(vec![text, why, accuracy(&row.accuracy), latency(row.evaluation.latency.total_s())]);
    }
    table
}

/// Reason why a design stands behind the chosen one.
fn why(session: &Session, chosen: &Chosen, design: &Design, row: &TableRow) -> String {
    if !row.evaluation.feasible() {
        let known = MeasuredShares { accuracy: row.accuracy.ranked_by().unwrap_or(f64::NAN), leak: row.leak };
        let network = session.space().lower(&design.genome).ok();
        let demands = session.catalogue().demands(row.id);
        let demand = demands.into_iter().find(|demand| demand.boundary == design.split);
        let broken = network.zip(demand).map(|(network, demand)| {
            let all = reasons(&network, &demand, session.profile(), session.knobs(), known);
            all.iter().map(Reason::brief).collect::<Vec<_>>().join("; ")
        });
        return broken.unwrap_or_else(|| "breaks limits".to_owned());
    }
    let reason = by_accuracy(chosen, &row.accuracy).or_else(|| size(session, chosen, row));
    with_time(reason, chosen, &row.evaluation)
}

/// Difference in multiply-accumulates, by which designs without accuracies are ranked; `None` if there is none.
fn size(session: &Session, chosen: &Chosen, row: &TableRow) -> Option<String> {
    let own = session.catalogue().get(chosen.strip.candidate)?.macs;
    let words = match row.candidate.macs.cmp(&own) {
        Ordering::Equal => return None,
        Ordering::Less => "fewer",
        Ordering::Greater => "more",
    };
    Some(format!("{} {words}", Metric::Macs.format(row.candidate.macs.abs_diff(own) as f64)))
}

fn fixes(session: &Session, chosen: &Chosen) -> Vec<Passage> {
    let mut passages = Vec::new();
    if !chosen.evaluation.feasible() {
        let sentences: Vec<String> = session.fixes().iter().map(KnobChange::instruction).collect();
        let joint: Vec<String> = session.joint_fixes().iter().map(KnobChange::instruction).collect();
        if !sentences.is_empty() {
            passages.push(Passage::Text("Each of these alone makes the chosen design fit:".to_owned()));
            passages.push(Passage::List(sentences));
        } else if !joint.is_empty() {
            passages.push(Passage::Text(format!("Together these make it fit: {}.", joint.join(", and "))));
        }
    }
    let gains: Vec<String> = session
        .gains()
        .iter()
        .map(|gain| {
            let designs = if gain.gained == 1 { "design" } else { "designs" };
            format!("{}: {} more {designs} fit", gain.change.instruction(), gain.gained)
        })
        .collect();
    if !gains.is_empty() {
        let sampled = session.sampled();
        passages.push(Passage::Text(format!("What the next step of each knob would bring, of {sampled} designs:")));
        passages.push(Passage::List(gains));
    }
    passages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Precision;

    #[test]
    fn a_difference_says_what_it_leaves_open() {
        let of = |accuracy, precision| Accuracy { accuracy, samples: 400, step: 1, precision, quantisation: None };
        let [own, near, far] = [0.93, 0.928, 0.7].map(|share| of(share, Precision::Int8));
        assert_eq!(reservations(&own, &near), ", within chance");
        assert_eq!(reservations(&own, &far), "");
        let float = of(0.928, Precision::Float);
        assert_eq!(reservations(&own, &float), ", within chance, in float beside int8 of the chosen one");
    }
}
