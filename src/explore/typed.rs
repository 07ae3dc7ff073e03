//! Values typed for a knob: `2.5 Mbit/s`, `48KiB`, `8` (in the dial's unit), `none`.

use thiserror::Error;

use super::dial::Dial;
use super::knob::{Scale, Unlimited};
use crate::diagnostic::nearest;

/// How far beyond the ends of its range a value may be typed.
const BEYOND: f64 = 1e3;

/// Text that is no value of the knob.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TypeError {
    /// No number.
    #[error("`{0}` is not a number")]
    Number(String),
    /// A unit the knob does not have.
    #[error("`{unit}` is not a unit of {knob}; {help}")]
    Unit {
        /// What was typed.
        unit: String,
        /// The knob.
        knob: &'static str,
        /// The nearest unit, or all of them.
        help: String,
    },
    /// A value outside what makes sense.
    #[error("{knob} goes from {low} to {high}")]
    Range {
        /// The knob.
        knob: &'static str,
        /// Smallest value.
        low: String,
        /// Largest value.
        high: String,
    },
    /// A knob that always has a value.
    #[error("{0} always has a value")]
    Unlimited(&'static str),
}

impl Dial {
    /// Reads a typed value; without a unit it is in the dial's.
    ///
    /// # Errors
    /// No number, an unknown unit, or a value far outside the range.
    pub fn parse(&self, text: &str) -> Result<f64, TypeError> {
        // Both signs for micro: the old one of keyboards and the Greek letter.
        let text = text.trim().replace(['\u{b5}', '\u{3bc}'], "u");
        let (knob, text) = (self.knob(), text.as_str());
        if ["none", "no limit", "off", "inf"].contains(&text.to_ascii_lowercase().as_str()) {
            return match knob.unlimited {
                Unlimited::Never => Err(TypeError::Unlimited(knob.label)),
                Unlimited::Above => Ok(f64::INFINITY),
                Unlimited::Below => Ok(0.0),
            };
        }
        let (number, unit) = number_and_unit(text).ok_or_else(|| TypeError::Number(text.to_owned()))?;
        let size = if unit.is_empty() { self.unit_size() } else { self.unit_named(unit)? };
        let value = number * size;
        let values = self.stops.iter().copied().filter(|&stop| !knob.is_unlimited(stop) && stop.is_finite());
        let (low, high) = values.fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), v| (low.min(v), high.max(v)));
        let (least, most) = match knob.scale {
            Scale::Count => (low, high),
            Scale::Percent => (0.0, 1.0),
            Scale::Decades | Scale::Octaves => (low / BEYOND, high * BEYOND),
        };
        let inside = (least..=most).contains(&value) || (value == 0.0 && knob.unlimited == Unlimited::Below);
        if !inside || (knob.scale == Scale::Count && value.fract() != 0.0) {
            return Err(TypeError::Range { knob: knob.label, low: knob.show(least), high: knob.show(most) });
        }
        Ok(value)
    }

    fn unit_named(&self, name: &str) -> Result<f64, TypeError> {
        let units = || self.knob().units.iter().chain(self.knob().also);
        let exact = units().find(|(unit, _)| *unit == name);
        let found = exact.or_else(|| units().find(|(unit, _)| unit.eq_ignore_ascii_case(name)));
        found.map(|(_, size)| *size).ok_or_else(|| {
            let names = || units().map(|(unit, _)| *unit).filter(|unit| !unit.is_empty());
            let help = match nearest(name, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if names().next().is_none() => "it has none".to_owned(),
                None => format!("it takes {}", names().collect::<Vec<_>>().join(", ")),
            };
            TypeError::Unit { unit: name.to_owned(), knob: self.knob().label, help }
        })
    }
}

/// Splits `2.5 Mbit/s` into its number and its unit. The number is the longest beginning that is one, so that `1e3` is a
/// number and `5 eggs` has a unit. `None` if there is no finite number.
pub fn number_and_unit(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8()).collect::<Vec<_>>();
    let digits = ends.iter().rev().filter_map(|&end| text.get(..end).map(|begin| (begin, end)));
    for (begin, end) in digits {
        let number = begin.ends_with(|c: char| c.is_ascii_digit() || c == '.').then(|| begin.parse::<f64>().ok());
        if let Some(number) = number.flatten().filter(|number| number.is_finite()) {
            return Some((number, text[end..].trim()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp, reason = "stops are kept as they are")]

    use super::super::knob::KnobId;
    use super::*;

    fn parse(id: KnobId, text: &str) -> Result<f64, String> {
        let home = match id {
            KnobId::Sensors => 6.0,
            KnobId::LinkBandwidth => 25.0 * 125e3,
            KnobId::SensorMemory => 65_536.0,
            KnobId::LatencyLimit => 0.01,
            KnobId::AccuracyFloor => 0.0,
            _ => 1e9,
        };
        Dial::new(id, home, 1.0, 12).parse(text).map_err(|error| error.to_string())
    }

    #[test]
    fn values_are_read_with_and_without_units() {
        for (id, text, value) in [
            (KnobId::LinkBandwidth, "2.5 Mbit/s", 312_500.0),
            (KnobId::LinkBandwidth, "2.5", 312_500.0),
            (KnobId::LinkBandwidth, "3MB/s", 3e6),
            (KnobId::LinkBandwidth, "1e1 mbit/s", 1.25e6),
            (KnobId::SensorMemory, " 48 KiB ", 49_152.0),
            (KnobId::SensorMemory, "48kib", 49_152.0),
            (KnobId::SensorMemory, "none", f64::INFINITY),
            (KnobId::LatencyLimit, "8 ms", 0.008),
            (KnobId::LatencyLimit, ".5ms", 0.000_5),
            (KnobId::AccuracyFloor, "72.5", 0.725),
            (KnobId::AccuracyFloor, "72.5 %", 0.725),
            (KnobId::AccuracyFloor, "off", 0.0),
            (KnobId::Sensors, "12", 12.0),
        ] {
            let read = parse(id, text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert!(read == value || (read - value).abs() < 1e-9 * value, "{text}: {read}");
        }
    }

    #[test]
    fn what_is_no_value_says_why() {
        for (id, text, error) in [
            (KnobId::LinkBandwidth, "fast", "`fast` is not a number"),
            (KnobId::LinkBandwidth, "", "`` is not a number"),
            (KnobId::LinkBandwidth, "2 Mbits", "`Mbits` is not a unit of link bandwidth; did you mean `Mbit/s`?"),
            (KnobId::LinkBandwidth, "none", "link bandwidth always has a value"),
            (KnobId::LinkBandwidth, "-3", "link bandwidth goes from 470 bit/s to 1500 Gbit/s"),
            (KnobId::Sensors, "13", "number of sensors goes from 1 to 12"),
            (KnobId::Sensors, "2.5", "number of sensors goes from 1 to 12"),
            (KnobId::AccuracyFloor, "101", "accuracy floor goes from"),
        ] {
            let found = parse(id, text).unwrap_err();
            assert!(found.starts_with(error), "{text}: {found}");
        }
    }
}
