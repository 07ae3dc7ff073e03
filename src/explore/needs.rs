//! What each knob would have to be for a split to meet all limits, the other knobs held.
//!
//! Every limit is monotone in every knob, so a split fits from one value on. The value follows from what the split costs now:
//! the time of a stage is inversely proportional to its rate, static energy is proportional to that time, and a limit is
//! needed where the cost stands. From these values come the histograms behind the knobs, what-if, and the smallest fix,
//! without costing anything again. Only the number of sensors is tried out, by bisection.

use std::ops::Range;

use super::candidate::{CandidateId, Pool};
use super::knob_range::KnobRange;
use super::rank::Evaluator;
use crate::cost::{Course, Evaluation, Knobs, SplitDemand, SystemRates};
use crate::quantity::{Knob, Limit, RelaxDirection};

/// Value each knob needs; NaN where no value would do.
pub(super) type Needed = [f64; Knob::COUNT];

/// Pools up to this size are looked at as a whole at every knob change.
const WHOLE: usize = 2500;
/// Candidates looked at in larger pools, evenly spread.
const SAMPLE: usize = 256;

/// A change of one knob that would make a design fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fix {
    /// The knob.
    pub knob: Knob,
    /// The first step of its range that does.
    pub value: f64,
    /// How many steps away that is.
    pub steps: u32,
}

/// What the next useful step of a knob would bring. Of a large pool an estimate: see [`super::session::Session::sampled`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WhatIf {
    /// The knob.
    pub knob: Knob,
    /// The nearest step at which more designs fit.
    pub value: f64,
    /// How many more that is than now.
    pub gained: u32,
}

/// The knobs as the closed forms use them.
pub(super) struct Present {
    latency_limit_s: f64,
    energy_limit_j: f64,
    longest_period_s: f64,
    link_latency_s: f64,
    /// Watts of all working sensors.
    sensors_w: f64,
    aggregator_w: f64,
    bandwidth: f64,
    sensor_compute: f64,
    aggregator_compute: f64,
    /// Bytes of the knob per byte a sensor may keep: above 1 if a camera has less memory than the knob says.
    memory_scale: f64,
}

impl Present {
    pub(super) fn new(knobs: &Knobs) -> Self {
        let system = &knobs.system;
        Self {
            latency_limit_s: knobs.latency_limit_s.unwrap_or(f64::INFINITY),
            energy_limit_j: knobs.energy_limit_j.unwrap_or(f64::INFINITY),
            longest_period_s: knobs.frame_rate_floor_hz.map_or(f64::INFINITY, f64::recip),
            link_latency_s: system.link_latency_s,
            sensors_w: system.sensors_static_w(knobs.sensors),
            aggregator_w: system.aggregator_static_w,
            bandwidth: knobs.bandwidth_bytes_per_s,
            sensor_compute: knobs.sensor_macs_per_s,
            aggregator_compute: knobs.aggregator_macs_per_s,
            memory_scale: knobs.memory_per_byte(),
        }
    }

    /// What each knob but the number of sensors would have to be for a split that costs this. An accuracy that was not
    /// measured (NaN) breaks no floor.
    pub(super) fn needed(&self, cost: &Evaluation, accuracy: f64) -> Needed {
        let mut needed = [f64::NAN; Knob::COUNT];
        let broken = |limit| cost.violations.contains(limit);
        if broken(Limit::SensorWeights) || broken(Limit::AggregatorWeights) {
            return needed;
        }
        let [memory, latency, energy, rate, floor] =
            [Limit::SensorMemory, Limit::Latency, Limit::Energy, Limit::FrameRate, Limit::Accuracy].map(broken);
        // Only its own knob mends memory, and accuracy.
        if (memory || floor) && (latency || energy || rate || memory && floor) {
            return needed;
        }
        let stages = &cost.latency;
        let total = stages.total_s();
        if !(memory || energy || floor) {
            let elsewhere = stages.readout_s.max(stages.sensor_s).max(stages.aggregator_s);
            let spare = self.spare(total - stages.link_s, elsewhere) - self.link_latency_s;
            let spent = stages.link_s - self.link_latency_s;
            needed[Knob::LinkBandwidth.index()] = rate_for(spent, spare, self.bandwidth);
        }
        if !(memory || floor) {
            let elsewhere = stages.readout_s.max(stages.link_s);
            let spare = self.spare(total - stages.sensor_s, elsewhere.max(stages.aggregator_s));
            let spare = self.spare_by_energy(spare, cost.energy_j, self.sensors_w, stages.sensor_s);
            needed[Knob::SensorCompute.index()] = rate_for(stages.sensor_s, spare, self.sensor_compute);
            let spare = self.spare(total - stages.aggregator_s, elsewhere.max(stages.sensor_s));
            let spare = self.spare_by_energy(spare, cost.energy_j, self.aggregator_w, stages.aggregator_s);
            needed[Knob::AggregatorCompute.index()] = rate_for(stages.aggregator_s, spare, self.aggregator_compute);
        }
        let mut limit = |knob: Knob, others: [bool; 4], value: f64| {
            if others == [false; 4] {
                needed[knob.index()] = value;
            }
        };
        let peak = (cost.sensor_peak_bytes as f64 * self.memory_scale).ceil();
        limit(Knob::SensorMemory, [latency, energy, rate, floor], peak);
        limit(Knob::LatencyLimit, [memory, energy, rate, floor], total);
        limit(Knob::EnergyLimit, [memory, latency, rate, floor], cost.energy_j);
        limit(Knob::FrameRateFloor, [memory, latency, energy, floor], cost.fps);
        let accuracy = if accuracy.is_nan() { f64::INFINITY } else { accuracy };
        limit(Knob::AccuracyFloor, [memory, latency, energy, rate], accuracy);
        needed
    }

    /// Seconds a stage may take beside the others; NaN if these alone make frames too slow.
    fn spare(&self, others_s: f64, slowest_other_s: f64) -> f64 {
        if slowest_other_s > self.longest_period_s {
            return f64::NAN;
        }
        (self.latency_limit_s - others_s).min(self.longest_period_s)
    }

    /// The same, where the stage draws so many watts while it works.
    fn spare_by_energy(&self, spare_s: f64, energy_j: f64, watts: f64, stage_s: f64) -> f64 {
        let spare_j = self.energy_limit_j - (energy_j - watts * stage_s);
        if watts > 0.0 {
            // `min` would drop the NaN.
            if spare_s.is_nan() { spare_s } else { spare_s.min(spare_j / watts) }
        } else if spare_j < 0.0 {
            f64::NAN
        } else {
            spare_s
        }
    }
}

/// The rate at which something that takes `spent` seconds at the present rate takes no more than `spare`.
fn rate_for(spent: f64, spare: f64, rate: f64) -> f64 {
    if spare.is_nan() || spare < 0.0 || (spare == 0.0 && spent > 0.0) {
        f64::NAN
    } else if spent <= 0.0 {
        0.0
    } else {
        rate * spent / spare
    }
}

/// The easiest of several needs for each knob.
pub(super) struct Easiest(Needed);

impl Easiest {
    /// What is harder than any need.
    const HARDEST: Needed = {
        let mut hardest = [f64::INFINITY; Knob::COUNT];
        let mut index = 0;
        while index < Knob::COUNT {
            if matches!(Knob::ALL[index].info().relax, RelaxDirection::Down) {
                hardest[index] = f64::NEG_INFINITY;
            }
            index += 1;
        }
        hardest
    };

    /// Of none so far.
    pub(super) const fn new() -> Self {
        Self(Self::HARDEST)
    }

    /// Takes in another need. NaN is easier than nothing, as no comparison with it holds.
    #[inline]
    pub(super) fn add(&mut self, other: &Needed) {
        for (index, (needed, &other)) in self.0.iter_mut().zip(other).enumerate() {
            let easier = if Self::HARDEST[index] > 0.0 { other < *needed } else { other > *needed };
            *needed = if easier { other } else { *needed };
        }
    }

    /// The needs; NaN where there was none that a value meets.
    pub(super) fn needed(mut self) -> Needed {
        for (needed, hardest) in self.0.iter_mut().zip(Self::HARDEST) {
            if needed.total_cmp(&hardest).is_eq() {
                *needed = f64::NAN;
            }
        }
        self.0
    }
}

/// The most sensors, up to those of the last rates, with which one of the splits fits; NaN if none does with one sensor.
/// Accuracy is left out: with other numbers of sensors it is another one.
pub(super) fn most_sensors<'a, I: Iterator<Item = &'a SplitDemand>>(
    demands: impl Fn() -> I,
    by_count: &[SystemRates],
) -> f64 {
    match most(by_count, 0, |rates| demands().any(|demand| rates.evaluate(demand).feasible())) {
        0 => f64::NAN,
        count => count as f64,
    }
}

/// The most sensors with which something fits, sought from a guess on.
fn most(by_count: &[SystemRates], guess: usize, fits: impl Fn(&SystemRates) -> bool) -> usize {
    let guess = guess.min(by_count.len());
    let fitting = (1..=guess).rev().find(|count| fits(&by_count[count - 1])).unwrap_or(0);
    if fitting < guess {
        return fitting;
    }
    guess + by_count[guess..].iter().take_while(|rates| fits(rates)).count()
}

/// Rates for 1, 2, .. `most` sensors, the other knobs held.
pub(super) fn rates_by_sensors(knobs: &Knobs, most: u32) -> Vec<SystemRates> {
    (1..=most.max(1)).map(|sensors| SystemRates::new(&Knobs { sensors, ..*knobs })).collect()
}

/// How many designs fit at every step of every range, and what the next step would bring.
#[derive(Debug, Clone, Default)]
pub(super) struct Reach {
    /// For each range, how many of the sampled candidates fit at each step.
    pub(super) histograms: Vec<Vec<u32>>,
    /// How many candidates were looked at.
    pub(super) sampled: usize,
    /// The nearest step of each range that brings more, largest gain first.
    pub(super) what_if: Vec<WhatIf>,
    sample: Sample,
}

/// The candidates looked at, side by side.
#[derive(Debug, Clone, Default)]
struct Sample {
    /// Candidates of the pool it was taken from.
    of: usize,
    candidates: Vec<(CandidateId, Range<usize>)>,
    /// Where a split is allowed: index among the candidate's splits, and what it costs.
    demands: Vec<(usize, Course)>,
}

impl Sample {
    /// Takes every candidate, or an even sample of a large pool.
    fn take(&mut self, pool: &Pool) {
        if self.of == pool.len() {
            return;
        }
        *self = Self { of: pool.len(), ..Self::default() };
        let stride = if pool.len() <= WHOLE { 1 } else { pool.len().div_ceil(SAMPLE) };
        for id in (0..pool.len() as CandidateId).step_by(stride) {
            let (range, first) = (pool.range(id), self.demands.len());
            let allowed =
                pool.demands(id).iter().enumerate().filter(|(index, _)| pool.batch().is_allowed(range.start + index));
            self.demands.extend(allowed.map(|(index, demand)| (index, Course::of(demand))));
            self.candidates.push((id, first..self.demands.len()));
        }
    }
}

impl Reach {
    /// Works it out for every candidate, or for an even sample of a large pool, of which so many are barred now.
    pub(super) fn refresh<'a>(
        &mut self,
        (pool, barred): (&Pool, usize),
        evaluator: &Evaluator,
        ranges: &[KnobRange],
        accuracies: impl Fn(CandidateId) -> &'a [f64],
    ) {
        let Self { histograms, sampled, what_if: news, sample } = self;
        sample.take(pool);
        *sampled = sample.candidates.len();
        let present = Present::new(evaluator.knobs);
        let count = ranges.iter().find(|range| range.knob == Knob::Sensors).map_or(1, |range| range.steps.len() as u32);
        let by_count = rates_by_sensors(evaluator.knobs, count);
        histograms.resize_with(ranges.len(), Vec::new);
        for (histogram, range) in histograms.iter_mut().zip(ranges) {
            histogram.clear();
            histogram.resize(range.steps.len(), 0);
        }
        let values: Vec<f64> = ranges.iter().map(|range| evaluator.knobs.get(range.knob)).collect();
        let mut now = vec![0; ranges.len()];
        let mut sensors = 0;
        for (id, demands) in &sample.candidates {
            let demands = &sample.demands[demands.clone()];
            let mut needed = needed_by_any(evaluator, &present, demands, accuracies(*id));
            let fits =
                |rates: &SystemRates| demands.iter().any(|(_, demand)| rates.meets(&demand.frame(rates.sensors())));
            // Neighbours are alike.
            sensors = most(&by_count, sensors, fits);
            needed[Knob::Sensors.index()] = if sensors > 0 { sensors as f64 } else { f64::NAN };
            for (((histogram, range), now), value) in histograms.iter_mut().zip(ranges).zip(&mut now).zip(&values) {
                let need = needed[range.knob.index()];
                if let Some(step) = range.step_for(need) {
                    histogram[step] += 1;
                }
                *now +=
                    u32::from(if range.info().relax == RelaxDirection::Up { need <= *value } else { need >= *value });
            }
        }
        news.clear();
        let share = pool.len() as f64 / (*sampled).max(1) as f64;
        let of_all = |count: u32| ((f64::from(count) * share).round() as u32).min(barred as u32);
        for (((histogram, range), now), value) in histograms.iter_mut().zip(ranges).zip(now).zip(&values) {
            accumulate(histogram, range.info().relax);
            let found = what_if(range, histogram, *value, now);
            news.extend(found.map(|found| WhatIf { gained: of_all(found.gained), ..found }));
        }
        news.sort_by_key(|what_if| std::cmp::Reverse(what_if.gained));
    }
}

/// What each knob but the number of sensors would have to be for any of a candidate's splits to fit.
fn needed_by_any(evaluator: &Evaluator, present: &Present, demands: &[(usize, Course)], accuracies: &[f64]) -> Needed {
    let mut easiest = Easiest::new();
    for (index, demand) in demands {
        let accuracy = accuracies.get(*index).copied().unwrap_or(f64::NAN);
        let cost = evaluator.evaluate_frame(&demand.frame(evaluator.knobs.sensors), accuracy);
        easiest.add(&present.needed(&cost, accuracy));
    }
    easiest.needed()
}

/// Turns "fits from this step on" into "fits at this step".
fn accumulate(histogram: &mut [u32], ease: RelaxDirection) {
    let mut sum = 0;
    let mut add = |count: &mut u32| {
        sum += *count;
        *count = sum;
    };
    match ease {
        RelaxDirection::Up => histogram.iter_mut().for_each(&mut add),
        RelaxDirection::Down => histogram.iter_mut().rev().for_each(&mut add),
    }
}

/// The nearest step on the easier side of a value at which more than `now` fit.
fn what_if(range: &KnobRange, histogram: &[u32], value: f64, now: u32) -> Option<WhatIf> {
    let steps = range.steps.iter().zip(histogram);
    let more = |(_, fit): &(&f64, &u32)| **fit > now;
    let (step, fit) = match range.info().relax {
        RelaxDirection::Up => steps.filter(|(step, _)| **step > value).find(more),
        RelaxDirection::Down => steps.rev().filter(|(step, _)| **step < value).find(more),
    }?;
    Some(WhatIf { knob: range.knob, value: *step, gained: fit - now })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::pair;
    use super::*;

    proptest! {
        #[test]
        fn the_most_sensors_do_not_depend_on_the_guess(fitting in 0_usize..13, of in 1_u32..13, guess in 0_usize..16) {
            let (_, profile) = pair();
            let by_count = rates_by_sensors(&Knobs::from_profile(&profile), of);
            let found = most(&by_count, guess, |rates| rates.sensors() as usize <= fitting);
            prop_assert_eq!(found, fitting.min(of as usize));
        }
    }
}
