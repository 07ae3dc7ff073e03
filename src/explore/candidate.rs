//! Candidates: designs without their split, and the pool a session starts with.
//!
//! Invariants of a [`Pool`]: candidates are only ever added, so their numbers last; no two are equal; the splits of a
//! candidate are those of its network's boundaries in order, costed with the fusion its designs really have; at one of them a split is allowed.

use std::collections::HashMap;

use thiserror::Error;

use super::draw::{Drawn, Draws};
use crate::cost::{CostError, DemandBatch, NetworkCosts, SplitDemand, TransmitConfig, check_names};
use crate::hardware::Profile;
use crate::network::{BoundaryId, Network, ShapeError};
use crate::space::{Design, Genome, SearchSpace};

/// Number of a candidate in its pool, from 0.
pub type CandidateId = u32;

/// Bits per element of raw input and of logits, as canonical designs have it.
const PLAIN_BITS: u8 = 8;
/// Most candidates that room is made for before they are drawn.
const RESERVED: usize = 1 << 14;

/// A design without its split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The network.
    pub genome: Genome,
    /// Where its views become one (at a split behind that: at the split), compression ratio and link bits.
    pub transmit: TransmitConfig,
    /// Multiply-accumulates of the network for one view.
    pub macs: u64,
    /// Weights of the network.
    pub weights: u64,
}

/// What a candidate is when split somewhere: candidates with equal tags are one design there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag(u64);

/// What tags are made of, in less room than the candidates take.
#[derive(Debug, Clone, Copy)]
struct Sender {
    /// The first candidate with the same genome.
    twin: CandidateId,
    transmit: TransmitConfig,
}

/// A genome that can't be a candidate.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum PoolError {
    /// Its shapes can't exist.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// Its layers can't be costed.
    #[error(transparent)]
    Cost(#[from] CostError),
    /// The space allows a split at none of its boundaries.
    #[error("the space allows no split of this network")]
    NoSplit,
}

/// The candidates of a session with their splits, in one piece so that costing all of them reads memory in order.
#[derive(Debug, Clone, Default)]
pub struct Pool {
    candidates: Vec<Candidate>,
    demands: Vec<SplitDemand>,
    /// The same, with the present number of sensors.
    batch: DemandBatch,
    /// Where the splits of each candidate begin; one more entry than candidates.
    offsets: Vec<u32>,
    /// Boundary of each split.
    boundaries: Vec<BoundaryId>,
    /// Of each candidate.
    senders: Vec<Sender>,
    /// Multiply-accumulates of each candidate.
    macs: Vec<u64>,
    by_genome: HashMap<Genome, Vec<CandidateId>>,
}

impl Pool {
    /// No candidate.
    pub fn empty() -> Self {
        Self { offsets: vec![0], batch: DemandBatch::new(1), ..Self::default() }
    }

    /// At most `count` candidates: the smallest and the largest network sent the usual way (see [`super::default_transmit`]),
    /// then every genome of a space that has few, then genomes and transmit configurations drawn uniformly. Larger networks have lower
    /// numbers: they stand earlier in a ranking, which is so read in order. What can't be costed is left out, others are drawn
    /// instead, and one of the errors is returned too.
    pub fn sample(space: &SearchSpace, profile: &Profile, count: usize, seed: u64) -> (Self, Option<PoolError>) {
        let mut pool = Self::empty();
        if let Err(error) = check_names(space, profile) {
            return (pool, Some(error.into()));
        }
        pool.reserve(count.min(RESERVED) * space.slots().len());
        let mut draws = Draws::new(space, count, seed);
        let mut drawn = draws.first(count);
        drawn.extend(draws.next(count - drawn.len()));
        let mut error = None;
        while !drawn.is_empty() {
            error = pool.extend(space, profile, drawn).err().or(error);
            drawn = draws.next(count - pool.len());
        }
        (pool, error.or(draws.error.map(PoolError::Shape)))
    }

    /// Adds what was drawn, the largest network first. Gives the first error of what is left out.
    fn extend(&mut self, space: &SearchSpace, profile: &Profile, mut drawn: Vec<Drawn>) -> Result<(), PoolError> {
        drawn.sort_by(|one, other| other.macs.cmp(&one.macs).then_with(|| one.genome.cmp(&other.genome)));
        let mut result = Ok(());
        for alike in drawn.chunk_by(|one, other| one.genome == other.genome) {
            let network = space.lower(&alike[0].genome)?;
            for Drawn { genome, transmit, .. } in alike {
                let added = self.push(space, profile, &network, genome.clone(), *transmit);
                result = result.and(added.map(drop));
            }
        }
        result
    }

    /// Makes room for so many splits at once: a list that grows by and by leaves its earlier places behind.
    fn reserve(&mut self, demands: usize) {
        self.demands.reserve_exact(demands);
        self.batch.reserve_exact(demands);
        self.boundaries.reserve_exact(demands);
    }

    /// Adds a candidate and gives its number; the number of the equal one if there is one already.
    ///
    /// # Errors
    /// A genome whose shapes can't exist, or layers that can't be costed.
    pub fn add(
        &mut self,
        space: &SearchSpace,
        profile: &Profile,
        genome: Genome,
        transmit: TransmitConfig,
    ) -> Result<CandidateId, PoolError> {
        if let Some(id) = self.of_genome(&genome).iter().find(|&&id| self.candidates[id as usize].transmit == transmit)
        {
            return Ok(*id);
        }
        check_names(space, profile)?;
        let network = space.lower(&genome)?;
        self.push(space, profile, &network, genome, transmit)
    }

    fn push(
        &mut self,
        space: &SearchSpace,
        profile: &Profile,
        network: &Network,
        genome: Genome,
        transmit: TransmitConfig,
    ) -> Result<CandidateId, PoolError> {
        let demands = demands(space, profile, network, &genome, transmit)?;
        if !demands.iter().any(|demand| space.split.at.contains(&demand.boundary)) {
            return Err(PoolError::NoSplit);
        }
        let id = CandidateId::try_from(self.candidates.len()).expect("memory holds fewer than 2^32 candidates");
        let twins = self.by_genome.entry(genome.clone()).or_default();
        twins.push(id);
        for demand in &demands {
            self.batch.push(demand, space.split.at.contains(&demand.boundary));
            self.boundaries.push(demand.boundary);
        }
        self.senders.push(Sender { twin: twins[0], transmit });
        self.demands.extend(demands);
        self.offsets.push(u32::try_from(self.demands.len()).expect("memory holds fewer than 2^32 demands"));
        self.macs.push(network.macs());
        self.candidates.push(Candidate { genome, transmit, macs: network.macs(), weights: network.weights() });
        Ok(id)
    }

    /// Number of candidates.
    pub fn len(&self) -> usize {
        self.candidates.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }

    /// Number of splits of all candidates.
    pub fn cells(&self) -> usize {
        self.demands.len()
    }

    /// A candidate.
    pub fn get(&self, id: CandidateId) -> Option<&Candidate> {
        self.candidates.get(id as usize)
    }

    /// All candidates in the order of their numbers.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// Positions of a candidate's splits among all splits.
    pub(super) fn range(&self, id: CandidateId) -> std::ops::Range<usize> {
        let at = |index: usize| self.offsets.get(index).map_or(self.demands.len(), |&offset| offset as usize);
        at(id as usize)..at(id as usize + 1)
    }

    /// Splits of a candidate; none if it does not exist.
    pub fn demands(&self, id: CandidateId) -> &[SplitDemand] {
        &self.demands[self.range(id)]
    }

    /// Splits of all candidates.
    pub(super) fn all_demands(&self) -> &[SplitDemand] {
        &self.demands
    }

    /// Boundaries of a candidate's splits.
    pub(super) fn boundaries(&self, id: CandidateId) -> &[BoundaryId] {
        &self.boundaries[self.range(id)]
    }

    /// Multiply-accumulates of a candidate that exists.
    pub(super) fn macs(&self, id: CandidateId) -> u64 {
        self.macs[id as usize]
    }

    /// What a candidate is when split at one of its splits.
    pub(super) fn tag(&self, space: &SearchSpace, id: CandidateId, split_index: u16) -> Tag {
        let Sender { twin, transmit } = self.senders[id as usize];
        let split = self.boundaries[self.offsets[id as usize] as usize + usize::from(split_index)];
        let genome = || &self.candidates[id as usize].genome;
        let TransmitConfig { fusion, ratio, bits } = effective(space, genome, transmit, split);
        Tag(u64::from(twin) << 32 | u64::from(u32::from_be_bytes([split, fusion, ratio, bits])))
    }

    /// The columns of all splits, with the number of sensors set last.
    pub(super) const fn batch(&self) -> &DemandBatch {
        &self.batch
    }

    /// Turns the columns to another number of sensors.
    pub(super) fn set_sensors(&mut self, sensors: u32) {
        self.batch.set_sensors(sensors, &self.demands);
    }

    /// Candidates with this genome.
    pub fn of_genome(&self, genome: &Genome) -> &[CandidateId] {
        self.by_genome.get(genome).map_or(&[], Vec::as_slice)
    }

    /// The design a candidate is when split at a boundary.
    pub fn design(&self, space: &SearchSpace, id: CandidateId, split: BoundaryId) -> Option<Design> {
        let candidate = self.get(id)?;
        Some(design(space, &candidate.genome, candidate.transmit, split))
    }
}

/// The design of a genome sent this way and split at a boundary: with a split behind the fusion, views become one at the
/// split.
pub(super) fn design(space: &SearchSpace, genome: &Genome, transmit: TransmitConfig, split: BoundaryId) -> Design {
    let TransmitConfig { fusion, ratio, bits } = transmit;
    space.canonical_design(Design { genome: genome.clone(), split, fusion: fusion.max(split), ratio, bits })
}

/// How a genome sends when it is split there: raw input and logits cross as they are, and views that did not become one
/// before a split behind their fusion do so at the split. The same as its design says, mostly without making that.
pub(super) fn effective<'a>(
    space: &SearchSpace,
    genome: impl FnOnce() -> &'a Genome,
    transmit: TransmitConfig,
    split: BoundaryId,
) -> TransmitConfig {
    let TransmitConfig { fusion, ratio, bits } = transmit;
    let fusion = if split <= fusion || space.fusion.at.contains(&split) {
        fusion.max(split)
    } else {
        design(space, genome(), transmit, split).fusion
    };
    let plain = split == 0 || split == space.last();
    if plain { TransmitConfig { fusion, ratio: 1, bits: PLAIN_BITS } } else { TransmitConfig { fusion, ratio, bits } }
}

/// Splits of a network sent this way. Where the space allows no fusion at a split behind the candidate's fusion, the split is
/// that of the next fusion it allows, as the design says.
pub(super) fn demands(
    space: &SearchSpace,
    profile: &Profile,
    network: &Network,
    genome: &Genome,
    transmit: TransmitConfig,
) -> Result<Vec<SplitDemand>, CostError> {
    let mut demands = NetworkCosts::new(network, transmit, profile)?.demands;
    for (index, demand) in demands.iter_mut().enumerate() {
        let split = demand.boundary;
        if split > transmit.fusion && !space.fusion.at.contains(&split) {
            let fusion = design(space, genome, transmit, split).fusion;
            *demand = NetworkCosts::new(network, TransmitConfig { fusion, ..transmit }, profile)?.demands[index];
        }
    }
    Ok(demands)
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;
    use std::collections::HashSet;

    use super::super::draw::default_transmit;
    use super::super::tests::{pair, shipped_space};
    use super::*;

    #[test]
    fn the_pool_has_the_ends_of_the_space_and_no_two_equal_candidates() {
        let (space, profile) = pair();
        let (pool, error) = Pool::sample(&space, &profile, 300, 1);
        assert_eq!((pool.len(), error), (300, None));
        assert_eq!(pool.candidates()[0].genome, space.largest());
        assert!(pool.candidates().iter().any(|one| one.genome == space.smallest()));
        assert!(pool.candidates().is_sorted_by_key(|one| Reverse(one.macs)));
        let different: HashSet<_> = pool.candidates().iter().map(|one| (one.genome.clone(), one.transmit)).collect();
        assert_eq!(different.len(), 300);
        let (again, _) = Pool::sample(&space, &profile, 300, 1);
        assert_eq!(again.candidates(), pool.candidates());
    }

    #[test]
    fn a_fixed_space_gives_every_way_of_sending_its_one_network() {
        let (_, profile) = pair();
        let space = shipped_space("mobilenet-v2");
        let (pool, _) = Pool::sample(&space, &profile, 2000, 1);
        let ways = space.fusions(&space.largest(), 0).len() * space.split.ratios.len() * space.split.bits.len();
        assert!(pool.len() <= ways && pool.len() > ways / 2, "{} of {ways}", pool.len());
        assert!(pool.candidates().iter().all(|candidate| candidate.genome == space.largest()));
    }

    #[test]
    fn cuts_cost_the_fusion_of_the_design_they_belong_to() {
        let (mut space, profile) = pair();
        let genome = space.largest();
        let late = space.boundary_named("S3.1").unwrap();
        let early = space.boundary_named("S1.1").unwrap();
        space.fusion.at = vec![early, late, space.last()];
        let mut pool = Pool::empty();
        let transmit = TransmitConfig { fusion: early, ..default_transmit(&space, &genome) };
        let id = pool.add(&space, &profile, genome.clone(), transmit).unwrap();
        let network = space.lower(&genome).unwrap();
        for (index, demand) in pool.demands(id).iter().enumerate() {
            let design = pool.design(&space, id, demand.boundary).unwrap();
            let exact = NetworkCosts::new(&network, TransmitConfig::from(&design), &profile).unwrap().demands[index];
            assert_eq!((demand.resident, demand.streamed), (exact.resident, exact.streamed), "{}", demand.boundary);
        }
    }

    #[test]
    fn others_are_drawn_for_what_is_left_out() {
        let (mut space, profile) = pair();
        // Only deeper networks have this boundary.
        space.split.at = vec![space.boundary_named("S1.2").unwrap()];
        let (pool, error) = Pool::sample(&space, &profile, 100, 1);
        assert_eq!((pool.len(), error), (100, Some(PoolError::NoSplit)));
    }

    #[test]
    fn adding_an_equal_candidate_gives_its_number() {
        let (space, profile) = pair();
        let (mut pool, _) = Pool::sample(&space, &profile, 5, 1);
        let first = pool.candidates()[3].clone();
        assert_eq!(pool.add(&space, &profile, first.genome, first.transmit), Ok(3));
        assert_eq!(pool.len(), 5);
    }
}
