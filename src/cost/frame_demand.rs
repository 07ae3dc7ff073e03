//! What a split puts on sensors, link and aggregator, whatever these are capable of.

use super::demand::SplitDemand;

/// A split with a number of sensors: all that the other knobs act on. Bytes are whole numbers below 2^53.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct FrameDemand {
    /// Cycles of one sensor.
    pub sensor_cycles: f64,
    /// Cycles of the aggregator.
    pub aggregator_cycles: f64,
    /// Joules of a frame, all sensors and the aggregator: without static power, and without the link.
    pub work_j: f64,
    /// Bytes each sensor sends.
    pub link_bytes: f64,
    /// Most bytes alive on a sensor.
    pub peak_bytes: f64,
    /// Weights of a sensor.
    pub sensor_weight_bytes: f64,
    /// Weights of the aggregator.
    pub aggregator_weight_bytes: f64,
}

impl FrameDemand {
    /// A split with so many sensors.
    #[inline]
    pub fn new(demand: &SplitDemand, sensors: u32) -> Self {
        let work = demand.work(sensors);
        Self {
            sensor_cycles: demand.sensor.cycles,
            aggregator_cycles: work.cycles,
            work_j: work.energy_j,
            link_bytes: demand.link_bytes as f64,
            peak_bytes: demand.sensor_peak_bytes as f64,
            sensor_weight_bytes: demand.sensor_weight_bytes as f64,
            aggregator_weight_bytes: demand.aggregator_weights(sensors) as f64,
        }
    }

    /// The bytes that are limited, in the order of [`SystemRates::byte_limits`].
    #[inline]
    pub(super) const fn bytes(&self) -> [f64; 3] {
        [self.peak_bytes, self.sensor_weight_bytes, self.aggregator_weight_bytes]
    }
}
