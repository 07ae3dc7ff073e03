//! The cost of every block a space can build, counted once, so that a fresh design is a sum over its blocks.
//!
//! A block depends on its stage, the resolution, the channels it reads, the channels it makes, its kernel and its expansion;
//! not on the rest of the genome. So a few thousand entries cover a space of 10^11 networks, and a design costs a few hundred
//! nanoseconds. Equal to [`CostTable::new`] on every design (tested). A measured device has no such table: its latencies
//! belong to the layers of one network. Nor has a sensor that runs in patches: how far it does depends on the cut.

pub(crate) mod graph;
mod stage;

use self::stage::{Entry, Makes, StageTable};
use super::cut::{Around, Crossing, Cut, Spend, assemble};
use super::fusing::Fusing;
use super::table::{CostTable, Sending};
use crate::hardware::{Mapping, Profile};
use crate::network::memory::Peak;
use crate::network::{BoundaryId, Shape};
use crate::space::{Design, Genome, SearchSpace};

/// Costs of all blocks of a space on a profile.
#[derive(Debug, Clone)]
pub struct SpaceTable {
    profile: Profile,
    /// Input of one view by resolution.
    inputs: Vec<Shape>,
    logits: Shape,
    stages: Vec<StageTable>,
    ratios: Vec<u8>,
    bits: Vec<u8>,
    /// Stage and block before each boundary but the raw input.
    before: Vec<(usize, u32)>,
}

/// A block of a genome.
struct Step<'a> {
    boundary: BoundaryId,
    entry: &'a Entry,
    stage: &'a StageTable,
    /// Position among resolutions and channels made.
    shape: usize,
}

impl SpaceTable {
    /// Counts every block of a space. `None` if a device is measured or runs in patches, or if some block of the space can't
    /// exist: then each design is costed by [`CostTable::new`].
    pub fn new(space: &SearchSpace, profile: &Profile) -> Option<Self> {
        let measured = |mapping: &Mapping| matches!(mapping, Mapping::Measured(_));
        let patches = profile.sensor.patches.is_some();
        if patches || measured(&profile.sensor.device.mapping.value) || measured(&profile.aggregator.mapping.value) {
            return None;
        }
        let inputs: Vec<Shape> =
            space.resolutions.iter().map(|&side| Shape::new(space.input_channels, side, side)).collect();
        let mut read: Vec<Vec<Shape>> = inputs.iter().map(|&input| vec![input]).collect();
        let mut stages = Vec::with_capacity(space.stages.len());
        let mut gene = 1;
        for index in 0..space.stages.len() {
            let (table, made) = StageTable::new(space, profile, index, gene, &read)?;
            gene += 2 + 2 * if table.per_block { space.stages[index].max_depth() as usize } else { 1 };
            stages.push(table);
            read = made;
        }
        Some(Self {
            profile: profile.clone(),
            inputs,
            logits: *read.first()?.first()?,
            stages,
            ratios: space.split.ratios.clone(),
            bits: space.split.bits.clone(),
            before: space.slots().iter().filter_map(|slot| slot.after).collect(),
        })
    }

    /// The cut of one design. `None` if its genome lacks the split, or its ratio or bits are not the space's.
    pub fn cut(&self, design: &Design) -> Option<Cut> {
        let (genome, split) = (&design.genome, design.split);
        let fusion = self.fusion(genome, design.fusion).max(split);
        let mut around = self.nothing(genome, split);
        let mut crossing = self.plain(split, around.input);
        if crossing.is_none() && !self.exists(genome, split) {
            return None;
        }
        let sending = self.sending(design.ratio, design.bits);
        let mut layers = 0;
        self.walk(genome, |step| {
            let entry = step.entry;
            if step.boundary <= split {
                add_before(&mut around, entry, &mut layers);
            } else {
                around.behind_weights += entry.weights;
                if step.boundary <= fusion {
                    around.between += entry.aggregator;
                } else {
                    around.after += entry.aggregator;
                }
            }
            if step.boundary == split && crossing.is_none() {
                crossing = sending.map(|sending| self.crossing(&step, sending));
            }
            if step.boundary == fusion {
                around.fuse = step.stage.fuses[step.shape];
            }
        });
        Some(assemble(&around, &crossing?, &self.profile))
    }

    /// Every cut of a genome, into a table that is used again. `None`, and an empty table, if ratio or bits are not the
    /// space's.
    pub fn fill(&self, genome: &Genome, sending: Sending, table: &mut CostTable) -> Option<()> {
        table.cuts.clear();
        let pair = self.sending(sending.ratio, sending.bits)?;
        let fusion = self.fusion(genome, sending.fusion);
        let mut total = (Spend::default(), 0, (Spend::default(), Fusing::default()));
        self.walk(genome, |step| {
            total.0 += step.entry.aggregator;
            total.1 += step.entry.weights;
            if step.boundary == fusion {
                total.2 = (total.0, step.stage.fuses[step.shape]);
            }
        });
        let (all, weights, (fused, fuse)) = total;
        let mut around = self.nothing(genome, 0);
        (around.between, around.fuse, around.after, around.behind_weights) = (fused, fuse, all - fused, weights);
        table.cuts.push(assemble(&around, &Crossing::plain(around.input), &self.profile));
        let (mut layers, mut done) = (0, Spend::default());
        self.walk(genome, |step| {
            add_before(&mut around, step.entry, &mut layers);
            done += step.entry.aggregator;
            around.boundary = step.boundary;
            around.behind_weights -= step.entry.weights;
            if step.boundary <= fusion {
                around.between = fused - done;
            } else {
                around.between = Spend::default();
                around.after = all - done;
                around.fuse = step.stage.fuses[step.shape];
            }
            let crossing = self.plain(step.boundary, around.input).unwrap_or_else(|| self.crossing(&step, pair));
            table.cuts.push(assemble(&around, &crossing, &self.profile));
        });
        Some(())
    }

    /// Calls `visit` with every block of a genome, in order.
    #[inline]
    fn walk<'a>(&'a self, genome: &Genome, mut visit: impl FnMut(Step<'a>)) {
        let genes = genome.genes();
        let resolution = usize::from(genes[0]);
        let (mut boundary, mut read): (BoundaryId, usize) = (0, 0);
        for stage in &self.stages {
            let own = &genes[stage.gene..];
            let depth = stage.depths[usize::from(own[1])];
            let mut made = 0;
            for index in 0..depth as usize {
                let at = if stage.per_block { 2 + 2 * index } else { 2 };
                let (kernel, expansion) = (usize::from(own[at]), usize::from(own[at + 1]));
                let entry = if index == 0 {
                    made = match stage.makes {
                        Makes::Width => usize::from(own[0]),
                        Makes::Same => read,
                        Makes::Expanded => read * stage.expansions + expansion,
                    };
                    &stage.first[stage.first_at(resolution, read, made, kernel, expansion)]
                } else {
                    &stage.later[stage.later_at(resolution, made, kernel, expansion)]
                };
                let id = boundary + index as BoundaryId + 1;
                visit(Step { boundary: id, entry, stage, shape: resolution * stage.made + made });
            }
            boundary += stage.depths.last().map_or(1, |&most| most as BoundaryId);
            read = made;
        }
    }

    /// A cut before which nothing has run.
    fn nothing(&self, genome: &Genome, boundary: BoundaryId) -> Around {
        Around {
            boundary,
            before: Spend::default(),
            before_weights: 0,
            largest_weights: 0,
            between: Spend::default(),
            fuse: Fusing::default(),
            after: Spend::default(),
            behind_weights: 0,
            peak: Peak::default(),
            in_patches: false,
            input: self.inputs[usize::from(genome.genes()[0])],
        }
    }

    /// The crossing of the raw input or of the logits; `None` between two blocks.
    fn plain(&self, boundary: BoundaryId, input: Shape) -> Option<Crossing> {
        match usize::from(boundary) {
            0 => Some(Crossing::plain(input)),
            last if last == self.before.len() => Some(Crossing::plain(self.logits)),
            _ => None,
        }
    }

    fn crossing(&self, step: &Step, sending: usize) -> Crossing {
        step.stage.crossings[step.shape * self.ratios.len() * self.bits.len() + sending]
    }

    /// Position of a ratio and bits among the space's.
    fn sending(&self, ratio: u8, bits: u8) -> Option<usize> {
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
        block < stage.depths[usize::from(genome.genes()[stage.gene + 1])]
    }
}

/// Moves a block to the sensor's side.
fn add_before(around: &mut Around, entry: &Entry, layers: &mut usize) {
    around.before += entry.sensor;
    around.before_weights += entry.weights;
    around.largest_weights = around.largest_weights.max(entry.largest_weights);
    if entry.peak.bytes > around.peak.bytes {
        around.peak = Peak { layer: *layers + entry.peak.layer, bytes: entry.peak.bytes };
    }
    *layers += entry.layers;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;

    use super::*;
    use crate::cost::{Aggregation, Work};
    use crate::diagnostic::Source;
    use crate::network::FusionOperator;
    use crate::{hardware, space};

    const OPERATORS: [FusionOperator; 4] =
        [FusionOperator::Max, FusionOperator::Mean, FusionOperator::Mix, FusionOperator::Concat];

    fn close(fast: &Cut, slow: &Cut) -> bool {
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs()) + 1e-18;
        let works = |cut: &Cut| {
            let of = |all: &Aggregation| [all.first, all.more, all.join];
            [[cut.sensor; 3], of(&cut.kept), of(&cut.loaded)].concat()
        };
        let alike = |(a, b): (Work, Work)| near(a.cycles, b.cycles) && near(a.energy_j, b.energy_j);
        works(fast).into_iter().zip(works(slow)).all(alike)
            && Cut { sensor: slow.sensor, kept: slow.kept, loaded: slow.loaded, ..*fast } == *slow
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn a_sum_of_blocks_equals_a_network_costed_layer_by_layer(seed: u64) {
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            for (index, (name, text)) in space::SHIPPED.iter().enumerate() {
                let mut space = SearchSpace::from_toml(&Source::new(*name, *text)).unwrap();
                space.fusion.operator = OPERATORS[(seed >> 8) as usize % 4];
                let (name, text) = hardware::SHIPPED[(seed as usize % 7 + index) % 7];
                let profile = Profile::from_toml(&Source::new(name, text)).unwrap();
                let table = SpaceTable::new(&space, &profile).unwrap();
                for _ in 0..8 {
                    let design = space.sample_design(&mut rng);
                    let network = space.lower(&design.genome).unwrap();
                    // A plain split has the neutral ratio and bits, which a space need not offer elsewhere.
                    let own = Sending { ratio: space.split.ratios[0], bits: space.split.bits[0], ..Sending::from(&design) };
                    let slow = CostTable::new(&network, own, &profile).unwrap();
                    let mut fast = CostTable::default();
                    table.fill(&design.genome, own, &mut fast).unwrap();
                    prop_assert_eq!(fast.cuts.len(), slow.cuts.len());
                    for (fast, slow) in fast.cuts.iter().zip(&slow.cuts) {
                        prop_assert!(close(fast, slow), "{:?} against {:?}", fast, slow);
                    }
                    let slow = CostTable::new(&network, Sending::from(&design), &profile).unwrap();
                    let slow = &slow.cuts[slow.position(design.split).unwrap()];
                    let fast = table.cut(&design).unwrap();
                    prop_assert!(close(&fast, slow), "{:?} against {:?}", fast, slow);
                }
            }
        }
    }
}
