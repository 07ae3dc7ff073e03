//! The search itself: NSGA-II over integer genes, by asking and telling.
//!
//! It never evaluates anything: the caller asks for proposals, evaluates them wherever and in whatever order it likes,
//! and tells the outcomes. Parents are selected anew after every few tells (nearly steady state), so it makes no
//! difference to the caller whether it asks for one design at a time or for a whole generation.
//!
//! Invariants: no genome is proposed twice, be it evaluated or pending. The same configuration, asks, repairs and tells
//! give the same proposals. Nothing told is ever forgotten.

use std::collections::VecDeque;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rustc_hash::FxHashMap;
use thiserror::Error;

use super::archive::{Archive, Evaluated, FrontStatus, Origin};
use super::config::{ConfigError, SearchConfig};
use super::generation::{Generation, StopReason};
use super::history::GenerationLog;
use super::operators::{self, Genome};
use super::outcome::{Objectives, Outcome};
use super::population::Population;

/// Genomes looked at in counting order, at most, before the space counts as exhausted.
const SWEEP_LIMIT: u128 = 100_000;

/// A design to evaluate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// To be told back with the outcome. Ids count up from 0 in the order of asking.
    pub id: u64,
    /// The genome to evaluate.
    pub genes: Genome,
    /// Operator that made it.
    pub origin: Origin,
}

/// Refusal of a tell.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum SearchError {
    /// The proposal of this id is not open.
    #[error("proposal {0} is not open: it was never asked, or has been told or withdrawn")]
    NotOpen(u64),
    /// The outcome can not be compared.
    #[error(
        "the outcome can not be compared: {0:?} has a NaN, a negative violation, or is feasible without finite objectives"
    )]
    NotComparable(Outcome),
    /// The genome is none of the space.
    #[error(transparent)]
    Genome(#[from] ConfigError),
}

/// A running search; [`search`](super) has an example.
#[derive(Clone, Debug)]
pub struct Search {
    config: SearchConfig,
    rng: ChaCha8Rng,
    archive: Archive,
    population: Population,
    /// Positions in the archive told since the parents were last selected.
    fresh: Vec<usize>,
    /// Seeds, then the random start.
    queue: VecDeque<(Genome, Origin)>,
    open: FxHashMap<u64, (Genome, Origin)>,
    /// Every genome evaluated or open, with its id.
    seen: FxHashMap<Genome, u64>,
    next_id: u64,
    exhausted: bool,
    history: GenerationLog,
}

impl Search {
    /// # Errors
    /// If [`SearchConfig::check`] finds something that can not work.
    pub fn new(config: SearchConfig) -> Result<Self, ConfigError> {
        config.check()?;
        let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
        let start = operators::stratified(&config.genes, config.initial, &mut rng);
        Ok(Self {
            rng,
            archive: Archive::new(config.objectives),
            population: Population::default(),
            fresh: Vec::new(),
            queue: start.into_iter().map(|genome| (genome, Origin::Random)).collect(),
            open: FxHashMap::default(),
            seen: FxHashMap::default(),
            next_id: 0,
            exhausted: false,
            history: GenerationLog::new(config.objectives, config.reference),
            config,
        })
    }

    /// Designs to propose before any other, such as the smallest of every split. They take the place of as many random
    /// ones.
    ///
    /// # Errors
    /// If a genome is none of the space.
    pub fn with_seeds(mut self, genomes: impl IntoIterator<Item = Genome>) -> Result<Self, ConfigError> {
        let genomes: Vec<Genome> = genomes.into_iter().collect();
        for genome in &genomes {
            self.config.check_genome(genome)?;
        }
        self.queue.truncate(self.config.initial.saturating_sub(genomes.len()));
        for genome in genomes.into_iter().rev() {
            self.queue.push_front((genome, Origin::Seed));
        }
        Ok(self)
    }

    /// Up to `count` designs that have neither been evaluated nor are open. Fewer only if no more could be found.
    pub fn ask(&mut self, count: usize) -> Vec<Proposal> {
        self.ask_repaired(count, &|_| ())
    }

    /// As [`Search::ask`], with a pure function that brings every genome into its canonical form (for example, sets
    /// genes that have no effect to 0) before it is compared with the known ones. Values beyond a gene's choices become
    /// its last one.
    pub fn ask_repaired(&mut self, count: usize, repair: &dyn Fn(&mut [u8])) -> Vec<Proposal> {
        (0..count).map_while(|_| self.propose(repair)).collect()
    }

    /// Takes the outcome of an open proposal, in any order.
    ///
    /// # Errors
    /// If the id is not open, or the outcome can not be compared (the proposal then stays open).
    pub fn tell(&mut self, id: u64, outcome: Outcome) -> Result<FrontStatus, SearchError> {
        if !outcome.is_comparable() {
            return Err(SearchError::NotComparable(outcome));
        }
        let (genes, origin) = self.open.remove(&id).ok_or(SearchError::NotOpen(id))?;
        Ok(self.record(Evaluated { id, genes, outcome, origin }))
    }

    /// Gives an open proposal back unevaluated, so that it may be proposed again (a worker died, a screen rejected it).
    ///
    /// # Errors
    /// If the id is not open.
    pub fn withdraw(&mut self, id: u64) -> Result<(), SearchError> {
        let (genes, _) = self.open.remove(&id).ok_or(SearchError::NotOpen(id))?;
        self.seen.remove(&genes);
        self.exhausted = false;
        Ok(())
    }

    /// Takes a design that was evaluated elsewhere: by another worker, or before a restart. An open proposal of the
    /// same genome is thereby told. `None` if it had been evaluated already.
    ///
    /// # Errors
    /// If the genome is none of the space or the outcome can not be compared.
    pub fn warm_start(&mut self, genes: &[u8], outcome: Outcome) -> Result<Option<FrontStatus>, SearchError> {
        self.config.check_genome(genes)?;
        if !outcome.is_comparable() {
            return Err(SearchError::NotComparable(outcome));
        }
        if let Some(&id) = self.seen.get(genes) {
            return if self.open.contains_key(&id) { self.tell(id, outcome).map(Some) } else { Ok(None) };
        }
        let genes: Genome = genes.into();
        let id = self.claim(&genes);
        Ok(Some(self.record(Evaluated { id, genes, outcome, origin: Origin::WarmStart })))
    }

    /// The limits or the hardware changed: judges everything evaluated anew, selects the parents from all of it and
    /// goes on. What `assess` knows nothing of under the new conditions (`None`: measured with another number of
    /// sensors) counts as infeasible without bound and may be proposed again; the front's designs are, before any
    /// others. Nothing else is evaluated or asked again. An outcome that can not be compared counts as infeasible
    /// without bound. A reference corner of the hypervolume that was not given is found anew.
    pub fn reassess(&mut self, assess: &mut dyn FnMut(&[u8]) -> Option<Outcome>) {
        let front: Vec<Genome> = self.archive.front().map(|entry| entry.genes.clone()).collect();
        let unbounded = Outcome::new(&[], f64::INFINITY);
        let seen = &mut self.seen;
        self.archive.reassess(&mut |entry| {
            let found = assess(&entry.genes);
            // Of a genome evaluated twice, under unlike conditions, only the latest entry counts.
            let latest = *seen.entry(entry.genes.clone()).or_insert(entry.id) == entry.id;
            if found.is_none() && latest {
                seen.remove(&entry.genes);
            }
            found.filter(|outcome| latest && outcome.is_comparable()).unwrap_or(unbounded)
        });
        for genes in front.into_iter().rev().filter(|genes| !self.seen.contains_key(genes)) {
            self.queue.push_front((genes, Origin::Seed));
            self.exhausted = false;
        }
        self.fresh.clear();
        self.population.rebuild(self.archive.entries(), self.config.objectives, self.config.population);
        self.history.reassessed(&self.archive, self.config.reference);
    }

    /// Everything evaluated, and the front.
    pub fn archive(&self) -> &Archive {
        &self.archive
    }

    /// Number of proposals asked but neither told nor withdrawn.
    pub fn open(&self) -> usize {
        self.open.len()
    }

    /// Hypervolume of the present front, in the product of the objectives' units; 0 as long as there is no reference.
    pub fn hypervolume(&self) -> f64 {
        self.history.hypervolume(&self.archive)
    }

    /// The corner the hypervolume is measured to, once it is known.
    pub fn reference(&self) -> Option<Objectives> {
        self.history.reference()
    }

    /// The generations that are complete.
    pub fn generations(&self) -> &[Generation] {
        self.history.generations()
    }

    /// Reason to stop the search now; `None` if there is none. Asking and telling still work afterwards.
    pub fn stop_reason(&self) -> Option<StopReason> {
        if self.exhausted && self.open.is_empty() {
            return Some(StopReason::Exhausted);
        }
        self.config.stop.apply(self.archive.len(), self.history.generations())
    }

    fn record(&mut self, entry: Evaluated) -> FrontStatus {
        let origin = entry.origin;
        self.fresh.push(self.archive.len());
        let status = self.archive.add(entry);
        if self.fresh.len() >= self.config.batch {
            let (objectives, size) = (self.config.objectives, self.config.population);
            self.population.renew(self.archive.entries(), &self.fresh, objectives, size);
            self.fresh.clear();
        }
        self.history.told(&origin, status);
        if self.archive.len().is_multiple_of(self.config.population) {
            self.history.close_generation(&self.archive);
        }
        status
    }

    fn claim(&mut self, genes: &Genome) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.seen.insert(genes.clone(), id);
        id
    }

    fn propose(&mut self, repair: &dyn Fn(&mut [u8])) -> Option<Proposal> {
        if self.exhausted {
            return None;
        }
        while let Some((mut genes, origin)) = self.queue.pop_front() {
            self.repair(&mut genes, repair);
            if let Some(proposal) = self.admit(&genes, origin) {
                return Some(proposal);
            }
        }
        let variations = if self.population.is_ready() { self.config.retries } else { 0 };
        let mut genes = vec![0; self.config.genes.len()].into_boxed_slice();
        for attempt in 0..variations + self.config.retries {
            let origin = if attempt < variations { self.vary(&mut genes) } else { self.randomise(&mut genes) };
            self.repair(&mut genes, repair);
            if let Some(proposal) = self.admit(&genes, origin) {
                return Some(proposal);
            }
        }
        let proposal = self.sweep(repair);
        self.exhausted = proposal.is_none();
        proposal
    }

    /// Opens a proposal if the genome is unseen.
    fn admit(&mut self, genes: &[u8], origin: Origin) -> Option<Proposal> {
        if self.seen.contains_key(genes) {
            self.history.duplicate();
            return None;
        }
        let genes: Genome = genes.into();
        let id = self.claim(&genes);
        self.open.insert(id, (genes.clone(), origin));
        Some(Proposal { id, genes, origin })
    }

    fn repair(&self, genes: &mut [u8], repair: &dyn Fn(&mut [u8])) {
        repair(genes);
        for (value, gene) in genes.iter_mut().zip(&self.config.genes) {
            *value = (*value).min(gene.cardinality - 1);
        }
    }

    fn randomise(&mut self, genes: &mut [u8]) -> Origin {
        operators::randomise(&self.config.genes, genes, &mut self.rng);
        Origin::Random
    }

    /// Makes `child` a child of one or two parents. The population must be ready.
    fn vary(&mut self, child: &mut [u8]) -> Origin {
        let Self { config, rng, archive, population, .. } = self;
        let entries = archive.entries();
        let first = population.parent(config.tournament, rng);
        let parent = population.entry(entries, first);
        child.copy_from_slice(&parent.genes);
        if rng.random_bool(config.boundary_rate)
            && let Some(gene) = operators::move_boundary(&config.genes, child, rng)
        {
            let gene = u8::try_from(gene).unwrap_or(u8::MAX);
            return Origin::BoundaryMove { parent: parent.id, gene };
        }
        let mate = if rng.random_bool(config.crossover_rate) {
            population.mate(first, config.mates, rng).map(|member| population.entry(entries, member))
        } else {
            None
        };
        if let Some(mate) = mate {
            operators::cross(child, &mate.genes, rng);
        }
        let rate = (config.mutations / config.genes.len() as f64).min(1.0);
        let mut mutated = operators::mutate(&config.genes, child, rate, rng);
        if *child == *parent.genes {
            mutated = mutated.saturating_add(operators::mutate_one(&config.genes, child, rng));
        }
        match mate {
            Some(mate) => Origin::Crossover { parents: [parent.id, mate.id], mutated },
            None => Origin::Mutation { parent: parent.id, mutated },
        }
    }

    /// The first unseen genome in counting order from a random one on, within [`SWEEP_LIMIT`] steps.
    fn sweep(&mut self, repair: &dyn Fn(&mut [u8])) -> Option<Proposal> {
        let size = self.config.genes.iter().fold(1_u128, |size, gene| size.saturating_mul(gene.cardinality.into()));
        let mut genome = vec![0; self.config.genes.len()];
        self.randomise(&mut genome);
        let mut candidate = genome.clone();
        for _ in 0..size.min(SWEEP_LIMIT) {
            candidate.copy_from_slice(&genome);
            self.repair(&mut candidate, repair);
            if !self.seen.contains_key(candidate.as_slice()) {
                return self.admit(&candidate, Origin::Sweep);
            }
            operators::count_up(&self.config.genes, &mut genome);
        }
        None
    }
}

#[cfg(test)]
mod tests;
