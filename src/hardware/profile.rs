//! Profiles: sensors, link, aggregator and limits.

use schemars::JsonSchema;
use serde::Deserialize;

use super::constant::Sourced;
use super::device::{Device, Mapping};
use super::measured::MeasuredTable;
use crate::network::LayerPrecision;
use crate::network::memory::MemoryRule;

/// Largest number of cameras of a profile.
pub const MAX_SENSORS: u32 = 64;

/// Largest number of cameras that differ from the sensor of the profile.
pub const MAX_CAMERAS: usize = 16;

/// Sensors, link, aggregator and limits.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Name by which commands and files choose the profile.
    pub name: String,
    /// One sentence for people.
    pub description: String,
    /// The sensors.
    pub sensor: Sensor,
    /// Link from the sensors to the aggregator.
    pub link: Link,
    /// The processor that fuses the views.
    pub aggregator: Device,
    /// Limits that a design must meet.
    pub limits: Limits,
    /// Bits of networks from files that are not quantised.
    pub bits: LayerPrecision,
}

impl Profile {
    /// Latency tables of the devices.
    pub fn tables(&self) -> impl Iterator<Item = &MeasuredTable> {
        [&self.sensor.device, &self.aggregator].into_iter().filter_map(|device| match &device.mapping.value {
            Mapping::Measured(table) => Some(table),
            _ => None,
        })
    }
}

/// One kind of sensor, and the number of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Sensor {
    /// Processor of the sensor.
    pub device: Device,
    /// Number of sensors.
    pub count: Sourced<u32>,
    /// Rule by which live bytes are counted.
    pub memory_rule: MemoryRule,
    /// The next frame is received while this one is processed: one more input in memory.
    pub double_buffered_frame: bool,
    /// The tensor being sent has a buffer of its own, so that the next frame can start.
    pub link_buffer: bool,
    /// Grid of patches in which the first layers run, where that lowers the peak (patch-based inference).
    pub patches: Option<Sourced<u32>>,
    /// Seconds from the end of exposure to pixels in memory.
    pub readout_s: Sourced<f64>,
    /// Joules per pixel read out.
    pub pixel_energy_j: Option<Sourced<f64>>,
    /// Cameras that differ from the sensor, in order; cameras beyond the list are like the sensor itself.
    pub cameras: Vec<Camera>,
}

/// Camera that differs from the sensor of the profile; absent values are the sensor's.
#[derive(Debug, Clone, PartialEq)]
pub struct Camera {
    /// Name of the sensor chip.
    pub name: String,
    /// Clock in hertz.
    pub clock_hz: Option<Sourced<f64>>,
    /// Raw bandwidth of its own link.
    pub bandwidth_bytes_per_s: Option<Sourced<f64>>,
    /// Bytes for activations.
    pub activation_memory_bytes: Option<Sourced<u64>>,
}

/// Arrangement of the links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Topology {
    /// Every sensor has a link of its own: transfers run at the same time.
    Dedicated,
    /// One bus: transfers run one after the other.
    Shared,
}

/// Link from the sensors to the aggregator. A transfer of B bytes takes `latency + B / (bandwidth * efficiency)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Dedicated links or one bus.
    pub topology: Topology,
    /// Raw bytes per second.
    pub bandwidth_bytes_per_s: Sourced<f64>,
    /// Share of the raw bandwidth left after the protocol.
    pub efficiency: Sourced<f64>,
    /// Seconds before the first byte.
    pub latency_s: Sourced<f64>,
    /// Joules per byte.
    pub byte_energy_j: Option<Sourced<f64>>,
}

/// Limits that a design must meet; absent limits are always met.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Limits {
    /// Longest time from exposure to result.
    pub latency_s: Option<Sourced<f64>>,
    /// Most bytes alive on a sensor; the sensor's memory if absent.
    pub sensor_memory_bytes: Option<Sourced<u64>>,
    /// Most energy of one frame, all sensors together.
    pub energy_j: Option<Sourced<f64>>,
    /// Fewest frames per second, pipelined.
    pub frame_rate_hz: Option<Sourced<f64>>,
    /// Lowest accuracy.
    pub accuracy: Option<Sourced<f64>>,
}
