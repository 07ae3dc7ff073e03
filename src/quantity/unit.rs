//! Dimensions and the one table of their units.

use crate::diagnostic::nearest;

use super::error::QuantityError;

/// One unit of a dimension.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unit {
    /// Symbol, with the micro sign: `µs`.
    pub symbol: &'static str,
    /// Size in base units.
    pub size: f64,
    /// Values in this unit are whole numbers.
    pub whole: bool,
    /// Values are printed in this unit; other units are only read.
    pub printed: bool,
}

impl Unit {
    /// A unit that values are printed in.
    const fn printed(symbol: &'static str, size: f64) -> Self {
        Self { symbol, size, whole: false, printed: true }
    }

    /// A unit that is only read.
    const fn read(symbol: &'static str, size: f64) -> Self {
        Self { symbol, size, whole: false, printed: false }
    }

    /// A unit of whole things.
    const fn whole(symbol: &'static str) -> Self {
        Self { symbol, size: 1.0, whole: true, printed: true }
    }

    /// Returns `true` if `text` spells this unit. The micro sign may be written `u`, and letters in either case where
    /// that can't be mistaken: `M` is never milli, and `b` never a byte.
    pub fn is_spelled(&self, text: &str) -> bool {
        let (symbol, text) = (plain(self.symbol), plain(text));
        if symbol == text {
            return true;
        }
        let mega_for_milli = symbol.starts_with('m') && text.starts_with('M');
        let bit_for_byte = symbol.contains('B') && !symbol.contains('i') && !text.contains('B');
        symbol.eq_ignore_ascii_case(&text) && !mega_for_milli && !bit_for_byte
    }
}

/// A symbol in plain characters: both characters for micro (of keyboards, and the Greek letter) become `u`.
pub(super) fn plain(symbol: &str) -> String {
    symbol.replace(['\u{b5}', '\u{3bc}'], "u")
}

/// Physical dimension of a quantity. Base units are in brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// Time (s).
    Time,
    /// Energy (J).
    Energy,
    /// Power (W).
    Power,
    /// Memory and messages (B).
    Bytes,
    /// Bandwidth [B/s]. Printed in bits per second, the unit of links; bytes per second are read too.
    Bandwidth,
    /// Arithmetic throughput [MAC/s].
    Compute,
    /// Amount of arithmetic (MAC).
    Operations,
    /// Clock frequency (Hz).
    Frequency,
    /// Frames per second (fps).
    Rate,
    /// Bytes per clock cycle [B/cycle].
    BytesPerCycle,
    /// Operations per clock cycle [/cycle].
    PerCycle,
    /// Share between 0 and 1, printed in percent.
    Share,
    /// Number of things.
    Count,
}

pub(super) const MILLISECONDS: Unit = Unit::printed("ms", 1e-3);
pub(super) const MICROJOULES: Unit = Unit::printed("\u{b5}J", 1e-6);
pub(super) const MILLIWATTS: Unit = Unit::printed("mW", 1e-3);
pub(super) const BYTE: Unit = Unit::whole("B");
pub(super) const KIBIBYTES: Unit = Unit::printed("KiB", 1024.0);
pub(super) const MEGA_MACS: Unit = Unit::printed("MMAC", 1e6);
pub(super) const FRAMES_PER_SECOND: Unit = Unit::printed("fps", 1.0);
pub(super) const THINGS: Unit = Unit::whole("");
pub(super) const PERCENT: Unit = Unit::printed("%", 0.01);

const TIME: &[Unit] = &[
    Unit::printed("ns", 1e-9),
    Unit::printed("\u{b5}s", 1e-6),
    MILLISECONDS,
    Unit::printed("s", 1.0),
    Unit::read("seconds", 1.0),
];
const ENERGY: &[Unit] = &[
    Unit::printed("fJ", 1e-15),
    Unit::printed("pJ", 1e-12),
    Unit::printed("nJ", 1e-9),
    MICROJOULES,
    Unit::printed("mJ", 1e-3),
    Unit::printed("J", 1.0),
];
const POWER: &[Unit] =
    &[Unit::printed("nW", 1e-9), Unit::printed("\u{b5}W", 1e-6), MILLIWATTS, Unit::printed("W", 1.0)];
const BYTES: &[Unit] = &[
    BYTE,
    KIBIBYTES,
    Unit::printed("MiB", 1_048_576.0),
    Unit::printed("GiB", 1_073_741_824.0),
    Unit::read("kB", 1e3),
    Unit::read("MB", 1e6),
    Unit::read("GB", 1e9),
];
const BANDWIDTH: &[Unit] = &[
    Unit::printed("bit/s", 0.125),
    Unit::printed("kbit/s", 125.0),
    Unit::printed("Mbit/s", 125e3),
    Unit::printed("Gbit/s", 125e6),
    Unit::read("B/s", 1.0),
    Unit::read("kB/s", 1e3),
    Unit::read("MB/s", 1e6),
    Unit::read("GB/s", 1e9),
];
const COMPUTE: &[Unit] = &[
    Unit::printed("MAC/s", 1.0),
    Unit::printed("kMAC/s", 1e3),
    Unit::printed("MMAC/s", 1e6),
    Unit::printed("GMAC/s", 1e9),
    Unit::printed("TMAC/s", 1e12),
];
const OPERATIONS: &[Unit] = &[
    Unit::whole("MAC"),
    Unit::printed("kMAC", 1e3),
    MEGA_MACS,
    Unit::printed("GMAC", 1e9),
    Unit::printed("TMAC", 1e12),
];
const FREQUENCY: &[Unit] =
    &[Unit::printed("Hz", 1.0), Unit::printed("kHz", 1e3), Unit::printed("MHz", 1e6), Unit::printed("GHz", 1e9)];
const RATE: &[Unit] = &[FRAMES_PER_SECOND, Unit::read("Hz", 1.0), Unit::read("kHz", 1e3)];
const BYTES_PER_CYCLE: &[Unit] = &[Unit::printed("B/cycle", 1.0), Unit::read("bit/cycle", 0.125)];
const PER_CYCLE: &[Unit] = &[Unit::printed("/cycle", 1.0)];
const SHARE: &[Unit] = &[PERCENT, Unit::read("", 1.0)];
const COUNT: &[Unit] = &[THINGS];

impl Dimension {
    /// Units of the dimension: those that are printed in ascending order, then those that are only read.
    pub const fn units(self) -> &'static [Unit] {
        match self {
            Self::Time => TIME,
            Self::Energy => ENERGY,
            Self::Power => POWER,
            Self::Bytes => BYTES,
            Self::Bandwidth => BANDWIDTH,
            Self::Compute => COMPUTE,
            Self::Operations => OPERATIONS,
            Self::Frequency => FREQUENCY,
            Self::Rate => RATE,
            Self::BytesPerCycle => BYTES_PER_CYCLE,
            Self::PerCycle => PER_CYCLE,
            Self::Share => SHARE,
            Self::Count => COUNT,
        }
    }

    /// Name in sentences, with its article: "a bandwidth".
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Time => "a time",
            Self::Energy => "an energy",
            Self::Power => "a power",
            Self::Bytes => "a memory size",
            Self::Bandwidth => "a bandwidth",
            Self::Compute => "a computing rate",
            Self::Operations => "an amount of arithmetic",
            Self::Frequency => "a frequency",
            Self::Rate => "a frame rate",
            Self::BytesPerCycle => "bytes per cycle",
            Self::PerCycle => "operations per cycle",
            Self::Share => "a share",
            Self::Count => "a number of things",
        }
    }

    /// The unit of size 1, in which the program computes.
    pub fn base_unit(self) -> Unit {
        let is_base = |unit: &&Unit| (unit.size - 1.0).abs() < 1e-12;
        self.units().iter().find(is_base).copied().unwrap_or(self.units()[0])
    }

    /// The largest printed unit in which `value` is at least 1, else the smallest.
    pub fn unit_for(self, value: f64) -> Unit {
        let printed = || self.units().iter().filter(|unit| unit.printed);
        if value == 0.0 {
            let base = self.base_unit();
            return if base.printed { base } else { self.units()[0] };
        }
        // 999.6 us rounds to 1 ms.
        let fits = |unit: &&Unit| value.abs() >= unit.size * 0.9995;
        printed().rfind(fits).or_else(|| printed().next()).copied().unwrap_or(self.units()[0])
    }

    /// The unit that `text` spells.
    ///
    /// # Errors
    /// No unit of the dimension; the error names the nearest, or all of them.
    ///
    /// ```
    /// use splitscope::quantity::Dimension;
    /// assert_eq!(Dimension::Time.unit("us")?.symbol, "µs");
    /// assert_eq!(Dimension::Bandwidth.unit("mbit/s")?.size, 125e3);
    /// assert!(Dimension::Bandwidth.unit("Mb/s").is_err(), "bits or bytes?");
    /// # Ok::<(), splitscope::quantity::QuantityError>(())
    /// ```
    pub fn unit(self, text: &str) -> Result<Unit, QuantityError> {
        self.unit_of(text, self.noun())
    }

    /// The unit that `text` spells, for a quantity of another name.
    pub(super) fn unit_of(self, text: &str, quantity: &'static str) -> Result<Unit, QuantityError> {
        let exact = self.units().iter().find(|unit| plain(unit.symbol) == plain(text));
        let found = exact.or_else(|| self.units().iter().find(|unit| unit.is_spelled(text)));
        found.copied().ok_or_else(|| {
            let names: Vec<String> =
                self.units().iter().map(|unit| plain(unit.symbol)).filter(|name| !name.is_empty()).collect();
            let help = match nearest(text, names.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`? valid: {}", names.join(", ")),
                None if names.is_empty() => "it has none".to_owned(),
                None => format!("valid: {}", names.join(", ")),
            };
            QuantityError::Unit { unit: text.to_owned(), quantity, help }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Dimension; 13] = [
        Dimension::Time,
        Dimension::Energy,
        Dimension::Power,
        Dimension::Bytes,
        Dimension::Bandwidth,
        Dimension::Compute,
        Dimension::Operations,
        Dimension::Frequency,
        Dimension::Rate,
        Dimension::BytesPerCycle,
        Dimension::PerCycle,
        Dimension::Share,
        Dimension::Count,
    ];

    #[test]
    fn printed_units_ascend_and_a_base_unit_exists() {
        for dimension in ALL {
            let printed: Vec<f64> =
                dimension.units().iter().filter(|unit| unit.printed).map(|unit| unit.size).collect();
            assert!(printed.is_sorted_by(|low, high| low < high), "{dimension:?}");
            assert!((dimension.base_unit().size - 1.0).abs() < 1e-12, "{dimension:?}");
        }
    }

    #[test]
    fn every_unit_reads_back() {
        for dimension in ALL {
            for unit in dimension.units() {
                assert_eq!(dimension.unit(unit.symbol).unwrap(), *unit);
                assert_eq!(dimension.unit(&plain(unit.symbol)).unwrap(), *unit);
            }
        }
    }

    #[test]
    fn ambiguous_spellings_are_refused() {
        for (dimension, text) in [
            (Dimension::Bandwidth, "Mb/s"),
            (Dimension::Bytes, "kb"),
            (Dimension::Time, "Ms"),
            (Dimension::Energy, "MJ"),
            (Dimension::Time, "MHz"),
        ] {
            assert!(dimension.unit(text).is_err(), "{text}");
        }
        assert_eq!(Dimension::Bytes.unit("kib").unwrap().symbol, "KiB");
        assert_eq!(Dimension::Frequency.unit("mhz").unwrap().symbol, "MHz");
        let error = Dimension::Bandwidth.unit("Mbits").unwrap_err().to_string();
        assert!(error.starts_with("`Mbits` is not a unit of a bandwidth; did you mean `Mbit/s`?"), "{error}");
    }
}
