//! Samples for training: objects seen by V cameras, as bytes `[object, view, channel, height, width]`.
//!
//! Names no tensor type; the trainer turns bytes into tensors. Uses `files` and `diagnostic` only. A set is
//! opened from a [`DataSpec`]; it is split **by object** into training, validation and test, the same on every machine
//! for the same seed.
//!
//! Invariants: the samples of an object do not depend on other objects, nor on threads; its first views do not depend
//! on the number of views asked for, and every prefix of the views is spread round the object (`camera`).
//!
//! ```
//! use splitscope::data::{Access, DataSpec, Dataset};
//!
//! // Forty procedural objects of four classes, each seen by three cameras at 16 x 16 pixels in grey.
//! let spec: DataSpec = "arrangement-10:level=easy,objects=40".parse()?;
//! let set = Dataset::open_with(&spec, 3, 16, 1, Access::default())?;
//! assert_eq!((set.objects(), set.classes.len()), (40, 4));
//! assert_eq!(set.object(0)?.len(), 3 * 16 * 16);
//! // Each object is in exactly one part.
//! assert_eq!(set.split.train.len() + set.split.validation.len() + set.split.test.len(), 40);
//! # Ok::<(), splitscope::data::DataError>(())
//! ```

mod access;
pub(crate) mod augment;
pub(crate) mod cache;
pub(crate) mod camera;
pub(crate) mod contact_sheet;
mod dataset;
pub(crate) mod error;
pub(crate) mod fetch;
mod fingerprint;
pub(crate) mod formats;
mod listing;
pub(crate) mod mesh;
pub(crate) mod npz;
mod nuisance;
mod open;
mod plan;
pub(crate) mod pose;
pub(crate) mod random;
pub(crate) mod render;
pub(crate) mod samples;
pub(crate) mod sets;
mod shape;
mod sink;
pub(crate) mod spec;
pub(crate) mod split;
pub(crate) mod windows;

pub use access::{Access, Progress};
pub use augment::Strength;
pub use cache::Cache;
pub use dataset::{Dataset, PixelStatistics, Summary};
pub use error::{DataError, Skipped};
pub(crate) use fingerprint::Fingerprint;
pub use nuisance::Nuisance;
pub use pose::{Pose, Rig};
pub use samples::{SampleMaker, Samples};
pub use spec::{DataSource, DataSpec};
pub use split::{SplitShares, Splits};

/// Pixels along an edge when nothing else is asked for.
pub(crate) const DEFAULT_SIZE: usize = 32;

#[cfg(test)]
mod file_tests;
#[cfg(test)]
mod tests;
