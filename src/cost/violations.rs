//! Sets of broken limits.

use crate::quantity::Limit;

/// Set of limits that a design breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Violations(u16);

impl Violations {
    /// The set whose bits are given, in the order of [`Limit::ALL`].
    pub(crate) const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// A bit for each limit of the set, in the order of [`Limit::ALL`].
    pub(crate) const fn bits(self) -> u16 {
        self.0
    }

    /// The set of the given limits.
    pub const fn of(limits: &[Limit]) -> Self {
        let (mut set, mut index) = (Self(0), 0);
        while index < limits.len() {
            set = set.with(limits[index], true);
            index += 1;
        }
        set
    }

    /// Returns `true` if no limit is broken but those of `other`.
    pub const fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Returns `true` if no limit is broken.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns `true` if `limit` is broken.
    pub const fn contains(self, limit: Limit) -> bool {
        self.0 & (1 << limit as u16) != 0
    }

    /// Number of broken limits.
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// The broken limits in the order of [`Limit::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Limit> {
        Limit::ALL.into_iter().filter(move |&limit| self.contains(limit))
    }

    /// The set with the limits of both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The set with `limit` added if `broken`.
    #[must_use]
    pub const fn with(self, limit: Limit, broken: bool) -> Self {
        Self(self.0 | ((broken as u16) << limit as u16))
    }
}
