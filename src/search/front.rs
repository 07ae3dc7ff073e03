//! Pareto front of points whose figures are all minimised.

use std::cmp::Ordering;

/// Points that no other covers, in lexicographic order, found as points are inserted. Of equal points the first stays.
/// Each has a number by which the caller knows it.
///
/// With two figures an insertion is a binary search, with more a pass over the front at worst.
#[derive(Clone, Debug)]
pub(crate) struct ParetoFront<const WIDTH: usize> {
    /// Number of figures that are in use; the others are 0.
    figures: usize,
    points: Vec<[f64; WIDTH]>,
    members: Vec<usize>,
    /// Point that covered the last one refused: mostly it covers the next one too.
    coverer: [f64; WIDTH],
}

impl<const WIDTH: usize> ParetoFront<WIDTH> {
    /// An empty front of points of which the first `figures` are in use.
    pub(crate) const fn new(figures: usize) -> Self {
        Self { figures, points: Vec::new(), members: Vec::new(), coverer: [f64::NAN; WIDTH] }
    }

    /// The points of the front.
    pub(crate) fn points(&self) -> &[[f64; WIDTH]] {
        &self.points
    }

    /// Numbers of the points of the front, in the same order.
    pub(crate) fn members(&self) -> &[usize] {
        &self.members
    }

    /// Inserts a point without NaN and removes those it covers. Returns `false` if a point of the front covers it.
    pub(crate) fn insert(&mut self, point: [f64; WIDTH], member: usize) -> bool {
        if covers(&self.coverer, &point) {
            return false;
        }
        // Only points that come before it or equal it can cover it.
        let before = match self.points.last() {
            Some(last) if lexicographic(last, &point).is_gt() => {
                self.points.partition_point(|known| lexicographic(known, &point).is_le())
            }
            _ => self.points.len(),
        };
        // Of two figures the second falls along the front, so that only the last of them can.
        let first = if self.figures == 2 { before.saturating_sub(1) } else { 0 };
        if let Some(coverer) = self.points[first..before].iter().rev().find(|known| covers(known, &point)) {
            self.coverer = *coverer;
            return false;
        }
        self.remove_covered(before, &point);
        self.points.insert(before, point);
        self.members.insert(before, member);
        true
    }

    /// Removes the points from position `begin` on that `point` covers, keeping the order.
    fn remove_covered(&mut self, begin: usize, point: &[f64; WIDTH]) {
        let mut kept = begin;
        for index in begin..self.points.len() {
            if !covers(point, &self.points[index]) {
                self.points.swap(kept, index);
                self.members.swap(kept, index);
                kept += 1;
            }
        }
        self.points.truncate(kept);
        self.members.truncate(kept);
    }
}

/// Weak domination: `a` is nowhere worse than `b`.
#[inline]
#[allow(clippy::needless_bitwise_bool, reason = "a few comparisons without a branch are quicker than a guess")]
pub(super) fn covers<const WIDTH: usize>(a: &[f64; WIDTH], b: &[f64; WIDTH]) -> bool {
    (0..WIDTH).fold(true, |all, figure| all & (a[figure] <= b[figure]))
}

/// Lexicographic order, the order in which a dominating point always comes before the points it dominates.
pub(super) fn lexicographic<const WIDTH: usize>(a: &[f64; WIDTH], b: &[f64; WIDTH]) -> Ordering {
    a.iter()
        .zip(b)
        // Adding 0 makes -0 equal to 0, as it is for domination.
        .map(|(x, y)| (x + 0.0).total_cmp(&(y + 0.0)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_front_equals_the_definition(
            raw in prop::collection::vec(prop::array::uniform4(0_u8..6), 0..80),
            figures in 2_usize..=4,
        ) {
            let point = |raw: &[u8; 4]| -> [f64; 4] {
                std::array::from_fn(|figure| if figure < figures { f64::from(raw[figure]) } else { 0.0 })
            };
            let points: Vec<[f64; 4]> = raw.iter().map(point).collect();
            let mut front = ParetoFront::new(figures);
            for (member, point) in points.iter().enumerate() {
                let covered = points[..member].iter().any(|other| covers(other, point));
                prop_assert_eq!(front.insert(*point, member), !covered);
            }
            let by_definition: Vec<usize> = (0..points.len())
                .filter(|&i| !points.iter().any(|other| covers(other, &points[i]) && other != &points[i]))
                .filter(|&i| !points[..i].contains(&points[i]))
                .collect();
            prop_assert!(front.points().is_sorted_by(|a, b| lexicographic(a, b).is_lt()));
            let found: Vec<[f64; 4]> = front.members().iter().map(|&member| points[member]).collect();
            prop_assert_eq!(&found, front.points());
            let mut members = front.members().to_vec();
            members.sort_unstable();
            prop_assert_eq!(members, by_definition);
        }
    }
}
