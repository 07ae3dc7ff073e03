//! The knobs of a session with their ranges, and which of them is selected.

use super::catalogue::Catalogue;
use super::column::Column;
use super::command::Move;
use super::derived::Derived;
use super::knob_range::KnobRange;
use crate::cost::Knobs;
use crate::quantity::Knob;

/// Ranges of all knobs, in the order in which they are shown.
#[derive(Debug, Clone, Default)]
pub struct Ranges {
    ranges: Vec<KnobRange>,
    selected: usize,
}

impl Ranges {
    /// Ranges around the profile's values. Those of limits that the profile leaves open are laid around the median cost
    /// of the candidates at their best splits.
    pub(super) fn new(catalogue: &Catalogue, derived: &Derived, knobs: &Knobs) -> Self {
        let median = |column: Column| {
            let mut figures: Vec<f64> = catalogue.ids().map(|id| derived.figure(catalogue, id, column)).collect();
            figures.sort_by(f64::total_cmp);
            figures.get(figures.len() / 2).copied().unwrap_or(1.0)
        };
        let ranges = Knob::ALL.into_iter().map(|knob| {
            let limited = Column::FIGURES.into_iter().find(|column| column.limit() == Some(knob));
            let on_cost = limited.filter(|column| !matches!(column, Column::Accuracy | Column::Leak));
            let usual = on_cost.map_or(1.0, median);
            let most = if knob == Knob::Sensors { catalogue.space().views } else { 1 };
            KnobRange::new(knob, knobs.get(knob), usual, most)
        });
        Self { ranges: ranges.collect(), selected: 0 }
    }

    /// All ranges.
    pub fn all(&self) -> &[KnobRange] {
        &self.ranges
    }

    /// The range of a knob.
    pub fn of(&self, knob: Knob) -> Option<&KnobRange> {
        self.ranges.iter().find(|range| range.knob == knob)
    }

    /// The range of the selected knob.
    pub fn selected(&self) -> &KnobRange {
        &self.ranges[self.selected]
    }

    /// Place of the selected knob.
    pub const fn selected_index(&self) -> usize {
        self.selected
    }

    /// Moves the selection; the ends meet.
    pub(super) fn move_selection(&mut self, to: Move) {
        self.selected = to.wrap(self.selected, self.ranges.len());
    }

    /// Selects a knob.
    pub(super) fn select(&mut self, knob: Knob) {
        if let Some(index) = self.ranges.iter().position(|range| range.knob == knob) {
            self.selected = index;
        }
    }
}
