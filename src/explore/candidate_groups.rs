//! Candidates that are one design at their best rated splits.

use std::ops::Range;

use super::candidate::CandidateId;

/// Stands for no group.
const NONE: u32 = u32::MAX;

/// Groups of candidates that are one design at their best rated splits.
#[derive(Debug, Clone, Default)]
pub(super) struct CandidateGroups {
    /// Group of each candidate.
    of: Vec<u32>,
    /// Place of the first member of each group among the members, then the number of these.
    starts: Vec<u32>,
    /// Members of one group after the other, each in the order of their numbers.
    members: Vec<CandidateId>,
    /// Candidates in no group.
    ungrouped: Vec<CandidateId>,
}

impl CandidateGroups {
    /// Groups from that of each candidate, in the order of their numbers.
    pub(super) fn new(of_candidates: impl Iterator<Item = Option<usize>> + Clone, groups: usize) -> Self {
        let mut starts = vec![0; groups + 1];
        for group in of_candidates.clone().flatten() {
            starts[group + 1] += 1;
        }
        for group in 0..groups {
            starts[group + 1] += starts[group];
        }
        let (mut next, mut members) = (starts.clone(), vec![0; starts[groups] as usize]);
        let (mut of, mut ungrouped) = (Vec::new(), Vec::new());
        for (id, group) in (0..).zip(of_candidates) {
            of.push(group.map_or(NONE, |group| group as u32));
            if let Some(group) = group {
                members[next[group] as usize] = id;
                next[group] += 1;
            } else {
                ungrouped.push(id);
            }
        }
        Self { of, starts, members, ungrouped }
    }

    /// Number of groups.
    pub(super) const fn count(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Group of a candidate.
    #[inline]
    pub(super) fn of(&self, id: CandidateId) -> Option<usize> {
        self.of.get(id as usize).filter(|&&group| group != NONE).map(|&group| group as usize)
    }

    /// Members of a group in the order of their numbers; there is one at least.
    #[inline]
    pub(super) fn members(&self, group: usize) -> &[CandidateId] {
        let Range { start, end } = self.starts[group]..self.starts[group + 1];
        &self.members[start as usize..end as usize]
    }

    /// Candidates in no group.
    pub(super) fn ungrouped(&self) -> &[CandidateId] {
        &self.ungrouped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_order() {
        let of = [Some(1), None, Some(0), Some(1), None];
        let groups = CandidateGroups::new(of.into_iter(), 2);
        assert_eq!((groups.members(0), groups.members(1), groups.ungrouped()), (&[2][..], &[0, 3][..], &[1, 4][..]));
        assert_eq!((groups.count(), groups.of(3), groups.of(4), groups.of(9)), (2, Some(1), None, None));
        assert_eq!(CandidateGroups::default().count(), 0);
    }
}
