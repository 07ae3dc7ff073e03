//! The one table of metrics: what the cost model and the trainer say of a design.

use serde::{Serialize, Serializer};

use super::number::printed_share;
use super::unit::Dimension::{Bytes, Count, Energy, Operations, Power, Rate, Share, Time};
use super::unit::{
    BYTE, Dimension, FRAMES_PER_SECOND, KIBIBYTES, MEGA_MACS, MICROJOULES, MILLISECONDS, MILLIWATTS, PERCENT, THINGS,
    Unit,
};

/// A figure of a design.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// Share of test samples that are classified correctly.
    Accuracy,
    /// Time from exposure to result of a single frame (s).
    Latency,
    /// Energy of one frame, all sensors, link and aggregator together (J).
    Energy,
    /// Mean power at a frame rate (W).
    Power,
    /// Most bytes alive on a sensor at any time (B).
    SensorMemory,
    /// Weights held by each sensor (B).
    SensorWeights,
    /// Weights held by the aggregator (B).
    AggregatorWeights,
    /// Bytes that each sensor sends for one frame (B).
    LinkBytes,
    /// Frames per second when the stages work on different frames (fps).
    FrameRate,
    /// Multiply-accumulates of one view of the whole network (MAC).
    Macs,
    /// Layers that their chip can't run.
    Unsupported,
    /// Share of the pictures' variance that an attacker rebuilds from what crosses the link.
    Leak,
}

/// Row of the table of metrics.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricInfo {
    /// The metric.
    pub metric: Metric,
    /// Name in files and JSON.
    pub name: &'static str,
    /// Name in sentences.
    pub label: &'static str,
    /// Name of at most 18 characters for lists and axes.
    pub short: &'static str,
    /// Dimension of its values.
    pub dimension: Dimension,
    /// Unit of its columns where no knob's unit is at hand.
    pub unit: Unit,
    /// Larger values are better.
    pub higher_is_better: bool,
}

/// All metrics; the index is the [`Metric`].
const METRICS: [MetricInfo; 12] = [
    row(Metric::Accuracy, "accuracy", "accuracy", "accuracy", Share, PERCENT),
    row(Metric::Latency, "latency", "latency", "latency", Time, MILLISECONDS),
    row(Metric::Energy, "energy", "energy of a frame", "energy", Energy, MICROJOULES),
    row(Metric::Power, "power", "mean power", "power", Power, MILLIWATTS),
    row(Metric::SensorMemory, "sensor-memory", "sensor memory", "sensor memory", Bytes, KIBIBYTES),
    row(Metric::SensorWeights, "sensor-weights", "sensor weight memory", "sensor weights", Bytes, KIBIBYTES),
    row(
        Metric::AggregatorWeights,
        "aggregator-weights",
        "aggregator weight memory",
        "aggregator weights",
        Bytes,
        KIBIBYTES,
    ),
    row(Metric::LinkBytes, "link-bytes", "bytes on the link", "link bytes", Bytes, BYTE),
    row(Metric::FrameRate, "frame-rate", "frame rate", "frame rate", Rate, FRAMES_PER_SECOND),
    row(Metric::Macs, "macs", "multiply-accumulates", "MACs", Operations, MEGA_MACS),
    row(Metric::Unsupported, "operators", "layers without an operator", "operators", Count, THINGS),
    row(Metric::Leak, "leak", "leak", "leak", Share, PERCENT),
];

const fn row(
    metric: Metric,
    name: &'static str,
    label: &'static str,
    short: &'static str,
    dimension: Dimension,
    unit: Unit,
) -> MetricInfo {
    let higher_is_better = matches!(metric, Metric::Accuracy | Metric::FrameRate);
    MetricInfo { metric, name, label, short, dimension, unit, higher_is_better }
}

impl Metric {
    /// All metrics, in the order of the table.
    pub const ALL: [Self; METRICS.len()] = [
        Self::Accuracy,
        Self::Latency,
        Self::Energy,
        Self::Power,
        Self::SensorMemory,
        Self::SensorWeights,
        Self::AggregatorWeights,
        Self::LinkBytes,
        Self::FrameRate,
        Self::Macs,
        Self::Unsupported,
        Self::Leak,
    ];

    /// Row of the table.
    pub const fn info(self) -> &'static MetricInfo {
        &METRICS[self as usize]
    }

    /// Name in files and JSON.
    pub const fn name(self) -> &'static str {
        self.info().name
    }

    /// `value` as it is held against a limit or a filter: a share at its printed digits, so that a design that reads as
    /// 93.8 % meets 93.8 %; other figures as they are.
    ///
    /// ```
    /// use splitscope::quantity::Metric;
    /// assert_eq!([Metric::Accuracy, Metric::Latency].map(|metric| metric.compared(0.9375)), [0.938, 0.9375]);
    /// ```
    #[inline]
    pub fn compared(self, value: f64) -> f64 {
        if self.info().dimension == Dimension::Share { printed_share(value) } else { value }
    }

    /// `value` with its unit: `6.67 ms`.
    pub fn format(self, value: f64) -> String {
        self.info().dimension.format(value)
    }
}

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_the_metrics() {
        for (index, metric) in Metric::ALL.into_iter().enumerate() {
            let info = metric.info();
            assert_eq!((info.metric, metric as usize), (metric, index));
            assert!(info.dimension.units().contains(&info.unit), "{metric:?}");
        }
    }
}
