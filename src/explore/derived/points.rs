//! Points of scatter plots, and their Pareto front.

use std::cell::{OnceCell, RefCell};

use crate::explore::candidate::CandidateId;
use crate::explore::column::Column;

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
    /// Class.
    pub class: PointClass,
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
}

impl Default for PointCache {
    fn default() -> Self {
        let pairs = Column::FIGURES.len() * Column::FIGURES.len();
        Self { pairs: vec![OnceCell::new(); pairs], spare: RefCell::default() }
    }
}

impl PointCache {
    /// Returns the points of a pair of figures; `fill` fills an empty vector with them the first time. A column that is
    /// no figure counts as the first figure.
    pub(super) fn get_or_fill(&self, up: Column, right: Column, fill: impl FnOnce(&mut Vec<Point>)) -> &Points {
        let place = |column| Column::FIGURES.iter().position(|figure| *figure == column).unwrap_or(0);
        self.pairs[place(up) * Column::FIGURES.len() + place(right)].get_or_init(|| {
            let mut points = self.spare.take();
            points.clear();
            fill(&mut points);
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

/// Marks the Pareto front of the feasible points. Of equal points the first is marked.
pub(super) fn mark_front(points: &mut [Point], right: Column, up: Column) {
    // Negative where more is better.
    let cost = |column: Column, value: f64| if column.descends() { -value } else { value };
    // The front so far in the order of the first figure; the second one descends, so a single neighbour decides.
    let mut front: Vec<(f64, f64, usize)> = Vec::new();
    // The point that beat the last one; mostly it beats the next one too.
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
