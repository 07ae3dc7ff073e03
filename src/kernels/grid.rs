//! Grids of integer codes, and rounding to them.

use pulp::Simd;
use serde::{Deserialize, Serialize};

/// Added to and taken from a number below 2^22, this rounds it to the nearest whole one, ties to even.
const ROUNDER: f32 = 12_582_912.0;

/// Values `(code - zero) * step` of the codes 0 to `2^bits - 1`. One of them is 0, so that the padding of a convolution
/// is exact.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "GridNumbers", into = "GridNumbers")]
pub struct CodeGrid {
    step: f32,
    inverse: f32,
    zero: f32,
    last: f32,
}

/// A grid in files.
#[derive(Serialize, Deserialize)]
struct GridNumbers {
    step: f32,
    zero: u16,
    last: u16,
}

impl From<GridNumbers> for CodeGrid {
    fn from(GridNumbers { step, zero, last }: GridNumbers) -> Self {
        Self { step, inverse: 1.0 / step, zero: zero.into(), last: last.into() }
    }
}

impl From<CodeGrid> for GridNumbers {
    fn from(grid: CodeGrid) -> Self {
        Self { step: grid.step, zero: grid.zero_code(), last: grid.last_code() }
    }
}

impl CodeGrid {
    /// Grid with the least step that covers `low` to `high` and 0.
    pub fn covering(low: f32, high: f32, bits: u8) -> Self {
        let (low, high) = (low.min(0.0), high.max(0.0));
        let last = ((1_u32 << bits) - 1) as f32;
        let step = if high - low > f32::MIN_POSITIVE * last { (high - low) / last } else { 1.0 };
        Self { step, inverse: 1.0 / step, zero: (-low / step).round(), last }
    }

    /// Distance of two neighbouring values.
    pub const fn step(&self) -> f32 {
        self.step
    }

    /// Code of 0.
    pub const fn zero_code(&self) -> u16 {
        self.zero as u16
    }

    /// The last code.
    pub const fn last_code(&self) -> u16 {
        self.last as u16
    }

    /// Code of the value that is nearest to `x`.
    pub fn code(&self, x: f32) -> u16 {
        (self.steps(x) + self.zero) as u16
    }

    /// Value of a code.
    pub fn value(&self, code: u16) -> f32 {
        (f32::from(code) - self.zero) * self.step
    }

    /// Value that is nearest to `x`.
    pub fn round(&self, x: f32) -> f32 {
        self.steps(x) * self.step
    }

    /// Steps from 0 to the value that is nearest to `x`.
    fn steps(&self, x: f32) -> f32 {
        (x * self.inverse).max(-self.zero).min(self.last - self.zero).round_ties_even()
    }

    /// The first and the last value, in steps from 0.
    pub(super) fn ends(&self) -> [f32; 2] {
        [-self.zero, self.last - self.zero]
    }
}

/// Rounding of vectors. A trait, since a closure would not be compiled for the vector instructions.
pub(super) trait LaneRounding: Copy {
    /// The rounded value in each lane.
    fn round_lanes<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s;
}

/// No rounding.
#[derive(Clone, Copy)]
pub(super) struct Unrounded;

impl LaneRounding for Unrounded {
    #[inline(always)]
    fn round_lanes<S: Simd>(self, _: S, x: S::f32s) -> S::f32s {
        x
    }
}

impl LaneRounding for CodeGrid {
    #[inline(always)]
    fn round_lanes<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        let (first, last) = (-self.zero, self.last - self.zero);
        let steps = simd.mul_f32s(x, simd.splat_f32s(self.inverse));
        let steps = simd.min_f32s(simd.max_f32s(steps, simd.splat_f32s(first)), simd.splat_f32s(last));
        let rounder = simd.splat_f32s(ROUNDER);
        let whole = simd.sub_f32s(simd.add_f32s(steps, rounder), rounder);
        simd.mul_f32s(whole, simd.splat_f32s(self.step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_codes_by_hand() {
        // 15 steps from -1 to 2: a fifth each, 0 is the value of code 5.
        let grid = CodeGrid::covering(-1.0, 2.0, 4);
        assert!((grid.step() - 0.2).abs() < 1e-7);
        for (x, code, value) in [(0.0, 5, 0.0), (-7.0, 0, -1.0), (9.0, 15, 2.0), (0.29, 6, 0.2), (0.31, 7, 0.4)] {
            assert_eq!(grid.code(x), code);
            assert!((grid.round(x) - value).abs() < 1e-6 && (grid.value(code) - value).abs() < 1e-6);
        }
        // Zero is always there, and a tensor of nothing but zeros has a grid too.
        assert_eq!(CodeGrid::covering(3.0, 4.0, 8).round(0.0).to_bits(), 0.0_f32.to_bits());
        assert_eq!(CodeGrid::covering(0.0, 0.0, 8).round(0.4).to_bits(), 0.0_f32.to_bits());
        let fine = CodeGrid::covering(-1.0, 1.0, 16);
        assert!((fine.round(0.123_456) - 0.123_456).abs() < 2e-5 && fine.last_code() == u16::MAX);
    }
}
