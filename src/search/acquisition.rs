//! Acquisition function: the candidate whose predicted outcome is most worth an evaluation.

use super::outcome::{MAX_OBJECTIVES, Objectives};

/// Index of the candidate whose predicted objectives would push the front out furthest, in units of the front's ranges:
/// the one with the least additive epsilon, the amount by which it must improve in every objective until no member of
/// the front dominates it (negative if none does already; Zitzler et al. 2003, "Performance assessment of
/// multiobjective optimizers"). Without a front, the one with the least first objective. `None` without candidates.
pub(crate) fn best_candidate(front: &[Objectives], candidates: &[Objectives], objectives: usize) -> Option<usize> {
    let used = objectives.min(MAX_OBJECTIVES);
    let scale: Objectives = std::array::from_fn(|axis| {
        let values = || front.iter().map(|point| point[axis]);
        let range = values().fold(f64::NEG_INFINITY, f64::max) - values().fold(f64::INFINITY, f64::min);
        // One member has no range: its own size serves.
        if range > 0.0 { range.recip() } else { values().next().map_or(1.0, |value| value.abs().max(1e-12).recip()) }
    });
    let epsilon = |candidate: &Objectives| {
        let behind = |member: &Objectives| {
            (0..used).map(|axis| (candidate[axis] - member[axis]) * scale[axis]).fold(f64::INFINITY, f64::min)
        };
        if front.is_empty() { candidate[0] } else { front.iter().map(behind).fold(f64::NEG_INFINITY, f64::max) }
    };
    (0..candidates.len()).min_by(|&a, &b| epsilon(&candidates[a]).total_cmp(&epsilon(&candidates[b])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_front_the_first_objective_decides() {
        let candidates = [[0.5, 1.0, 0.0, 0.0], [0.2, 9.0, 0.0, 0.0]];
        assert_eq!(best_candidate(&[], &candidates, 2), Some(1));
        assert_eq!(best_candidate(&[], &[], 2), None);
    }

    #[test]
    fn the_candidate_far_out_between_two_members_is_taken() {
        let front = [[1.0, 5.0, 0.0, 0.0], [3.0, 1.0, 0.0, 0.0]];
        // Behind the front; just on it; far out between its members.
        let candidates = [[4.0, 4.0, 0.0, 0.0], [1.0, 5.0, 0.0, 0.0], [1.5, 1.5, 0.0, 0.0]];
        assert_eq!(best_candidate(&front, &candidates, 2), Some(2));
    }

    #[test]
    fn a_dominated_candidate_is_taken_only_where_all_are() {
        let front = [[1.0, 1.0, 1.0, 0.0]];
        let far = [3.0, 3.0, 3.0, 0.0];
        let near = [1.2, 1.1, 1.3, 0.0];
        assert_eq!(best_candidate(&front, &[far, near], 3), Some(1));
        assert_eq!(best_candidate(&front, &[far, near, [9.0, 0.9, 9.0, 0.0]], 3), Some(2));
    }
}
