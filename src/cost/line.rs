//! A cut as a straight line over the number of views.

use std::ops::Range;

use super::cut::{Cut, Work};
use super::evaluate::Rates;
use super::load::Load;

/// A cut whose load grows by the same for every further view. Bytes are whole numbers below 2^53.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// With one view.
    pub first: Load,
    /// Work of every further view; joules are those of the further sensor too.
    pub more: Work,
}

impl Line {
    /// The line of a cut; `None` if more views change more than the work, or not always by the same: where a fusion has
    /// weights or something to do once, or where only some numbers of views leave the aggregator's weights in its memory.
    pub fn of(cut: &Cut) -> Option<Self> {
        let always = cut.keeps == 0 || cut.keeps == u32::MAX;
        let aggregation = cut.aggregation(1);
        let straight = cut.join_weight_bytes + cut.more_weight_bytes == 0 && aggregation.join == Work::default();
        let more = aggregation.more.with(cut.sensor.energy_j);
        (always && straight).then(|| Self { first: Load::new(cut, 1), more })
    }

    /// The cut with so many views.
    #[inline]
    pub fn load(&self, views: u32) -> Load {
        let others = f64::from(views) - 1.0;
        Load {
            aggregator_cycles: self.first.aggregator_cycles + others * self.more.cycles,
            work_j: self.first.work_j + others * self.more.energy_j,
            ..self.first
        }
    }

    /// Seconds of a single frame: the total of [`Rates::latency`], to the last digit.
    #[inline]
    pub fn seconds(&self, rates: &Rates) -> f64 {
        let others = f64::from(rates.sensors()) - 1.0;
        let cycles = self.first.aggregator_cycles + others * self.more.cycles;
        rates.seconds(self.first.sensor_cycles, self.first.link_bytes, cycles)
    }

    /// The line that lies nowhere above either of two in any figure, or nowhere below.
    #[must_use]
    pub fn joined(&self, other: &Self, pick: impl Fn(f64, f64) -> f64) -> Self {
        let (a, b) = (&self.first, &other.first);
        let first = Load {
            sensor_cycles: pick(a.sensor_cycles, b.sensor_cycles),
            aggregator_cycles: pick(a.aggregator_cycles, b.aggregator_cycles),
            work_j: pick(a.work_j, b.work_j),
            link_bytes: pick(a.link_bytes, b.link_bytes),
            peak_bytes: pick(a.peak_bytes, b.peak_bytes),
            sensor_weight_bytes: pick(a.sensor_weight_bytes, b.sensor_weight_bytes),
            aggregator_weight_bytes: pick(a.aggregator_weight_bytes, b.aggregator_weight_bytes),
        };
        let (a, b) = (&self.more, &other.more);
        Self { first, more: Work { cycles: pick(a.cycles, b.cycles), energy_j: pick(a.energy_j, b.energy_j) } }
    }
}

/// Many lines as columns, so that a pass over them reads only what is limited. Entry `i` of each belongs to line `i`.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    sensor_cycles: Vec<f64>,
    link_bytes: Vec<f64>,
    peak_bytes: Vec<f64>,
    first_cycles: Vec<f64>,
    more_cycles: Vec<f64>,
    first_j: Vec<f64>,
    more_j: Vec<f64>,
    /// Weights of a sensor and of the aggregator.
    weight_bytes: Vec<[f64; 2]>,
    /// The most of these.
    most_weights: [f64; 2],
}

impl Lines {
    /// These lines, in their order.
    pub fn new(lines: &[Line]) -> Self {
        let column = |figure: fn(&Line) -> f64| lines.iter().map(figure).collect();
        let weights = |line: &Line| [line.first.sensor_weight_bytes, line.first.aggregator_weight_bytes];
        let larger = |[a, b]: [f64; 2], [c, d]: [f64; 2]| [a.max(c), b.max(d)];
        Self {
            sensor_cycles: column(|line| line.first.sensor_cycles),
            link_bytes: column(|line| line.first.link_bytes),
            peak_bytes: column(|line| line.first.peak_bytes),
            first_cycles: column(|line| line.first.aggregator_cycles),
            more_cycles: column(|line| line.more.cycles),
            first_j: column(|line| line.first.work_j),
            more_j: column(|line| line.more.energy_j),
            weight_bytes: lines.iter().map(weights).collect(),
            most_weights: lines.iter().map(weights).fold([0.0; 2], larger),
        }
    }

    /// One of them.
    pub(super) fn get(&self, index: usize) -> Line {
        let [sensor_weight_bytes, aggregator_weight_bytes] = self.weight_bytes[index];
        let first = Load {
            sensor_cycles: self.sensor_cycles[index],
            aggregator_cycles: self.first_cycles[index],
            work_j: self.first_j[index],
            link_bytes: self.link_bytes[index],
            peak_bytes: self.peak_bytes[index],
            sensor_weight_bytes,
            aggregator_weight_bytes,
        };
        Line { first, more: Work { cycles: self.more_cycles[index], energy_j: self.more_j[index] } }
    }

    /// How many of some of them meet every limit on cost, as [`Rates::meets`] says.
    pub fn count_meeting(&self, range: Range<usize>, rates: &Rates) -> usize {
        let [peak, sensor, aggregator] = rates.byte_limits();
        let weights_fit = self.most_weights[0] <= sensor && self.most_weights[1] <= aggregator;
        if !weights_fit || !rates.asks_only_latency() {
            return range.filter(|&index| rates.meets(&self.get(index).load(rates.sensors()))).count();
        }
        let count = range.len();
        let [own, link, most, first, more] =
            [&self.sensor_cycles, &self.link_bytes, &self.peak_bytes, &self.first_cycles, &self.more_cycles]
                .map(|column| &column[range.clone()][..count]);
        let others = f64::from(rates.sensors()) - 1.0;
        // Both are asked, without a branch, of several lines at once.
        let meets = |index: usize| {
            let seconds = rates.seconds(own[index], link[index], first[index] + others * more[index]);
            usize::from(rates.is_quick(seconds)) & usize::from(most[index] <= peak)
        };
        (0..count).map(meets).sum()
    }
}

/// A cut over the number of views: most cuts are lines, the others are kept whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    line: Line,
    whole: Option<Box<Cut>>,
}

impl Course {
    /// The course of a cut.
    pub fn of(cut: &Cut) -> Self {
        let straight = Line::of(cut);
        let whole = if straight.is_none() { Some(Box::new(*cut)) } else { None };
        Self { line: straight.unwrap_or(Line { first: Load::default(), more: Work::default() }), whole }
    }

    /// The cut with so many views.
    #[inline]
    pub fn load(&self, views: u32) -> Load {
        self.whole.as_ref().map_or_else(|| self.line.load(views), |cut| Load::new(cut, views))
    }
}
