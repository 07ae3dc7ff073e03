//! Brushes on parallel axes: ranges that designs are to lie within.

use crate::{
    explore::{CandidateId, Column, Session},
    tui::widget::{Axis, Scale},
};

/// The axes, in the order they are shown.
pub const AXES: [Column; 6] =
    [Column::Accuracy, Column::Latency, Column::Energy, Column::Memory, Column::Link, Column::Macs];

/// Steps of an end of a brush over an axis.
const STEPS: f64 = 40.0;

/// Which axis is chosen, and the brushes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Brushes {
    /// Whether the axes have the focus.
    pub focus: bool,
    /// The chosen axis.
    pub at: usize,
    /// Lower and upper end in base units.
    ranges: [Option<(f64, f64)>; AXES.len()],
}

/// An end of a brush.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Lower,
    Upper,
}

impl Brushes {
    /// The brush of an axis.
    pub fn range(&self, index: usize) -> Option<(f64, f64)> {
        self.ranges.get(index).copied().flatten()
    }

    /// Whether there is any.
    pub fn any(&self) -> bool {
        self.ranges.iter().any(Option::is_some)
    }

    /// Takes all of them away.
    pub fn clear(&mut self) {
        self.ranges = Default::default();
    }

    /// Whether a design lies within all of them. What is not known lies within none.
    pub fn keeps(&self, session: &Session, id: CandidateId) -> bool {
        let within = |(column, range): (&Column, &Option<(f64, f64)>)| {
            range.is_none_or(|(low, high)| (low..=high).contains(&session.figure(id, *column)))
        };
        AXES.iter().zip(&self.ranges).all(within)
    }

    /// An axis over all designs of the table; `None` if nothing is known of any.
    pub fn axis(session: &Session, index: usize) -> Option<Axis> {
        let column = *AXES.get(index)?;
        let values = session.order().iter().map(|id| session.figure(*id, column));
        let mut values = values.filter(|value| !value.is_nan()).peekable();
        values.peek()?;
        Some(Axis::fit(values, Scale::Linear))
    }

    /// Sets the brush of an axis to what lies between two parts of its length; the whole length is no brush.
    pub fn set(&mut self, session: &Session, index: usize, one: f64, other: f64) {
        let Some(axis) = Self::axis(session, index) else { return };
        let (low, high) = (one.min(other).max(0.0), one.max(other).min(1.0));
        let whole = low <= 1e-9 && high >= 1.0 - 1e-9;
        self.ranges[index] = (!whole).then(|| (axis.value(low), axis.value(high)));
    }

    /// Moves an end of the chosen axis' brush by steps.
    pub fn move_end(&mut self, session: &Session, end: End, steps: f64) {
        let Some(axis) = Self::axis(session, self.at) else { return };
        let part = |value: f64| axis.fraction(value).unwrap_or(0.0);
        let (mut low, mut high) = self.range(self.at).map_or((0.0, 1.0), |(low, high)| (part(low), part(high)));
        match end {
            End::Lower => low = (low + steps / STEPS).clamp(0.0, high),
            End::Upper => high = (high + steps / STEPS).clamp(low, 1.0),
        }
        self.set(session, self.at, low, high);
    }
}
