//! Values of knobs as text, and sentences that relax a knob.

use super::{Knob, RelaxDirection};
use crate::quantity::format::Rounding;

impl Knob {
    /// `value` with its unit, for sentences: `2.50 Mbit/s`, `48.0 KiB`, `no limit`.
    pub fn format(self, value: f64) -> String {
        self.format_rounded(value, Rounding::Nearest)
    }

    /// `value` with its unit, its last digit rounded as asked.
    pub fn format_rounded(self, value: f64, rounding: Rounding) -> String {
        if self.is_unlimited(value) {
            return "no limit".to_owned();
        }
        self.info().dimension.format_rounded(value, rounding)
    }

    /// A range of values, the unit said once where both ends have it: `7.74 to 706 Mbit/s`.
    pub fn format_range(self, low: f64, high: f64) -> String {
        if self.is_unlimited(low) || self.is_unlimited(high) {
            return format!("{} to {}", self.format(low), self.format(high));
        }
        self.info().dimension.format_range(low, high)
    }

    /// `value` with its unit, rounded to the side on which more designs fit: what needs the value fits at what is
    /// printed.
    ///
    /// ```
    /// use splitscope::quantity::Knob;
    /// assert_eq!(Knob::EnergyLimit.format_sufficing(30.249e-6), "30.3 \u{b5}J");
    /// ```
    pub fn format_sufficing(self, value: f64) -> String {
        self.format_rounded(value, self.relaxing().1)
    }

    /// An imperative that relaxes the knob: "raise the latency limit to 6.68 ms". The value is rounded so that what is
    /// printed suffices.
    pub fn instruction(self, to: f64) -> String {
        format!("{} the {} to {}", self.relaxing().0, self.label(), self.format_sufficing(to))
    }

    /// The instruction with the present value: "raise the latency limit from 1.50 ms to 6.68 ms".
    pub fn instruction_from(self, from: f64, to: f64) -> String {
        let (from, to) = (self.format(from), self.format_sufficing(to));
        format!("{} the {} from {from} to {to}", self.relaxing().0, self.label())
    }

    /// `value` as an instruction prints it, or itself where that is as much: what needs the value fits at both.
    ///
    /// ```
    /// use splitscope::quantity::Knob;
    /// assert_eq!(Knob::LatencyLimit.format(Knob::LatencyLimit.sufficing(0.001_364_2)), "1.37 ms");
    /// assert!((0.001_499_9..0.001_500_1).contains(&Knob::LatencyLimit.sufficing(0.0015)));
    /// ```
    pub fn sufficing(self, value: f64) -> f64 {
        let (_, rounding) = self.relaxing();
        let printed = self.parse(&self.format_rounded(value, rounding), self.info().dimension.base_unit());
        match (printed, self.info().relax) {
            (Ok(printed), RelaxDirection::Up) => printed.max(value),
            (Ok(printed), RelaxDirection::Down) => printed.min(value),
            (Err(_), _) => value,
        }
    }

    /// Verb that relaxes the knob, and the rounding with which a printed value suffices.
    const fn relaxing(self) -> (&'static str, Rounding) {
        match self.info().relax {
            RelaxDirection::Up => ("raise", Rounding::Up),
            RelaxDirection::Down => ("lower", Rounding::Down),
        }
    }
}
