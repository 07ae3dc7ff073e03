//! Printing quantities: three significant digits and the unit that fits.

use std::borrow::Cow;

use super::number::{significant, with_sign};
use super::unit::{Dimension, Unit};

pub use super::number::Rounding;

/// Values below it are written as 0.00 in two digits behind the point.
const LEAST_WRITTEN: f64 = 0.005;

/// A value below [`LEAST_WRITTEN`] in one digit and few cells: `0.003`, `4e-5`.
fn first_digit(value: f64) -> String {
    if value.abs() >= 0.000_5 { format!("{value:.3}") } else { format!("{value:.0e}") }
}

impl Unit {
    /// `value` in this unit, without the symbol: `2.50`, `25.0`, `1520`; `-` if it is not finite.
    ///
    /// ```
    /// let ms = splitscope::quantity::Dimension::Time.unit("ms").unwrap();
    /// assert_eq!([0.0086, 0.1523, 1.52].map(|seconds| ms.column(seconds)), ["8.60", "152", "1520"]);
    /// assert_eq!([0.0, 2.6e-6, 2.6e-8].map(|seconds| ms.column(seconds)), ["0", "0.003", "3e-5"]);
    /// ```
    pub fn column(&self, value: f64) -> String {
        self.digits(value, Rounding::Nearest)
    }

    /// A difference in this unit with its sign, without the symbol: `+1.11`; one that is written as zero has no sign.
    pub fn difference(&self, delta: f64) -> String {
        let size = (delta / self.size).abs();
        let is_none = 0.0 < size && size < LEAST_WRITTEN && !self.whole;
        with_sign(delta, if is_none { significant(size, Rounding::Nearest) } else { self.column(delta.abs()) })
    }

    /// `value` in this unit, with the symbol: `2.50 ms`; `-` if it is not finite.
    pub fn format(&self, value: f64) -> String {
        if value.is_finite() { self.with_symbol(&self.column(value)) } else { "-".to_owned() }
    }

    fn digits(&self, value: f64, rounding: Rounding) -> String {
        let value = value / self.size;
        match value {
            _ if !value.is_finite() => "-".to_owned(),
            0.0 => "0".to_owned(),
            _ if self.whole => rounding.to_places(value, 0),
            // Not 0.00, which would be taken for nothing.
            _ if value.abs() < LEAST_WRITTEN && rounding == Rounding::Nearest => first_digit(value),
            _ => significant(value, rounding),
        }
    }

    /// `number` followed by the symbol.
    fn with_symbol(&self, number: &str) -> String {
        if self.symbol.is_empty() { number.to_owned() } else { format!("{number} {}", self.symbol) }
    }
}

impl Dimension {
    /// `value`, in base units, with its unit: `6.67 ms`, `25.0 Mbit/s`, `1.34 MiB`, `72.5 %`; `-` if it is not finite.
    pub fn format(self, value: f64) -> String {
        self.format_rounded(value, Rounding::Nearest)
    }

    /// `value` with its unit, its last digit rounded as asked.
    pub fn format_rounded(self, value: f64, rounding: Rounding) -> String {
        if !value.is_finite() {
            return "-".to_owned();
        }
        let unit = self.unit_for(value);
        unit.with_symbol(&unit.digits(value, rounding))
    }

    /// `value` with its unit and as few digits as tell it from `other`; `None` if nine behind the point do not.
    pub(super) fn format_told_from(self, value: f64, other: f64) -> Option<String> {
        const MOST_PLACES: i32 = 9;
        let unit = self.unit_for(other);
        let digits = |value: f64, places| Rounding::Nearest.to_places(value / unit.size, places);
        let mut all = (1..=MOST_PLACES).map(|places| [value, other].map(|one| digits(one, places)));
        all.find(|[one, other]| one != other).map(|[one, _]| unit.with_symbol(&one))
    }

    /// A range of values, the unit said once where both ends have it: `7.74 to 706 Mbit/s`.
    pub fn format_range(self, low: f64, high: f64) -> String {
        let (unit, other) = (self.unit_for(low), self.unit_for(high));
        let low = if unit == other { unit.column(low) } else { self.format(low) };
        format!("{low} to {}", self.format(high))
    }
}

/// Text with units in plain characters, for terminals and files that can't show the micro sign.
///
/// ```
/// assert_eq!(splitscope::quantity::ascii("2.5 µJ"), "2.5 uJ");
/// ```
pub fn ascii(text: &str) -> Cow<'_, str> {
    if text.contains('\u{b5}') { Cow::Owned(text.replace('\u{b5}', "u")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_three_digits_and_the_unit_that_fits() {
        for (dimension, value, text) in [
            (Dimension::Time, 0.006_672, "6.67 ms"),
            (Dimension::Time, 0.001_5, "1.50 ms"),
            (Dimension::Time, 0.000_999_96, "1.00 ms"),
            (Dimension::Time, 2.5e-6, "2.50 \u{b5}s"),
            (Dimension::Time, 0.0, "0 s"),
            (Dimension::Energy, 1.234e-15, "1.23 fJ"),
            (Dimension::Bytes, 96.0, "96 B"),
            (Dimension::Bytes, 49_152.0, "48.0 KiB"),
            (Dimension::Bytes, 1_404_928.0, "1.34 MiB"),
            (Dimension::Bandwidth, 3_125_000.0, "25.0 Mbit/s"),
            (Dimension::Bandwidth, 0.0, "0 bit/s"),
            (Dimension::Compute, 3.8e8, "380 MMAC/s"),
            (Dimension::Rate, 12.34, "12.3 fps"),
            (Dimension::Share, 0.725, "72.5 %"),
            (Dimension::Share, 0.9, "90.0 %"),
            (Dimension::Count, 6.0, "6"),
            (Dimension::Count, 100.0, "100"),
            (Dimension::Time, f64::NAN, "-"),
        ] {
            assert_eq!(dimension.format(value), text);
        }
    }

    #[test]
    fn differences_are_in_the_unit_of_their_column() {
        let [ms, kib, percent] = [(Dimension::Time, "ms"), (Dimension::Bytes, "KiB"), (Dimension::Share, "%")]
            .map(|(dimension, symbol)| dimension.unit(symbol).unwrap());
        assert_eq!(ms.difference(0.001_11), "+1.11");
        assert_eq!(kib.difference(-16_384.0), "-16.0");
        assert_eq!(percent.difference(-0.016), "-1.60");
        assert_eq!(ms.difference(1e-9), "0.00");
        assert_eq!(ms.difference(f64::NAN), "-");
    }

    #[test]
    fn what_is_printed_suffices() {
        let (time, bytes) = (Dimension::Time, Dimension::Bytes);
        assert_eq!(time.format_rounded(0.006_671, Rounding::Up), "6.68 ms");
        assert_eq!(time.format_rounded(0.006_679, Rounding::Down), "6.67 ms");
        assert_eq!(bytes.format_rounded(40_961.0, Rounding::Up), "40.1 KiB");
        // Rounding errors are not rounded up.
        assert_eq!(time.format_rounded(0.006_67 * (1.0 + 1e-9), Rounding::Up), "6.67 ms");
    }

    #[test]
    fn ranges_say_a_common_unit_once() {
        let range = |low, high| Dimension::Bandwidth.format_range(low, high);
        assert_eq!(range(967_500.0, 88_250_000.0), "7.74 to 706 Mbit/s");
        assert_eq!(range(12_500.0, 967_500.0), "100 kbit/s to 7.74 Mbit/s");
    }

    #[test]
    fn printed_values_read_back() {
        for (dimension, value) in [
            (Dimension::Time, 0.006_67),
            (Dimension::Energy, 2.5e-6),
            (Dimension::Bandwidth, 312_500.0),
            (Dimension::Share, 0.725),
            (Dimension::Bytes, 49_152.0),
        ] {
            let read = dimension.parse(&dimension.format(value), dimension.base_unit()).unwrap();
            assert!((read - value).abs() < 1e-9 * value, "{value}");
        }
    }
}
