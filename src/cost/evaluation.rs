//! Result of costing one split: latency by stage, energy, memory, frame rate and the limits it breaks.

use serde::Serialize;

use super::knobs::Knobs;
use super::measured_shares::MeasuredShares;
use super::violations::Violations;

/// Seconds from exposure to result, by stage.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct LatencyBreakdown {
    /// Readout of the pixels.
    pub readout_s: f64,
    /// The sensors, which work at the same time: the slowest one.
    pub sensor_s: f64,
    /// The link.
    pub link_s: f64,
    /// The aggregator.
    pub aggregator_s: f64,
}

/// A stage of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FrameStage {
    /// Readout of the pixels.
    Readout,
    /// The sensors.
    Sensor,
    /// The link.
    Link,
    /// The aggregator.
    Aggregator,
}

impl FrameStage {
    /// Name in sentences.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Readout => "the readout",
            Self::Sensor => "the sensors",
            Self::Link => "the link",
            Self::Aggregator => "the aggregator",
        }
    }

    /// The stage that takes longest, and its seconds; of equally long ones the first.
    pub fn slowest(latency: &LatencyBreakdown) -> (Self, f64) {
        let stages = [
            (Self::Readout, latency.readout_s),
            (Self::Sensor, latency.sensor_s),
            (Self::Link, latency.link_s),
            (Self::Aggregator, latency.aggregator_s),
        ];
        stages.into_iter().fold(stages[0], |slowest, stage| if stage.1 > slowest.1 { stage } else { slowest })
    }
}

impl LatencyBreakdown {
    /// Seconds of a single frame: the sum of the stages.
    #[inline]
    pub fn total_s(&self) -> f64 {
        self.readout_s + self.sensor_s + self.link_s + self.aggregator_s
    }

    /// Seconds between two frames when the stages work on different frames: those of the slowest stage.
    #[inline]
    pub fn period_s(&self) -> f64 {
        self.readout_s.max(self.sensor_s).max(self.link_s).max(self.aggregator_s)
    }

    /// Share of the time each stage waits when frames follow each other as fast as they can: readout, sensor, link,
    /// aggregator.
    pub fn idle_shares(&self) -> [f64; 4] {
        let period = self.period_s();
        [self.readout_s, self.sensor_s, self.link_s, self.aggregator_s]
            .map(|stage| if period > 0.0 { 1.0 - stage / period } else { 0.0 })
    }
}

/// Cost of one split under the knobs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evaluation {
    /// Latency by stage.
    pub latency: LatencyBreakdown,
    /// Joules of one frame: all sensors, the link, the aggregator.
    pub energy_j: f64,
    /// Most bytes alive on a sensor.
    pub sensor_peak_bytes: u64,
    /// Bytes each sensor sends.
    pub link_bytes: u64,
    /// Frames per second, pipelined; infinite if no stage takes time.
    pub fps: f64,
    /// Broken limits. Those on accuracy and leak are added by [`Evaluation::with_measured`].
    pub violations: Violations,
}

impl Evaluation {
    /// Returns `true` if every limit is met.
    pub const fn feasible(&self) -> bool {
        self.violations.is_empty()
    }

    /// The evaluation with the limits on what was measured of the split.
    #[must_use]
    pub fn with_measured(self, measured: MeasuredShares, knobs: &Knobs) -> Self {
        Self { violations: self.violations.union(measured.violations(knobs)), ..self }
    }

    /// Mean watts at a frame rate.
    pub fn power_w(&self, frames_per_s: f64) -> f64 {
        self.energy_j * frames_per_s
    }
}
