//! Search for designs: the search problem and its driver, baselines, NSGA-II by asking and telling with an archive that
//! answers any limits, hypervolume, a stop rule, a predictor, and a survey of whole spaces.
//!
//! Everything here is arithmetic: nothing is measured, read, written, timed or run in parallel. Accuracies are asked
//! for through [`AccuracySource`].
//!
//! | file | contents |
//! |---|---|
//! | `problem`, `objective` | [`SearchProblem`]: objectives and constraints of the designs of a space |
//! | `driver`, `options`, `preselection` | [`SearchDriver`]: the joint search; choice of the child to measure |
//! | `live` | [`LiveSearch`]: what to measure next under limits that the user moves |
//! | `scored` | search by a score where no accuracy can be had |
//! | `accuracy` | interface to whatever knows accuracies |
//! | `baselines` | simpler methods with the same budget |
//! | `genes` | encoding of designs as genes |
//! | `config` | genes and settings of NSGA-II, with their defaults and checks |
//! | `outcome` | objectives, violation of the limits, constraint domination |
//! | `nsga2` | [`Search`]: ask, tell, warm start, withdraw, reassess |
//! | `operators`, `population`, `selection` | variation, parents, survival |
//! | `front` | Pareto front of points |
//! | `archive` | everything evaluated, with its front |
//! | `history`, `generation` | records of generations, tallies of operators, the stop rule |
//! | `hypervolume`, `correlation` | exact hypervolume for 2 to 4 objectives; Kendall's tau |
//! | `accuracy_model`, `design_features` | [`AccuracyModel`]: predicted accuracies with their intervals |
//! | `predictor` | ridge regression on genes and numbers |
//! | `acquisition` | choice among predicted outcomes |
//! | `survey` | [`Survey`]: number of feasible designs of a whole space, optimum of every split |
//!
//! Invariants: objectives are minimised; a search replays from its seed, its asks and its tells; no genome is proposed
//! twice; nothing told is forgotten, so that limits may change while a search runs ([`Search::reassess`]).
//!
//! # Example
//! Twelve genes of five choices; one objective falls and the other rises with the choices, in unlike measure.
//! ```
//! use splitscope::search::{SearchConfig, SearchGene, Outcome, Search};
//!
//! let evaluate = |genes: &[u8]| {
//!     let sum = |weight: fn(usize) -> f64| -> f64 {
//!         genes.iter().zip(0..).map(|(gene, i)| weight(i) * f64::from(*gene)).sum()
//!     };
//!     let (cost, quality) = (sum(|i| 1.0 + i as f64), sum(|i| 12.0 - i as f64));
//!     // A limit on the cost: what exceeds it is infeasible by so much.
//!     Outcome::new(&[cost, -quality], (cost / 200.0 - 1.0).max(0.0))
//! };
//!
//! let mut search = Search::new(SearchConfig::new(vec![SearchGene::ordered(5); 12], 2, 42))?;
//! while search.stop_reason().is_none() {
//!     for proposal in search.ask(10) {
//!         search.tell(proposal.id, evaluate(&proposal.genes))?;
//!     }
//! }
//!
//! // The front has improved from generation to generation, and a lot since the random start.
//! let records = search.generations();
//! assert!(records.windows(2).all(|pair| pair[0].hypervolume <= pair[1].hypervolume));
//! assert!(records[records.len() - 1].hypervolume > 1.5 * records[0].hypervolume);
//! println!("stopped after {} evaluations: {}", search.archive().len(), search.stop_reason().expect("it has stopped"));
//!
//! // A tighter limit: the answer is there at once, without another evaluation.
//! let evaluated = search.archive().len();
//! search.reassess(&mut |genes| {
//!     let cost = evaluate(genes).objectives[0];
//!     Some(Outcome::new(&evaluate(genes).objectives, (cost / 100.0 - 1.0).max(0.0)))
//! });
//! assert_eq!(search.archive().len(), evaluated);
//! assert!(search.archive().front().all(|design| design.outcome.objectives[0] <= 100.0));
//! # Ok::<(), splitscope::search::SearchError>(())
//! ```

mod accuracy;
mod accuracy_by_views;
mod accuracy_model;
mod acquisition;
mod archive;
pub mod baselines;
mod config;
mod correlation;
mod design_features;
mod driver;
mod front;
mod generation;
mod genes;
mod history;
mod hypervolume;
mod live;
mod nsga2;
mod objective;
mod operators;
mod options;
mod outcome;
mod population;
mod predictor;
mod preselection;
mod problem;
mod scored;
mod selection;
mod survey;

pub use accuracy::{AccuracyError, AccuracySource, DesignScore, MeasuredDesign};
pub use accuracy_by_views::AccuracyByViews;
pub use accuracy_model::{AccuracyModel, AccuracySamples, PredictedAccuracy, PredictorKind, Quality};
pub use archive::{Archive, Evaluated, FrontStatus, Origin};
pub use config::{ConfigError, GeneScale, SearchConfig, SearchGene};
pub use correlation::kendall_tau;
pub use driver::{CandidateReport, DriverError, NextCandidate, SearchCandidate, SearchDriver};
pub(crate) use front::ParetoFront;
pub use generation::{Generation, Operator, StopReason, StopRule, Tallies, Tally};
pub use hypervolume::hypervolume;
pub use live::{Contender, LiveProgress, LiveSearch, Rivals};
pub use nsga2::{Proposal, Search, SearchError};
pub use objective::Objective;
pub use operators::Genome;
pub use options::{SearchOptions, SearchScope};
pub use outcome::{MAX_OBJECTIVES, Objectives, Outcome};
pub use predictor::PredictorError;
pub use problem::{ProblemError, SearchProblem};
pub use scored::{ScoredDesign, search_by_score};
pub use survey::{FeasibleCount, Goal, SplitOptimum, Survey};

#[cfg(test)]
mod tests;
