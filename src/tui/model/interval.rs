//! Interval of values.

/// Values from `low` to `high`, with both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Interval {
    /// The lowest value.
    pub(crate) low: f64,
    /// The highest value.
    pub(crate) high: f64,
}

impl Interval {
    /// The interval between two values, the lower one first.
    pub(crate) const fn new(low: f64, high: f64) -> Self {
        Self { low, high }
    }

    /// The smallest interval with all of some values. That of none holds nothing; NaN is left out.
    pub(crate) fn of(values: impl Iterator<Item = f64>) -> Self {
        let none = Self::new(f64::INFINITY, f64::NEG_INFINITY);
        values.fold(none, |ends, value| Self::new(ends.low.min(value), ends.high.max(value)))
    }

    /// Returns `true` for a value of the interval.
    pub(crate) fn contains(self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// Distance of the ends.
    pub(crate) fn length(self) -> f64 {
        self.high - self.low
    }

    /// The interval in units of `size`.
    pub(crate) fn in_units(self, size: f64) -> Self {
        Self::new(self.low / size, self.high / size)
    }

    /// Both ends.
    pub(crate) const fn ends(self) -> [f64; 2] {
        [self.low, self.high]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_holds_its_ends_and_no_nan() {
        let interval = Interval::of([3.0, f64::NAN, 1.0, 2.0].into_iter());
        assert_eq!(interval, Interval::new(1.0, 3.0));
        assert!(interval.contains(1.0) && interval.contains(3.0) && !interval.contains(3.1));
        assert!(!interval.contains(f64::NAN) && !Interval::of([].into_iter()).contains(0.0));
        assert_eq!((interval.length(), interval.in_units(2.0).ends()), (2.0, [0.5, 1.5]));
    }
}
