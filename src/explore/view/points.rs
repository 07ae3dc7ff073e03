//! Scatter plots: rows as points between two figures.

use crate::explore::candidate::CandidateId;
use crate::explore::column::Column;
use crate::explore::derived::Point;
use crate::explore::ranking_rule::Class;
use crate::explore::session::Session;

impl Session {
    /// Every row at its best split between two of [`Column::FIGURES`]. Rows of which one is unknown have no point.
    pub fn points(&self, up: Column, right: Column) -> &[Point] {
        self.derived().points(self.catalogue(), up, right).all()
    }

    /// The point of the selected design, as overridden; `None` if one of its figures is unknown.
    pub fn selected_point(&self, up: Column, right: Column) -> Option<Point> {
        let point = *self.points(up, right).iter().find(|point| Some(point.candidate) == self.selected())?;
        let Some(row) = self.overridden_row(point.candidate) else { return Some(point) };
        let estimated = [up, right].contains(&Column::Accuracy) && row.accuracy.measured().is_none();
        let overridden = Point { up: row.figure(up), right: row.figure(right), estimated, ..point };
        (overridden.up.is_finite() && overridden.right.is_finite()).then_some(overridden)
    }

    /// Returns `true` if a row has an accuracy with the current number of sensors, measured or estimated.
    pub const fn has_accuracies(&self) -> bool {
        self.derived().has_accuracies()
    }

    /// Number of rows that were not measured with the current number of sensors.
    pub fn unmeasured_rows(&self) -> usize {
        self.derived().unmeasured_rows(self.catalogue())
    }

    /// Rows on the Pareto front of rank and latency; only those with an accuracy, once there are some.
    pub fn front(&self) -> impl Iterator<Item = CandidateId> {
        let ranking = self.derived().ranking();
        let class = if ranking.any_rated() { Class::Rated } else { Class::Unrated };
        let on_front = move |id: &CandidateId| ranking.is_on_front(*id) && ranking.class(*id) == class;
        self.order().iter().copied().filter(on_front)
    }
}
