//! Everything a search has evaluated, its front, and where each design came from. Nothing is ever thrown away, so that
//! other limits can be answered later without evaluating again.
//!
//! Invariants: the front holds the feasible entries that no other dominates, in lexicographic order of their
//! objectives; of entries with equal objectives it holds the first one told. Ids are those of the proposals.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::outcome::{Objectives, Outcome, covers, is_covered, lexicographic};

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
    /// Positions of the front's members and, beside them, their objectives.
    front: Vec<usize>,
    front_points: Vec<Objectives>,
    feasible: usize,
}

impl Archive {
    pub(super) fn new(objectives: usize) -> Self {
        Self {
            objectives,
            entries: Vec::new(),
            positions: FxHashMap::default(),
            front: Vec::new(),
            front_points: Vec::new(),
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
        self.front.iter().map(|&position| &self.entries[position])
    }

    /// The objectives of the front, in the same order.
    pub fn front_points(&self) -> &[Objectives] {
        &self.front_points
    }

    pub(super) fn add(&mut self, entry: Evaluated) -> FrontStatus {
        let position = self.entries.len();
        let outcome = entry.outcome;
        self.positions.insert(entry.id, position);
        self.entries.push(entry);
        if !outcome.is_feasible() {
            return FrontStatus::Infeasible;
        }
        self.feasible += 1;
        let point = outcome.objectives;
        let slot = self.front_points.partition_point(|member| lexicographic(member, &point).is_lt());
        // Only members before the slot can dominate the point, and an equal one would be at it.
        if is_covered(&self.front_points[..slot], &point, self.objectives)
            || self.front_points.get(slot) == Some(&point)
        {
            return FrontStatus::Dominated;
        }
        self.remove_covered(slot, &point);
        self.front_points.insert(slot, point);
        self.front.insert(slot, position);
        FrontStatus::Front
    }

    /// Removes the members from `slot` on that `point` dominates, keeping the order.
    fn remove_covered(&mut self, slot: usize, point: &Objectives) {
        let mut kept = slot;
        for index in slot..self.front.len() {
            if !covers(point, &self.front_points[index]) {
                self.front_points.swap(kept, index);
                self.front.swap(kept, index);
                kept += 1;
            }
        }
        self.front_points.truncate(kept);
        self.front.truncate(kept);
    }

    /// Replaces every outcome by what `assess` says now and finds the front again.
    pub(super) fn reassess(&mut self, assess: &mut dyn FnMut(&Evaluated) -> Outcome) {
        for entry in &mut self.entries {
            entry.outcome = assess(entry);
        }
        let outcomes: Vec<Outcome> = self.entries.iter().map(|entry| entry.outcome).collect();
        self.feasible = outcomes.iter().filter(|outcome| outcome.is_feasible()).count();
        self.front = front_of(&outcomes, self.objectives);
        self.front_points = self.front.iter().map(|&position| outcomes[position].objectives).collect();
    }
}

/// The indices of the feasible outcomes that no other dominates, in lexicographic order of their objectives; of equal
/// ones the first. Two objectives: O(n log n). More: n times the size of the front at worst.
pub(crate) fn front_of(outcomes: &[Outcome], objectives: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..outcomes.len()).filter(|&index| outcomes[index].is_feasible()).collect();
    order.sort_unstable_by(|&a, &b| lexicographic(&outcomes[a].objectives, &outcomes[b].objectives).then(a.cmp(&b)));
    let mut points: Vec<Objectives> = Vec::new();
    order.retain(|&index| {
        let point = &outcomes[index].objectives;
        let kept = !is_covered(&points, point, objectives);
        if kept {
            points.push(*point);
        }
        kept
    });
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn the_kept_front_equals_the_definition(
            raw in prop::collection::vec((prop::array::uniform4(0_u8..5), any::<bool>()), 0..80),
            objectives in 2_usize..=4,
        ) {
            let mut archive = Archive::new(objectives);
            let mut outcomes = Vec::new();
            for (id, (values, feasible)) in raw.iter().enumerate() {
                let values: Vec<f64> = values[..objectives].iter().map(|v| f64::from(*v)).collect();
                let outcome = Outcome::new(&values, if *feasible { 0.0 } else { 1.0 });
                outcomes.push(outcome);
                archive.add(entry(id as u64, outcome, Origin::Random));
            }
            let by_definition: Vec<usize> = (0..outcomes.len())
                .filter(|&i| outcomes[i].is_feasible())
                .filter(|&i| !outcomes.iter().any(|other| other.dominates(&outcomes[i])))
                .filter(|&i| !outcomes[..i].iter().any(|other| other == &outcomes[i]))
                .collect();
            let mut kept: Vec<usize> = archive.front().map(|entry| entry.id as usize).collect();
            prop_assert_eq!(&front_of(&outcomes, objectives), &kept);
            kept.sort_unstable();
            prop_assert_eq!(kept, by_definition);
        }
    }
}
