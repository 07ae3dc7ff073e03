//! Reasons why a split is infeasible: the limit, the amount over it, and the place. Made only for what is displayed.

use serde::Serialize;

use super::constraint::{CONSTRAINTS, Cause, Constraint};
use super::demand::{PeakLocation, SplitDemand};
use super::evaluation::FrameStage;
use super::knobs::Knobs;
use super::legality::{UnsupportedLayer, unsupported_layers};
use super::measured_shares::MeasuredShares;
use super::rates::SystemRates;
use super::split_demand::SensorContents;
use crate::hardware::Profile;
use crate::network::{Layer, Network, TensorId, memory};
use crate::quantity::{Dimension, Limit};

/// Layers without an operator that a sentence names.
const NAMED_LAYERS: usize = 3;

/// Place where a limit is broken.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReasonSite {
    /// In a sensor's memory.
    Memory {
        /// Moment of the peak.
        during: PeakMoment,
        /// Tensors held then and their bytes, largest first. Under a rule that writes over tensors they may add up to
        /// more than the peak.
        tensors: Vec<(String, u64)>,
    },
    /// Mostly in one stage.
    Stage {
        /// The stage.
        stage: FrameStage,
        /// Seconds it takes.
        seconds: f64,
        /// Bytes each sensor sends.
        link_bytes: u64,
    },
    /// In layers that their chip can't run.
    Layers(Vec<UnsupportedLayer>),
    /// In the design as a whole.
    Design,
}

/// Moment at which most bytes are alive on a sensor.
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
    /// Value of the design: bytes, seconds, joules, frames per second, or a share.
    pub value: f64,
    /// Allowed value, in the same unit.
    pub allowed: f64,
    /// Place where the limit is broken.
    pub at: ReasonSite,
    /// `true` if the value is the lower end of an interval, as it was not measured.
    pub estimated: bool,
}

impl Reason {
    /// Amount over the limit (below it, for frame rate and accuracy); above zero.
    pub fn over(&self) -> f64 {
        (self.value - self.allowed).abs()
    }

    /// A full sentence for one design, for instance
    /// "sensor memory 40 KiB exceeds 32 KiB at S1.1.expand (output of S1.1.expand 24 KiB, output of stem 16 KiB)".
    pub fn sentence(&self) -> String {
        let at = match &self.at {
            ReasonSite::Memory { during, tensors } => format!(" {}", during.phrase(tensors)),
            ReasonSite::Stage { stage, seconds, .. } => {
                format!(", {} of it in {}", Dimension::Time.format(*seconds), stage.name())
            }
            ReasonSite::Layers(layers) => return layers_sentence(layers, NAMED_LAYERS),
            ReasonSite::Design if self.estimated => ": the lower end of its interval, not measured".to_owned(),
            ReasonSite::Design => String::new(),
        };
        self.limit.violation(self.value, self.allowed) + &at
    }

    /// The limit with both values in as little room as possible: "latency 6.67 ms > 1.5 ms".
    pub fn brief(&self) -> String {
        if let ReasonSite::Layers(layers) = &self.at {
            return layers_sentence(layers, 1);
        }
        let note = if self.estimated { " (lower end, not measured)" } else { "" };
        self.limit.violation_brief(self.value, self.allowed) + note
    }

    /// An imperative that meets the limit: "raise the sensor memory to 40 KiB".
    pub fn instruction(&self) -> String {
        let ReasonSite::Layers(layers) = &self.at else { return self.limit.instruction(self.value) };
        let first = layers.first().map_or("the first of these layers", |layer| &layer.layer);
        format!("move the split so that {first} runs on the other side, or take its operator out of the space")
    }

    /// The imperative with what would do as well: "raise the sensor memory to 40 KiB, or split before that layer".
    pub fn fix(&self) -> String {
        let instruction = self.instruction();
        if matches!(self.at, ReasonSite::Layers(_)) {
            return instruction;
        }
        let alternative = match Constraint::of(self.limit) {
            Some(constraint) => constraint.alternative,
            None if self.limit == Limit::Leak => ", or send fewer values: split later, or compress more",
            None => ", or choose a larger design",
        };
        match &self.at {
            ReasonSite::Stage { stage, .. } => format!("{instruction}, or speed up {}", stage.name()),
            ReasonSite::Memory { during, .. } => instruction + during.alternative(),
            _ => instruction + alternative,
        }
    }
}

/// The first layers of a list in a sentence each, and the number of the others.
fn layers_sentence(layers: &[UnsupportedLayer], named: usize) -> String {
    let mut sentences: Vec<String> = layers.iter().take(named).map(UnsupportedLayer::sentence).collect();
    if layers.len() > named {
        sentences.push(format!("{} more", layers.len() - named));
    }
    sentences.join("; ")
}

impl PeakMoment {
    /// Remedy besides more memory, appended to an instruction: no split does without the frame itself.
    const fn alternative(&self) -> &'static str {
        match self {
            Self::Layer(_) | Self::Patch(_) => ", or split before that layer",
            Self::Reduce => ", or split at a smaller tensor",
            Self::Frame => "",
        }
    }

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

/// Every limit that the split breaks, with its place. `network` is the one the split was costed from on `profile`;
/// what was `measured` of it is checked too.
pub fn reasons(
    network: &Network,
    demand: &SplitDemand,
    profile: &Profile,
    knobs: &Knobs,
    measured: MeasuredShares,
) -> Vec<Reason> {
    let rates = SystemRates::new(knobs);
    let frame = rates.frame(demand);
    let latency = rates.frame_latency(&frame);
    let usages = CONSTRAINTS.iter().zip(rates.usage(&frame, &latency)).zip(rates.bounds());
    let broken = usages.filter(|((_, usage), bound)| usage > *bound);
    let mut reasons: Vec<Reason> = broken
        .map(|((constraint, usage), &bound)| {
            let at = match constraint.cause {
                Cause::SensorPeak => peak(network, demand, profile),
                Cause::SlowestStage => {
                    let (stage, seconds) = FrameStage::slowest(&latency);
                    ReasonSite::Stage { stage, seconds, link_bytes: demand.link_bytes }
                }
                Cause::Operators => ReasonSite::Layers(unsupported_layers(network, demand, profile, rates.sensors())),
                Cause::Design => ReasonSite::Design,
            };
            let [value, allowed] = [usage, bound].map(|usage| constraint.value(usage));
            Reason { limit: constraint.limit, value, allowed, at, estimated: false }
        })
        .collect();
    for (limit, value, bound) in measured.limits(knobs) {
        let broken = bound.filter(|bound| limit.is_broken(value, *bound));
        let reason = |allowed| Reason { limit, value, allowed, at: ReasonSite::Design, estimated: false };
        reasons.extend(broken.map(reason));
    }
    reasons
}

/// Place where a sensor's memory is fullest for this split, and what it holds then. `network` is the one the split was
/// costed from.
pub(super) fn peak(network: &Network, demand: &SplitDemand, profile: &Profile) -> ReasonSite {
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
    let contents = SensorContents {
        frame: network.input.elements(),
        sent: if demand.boundary == 0 { 0 } else { demand.link_bytes },
        weights: demand.sensor_weight_bytes,
        largest_weights: network.layers[..layers].iter().map(Layer::weight_bytes).max().unwrap_or(0),
    };
    tensors.extend(contents.buffers(&profile.sensor).map(|(name, bytes)| (name.to_owned(), bytes)));
    tensors.retain(|(_, bytes)| *bytes > 0);
    tensors.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    ReasonSite::Memory { during, tensors }
}

fn named(network: &Network, tensors: impl IntoIterator<Item = TensorId>) -> Vec<(String, u64)> {
    let name = |tensor: TensorId| match tensor {
        0 => "the input".to_owned(),
        tensor => format!("output of {}", network.layers[tensor - 1].name),
    };
    tensors.into_iter().map(|tensor| (name(tensor), network.bytes(tensor))).collect()
}
