//! Search spaces: read from TOML, with their genomes and designs, and their lowering to a network.
//!
//! Pure. A space is a list of stages; a stage repeats one kind of block with elastic width, depth, kernel and
//! expansion. Boundaries are numbered over the deepest network of the space, so that a boundary keeps its number when
//! depths change: 0 is the raw input, then one after each block, the last one after the classifier. A genome has only
//! the boundaries of the blocks it keeps.
//!
//! Invariants of a [`SearchSpace`]: choices ascend strictly and are not empty, so index 0 of every gene is the smallest
//! and the last index the largest; the smallest and the largest network lower without error at every resolution; only
//! the classifier, the last stage, is a `linear` block without widths.
//!
//! ```
//! use rand::SeedableRng;
//! use splitscope::space::SearchSpace;
//!
//! let space = SearchSpace::shipped("tabletop").unwrap();
//! // A random design: a network with its split, fusion, compression ratio and bits on the link.
//! let design = space.sample_design(&mut rand_chacha::ChaCha8Rng::seed_from_u64(1));
//! assert_eq!(space.parse_design(&space.print_design(&design))?, design);
//! // Its network, layer by layer, and the tensor that crosses the link.
//! let network = space.lower(&design.genome)?;
//! let split = network.position(design.split).unwrap();
//! assert!(network.boundaries[split].shape.elements() > 0);
//! // Larger choices cost more.
//! assert!(space.lower(&space.largest())?.macs() > space.lower(&space.smallest())?.macs());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod design;
mod genetics;
mod genome;
mod genome_text;
mod imported;
mod layers;
mod literature;
mod lower;
mod networks;
mod read;
mod rules;
mod schema;
mod search_space;
mod shipped;
mod stage;

pub use design::{Design, PLAIN_BITS, ParseDesignError};
pub(crate) use genome::StageGenes;
pub use genome::{Architecture, BlockChoice, Gene, GeneKind, Genome, StageChoice};
pub use genome_text::ParseGenomeError;
pub use imported::ImportedNetwork;
pub use literature::{Literature, LiteratureAccuracy, LiteraturePoint};
pub use lower::make_divisible;
pub use networks::{ImportRules, ImportedSpaceError};
pub use rules::{FusionRules, Slot, SplitRules};
pub use schema::schema;
pub use search_space::SearchSpace;
pub use shipped::DEFAULT;
pub(crate) use shipped::SHIPPED;
#[cfg(test)]
pub(crate) use shipped::shipped_text;
pub use stage::{BlockKind, ChoiceScope, Shortcut, Stage};

pub use crate::network::{Activation, FusionOperator, LinkRange};
