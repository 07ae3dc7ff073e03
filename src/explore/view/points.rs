//! The scatter: every row as a point between two figures.

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
    /// Whether it is selected.
    pub selected: bool,
    /// Letter of its pin.
    pub pin: Option<char>,
}

impl Session {
    /// Every row at its best split, between the figures of [`Session::plot`]. Rows of which one is unknown have no point.
    pub fn points(&self) -> Vec<Point> {
        let plot = self.plot();
        let point = |&id: &CandidateId| {
            let (right, up) = (self.figure(id, plot.right), self.figure(id, plot.up));
            let class = if self.standing(id)?.feasible() { PointClass::Feasible } else { PointClass::Infeasible };
            (right.is_finite() && up.is_finite()).then(|| Point {
                candidate: id,
                right,
                up,
                class,
                selected: self.selected == Some(id),
                pin: self.pin_letter(id),
            })
        };
        let mut points: Vec<Point> = self.order().iter().filter_map(point).collect();
        mark_front(&mut points, plot.right, plot.up);
        points
    }

    /// How many rows have no point because they were not measured with the present number of sensors.
    pub fn unmeasured_rows(&self) -> usize {
        let unmeasured = |id: &&CandidateId| self.standing(**id).is_some_and(|standing| standing.accuracy().is_none());
        self.order().iter().filter(unmeasured).count()
    }

    /// Rows that meet all limits and that no other beats both in what ranks them and in latency; only measured ones, once
    /// there are some.
    pub fn front(&self) -> impl Iterator<Item = CandidateId> {
        let class = if self.known.measured > 0 { Class::Measured } else { Class::Unmeasured };
        let on_front = move |id: CandidateId| {
            self.known.front[id as usize] && self.standing(id).is_some_and(|standing| standing.class == class)
        };
        self.order().iter().copied().filter(move |&id| on_front(id))
    }
}

/// Marks those of the points that meet all limits which no other of them beats. Of equal ones the first is marked.
fn mark_front(points: &mut [Point], right: Column, up: Column) {
    // Turned so that less is better.
    let cost = |column: Column, value: f64| if column.descends() { -value } else { value };
    let key = |point: &Point| (cost(right, point.right), cost(up, point.up));
    let mut order: Vec<(f64, f64, usize)> = points
        .iter()
        .enumerate()
        .filter(|(_, point)| point.class == PointClass::Feasible)
        .map(|(index, point)| (key(point).0, key(point).1, index))
        .collect();
    order.sort_unstable_by(|one, other| {
        one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1)).then(one.2.cmp(&other.2))
    });
    let mut best = f64::INFINITY;
    for (_, value, index) in order {
        if value < best {
            best = value;
            points[index].class = PointClass::Front;
        }
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
                    selected: false,
                    pin: None,
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
