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

    /// The first `count` views without those whose bit is set in `lost`.
    pub fn without(count: usize, lost: u32) -> Self {
        Self((0..count).filter(|view| lost >> view & 1 == 0).collect())
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
