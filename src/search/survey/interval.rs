//! Confidence interval of an estimate from drawn samples.

/// Quantile of the normal distribution that bounds 95 % around its middle.
const Z: f64 = 1.959_964;

/// A group of which some members were drawn (with replacement).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stratum {
    /// Members of the group.
    pub(super) members: f64,
    pub(super) drawn: usize,
    /// Of those drawn, how many have the property counted.
    pub(super) hits: usize,
}

impl Stratum {
    /// Estimated members with the property.
    pub(super) fn estimate(&self) -> f64 {
        if self.drawn == 0 { 0.0 } else { self.members * self.hits as f64 / self.drawn as f64 }
    }

    /// Wilson's score interval at 95 % for the number of members with the property (Wilson 1927, "Probable inference,
    /// the law of succession, and statistical inference").
    fn interval(&self) -> (f64, f64) {
        if self.drawn == 0 {
            return (0.0, self.members);
        }
        let n = self.drawn as f64;
        let share = self.hits as f64 / n;
        let centre = share + Z * Z / (2.0 * n);
        let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
        let bound = |value: f64| self.members * (value / (1.0 + Z * Z / n)).clamp(0.0, 1.0);
        (bound(centre - half), bound(centre + half))
    }
}

/// Estimate and 95 % interval of the sum over independent groups: the distances to the bounds of the groups add in
/// squares (Zou and Donner 2008, "Construction of confidence limits about effect measures").
pub(super) fn sum(groups: &[Stratum]) -> (f64, f64, f64) {
    let (mut estimate, mut below, mut above) = (0.0, 0.0, 0.0);
    for group in groups {
        let (own, (low, high)) = (group.estimate(), group.interval());
        estimate += own;
        below += (own - low).powi(2);
        above += (high - own).powi(2);
    }
    (estimate, (estimate - below.sqrt()).max(0.0), estimate + above.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilsons_interval_has_its_known_values() {
        // 10 of 100: 5.52 % to 17.44 %, as statistics packages give it.
        let (low, high) = Stratum { members: 100.0, drawn: 100, hits: 10 }.interval();
        assert!((low - 5.522).abs() < 1e-2 && (high - 17.436).abs() < 1e-2, "{low} {high}");
        let (low, high) = Stratum { members: 1.0, drawn: 100, hits: 0 }.interval();
        assert!(low.abs() < 1e-12 && (high - 0.036_995).abs() < 1e-5, "{low} {high}");
    }

    #[test]
    fn groups_add_and_their_errors_partly_cancel() {
        let one = Stratum { members: 1e6, drawn: 400, hits: 100 };
        let (estimate, low, high) = sum(&[one; 4]);
        let (single, lone_low, lone_high) = sum(&[one]);
        assert!((estimate - 4.0 * single).abs() < 1e-6);
        assert!((estimate - low - 2.0 * (single - lone_low)).abs() < 1e-6);
        assert!((high - estimate - 2.0 * (lone_high - single)).abs() < 1e-6);
    }
}
