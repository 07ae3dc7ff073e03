//! Hardware profiles: devices, link and limits read from TOML, with the source of every constant.
//!
//! Pure. A profile has a sensor (one kind of device, once per camera, with overrides for cameras that differ), a link,
//! an aggregator and limits. Files may use any common unit; inside the program only base units exist: seconds, bytes,
//! joules, watts, hertz, bytes per second.
//!
//! | file | contents |
//! |---|---|
//! | `profile`, `device`, `operators` | types of a profile |
//! | `file`, `constant`, `constant_schema` | keys of a file, their JSON Schema, constants with unit and source |
//! | `read`, `read_operators`, `measured` | TOML and latency tables to a profile |
//! | `report` | reports of vendors' tools to latency tables |
//! | `json_error` | errors of JSON at their place |
//! | `flags`, `provenance` | mapping rules from the command line, list of all constants |
//! | `shipped` | profiles that come with the program |
//!
//! Invariants of a [`Profile`] that was read: every constant is finite; clocks, bandwidths, memories and array sides
//! are above zero; streamed weights have a rate at which they are loaded.

mod constant;
mod constant_schema;
mod device;
mod file;
mod flags;
mod json_error;
mod measured;
mod operators;
mod profile;
mod provenance;
mod read;
mod read_operators;
mod report;
mod shipped;

pub use constant::Sourced;
pub use device::{Dataflow, Depthwise, Device, MAX_SIDE, Mapping, MemoryLayout, Residency};
pub use file::schema;
pub use flags::{FlagError, MappingFlags, override_mapping};
pub use measured::{MeasuredTable, parse_measured};
pub use operators::{OperatorKind, Operators, Unsupported};
pub use profile::{Camera, Limits, Link, MAX_CAMERAS, MAX_SENSORS, Profile, Sensor, Topology};
pub use provenance::Constant;
pub use read::{ReadTable, renamed_limits};
pub use report::{ReportedTable, ToolReport, reported_table};
pub use shipped::DEFAULT;
pub(crate) use shipped::SHIPPED;
#[cfg(test)]
pub(crate) use shipped::shipped_text;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use crate::quantity::{Knob, Limit};

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
    fn former_names_of_limits_are_accepted_with_a_note() {
        let limits = Limit::ALL.into_iter().filter_map(Limit::knob);
        for former in limits.flat_map(|knob| knob.info().former_names) {
            let text = shipped_text("glasses").unwrap();
            let profile = text.split("[limits]").next().unwrap().to_owned();
            let source = Source::new("glasses", format!("{profile}[limits]\n{former} = 0.5\n"));
            Profile::from_toml(&source).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(renamed_limits(&source), [Knob::renamed(former).unwrap()]);
        }
        assert!(renamed_limits(&Source::new("glasses", shipped_text("glasses").unwrap())).is_empty());
    }

    #[test]
    fn constants_without_a_source_and_energies_left_out_are_named() {
        let warnings = |text: &str| Profile::from_toml(&Source::new("a.toml", text)).unwrap().warnings();
        let glasses = shipped_text("glasses").unwrap();
        assert!(warnings(glasses).is_empty());
        let kept = |line: &&str| !line.starts_with("byte-energy") && !line.starts_with("pixel-energy");
        let bare = |line: &'static str| if line.starts_with("clock") { "clock = 5e6" } else { line };
        let lines: Vec<&str> = glasses.lines().filter(kept).map(bare).collect();
        let loaded = "residency = \"streamed\"\nweight-bandwidth = 2";
        let streamed = lines.join("\n").replacen("residency = \"resident\"", loaded, 1);
        assert_eq!(
            warnings(&streamed),
            [
                "no source is given for sensor.clock, sensor.memory.weight-bandwidth, aggregator.clock",
                "counted as 0, as the file does not give it: sensor.readout.pixel-energy, link.byte-energy",
                "`sensor.memory.weight-bandwidth` is 2 B/s: bytes a second, not a cycle as `bandwidth`",
            ]
        );
    }

    /// Replaces text of the default profile and returns what its reader then says, with line and column of the caret.
    fn refused(from: &str, to: &str) -> (String, (usize, usize)) {
        let text = shipped_text("glasses").unwrap();
        assert!(text.contains(from), "{from}");
        let error = Profile::from_toml(&Source::new("glasses", text.replacen(from, to, 1))).unwrap_err();
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
            (
                "residency = \"resident\"",
                "residency = \"streamed\"",
                "need `weight-bandwidth` bytes a second, for instance",
            ),
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
    fn what_is_wrong_in_a_table_of_operators_is_said_with_its_place() {
        for (row, expected) in [
            ("kernels = { values = [1], most = 3 }", "needs either `values` or `most`"),
            ("kernels = { values = [0] }", "`kernels` must be from 1 to 1024"),
            ("pool-kernels = { most = 2000 }", "`pool-kernels` must be from 1 to 1024"),
            ("layers = { value = 2.5 }", "`layers` must be a whole number"),
            ("kinds = { values = [\"depth-wise\"] }", "depth-wise"),
        ] {
            let (message, (line, _)) =
                refused("[sensor.energy]", &format!("[sensor.operators]\nchip = \"x\"\n{row}\n[sensor.energy]"));
            assert!(message.contains(expected), "{message}");
            assert!(line > 1, "{message} has no place");
        }
    }

    #[test]
    fn a_camera_can_not_have_less_memory_than_what_is_unlimited() {
        let glasses = shipped_text("glasses").unwrap();
        let unlimited = glasses.replacen("activations = ", "# ", 1);
        let camera = "\n[[sensor.camera]]\nname = \"eye\"\nactivations = { value = 8, unit = \"KiB\" }\n";
        assert!(Profile::from_toml(&Source::new("glasses", &*unlimited)).is_ok());
        let error = Profile::from_toml(&Source::new("glasses", unlimited + camera)).unwrap_err();
        assert!(error.message.contains("the sensor's is unlimited") && error.help.is_some(), "{error}");
        assert!(error.to_string().contains("value = 8, unit"), "{error}");
    }
}
