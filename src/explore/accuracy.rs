//! Measured accuracies: which design, with how many views, on how many samples, after how many training steps.
//!
//! Invariants: every reading is kept, in the order of its step; an accuracy counts as that of a design with V sensors only
//! if it was measured with V views, on the weights of the run that is followed now.

use std::collections::HashMap;
use std::ops::Range;

use super::candidate::{CandidateId, Pool};
use crate::space::{Design, SearchSpace};

/// One measurement of a design.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Accuracy {
    /// Share of samples put into their class, 0 to 1.
    pub accuracy: f64,
    /// Number of samples.
    pub samples: u64,
    /// Training step of the weights.
    pub step: u64,
}

impl Accuracy {
    /// Standard error of the share: `sqrt(p (1 - p) / n)`.
    pub fn standard_error(&self) -> f64 {
        (self.accuracy * (1.0 - self.accuracy) / self.samples.max(1) as f64).max(0.0).sqrt()
    }
}

/// What is known of a design's accuracy with the present number of sensors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shown {
    /// Measured with as many views.
    Measured(Accuracy),
    /// Measured with another number of views, the nearest there is. To be marked as such, and never ranked by.
    OtherViews {
        /// Views it was measured with.
        views: u32,
        /// What was measured.
        accuracy: Accuracy,
    },
    /// Not measured.
    None,
}

impl Shown {
    /// The accuracy, if it was measured with the present number of sensors.
    pub fn measured(&self) -> Option<f64> {
        match self {
            Self::Measured(accuracy) => Some(accuracy.accuracy),
            Self::OtherViews { .. } | Self::None => None,
        }
    }
}

/// One design's readings.
#[derive(Debug, Clone)]
struct Record {
    design: Design,
    /// Splits of the pool that are this design.
    cells: Vec<usize>,
    /// What was measured, steps ascending.
    readings: Vec<Reading>,
}

/// One measurement with what it was made on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// Views of each sample.
    pub views: u32,
    /// What was measured.
    pub accuracy: Accuracy,
    /// Index of the run among all that were followed.
    run: usize,
}

impl Record {
    fn of_run(&self, run: usize) -> impl DoubleEndedIterator<Item = &Reading> {
        self.readings.iter().filter(move |reading| reading.run == run)
    }

    fn newest(&self, run: usize, views: u32) -> Option<Accuracy> {
        self.of_run(run).rev().find(|reading| reading.views == views).map(|reading| reading.accuracy)
    }

    fn shown(&self, run: usize, views: u32) -> Shown {
        if let Some(accuracy) = self.newest(run, views) {
            return Shown::Measured(accuracy);
        }
        let nearest = self.of_run(run).map(|reading| reading.views).min_by_key(|with| (with.abs_diff(views), *with));
        let other = nearest.and_then(|views| self.newest(run, views).map(|accuracy| (views, accuracy)));
        other.map_or(Shown::None, |(views, accuracy)| Shown::OtherViews { views, accuracy })
    }
}

/// A measurement while some cameras saw nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Loss {
    /// Cameras of the rig.
    views: u32,
    /// Those that saw nothing: bit n is camera n.
    lost: u32,
    accuracy: Accuracy,
    run: usize,
}

/// Bits of a word.
const WORD: usize = u64::BITS as usize;

/// All measurements of a session.
#[derive(Debug, Clone, Default)]
pub struct Measurements {
    records: Vec<Record>,
    by_design: HashMap<Design, usize>,
    /// What was measured while some cameras saw nothing.
    losses: HashMap<Design, Vec<Loss>>,
    /// Accuracy of every split of the pool with the present number of views; NaN where it was not measured. Empty if none
    /// was.
    present: Vec<f64>,
    /// Where that is a number, a bit a split: few splits are ever measured, and all are asked about at every knob change.
    known: Vec<u64>,
    /// Run directories followed so far.
    runs: Vec<String>,
    /// Index of the one followed now.
    run: usize,
}

impl Measurements {
    /// Number of designs measured on the run followed now.
    pub fn len(&self) -> usize {
        self.records.iter().filter(|record| record.of_run(self.run).next().is_some()).count()
    }

    /// Whether nothing was measured on it.
    pub fn is_empty(&self) -> bool {
        !self.records.iter().any(|record| record.of_run(self.run).next().is_some())
    }

    /// Training step of the newest weights anything was measured on in the run followed now; 0 before that.
    pub fn latest_step(&self) -> u64 {
        let readings = self.records.iter().flat_map(|record| record.of_run(self.run));
        readings.map(|reading| reading.accuracy.step).max().unwrap_or(0)
    }

    /// What is known of a design.
    pub fn shown(&self, design: &Design, views: u32) -> Shown {
        self.by_design.get(design).map_or(Shown::None, |&index| self.records[index].shown(self.run, views))
    }

    /// The newest accuracy of a design for each number of views it was measured with, fewest views first.
    pub fn by_views(&self, design: &Design) -> Vec<(u32, Accuracy)> {
        let Some(&index) = self.by_design.get(design) else { return Vec::new() };
        let record = &self.records[index];
        let mut views: Vec<u32> = record.of_run(self.run).map(|reading| reading.views).collect();
        views.sort_unstable();
        views.dedup();
        views.into_iter().filter_map(|views| record.newest(self.run, views).map(|newest| (views, newest))).collect()
    }

    /// The newest accuracy of a design for each single camera that saw nothing, of a rig of so many: camera and accuracy.
    pub fn without_one(&self, design: &Design, views: u32) -> Vec<(u32, Accuracy)> {
        let Some(losses) = self.losses.get(design) else { return Vec::new() };
        let of_rig = losses.iter().filter(|loss| loss.run == self.run && loss.views == views);
        let mut newest: Vec<(u32, Accuracy)> = Vec::new();
        for Loss { lost, accuracy, .. } in of_rig.filter(|loss| loss.lost.is_power_of_two()) {
            let camera = lost.trailing_zeros();
            match newest.iter_mut().find(|(known, _)| *known == camera) {
                Some((_, known)) if known.step > accuracy.step => {}
                Some((_, known)) => *known = *accuracy,
                None => newest.push((camera, *accuracy)),
            }
        }
        newest.sort_by_key(|(camera, _)| *camera);
        newest
    }

    /// Keeps what was measured while some cameras of a rig saw nothing; never ranked by.
    pub(super) fn learn_loss(&mut self, design: Design, views: u32, lost: u32, accuracy: Accuracy) {
        let loss = Loss { views, lost, accuracy, run: self.run };
        self.losses.entry(design).or_default().push(loss);
    }

    /// Every reading of a design, those of earlier runs too, steps ascending.
    pub fn readings(&self, design: &Design) -> &[Reading] {
        self.by_design.get(design).map_or(&[], |&index| &self.records[index].readings)
    }

    /// All designs measured.
    pub fn designs(&self) -> impl Iterator<Item = &Design> {
        self.records.iter().map(|record| &record.design)
    }

    /// Accuracies of some splits with the present number of views, NaN where not measured; empty if none of them was.
    #[inline]
    pub(super) fn present(&self, cells: Range<usize>) -> &[f64] {
        if self.any(&cells) { self.present.get(cells).unwrap_or(&[]) } else { &[] }
    }

    /// Accuracy of a split with the present number of views, NaN where not measured.
    #[inline]
    pub(super) fn at(&self, cell: usize) -> f64 {
        self.present(cell..cell + 1).first().copied().unwrap_or(f64::NAN)
    }

    /// Whether any of some splits was measured with the present number of views.
    #[inline]
    fn any(&self, cells: &Range<usize>) -> bool {
        let Some(end) = cells.end.checked_sub(1).filter(|_| !self.known.is_empty()) else { return false };
        let (first, last) = (cells.start / WORD, end / WORD);
        (first..=last).any(|word| {
            let from = if word == first { cells.start % WORD } else { 0 };
            let to = if word == last { end % WORD } else { WORD - 1 };
            let mask = (u64::MAX << from) & (u64::MAX >> (WORD - 1 - to));
            self.known.get(word).is_some_and(|bits| bits & mask != 0)
        })
    }

    /// Keeps a measurement of a canonical design.
    pub(super) fn learn(&mut self, design: Design, views: u32, accuracy: Accuracy) {
        let index = *self.by_design.entry(design).or_insert_with_key(|design| {
            self.records.push(Record { design: design.clone(), cells: Vec::new(), readings: Vec::new() });
            self.records.len() - 1
        });
        let readings = &mut self.records[index].readings;
        let at = readings.partition_point(|earlier| earlier.accuracy.step <= accuracy.step);
        readings.insert(at, Reading { views, accuracy, run: self.run });
    }

    /// Follows a run: only what is measured on its weights counts from now on. Whether it is another one than before.
    pub(super) fn follow(&mut self, run: &str) -> bool {
        let index = self.runs.iter().position(|known| known == run).unwrap_or(self.runs.len());
        if index == self.runs.len() {
            self.runs.push(run.to_owned());
        }
        std::mem::replace(&mut self.run, index) != index || self.runs.len() == 1
    }

    /// Takes back what was measured on weights after `step` of the present run: it went back to a checkpoint.
    pub(super) fn withdraw(&mut self, step: u64) {
        for record in &mut self.records {
            record.readings.retain(|reading| reading.run != self.run || reading.accuracy.step <= step);
        }
        for losses in self.losses.values_mut() {
            losses.retain(|loss| loss.run != self.run || loss.accuracy.step <= step);
        }
    }

    /// Connects a design with the splits of the pool that are this design.
    pub(super) fn link_design(&mut self, space: &SearchSpace, pool: &Pool, design: &Design) {
        let Some(&index) = self.by_design.get(design) else { return };
        self.records[index].cells =
            pool.of_genome(&design.genome).iter().filter_map(|&id| cell_of(space, pool, id, design)).collect();
    }

    /// Connects a new candidate with what was measured of its genome.
    pub(super) fn link_candidate(&mut self, space: &SearchSpace, pool: &Pool, id: CandidateId) {
        let Some(candidate) = pool.get(id) else { return };
        for record in self.records.iter_mut().filter(|record| record.design.genome == candidate.genome) {
            let cell = cell_of(space, pool, id, &record.design).filter(|cell| !record.cells.contains(cell));
            record.cells.extend(cell);
        }
    }

    /// Fills in the accuracies for a number of views.
    pub(super) fn refresh(&mut self, cells: usize, views: u32) {
        self.present.clear();
        self.known.clear();
        for record in &self.records {
            let Some(accuracy) = record.newest(self.run, views) else { continue };
            self.present.resize(cells, f64::NAN);
            self.known.resize(cells.div_ceil(WORD), 0);
            for &cell in &record.cells {
                self.present[cell] = accuracy.accuracy;
                self.known[cell / WORD] |= 1 << (cell % WORD);
            }
        }
    }
}

/// The split of a candidate that is this design, if one is.
pub(super) fn cell_of(space: &SearchSpace, pool: &Pool, id: CandidateId, design: &Design) -> Option<usize> {
    let index = pool.demands(id).iter().position(|demand| demand.boundary == design.split)?;
    (pool.design(space, id, design.split)? == *design).then(|| pool.range(id).start + index)
}

#[cfg(test)]
mod tests {
    use super::super::draw::default_transmit;
    use super::super::tests::pair;
    use super::*;

    fn accuracy(accuracy: f64, step: u64) -> Accuracy {
        Accuracy { accuracy, samples: 400, step }
    }

    #[test]
    fn an_accuracy_belongs_to_its_number_of_views_and_the_newest_one_counts() {
        let (space, profile) = pair();
        let (pool, _) = Pool::sample(&space, &profile, 4, 1);
        let design = pool.design(&space, 0, 3).unwrap();
        let mut measured = Measurements::default();
        measured.learn(design.clone(), 6, accuracy(0.8, 200));
        measured.learn(design.clone(), 6, accuracy(0.5, 100));
        measured.learn(design.clone(), 2, accuracy(0.6, 200));
        assert_eq!(measured.shown(&design, 6), Shown::Measured(accuracy(0.8, 200)));
        assert_eq!(measured.shown(&design, 3), Shown::OtherViews { views: 2, accuracy: accuracy(0.6, 200) });
        assert_eq!(measured.shown(&pool.design(&space, 0, 4).unwrap(), 6), Shown::None);
        assert_eq!(measured.readings(&design).len(), 3);
        assert_eq!(measured.by_views(&design), [(2, accuracy(0.6, 200)), (6, accuracy(0.8, 200))]);
        measured.withdraw(150);
        assert_eq!(measured.shown(&design, 6), Shown::Measured(accuracy(0.5, 100)));
        assert_eq!(measured.latest_step(), 100);
    }

    #[test]
    fn only_the_run_followed_now_counts_and_nothing_is_forgotten() {
        let (space, profile) = pair();
        let (pool, _) = Pool::sample(&space, &profile, 2, 1);
        let design = pool.design(&space, 0, 3).unwrap();
        let mut measured = Measurements::default();
        measured.follow("one");
        measured.learn(design.clone(), 6, accuracy(0.9, 3000));
        measured.follow("two");
        assert_eq!(measured.shown(&design, 6), Shown::None);
        measured.learn(design.clone(), 6, accuracy(0.4, 100));
        assert_eq!(measured.shown(&design, 6), Shown::Measured(accuracy(0.4, 100)));
        measured.withdraw(0);
        measured.follow("one");
        assert_eq!(measured.shown(&design, 6), Shown::Measured(accuracy(0.9, 3000)));
    }

    #[test]
    fn a_lost_camera_changes_no_other_accuracy() {
        let (space, profile) = pair();
        let (pool, _) = Pool::sample(&space, &profile, 2, 1);
        let design = pool.design(&space, 0, 3).unwrap();
        let mut measured = Measurements::default();
        for (lost, share, step) in [(1 << 4, 0.6, 10), (1 << 1, 0.7, 10), (1 << 1, 0.8, 20), (0b11, 0.2, 20)] {
            measured.learn_loss(design.clone(), 6, lost, accuracy(share, step));
        }
        assert_eq!(measured.without_one(&design, 6), [(1, accuracy(0.8, 20)), (4, accuracy(0.6, 10))]);
        assert!(measured.without_one(&design, 4).is_empty());
        assert_eq!(measured.shown(&design, 6), Shown::None);
        measured.withdraw(10);
        assert_eq!(measured.without_one(&design, 6), [(1, accuracy(0.7, 10)), (4, accuracy(0.6, 10))]);
    }

    #[test]
    fn one_design_may_be_a_cut_of_several_candidates() {
        let (space, profile) = pair();
        let mut pool = Pool::empty();
        let usual = default_transmit(&space, &space.largest());
        for ratio in [2, 4] {
            let transmit = crate::cost::TransmitConfig { ratio, ..usual };
            pool.add(&space, &profile, space.largest(), transmit).unwrap();
        }
        // Raw input crosses as it is, whatever the ratio.
        let raw = pool.design(&space, 0, 0).unwrap();
        let mut measured = Measurements::default();
        measured.learn(raw.clone(), 6, accuracy(0.9, 1));
        measured.link_design(&space, &pool, &raw);
        measured.refresh(pool.cells(), 6);
        for id in [0, 1] {
            let present = measured.present(pool.range(id));
            assert!((present[0] - 0.9).abs() < 1e-12 && present[1..].iter().all(|other| other.is_nan()));
        }
    }

    #[test]
    fn the_standard_error_shrinks_with_the_samples() {
        assert!((accuracy(0.5, 0).standard_error() - 0.025).abs() < 1e-12);
    }

    #[test]
    fn cuts_that_were_measured_are_found_wherever_they_lie() {
        let (space, profile) = pair();
        let (pool, _) = Pool::sample(&space, &profile, 60, 1);
        let mut measured = Measurements::default();
        measured.refresh(pool.cells(), 6);
        assert!(measured.present(0..pool.cells()).is_empty() && measured.at(0).is_nan());
        for id in (0..60).step_by(7) {
            let split = pool.demands(id)[id as usize % 3].boundary;
            let design = pool.design(&space, id, split).unwrap();
            measured.learn(design.clone(), 6, accuracy(0.5, 100));
            measured.link_design(&space, &pool, &design);
        }
        measured.refresh(pool.cells(), 6);
        let known = |cell: &usize| !measured.at(*cell).is_nan();
        assert!((0..pool.cells()).filter(known).count() >= 9);
        for id in 0..60 {
            let range = pool.range(id);
            let present = measured.present(range.clone());
            assert_eq!(present.is_empty(), !range.clone().any(|cell| known(&cell)));
            let both = present.iter().zip(range);
            both.for_each(|(one, cell)| assert_eq!(one.to_bits(), measured.at(cell).to_bits()));
        }
        assert!(measured.at(pool.cells() + 64).is_nan());
    }
}
