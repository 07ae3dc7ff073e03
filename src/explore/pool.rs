//! The pool of candidates with what each of their splits costs.
//!
//! Invariants of a [`CandidatePool`]: candidates are only ever added, so their numbers last; no two are equal; the
//! splits of a candidate are those of its network's boundaries in order, costed with the fusion its designs have; the
//! space allows a split at one of them at least.

use std::collections::HashMap;
use std::ops::Range;

use super::candidate::{CandidateDesign, CandidateError, CandidateId, demands, design, effective_transmit};
use super::draw::{Drawn, Draws};
use crate::cost::{CostModel, DemandBatch, TransmitConfig};
use crate::network::{BoundaryId, Network};
use crate::space::{Design, Genome, SearchSpace};

/// Most candidates that memory is reserved for before they are drawn.
const MAX_RESERVED: usize = 1 << 14;

/// Candidates and their splits. The splits of all candidates are contiguous, so that costing them reads memory in
/// order.
#[derive(Debug, Clone, Default)]
pub(super) struct CandidatePool {
    candidates: Vec<CandidateDesign>,
    /// The splits, for the number of sensors set last.
    batch: DemandBatch,
    splits: PoolSplits,
    /// Transmit configuration of each split.
    sent: Vec<TransmitConfig>,
    /// Multiply-accumulates of each candidate.
    macs: Vec<u64>,
    by_genome: HashMap<Genome, Vec<CandidateId>>,
}

/// Places and identities of the splits of all candidates.
#[derive(Debug, Clone, Default)]
pub(super) struct PoolSplits {
    /// Index of the first split of each candidate, and the number of all splits.
    offsets: Vec<u32>,
    /// Boundary of each split.
    boundaries: Vec<BoundaryId>,
    /// The first split that is the same design, of each split.
    first_alike: Vec<u32>,
}

impl PoolSplits {
    /// Indices of a candidate's splits among the splits of all candidates.
    #[inline]
    pub(super) fn range(&self, id: CandidateId) -> Range<usize> {
        let at = |index: usize| self.offsets.get(index).map_or(self.boundaries.len(), |&offset| offset as usize);
        at(id as usize)..at(id as usize + 1)
    }

    /// Boundary of the split at an index among all splits.
    pub(super) fn boundary(&self, entry: usize) -> BoundaryId {
        self.boundaries[entry]
    }

    /// The first split that is the same design as the one at an index among all splits: splits are the same design if
    /// it is the same for both.
    #[inline]
    pub(super) fn first_alike(&self, entry: usize) -> u32 {
        self.first_alike[entry]
    }
}

impl CandidatePool {
    /// A pool without candidates.
    pub(super) fn empty() -> Self {
        let splits = PoolSplits { offsets: vec![0], ..PoolSplits::default() };
        Self { splits, batch: DemandBatch::new(1), ..Self::default() }
    }

    /// Draws at most `count` candidates: the smallest and the largest network with the usual transmit configuration
    /// (see [`super::draw::default_transmit`]), then every genome of a space that has few, then genomes and transmit
    /// configurations drawn uniformly. Larger networks have lower numbers, so that a ranking reads memory almost in
    /// order. Others are drawn for candidates that can't be costed, and one of the errors is returned too.
    pub(super) fn sample(model: &CostModel, count: usize, seed: u64) -> (Self, Option<CandidateError>) {
        let (mut pool, space) = (Self::empty(), model.space());
        pool.reserve(count.min(MAX_RESERVED) * space.slots().len());
        let mut draws = Draws::new(space, count, seed);
        let mut drawn = draws.first(count);
        drawn.extend(draws.next(count - drawn.len()));
        let mut error = None;
        while !drawn.is_empty() {
            error = pool.extend(model, drawn).err().or(error);
            drawn = draws.next(count - pool.len());
        }
        (pool, error.or(draws.error.map(CandidateError::Shape)))
    }

    /// Adds drawn candidates, the largest network first. Returns the first error of those that can't be added.
    fn extend(&mut self, model: &CostModel, mut drawn: Vec<Drawn>) -> Result<(), CandidateError> {
        drawn.sort_by(|one, other| other.macs.cmp(&one.macs).then_with(|| one.genome.cmp(&other.genome)));
        let mut result = Ok(());
        for of_genome in drawn.chunk_by(|one, other| one.genome == other.genome) {
            let network = model.space().lower(&of_genome[0].genome)?;
            for Drawn { genome, transmit, .. } in of_genome {
                let added = self.push(model, &network, genome.clone(), *transmit);
                result = result.and(added.map(drop));
            }
        }
        result
    }

    /// Reserves memory for so many splits at once: vectors that grow step by step leave freed memory behind.
    fn reserve(&mut self, splits: usize) {
        self.batch.reserve_exact(splits);
        self.splits.boundaries.reserve_exact(splits);
        self.sent.reserve_exact(splits);
        self.splits.first_alike.reserve_exact(splits);
    }

    /// Adds a candidate unless there is an equal one. Returns its number.
    ///
    /// # Errors
    /// A genome with impossible shapes, layers that can't be costed, or no allowed split.
    pub(super) fn add(
        &mut self,
        model: &CostModel,
        genome: Genome,
        transmit: TransmitConfig,
    ) -> Result<CandidateId, CandidateError> {
        if let Some(id) = self.of_genome(&genome).iter().find(|&&id| self.candidates[id as usize].transmit == transmit)
        {
            return Ok(*id);
        }
        let network = model.space().lower(&genome)?;
        self.push(model, &network, genome, transmit)
    }

    fn push(
        &mut self,
        model: &CostModel,
        network: &Network,
        genome: Genome,
        transmit: TransmitConfig,
    ) -> Result<CandidateId, CandidateError> {
        let (demands, space) = (demands(model, &genome, transmit)?, model.space());
        if !demands.iter().any(|demand| space.split.at.contains(&demand.boundary)) {
            return Err(CandidateError::NoSplit);
        }
        let id = CandidateId::try_from(self.candidates.len()).expect("memory holds fewer than 2^32 candidates");
        let of_genome = self.by_genome.entry(genome.clone()).or_default();
        for (index, demand) in demands.iter().enumerate() {
            let sent = effective_transmit(space, &genome, transmit, demand.boundary);
            let others = of_genome.iter().map(|&other| self.splits.offsets[other as usize] as usize + index);
            let alike = others.into_iter().find(|&other| self.sent[other] == sent);
            let own = u32::try_from(self.sent.len()).expect("memory holds fewer than 2^32 splits");
            self.splits.first_alike.push(alike.map_or(own, |alike| self.splits.first_alike[alike]));
            self.batch.push(demand, space.split.at.contains(&demand.boundary));
            self.splits.boundaries.push(demand.boundary);
            self.sent.push(sent);
        }
        of_genome.push(id);
        self.splits
            .offsets
            .push(u32::try_from(self.splits.boundaries.len()).expect("memory holds fewer than 2^32 splits"));
        self.macs.push(network.macs());
        self.candidates.push(CandidateDesign { genome, transmit, macs: network.macs(), weights: network.weights() });
        Ok(id)
    }

    /// Number of candidates.
    pub(super) fn len(&self) -> usize {
        self.candidates.len()
    }

    /// Returns `true` if there are no candidates.
    pub(super) fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }

    /// Number of splits of all candidates.
    pub(super) fn split_count(&self) -> usize {
        self.splits.boundaries.len()
    }

    /// A candidate.
    pub(super) fn get(&self, id: CandidateId) -> Option<&CandidateDesign> {
        self.candidates.get(id as usize)
    }

    /// All candidates in the order of their numbers.
    pub(super) fn candidates(&self) -> &[CandidateDesign] {
        &self.candidates
    }

    /// Places and identities of the splits.
    pub(super) const fn splits(&self) -> &PoolSplits {
        &self.splits
    }

    /// Indices of a candidate's splits among the splits of all candidates.
    #[inline]
    pub(super) fn range(&self, id: CandidateId) -> Range<usize> {
        self.splits.range(id)
    }

    /// Candidate and boundary of the split that has this index among the splits of all candidates.
    pub(super) fn split_of(&self, entry: usize) -> (CandidateId, BoundaryId) {
        let after = self.splits.offsets.partition_point(|&offset| offset as usize <= entry);
        (after as CandidateId - 1, self.splits.boundaries[entry])
    }

    /// Boundaries of a candidate's splits.
    pub(super) fn boundaries(&self, id: CandidateId) -> &[BoundaryId] {
        &self.splits.boundaries[self.range(id)]
    }

    /// Index of a candidate's split at a boundary among the splits of all candidates, if it has one.
    pub(super) fn split_at(&self, id: CandidateId, boundary: BoundaryId) -> Option<usize> {
        let index = self.boundaries(id).iter().position(|own| *own == boundary)?;
        Some(self.range(id).start + index)
    }

    /// Multiply-accumulates of a candidate that exists.
    pub(super) fn macs(&self, id: CandidateId) -> u64 {
        self.macs[id as usize]
    }

    /// The first split that is the same design as the one at an index; see [`PoolSplits::first_alike`].
    #[inline]
    pub(super) fn first_alike(&self, entry: usize) -> u32 {
        self.splits.first_alike(entry)
    }

    /// The splits, for the number of sensors set last.
    pub(super) const fn batch(&self) -> &DemandBatch {
        &self.batch
    }

    /// Recomputes the batch for a number of sensors.
    pub(super) fn set_sensors(&mut self, sensors: u32) {
        self.batch.set_sensors(sensors);
    }

    /// Candidates with this genome.
    pub(super) fn of_genome(&self, genome: &Genome) -> &[CandidateId] {
        self.by_genome.get(genome).map_or(&[], Vec::as_slice)
    }

    /// The design that a candidate is when split at a boundary.
    pub(super) fn design(&self, space: &SearchSpace, id: CandidateId, split: BoundaryId) -> Option<Design> {
        let candidate = self.get(id)?;
        Some(design(space, &candidate.genome, candidate.transmit, split))
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;
    use std::collections::HashSet;

    use super::super::draw::default_transmit;
    use super::super::tests::{model, pair, shipped_space};
    use super::*;

    #[test]
    fn the_pool_has_the_ends_of_the_space_and_no_two_equal_candidates() {
        let (space, profile) = pair();
        let (pool, error) = CandidatePool::sample(&model(&space, &profile), 300, 1);
        assert_eq!((pool.len(), error), (300, None));
        assert_eq!(pool.candidates()[0].genome, space.largest());
        assert!(pool.candidates().iter().any(|one| one.genome == space.smallest()));
        assert!(pool.candidates().is_sorted_by_key(|one| Reverse(one.macs)));
        let different: HashSet<_> = pool.candidates().iter().map(|one| (one.genome.clone(), one.transmit)).collect();
        assert_eq!(different.len(), 300);
        let (again, _) = CandidatePool::sample(&model(&space, &profile), 300, 1);
        assert_eq!(again.candidates(), pool.candidates());
    }

    #[test]
    fn a_fixed_space_gives_every_splitting_module_of_its_one_network() {
        let (_, profile) = pair();
        let space = shipped_space("mobilenet-v2");
        let (pool, _) = CandidatePool::sample(&model(&space, &profile), 2000, 1);
        let ways = space.fusions(&space.largest(), 0).len() * space.split.ratios.len() * space.split.bits.len();
        assert!(pool.len() <= ways && pool.len() > ways / 2, "{} of {ways}", pool.len());
        assert!(pool.candidates().iter().all(|candidate| candidate.genome == space.largest()));
    }

    #[test]
    fn a_split_costs_the_fusion_of_its_design() {
        let (mut space, profile) = pair();
        let genome = space.largest();
        let late = space.boundary_named("S3.1").unwrap();
        let early = space.boundary_named("S1.1").unwrap();
        space.fusion.at = vec![early, late, space.last()];
        let (mut pool, model) = (CandidatePool::empty(), model(&space, &profile));
        let transmit = TransmitConfig { fusion: early, ..default_transmit(&space, &genome) };
        let id = pool.add(&model, genome.clone(), transmit).unwrap();
        for demand in demands(&model, &genome, transmit).unwrap() {
            let design = pool.design(&space, id, demand.boundary).unwrap();
            let exact = model.demand(&design).unwrap();
            assert_eq!(demand.max_resident_views, exact.max_resident_views, "{}", demand.boundary);
            for (own, exact) in [(demand.resident, exact.resident), (demand.streamed, exact.streamed)] {
                assert!((own.one_view.cycles - exact.one_view.cycles).abs() <= 1e-9 * exact.one_view.cycles);
                assert!(
                    (own.further_view.cycles - exact.further_view.cycles).abs() <= 1e-9 * exact.further_view.cycles
                );
            }
        }
    }

    #[test]
    fn splits_of_one_design_know_their_first() {
        let (space, profile) = pair();
        let (pool, _) = CandidatePool::sample(&model(&space, &profile), 120, 1);
        let design = |entry: usize| {
            let (id, split) = pool.split_of(entry);
            pool.design(&space, id, split).unwrap()
        };
        let mut firsts: HashMap<Design, u32> = HashMap::new();
        for entry in 0..pool.split_count() {
            let first = *firsts.entry(design(entry)).or_insert(entry as u32);
            assert_eq!(pool.first_alike(entry), first, "{entry}");
        }
        assert!(firsts.len() < pool.split_count(), "some candidates are one design at a split");
    }

    #[test]
    fn others_are_drawn_for_what_is_left_out() {
        let (mut space, profile) = pair();
        // Only deeper networks have this boundary.
        space.split.at = vec![space.boundary_named("S1.2").unwrap()];
        let (pool, error) = CandidatePool::sample(&model(&space, &profile), 100, 1);
        assert_eq!((pool.len(), error), (100, Some(CandidateError::NoSplit)));
    }

    #[test]
    fn adding_an_equal_candidate_gives_its_number() {
        let (space, profile) = pair();
        let (mut pool, _) = CandidatePool::sample(&model(&space, &profile), 5, 1);
        let first = pool.candidates()[3].clone();
        assert_eq!(pool.add(&model(&space, &profile), first.genome, first.transmit), Ok(3));
        assert_eq!(pool.len(), 5);
    }
}
