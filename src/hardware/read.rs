//! Reads a profile from TOML; checks every constant alone and all of them together.

use std::ops::Range;

use toml::Spanned;

use super::constant::{ConstantReader, Sourced, WrittenConstant, Zero};
use super::device::{Depthwise, Device, MAX_SIDE, Mapping, Residency};
use super::file::{
    BuffersRow, CameraRow, DeviceRow, LimitsRow, LinkRow, MappingRow, MemoryRow, Number, ProfileFile, Rule,
};
use super::measured::parse_measured;
use super::profile::{Camera, Limits, Link, MAX_CAMERAS, MAX_SENSORS, Profile, Sensor, Topology};
use crate::diagnostic::{Diagnostic, Source};
use crate::network::LayerPrecision;
use crate::quantity::{Dimension, Knob};

/// Finest grid of patches.
const MAX_PATCHES: u32 = 16;
/// Bits that a weight or an element may have.
const BITS: [u8; 4] = [2, 4, 8, 16];

/// Returns the text of a latency table that a profile names.
pub type ReadTable<'a> = &'a dyn Fn(&str) -> std::io::Result<String>;

impl Profile {
    /// Reads a profile that names no latency table.
    ///
    /// # Errors
    /// Syntax, unknown keys and units, constants that are zero, not finite or contradict each other; each with its
    /// place.
    pub fn from_toml(source: &Source) -> Result<Self, Diagnostic> {
        Self::from_toml_with(source, &|_| Err(std::io::Error::other("tables are not read here")))
    }

    /// Reads a profile; `read` returns the text of a latency table (`mapping = { rule = "measured", table = "NAME" }`).
    ///
    /// # Errors
    /// As [`Profile::from_toml`], and a latency table that can't be read.
    pub fn from_toml_with(source: &Source, read: ReadTable) -> Result<Self, Diagnostic> {
        let file: ProfileFile = source.parse()?;
        let reader = ConstantReader { source };
        reader.refuse_sensor_keys(file.aggregator.get_ref())?;
        let profile = Self {
            name: file.profile.name,
            description: file.profile.description,
            sensor: reader.sensor(&file.sensor, read)?,
            link: reader.link(&file.link)?,
            aggregator: reader.device(&file.aggregator, read)?,
            limits: reader.limits(&file.limits)?,
            bits: LayerPrecision {
                weights: reader.bits(file.bits.weights.as_ref(), "weights")?,
                output: reader.bits(file.bits.activations.as_ref(), "activations")?,
            },
        };
        reader.limit_within_memory(&profile, &file.limits)?;
        reader.cameras_fit(&profile, file.sensor.get_ref())?;
        Ok(profile)
    }
}

/// Notes about the former names of knobs among the limits of a profile file.
pub fn renamed_limits(source: &Source) -> Vec<String> {
    let file: toml::Table = source.parse().unwrap_or_default();
    let limits = file.get("limits").and_then(toml::Value::as_table);
    limits.map(|limits| Knob::renamed_among(limits.keys().map(String::as_str))).unwrap_or_default()
}

impl ConstantReader<'_> {
    fn refuse_sensor_keys(self, aggregator: &DeviceRow) -> Result<(), Diagnostic> {
        let camera = aggregator.camera.as_ref().and_then(|cameras| cameras.first());
        let misplaced = [
            ("count", aggregator.count.as_ref().map(Spanned::span)),
            ("buffers", aggregator.buffers.as_ref().map(Spanned::span)),
            ("readout", aggregator.readout.as_ref().map(Spanned::span)),
            ("camera", camera.map(Spanned::span)),
        ];
        match misplaced.into_iter().find_map(|(key, span)| span.map(|span| (key, span))) {
            Some((key, span)) => {
                Err(self.source.error(span, format!("`{key}` belongs to [sensor], not to [aggregator]")))
            }
            None => Ok(()),
        }
    }

    /// Bits of a weight or of an element.
    fn bits(self, row: Option<&Spanned<u8>>, key: &str) -> Result<u8, Diagnostic> {
        match row {
            None => Ok(8),
            Some(row) if BITS.contains(row.get_ref()) => Ok(*row.get_ref()),
            Some(row) => Err(self.source.error(row.span(), format!("`{key}` must be one of 2, 4, 8 and 16 bits"))),
        }
    }

    fn limit_within_memory(self, profile: &Profile, limits: &LimitsRow) -> Result<(), Diagnostic> {
        let (Some(row), Some(limit)) = (&limits.sensor_memory, &profile.limits.sensor_memory_bytes) else {
            return Ok(());
        };
        match &profile.sensor.device.activation_memory_bytes {
            Some(memory) if memory.value < limit.value => Err(self.source.error(
                row.span(),
                format!("`sensor-memory` is {}, but the sensor's memory holds only {}", limit.shown, memory.shown),
            )),
            _ => Ok(()),
        }
    }

    fn cameras_fit(self, profile: &Profile, row: &DeviceRow) -> Result<(), Diagnostic> {
        let rows = row.camera.as_deref().unwrap_or_default();
        if let Some(row) = rows.get(MAX_CAMERAS) {
            return Err(self.source.error(row.span(), format!("at most {MAX_CAMERAS} cameras can be unlike the rest")));
        }
        for (index, row) in rows.iter().enumerate() {
            let camera = row.get_ref();
            if rows[..index].iter().any(|other| other.get_ref().name == camera.name) {
                return Err(self.source.error(row.span(), format!("the camera `{}` is listed twice", camera.name)));
            }
            let memory = &profile.sensor.device.activation_memory_bytes;
            if memory.is_none()
                && let Some(own) = &camera.activations
            {
                return Err(Diagnostic {
                    help: Some("give [sensor.memory] the `activations` of the other cameras".into()),
                    ..self.source.error(own.span(), "a camera has memory of its own, but the sensor's is unlimited")
                });
            }
            if profile.link.topology == Topology::Shared
                && let Some(bandwidth) = &camera.bandwidth
            {
                return Err(self
                    .source
                    .error(bandwidth.span(), "a camera on a shared bus has no bandwidth of its own"));
            }
        }
        Ok(())
    }

    fn sensor(self, row: &Spanned<DeviceRow>, read: ReadTable) -> Result<Sensor, Diagnostic> {
        let device = self.device(row, read)?;
        let row = row.get_ref();
        let count = match &row.count {
            Some(count) => self.count(count, "count", MAX_SENSORS)?,
            None => Sourced {
                value: 1,
                shown: "1".into(),
                source: Some("default of this program: one sensor".into()),
                assumed: true,
            },
        };
        let default = BuffersRow::default();
        let buffers = row.buffers.as_ref().map_or(&default, Spanned::get_ref);
        let readout = row.readout.as_ref().map(Spanned::get_ref);
        let readout_s = match readout {
            Some(readout) => self.number(&readout.time, "time", Dimension::Time, Zero::Allowed)?,
            None => none("default of this program: pixels are there at once", "0 s"),
        };
        let pixel_energy = readout.and_then(|readout| readout.pixel_energy.as_ref());
        Ok(Sensor {
            device,
            count,
            memory_rule: buffers.rule,
            double_buffered_frame: buffers.double_frame,
            link_buffer: buffers.link,
            patches: buffers.patches.as_ref().map(|row| self.count(row, "patches", MAX_PATCHES)).transpose()?,
            readout_s,
            pixel_energy_j: self.optional(pixel_energy, "pixel-energy", Dimension::Energy, Zero::Allowed)?,
            cameras: row.camera.iter().flatten().map(|row| self.camera(row.get_ref())).collect::<Result<_, _>>()?,
        })
    }

    fn camera(self, row: &CameraRow) -> Result<Camera, Diagnostic> {
        Ok(Camera {
            name: row.name.clone(),
            clock_hz: self.optional(row.clock.as_ref(), "clock", Dimension::Frequency, Zero::Refused)?,
            bandwidth_bytes_per_s: self.optional(
                row.bandwidth.as_ref(),
                "bandwidth",
                Dimension::Bandwidth,
                Zero::Refused,
            )?,
            activation_memory_bytes: self.optional_bytes(row.activations.as_ref(), "activations")?,
        })
    }

    pub(super) fn count(
        self,
        row: &Spanned<WrittenConstant>,
        key: &str,
        most: u32,
    ) -> Result<Sourced<u32>, Diagnostic> {
        let number = self.number(row, key, Dimension::Count, Zero::Refused)?;
        if number.value.fract() != 0.0 || number.value > f64::from(most) {
            return Err(self.source.error(row.span(), format!("`{key}` must be a whole number from 1 to {most}")));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
        let value = number.value as u32;
        Ok(Sourced { value, shown: number.shown, source: number.source, assumed: number.assumed })
    }

    fn device(self, row: &Spanned<DeviceRow>, read: ReadTable) -> Result<Device, Diagnostic> {
        let row = row.get_ref();
        let MemoryRow { activations, weights, bandwidth, weight_bandwidth, layout, residency } = &row.memory;
        let energy = |number: &Number, key| self.optional(number.as_ref(), key, Dimension::Energy, Zero::Allowed);
        let device = Device {
            mapping: self.sourced_mapping(&row.mapping, read)?,
            clock_hz: self.number(&row.clock, "clock", Dimension::Frequency, Zero::Refused)?,
            elementwise_per_cycle: self.optional(
                row.elementwise.as_ref(),
                "elementwise",
                Dimension::PerCycle,
                Zero::Refused,
            )?,
            activation_bytes_per_cycle: self.optional(
                bandwidth.as_ref(),
                "bandwidth",
                Dimension::BytesPerCycle,
                Zero::Refused,
            )?,
            activation_memory_bytes: self.optional_bytes(activations.as_ref(), "activations")?,
            weight_memory_bytes: self.optional_bytes(weights.as_ref(), "weights")?,
            layout: *layout,
            residency: residency.as_ref().map_or_else(Residency::default, |residency| *residency.get_ref()),
            weight_bytes_per_s: self.optional(
                weight_bandwidth.as_ref(),
                "weight-bandwidth",
                Dimension::Bandwidth,
                Zero::Refused,
            )?,
            mac_energy_j: energy(&row.energy.mac, "mac")?,
            byte_energy_j: energy(&row.energy.byte, "byte")?,
            weight_byte_energy_j: energy(&row.energy.weight_byte, "weight-byte")?,
            static_power_w: self.optional(
                row.static_power.as_ref(),
                "static-power",
                Dimension::Power,
                Zero::Allowed,
            )?,
            operators: row.operators.as_ref().map(|row| self.operators(row)).transpose()?,
        };
        match (residency, &device.weight_bytes_per_s) {
            (Some(residency), None) if device.residency != Residency::Resident => Err(Diagnostic {
                help: Some(
                    "bytes a second, for instance `weight-bandwidth = { value = 0.5, unit = \"GB/s\" }`".to_owned(),
                ),
                ..self.source.error(residency.span(), "weights that are loaded need `weight-bandwidth`")
            }),
            _ => Ok(device),
        }
    }

    fn optional_bytes(
        self,
        row: Option<&Spanned<WrittenConstant>>,
        key: &str,
    ) -> Result<Option<Sourced<u64>>, Diagnostic> {
        row.map(|row| self.bytes(row, key)).transpose()
    }

    fn sourced_mapping(self, row: &Spanned<MappingRow>, read: ReadTable) -> Result<Sourced<Mapping>, Diagnostic> {
        let value = self.mapping(row, read)?;
        let MappingRow { source, assumed, .. } = row.get_ref();
        Ok(Sourced { shown: value.to_string(), value, source: source.clone(), assumed: *assumed })
    }

    fn mapping(self, row: &Spanned<MappingRow>, read: ReadTable) -> Result<Mapping, Diagnostic> {
        let whole = row.span();
        let row = row.get_ref();
        self.refuse_keys_of_other_rules(row)?;
        let lanes = |value: &Option<Spanned<u32>>, key: &str| match value {
            Some(value) if !(1..=MAX_SIDE).contains(value.get_ref()) => {
                Err(self.source.error(value.span(), format!("`{key}` must be from 1 to {MAX_SIDE}")))
            }
            Some(value) => Ok(*value.get_ref()),
            None => Err(self.missing(&whole, key)),
        };
        Ok(match row.rule {
            Rule::Roofline => {
                let rate = row.macs_per_cycle.as_ref().ok_or_else(|| self.missing(&whole, "macs-per-cycle"))?;
                let share = row.utilisation.as_ref();
                Mapping::Roofline {
                    macs_per_cycle: self.number(rate, "macs-per-cycle", Dimension::PerCycle, Zero::Refused)?.value,
                    utilisation: self
                        .optional(share, "utilisation", Dimension::Share, Zero::Refused)?
                        .map_or(1.0, |share| share.value),
                }
            }
            Rule::Unrolled => Mapping::Unrolled {
                k: lanes(&row.k, "k")?,
                c: lanes(&row.c, "c")?,
                ox: lanes(&row.ox, "ox")?,
                oy: lanes(&row.oy, "oy")?,
                depthwise: row.depthwise.as_ref().map_or(Depthwise::Grouped, |rule| *rule.get_ref()),
            },
            Rule::Systolic => Mapping::Systolic {
                rows: lanes(&row.rows, "rows")?,
                columns: lanes(&row.columns, "columns")?,
                dataflow: *row.dataflow.as_ref().ok_or_else(|| self.missing(&whole, "dataflow"))?.get_ref(),
            },
            Rule::Measured => {
                let table = row.table.as_ref().ok_or_else(|| self.missing(&whole, "table"))?;
                let text = read(table.get_ref()).map_err(|error| {
                    self.source.error(table.span(), format!("the latency table can't be read: {error}"))
                })?;
                Mapping::Measured(parse_measured(&Source::new(table.get_ref(), text))?)
            }
        })
    }

    fn missing(self, span: &Range<usize>, key: &str) -> Diagnostic {
        self.source.error(span.clone(), format!("this mapping rule needs `{key}`"))
    }

    /// A key that means nothing under the chosen rule is a contradiction, not a comment.
    fn refuse_keys_of_other_rules(self, row: &MappingRow) -> Result<(), Diagnostic> {
        let given = [
            ("macs-per-cycle", row.macs_per_cycle.as_ref().map(Spanned::span), Rule::Roofline),
            ("utilisation", row.utilisation.as_ref().map(Spanned::span), Rule::Roofline),
            ("k", row.k.as_ref().map(Spanned::span), Rule::Unrolled),
            ("c", row.c.as_ref().map(Spanned::span), Rule::Unrolled),
            ("ox", row.ox.as_ref().map(Spanned::span), Rule::Unrolled),
            ("oy", row.oy.as_ref().map(Spanned::span), Rule::Unrolled),
            ("depthwise", row.depthwise.as_ref().map(Spanned::span), Rule::Unrolled),
            ("rows", row.rows.as_ref().map(Spanned::span), Rule::Systolic),
            ("columns", row.columns.as_ref().map(Spanned::span), Rule::Systolic),
            ("dataflow", row.dataflow.as_ref().map(Spanned::span), Rule::Systolic),
            ("table", row.table.as_ref().map(Spanned::span), Rule::Measured),
        ];
        for (key, span, rule) in given {
            if rule != row.rule
                && let Some(span) = span
            {
                return Err(self.source.error(span, format!("`{key}` has no meaning under the chosen mapping rule")));
            }
        }
        Ok(())
    }

    fn link(self, row: &LinkRow) -> Result<Link, Diagnostic> {
        let efficiency = self.optional(row.efficiency.as_ref(), "efficiency", Dimension::Share, Zero::Refused)?;
        let latency = self.optional(row.latency.as_ref(), "latency", Dimension::Time, Zero::Allowed)?;
        let all = Sourced {
            value: 1.0,
            shown: "1".into(),
            source: Some("default of this program: the bandwidth given is the effective one".into()),
            assumed: true,
        };
        Ok(Link {
            topology: row.topology,
            bandwidth_bytes_per_s: self.number(&row.bandwidth, "bandwidth", Dimension::Bandwidth, Zero::Refused)?,
            efficiency: efficiency.unwrap_or(all),
            latency_s: latency.unwrap_or_else(|| none("default of this program: no fixed latency", "0 s")),
            byte_energy_j: self.optional(row.byte_energy.as_ref(), "byte-energy", Dimension::Energy, Zero::Allowed)?,
        })
    }

    fn limits(self, row: &LimitsRow) -> Result<Limits, Diagnostic> {
        let limit = |number: &Number, key, dimension| self.optional(number.as_ref(), key, dimension, Zero::Refused);
        Ok(Limits {
            latency_s: limit(&row.latency, "latency", Dimension::Time)?,
            sensor_memory_bytes: self.optional_bytes(row.sensor_memory.as_ref(), "sensor-memory")?,
            energy_j: limit(&row.energy, "energy", Dimension::Energy)?,
            frame_rate_hz: limit(&row.frame_rate, "frame-rate", Dimension::Rate)?,
            accuracy: limit(&row.accuracy, "accuracy", Dimension::Share)?,
        })
    }
}

/// A constant that a file leaves out and that then is zero.
fn none(source: &str, shown: &str) -> Sourced<f64> {
    Sourced { value: 0.0, shown: shown.into(), source: Some(source.into()), assumed: true }
}
