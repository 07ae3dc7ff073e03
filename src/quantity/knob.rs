//! The one table of knobs: names, words, dimension, steps, direction and limit of each. Their values live in
//! `cost::Knobs`.
//!
//! The value of a knob is one number in base units. "No limit" is a number too: infinity for upper limits, 0 for
//! floors.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::QuantityError;
use super::format::Rounding;
use super::limit::Limit;
use super::parse::means_no_limit;
use super::unit::{Dimension, Unit};
use crate::diagnostic::nearest;

/// A value that the user moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Knob {
    /// Number of sensors.
    Sensors,
    /// Raw bandwidth of a link or of the bus [B/s].
    LinkBandwidth,
    /// Bytes that a sensor may keep alive (B).
    SensorMemory,
    /// Multiply-accumulates per second of a sensor [MAC/s].
    SensorCompute,
    /// Multiply-accumulates per second of the aggregator [MAC/s].
    AggregatorCompute,
    /// Longest time from exposure to result (s).
    LatencyLimit,
    /// Most energy of one frame (J).
    EnergyLimit,
    /// Fewest frames per second (fps).
    FrameRateFloor,
    /// Lowest accuracy, a share.
    AccuracyFloor,
}

/// Direction in which a knob makes more designs feasible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RelaxDirection {
    /// Raising it.
    Up,
    /// Lowering it.
    Down,
}

/// Position of "no limit" on a knob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unlimited {
    /// The knob always has a value.
    Never,
    /// Above its largest value, as infinity.
    Above,
    /// Below its smallest value, as 0.
    Below,
}

/// Spacing of the steps of a knob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KnobScale {
    /// Whole numbers.
    Count,
    /// The preferred numbers of the E12 series (IEC 60063): twelve a decade.
    Decades,
    /// Four steps for each doubling: 1, 1.25, 1.5, 1.75 times a power of two.
    Octaves,
    /// Percents.
    Percent,
}

/// Row of the table of knobs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KnobInfo {
    /// The knob.
    pub knob: Knob,
    /// Name in files, control lines and JSON, and on the command line.
    pub name: &'static str,
    /// Names of earlier versions, accepted when read.
    pub former_names: &'static [&'static str],
    /// Name in sentences.
    pub label: &'static str,
    /// Name of at most ten characters for a list, where the unit stands beside it.
    pub short: &'static str,
    /// One line of help.
    pub about: &'static str,
    /// Dimension of its values.
    pub dimension: Dimension,
    /// Spacing of its steps.
    pub scale: KnobScale,
    /// Direction in which more designs become feasible.
    pub relax: RelaxDirection,
    /// Position of "no limit".
    pub unlimited: Unlimited,
    /// The limit that it sets; `None` for hardware.
    pub limit: Option<Limit>,
}

/// All knobs, in the order in which they are shown; the index is the [`Knob`].
const KNOBS: [KnobInfo; 9] = [
    KnobInfo {
        knob: Knob::Sensors,
        name: "sensors",
        former_names: &[],
        label: "number of sensors",
        short: "sensors",
        about: "number of cameras, each with its own processor",
        dimension: Dimension::Count,
        scale: KnobScale::Count,
        relax: RelaxDirection::Down,
        unlimited: Unlimited::Never,
        limit: None,
    },
    KnobInfo {
        knob: Knob::LinkBandwidth,
        name: "link-bandwidth",
        former_names: &["bandwidth"],
        label: "link bandwidth",
        short: "link",
        about: "raw bandwidth of each link, or of the bus that all sensors share",
        dimension: Dimension::Bandwidth,
        scale: KnobScale::Decades,
        relax: RelaxDirection::Up,
        unlimited: Unlimited::Never,
        limit: None,
    },
    KnobInfo {
        knob: Knob::SensorMemory,
        name: "sensor-memory",
        former_names: &[],
        label: "sensor memory",
        short: "sensor RAM",
        about: "most bytes that a sensor may keep alive",
        dimension: Dimension::Bytes,
        scale: KnobScale::Octaves,
        relax: RelaxDirection::Up,
        unlimited: Unlimited::Above,
        limit: Some(Limit::SensorMemory),
    },
    KnobInfo {
        knob: Knob::SensorCompute,
        name: "sensor-compute",
        former_names: &[],
        label: "sensor compute",
        short: "sensor",
        about: "multiply-accumulates per second of a sensor with all units busy",
        dimension: Dimension::Compute,
        scale: KnobScale::Decades,
        relax: RelaxDirection::Up,
        unlimited: Unlimited::Never,
        limit: None,
    },
    KnobInfo {
        knob: Knob::AggregatorCompute,
        name: "aggregator-compute",
        former_names: &[],
        label: "aggregator compute",
        short: "aggregator",
        about: "multiply-accumulates per second of the aggregator with all units busy",
        dimension: Dimension::Compute,
        scale: KnobScale::Decades,
        relax: RelaxDirection::Up,
        unlimited: Unlimited::Never,
        limit: None,
    },
    KnobInfo {
        knob: Knob::LatencyLimit,
        name: "latency",
        former_names: &["latency-limit"],
        label: Limit::Latency.info().label,
        short: Limit::Latency.short(),
        about: "longest time from exposure to result",
        dimension: Dimension::Time,
        scale: KnobScale::Decades,
        relax: RelaxDirection::Up,
        unlimited: Unlimited::Above,
        limit: Some(Limit::Latency),
    },
    KnobInfo {
        knob: Knob::EnergyLimit,
        name: "energy",
        former_names: &["energy-limit"],
        label: Limit::Energy.info().label,
        short: Limit::Energy.short(),
        about: "most energy of one frame, all sensors together",
        dimension: Dimension::Energy,
        scale: KnobScale::Decades,
        relax: RelaxDirection::Up,
        unlimited: Unlimited::Above,
        limit: Some(Limit::Energy),
    },
    KnobInfo {
        knob: Knob::FrameRateFloor,
        name: "frame-rate",
        former_names: &["frame-rate-floor"],
        label: Limit::FrameRate.info().label,
        short: Limit::FrameRate.short(),
        about: "fewest frames per second, when the stages work on different frames",
        dimension: Dimension::Rate,
        scale: KnobScale::Decades,
        relax: RelaxDirection::Down,
        unlimited: Unlimited::Below,
        limit: Some(Limit::FrameRate),
    },
    KnobInfo {
        knob: Knob::AccuracyFloor,
        name: "accuracy",
        former_names: &["accuracy-floor"],
        label: Limit::Accuracy.info().label,
        short: Limit::Accuracy.short(),
        about: "lowest accuracy; judges designs that were measured with this number of sensors",
        dimension: Dimension::Share,
        scale: KnobScale::Percent,
        relax: RelaxDirection::Down,
        unlimited: Unlimited::Below,
        limit: Some(Limit::Accuracy),
    },
];

/// Smallest and largest value of a knob in base units: no cost then overflows.
const RANGE: std::ops::RangeInclusive<f64> = 1e-40..=1e40;

impl Knob {
    /// Number of knobs.
    pub const COUNT: usize = KNOBS.len();

    /// All knobs, in the order in which they are shown.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Sensors,
        Self::LinkBandwidth,
        Self::SensorMemory,
        Self::SensorCompute,
        Self::AggregatorCompute,
        Self::LatencyLimit,
        Self::EnergyLimit,
        Self::FrameRateFloor,
        Self::AccuracyFloor,
    ];

    /// Knobs of the hardware.
    pub const HARDWARE: [Self; 5] =
        [Self::Sensors, Self::LinkBandwidth, Self::SensorMemory, Self::SensorCompute, Self::AggregatorCompute];

    /// Knobs of the requirements on cost.
    pub const REQUIREMENTS: [Self; 3] = [Self::LatencyLimit, Self::EnergyLimit, Self::FrameRateFloor];

    /// Row of the table.
    pub const fn info(self) -> &'static KnobInfo {
        &KNOBS[self as usize]
    }

    /// Position in the table.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Name in files, control lines and JSON, and on the command line.
    pub const fn name(self) -> &'static str {
        self.info().name
    }

    /// Name in sentences.
    pub const fn label(self) -> &'static str {
        self.info().label
    }

    /// The knob of that name, present or former.
    ///
    /// # Errors
    /// No knob has that name; the error suggests the nearest.
    ///
    /// ```
    /// use splitscope::quantity::Knob;
    /// assert_eq!(Knob::named("bandwidth")?, Knob::LinkBandwidth);
    /// assert_eq!(Knob::renamed("bandwidth").unwrap(), "`bandwidth` is now named `link-bandwidth`");
    /// # Ok::<(), splitscope::quantity::QuantityError>(())
    /// ```
    pub fn named(name: &str) -> Result<Self, QuantityError> {
        let name = name.trim();
        let found = KNOBS.iter().find(|info| info.name == name || info.former_names.contains(&name));
        found.map(|info| info.knob).ok_or_else(|| {
            let names = || KNOBS.iter().map(|info| info.name);
            let help = match nearest(name, names()) {
                Some(near) => format!("; did you mean `{near}`?"),
                None => format!(" (knobs: {})", names().collect::<Vec<_>>().join(", ")),
            };
            QuantityError::Knob { name: name.to_owned(), help }
        })
    }

    /// A note for who wrote a former name of a knob; `None` for a present name.
    pub fn renamed(name: &str) -> Option<String> {
        let name = name.trim();
        let info = KNOBS.iter().find(|info| info.former_names.contains(&name))?;
        Some(format!("`{name}` is now named `{}`", info.name))
    }

    /// Returns `true` if `value` means that there is no limit.
    pub fn is_unlimited(self, value: f64) -> bool {
        match self.info().unlimited {
            Unlimited::Never => false,
            Unlimited::Above => value.is_infinite(),
            Unlimited::Below => value <= 0.0,
        }
    }

    /// The value that means "no limit"; `None` if the knob always has a value.
    pub const fn no_limit(self) -> Option<f64> {
        match self.info().unlimited {
            Unlimited::Never => None,
            Unlimited::Above => Some(f64::INFINITY),
            Unlimited::Below => Some(0.0),
        }
    }

    /// Reads a value: a number with or without a unit, or a word for "no limit". A number without a unit is in `bare`.
    ///
    /// # Errors
    /// No number, a unit of another dimension, or a value that the knob can't have.
    ///
    /// ```
    /// use splitscope::quantity::{Dimension, Knob};
    /// let (time, share) = (Dimension::Time.base_unit(), Dimension::Share.base_unit());
    /// assert_eq!(Knob::LatencyLimit.parse("8 µs", time)?, 8e-6);
    /// assert_eq!(Knob::LatencyLimit.parse("none", time)?, f64::INFINITY);
    /// assert_eq!(Knob::AccuracyFloor.parse("72.5%", share)?, 0.725);
    /// # Ok::<(), splitscope::quantity::QuantityError>(())
    /// ```
    pub fn parse(self, text: &str, bare: Unit) -> Result<f64, QuantityError> {
        if means_no_limit(text) {
            return self.no_limit().ok_or(QuantityError::AlwaysSet(self.label()));
        }
        self.check(self.info().dimension.parse_as(text, bare, self.label())?)
    }

    /// Returns `value` if the knob can have it.
    ///
    /// # Errors
    /// A value that is not finite, zero or negative without meaning "no limit", too large or small for costs to be
    /// computed, a fraction of a sensor, or a share above 1.
    pub fn check(self, value: f64) -> Result<f64, QuantityError> {
        let info = self.info();
        let quantity = info.label;
        if self.no_limit() == Some(value) {
            return Ok(value);
        }
        if !(value.is_finite() && value > 0.0) {
            return Err(QuantityError::NotPositive { quantity, value });
        }
        if !RANGE.contains(&value) {
            let [low, high] = [RANGE.start(), RANGE.end()].map(|end| format!("{end:e}"));
            return Err(QuantityError::Range { quantity, low, high });
        }
        if info.scale == KnobScale::Count && value.fract() != 0.0 {
            return Err(QuantityError::NotWhole { quantity, value });
        }
        if info.scale == KnobScale::Percent && value > 1.0 {
            return Err(QuantityError::AboveOne(quantity));
        }
        Ok(value)
    }

    /// `value` with its unit, for sentences: `2.5 Mbit/s`, `48 KiB`, `no limit`.
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

    /// An imperative that relaxes the knob: "raise the latency limit to 6.68 ms". The value is rounded so that what is
    /// printed suffices.
    pub fn instruction(self, to: f64) -> String {
        let (verb, rounding) = self.relaxing();
        format!("{verb} the {} to {}", self.label(), self.format_rounded(to, rounding))
    }

    /// The instruction with the present value: "raise the latency limit from 1.5 ms to 6.68 ms".
    pub fn instruction_from(self, from: f64, to: f64) -> String {
        let (verb, rounding) = self.relaxing();
        format!("{verb} the {} from {} to {}", self.label(), self.format(from), self.format_rounded(to, rounding))
    }

    /// Verb that relaxes the knob, and the rounding with which a printed value suffices.
    const fn relaxing(self) -> (&'static str, Rounding) {
        match self.info().relax {
            RelaxDirection::Up => ("raise", Rounding::Up),
            RelaxDirection::Down => ("lower", Rounding::Down),
        }
    }
}

impl Limit {
    /// The knob that sets the limit; `None` for weights.
    pub const fn knob(self) -> Option<Knob> {
        let mut index = 0;
        while index < Knob::COUNT {
            let knob = Knob::ALL[index];
            if let Some(limit) = knob.info().limit
                && limit as u8 == self as u8
            {
                return Some(knob);
            }
            index += 1;
        }
        None
    }
}

impl Serialize for Knob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Knob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::named(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp, reason = "values are read exactly")]

    use super::*;

    fn parse(knob: Knob, text: &str) -> Result<f64, String> {
        knob.parse(text, knob.info().dimension.base_unit()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_table_stands_in_the_order_of_the_knobs() {
        for (index, knob) in Knob::ALL.into_iter().enumerate() {
            let info = knob.info();
            assert_eq!((info.knob, knob.index()), (knob, index));
            assert!(info.short.len() <= 10, "{}", info.short);
            if let Some(limit) = info.limit {
                assert_eq!(limit.knob(), Some(knob));
                assert_eq!((limit.name(), limit.info().label), (info.name, info.label));
                assert_eq!(limit.metric().info().dimension, info.dimension);
            }
        }
    }

    #[test]
    fn present_and_former_names_are_read() {
        for knob in Knob::ALL {
            assert_eq!((Knob::named(knob.name()), Knob::renamed(knob.name())), (Ok(knob), None));
            for former in knob.info().former_names {
                assert_eq!(Knob::named(former), Ok(knob));
                assert!(Knob::renamed(former).unwrap().contains(knob.name()));
            }
            let json = serde_json::to_string(&knob).unwrap();
            assert_eq!(serde_json::from_str::<Knob>(&json).unwrap(), knob);
        }
        let error = Knob::named("link-bandwith").unwrap_err().to_string();
        assert_eq!(error, "no knob is named `link-bandwith`; did you mean `link-bandwidth`?");
    }

    #[test]
    fn values_are_read_with_and_without_units() {
        for (knob, text, value) in [
            (Knob::LinkBandwidth, "2.5 Mbit/s", 312_500.0),
            (Knob::LinkBandwidth, "312500", 312_500.0),
            (Knob::LinkBandwidth, "0.3 MB/s", 300_000.0),
            (Knob::SensorMemory, " 48 KiB ", 49_152.0),
            (Knob::SensorMemory, "none", f64::INFINITY),
            (Knob::LatencyLimit, "8 \u{b5}s", 8e-6),
            (Knob::LatencyLimit, "inf", f64::INFINITY),
            (Knob::AccuracyFloor, "0.725", 0.725),
            (Knob::AccuracyFloor, "72.5", 0.725),
            (Knob::AccuracyFloor, "72.5%", 0.725),
            (Knob::AccuracyFloor, "off", 0.0),
            (Knob::FrameRateFloor, "no limit", 0.0),
            (Knob::Sensors, "12", 12.0),
        ] {
            let read = parse(knob, text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert!(read == value || (read - value).abs() < 1e-12 * value, "{text}: {read}");
        }
    }

    #[test]
    fn impossible_values_say_why() {
        for (knob, text, reason) in [
            (Knob::LinkBandwidth, "fast", "`fast` is not a number"),
            (Knob::LinkBandwidth, "", "`` is not a number"),
            (Knob::LinkBandwidth, "nan", "`nan` is not a number"),
            (Knob::LinkBandwidth, "0", "link bandwidth must be a finite number above zero, not 0"),
            (Knob::LinkBandwidth, "-3", "link bandwidth must be a finite number above zero, not -3"),
            (Knob::LinkBandwidth, "1e300", "link bandwidth goes from 1e-40 to 1e40"),
            (Knob::LinkBandwidth, "5 MB", "`MB` is not a unit of link bandwidth"),
            (Knob::LinkBandwidth, "none", "link bandwidth always has a value"),
            (Knob::Sensors, "2.5", "number of sensors must be a whole number, not 2.5"),
            (Knob::AccuracyFloor, "101", "accuracy floor is a share and must not exceed 1 (or 100 %)"),
        ] {
            let error = parse(knob, text).unwrap_err();
            assert!(error.starts_with(reason), "{text}: {error}");
        }
    }

    #[test]
    fn instructions_name_the_limit() {
        assert_eq!(Knob::LatencyLimit.instruction(0.006_672), "raise the latency limit to 6.68 ms");
        assert_eq!(
            Knob::LatencyLimit.instruction_from(0.0015, 0.006_672),
            "raise the latency limit from 1.5 ms to 6.68 ms"
        );
        assert_eq!(Knob::Sensors.instruction(4.0), "lower the number of sensors to 4");
        assert_eq!(Knob::FrameRateFloor.instruction(12.349), "lower the frame rate floor to 12.3 fps");
        assert_eq!(Knob::EnergyLimit.format(f64::INFINITY), "no limit");
        assert_eq!(Knob::LinkBandwidth.format_range(967_500.0, 88_250_000.0), "7.74 to 706 Mbit/s");
    }
}
