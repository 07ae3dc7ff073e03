//! What a split costs under the present knobs: arithmetic on a handful of numbers, without allocation.

use serde::Serialize;

use super::demand::SplitDemand;
use super::frame_demand::FrameDemand;
use super::knobs::Knobs;
use super::network_costs::NetworkCosts;
use crate::hardware::Topology;
use crate::quantity::Limit;

/// Seconds from exposure to result, by stage.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct LatencyBreakdown {
    /// Reading the pixels.
    pub readout_s: f64,
    /// The sensors, all at the same time: the slowest one.
    pub sensor_s: f64,
    /// The link.
    pub link_s: f64,
    /// The aggregator.
    pub aggregator_s: f64,
}

impl LatencyBreakdown {
    /// Seconds of a single frame.
    pub fn total_s(&self) -> f64 {
        self.readout_s + self.sensor_s + self.link_s + self.aggregator_s
    }

    /// Seconds between two frames when the stages work on different frames: those of the slowest stage.
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

/// The limits a design breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Violations(u8);

impl Violations {
    /// Whether no limit is broken.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether that limit is broken.
    pub const fn contains(self, limit: Limit) -> bool {
        self.0 & (1 << limit as u8) != 0
    }

    /// How many limits are broken.
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// The broken limits as bits, in the order of [`Limit::ALL`].
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The broken limits.
    pub fn iter(self) -> impl Iterator<Item = Limit> {
        Limit::ALL.into_iter().filter(move |&limit| self.contains(limit))
    }

    /// The same with a limit that is broken if `broken`.
    #[must_use]
    pub const fn with(self, limit: Limit, broken: bool) -> Self {
        Self(self.0 | ((broken as u8) << limit as u8))
    }
}

/// What a split costs.
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
    /// Limits broken. Accuracy is judged by [`Evaluation::with_accuracy`].
    pub violations: Violations,
}

impl Evaluation {
    /// Whether every limit is met.
    pub const fn feasible(&self) -> bool {
        self.violations.is_empty()
    }

    /// The same, judged also by an accuracy.
    #[must_use]
    pub fn with_accuracy(self, accuracy: f64, knobs: &Knobs) -> Self {
        let broken = knobs.accuracy_floor.is_some_and(|floor| accuracy < floor);
        Self { violations: self.violations.with(Limit::Accuracy, broken), ..self }
    }

    /// Mean watts at a frame rate.
    pub fn power_w(&self, frames_per_s: f64) -> f64 {
        self.energy_j * frames_per_s
    }
}

/// The knobs turned into factors, once for many splits.
#[derive(Debug, Clone, Copy)]
pub struct SystemRates {
    readout_s: f64,
    sensor_s_per_cycle: f64,
    link_s_per_byte: f64,
    link_s: f64,
    aggregator_s_per_cycle: f64,
    sensors: u32,
    link_j_per_byte: f64,
    /// Of all sensors, while the slowest works.
    sensors_static_w: f64,
    aggregator_static_w: f64,
    /// Limits on most bytes alive on a sensor, on its weights, on the aggregator's weights.
    byte_limits: [f64; 3],
    latency_limit_s: f64,
    energy_limit_j: f64,
    longest_period_s: f64,
}

impl SystemRates {
    /// The factors of the present knobs.
    pub fn new(knobs: &Knobs) -> Self {
        let system = &knobs.system;
        let count = knobs.sensors.max(1);
        let sensors = f64::from(count);
        let (clock, bandwidth, memory) = system.cameras.weakest(count);
        let bytes_per_s = knobs.bandwidth_bytes_per_s * bandwidth * system.link_efficiency;
        let on_the_wire = if system.topology == Topology::Shared { sensors } else { 1.0 };
        let memory_bytes = (knobs.sensor_memory_bytes as f64 * memory).round() as u64;
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
            byte_limits: [memory_bytes, system.sensor_weight_memory_bytes, system.aggregator_weight_memory_bytes]
                .map(|bytes| bytes as f64),
            latency_limit_s: knobs.latency_limit_s.unwrap_or(f64::INFINITY),
            energy_limit_j: knobs.energy_limit_j.unwrap_or(f64::INFINITY),
            longest_period_s: knobs.frame_rate_floor_hz.map_or(f64::INFINITY, f64::recip),
        }
    }

    /// The split with the present number of sensors.
    pub fn frame(&self, demand: &SplitDemand) -> FrameDemand {
        FrameDemand::new(demand, self.sensors)
    }

    /// Latency of a split: `readout + sensor + (latency + V or 1 * bytes / bandwidth) + aggregator of V views`.
    pub fn latency(&self, demand: &SplitDemand) -> LatencyBreakdown {
        self.latency_of(&self.frame(demand))
    }

    /// What a split costs.
    pub fn evaluate(&self, demand: &SplitDemand) -> Evaluation {
        self.evaluate_frame(&self.frame(demand))
    }

    #[inline]
    pub(super) fn latency_of(&self, frame: &FrameDemand) -> LatencyBreakdown {
        LatencyBreakdown {
            readout_s: self.readout_s,
            sensor_s: frame.sensor_cycles * self.sensor_s_per_cycle,
            link_s: self.link_s + frame.link_bytes * self.link_s_per_byte,
            aggregator_s: frame.aggregator_cycles * self.aggregator_s_per_cycle,
        }
    }

    /// Seconds of a single frame: the total of [`SystemRates::latency`], to the last digit.
    #[inline]
    pub(super) fn seconds(&self, sensor_cycles: f64, link_bytes: f64, aggregator_cycles: f64) -> f64 {
        self.readout_s
            + sensor_cycles * self.sensor_s_per_cycle
            + (self.link_s + link_bytes * self.link_s_per_byte)
            + aggregator_cycles * self.aggregator_s_per_cycle
    }

    /// Joules of a frame of that latency.
    #[inline]
    pub(super) fn energy_of(&self, frame: &FrameDemand, latency: &LatencyBreakdown) -> f64 {
        frame.work_j
            + self.sensors_static_w * latency.sensor_s
            + self.aggregator_static_w * latency.aggregator_s
            + frame.link_bytes * self.link_j_per_byte
    }

    /// Each limit on cost, and whether what takes so many seconds, seconds a frame and joules breaks it.
    #[inline]
    pub(super) fn broken(&self, frame: &FrameDemand, total_s: f64, period_s: f64, energy_j: f64) -> [(Limit, bool); 6] {
        [
            (Limit::SensorMemory, frame.peak_bytes > self.byte_limits[0]),
            (Limit::SensorWeights, frame.sensor_weight_bytes > self.byte_limits[1]),
            (Limit::AggregatorWeights, frame.aggregator_weight_bytes > self.byte_limits[2]),
            (Limit::Latency, total_s > self.latency_limit_s),
            (Limit::Energy, energy_j > self.energy_limit_j),
            (Limit::FrameRate, period_s > self.longest_period_s),
        ]
    }

    /// What a split with the number of sensors of these rates costs.
    #[inline]
    pub fn evaluate_frame(&self, frame: &FrameDemand) -> Evaluation {
        let latency = self.latency_of(frame);
        let period_s = latency.period_s();
        let energy_j = self.energy_of(frame, &latency);
        let broken = self.broken(frame, latency.total_s(), period_s, energy_j);
        let violations = broken.into_iter().fold(Violations::default(), |all, (limit, broken)| all.with(limit, broken));
        Evaluation {
            latency,
            energy_j,
            sensor_peak_bytes: frame.peak_bytes as u64,
            link_bytes: frame.link_bytes as u64,
            fps: period_s.recip(),
            violations,
        }
    }

    /// Whether a split with the number of sensors of these rates meets every limit on cost. The same as
    /// [`SystemRates::evaluate_frame`] says, but what has no limit is not worked out.
    #[inline]
    pub fn meets(&self, frame: &FrameDemand) -> bool {
        if frame.bytes().into_iter().zip(self.byte_limits()).any(|(bytes, limit)| bytes > limit) {
            return false;
        }
        let latency = self.latency_of(frame);
        let slow = !self.is_quick(latency.total_s());
        let seldom = || self.longest_period_s < f64::INFINITY && latency.period_s() > self.longest_period_s;
        let costly = || self.energy_limit_j < f64::INFINITY && self.energy_of(frame, &latency) > self.energy_limit_j;
        !(slow || seldom() || costly())
    }

    /// Limits on most bytes alive on a sensor, on its weights, on the aggregator's weights.
    #[inline]
    pub(super) const fn byte_limits(&self) -> [f64; 3] {
        self.byte_limits
    }

    /// Whether what takes so many seconds meets the limit on latency.
    #[inline]
    pub(super) fn is_quick(&self, seconds: f64) -> bool {
        seconds <= self.latency_limit_s
    }

    /// Whether nothing but latency and bytes is limited.
    #[inline]
    pub(super) const fn asks_only_latency(&self) -> bool {
        self.longest_period_s == f64::INFINITY && self.energy_limit_j == f64::INFINITY
    }

    /// Seconds and joules of a frame for cycles and joules that each sensor spends.
    pub(crate) fn on_sensors(&self, [cycles, joules]: [f64; 2]) -> [f64; 2] {
        let seconds = cycles * self.sensor_s_per_cycle;
        [seconds, f64::from(self.sensors) * joules + self.sensors_static_w * seconds]
    }

    /// Seconds and joules of a frame for cycles and joules that the aggregator spends so many times.
    pub(crate) fn on_aggregator(&self, [cycles, joules]: [f64; 2], times: f64) -> [f64; 2] {
        let seconds = times * cycles * self.aggregator_s_per_cycle;
        [seconds, times * joules + self.aggregator_static_w * seconds]
    }

    /// Seconds and joules of a frame for bytes that each sensor sends.
    pub(crate) fn on_link(&self, bytes: u64) -> [f64; 2] {
        [self.link_s + bytes as f64 * self.link_s_per_byte, bytes as f64 * self.link_j_per_byte]
    }

    /// Number of sensors.
    pub(crate) const fn sensors(&self) -> u32 {
        self.sensors
    }

    /// Bytes a sensor may keep alive: the weakest camera's.
    pub const fn memory_bytes(&self) -> u64 {
        self.byte_limits[0] as u64
    }
}

/// What one split of a design costs. For many splits make [`SystemRates`] once.
pub fn evaluate(table: &NetworkCosts, index: usize, knobs: &Knobs) -> Evaluation {
    SystemRates::new(knobs).evaluate(&table.demands[index])
}

/// What every split of a design costs, in order.
pub fn sweep<'a>(table: &'a NetworkCosts, knobs: &Knobs) -> impl ExactSizeIterator<Item = Evaluation> + 'a {
    let rates = SystemRates::new(knobs);
    table.demands.iter().map(move |demand| rates.evaluate(demand))
}

/// Index of the feasible split of least latency; if none is feasible, of the split that breaks fewest limits, then of least
/// latency. `None` if `allowed` allows no split.
pub fn best_split(table: &NetworkCosts, knobs: &Knobs, allowed: impl Fn(&SplitDemand) -> bool) -> Option<usize> {
    let rates = SystemRates::new(knobs);
    let mut best: Option<(u32, f64, usize)> = None;
    for (index, demand) in table.demands.iter().enumerate().filter(|(_, demand)| allowed(demand)) {
        let evaluation = rates.evaluate(demand);
        let candidate = (evaluation.violations.count(), evaluation.latency.total_s(), index);
        if best.is_none_or(|best| (candidate.0, candidate.1) < (best.0, best.1)) {
            best = Some(candidate);
        }
    }
    best.map(|(_, _, index)| index)
}
