//! Shapes of tensors, and the bound on every count.

use serde::{Deserialize, Serialize};

/// Largest count of multiply-accumulates, weights or elements: beyond it `f64` is no longer exact.
pub const LARGEST_COUNT: u64 = 1 << 53;

/// Shape of one view's tensor, `[channels, height, width]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shape {
    /// Number of channels.
    pub channels: u32,
    /// Number of rows.
    pub height: u32,
    /// Number of columns.
    pub width: u32,
}

impl Shape {
    /// Shape `[channels, height, width]`.
    pub const fn new(channels: u32, height: u32, width: u32) -> Self {
        Self { channels, height, width }
    }

    /// Number of elements.
    pub const fn elements(self) -> u64 {
        self.channels as u64 * self.height as u64 * self.width as u64
    }

    /// Number of positions of one channel.
    pub const fn positions(self) -> u64 {
        self.height as u64 * self.width as u64
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}x{}", self.channels, self.height, self.width)
    }
}
