//! Slack of a split: how near it comes to the limits.

use super::constraint::CONSTRAINTS;
use super::demand::SplitDemand;
use super::knobs::Knobs;
use super::measured_shares::MeasuredShares;
use super::rates::SystemRates;
use crate::quantity::Limit;

/// Limit that a split comes nearest to, of those that knobs set, with its slack as a share of the limit. What was
/// not measured is left out. `None` if no limit is set.
pub(crate) fn tightest_limit(demand: &SplitDemand, knobs: &Knobs, measured: MeasuredShares) -> Option<(Limit, f64)> {
    let rates = SystemRates::new(knobs);
    let frame = rates.frame(demand);
    let usage = rates.usage_of(&frame);
    let on_cost = CONSTRAINTS.iter().zip(usage).zip(rates.bounds()).filter(|(_, bound)| bound.is_finite());
    let mut slacks: Vec<(Limit, f64)> = on_cost
        .map(|((constraint, usage), &bound)| {
            let slack = constraint.limit.slack(constraint.value(usage), constraint.value(bound));
            (constraint.limit, slack)
        })
        .collect();
    for (limit, value, bound) in measured.limits(knobs) {
        slacks.extend(bound.map(|bound| (limit, limit.slack(value, bound))));
    }
    slacks.retain(|(limit, slack)| limit.knob().is_some() && !slack.is_nan());
    slacks.into_iter().min_by(|one, other| one.1.total_cmp(&other.1))
}
