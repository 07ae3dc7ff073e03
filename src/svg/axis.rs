//! One axis of a plot: bounds, linear or logarithmic scale, ticks at 1-2-5 steps and their labels.

/// Scale of an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// Equal differences are equally long.
    #[default]
    Linear,
    /// Equal ratios are equally long; values at or below zero have no place.
    Log,
}

/// A tick: where, and what to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Position in the axis' own unit.
    pub value: f64,
    /// Short label: `0.25`, `40k`, `1e-5`.
    pub label: String,
}

/// Bounds and scale of one axis. Always `low < high`, both finite, and both positive on a log scale.
///
/// ```
/// # use splitscope::svg::{Axis, Scale};
/// let axis = Axis::new(0.0, 40.0, Scale::Linear);
/// assert_eq!(axis.fraction(10.0), Some(0.25));
/// let labels: Vec<String> = axis.ticks(5).into_iter().map(|tick| tick.label).collect();
/// assert_eq!(labels, ["0", "10", "20", "30", "40"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    low: f64,
    high: f64,
    scale: Scale,
    /// Fraction per unit, or per factor e: a plot asks for a great many fractions.
    per_unit: f64,
}

/// Bounds beyond this are pulled in, so that differences stay finite.
const HUGE: f64 = 1e150;
/// Smallest positive bound of a log axis.
const TINY: f64 = 1e-150;

impl Axis {
    /// An axis from `low` to `high`. Bounds that make none (equal, swapped, not finite, negative on a log scale)
    /// are repaired, never refused: a plot of odd data is still a plot.
    pub fn new(low: f64, high: f64, scale: Scale) -> Self {
        let clean = |value: f64, otherwise: f64| if value.is_finite() { value.clamp(-HUGE, HUGE) } else { otherwise };
        let (mut low, mut high) = (clean(low, 0.0), clean(high, 1.0));
        if low > high {
            (low, high) = (high, low);
        }
        if scale == Scale::Log {
            high = if high > TINY { high } else { 1.0 };
            low = if low >= TINY { low } else { high / 1000.0 };
            if high / low < 1.0 + 1e-9 {
                (low, high) = (low / 2.0, high * 2.0);
            }
        } else if high - low <= 1e-12 * low.abs().max(high.abs()) {
            let half = if low == 0.0 { 0.5 } else { low.abs() * 0.05 };
            (low, high) = (low - half, high + half);
        }
        let length = if scale == Scale::Log { (high / low).ln() } else { high - low };
        Self { low, high, scale, per_unit: 1.0 / length }
    }

    /// The axis that just holds all usable values; 0..1 (or 0.001..1) without any.
    pub fn fit(values: impl IntoIterator<Item = f64>, scale: Scale) -> Self {
        let (low, high) = values
            .into_iter()
            .filter(|value| value.is_finite() && (scale == Scale::Linear || *value > 0.0))
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        Self::new(low, high, scale)
    }

    /// Axis extended by `share` of its length at both ends.
    #[must_use]
    pub fn padded(self, share: f64) -> Self {
        Self::new(self.value(-share), self.value(1.0 + share), self.scale)
    }

    /// Zoomed by `factor` (above 1 shows less) about the value at `fraction`.
    #[must_use]
    pub fn zoomed(self, factor: f64, fraction: f64) -> Self {
        let factor = factor.clamp(1e-3, 1e3);
        let low = fraction - fraction / factor;
        Self::new(self.value(low), self.value(low + 1.0 / factor), self.scale)
    }

    /// Moved by `share` of its length.
    #[must_use]
    pub fn panned(self, share: f64) -> Self {
        Self::new(self.value(share), self.value(1.0 + share), self.scale)
    }

    /// Lower bound.
    pub const fn low(&self) -> f64 {
        self.low
    }

    /// Upper bound.
    pub const fn high(&self) -> f64 {
        self.high
    }

    /// Linear or logarithmic.
    pub const fn scale(&self) -> Scale {
        self.scale
    }

    /// Position of `value`, 0 at the lower and 1 at the upper bound, outside 0..=1 when out of view. `None` for NaN,
    /// infinity, and for values at or below zero on a log scale.
    #[inline]
    pub fn fraction(&self, value: f64) -> Option<f64> {
        if !value.is_finite() {
            return None;
        }
        match self.scale {
            Scale::Linear => Some((value - self.low) * self.per_unit),
            Scale::Log if value > 0.0 => Some((value / self.low).ln() * self.per_unit),
            Scale::Log => None,
        }
    }

    /// The value at `fraction` of the length: the inverse of [`Axis::fraction`].
    pub fn value(&self, fraction: f64) -> f64 {
        match self.scale {
            Scale::Linear => self.low + fraction * (self.high - self.low),
            Scale::Log => self.low * (self.high / self.low).powf(fraction),
        }
    }

    /// About `most` ticks, never more than `most + 1`, all within the bounds, at round values, rising.
    pub fn ticks(&self, most: usize) -> Vec<Tick> {
        if most == 0 {
            return Vec::new();
        }
        if self.scale == Scale::Log
            && let Some(ticks) = self.log_ticks(most)
        {
            return ticks;
        }
        // The finest round step that does not give too many; at most two candidates are tried.
        let rough = (self.high - self.low) / (most as f64 + 1.0);
        let ends = |step: f64| ((self.low / step - 1e-6).ceil(), (self.high / step + 1e-6).floor());
        let fine = round_step(rough);
        let (first, last) = ends(fine);
        let step = if last - first <= most as f64 { fine } else { round_step(fine * 1.5) };
        let (first, last) = ends(step);
        let count = ((last - first).max(-1.0) + 1.0).min(most as f64 + 1.0) as usize;
        let size = self.low.abs().max(self.high.abs());
        (0..count)
            .map(|i| (first + i as f64) * step + 0.0) // + 0.0 turns -0 into 0
            .map(|value| Tick { value, label: label(value, step, size) })
            .collect()
    }

    /// Ticks at powers of ten, thinned or refined by 2 and 5; none when less than a decade is in view, where
    /// even steps read better.
    fn log_ticks(&self, most: usize) -> Option<Vec<Tick>> {
        let decades = (self.high / self.low).log10();
        if decades < 1.0 {
            return None;
        }
        let mantissas: &[f64] = if decades * 3.0 <= most as f64 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let stride = (decades / most as f64).ceil().max(1.0) as i32;
        let (first, last) = (self.low.log10().floor() as i32, self.high.log10().ceil() as i32);
        let ticks = (first..=last)
            .filter(|exponent| exponent.rem_euclid(stride) == 0)
            .flat_map(|exponent| mantissas.iter().map(move |mantissa| mantissa * 10_f64.powi(exponent)))
            .filter(|value| *value >= self.low * (1.0 - 1e-9) && *value <= self.high * (1.0 + 1e-9))
            .map(|value| Tick { value, label: label(value, value, value) })
            .collect();
        Some(ticks)
    }
}

/// The smallest of 1, 2, 5 times a power of ten that is at least `raw`.
fn round_step(raw: f64) -> f64 {
    let power = 10_f64.powf(raw.log10().floor());
    let mantissa = raw / power;
    let round = [1.0, 2.0, 5.0].into_iter().find(|round| mantissa <= round * (1.0 + 1e-9)).unwrap_or(10.0);
    round * power
}

/// Label of a tick: as many decimals as `step` needs; thousands as `k`, `M`, `G` once `size` reaches 10,000.
fn label(value: f64, step: f64, size: f64) -> String {
    let (unit, suffix) = match size {
        s if !(1e-3..1e15).contains(&s) => {
            let digits = (value.abs().max(step).log10().floor() - step.log10().floor()).clamp(0.0, 9.0) as usize;
            return format!("{value:.digits$e}");
        }
        s if s >= 1e9 => (1e9, "G"),
        s if s >= 1e6 => (1e6, "M"),
        s if s >= 1e4 => (1e3, "k"),
        _ => (1.0, ""),
    };
    let decimals = (-(step / unit).log10() - 1e-6).ceil().clamp(0.0, 9.0) as usize;
    format!("{:.decimals$}{suffix}", value / unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(axis: Axis, most: usize) -> Vec<String> {
        axis.ticks(most).into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_fall_on_round_values() {
        assert_eq!(labels(Axis::new(69.0, 75.2, Scale::Linear), 4), ["70", "72", "74"]);
        assert_eq!(labels(Axis::new(0.0, 1.0, Scale::Linear), 4), ["0.0", "0.5", "1.0"]);
        assert_eq!(labels(Axis::new(0.0, 118_000.0, Scale::Linear), 4), ["0k", "50k", "100k"]);
        assert_eq!(labels(Axis::new(-0.3, 0.3, Scale::Linear), 4), ["-0.2", "0.0", "0.2"]);
        assert_eq!(labels(Axis::new(1.0, 1000.0, Scale::Log), 4), ["1", "10", "100", "1000"]);
        assert_eq!(labels(Axis::new(1.9, 6.0, Scale::Log), 6), ["2", "3", "4", "5", "6"]);
        assert_eq!(labels(Axis::new(0.8, 30.0, Scale::Log), 6), ["1", "2", "5", "10", "20"]);
        assert_eq!(labels(Axis::new(0.0, 3e-4, Scale::Linear), 3), ["0e0", "1e-4", "2e-4", "3e-4"]);
    }

    #[test]
    fn odd_bounds_still_make_an_axis() {
        for scale in [Scale::Linear, Scale::Log] {
            for (low, high) in
                [(f64::NAN, f64::NAN), (3.0, 3.0), (f64::NEG_INFINITY, f64::INFINITY), (5.0, -5.0), (0.0, 0.0)]
            {
                let axis = Axis::new(low, high, scale);
                assert!(axis.low() < axis.high(), "{low} {high}");
                assert!(axis.low().is_finite() && axis.high().is_finite());
            }
        }
        assert_eq!(Axis::fit([], Scale::Linear), Axis::new(0.0, 1.0, Scale::Linear));
    }

    #[test]
    fn zoom_keeps_the_value_under_the_pointer() {
        let axis = Axis::new(1.0, 100.0, Scale::Log);
        let zoomed = axis.zoomed(2.0, 0.25);
        assert!((zoomed.value(0.25) - axis.value(0.25)).abs() < 1e-9);
        assert!(zoomed.high() / zoomed.low() < 10.1);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn fraction_and_value_are_inverse_and_ticks_stay_inside(
            low in -1e6_f64..1e6, span in 1e-3_f64..1e7, at in 0.0_f64..1.0, most in 1_usize..20, log in any::<bool>(),
        ) {
            let scale = if log { Scale::Log } else { Scale::Linear };
            let axis = Axis::new(low, low + span, scale);
            let back = axis.fraction(axis.value(at)).expect("a value on the axis has a place");
            prop_assert!((back - at).abs() < 1e-6);
            let ticks = axis.ticks(most);
            prop_assert!(ticks.len() <= most + 1, "{} ticks", ticks.len());
            for pair in ticks.windows(2) {
                prop_assert!(pair[0].value < pair[1].value && pair[0].label != pair[1].label);
            }
            for tick in ticks {
                let at = axis.fraction(tick.value).expect("ticks have a place");
                prop_assert!((-1e-3..=1.001).contains(&at));
            }
        }

        #[test]
        fn any_floats_are_accepted(low in any::<f64>(), high in any::<f64>(), value in any::<f64>(), log in any::<bool>()) {
            let axis = Axis::new(low, high, if log { Scale::Log } else { Scale::Linear });
            let _ = axis.fraction(value);
            prop_assert!(axis.ticks(7).len() <= 8);
        }
    }
}
