//! A knob in one session: its stops around the profile's value, and how fractions, steps and values turn into each other.
//!
//! Invariants: stops ascend strictly and are at least one; the profile's value is one of them; "no limit" is the last stop
//! of an upper limit and the first of a floor.

use super::knob::{Ease, Knob, KnobId, Scale, Unlimited, digits};

/// Mantissas of the E12 series (IEC 60063), tenfold.
const E12: [f64; 12] = [10.0, 12.0, 15.0, 18.0, 22.0, 27.0, 33.0, 39.0, 47.0, 56.0, 68.0, 82.0];

/// How far a range reaches to both sides of the profile's value.
const REACH: f64 = 64.0;
/// How far a range reaches to both sides of a usual value, where the profile sets no limit.
const REACH_OF_LIMIT: f64 = 16.0;

/// A knob with its range.
#[derive(Debug, Clone, PartialEq)]
pub struct Dial {
    /// Which knob.
    pub id: KnobId,
    /// Values it stops at, ascending, in base units.
    pub stops: Vec<f64>,
    /// The profile's value.
    pub home: f64,
    /// Unit its values are shown in, the same everywhere so that they stand below each other.
    pub unit: &'static str,
    unit_size: f64,
}

impl Dial {
    /// The range of a knob: whole numbers up to `most`; else around the profile's value, or around a usual one if the
    /// profile sets no limit.
    pub fn new(id: KnobId, home: f64, usual: f64, most: u32) -> Self {
        let knob = id.knob();
        let unlimited = knob.is_unlimited(home);
        let usual = if usual.is_finite() && usual > 0.0 { usual } else { 1.0 };
        let (middle, reach) = if unlimited { (usual, REACH_OF_LIMIT) } else { (home, REACH) };
        let (unit, unit_size) = knob.unit_for(middle);
        let mut stops = match knob.scale {
            Scale::Count => (1..=most.max(1)).map(f64::from).collect(),
            Scale::Percent => (1..=100).map(|percent| f64::from(percent) / 100.0).collect(),
            Scale::Decades => decades(middle / reach, middle * reach, unit_size),
            Scale::Octaves => octaves(middle / reach, middle * reach),
        };
        match knob.unlimited {
            Unlimited::Never => {}
            Unlimited::Above => stops.push(f64::INFINITY),
            Unlimited::Below => stops.insert(0, 0.0),
        }
        insert(&mut stops, home);
        Self { id, stops, home, unit, unit_size }
    }

    /// Its row of the table of knobs.
    pub const fn knob(&self) -> &'static Knob {
        self.id.knob()
    }

    /// Index of the last stop.
    pub fn last(&self) -> usize {
        self.stops.len() - 1
    }

    /// Where a value stands, 0 to 1: stops are evenly spaced, values between two stops between them.
    pub fn fraction(&self, value: f64) -> f64 {
        if self.last() == 0 { 0.0 } else { self.position(value) / self.last() as f64 }
    }

    /// The stop nearest to a fraction. NaN counts as 0.
    pub fn at_fraction(&self, fraction: f64) -> f64 {
        let index = (fraction.clamp(0.0, 1.0) * self.last() as f64).round() as usize;
        self.stops[index.min(self.last())]
    }

    /// The value `steps` stops above or below; from between two stops the first step goes to the neighbouring one.
    pub fn step(&self, value: f64, steps: i32) -> f64 {
        let position = self.position(value);
        let from = if steps >= 0 { position.floor() } else { position.ceil() };
        self.stops[(from + f64::from(steps)).clamp(0.0, self.last() as f64) as usize]
    }

    /// The first stop at which something that needs this value fits; `None` beyond the range, and for NaN,
    /// which no value grants.
    pub fn stop_for(&self, needed: f64) -> Option<usize> {
        if needed.is_nan() {
            return None;
        }
        match self.knob().ease {
            Ease::Up => Some(self.stops.partition_point(|&stop| stop < needed)).filter(|&index| index <= self.last()),
            Ease::Down => self.stops.partition_point(|&stop| stop <= needed).checked_sub(1),
        }
    }

    /// The value in the dial's unit, at most three significant digits, without the unit: `2.5`; `none` without limit.
    pub fn number(&self, value: f64) -> String {
        if self.knob().is_unlimited(value) {
            return "none".to_owned();
        }
        digits(value / self.unit_size, self.knob().scale)
    }

    /// Size of the dial's unit in base units.
    pub const fn unit_size(&self) -> f64 {
        self.unit_size
    }

    /// Index of the stop a value stands at, with a fraction between stops.
    fn position(&self, value: f64) -> f64 {
        let above = self.stops.partition_point(|&stop| stop < value);
        let Some(&high) = self.stops.get(above) else { return self.last() as f64 };
        if above == 0 || high <= value {
            return above as f64;
        }
        let low = self.stops[above - 1];
        let share = if high.is_finite() { (value - low) / (high - low) } else { 0.5 };
        (above - 1) as f64 + share.clamp(0.0, 1.0)
    }
}

/// Preferred numbers of the unit between two values.
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

/// Adds a value where it belongs; a stop that differs from it by rounding only gives way.
fn insert(stops: &mut Vec<f64>, value: f64) {
    let at = stops.partition_point(|&stop| stop < value * (1.0 - 1e-9));
    match stops.get(at) {
        Some(&stop) if stop <= value * (1.0 + 1e-9) => stops[at] = value,
        _ => stops.insert(at, value),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp, reason = "stops are kept as they are")]

    use super::*;

    fn bandwidth() -> Dial {
        Dial::new(KnobId::LinkBandwidth, 25.0 * 125e3, 1.0, 1)
    }

    #[test]
    fn a_link_goes_by_preferred_numbers_around_the_value_of_the_profile() {
        let dial = bandwidth();
        let shown: Vec<String> = dial.stops.iter().map(|&stop| dial.number(stop)).collect();
        assert_eq!(dial.unit, "Mbit/s");
        assert_eq!(shown.first().map(String::as_str), Some("0.47"));
        assert_eq!(shown.last().map(String::as_str), Some("1500"));
        let home = shown.iter().position(|shown| shown == "25").unwrap();
        assert_eq!(&shown[home - 2..home + 3], ["18", "22", "25", "27", "33"]);
    }

    #[test]
    fn memory_goes_by_quarters_of_a_doubling() {
        let dial = Dial::new(KnobId::SensorMemory, 65_536.0, 1.0, 1);
        let at = dial.stops.iter().position(|&stop| stop == 65_536.0).unwrap();
        let shown: Vec<String> = dial.stops[at - 2..at + 3].iter().map(|&stop| dial.number(stop)).collect();
        assert_eq!((dial.unit, shown.join(" ").as_str()), ("KiB", "48 56 64 80 96"));
        assert_eq!(dial.number(dial.stops[dial.last()]), "none");
    }

    #[test]
    fn steps_and_fractions_agree_and_stay_inside() {
        for id in
            [KnobId::Sensors, KnobId::LinkBandwidth, KnobId::SensorMemory, KnobId::AccuracyFloor, KnobId::EnergyLimit]
        {
            let home = if id == KnobId::EnergyLimit { f64::INFINITY } else { 0.5 };
            let home = if id.knob().scale == Scale::Percent { home } else { home * 12.0 };
            let dial = Dial::new(id, home, 2e-6, 12);
            assert!(dial.stops.is_sorted_by(|low, high| low < high), "{id:?} {:?}", dial.stops);
            for (index, &stop) in dial.stops.iter().enumerate() {
                assert_eq!(dial.at_fraction(dial.fraction(stop)), stop, "{id:?}");
                assert_eq!(dial.step(stop, 1), dial.stops[(index + 1).min(dial.last())], "{id:?}");
                assert_eq!(dial.step(stop, -1), dial.stops[index.saturating_sub(1)], "{id:?}");
            }
            assert_eq!(dial.step(home, i32::MAX), dial.stops[dial.last()]);
            assert_eq!(dial.step(home, i32::MIN), dial.stops[0]);
            assert_eq!(dial.at_fraction(f64::NAN), dial.stops[0]);
        }
    }

    #[test]
    fn a_value_between_stops_steps_to_its_neighbours() {
        let dial = bandwidth();
        let typed = 26.0 * 125e3;
        assert_eq!(dial.number(dial.step(typed, 1)), "27");
        assert_eq!(dial.number(dial.step(typed, -1)), "25");
        assert!(dial.fraction(typed) > dial.fraction(dial.home));
        assert_eq!(dial.fraction(1e12), 1.0);
        assert_eq!(dial.fraction(0.0), 0.0);
    }

    #[test]
    fn a_need_is_met_at_the_first_stop_that_grants_it() {
        let dial = bandwidth();
        assert_eq!(dial.stop_for(26.0 * 125e3).map(|index| dial.number(dial.stops[index])).as_deref(), Some("27"));
        assert_eq!(dial.stop_for(1e12), None);
        let floor = Dial::new(KnobId::AccuracyFloor, 0.0, 1.0, 1);
        assert_eq!(floor.stop_for(0.725).map(|index| floor.number(floor.stops[index])).as_deref(), Some("72"));
    }
}
