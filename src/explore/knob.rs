//! The one table of knobs: what each moves, how it is read and written, its name, unit and direction.
//!
//! A knob's value is one number in base units. "No limit" is a number too: infinity for upper limits, 0 for floors.

use crate::cost::{Knobs, Limit};

/// A value the user moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KnobId {
    /// Number of sensors.
    Sensors,
    /// Raw bandwidth of a link or of the bus.
    LinkBandwidth,
    /// Bytes a sensor may keep alive.
    SensorMemory,
    /// Multiply-accumulates per second of a sensor.
    SensorCompute,
    /// Multiply-accumulates per second of the aggregator.
    AggregatorCompute,
    /// Longest time from exposure to result.
    LatencyLimit,
    /// Most energy of one frame.
    EnergyLimit,
    /// Fewest frames per second.
    FrameRateFloor,
    /// Lowest accuracy.
    AccuracyFloor,
}

impl KnobId {
    /// Number of knobs.
    pub const COUNT: usize = KNOBS.len();

    /// Its row of the table.
    pub const fn knob(self) -> &'static Knob {
        &KNOBS[self as usize]
    }

    /// Position in the table.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The knob of that name in files.
    pub fn named(name: &str) -> Option<Self> {
        KNOBS.iter().find(|knob| knob.name == name).map(|knob| knob.id)
    }
}

/// Which way a knob makes more designs fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ease {
    /// Raising it.
    Up,
    /// Lowering it.
    Down,
}

/// Where "no limit" stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlimited {
    /// The knob always has a value.
    Never,
    /// Above its largest value, as infinity.
    Above,
    /// Below its smallest value, as 0.
    Below,
}

/// How the stops of a knob follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Whole numbers.
    Count,
    /// The preferred numbers of the E12 series (IEC 60063): twelve a decade.
    Decades,
    /// Four stops for each doubling: 1, 1.25, 1.5, 1.75 times a power of two.
    Octaves,
    /// Percents.
    Percent,
}

/// One knob.
#[derive(Debug)]
pub struct Knob {
    /// Which.
    pub id: KnobId,
    /// Name in session files and control lines.
    pub name: &'static str,
    /// Name in sentences.
    pub label: &'static str,
    /// Name of at most ten cells for a list, where the dial's unit stands beside it.
    pub short: &'static str,
    /// What it is, for help.
    pub about: &'static str,
    /// Units it is shown in, each with its size in base units, ascending.
    pub units: &'static [(&'static str, f64)],
    /// More units it may be typed in.
    pub also: &'static [(&'static str, f64)],
    /// How stops follow each other.
    pub scale: Scale,
    /// Which way more designs fit.
    pub ease: Ease,
    /// Whether and where it can be without limit.
    pub unlimited: Unlimited,
    /// The limit it sets, if it is one.
    pub limit: Option<Limit>,
    get: fn(&Knobs) -> f64,
    set: fn(&mut Knobs, f64),
}

impl Knob {
    /// Its value.
    pub fn get(&self, knobs: &Knobs) -> f64 {
        (self.get)(knobs)
    }

    /// Sets it. Numbers of things are rounded; what makes no sense (NaN, negative) leaves the knob as it is.
    pub fn set(&self, knobs: &mut Knobs, value: f64) {
        if value >= 0.0 && (value > 0.0 || self.unlimited == Unlimited::Below) {
            (self.set)(knobs, value);
        }
    }

    /// Whether a value means that there is no limit.
    pub fn is_unlimited(&self, value: f64) -> bool {
        match self.unlimited {
            Unlimited::Never => false,
            Unlimited::Above => value.is_infinite(),
            Unlimited::Below => value <= 0.0,
        }
    }

    /// Largest unit in which the value is at least 1, else the smallest.
    pub fn unit_for(&self, value: f64) -> (&'static str, f64) {
        let fits = |&&(_, size): &&(&str, f64)| value >= size * 0.9995;
        self.units.iter().rev().find(fits).or(self.units.first()).copied().unwrap_or(("", 1.0))
    }

    /// The value with its unit, for sentences: `2.50 Mbit/s`, `48 KiB`, `no limit`.
    pub fn show(&self, value: f64) -> String {
        if self.is_unlimited(value) {
            return "no limit".to_owned();
        }
        let (unit, size) = self.unit_for(value);
        let space = if unit.is_empty() || unit == "%" { "" } else { " " };
        format!("{}{space}{unit}", digits(value / size, self.scale))
    }
}

impl Knob {
    /// A range of values, the unit said once where both have it: `7.74 to 706 Mbit/s`.
    pub fn show_range(&self, low: f64, high: f64) -> String {
        let ((unit, size), (other, _)) = (self.unit_for(low), self.unit_for(high));
        if unit == other && !self.is_unlimited(low) && !self.is_unlimited(high) {
            format!("{} to {}", digits(low / size, self.scale), self.show(high))
        } else {
            format!("{} to {}", self.show(low), self.show(high))
        }
    }
}

/// At most three significant digits, without zeros that say nothing.
pub(super) fn digits(value: f64, scale: Scale) -> String {
    let text = match (scale, value.abs()) {
        (Scale::Count, _) => return format!("{value:.0}"),
        (_, size) if size >= 99.95 => return format!("{value:.0}"),
        (_, size) if size >= 9.995 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    };
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

const COUNT: &[(&str, f64)] = &[("", 1.0)];
const BANDWIDTH: &[(&str, f64)] = &[("bit/s", 0.125), ("kbit/s", 125.0), ("Mbit/s", 125e3), ("Gbit/s", 125e6)];
const BYTES_PER_S: &[(&str, f64)] = &[("B/s", 1.0), ("kB/s", 1e3), ("MB/s", 1e6), ("GB/s", 1e9)];
const MEMORY: &[(&str, f64)] = &[("B", 1.0), ("KiB", 1024.0), ("MiB", 1_048_576.0), ("GiB", 1_073_741_824.0)];
const DECIMAL_BYTES: &[(&str, f64)] = &[("kB", 1e3), ("MB", 1e6), ("GB", 1e9)];
const COMPUTE: &[(&str, f64)] = &[("MAC/s", 1.0), ("kMAC/s", 1e3), ("MMAC/s", 1e6), ("GMAC/s", 1e9), ("TMAC/s", 1e12)];
const TIME: &[(&str, f64)] = &[("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3), ("s", 1.0)];
const ENERGY: &[(&str, f64)] = &[("pJ", 1e-12), ("nJ", 1e-9), ("uJ", 1e-6), ("mJ", 1e-3), ("J", 1.0)];
const RATE: &[(&str, f64)] = &[("fps", 1.0)];
const SHARE: &[(&str, f64)] = &[("%", 0.01)];

/// All knobs, in the order in which they are shown; the index is the [`KnobId`].
pub const KNOBS: [Knob; 9] = [
    Knob {
        id: KnobId::Sensors,
        name: "sensors",
        label: "number of sensors",
        short: "sensors",
        about: "number of cameras, each with its own processor",
        units: COUNT,
        also: &[],
        scale: Scale::Count,
        ease: Ease::Down,
        unlimited: Unlimited::Never,
        limit: None,
        get: |knobs| f64::from(knobs.sensors),
        set: |knobs, value| knobs.sensors = (value.round() as u32).max(1),
    },
    Knob {
        id: KnobId::LinkBandwidth,
        name: "link-bandwidth",
        label: "link bandwidth",
        short: "link",
        about: "raw bandwidth of each link, or of the bus that all sensors share",
        units: BANDWIDTH,
        also: BYTES_PER_S,
        scale: Scale::Decades,
        ease: Ease::Up,
        unlimited: Unlimited::Never,
        limit: None,
        get: |knobs| knobs.bandwidth_bytes_per_s,
        set: |knobs, value| knobs.bandwidth_bytes_per_s = value,
    },
    Knob {
        id: KnobId::SensorMemory,
        name: "sensor-memory",
        label: "sensor memory",
        short: "sensor RAM",
        about: "most bytes a sensor may keep alive",
        units: MEMORY,
        also: DECIMAL_BYTES,
        scale: Scale::Octaves,
        ease: Ease::Up,
        unlimited: Unlimited::Above,
        limit: Some(Limit::SensorMemory),
        get: |knobs| match knobs.sensor_memory_bytes {
            u64::MAX => f64::INFINITY,
            bytes => bytes as f64,
        },
        set: |knobs, value| {
            knobs.sensor_memory_bytes = if value.is_finite() { (value.round() as u64).max(1) } else { u64::MAX };
        },
    },
    Knob {
        id: KnobId::SensorCompute,
        name: "sensor-compute",
        label: "sensor compute",
        short: "sensor",
        about: "multiply-accumulates per second of a sensor with all units busy",
        units: COMPUTE,
        also: &[],
        scale: Scale::Decades,
        ease: Ease::Up,
        unlimited: Unlimited::Never,
        limit: None,
        get: |knobs| knobs.sensor_macs_per_s,
        set: |knobs, value| knobs.sensor_macs_per_s = value,
    },
    Knob {
        id: KnobId::AggregatorCompute,
        name: "aggregator-compute",
        label: "aggregator compute",
        short: "aggregator",
        about: "multiply-accumulates per second of the aggregator with all units busy",
        units: COMPUTE,
        also: &[],
        scale: Scale::Decades,
        ease: Ease::Up,
        unlimited: Unlimited::Never,
        limit: None,
        get: |knobs| knobs.aggregator_macs_per_s,
        set: |knobs, value| knobs.aggregator_macs_per_s = value,
    },
    Knob {
        id: KnobId::LatencyLimit,
        name: "latency",
        label: "latency limit",
        short: "latency",
        about: "longest time from exposure to result",
        units: TIME,
        also: &[],
        scale: Scale::Decades,
        ease: Ease::Up,
        unlimited: Unlimited::Above,
        limit: Some(Limit::Latency),
        get: |knobs| knobs.latency_limit_s.unwrap_or(f64::INFINITY),
        set: |knobs, value| knobs.latency_limit_s = Some(value).filter(|value| value.is_finite()),
    },
    Knob {
        id: KnobId::EnergyLimit,
        name: "energy",
        label: "energy limit",
        short: "energy",
        about: "most energy of one frame, all sensors together",
        units: ENERGY,
        also: &[],
        scale: Scale::Decades,
        ease: Ease::Up,
        unlimited: Unlimited::Above,
        limit: Some(Limit::Energy),
        get: |knobs| knobs.energy_limit_j.unwrap_or(f64::INFINITY),
        set: |knobs, value| knobs.energy_limit_j = Some(value).filter(|value| value.is_finite()),
    },
    Knob {
        id: KnobId::FrameRateFloor,
        name: "frame-rate",
        label: "frame rate floor",
        short: "frame rate",
        about: "fewest frames per second, when the stages work on different frames",
        units: RATE,
        also: &[],
        scale: Scale::Decades,
        ease: Ease::Down,
        unlimited: Unlimited::Below,
        limit: Some(Limit::FrameRate),
        get: |knobs| knobs.frame_rate_floor_hz.unwrap_or(0.0),
        set: |knobs, value| knobs.frame_rate_floor_hz = Some(value).filter(|&value| value > 0.0),
    },
    Knob {
        id: KnobId::AccuracyFloor,
        name: "accuracy",
        label: "accuracy floor",
        short: "accuracy",
        about: "lowest accuracy; judges designs that were measured with this number of sensors",
        units: SHARE,
        also: &[],
        scale: Scale::Percent,
        ease: Ease::Down,
        unlimited: Unlimited::Below,
        limit: Some(Limit::Accuracy),
        get: |knobs| knobs.accuracy_floor.unwrap_or(0.0),
        set: |knobs, value| knobs.accuracy_floor = Some(value.min(1.0)).filter(|&value| value > 0.0),
    },
];

#[cfg(test)]
mod tests {
    use super::super::tests::pair;
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_the_ids_and_reads_what_it_wrote() {
        let (_, profile) = pair();
        let mut knobs = Knobs::from_profile(&profile);
        for (index, knob) in KNOBS.iter().enumerate() {
            assert_eq!(knob.id.index(), index);
            assert_eq!(KnobId::named(knob.name), Some(knob.id));
            let value = if knob.scale == Scale::Percent { 0.75 } else { 12.0 };
            knob.set(&mut knobs, value);
            assert!((knob.get(&knobs) - value).abs() < 1e-12, "{}", knob.name);
            knob.set(&mut knobs, f64::NAN);
            knob.set(&mut knobs, -1.0);
            assert!((knob.get(&knobs) - value).abs() < 1e-12, "{}", knob.name);
        }
    }

    #[test]
    fn values_are_shown_with_the_unit_that_fits() {
        let show = |id: KnobId, value| id.knob().show(value);
        assert_eq!(show(KnobId::LinkBandwidth, 3_125_000.0), "25 Mbit/s");
        assert_eq!(show(KnobId::SensorMemory, 49_152.0), "48 KiB");
        assert_eq!(show(KnobId::LatencyLimit, 0.008_25), "8.25 ms");
        assert_eq!(show(KnobId::AccuracyFloor, 0.9), "90%");
        assert_eq!(show(KnobId::EnergyLimit, f64::INFINITY), "no limit");
        assert_eq!(show(KnobId::FrameRateFloor, 0.0), "no limit");
        assert_eq!(show(KnobId::Sensors, 6.0), "6");
        let range = |low, high| KnobId::LinkBandwidth.knob().show_range(low, high);
        assert_eq!(range(967_500.0, 88_250_000.0), "7.74 to 706 Mbit/s");
        assert_eq!(range(12_500.0, 967_500.0), "100 kbit/s to 7.74 Mbit/s");
    }
}
