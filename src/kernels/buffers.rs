//! Large buffers that go round: what a backward pass has read for the last time serves the next output.
//!
//! A fresh buffer costs a page fault every 4 KiB and a pass of zeros. Kernels write every value of their outputs, so they take
//! used buffers as they are.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Smaller ones are left to the allocator.
const SMALLEST: usize = 1 << 12;
/// A buffer that has seen as many others go out goes back to the allocator: some training steps' worth.
const PATIENCE: u64 = 1 << 10;

static KEPT: Mutex<Kept> = Mutex::new(Kept { taken: 0, buffers: Vec::new() });

struct Kept {
    /// Buffers that went out so far.
    taken: u64,
    /// With the number that had gone out when they came in, oldest first.
    buffers: Vec<(u64, Vec<f32>)>,
}

fn kept() -> MutexGuard<'static, Kept> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A buffer of `len` values; they are not zero.
pub(super) fn take(len: usize) -> Vec<f32> {
    let mut kept = kept();
    kept.taken += 1;
    let size = |at: &usize| kept.buffers[*at].1.capacity();
    let fits = (0..kept.buffers.len()).filter(|at| (len..=len + len / 2).contains(&size(at)));
    let Some(at) = fits.min_by_key(size).filter(|_| len >= SMALLEST) else { return vec![0.0; len] };
    let (_, mut buffer) = kept.buffers.remove(at);
    buffer.resize(len, 0.0);
    buffer
}

/// Keeps a buffer for later.
pub(super) fn give(buffer: Vec<f32>) {
    let mut kept = kept();
    let taken = kept.taken;
    if buffer.capacity() >= SMALLEST {
        kept.buffers.push((taken, buffer));
    }
    let stale = kept.buffers.iter().take_while(|(since, _)| since + PATIENCE < taken).count();
    kept.buffers.drain(..stale);
}
