//! A cut as a straight line over the number of views.

use super::cut::{Cut, Work};
use super::evaluate::Load;

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
