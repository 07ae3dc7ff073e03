//! The one table of metrics: what the cost model and the trainer say of a design.

use serde::{Serialize, Serializer};

use super::unit::{
    BYTE, Dimension, FRAMES_PER_SECOND, KIBIBYTES, MEGA_MACS, MICROJOULES, MILLISECONDS, MILLIWATTS, PERCENT, Unit,
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
    /// Name of at most 12 characters for lists and axes.
    pub short: &'static str,
    /// Dimension of its values.
    pub dimension: Dimension,
    /// Unit of its columns where no knob's unit is at hand.
    pub unit: Unit,
    /// Larger values are better.
    pub higher_is_better: bool,
}

/// All metrics; the index is the [`Metric`].
const METRICS: [MetricInfo; 10] = [
    MetricInfo {
        metric: Metric::Accuracy,
        name: "accuracy",
        label: "accuracy",
        short: "accuracy",
        dimension: Dimension::Share,
        unit: PERCENT,
        higher_is_better: true,
    },
    MetricInfo {
        metric: Metric::Latency,
        name: "latency",
        label: "latency",
        short: "latency",
        dimension: Dimension::Time,
        unit: MILLISECONDS,
        higher_is_better: false,
    },
    MetricInfo {
        metric: Metric::Energy,
        name: "energy",
        label: "energy of a frame",
        short: "energy",
        dimension: Dimension::Energy,
        unit: MICROJOULES,
        higher_is_better: false,
    },
    MetricInfo {
        metric: Metric::Power,
        name: "power",
        label: "mean power",
        short: "power",
        dimension: Dimension::Power,
        unit: MILLIWATTS,
        higher_is_better: false,
    },
    MetricInfo {
        metric: Metric::SensorMemory,
        name: "sensor-memory",
        label: "sensor memory",
        short: "sensor RAM",
        dimension: Dimension::Bytes,
        unit: KIBIBYTES,
        higher_is_better: false,
    },
    MetricInfo {
        metric: Metric::SensorWeights,
        name: "sensor-weights",
        label: "sensor weight memory",
        short: "sensor weights",
        dimension: Dimension::Bytes,
        unit: KIBIBYTES,
        higher_is_better: false,
    },
    MetricInfo {
        metric: Metric::AggregatorWeights,
        name: "aggregator-weights",
        label: "aggregator weight memory",
        short: "aggregator weights",
        dimension: Dimension::Bytes,
        unit: KIBIBYTES,
        higher_is_better: false,
    },
    MetricInfo {
        metric: Metric::LinkBytes,
        name: "link-bytes",
        label: "bytes on the link",
        short: "link bytes",
        dimension: Dimension::Bytes,
        unit: BYTE,
        higher_is_better: false,
    },
    MetricInfo {
        metric: Metric::FrameRate,
        name: "frame-rate",
        label: "frame rate",
        short: "frame rate",
        dimension: Dimension::Rate,
        unit: FRAMES_PER_SECOND,
        higher_is_better: true,
    },
    MetricInfo {
        metric: Metric::Macs,
        name: "macs",
        label: "multiply-accumulates",
        short: "MACs",
        dimension: Dimension::Operations,
        unit: MEGA_MACS,
        higher_is_better: false,
    },
];

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
    ];

    /// Row of the table.
    pub const fn info(self) -> &'static MetricInfo {
        &METRICS[self as usize]
    }

    /// Name in files and JSON.
    pub const fn name(self) -> &'static str {
        self.info().name
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
