//! The one table of limits: which metric each bounds, from which side, and its words.

use serde::{Serialize, Serializer};

use super::format::Rounding;
use super::metric::Metric;

/// A limit that a design can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Limit {
    /// Bytes alive on a sensor.
    SensorMemory,
    /// Weights held by a sensor.
    SensorWeights,
    /// Weights held by the aggregator.
    AggregatorWeights,
    /// Time from exposure to result.
    Latency,
    /// Energy of a frame.
    Energy,
    /// Frames per second.
    FrameRate,
    /// Layers that their chip can't run.
    Operators,
    /// Share of samples classified correctly.
    Accuracy,
    /// Share of the pictures that can be rebuilt.
    Leak,
}

/// Side from which a limit bounds its metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LimitSide {
    /// Values up to the limit are allowed.
    AtMost,
    /// Values from the limit on are allowed.
    AtLeast,
}

/// Row of the table of limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LimitInfo {
    /// The limit.
    pub limit: Limit,
    /// The metric that it bounds. The limit has the metric's name in files and JSON.
    pub metric: Metric,
    /// Side from which it bounds.
    pub side: LimitSide,
    /// Name in sentences, after "the": "latency limit".
    pub label: &'static str,
    /// Name of at most 6 characters, for the boundaries that it bars.
    pub tag: &'static str,
}

/// All limits; the index is the [`Limit`].
const LIMITS: [LimitInfo; 9] = [
    row(Limit::SensorMemory, Metric::SensorMemory, LimitSide::AtMost, "sensor memory", "mem"),
    row(Limit::SensorWeights, Metric::SensorWeights, LimitSide::AtMost, "sensor weight memory", "weight"),
    row(Limit::AggregatorWeights, Metric::AggregatorWeights, LimitSide::AtMost, "aggregator weight memory", "weight"),
    row(Limit::Latency, Metric::Latency, LimitSide::AtMost, "latency limit", "lat"),
    row(Limit::Energy, Metric::Energy, LimitSide::AtMost, "energy limit", "energy"),
    row(Limit::FrameRate, Metric::FrameRate, LimitSide::AtLeast, "frame rate floor", "rate"),
    row(Limit::Operators, Metric::Unsupported, LimitSide::AtMost, "operators of the chip", "chip"),
    row(Limit::Accuracy, Metric::Accuracy, LimitSide::AtLeast, "accuracy floor", "acc"),
    row(Limit::Leak, Metric::Leak, LimitSide::AtMost, "leak limit", "leak"),
];

const fn row(limit: Limit, metric: Metric, side: LimitSide, label: &'static str, tag: &'static str) -> LimitInfo {
    LimitInfo { limit, metric, side, label, tag }
}

impl Limit {
    /// All limits, in the order of the table.
    pub const ALL: [Self; LIMITS.len()] = [
        Self::SensorMemory,
        Self::SensorWeights,
        Self::AggregatorWeights,
        Self::Latency,
        Self::Energy,
        Self::FrameRate,
        Self::Operators,
        Self::Accuracy,
        Self::Leak,
    ];

    /// Row of the table.
    pub const fn info(self) -> &'static LimitInfo {
        &LIMITS[self as usize]
    }

    /// The metric that it bounds.
    pub const fn metric(self) -> Metric {
        self.info().metric
    }

    /// Name in files and JSON.
    pub const fn name(self) -> &'static str {
        self.metric().name()
    }

    /// Name of at most 18 characters for lists: "latency".
    pub const fn short(self) -> &'static str {
        self.metric().info().short
    }

    /// Returns `true` if a value breaks the limit, both as they are compared ([`Metric::compared`]); NaN does not.
    ///
    /// ```
    /// use splitscope::quantity::Limit;
    /// assert!(!Limit::Accuracy.is_broken(0.9375, 0.938), "it reads as 93.8 %");
    /// assert!(Limit::Accuracy.is_broken(0.9374, 0.938));
    /// ```
    #[inline]
    pub fn is_broken(self, value: f64, limit: f64) -> bool {
        let is_beyond = |value: f64, limit: f64| match self.info().side {
            LimitSide::AtMost => value > limit,
            LimitSide::AtLeast => value < limit,
        };
        is_beyond(value, limit) && is_beyond(self.metric().compared(value), self.metric().compared(limit))
    }

    /// Slack of a value as a share of the limit, both as they are compared; below zero where the value breaks it.
    pub fn slack(self, value: f64, limit: f64) -> f64 {
        let [value, limit] = [value, limit].map(|value| self.metric().compared(value));
        match self.info().side {
            LimitSide::AtMost => 1.0 - value / limit,
            LimitSide::AtLeast => value / limit - 1.0,
        }
    }

    /// A clause that says what breaks it: "latency 6.67 ms exceeds 1.50 ms", "frame rate 12.0 fps is below
    /// 30.0 fps".
    pub fn violation(self, value: f64, limit: f64) -> String {
        let verb = if self.info().side == LimitSide::AtMost { "exceeds" } else { "is below" };
        let (value, limit) = self.told_apart(value, limit);
        format!("{} {value} {verb} {limit}", self.metric().info().label)
    }

    /// The violation in as little room as possible: "latency 6.67 ms > 1.50 ms".
    pub fn violation_brief(self, value: f64, limit: f64) -> String {
        let sign = if self.info().side == LimitSide::AtMost { '>' } else { '<' };
        let (value, limit) = self.told_apart(value, limit);
        format!("{} {value} {sign} {limit}", self.short())
    }

    /// An imperative that moves the limit so that a design of that value meets it: "raise the latency limit to 6.68
    /// ms". The value is rounded so that what is printed suffices.
    ///
    /// ```
    /// assert_eq!(splitscope::quantity::Limit::Latency.instruction(0.006_672), "raise the latency limit to 6.68 ms");
    /// ```
    pub fn instruction(self, value: f64) -> String {
        let (verb, rounding) = match self.info().side {
            LimitSide::AtMost => ("raise", Rounding::Up),
            LimitSide::AtLeast => ("lower", Rounding::Down),
        };
        let value = self.metric().info().dimension.format_rounded(value, rounding);
        format!("{verb} the {} to {value}", self.info().label)
    }

    /// A value that breaks the limit, and the limit, as texts that differ: 1.5001 ms exceeds 1.50 ms. The value has the
    /// same digits as everywhere else, and as many more as tell it from the limit.
    fn told_apart(self, value: f64, limit: f64) -> (String, String) {
        let dimension = self.metric().info().dimension;
        let (nearest, shown) = (dimension.format(value), dimension.format(limit));
        if nearest != shown {
            return (nearest, shown);
        }
        if let Some(finer) = dimension.format_told_from(value, limit) {
            return (finer, shown);
        }
        let away = if self.info().side == LimitSide::AtMost { Rounding::Up } else { Rounding::Down };
        (dimension.format_rounded(value, away), shown)
    }
}

impl Metric {
    /// The limit that bounds it, if there is one.
    pub fn limit(self) -> Option<Limit> {
        Limit::ALL.into_iter().find(|limit| limit.metric() == self)
    }
}

impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_the_limits() {
        for (index, limit) in Limit::ALL.into_iter().enumerate() {
            assert_eq!((limit.info().limit, limit as usize), (limit, index));
            let side = if limit.metric().info().higher_is_better { LimitSide::AtLeast } else { LimitSide::AtMost };
            assert_eq!(limit.info().side, side, "{limit:?}");
        }
    }

    #[test]
    fn sentences_name_the_limit_and_print_values_that_suffice() {
        assert_eq!(Limit::Latency.violation(0.006_672, 0.001_5), "latency 6.67 ms exceeds 1.50 ms");
        assert_eq!(Limit::Latency.violation(0.001_500_1, 0.001_5), "latency 1.5001 ms exceeds 1.50 ms");
        assert_eq!(Limit::Latency.violation(0.010_008_64, 0.01), "latency 10.01 ms exceeds 10.0 ms");
        assert_eq!(Limit::SensorMemory.violation_brief(32_769.0, 32_768.0), "sensor memory 32.001 KiB > 32.0 KiB");
        assert_eq!(Limit::Latency.violation(0.01 * (1.0 + 1e-15), 0.01), "latency 10.0 ms exceeds 10.0 ms");
        assert_eq!(Limit::FrameRate.violation(12.0, 30.0), "frame rate 12.0 fps is below 30.0 fps");
        assert_eq!(Limit::Accuracy.violation_brief(0.713, 0.725), "accuracy 71.3 % < 72.5 %");
        assert_eq!(Limit::SensorMemory.violation_brief(40_960.0, 32_768.0), "sensor memory 40.0 KiB > 32.0 KiB");
        assert_eq!(Limit::SensorWeights.instruction(40_961.0), "raise the sensor weight memory to 40.1 KiB");
        assert_eq!(Limit::FrameRate.instruction(12.349), "lower the frame rate floor to 12.3 fps");
    }
}
