//! Rows as points of a scatter plot.

use std::cell::{OnceCell, RefCell};

use crate::explore::candidate::CandidateId;
use crate::explore::column::Column;
use crate::explore::rank::Class;
use crate::explore::session::Session;

/// What a point stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PointClass {
    /// Meets all limits, and no other such point is as good in both figures and better in one.
    Front,
    /// Meets all limits.
    Feasible,
    /// Breaks limits.
    Infeasible,
}

/// One point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The candidate.
    pub candidate: CandidateId,
    /// The figure to the right, in base units.
    pub right: f64,
    /// The figure upwards, in base units.
    pub up: f64,
    /// Kind.
    pub class: PointClass,
}

/// Points of the rows between pairs of figures, made when first asked for and kept until the rows change.
#[derive(Debug, Clone, Default)]
pub struct Points {
    /// Points of each pair of figures, by their places in [`Column::FIGURES`], vertical first.
    by_axes: [[OnceCell<Vec<Point>>; Column::FIGURES.len()]; Column::FIGURES.len()],
    /// Number of rows without an accuracy at the current number of sensors.
    unmeasured: OnceCell<usize>,
    /// Allocation of former points, for the next ones.
    spare: RefCell<Vec<Point>>,
}

impl Points {
    /// Forgets all points after a change of the rows.
    pub(in crate::explore) fn clear(&mut self) {
        self.unmeasured.take();
        for points in self.by_axes.iter_mut().flatten() {
            if let Some(points) = points.take() {
                self.spare = RefCell::new(points);
            }
        }
    }
}

impl Session {
    /// Every row at its best split as a point between two figures. Rows of which one is unknown have no point.
    pub fn points(&self, up: Column, right: Column) -> &[Point] {
        let place = |column: Column| Column::FIGURES.iter().position(|figure| *figure == column);
        let (Some(up_place), Some(right_place)) = (place(up), place(right)) else { return &[] };
        self.known.points.by_axes[up_place][right_place].get_or_init(|| self.make_points(up, right))
    }

    /// Point of the selected design as overridden; `None` if a figure of it is unknown.
    pub fn selected_point(&self, up: Column, right: Column) -> Option<Point> {
        let point = *self.points(up, right).iter().find(|point| Some(point.candidate) == self.selected())?;
        let Some(row) = self.row_by_hand(point.candidate) else { return Some(point) };
        let (up, right) = (row.figure(up), row.figure(right));
        (up.is_finite() && right.is_finite()).then_some(Point { right, up, ..point })
    }

    /// Number of rows without an accuracy at the current number of sensors.
    pub fn unmeasured_rows(&self) -> usize {
        let is_unmeasured = |id: &&CandidateId| !self.known.accuracies || self.best_accuracy(**id).is_nan();
        *self.known.points.unmeasured.get_or_init(|| self.order().iter().filter(is_unmeasured).count())
    }

    fn make_points(&self, up: Column, right: Column) -> Vec<Point> {
        let point = |&id: &CandidateId| {
            let (right, up) = (self.figure(id, right), self.figure(id, up));
            let feasible = self.known.ranking.feasible(id);
            let class = if feasible { PointClass::Feasible } else { PointClass::Infeasible };
            (right.is_finite() && up.is_finite()).then_some(Point { candidate: id, right, up, class })
        };
        let mut points = self.known.points.spare.take();
        points.clear();
        points.reserve(self.order().len());
        points.extend(self.order().iter().filter_map(point));
        mark_front(&mut points, right, up);
        points
    }

    /// Rows that meet all limits and that no other beats both in what ranks them and in latency; only measured ones, once
    /// there are some.
    pub fn front(&self) -> impl Iterator<Item = CandidateId> {
        let class = if self.known.measured > 0 { Class::Measured } else { Class::Unmeasured };
        let on_front =
            move |id: CandidateId| self.known.ranking.is_on_front(id) && self.known.ranking.class(id) == class;
        self.order().iter().copied().filter(move |&id| on_front(id))
    }
}

/// Marks those of the points that meet all limits which no other of them beats. Of equal ones the first is marked.
fn mark_front(points: &mut [Point], right: Column, up: Column) {
    // Turned so that less is better.
    let cost = |column: Column, value: f64| if column.descends() { -value } else { value };
    // The front so far, less and less upwards: whether it beats a point is seen at one place of it.
    let mut front: Vec<(f64, f64, usize)> = Vec::new();
    // What beat the last one that was beaten: it mostly beats the next one too.
    let mut beater = (f64::INFINITY, f64::INFINITY);
    for (index, point) in points.iter().enumerate().filter(|(_, point)| point.class == PointClass::Feasible) {
        let (x, y) = (cost(right, point.right), cost(up, point.up));
        if beater.0 <= x && beater.1 <= y {
            continue;
        }
        let behind = front.partition_point(|one| one.0 <= x);
        if let Some(&(left, below, _)) = front[..behind].last().filter(|one| one.1 <= y) {
            beater = (left, below);
            continue;
        }
        let from = front.partition_point(|one| one.0 < x);
        let beaten = front[from..].iter().take_while(|one| one.1 >= y).count();
        front.splice(from..from + beaten, [(x, y, index)]);
    }
    for (.., index) in front {
        points[index].class = PointClass::Front;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_front_is_what_nothing_beats(
            values in prop::collection::vec((0_u8..9, 0_u8..9, any::<bool>()), 0..40),
        ) {
            let mut points: Vec<Point> = values
                .iter()
                .zip(0..)
                .map(|(&(right, up, fits), candidate)| Point {
                    candidate,
                    right: f64::from(right),
                    up: f64::from(up),
                    class: if fits { PointClass::Feasible } else { PointClass::Infeasible },
                })
                .collect();
            mark_front(&mut points, Column::Latency, Column::Accuracy);
            let fits = |point: &&Point| point.class != PointClass::Infeasible;
            for point in points.iter().filter(fits) {
                let beats = |other: &Point| {
                    other.right <= point.right && other.up >= point.up && (other.right, other.up) != (point.right, point.up)
                };
                let beaten = points.iter().filter(fits).any(beats);
                let twin = points.iter().filter(fits).any(|other| {
                    (other.right, other.up) == (point.right, point.up) && other.candidate < point.candidate
                });
                prop_assert_eq!(point.class == PointClass::Front, !beaten && !twin);
            }
        }
    }
}
