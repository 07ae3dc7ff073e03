//! The constraints on the cost of a design: the one table over which feasibility, violation, threshold, reason and fix
//! iterate.
//!
//! A constraint compares a usage (bytes, seconds, joules) with a bound, and is met while the usage does not exceed the
//! bound. [`super::SystemRates`] computes the usages of one split in the order of this table. So a new limit is a row
//! of [`Limit`]'s table (its words), a row here (its bound) and a term of the formula there.

use super::knobs::Knobs;
use super::violations::Violations;
use crate::quantity::{Knob, Limit};

/// Number of constraints on cost: all limits but those on what is measured, which are last.
pub(crate) const COST_CONSTRAINTS: usize = CONSTRAINTS.len();

/// Usages of one split in the order of [`CONSTRAINTS`].
pub(crate) type Usage = [f64; COST_CONSTRAINTS];

/// Place to which a broken constraint is attributed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The layer at which the sensor's memory is fullest.
    SensorPeak,
    /// The slowest stage of the frame.
    SlowestStage,
    /// The layers that their chip can't run.
    Operators,
    /// The design as a whole.
    Design,
}

/// One constraint on cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Constraint {
    /// The limit.
    pub(crate) limit: Limit,
    /// Largest allowed usage under the knobs; infinite without a limit.
    bound: fn(&Knobs) -> f64,
    /// Place named in a reason.
    pub(crate) cause: Cause,
    /// Remedy besides moving the limit, splitting before the fullest layer and speeding up the slowest stage, appended
    /// to an instruction.
    pub(crate) alternative: &'static str,
    /// Rates of the hardware that lower the usage as they rise.
    rates: &'static [Knob],
}

/// All rates of the hardware that knobs set.
pub(crate) const RATES: [Knob; 3] = [Knob::LinkBandwidth, Knob::SensorCompute, Knob::AggregatorCompute];

/// The constraints on cost, in the order of [`Limit::ALL`].
pub(crate) const CONSTRAINTS: [Constraint; 7] = [
    Constraint {
        limit: Limit::SensorMemory,
        bound: |knobs| bytes(knobs.weakest_sensor_memory_bytes()),
        cause: Cause::SensorPeak,
        alternative: "",
        rates: &[],
    },
    Constraint {
        limit: Limit::SensorWeights,
        bound: |knobs| bytes(knobs.system.sensor_weight_memory_bytes),
        cause: Cause::Design,
        alternative: ", split earlier, or stream the weights for every frame",
        rates: &[],
    },
    Constraint {
        limit: Limit::AggregatorWeights,
        bound: |knobs| bytes(knobs.system.aggregator_weight_memory_bytes),
        cause: Cause::Design,
        alternative: ", or stream the weights for every frame",
        rates: &[],
    },
    Constraint {
        limit: Limit::Latency,
        bound: |knobs| knobs.latency_limit_s.unwrap_or(f64::INFINITY),
        cause: Cause::SlowestStage,
        alternative: "",
        rates: &RATES,
    },
    Constraint {
        limit: Limit::Energy,
        bound: |knobs| knobs.energy_limit_j.unwrap_or(f64::INFINITY),
        cause: Cause::Design,
        alternative: "",
        rates: &[Knob::SensorCompute, Knob::AggregatorCompute],
    },
    // The usage is the period: seconds from one frame to the next.
    Constraint {
        limit: Limit::FrameRate,
        bound: |knobs| knobs.frame_rate_floor_hz.map_or(f64::INFINITY, f64::recip),
        cause: Cause::SlowestStage,
        alternative: "",
        rates: &RATES,
    },
    Constraint { limit: Limit::Operators, bound: |_| 0.0, cause: Cause::Operators, alternative: "", rates: &[] },
];

/// A limit in bytes; `u64::MAX` means none.
fn bytes(limit: u64) -> f64 {
    if limit == u64::MAX { f64::INFINITY } else { limit as f64 }
}

impl Constraint {
    /// The constraint of a limit on cost; `None` for accuracy and leak.
    pub(crate) fn of(limit: Limit) -> Option<&'static Self> {
        CONSTRAINTS.get(limit as usize)
    }

    /// Bounds of all constraints under the knobs.
    pub(crate) fn bounds(knobs: &Knobs) -> Usage {
        CONSTRAINTS.map(|constraint| (constraint.bound)(knobs))
    }

    /// Limits whose usage falls as `rate` rises.
    pub(crate) const fn lowered_by(rate: Knob) -> Violations {
        let (mut limits, mut row) = (Violations::of(&[]), 0);
        while row < COST_CONSTRAINTS {
            let (rates, mut index) = (CONSTRAINTS[row].rates, 0);
            while index < rates.len() {
                if rates[index].index() == rate.index() {
                    limits = limits.with(CONSTRAINTS[row].limit, true);
                }
                index += 1;
            }
            row += 1;
        }
        limits
    }

    /// Factors that make what usages have beyond their bounds a share of the bound; 1 where a bound is zero.
    pub(crate) fn excess_factors(bounds: &Usage) -> Usage {
        bounds.map(|bound| if bound > 0.0 { bound.max(f64::MIN_POSITIVE).recip() } else { 1.0 })
    }

    /// Share by which a usage exceeds its bound; the usage itself where the bound is zero.
    #[inline(always)]
    pub(crate) fn excess(usage: f64, bound: f64, factor: f64) -> f64 {
        let share = (usage - bound) * factor;
        // Not the larger of the two: infinite bounds make it not-a-number.
        if share > 0.0 { share } else { 0.0 }
    }

    /// Value of the limit's knob that admits a usage.
    pub(crate) fn needed(&self, usage: f64, knobs: &Knobs) -> f64 {
        if self.limit == Limit::SensorMemory { knobs.memory_for(usage as u64) } else { self.value(usage) }
    }

    /// Value of the limit's metric at a usage: frames per second for a period, else the usage.
    pub(crate) fn value(&self, usage: f64) -> f64 {
        if self.limit == Limit::FrameRate { usage.recip() } else { usage }
    }
}
