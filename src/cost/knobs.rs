//! The values a user moves live, and the constants of a profile that no knob moves.

use crate::hardware::{MAX_CAMERAS, MAX_SENSORS, Profile, Sourced, Topology};
use crate::quantity::{Knob, QuantityError};

/// Everything the cost of a split depends on besides the split. Made from a profile, then moved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Knobs {
    /// Number of sensors, at least 1.
    pub sensors: u32,
    /// Raw bandwidth of a link or of the bus.
    pub bandwidth_bytes_per_s: f64,
    /// Bytes a sensor may keep alive; `u64::MAX` if unlimited.
    pub sensor_memory_bytes: u64,
    /// Multiply-accumulates per second of a sensor with all units busy. Scales its clock, memory paths included.
    pub sensor_macs_per_s: f64,
    /// Multiply-accumulates per second of the aggregator with all units busy.
    pub aggregator_macs_per_s: f64,
    /// Longest time from exposure to result.
    pub latency_limit_s: Option<f64>,
    /// Most energy of one frame.
    pub energy_limit_j: Option<f64>,
    /// Fewest frames per second, pipelined.
    pub frame_rate_floor_hz: Option<f64>,
    /// Lowest accuracy.
    pub accuracy_floor: Option<f64>,
    /// Most of the pictures that may be rebuilt.
    pub leak_limit: Option<f64>,
    /// Constants of the profile.
    pub system: System,
}

/// Constants of a profile that no knob moves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct System {
    /// Multiply-accumulates per cycle of a sensor.
    pub sensor_macs_per_cycle: f64,
    /// Multiply-accumulates per cycle of the aggregator.
    pub aggregator_macs_per_cycle: f64,
    /// Seconds of the readout.
    pub readout_s: f64,
    /// Dedicated links or one bus.
    pub topology: Topology,
    /// Share of the bandwidth left after the protocol.
    pub link_efficiency: f64,
    /// Seconds before the first byte.
    pub link_latency_s: f64,
    /// Joules per byte on the link.
    pub link_energy_j_per_byte: f64,
    /// Watts of a working sensor whatever it does.
    pub sensor_static_w: f64,
    /// Watts of the working aggregator whatever it does.
    pub aggregator_static_w: f64,
    /// Bytes of weights a sensor holds; `u64::MAX` if unlimited or if weights need not stay.
    pub sensor_weight_memory_bytes: u64,
    /// Bytes of weights the aggregator holds; `u64::MAX` as above.
    pub aggregator_weight_memory_bytes: u64,
    /// Unlike cameras.
    pub cameras: Cameras,
}

/// Figures of the first cameras relative to the sensor of the profile, entry `i` being about the first `i` of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cameras {
    /// Slowest clock; 1 is that of the sensor.
    clock: [f64; MAX_CAMERAS + 1],
    /// Slowest link; 1 is that of the profile.
    bandwidth: [f64; MAX_CAMERAS + 1],
    /// Least memory; 1 is what the profile lets a sensor keep.
    memory: [f64; MAX_CAMERAS + 1],
    /// Time all of them work together; 1 is that of one sensor.
    working: [f64; MAX_CAMERAS + 1],
    /// Clocks of all of them together; 1 is that of one sensor.
    clocks: [f64; MAX_CAMERAS + 1],
    listed: usize,
}

impl Cameras {
    /// `memory_bytes` is what the profile lets a sensor keep. A limit binds cameras of more memory too.
    fn of(profile: &Profile, memory_bytes: u64) -> Self {
        let listed = profile.sensor.cameras.len().min(MAX_CAMERAS);
        let ratio = |own: Option<f64>, usual: f64| own.map_or(1.0, |own| own / usual);
        let mut cameras = Self {
            clock: [f64::INFINITY; MAX_CAMERAS + 1],
            bandwidth: [f64::INFINITY; MAX_CAMERAS + 1],
            memory: [f64::INFINITY; MAX_CAMERAS + 1],
            working: [0.0; MAX_CAMERAS + 1],
            clocks: [0.0; MAX_CAMERAS + 1],
            listed,
        };
        let limit = profile.limits.sensor_memory_bytes.as_ref().map_or(u64::MAX, |limit| limit.value);
        for (index, camera) in profile.sensor.cameras.iter().take(MAX_CAMERAS).enumerate() {
            let own = |constant: &Option<Sourced<f64>>| constant.as_ref().map(|own| own.value);
            let clock = ratio(own(&camera.clock_hz), profile.sensor.device.clock_hz.value);
            let bandwidth = ratio(own(&camera.bandwidth_bytes_per_s), profile.link.bandwidth_bytes_per_s.value);
            let memory = camera.activation_memory_bytes.as_ref().map(|own| own.value.min(limit) as f64);
            let memory = ratio(memory, memory_bytes as f64);
            cameras.clock[index + 1] = cameras.clock[index].min(clock);
            cameras.bandwidth[index + 1] = cameras.bandwidth[index].min(bandwidth);
            cameras.memory[index + 1] = cameras.memory[index].min(memory);
            cameras.working[index + 1] = cameras.working[index] + clock.recip();
            cameras.clocks[index + 1] = cameras.clocks[index] + clock;
        }
        cameras
    }

    /// Slowest clock, slowest link and smallest memory among the first `sensors` cameras, relative to the sensor's.
    pub(super) fn weakest(&self, sensors: u32) -> (f64, f64, f64) {
        let sensors = sensors as usize;
        let usual = if sensors > self.listed { 1.0 } else { f64::INFINITY };
        let at = sensors.min(self.listed);
        let worst = |list: &[f64; MAX_CAMERAS + 1]| list[at].min(usual);
        (worst(&self.clock), worst(&self.bandwidth), worst(&self.memory))
    }

    /// Clocks of the first `sensors` cameras together, relative to that of one sensor.
    pub(super) fn clocks(&self, sensors: u32) -> f64 {
        let (at, all) = ((sensors as usize).min(self.listed), sensors as usize);
        self.clocks[at] + (all - at) as f64
    }

    /// Working time of the first `sensors` cameras together, relative to that of the slowest of them: their number if
    /// they are alike.
    fn working(&self, sensors: u32) -> f64 {
        let (at, all) = ((sensors as usize).min(self.listed), sensors as usize);
        let (clock, ..) = self.weakest(sensors);
        (self.working[at] + (all - at) as f64) * clock
    }
}

impl System {
    /// Watts of so many sensors while the slowest of them works: the others stop before.
    pub fn sensors_static_w(&self, sensors: u32) -> f64 {
        self.cameras.working(sensors) * self.sensor_static_w
    }
}

impl Knobs {
    /// The knobs as the profile sets them.
    pub fn from_profile(profile: &Profile) -> Self {
        let (sensor, link, limits) = (&profile.sensor, &profile.link, &profile.limits);
        let device = &sensor.device;
        let value = |constant: &Option<Sourced<f64>>| constant.as_ref().map(|constant| constant.value);
        let memory_limit = limits.sensor_memory_bytes.as_ref().map(|limit| limit.value);
        let sensor_memory_bytes = memory_limit.or_else(|| device.memory_bytes()).unwrap_or(u64::MAX);
        Self {
            sensors: sensor.count.value,
            bandwidth_bytes_per_s: link.bandwidth_bytes_per_s.value,
            sensor_memory_bytes,
            sensor_macs_per_s: device.peak_macs_per_s(),
            aggregator_macs_per_s: profile.aggregator.peak_macs_per_s(),
            latency_limit_s: value(&limits.latency_s),
            energy_limit_j: value(&limits.energy_j),
            frame_rate_floor_hz: value(&limits.frame_rate_hz),
            accuracy_floor: value(&limits.accuracy),
            leak_limit: None,
            system: System {
                sensor_macs_per_cycle: device.mapping.value.macs_per_cycle(),
                aggregator_macs_per_cycle: profile.aggregator.mapping.value.macs_per_cycle(),
                readout_s: sensor.readout_s.value,
                topology: link.topology,
                link_efficiency: link.efficiency.value,
                link_latency_s: link.latency_s.value,
                link_energy_j_per_byte: value(&link.byte_energy_j).unwrap_or(0.0),
                sensor_static_w: value(&device.static_power_w).unwrap_or(0.0),
                aggregator_static_w: value(&profile.aggregator.static_power_w).unwrap_or(0.0),
                sensor_weight_memory_bytes: device.resident_weight_bytes(),
                aggregator_weight_memory_bytes: profile.aggregator.resident_weight_bytes(),
                cameras: Cameras::of(profile, sensor_memory_bytes),
            },
        }
    }

    /// The knobs with no limit: only layers that their chip can't run bar a design.
    #[must_use]
    pub fn without_limits(&self) -> Self {
        Self {
            sensor_memory_bytes: u64::MAX,
            latency_limit_s: None,
            energy_limit_j: None,
            frame_rate_floor_hz: None,
            accuracy_floor: None,
            leak_limit: None,
            system: System {
                sensor_weight_memory_bytes: u64::MAX,
                aggregator_weight_memory_bytes: u64::MAX,
                cameras: Cameras { memory: [f64::INFINITY; MAX_CAMERAS + 1], ..self.system.cameras },
                ..self.system
            },
            ..*self
        }
    }

    /// Value of a knob in base units; without a limit infinity, or 0 for floors.
    pub fn get(&self, knob: Knob) -> f64 {
        match knob {
            Knob::Sensors => f64::from(self.sensors),
            Knob::LinkBandwidth => self.bandwidth_bytes_per_s,
            Knob::SensorMemory if self.sensor_memory_bytes == u64::MAX => f64::INFINITY,
            Knob::SensorMemory => self.sensor_memory_bytes as f64,
            Knob::SensorCompute => self.sensor_macs_per_s,
            Knob::AggregatorCompute => self.aggregator_macs_per_s,
            Knob::LatencyLimit => self.latency_limit_s.unwrap_or(f64::INFINITY),
            Knob::EnergyLimit => self.energy_limit_j.unwrap_or(f64::INFINITY),
            Knob::FrameRateFloor => self.frame_rate_floor_hz.unwrap_or(0.0),
            Knob::AccuracyFloor => self.accuracy_floor.unwrap_or(0.0),
            Knob::LeakLimit => self.leak_limit.unwrap_or(f64::INFINITY),
        }
    }

    /// Value of a knob in base units; `None` for a limit that is not set.
    pub fn limited(&self, knob: Knob) -> Option<f64> {
        let value = self.get(knob);
        if knob.is_unlimited(value) { None } else { Some(value) }
    }

    /// Sets a knob. Counts and bytes are rounded and at least 1; NaN, negative values, and zero where it does not mean
    /// "no limit", leave the knob as it is.
    pub fn set(&mut self, knob: Knob, value: f64) {
        if value.is_nan() || value < 0.0 || (value == 0.0 && !knob.is_unlimited(value)) {
            return;
        }
        let limit = if knob.is_unlimited(value) { None } else { Some(value) };
        match knob {
            Knob::Sensors => self.sensors = (value.round() as u32).max(1),
            Knob::LinkBandwidth => self.bandwidth_bytes_per_s = value,
            Knob::SensorMemory => {
                self.sensor_memory_bytes = limit.map_or(u64::MAX, |bytes| (bytes.round() as u64).max(1));
            }
            Knob::SensorCompute => self.sensor_macs_per_s = value,
            Knob::AggregatorCompute => self.aggregator_macs_per_s = value,
            Knob::LatencyLimit => self.latency_limit_s = limit,
            Knob::EnergyLimit => self.energy_limit_j = limit,
            Knob::FrameRateFloor => self.frame_rate_floor_hz = limit,
            Knob::AccuracyFloor => self.accuracy_floor = limit.map(|share| share.min(1.0)),
            Knob::LeakLimit => self.leak_limit = limit.map(|share| share.min(1.0)),
        }
    }

    /// The knobs with one of them at `value`.
    #[must_use]
    pub fn with(mut self, knob: Knob, value: f64) -> Self {
        self.set(knob, value);
        self
    }

    /// Checks that every knob has a possible value, for values that come from outside.
    ///
    /// # Errors
    /// The first knob that is zero, negative, infinite, not a number or out of range, or more sensors than
    /// [`MAX_SENSORS`].
    pub fn check(&self) -> Result<(), QuantityError> {
        for knob in Knob::ALL {
            knob.check(self.get(knob))?;
        }
        if self.sensors > MAX_SENSORS {
            let (low, high) = ("1".to_owned(), MAX_SENSORS.to_string());
            return Err(QuantityError::Range { quantity: Knob::Sensors.label(), low, high });
        }
        Ok(())
    }

    /// Bytes that the weakest camera may keep alive; `u64::MAX` if unlimited.
    pub(super) fn weakest_sensor_memory_bytes(&self) -> u64 {
        let (.., memory) = self.system.cameras.weakest(self.sensors.max(1));
        (self.sensor_memory_bytes as f64 * memory).round() as u64
    }

    /// The least memory knob with which every camera holds so many bytes. The memory of a camera is rounded to whole
    /// bytes.
    pub(super) fn memory_for(&self, bytes: u64) -> f64 {
        let (.., memory) = self.system.cameras.weakest(self.sensors.max(1));
        let enough = bytes as f64 - 0.5;
        let least = (enough / memory).ceil();
        if least * memory < enough { least + 1.0 } else { least }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp, reason = "values are kept as they are")]

    use super::*;

    fn knobs() -> Knobs {
        Knobs::from_profile(&Profile::shipped("glasses").unwrap())
    }

    #[test]
    fn every_knob_reads_what_was_set() {
        for knob in Knob::ALL {
            let value = if matches!(knob, Knob::AccuracyFloor | Knob::LeakLimit) { 0.75 } else { 12.0 };
            let set = knobs().with(knob, value);
            assert_eq!((set.get(knob), set.limited(knob)), (value, Some(value)), "{knob:?}");
            for impossible in [f64::NAN, -1.0] {
                assert_eq!(set.with(knob, impossible), set, "{knob:?}");
            }
            match knob.no_limit() {
                Some(none) => assert_eq!(set.with(knob, none).limited(knob), None, "{knob:?}"),
                None => assert_eq!(set.with(knob, 0.0), set, "{knob:?}"),
            }
        }
    }
}
