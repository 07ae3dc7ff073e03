//! Views of an object that a forward pass sees.

use rand::Rng;

/// Numbers of the views that a forward pass sees, ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewSet(Vec<usize>);

impl From<usize> for ViewSet {
    /// The first `count` views.
    fn from(count: usize) -> Self {
        Self((0..count).collect())
    }
}

impl ViewSet {
    /// The first `count` views.
    pub fn first(count: usize) -> Self {
        count.into()
    }

    /// The first `count` views without those whose bit is set in `lost`. `None` if no view is left, or a bit stands for
    /// a view that there is not.
    pub fn without(count: usize, lost: u32) -> Option<Self> {
        let is_lost =
            |view: &usize| u32::try_from(*view).is_ok_and(|view| lost.checked_shr(view).unwrap_or(0) & 1 == 1);
        let views: Vec<usize> = (0..count).filter(|view| !is_lost(view)).collect();
        let all_exist = count - views.len() == lost.count_ones() as usize;
        (all_exist && !views.is_empty()).then_some(Self(views))
    }

    /// `count` of the first `of` views, drawn uniformly.
    pub fn drawn(count: usize, of: usize, rng: &mut impl Rng) -> Self {
        let mut views = rand::seq::index::sample(rng, of, count).into_vec();
        views.sort_unstable();
        Self(views)
    }

    /// Number of views.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Numbers of the views, ascending.
    pub fn list(&self) -> &[usize] {
        &self.0
    }
}
