//! A pool of large buffers: what a backward pass has read for the last time serves the next output.
//!
//! A fresh buffer costs a page fault every 4 KiB and a pass of zeros. Kernels write every value of their outputs, so
//! they take used buffers with their old contents.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Smallest buffer that is pooled, in values; smaller ones are left to the allocator.
const SMALLEST: usize = 1 << 12;
/// Takes after which a pooled buffer that was not taken goes back to the allocator: some training steps' worth.
const MAX_AGE: u64 = 1 << 10;

static POOL: Mutex<BufferPool> = Mutex::new(BufferPool { taken: 0, buffers: Vec::new() });

struct BufferPool {
    /// Number of buffers taken so far.
    taken: u64,
    /// Buffers with the value of `taken` when they were given back, oldest first.
    buffers: Vec<(u64, Vec<f32>)>,
}

fn pool() -> MutexGuard<'static, BufferPool> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes a buffer of `len` arbitrary values.
pub(super) fn take(len: usize) -> Vec<f32> {
    let mut pool = pool();
    pool.taken += 1;
    let size = |at: &usize| pool.buffers[*at].1.capacity();
    let fits = (0..pool.buffers.len()).filter(|at| (len..=len + len / 2).contains(&size(at)));
    if len < SMALLEST {
        return vec![0.0; len];
    }
    let Some(at) = fits.min_by_key(size) else { return vec![0.0; len] };
    let (_, mut buffer) = pool.buffers.remove(at);
    buffer.resize(len, 0.0);
    buffer
}

/// Gives a buffer back to the pool.
pub(super) fn give(buffer: Vec<f32>) {
    let mut pool = pool();
    let taken = pool.taken;
    if buffer.capacity() >= SMALLEST {
        pool.buffers.push((taken, buffer));
    }
    let stale = pool.buffers.iter().take_while(|(since, _)| since + MAX_AGE < taken).count();
    pool.buffers.drain(..stale);
}
