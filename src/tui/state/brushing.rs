//! The parallel axes: which one is chosen, and what moving the ends of a brush means.

use crate::{
    explore::{BRUSHED, Command, Session},
    tui::widget::{Axis, Scale},
};

/// Steps of an end of a brush over an axis.
const STEPS: f64 = 40.0;

/// Where the user is on the axes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Brushing {
    /// Whether the axes have the focus.
    pub focus: bool,
    /// The chosen axis, by its place in [`BRUSHED`].
    pub at: usize,
}

/// An end of a brush.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Lower,
    Upper,
}

/// An axis over all designs of the table; `None` if nothing is known of any.
pub fn axis(session: &Session, index: usize) -> Option<Axis> {
    let column = *BRUSHED.get(index)?;
    let values = session.order().iter().map(|id| session.figure(*id, column));
    let mut values = values.filter(|value| !value.is_nan()).peekable();
    values.peek()?;
    Some(Axis::fit(values, Scale::Linear))
}

/// Sets the brush of an axis to what lies between two parts of its length; the whole length is no brush.
pub fn brush(session: &Session, index: usize, one: f64, other: f64) -> Option<Command> {
    let axis = axis(session, index)?;
    let (low, high) = (one.min(other).max(0.0), one.max(other).min(1.0));
    let whole = low <= 1e-9 && high >= 1.0 - 1e-9;
    Some(Command::Brush { index, range: (!whole).then(|| (axis.value(low), axis.value(high))) })
}

/// Moves an end of the brush of an axis by steps.
pub fn move_end(session: &Session, index: usize, end: End, steps: f64) -> Option<Command> {
    let axis = axis(session, index)?;
    let part = |value: f64| axis.fraction(value).unwrap_or(0.0);
    let (mut low, mut high) = session.brushes().range(index).map_or((0.0, 1.0), |(low, high)| (part(low), part(high)));
    match end {
        End::Lower => low = (low + steps / STEPS).clamp(0.0, high),
        End::Upper => high = (high + steps / STEPS).clamp(low, 1.0),
    }
    brush(session, index, low, high)
}
