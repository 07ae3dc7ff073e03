//! Brushes: ranges of figures on the parallel axes of the Compare screen.

use std::collections::BTreeMap;

use super::interval::Interval;
use crate::{
    explore::{CandidateId, Column, Session},
    tui::widget::{Axis, Scale},
};

/// Figures that can be brushed, in the order of the axes.
pub(crate) const BRUSHED: [Column; 6] =
    [Column::Accuracy, Column::Latency, Column::Energy, Column::Memory, Column::Link, Column::Macs];

/// Steps of an end of a brush over the length of an axis.
const STEPS: f64 = 40.0;

/// Brushed ranges in base units, one per figure of [`BRUSHED`] at most.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Brushes([Option<Interval>; BRUSHED.len()]);

impl Brushes {
    /// Brush of a figure, by its place in [`BRUSHED`].
    pub(crate) fn range(&self, index: usize) -> Option<Interval> {
        self.0.get(index).copied().flatten()
    }

    /// Returns `true` if at least one figure is brushed.
    #[cfg(test)]
    pub(crate) fn any(&self) -> bool {
        self.0.iter().any(Option::is_some)
    }

    /// Sets or removes the brush of a figure.
    pub(crate) fn set(&mut self, index: usize, range: Option<Interval>) {
        if let Some(brush) = self.0.get_mut(index) {
            *brush = range;
        }
    }

    /// Returns `true` if a design lies within all brushes at its best split. An unknown figure lies within none.
    pub(crate) fn contain(&self, session: &Session, id: CandidateId) -> bool {
        let within = |(column, range): (&Column, &Option<Interval>)| {
            range.is_none_or(|range| range.contains(session.figure(id, *column)))
        };
        BRUSHED.iter().zip(&self.0).all(within)
    }

    /// Brushes by the name of their figure, for a session file.
    pub(crate) fn rows(&self) -> BTreeMap<String, [f64; 2]> {
        let row =
            |(column, range): (&Column, &Option<Interval>)| range.map(|range| (column.name().to_owned(), range.ends()));
        BRUSHED.iter().zip(&self.0).filter_map(row).collect()
    }

    /// Brushes of a session file. Figures that can't be brushed are skipped.
    pub(crate) fn read(rows: &BTreeMap<String, [f64; 2]>) -> Self {
        let brush = |column| rows.iter().find(|(name, _)| Column::named(name) == Some(column));
        Self(BRUSHED.map(|column| brush(column).map(|(_, [low, high])| Interval::new(*low, *high))))
    }
}

/// The parallel axes: their brushes, and the axis the keys act on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct ParallelAxes {
    /// Selected axis, by its place in [`BRUSHED`].
    pub(crate) selected: usize,
    /// Brushed range of each axis.
    pub(crate) brushes: Brushes,
}

/// An end of a brush.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BrushEnd {
    /// The lower end.
    Lower,
    /// The upper end.
    Upper,
}

/// Parallel axis over all rows of the table; `None` if the figure is known of none.
pub(crate) fn parallel_axis(session: &Session, index: usize) -> Option<Axis> {
    let column = *BRUSHED.get(index)?;
    let values = session.order().iter().map(|id| session.figure(*id, column));
    let mut values = values.filter(|value| !value.is_nan()).peekable();
    values.peek()?;
    Some(Axis::fit(values, Scale::Linear))
}

impl ParallelAxes {
    /// Sets the brush of an axis to what lies between two shares of its length. The whole length removes the brush.
    pub(crate) fn brush(&mut self, session: &Session, index: usize, from: f64, to: f64) {
        let Some(axis) = parallel_axis(session, index) else { return };
        let (low, high) = (from.min(to).max(0.0), from.max(to).min(1.0));
        let whole = low <= 1e-9 && high >= 1.0 - 1e-9;
        self.brushes.set(index, (!whole).then(|| Interval::new(axis.value(low), axis.value(high))));
    }

    /// Raises an end of the selected brush by steps.
    pub(crate) fn move_end(&mut self, session: &Session, end: BrushEnd, steps: f64) {
        let Some(axis) = parallel_axis(session, self.selected) else { return };
        let share = |value: f64| axis.fraction(value).unwrap_or(0.0);
        let (mut low, mut high) =
            self.brushes.range(self.selected).map_or((0.0, 1.0), |range| (share(range.low), share(range.high)));
        match end {
            BrushEnd::Lower => low = (low + steps / STEPS).clamp(0.0, high),
            BrushEnd::Upper => high = (high + steps / STEPS).clamp(low, 1.0),
        }
        self.brush(session, self.selected, low, high);
    }
}
