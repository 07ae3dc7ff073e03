//! Constants with a unit and a source: how they are written in a profile, checked, and turned into base units.
//!
//! A constant is a plain number in base units (seconds, bytes, joules, hertz, ...) or
//! `{ value = 12.5, unit = "MHz", source = "...", assumed = true }`. Inside the program only base units exist.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use toml::Spanned;

use crate::diagnostic::{Diagnostic, Source, nearest};

/// A value with where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Sourced<T> {
    /// The value in base units.
    pub value: T,
    /// The value as written, with its unit.
    pub shown: String,
    /// Source of the figure, if the file names one.
    pub source: Option<String>,
    /// `true` if it is an assumption rather than a published figure.
    pub assumed: bool,
}

/// Least and largest a constant may be in base units, unless it is zero: nothing made of them then overflows.
const RANGE: std::ops::RangeInclusive<f64> = 1e-18..=1e18;

/// Dimension of a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// Seconds.
    Time,
    /// Bytes.
    Memory,
    /// Joules.
    Energy,
    /// Watts.
    Power,
    /// Hertz; also frames per second.
    Frequency,
    /// Bytes per second.
    Bandwidth,
    /// Bytes per clock cycle.
    BytesPerCycle,
    /// Operations per clock cycle.
    PerCycle,
    /// A share between 0 and 1.
    Share,
    /// A number of things.
    Count,
}

impl Dimension {
    /// Units a file may use, each with its size in base units. The first is the base unit.
    pub const fn units(self) -> &'static [(&'static str, f64)] {
        match self {
            Self::Time => &[("s", 1.0), ("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9)],
            Self::Memory => &[
                ("B", 1.0),
                ("kB", 1e3),
                ("MB", 1e6),
                ("GB", 1e9),
                ("KiB", 1024.0),
                ("MiB", 1_048_576.0),
                ("GiB", 1_073_741_824.0),
            ],
            Self::Energy => &[("J", 1.0), ("mJ", 1e-3), ("uJ", 1e-6), ("nJ", 1e-9), ("pJ", 1e-12), ("fJ", 1e-15)],
            Self::Power => &[("W", 1.0), ("mW", 1e-3), ("uW", 1e-6)],
            Self::Frequency => &[("Hz", 1.0), ("kHz", 1e3), ("MHz", 1e6), ("GHz", 1e9), ("fps", 1.0)],
            Self::Bandwidth => &[
                ("B/s", 1.0),
                ("kB/s", 1e3),
                ("MB/s", 1e6),
                ("GB/s", 1e9),
                ("kbit/s", 125.0),
                ("Mbit/s", 125e3),
                ("Gbit/s", 125e6),
            ],
            Self::BytesPerCycle => &[("B/cycle", 1.0), ("bit/cycle", 0.125)],
            Self::PerCycle => &[("/cycle", 1.0)],
            Self::Share => &[("", 1.0), ("%", 0.01)],
            Self::Count => &[("", 1.0)],
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Time => "a time",
            Self::Memory => "a memory size",
            Self::Energy => "an energy",
            Self::Power => "a power",
            Self::Frequency => "a frequency",
            Self::Bandwidth => "a bandwidth",
            Self::BytesPerCycle => "bytes per cycle",
            Self::PerCycle => "operations per cycle",
            Self::Share => "a share",
            Self::Count => "a number of things",
        }
    }
}

/// Lower bound of a constant: zero allowed or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zero {
    /// Zero means "none".
    Allowed,
    /// Zero would make the machine impossible.
    Refused,
}

/// A constant as written.
#[derive(Debug, Clone)]
pub(super) struct WrittenConstant {
    value: f64,
    unit: Option<Spanned<String>>,
    source: Option<String>,
    assumed: bool,
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
        f.write_str("a number, or a table { value, unit, source, assumed }")
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<WrittenConstant, E> {
        Ok(WrittenConstant { value, unit: None, source: None, assumed: false })
    }

    #[expect(clippy::cast_precision_loss, reason = "constants above 2^53 have no use")]
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<WrittenConstant, E> {
        self.visit_f64(value as f64)
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
        Ok(WrittenConstant { value, unit, source, assumed })
    }
}

/// Turns constants of one file into base units.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) source: &'a Source,
}

impl Reader<'_> {
    /// A constant of the given dimension: finite, not negative, and not zero where that is refused.
    pub(super) fn number(
        self,
        raw: &Spanned<WrittenConstant>,
        key: &str,
        dimension: Dimension,
        zero: Zero,
    ) -> Result<Sourced<f64>, Diagnostic> {
        let constant = raw.get_ref();
        let refuse = |message: String| Err(self.source.error(raw.span(), message));
        if !constant.value.is_finite() {
            return refuse(format!("`{key}` must be a finite number"));
        }
        if constant.value < 0.0 {
            return refuse(format!("`{key}` must not be negative"));
        }
        if constant.value == 0.0 && zero == Zero::Refused {
            return refuse(format!("`{key}` must not be zero"));
        }
        let base = dimension.units()[0].0;
        let (unit, factor) = match &constant.unit {
            None => (base, 1.0),
            Some(unit) => self.unit(unit, dimension)?,
        };
        let value = constant.value * factor;
        if dimension == Dimension::Share && value > 1.0 {
            return refuse(format!("`{key}` is a share and must not exceed 1"));
        }
        if constant.value != 0.0 && !RANGE.contains(&value) {
            let (least, most) = (RANGE.start(), RANGE.end());
            return refuse(format!("`{key}` is out of range: from {least:e} to {most:e} {base}").trim_end().to_owned());
        }
        let shown = format!("{} {unit}", constant.value).trim_end().to_owned();
        Ok(Sourced { value, shown, source: constant.source.clone(), assumed: constant.assumed })
    }

    /// As [`Reader::number`], where the constant may be missing.
    pub(super) fn optional(
        self,
        raw: Option<&Spanned<WrittenConstant>>,
        key: &str,
        dimension: Dimension,
        zero: Zero,
    ) -> Result<Option<Sourced<f64>>, Diagnostic> {
        raw.map(|raw| self.number(raw, key, dimension, zero)).transpose()
    }

    /// A memory size in whole bytes: what is left of one, as in 75.2 KiB, holds nothing.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be from 1 to below 2^53")]
    pub(super) fn bytes(self, raw: &Spanned<WrittenConstant>, key: &str) -> Result<Sourced<u64>, Diagnostic> {
        let number = self.number(raw, key, Dimension::Memory, Zero::Refused)?;
        if !(1.0..=9e15).contains(&number.value) {
            return Err(self.source.error(raw.span(), format!("`{key}` is out of range: from 1 to 9e15 B")));
        }
        Ok(Sourced { value: number.value as u64, shown: number.shown, source: number.source, assumed: number.assumed })
    }

    fn unit(self, unit: &Spanned<String>, dimension: Dimension) -> Result<(&'static str, f64), Diagnostic> {
        let units = dimension.units();
        let name = unit.get_ref();
        if let Some(&found) = units.iter().find(|(candidate, _)| candidate == name) {
            return Ok(found);
        }
        let valid: Vec<&str> = units.iter().map(|(name, _)| *name).filter(|name| !name.is_empty()).collect();
        let near = valid
            .iter()
            .copied()
            .find(|candidate| candidate.eq_ignore_ascii_case(name))
            .or_else(|| nearest(name, valid.iter().copied()));
        let help = near.map(|near| format!("did you mean `{near}`? valid: {}", valid.join(", ")));
        Err(Diagnostic {
            help: help.or_else(|| Some(format!("valid: {}", valid.join(", ")))),
            ..self.source.error(unit.span(), format!("`{name}` is not a unit of {}", dimension.name()))
        })
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
        Reader { source: &source }.number(&file.x, "x", dimension, Zero::Refused)
    }

    #[test]
    fn units_become_base_units() {
        let value = |text, dimension| read(text, dimension).unwrap().value;
        assert!((value("x = { value = 12.5, unit = \"Mbit/s\" }", Dimension::Bandwidth) - 1_562_500.0).abs() < 1e-6);
        assert!((value("x = { value = 64, unit = \"KiB\" }", Dimension::Memory) - 65_536.0).abs() < 1e-6);
        assert!((value("x = { value = 0.4, unit = \"pJ\" }", Dimension::Energy) - 0.4e-12).abs() < 1e-24);
        assert!((value("x = 3", Dimension::Time) - 3.0).abs() < 1e-12);
    }

    #[test]
    fn memory_is_whole_bytes() {
        let bytes = |text: &str| {
            let source = Source::new("a.toml", text);
            let file: File = source.parse().unwrap();
            Reader { source: &source }.bytes(&file.x, "x").map(|bytes| bytes.value).map_err(|error| error.message)
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
        let error = read("x = { value = 5, unit = \"mhz\" }", Dimension::Frequency).unwrap_err();
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
