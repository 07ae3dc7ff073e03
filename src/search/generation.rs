//! The record of a search: one entry per generation, the successes of each operator, and the rule by which it stops.

use serde::{Deserialize, Serialize};

use super::archive::Origin;
use crate::quantity::Dimension;

/// Operator that makes proposals. The names follow [`Origin`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operator {
    /// Given by the caller.
    Seed,
    /// Drawn at random.
    #[default]
    Random,
    /// Genes of two parents.
    Crossover,
    /// Genes of two parents, some of them changed.
    #[serde(rename = "crossover and mutation")]
    CrossoverMutation,
    /// Some genes of one parent changed.
    Mutation,
    /// Split or fusion of one parent moved by one boundary.
    #[serde(rename = "boundary move")]
    BoundaryMove,
    /// Next unseen genome in counting order.
    Sweep,
    /// Measured before the search began.
    #[serde(rename = "warm start", alias = "adopted")]
    WarmStart,
}

impl Operator {
    /// All operators.
    pub const ALL: [Self; 8] = [
        Self::Seed,
        Self::Random,
        Self::Crossover,
        Self::CrossoverMutation,
        Self::Mutation,
        Self::BoundaryMove,
        Self::Sweep,
        Self::WarmStart,
    ];

    /// The operator that made a proposal of this origin.
    pub fn of(origin: &Origin) -> Self {
        match origin {
            Origin::Seed => Self::Seed,
            Origin::Random => Self::Random,
            Origin::Crossover { mutated: 0, .. } => Self::Crossover,
            Origin::Crossover { .. } => Self::CrossoverMutation,
            Origin::Mutation { .. } => Self::Mutation,
            Origin::BoundaryMove { .. } => Self::BoundaryMove,
            Origin::Sweep => Self::Sweep,
            Origin::WarmStart => Self::WarmStart,
        }
    }

    /// Name in JSON and in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seed => "seed",
            Self::Random => "random",
            Self::Crossover => "crossover",
            Self::CrossoverMutation => "crossover and mutation",
            Self::Mutation => "mutation",
            Self::BoundaryMove => "boundary move",
            Self::Sweep => "sweep",
            Self::WarmStart => "warm start",
        }
    }
}

/// Success of an operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Designs it made that have been evaluated.
    pub evaluated: usize,
    /// Those of them that were on the front when they were told.
    pub successes: usize,
}

/// Tallies of all operators.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tallies([Tally; Operator::ALL.len()]);

impl Tallies {
    /// Tally of one operator.
    pub fn get(&self, operator: Operator) -> Tally {
        self.0[operator as usize]
    }

    pub(super) fn count(&mut self, operator: Operator, success: bool) {
        let tally = &mut self.0[operator as usize];
        tally.evaluated += 1;
        tally.successes += usize::from(success);
    }
}

/// One generation: as many evaluations as the population has members. Numbers are those at its end, since the start of
/// the search, unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Generation {
    /// 0 for the first.
    pub index: usize,
    /// Evaluated designs.
    pub evaluations: usize,
    /// Evaluated designs that meet the limits.
    pub feasible: usize,
    /// Hypervolume of the front, in the product of the objectives' units; 0 while nothing is feasible.
    pub hypervolume: f64,
    /// Designs on the front.
    pub front_size: usize,
    /// Children that were known already and so were not evaluated again.
    pub duplicates_avoided: usize,
    /// Number of changes of the limits. Hypervolumes compare only between generations that agree in this.
    pub reassessments: usize,
    /// Tallies of the operators within this generation.
    pub operators: Tallies,
}

/// Rule by which a search stops. [`StopRule::default`] sets the defaults stated here.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StopRule {
    /// Stop after this many evaluations. Default: no limit.
    pub evaluations: Option<usize>,
    /// Stop when the hypervolume has grown by less than this share of itself ... Default 0.001.
    pub gain: f64,
    /// ... over this many generations, all under the same limits. Default 10; 0 turns this off.
    pub generations: usize,
}

impl Default for StopRule {
    fn default() -> Self {
        Self { evaluations: None, gain: 0.001, generations: 10 }
    }
}

/// Reason for which a search is done.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum StopReason {
    /// The budget of evaluations is spent.
    Evaluations(usize),
    /// The hypervolume grew only by the share `gain` over `generations`.
    Converged {
        /// Growth of the hypervolume as a share of its earlier value.
        gain: f64,
        /// Number of generations over which it was measured.
        generations: usize,
    },
    /// No unseen design could be found: a small space is evaluated completely.
    Exhausted,
}

impl std::fmt::Display for StopReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Evaluations(count) => write!(f, "the budget of {count} evaluations is spent"),
            Self::Converged { gain, generations } => {
                write!(
                    f,
                    "the hypervolume grew by only {} over {generations} generations",
                    Dimension::Share.format(*gain)
                )
            }
            Self::Exhausted => write!(f, "no design is left that has not been evaluated"),
        }
    }
}

impl StopRule {
    /// Applies the rule to the evaluations done and the generations so far.
    pub(super) fn apply(&self, evaluations: usize, records: &[Generation]) -> Option<StopReason> {
        if self.evaluations.is_some_and(|budget| evaluations >= budget) {
            return Some(StopReason::Evaluations(evaluations));
        }
        let last = records.last()?;
        let start = records.len().checked_sub(self.generations + 1)?;
        let first = &records[start];
        if self.generations == 0 || first.hypervolume <= 0.0 || first.reassessments != last.reassessments {
            return None;
        }
        let gain = last.hypervolume / first.hypervolume - 1.0;
        (gain < self.gain).then_some(StopReason::Converged { gain, generations: self.generations })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(index: usize, hypervolume: f64, reassessments: usize) -> Generation {
        Generation {
            index,
            evaluations: 10 * (index + 1),
            feasible: index,
            hypervolume,
            front_size: 1,
            duplicates_avoided: 0,
            reassessments,
            operators: Tallies::default(),
        }
    }

    #[test]
    fn stops_when_flat_for_long_enough() {
        let rule = StopRule { evaluations: None, gain: 0.01, generations: 2 };
        let records: Vec<Generation> =
            [1.0, 2.0, 2.01, 2.015].iter().enumerate().map(|(index, volume)| record(index, *volume, 0)).collect();
        assert_eq!(rule.apply(30, &records[..3]), None);
        let Some(StopReason::Converged { gain, generations: 2 }) = rule.apply(40, &records) else {
            panic!("0.75 % over two generations is below 1 %");
        };
        assert!((gain - 0.0075).abs() < 1e-12);
        assert_eq!(StopRule { generations: 0, ..rule }.apply(40, &records), None);
    }

    #[test]
    fn new_limits_and_an_empty_front_keep_it_going() {
        let rule = StopRule { evaluations: Some(100), gain: 0.01, generations: 1 };
        assert_eq!(rule.apply(20, &[record(0, 1.0, 0), record(1, 1.0, 1)]), None);
        assert_eq!(rule.apply(20, &[record(0, 0.0, 0), record(1, 0.0, 0)]), None);
        assert_eq!(rule.apply(100, &[]), Some(StopReason::Evaluations(100)));
    }

    #[test]
    fn a_tally_counts_evaluations_and_successes() {
        let mut tallies = Tallies::default();
        tallies.count(Operator::Mutation, true);
        tallies.count(Operator::Mutation, false);
        tallies.count(Operator::Random, true);
        assert_eq!(tallies.get(Operator::Mutation), Tally { evaluated: 2, successes: 1 });
        assert_eq!(tallies.get(Operator::Random), Tally { evaluated: 1, successes: 1 });
    }

    #[test]
    fn all_operators_are_listed_at_their_own_place() {
        assert!(Operator::ALL.iter().enumerate().all(|(index, operator)| *operator as usize == index));
    }
}
