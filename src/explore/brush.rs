//! Brushes: ranges of figures that designs are to lie within, as they are drawn on parallel axes.

use std::collections::BTreeMap;

use super::candidate::CandidateId;
use super::column::Column;
use super::session::Session;

/// The figures that can be brushed, in the order in which they are shown.
pub const BRUSHED: [Column; 6] =
    [Column::Accuracy, Column::Latency, Column::Energy, Column::Memory, Column::Link, Column::Macs];

/// A range of each figure in base units, if there is one.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Brushes([Option<(f64, f64)>; BRUSHED.len()]);

impl Brushes {
    /// The brush of a figure, by its place in [`BRUSHED`].
    pub fn range(&self, index: usize) -> Option<(f64, f64)> {
        self.0.get(index).copied().flatten()
    }

    /// Whether there is any.
    pub fn any(&self) -> bool {
        self.0.iter().any(Option::is_some)
    }

    pub(super) fn set(&mut self, index: usize, range: Option<(f64, f64)>) {
        if let Some(brush) = self.0.get_mut(index) {
            *brush = range;
        }
    }

    /// The brushes by figure, for a session file.
    pub(super) fn rows(&self) -> BTreeMap<String, [f64; 2]> {
        let row = |(column, range): (&Column, &Option<(f64, f64)>)| {
            range.map(|(low, high)| (column.name().to_owned(), [low, high]))
        };
        BRUSHED.iter().zip(&self.0).filter_map(row).collect()
    }

    /// The brushes of a session file. Figures that can't be brushed are passed over.
    pub(super) fn read(rows: &BTreeMap<String, [f64; 2]>) -> Self {
        Self(BRUSHED.map(|column| rows.get(column.name()).map(|[low, high]| (*low, *high))))
    }
}

impl Session {
    /// The brushes.
    pub fn brushes(&self) -> &Brushes {
        &self.ui.brushes
    }

    /// Whether a design lies within all brushes at its best split. What is not known lies within none.
    pub fn is_within_brushes(&self, id: CandidateId) -> bool {
        let within = |(column, range): (&Column, &Option<(f64, f64)>)| {
            range.is_none_or(|(low, high)| (low..=high).contains(&self.figure(id, *column)))
        };
        BRUSHED.iter().zip(&self.ui.brushes.0).all(within)
    }
}
