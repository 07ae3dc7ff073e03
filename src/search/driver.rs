//! The joint search: proposes designs, costs them, preselects children, and takes measured accuracies in.
//!
//! Costs are exact and cheap, so a design that violates a limit is told back to NSGA-II without a measurement, and a
//! design that was measured before is told with its known accuracy. Of the remaining children the preselection picks
//! one. The caller measures the candidates, in this process ([`SearchDriver::run`]) or elsewhere
//! ([`SearchDriver::next_candidate`], [`SearchDriver::report`]), in any order. The limits may change at any time
//! ([`SearchDriver::set_knobs`]).
//!
//! ```
//! use splitscope::hardware::Profile;
//! use splitscope::search::{Objective, SearchDriver, SearchOptions, SearchProblem};
//! use splitscope::space::{Design, SearchSpace};
//!
//! let space = SearchSpace::shipped("tabletop").unwrap();
//! let profile = Profile::shipped("glasses").unwrap();
//! let problem = SearchProblem::new(space.clone(), profile, vec![Objective::Accuracy, Objective::Latency])?;
//!
//! // A made-up accuracy: more arithmetic, fewer errors.
//! let mut accuracy = |design: &Design, _views: u32| {
//!     let macs = space.lower(&design.genome).unwrap().macs() as f64;
//!     1.0 - 0.9 * (-macs / 1e6).exp()
//! };
//! let mut driver = SearchDriver::new(problem, SearchOptions { budget: 30, ..SearchOptions::default() }, None)?;
//! driver.run(&mut accuracy)?;
//! assert!(driver.measured() <= 30 && driver.search().archive().front().len() > 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::{BTreeMap, HashMap, VecDeque};

use thiserror::Error;

use super::accuracy::{AccuracyError, AccuracySource, DesignScore, MeasuredDesign};
use super::accuracy_model::{PredictedAccuracy, PredictorKind, Quality};
use super::archive::{Evaluated, FrontStatus};
use super::config::{ConfigError, SearchConfig};
use super::generation::{Generation, Operator, StopRule};
use super::genes;
use super::nsga2::{Proposal, Search, SearchError};
use super::options::{SearchOptions, SearchScope};
use super::outcome::Outcome;
use super::predictor::PredictorError;
use super::preselection::{CHILDREN, Preselection};
use super::problem::{ProblemError, SearchProblem};
use crate::space::Design;

/// Infeasible or known proposals in a row before a search gives up.
const MAX_REJECTED: usize = 5_000;
/// Generations that the budget should pay for.
const GENERATIONS: usize = 5;
/// Bounds of the population.
const POPULATION: (usize, usize) = (12, 50);

/// Error of a search driver.
#[derive(Debug, Error)]
pub enum DriverError {
    /// A design can't be costed, or a knob can't be set.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// NSGA-II can't be configured for the space.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A result does not belong to an open proposal.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// The predictor can't be fitted.
    #[error(transparent)]
    Predictor(#[from] PredictorError),
    /// An accuracy can't be measured.
    #[error(transparent)]
    Accuracy(AccuracyError),
}

/// A design to measure.
#[derive(Debug, Clone)]
pub struct SearchCandidate {
    proposal: Proposal,
    /// The design, canonical and feasible under the limits on cost.
    pub design: Design,
    /// Predicted accuracy.
    pub predicted: Option<PredictedAccuracy>,
}

/// Answer to the question for the next candidate.
#[derive(Debug, Clone)]
pub enum NextCandidate {
    /// Measure this one.
    Measure(SearchCandidate),
    /// The search is over for this reason.
    Over(String),
}

/// Origin of a measured candidate and its status.
#[derive(Debug, Clone, PartialEq)]
pub struct CandidateReport {
    /// Operator that made it.
    pub operator: Operator,
    /// Parents, none to two.
    pub parents: Vec<Design>,
    /// `true` if it joined the front.
    pub on_front: bool,
}

/// A search under way.
pub struct SearchDriver {
    problem: SearchProblem,
    options: SearchOptions,
    search: Search,
    preselection: Preselection,
    accuracies: HashMap<(Design, u32), f64>,
    /// Feasible seeds and random designs, which are not preselected.
    waiting: VecDeque<SearchCandidate>,
    /// Candidates handed out and neither reported nor withdrawn.
    open: usize,
    measured: usize,
}

impl SearchDriver {
    /// Search that starts from the seeds of the problem. `score` preselects until there are enough measurements.
    ///
    /// # Errors
    /// The seeds can't be costed, or the space has no genes.
    pub fn new(
        problem: SearchProblem,
        options: SearchOptions,
        score: Option<DesignScore>,
    ) -> Result<Self, DriverError> {
        let mut config = SearchConfig::new(genes::of_space(&problem.space), problem.objectives.len(), options.seed);
        config.population = (options.budget / GENERATIONS).clamp(POPULATION.0, POPULATION.1);
        config.initial = config.population;
        // A search on costs alone measures nothing: its budget is one of designs looked at.
        let evaluations = if problem.needs_accuracy() { None } else { Some(options.budget) };
        config.stop = StopRule { evaluations, ..options.stop };
        let mut seeds = problem.seeds()?;
        if let SearchScope::Split(split) = options.scope {
            seeds.retain(|genes| genes::decode(&problem.space, genes).split == split);
        }
        let search = Search::new(config)?.with_seeds(seeds)?;
        let preselection = Preselection::new(&problem, score);
        Ok(Self {
            problem,
            options,
            search,
            preselection,
            accuracies: HashMap::new(),
            waiting: VecDeque::new(),
            open: 0,
            measured: 0,
        })
    }

    /// The problem.
    pub fn problem(&self) -> &SearchProblem {
        &self.problem
    }

    /// NSGA-II with its archive and generations.
    pub fn search(&self) -> &Search {
        &self.search
    }

    /// Candidates measured so far.
    pub fn measured(&self) -> usize {
        self.measured
    }

    /// Quality of the score and of the predictor, each once it can be estimated.
    pub fn predictor_qualities(&self) -> Vec<(PredictorKind, Quality)> {
        self.preselection.qualities()
    }

    /// Hypervolume of a generation as a share of the box between the origin and the worst feasible objectives:
    /// objectives have unlike units.
    pub fn hypervolume_share(&self, generation: &Generation) -> f64 {
        let corner = self.search.reference().unwrap_or_default();
        let whole: f64 = corner[..self.problem.objectives.len()].iter().product();
        if whole > 0.0 { generation.hypervolume / whole } else { 0.0 }
    }

    /// Designs on the front by rising first objective.
    pub fn front(&self) -> impl Iterator<Item = (Design, &Evaluated)> {
        self.search.archive().front().map(|entry| (genes::decode(&self.problem.space, &entry.genes), entry))
    }

    /// Measures candidates of `source` one by one until the search is over. Returns the reason for the end.
    ///
    /// # Errors
    /// An accuracy can't be measured, or a design can't be costed.
    pub fn run(&mut self, source: &mut dyn AccuracySource) -> Result<String, DriverError> {
        loop {
            match self.next_candidate()? {
                NextCandidate::Over(reason) => return Ok(reason),
                NextCandidate::Measure(candidate) => {
                    let views = self.problem.knobs.sensors;
                    let accuracy = source.accuracy(&candidate.design, views).map_err(DriverError::Accuracy)?;
                    self.report(&candidate, accuracy)?;
                }
            }
        }
    }

    /// Takes measurements of earlier searches in. All train the predictor; those with the current number of sensors
    /// enter the archive. Designs that are known already are skipped.
    ///
    /// # Errors
    /// A design can't be costed.
    pub fn warm_start(&mut self, measured: &[MeasuredDesign]) -> Result<(), DriverError> {
        for MeasuredDesign { design, views, accuracy } in measured {
            if self.accuracies.insert((design.clone(), *views), *accuracy).is_none() {
                self.preselection.add(&self.problem, design, *views, *accuracy);
            }
        }
        self.preselection.fit()?;
        self.archive_known()
    }

    /// Tells NSGA-II the known accuracies at the current number of sensors.
    fn archive_known(&mut self) -> Result<(), DriverError> {
        let sensors = self.problem.knobs.sensors;
        let problem = &self.problem;
        let is_known = |design: &Design| !problem.needs_leak() || problem.leak(design).is_some();
        let known = self.accuracies.iter().filter(|((design, views), _)| *views == sensors && is_known(design));
        let mut known: Vec<(&Design, f64)> = known.map(|((design, _), &accuracy)| (design, accuracy)).collect();
        // A hash table has no order of its own, and a search replays from its seed.
        known.sort_by(|a, b| a.0.cmp(b.0));
        for (design, accuracy) in known {
            let outcome = self.problem.outcome(design, Some(accuracy))?;
            self.search.warm_start(&genes::encode(&self.problem.space, design), outcome)?;
        }
        Ok(())
    }

    /// Takes in the measured leak of a design, before its accuracy is reported.
    pub fn add_leak(&mut self, design: &Design, views: u32, leak: f64) {
        self.problem.add_leak(design.clone(), views, leak);
    }

    /// Accuracy of a design that is known as far as the problem needs it: with its leak, if that counts.
    fn known_accuracy(&self, design: &Design) -> Option<f64> {
        if self.problem.needs_leak() && self.problem.leak(design).is_none() {
            return None;
        }
        self.accuracies.get(&(design.clone(), self.problem.knobs.sensors)).copied()
    }

    /// The next candidate, or the reason why there is none.
    ///
    /// # Errors
    /// A design can't be costed.
    pub fn next_candidate(&mut self) -> Result<NextCandidate, DriverError> {
        let budget = self.options.budget;
        if self.problem.needs_accuracy() && self.measured + self.open >= budget {
            return Ok(NextCandidate::Over(format!("{budget} designs are measured")));
        }
        let mut rejected = 0;
        while rejected <= MAX_REJECTED {
            if let Some(candidate) = self.waiting.pop_front() {
                self.open += 1;
                return Ok(NextCandidate::Measure(candidate));
            }
            if let Some(reason) = self.search.stop_reason() {
                return Ok(NextCandidate::Over(reason.to_string()));
            }
            let proposals = self.propose();
            if proposals.is_empty() {
                return Ok(NextCandidate::Over("every design has been looked at".into()));
            }
            rejected += proposals.len();
            let children = self.filter_known(proposals)?;
            if !self.waiting.is_empty() {
                // Seeds and random designs come first; their results may bring forth better children than these.
                self.withdraw_all(children)?;
            } else if !children.is_empty() {
                self.open += 1;
                return Ok(NextCandidate::Measure(self.preselect(children)?));
            }
        }
        Ok(NextCandidate::Over(format!("{MAX_REJECTED} designs in a row missed the limits or were known")))
    }

    fn propose(&mut self) -> Vec<Proposal> {
        let (space, scope) = (&self.problem.space, self.options.scope);
        let repair = |genes: &mut [u8]| {
            let mut design = genes::decode(space, genes);
            if let SearchScope::Split(split) = scope {
                design = space.canonical_design(Design { split, ..design });
            }
            genes.copy_from_slice(&genes::encode(space, &design));
        };
        self.search.ask_repaired(CHILDREN, &repair)
    }

    /// Tells the outcomes of proposals that need no measurement, and queues those that are not preselected. Returns the
    /// rest: children to choose from.
    fn filter_known(&mut self, proposals: Vec<Proposal>) -> Result<Vec<SearchCandidate>, DriverError> {
        let mut children = Vec::new();
        for proposal in proposals {
            let design = genes::decode(&self.problem.space, &proposal.genes);
            let accuracy = self.known_accuracy(&design);
            let outcome = self.problem.outcome(&design, accuracy)?;
            if !outcome.is_feasible() || accuracy.is_some() || !self.problem.needs_accuracy() {
                self.search.tell(proposal.id, outcome)?;
                continue;
            }
            let is_child = !proposal.origin.parents().is_empty();
            let candidate = SearchCandidate { proposal, design, predicted: None };
            if is_child {
                children.push(candidate);
            } else {
                self.waiting.push_back(candidate);
            }
        }
        Ok(children)
    }

    /// Chooses one of some children and withdraws the others.
    fn preselect(&mut self, mut children: Vec<SearchCandidate>) -> Result<SearchCandidate, DriverError> {
        let designs: Vec<Design> = children.iter().map(|child| child.design.clone()).collect();
        let front = self.search.archive().front_points();
        let chosen = self.preselection.choose(&self.problem, front, &designs)?;
        let mut candidate = children.swap_remove(chosen);
        self.withdraw_all(children)?;
        let SearchProblem { space, knobs, .. } = &self.problem;
        candidate.predicted = self.preselection.predict(space, &candidate.design, knobs.sensors);
        Ok(candidate)
    }

    fn withdraw_all(&mut self, candidates: impl IntoIterator<Item = SearchCandidate>) -> Result<(), DriverError> {
        for candidate in candidates {
            self.search.withdraw(candidate.proposal.id)?;
        }
        Ok(())
    }

    /// Takes the measured accuracy of a candidate in.
    ///
    /// # Errors
    /// The candidate was reported or withdrawn before.
    pub fn report(&mut self, candidate: &SearchCandidate, accuracy: f64) -> Result<CandidateReport, DriverError> {
        let views = self.problem.knobs.sensors;
        let outcome = self.problem.outcome(&candidate.design, Some(accuracy))?;
        let status = self.search.tell(candidate.proposal.id, outcome)?;
        self.open = self.open.saturating_sub(1);
        self.measured += 1;
        self.accuracies.insert((candidate.design.clone(), views), accuracy);
        self.preselection.add(&self.problem, &candidate.design, views, accuracy);
        self.preselection.fit()?;
        let origin = &candidate.proposal.origin;
        let parents = origin.parents().into_iter().filter_map(|id| self.search.archive().get(id));
        Ok(CandidateReport {
            operator: Operator::of(origin),
            parents: parents.map(|parent| genes::decode(&self.problem.space, &parent.genes)).collect(),
            on_front: status == FrontStatus::Front,
        })
    }

    /// Takes a candidate back unmeasured; it may be proposed again.
    ///
    /// # Errors
    /// The candidate was reported or withdrawn before.
    pub fn withdraw(&mut self, candidate: SearchCandidate) -> Result<(), DriverError> {
        self.open = self.open.saturating_sub(1);
        self.withdraw_all([candidate])
    }

    /// Sets knobs by name and assesses everything again. Measurements are kept; only designs on the front that were
    /// measured with another number of sensors are proposed again. Withdraw all open candidates first.
    ///
    /// # Errors
    /// An unknown knob or a value it can't have; nothing changes then.
    pub fn set_knobs(&mut self, values: &BTreeMap<String, f64>) -> Result<(), DriverError> {
        self.problem.set_knobs(values)?;
        let waiting = std::mem::take(&mut self.waiting);
        self.withdraw_all(waiting)?;
        let (problem, accuracies) = (&self.problem, &self.accuracies);
        self.search.reassess(&mut |genes| {
            let design = genes::decode(&problem.space, genes);
            let is_known = !problem.needs_leak() || problem.leak(&design).is_some();
            let known = || accuracies.get(&(design.clone(), problem.knobs.sensors)).copied();
            let accuracy = if is_known { known() } else { None };
            match problem.outcome(&design, accuracy) {
                Ok(outcome) if outcome.is_feasible() && accuracy.is_none() && problem.needs_accuracy() => None,
                Ok(outcome) => Some(outcome),
                Err(_) => Some(Outcome::new(&[], f64::INFINITY)),
            }
        });
        self.archive_known()
    }
}
