//! The first designs as stacked bars: where their time, energy, link bytes or sensor memory goes.

use crate::cost::{Evaluation, Knobs, SplitDemand};
use crate::explore::candidate::CandidateId;
use crate::explore::column::Column;
use crate::explore::ranking_rule::RankedDesign;
use crate::explore::session::Session;

/// Quantity that the stacked bars show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum BarQuantity {
    /// Seconds by stage.
    #[default]
    Latency,
    /// Joules by device.
    Energy,
    /// Bytes on the link by sensor.
    Link,
    /// Bytes of a sensor's memory.
    Memory,
    /// Frames per second, and how the stages work on different frames at the same time.
    Frames,
}

impl BarQuantity {
    /// All breakdowns in order.
    pub const ALL: [Self; 5] = [Self::Latency, Self::Energy, Self::Link, Self::Memory, Self::Frames];

    /// Name that the screen shows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Energy => "energy",
            Self::Link => "link bytes",
            Self::Memory => "sensor memory",
            Self::Frames => "frame rate",
        }
    }

    /// Column of the figure that the parts add up to.
    pub const fn column(self) -> Column {
        match self {
            Self::Latency => Column::Latency,
            Self::Energy => Column::Energy,
            Self::Link => Column::Link,
            Self::Memory => Column::Memory,
            Self::Frames => Column::FrameRate,
        }
    }

    /// Names of the parts of a bar.
    pub const fn parts(self) -> &'static [&'static str] {
        match self {
            Self::Latency => &["readout", "sensor", "link", "aggregator"],
            Self::Energy => &["sensor", "link", "aggregator"],
            Self::Link => &["one sensor", "the others"],
            Self::Memory => &["activations", "weights"],
            Self::Frames => &["frames per second"],
        }
    }
}

/// One bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DesignBar {
    /// The candidate.
    pub candidate: CandidateId,
    /// Letter of the first pin that is the design shown.
    pub pin: Option<char>,
    /// `true` for the selected candidate.
    pub selected: bool,
    /// `true` if it meets all limits.
    pub feasible: bool,
    /// Cost under the present knobs.
    pub evaluation: Evaluation,
    parts: [f64; 4],
    count: usize,
}

impl DesignBar {
    /// The parts in base units, named by [`BarQuantity::parts`].
    pub fn parts(&self) -> &[f64] {
        &self.parts[..self.count]
    }

    /// Sum of the parts.
    pub fn total(&self) -> f64 {
        self.parts().iter().sum()
    }
}

impl Session {
    /// At most `most` bars: the first rows, and the selected and pinned designs wherever they stand, in the order of
    /// the rows. The selected one is shown as overridden.
    pub fn bars(&self, quantity: BarQuantity, most: usize) -> Vec<DesignBar> {
        let mut wanted: Vec<CandidateId> = self.selected().into_iter().collect();
        wanted.extend(self.setup().pins().iter().map(|pin| pin.candidate));
        wanted.extend(self.order().iter().take(most));
        let mut ids: Vec<CandidateId> = Vec::with_capacity(most);
        for id in wanted {
            if ids.len() < most && !ids.contains(&id) {
                ids.push(id);
            }
        }
        let mut placed: Vec<(usize, CandidateId)> = ids.iter().map(|&id| (self.row_of(id), id)).collect();
        placed.sort_unstable();
        placed.into_iter().filter_map(|(_, id)| self.bar(id, quantity)).collect()
    }

    /// Limit of the quantity of the bars, if one is set.
    pub fn bar_limit(&self, quantity: BarQuantity) -> Option<f64> {
        let knob = quantity.column().limit()?;
        Some(self.value(knob)).filter(|value| !knob.is_unlimited(*value))
    }

    fn bar(&self, id: CandidateId, quantity: BarQuantity) -> Option<DesignBar> {
        let selected = self.selected() == Some(id);
        let (evaluation, parts) = if selected {
            let inspected = self.inspected()?;
            let evaluation = self.inspected_evaluation(&inspected);
            (evaluation, parts(quantity, || *inspected.demand(), &evaluation, self.knobs()))
        } else {
            let RankedDesign { split_index, evaluation, .. } = self.ranked(id)?;
            let demand = || self.catalogue().demands(id)[usize::from(split_index)];
            (evaluation, parts(quantity, demand, &evaluation, self.knobs()))
        };
        let count = quantity.parts().len();
        let feasible = evaluation.feasible();
        Some(DesignBar { candidate: id, pin: self.pin_letter(id), selected, feasible, evaluation, parts, count })
    }

    /// Row of a candidate; behind all others if it is filtered out.
    fn row_of(&self, id: CandidateId) -> usize {
        self.order().iter().position(|&row| row == id).unwrap_or(usize::MAX)
    }
}

/// The parts of a bar in base units, unused ones 0. The demand is costed only where it is needed.
fn parts(quantity: BarQuantity, demand: impl Fn() -> SplitDemand, cost: &Evaluation, knobs: &Knobs) -> [f64; 4] {
    let (sensors, system) = (f64::from(knobs.sensors), &knobs.system);
    match quantity {
        BarQuantity::Latency => {
            let latency = &cost.latency;
            [latency.readout_s, latency.sensor_s, latency.link_s, latency.aggregator_s]
        }
        BarQuantity::Energy => {
            let working = system.sensors_static_w(knobs.sensors) * cost.latency.sensor_s;
            let sensor = sensors * demand().sensor.energy_j + working;
            let link = sensors * cost.link_bytes as f64 * system.link_energy_j_per_byte;
            [sensor, link, (cost.energy_j - sensor - link).max(0.0), 0.0]
        }
        BarQuantity::Link => [cost.link_bytes as f64, cost.link_bytes as f64 * (sensors - 1.0), 0.0, 0.0],
        BarQuantity::Memory => [cost.sensor_peak_bytes as f64, demand().sensor_weight_bytes as f64, 0.0, 0.0],
        BarQuantity::Frames => [cost.fps, 0.0, 0.0, 0.0],
    }
}
