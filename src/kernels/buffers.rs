//! Large buffers that go round: what a backward pass has read for the last time serves the next output.
//!
//! A fresh buffer costs a page fault every 4 KiB and a pass of zeros. Kernels write every value of their outputs, so they take
//! used buffers as they are.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Smaller ones are left to the allocator.
const SMALLEST: usize = 1 << 12;
/// Most values kept, 512 MiB; beyond it the oldest go.
const MOST: usize = 1 << 27;

static KEPT: Mutex<Vec<Vec<f32>>> = Mutex::new(Vec::new());

fn kept() -> MutexGuard<'static, Vec<Vec<f32>>> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A buffer of `len` values; they are not zero.
pub(super) fn take(len: usize) -> Vec<f32> {
    let mut kept = kept();
    let fits = |buffer: &Vec<f32>| (len..=len + len / 2).contains(&buffer.capacity());
    let found = (0..kept.len()).filter(|&at| fits(&kept[at])).min_by_key(|&at| kept[at].capacity());
    let Some(at) = found.filter(|_| len >= SMALLEST) else { return vec![0.0; len] };
    let mut buffer = kept.remove(at);
    buffer.resize(len, 0.0);
    buffer
}

/// Keeps a buffer for later.
pub(super) fn give(buffer: Vec<f32>) {
    if buffer.capacity() < SMALLEST {
        return;
    }
    let mut kept = kept();
    kept.push(buffer);
    while kept.iter().map(Vec::capacity).sum::<usize>() > MOST {
        kept.remove(0);
    }
}
