//! The searcher.
mod archive;
mod config;
mod generation;
mod history;
mod hypervolume;
mod nsga2;
mod operators;
mod outcome;
mod population;
mod selection;
pub mod splitmb5;
pub use archive::{Archive, Evaluated, Origin, Standing, front_of};
pub use config::{Config, ConfigError, Gene, GeneKind};
pub use generation::{Generation, Operator, StopReason, StopRule, Tallies, Tally};
pub use hypervolume::hypervolume;
pub use nsga2::{Proposal, Search, SearchError};
pub use operators::Genome;
pub use outcome::{MAX_OBJECTIVES, Objectives, Outcome};
