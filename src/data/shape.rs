//! The shape of samples that was asked for, and filling memory of that shape object by object on all threads.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::Progress;
use super::camera::MAX_VIEWS;
use super::error::DataError;
use super::render::Canvas;

/// Smallest and largest image edges.
const SIZES: RangeInclusive<usize> = 8..=512;

/// Most bytes of samples a set may have (4 GiB).
const LARGEST_SET: u128 = 4 << 30;

/// Views, size and channels, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Views per object, 1 to [`MAX_VIEWS`].
    pub views: usize,
    /// Pixels along an edge.
    pub size: usize,
    /// 1 (grey) or 3 (colour).
    pub channels: usize,
}

/// Objects that could not be read, by index, and why.
pub type Failures = Vec<(usize, DataError)>;

/// Working memory of one thread.
#[derive(Debug, Default)]
pub struct Workspace {
    /// For rendering.
    pub canvas: Canvas,
    /// Grey views on their way into samples.
    pub grey: Vec<u8>,
}

impl Shape {
    /// A shape within the limits.
    ///
    /// # Errors
    /// [`DataError::OutOfRange`].
    pub fn checked(views: usize, size: usize, channels: usize) -> Result<Self, DataError> {
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

    /// Bytes of one view.
    pub fn view_bytes(self) -> usize {
        self.channels * self.size * self.size
    }

    /// Bytes of one object.
    pub fn object_bytes(self) -> usize {
        self.views * self.view_bytes()
    }

    /// Fills samples object by object, in parallel; `fill` gets the object's index and its bytes
    /// `[view, channel, size, size]`. Failures come back with the index of their object, in order; what such an object's
    /// bytes hold is then without meaning.
    ///
    /// # Errors
    /// [`DataError::TooLarge`].
    pub fn fill(
        self,
        objects: usize,
        progress: Progress,
        fill: impl Fn(usize, &mut Workspace, &mut [u8]) -> Result<(), DataError> + Sync,
    ) -> Result<(Vec<u8>, Failures), DataError> {
        let mut samples = self.allocate(objects)?;
        let done = AtomicUsize::new(0);
        let failures = samples
            .par_chunks_exact_mut(self.object_bytes())
            .enumerate()
            .map_init(Workspace::default, |workspace, (object, sample)| {
                let outcome = fill(object, workspace, sample);
                progress(done.fetch_add(1, Ordering::Relaxed) + 1, objects);
                outcome.err().map(|error| (object, error))
            })
            .flatten_iter()
            .collect();
        Ok((samples, failures))
    }

    /// Draws grey views with `draw` and writes them into every channel of `sample`.
    pub fn draw_grey(self, workspace: &mut Workspace, sample: &mut [u8], draw: impl FnOnce(&mut Canvas, &mut [u8])) {
        let plane = self.size * self.size;
        let Workspace { canvas, grey } = workspace;
        grey.resize(self.views * plane, 0);
        draw(canvas, grey);
        for (pixels, view) in grey.chunks_exact(plane).zip(sample.chunks_exact_mut(self.view_bytes())) {
            view.chunks_exact_mut(plane).for_each(|channel| channel.copy_from_slice(pixels));
        }
    }

    /// Zeroed samples for `objects` objects.
    fn allocate(self, objects: usize) -> Result<Vec<u8>, DataError> {
        let Self { views, size, channels } = self;
        let bytes = objects as u128 * self.object_bytes() as u128;
        if bytes > LARGEST_SET {
            return Err(DataError::TooLarge { objects, views, channels, size, bytes, limit: LARGEST_SET });
        }
        Ok(vec![0; bytes as usize])
    }
}
