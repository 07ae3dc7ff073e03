//! The true front of `SplitMB-5` by dynamic programming, the source of [`BEST_HYPERVOLUME`].
//!
//! Latency and capacity are sums over blocks, and a block depends only on its stage's choices and the width of the
//! stage before. So of all ways to build the part of a network up to (or from) the same place with the same width, only
//! those can matter that no other beats in everything the rest can still see: latency and capacity on the aggregator;
//! those, weights and peak on the sensor. Parts are extended stage by stage and thinned to these.

use super::*;

/// Seconds and capacity of a part of a network.
type Part = (f64, f64);

/// The part of a network that is on the sensor.
#[derive(Clone, Copy)]
struct Prefix {
    seconds: f64,
    capacity: f64,
    weights: u64,
    peak: u64,
}

impl Prefix {
    fn with(self, block: &Block) -> Option<Self> {
        let next = Self {
            seconds: self.seconds + block.sensor_seconds,
            capacity: self.capacity + block.capacity,
            weights: self.weights + block.weights,
            peak: self.peak.max(block.peak),
        };
        (next.weights + next.peak <= MEMORY_LIMIT_BYTES && next.seconds <= LATENCY_LIMIT_SECONDS).then_some(next)
    }

    fn covers(&self, other: &Self) -> bool {
        self.seconds <= other.seconds
            && self.capacity >= other.capacity
            && self.weights <= other.weights
            && self.peak <= other.peak
    }
}

fn front(mut parts: Vec<Part>) -> Vec<Part> {
    parts.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)));
    let mut best = f64::NEG_INFINITY;
    parts.retain(|part| {
        part.0 <= LATENCY_LIMIT_SECONDS && part.1 > best && {
            best = part.1;
            true
        }
    });
    parts
}

fn thinned(mut prefixes: Vec<Prefix>) -> Vec<Prefix> {
    prefixes.sort_unstable_by(|a, b| a.seconds.total_cmp(&b.seconds).then(b.capacity.total_cmp(&a.capacity)));
    let mut kept: Vec<Prefix> = Vec::new();
    for prefix in prefixes {
        if !kept.iter().rev().any(|other| other.covers(&prefix)) {
            kept.push(prefix);
        }
    }
    kept
}

fn sums(a: &[Part], b: &[Part]) -> Vec<Part> {
    front(a.iter().flat_map(|x| b.iter().map(|y| (x.0 + y.0, x.1 + y.1))).collect())
}

/// The first and the further blocks of a stage for every kernel and expansion.
fn blocks(stage: usize, side: u64, inputs: u64, outputs: u64) -> Vec<(Block, Block)> {
    let mut blocks = Vec::new();
    for kernel in KERNELS {
        for expansion in EXPANSIONS {
            let first = TensorShape { inputs, outputs, side, stride: STRIDES[stage], kernel, expansion };
            let further = TensorShape { inputs: outputs, side: side.div_ceil(STRIDES[stage]), stride: 1, ..first };
            blocks.push((Block::new(first), Block::new(further)));
        }
    }
    blocks
}

/// The widths that stage `stage` can get from the one before.
fn widths(stage: usize) -> Vec<u64> {
    let mut widths = if stage == 0 { vec![STEM_CHANNELS] } else { CHANNELS[stage - 1].to_vec() };
    widths.dedup();
    widths
}

/// For every width entering `stage`, the best ways to build everything from there on, on the aggregator.
type Suffixes = Vec<(u64, Vec<Part>)>;

fn suffixes(sides: [u64; STAGES + 1]) -> Vec<Suffixes> {
    let head = |channels| {
        let mut walk = Walk::stem(0, 0);
        walk.head(channels, sides[STAGES]);
        (channels, vec![(walk.aggregator_seconds, 0.0)])
    };
    let mut all: Vec<Suffixes> = vec![widths(STAGES).into_iter().map(head).collect()];
    for stage in (0..STAGES).rev() {
        let next = &all[0];
        let from = |inputs| {
            let ways = next.iter().flat_map(|(outputs, rest)| {
                let stage_ways =
                    blocks(stage, sides[stage], inputs, *outputs).into_iter().flat_map(|(first, further)| {
                        let add = move |count: f64| {
                            let seconds = first.aggregator_seconds + count * further.aggregator_seconds;
                            (seconds, first.capacity + count * further.capacity)
                        };
                        [1.0, 2.0, 3.0].map(add)
                    });
                sums(&front(stage_ways.collect()), rest)
            });
            (inputs, front(ways.collect()))
        };
        let suffix = widths(stage).into_iter().map(from).collect();
        all.insert(0, suffix);
    }
    all
}

/// Whole networks: a prefix, a cut of `bytes` under each compression, and the rest.
fn join(prefixes: &[Prefix], bytes: u64, rest: &[Part]) -> Vec<Part> {
    let sent = prefixes.iter().flat_map(|prefix| {
        (0..4_u32).map(move |ratio| {
            let link = bytes.div_ceil(1 << ratio) as f64 * 8.0 / LINK_BITS_PER_SECOND + LINK_SETUP_SECONDS;
            (prefix.seconds + link, prefix.capacity - COMPRESSION_PENALTY * f64::from(ratio))
        })
    });
    sums(&front(sent.collect()), rest)
}

/// The front among the networks of one resolution.
fn networks(resolution: u64) -> Vec<Part> {
    let sides = std::array::from_fn(|stage| side_before(resolution, stage));
    let suffixes = suffixes(sides);
    let stem = Walk::stem(resolution, 0);
    let start =
        Prefix { seconds: stem.sensor_seconds, capacity: stem.capacity, weights: stem.weights, peak: stem.peak };
    let mut found = join(&[start], stem.cut, &suffixes[0][0].1);
    let mut prefixes = vec![(STEM_CHANNELS, vec![start])];
    for stage in 0..STAGES {
        let mut extended = Vec::new();
        for (outputs, rest) in &suffixes[stage + 1] {
            let mut whole_stage = Vec::new();
            for (inputs, starts) in &prefixes {
                for (first, further) in blocks(stage, sides[stage], *inputs, *outputs) {
                    let mut part: Vec<Prefix> = starts.iter().filter_map(|prefix| prefix.with(&first)).collect();
                    for on_sensor in 1..=4_u32 {
                        if part.is_empty() {
                            break;
                        }
                        if on_sensor >= 2 {
                            whole_stage.extend(part.iter().copied());
                        }
                        let remaining = (1..4_u32).filter(|more| (2..=4).contains(&(on_sensor + more)));
                        let remaining: Vec<Part> = remaining
                            .map(f64::from)
                            .map(|more| (more * further.aggregator_seconds, more * further.capacity))
                            .collect();
                        found.extend(join(&part, first.output, &sums(&front(remaining), rest)));
                        part = part.iter().filter_map(|prefix| prefix.with(&further)).collect();
                    }
                }
            }
            let whole_stage = thinned(whole_stage);
            found.extend(join(&whole_stage, outputs * sides[stage + 1].pow(2), rest));
            extended.push((*outputs, whole_stage));
        }
        found = front(found);
        prefixes = extended;
    }
    found
}

#[test]
fn the_best_hypervolume_is_that_of_the_true_front() {
    let true_front = front(RESOLUTIONS.iter().flat_map(|&resolution| networks(resolution)).collect());
    let points: Vec<Objectives> = true_front.iter().map(|part| [part.0, -part.1, 0.0, 0.0]).collect();
    let exact = hypervolume(&points, &REFERENCE, 2) / HYPERVOLUME_UNIT;
    assert!((exact - BEST_HYPERVOLUME).abs() < 1e-9, "{exact:.12}");
    assert_eq!(true_front.len(), 261);

    // No search may find a point beyond it.
    let trace = run(1, 3_000);
    assert!(trace.hypervolume() <= exact + 1e-12);
    for found in &trace.front {
        assert!(points.iter().any(|point| point[0] <= found[0] + 1e-12 && point[1] <= found[1] + 1e-9));
    }
}
