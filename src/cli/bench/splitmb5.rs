//! `SplitMB-5`: a fixed benchmark problem for searches, and the run of [`Search`] on it.
//!
//! 23 genes describe a five-stage `MBConv` network, its resolution, the split between four identical camera sensors and
//! one aggregator, and the compression of the transmitted tensor: 1.5e11 genomes, of which about one in six is
//! feasible. Latency is to be minimised and a capacity proxy to be maximised, under limits on sensor memory and
//! latency. All tensors are int8. The objectives are additive over blocks, so the true front is known exactly
//! ([`BEST_HYPERVOLUME`]).
//!
//! It uses nothing but `search`, so that it measures the search alone. Invariant: [`evaluate`] equals the reference
//! implementation (`splitmb5.py`) to 1e-9 relative.

use std::sync::LazyLock;

use crate::search::{ConfigError, FrontStatus, Objectives, Outcome, Search, SearchConfig, SearchGene, hypervolume};

/// Number of genes: resolution, 5 depths, 5 widths, 5 kernels, 5 expansions, split, compression ratio.
const GENES: usize = 23;
/// Sensor weights and activations together, in bytes.
const MEMORY_LIMIT_BYTES: u64 = 512 * 1024;
const LATENCY_LIMIT_SECONDS: f64 = 0.050;
/// Corner of the hypervolume: seconds, negative capacity.
const REFERENCE: Objectives = [LATENCY_LIMIT_SECONDS, -35.0, 0.0, 0.0];
/// The hypervolume is divided by this (a latency of 0.05 s times a capacity of 100).
const HYPERVOLUME_UNIT: f64 = 5.0;
/// The hypervolume of the true front: nothing can exceed it.
pub(super) const BEST_HYPERVOLUME: f64 = 0.516_444_056;

const STAGES: usize = 5;
const RESOLUTIONS: [u64; 4] = [96, 128, 160, 192];
/// 0.75, 1.0 and 1.25 times 16, 24, 40, 80, 112, rounded to multiples of 8.
const CHANNELS: [[u64; 3]; STAGES] = [[16, 16, 24], [16, 24, 32], [32, 40, 48], [64, 80, 104], [88, 112, 144]];
/// Of the first block of a stage; the others have stride 1.
const STRIDES: [u64; STAGES] = [1, 2, 2, 2, 1];
const KERNELS: [u64; 2] = [3, 5];
const EXPANSIONS: [u64; 3] = [3, 4, 6];
const LEAST_DEPTH: u64 = 2;
const STEM_CHANNELS: u64 = 16;
const STEM_WEIGHTS: u64 = 432;
const HEAD_CHANNELS: u64 = 1280;
const CLASSES: u64 = 10;
const VIEWS: u64 = 4;
const LINK_BITS_PER_SECOND: f64 = 1e8;
const LINK_SETUP_SECONDS: f64 = 50e-6;
/// Capacity lost per factor of two of compression.
const COMPRESSION_PENALTY: f64 = 0.15;

/// Evaluations between two points of a [`Trace`].
const TRACE_STEP: usize = 10;

/// Seconds per unit of work.
struct MachineModel {
    dense_mac: f64,
    depthwise_mac: f64,
    byte: f64,
}

/// 64 dense or 9 depthwise MAC per cycle at 200 MHz, 1.6 GB/s.
const SENSOR: MachineModel =
    MachineModel { dense_mac: 1.0 / (64.0 * 2e8), depthwise_mac: 1.0 / (9.0 * 2e8), byte: 1.0 / 1.6e9 };
/// 1024 dense or 32 depthwise MAC per cycle at 800 MHz, 12.8 GB/s.
const AGGREGATOR: MachineModel =
    MachineModel { dense_mac: 1.0 / (1024.0 * 8e8), depthwise_mac: 1.0 / (32.0 * 8e8), byte: 1.0 / 1.28e10 };

impl MachineModel {
    /// The roofline of one layer: whichever of arithmetic and traffic takes longer.
    fn dense(&self, macs: u64, bytes: u64) -> f64 {
        (macs as f64 * self.dense_mac).max(bytes as f64 * self.byte)
    }

    fn depthwise(&self, macs: u64, bytes: u64) -> f64 {
        (macs as f64 * self.depthwise_mac).max(bytes as f64 * self.byte)
    }
}

/// Objectives and memory of one genome.
#[derive(Clone, Copy, Debug, PartialEq)]
struct ProblemCost {
    pub latency_seconds: f64,
    /// The proxy to maximise.
    pub capacity: f64,
    /// Sensor weights plus the largest live activations, in bytes.
    pub memory_bytes: u64,
}

impl ProblemCost {
    /// Latency and negative capacity, with the relative excess over both limits.
    fn outcome(&self) -> Outcome {
        let memory = self.memory_bytes as f64 / MEMORY_LIMIT_BYTES as f64 - 1.0;
        let latency = self.latency_seconds / LATENCY_LIMIT_SECONDS - 1.0;
        Outcome::new(&[self.latency_seconds, -self.capacity], memory.max(0.0) + latency.max(0.0))
    }
}

/// One inverted bottleneck: 1x1 expansion, depthwise, 1x1 projection.
struct Block {
    sensor_seconds: f64,
    /// For all views together.
    aggregator_seconds: f64,
    weights: u64,
    peak: u64,
    output: u64,
    capacity: f64,
}

/// A block's shape: channels in and out, side of the input, stride, kernel, expansion.
#[derive(Clone, Copy)]
struct TensorShape {
    inputs: u64,
    outputs: u64,
    side: u64,
    stride: u64,
    kernel: u64,
    expansion: u64,
}

impl Block {
    fn new(shape: TensorShape) -> Self {
        let TensorShape { inputs, outputs, side, stride, kernel, expansion } = shape;
        let hidden = inputs * expansion;
        let (area, area_out) = (side * side, side.div_ceil(stride).pow(2));
        let (input, expanded, filtered, output) = (inputs * area, hidden * area, hidden * area_out, outputs * area_out);
        let residual = if stride == 1 && inputs == outputs { input } else { 0 };
        let macs = [expanded * inputs, filtered * kernel * kernel, output * hidden];
        let weights = [inputs * hidden, hidden * kernel * kernel, hidden * outputs];
        let seconds = |device: &MachineModel| {
            device.dense(macs[0], input + expanded + weights[0])
                + device.depthwise(macs[1], expanded + filtered + weights[1])
                + device.dense(macs[2], filtered + output + weights[2] + residual)
        };
        let (all_macs, all_weights): (u64, u64) = (macs.iter().sum(), weights.iter().sum());
        Self {
            sensor_seconds: seconds(&SENSOR),
            aggregator_seconds: VIEWS as f64 * seconds(&AGGREGATOR),
            weights: all_weights,
            peak: (input + expanded).max(residual + expanded + filtered).max(residual + filtered + output),
            output,
            capacity: ((1 + all_macs) as f64).log2() * ((1 + all_weights) as f64).log2() / 100.0,
        }
    }
}

/// The blocks of one stage with one width, kernel and expansion.
struct StageBlocks {
    /// The first block, for each width of the stage before.
    first: [Block; 3],
    further: Block,
}

/// Every stage there is, by resolution, place, width, kernel and expansion, so that an evaluation computes no block.
static STAGE_BLOCKS: LazyLock<Vec<StageBlocks>> = LazyLock::new(|| {
    let mut all = Vec::new();
    for resolution in RESOLUTIONS {
        for stage in 0..STAGES {
            let side = side_before(resolution, stage);
            let before = if stage == 0 { [STEM_CHANNELS; 3] } else { CHANNELS[stage - 1] };
            for outputs in CHANNELS[stage] {
                for (kernel, expansion) in
                    KERNELS.iter().flat_map(|kernel| EXPANSIONS.map(|expansion| (*kernel, expansion)))
                {
                    let shape =
                        TensorShape { inputs: outputs, outputs, side, stride: STRIDES[stage], kernel, expansion };
                    all.push(StageBlocks {
                        first: before.map(|inputs| Block::new(TensorShape { inputs, ..shape })),
                        further: Block::new(TensorShape { side: side.div_ceil(STRIDES[stage]), stride: 1, ..shape }),
                    });
                }
            }
        }
    }
    all
});

/// Side of the feature map that enters a stage (or, for `STAGES`, the head).
fn side_before(resolution: u64, stage: usize) -> u64 {
    STRIDES[..stage].iter().fold(resolution / 2, |side, stride| side.div_ceil(*stride))
}

/// The running sums along a network.
struct Walk {
    sensor_seconds: f64,
    aggregator_seconds: f64,
    capacity: f64,
    weights: u64,
    peak: u64,
    /// Bytes of the tensor that leaves the sensor.
    cut: u64,
    /// Blocks still to be placed on the sensor.
    sensor_blocks: u64,
}

impl Walk {
    fn stem(resolution: u64, sensor_blocks: u64) -> Self {
        let input = 3 * resolution * resolution;
        let output = STEM_CHANNELS * (resolution / 2).pow(2);
        Self {
            sensor_seconds: SENSOR.dense(output * 27, input + output + STEM_WEIGHTS),
            aggregator_seconds: 0.0,
            capacity: 2.0 * (resolution as f64).log2(),
            weights: STEM_WEIGHTS,
            peak: input + output,
            cut: output,
            sensor_blocks,
        }
    }

    fn add(&mut self, block: &Block, count: u64) {
        let on_sensor = count.min(self.sensor_blocks);
        if on_sensor > 0 {
            self.sensor_blocks -= on_sensor;
            self.sensor_seconds += on_sensor as f64 * block.sensor_seconds;
            self.weights += on_sensor * block.weights;
            self.peak = self.peak.max(block.peak);
            self.cut = block.output;
        }
        self.aggregator_seconds += (count - on_sensor) as f64 * block.aggregator_seconds;
        self.capacity += count as f64 * block.capacity;
    }

    /// The 1x1 convolution before pooling, once per view, and the classifier on all views.
    fn head(&mut self, channels: u64, side: u64) {
        let (input, output) = (channels * side * side, HEAD_CHANNELS * side * side);
        let convolution = AGGREGATOR.dense(input * HEAD_CHANNELS, input + output + channels * HEAD_CHANNELS);
        let (pooled, weights) = (VIEWS * HEAD_CHANNELS, VIEWS * HEAD_CHANNELS * CLASSES);
        self.aggregator_seconds += VIEWS as f64 * convolution + AGGREGATOR.dense(weights, weights + pooled);
    }
}

/// The genes of the problem, in order.
fn genes() -> Vec<SearchGene> {
    let mut genes = vec![SearchGene::ordered(4)];
    for choices in [3, 3, 2, 3] {
        genes.extend([SearchGene::ordered(choices); 5]);
    }
    genes.extend([SearchGene::boundary(21), SearchGene::ordered(4)]);
    genes
}

/// Evaluates a genome of [`genes`].
///
/// # Panics
/// If the genome is none of [`genes`]'s.
fn evaluate(genome: &[u8]) -> ProblemCost {
    assert_eq!(genome.len(), GENES, "a genome of the problem");
    let gene = |index: usize| usize::from(genome[index]);
    let resolution = RESOLUTIONS[gene(0)];
    let mut walk = Walk::stem(resolution, u64::from(genome[21]));
    let mut before = 0;
    for stage in 0..STAGES {
        let (width, kernel, expansion) = (gene(6 + stage), gene(11 + stage), gene(16 + stage));
        let place = gene(0) * STAGES + stage;
        let blocks = &STAGE_BLOCKS[((place * 3 + width) * KERNELS.len() + kernel) * EXPANSIONS.len() + expansion];
        walk.add(&blocks.first[before], 1);
        walk.add(&blocks.further, LEAST_DEPTH - 1 + u64::from(genome[1 + stage]));
        before = width;
    }
    walk.head(CHANNELS[STAGES - 1][before], side_before(resolution, STAGES));
    let sent_bytes = walk.cut.div_ceil(1 << genome[22]);
    let link_seconds = sent_bytes as f64 * 8.0 / LINK_BITS_PER_SECOND + LINK_SETUP_SECONDS;
    ProblemCost {
        latency_seconds: walk.sensor_seconds + link_seconds + walk.aggregator_seconds,
        capacity: walk.capacity - COMPRESSION_PENALTY * f64::from(genome[22]),
        memory_bytes: walk.weights + walk.peak,
    }
}

/// Brings the split of a genome down to the number of blocks there are, as [`evaluate`] reads it.
fn repair(genome: &mut [u8]) {
    let blocks: u8 = genome[1..6].iter().map(|depth| LEAST_DEPTH as u8 + depth).sum();
    genome[21] = genome[21].min(blocks);
}

/// Course of one search.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Trace {
    pub seed: u64,
    pub evaluations: usize,
    /// Evaluations and hypervolume, at every tenth evaluation at which the front had changed.
    pub points: Vec<(usize, f64)>,
    /// Latency and negative capacity of the final front.
    pub front: Vec<Objectives>,
}

impl Trace {
    /// The final hypervolume, in units of [`HYPERVOLUME_UNIT`].
    pub(super) fn hypervolume(&self) -> f64 {
        self.points.last().map_or(0.0, |point| point.1)
    }

    /// The first traced number of evaluations at which `share` of [`BEST_HYPERVOLUME`] was reached.
    pub(super) fn evaluations_to(&self, share: f64) -> Option<usize> {
        self.points.iter().find(|point| point.1 >= share * BEST_HYPERVOLUME).map(|point| point.0)
    }
}

/// Searches with the default configuration for exactly `evaluations` evaluations, without seeds.
pub(super) fn run(seed: u64, evaluations: usize) -> Trace {
    run_with(SearchConfig::new(genes(), 2, seed), evaluations).expect("the default configuration is valid")
}

/// Searches with another configuration of [`genes`] and two objectives.
///
/// # Errors
/// If the configuration can not work.
fn run_with(config: SearchConfig, evaluations: usize) -> Result<Trace, ConfigError> {
    let (seed, batch) = (config.seed, config.batch);
    let mut search = Search::new(config)?;
    let mut points = Vec::new();
    let mut changed = false;
    while search.archive().len() < evaluations {
        let proposals = search.ask_repaired(batch.min(evaluations - search.archive().len()), &repair);
        if proposals.is_empty() {
            break;
        }
        for proposal in proposals {
            let status = search.tell(proposal.id, evaluate(&proposal.genes).outcome());
            changed |= status == Ok(FrontStatus::Front);
            let told = search.archive().len();
            if changed && (told.is_multiple_of(TRACE_STEP) || told == evaluations) {
                changed = false;
                points.push((told, hypervolume(search.archive().front_points(), &REFERENCE, 2) / HYPERVOLUME_UNIT));
            }
        }
    }
    let front = search.archive().front_points().to_vec();
    Ok(Trace { seed, evaluations: search.archive().len(), points, front })
}

#[cfg(test)]
mod exact;
#[cfg(test)]
mod tests;
