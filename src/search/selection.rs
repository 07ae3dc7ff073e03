//! Selection of the designs that survive: fronts by constraint domination, thinned by crowding distance.
//!
//! Source: Deb et al. 2002 (NSGA-II), with two well-known changes. A front that is too large is thinned step by step
//! with the crowding distances renewed in between, not in one go, which leaves it even. Equal outcomes count as
//! dominated by the earlier one. Invariant: the result depends on the order of the outcomes only where they are equal.

use super::front::{ParetoFront, lexicographic};
use super::outcome::{MAX_OBJECTIVES, Outcome};

/// A survivor: `index` points into the outcomes that were given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Survivor {
    pub(super) index: usize,
    /// 0 is the best front. Infeasible designs come after all feasible ones, each violation a front of its own.
    pub(super) rank: u32,
    /// Crowding distance within its front; infinite at the ends.
    pub(super) crowding: f64,
}

impl Survivor {
    /// The crowded comparison: lower rank first, then the less crowded.
    pub(super) fn beats(&self, other: &Self) -> bool {
        self.rank < other.rank || (self.rank == other.rank && self.crowding > other.crowding)
    }
}

/// The best `keep` of `outcomes`, best front first.
pub(super) fn select(outcomes: &[Outcome], objectives: usize, keep: usize) -> Vec<Survivor> {
    let mut rest: Vec<usize> = (0..outcomes.len()).collect();
    // A stable sort: equal outcomes stay in the order they came in, and the old members come in long sorted runs.
    rest.sort_by(|&a, &b| {
        let (one, other) = (&outcomes[a], &outcomes[b]);
        let violation = one.violation.total_cmp(&other.violation);
        violation.then_with(|| lexicographic(&one.objectives, &other.objectives))
    });
    let infeasible = rest.split_off(rest.partition_point(|&index| outcomes[index].is_feasible()));

    let mut survivors = Vec::with_capacity(keep.min(outcomes.len()));
    let mut rank = 0;
    while survivors.len() < keep && !rest.is_empty() {
        let front = peel(outcomes, objectives, &mut rest);
        let room = keep - survivors.len();
        survivors.extend(thin(outcomes, objectives, &front, room).into_iter().map(|(index, crowding)| Survivor {
            index,
            rank,
            crowding,
        }));
        rank += 1;
    }
    let room = keep - survivors.len();
    survivors.extend(infeasible.into_iter().take(room).zip(rank..).map(|(index, rank)| Survivor {
        index,
        rank,
        crowding: f64::INFINITY,
    }));
    survivors
}

/// Takes the non-dominated members out of `sorted` (lexicographic order), leaving the others in order.
fn peel(outcomes: &[Outcome], objectives: usize, sorted: &mut Vec<usize>) -> Vec<usize> {
    let mut front = ParetoFront::<MAX_OBJECTIVES>::new(objectives);
    sorted.retain(|&index| !front.insert(outcomes[index].objectives, index));
    front.members().to_vec()
}

/// At most `keep` of a front with their crowding distances. An eighth of the excess goes at a time, so that thinning a
/// whole archive stays cheap while the last removals are single ones.
fn thin(outcomes: &[Outcome], objectives: usize, front: &[usize], keep: usize) -> Vec<(usize, f64)> {
    let value = |member: usize, axis: usize| outcomes[front[member]].objectives[axis];
    let mut orders: Vec<Vec<usize>> = (0..objectives)
        .map(|axis| {
            let mut order: Vec<usize> = (0..front.len()).collect();
            // The front comes in the order of the first objective, and of the second backwards where there are only
            // two.
            match (axis, objectives) {
                (0, _) => {}
                (1, 2) => order.reverse(),
                _ => order.sort_by(|&a, &b| value(a, axis).total_cmp(&value(b, axis))),
            }
            order
        })
        .collect();
    let mut distances = vec![0.0; front.len()];
    let mut alive = front.len();
    loop {
        distances.fill(0.0);
        for (axis, order) in orders.iter().enumerate() {
            add_distances(&mut distances, order, |member| value(member, axis));
        }
        if alive <= keep {
            break;
        }
        let removed = (alive - keep).div_ceil(8);
        let mut crowded = orders[0].clone();
        if removed < alive {
            crowded.select_nth_unstable_by(removed, |&a, &b| distances[a].total_cmp(&distances[b]).then(a.cmp(&b)));
        }
        for &member in &crowded[..removed] {
            distances[member] = f64::NAN;
        }
        for order in &mut orders {
            order.retain(|&member| !distances[member].is_nan());
        }
        alive -= removed;
    }
    orders[0].iter().map(|&member| (front[member], distances[member])).collect()
}

/// Adds, for one objective, the gap between each member's two neighbours over the whole range.
fn add_distances(distances: &mut [f64], order: &[usize], value: impl Fn(usize) -> f64) {
    let (Some(&first), Some(&last)) = (order.first(), order.last()) else { return };
    let range = value(last) - value(first);
    distances[first] = f64::INFINITY;
    distances[last] = f64::INFINITY;
    if range > 0.0 {
        for window in order.windows(3) {
            distances[window[1]] += (value(window[2]) - value(window[0])) / range;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn indices(survivors: &[Survivor]) -> Vec<usize> {
        survivors.iter().map(|survivor| survivor.index).collect()
    }

    #[test]
    fn feasible_fronts_come_before_small_violations() {
        let outcomes = [
            Outcome::new(&[0.0, 0.0], 0.2),
            Outcome::feasible(&[2.0, 2.0]),
            Outcome::new(&[0.0, 0.0], 0.1),
            Outcome::feasible(&[1.0, 1.0]),
        ];
        let survivors = select(&outcomes, 2, 4);
        assert_eq!(indices(&survivors), [3, 1, 2, 0]);
        assert_eq!(survivors.iter().map(|survivor| survivor.rank).collect::<Vec<_>>(), [0, 1, 2, 3]);
    }

    #[test]
    fn the_crowded_go_first_and_the_ends_stay() {
        // On the line x + y = 10 the points 4.0 and 4.1 are neighbours; one of them has to go, then the other stays.
        let outcomes: Vec<Outcome> =
            [0.0, 2.0, 4.0, 4.1, 7.0, 10.0].map(|x| Outcome::feasible(&[x, 10.0 - x])).to_vec();
        let kept = indices(&select(&outcomes, 2, 5));
        assert_eq!(kept.len(), 5);
        assert!(kept.contains(&0) && kept.contains(&5));
        assert!(kept.contains(&2) != kept.contains(&3));
    }

    #[test]
    fn of_a_close_pair_only_one_goes() {
        // Distances given once would remove both 10 and 10.1 and leave a hole; renewed, they leave one of them.
        let outcomes = [0.0, 10.0, 10.1, 20.0, 28.0, 36.0, 44.0].map(|x| Outcome::feasible(&[x, -x]));
        let kept = indices(&select(&outcomes, 2, 5));
        assert!(kept.contains(&1) != kept.contains(&2), "{kept:?}");
    }

    #[test]
    fn equal_outcomes_are_of_different_rank() {
        let outcomes = [Outcome::feasible(&[1.0, 1.0]); 3];
        let survivors = select(&outcomes, 2, 3);
        assert_eq!(
            survivors.iter().map(|survivor| (survivor.index, survivor.rank)).collect::<Vec<_>>(),
            [(0, 0), (1, 1), (2, 2)]
        );
    }

    proptest! {
        #[test]
        fn no_survivor_is_dominated_by_one_left_out(
            raw in prop::collection::vec((prop::array::uniform4(0_u8..6), 0_u8..3), 1..60),
            objectives in 2_usize..=4,
            keep in 1_usize..40,
        ) {
            let outcomes: Vec<Outcome> = raw
                .iter()
                .map(|(values, excess)| {
                    let values: Vec<f64> = values[..objectives].iter().map(|v| f64::from(*v)).collect();
                    Outcome::new(&values, f64::from(excess.saturating_sub(1)))
                })
                .collect();
            let survivors = select(&outcomes, objectives, keep);
            prop_assert_eq!(survivors.len(), keep.min(outcomes.len()));
            let kept = indices(&survivors);
            for survivor in &survivors {
                let dominators = |index: &usize| outcomes[*index].dominates(&outcomes[survivor.index]);
                prop_assert!((0..outcomes.len()).filter(|index| !kept.contains(index)).all(|index| !dominators(&index)));
                // Rank 0 is exactly the front, and a dominator has a lower rank.
                prop_assert!(survivors.iter().filter(|s| dominators(&s.index)).all(|s| s.rank < survivor.rank));
            }
        }
    }
}
