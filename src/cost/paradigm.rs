//! Offload paradigms, Table 1 of SplitNets as numbers: all on the sensors, all on the aggregator, or distributed.
//!
//! With V sensors, for a frame of one design, M multiply-accumulates (MAC) and P peak MAC per second of a device:
//!
//! ```text
//! communication = V * bytes, link seconds, V * bytes * joules per byte
//! speed-up      = latency of all on the aggregator / latency           both of a single frame, with the same V
//! efficiency    = speed-up / V
//! utilisation   = M / (P * T) = M / (P * busy) * (busy / T)            array utilisation times busy share
//! of the system = (V * M_sensor + M_aggregator) / ((P_1 + .. + P_V + P_aggregator) * T)
//! M_sensor      = layers before the split + reduce
//! M_aggregator  = V * (recover + layers up to the fusion) + fusion + layers behind it
//! ```
//!
//! T is the time between two frames when they follow each other as fast as they can ([`ParadigmFigures::pipelined`]),
//! or the latency of a single frame ([`ParadigmFigures::single_frame`]). Of unlike cameras the slowest is busy longest;
//! the utilisation of a sensor is that of this one. MACs that patches repeat are not counted as work done.

use serde::Serialize;

use super::batch::DemandBatch;
use super::evaluation::{Evaluation, LatencyBreakdown};
use super::fusion::fusion_macs;
use super::knobs::Knobs;
use super::model::{CostModel, DesignCostError};
use super::rates::SystemRates;
use super::traffic::Traffic;
use crate::hardware::Mapping;
use crate::network::Network;
use crate::space::{Design, PLAIN_BITS};

/// Way of dividing a network between sensors and aggregator: a row of Table 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Paradigm {
    /// Every sensor runs the whole network; the logits cross the link.
    AllOnSensors,
    /// The aggregator runs everything; raw frames cross the link.
    AllOnAggregator,
    /// The network is split between both.
    Distributed,
}

impl Paradigm {
    /// Name in tables.
    pub const fn label(self) -> &'static str {
        match self {
            Self::AllOnSensors => "all on sensors",
            Self::AllOnAggregator => "all on aggregator",
            Self::Distributed => "distributed",
        }
    }
}

/// Multiply-accumulates done over those that the hardware could do in the same time, from 0 to 1; `None` on a device
/// whose latencies were measured, as its peak is not known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Utilisation {
    /// Of a sensor; of unlike cameras, of the slowest.
    pub sensor: Option<f64>,
    /// Of the aggregator.
    pub aggregator: Option<f64>,
    /// Of all sensors and the aggregator together.
    pub system: Option<f64>,
}

/// Figures of one paradigm under the knobs.
#[derive(Debug, Clone, PartialEq)]
pub struct ParadigmFigures {
    /// The paradigm.
    pub paradigm: Paradigm,
    /// The design that stands for it.
    pub design: Design,
    /// Cost of the design.
    pub evaluation: Evaluation,
    /// Bytes of all sensors, and their share of the raw frame.
    pub traffic: Traffic,
    /// Joules of all links for one frame.
    pub communication_j: f64,
    /// Latency of all on the aggregator over the latency of this design, of a single frame.
    pub speedup: f64,
    /// Speed-up over the number of sensors.
    pub efficiency: f64,
    /// Utilisation while frames follow each other as fast as they can.
    pub pipelined: Utilisation,
    /// Utilisation during a single frame.
    pub single_frame: Utilisation,
    /// Share of the pictures that can be rebuilt from what crosses the link, at least; `None` where the caller
    /// has filled in no measurement.
    pub leak: Option<f64>,
}

/// Figures of the paradigms for the network, compression ratio and link bits of `design`: all on the sensors, all on
/// the aggregator, and distributed, which is the design itself if it is split inside the network, else its best split.
/// All fuse their views where the distributed one does, or as near as may be. The distributed one is left out if the
/// space allows no split inside the network.
///
/// # Errors
/// A design whose shapes can't exist, or whose layers can't be costed.
///
/// ```
/// use splitscope::cost::{CostModel, paradigms};
/// use splitscope::hardware::Profile;
/// use splitscope::space::{Design, SearchSpace};
///
/// let model = CostModel::new(SearchSpace::shipped("tabletop").unwrap(), Profile::shipped("glasses").unwrap())?;
/// let design = Design { genome: model.space().largest(), split: 3, fusion: 3, ratio: 4, bits: 8 };
/// let [on_sensors, on_aggregator, distributed] = &paradigms(&model, &design, &model.knobs())?[..] else { panic!() };
/// assert_eq!(on_aggregator.speedup, 1.0);
/// assert_eq!(on_sensors.traffic.link_bytes, 10, "the logits of ten classes");
/// assert!(distributed.pipelined.sensor.unwrap() < 1.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn paradigms(model: &CostModel, design: &Design, knobs: &Knobs) -> Result<Vec<ParadigmFigures>, DesignCostError> {
    let space = model.space();
    let distributed = if space.has_splitting_module(design.split) {
        Some(space.canonical_design(design.clone()))
    } else {
        best_distributed(model, design, knobs)?
    };
    let wanted = distributed.as_ref().map_or(design.fusion, |distributed| distributed.fusion);
    let plain = |split| {
        let fusions = space.fusions(&design.genome, split);
        let fusion = fusions.into_iter().min_by_key(|id| id.abs_diff(wanted)).unwrap_or_else(|| space.last());
        Design { genome: design.genome.clone(), split, fusion, ratio: 1, bits: PLAIN_BITS }
    };
    let mut designs = vec![(Paradigm::AllOnSensors, plain(space.last())), (Paradigm::AllOnAggregator, plain(0))];
    designs.extend(distributed.map(|design| (Paradigm::Distributed, design)));
    let network = space.lower(&design.genome)?;
    let mut figures = Vec::new();
    for (paradigm, design) in designs {
        figures.push(figures_of(model, &network, paradigm, design, knobs)?);
    }
    let unsplit_s = figures[1].evaluation.latency.total_s();
    for one in &mut figures {
        let latency_s = one.evaluation.latency.total_s();
        one.speedup = if latency_s > 0.0 { unsplit_s / latency_s } else { 1.0 };
        one.efficiency = one.speedup / f64::from(knobs.sensors.max(1));
    }
    Ok(figures)
}

/// The design at its best split inside the network (see [`super::SplitChoice`]); `None` if the space allows none there.
fn best_distributed(model: &CostModel, design: &Design, knobs: &Knobs) -> Result<Option<Design>, DesignCostError> {
    let space = model.space();
    let splits = space.splits(&design.genome).into_iter().filter(|&split| space.has_splitting_module(split));
    let mut designs: Vec<Design> =
        splits.map(|split| space.canonical_design(Design { split, ..design.clone() })).collect();
    let demands = designs.iter().map(|design| model.demand(design)).collect::<Result<Vec<_>, _>>()?;
    let best = DemandBatch::of(&demands, knobs, |_| true).best(&SystemRates::new(knobs));
    Ok(best.map(|best| designs.swap_remove(best.index)))
}

/// Figures of one design; the speed-up is left at 1.
fn figures_of(
    model: &CostModel,
    network: &Network,
    paradigm: Paradigm,
    design: Design,
    knobs: &Knobs,
) -> Result<ParadigmFigures, DesignCostError> {
    let rates = SystemRates::new(knobs);
    let demand = model.demand(&design)?;
    let evaluation = rates.evaluate(&demand);
    let [_, communication_j] = rates.on_link(demand.link_bytes);
    let macs = FrameMacs::new(network, &design, knobs.sensors);
    let peaks = PeakRates::new(model, knobs);
    let latency = &evaluation.latency;
    Ok(ParadigmFigures {
        paradigm,
        traffic: Traffic::new(demand.link_bytes, knobs.sensors, network.input),
        communication_j,
        speedup: 1.0,
        efficiency: 1.0,
        pipelined: utilisation(&macs, &peaks, LatencyBreakdown::period_s(latency)),
        single_frame: utilisation(&macs, &peaks, LatencyBreakdown::total_s(latency)),
        leak: None,
        evaluation,
        design,
    })
}

/// Multiply-accumulates of one frame.
struct FrameMacs {
    sensors: f64,
    sensor: u64,
    aggregator: u64,
}

impl FrameMacs {
    fn new(network: &Network, design: &Design, sensors: u32) -> Self {
        let last = network.boundaries.len() - 1;
        let split = network.position(design.split).unwrap_or(last);
        let fusion = network.position(design.fusion).unwrap_or(last).max(split);
        let [split_at, fused_at] = [split, fusion].map(|position| &network.boundaries[position]);
        let layers = |range: std::ops::Range<usize>| network.layers[range].iter().map(|layer| layer.macs).sum::<u64>();
        let has_module = split > 0 && split < last && design.ratio > 1;
        let module = if has_module {
            let channels = u64::from(split_at.shape.channels);
            channels * channels.div_ceil(u64::from(design.ratio)) * split_at.shape.positions()
        } else {
            0
        };
        let views = u64::from(sensors.max(1));
        let each_view = module + layers(split_at.layers..fused_at.layers);
        let fuse = fusion_macs(network.fusion_at(fusion), fused_at.shape, views);
        Self {
            sensors: views as f64,
            sensor: layers(0..split_at.layers) + module,
            aggregator: views * each_view + fuse + layers(fused_at.layers..network.layers.len()),
        }
    }
}

/// Peak multiply-accumulates per second; `None` where not known.
struct PeakRates {
    /// Of the slowest sensor.
    sensor: Option<f64>,
    /// Of all sensors together.
    sensors: Option<f64>,
    aggregator: Option<f64>,
}

impl PeakRates {
    fn new(model: &CostModel, knobs: &Knobs) -> Self {
        let profile = model.profile();
        let known =
            |mapping: &Mapping, rate: f64| if matches!(mapping, Mapping::Measured(_)) { None } else { Some(rate) };
        let (count, cameras) = (knobs.sensors.max(1), &knobs.system.cameras);
        let (slowest, ..) = cameras.weakest(count);
        let on_sensor = |clocks: f64| known(&profile.sensor.device.mapping.value, knobs.sensor_macs_per_s * clocks);
        Self {
            sensor: on_sensor(slowest),
            sensors: on_sensor(cameras.clocks(count)),
            aggregator: known(&profile.aggregator.mapping.value, knobs.aggregator_macs_per_s),
        }
    }
}

fn utilisation(macs: &FrameMacs, peaks: &PeakRates, seconds: f64) -> Utilisation {
    let share = |macs: f64, peak: f64| if seconds > 0.0 { macs / (peak * seconds) } else { 0.0 };
    let (sensor, aggregator) = (macs.sensor as f64, macs.aggregator as f64);
    let peak = peaks.sensors.zip(peaks.aggregator).map(|(sensors, aggregator)| sensors + aggregator);
    Utilisation {
        sensor: peaks.sensor.map(|peak| share(sensor, peak)),
        aggregator: peaks.aggregator.map(|peak| share(aggregator, peak)),
        system: peak.map(|peak| share(macs.sensors * sensor + aggregator, peak)),
    }
}
