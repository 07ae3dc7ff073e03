//! Vector loads and stores, and the division of work among threads, shared by all kernels.
//!
//! Vector code is written once over [`pulp::Simd`] and compiled for each instruction set; the best one this processor
//! has is chosen at run time, so one binary is fast everywhere and never meets an illegal instruction.

use std::ops::Range;
use std::sync::LazyLock;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

/// Lanes of the widest vectors; working memory is laid out for them.
pub(super) const WIDEST: usize = 16;
/// Number of parts into which work is divided. Fixed, so that sums do not depend on the number of threads.
pub(super) const PARTS: usize = 16;
/// Multiply-adds that are worth a thread where there are few, some 0.1 ms: to wake one, and to let it look for more
/// when it has done, costs as much.
const LEAST_WORK: usize = 1 << 19;

/// Environment variable that names the instruction set to use in place of this processor's best: to test them all, and
/// to reproduce another machine's digits.
pub(super) const VARIABLE: &str = "SPLITSCOPE_INSTRUCTIONS";

static ARCH: LazyLock<Arch> = LazyLock::new(|| chosen().map_or_else(|_| Arch::new(), |(_, arch)| arch));

/// Name of the instruction set that kernels use: `scalar`, on x86 also `v3` (AVX2 with FMA) and `v4` (AVX-512),
/// elsewhere `native`.
///
/// # Errors
/// The variable `SPLITSCOPE_INSTRUCTIONS` names an instruction set that this processor does not have.
pub(crate) fn instructions() -> Result<&'static str, String> {
    chosen().map(|(name, _)| name)
}

fn chosen() -> Result<(&'static str, Arch), String> {
    let levels = levels();
    let Some(wanted) = std::env::var_os(VARIABLE) else { return Ok(levels[levels.len() - 1]) };
    levels.iter().find(|(name, _)| wanted == **name).copied().ok_or_else(|| {
        let names: Vec<&str> = levels.iter().map(|(name, _)| *name).collect();
        format!("{VARIABLE} is `{}`; this processor has: {}", wanted.display(), names.join(", "))
    })
}

/// Instruction sets of this processor, plainest first.
pub(super) fn levels() -> Vec<(&'static str, Arch)> {
    let plain = [("scalar", Arch::Scalar)].into_iter();
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    let vectors = {
        let v3 = pulp::x86::V3::try_new().map(|simd| ("v3", Arch::V3(simd)));
        let v4 = pulp::x86::V4::try_new().map(|simd| ("v4", Arch::V4(simd)));
        v3.into_iter().chain(v4)
    };
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    let vectors = [("native", Arch::new())].into_iter();
    plain.chain(vectors).collect()
}

/// Runs a vector operation with the chosen instruction set.
pub(super) fn run<Op: WithSimd>(op: Op) -> Op::Output {
    ARCH.dispatch(op)
}

/// Loads the first vector of `slice`.
///
/// # Panics
/// `slice` is shorter than a vector.
#[inline(always)]
pub(super) fn load_full<S: Simd>(slice: &[f32]) -> S::f32s {
    S::as_simd_f32s(&slice[..S::F32_LANES]).0[0]
}

/// Loads the first vector of `slice`; lanes past its end are zero. A caller that needs fewer lanes ignores the others:
/// full loads are much faster than masked ones, and lanes never mix.
#[inline(always)]
pub(super) fn load<S: Simd>(simd: S, slice: &[f32]) -> S::f32s {
    match slice.get(..S::F32_LANES) {
        Some(full) => S::as_simd_f32s(full).0[0],
        None => simd.partial_load_f32s(slice),
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

/// Range of the items of part `part` of [`PARTS`].
pub(super) fn part_of(items: usize, part: usize) -> Range<usize> {
    items * part / PARTS..items * (part + 1) / PARTS
}

/// Calls `act` with the range and the values of each part of `values[items, ..]`; returns its results in the order of
/// the parts. As many threads share them as `work` multiply-adds are worth.
pub(super) fn in_parts<T: Send>(
    values: &mut [f32],
    items: usize,
    work: usize,
    act: impl Fn(Range<usize>, &mut [f32]) -> T + Sync,
) -> Vec<T> {
    let width = values.len() / items.max(1);
    let mut rest = values;
    let mut parts = Vec::with_capacity(PARTS);
    for part in 0..PARTS {
        let range = part_of(items, part);
        let (own, others) = rest.split_at_mut(range.len() * width);
        parts.push((range, own));
        rest = others;
    }
    // Each further thread gains less than the one before and costs as much.
    let shares = work / LEAST_WORK;
    let tasks = shares.min((4 * shares).isqrt()).clamp(1, PARTS);
    parts.into_par_iter().with_min_len(PARTS.div_ceil(tasks)).map(|(range, own)| act(range, own)).collect()
}

/// Sum of the parts' partial results, added in their order.
pub(super) fn sum_parts(parts: impl IntoIterator<Item = Vec<f32>>) -> Vec<f32> {
    let mut parts = parts.into_iter();
    let mut total = parts.next().unwrap_or_default();
    for part in parts {
        for (sum, value) in total.iter_mut().zip(part) {
            *sum += value;
        }
    }
    total
}
