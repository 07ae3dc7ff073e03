//! What a design runs on: a profile read from TOML, with the source of every constant.
//!
//! Pure. A profile has a sensor (one kind of device, as many times as there are cameras, with overrides for unlike
//! cameras), a link, an aggregator and limits. Files may use any common unit; in here only base units exist: seconds,
//! bytes, joules, watts, hertz, bytes per second.
//!
//! Invariants of a [`Profile`] that was read: every constant is finite; clocks, bandwidths, memories and array sides are
//! above zero; streamed weights have a rate at which they are loaded.

mod device;
mod file;
mod flags;
mod measured;
mod provenance;
mod quantity;
mod read;
mod unit;
mod write;

pub use device::{Dataflow, Depthwise, Device, Layout, Mapping, Residency};
pub use file::schema;
pub use flags::{FlagError, MappingFlags, override_mapping};
pub use measured::{MeasuredTable, parse_measured};
pub use provenance::Constant;
pub use quantity::{Dimension, Sourced};
pub use read::ReadTable;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::diagnostic::Source;
use crate::network::memory::MemoryRule;

/// Profiles shipped with the program: name and text.
pub const SHIPPED: &[(&str, &str)] = &[
    ("glasses", include_str!("../../profiles/glasses.toml")),
    ("imx500", include_str!("../../profiles/imx500.toml")),
    ("siracusa", include_str!("../../profiles/siracusa.toml")),
    ("meta-7nm", include_str!("../../profiles/meta-7nm.toml")),
    ("i3c-tiny", include_str!("../../profiles/i3c-tiny.toml")),
    ("xr-4k", include_str!("../../profiles/xr-4k.toml")),
    ("wifi-edge", include_str!("../../profiles/wifi-edge.toml")),
];

/// Name of the profile used when none is named.
pub const DEFAULT: &str = "glasses";

impl Profile {
    /// A shipped profile by its name; `None` if there is none of that name.
    ///
    /// ```
    /// use splitscope::hardware::Profile;
    /// assert_eq!(Profile::shipped("glasses").unwrap().name, "glasses");
    /// assert!(Profile::shipped("goggles").is_none());
    /// ```
    ///
    /// # Panics
    /// Never: tests read all shipped profiles.
    pub fn shipped(name: &str) -> Option<Self> {
        let (name, text) = SHIPPED.iter().find(|(shipped, _)| *shipped == name)?;
        Some(Self::from_toml(&Source::new(*name, *text)).expect("shipped profiles are read by tests"))
    }
}

/// Longest side of an array.
pub const MAX_SIDE: u32 = 65_535;

/// Most cameras a profile may have.
pub const MAX_SENSORS: u32 = 64;

/// Most unlike cameras a profile may list.
pub const MAX_CAMERAS: usize = 16;

/// Sensors, link, aggregator and limits.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Name.
    pub name: String,
    /// One sentence for people.
    pub description: String,
    /// The sensors.
    pub sensor: Sensor,
    /// From the sensors to the aggregator.
    pub link: Link,
    /// The processor that fuses the views.
    pub aggregator: Device,
    /// Limits that a design must meet.
    pub limits: Limits,
}

impl Profile {
    /// The latency tables of its devices.
    pub fn tables(&self) -> impl Iterator<Item = &MeasuredTable> {
        [&self.sensor.device, &self.aggregator].into_iter().filter_map(|device| match &device.mapping.value {
            Mapping::Measured(table) => Some(table),
            _ => None,
        })
    }
}

/// One kind of sensor, and how many of it there are.
#[derive(Debug, Clone, PartialEq)]
pub struct Sensor {
    /// Its processor.
    pub device: Device,
    /// Number of sensors.
    pub count: Sourced<u32>,
    /// Rule by which live bytes are counted.
    pub memory_rule: MemoryRule,
    /// `true` if the next frame is received while this one is processed: one more input in memory.
    pub double_buffered_frame: bool,
    /// `true` if the tensor being sent has a buffer of its own, so that the next frame can start.
    pub link_buffer: bool,
    /// Grid of patches in which the first layers run, where that lowers the peak (patch-based inference).
    pub patches: Option<Sourced<u32>>,
    /// Seconds from the end of exposure to pixels in memory.
    pub readout_s: Sourced<f64>,
    /// Joules per pixel read out.
    pub pixel_energy_j: Option<Sourced<f64>>,
    /// Cameras unlike the rest, in order; cameras beyond the list are like the sensor itself.
    pub cameras: Vec<Camera>,
}

/// A camera unlike the rest: what is absent is as for the sensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Camera {
    /// Name.
    pub name: String,
    /// Clock in hertz.
    pub clock_hz: Option<Sourced<f64>>,
    /// Raw bandwidth of its own link.
    pub bandwidth_bytes_per_s: Option<Sourced<f64>>,
    /// Bytes for activations.
    pub activation_memory_bytes: Option<Sourced<u64>>,
}

/// Sharing of the wire between sensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Topology {
    /// Every sensor has a link of its own: transfers run at the same time.
    Dedicated,
    /// One bus: transfers run one after the other.
    Shared,
}

/// From the sensors to the aggregator. A transfer of B bytes takes `latency + B / (bandwidth * efficiency)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Dedicated links or one bus.
    pub topology: Topology,
    /// Raw bytes per second.
    pub bandwidth_bytes_per_s: Sourced<f64>,
    /// Share of the raw bandwidth left after the protocol.
    pub efficiency: Sourced<f64>,
    /// Seconds before the first byte.
    pub latency_s: Sourced<f64>,
    /// Joules per byte.
    pub byte_energy_j: Option<Sourced<f64>>,
}

/// Limits that a design must meet; absent ones are always met.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Limits {
    /// Longest time from exposure to result.
    pub latency_s: Option<Sourced<f64>>,
    /// Most bytes alive on a sensor; the sensor's memory if absent.
    pub sensor_memory_bytes: Option<Sourced<u64>>,
    /// Most energy of one frame, all sensors together.
    pub energy_j: Option<Sourced<f64>>,
    /// Fewest frames per second, pipelined.
    pub frame_rate_hz: Option<Sourced<f64>>,
    /// Lowest accuracy.
    pub accuracy: Option<Sourced<f64>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_profile_reads_and_names_the_source_of_every_constant() {
        for (name, text) in SHIPPED {
            let profile = Profile::from_toml(&Source::new(*name, *text)).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(profile.name, *name);
            for constant in profile.constants() {
                assert!(constant.source.is_some(), "{name}: {} has no source", constant.key);
            }
        }
    }

    #[test]
    fn the_shipped_schema_is_the_one_of_the_reader() {
        let shipped: serde_json::Value =
            serde_json::from_str(include_str!("../../profiles/profile.schema.json")).unwrap();
        assert_eq!(*schema().as_value(), shipped, "splitscope schema profile > profiles/profile.schema.json");
        for key in ["sensor", "link", "limits"] {
            assert!(shipped["properties"][key].is_object(), "{key}");
        }
        assert!(SHIPPED.iter().all(|(_, text)| text.starts_with("#:schema profile.schema.json\n")));
    }

    #[test]
    fn a_profile_written_and_read_again_is_the_same() {
        let cameras = "[[sensor.camera]]\nname = \"eye\"\nclock = { value = 5, unit = \"MHz\" }\nactivations = 4096\n";
        let (_, glasses) = SHIPPED[0];
        let unlike = format!("{glasses}\n{cameras}");
        for text in SHIPPED.iter().map(|(_, text)| *text).chain([unlike.as_str()]) {
            let profile = Profile::from_toml(&Source::new("first", text)).unwrap();
            let written = profile.to_toml();
            let again = Profile::from_toml(&Source::new("second", &*written)).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(again, profile, "{written}");
        }
    }

    /// Replaces text of the default profile and returns what its reader then says, with line and column of the caret.
    fn refused(from: &str, to: &str) -> (String, (usize, usize)) {
        let (name, text) = SHIPPED[0];
        assert!(text.contains(from), "{from}");
        let error = Profile::from_toml(&Source::new(name, text.replacen(from, to, 1))).unwrap_err();
        (format!("{} {}", error.message, error.help.clone().unwrap_or_default()), error.position())
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (from, to, expected) in [
            ("value = 12.5, unit = \"MHz\"", "value = 0, unit = \"MHz\"", "`clock` must not be zero"),
            ("value = 12.5, unit = \"MHz\"", "value = nan, unit = \"MHz\"", "`clock` must be a finite number"),
            ("\"Mbit/s\"", "\"Mbits/s\"", "did you mean `Mbit/s`?"),
            ("topology = \"shared\"", "topolgy = \"shared\"", "did you mean `topology`?"),
            ("ox = 8", "rows = 8", "`rows` has no meaning"),
            ("ox = 8, ", "", "this mapping rule needs `ox`"),
            ("oy = 8", "oy = 0", "`oy` must be from 1 to 65535"),
            ("oy = 8", "oy = 70000", "`oy` must be from 1 to 65535"),
            ("residency = \"resident\"", "residency = \"streamed\"", "need `weight-bandwidth`"),
            ("count = { value = 6", "count = { value = 6.5", "`count` must be a whole number"),
            ("[limits]", "[limits]\nsensor-memory = 1e9", "memory holds only 64 KiB"),
            ("[aggregator]", "[aggregator]\ncount = 2", "`count` belongs to [sensor]"),
            ("efficiency = { value = 0.8", "efficiency = { value = 1.8", "must not exceed 1"),
            ("[link]", "[[sensor.camera]]\nname = \"a\"\nbandwidth = 5\n[link]", "no bandwidth of its own"),
            ("value = 12.5, unit = \"MHz\"", "value = 1e-320, unit = \"MHz\"", "out of range: from 1e-18 to 1e18 Hz"),
            (
                "value = 25, unit = \"Mbit/s\"",
                "value = 1e300, unit = \"Mbit/s\"",
                "out of range: from 1e-18 to 1e18 B/s",
            ),
        ] {
            let (message, (line, _)) = refused(from, to);
            assert!(message.contains(expected), "{message}");
            assert!(line > 1, "{message} has no place");
        }
    }

    #[test]
    fn a_camera_can_not_have_less_memory_than_what_is_unlimited() {
        let (name, glasses) = SHIPPED[0];
        let unlimited = glasses.replacen("activations = ", "# ", 1);
        let camera = "\n[[sensor.camera]]\nname = \"eye\"\nactivations = { value = 8, unit = \"KiB\" }\n";
        assert!(Profile::from_toml(&Source::new(name, &*unlimited)).is_ok());
        let error = Profile::from_toml(&Source::new(name, unlimited + camera)).unwrap_err();
        assert!(error.message.contains("the sensor's is unlimited") && error.help.is_some(), "{error}");
        assert!(error.to_string().contains("value = 8, unit"), "{error}");
    }
}
