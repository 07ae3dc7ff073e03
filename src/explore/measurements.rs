//! Measured shares of designs (accuracies; leaks are kept in the same way), by number of views, run and training step.
//!
//! Invariants: readings are kept in the order of their steps and only removed when their run withdraws them; the
//! accuracy of a design with V sensors is one measured with V views on the weights of the run that is followed now.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::candidate::CandidateId;
use super::pool::CandidatePool;
use super::predictions::{LearnedReading, LearnedReadings};
use crate::record::{FinetunedAccuracy, FinetunedRecord, Precision};
use crate::space::{Design, SearchSpace};
use readings::DesignReadings;
pub(super) use readings::accuracy_to_rank_by;
pub use readings::{Accuracy, AccuracyFigure, AccuracyKind, Reading, ShownAccuracy, precisions_in_words};

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
        WeightsMeasurements { all: self, run }
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

    /// Splits of the pool that were measured with a number of views, with their accuracies.
    pub(super) fn with(&self, views: u32) -> impl Iterator<Item = (usize, f64)> {
        let measured = self.records.iter().filter_map(move |record| Some((record, record.newest(self.run, views)?)));
        measured.flat_map(|(record, accuracy)| record.entries.iter().map(move |&entry| (entry, accuracy.accuracy)))
    }

    /// Fills in the accuracies of a pool with `splits` splits at a number of views.
    pub(super) fn refresh(&mut self, splits: usize, views: u32) {
        self.current.clear();
        self.measured_mask.clear();
        for record in &self.records {
            let Some(accuracy) = record.newest(self.run, views) else { continue };
            self.current.resize(splits, f64::NAN);
            self.measured_mask.resize(splits.div_ceil(WORD), 0);
            for &entry in &record.entries {
                self.current[entry] = accuracy.accuracy;
                self.measured_mask[entry / WORD] |= 1 << (entry % WORD);
            }
        }
    }
}

/// Measurements on the weights of one run.
#[derive(Debug, Clone, Copy)]
pub struct WeightsMeasurements<'a> {
    all: &'a Measurements,
    run: usize,
}

impl WeightsMeasurements<'_> {
    /// Accuracy of a design to show with a number of views.
    pub fn shown(&self, design: &Design, views: u32) -> ShownAccuracy {
        let found = self.all.by_design.get(design);
        found.map_or(ShownAccuracy::None, |&index| self.all.records[index].shown(self.run, views))
    }

    /// The newest accuracy of a design in a precision with a number of views.
    pub fn newest_in(&self, precision: Precision, design: &Design, views: u32) -> Option<Accuracy> {
        self.all.records[*self.all.by_design.get(design)?].newest_in(precision, self.run, views)
    }

    /// The newest accuracy of a design for each number of views it was measured with, fewest views first.
    pub fn by_views(&self, design: &Design) -> Vec<(u32, Accuracy)> {
        let Some(&index) = self.all.by_design.get(design) else { return Vec::new() };
        let record = &self.all.records[index];
        let mut views: Vec<u32> = record.of_run(self.run).map(|reading| reading.views).collect();
        views.sort_unstable();
        views.dedup();
        views.into_iter().filter_map(|views| record.newest(self.run, views).map(|newest| (views, newest))).collect()
    }

    /// The newest accuracy of a design for each single blanked camera of a rig with `views` cameras: camera and
    /// accuracy.
    pub fn without_one(&self, design: &Design, views: u32) -> Vec<(u32, Accuracy)> {
        let Some(blanked) = self.all.blanked.get(design) else { return Vec::new() };
        let of_rig = blanked.iter().filter(|reading| reading.run == self.run && reading.views == views);
        let mut newest: Vec<(u32, Accuracy)> = Vec::new();
        // In int8 before single precision, then the newest.
        let rank = |one: &Accuracy| (one.precision == Precision::Int8, one.step);
        for BlankedReading { lost, accuracy, .. } in of_rig.filter(|reading| reading.lost.is_power_of_two()) {
            let camera = lost.trailing_zeros();
            match newest.iter_mut().find(|(known, _)| *known == camera) {
                Some((_, known)) if rank(known) > rank(accuracy) => {}
                Some((_, known)) => *known = *accuracy,
                None => newest.push((camera, *accuracy)),
            }
        }
        newest.sort_by_key(|(camera, _)| *camera);
        newest
    }
}

/// Entry of the split of a candidate that is this design, if one is.
pub(super) fn entry_of(space: &SearchSpace, pool: &CandidatePool, id: CandidateId, design: &Design) -> Option<usize> {
    let index = pool.split_at(id, design.split)?;
    (pool.design(space, id, design.split)? == *design).then_some(index)
}

#[cfg(test)]
mod tests {
    use super::super::draw::default_transmit;
    use super::super::tests::{model, pair, quantisation};
    use super::*;

    fn accuracy(accuracy: f64, step: u64) -> Accuracy {
        Accuracy { accuracy, samples: 400, step, precision: Precision::Int8, quantisation: Some(quantisation()) }
    }

    #[test]
    fn int8_is_shown_before_float_which_is_shown_where_it_is_all_there_is() {
        let (space, profile) = pair();
        let (pool, _) = CandidatePool::sample(&model(&space, &profile), 2, 1);
        let design = pool.design(&space, 0, 3).unwrap();
        let mut measured = Measurements::default();
        let float = Accuracy { precision: Precision::Float, quantisation: None, ..accuracy(0.9, 300) };
        measured.record(design.clone(), 6, float);
        assert_eq!(measured.present().shown(&design, 6), ShownAccuracy::Measured(float));
        measured.record(design.clone(), 6, accuracy(0.89, 200));
        assert_eq!(measured.present().shown(&design, 6), ShownAccuracy::Measured(accuracy(0.89, 200)));
        assert_eq!(measured.present().newest_in(Precision::Float, &design, 6), Some(float));
        assert_eq!(measured.present().newest_in(Precision::Int8, &design, 2), None);
    }

    #[test]
    fn an_accuracy_belongs_to_its_number_of_views_and_the_newest_one_counts() {
        let (space, profile) = pair();
        let (pool, _) = CandidatePool::sample(&model(&space, &profile), 4, 1);
        let design = pool.design(&space, 0, 3).unwrap();
        let mut measured = Measurements::default();
        measured.record(design.clone(), 6, accuracy(0.8, 200));
        measured.record(design.clone(), 6, accuracy(0.5, 100));
        measured.record(design.clone(), 2, accuracy(0.6, 200));
        assert_eq!(measured.present().shown(&design, 6), ShownAccuracy::Measured(accuracy(0.8, 200)));
        assert_eq!(
            measured.present().shown(&design, 3),
            ShownAccuracy::OtherViews { views: 2, accuracy: accuracy(0.6, 200) }
        );
        assert_eq!(measured.present().shown(&pool.design(&space, 0, 4).unwrap(), 6), ShownAccuracy::None);
        assert_eq!(measured.readings(&design).len(), 3);
        assert_eq!(measured.present().by_views(&design), [(2, accuracy(0.6, 200)), (6, accuracy(0.8, 200))]);
        measured.withdraw(150);
        assert_eq!(measured.present().shown(&design, 6), ShownAccuracy::Measured(accuracy(0.5, 100)));
    }

    #[test]
    fn only_the_run_followed_now_counts_and_nothing_is_forgotten() {
        let (space, profile) = pair();
        let (pool, _) = CandidatePool::sample(&model(&space, &profile), 2, 1);
        let design = pool.design(&space, 0, 3).unwrap();
        let mut measured = Measurements::default();
        measured.follow("one");
        measured.record(design.clone(), 6, accuracy(0.9, 3000));
        measured.follow("two");
        assert_eq!(measured.present().shown(&design, 6), ShownAccuracy::None);
        measured.record(design.clone(), 6, accuracy(0.4, 100));
        assert_eq!(measured.present().shown(&design, 6), ShownAccuracy::Measured(accuracy(0.4, 100)));
        measured.withdraw(0);
        measured.follow("one");
        assert_eq!(measured.present().shown(&design, 6), ShownAccuracy::Measured(accuracy(0.9, 3000)));
    }

    #[test]
    fn a_lost_camera_changes_no_other_accuracy() {
        let (space, profile) = pair();
        let (pool, _) = CandidatePool::sample(&model(&space, &profile), 2, 1);
        let design = pool.design(&space, 0, 3).unwrap();
        let mut measured = Measurements::default();
        for (lost, share, step) in [(1 << 4, 0.6, 10), (1 << 1, 0.7, 10), (1 << 1, 0.8, 20), (0b11, 0.2, 20)] {
            measured.record_blanked(design.clone(), 6, lost, accuracy(share, step));
        }
        assert_eq!(measured.present().without_one(&design, 6), [(1, accuracy(0.8, 20)), (4, accuracy(0.6, 10))]);
        assert!(measured.present().without_one(&design, 4).is_empty());
        assert_eq!(measured.present().shown(&design, 6), ShownAccuracy::None);
        measured.withdraw(10);
        assert_eq!(measured.present().without_one(&design, 6), [(1, accuracy(0.7, 10)), (4, accuracy(0.6, 10))]);
    }

    #[test]
    fn one_design_may_be_a_split_of_several_candidates() {
        let (space, profile) = pair();
        let mut pool = CandidatePool::empty();
        let usual = default_transmit(&space, &space.largest());
        for ratio in [2, 4] {
            let transmit = crate::cost::TransmitConfig { ratio, ..usual };
            pool.add(&model(&space, &profile), space.largest(), transmit).unwrap();
        }
        // Raw input crosses as it is, whatever the ratio.
        let raw = pool.design(&space, 0, 0).unwrap();
        let mut measured = Measurements::default();
        measured.record(raw.clone(), 6, accuracy(0.9, 1));
        measured.link_design(&space, &pool, &raw);
        measured.refresh(pool.split_count(), 6);
        for id in [0, 1] {
            let present = measured.current(pool.range(id));
            assert!((present[0] - 0.9).abs() < 1e-12 && present[1..].iter().all(|other| other.is_nan()));
        }
    }

    #[test]
    fn the_standard_error_shrinks_with_the_samples() {
        assert!((accuracy(0.5, 0).standard_error() - 0.025).abs() < 1e-12);
    }

    #[test]
    fn measured_splits_are_found_in_every_candidate() {
        let (space, profile) = pair();
        let (pool, _) = CandidatePool::sample(&model(&space, &profile), 60, 1);
        let mut measured = Measurements::default();
        measured.refresh(pool.split_count(), 6);
        assert!(measured.current(0..pool.split_count()).is_empty() && measured.current_at(0).is_nan());
        for id in (0..60).step_by(7) {
            let split = pool.boundaries(id)[id as usize % 3];
            let design = pool.design(&space, id, split).unwrap();
            measured.record(design.clone(), 6, accuracy(0.5, 100));
            measured.link_design(&space, &pool, &design);
        }
        measured.refresh(pool.split_count(), 6);
        let known = |entry: &usize| !measured.current_at(*entry).is_nan();
        assert!((0..pool.split_count()).filter(known).count() >= 9);
        for id in 0..60 {
            let range = pool.range(id);
            let present = measured.current(range.clone());
            assert_eq!(present.is_empty(), !range.clone().any(|entry| known(&entry)));
            let both = present.iter().zip(range);
            both.for_each(|(one, entry)| assert_eq!(one.to_bits(), measured.current_at(entry).to_bits()));
        }
        assert!(measured.current_at(pool.split_count() + 64).is_nan());
    }
}
