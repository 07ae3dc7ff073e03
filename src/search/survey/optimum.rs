//! The least latency, energy or memory any design of a space can have at every split, by dynamic programming on its graph.
//!
//! Latency and energy are sums over blocks, memory is a largest value plus, where it holds the weights too, their sum. So of
//! all ways to a place only those matter that no other is at least as good as in everything the rest can still see. That is
//! one number, except where weights count: then it is two or three, and a few ways to each place are kept. PathCounts are extended
//! from the raw input to every split, and from the logits back to it, and meet there. Nothing is left out: the result is the
//! minimum over all designs, whatever other limits they break.

use super::paths::{PathCounts, decide, design};
use crate::cost::{CycleEnergy, GraphNode, SpaceGraph, SystemRates};
use crate::hardware::{Layout, Residency, Sourced};
use crate::network::BoundaryId;
use crate::space::{Design, SearchSpace};

/// What is to be least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Goal {
    /// Seconds of a single frame.
    Latency,
    /// Joules of one frame.
    Energy,
    /// Most bytes alive on a sensor.
    SensorMemory,
}

impl Goal {
    /// All goals.
    pub const ALL: [Self; 3] = [Self::Latency, Self::Energy, Self::SensorMemory];
}

/// The least value at one split, and a design that has it.
#[derive(Debug, Clone, PartialEq)]
pub struct SplitOptimum {
    /// The split.
    pub split: BoundaryId,
    /// Seconds, joules or bytes.
    pub value: f64,
    /// A design with that value.
    pub design: Design,
}

/// Whether a part's weights are loaded for every frame, and what their sum must be for that.
#[derive(Debug, Clone, Copy, PartialEq)]
struct WeightMode {
    streams: bool,
    sum: WeightCondition,
}

/// A condition on the weights of a part.
#[derive(Debug, Clone, Copy, PartialEq)]
enum WeightCondition {
    Any,
    AtMost(f64),
    MoreThan(f64),
}

impl WeightCondition {
    /// The term that weights add to the third number of a way.
    fn term(self, weights: f64) -> f64 {
        match self {
            Self::Any => 0.0,
            Self::AtMost(_) => weights,
            Self::MoreThan(_) => -weights,
        }
    }

    /// Whether the condition is met by the third number of a way and the module's weights.
    fn met(self, third: f64, module: f64) -> bool {
        match self {
            Self::Any => true,
            Self::AtMost(limit) => third + module <= limit,
            Self::MoreThan(limit) => module - third > limit,
        }
    }
}

/// What a way has come to: the value to be least; the second term of a shared memory; weights where a condition asks.
type Sums = [f64; 3];

/// One way to, or from, a node.
#[derive(Debug, Clone, Copy)]
struct Label {
    sums: Sums,
    /// The edge it took last; `usize::MAX` where it took none.
    edge: usize,
    /// The way before that edge, in the list of all ways.
    before: usize,
}

const NONE: usize = usize::MAX;

/// The undominated ways to each node.
struct LabelSet {
    all: Vec<Label>,
    at: Vec<Vec<usize>>,
}

impl LabelSet {
    fn new(size: usize) -> Self {
        Self { all: Vec::with_capacity(4 * size), at: vec![Vec::new(); size] }
    }

    fn add(&mut self, node: usize, way: Label) {
        let covers = |a: &Sums, b: &Sums| a[0] <= b[0] && a[1] <= b[1] && a[2] <= b[2];
        let (all, here) = (&mut self.all, &mut self.at[node]);
        if here.iter().any(|&own| covers(&all[own].sums, &way.sums)) {
            return;
        }
        here.retain(|&own| !covers(&way.sums, &all[own].sums));
        here.push(all.len());
        all.push(way);
    }

    /// Extends every way at `from` by an edge to `to`.
    fn extend(&mut self, from: usize, to: usize, edge: usize, join: impl Fn(&Sums) -> Sums) {
        for position in 0..self.at[from].len() {
            let before = self.at[from][position];
            let sums = join(&self.all[before].sums);
            self.add(to, Label { sums, edge, before });
        }
    }
}

/// The solver for one goal under present knobs.
pub(super) struct OptimumSolver<'a> {
    space: &'a SearchSpace,
    graph: &'a SpaceGraph,
    ways: &'a PathCounts,
    rates: SystemRates,
    goal: Goal,
}

impl<'a> OptimumSolver<'a> {
    pub(super) fn new(
        space: &'a SearchSpace,
        graph: &'a SpaceGraph,
        ways: &'a PathCounts,
        rates: SystemRates,
        goal: Goal,
    ) -> Self {
        Self { space, graph, ways, rates, goal }
    }

    /// The least value of every split of the space at which a design can be split, in order.
    pub(super) fn solve(&self) -> Vec<SplitOptimum> {
        let sensor: Vec<(WeightMode, LabelSet)> =
            self.regimes(true).into_iter().map(|own| (own, self.sensor(own))).collect();
        let behind: Vec<(WeightMode, LabelSet)> =
            self.regimes(false).into_iter().map(|own| (own, self.aggregator(own))).collect();
        let mut best: Vec<Option<(f64, Meeting)>> = vec![None; self.space.slots().len()];
        for node in (0..self.graph.nodes.len()).filter(|&node| self.ways.may_split(node)) {
            let Some(id) = self.graph.nodes[node].boundary else { continue };
            for (before, (own, first)) in sensor.iter().enumerate() {
                for (after, (other, second)) in behind.iter().enumerate() {
                    if let Some((value, met)) = self.meet(node, (*own, first), (*other, second)) {
                        let slot = &mut best[usize::from(id)];
                        if slot.as_ref().is_none_or(|(least, _)| value < *least) {
                            *slot = Some((value, Meeting { before, after, ..met }));
                        }
                    }
                }
            }
        }
        let found = best.into_iter().zip(0..).filter_map(|(found, split)| Some((split, found?)));
        found
            .map(|(split, (value, met))| {
                let design = self.design(&met, &sensor[met.before].1, &behind[met.after].1);
                SplitOptimum { split, value, design }
            })
            .collect()
    }

    /// The ways in which the weights of a side can be kept.
    fn regimes(&self, sensor: bool) -> Vec<WeightMode> {
        let profile = &self.graph.profile;
        let device = if sensor { &profile.sensor.device } else { &profile.aggregator };
        let memory = device.weight_memory_bytes.as_ref().map(|memory| memory.value as f64);
        let lone = |streams| vec![WeightMode { streams, sum: WeightCondition::Any }];
        if self.goal == Goal::SensorMemory && !(sensor && self.shared()) {
            return lone(false);
        }
        match (device.residency, memory) {
            (Residency::Streamed, _) => lone(true),
            (Residency::Resident, _) | (Residency::Cached, None) => lone(false),
            (Residency::Cached, Some(memory)) => {
                // Where loading never makes a layer cheaper, a way that could have kept its weights is found among those
                // that do.
                let price = |price: &Option<Sourced<f64>>| price.as_ref().map_or(0.0, |price| price.value);
                let dearer = price(&device.weight_byte_energy_j) >= price(&device.byte_energy_j);
                let loading_costs = self.goal == Goal::Latency || self.goal == Goal::Energy && dearer;
                let over = if loading_costs { WeightCondition::Any } else { WeightCondition::MoreThan(memory) };
                vec![
                    WeightMode { streams: false, sum: WeightCondition::AtMost(memory) },
                    WeightMode { streams: true, sum: over },
                ]
            }
        }
    }

    fn of(&self, [seconds, joules]: [f64; 2]) -> f64 {
        match self.goal {
            Goal::Latency => seconds,
            Goal::Energy => joules,
            Goal::SensorMemory => 0.0,
        }
    }

    fn on_sensor(&self, spend: CycleEnergy, streams: bool) -> f64 {
        self.of(self.rates.on_sensors(spend.pick(streams)))
    }

    fn on_aggregator(&self, spend: CycleEnergy, streams: bool, times: f64) -> f64 {
        self.of(self.rates.on_aggregator(spend.pick(streams), times))
    }

    /// Whether weights count against the sensor's memory.
    fn shared(&self) -> bool {
        self.graph.profile.sensor.device.layout == Layout::Shared
    }

    /// The undominated ways from raw input to every node.
    fn sensor(&self, WeightMode { streams, sum }: WeightMode) -> LabelSet {
        let mut front = LabelSet::new(self.graph.nodes.len());
        let memory = self.goal == Goal::SensorMemory;
        let shared = memory && self.shared();
        for (index, node) in self.graph.nodes.iter().enumerate() {
            if node.boundary == Some(0) {
                front.add(index, Label { sums: [0.0; 3], edge: NONE, before: NONE });
            }
            for at in node.edges.clone() {
                let edge = &self.graph.edges[at];
                let Some(block) = edge.block else {
                    front.extend(index, edge.to, at, |sums| *sums);
                    continue;
                };
                let weights = block.weights as f64;
                let (value, peak) = (self.on_sensor(block.sensor, streams), block.peak_bytes as f64);
                let (largest, term) = (block.largest_weights as f64, sum.term(weights));
                front.extend(index, edge.to, at, |sums| {
                    let second = match (shared, streams) {
                        (false, _) => 0.0,
                        (true, false) => sums[1] + weights,
                        (true, true) => sums[1].max(largest),
                    };
                    [if memory { sums[0].max(peak) } else { sums[0] + value }, second, sums[2] + term]
                });
            }
        }
        front
    }

    /// The undominated ways from every node to the logits: node `i` with the views still apart, node `i + size` with the
    /// views as one.
    fn aggregator(&self, WeightMode { streams, sum }: WeightMode) -> LabelSet {
        let size = self.graph.nodes.len();
        let views = f64::from(self.rates.sensors());
        let mut front = LabelSet::new(2 * size);
        for (index, node) in self.graph.nodes.iter().enumerate().rev() {
            if node.edges.is_empty() {
                front.add(index + size, Label { sums: [0.0; 3], edge: NONE, before: NONE });
            }
            for at in node.edges.clone() {
                let edge = &self.graph.edges[at];
                for (offset, times) in [(0, views), (size, 1.0)] {
                    let add = edge.block.map_or([0.0; 3], |block| {
                        let value = self.on_aggregator(block.aggregator, streams, times);
                        [value, 0.0, sum.term(block.weights as f64)]
                    });
                    front.extend(edge.to + offset, index + offset, at, |sums| plus(*sums, add));
                }
            }
            if self.ways.may_fuse(index) {
                let mut fuse = self.on_aggregator(node.fuse.more, streams, views - 1.0);
                if views > 1.0 {
                    fuse += self.on_aggregator(node.fuse.join, streams, 1.0);
                }
                let term = sum.term(node.fuse.weights(views));
                front.extend(index + size, index, NONE, |sums| plus(*sums, [fuse, 0.0, term]));
            }
        }
        front
    }

    /// The best pair of ways that meet at a node.
    fn meet(
        &self,
        node: usize,
        sensor: (WeightMode, &LabelSet),
        aggregator: (WeightMode, &LabelSet),
    ) -> Option<(f64, Meeting)> {
        let mut best: Option<(f64, Meeting)> = None;
        let place = &self.graph.nodes[node];
        for (transmit, module) in place.modules.iter().enumerate() {
            let module_weights = module.weight_bytes as f64;
            let ends = |(regime, front): (WeightMode, &LabelSet), close: &dyn Fn(&Sums) -> f64| {
                let ways = front.at[node].iter().map(|&way| (close(&front.all[way].sums), way, front.all[way].sums[2]));
                ways.filter(|way| regime.sum.met(way.2, module_weights)).min_by(|a, b| a.0.total_cmp(&b.0))
            };
            let first = ends(sensor, &|sums| self.close_sensor(place, transmit, sums, sensor.0.streams));
            let second = ends(aggregator, &|sums| {
                sums[0] + self.on_aggregator(module.recover, aggregator.0.streams, f64::from(self.rates.sensors()))
            });
            let (Some(first), Some(second)) = (first, second) else { continue };
            let value = first.0 + second.0;
            if best.as_ref().is_none_or(|(least, _)| value < *least) {
                let met = Meeting { node, transmit, ways: (first.1, second.1), before: 0, after: 0 };
                best = Some((value, met));
            }
        }
        best
    }

    /// The value of a way of the sensor once the tensor is sent.
    fn close_sensor(&self, node: &GraphNode, transmit: usize, sums: &Sums, streams: bool) -> f64 {
        let (sensor, module) = (&self.graph.profile.sensor, &node.modules[transmit]);
        let frame = node.input.elements() as f64;
        if self.goal == Goal::SensorMemory {
            let mut bytes = sums[0].max(module.reduce_bytes as f64).max(frame);
            if sensor.double_buffered_frame {
                bytes += frame;
            }
            if sensor.link_buffer && node.boundary != Some(0) {
                bytes += module.link_bytes as f64;
            }
            if self.shared() {
                bytes += sums[1] + if streams { 0.0 } else { module.weight_bytes as f64 };
            }
            return bytes;
        }
        let pixel = sensor.pixel_energy_j.as_ref().map_or(0.0, |energy| energy.value);
        let pixels = self.rates.on_sensors([0.0, node.input.positions() as f64 * pixel]);
        let fixed = self.of([sensor.readout_s.value, 0.0]) + self.of(pixels);
        fixed + sums[0] + self.on_sensor(module.reduce, streams) + self.of(self.rates.on_link(module.link_bytes))
    }

    /// The design of two ways that have met.
    fn design(&self, met: &Meeting, sensor: &LabelSet, aggregator: &LabelSet) -> Design {
        let mut genes = vec![0; self.graph.genes];
        let mut way = &sensor.all[met.ways.0];
        let mut source = met.node;
        while way.edge != NONE {
            let edge = &self.graph.edges[way.edge];
            decide(edge, &mut genes);
            source = edge.from;
            way = &sensor.all[way.before];
        }
        genes[0] = self.graph.nodes[source].resolution as u8;
        let mut way = &aggregator.all[met.ways.1];
        let (mut at, mut fusion) = (met.node, self.space.last());
        while way.before != NONE {
            if way.edge == NONE {
                fusion = self.graph.nodes[at].boundary.unwrap_or(fusion);
            } else {
                let edge = &self.graph.edges[way.edge];
                decide(edge, &mut genes);
                at = edge.to;
            }
            way = &aggregator.all[way.before];
        }
        design(self.space, &self.graph.nodes[met.node], self.space.canonical(genes), fusion, met.transmit)
    }
}

/// Where two ways met.
#[derive(Debug, Clone, Copy)]
struct Meeting {
    node: usize,
    transmit: usize,
    ways: (usize, usize),
    /// Regimes of the sensor's and the aggregator's side.
    before: usize,
    after: usize,
}

fn plus(a: Sums, b: Sums) -> Sums {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}
