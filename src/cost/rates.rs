//! The formula: the knobs turned into factors, and what a split costs by them. Arithmetic on a handful of numbers,
//! without allocation.
//!
//! ```text
//! latency = readout + sensor cycles / clock + (link latency + V or 1 * bytes / bandwidth) + aggregator cycles / clock
//! energy  = work + static power * time of each side + V * bytes * joules per byte
//! ```

use super::constraint::{COST_CONSTRAINTS, Constraint, Usage};
use super::demand::{FrameDemand, SplitDemand};
use super::evaluation::{Evaluation, LatencyBreakdown};
use super::knobs::Knobs;
use super::violations::Violations;
use crate::hardware::Topology;
use crate::quantity::Limit;

/// Rates, powers and bounds of the system under the knobs, computed once for many splits.
#[derive(Debug, Clone, Copy)]
pub struct SystemRates {
    readout_s: f64,
    sensor_s_per_cycle: f64,
    link_s_per_byte: f64,
    link_s: f64,
    aggregator_s_per_cycle: f64,
    sensors: u32,
    link_j_per_byte: f64,
    /// Watts of all sensors while the slowest works.
    sensors_static_w: f64,
    aggregator_static_w: f64,
    bounds: Usage,
}

impl SystemRates {
    /// Rates under `knobs`.
    pub fn new(knobs: &Knobs) -> Self {
        let system = &knobs.system;
        let count = knobs.sensors.max(1);
        let sensors = f64::from(count);
        let (clock, bandwidth, _) = system.cameras.weakest(count);
        let bytes_per_s = knobs.bandwidth_bytes_per_s * bandwidth * system.link_efficiency;
        let on_the_wire = if system.topology == Topology::Shared { sensors } else { 1.0 };
        Self {
            readout_s: system.readout_s,
            sensor_s_per_cycle: system.sensor_macs_per_cycle / (knobs.sensor_macs_per_s * clock),
            link_s_per_byte: on_the_wire / bytes_per_s,
            link_s: system.link_latency_s,
            aggregator_s_per_cycle: system.aggregator_macs_per_cycle / knobs.aggregator_macs_per_s,
            sensors: count,
            link_j_per_byte: system.link_energy_j_per_byte * sensors,
            sensors_static_w: system.sensors_static_w(count),
            aggregator_static_w: system.aggregator_static_w,
            bounds: Constraint::bounds(knobs),
        }
    }

    /// Number of sensors.
    pub const fn sensors(&self) -> u32 {
        self.sensors
    }

    /// Demand of a frame of `demand` with this number of sensors.
    pub fn frame(&self, demand: &SplitDemand) -> FrameDemand {
        FrameDemand::new(demand, self.sensors)
    }

    /// Latency of a split by stage.
    pub fn latency(&self, demand: &SplitDemand) -> LatencyBreakdown {
        self.frame_latency(&self.frame(demand))
    }

    /// Cost of a split.
    pub fn evaluate(&self, demand: &SplitDemand) -> Evaluation {
        self.evaluate_frame(&self.frame(demand))
    }

    /// Latency of a frame by stage.
    #[inline]
    pub fn frame_latency(&self, frame: &FrameDemand) -> LatencyBreakdown {
        LatencyBreakdown {
            readout_s: self.readout_s,
            sensor_s: frame.sensor_cycles * self.sensor_s_per_cycle,
            link_s: self.link_s + frame.link_bytes * self.link_s_per_byte,
            aggregator_s: frame.aggregator_cycles * self.aggregator_s_per_cycle,
        }
    }

    /// Usages of a frame, in the order of the constraints.
    #[inline]
    pub(crate) fn usage_of(&self, frame: &FrameDemand) -> Usage {
        self.usage(frame, &self.frame_latency(frame))
    }

    /// Usages of a frame of that latency, in the order of the constraints: bytes of the sensor's peak, of its weights
    /// and of the aggregator's weights, seconds, joules, seconds between frames, layers without an operator.
    #[inline]
    pub(super) fn usage(&self, frame: &FrameDemand, latency: &LatencyBreakdown) -> Usage {
        let energy_j = frame.work_j
            + self.sensors_static_w * latency.sensor_s
            + self.aggregator_static_w * latency.aggregator_s
            + frame.link_bytes * self.link_j_per_byte;
        [
            frame.peak_bytes,
            frame.sensor_weight_bytes,
            frame.aggregator_weight_bytes,
            latency.total_s(),
            energy_j,
            latency.period_s(),
            frame.unsupported,
        ]
    }

    /// Largest allowed value of a limit's usage; infinite without a limit.
    pub(crate) const fn bound(&self, limit: Limit) -> f64 {
        self.bounds[limit as usize]
    }

    /// Largest allowed usages, infinite without a limit.
    pub(crate) const fn bounds(&self) -> &Usage {
        &self.bounds
    }

    /// Cost of a frame.
    #[inline]
    pub fn evaluate_frame(&self, frame: &FrameDemand) -> Evaluation {
        let latency = self.frame_latency(frame);
        let usage = self.usage(frame, &latency);
        Evaluation {
            latency,
            energy_j: usage[Limit::Energy as usize],
            sensor_peak_bytes: frame.peak_bytes as u64,
            link_bytes: frame.link_bytes as u64,
            fps: usage[Limit::FrameRate as usize].recip(),
            violations: Violations::from_bits(self.violation_bits(&usage)),
        }
    }

    /// The broken constraints as bits, in the order of the table.
    #[inline]
    pub(crate) fn violation_bits(&self, usage: &Usage) -> u16 {
        (0..COST_CONSTRAINTS).fold(0, |bits, index| bits | u16::from(usage[index] > self.bounds[index]) << index)
    }

    /// Returns `true` if a frame meets every limit on cost.
    #[inline]
    pub fn is_feasible(&self, frame: &FrameDemand) -> bool {
        let usage = self.usage_of(frame);
        usage.iter().zip(&self.bounds).all(|(usage, bound)| usage <= bound)
    }

    /// Seconds and joules of a frame for cycles and joules spent by each sensor.
    pub(crate) fn on_sensors(&self, [cycles, joules]: [f64; 2]) -> [f64; 2] {
        let seconds = cycles * self.sensor_s_per_cycle;
        [seconds, f64::from(self.sensors) * joules + self.sensors_static_w * seconds]
    }

    /// Seconds and joules of a frame for cycles and joules that the aggregator spends `times` times.
    pub(crate) fn on_aggregator(&self, [cycles, joules]: [f64; 2], times: f64) -> [f64; 2] {
        let seconds = times * cycles * self.aggregator_s_per_cycle;
        [seconds, times * joules + self.aggregator_static_w * seconds]
    }

    /// Seconds and joules of a frame for bytes sent by each sensor.
    pub(crate) fn on_link(&self, bytes: u64) -> [f64; 2] {
        [self.link_s + bytes as f64 * self.link_s_per_byte, bytes as f64 * self.link_j_per_byte]
    }
}
