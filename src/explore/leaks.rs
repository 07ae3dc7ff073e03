//! Measured leaks of designs: shares by split for the current number of sensors, and all their figures.
//!
//! Invariant: as for accuracies, a leak counts only at the number of views it was measured with, and on the weights of
//! the run that is followed now.

use std::collections::HashMap;
use std::ops::Range;

use super::candidate::CandidateId;
use super::measurements::{Accuracy, Measurements};
use super::pool::CandidatePool;
use crate::cost::TransmitConfig;
use crate::record::{LeakFigures, Precision};
use crate::space::{Design, SearchSpace};

/// All leaks of a session.
#[derive(Debug, Clone, Default)]
pub struct Leaks {
    /// Shares, kept as accuracies are.
    shares: Measurements,
    /// Run followed now.
    run: String,
    /// Leaks of each design and number of views on that run.
    figures: HashMap<(Design, u32), Vec<ShownLeak>>,
}

/// All that decides which raw input a design sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct SentInput {
    /// Gene of the resolution, which is the first.
    resolution: Option<u8>,
    ratio: u8,
    bits: u8,
}

/// A leak with its precision and the training step of its weights.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownLeak {
    /// Numbers that the network was evaluated with.
    pub precision: Precision,
    /// Training step of the weights.
    pub step: u64,
    /// Figures.
    pub figures: LeakFigures,
}

impl ShownLeak {
    /// As accuracies: in int8, which costs assume, before single precision; then the newest.
    fn rank(&self) -> (bool, u64) {
        (self.precision == Precision::Int8, self.step)
    }
}

impl Leaks {
    /// Returns `true` if no leak was measured on the run followed now.
    pub fn is_empty(&self) -> bool {
        self.figures.is_empty()
    }

    /// Leak of a design with a number of views. At the raw input it is that of whatever design sends the same, where
    /// the design itself was not measured.
    pub fn shown(&self, space: &SearchSpace, design: &Design, views: u32) -> Option<&ShownLeak> {
        let own = self.figures.get(&(design.clone(), views)).and_then(|all| all.iter().max_by_key(|leak| leak.rank()));
        own.or_else(|| self.of_raw_input(space, design, views))
    }

    /// Leak of whatever design sends the same raw input with a number of views: it depends on nothing else.
    fn of_raw_input(&self, space: &SearchSpace, design: &Design, views: u32) -> Option<&ShownLeak> {
        let alike = |(other, of): &(Design, u32)| *of == views && space.send_raw_input_alike(design, other);
        let found = self.figures.iter().filter(|(key, _)| alike(key)).flat_map(|(_, leaks)| leaks);
        found.max_by(|one, other| one.rank().cmp(&other.rank()).then(one.figures.leak.total_cmp(&other.figures.leak)))
    }

    /// Leak of a split with the current number of views, NaN if it was not measured.
    #[inline]
    pub(super) fn current_at(&self, demand: usize) -> f64 {
        self.shares.current_at(demand)
    }

    /// Leaks of a range of splits at the current number of views, NaN where not measured; empty if none of them was.
    #[inline]
    pub(super) fn current(&self, splits: Range<usize>) -> &[f64] {
        self.shares.current(splits)
    }

    /// Records the leak of a canonical design.
    pub(super) fn record(&mut self, design: Design, views: u32, leak: ShownLeak) {
        let ShownLeak { precision, step, ref figures } = leak;
        let (accuracy, samples) = (figures.leak, figures.samples);
        let share = Accuracy { accuracy, samples, step, precision, quantisation: None };
        self.shares.record(design.clone(), views, share);
        self.figures.entry((design, views)).or_default().push(leak);
    }

    /// Returns `true` if the design has a leak on record, of any run.
    pub(super) fn knows(&self, design: &Design) -> bool {
        !self.shares.readings(design).is_empty()
    }

    /// Follows a run. Returns `true` if shares may have changed; the figures of another run are read anew.
    pub(super) fn follow(&mut self, run: &str) -> bool {
        if self.run != run {
            run.clone_into(&mut self.run);
            self.figures.clear();
        }
        self.shares.follow(run)
    }

    /// Removes leaks on weights after `step` of the run followed now.
    pub(super) fn withdraw(&mut self, step: u64) {
        self.shares.withdraw(step);
        for leaks in self.figures.values_mut() {
            leaks.retain(|leak| leak.step <= step);
        }
        self.figures.retain(|_, leaks| !leaks.is_empty());
    }

    /// Links a measured design with the splits of the pool that are this design.
    pub(super) fn link_design(&mut self, space: &SearchSpace, pool: &CandidatePool, design: &Design) {
        self.shares.link_design(space, pool, design);
    }

    /// Links a new candidate with the measured designs of its genome.
    pub(super) fn link_candidate(&mut self, space: &SearchSpace, pool: &CandidatePool, id: CandidateId) {
        self.shares.link_candidate(space, pool, id);
    }

    /// Fills in the leaks of a pool at a number of views.
    pub(super) fn refresh(&mut self, space: &SearchSpace, pool: &CandidatePool, views: u32) {
        self.shares.refresh(pool.split_count(), views);
        if !self.figures.keys().any(|(design, of)| design.split == 0 && *of == views) {
            return;
        }
        // Many candidates send few kinds of raw input.
        let mut known: Vec<(SentInput, Option<f64>)> = Vec::new();
        for (id, candidate) in (0..).zip(pool.candidates()) {
            let Some(entry) = pool.split_at(id, 0).filter(|&entry| self.shares.current_at(entry).is_nan()) else {
                continue;
            };
            let TransmitConfig { ratio, bits, .. } = candidate.transmit;
            let sent = SentInput { resolution: candidate.genome.genes().first().copied(), ratio, bits };
            let leak = if let Some((_, leak)) = known.iter().find(|(other, _)| *other == sent) {
                *leak
            } else {
                let design = pool.design(space, id, 0);
                let leak = design.and_then(|design| Some(self.of_raw_input(space, &design, views)?.figures.leak));
                known.push((sent, leak));
                leak
            };
            if let Some(leak) = leak {
                self.shares.fill_in(entry, leak);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{figures, pair, session};
    use super::*;

    #[test]
    fn int8_counts_before_float_and_then_the_newest() {
        let (space, _) = pair();
        let genome = space.largest();
        let design = space.canonical_design(Design { genome, split: 1, fusion: 1, ratio: 1, bits: 8 });
        let mut leaks = Leaks::default();
        leaks.follow("one");
        for (precision, step, leak) in [
            (Precision::Float, 300, 0.9),
            (Precision::Int8, 200, 0.8),
            (Precision::Int8, 100, 0.7),
            (Precision::Float, 400, 0.6),
        ] {
            let figures = figures(leak);
            leaks.record(design.clone(), 6, ShownLeak { precision, step, figures });
        }
        let shown = leaks.shown(&space, &design, 6).unwrap();
        assert_eq!((shown.precision, shown.step), (Precision::Int8, 200));
        leaks.withdraw(150);
        assert_eq!(leaks.shown(&space, &design, 6).unwrap().step, 100);
        leaks.withdraw(50);
        assert!(leaks.shown(&space, &design, 6).is_none() && leaks.is_empty());
    }

    #[test]
    fn every_candidate_has_the_leak_of_its_raw_input() {
        let session = session(30);
        let (space, pool) = (session.space(), session.catalogue().pool());
        let measured = pool.design(space, 3, 0).unwrap();
        let mut leaks = Leaks::default();
        leaks.follow("one");
        leaks.record(measured.clone(), 6, ShownLeak { precision: Precision::Int8, step: 1, figures: figures(0.9) });
        leaks.link_design(space, pool, &measured);
        leaks.refresh(space, pool, 6);
        for id in 0..30 {
            let design = pool.design(space, id, 0).unwrap();
            let leak = leaks.current_at(pool.split_at(id, 0).unwrap());
            assert_eq!(leak.is_nan(), !space.send_raw_input_alike(&measured, &design), "{id}");
            assert_eq!(leak.is_nan(), leaks.shown(space, &design, 6).is_none(), "{id}");
        }
    }

    #[test]
    fn whatever_sends_the_same_raw_input_leaks_as_much() {
        let (space, _) = pair();
        let raw = |genome| space.canonical_design(Design { genome, split: 0, fusion: 4, ratio: 1, bits: 8 });
        let (measured, other) = (raw(space.largest()), raw(space.smallest()));
        let mut leaks = Leaks::default();
        leaks.follow("one");
        leaks.record(measured.clone(), 6, ShownLeak { precision: Precision::Int8, step: 1, figures: figures(1.0) });
        let of = |design: &Design, views| leaks.shown(&space, design, views).map(|leak| leak.figures.leak);
        assert_eq!((of(&measured, 6), of(&measured, 2)), (Some(1.0), None));
        let alike = space.send_raw_input_alike(&measured, &other);
        assert_eq!(of(&other, 6), alike.then_some(1.0));
        let later = space.canonical_design(Design { split: 3, ..measured });
        assert_eq!(of(&later, 6), None);
    }
}
