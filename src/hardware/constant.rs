//! Constants of a profile: their forms in a file, their checks, and their values in base units.
//!
//! A constant is a number in base units (seconds, bytes, joules, hertz, ...), text with a unit (`"12.5 MHz"`), or a
//! table `{ value = 12.5, unit = "MHz", source = "...", assumed = true }`. Inside the program only base units exist.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use toml::Spanned;

use crate::diagnostic::{Diagnostic, Source};
use crate::quantity::{Dimension, QuantityError, Unit, ascii, in_base_units};

/// A value with its provenance.
#[derive(Debug, Clone, PartialEq)]
pub struct Sourced<T> {
    /// The value in base units.
    pub value: T,
    /// The value as written, with its unit.
    pub shown: String,
    /// Publication, data sheet or reasoning behind the figure, if the file gives one.
    pub source: Option<String>,
    /// `true` for an assumption, `false` for a published figure.
    pub assumed: bool,
}

/// Smallest and largest constant in base units, except for zero: nothing computed from them then overflows.
const RANGE: std::ops::RangeInclusive<f64> = 1e-18..=1e18;

/// Treatment of a constant that is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zero {
    /// Zero means "none".
    Allowed,
    /// Zero would make the machine impossible.
    Refused,
}

/// Amount of a constant as written.
#[derive(Debug, Clone)]
enum Amount {
    Number(f64),
    Text(String),
}

/// A constant as written.
#[derive(Debug, Clone)]
pub(super) struct WrittenConstant {
    amount: Amount,
    unit: Option<Spanned<String>>,
    source: Option<String>,
    assumed: bool,
}

impl WrittenConstant {
    const fn bare(amount: Amount) -> Self {
        Self { amount, unit: None, source: None, assumed: false }
    }
}

impl<'de> Deserialize<'de> for WrittenConstant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ConstantVisitor)
    }
}

struct ConstantVisitor;

impl<'de> Visitor<'de> for ConstantVisitor {
    type Value = WrittenConstant;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a number, text with a unit, or a table { value, unit, source, assumed }")
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<WrittenConstant, E> {
        Ok(WrittenConstant::bare(Amount::Number(value)))
    }

    #[expect(clippy::cast_precision_loss, reason = "constants above 2^53 have no use")]
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<WrittenConstant, E> {
        self.visit_f64(value as f64)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<WrittenConstant, E> {
        Ok(WrittenConstant::bare(Amount::Text(text.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<WrittenConstant, A::Error> {
        let (mut value, mut unit, mut source, mut assumed) = (None, None, None, false);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "value" => value = Some(map.next_value::<f64>()?),
                "unit" => unit = Some(map.next_value()?),
                "source" => source = Some(map.next_value()?),
                "assumed" => assumed = map.next_value()?,
                _ => return Err(de::Error::unknown_field(&key, &["value", "unit", "source", "assumed"])),
            }
        }
        let value = value.ok_or_else(|| de::Error::missing_field("value"))?;
        Ok(WrittenConstant { amount: Amount::Number(value), unit, source, assumed })
    }
}

/// Converts the constants of one file to base units.
#[derive(Clone, Copy)]
pub(super) struct ConstantReader<'a> {
    pub(super) source: &'a Source,
}

impl ConstantReader<'_> {
    /// Reads a constant of a dimension: finite, not negative, and not zero where that is refused.
    ///
    /// # Errors
    /// Any other value, and a unit of another dimension; at the place of the constant or of its unit.
    pub(super) fn number(
        self,
        raw: &Spanned<WrittenConstant>,
        key: &str,
        dimension: Dimension,
        zero: Zero,
    ) -> Result<Sourced<f64>, Diagnostic> {
        let constant = raw.get_ref();
        let refuse = |message: String| Err(self.source.error(raw.span(), message));
        let (number, unit) = self.amount(raw, dimension)?;
        if !number.is_finite() {
            return refuse(format!("`{key}` must be a finite number"));
        }
        if number < 0.0 {
            return refuse(format!("`{key}` must not be negative"));
        }
        if number == 0.0 && zero == Zero::Refused {
            return refuse(format!("`{key}` must not be zero"));
        }
        let value = in_base_units(number, unit);
        if dimension == Dimension::Share && value > 1.0 {
            return refuse(format!("`{key}` is a share and must not exceed 1"));
        }
        if number != 0.0 && !RANGE.contains(&value) {
            let (least, most, base) = (RANGE.start(), RANGE.end(), dimension.base_unit().symbol);
            return refuse(format!("`{key}` is out of range: from {least:e} to {most:e} {base}").trim_end().to_owned());
        }
        let shown = format!("{number} {}", ascii(unit.symbol)).trim_end().to_owned();
        Ok(Sourced { value, shown, source: constant.source.clone(), assumed: constant.assumed })
    }

    /// Reads a constant that may be missing, as [`ConstantReader::number`] does.
    pub(super) fn optional(
        self,
        raw: Option<&Spanned<WrittenConstant>>,
        key: &str,
        dimension: Dimension,
        zero: Zero,
    ) -> Result<Option<Sourced<f64>>, Diagnostic> {
        raw.map(|raw| self.number(raw, key, dimension, zero)).transpose()
    }

    /// Reads a memory size in whole bytes; the fraction of a byte, as in 75.2 KiB, is dropped.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be from 1 to below 2^53")]
    pub(super) fn bytes(self, raw: &Spanned<WrittenConstant>, key: &str) -> Result<Sourced<u64>, Diagnostic> {
        let number = self.number(raw, key, Dimension::Bytes, Zero::Refused)?;
        if !(1.0..=9e15).contains(&number.value) {
            return Err(self.source.error(raw.span(), format!("`{key}` is out of range: from 1 to 9e15 B")));
        }
        Ok(Sourced { value: number.value as u64, shown: number.shown, source: number.source, assumed: number.assumed })
    }

    /// Number and unit of a constant.
    fn amount(self, raw: &Spanned<WrittenConstant>, dimension: Dimension) -> Result<(f64, Unit), Diagnostic> {
        let constant = raw.get_ref();
        match (&constant.amount, &constant.unit) {
            (Amount::Number(number), None) => Ok((*number, dimension.base_unit())),
            (Amount::Number(number), Some(unit)) => {
                let found = dimension.unit(unit.get_ref()).map_err(|error| self.explain(unit.span(), error))?;
                Ok((*number, found))
            }
            (Amount::Text(text), _) => dimension
                .number_and_unit(text, dimension.base_unit(), dimension.noun())
                .map_err(|error| self.explain(raw.span(), error)),
        }
    }

    /// An error at a place; its help stands below the message.
    fn explain(self, span: std::ops::Range<usize>, error: QuantityError) -> Diagnostic {
        match error {
            QuantityError::Unit { unit, quantity, help } => Diagnostic {
                help: Some(help),
                ..self.source.error(span, format!("`{unit}` is not a unit of {quantity}"))
            },
            other => self.source.error(span, other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct File {
        x: Spanned<WrittenConstant>,
    }

    fn read(text: &str, dimension: Dimension) -> Result<Sourced<f64>, Diagnostic> {
        let source = Source::new("a.toml", text);
        let file: File = source.parse()?;
        ConstantReader { source: &source }.number(&file.x, "x", dimension, Zero::Refused)
    }

    #[test]
    fn units_become_base_units() {
        let value = |text, dimension| read(text, dimension).unwrap().value;
        assert!((value("x = { value = 12.5, unit = \"Mbit/s\" }", Dimension::Bandwidth) - 1_562_500.0).abs() < 1e-6);
        assert!((value("x = { value = 64, unit = \"KiB\" }", Dimension::Bytes) - 65_536.0).abs() < 1e-6);
        assert!((value("x = { value = 0.4, unit = \"pJ\" }", Dimension::Energy) - 0.4e-12).abs() < 1e-24);
        assert!((value("x = 3", Dimension::Time) - 3.0).abs() < 1e-12);
        assert!((value("x = \"12.5 MHz\"", Dimension::Frequency) - 12.5e6).abs() < 1e-6);
        assert!((value("x = \"8 \u{b5}s\"", Dimension::Time) - 8e-6).abs() < 1e-15);
        assert!((value("x = \"72.5 %\"", Dimension::Share) - 0.725).abs() < 1e-15);
    }

    #[test]
    fn memory_is_whole_bytes() {
        let bytes = |text: &str| {
            let source = Source::new("a.toml", text);
            let file: File = source.parse().unwrap();
            ConstantReader { source: &source }
                .bytes(&file.x, "x")
                .map(|bytes| bytes.value)
                .map_err(|error| error.message)
        };
        assert_eq!(bytes("x = { value = 75.2, unit = \"KiB\" }"), Ok(77_004));
        assert_eq!(bytes("x = 4096"), Ok(4096));
        for text in ["x = 0.5", "x = 1e16"] {
            assert_eq!(bytes(text), Err("`x` is out of range: from 1 to 9e15 B".into()));
        }
    }

    #[test]
    fn the_source_is_kept() {
        let read =
            read("x = { value = 5, unit = \"MHz\", source = \"data sheet\", assumed = true }", Dimension::Frequency);
        let constant = read.unwrap();
        assert_eq!(constant.shown, "5 MHz");
        assert_eq!((constant.source.as_deref(), constant.assumed), (Some("data sheet"), true));
    }

    #[test]
    fn a_wrong_unit_points_at_the_unit() {
        let error = read("x = { value = 5, unit = \"MHzz\" }", Dimension::Frequency).unwrap_err();
        assert_eq!(error.position(), (1, 25));
        assert!(error.help.unwrap().starts_with("did you mean `MHz`?"));
        assert!(read("x = { value = 5, unit = \"MHz\" }", Dimension::Time).is_err());
    }

    #[test]
    fn impossible_values_are_refused() {
        for text in
            ["x = 0", "x = -1", "x = nan", "x = inf", "x = { unit = \"s\" }", "x = { value = 1, units = \"s\" }"]
        {
            assert!(read(text, Dimension::Time).is_err(), "{text}");
        }
        assert!(read("x = 1.5", Dimension::Share).is_err());
    }
}
