//! Limits that no split of a list meets, with the nearest any split comes to them.

use serde::Serialize;

use super::constraint::{CONSTRAINTS, COST_CONSTRAINTS};
use super::demand::SplitDemand;
use super::knobs::Knobs;
use super::rates::SystemRates;
use crate::quantity::Limit;

/// A limit that no split meets.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Shortfall {
    /// The limit.
    pub limit: Limit,
    /// Best value that any split reaches.
    pub reached: f64,
    /// Allowed value.
    pub allowed: f64,
}

impl Shortfall {
    /// A clause, for instance "latency: 14.2 ms at best, 10 ms allowed".
    pub fn sentence(&self) -> String {
        let metric = self.limit.metric();
        let [reached, allowed] = [self.reached, self.allowed].map(|value| metric.format(value));
        format!("{}: {reached} at best, {allowed} allowed", metric.info().label)
    }
}

/// The shortfalls of [`why_none`] as one sentence fragment.
pub fn shortfall_list(shortfalls: &[Shortfall]) -> String {
    if shortfalls.is_empty() {
        return "each limit can be met, but not all at once".into();
    }
    shortfalls.iter().map(Shortfall::sentence).collect::<Vec<_>>().join("; ")
}

/// The limits that none of the splits meets; `None` if a split is feasible. An empty list means that every limit is met
/// by some split, but never all by one. Asked with the demands of a space's smallest network, it tells before any
/// search whether a search can succeed.
pub fn why_none<'a>(demands: impl IntoIterator<Item = &'a SplitDemand>, knobs: &Knobs) -> Option<Vec<Shortfall>> {
    let rates = SystemRates::new(knobs);
    let mut least = [f64::INFINITY; COST_CONSTRAINTS];
    for demand in demands {
        let frame = rates.frame(demand);
        let usage = rates.usage_of(&frame);
        if rates.violation_bits(&usage) == 0 {
            return None;
        }
        for (least, usage) in least.iter_mut().zip(usage) {
            *least = least.min(usage);
        }
    }
    let unmet = CONSTRAINTS.iter().zip(least).zip(rates.bounds()).filter(|((_, least), bound)| least > *bound);
    Some(
        unmet
            .map(|((constraint, least), &bound)| Shortfall {
                limit: constraint.limit,
                reached: constraint.value(least),
                allowed: constraint.value(bound),
            })
            .collect(),
    )
}
