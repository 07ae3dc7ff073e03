//! Loads, stores and the splitting of work, shared by all kernels.
//!
//! Vector code is written once over [`pulp::Simd`] and compiled for each instruction set; the best one this processor has is
//! picked at run time, so one binary is fast everywhere and never meets an illegal instruction.

use std::sync::LazyLock;

use pulp::{Arch, Simd, WithSimd};

/// Parts into which reductions over a batch are cut. Fixed, so that sums do not depend on the number of threads.
pub(super) const PARTS: usize = 16;

static ARCH: LazyLock<Arch> = LazyLock::new(Arch::new);

/// Runs a vector operation with the best instructions of this processor.
pub(super) fn run<Op: WithSimd>(op: Op) -> Op::Output {
    ARCH.dispatch(op)
}

/// Loads `lanes` values from the start of `slice`; missing lanes are 0.
#[inline(always)]
pub(super) fn load<S: Simd>(simd: S, slice: &[f32], lanes: usize) -> S::f32s {
    if lanes == S::F32_LANES {
        S::as_simd_f32s(&slice[..S::F32_LANES]).0[0]
    } else {
        simd.partial_load_f32s(&slice[..lanes])
    }
}

/// Stores the first `lanes` values to the start of `slice`.
#[inline(always)]
pub(super) fn store<S: Simd>(simd: S, slice: &mut [f32], lanes: usize, values: S::f32s) {
    if lanes == S::F32_LANES {
        S::as_mut_simd_f32s(&mut slice[..S::F32_LANES]).0[0] = values;
    } else {
        simd.partial_store_f32s(&mut slice[..lanes], values);
    }
}

/// The range of items that part `part` of [`PARTS`] takes.
pub(super) fn part_of(items: usize, part: usize) -> std::ops::Range<usize> {
    items * part / PARTS..items * (part + 1) / PARTS
}

/// Adds up the parts' partial results in their order.
pub(super) fn sum_parts(parts: Vec<Vec<f32>>) -> Vec<f32> {
    let mut parts = parts.into_iter();
    let mut total = parts.next().unwrap_or_default();
    for part in parts {
        for (sum, value) in total.iter_mut().zip(part) {
            *sum += value;
        }
    }
    total
}
