//! Measured shares of designs (accuracies; leaks are kept in the same way), by number of views, run and training step.
//!
//! Invariants: readings are kept in the order of their steps and only removed when their run withdraws them; the
//! accuracy of a design with V sensors is one measured with V views on the weights of the run that is followed now.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use super::candidate::CandidateId;
use super::pool::CandidatePool;
use super::predictions::{LearnedReading, LearnedReadings};
use crate::record::{FinetunedAccuracy, FinetunedRecord, Precision};
use crate::space::{Design, SearchSpace};
pub use of_weights::WeightsMeasurements;
use readings::DesignReadings;
pub(super) use readings::accuracy_to_rank_by;
pub use readings::{Accuracy, AccuracyFigure, AccuracyKind, Reading, ShownAccuracy, precisions_in_words};

mod of_weights;
mod readings;

/// A measurement with blanked cameras.
#[derive(Debug, Clone, Copy, PartialEq)]
struct BlankedReading {
    /// Cameras of the rig.
    views: u32,
    /// Blanked cameras: bit n is camera n.
    lost: u32,
    accuracy: Accuracy,
    run: usize,
}

/// Design that a run has trained alone.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FinetunedDesign {
    /// Number of the run that it was chosen on.
    parent: usize,
    design: Design,
    /// Number of the run that has trained it.
    pub(super) run: usize,
    /// Kind of its training, for instance "finetuned in int8".
    pub(super) kind: String,
}

/// Bits of a word.
const WORD: usize = u64::BITS as usize;

/// All measurements of a session.
#[derive(Debug, Clone, Default)]
pub struct Measurements {
    records: Vec<DesignReadings>,
    by_design: HashMap<Design, usize>,
    /// Measurements with blanked cameras.
    blanked: HashMap<Design, Vec<BlankedReading>>,
    /// Accuracy of every split of the pool with the current number of views, NaN where it was not measured; empty if
    /// none was.
    current: Vec<f64>,
    /// One bit a split, set where `current` is a number: few splits are measured, and all are looked up at every knob
    /// change.
    measured_mask: Vec<u64>,
    /// Designs that other runs have trained alone.
    finetuned: Vec<FinetunedDesign>,
    /// Run directories known so far.
    runs: Vec<String>,
    /// Index of the one followed now.
    run: usize,
    /// Precisions of the current accuracies.
    precisions: BTreeSet<Precision>,
    /// Number of changes so far.
    changes: u64,
    /// Number of times that the weights became others than those measured before: another run, or a rollback.
    weights: u64,
}

/// Readings below which no accuracy in int8 is predicted where there are some in single precision.
const ENOUGH_IN_INT8: usize = 12;
/// Newest readings that are always learned from; older ones only if they are of weights as new as the oldest of them.
const NEWEST: usize = 24;

impl Measurements {
    /// Number of designs measured on the run followed now.
    pub fn len(&self) -> usize {
        self.records.iter().filter(|record| record.of_run(self.run).next().is_some()).count()
    }

    /// Returns `true` if nothing was measured on the run followed now.
    pub fn is_empty(&self) -> bool {
        !self.records.iter().any(|record| record.of_run(self.run).next().is_some())
    }

    /// Measurements on the weights of the run followed now.
    pub const fn present(&self) -> WeightsMeasurements<'_> {
        self.of_run(self.run)
    }

    /// Measurements on the weights of a run, given by its number.
    pub(super) const fn of_run(&self, run: usize) -> WeightsMeasurements<'_> {
        WeightsMeasurements::new(self, run)
    }

    /// Runs that have trained a design alone which was chosen on the run followed now.
    pub(super) fn finetuned(&self, design: &Design) -> impl Iterator<Item = &FinetunedDesign> {
        self.finetuned.iter().filter(move |one| one.parent == self.run && one.design == *design)
    }

    /// Records a canonical design that another run has trained alone, in place of what was known of that run.
    pub(super) fn record_finetuned(&mut self, design: &Design, record: &FinetunedRecord) {
        if self.runs.is_empty() {
            // The run followed now has no name.
            self.runs.push(String::new());
        }
        let run = self.number_of(&record.run);
        self.finetuned.retain(|known| known.run != run);
        let kind = record.kind();
        self.finetuned.push(FinetunedDesign { parent: self.run, design: design.clone(), run, kind });
        for known in &mut self.records {
            known.readings.retain(|reading| reading.run != run || run == self.run);
        }
        for one in &record.accuracies {
            let FinetunedAccuracy { views, precision, accuracy, samples } = *one;
            let accuracy = Accuracy { accuracy, samples, step: record.step, precision, quantisation: None };
            self.record_on(run, design.clone(), views, accuracy);
        }
    }

    /// Records a measurement with blanked cameras, which is never ranked by.
    pub(super) fn record_blanked(&mut self, design: Design, views: u32, lost: u32, accuracy: Accuracy) {
        let reading = BlankedReading { views, lost, accuracy, run: self.run };
        self.blanked.entry(design).or_default().push(reading);
    }

    /// All readings of a design, those of earlier runs too, steps ascending.
    pub fn readings(&self, design: &Design) -> &[Reading] {
        self.by_design.get(design).map_or(&[], |&index| &self.records[index].readings)
    }

    /// Number of changes so far, and what counts the weights that accuracies were measured on.
    pub(super) const fn changes(&self) -> (u64, u64) {
        (self.changes, self.weights)
    }

    /// Accuracies to predict others from, by number of views: the newest of each design, in int8 where enough are.
    /// Those of much older weights than the newest are left out.
    pub(super) fn learned(&self) -> BTreeMap<u32, LearnedReadings> {
        let mut by_views: BTreeMap<u32, [Vec<(u64, LearnedReading)>; 2]> = BTreeMap::new();
        for record in &self.records {
            let mut views: Vec<u32> = record.of_run(self.run).map(|reading| reading.views).collect();
            views.sort_unstable();
            views.dedup();
            for views in views {
                for (place, precision) in Precision::ALL.into_iter().enumerate() {
                    let Some(newest) = record.newest_in(precision, self.run, views) else { continue };
                    let reading = LearnedReading { design: record.design.clone(), views, accuracy: newest.accuracy };
                    by_views.entry(views).or_default()[place].push((newest.step, reading));
                }
            }
        }
        let chosen = |(views, readings): (u32, [Vec<(u64, LearnedReading)>; 2])| {
            let place = usize::from(readings[0].len() < ENOUGH_IN_INT8 && !readings[1].is_empty());
            let mut readings = readings.into_iter().nth(place).unwrap_or_default();
            readings.sort_by_key(|(step, _)| std::cmp::Reverse(*step));
            let oldest = readings.get(NEWEST - 1).or(readings.last()).map_or(0, |(step, _)| *step);
            readings.retain(|(step, _)| *step >= oldest);
            let readings = readings.into_iter().map(|(_, reading)| reading).collect();
            (views, LearnedReadings { precision: Precision::ALL[place], readings })
        };
        by_views.into_iter().map(chosen).collect()
    }

    /// Accuracies of a range of splits at the current number of views, NaN where not measured; empty if none of them
    /// was.
    #[inline]
    pub(super) fn current(&self, entries: Range<usize>) -> &[f64] {
        if self.any_measured(&entries) { self.current.get(entries).unwrap_or(&[]) } else { &[] }
    }

    /// Accuracy of a split with the current number of views, NaN if it was not measured.
    #[inline]
    pub(super) fn current_at(&self, entry: usize) -> f64 {
        if self.is_measured(entry) { self.current[entry] } else { f64::NAN }
    }

    /// Returns `true` if a split was measured with the current number of views. The mask is small: it is at hand where
    /// the accuracies are far away in memory.
    #[inline]
    pub(super) fn is_measured(&self, entry: usize) -> bool {
        self.measured_mask.get(entry / WORD).is_some_and(|bits| bits >> (entry % WORD) & 1 == 1)
    }

    /// Returns `true` if at least one of a range of splits has an accuracy at the current number of views.
    #[inline]
    fn any_measured(&self, entries: &Range<usize>) -> bool {
        if self.measured_mask.is_empty() || entries.end == 0 {
            return false;
        }
        let last = entries.end - 1;
        let (first_word, last_word) = (entries.start / WORD, last / WORD);
        (first_word..=last_word).any(|word| {
            let from = if word == first_word { entries.start % WORD } else { 0 };
            let to = if word == last_word { last % WORD } else { WORD - 1 };
            let mask = (u64::MAX << from) & (u64::MAX >> (WORD - 1 - to));
            self.measured_mask.get(word).is_some_and(|bits| bits & mask != 0)
        })
    }

    /// Records a measurement of a canonical design.
    pub(super) fn record(&mut self, design: Design, views: u32, accuracy: Accuracy) {
        self.record_on(self.run, design, views, accuracy);
    }

    fn record_on(&mut self, run: usize, design: Design, views: u32, accuracy: Accuracy) {
        let index = *self.by_design.entry(design).or_insert_with_key(|design| {
            self.records.push(DesignReadings { design: design.clone(), entries: Vec::new(), readings: Vec::new() });
            self.records.len() - 1
        });
        self.changes += 1;
        let readings = &mut self.records[index].readings;
        let at = readings.partition_point(|earlier| earlier.accuracy.step <= accuracy.step);
        readings.insert(at, Reading { views, accuracy, run });
    }

    /// Follows a run: only measurements on its weights count from now on. Returns `true` if it is another run than
    /// before.
    pub(super) fn follow(&mut self, run: &str) -> bool {
        let is_first = self.runs.is_empty();
        let index = self.number_of(run);
        let is_other = std::mem::replace(&mut self.run, index) != index || is_first;
        if is_other {
            (self.changes, self.weights) = (self.changes + 1, self.weights + 1);
        }
        is_other
    }

    /// Name of a run, given by its number.
    pub(super) fn run_name(&self, run: usize) -> &str {
        self.runs.get(run).map_or("", String::as_str)
    }

    /// Number of a run among all that are known.
    fn number_of(&mut self, run: &str) -> usize {
        if let Some(known) = self.runs.iter().position(|known| known == run) {
            return known;
        }
        self.runs.push(run.to_owned());
        self.runs.len() - 1
    }

    /// Removes measurements on weights after `step` of the run followed now, which went back to a checkpoint.
    pub(super) fn withdraw(&mut self, step: u64) {
        (self.changes, self.weights) = (self.changes + 1, self.weights + 1);
        for record in &mut self.records {
            record.readings.retain(|reading| reading.run != self.run || reading.accuracy.step <= step);
        }
        for blanked in self.blanked.values_mut() {
            blanked.retain(|reading| reading.run != self.run || reading.accuracy.step <= step);
        }
    }

    /// Links a measured design with the splits of the pool that are this design.
    pub(super) fn link_design(&mut self, space: &SearchSpace, pool: &CandidatePool, design: &Design) {
        let Some(&index) = self.by_design.get(design) else { return };
        self.records[index].entries =
            pool.of_genome(&design.genome).iter().filter_map(|&id| entry_of(space, pool, id, design)).collect();
    }

    /// Links a new candidate with the measured designs of its genome.
    pub(super) fn link_candidate(&mut self, space: &SearchSpace, pool: &CandidatePool, id: CandidateId) {
        let Some(candidate) = pool.get(id) else { return };
        for record in self.records.iter_mut().filter(|record| record.design.genome == candidate.genome) {
            if let Some(entry) = entry_of(space, pool, id, &record.design)
                && !record.entries.contains(&entry)
            {
                record.entries.push(entry);
            }
        }
    }

    /// Precisions of the accuracies with the current number of views.
    pub(super) const fn current_precisions(&self) -> &BTreeSet<Precision> {
        &self.precisions
    }

    /// Splits of the pool that were measured with a number of views, with their accuracies.
    pub(super) fn with(&self, views: u32) -> impl Iterator<Item = (usize, f64)> {
        let measured = self.records.iter().filter_map(move |record| Some((record, record.newest(self.run, views)?)));
        measured.flat_map(|(record, accuracy)| record.entries.iter().map(move |&entry| (entry, accuracy.accuracy)))
    }

    /// Splits of the pool that were measured with any number of views on the run followed now.
    pub(super) fn entries(&self) -> impl Iterator<Item = usize> {
        let measured = self.records.iter().filter(|record| record.of_run(self.run).next().is_some());
        measured.flat_map(|record| record.entries.iter().copied())
    }

    /// Designs that were measured with a number of views and are splits of the pool: each with one of these splits and
    /// its accuracy.
    pub(super) fn designs_with(&self, views: u32) -> impl Iterator<Item = (&Design, usize, f64)> {
        let measured = self.records.iter().filter_map(move |record| Some((record, record.newest(self.run, views)?)));
        measured.filter_map(|(record, newest)| Some((&record.design, *record.entries.first()?, newest.accuracy)))
    }

    /// Fills in the share of one of the splits that [`Measurements::refresh`] was told of, known by other means.
    pub(super) fn fill_in(&mut self, entry: usize, share: f64) {
        if let Some(current) = self.current.get_mut(entry) {
            *current = share;
            self.measured_mask[entry / WORD] |= 1 << (entry % WORD);
        }
    }

    /// Fills in the accuracies of a pool with `splits` splits at a number of views.
    pub(super) fn refresh(&mut self, splits: usize, views: u32) {
        self.current.clear();
        self.measured_mask.clear();
        self.precisions.clear();
        for record in &self.records {
            let Some(accuracy) = record.newest(self.run, views) else { continue };
            self.precisions.insert(accuracy.precision);
            self.current.resize(splits, f64::NAN);
            self.measured_mask.resize(splits.div_ceil(WORD), 0);
            for &entry in &record.entries {
                self.current[entry] = accuracy.accuracy;
                self.measured_mask[entry / WORD] |= 1 << (entry % WORD);
            }
        }
    }
}

/// Entry of the split of a candidate that is this design, if one is.
pub(super) fn entry_of(space: &SearchSpace, pool: &CandidatePool, id: CandidateId, design: &Design) -> Option<usize> {
    let index = pool.split_at(id, design.split)?;
    (pool.design(space, id, design.split)? == *design).then_some(index)
}

#[cfg(test)]
mod tests;
