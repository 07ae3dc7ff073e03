//! A knob in one session: its range of steps around the profile's value, and how fractions, steps, values and typed
//! text turn into each other.
//!
//! Invariants: steps ascend strictly and are at least one; the profile's value is one of them; "no limit" is the last
//! step of an upper limit and the first of a floor.

use crate::quantity::{Knob, KnobInfo, KnobScale, Metric, QuantityError, RelaxDirection, Unit, Unlimited};

/// Mantissas of the E12 series (IEC 60063), tenfold.
const E12: [f64; 12] = [10.0, 12.0, 15.0, 18.0, 22.0, 27.0, 33.0, 39.0, 47.0, 56.0, 68.0, 82.0];

/// Ratio of either end of a range to the profile's value.
const REACH: f64 = 64.0;
/// Ratio of either end of a range to a usual value, where the profile sets no limit.
const REACH_OF_LIMIT: f64 = 16.0;
/// Ratio by which a typed value may lie beyond either end of a range.
const BEYOND: f64 = 1e3;

/// A knob with its range.
#[derive(Debug, Clone, PartialEq)]
pub struct KnobRange {
    /// The knob.
    pub knob: Knob,
    /// Values at which it steps, ascending, in base units.
    pub steps: Vec<f64>,
    /// The profile's value.
    pub default: f64,
    /// Unit of its values, one for all of them so that they stand below each other.
    pub unit: Unit,
}

impl KnobRange {
    /// The range of a knob: whole numbers up to `most`; else around the profile's value `default`, or around `usual` if
    /// the profile sets no limit.
    pub fn new(knob: Knob, default: f64, usual: f64, most: u32) -> Self {
        let info = knob.info();
        let unlimited = knob.is_unlimited(default);
        let usual = if usual.is_finite() && usual > 0.0 { usual } else { 1.0 };
        let (middle, reach) = if unlimited { (usual, REACH_OF_LIMIT) } else { (default, REACH) };
        // Values far below the limit would have no digits left in its unit.
        let of_limit = info.dimension.unit_for(middle);
        let is_small = info.limit.is_some() && usual < of_limit.size;
        let unit = if is_small { info.dimension.unit_for(usual) } else { of_limit };
        let mut steps = match info.scale {
            KnobScale::Count => (1..=most.max(1)).map(f64::from).collect(),
            KnobScale::Percent => (1..=100).map(|percent| f64::from(percent) / 100.0).collect(),
            KnobScale::Decades => decades(middle / reach, middle * reach, unit.size),
            KnobScale::Octaves => octaves(middle / reach, middle * reach),
        };
        match info.unlimited {
            Unlimited::Never => {}
            Unlimited::Above => steps.push(f64::INFINITY),
            Unlimited::Below => steps.insert(0, 0.0),
        }
        insert(&mut steps, default);
        Self { knob, steps, default, unit }
    }

    /// Row of the table of knobs.
    pub const fn info(&self) -> &'static KnobInfo {
        self.knob.info()
    }

    /// Index of the last step.
    pub fn last(&self) -> usize {
        self.steps.len() - 1
    }

    /// Position of a value, 0 to 1: steps are evenly spaced, values between two steps between them.
    pub fn fraction(&self, value: f64) -> f64 {
        if self.last() == 0 { 0.0 } else { self.position(value) / self.last() as f64 }
    }

    /// The step nearest to a fraction. NaN counts as 0.
    pub fn at_fraction(&self, fraction: f64) -> f64 {
        let index = (fraction.clamp(0.0, 1.0) * self.last() as f64).round() as usize;
        self.steps[index.min(self.last())]
    }

    /// Index of the step `count` steps above or below a value; from between two steps the first goes to the
    /// neighbouring one.
    pub fn step_from(&self, value: f64, count: i32) -> usize {
        let position = self.position(value);
        let from = if count >= 0 { position.floor() } else { position.ceil() };
        (from + f64::from(count)).clamp(0.0, self.last() as f64) as usize
    }

    /// Index of the first step at which a design that needs `needed` is feasible; `None` beyond the range, and for NaN,
    /// which no value grants.
    pub fn step_for(&self, needed: f64) -> Option<usize> {
        if needed.is_nan() {
            return None;
        }
        match self.info().relax {
            RelaxDirection::Up => {
                let index = self.steps.partition_point(|&step| step < needed);
                (index <= self.last()).then_some(index)
            }
            RelaxDirection::Down => self.steps.partition_point(|&step| step <= needed).checked_sub(1),
        }
    }

    /// The nearest printed value at which a design that needs `needed` is feasible, within the range; `None` beyond it,
    /// and for NaN.
    pub fn granting(&self, needed: f64) -> Option<f64> {
        let (step, printed) = (self.steps[self.step_for(needed)?], self.knob.sufficing(needed));
        Some(if self.info().relax == RelaxDirection::Up { printed.min(step) } else { printed.max(step) })
    }

    /// The value in the range's unit, without the unit: `2.50`; `none` without limit.
    pub fn number(&self, value: f64) -> String {
        if self.knob.is_unlimited(value) { "none".to_owned() } else { self.unit.column(value) }
    }

    /// Reads a typed value; a number without a unit is in the range's unit.
    ///
    /// # Errors
    /// Text that is no value of the knob, or a value far outside the range.
    pub fn parse(&self, text: &str) -> Result<f64, QuantityError> {
        self.check(self.knob.parse(text, self.unit)?)
    }

    /// Returns `value`, in base units, if it is not far outside the range.
    ///
    /// # Errors
    /// A value that the knob can't have, or one far outside the range.
    pub fn check(&self, value: f64) -> Result<f64, QuantityError> {
        let value = self.knob.check(value)?;
        if self.knob.is_unlimited(value) {
            return Ok(value);
        }
        let (low, high) = match self.info().scale {
            KnobScale::Count => self.ends(),
            KnobScale::Percent => return Ok(value),
            KnobScale::Decades | KnobScale::Octaves => {
                let (low, high) = self.ends();
                (low / BEYOND, high * BEYOND)
            }
        };
        if (low..=high).contains(&value) {
            return Ok(value);
        }
        let [low, high] = [low, high].map(|end| self.knob.format(end));
        Err(QuantityError::Range { quantity: self.knob.label(), low, high })
    }

    /// Smallest and largest step that is a value.
    fn ends(&self) -> (f64, f64) {
        let values = self.steps.iter().copied().filter(|&step| !self.knob.is_unlimited(step));
        values.fold((f64::INFINITY, 0.0), |(low, high), value| (low.min(value), high.max(value)))
    }

    /// Index of the step at which a value stands, with a fraction between steps.
    fn position(&self, value: f64) -> f64 {
        let above = self.steps.partition_point(|&step| step < value);
        let Some(&high) = self.steps.get(above) else { return self.last() as f64 };
        if above == 0 || high <= value {
            return above as f64;
        }
        let low = self.steps[above - 1];
        let share = if high.is_finite() { (value - low) / (high - low) } else { 0.5 };
        (above - 1) as f64 + share.clamp(0.0, 1.0)
    }
}

/// Unit in which a metric is shown: that of the knob that limits it, so that values and limits compare at a glance.
pub(super) fn unit_of(ranges: &[KnobRange], metric: Metric) -> Unit {
    let range = ranges.iter().find(|range| range.info().limit.is_some_and(|limit| limit.metric() == metric));
    range.map_or(metric.info().unit, |range| range.unit)
}

/// Preferred numbers of a unit between two values.
fn decades(low: f64, high: f64, unit_size: f64) -> Vec<f64> {
    let (low, high) = (low / unit_size, high / unit_size);
    let exponents = low.log10().floor() as i32 - 1..=high.log10().floor() as i32;
    let value = |mantissa: f64, exponent: i32| match exponent - 1 {
        // Divided by a power of ten rather than multiplied by its inverse, so that 2.7 is the number people type.
        down if down < 0 => mantissa / 10_f64.powi(-down),
        up => mantissa * 10_f64.powi(up),
    };
    exponents
        .flat_map(|exponent| E12.map(|mantissa| value(mantissa, exponent)))
        .filter(|value| (low..=high).contains(value))
        .map(|value| value * unit_size)
        .collect()
}

/// Four numbers for each doubling between two values, in whole bytes.
fn octaves(low: f64, high: f64) -> Vec<f64> {
    let exponents = low.max(4.0).log2().floor() as i32..=high.max(4.0).log2().floor() as i32;
    exponents
        .flat_map(|exponent| [1.0, 1.25, 1.5, 1.75].map(|mantissa| mantissa * 2_f64.powi(exponent)))
        .filter(|value| (low..=high).contains(value))
        .collect()
}

/// Adds a value where it belongs; a step that differs from it by rounding only gives way.
fn insert(steps: &mut Vec<f64>, value: f64) {
    let at = steps.partition_point(|&step| step < value * (1.0 - 1e-9));
    match steps.get(at) {
        Some(&step) if step <= value * (1.0 + 1e-9) => steps[at] = value,
        _ => steps.insert(at, value),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp, reason = "steps are kept as they are")]

    use super::*;

    fn bandwidth() -> KnobRange {
        KnobRange::new(Knob::LinkBandwidth, 25.0 * 125e3, 1.0, 1)
    }

    #[test]
    fn a_link_goes_by_preferred_numbers_around_the_value_of_the_profile() {
        let range = bandwidth();
        let shown: Vec<String> = range.steps.iter().map(|&step| range.number(step)).collect();
        assert_eq!(range.unit.symbol, "Mbit/s");
        assert_eq!(shown.first().map(String::as_str), Some("0.47"));
        assert_eq!(shown.last().map(String::as_str), Some("1500"));
        let default = shown.iter().position(|shown| shown == "25.0").unwrap();
        assert_eq!(&shown[default - 2..default + 3], ["18.0", "22.0", "25.0", "27.0", "33.0"]);
    }

    #[test]
    fn memory_goes_by_quarters_of_a_doubling() {
        let range = KnobRange::new(Knob::SensorMemory, 65_536.0, 40_960.0, 1);
        let at = range.steps.iter().position(|&step| step == 65_536.0).unwrap();
        let shown: Vec<String> = range.steps[at - 2..at + 3].iter().map(|&step| range.number(step)).collect();
        assert_eq!((range.unit.symbol, shown.join(" ").as_str()), ("KiB", "48.0 56.0 64.0 80.0 96.0"));
        assert_eq!(range.number(range.steps[range.last()]), "none");
    }

    #[test]
    fn a_limit_far_above_all_designs_does_not_set_their_unit() {
        let unit = |limit| KnobRange::new(Knob::LatencyLimit, limit, 0.004, 1).unit.symbol;
        assert_eq!([0.01, 2.0].map(unit), ["ms", "ms"]);
        assert_eq!(KnobRange::new(Knob::LatencyLimit, 2.0, 1.5, 1).unit.symbol, "s");
    }

    #[test]
    fn steps_and_fractions_agree_and_stay_inside() {
        for id in [Knob::Sensors, Knob::LinkBandwidth, Knob::SensorMemory, Knob::AccuracyFloor, Knob::EnergyLimit] {
            let home = if id == Knob::EnergyLimit { f64::INFINITY } else { 0.5 };
            let home = if id.info().scale == KnobScale::Percent { home } else { home * 12.0 };
            let range = KnobRange::new(id, home, 2e-6, 12);
            assert!(range.steps.is_sorted_by(|low, high| low < high), "{id:?} {:?}", range.steps);
            for (index, &step) in range.steps.iter().enumerate() {
                assert_eq!(range.at_fraction(range.fraction(step)), step, "{id:?}");
                assert_eq!(range.step_from(step, 1), (index + 1).min(range.last()), "{id:?}");
                assert_eq!(range.step_from(step, -1), index.saturating_sub(1), "{id:?}");
            }
            assert_eq!(range.step_from(home, i32::MAX), range.last());
            assert_eq!(range.step_from(home, i32::MIN), 0);
            assert_eq!(range.at_fraction(f64::NAN), range.steps[0]);
        }
    }

    #[test]
    fn a_value_between_steps_goes_to_its_neighbours() {
        let range = bandwidth();
        let typed = 26.0 * 125e3;
        assert_eq!(range.number(range.steps[range.step_from(typed, 1)]), "27.0");
        assert_eq!(range.number(range.steps[range.step_from(typed, -1)]), "25.0");
        assert!(range.fraction(typed) > range.fraction(range.default));
        assert_eq!(range.fraction(1e12), 1.0);
        assert_eq!(range.fraction(0.0), 0.0);
    }

    #[test]
    fn a_need_is_met_at_the_first_step_that_grants_it() {
        let range = bandwidth();
        assert_eq!(range.step_for(26.0 * 125e3).map(|index| range.number(range.steps[index])).as_deref(), Some("27.0"));
        assert_eq!([26.04 * 125e3, 2e6 * 125e3].map(|needed| range.granting(needed)), [Some(26.1 * 125e3), None]);
        assert_eq!(range.step_for(1e12), None);
        let floor = KnobRange::new(Knob::AccuracyFloor, 0.0, 1.0, 1);
        assert_eq!(floor.step_for(0.725).map(|index| floor.number(floor.steps[index])).as_deref(), Some("72.0"));
        assert_eq!(floor.granting(0.725).map(|value| floor.number(value)).as_deref(), Some("72.5"));
    }

    #[test]
    fn typed_values_are_in_the_unit_of_the_range() {
        let latency = KnobRange::new(Knob::LatencyLimit, 0.01, 1.0, 1);
        for (range, text, value) in [
            (&bandwidth(), "2.5", 312_500.0),
            (&bandwidth(), "3MB/s", 3e6),
            (&latency, "8", 0.008),
            (&latency, "8 \u{b5}s", 8e-6),
            (&latency, "none", f64::INFINITY),
            (&KnobRange::new(Knob::AccuracyFloor, 0.0, 1.0, 1), "72.5", 0.725),
            (&KnobRange::new(Knob::Sensors, 6.0, 1.0, 12), "12", 12.0),
        ] {
            let read = range.parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert!(read == value || (read - value).abs() < 1e-9 * value, "{text}: {read}");
        }
    }

    #[test]
    fn typed_values_far_outside_the_range_are_refused() {
        let sensors = KnobRange::new(Knob::Sensors, 6.0, 1.0, 12);
        let error = |range: &KnobRange, text: &str| range.parse(text).unwrap_err().to_string();
        assert_eq!(error(&sensors, "13"), "number of sensors goes from 1 to 12");
        assert_eq!(error(&bandwidth(), "9999999 Gbit/s"), "link bandwidth goes from 470 bit/s to 1500 Gbit/s");
        assert_eq!(error(&bandwidth(), "none"), "link bandwidth always has a value");
    }
}
