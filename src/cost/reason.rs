//! Why a cut is infeasible: the limit, the amount over it, and where. Made only for what is displayed.

use serde::Serialize;

use super::cut::{Cut, PeakAt};
use super::evaluate::{Breakdown, Limit, Rates};
use super::knobs::Knobs;
use super::show;
use crate::network::{Network, TensorId, memory};

/// A stage of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Reading the pixels.
    Readout,
    /// The sensors.
    Sensor,
    /// The link.
    Link,
    /// The aggregator.
    Aggregator,
}

impl Stage {
    const fn name(self) -> &'static str {
        match self {
            Self::Readout => "the readout",
            Self::Sensor => "the sensors",
            Self::Link => "the link",
            Self::Aggregator => "the aggregator",
        }
    }

    /// The stage that takes longest, and its seconds.
    pub fn slowest(latency: &Breakdown) -> (Self, f64) {
        let stages = [
            (Self::Readout, latency.readout_s),
            (Self::Sensor, latency.sensor_s),
            (Self::Link, latency.link_s),
            (Self::Aggregator, latency.aggregator_s),
        ];
        stages.into_iter().fold(stages[0], |slowest, stage| if stage.1 > slowest.1 { stage } else { slowest })
    }
}

/// Where a limit is broken.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum At {
    /// While a layer runs, with the tensors alive then and their bytes, largest first.
    Layer {
        /// The layer.
        layer: String,
        /// Tensors alive and their bytes.
        tensors: Vec<(String, u64)>,
    },
    /// While the splitting module reduces the tensor at the cut.
    Reduce,
    /// The frame itself.
    Frame,
    /// Mostly in one stage, which takes that many seconds.
    Stage(Stage, f64),
    /// In the design as a whole.
    Design,
}

/// One broken limit of one cut.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reason {
    /// The limit.
    pub limit: Limit,
    /// What the design takes: bytes, seconds, joules, frames per second, or a share.
    pub value: f64,
    /// What is allowed, in the same unit.
    pub allowed: f64,
    /// Where.
    pub at: At,
}

impl Reason {
    /// Amount over the limit (below it, for frame rate and accuracy); above zero.
    pub fn over(&self) -> f64 {
        (self.value - self.allowed).abs()
    }

    /// A full sentence for one design, for instance
    /// "sensor memory 40.0 KiB exceeds 32.0 KiB at S1.1.expand (output of S1.1.expand 24.0 KiB, output of stem 16.0 KiB)".
    pub fn sentence(&self) -> String {
        let (value, allowed) = (self.show(self.value), self.show(self.allowed));
        let what = match self.limit {
            Limit::SensorMemory => format!("sensor memory {value} exceeds {allowed}"),
            Limit::SensorWeights => format!("weights {value} exceed the sensor's weight memory of {allowed}"),
            Limit::AggregatorWeights => format!("weights {value} exceed the aggregator's weight memory of {allowed}"),
            Limit::Latency => format!("latency {value} exceeds {allowed}"),
            Limit::Energy => format!("energy {value} a frame exceeds {allowed}"),
            Limit::FrameRate => format!("{value} are below {allowed}"),
            Limit::Accuracy => format!("accuracy {value} is below {allowed}"),
        };
        let at = match &self.at {
            At::Layer { layer, tensors } => {
                let list: Vec<String> =
                    tensors.iter().take(3).map(|(name, bytes)| format!("{name} {}", show::bytes(*bytes))).collect();
                format!(" at {layer} ({})", list.join(", "))
            }
            At::Reduce => " while the splitting module reduces the tensor".to_owned(),
            At::Frame => " with the raw frame alone".to_owned(),
            At::Stage(stage, seconds) => format!(", {} of it in {}", show::seconds(*seconds), stage.name()),
            At::Design => String::new(),
        };
        what + &at
    }

    /// A fragment that follows a count of designs: "12 *designs exceed the sensor memory*".
    pub const fn summary(&self) -> &'static str {
        match self.limit {
            Limit::SensorMemory => "designs exceed the sensor memory",
            Limit::SensorWeights => "designs exceed the sensor's weight memory",
            Limit::AggregatorWeights => "designs exceed the aggregator's weight memory",
            Limit::Latency => "designs exceed the latency limit",
            Limit::Energy => "designs exceed the energy limit",
            Limit::FrameRate => "designs are below the frame rate",
            Limit::Accuracy => "designs are below the accuracy limit",
        }
    }

    /// What would mend it, as an imperative: "raise the sensor memory to 40.0 KiB, or split earlier".
    pub fn fix(&self) -> String {
        let value = self.show(self.value);
        match self.limit {
            Limit::SensorMemory => format!("raise the sensor memory to {value}, or split before that layer"),
            Limit::SensorWeights => {
                format!("raise the sensor's weight memory to {value}, split earlier, or load weights")
            }
            Limit::AggregatorWeights => format!("raise the aggregator's weight memory to {value}, or load weights"),
            Limit::Latency => match &self.at {
                At::Stage(stage, _) => format!("allow {value}, or speed up {}", stage.name()),
                _ => format!("allow {value}"),
            },
            Limit::Energy => format!("allow {value} a frame"),
            Limit::FrameRate => match &self.at {
                At::Stage(stage, _) => format!("accept {value}, or speed up {}", stage.name()),
                _ => format!("accept {value}"),
            },
            Limit::Accuracy => format!("accept {value}, or choose a larger design"),
        }
    }

    fn show(&self, value: f64) -> String {
        match self.limit {
            Limit::SensorMemory | Limit::SensorWeights | Limit::AggregatorWeights => show::bytes(value as u64),
            Limit::Latency => show::seconds(value),
            Limit::Energy => show::joules(value),
            Limit::FrameRate => format!("{value:.1} frames per second"),
            Limit::Accuracy => format!("{:.1} %", value * 100.0),
        }
    }
}

/// Every limit the cut breaks, with where. `network` is the one the cut was costed from; `accuracy` is judged if given.
pub fn reasons(network: &Network, cut: &Cut, knobs: &Knobs, accuracy: Option<f64>) -> Vec<Reason> {
    let rates = Rates::new(knobs);
    let mut evaluation = rates.evaluate(cut);
    if let Some(accuracy) = accuracy {
        evaluation = evaluation.with_accuracy(accuracy, knobs);
    }
    let (slowest, seconds) = Stage::slowest(&evaluation.latency);
    let reason = |limit| {
        let limitless = |limit: Option<f64>| limit.unwrap_or(f64::INFINITY);
        let (value, allowed, at) = match limit {
            Limit::SensorMemory => {
                (cut.sensor_peak_bytes as f64, rates.memory_bytes() as f64, peak_at(network, cut.peak_at))
            }
            Limit::SensorWeights => {
                (cut.sensor_weight_bytes as f64, knobs.system.sensor_weight_memory_bytes as f64, At::Design)
            }
            Limit::AggregatorWeights => {
                (cut.aggregator_weight_bytes as f64, knobs.system.aggregator_weight_memory_bytes as f64, At::Design)
            }
            Limit::Latency => {
                (evaluation.latency.total_s(), limitless(knobs.latency_limit_s), At::Stage(slowest, seconds))
            }
            Limit::Energy => (evaluation.energy_j, limitless(knobs.energy_limit_j), At::Design),
            Limit::FrameRate => (evaluation.fps, knobs.frame_rate_floor_hz.unwrap_or(0.0), At::Stage(slowest, seconds)),
            Limit::Accuracy => (accuracy.unwrap_or(0.0), knobs.accuracy_floor.unwrap_or(0.0), At::Design),
        };
        Reason { limit, value, allowed, at }
    };
    evaluation.violations.iter().map(reason).collect()
}

fn peak_at(network: &Network, at: PeakAt) -> At {
    match at {
        PeakAt::Frame => At::Frame,
        PeakAt::Reduce => At::Reduce,
        PeakAt::Layer(layer) => {
            let layer = (layer as usize).min(network.layers.len().saturating_sub(1));
            let name = |tensor: TensorId| match tensor {
                0 => "the input".to_owned(),
                tensor => format!("output of {}", network.layers[tensor - 1].name),
            };
            let mut tensors: Vec<(String, u64)> = memory::tensors_at(network, layer)
                .into_iter()
                .map(|tensor| (name(tensor), network.shape(tensor).elements()))
                .collect();
            tensors.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
            At::Layer { layer: network.layers[layer].name.clone(), tensors }
        }
    }
}
