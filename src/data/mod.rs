//! Samples for training: objects seen by V cameras, as bytes `[object, view, channel, height, width]`.
//!
//! Names no tensor type; the trainer turns bytes into tensors. Uses no other floor. A set is opened from a [`DataSpec`];
//! it is split **by object** into training, validation and test, the same on every machine for the same seed.
//!
//! Invariants: the samples of an object do not depend on other objects, nor on threads; its first views do not depend on
//! the number of views asked for, and every prefix of the views is spread round the object ([`camera`]).

pub mod augment;
pub mod cache;
pub mod camera;
pub mod error;
pub mod fetch;
mod fingerprint;
pub mod formats;
mod listing;
pub mod mesh;
mod plan;
pub mod pose;
pub mod random;
pub mod render;
pub mod samples;
pub mod sets;
mod shape;
pub mod sheet;
pub mod spec;
pub mod split;
pub mod windows;

pub use cache::Cache;
pub use camera::MAX_VIEWS;
pub use error::DataError;
pub use pose::{Pose, Rig};
pub use samples::Samples;
pub use sets::arrangement;
pub use spec::{DataSpec, Source};
pub use split::{Shares, Splits};

use std::borrow::Cow;
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use samples::Sink;
use shape::Shape;

/// Pixels along an edge when nothing else is asked for.
pub const DEFAULT_SIZE: usize = 32;

/// Told `(done, total)` objects while a set is made; may be called from several threads. Answers whether to go on.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) -> ControlFlow<()> + Sync);

/// A [`Progress`] that nobody watches.
pub fn unwatched(_done: usize, _total: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// How a set is opened.
#[derive(Clone, Copy)]
pub struct Access<'a> {
    /// Where finished sets are kept, if anywhere.
    pub cache: Option<&'a Cache>,
    /// A set with another number of classes is refused before anything is rendered.
    pub classes: Option<usize>,
    /// Told how far it is; a set that comes from the cache is there at once, without being told.
    pub progress: Progress<'a>,
}

impl Access<'_> {
    /// Refuses a set whose classes are not as many as wanted.
    fn check_classes(&self, classes: &[String], spec: &DataSpec) -> Result<(), DataError> {
        match self.classes {
            Some(wanted) if wanted != classes.len() => Err(DataError::WrongClasses {
                set: spec.to_string(),
                classes: classes.to_vec(),
                wanted,
                choosable: spec.source.options().contains(&"classes"),
            }),
            _ => Ok(()),
        }
    }
}

impl Default for Access<'_> {
    /// Without a cache, with any number of classes, unwatched.
    fn default() -> Self {
        Self { cache: None, classes: None, progress: &unwatched }
    }
}

/// A labelled set of multi-view samples: in memory, or, when it is big, in a file of the cache.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dataset {
    /// The specification it was opened from, in canonical form.
    pub name: String,
    /// Class names; a label is an index into these.
    pub classes: Vec<String>,
    /// Views per object.
    pub views: usize,
    /// Channels per view: 1 (grey) or 3 (red, green, blue).
    pub channels: usize,
    /// Rows per view.
    pub height: usize,
    /// Columns per view.
    pub width: usize,
    /// All samples, `[object, view, channel, height, width]`, contiguous.
    #[serde(skip)]
    pub samples: Samples,
    /// Class of each object.
    pub labels: Vec<u16>,
    /// Which objects to train, validate and test on.
    pub split: Splits,
    /// How the views of an object stand to each other.
    pub rig: Rig,
    /// Whether an object's class is the same in a mirror.
    pub mirror: bool,
    /// Files left out, and why.
    pub skipped: Vec<Skipped>,
    /// Under which terms the content may be used.
    pub licence: String,
}

/// A file that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Which file (within which archive).
    pub file: String,
    /// Why.
    pub reason: String,
}

/// A set in figures: what `splitscope data SPEC --json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Class names in label order.
    pub classes: Vec<String>,
    /// Number of training objects.
    pub train: usize,
    /// Number of validation objects.
    pub validation: usize,
    /// Number of test objects.
    pub test: usize,
    /// Views per object.
    pub views: usize,
    /// Channels per view.
    pub channels: usize,
    /// Rows per view.
    pub height: usize,
    /// Columns per view.
    pub width: usize,
    /// Number of files left out.
    pub skipped: usize,
}

/// Mean and standard deviation of the samples of one channel, on the scale 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Statistics {
    /// Mean.
    pub mean: f32,
    /// Standard deviation; never below 1/255.
    pub deviation: f32,
}

impl Dataset {
    /// Opens a set with `views` views of `size` x `size` pixels and `channels` channels (1 or 3), using the user's cache for
    /// sets that are read from files.
    ///
    /// # Errors
    /// When views, size or channels are out of range, or the content cannot be had: see [`DataError`].
    pub fn open(spec: &DataSpec, views: usize, size: usize, channels: usize) -> Result<Self, DataError> {
        let cache = Cache::of_user();
        Self::open_with(spec, views, size, channels, Access { cache: cache.as_ref(), ..Access::default() })
    }

    /// [`Dataset::open`] with a cache of one's own or none, a number of classes that the set must have, and someone who is
    /// told how far it is and may end it.
    ///
    /// # Errors
    /// As [`Dataset::open`]; [`DataError::WrongClasses`]; [`DataError::Ended`].
    pub fn open_with(
        spec: &DataSpec,
        views: usize,
        size: usize,
        channels: usize,
        access: Access,
    ) -> Result<Self, DataError> {
        let shape = Shape::checked(views, size, channels)?;
        match spec.source {
            Source::Arrangement => sets::arrangement::open(spec, shape, access),
            Source::FashionMnist | Source::Idx => sets::stills::open_idx(spec, shape, access),
            Source::Cifar => sets::stills::open_cifar(spec, shape, access),
            Source::Images => sets::images::open(spec, shape, access),
            Source::Multiview => sets::multiview::open(spec, shape, access),
            Source::Meshes => sets::meshes::open(spec, shape, access),
            Source::Furniture => sets::furniture::open(spec, shape, access),
            Source::Kicad => sets::kicad::open(spec, shape, access),
        }
    }

    /// The set in figures.
    pub fn summary(&self) -> Summary {
        Summary {
            classes: self.classes.clone(),
            train: self.split.train.len(),
            validation: self.split.validation.len(),
            test: self.split.test.len(),
            views: self.views,
            channels: self.channels,
            height: self.height,
            width: self.width,
            skipped: self.skipped.len(),
        }
    }

    /// Numbers of training, validation and test objects of each class, in label order.
    pub fn class_counts(&self) -> Vec<[usize; 3]> {
        let mut counts = vec![[0; 3]; self.classes.len()];
        for (part, objects) in [&self.split.train, &self.split.validation, &self.split.test].into_iter().enumerate() {
            for &object in objects {
                counts[usize::from(self.labels[object as usize])][part] += 1;
            }
        }
        counts
    }

    /// Number of objects.
    pub fn objects(&self) -> usize {
        self.labels.len()
    }

    /// Bytes of one view.
    pub fn view_bytes(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// One view of one object: `[channel, height, width]`.
    ///
    /// # Errors
    /// When the samples are in a file that cannot be read.
    ///
    /// # Panics
    /// When there is no such object or view.
    pub fn view(&self, object: usize, view: usize) -> Result<Cow<'_, [u8]>, DataError> {
        assert!(view < self.views, "view {view} of {}", self.views);
        let bytes = self.view_bytes();
        self.samples.read((object * self.views + view) * bytes, bytes)
    }

    /// All views of one object: `[view, channel, height, width]`. The first `v` views are its first `v * view_bytes()` bytes.
    ///
    /// # Errors
    /// When the samples are in a file that cannot be read.
    ///
    /// # Panics
    /// When there is no such object.
    pub fn object(&self, object: usize) -> Result<Cow<'_, [u8]>, DataError> {
        let bytes = self.views * self.view_bytes();
        self.samples.read(object * bytes, bytes)
    }

    /// The ways in which the same sensors could have seen an object, the plain one first.
    pub fn poses(&self) -> Vec<Pose> {
        self.rig.poses(self.views, self.mirror)
    }

    /// The set with its samples, now that they are all there.
    fn with_samples(mut self, sink: Sink) -> Result<Self, DataError> {
        self.samples = match sink {
            Sink::Memory(bytes) => Samples::Memory(bytes),
            Sink::File(draft) => draft.finish(&self)?,
        };
        Ok(self)
    }

    /// Mean and deviation of each channel over the training objects, to normalise inputs with.
    ///
    /// # Errors
    /// When the samples are in a file that cannot be read.
    pub fn statistics(&self) -> Result<Vec<Statistics>, DataError> {
        let plane = self.height * self.width;
        let mut counts = vec![[0u64; 256]; self.channels];
        for &object in &self.split.train {
            for (at, samples) in self.object(object as usize)?.chunks_exact(plane).enumerate() {
                let counts = &mut counts[at % self.channels];
                for &sample in samples {
                    counts[usize::from(sample)] += 1;
                }
            }
        }
        Ok(counts.iter().map(Statistics::of_counts).collect())
    }
}

impl Statistics {
    /// Of a histogram of bytes.
    fn of_counts(counts: &[u64; 256]) -> Self {
        let total = counts.iter().sum::<u64>().max(1) as f64;
        let moment = |power: i32| {
            let weighted = counts.iter().enumerate().map(|(value, &n)| (value as f64 / 255.0).powi(power) * n as f64);
            weighted.sum::<f64>() / total
        };
        let mean = moment(1);
        let variance = (moment(2) - mean * mean).max(0.0);
        Self { mean: mean as f32, deviation: (variance.sqrt() as f32).max(1.0 / 255.0) }
    }
}

#[cfg(test)]
mod file_tests;
#[cfg(test)]
mod tests;
