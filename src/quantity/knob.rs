//! The one table of knobs: names, words, dimension, steps, direction and limit of each. Their values live in
//! `cost::Knobs`.
//!
//! The value of a knob is one number in base units. "No limit" is a number too: infinity for upper limits, 0 for
//! floors.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::QuantityError;
use super::limit::{Limit, LimitSide};
use super::parse::{means_infinity, means_no_limit};
use super::unit::{Dimension, Unit};
use crate::diagnostic::nearest;

mod words;

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
    /// Most of the pictures that may be rebuilt, a share.
    LeakLimit,
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
    /// Whole percents.
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
    /// Name of at most 13 characters for a list, where the unit stands beside it.
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
const KNOBS: [KnobInfo; 10] = [
    KnobInfo {
        name: "sensors",
        label: "number of sensors",
        short: "sensors",
        about: "number of cameras, each with its own processor",
        dimension: Dimension::Count,
        scale: KnobScale::Count,
        relax: RelaxDirection::Down,
        ..hardware(Knob::Sensors)
    },
    KnobInfo {
        name: "link-bandwidth",
        former_names: &["bandwidth"],
        label: "link bandwidth",
        short: "link",
        about: "raw bandwidth of each link, or of the bus that all sensors share",
        dimension: Dimension::Bandwidth,
        ..hardware(Knob::LinkBandwidth)
    },
    KnobInfo {
        scale: KnobScale::Octaves,
        about: "most bytes that a sensor may keep alive",
        ..limit(Knob::SensorMemory, Limit::SensorMemory)
    },
    KnobInfo {
        name: "sensor-compute",
        label: "sensor compute",
        short: "sensor",
        about: "multiply-accumulates per second of a sensor with all units busy",
        dimension: Dimension::Compute,
        ..hardware(Knob::SensorCompute)
    },
    KnobInfo {
        name: "aggregator-compute",
        label: "aggregator compute",
        short: "aggregator",
        about: "multiply-accumulates per second of the aggregator with all units busy",
        dimension: Dimension::Compute,
        ..hardware(Knob::AggregatorCompute)
    },
    KnobInfo {
        former_names: &["latency-limit"],
        about: "longest time from exposure to result",
        ..limit(Knob::LatencyLimit, Limit::Latency)
    },
    KnobInfo {
        former_names: &["energy-limit"],
        about: "most energy of one frame, all sensors together",
        ..limit(Knob::EnergyLimit, Limit::Energy)
    },
    KnobInfo {
        former_names: &["frame-rate-floor"],
        about: "fewest frames per second, when the stages work on different frames",
        ..limit(Knob::FrameRateFloor, Limit::FrameRate)
    },
    KnobInfo {
        former_names: &["accuracy-floor"],
        scale: KnobScale::Percent,
        about: "lowest accuracy, with this number of sensors: measured, else the lower end of its interval",
        ..limit(Knob::AccuracyFloor, Limit::Accuracy)
    },
    KnobInfo {
        scale: KnobScale::Percent,
        about: "most of the pictures that may be rebuilt; what was not measured with these sensors breaks no limit",
        ..limit(Knob::LeakLimit, Limit::Leak)
    },
];

/// Row of a hardware value, which always has one; its names and dimension are still to be set.
const fn hardware(knob: Knob) -> KnobInfo {
    KnobInfo {
        knob,
        name: "",
        former_names: &[],
        label: "",
        short: "",
        about: "",
        dimension: Dimension::Count,
        scale: KnobScale::Decades,
        relax: RelaxDirection::Up,
        unlimited: Unlimited::Never,
        limit: None,
    }
}

/// Row of a limit, with the names and the side that the tables of limits and metrics give it.
const fn limit(knob: Knob, limit: Limit) -> KnobInfo {
    let (relax, unlimited) = match limit.info().side {
        LimitSide::AtMost => (RelaxDirection::Up, Unlimited::Above),
        LimitSide::AtLeast => (RelaxDirection::Down, Unlimited::Below),
    };
    KnobInfo {
        name: limit.name(),
        label: limit.info().label,
        short: limit.short(),
        dimension: limit.metric().info().dimension,
        relax,
        unlimited,
        limit: Some(limit),
        ..hardware(knob)
    }
}

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
        Self::LeakLimit,
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

    /// The notes of [`Knob::renamed`] for each former name among `names`: for readers of names that a user wrote.
    pub fn renamed_among<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        names.into_iter().filter_map(Self::renamed).collect()
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
        // An infinite floor is the opposite of none, and no share is infinite.
        if means_infinity(text) && (self.no_limit() == Some(0.0) || self.info().scale == KnobScale::Percent) {
            return Err(QuantityError::NotPositive { quantity: self.label(), value: f64::INFINITY });
        }
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
        if info.scale == KnobScale::Count && value.fract() != 0.0 {
            return Err(QuantityError::NotWhole { quantity, value });
        }
        if info.scale == KnobScale::Percent && value > 1.0 {
            return Err(QuantityError::AboveOne(quantity));
        }
        if !RANGE.contains(&value) {
            let (low, high) = self.ends_in_words();
            return Err(QuantityError::Range { quantity, low, high });
        }
        Ok(value)
    }

    /// Smallest and largest value that a knob can have, in its base unit.
    fn ends_in_words(self) -> (String, String) {
        let info = self.info();
        let symbol = info.dimension.base_unit().symbol;
        let with_unit = |end: f64| format!("{end:e} {symbol}").trim_end().to_owned();
        let (low, high) = (*RANGE.start(), *RANGE.end());
        match info.scale {
            KnobScale::Count => ("1".to_owned(), with_unit(high)),
            KnobScale::Percent => (format!("{low:e}"), "1 (or 100 %)".to_owned()),
            KnobScale::Decades | KnobScale::Octaves => (with_unit(low), with_unit(high)),
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
mod tests;
