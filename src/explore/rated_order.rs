//! The splits of each candidate in the order of their ratings: the first that meets all limits is the best one.

use super::candidate::CandidateId;
use super::catalogue::Catalogue;

/// Splits of all candidates in the order of their ratings.
#[derive(Debug, Clone, Default)]
pub(super) struct RatedOrder {
    /// Indices of the splits of each candidate among its own: those that are allowed and rated, the highest rated
    /// first and of equals the first; unused ones behind them.
    indices: Vec<u16>,
    candidates: Vec<OrderedSplits>,
}

/// Splits of a candidate by their ratings.
#[derive(Debug, Clone, Copy)]
pub(super) struct OrderedSplits {
    /// Number of those that are allowed and rated.
    pub(super) rated: usize,
    /// The first one is rated higher than the second.
    has_top: bool,
    /// Others are allowed, but not rated.
    pub(super) has_unrated: bool,
}

/// Writes the indices of the splits that are allowed and have a rating: the highest rated first, of equals the first.
#[allow(clippy::float_cmp, reason = "ratings are compared with one another")]
pub(super) fn by_rating(ratings: &[f64], indices: &mut [u16], is_allowed: impl Fn(usize) -> bool) -> OrderedSplits {
    let (mut rated, mut has_unrated) = (0, false);
    for index in (0..indices.len()).filter(|&index| is_allowed(index)) {
        let rating = ratings.get(index).copied().unwrap_or(f64::NAN);
        if rating.is_nan() {
            has_unrated = true;
            continue;
        }
        let mut place = rated;
        while place > 0 && ratings[usize::from(indices[place - 1])] < rating {
            indices[place] = indices[place - 1];
            place -= 1;
        }
        indices[place] = index as u16;
        rated += 1;
    }
    let rating = |place: usize| ratings[usize::from(indices[place])];
    let has_top = rated == 1 || rated > 1 && rating(0) != rating(1);
    OrderedSplits { rated, has_top, has_unrated }
}

impl RatedOrder {
    /// The splits of a catalogue that is up to date.
    pub(super) fn new(catalogue: &Catalogue) -> Self {
        let mut indices = vec![0; catalogue.split_count()];
        let ordered = |id: CandidateId| {
            let range = catalogue.range(id);
            let is_allowed = |index: usize| catalogue.batch().is_allowed(range.start + index);
            by_rating(catalogue.ratings(range.clone()), &mut indices[range.clone()], is_allowed)
        };
        let candidates = catalogue.ids().map(ordered).collect();
        Self { indices, candidates }
    }

    /// Index of the split of a candidate that is rated higher than all others among its own; `None` if there is none.
    pub(super) fn top(&self, catalogue: &Catalogue, id: CandidateId) -> Option<u16> {
        self.candidates[id as usize].has_top.then(|| self.indices[catalogue.range(id).start])
    }

    /// Indices of the rated splits of a candidate but for the top, the highest rated first.
    #[inline]
    pub(super) fn below_top(&self, catalogue: &Catalogue, id: CandidateId) -> &[u16] {
        let (start, own) = (catalogue.range(id).start, &self.candidates[id as usize]);
        &self.indices[start + usize::from(own.has_top)..start + own.rated]
    }

    /// Returns `true` if a candidate has an allowed split without a rating.
    #[inline]
    pub(super) fn has_unrated(&self, id: CandidateId) -> bool {
        self.candidates[id as usize].has_unrated
    }
}
