//! Samples for training: objects seen by V cameras, as bytes `[object, view, channel, height, width]`.
//!
//! Names no tensor type; the trainer turns bytes into tensors. Uses no other floor. A set is opened from a [`DataSpec`];
//! it is split **by object** into training, validation and test, the same on every machine for the same seed.
//!
//! Invariants: the samples of an object do not depend on other objects, nor on threads; its first views do not depend on
//! the number of views asked for, and every prefix of the views is spread round the object ([`camera`]).

pub mod arrangement;
pub mod augment;
pub mod camera;
pub mod error;
pub mod mesh;
pub mod random;
pub mod render;
pub mod spec;
pub mod split;

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

pub use camera::MAX_VIEWS;
pub use error::DataError;
pub use spec::{DataSpec, Source};
pub use split::{Shares, Splits};

use arrangement::Arrangement;
use render::Canvas;

/// Pixels along an edge when nothing else is asked for.
pub const DEFAULT_SIZE: usize = 32;

/// Objects of a procedural set of ten classes when nothing else is asked for: 200 a class.
const DEFAULT_OBJECTS: usize = 2000;

/// Smallest and largest image edges.
const SIZES: std::ops::RangeInclusive<usize> = 8..=512;

/// Most bytes of samples a set may have (4 GiB).
const LARGEST_SET: u128 = 4 << 30;

/// Told `(done, total)` objects while a set is made; may be called from several threads.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// A labelled set of multi-view samples, wholly in memory.
#[derive(Debug, Clone, PartialEq)]
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
    pub samples: Vec<u8>,
    /// Class of each object.
    pub labels: Vec<u16>,
    /// Which objects to train, validate and test on.
    pub split: Splits,
    /// Files left out, and why.
    pub skipped: Vec<Skipped>,
    /// Under which terms the content may be used.
    pub licence: String,
}

/// A file that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Which file (within which archive).
    pub file: String,
    /// Why.
    pub reason: String,
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
    /// Opens a set with `views` views of `size` x `size` pixels and `channels` channels (1 or 3).
    ///
    /// # Errors
    /// When views, size or channels are out of range, or the content cannot be had: see [`DataError`].
    pub fn open(spec: &DataSpec, views: usize, size: usize, channels: usize) -> Result<Self, DataError> {
        Self::open_with_progress(spec, views, size, channels, &|_, _| ())
    }

    /// [`Dataset::open`], telling how far it is.
    ///
    /// # Errors
    /// As [`Dataset::open`].
    pub fn open_with_progress(
        spec: &DataSpec,
        views: usize,
        size: usize,
        channels: usize,
        progress: Progress,
    ) -> Result<Self, DataError> {
        let shape = Shape::checked(views, size, channels)?;
        match spec.source {
            Source::Arrangement => open_arrangement(spec, shape, progress),
        }
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
    /// # Panics
    /// When there is no such object or view.
    pub fn view(&self, object: usize, view: usize) -> &[u8] {
        assert!(view < self.views, "view {view} of {}", self.views);
        let bytes = self.view_bytes();
        &self.samples[(object * self.views + view) * bytes..][..bytes]
    }

    /// All views of one object: `[view, channel, height, width]`. The first `v` views are its first `v * view_bytes()` bytes.
    ///
    /// # Panics
    /// When there is no such object.
    pub fn object(&self, object: usize) -> &[u8] {
        let bytes = self.views * self.view_bytes();
        &self.samples[object * bytes..][..bytes]
    }

    /// Mean and deviation of each channel over the training objects, to normalise inputs with.
    pub fn statistics(&self) -> Vec<Statistics> {
        let plane = self.height * self.width;
        (0..self.channels)
            .map(|channel| {
                let mut counts = [0u64; 256];
                for &object in &self.split.train {
                    let planes = self.object(object as usize).chunks_exact(plane);
                    for sample in planes.skip(channel).step_by(self.channels).flatten() {
                        counts[usize::from(*sample)] += 1;
                    }
                }
                Statistics::of_counts(&counts)
            })
            .collect()
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

/// Views, size and channels, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    views: usize,
    size: usize,
    channels: usize,
}

impl Shape {
    fn checked(views: usize, size: usize, channels: usize) -> Result<Self, DataError> {
        let out_of_range = |what, value, expected: String| Err(DataError::OutOfRange { what, value, expected });
        if !(1..=MAX_VIEWS).contains(&views) {
            return out_of_range("the number of views", views, format!("from 1 to {MAX_VIEWS}"));
        }
        if !SIZES.contains(&size) {
            return out_of_range("the image size", size, format!("from {} to {} pixels", SIZES.start(), SIZES.end()));
        }
        if channels != 1 && channels != 3 {
            return out_of_range("the number of channels", channels, "1 (grey) or 3 (colour)".to_owned());
        }
        Ok(Self { views, size, channels })
    }

    /// Bytes of one object with one channel.
    fn grey_bytes(self) -> usize {
        self.views * self.size * self.size
    }

    /// Zeroed samples for `objects` objects.
    fn allocate(self, objects: usize) -> Result<Vec<u8>, DataError> {
        let Self { views, size, channels } = self;
        let bytes = objects as u128 * (self.grey_bytes() * channels) as u128;
        if bytes > LARGEST_SET {
            return Err(DataError::TooLarge { objects, views, channels, size, bytes, limit: LARGEST_SET });
        }
        Ok(vec![0; bytes as usize])
    }

    /// Renders grey views object by object on all threads; other channels repeat the first.
    fn render(
        self,
        objects: usize,
        progress: Progress,
        draw: impl Fn(usize, &mut Canvas, &mut [u8]) + Sync,
    ) -> Result<Vec<u8>, DataError> {
        let mut samples = self.allocate(objects)?;
        let done = AtomicUsize::new(0);
        let plane = self.size * self.size;
        samples.par_chunks_exact_mut(self.grey_bytes() * self.channels).enumerate().for_each_init(
            || (Canvas::default(), vec![0; self.grey_bytes()]),
            |(canvas, grey), (object, sample)| {
                draw(object, canvas, grey);
                for (view, pixels) in grey.chunks_exact(plane).enumerate() {
                    for channel in 0..self.channels {
                        sample[(view * self.channels + channel) * plane..][..plane].copy_from_slice(pixels);
                    }
                }
                progress(done.fetch_add(1, Ordering::Relaxed) + 1, objects);
            },
        );
        Ok(samples)
    }
}

/// Makes the procedural set.
fn open_arrangement(spec: &DataSpec, shape: Shape, progress: Progress) -> Result<Dataset, DataError> {
    let difficulty = spec.level.difficulty();
    let classes = difficulty.classes;
    let objects = spec.objects.unwrap_or(DEFAULT_OBJECTS / 10 * classes.count());
    let rings = spec.rings.clone().unwrap_or_else(|| vec![0.0]);
    let set = Arrangement { difficulty, seed: spec.seed, rings };
    let samples = shape.render(objects, progress, |object, canvas, image| {
        set.draw(object, shape.views, shape.size, canvas, image);
    })?;
    let labels: Vec<u16> = (0..objects).map(|object| classes.label(object)).collect();
    Ok(Dataset {
        name: spec.to_string(),
        classes: classes.names(),
        views: shape.views,
        channels: shape.channels,
        height: shape.size,
        width: shape.size,
        samples,
        split: Splits::stratified(&labels, spec.split, spec.seed),
        labels,
        skipped: Vec::new(),
        licence: "generated by splitscope; no restrictions".to_owned(),
    })
}

#[cfg(test)]
mod tests;
