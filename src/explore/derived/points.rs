//! Points of scatter plots, and their Pareto front.

use std::cell::{OnceCell, RefCell};

use crate::explore::candidate::CandidateId;
use crate::explore::column::Column;
use crate::search::ParetoFront;

/// Class of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PointClass {
    /// Meets all limits, and no other such point is as good in both figures and better in one of them.
    Front,
    /// Meets all limits.
    Feasible,
    /// Breaks limits.
    Infeasible,
}

/// A candidate as a point of a scatter plot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The candidate.
    pub candidate: CandidateId,
    /// The figure to the right, in base units.
    pub right: f64,
    /// The figure upwards, in base units.
    pub up: f64,
    /// Feasibility, by which the point is styled.
    pub class: PointClass,
    /// `true` if one of the figures is an accuracy that was not measured.
    pub estimated: bool,
}

/// A point with the figures that the front is found by, which for accuracies are not always those shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct RankedPoint {
    pub(super) point: Point,
    /// Figures to the right and upwards.
    pub(super) ranked: [f64; 2],
}

/// The rows between two figures.
#[derive(Debug, Clone)]
pub(in crate::explore) struct Points(Vec<Point>);

impl Points {
    /// The points in the order of the rows.
    pub(in crate::explore) fn all(&self) -> &[Point] {
        &self.0
    }
}

/// Points by pair of figures, plotted when first asked for. Frames ask often, and most of them change nothing.
#[derive(Debug, Clone)]
pub(super) struct PointCache {
    /// Of each pair of [`Column::FIGURES`].
    pairs: Vec<OnceCell<Points>>,
    /// Memory of points that are no longer valid, for the next ones.
    spare: RefCell<Vec<Point>>,
    /// Memory of the figures that the front is found by.
    ranked: RefCell<Vec<[f64; 2]>>,
}

impl Default for PointCache {
    fn default() -> Self {
        let pairs = Column::FIGURES.len() * Column::FIGURES.len();
        Self { pairs: vec![OnceCell::new(); pairs], spare: RefCell::default(), ranked: RefCell::default() }
    }
}

impl PointCache {
    /// Returns the points of a pair of figures; those of `rows` whose figures are finite, and their front, are found
    /// the first time. A column that is no figure counts as the first figure.
    pub(super) fn get_or_fill(&self, up: Column, right: Column, rows: impl Iterator<Item = RankedPoint>) -> &Points {
        let place = |column| Column::FIGURES.iter().position(|figure| *figure == column).unwrap_or(0);
        self.pairs[place(up) * Column::FIGURES.len() + place(right)].get_or_init(|| {
            let (mut points, mut ranked) = (self.spare.take(), self.ranked.borrow_mut());
            points.clear();
            ranked.clear();
            for row in rows.filter(|row| row.point.right.is_finite() && row.point.up.is_finite()) {
                points.push(row.point);
                ranked.push(row.ranked);
            }
            mark_front(&mut points, &ranked, right, up);
            Points(points)
        })
    }

    /// Discards all points.
    pub(super) fn clear(&mut self) {
        for pair in &mut self.pairs {
            if let Some(points) = pair.take() {
                self.spare = RefCell::new(points.0);
            }
        }
    }
}

/// Marks the Pareto front of the feasible points, by their `ranked` figures to the right and upwards. Of equal points
/// the first is marked.
fn mark_front(points: &mut [Point], ranked: &[[f64; 2]], right: Column, up: Column) {
    // Negative where more is better.
    let cost = |column: Column, value: f64| if column.descends() { -value } else { value };
    let mut front = ParetoFront::new(2);
    let feasible = points.iter().zip(ranked).enumerate().filter(|(_, (point, _))| point.class == PointClass::Feasible);
    for (index, (_, figures)) in feasible {
        front.insert([cost(right, figures[0]), cost(up, figures[1])], index);
    }
    for &index in front.members() {
        points[index].class = PointClass::Front;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_is_what_no_feasible_point_beats() {
        let point = |(candidate, (right, up, class))| Point { candidate, right, up, class, estimated: false };
        let feasible = PointClass::Feasible;
        let raw =
            [(2.0, 0.9, feasible), (1.0, 0.8, feasible), (1.0, 0.95, PointClass::Infeasible), (2.0, 0.8, feasible)];
        let mut points: Vec<Point> = (0..).zip(raw).map(point).collect();
        points.push(Point { candidate: 4, ..points[0] });
        let ranked: Vec<[f64; 2]> = points.iter().map(|point| [point.right, point.up]).collect();
        mark_front(&mut points, &ranked, Column::Latency, Column::Accuracy);
        let front: Vec<_> =
            points.iter().filter(|point| point.class == PointClass::Front).map(|point| point.candidate).collect();
        assert_eq!(front, [0, 1]);
    }
}
