//! The blocks and modules of one stage, counted for every choice.

use crate::cost::cycle_energy::{CycleEnergy, Devices};
use crate::cost::fusion::FusionCost;
use crate::cost::layer::layer_costs;
use crate::cost::legality::LayerCount;
use crate::cost::split_demand::{LinkCodec, SplitModuleCost};
use crate::hardware::Profile;
use crate::network::memory::{self, Peak};
use crate::network::{FusionOperator, Shape};
use crate::space::{BlockChoice, BlockKind, SearchSpace, Stage, StageGenes};

/// One block.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockCost {
    pub(super) sensor: CycleEnergy,
    pub(super) aggregator: CycleEnergy,
    pub(super) weights: u64,
    pub(super) largest_weights: u64,
    pub(super) peak: Peak,
    pub(super) layers: usize,
    pub(super) sensor_layers: LayerCount,
    pub(super) aggregator_layers: LayerCount,
}

/// Rule by which the output channels of a stage follow from its choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OutputChannels {
    /// The width gene chooses among them.
    Width,
    /// As many as it reads.
    Same,
    /// The channels it reads times the expansion.
    Expanded,
}

#[derive(Debug, Clone)]
pub(super) struct StageCosts {
    pub(super) genes: StageGenes,
    pub(super) depths: Vec<u32>,
    pub(super) makes: OutputChannels,
    /// Numbers of channels read, channels made, kernels and expansions to choose from.
    pub(super) reads: usize,
    pub(super) made: usize,
    pub(super) kernels: usize,
    pub(super) expansions: usize,
    /// By resolution, channels read, channels made, kernel, expansion.
    pub(super) first: Vec<BlockCost>,
    /// By resolution, channels made, kernel, expansion; empty if the stage has one block.
    pub(super) later: Vec<BlockCost>,
    /// By resolution, channels made, ratio, bits.
    pub(super) modules: Vec<SplitModuleCost>,
    /// By resolution, channels made.
    pub(super) fuses: Vec<FusionCost>,
}

impl StageCosts {
    /// The table of a stage that reads the shapes `read` (by resolution, then by choice), and the shapes it makes.
    pub(super) fn new(
        space: &SearchSpace,
        profile: &Profile,
        index: usize,
        read: &[Vec<Shape>],
    ) -> Option<(Self, Vec<Vec<Shape>>)> {
        let stage = &space.stages[index];
        let makes = match stage.block {
            BlockKind::Expand => OutputChannels::Expanded,
            BlockKind::GlobalPool | BlockKind::MaxPool => OutputChannels::Same,
            _ => OutputChannels::Width,
        };
        let count = |list: &[u32]| list.len().max(1);
        let reads = read.first()?.len();
        let made = match makes {
            OutputChannels::Width => count(&stage.widths),
            OutputChannels::Same => reads,
            OutputChannels::Expanded => reads * count(&stage.expansions),
        };
        let mut table = Self {
            genes: space.stage_genes(index),
            depths: stage.depths.clone(),
            makes,
            reads,
            made,
            kernels: count(&stage.kernels),
            expansions: count(&stage.expansions),
            first: Vec::new(),
            later: Vec::new(),
            modules: Vec::new(),
            fuses: Vec::new(),
        };
        let mut shapes = Vec::with_capacity(read.len());
        for inputs in read {
            let outputs = table.outputs(space, index, inputs)?;
            table.count(space, profile, index, inputs, &outputs)?;
            shapes.push(outputs);
        }
        Some((table, shapes))
    }

    /// The shapes the stage makes at one resolution, by choice.
    fn outputs(&self, space: &SearchSpace, index: usize, inputs: &[Shape]) -> Option<Vec<Shape>> {
        let stage = &space.stages[index];
        (0..self.made)
            .map(|made| {
                let (input, expansion) = match self.makes {
                    OutputChannels::Width => (inputs[0], 0),
                    OutputChannels::Same => (inputs[made], 0),
                    OutputChannels::Expanded => (inputs[made / self.expansions], made % self.expansions),
                };
                let width = stage.widths.get(made).copied();
                let network = space.lower_block(index, input, width, true, block_choice(stage, 0, expansion)).ok()?;
                Some(network.shape(network.layers.len()))
            })
            .collect()
    }

    /// Counts the blocks and modules of one resolution.
    fn count(
        &mut self,
        space: &SearchSpace,
        profile: &Profile,
        index: usize,
        inputs: &[Shape],
        outputs: &[Shape],
    ) -> Option<()> {
        let stage = &space.stages[index];
        let choices = |made: usize| (made, stage.widths.get(made).copied());
        for &input in inputs {
            for (_, width) in (0..self.made).map(choices) {
                for choice in self.choices(stage) {
                    self.first.push(entry(space, profile, index, input, width, true, choice)?);
                }
            }
        }
        if stage.max_depth() > 1 {
            for (made, width) in (0..self.made).map(choices) {
                for choice in self.choices(stage) {
                    self.later.push(entry(space, profile, index, outputs[made], width, false, choice)?);
                }
            }
        }
        let last = index + 1 == space.stages.len();
        let operator = if last { FusionOperator::Mean } else { space.fusion.operator };
        let devices = Devices { profile, sensor: &[], aggregator: &[] };
        for &shape in outputs {
            self.fuses.push(FusionCost::new(operator, shape, devices));
            for &ratio in &space.split.ratios {
                let codec = |bits| LinkCodec { ratio, bits, range: space.split.link_range };
                let module = |&bits| SplitModuleCost::split(shape, codec(bits), devices);
                self.modules.extend(space.split.bits.iter().map(module));
            }
        }
        Some(())
    }

    /// Kernels and expansions, in the order of the tables.
    fn choices(&self, stage: &Stage) -> Vec<BlockChoice> {
        let expansions = self.expansions;
        let pairs = (0..self.kernels).flat_map(|kernel| (0..expansions).map(move |expansion| (kernel, expansion)));
        pairs.map(|(kernel, expansion)| block_choice(stage, kernel, expansion)).collect()
    }

    /// Position in [`StageCosts::first`].
    pub(super) const fn first_at(
        &self,
        resolution: usize,
        read: usize,
        made: usize,
        kernel: usize,
        expansion: usize,
    ) -> usize {
        (((resolution * self.reads + read) * self.made + made) * self.kernels + kernel) * self.expansions + expansion
    }

    /// Position in [`StageCosts::later`].
    pub(super) const fn later_at(&self, resolution: usize, made: usize, kernel: usize, expansion: usize) -> usize {
        ((resolution * self.made + made) * self.kernels + kernel) * self.expansions + expansion
    }
}

fn block_choice(stage: &Stage, kernel: usize, expansion: usize) -> BlockChoice {
    let choice = |list: &[u32], index: usize| list.get(index).copied().unwrap_or(1);
    BlockChoice { kernel: choice(&stage.kernels, kernel), expansion: choice(&stage.expansions, expansion) }
}

fn entry(
    space: &SearchSpace,
    profile: &Profile,
    stage: usize,
    input: Shape,
    width: Option<u32>,
    first: bool,
    block: BlockChoice,
) -> Option<BlockCost> {
    let network = space.lower_block(stage, input, width, first, block).ok()?;
    let sum = |device| {
        let costs = layer_costs(&network, device).ok()?;
        Some(costs.iter().map(CycleEnergy::of).fold(CycleEnergy::default(), std::ops::Add::add))
    };
    let live = memory::live_bytes(&network, profile.sensor.memory_rule);
    Some(BlockCost {
        sensor: sum(&profile.sensor.device)?,
        aggregator: sum(&profile.aggregator)?,
        weights: network.weights(),
        largest_weights: network.layers.iter().map(|layer| layer.weights).max().unwrap_or(0),
        peak: memory::peak(&live, live.len()),
        layers: network.layers.len(),
        sensor_layers: LayerCount::of_all(&network, &profile.sensor.device),
        aggregator_layers: LayerCount::of_all(&network, &profile.aggregator),
    })
}
