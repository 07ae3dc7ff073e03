//! Why a split is infeasible: the limit, the amount over it, and where. Made only for what is displayed.

use serde::Serialize;

use super::demand::{PeakLocation, SplitDemand};
use super::evaluate::{LatencyBreakdown, SystemRates};
use super::knobs::Knobs;
use super::layer::loads;
use crate::network::{Network, TensorId, memory};
use crate::quantity::{Dimension, Limit};

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
    pub fn slowest(latency: &LatencyBreakdown) -> (Self, f64) {
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
pub enum ReasonSite {
    /// In a sensor's memory.
    Memory {
        /// When most bytes are alive.
        during: PeakMoment,
        /// What is held then and its bytes, largest first. Under a rule that writes over tensors they may add up to more
        /// than the peak.
        tensors: Vec<(String, u64)>,
    },
    /// Mostly in one stage.
    Stage {
        /// The stage.
        stage: Stage,
        /// Seconds it takes.
        seconds: f64,
        /// Bytes each sensor sends.
        link_bytes: u64,
    },
    /// In the design as a whole.
    Design,
}

/// When most bytes are alive on a sensor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeakMoment {
    /// While this layer runs.
    Layer(String),
    /// While this layer runs patch by patch; the tensors then are parts of those listed.
    Patch(String),
    /// While the splitting module reduces the tensor at the split.
    Reduce,
    /// While the frame itself waits.
    Frame,
}

/// One broken limit of one split.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reason {
    /// The limit.
    pub limit: Limit,
    /// What the design takes: bytes, seconds, joules, frames per second, or a share.
    pub value: f64,
    /// What is allowed, in the same unit.
    pub allowed: f64,
    /// Where.
    pub at: ReasonSite,
}

impl Reason {
    /// Amount over the limit (below it, for frame rate and accuracy); above zero.
    pub fn over(&self) -> f64 {
        (self.value - self.allowed).abs()
    }

    /// A full sentence for one design, for instance
    /// "sensor memory 40 KiB exceeds 32 KiB at S1.1.expand (output of S1.1.expand 24 KiB, output of stem 16 KiB)".
    pub fn sentence(&self) -> String {
        let site = match &self.at {
            ReasonSite::Memory { during, tensors } => format!(" {}", during.phrase(tensors)),
            ReasonSite::Stage { stage, seconds, .. } => {
                format!(", {} of it in {}", Dimension::Time.format(*seconds), stage.name())
            }
            ReasonSite::Design => String::new(),
        };
        self.limit.violation(self.value, self.allowed) + &site
    }

    /// An imperative that makes the design feasible: "raise the sensor memory to 40 KiB, or split before that layer".
    pub fn fix(&self) -> String {
        let instruction = self.limit.instruction(self.value);
        match (self.limit, &self.at) {
            (Limit::SensorMemory, _) => format!("{instruction}, or split before that layer"),
            (Limit::SensorWeights, _) => {
                format!("{instruction}, split earlier, or stream the weights for every frame")
            }
            (Limit::AggregatorWeights, _) => format!("{instruction}, or stream the weights for every frame"),
            (Limit::Latency | Limit::FrameRate, ReasonSite::Stage { stage, .. }) => {
                format!("{instruction}, or speed up {}", stage.name())
            }
            (Limit::Latency | Limit::FrameRate | Limit::Energy, _) => instruction,
            (Limit::Accuracy, _) => format!("{instruction}, or choose a larger design"),
        }
    }
}

impl PeakMoment {
    /// A phrase with what is held: "at S1.1.expand (output of S1.1.expand 24 KiB, output of stem 16 KiB)".
    pub fn phrase(&self, tensors: &[(String, u64)]) -> String {
        let list: Vec<String> = tensors
            .iter()
            .take(3)
            .map(|(name, bytes)| format!("{name} {}", Dimension::Bytes.format(*bytes as f64)))
            .collect();
        let list = list.join(", ");
        match self {
            Self::Layer(layer) => format!("at {layer} ({list})"),
            Self::Patch(layer) => format!("at {layer} in patches (of {list})"),
            Self::Reduce => "while the splitting module reduces the tensor".to_owned(),
            Self::Frame => "with the raw frame alone".to_owned(),
        }
    }
}

/// Every limit the split breaks, with where. `network` is the one the split was costed from; `accuracy` is judged if given.
pub fn reasons(network: &Network, demand: &SplitDemand, knobs: &Knobs, accuracy: Option<f64>) -> Vec<Reason> {
    let rates = SystemRates::new(knobs);
    let mut evaluation = rates.evaluate(demand);
    if let Some(accuracy) = accuracy {
        evaluation = evaluation.with_accuracy(accuracy, knobs);
    }
    let (stage, seconds) = Stage::slowest(&evaluation.latency);
    let slowest = || ReasonSite::Stage { stage, seconds, link_bytes: demand.link_bytes };
    let reason = |limit| {
        let limitless = |limit: Option<f64>| limit.unwrap_or(f64::INFINITY);
        let (value, allowed, at) = match limit {
            Limit::SensorMemory => {
                (demand.sensor_peak_bytes as f64, rates.memory_bytes() as f64, peak(network, demand, knobs))
            }
            Limit::SensorWeights => {
                (demand.sensor_weight_bytes as f64, knobs.system.sensor_weight_memory_bytes as f64, ReasonSite::Design)
            }
            Limit::AggregatorWeights => {
                let weights = demand.aggregator_weights(knobs.sensors.max(1));
                (weights as f64, knobs.system.aggregator_weight_memory_bytes as f64, ReasonSite::Design)
            }
            Limit::Latency => (evaluation.latency.total_s(), limitless(knobs.latency_limit_s), slowest()),
            Limit::Energy => (evaluation.energy_j, limitless(knobs.energy_limit_j), ReasonSite::Design),
            Limit::FrameRate => (evaluation.fps, knobs.frame_rate_floor_hz.unwrap_or(0.0), slowest()),
            Limit::Accuracy => (accuracy.unwrap_or(0.0), knobs.accuracy_floor.unwrap_or(0.0), ReasonSite::Design),
        };
        Reason { limit, value, allowed, at }
    };
    evaluation.violations.iter().map(reason).collect()
}

/// Where a sensor's memory is fullest for this split, and with what. `network` is the one the split was costed from.
pub fn peak(network: &Network, demand: &SplitDemand, knobs: &Knobs) -> ReasonSite {
    let layer = |layer: u32| (layer as usize).min(network.layers.len().saturating_sub(1));
    let layers = network.position(demand.boundary).map_or(0, |position| network.boundaries[position].layers);
    let (during, mut tensors) = match demand.peak_at {
        PeakLocation::Frame => (PeakMoment::Frame, named(network, [0])),
        PeakLocation::Reduce => (PeakMoment::Reduce, named(network, [layers])),
        PeakLocation::Layer(index) => {
            let index = layer(index);
            let alive = memory::tensors_at(network, index);
            (PeakMoment::Layer(network.layers[index].name.clone()), named(network, alive))
        }
        PeakLocation::Patch(index) => {
            let index = layer(index);
            let alive = memory::tensors_at(network, index);
            (PeakMoment::Patch(network.layers[index].name.clone()), named(network, alive))
        }
    };
    let held = &knobs.system.held;
    if held.next_frame {
        tensors.push(("the next frame".to_owned(), network.input.elements()));
    }
    if held.sent_tensor && demand.boundary != 0 {
        tensors.push(("the tensor being sent".to_owned(), demand.link_bytes));
    }
    match held.weights {
        Some((residency, room)) if loads(residency, room, demand.sensor_weight_bytes) => {
            let largest = network.layers[..layers].iter().map(|layer| layer.weights).max().unwrap_or(0);
            tensors.push(("weights of one layer".to_owned(), largest));
        }
        Some(_) => tensors.push(("weights".to_owned(), demand.sensor_weight_bytes)),
        None => {}
    }
    tensors.retain(|(_, bytes)| *bytes > 0);
    tensors.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    ReasonSite::Memory { during, tensors }
}

fn named(network: &Network, tensors: impl IntoIterator<Item = TensorId>) -> Vec<(String, u64)> {
    let name = |tensor: TensorId| match tensor {
        0 => "the input".to_owned(),
        tensor => format!("output of {}", network.layers[tensor - 1].name),
    };
    tensors.into_iter().map(|tensor| (name(tensor), network.shape(tensor).elements())).collect()
}
