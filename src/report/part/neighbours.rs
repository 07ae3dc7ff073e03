//! Reasons why the neighbours lost: other splits of the chosen network, and the designs ranked behind it.

use super::words::{ACCURACIES, accuracy, bytes, latency};
use crate::cost::{KnobChange, MeasuredShares, Reason, SplitReport, reasons};
use crate::explore::{Accuracy, CandidateId, Session, ShownAccuracy};
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
    let own = chosen.evaluation.latency.total_s();
    for split in all {
        let cost = &split.cost;
        let seconds = cost.latency.total_s();
        let is_chosen = split.demand.boundary == chosen.design.split;
        let why = if !split.reasons.is_empty() {
            split.reasons.iter().map(Reason::sentence).collect::<Vec<_>>().join("; ")
        } else if is_chosen {
            "chosen".to_owned()
        } else if seconds > own {
            format!("slower by {}", latency(seconds - own))
        } else {
            less_accurate(session, chosen, split)
        };
        let fix = split.fix().unwrap_or_default();
        let memory = bytes(cost.sensor_peak_bytes);
        table.row(vec![split.name.clone(), why, fix, latency(seconds), memory, bytes(cost.link_bytes)]);
    }
    table
}

/// Reason why a split that is as fast was not chosen.
fn less_accurate(session: &Session, chosen: &Chosen, split: &SplitReport) -> String {
    let other = Design { split: split.demand.boundary, ..chosen.design.clone() };
    let other = session.space().canonical_design(other);
    let other = session.accuracy(&other);
    match (measured(&chosen.strip.accuracy), measured(&other)) {
        (Some(own), Some(other)) if other.accuracy < own.accuracy => {
            let points = (own.accuracy - other.accuracy) * 100.0;
            format!("less accurate by {points:.1} percentage points{}", reservations(own, other))
        }
        (Some(_), None) => "as fast or faster; its accuracy has not been measured".to_owned(),
        _ => "as good".to_owned(),
    }
}

/// The accuracy, if it was measured with the present number of sensors.
const fn measured(shown: &ShownAccuracy) -> Option<&Accuracy> {
    if let ShownAccuracy::Measured(accuracy) = shown { Some(accuracy) } else { None }
}

/// Words on all that a difference between two accuracies leaves open: chance, and precisions.
fn reservations(own: &Accuracy, other: &Accuracy) -> String {
    // Intervals that overlap: the objects can't tell which one is better.
    let overlap = interval(other.accuracy, other.samples).1 >= interval(own.accuracy, own.samples).0;
    format!("{}{}", if overlap { ", within chance" } else { "" }, other_precision(own, other))
}

/// The precisions, where accuracies of two are compared.
fn other_precision(own: &Accuracy, other: &Accuracy) -> String {
    if own.precision == other.precision {
        return String::new();
    }
    format!(", in {} beside {} of the chosen one", other.precision.name(), own.precision.name())
}

fn designs(session: &Session, chosen: &Chosen) -> PageTable {
    let head = ["design", "why", "accuracy (95 % interval)", "latency"];
    let mut table = PageTable::new(format!("The next designs in the ranking; {ACCURACIES}"), &head, 2);
    let ranking = session.ranking();
    let start = ranking.iter().position(|&id| id == chosen.strip.candidate).map_or(0, |at| at + 1);
    for &id in ranking.iter().skip(start).take(LISTED) {
        let (Some(row), Some(design)) = (session.row(id), session.best_design(id)) else { continue };
        let text = format!("`{}`", session.space().print_design(&design));
        let seconds = row.evaluation.latency.total_s();
        table.row(vec![text, why(session, chosen, id), accuracy(&row.accuracy), latency(seconds)]);
    }
    table
}

/// Reason why a design stands behind the chosen one.
fn why(session: &Session, chosen: &Chosen, id: CandidateId) -> String {
    let (Some(row), Some(design)) = (session.row(id), session.best_design(id)) else { return String::new() };
    let seconds = row.evaluation.latency.total_s() - chosen.evaluation.latency.total_s();
    let slower = if seconds > 0.0 { "slower" } else { "faster" };
    let time = format!("{} {slower}", latency(seconds.abs()));
    if !row.evaluation.feasible() {
        let known = MeasuredShares { accuracy: row.accuracy.measured().unwrap_or(f64::NAN), leak: row.leak };
        let network = session.space().lower(&design.genome).ok();
        let demands = session.catalogue().demands(id);
        let demand = demands.into_iter().find(|demand| demand.boundary == design.split);
        let broken = network.zip(demand).map(|(network, demand)| {
            let all = reasons(&network, &demand, session.profile(), session.knobs(), known);
            all.iter().map(Reason::brief).collect::<Vec<_>>().join("; ")
        });
        return broken.unwrap_or_else(|| "breaks limits".to_owned());
    }
    match (chosen.strip.accuracy.accuracy(), row.accuracy.accuracy()) {
        (Some(own), Some(other)) => {
            let points = (own.accuracy - other.accuracy) * 100.0;
            if points <= 0.0 {
                return format!("as accurate{}; {time}", other_precision(&own, &other));
            }
            format!("{points:.1} percentage points less accurate{}; {time}", reservations(&own, &other))
        }
        (Some(_), None) => format!("its accuracy has not been measured; {time}"),
        (None, _) => {
            let macs = |id| session.catalogue().get(id).map_or(0, |candidate| candidate.macs);
            let fewer = macs(chosen.strip.candidate).saturating_sub(macs(id));
            format!("{} fewer; {time}", Metric::Macs.format(fewer as f64))
        }
    }
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
