//! Exact hypervolume of a set of points in two, three or four objectives: the volume they dominate up to a reference
//! corner.
//!
//! Everything is minimised. Two objectives: one pass over the sorted points. Three: a sweep along the third objective
//! that keeps the area of the staircase in the first two, O(n log n) and the moves of a short vector. Four: slices
//! along the fourth objective; the volume of the growing three-dimensional set is kept up to date by the part that only
//! the new point dominates (the "exclusive" volume of While, Bradstreet, Barone 2012, "A fast way of calculating exact
//! hypervolumes"). Invariant: points that are dominated, or not better than the reference in every objective, change
//! nothing.

use super::front::covers;
use super::outcome::Objectives;

/// Volume dominated by `points` within `reference`, over the first `objectives` values of each; 0 for other numbers of
/// objectives.
///
/// ```
/// use splitscope::search::hypervolume;
/// let points = [[1.0, 3.0, 0.0, 0.0], [2.0, 1.0, 0.0, 0.0]];
/// // 1 x 1 for the first point alone, 2 x 3 for the second.
/// assert_eq!(hypervolume(&points, &[4.0, 4.0, 0.0, 0.0], 2), 7.0);
/// ```
pub fn hypervolume(points: &[Objectives], reference: &Objectives, objectives: usize) -> f64 {
    let inside = |point: &&Objectives| (0..objectives).all(|axis| point[axis] < reference[axis]);
    let mut points: Vec<Objectives> = points.iter().filter(inside).copied().collect();
    match objectives {
        2 => area(&mut points, reference),
        3 => volume(&mut points, reference),
        4 => slices(&mut points, reference),
        _ => 0.0,
    }
}

fn sort_by_axis(points: &mut [Objectives], axis: usize) {
    points.sort_unstable_by(|a, b| a[axis].total_cmp(&b[axis]));
}

/// Two objectives: strips from left to right, each as high as the best second value so far.
fn area(points: &mut [Objectives], reference: &Objectives) -> f64 {
    sort_by_axis(points, 0);
    let mut total = 0.0;
    let mut lowest = reference[1];
    for point in points {
        if point[1] < lowest {
            total += (reference[0] - point[0]) * (lowest - point[1]);
            lowest = point[1];
        }
    }
    total
}

/// Three objectives.
fn volume(points: &mut [Objectives], reference: &Objectives) -> f64 {
    sort_by_axis(points, 2);
    let mut steps = Staircase::default();
    let mut total = 0.0;
    for (index, point) in points.iter().enumerate() {
        steps.insert(point[0], point[1], reference);
        let next = points.get(index + 1).map_or(reference[2], |next| next[2]);
        total += steps.area * (next - point[2]);
    }
    total
}

/// Four objectives.
fn slices(points: &mut [Objectives], reference: &Objectives) -> f64 {
    sort_by_axis(points, 3);
    let mut front: Vec<Objectives> = Vec::new();
    let mut slice = 0.0;
    let mut total = 0.0;
    for index in 0..points.len() {
        let mut point = points[index];
        let depth = points.get(index + 1).map_or(reference[3], |next| next[3]) - point[3];
        point[3] = 0.0;
        if !front.iter().any(|member| covers(member, &point)) {
            slice += exclusive(&front, &point, reference);
            front.retain(|member| !covers(&point, member));
            front.push(point);
        }
        total += slice * depth;
    }
    total
}

/// The three-dimensional volume that `point` dominates and `front` does not: its box less what `front` dominates inside
/// it.
fn exclusive(front: &[Objectives], point: &Objectives, reference: &Objectives) -> f64 {
    let whole: f64 = (0..3).map(|axis| reference[axis] - point[axis]).product();
    let mut limited: Vec<Objectives> =
        front.iter().map(|member| std::array::from_fn(|axis| member[axis].max(point[axis]))).collect();
    whole - volume(&mut limited, reference)
}

/// Non-dominated points of a plane, by rising first and falling second value, and the area they dominate.
#[derive(Default)]
struct Staircase {
    points: Vec<(f64, f64)>,
    area: f64,
}

impl Staircase {
    fn insert(&mut self, x: f64, y: f64, reference: &Objectives) {
        let start = self.points.partition_point(|point| point.0 < x);
        let mut ceiling = if start == 0 { reference[1] } else { self.points[start - 1].1 };
        if ceiling <= y || self.points.get(start).is_some_and(|point| point.0 <= x && point.1 <= y) {
            return;
        }
        // What the new point adds lies between it and the steps to its right, until one of them is lower.
        let mut end = start;
        let mut left = x;
        while end < self.points.len() && self.points[end].1 >= y {
            self.area += (self.points[end].0 - left) * (ceiling - y);
            (left, ceiling) = self.points[end];
            end += 1;
        }
        let right = self.points.get(end).map_or(reference[0], |point| point.0);
        self.area += (right - left) * (ceiling - y);
        self.points.splice(start..end, [(x, y)]);
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CORNER: Objectives = [8.0; 4];

    /// Counts the unit cells of an integer grid that some point dominates.
    fn brute_force(points: &[Objectives], objectives: usize) -> f64 {
        let side = 8_usize;
        let cells = (0..side.pow(objectives as u32)).filter(|cell| {
            let corner: Vec<f64> = (0..objectives).map(|axis| (cell / side.pow(axis as u32) % side) as f64).collect();
            points.iter().any(|point| (0..objectives).all(|axis| point[axis] <= corner[axis]))
        });
        cells.count() as f64
    }

    #[test]
    fn hand_computed_volumes() {
        assert_eq!(hypervolume(&[], &CORNER, 3), 0.0);
        assert_eq!(hypervolume(&[[1.0, 2.0, 3.0, 4.0]], &CORNER, 2), 42.0);
        assert_eq!(hypervolume(&[[1.0, 2.0, 3.0, 4.0]], &CORNER, 3), 210.0);
        assert_eq!(hypervolume(&[[1.0, 2.0, 3.0, 4.0]], &CORNER, 4), 840.0);
        // Two boxes of 2 x 2 x 1 and 1 x 1 x 2 within (2, 2, 2) that share a unit cube.
        let pair = [[0.0, 0.0, 1.0, 0.0], [1.0, 1.0, 0.0, 0.0]];
        assert_eq!(hypervolume(&pair, &[2.0; 4], 3), 5.0);
        // The same with a fourth axis of length 2 for one and 1 for the other: 4 * 2 + 2 * 1 - 1 * 1.
        let pair = [[0.0, 0.0, 1.0, 0.0], [1.0, 1.0, 0.0, 1.0]];
        assert_eq!(hypervolume(&pair, &[2.0; 4], 4), 9.0);
    }

    #[test]
    fn points_outside_the_reference_count_for_nothing() {
        assert_eq!(hypervolume(&[[8.0, 0.0, 0.0, 0.0], [0.0, 9.0, 0.0, 0.0]], &CORNER, 2), 0.0);
    }

    proptest! {
        #[test]
        fn equals_counting_cells(
            raw in prop::collection::vec(prop::array::uniform4(0_u8..9), 0..25),
            objectives in 2_usize..=4,
        ) {
            let points: Vec<Objectives> = raw.iter().map(|values| values.map(f64::from)).collect();
            prop_assert_eq!(hypervolume(&points, &CORNER, objectives), brute_force(&points, objectives));
        }
    }
}
