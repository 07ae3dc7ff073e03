//! Counts which of many splits meet the limits without looking at each.
//!
//! Splits that are much alike stand together, and of every group the lowest and the highest figures are kept. Whatever is
//! limited grows with every figure of a split, in exact numbers and in rounded ones: if the highest figures of a group meet the
//! limits, all its splits do; if the lowest do not, none does. Only groups between these are looked into.

use std::ops::Range;

use crate::cost::{Line, Lines, SystemRates};

/// Most splits of a group that is not divided further.
const LEAF: usize = 128;
/// Every so many-th division is by the figure that differs most, the others are by latency. Latency is what is mostly limited,
/// and its limit splits across all other figures.
const BY_FIGURE: usize = 4;
/// Splits looked at to see in which figure a group differs most.
const PROBES: usize = 24;

/// Splits in groups within groups.
#[derive(Debug, Clone, Default)]
pub(super) struct Tree {
    lines: Lines,
    /// Every group before the two it is divided into.
    groups: Vec<Stratum>,
}

/// Some splits that stand together.
#[derive(Debug, Clone)]
struct Stratum {
    demands: Range<usize>,
    low: Line,
    high: Line,
    /// The group behind this one and all within it.
    next: usize,
}

impl Tree {
    /// These splits, in groups of similar latency at usual rates.
    pub(super) fn new(mut lines: Vec<Line>, usual: &SystemRates) -> Self {
        let mut groups = Vec::new();
        if !lines.is_empty() {
            divide(&mut lines, (0, 1), usual, &mut groups);
        }
        Self { lines: Lines::new(&lines), groups }
    }

    /// How many of the splits meet the limits on cost.
    pub(super) fn count_feasible(&self, rates: &SystemRates) -> usize {
        let fits = |line: &Line| rates.meets(&line.frame(rates.sensors()));
        let (mut at, mut count) = (0, 0);
        while let Some(group) = self.groups.get(at) {
            let leaf = group.next == at + 1;
            at = if fits(&group.high) {
                count += group.demands.len();
                group.next
            } else if !fits(&group.low) {
                group.next
            } else {
                if leaf {
                    count += self.lines.count_meeting(group.demands.clone(), rates);
                }
                at + 1
            };
        }
        count
    }
}

/// Adds the group of these splits, which stand from `start` on after `depth` divisions, and those it is divided into.
fn divide(lines: &mut [Line], (start, depth): (usize, usize), usual: &SystemRates, groups: &mut Vec<Stratum>) {
    let at = groups.len();
    let demands = start..start + lines.len();
    groups.push(Stratum { demands, low: lines[0], high: lines[0], next: 0 });
    let (low, high) = if lines.len() <= LEAF {
        let ends = |pick: fn(f64, f64) -> f64| lines[1..].iter().fold(lines[0], |all, line| all.joined(line, pick));
        (ends(f64::min), ends(f64::max))
    } else {
        let middle = lines.len() / 2;
        if depth.is_multiple_of(BY_FIGURE) {
            let figure = widest(lines);
            halve(lines, middle, |line| figures(line)[figure]);
        } else {
            halve(lines, middle, |line| line.seconds(usual));
        }
        let (first, second) = lines.split_at_mut(middle);
        divide(first, (start, depth + 1), usual, groups);
        let other = groups.len();
        divide(second, (start + middle, depth + 1), usual, groups);
        let [first, second] = [&groups[at + 1], &groups[other]];
        (first.low.joined(&second.low, f64::min), first.high.joined(&second.high, f64::max))
    };
    let next = groups.len();
    groups[at] = Stratum { low, high, next, ..groups[at].clone() };
}

/// Puts the lower splits before the middle and the higher ones behind it.
fn halve(lines: &mut [Line], middle: usize, key: impl Fn(&Line) -> f64) {
    lines.select_nth_unstable_by(middle, |one, other| key(one).total_cmp(&key(other)));
}

/// What limits act on, by which splits are told apart.
fn figures(Line { first, more }: &Line) -> [f64; 5] {
    [
        first.sensor_cycles,
        first.link_bytes,
        first.aggregator_cycles + more.cycles,
        first.peak_bytes,
        first.work_j + more.energy_j,
    ]
}

/// The figure in which some of the splits differ most, as a share of the largest.
fn widest(lines: &[Line]) -> usize {
    let probes = || lines.iter().step_by(lines.len().div_ceil(PROBES)).map(figures);
    let mut ends = [(f64::INFINITY, f64::NEG_INFINITY); 5];
    for figures in probes() {
        for ((low, high), figure) in ends.iter_mut().zip(figures) {
            (*low, *high) = (low.min(figure), high.max(figure));
        }
    }
    let share = |(low, high): (f64, f64)| if high > 0.0 { (high - low) / high } else { 0.0 };
    (0..ends.len()).max_by(|&one, &other| share(ends[one]).total_cmp(&share(ends[other]))).unwrap_or(0)
}
