//! The question: space, hardware, limits.

use super::words::sensors;
use crate::explore::{DesignCounts, Session};
use crate::quantity::Knob;
use crate::report::{PageSection, PageTable, Passage, RunFacts};

/// The rule of the ranking.
const RANKING: &str = "Designs are ranked, put on the front and held against a limit on accuracy by their measured \
                       accuracy, else by the lower end of the 90 % interval of the predicted one (≈); equals by latency.";

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
    let DesignCounts { designs, feasible, measured } = session.design_counts();
    sentences.push(format!(
        "Looked at: {designs} designs, each the best split of a network, of which {feasible} meet the limits; \
         {measured} of these have a measured accuracy."
    ));
    if session.has_accuracies() {
        sentences.push(RANKING.to_owned());
    }
    sentences.extend(run.map(|run| format!("Data: `{}`.", run.manifest.data)));
    passages.push(Passage::List(sentences));
    passages.push(Passage::Table(knobs(session)));
    PageSection::new("The question", passages)
}

/// The limits and the hardware values that can be moved.
fn knobs(session: &Session) -> PageTable {
    let mut table = PageTable::new("Limits and hardware", &["", "value", "profile"], 1);
    for knob in Knob::ALL {
        let Some(range) = session.ranges().of(knob) else { continue };
        let value = session.value(knob);
        let text = |value: f64| if knob.is_unlimited(value) { "no limit".to_owned() } else { knob.format(value) };
        let moved = value.total_cmp(&range.default).is_ne();
        let of_profile = if moved { text(range.default) } else { "the same".to_owned() };
        table.row(vec![knob.label().to_owned(), text(value), of_profile]);
    }
    table
}
