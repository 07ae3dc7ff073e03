//! Columns of the table: names, what they sort by, which way they begin.

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Column {
    /// The ranking.
    #[default]
    Rank,
    /// Number of the candidate.
    Id,
    /// Accuracy.
    Accuracy,
    /// Latency.
    Latency,
    /// Energy of a frame.
    Energy,
    /// Most bytes alive on a sensor.
    Memory,
    /// Bytes each sensor sends.
    Link,
    /// Where it is split.
    Split,
    /// Where views become one.
    Fusion,
    /// Compression ratio.
    Ratio,
    /// Link bits.
    Bits,
    /// Multiply-accumulates of one view.
    Macs,
}

impl Column {
    /// All columns, in the order in which a table shows them.
    pub const ALL: [Self; 12] = [
        Self::Rank,
        Self::Id,
        Self::Accuracy,
        Self::Latency,
        Self::Energy,
        Self::Memory,
        Self::Link,
        Self::Split,
        Self::Fusion,
        Self::Ratio,
        Self::Bits,
        Self::Macs,
    ];

    /// Name, as typed in a filter.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rank => "rank",
            Self::Id => "id",
            Self::Accuracy => "acc",
            Self::Latency => "lat",
            Self::Energy => "energy",
            Self::Memory => "ram",
            Self::Link => "link",
            Self::Split => "split",
            Self::Fusion => "fuse",
            Self::Ratio => "ratio",
            Self::Bits => "bits",
            Self::Macs => "macs",
        }
    }

    /// The column of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.name() == name)
    }

    /// Whether the largest value comes first unless turned round.
    pub const fn descends(self) -> bool {
        matches!(self, Self::Accuracy | Self::Macs)
    }
}

/// Order of the rows. Designs that meet all limits come first whatever the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Sort {
    /// Column to sort by.
    pub column: Column,
    /// Against the way the column begins.
    pub reversed: bool,
}

impl Sort {
    /// The order after choosing a column: its own way first, the other way the second time.
    #[must_use]
    pub fn chosen(self, column: Column) -> Self {
        Self { column, reversed: self.column == column && !self.reversed }
    }
}
