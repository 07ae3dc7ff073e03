//! Cycles and joules of layers under both ways of holding their weights.

use std::ops::{Add, AddAssign, Sub};

use super::layer::LayerCost;
use crate::hardware::Profile;

/// Cycles and joules of some layers with their weights resident, and with their weights streamed for every frame.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct CycleEnergy {
    resident: [f64; 2],
    streamed: [f64; 2],
}

impl CycleEnergy {
    pub(super) fn of(layer: &LayerCost) -> Self {
        Self { resident: layer.spent(false).into(), streamed: layer.spent(true).into() }
    }

    /// The work done `times` times.
    pub(super) fn times(self, times: f64) -> Self {
        Self { resident: self.resident.map(|value| value * times), streamed: self.streamed.map(|value| value * times) }
    }

    /// Cycles and joules, with the weights streamed or resident.
    pub(crate) const fn pick(&self, streams: bool) -> [f64; 2] {
        if streams { self.streamed } else { self.resident }
    }
}

impl Add for CycleEnergy {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let sum = |a: [f64; 2], b: [f64; 2]| [a[0] + b[0], a[1] + b[1]];
        Self { resident: sum(self.resident, other.resident), streamed: sum(self.streamed, other.streamed) }
    }
}

impl AddAssign for CycleEnergy {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for CycleEnergy {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        let difference = |a: [f64; 2], b: [f64; 2]| [a[0] - b[0], a[1] - b[1]];
        Self {
            resident: difference(self.resident, other.resident),
            streamed: difference(self.streamed, other.streamed),
        }
    }
}

/// The two devices with the costs of a whole network's layers on them, from which a measured device's mean rate is
/// taken.
#[derive(Clone, Copy)]
pub(super) struct Devices<'a> {
    pub(super) profile: &'a Profile,
    pub(super) sensor: &'a [LayerCost],
    pub(super) aggregator: &'a [LayerCost],
}
