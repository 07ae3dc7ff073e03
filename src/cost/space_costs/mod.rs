//! The cost of every block a space can build, counted once, so that a fresh design is a sum over its blocks.
//!
//! A block depends on its stage, the resolution, the channels it reads, the channels it makes, its kernel and its
//! expansion; not on the rest of the genome. So a few thousand entries cover a space of 10^11 networks, and a design
//! costs a few hundred nanoseconds. Equal to [`NetworkCosts::new`] on every design (tested). A measured device has no
//! such table: its latencies belong to the layers of one network. Nor has a sensor that runs in patches: how far it
//! does depends on the split.

pub(crate) mod graph;
mod stage;

use self::stage::{BlockCost, OutputChannels, StageCosts};
use super::cycle_energy::CycleEnergy;
use super::demand::SplitDemand;
use super::fusion::FusionCost;
use super::legality::LayerCount;
use super::network_costs::{NetworkCosts, TransmitConfig};
use super::split_demand::{SplitContext, SplitModuleCost, split_demand};
use crate::hardware::{Mapping, Profile};
use crate::network::memory::Peak;
use crate::network::{BoundaryId, Shape, is_end};
use crate::space::{Design, Genome, SearchSpace};

/// Costs of all blocks of a space on a profile.
#[derive(Debug, Clone)]
pub struct SpaceCostTable {
    profile: Profile,
    /// Number of genes of the space.
    genes: usize,
    /// Input of one view by resolution.
    inputs: Vec<Shape>,
    logits: Shape,
    stages: Vec<StageCosts>,
    ratios: Vec<u8>,
    bits: Vec<u8>,
    /// Stage and block before each boundary but the raw input.
    before: Vec<(usize, u32)>,
}

/// A block of a genome.
struct PlacedBlock<'a> {
    boundary: BoundaryId,
    entry: &'a BlockCost,
    stage: &'a StageCosts,
    /// Position among resolutions and channels made.
    shape: usize,
}

impl SpaceCostTable {
    /// Counts every block of a space. `None` if a device is measured or runs in patches, or if some block of the space
    /// can't exist: then each design is costed by [`NetworkCosts::new`].
    pub fn new(space: &SearchSpace, profile: &Profile) -> Option<Self> {
        let measured = |mapping: &Mapping| matches!(mapping, Mapping::Measured(_));
        let patches = profile.sensor.patches.is_some();
        if patches
            || !space.imported().is_empty()
            || measured(&profile.sensor.device.mapping.value)
            || measured(&profile.aggregator.mapping.value)
        {
            return None;
        }
        let inputs: Vec<Shape> =
            space.resolutions.iter().map(|&side| Shape::new(space.input_channels, side, side)).collect();
        let mut read: Vec<Vec<Shape>> = inputs.iter().map(|&input| vec![input]).collect();
        let mut stages = Vec::with_capacity(space.stages.len());
        for index in 0..space.stages.len() {
            let (table, made) = StageCosts::new(space, profile, index, &read)?;
            stages.push(table);
            read = made;
        }
        Some(Self {
            profile: profile.clone(),
            genes: space.genes().len(),
            inputs,
            logits: *read.first()?.first()?,
            stages,
            ratios: space.split.ratios.clone(),
            bits: space.split.bits.clone(),
            before: space.slots().iter().filter_map(|slot| slot.after).collect(),
        })
    }

    /// The split of one design. `None` if its genome lacks the split, or its ratio or bits are not the space's.
    pub fn demand(&self, design: &Design) -> Option<SplitDemand> {
        let (genome, split) = (&design.genome, design.split);
        let fusion = self.fusion(genome, design.fusion).max(split);
        let mut context = SplitContext { fusion, ..self.nothing(genome, split) };
        let mut module = self.plain(split, context.input);
        if module.is_none() && !self.exists(genome, split) {
            return None;
        }
        let transmit = self.transmit(design.ratio, design.bits);
        let mut layers = 0;
        self.walk(genome, |step| {
            let entry = step.entry;
            if step.boundary <= split {
                add_before(&mut context, entry, &mut layers);
            } else {
                context.behind_weights += entry.weights;
                context.behind_layers += entry.aggregator_layers;
                if step.boundary <= fusion {
                    context.between += entry.aggregator;
                } else {
                    context.after += entry.aggregator;
                }
            }
            if step.boundary == split && module.is_none() {
                module = transmit.map(|transmit| self.module(&step, transmit));
            }
            if step.boundary == fusion {
                context.fuse = step.stage.fuses[step.shape];
            }
        });
        Some(split_demand(&context, &module?, &self.profile))
    }

    /// Every split of a genome, into a table that is used again. `None`, and an empty table, if ratio or bits are not
    /// the space's.
    pub fn fill(&self, genome: &Genome, transmit: TransmitConfig, table: &mut NetworkCosts) -> Option<()> {
        table.demands.clear();
        let pair = self.transmit(transmit.ratio, transmit.bits)?;
        let fusion = self.fusion(genome, transmit.fusion);
        let mut total = (CycleEnergy::default(), 0, (CycleEnergy::default(), FusionCost::default()));
        let mut all_layers = LayerCount::default();
        self.walk(genome, |step| {
            total.0 += step.entry.aggregator;
            total.1 += step.entry.weights;
            all_layers += step.entry.aggregator_layers;
            if step.boundary == fusion {
                total.2 = (total.0, step.stage.fuses[step.shape]);
            }
        });
        let (all, weights, (fused, fuse)) = total;
        let mut context = SplitContext { fusion, ..self.nothing(genome, 0) };
        (context.between, context.fuse, context.after, context.behind_weights) = (fused, fuse, all - fused, weights);
        context.behind_layers = all_layers;
        table.demands.push(split_demand(&context, &SplitModuleCost::plain(context.input), &self.profile));
        let (mut layers, mut done) = (0, CycleEnergy::default());
        self.walk(genome, |step| {
            add_before(&mut context, step.entry, &mut layers);
            done += step.entry.aggregator;
            (context.boundary, context.fusion) = (step.boundary, fusion.max(step.boundary));
            context.behind_weights -= step.entry.weights;
            context.behind_layers = context.behind_layers - step.entry.aggregator_layers;
            if step.boundary <= fusion {
                context.between = fused - done;
            } else {
                context.between = CycleEnergy::default();
                context.after = all - done;
                context.fuse = step.stage.fuses[step.shape];
            }
            let module = self.plain(step.boundary, context.input).unwrap_or_else(|| self.module(&step, pair));
            table.demands.push(split_demand(&context, &module, &self.profile));
        });
        Some(())
    }

    /// Calls `visit` with every block of a genome, in order.
    #[inline]
    fn walk<'a>(&'a self, genome: &Genome, mut visit: impl FnMut(PlacedBlock<'a>)) {
        let genes = genome.genes();
        let resolution = usize::from(genes[0]);
        let (mut boundary, mut read): (BoundaryId, usize) = (0, 0);
        for stage in &self.stages {
            let depth = stage.depths[usize::from(genes[stage.genes.depth()])];
            let mut made = 0;
            for index in 0..depth as usize {
                let kernel = usize::from(genes[stage.genes.kernel(index)]);
                let expansion = usize::from(genes[stage.genes.expansion(index)]);
                let entry = if index == 0 {
                    made = match stage.makes {
                        OutputChannels::Width => usize::from(genes[stage.genes.width()]),
                        OutputChannels::Same => read,
                        OutputChannels::Expanded => read * stage.expansions + expansion,
                    };
                    &stage.first[stage.first_at(resolution, read, made, kernel, expansion)]
                } else {
                    &stage.later[stage.later_at(resolution, made, kernel, expansion)]
                };
                let id = boundary + index as BoundaryId + 1;
                visit(PlacedBlock { boundary: id, entry, stage, shape: resolution * stage.made + made });
            }
            boundary += stage.depths.last().map_or(1, |&most| most as BoundaryId);
            read = made;
        }
    }

    /// A split before which nothing has run.
    fn nothing(&self, genome: &Genome, boundary: BoundaryId) -> SplitContext {
        SplitContext {
            boundary,
            fusion: boundary,
            before: CycleEnergy::default(),
            before_weights: 0,
            largest_weights: 0,
            between: CycleEnergy::default(),
            fuse: FusionCost::default(),
            after: CycleEnergy::default(),
            behind_weights: 0,
            before_layers: LayerCount::default(),
            behind_layers: LayerCount::default(),
            peak: Peak::default(),
            in_patches: false,
            input: self.inputs[usize::from(genome.genes()[0])],
        }
    }

    /// The module of the raw input or of the logits; `None` between two blocks.
    fn plain(&self, boundary: BoundaryId, input: Shape) -> Option<SplitModuleCost> {
        if !is_end(usize::from(boundary), self.before.len()) {
            return None;
        }
        Some(SplitModuleCost::plain(if boundary == 0 { input } else { self.logits }))
    }

    fn module(&self, step: &PlacedBlock, transmit: usize) -> SplitModuleCost {
        step.stage.modules[step.shape * self.ratios.len() * self.bits.len() + transmit]
    }

    /// Position of a ratio and bits among the space's.
    fn transmit(&self, ratio: u8, bits: u8) -> Option<usize> {
        let ratio = self.ratios.iter().position(|&own| own == ratio)?;
        Some(ratio * self.bits.len() + self.bits.iter().position(|&own| own == bits)?)
    }

    /// The boundary at which the views become one: the last one if the genome lacks the one asked for.
    fn fusion(&self, genome: &Genome, fusion: BoundaryId) -> BoundaryId {
        if self.exists(genome, fusion) { fusion } else { self.before.len() as BoundaryId }
    }

    fn exists(&self, genome: &Genome, boundary: BoundaryId) -> bool {
        let Some(&(stage, block)) = usize::from(boundary).checked_sub(1).and_then(|at| self.before.get(at)) else {
            return boundary == 0;
        };
        let stage = &self.stages[stage];
        block < stage.depths[usize::from(genome.genes()[stage.genes.depth()])]
    }
}

/// Moves a block to the sensor's side.
fn add_before(context: &mut SplitContext, entry: &BlockCost, layers: &mut usize) {
    context.before += entry.sensor;
    context.before_weights += entry.weights;
    context.before_layers += entry.sensor_layers;
    context.largest_weights = context.largest_weights.max(entry.largest_weights);
    if entry.peak.bytes > context.peak.bytes {
        context.peak = Peak { layer: *layers + entry.peak.layer, bytes: entry.peak.bytes };
    }
    *layers += entry.layers;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;

    use super::*;
    use crate::cost::{AggregatorWork, ProcessorWork};
    use crate::network::FusionOperator;
    use crate::{hardware, space};

    const OPERATORS: [FusionOperator; 4] =
        [FusionOperator::Max, FusionOperator::Mean, FusionOperator::Mix, FusionOperator::Concat];

    fn close(fast: &SplitDemand, slow: &SplitDemand) -> bool {
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs()) + 1e-18;
        let works = |demand: &SplitDemand| {
            let of = |all: &AggregatorWork| [all.one_view, all.further_view, all.fusion];
            [[demand.sensor; 3], of(&demand.resident), of(&demand.streamed)].concat()
        };
        let alike = |(a, b): (ProcessorWork, ProcessorWork)| near(a.cycles, b.cycles) && near(a.energy_j, b.energy_j);
        works(fast).into_iter().zip(works(slow)).all(alike)
            && SplitDemand { sensor: slow.sensor, resident: slow.resident, streamed: slow.streamed, ..*fast } == *slow
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn a_sum_of_blocks_equals_a_network_costed_layer_by_layer(seed: u64) {
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            for (index, (name, _)) in space::SHIPPED.iter().enumerate() {
                let mut space = SearchSpace::shipped(name).unwrap();
                space.fusion.operator = OPERATORS[(seed >> 8) as usize % 4];
                let (name, _) = hardware::SHIPPED[(seed as usize % hardware::SHIPPED.len() + index) % hardware::SHIPPED.len()];
                let profile = Profile::shipped(name).unwrap();
                let table = SpaceCostTable::new(&space, &profile).unwrap();
                for _ in 0..8 {
                    let design = space.sample_design(&mut rng);
                    let network = space.lower(&design.genome).unwrap();
                    // A plain split has the neutral ratio and bits, which a space need not offer elsewhere.
                    let own = TransmitConfig { ratio: space.split.ratios[0], bits: space.split.bits[0], ..TransmitConfig::from(&design) };
                    let slow = NetworkCosts::new(&network, own, &profile).unwrap();
                    let mut fast = NetworkCosts::default();
                    table.fill(&design.genome, own, &mut fast).unwrap();
                    prop_assert_eq!(fast.demands.len(), slow.demands.len());
                    for (fast, slow) in fast.demands.iter().zip(&slow.demands) {
                        prop_assert!(close(fast, slow), "{:?} against {:?}", fast, slow);
                    }
                    let slow = NetworkCosts::new(&network, TransmitConfig::from(&design), &profile).unwrap();
                    let slow = &slow.demands[slow.position(design.split).unwrap()];
                    let fast = table.demand(&design).unwrap();
                    prop_assert!(close(&fast, slow), "{:?} against {:?}", fast, slow);
                }
            }
        }
    }
}
