//! The knobs by name: reading one, moving one.

use std::ops::RangeInclusive;

use serde::Serialize;
use thiserror::Error;

use super::knobs::Knobs;
use super::show::{self, Rounding};
use crate::hardware::MAX_SENSORS;

/// One value a user moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Knob {
    /// Number of sensors.
    Sensors,
    /// Raw bandwidth of a link or of the bus.
    Bandwidth,
    /// Bytes a sensor may keep alive.
    SensorMemory,
    /// Multiply-accumulates per second of a sensor.
    SensorCompute,
    /// Multiply-accumulates per second of the aggregator.
    AggregatorCompute,
    /// Longest latency.
    LatencyLimit,
    /// Most energy a frame.
    EnergyLimit,
    /// Fewest frames per second.
    FrameRate,
}

impl Knob {
    /// Knobs of the hardware.
    pub const HARDWARE: [Self; 5] =
        [Self::Sensors, Self::Bandwidth, Self::SensorMemory, Self::SensorCompute, Self::AggregatorCompute];

    /// Knobs of the limits.
    pub const LIMITS: [Self; 3] = [Self::LatencyLimit, Self::EnergyLimit, Self::FrameRate];

    /// Name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sensors => "sensors",
            Self::Bandwidth => "bandwidth",
            Self::SensorMemory => "sensor memory",
            Self::SensorCompute => "sensor compute",
            Self::AggregatorCompute => "aggregator compute",
            Self::LatencyLimit => "latency limit",
            Self::EnergyLimit => "energy limit",
            Self::FrameRate => "frame rate",
        }
    }

    /// Its value: a count, bytes, bytes or operations per second, seconds, joules, frames per second. `None` for a limit
    /// that is not set.
    pub fn value(self, knobs: &Knobs) -> Option<f64> {
        match self {
            Self::Sensors => Some(f64::from(knobs.sensors)),
            Self::Bandwidth => Some(knobs.bandwidth_bytes_per_s),
            Self::SensorMemory => Some(knobs.sensor_memory_bytes as f64),
            Self::SensorCompute => Some(knobs.sensor_macs_per_s),
            Self::AggregatorCompute => Some(knobs.aggregator_macs_per_s),
            Self::LatencyLimit => knobs.latency_limit_s,
            Self::EnergyLimit => knobs.energy_limit_j,
            Self::FrameRate => knobs.frame_rate_floor_hz,
        }
    }

    /// The knobs with this one at `value`. Counts and bytes are rounded; there is at least one sensor.
    #[must_use]
    pub fn at(self, value: f64, knobs: &Knobs) -> Knobs {
        let mut moved = *knobs;
        match self {
            Self::Sensors => moved.sensors = value.round().max(1.0) as u32,
            Self::Bandwidth => moved.bandwidth_bytes_per_s = value,
            Self::SensorMemory => moved.sensor_memory_bytes = value.round() as u64,
            Self::SensorCompute => moved.sensor_macs_per_s = value,
            Self::AggregatorCompute => moved.aggregator_macs_per_s = value,
            Self::LatencyLimit => moved.latency_limit_s = Some(value),
            Self::EnergyLimit => moved.energy_limit_j = Some(value),
            Self::FrameRate => moved.frame_rate_floor_hz = Some(value),
        }
        moved
    }

    /// A value of this knob for people.
    pub fn show(self, value: f64) -> String {
        self.show_rounded(value, Rounding::Nearest)
    }

    pub(super) fn show_rounded(self, value: f64, rounding: Rounding) -> String {
        let scaled = |units| show::scaled(value, units, rounding);
        match self {
            Self::Sensors => format!("{value:.0}"),
            Self::Bandwidth => scaled(show::BANDWIDTH),
            Self::SensorMemory => show::bytes_rounded(value as u64, rounding),
            Self::SensorCompute | Self::AggregatorCompute => scaled(show::COMPUTE),
            Self::LatencyLimit => scaled(show::SECONDS),
            Self::EnergyLimit => scaled(show::JOULES),
            Self::FrameRate => format!("{} fps", show::places(value, 1, rounding)),
        }
    }
}

/// Least and largest value of a knob in base units: no cost then overflows.
const RANGE: RangeInclusive<f64> = 1e-40..=1e40;

/// A knob at an impossible value.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum KnobError {
    /// Zero, negative, infinite or not a number.
    #[error("{} must be a finite number above zero, not {value}", .knob.name())]
    Impossible {
        /// The knob.
        knob: Knob,
        /// Its value.
        value: f64,
    },
    /// So small or large that what it makes of a cost could not be told.
    #[error("{} of {value:e} is out of range: from {:e} to {:e}", .knob.name(), RANGE.start(), RANGE.end())]
    Extreme {
        /// The knob.
        knob: Knob,
        /// Its value.
        value: f64,
    },
    /// Too many sensors.
    #[error("at most {MAX_SENSORS} sensors are possible, not {0}")]
    TooManySensors(u32),
}

impl Knobs {
    /// Checks that every knob has a possible value, for values that come from outside.
    ///
    /// # Errors
    /// The first knob that is zero, negative, infinite, not a number or out of range, or more sensors than [`MAX_SENSORS`].
    pub fn check(&self) -> Result<(), KnobError> {
        for knob in Knob::HARDWARE.into_iter().chain(Knob::LIMITS) {
            if let Some(value) = knob.value(self).filter(|value| !(value.is_finite() && *value > 0.0)) {
                return Err(KnobError::Impossible { knob, value });
            }
            if let Some(value) = knob.value(self).filter(|value| !RANGE.contains(value)) {
                return Err(KnobError::Extreme { knob, value });
            }
        }
        if self.sensors > MAX_SENSORS { Err(KnobError::TooManySensors(self.sensors)) } else { Ok(()) }
    }
}
