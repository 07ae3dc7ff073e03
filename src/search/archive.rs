//! Everything a search has evaluated, its front, and where each design came from. Nothing is ever thrown away, so that
//! other limits can be answered later without evaluating again.
//!
//! Invariants: the front holds the feasible entries that no other dominates, in lexicographic order of their
//! objectives; of entries with equal objectives it holds the first one told. Ids are those of the proposals.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::front::ParetoFront;
use super::outcome::{MAX_OBJECTIVES, Objectives, Outcome};

/// Operator that made a proposal, with the ids of its parents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// Given by the caller before the search began.
    Seed,
    /// Drawn at random.
    Random,
    /// Each gene from one of two parents, then `mutated` genes changed.
    Crossover {
        /// Ids of the proposals whose genes were mixed.
        parents: [u64; 2],
        /// Number of genes changed after mixing.
        mutated: u8,
    },
    /// One parent with `mutated` genes changed.
    Mutation {
        /// Id of the proposal that was varied.
        parent: u64,
        /// Number of genes that differ from the parent.
        mutated: u8,
    },
    /// One parent with the boundary `gene` (split or fusion) moved by one.
    BoundaryMove {
        /// Id of the proposal that was varied.
        parent: u64,
        /// Position of the moved gene in the genome.
        gene: u8,
    },
    /// The next unseen genome in counting order, after variation and chance found none.
    Sweep,
    /// Evaluated elsewhere and handed in with [`Search::warm_start`](super::Search::warm_start).
    WarmStart,
}

impl Origin {
    /// Ids of the parents, none to two.
    pub fn parents(&self) -> Vec<u64> {
        match self {
            Self::Crossover { parents, .. } => parents.to_vec(),
            Self::Mutation { parent, .. } | Self::BoundaryMove { parent, .. } => vec![*parent],
            Self::Seed | Self::Random | Self::Sweep | Self::WarmStart => Vec::new(),
        }
    }
}

/// One evaluated design.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluated {
    /// Id of the proposal.
    pub id: u64,
    /// The genome.
    pub genes: Box<[u8]>,
    /// Objectives and violation, as assessed last.
    pub outcome: Outcome,
    /// Operator that made it.
    pub origin: Origin,
}

/// Relation of an outcome to the front at the moment it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrontStatus {
    /// It misses a limit.
    Infeasible,
    /// An earlier design is at least as good in every objective.
    Dominated,
    /// It is on the front.
    Front,
}

/// Evaluated designs of a search, with their front.
#[derive(Clone, Debug)]
pub struct Archive {
    objectives: usize,
    entries: Vec<Evaluated>,
    positions: FxHashMap<u64, usize>,
    /// Feasible entries, known by their positions.
    front: ParetoFront<MAX_OBJECTIVES>,
    feasible: usize,
}

impl Archive {
    pub(super) fn new(objectives: usize) -> Self {
        Self {
            objectives,
            entries: Vec::new(),
            positions: FxHashMap::default(),
            front: ParetoFront::new(objectives),
            feasible: 0,
        }
    }

    /// Number of evaluated designs.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns `true` if nothing is evaluated yet.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Number of entries that meet the limits.
    pub fn feasible(&self) -> usize {
        self.feasible
    }

    /// All entries in the order in which they were told.
    pub fn entries(&self) -> &[Evaluated] {
        &self.entries
    }

    /// The entry with this id, if it has been told.
    pub fn get(&self, id: u64) -> Option<&Evaluated> {
        self.positions.get(&id).map(|&position| &self.entries[position])
    }

    /// The front by rising first objective.
    pub fn front(&self) -> impl ExactSizeIterator<Item = &Evaluated> {
        self.front.members().iter().map(|&position| &self.entries[position])
    }

    /// The objectives of the front, in the same order.
    pub fn front_points(&self) -> &[Objectives] {
        self.front.points()
    }

    pub(super) fn add(&mut self, entry: Evaluated) -> FrontStatus {
        let (position, outcome) = (self.entries.len(), entry.outcome);
        self.positions.insert(entry.id, position);
        self.entries.push(entry);
        self.count(position, &outcome)
    }

    /// Takes the outcome of the entry at `position` into the count of feasible entries and the front.
    fn count(&mut self, position: usize, outcome: &Outcome) -> FrontStatus {
        if !outcome.is_feasible() {
            return FrontStatus::Infeasible;
        }
        self.feasible += 1;
        let on_front = self.front.insert(outcome.objectives, position);
        if on_front { FrontStatus::Front } else { FrontStatus::Dominated }
    }

    /// Replaces every outcome by what `assess` says now and finds the front again.
    pub(super) fn reassess(&mut self, assess: &mut dyn FnMut(&Evaluated) -> Outcome) {
        (self.feasible, self.front) = (0, ParetoFront::new(self.objectives));
        for position in 0..self.entries.len() {
            let outcome = assess(&self.entries[position]);
            self.entries[position].outcome = outcome;
            self.count(position, &outcome);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: u64, outcome: Outcome, origin: Origin) -> Evaluated {
        Evaluated { id, genes: Box::new([id as u8]), outcome, origin }
    }

    #[test]
    fn status_and_front_follow_the_tells() {
        let mut archive = Archive::new(2);
        let mut add = |id, x, y, violation| archive.add(entry(id, Outcome::new(&[x, y], violation), Origin::Random));
        assert_eq!(add(0, 5.0, 5.0, 0.0), FrontStatus::Front);
        assert_eq!(add(1, 1.0, 1.0, 0.5), FrontStatus::Infeasible);
        assert_eq!(add(2, 6.0, 5.0, 0.0), FrontStatus::Dominated);
        assert_eq!(add(3, 5.0, 5.0, 0.0), FrontStatus::Dominated);
        assert_eq!(add(4, 2.0, 6.0, 0.0), FrontStatus::Front);
        assert_eq!(add(5, 4.0, 4.0, 0.0), FrontStatus::Front);
        assert_eq!(archive.front().map(|entry| entry.id).collect::<Vec<_>>(), [4, 5]);
        assert_eq!((archive.len(), archive.feasible()), (6, 5));
    }
}
