//! Columns of the table: names, limits and default order.
use crate::quantity::{Knob, Metric};

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Column {
    /// The ranking.
    #[default]
    Rank,
    /// Number of the candidate.
    Id,
    /// Share of samples classified correctly.
    Accuracy,
    /// Seconds of a frame.
    Latency,
    /// Energy of a frame.
    Energy,
    /// Peak bytes of a sensor.
    Memory,
    /// Bytes each sensor sends.
    Link,
    /// Frames per second, when the stages work on different frames.
    FrameRate,
    /// Boundary of the split.
    Split,
    /// Boundary of the fusion.
    Fusion,
    /// Compression ratio.
    Ratio,
    /// Link bits.
    Bits,
    /// Multiply-accumulates of one view.
    Macs,
    /// Share of the pictures that can be rebuilt from what crosses the link.
    Leak,
}

impl Column {
    /// All columns, in the order in which a table shows them.
    pub const ALL: [Self; 14] = [
        Self::Rank,
        Self::Id,
        Self::Accuracy,
        Self::Latency,
        Self::Energy,
        Self::Memory,
        Self::Link,
        Self::FrameRate,
        Self::Split,
        Self::Fusion,
        Self::Ratio,
        Self::Bits,
        Self::Macs,
        Self::Leak,
    ];

    /// Figures of a design that an axis of the scatter plot can show.
    pub const FIGURES: [Self; 8] = [
        Self::Accuracy,
        Self::Latency,
        Self::Energy,
        Self::Memory,
        Self::Link,
        Self::FrameRate,
        Self::Macs,
        Self::Leak,
    ];

    /// Name, as typed in a filter.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rank => "rank",
            Self::Id => "id",
            Self::Accuracy => "acc",
            Self::Latency => "lat",
            Self::Energy => "energy",
            Self::Memory => "memory",
            Self::Link => "link",
            Self::FrameRate => "fps",
            Self::Split => "split",
            Self::Fusion => "fuse",
            Self::Ratio => "ratio",
            Self::Bits => "bits",
            Self::Macs => "macs",
            Self::Leak => "leak",
        }
    }

    /// Name in words, for menus.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Rank => "rank",
            Self::Id => "number",
            Self::Accuracy => "accuracy",
            Self::Latency => "latency",
            Self::Energy => "energy",
            Self::Memory => "sensor memory",
            Self::Link => "link bytes",
            Self::FrameRate => "frame rate",
            Self::Split => "split",
            Self::Fusion => "fusion",
            Self::Ratio => "compression ratio",
            Self::Bits => "link bits",
            Self::Macs => "multiply-accumulates",
            Self::Leak => "leak of pictures",
        }
    }

    /// The column of that name.
    pub fn named(name: &str) -> Option<Self> {
        // `ram` is the name in files of earlier versions.
        let name = if name == "ram" { Self::Memory.name() } else { name };
        Self::ALL.into_iter().find(|column| column.name() == name)
    }

    /// The metric it shows; `None` for what is not a figure.
    pub const fn metric(self) -> Option<Metric> {
        Some(match self {
            Self::Accuracy => Metric::Accuracy,
            Self::Latency => Metric::Latency,
            Self::Energy => Metric::Energy,
            Self::Memory => Metric::SensorMemory,
            Self::Link => Metric::LinkBytes,
            Self::FrameRate => Metric::FrameRate,
            Self::Macs => Metric::Macs,
            Self::Leak => Metric::Leak,
            _ => return None,
        })
    }

    /// `value` in base units as text with its unit.
    pub fn format(self, value: f64) -> String {
        self.metric().map_or_else(|| value.to_string(), |metric| metric.format(value))
    }

    /// The knob that limits it, if there is one.
    pub fn limit(self) -> Option<Knob> {
        self.metric()?.limit()?.knob()
    }

    /// Returns `true` if the largest value comes first by default.
    pub const fn descends(self) -> bool {
        matches!(self, Self::Accuracy | Self::FrameRate | Self::Macs)
    }
}

/// Order of the rows. Designs that meet all limits come first whatever the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Sort {
    /// Column to sort by.
    pub column: Column,
    /// `true` if the column's default order is reversed.
    pub reversed: bool,
}

impl Sort {
    /// The order after choosing a column: its default order, reversed if it is chosen again.
    #[must_use]
    pub fn chosen(self, column: Column) -> Self {
        Self { column, reversed: self.column == column && !self.reversed }
    }
}
