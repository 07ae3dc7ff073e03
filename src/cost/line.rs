//! A split as a straight line over the number of views.

use std::ops::Range;

use super::demand::{ProcessorWork, SplitDemand};
use super::evaluate::SystemRates;
use super::frame_demand::FrameDemand;

/// A split whose load grows by the same for every further view. Bytes are whole numbers below 2^53.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// With one view.
    pub first: FrameDemand,
    /// ProcessorWork of every further view; joules are those of the further sensor too.
    pub more: ProcessorWork,
}

impl Line {
    /// The line of a split; `None` if more views change more than the work, or not always by the same: where a fusion has
    /// weights or something to do once, or where only some numbers of views leave the aggregator's weights in its memory.
    pub fn of(demand: &SplitDemand) -> Option<Self> {
        let always = demand.max_resident_views == 0 || demand.max_resident_views == u32::MAX;
        let aggregation = demand.aggregation(1);
        let straight =
            demand.join_weight_bytes + demand.more_weight_bytes == 0 && aggregation.join == ProcessorWork::default();
        let more = aggregation.more.with(demand.sensor.energy_j);
        (always && straight).then(|| Self { first: FrameDemand::new(demand, 1), more })
    }

    /// The split with so many views.
    #[inline]
    pub fn frame(&self, views: u32) -> FrameDemand {
        let others = f64::from(views) - 1.0;
        FrameDemand {
            aggregator_cycles: self.first.aggregator_cycles + others * self.more.cycles,
            work_j: self.first.work_j + others * self.more.energy_j,
            ..self.first
        }
    }

    /// Seconds of a single frame: the total of [`SystemRates::latency`], to the last digit.
    #[inline]
    pub fn seconds(&self, rates: &SystemRates) -> f64 {
        let others = f64::from(rates.sensors()) - 1.0;
        let cycles = self.first.aggregator_cycles + others * self.more.cycles;
        rates.seconds(self.first.sensor_cycles, self.first.link_bytes, cycles)
    }

    /// Weights of a sensor and of the aggregator.
    const fn weight_bytes(&self) -> [f64; 2] {
        [self.first.sensor_weight_bytes, self.first.aggregator_weight_bytes]
    }

    /// The line that lies nowhere above either of two in any figure, or nowhere below.
    #[must_use]
    pub fn joined(&self, other: &Self, pick: impl Fn(f64, f64) -> f64) -> Self {
        let (a, b) = (&self.first, &other.first);
        let first = FrameDemand {
            sensor_cycles: pick(a.sensor_cycles, b.sensor_cycles),
            aggregator_cycles: pick(a.aggregator_cycles, b.aggregator_cycles),
            work_j: pick(a.work_j, b.work_j),
            link_bytes: pick(a.link_bytes, b.link_bytes),
            peak_bytes: pick(a.peak_bytes, b.peak_bytes),
            sensor_weight_bytes: pick(a.sensor_weight_bytes, b.sensor_weight_bytes),
            aggregator_weight_bytes: pick(a.aggregator_weight_bytes, b.aggregator_weight_bytes),
        };
        let (a, b) = (&self.more, &other.more);
        Self { first, more: ProcessorWork { cycles: pick(a.cycles, b.cycles), energy_j: pick(a.energy_j, b.energy_j) } }
    }
}

/// Many lines as columns, so that a pass over them reads only what is limited. Entry `i` of each belongs to line `i`.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    tables: Tables,
    /// ProcessorWork in joules with one view, and of every further view.
    joules: Vec<[f64; 2]>,
    /// The most weights of a sensor and of the aggregator.
    most_weights: [f64; 2],
}

/// Cycles and bytes. Where all of them are whole numbers below 2^31 they take half the room: a pass waits for memory most.
#[derive(Debug, Clone)]
enum Tables {
    Whole(Table<i32>),
    Real(Table<f64>),
}

impl Default for Tables {
    fn default() -> Self {
        Self::Whole(Table::default())
    }
}

#[derive(Debug, Clone, Default)]
struct Table<T> {
    sensor_cycles: Vec<T>,
    link_bytes: Vec<T>,
    peak_bytes: Vec<T>,
    first_cycles: Vec<T>,
    more_cycles: Vec<T>,
    /// Weights of a sensor and of the aggregator.
    weight_bytes: Vec<[T; 2]>,
}

impl Lines {
    /// These lines, in their order.
    pub fn new(lines: &[Line]) -> Self {
        let whole = |line: &Line| {
            let fits = |figure: f64| figure.fract() == 0.0 && (0.0..=f64::from(i32::MAX)).contains(&figure);
            let Line { first, more } = line;
            let cycles = [first.sensor_cycles, first.aggregator_cycles, more.cycles, first.link_bytes];
            cycles.into_iter().chain(first.bytes()).all(fits)
        };
        let larger = |[a, b]: [f64; 2], [c, d]: [f64; 2]| [a.max(c), b.max(d)];
        Self {
            tables: if lines.iter().all(whole) {
                Tables::Whole(Table::new(lines, |figure| figure as i32))
            } else {
                Tables::Real(Table::new(lines, |figure| figure))
            },
            joules: lines.iter().map(|line| [line.first.work_j, line.more.energy_j]).collect(),
            most_weights: lines.iter().map(Line::weight_bytes).fold([0.0; 2], larger),
        }
    }

    /// One of them.
    pub(super) fn get(&self, index: usize) -> Line {
        match &self.tables {
            Tables::Whole(table) => table.line(index, self.joules[index]),
            Tables::Real(table) => table.line(index, self.joules[index]),
        }
    }

    /// How many of some of them meet every limit on cost, as [`SystemRates::meets`] says.
    pub fn count_meeting(&self, range: Range<usize>, rates: &SystemRates) -> usize {
        let [_, sensor, aggregator] = rates.byte_limits();
        let weights_fit = self.most_weights[0] <= sensor && self.most_weights[1] <= aggregator;
        if !weights_fit || !rates.asks_only_latency() {
            return range.filter(|&index| rates.meets(&self.get(index).frame(rates.sensors()))).count();
        }
        match &self.tables {
            Tables::Whole(table) => table.count_quick(range, rates),
            Tables::Real(table) => table.count_quick(range, rates),
        }
    }
}

impl<T: Copy + Into<f64>> Table<T> {
    fn new(lines: &[Line], shorten: impl Fn(f64) -> T) -> Self {
        let column = |figure: fn(&Line) -> f64| lines.iter().map(|line| shorten(figure(line))).collect();
        Self {
            sensor_cycles: column(|line| line.first.sensor_cycles),
            link_bytes: column(|line| line.first.link_bytes),
            peak_bytes: column(|line| line.first.peak_bytes),
            first_cycles: column(|line| line.first.aggregator_cycles),
            more_cycles: column(|line| line.more.cycles),
            weight_bytes: lines.iter().map(|line| line.weight_bytes().map(&shorten)).collect(),
        }
    }

    fn line(&self, index: usize, [work_j, energy_j]: [f64; 2]) -> Line {
        let [sensor_weight_bytes, aggregator_weight_bytes] = self.weight_bytes[index].map(Into::into);
        let first = FrameDemand {
            sensor_cycles: self.sensor_cycles[index].into(),
            aggregator_cycles: self.first_cycles[index].into(),
            work_j,
            link_bytes: self.link_bytes[index].into(),
            peak_bytes: self.peak_bytes[index].into(),
            sensor_weight_bytes,
            aggregator_weight_bytes,
        };
        Line { first, more: ProcessorWork { cycles: self.more_cycles[index].into(), energy_j } }
    }

    /// How many of some lines meet the limits on latency and on a sensor's memory.
    fn count_quick(&self, range: Range<usize>, rates: &SystemRates) -> usize {
        let [peak, ..] = rates.byte_limits();
        let count = range.len();
        let [own, link, most, first, more] =
            [&self.sensor_cycles, &self.link_bytes, &self.peak_bytes, &self.first_cycles, &self.more_cycles]
                .map(|column| &column[range.clone()][..count]);
        let others = f64::from(rates.sensors()) - 1.0;
        // Both are asked, without a branch, of several lines at once.
        let meets = |index: usize| {
            let cycles = first[index].into() + others * more[index].into();
            let seconds = rates.seconds(own[index].into(), link[index].into(), cycles);
            usize::from(rates.is_quick(seconds)) & usize::from(most[index].into() <= peak)
        };
        (0..count).map(meets).sum()
    }
}

/// A split over the number of views: most splits are lines, the others are resident whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    line: Line,
    whole: Option<Box<SplitDemand>>,
}

impl Course {
    /// The course of a split.
    pub fn of(demand: &SplitDemand) -> Self {
        let straight = Line::of(demand);
        let whole = if straight.is_none() { Some(Box::new(*demand)) } else { None };
        Self { line: straight.unwrap_or(Line { first: FrameDemand::default(), more: ProcessorWork::default() }), whole }
    }

    /// The split with so many views.
    #[inline]
    pub fn frame(&self, views: u32) -> FrameDemand {
        self.whole.as_ref().map_or_else(|| self.line.frame(views), |demand| FrameDemand::new(demand, views))
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::cost::{Knobs, tests::profile};

    /// Whole numbers that fit into 32 bits, and others now and then.
    fn figure() -> impl Strategy<Value = f64> {
        prop_oneof![30 => (0_u32..1 << 20).prop_map(f64::from), 1 => Just(0.5), 1 => Just(2_147_483_648.0)]
    }

    fn line() -> impl Strategy<Value = Line> {
        let figures = (vec(figure(), 7), 0.0..1e-3);
        figures.prop_map(|(figures, joules)| Line {
            first: FrameDemand {
                sensor_cycles: figures[0],
                aggregator_cycles: figures[1],
                work_j: joules,
                link_bytes: figures[2],
                peak_bytes: figures[3],
                sensor_weight_bytes: figures[4],
                aggregator_weight_bytes: figures[5],
            },
            more: ProcessorWork { cycles: figures[6], energy_j: joules / 3.0 },
        })
    }

    proptest! {
        #[test]
        fn columns_of_any_numbers_are_the_lines(all in vec(line(), 1..9), set in 0_u8..4, sensors in 1_u32..13) {
            let mut knobs = Knobs { sensors, ..Knobs::from_profile(&profile(0)) };
            knobs.sensor_memory_bytes = if set & 1 == 1 { 1 << 19 } else { u64::MAX };
            knobs.system.sensor_weight_memory_bytes = if set & 2 == 2 { 1 << 19 } else { u64::MAX };
            knobs.latency_limit_s = Some(all[0].seconds(&SystemRates::new(&knobs)));
            let (rates, lines) = (SystemRates::new(&knobs), Lines::new(&all));
            for (index, line) in all.iter().enumerate() {
                prop_assert_eq!(lines.get(index), *line);
            }
            let meeting = all.iter().filter(|line| rates.meets(&line.frame(sensors))).count();
            prop_assert_eq!(lines.count_meeting(0..all.len(), &rates), meeting);
        }
    }
}
