//! Reading quantities: the one parser of `2.5 Mbit/s`, `8 µs`, `72.5%`.

use super::error::QuantityError;
use super::unit::{Dimension, Unit};

impl Dimension {
    /// Reads a quantity in base units. A number without a unit is in `bare`; as a share, a bare number above 1 is a
    /// percentage: `0.725` and `72.5` are the same accuracy.
    ///
    /// # Errors
    /// No finite number, or a unit of another dimension.
    ///
    /// ```
    /// use splitscope::quantity::Dimension;
    /// let time = Dimension::Time;
    /// assert_eq!(time.parse("8 µs", time.base_unit())?, time.parse("8us", time.base_unit())?);
    /// assert_eq!(Dimension::Share.parse("72.5", Dimension::Share.base_unit())?, 0.725);
    /// # Ok::<(), splitscope::quantity::QuantityError>(())
    /// ```
    pub fn parse(self, text: &str, bare: Unit) -> Result<f64, QuantityError> {
        self.parse_as(text, bare, self.noun())
    }

    /// Reads a quantity, with the name that errors give it.
    pub(super) fn parse_as(self, text: &str, bare: Unit, quantity: &'static str) -> Result<f64, QuantityError> {
        let (number, unit) = self.number_and_unit(text, bare, quantity)?;
        Ok(in_base_units(number, unit))
    }

    /// Reads a quantity as a number and its unit.
    ///
    /// # Errors
    /// As [`Dimension::parse`].
    pub(crate) fn number_and_unit(
        self,
        text: &str,
        bare: Unit,
        quantity: &'static str,
    ) -> Result<(f64, Unit), QuantityError> {
        let (number, symbol) = number_and_symbol(text).ok_or_else(|| QuantityError::Number(text.trim().to_owned()))?;
        if !symbol.is_empty() {
            return Ok((number, self.unit_of(symbol, quantity)?));
        }
        if self == Self::Share {
            return Ok((if number > 1.0 { number / 100.0 } else { number }, self.base_unit()));
        }
        Ok((number, bare))
    }
}

/// `number` of `unit` in base units. Small units divide, so that 72.5 % is the same number as 0.725.
pub(crate) fn in_base_units(number: f64, unit: Unit) -> f64 {
    let inverse = unit.size.recip();
    let whole = inverse.round();
    if unit.size < 1.0 && (inverse - whole).abs() < 1e-6 * inverse { number / whole } else { number * unit.size }
}

/// Returns `true` for the words that mean "no limit".
pub(super) fn means_no_limit(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    ["none", "off", "no limit", "unlimited"].contains(&text.as_str()) || means_infinity(&text)
}

/// Returns `true` for the words that mean infinity: of an upper limit, that there is none.
pub(super) fn means_infinity(text: &str) -> bool {
    ["inf", "infinity", "\u{221e}"].contains(&text.trim().to_lowercase().as_str())
}

/// Splits `2.5 Mbit/s` into its number and the symbol of its unit. The number is the longest beginning that is one, so
/// that `1e3` is a number and `5 eggs` has a unit. `None` if there is no finite number.
fn number_and_symbol(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let ends: Vec<usize> = text.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
    for end in ends.into_iter().rev() {
        let (begin, rest) = text.split_at(end);
        if !begin.ends_with(|c: char| c.is_ascii_digit() || c == '.') {
            continue;
        }
        match begin.parse::<f64>() {
            Ok(number) if number.is_finite() => return Some((number, rest.trim())),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp, reason = "values are read exactly")]

    use super::*;

    #[test]
    fn numbers_end_where_units_begin() {
        for (text, number, unit) in [
            ("2.5 Mbit/s", 2.5, "Mbit/s"),
            (" 48KiB ", 48.0, "KiB"),
            ("1e3", 1000.0, ""),
            ("5 eggs", 5.0, "eggs"),
            (".5ms", 0.5, "ms"),
            ("-3", -3.0, ""),
        ] {
            assert_eq!(number_and_symbol(text), Some((number, unit)), "{text}");
        }
        for text in ["", "fast", "nan", "inf", "%", "\u{b5}s"] {
            assert_eq!(number_and_symbol(text), None, "{text}");
        }
    }

    #[test]
    fn units_of_any_spelling_give_base_units() {
        for (dimension, text, value) in [
            (Dimension::Time, "8 \u{b5}s", 8e-6),
            (Dimension::Time, "8 \u{3bc}s", 8e-6),
            (Dimension::Time, "8us", 8e-6),
            (Dimension::Time, "0.5 seconds", 0.5),
            (Dimension::Bandwidth, "2.5 Mbit/s", 312_500.0),
            (Dimension::Bandwidth, "0.3 MB/s", 300_000.0),
            (Dimension::Bandwidth, "1e1 mbit/s", 1.25e6),
            (Dimension::Bytes, "48kib", 49_152.0),
            (Dimension::Compute, "1.6 GMAC/s", 1.6e9),
            (Dimension::Rate, "30 Hz", 30.0),
            (Dimension::Share, "72.5 %", 0.725),
            (Dimension::Share, "72.5%", 0.725),
            (Dimension::Share, "0.725", 0.725),
            (Dimension::Share, "72.5", 0.725),
            (Dimension::Share, "1", 1.0),
            (Dimension::Count, "6", 6.0),
        ] {
            let read = dimension.parse(text, dimension.base_unit()).unwrap();
            assert!((read - value).abs() <= 1e-12 * value.abs(), "{text}: {read}");
        }
        let ms = Dimension::Time.unit("ms").unwrap();
        assert_eq!(Dimension::Time.parse("8", ms), Ok(0.008));
    }

    #[test]
    fn words_for_no_limit() {
        for text in ["none", "OFF", " inf ", "no limit", "unlimited"] {
            assert!(means_no_limit(text), "{text}");
        }
        assert!(!means_no_limit("0") && !means_no_limit("limit"));
    }
}
