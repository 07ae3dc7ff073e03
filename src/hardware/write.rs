//! Writes a profile as TOML, so that a run keeps the constants it was made with. Reading it again gives the same
//! profile.

use std::fmt::Write;

use super::constant::Sourced;
use super::device::{Dataflow, Depthwise, Device, Mapping, MemoryLayout, Residency};
use super::profile::{Profile, Sensor, Topology};

impl Profile {
    /// The profile as TOML, every constant with its unit and source. A latency table is named, not included.
    pub fn to_toml(&self) -> String {
        let mut text = Text(String::new());
        text.section("[profile]");
        text.line("name", &quoted(&self.name));
        text.line("description", &quoted(&self.description));
        text.section("[sensor]");
        text.constant("count", Some(&self.sensor.count));
        text.device("sensor", &self.sensor.device);
        text.sensor(&self.sensor);
        text.section("[link]");
        let topology = if self.link.topology == Topology::Shared { "shared" } else { "dedicated" };
        text.line("topology", &quoted(topology));
        text.constant("bandwidth", Some(&self.link.bandwidth_bytes_per_s));
        text.constant("efficiency", Some(&self.link.efficiency));
        text.constant("latency", Some(&self.link.latency_s));
        text.constant("byte-energy", self.link.byte_energy_j.as_ref());
        text.section("[aggregator]");
        text.device("aggregator", &self.aggregator);
        text.section("[limits]");
        text.constant("latency", self.limits.latency_s.as_ref());
        text.constant("sensor-memory", self.limits.sensor_memory_bytes.as_ref());
        text.constant("energy", self.limits.energy_j.as_ref());
        text.constant("frame-rate", self.limits.frame_rate_hz.as_ref());
        text.constant("accuracy", self.limits.accuracy.as_ref());
        text.0
    }
}

struct Text(String);

impl Text {
    fn section(&mut self, header: &str) {
        let gap = if self.0.is_empty() { "" } else { "\n" };
        writeln!(self.0, "{gap}{header}").expect("writing to a string succeeds");
    }

    fn line(&mut self, key: &str, value: &str) {
        writeln!(self.0, "{key} = {value}").expect("writing to a string succeeds");
    }

    fn constant<T>(&mut self, key: &str, constant: Option<&Sourced<T>>) {
        let Some(constant) = constant else { return };
        let (value, unit) = constant.shown.split_once(' ').unwrap_or((&constant.shown, ""));
        let mut fields = vec![format!("value = {value}")];
        if !unit.is_empty() {
            fields.push(format!("unit = {}", quoted(unit)));
        }
        fields.extend(provenance(constant));
        self.line(key, &format!("{{ {} }}", fields.join(", ")));
    }

    /// The keys common to both devices. Leaves off inside the table of energies.
    fn device(&mut self, part: &str, device: &Device) {
        self.line("mapping", &mapping(&device.mapping));
        self.constant("clock", Some(&device.clock_hz));
        self.constant("elementwise", device.elementwise_per_cycle.as_ref());
        self.constant("static-power", device.static_power_w.as_ref());
        self.section(&format!("[{part}.memory]"));
        self.constant("activations", device.activation_memory_bytes.as_ref());
        self.constant("weights", device.weight_memory_bytes.as_ref());
        self.constant("bandwidth", device.activation_bytes_per_cycle.as_ref());
        self.constant("weight-bandwidth", device.weight_bytes_per_s.as_ref());
        self.line("layout", &quoted(if device.layout == MemoryLayout::Shared { "shared" } else { "separate" }));
        let residency = match device.residency {
            Residency::Resident => "resident",
            Residency::Streamed => "streamed",
            Residency::Cached => "cached",
        };
        self.line("residency", &quoted(residency));
        self.section(&format!("[{part}.energy]"));
        self.constant("mac", device.mac_energy_j.as_ref());
        self.constant("byte", device.byte_energy_j.as_ref());
        self.constant("weight-byte", device.weight_byte_energy_j.as_ref());
    }

    /// The tables only a sensor has.
    fn sensor(&mut self, sensor: &Sensor) {
        self.section("[sensor.buffers]");
        self.line("rule", &quoted(sensor.memory_rule.name()));
        self.line("double-frame", &sensor.double_buffered_frame.to_string());
        self.line("link", &sensor.link_buffer.to_string());
        self.constant("patches", sensor.patches.as_ref());
        self.section("[sensor.readout]");
        self.constant("time", Some(&sensor.readout_s));
        self.constant("pixel-energy", sensor.pixel_energy_j.as_ref());
        for camera in &sensor.cameras {
            self.section("[[sensor.camera]]");
            self.line("name", &quoted(&camera.name));
            self.constant("clock", camera.clock_hz.as_ref());
            self.constant("bandwidth", camera.bandwidth_bytes_per_s.as_ref());
            self.constant("activations", camera.activation_memory_bytes.as_ref());
        }
    }
}

fn mapping(mapping: &Sourced<Mapping>) -> String {
    let rule = quoted(mapping.value.rule());
    let mut fields = vec![format!("rule = {rule}")];
    match &mapping.value {
        Mapping::Roofline { macs_per_cycle, utilisation } => {
            fields.push(format!("macs-per-cycle = {macs_per_cycle}, utilisation = {utilisation}"));
        }
        Mapping::Unrolled { k, c, ox, oy, depthwise } => {
            let depthwise = if *depthwise == Depthwise::Grouped { "grouped" } else { "per-channel" };
            fields.push(format!("k = {k}, c = {c}, ox = {ox}, oy = {oy}, depthwise = {}", quoted(depthwise)));
        }
        Mapping::Systolic { rows, columns, dataflow } => {
            let stationary = *dataflow == Dataflow::OutputStationary;
            let dataflow = if stationary { "output-stationary" } else { "weight-stationary" };
            fields.push(format!("rows = {rows}, columns = {columns}, dataflow = {}", quoted(dataflow)));
        }
        Mapping::Measured(table) => fields.push(format!("table = {}", quoted(&table.name))),
    }
    fields.extend(provenance(mapping));
    format!("{{ {} }}", fields.join(", "))
}

fn provenance<T>(constant: &Sourced<T>) -> Vec<String> {
    let source = constant.source.as_ref().map(|source| format!("source = {}", quoted(source)));
    source.into_iter().chain(constant.assumed.then(|| "assumed = true".to_owned())).collect()
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
