//! A labelled set of multi-view samples, and its figures.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::error::{DataError, Skipped};
use super::fingerprint::Fingerprint;
use super::pose::{Pose, Rig};
use super::samples::Samples;
use super::split::Splits;

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
    /// Objects to train, validate and test on.
    pub split: Splits,
    /// Arrangement of an object's views.
    pub rig: Rig,
    /// `true` if an object's class is the same in a mirror.
    pub mirror: bool,
    /// Files left out, and why.
    pub skipped: Vec<Skipped>,
    /// Under which terms the content may be used.
    pub licence: String,
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
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PixelStatistics {
    /// Mean, 0 to 1.
    pub mean: f32,
    /// Standard deviation; never below 1/255.
    pub deviation: f32,
}

impl Dataset {
    /// Hash of the labels of all objects and of the part of each; never 0.
    pub(crate) fn labels_hash(&self) -> u32 {
        let labels: Vec<u8> = self.labels.iter().flat_map(|label| label.to_le_bytes()).collect();
        let mut hash = Fingerprint::default().with(&labels);
        for part in [&self.split.train, &self.split.validation, &self.split.test] {
            hash = hash.with(&part.iter().flat_map(|object| object.to_le_bytes()).collect::<Vec<_>>());
        }
        (hash.0 as u32).max(1)
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

    /// All views of one object: `[view, channel, height, width]`. The first `v` views are its first `v * view_bytes()`
    /// bytes.
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

    /// Mean and deviation of each channel over the training objects, to normalise inputs with.
    ///
    /// # Errors
    /// When the samples are in a file that cannot be read.
    pub fn statistics(&self) -> Result<Vec<PixelStatistics>, DataError> {
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
        Ok(counts.iter().map(PixelStatistics::of_counts).collect())
    }
}

impl PixelStatistics {
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
