//! Feasibility thresholds: for each knob, the value at which a split becomes feasible with all other knobs fixed.
//!
//! Every constraint is monotone in every knob, so a split is feasible from one value on. The value follows in closed
//! form from the cost under the present knobs: the time of a stage is inversely proportional to its rate, static energy
//! is proportional to that time, and a limit is needed where the usage stands. Histograms behind the knobs, smallest
//! fixes and the slack of a feasible split come from these values, without another evaluation. Only the number of
//! sensors has no closed form: it is tried out ([`max_feasible_sensors`]).

use super::constraint::{CONSTRAINTS, COST_CONSTRAINTS, Constraint, RATES, Usage};
use super::demand::FrameDemand;
use super::evaluation::LatencyBreakdown;
use super::knobs::Knobs;
use super::measured_shares::MeasuredShares;
use super::rates::SystemRates;
use super::violations::Violations;
use crate::quantity::{Knob, Limit, RelaxDirection};

/// Value of each knob at which a split becomes feasible; NaN where no value of that knob alone suffices.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Thresholds([f64; Knob::COUNT]);

impl Thresholds {
    /// No value of any knob suffices.
    pub(crate) const NONE: Self = Self([f64::NAN; Knob::COUNT]);

    /// Value that `knob` needs; NaN where none suffices.
    #[inline]
    pub(crate) const fn get(&self, knob: Knob) -> f64 {
        self.0[knob.index()]
    }

    /// Sets the value that `knob` needs.
    pub(crate) const fn set(&mut self, knob: Knob, value: f64) {
        self.0[knob.index()] = value;
    }

    /// Relaxes each threshold to that of `other` where that is easier to meet: the thresholds of "one of them fits".
    #[inline]
    pub(crate) fn relax(&mut self, other: &Self) {
        for ((own, &other), upward) in self.0.iter_mut().zip(&other.0).zip(RELAXES_UPWARD) {
            // A knob that relaxes upward needs at least its threshold. No comparison with NaN holds.
            let easier = if upward { other < *own } else { other > *own };
            *own = if easier || own.is_nan() { other } else { *own };
        }
    }
}

/// Easiest thresholds of some splits, for "one of them fits", with their least usages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EasiestThresholds {
    thresholds: Thresholds,
    /// Least usage under each limit that a knob sets of a split that breaks no other limit; below all others where no
    /// knob sets the limit.
    usage: Usage,
}

impl EasiestThresholds {
    /// Thresholds of no split.
    pub(crate) const NONE: Self = {
        let (mut usage, mut limit) = ([f64::NEG_INFINITY; COST_CONSTRAINTS], 0);
        while limit < COST_CONSTRAINTS {
            if CONSTRAINTS[limit].limit.knob().is_some() {
                usage[limit] = f64::INFINITY;
            }
            limit += 1;
        }
        Self { thresholds: Thresholds::NONE, usage }
    };

    /// Returns `true` if `value` of a knob is easier to meet than what is known; never for NaN.
    #[inline]
    fn admits(&self, knob: Knob, value: f64) -> bool {
        let known = self.thresholds.get(knob);
        let easier = if RELAXES_UPWARD[knob.index()] { value < known } else { value > known };
        easier || known.is_nan() && !value.is_nan()
    }
}

/// A split under the knobs: what its thresholds follow from.
struct SplitUsage {
    latency: LatencyBreakdown,
    usage: Usage,
    broken: Violations,
    measured: MeasuredShares,
}

/// For each knob, `true` if it admits more designs as it rises.
const RELAXES_UPWARD: [bool; Knob::COUNT] = {
    let mut upward = [false; Knob::COUNT];
    let mut index = 0;
    while index < Knob::COUNT {
        upward[index] = matches!(Knob::ALL[index].info().relax, RelaxDirection::Up);
        index += 1;
    }
    upward
};

/// For each of [`RATES`], the limits that it acts on.
const LOWERED_BY_RATES: [Violations; RATES.len()] = {
    let (mut lowered, mut index) = ([Violations::of(&[]); RATES.len()], 0);
    while index < RATES.len() {
        lowered[index] = Constraint::lowered_by(RATES[index]);
        index += 1;
    }
    lowered
};

/// Closed forms of the thresholds under one setting of the knobs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ThresholdSolver<'a> {
    knobs: &'a Knobs,
    rates: SystemRates,
    /// Watts of all working sensors.
    sensors_w: f64,
}

impl<'a> ThresholdSolver<'a> {
    /// Solver for `knobs`.
    pub(crate) fn new(knobs: &'a Knobs) -> Self {
        Self { knobs, rates: SystemRates::new(knobs), sensors_w: knobs.system.sensors_static_w(knobs.sensors) }
    }

    /// Thresholds of every knob but the number of sensors for a split whose frame demands `frame`. What was not
    /// measured meets every limit.
    pub(crate) fn thresholds(&self, frame: &FrameDemand, measured: MeasuredShares) -> Thresholds {
        self.thresholds_of(&self.usage(frame, measured))
    }

    /// Thresholds as of [`ThresholdSolver::thresholds`] if any of them is easier to meet than the easiest so far, which
    /// then are relaxed to them. Few splits of many are, and the others take a few comparisons.
    #[inline]
    pub(crate) fn easier(
        &self,
        frame: &FrameDemand,
        measured: MeasuredShares,
        easiest: &mut EasiestThresholds,
    ) -> Option<Thresholds> {
        let split = self.usage(frame, measured);
        if !self.is_easier(&split, easiest) {
            return None;
        }
        let thresholds = self.thresholds_of(&split);
        easiest.thresholds.relax(&thresholds);
        for (limit, least) in easiest.usage.iter_mut().enumerate() {
            if split.broken.is_within(Violations::of(&[CONSTRAINTS[limit].limit])) {
                *least = least.min(split.usage[limit]);
            }
        }
        Some(thresholds)
    }

    /// Returns `false` only if no threshold of a split is easier to meet than those that are known.
    #[inline]
    fn is_easier(&self, split: &SplitUsage, known: &EasiestThresholds) -> bool {
        let SplitUsage { latency, usage, broken, measured } = split;
        // The knob of a limit helps only if no other limit is broken; it needs the less, the less is used.
        if broken.count() <= 1 {
            let less = (0..COST_CONSTRAINTS)
                .fold(0, |bits, limit| bits | u16::from(usage[limit] < known.usage[limit]) << limit);
            let helped = if broken.is_empty() { !0 } else { broken.bits() };
            let on_measured = |(limit, value, _): (Limit, f64, Option<f64>)| {
                let easiest = value_needed(limit, value);
                limit.knob().is_some_and(|knob| known.admits(knob, easiest))
                    && broken.is_within(Violations::of(&[limit]))
            };
            if less & helped != 0 || measured.limits(self.knobs).into_iter().any(on_measured) {
                return true;
            }
        }
        let rates = RATES.into_iter().zip(LOWERED_BY_RATES);
        rates
            .filter(|(_, lowered)| broken.is_within(*lowered))
            .any(|(rate, _)| known.admits(rate, self.rate(rate, latency, usage)))
    }

    #[inline]
    fn usage(&self, frame: &FrameDemand, measured: MeasuredShares) -> SplitUsage {
        let latency = self.rates.frame_latency(frame);
        let usage = self.rates.usage(frame, &latency);
        let on_cost = Violations::from_bits(self.rates.violation_bits(&usage));
        SplitUsage { latency, usage, broken: on_cost.union(measured.violations(self.knobs)), measured }
    }

    fn thresholds_of(&self, split: &SplitUsage) -> Thresholds {
        let SplitUsage { latency, usage, broken, measured } = split;
        let mut thresholds = Thresholds::NONE;
        // A knob helps only if it acts on every limit that is broken.
        for (constraint, &usage) in CONSTRAINTS.iter().zip(usage) {
            if let Some(knob) = constraint.limit.knob()
                && broken.is_within(Violations::of(&[constraint.limit]))
            {
                thresholds.set(knob, constraint.needed(usage, self.knobs));
            }
        }
        for (limit, value, _) in measured.limits(self.knobs) {
            if let Some(knob) = limit.knob()
                && broken.is_within(Violations::of(&[limit]))
            {
                thresholds.set(knob, value_needed(limit, value));
            }
        }
        for (rate, lowered) in RATES.into_iter().zip(LOWERED_BY_RATES) {
            if broken.is_within(lowered) {
                thresholds.set(rate, self.rate(rate, latency, usage));
            }
        }
        thresholds
    }

    /// Rate of the stage that `knob` speeds up at which latency, period and energy are within their bounds.
    fn rate(&self, knob: Knob, latency: &LatencyBreakdown, usage: &Usage) -> f64 {
        let LatencyBreakdown { readout_s, sensor_s, link_s, aggregator_s } = *latency;
        let (knobs, system) = (self.knobs, &self.knobs.system);
        // Seconds of the stage, of it those that no rate shortens, watts while it works, its rate, the slowest other
        // stage.
        let (stage_s, fixed_s, watts, rate, slowest_other_s) = match knob {
            Knob::SensorCompute => {
                (sensor_s, 0.0, self.sensors_w, knobs.sensor_macs_per_s, readout_s.max(link_s).max(aggregator_s))
            }
            Knob::LinkBandwidth => {
                let slowest = readout_s.max(sensor_s).max(aggregator_s);
                (link_s, system.link_latency_s, 0.0, knobs.bandwidth_bytes_per_s, slowest)
            }
            Knob::AggregatorCompute => {
                let slowest = readout_s.max(sensor_s).max(link_s);
                (aggregator_s, 0.0, system.aggregator_static_w, knobs.aggregator_macs_per_s, slowest)
            }
            _ => return f64::NAN,
        };
        let bound = |limit: Limit| self.rates.bounds()[limit as usize];
        let spare_j = bound(Limit::Energy) - (usage[Limit::Energy as usize] - watts * stage_s);
        if slowest_other_s > bound(Limit::FrameRate) || (watts <= 0.0 && spare_j < 0.0) {
            return f64::NAN;
        }
        let spare_s = (bound(Limit::Latency) - (latency.total_s() - stage_s)).min(bound(Limit::FrameRate));
        let spare_s = if watts > 0.0 { spare_s.min(spare_j / watts) } else { spare_s };
        rate_within(stage_s - fixed_s, spare_s - fixed_s, rate)
    }
}

/// Value that the knob of a limit on what is measured needs, as values are compared; any does where nothing was
/// measured.
fn value_needed(limit: Limit, value: f64) -> f64 {
    let upward = limit.knob().is_some_and(|knob| RELAXES_UPWARD[knob.index()]);
    match (value.is_nan(), upward) {
        (false, _) => limit.metric().compared(value),
        (true, true) => 0.0,
        (true, false) => f64::INFINITY,
    }
}

/// Rate at which something that takes `spent_s` at `rate` takes no more than `spare_s`; NaN if none is fast enough.
fn rate_within(spent_s: f64, spare_s: f64, rate: f64) -> f64 {
    if spare_s < 0.0 || (spare_s == 0.0 && spent_s > 0.0) {
        f64::NAN
    } else if spent_s <= 0.0 {
        0.0
    } else {
        rate * spent_s / spare_s
    }
}

/// Rates with 1, 2, .. `most` sensors, the other knobs fixed.
pub(crate) fn rates_by_sensors(knobs: &Knobs, most: u32) -> Vec<SystemRates> {
    (1..=most.max(1)).map(|sensors| SystemRates::new(&Knobs { sensors, ..*knobs })).collect()
}

/// Most sensors with which `fits` holds, up to the length of `by_sensors` ([`rates_by_sensors`]); 0 if it does with
/// none. Feasibility is monotone in the number, so the search starts at `guess` and walks from there.
pub(crate) fn max_feasible_sensors(
    by_sensors: &[SystemRates],
    guess: usize,
    fits: impl Fn(&SystemRates) -> bool,
) -> usize {
    let guess = guess.min(by_sensors.len());
    let below = (1..=guess).rev().find(|count| fits(&by_sensors[count - 1])).unwrap_or(0);
    if below < guess {
        return below;
    }
    guess + by_sensors[guess..].iter().take_while(|rates| fits(rates)).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cost::tests::profile;

    proptest! {
        #[test]
        fn most_sensors_do_not_depend_on_the_guess(fitting in 0_usize..13, of in 1_u32..13, guess in 0_usize..16) {
            let by_sensors = rates_by_sensors(&Knobs::from_profile(&profile(0)), of);
            let found = max_feasible_sensors(&by_sensors, guess, |rates| rates.sensors() as usize <= fitting);
            prop_assert_eq!(found, fitting.min(of as usize));
        }
    }
}
