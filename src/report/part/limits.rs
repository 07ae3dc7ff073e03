//! Accuracy against each limit and the most important rates of the hardware: sweeps.

use crate::explore::{Session, SweepPoint, SweptDesign};
use crate::quantity::{Knob, Unlimited};
use crate::report::{PageSection, Passage};
use crate::svg::sweep;

/// Knobs that are swept over.
const SWEPT: [Knob; 5] =
    [Knob::LatencyLimit, Knob::LinkBandwidth, Knob::SensorMemory, Knob::EnergyLimit, Knob::Sensors];
/// Values of each sweep.
const VALUES: usize = 25;

/// A sweep over each knob.
pub(in crate::report) fn section(session: &Session) -> PageSection {
    let mut passages = vec![Passage::Text(
        "The first design of the ranking at each value of one knob, the others as they are. Names along the top edge are \
         splits. A curve has gaps where no design meets the limits, or where the accuracy of the best one is not known."
            .to_owned(),
    )];
    for knob in SWEPT {
        passages.extend(swept(session, knob));
    }
    PageSection::new("Against each limit", passages)
}

fn swept(session: &Session, knob: Knob) -> Option<Passage> {
    let range = session.ranges().of(knob)?;
    let steps = || range.steps.iter().copied().filter(|&step| !knob.is_unlimited(step));
    let (low, high) = (steps().reduce(f64::min)?, steps().reduce(f64::max)?);
    let values = session.sweep_values(knob, low, high, VALUES);
    let points = session.sweep(knob, &values).ok()?;
    let none = points.iter().filter(|point| point.best.is_none()).count();
    if none == points.len() {
        return Some(Passage::Text(format!("{}: no value lets any design meet the other limits.", knob.label())));
    }
    let name = knob.name();
    let limited = knob.info().unlimited != Unlimited::Never;
    let least = if limited && none > 0 { first_feasible(&points) } else { None };
    let from =
        least.map(|value| format!(" The smallest value looked at that any design meets is {}.", knob.format(value)));
    let now = session.value(knob);
    let now = if knob.is_unlimited(now) { "not set".to_owned() } else { knob.format(now) };
    let unknown = unknown(&points).unwrap_or_default();
    let caption = format!("Best design against {}; now {now}.{}{unknown}", knob.label(), from.unwrap_or_default());
    let picture = sweep::draw(session.space(), &session.profile().name, knob, &points);
    Some(Passage::picture(&format!("sweep-{name}"), caption, picture))
}

/// Sentence on the values at which the accuracy of the best design is not known, if it is at others.
fn unknown(points: &[SweepPoint]) -> Option<String> {
    let best: Vec<&SweptDesign> = points.iter().filter_map(|point| point.best.as_ref()).collect();
    let unknown = best.iter().filter(|best| best.figure().is_none()).count();
    let some = 0 < unknown && unknown < best.len();
    some.then(|| format!(" At {unknown} of {} values the accuracy of the best design is not known.", points.len()))
}

fn first_feasible(points: &[SweepPoint]) -> Option<f64> {
    points.iter().find(|point| point.best.is_some()).map(|point| point.value)
}
