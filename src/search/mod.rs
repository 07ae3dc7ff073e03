//! Search by asking and telling: NSGA-II over integer genes, an archive that answers any limits, hypervolume, a stop rule and
//! a small predictor; and a survey of whole spaces. Everything here is arithmetic: nothing is measured, read, written, timed or run in parallel; the caller
//! evaluates the proposals, wherever and in whatever order it likes.
//!
//! | file | what it holds |
//! |---|---|
//! | `config` | genes and settings, with their defaults and checks |
//! | `outcome` | objectives, violation of the limits, constraint domination |
//! | `nsga2` | [`Search`]: ask, tell, adopt, withdraw, reassess |
//! | `operators`, `population`, `selection` | how children come about, who the parents are, who survives |
//! | `archive` | everything evaluated, the front, the lineage |
//! | `history`, `generation` | records of generations, operators' successes, the stop rule |
//! | `hashing` | the hash of genomes |
//! | `hypervolume`, `correlation` | exact hypervolume for 2 to 4 objectives; Kendall's tau |
//! | `predictor` | ridge regression on genes with its held-out error |
//! | `promise` | which of some predicted outcomes is worth an evaluation |
//! | `survey` | [`Survey`]: how many designs of a whole space meet the limits, and the least of every split |
//! | `splitmb5` | a benchmark problem whose true front is known |
//!
//! Invariants: objectives are minimised; a search replays from its seed, its asks and its tells; no genome is proposed twice;
//! nothing told is forgotten, so that limits may change while a search runs ([`Search::reassess`]).
//!
//! # Example
//! Twelve genes of five choices; one objective falls and the other rises with the choices, in unlike measure.
//! ```
//! use splitscope::search::{Config, Gene, Outcome, Search};
//!
//! let evaluate = |genes: &[u8]| {
//!     let sum = |weight: fn(usize) -> f64| genes.iter().zip(0..).map(|(gene, i)| weight(i) * f64::from(*gene)).sum::<f64>();
//!     let (cost, quality) = (sum(|i| 1.0 + i as f64), sum(|i| 12.0 - i as f64));
//!     // A limit on the cost: what exceeds it is infeasible by so much.
//!     Outcome::new(&[cost, -quality], (cost / 200.0 - 1.0).max(0.0))
//! };
//!
//! let mut search = Search::new(Config::new(vec![Gene::ordered(5); 12], 2, 42))?;
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

mod archive;
mod config;
mod correlation;
mod generation;
mod hashing;
mod history;
mod hypervolume;
mod nsga2;
mod operators;
mod outcome;
mod population;
mod predictor;
mod promise;
mod selection;
pub mod splitmb5;
mod survey;

pub use archive::{Archive, Evaluated, Origin, Standing, front_of};
pub use config::{Config, ConfigError, Gene, GeneKind};
pub use correlation::kendall_tau;
pub use generation::{Generation, Operator, StopReason, StopRule, Tallies, Tally};
pub use hypervolume::hypervolume;
pub use nsga2::{Proposal, Search, SearchError};
pub use operators::Genome;
pub use outcome::{MAX_OBJECTIVES, Objectives, Outcome};
pub use predictor::{LEAST_SAMPLES, Predictor, PredictorError, Quality, Sample};
pub use promise::most_promising;
pub use survey::{FeasibleCount, Goal, SplitOptimum, Survey};
