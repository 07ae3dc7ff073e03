//! The constants of a profile as a list: key, value and provenance of each.

use super::constant::Sourced;
use super::device::Device;
use super::profile::Profile;

/// One constant of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constant {
    /// Key in the file, for instance `sensor.clock`.
    pub key: String,
    /// Value and unit as written in the file.
    pub shown: String,
    /// Publication, data sheet or reasoning behind the figure.
    pub source: Option<String>,
    /// `true` for an assumption.
    pub assumed: bool,
}

impl Profile {
    /// Every constant the profile gives, in the order of the file.
    pub fn constants(&self) -> Vec<Constant> {
        let mut list = List(Vec::new());
        list.add("sensor.count", Some(&self.sensor.count));
        list.device("sensor", &self.sensor.device);
        list.add("sensor.buffers.patches", self.sensor.patches.as_ref());
        list.add("sensor.readout.time", Some(&self.sensor.readout_s));
        list.add("sensor.readout.pixel-energy", self.sensor.pixel_energy_j.as_ref());
        for camera in &self.sensor.cameras {
            let key = |what: &str| format!("sensor.camera.{}.{what}", camera.name);
            list.add(&key("clock"), camera.clock_hz.as_ref());
            list.add(&key("bandwidth"), camera.bandwidth_bytes_per_s.as_ref());
            list.add(&key("activations"), camera.activation_memory_bytes.as_ref());
        }
        list.add("link.bandwidth", Some(&self.link.bandwidth_bytes_per_s));
        list.add("link.efficiency", Some(&self.link.efficiency));
        list.add("link.latency", Some(&self.link.latency_s));
        list.add("link.byte-energy", self.link.byte_energy_j.as_ref());
        list.device("aggregator", &self.aggregator);
        list.add("limits.latency", self.limits.latency_s.as_ref());
        list.add("limits.sensor-memory", self.limits.sensor_memory_bytes.as_ref());
        list.add("limits.energy", self.limits.energy_j.as_ref());
        list.add("limits.frame-rate", self.limits.frame_rate_hz.as_ref());
        list.add("limits.accuracy", self.limits.accuracy.as_ref());
        list.0
    }

    /// Sentences on constants that readers of its figures should know of: those without a source, energies of a frame
    /// that count as nothing as the file leaves them out, and rates of loading weights that look like bytes a cycle.
    pub fn warnings(&self) -> Vec<String> {
        let mut found = Vec::new();
        let constants = self.constants();
        let without: Vec<&str> =
            constants.iter().filter(|row| row.source.is_none()).map(|row| row.key.as_str()).collect();
        if !without.is_empty() {
            found.push(format!("no source is given for {}", without.join(", ")));
        }
        let energies = [
            ("sensor.energy.mac", &self.sensor.device.mac_energy_j),
            ("sensor.readout.pixel-energy", &self.sensor.pixel_energy_j),
            ("link.byte-energy", &self.link.byte_energy_j),
            ("aggregator.energy.mac", &self.aggregator.mac_energy_j),
        ];
        let left_out: Vec<&str> =
            energies.into_iter().filter(|(_, energy)| energy.is_none()).map(|(key, _)| key).collect();
        if !left_out.is_empty() {
            found.push(format!("counted as 0, as the file does not give it: {}", left_out.join(", ")));
        }
        for (part, device) in [("sensor", &self.sensor.device), ("aggregator", &self.aggregator)] {
            if let Some(rate) = device.weight_bytes_per_s.as_ref().filter(|rate| rate.value < SLOW_WEIGHTS) {
                found.push(format!(
                    "`{part}.memory.weight-bandwidth` is {}: bytes a second, not a cycle as `bandwidth`",
                    rate.shown
                ));
            }
        }
        found
    }
}

/// Bytes of weights loaded a second below which a rate is taken for one a cycle.
const SLOW_WEIGHTS: f64 = 1000.0;

struct List(Vec<Constant>);

impl List {
    fn add<T>(&mut self, key: &str, constant: Option<&Sourced<T>>) {
        let Some(constant) = constant else { return };
        self.0.push(Constant {
            key: key.to_owned(),
            shown: constant.shown.clone(),
            source: constant.source.clone(),
            assumed: constant.assumed,
        });
    }

    fn device(&mut self, part: &str, device: &Device) {
        let key = |what: &str| format!("{part}.{what}");
        self.add(&key("mapping"), Some(&device.mapping));
        self.add(&key("clock"), Some(&device.clock_hz));
        self.add(&key("elementwise"), device.elementwise_per_cycle.as_ref());
        self.add(&key("static-power"), device.static_power_w.as_ref());
        self.add(&key("memory.activations"), device.activation_memory_bytes.as_ref());
        self.add(&key("memory.weights"), device.weight_memory_bytes.as_ref());
        self.add(&key("memory.bandwidth"), device.activation_bytes_per_cycle.as_ref());
        self.add(&key("memory.weight-bandwidth"), device.weight_bytes_per_s.as_ref());
        self.add(&key("energy.mac"), device.mac_energy_j.as_ref());
        self.add(&key("energy.byte"), device.byte_energy_j.as_ref());
        self.add(&key("energy.weight-byte"), device.weight_byte_energy_j.as_ref());
        if let Some(operators) = &device.operators {
            let key = |what: &str| key(&format!("operators.{what}"));
            self.add(&key("kinds"), operators.kinds.as_ref());
            self.add(&key("kernels"), operators.kernels.as_ref());
            self.add(&key("strides"), operators.strides.as_ref());
            self.add(&key("pool-kernels"), operators.pool_kernels.as_ref());
            self.add(&key("pool-strides"), operators.pool_strides.as_ref());
            self.add(&key("activations"), operators.activations.as_ref());
            self.add(&key("channels"), operators.channels.as_ref());
            self.add(&key("layers"), operators.layers.as_ref());
            self.add(&key("channel-bytes"), operators.channel_bytes.as_ref());
        }
    }
}
