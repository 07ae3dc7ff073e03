//! Which design to measure next: NSGA-II proposes, costs are exact and cheap, so a design that breaks a limit is told back
//! without measuring it, and what was measured before is told as it was; of the rest the screening picks one.

use std::collections::VecDeque;

use anyhow::Result;

use super::meter::Known;
use super::screening::{CHILDREN, Screening};
use super::terms::Terms;
use crate::cli::space_genes;
use crate::network::BoundaryId;
use crate::record::ChildRecord;
use crate::search::{Config, Operator, Outcome, Proposal, Search, Standing, StopRule};
use crate::space::Design;
use crate::train::Synflow;

/// Proposals that may miss the limits, one after the other, before a search gives up.
const MISSES: usize = 5_000;
/// Evaluations for each member of the population, and its bounds: a generation has to be short against the budget.
const GENERATIONS: usize = 5;
const POPULATION: (usize, usize) = (12, 50);

/// Which designs may be proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// All of the space.
    Free,
    /// Those split at this boundary.
    Split(BoundaryId),
}

impl Scope {
    fn repair(self, terms: &Terms, genes: &mut [u8]) {
        let mut design = space_genes::decode(&terms.space, genes);
        if let Self::Split(split) = self {
            design = terms.space.canonical_design(Design { split, ..design });
        }
        genes.copy_from_slice(&space_genes::encode(&terms.space, &design));
    }
}

/// A design to measure.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    proposal: Proposal,
    pub(super) design: Design,
    pub(super) predicted: Option<f64>,
}

/// What to do next.
pub(super) enum Next {
    Measure(Wanted),
    /// The search is over: why.
    Over(String),
}

/// A search under way, wherever its accuracies come from.
pub(super) struct Hunt {
    pub(super) search: Search,
    pub(super) screening: Screening,
    scope: Scope,
    /// Asked for and not screened: seeds and the random start.
    waiting: VecDeque<Wanted>,
}

impl Hunt {
    pub(super) fn new(
        terms: &Terms,
        scope: Scope,
        budget: usize,
        seed: u64,
        stop: StopRule,
        synflow: Option<Synflow>,
    ) -> Result<Self> {
        let mut config = Config::new(space_genes::genes(&terms.space), terms.objectives.len(), seed);
        config.population = (budget / GENERATIONS).clamp(POPULATION.0, POPULATION.1);
        config.initial = config.population;
        config.stop = stop;
        let mut starts = terms.starts()?;
        if let Scope::Split(split) = scope {
            starts.retain(|genes| space_genes::decode(&terms.space, genes).split == split);
        }
        let search = Search::new(config)?.with_seeds(starts)?;
        Ok(Self { search, screening: Screening::new(terms, synflow), scope, waiting: VecDeque::new() })
    }

    /// Takes in what was measured before, with the present number of sensors.
    pub(super) fn adopt(&mut self, terms: &Terms, known: &Known) -> Result<()> {
        let mut list: Vec<(&Design, &f64)> = known.iter().collect();
        // A table has no order of its own, and a search is to replay.
        list.sort_by(|a, b| a.0.cmp(b.0));
        for (design, &accuracy) in list {
            let outcome = terms.outcome(design, Some(accuracy))?;
            self.search.adopt(&space_genes::encode(&terms.space, design), outcome)?;
        }
        Ok(())
    }

    /// The next design whose accuracy is wanted.
    pub(super) fn next(&mut self, terms: &Terms, known: &Known) -> Result<Next> {
        let mut misses = 0;
        while misses <= MISSES {
            if let Some(wanted) = self.waiting.pop_front() {
                return Ok(Next::Measure(wanted));
            }
            if let Some(reason) = self.search.stop_reason() {
                return Ok(Next::Over(reason.to_string()));
            }
            let scope = self.scope;
            let proposals = self.search.ask_repaired(CHILDREN, &|genes| scope.repair(terms, genes));
            if proposals.is_empty() {
                return Ok(Next::Over("every design has been looked at".into()));
            }
            misses += proposals.len();
            let mut children = Vec::new();
            for proposal in proposals {
                children.extend(self.sift(terms, known, proposal)?);
            }
            if !self.waiting.is_empty() {
                // What is not screened comes first; its results may bring forth better children than these.
                for child in children {
                    self.search.withdraw(child.proposal.id)?;
                }
            } else if !children.is_empty() {
                return Ok(Next::Measure(self.screen(terms, children)?));
            }
        }
        Ok(Next::Over(format!("{MISSES} designs in a row missed the limits or were known")))
    }

    /// Tells what needs no measuring; sets aside what is not screened; returns the rest.
    fn sift(&mut self, terms: &Terms, known: &Known, proposal: Proposal) -> Result<Option<Wanted>> {
        let design = space_genes::decode(&terms.space, &proposal.genes);
        let accuracy = known.get(&design).copied();
        let outcome = terms.outcome(&design, accuracy)?;
        if !outcome.is_feasible() || accuracy.is_some() || !terms.needs_accuracy() {
            self.search.tell(proposal.id, outcome)?;
            return Ok(None);
        }
        let bred = !proposal.origin.parents().is_empty();
        let wanted = Wanted { proposal, design, predicted: None };
        if bred {
            return Ok(Some(wanted));
        }
        self.waiting.push_back(wanted);
        Ok(None)
    }

    /// Gives all children back but the one to measure.
    fn screen(&mut self, terms: &Terms, mut children: Vec<Wanted>) -> Result<Wanted> {
        let designs: Vec<Design> = children.iter().map(|child| child.design.clone()).collect();
        let chosen = self.screening.choose(terms, self.search.archive().front_points(), &designs)?;
        let mut wanted = children.swap_remove(chosen);
        for other in children {
            self.search.withdraw(other.proposal.id)?;
        }
        wanted.predicted = self.screening.predict(&wanted.proposal.genes, terms.knobs.sensors);
        Ok(wanted)
    }

    /// Takes a measured accuracy in. Says how the design came about and whether it joined the front.
    pub(super) fn settle(&mut self, terms: &Terms, wanted: &Wanted, accuracy: f64) -> Result<ChildRecord> {
        let views = terms.knobs.sensors;
        let outcome = terms.outcome(&wanted.design, Some(accuracy))?;
        let standing = self.search.tell(wanted.proposal.id, outcome)?;
        self.screening.learn(terms, &wanted.design, views, accuracy)?;
        let Proposal { origin, .. } = &wanted.proposal;
        let name = |id: u64| {
            let parent = self.search.archive().get(id)?;
            Some(terms.space.print_design(&space_genes::decode(&terms.space, &parent.genes)))
        };
        Ok(ChildRecord {
            design: terms.space.print_design(&wanted.design),
            views,
            operator: Operator::of(origin),
            parents: origin.parents().into_iter().filter_map(name).collect(),
            predicted: wanted.predicted,
            accuracy,
            front: standing == Standing::Front,
        })
    }

    /// Gives a design back unmeasured.
    pub(super) fn withdraw(&mut self, wanted: &Wanted) -> Result<()> {
        Ok(self.search.withdraw(wanted.proposal.id)?)
    }

    /// Judges everything evaluated anew, after knobs have moved; nothing is measured again but what was measured with another
    /// number of sensors.
    pub(super) fn reassess(&mut self, terms: &Terms, known: &Known) -> Result<()> {
        for wanted in std::mem::take(&mut self.waiting) {
            self.search.withdraw(wanted.proposal.id)?;
        }
        self.search.reassess(&mut |genes| {
            let design = space_genes::decode(&terms.space, genes);
            let accuracy = known.get(&design).copied();
            match terms.outcome(&design, accuracy) {
                Ok(outcome) if outcome.is_feasible() && accuracy.is_none() && terms.needs_accuracy() => None,
                Ok(outcome) => Some(outcome),
                Err(_) => Some(Outcome::new(&[], f64::INFINITY)),
            }
        });
        self.adopt(terms, known)
    }
}
