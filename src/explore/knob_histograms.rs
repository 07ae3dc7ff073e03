//! Histograms of the knobs: how many designs fit at every step of every knob, the others fixed.
//!
//! They follow from the feasibility thresholds of each candidate ([`crate::cost::ThresholdSolver`]), without another
//! evaluation, and only where they are asked for. Large pools are sampled evenly.

use std::ops::Range;

use super::candidate::CandidateId;
use super::knob_range::KnobRange;
use super::pool::CandidatePool;
use super::ranking_rule::Evaluator;
use crate::cost::{
    DemandBatch, KnobChange, MeasuredColumns, SystemRates, ThresholdSolver, Thresholds, max_feasible_sensors,
    rates_by_sensors,
};
use crate::quantity::{Knob, RelaxDirection};

/// Pools up to this size are looked at as a whole at every knob change.
const WHOLE: usize = 2500;
/// Candidates looked at in larger pools, evenly spread.
const SAMPLE: usize = 256;

/// Designs that one change of a knob brings. Of a large pool an estimate: see [`super::session::Session::sampled`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KnobGain {
    /// Change to the nearest step at which more designs fit.
    pub change: KnobChange,
    /// Number of designs that fit there and do not fit now.
    pub gained: u32,
}

/// Number of designs that fit at every step of every knob, and the gain of the next useful step.
#[derive(Debug, Clone, Default)]
pub(super) struct KnobHistograms {
    /// For each knob, number of the sampled candidates that fit at each step.
    pub(super) counts: Vec<Vec<u32>>,
    /// Nearest step of each knob that brings more designs, largest gain first.
    pub(super) gains: Vec<KnobGain>,
}

/// The candidates looked at, with their splits side by side in memory.
#[derive(Debug, Clone, Default)]
pub(super) struct SampledSplits {
    /// Number of candidates of the pool it was taken from.
    of: usize,
    /// Each candidate with its splits in the batch.
    candidates: Vec<(CandidateId, Range<usize>)>,
    batch: DemandBatch,
}

impl SampledSplits {
    /// Number of candidates.
    pub(super) const fn len(&self) -> usize {
        self.candidates.len()
    }

    /// Takes every candidate of a pool, or an even sample of a large one, with as many sensors.
    pub(super) fn take(&mut self, pool: &CandidatePool) {
        if self.of != pool.len() {
            let stride = if pool.len() <= WHOLE { 1 } else { pool.len().div_ceil(SAMPLE) };
            let mut entries = Vec::new();
            self.candidates.clear();
            for id in (0..pool.len() as CandidateId).step_by(stride) {
                let start = entries.len();
                entries.extend(pool.range(id));
                self.candidates.push((id, start..entries.len()));
            }
            (self.of, self.batch) = (pool.len(), pool.batch().reordered(entries.into_iter()));
        }
        self.batch.set_sensors(pool.batch().sensors());
    }

    /// Thresholds at which any allowed split in `range` fits, the number of sensors left out.
    fn thresholds_of_any(
        &self,
        range: Range<usize>,
        solver: &ThresholdSolver,
        measured: MeasuredColumns<'_>,
    ) -> Thresholds {
        let mut easiest = Thresholds::NONE;
        for entry in range.clone().filter(|&entry| self.batch.is_allowed(entry)) {
            easiest.relax(&solver.thresholds(&self.batch.frame(entry), measured.at(entry - range.start)));
        }
        easiest
    }

    /// Returns `true` if any allowed split in `range` meets the limits on cost with the sensors of `rates`.
    fn fits(&self, mut range: Range<usize>, rates: &SystemRates) -> bool {
        let meets = |entry| rates.is_feasible(&self.batch.frame_with(entry, rates.sensors()));
        range.any(|entry| self.batch.is_allowed(entry) && meets(entry))
    }
}

impl KnobHistograms {
    /// Histograms over a sample of `candidates`, of which `infeasible` do not fit now.
    pub(super) fn new<'a>(
        sample: &SampledSplits,
        [candidates, infeasible]: [usize; 2],
        evaluator: &Evaluator,
        ranges: &[KnobRange],
        measured: impl Fn(CandidateId) -> MeasuredColumns<'a>,
    ) -> Self {
        let knobs = evaluator.knobs;
        let solver = ThresholdSolver::new(knobs);
        let sensors_range = ranges.iter().find(|range| range.knob == Knob::Sensors);
        let by_sensors = rates_by_sensors(knobs, sensors_range.map_or(1, |range| range.steps.len() as u32));
        let mut all: Vec<Vec<u32>> = ranges.iter().map(|range| vec![0; range.steps.len()]).collect();
        let values: Vec<f64> = ranges.iter().map(|range| knobs.get(range.knob)).collect();
        let mut fitting = vec![0; ranges.len()];
        let mut sensors = 0;
        for (id, range) in &sample.candidates {
            let mut thresholds = sample.thresholds_of_any(range.clone(), &solver, measured(*id));
            // Neighbours are alike, so the last answer is the first guess.
            sensors = max_feasible_sensors(&by_sensors, sensors, |rates| sample.fits(range.clone(), rates));
            thresholds.set(Knob::Sensors, if sensors > 0 { sensors as f64 } else { f64::NAN });
            for (((counts, range), fitting), value) in all.iter_mut().zip(ranges).zip(&mut fitting).zip(&values) {
                let needed = thresholds.get(range.knob);
                if let Some(step) = range.step_for(needed) {
                    counts[step] += 1;
                }
                let upward = range.info().relax == RelaxDirection::Up;
                *fitting += u32::from(if upward { needed <= *value } else { needed >= *value });
            }
        }
        let share = candidates as f64 / sample.len().max(1) as f64;
        let of_all = |count: u32| ((f64::from(count) * share).round() as u32).min(infeasible as u32);
        let mut gains = Vec::new();
        for (((counts, range), fitting), value) in all.iter_mut().zip(ranges).zip(fitting).zip(&values) {
            accumulate(counts, range.info().relax);
            if let Some(found) = gain(range, counts, *value, fitting) {
                gains.push(KnobGain { gained: of_all(found.gained), ..found });
            }
        }
        gains.sort_by_key(|gain| std::cmp::Reverse(gain.gained));
        Self { counts: all, gains }
    }
}

/// Turns "fits from this step on" into "fits at this step".
fn accumulate(counts: &mut [u32], relax: RelaxDirection) {
    let mut sum = 0;
    let mut add = |count: &mut u32| {
        sum += *count;
        *count = sum;
    };
    match relax {
        RelaxDirection::Up => counts.iter_mut().for_each(&mut add),
        RelaxDirection::Down => counts.iter_mut().rev().for_each(&mut add),
    }
}

/// Nearest step on the relaxed side of `value` at which more than `now` fit.
fn gain(range: &KnobRange, counts: &[u32], value: f64, now: u32) -> Option<KnobGain> {
    let steps = range.steps.iter().zip(counts);
    let more = |(_, fit): &(&f64, &u32)| **fit > now;
    let (step, fit) = match range.info().relax {
        RelaxDirection::Up => steps.filter(|(step, _)| **step > value).find(more),
        RelaxDirection::Down => steps.rev().filter(|(step, _)| **step < value).find(more),
    }?;
    Some(KnobGain { change: KnobChange { knob: range.knob, from: value, to: *step }, gained: fit - now })
}
