//! The shape of samples that was asked for, and filling samples of that shape object by object on all threads.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rayon::prelude::*;

use super::access::Progress;
use super::cache::{Cache, IN_MEMORY};
use super::camera::MAX_VIEWS;
use super::error::DataError;
use super::fingerprint::Fingerprint;
use super::render::Canvas;
use super::sink::Sink;

/// Smallest and largest image edges.
const SIZES: RangeInclusive<usize> = 8..=512;

/// Bytes that are filled before they are handed on (64 MiB): enough objects to keep all threads busy.
const BLOCK: usize = 64 << 20;

/// Views, size and channels, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SampleShape {
    /// Views per object, 1 to [`MAX_VIEWS`].
    pub views: usize,
    /// Pixels along an edge.
    pub size: usize,
    /// 1 (grey) or 3 (colour).
    pub channels: usize,
}

/// Objects that could not be read, by index, and why.
pub(super) type Failures = Vec<(usize, DataError)>;

/// Working memory of one thread.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    /// For rendering.
    pub canvas: Canvas,
    /// Grey views on their way into samples.
    pub grey: Vec<u8>,
}

impl SampleShape {
    /// A shape within the limits.
    ///
    /// # Errors
    /// [`DataError::OutOfRange`].
    pub(crate) fn checked(views: usize, size: usize, channels: usize) -> Result<Self, DataError> {
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
    pub(crate) fn view_bytes(self) -> usize {
        self.channels * self.size * self.size
    }

    /// Bytes of one object.
    pub(crate) fn object_bytes(self) -> usize {
        self.views * self.view_bytes()
    }

    /// Bytes of so many objects.
    pub(crate) fn bytes(self, objects: usize) -> u128 {
        objects as u128 * self.object_bytes() as u128
    }

    /// Destination of the samples of `objects` objects: memory if they fit, else into the file that the cache keeps for
    /// `key`.
    ///
    /// # Errors
    /// [`DataError::TooLarge`] when they fit nowhere; or the cache cannot be written.
    pub(crate) fn sink(self, objects: usize, cache: Option<&Cache>, key: Fingerprint) -> Result<Sink, DataError> {
        let Self { views, size, channels } = self;
        let bytes = self.bytes(objects);
        let in_memory = cache.map_or(IN_MEMORY, |cache| cache.memory_bytes);
        let limit = cache.map_or(in_memory, |cache| cache.limit_bytes.max(in_memory));
        match cache {
            _ if bytes <= u128::from(in_memory) => Ok(Sink::Memory(Vec::with_capacity(bytes as usize))),
            Some(cache) if bytes <= u128::from(limit) => Ok(Sink::File(cache.draft(key)?)),
            _ => Err(DataError::TooLarge { objects, views, channels, size, bytes, limit: limit.into() }),
        }
    }

    /// Fills samples object by object, in parallel, and hands them on in order; `fill` gets the object's index and its
    /// bytes `[view, channel, size, size]`. Failures come back with the index of their object, in order; such objects
    /// are left out.
    ///
    /// # Errors
    /// When the sink cannot be written, or [`DataError::Ended`] when the progress says so.
    pub(crate) fn fill(
        self,
        objects: usize,
        sink: &mut Sink,
        progress: Progress,
        fill: impl Fn(usize, &mut Workspace, &mut [u8]) -> Result<(), DataError> + Sync,
    ) -> Result<Failures, DataError> {
        let bytes = self.object_bytes();
        let per_block = (BLOCK / bytes).clamp(1, objects.max(1));
        let mut block = vec![0; per_block * bytes];
        let (done, ended) = (AtomicUsize::new(0), AtomicBool::new(false));
        let mut failures = Failures::new();
        for first in (0..objects).step_by(per_block) {
            let block = &mut block[..per_block.min(objects - first) * bytes];
            let failed: Failures = block
                .par_chunks_exact_mut(bytes)
                .enumerate()
                .map_init(Workspace::default, |workspace, (at, sample)| {
                    if ended.load(Ordering::Relaxed) {
                        return None;
                    }
                    let outcome = fill(first + at, workspace, sample);
                    if progress(done.fetch_add(1, Ordering::Relaxed) + 1, objects).is_break() {
                        ended.store(true, Ordering::Relaxed);
                    }
                    outcome.err().map(|error| (first + at, error))
                })
                .flatten_iter()
                .collect();
            if ended.load(Ordering::Relaxed) {
                return Err(DataError::Ended { done: done.into_inner(), total: objects });
            }
            let mut left_out = failed.iter().map(|(object, _)| *object).peekable();
            for (at, object) in block.chunks_exact(bytes).enumerate() {
                if left_out.next_if_eq(&(first + at)).is_none() {
                    sink.push(object)?;
                }
            }
            failures.extend(failed);
        }
        Ok(failures)
    }

    /// Draws grey views with `draw` and writes them into every channel of `sample`.
    pub(crate) fn draw_grey(
        self,
        workspace: &mut Workspace,
        sample: &mut [u8],
        draw: impl FnOnce(&mut Canvas, &mut [u8]),
    ) {
        let plane = self.size * self.size;
        let Workspace { canvas, grey } = workspace;
        grey.resize(self.views * plane, 0);
        draw(canvas, grey);
        for (pixels, view) in grey.chunks_exact(plane).zip(sample.chunks_exact_mut(self.view_bytes())) {
            view.chunks_exact_mut(plane).for_each(|channel| channel.copy_from_slice(pixels));
        }
    }
}
