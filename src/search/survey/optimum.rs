//! Exact optimum of latency, energy or sensor memory at every split, by dynamic programming on the graph of the space.
//!
//! Latency and energy are sums over blocks; memory is a largest value plus, where it holds the weights too, their sum.
//! So of all paths to a node only the undominated ones matter: those that no other path equals or beats in every figure
//! the rest of the path can still see. That is one figure, except where weights count, or where the fastest of designs
//! with the same least memory is wanted: then two or more, and a few labels (as in multi-criteria shortest paths) are
//! kept at each node. Labels are extended from the raw input to every split, and from the logits back to it, and meet
//! there. Nothing is left out: the result is the minimum over all designs, whatever other limits they break.

use super::paths::{PathCounts, decide, design};
use crate::cost::{CycleEnergy, Evaluation, GraphNode, SpaceGraph, SystemRates};
use crate::hardware::{MemoryLayout, Residency, Sourced};
use crate::network::BoundaryId;
use crate::quantity::Limit;
use crate::search::front::{covers, lexicographic};
use crate::space::{Design, SearchSpace};

/// Figure to be minimised.
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

    /// The limit that bounds the figure.
    pub const fn limit(self) -> Limit {
        match self {
            Self::Latency => Limit::Latency,
            Self::Energy => Limit::Energy,
            Self::SensorMemory => Limit::SensorMemory,
        }
    }
}

/// Optimum at one split, with a design that attains it.
#[derive(Debug, Clone, PartialEq)]
pub struct SplitOptimum {
    /// The split.
    pub split: BoundaryId,
    /// Seconds, joules or bytes.
    pub value: f64,
    /// A design with that value.
    pub design: Design,
    /// Cost of that design.
    pub evaluation: Evaluation,
}

/// One of the ways to hold a part's weights, with the condition on their sum under which it applies.
#[derive(Debug, Clone, Copy, PartialEq)]
struct WeightMode {
    /// The weights are streamed for every frame.
    streams: bool,
    condition: WeightCondition,
}

/// Condition on the sum of the weights of a part.
#[derive(Debug, Clone, Copy, PartialEq)]
enum WeightCondition {
    Any,
    AtMost(f64),
    MoreThan(f64),
}

impl WeightCondition {
    /// Term that weights add to the third figure of a label.
    fn term(self, weights: f64) -> f64 {
        match self {
            Self::Any => 0.0,
            Self::AtMost(_) => weights,
            Self::MoreThan(_) => -weights,
        }
    }

    /// Returns `true` if the third figure of a label and the module's weights meet the condition.
    fn is_met(self, third: f64, module: f64) -> bool {
        match self {
            Self::Any => true,
            Self::AtMost(limit) => third + module <= limit,
            Self::MoreThan(limit) => module - third > limit,
        }
    }
}

/// Figures of a label: the value to be minimised; the second term of a shared memory; weights where a condition asks;
/// seconds where equals are told apart by them.
type LabelFigures = [f64; 4];

/// One undominated path to, or from, a node.
#[derive(Debug, Clone, Copy)]
struct Label {
    figures: LabelFigures,
    /// Edge taken last; [`NONE`] where it took none.
    edge: usize,
    /// Label before that edge, in the list of all labels.
    before: usize,
}

/// No edge, or no label.
const NONE: usize = usize::MAX;

/// Undominated labels of each node.
struct LabelSet {
    all: Vec<Label>,
    at: Vec<Vec<usize>>,
}

impl LabelSet {
    fn new(size: usize) -> Self {
        Self { all: Vec::with_capacity(4 * size), at: vec![Vec::new(); size] }
    }

    fn add(&mut self, node: usize, label: Label) {
        let (all, here) = (&mut self.all, &mut self.at[node]);
        if here.iter().any(|&own| covers(&all[own].figures, &label.figures)) {
            return;
        }
        here.retain(|&own| !covers(&label.figures, &all[own].figures));
        here.push(all.len());
        all.push(label);
    }

    /// Extends every label at `from` by an edge to `to`.
    fn extend(&mut self, from: usize, to: usize, edge: usize, join: impl Fn(&LabelFigures) -> LabelFigures) {
        for position in 0..self.at[from].len() {
            let before = self.at[from][position];
            let figures = join(&self.all[before].figures);
            self.add(to, Label { figures, edge, before });
        }
    }
}

/// Solver for one goal under one setting of the knobs.
pub(super) struct OptimumSolver<'a> {
    space: &'a SearchSpace,
    graph: &'a SpaceGraph,
    paths: &'a PathCounts,
    rates: SystemRates,
    goal: Goal,
    /// Of designs with the same least memory the fastest is taken.
    by_time: bool,
}

impl<'a> OptimumSolver<'a> {
    pub(super) fn new(
        space: &'a SearchSpace,
        graph: &'a SpaceGraph,
        paths: &'a PathCounts,
        rates: SystemRates,
        goal: Goal,
    ) -> Self {
        Self { space, graph, paths, rates, goal, by_time: false }
    }

    /// The solver that takes the fastest of designs with the same least memory. Latency and energy are never the same.
    pub(super) fn with_fastest(self) -> Self {
        Self { by_time: self.goal == Goal::SensorMemory, ..self }
    }

    /// Optimum of every split of the space at which a design can be split, in order.
    pub(super) fn solve(&self) -> Vec<(BoundaryId, f64, Design)> {
        let sensor: Vec<(WeightMode, LabelSet)> =
            self.weight_modes(true).into_iter().map(|own| (own, self.sensor(own))).collect();
        let behind: Vec<(WeightMode, LabelSet)> =
            self.weight_modes(false).into_iter().map(|own| (own, self.aggregator(own))).collect();
        let mut best: Vec<Option<([f64; 2], Meeting)>> = vec![None; self.space.slots().len()];
        for node in (0..self.graph.nodes.len()).filter(|&node| self.paths.may_split(node)) {
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
            .map(|(split, ([value, _], met))| {
                let design = self.design(&met, &sensor[met.before].1, &behind[met.after].1);
                (split, value, design)
            })
            .collect()
    }

    /// Modes in which the weights of a side can be held.
    fn weight_modes(&self, sensor: bool) -> Vec<WeightMode> {
        let profile = &self.graph.profile;
        let device = if sensor { &profile.sensor.device } else { &profile.aggregator };
        let memory = device.weight_memory_bytes.as_ref().map(|memory| memory.value as f64);
        let single = |streams| vec![WeightMode { streams, condition: WeightCondition::Any }];
        if self.goal == Goal::SensorMemory && !self.by_time && !(sensor && self.shared()) {
            return single(false);
        }
        match (device.residency, memory) {
            (Residency::Streamed, _) => single(true),
            (Residency::Resident, _) | (Residency::Cached, None) => single(false),
            (Residency::Cached, Some(memory)) => {
                // If streaming never makes a layer cheaper, a path that could have kept its weights is found among
                // those that do.
                let energy = |energy: &Option<Sourced<f64>>| energy.as_ref().map_or(0.0, |energy| energy.value);
                let streaming_costs_energy = energy(&device.weight_byte_energy_j) >= energy(&device.byte_energy_j);
                let streaming_costs = self.goal == Goal::Latency || self.goal == Goal::Energy && streaming_costs_energy;
                let over = if streaming_costs { WeightCondition::Any } else { WeightCondition::MoreThan(memory) };
                vec![
                    WeightMode { streams: false, condition: WeightCondition::AtMost(memory) },
                    WeightMode { streams: true, condition: over },
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

    /// Seconds, where equals are told apart by them.
    const fn time(&self, [seconds, _]: [f64; 2]) -> f64 {
        if self.by_time { seconds } else { 0.0 }
    }

    fn on_sensor(&self, energy: CycleEnergy, streams: bool) -> f64 {
        self.of(self.rates.on_sensors(energy.pick(streams)))
    }

    fn on_aggregator(&self, energy: CycleEnergy, streams: bool, times: f64) -> f64 {
        self.of(self.rates.on_aggregator(energy.pick(streams), times))
    }

    /// Returns `true` if weights count against the sensor's memory.
    fn shared(&self) -> bool {
        self.graph.profile.sensor.device.layout == MemoryLayout::Shared
    }

    /// Undominated labels from the raw input to every node.
    fn sensor(&self, WeightMode { streams, condition }: WeightMode) -> LabelSet {
        let mut front = LabelSet::new(self.graph.nodes.len());
        let memory = self.goal == Goal::SensorMemory;
        let shared = memory && self.shared();
        for (index, node) in self.graph.nodes.iter().enumerate() {
            if node.boundary == Some(0) {
                front.add(index, Label { figures: [0.0; 4], edge: NONE, before: NONE });
            }
            for at in node.edges.clone() {
                let edge = &self.graph.edges[at];
                let Some(block) = edge.block else {
                    front.extend(index, edge.to, at, |figures| *figures);
                    continue;
                };
                let weights = block.weights as f64;
                let (value, peak) = (self.on_sensor(block.sensor, streams), block.peak_bytes as f64);
                let (largest, term) = (block.largest_weights as f64, condition.term(weights));
                let time = self.time(self.rates.on_sensors(block.sensor.pick(streams)));
                front.extend(index, edge.to, at, |figures| {
                    let second = match (shared, streams) {
                        (false, _) => 0.0,
                        (true, false) => figures[1] + weights,
                        (true, true) => figures[1].max(largest),
                    };
                    let value = if memory { figures[0].max(peak) } else { figures[0] + value };
                    [value, second, figures[2] + term, figures[3] + time]
                });
            }
        }
        front
    }

    /// Undominated labels from every node to the logits: node `i` with the views still apart, node `i + size` with the
    /// views as one.
    fn aggregator(&self, WeightMode { streams, condition }: WeightMode) -> LabelSet {
        let size = self.graph.nodes.len();
        let views = f64::from(self.rates.sensors());
        let mut front = LabelSet::new(2 * size);
        for (index, node) in self.graph.nodes.iter().enumerate().rev() {
            if node.edges.is_empty() {
                front.add(index + size, Label { figures: [0.0; 4], edge: NONE, before: NONE });
            }
            for at in node.edges.clone() {
                let edge = &self.graph.edges[at];
                for (offset, times) in [(0, views), (size, 1.0)] {
                    let add = edge.block.map_or([0.0; 4], |block| {
                        let value = self.on_aggregator(block.aggregator, streams, times);
                        let time = self.time(self.rates.on_aggregator(block.aggregator.pick(streams), times));
                        [value, 0.0, condition.term(block.weights as f64), time]
                    });
                    front.extend(edge.to + offset, index + offset, at, |figures| plus(*figures, add));
                }
            }
            if self.paths.may_fuse(index) {
                let mut fuse = self.rates.on_aggregator(node.fuse.per_view.pick(streams), views - 1.0);
                if views > 1.0 {
                    let once = self.rates.on_aggregator(node.fuse.once.pick(streams), 1.0);
                    fuse = [fuse[0] + once[0], fuse[1] + once[1]];
                }
                let term = condition.term(node.fuse.weights(views));
                let add = [self.of(fuse), 0.0, term, self.time(fuse)];
                front.extend(index + size, index, NONE, |figures| plus(*figures, add));
            }
        }
        front
    }

    /// Best pair of labels that meet at a node, with its value and, of equals, its time.
    fn meet(
        &self,
        node: usize,
        sensor: (WeightMode, &LabelSet),
        aggregator: (WeightMode, &LabelSet),
    ) -> Option<([f64; 2], Meeting)> {
        let mut best: Option<([f64; 2], Meeting)> = None;
        let place = &self.graph.nodes[node];
        for (transmit, module) in place.modules.iter().enumerate() {
            let module_weights = module.weight_bytes as f64;
            let ends = |(mode, front): (WeightMode, &LabelSet), close: &dyn Fn(&LabelFigures) -> [f64; 2]| {
                let labels = front.at[node]
                    .iter()
                    .map(|&label| (close(&front.all[label].figures), label, front.all[label].figures[2]));
                labels
                    .filter(|label| mode.condition.is_met(label.2, module_weights))
                    .min_by(|a, b| lexicographic(&a.0, &b.0))
            };
            let reduce = self.rates.on_sensors(module.reduce.pick(sensor.0.streams));
            let sent = self.time(reduce) + self.time(self.rates.on_link(module.link_bytes));
            let first = ends(sensor, &|figures| {
                [self.close_sensor(place, transmit, figures, sensor.0.streams), figures[3] + sent]
            });
            let recover = module.recover.pick(aggregator.0.streams);
            let recover = self.rates.on_aggregator(recover, f64::from(self.rates.sensors()));
            let second = ends(aggregator, &|figures| [figures[0] + self.of(recover), figures[3] + self.time(recover)]);
            let (Some(first), Some(second)) = (first, second) else { continue };
            let value = [first.0[0] + second.0[0], first.0[1] + second.0[1]];
            if best.as_ref().is_none_or(|(least, _)| value < *least) {
                let met = Meeting { node, transmit, labels: (first.1, second.1), before: 0, after: 0 };
                best = Some((value, met));
            }
        }
        best
    }

    /// Value of a sensor's label once the tensor is sent.
    fn close_sensor(&self, node: &GraphNode, transmit: usize, figures: &LabelFigures, streams: bool) -> f64 {
        let (sensor, module) = (&self.graph.profile.sensor, &node.modules[transmit]);
        let frame = node.input.elements() as f64;
        if self.goal == Goal::SensorMemory {
            let mut bytes = figures[0].max(module.reduce_bytes as f64).max(frame);
            if sensor.double_buffered_frame {
                bytes += frame;
            }
            if sensor.link_buffer && node.boundary != Some(0) {
                bytes += module.link_bytes as f64;
            }
            if self.shared() {
                bytes += figures[1] + if streams { 0.0 } else { module.weight_bytes as f64 };
            }
            return bytes;
        }
        let pixel = sensor.pixel_energy_j.as_ref().map_or(0.0, |energy| energy.value);
        let pixels = self.rates.on_sensors([0.0, node.input.positions() as f64 * pixel]);
        let fixed = self.of([sensor.readout_s.value, 0.0]) + self.of(pixels);
        fixed + figures[0] + self.on_sensor(module.reduce, streams) + self.of(self.rates.on_link(module.link_bytes))
    }

    /// Design of two labels that have met.
    fn design(&self, meeting: &Meeting, sensor: &LabelSet, aggregator: &LabelSet) -> Design {
        let mut genes = vec![0; self.graph.genes];
        let mut label = &sensor.all[meeting.labels.0];
        let mut source = meeting.node;
        while label.edge != NONE {
            let edge = &self.graph.edges[label.edge];
            decide(edge, &mut genes);
            source = edge.from;
            label = &sensor.all[label.before];
        }
        genes[0] = self.graph.nodes[source].resolution as u8;
        let mut label = &aggregator.all[meeting.labels.1];
        let (mut at, mut fusion) = (meeting.node, self.space.last());
        while label.before != NONE {
            if label.edge == NONE {
                fusion = self.graph.nodes[at].boundary.unwrap_or(fusion);
            } else {
                let edge = &self.graph.edges[label.edge];
                decide(edge, &mut genes);
                at = edge.to;
            }
            label = &aggregator.all[label.before];
        }
        design(self.space, &self.graph.nodes[meeting.node], self.space.canonical(genes), fusion, meeting.transmit)
    }
}

/// Two labels that meet at a node.
#[derive(Debug, Clone, Copy)]
struct Meeting {
    node: usize,
    transmit: usize,
    labels: (usize, usize),
    /// Weight modes of the sensor's and the aggregator's side.
    before: usize,
    after: usize,
}

fn plus(a: LabelFigures, b: LabelFigures) -> LabelFigures {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]]
}
