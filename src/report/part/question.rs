//! The question: space, hardware, limits.

use std::collections::HashSet;

use super::words::sensors;
use crate::explore::Session;
use crate::quantity::Knob;
use crate::report::{PageSection, PageTable, Passage, RunFacts};

/// Space, profile, data and every knob.
pub(in crate::report) fn section(session: &Session, run: Option<&RunFacts>) -> PageSection {
    let (space, profile) = (session.space(), session.profile());
    let mut passages = vec![Passage::Text(format!(
        "Which network of the space `{}`, split where, meets the limits below on `{}` with {}, and classifies best?",
        space.name,
        profile.name,
        sensors(session)
    ))];
    let mut sentences = vec![format!("Hardware: {}", profile.description)];
    sentences.extend(session.fitting().map(|fitting| format!("Designs that meet the limits on cost: {fitting}.")));
    let [designs, feasible, measured] = looked_at(session);
    sentences.push(format!(
        "Looked at: {designs} designs, each the best split of a network, of which {feasible} meet the limits; \
         {measured} of these have a measured accuracy."
    ));
    sentences.extend(run.map(|run| format!("Data: `{}`.", run.manifest.data)));
    passages.push(Passage::List(sentences));
    passages.push(Passage::Table(knobs(session)));
    PageSection::new("The question", passages)
}

/// Number of designs at the best splits of all candidates, of those that meet the limits, and of those of them that
/// were measured. Candidates that are one design count once.
fn looked_at(session: &Session) -> [usize; 3] {
    let mut seen = HashSet::new();
    let mut counts = [0; 3];
    for id in session.catalogue().ids() {
        let (Some(design), Some(row)) = (session.best_design(id), session.row(id)) else { continue };
        if !seen.insert(design) {
            continue;
        }
        let feasible = row.evaluation.feasible();
        let measured = feasible && row.accuracy.measured().is_some();
        counts = [counts[0] + 1, counts[1] + usize::from(feasible), counts[2] + usize::from(measured)];
    }
    counts
}

/// The limits and the hardware values that can be moved.
fn knobs(session: &Session) -> PageTable {
    let mut table = PageTable::new("Limits and hardware", &["", "value", "profile"], 1);
    for knob in Knob::ALL {
        let Some(range) = session.range(knob) else { continue };
        let value = session.value(knob);
        let text = |value: f64| if knob.is_unlimited(value) { "no limit".to_owned() } else { knob.format(value) };
        let moved = value.total_cmp(&range.default).is_ne();
        let of_profile = if moved { text(range.default) } else { "the same".to_owned() };
        table.row(vec![knob.label().to_owned(), text(value), of_profile]);
    }
    table
}
