//! Sentences: how the selected design stands, why it does not fit, and what would help.

use crate::cost::{Evaluation, Limit, Reason, Stage, reasons, show};
use crate::explore::dial::Dial;
use crate::explore::knob::{Ease, KnobId};
use crate::explore::needs::{Fix, Needed, Present, WhatIf, ease, most_sensors, rates_by_sensors};
use crate::explore::session::Session;

/// How the selected design stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// Whether it meets all limits as it is shown.
    pub feasible: bool,
    /// A sentence: what binds it and the slack, or what it breaks and the smallest fix.
    pub sentence: String,
}

impl Session {
    /// How the selected design stands as it is shown; `None` if the pool is empty.
    pub fn status(&self) -> Option<Status> {
        let inspected = self.inspected()?;
        let evaluation = self.judge().evaluate(&inspected.cuts[inspected.shown], inspected.accuracies[inspected.shown]);
        let split = self.space.boundary_name(inspected.cuts[inspected.shown].boundary);
        let name = format!("#{} split at {split}", inspected.id);
        let sentence = if evaluation.feasible() {
            format!("{name} fits: {}", self.slack(&evaluation, inspected.accuracies[inspected.shown]))
        } else {
            let broken: Vec<String> = self.why().iter().map(Reason::sentence).collect();
            format!("{name} does not fit: {}. {}", broken.join("; "), self.fix_sentence())
        };
        Some(Status { feasible: evaluation.feasible(), sentence })
    }

    /// Every limit the selected design breaks as it is shown, with where.
    pub fn why(&self) -> Vec<Reason> {
        let (Some(inspected), Some(network)) = (self.inspected(), self.network()) else { return Vec::new() };
        let accuracy = Some(inspected.accuracies[inspected.shown]).filter(|accuracy| !accuracy.is_nan());
        reasons(network, &inspected.cuts[inspected.shown], &self.setup.knobs, accuracy)
    }

    /// Changes of a single knob that would make the selected design fit as it is shown (at any of its splits, if it was
    /// not split by hand), fewest stops first. Empty if it fits.
    pub fn fixes(&self) -> Vec<Fix> {
        let Some(inspected) = self.inspected() else { return Vec::new() };
        let judge = self.judge();
        let by_hand = self.hand().is_some_and(|hand| hand.split.is_some());
        let cells = || {
            let cuts = inspected.cuts.iter().zip(&inspected.accuracies).enumerate();
            cuts.filter(|(index, (cut, _))| if by_hand { *index == inspected.shown } else { judge.allows(cut) })
        };
        if cells().any(|(_, (cut, accuracy))| judge.evaluate(cut, *accuracy).feasible()) {
            return Vec::new();
        }
        let present = Present::new(&self.setup.knobs, &judge.rates);
        let mut needed: Needed = [f64::NAN; KnobId::COUNT];
        for (_, (cut, accuracy)) in cells() {
            ease(&mut needed, &present.needed(&judge.evaluate(cut, *accuracy), *accuracy));
        }
        let by_count = rates_by_sensors(&self.setup.knobs, self.setup.knobs.sensors);
        needed[KnobId::Sensors.index()] = most_sensors(|| cells().map(|(_, (cut, _))| cut), &by_count);
        let mut fixes: Vec<Fix> =
            self.dials.iter().filter_map(|dial| self.fix(dial, needed[dial.id.index()])).collect();
        fixes.sort_by_key(|fix| fix.stops);
        fixes
    }

    /// For each knob, the nearest stop at which more designs fit; largest gain first.
    pub fn what_if(&self) -> &[WhatIf] {
        &self.known.reach.what_if
    }

    /// For each stop of a dial, how many of the candidates looked at would fit if the knob stood there, the others held.
    /// The number of sensors is judged by cost alone: accuracies with other numbers of sensors are others.
    pub fn histogram(&self, id: KnobId) -> &[u32] {
        let index = self.dials.iter().position(|dial| dial.id == id);
        index.and_then(|index| self.known.reach.histograms.get(index)).map_or(&[], Vec::as_slice)
    }

    /// How many candidates histograms and what-if look at: all of them, or an even sample of a large pool.
    pub fn sampled(&self) -> usize {
        self.known.reach.sampled
    }

    fn fix(&self, dial: &Dial, needed: f64) -> Option<Fix> {
        let value = dial.stops[dial.stop_for(needed)?];
        let now = self.value(dial.id);
        // Coarse stops: the needed value may lie between the present one and a stop on its wrong side.
        let eases = if dial.knob().ease == Ease::Up { value > now } else { value < now };
        let stops = (dial.fraction(value) - dial.fraction(now)).abs() * dial.last() as f64;
        eases.then_some(Fix { knob: dial.id, value, stops: stops.ceil() as u32 })
    }

    /// The smallest fix: one knob if one is enough, else every limit that is broken.
    fn fix_sentence(&self) -> String {
        let way = |knob: KnobId| if knob.knob().ease == Ease::Up { "raise" } else { "lower" };
        if let Some(fix) = self.fixes().first() {
            let knob = fix.knob.knob();
            return format!("Smallest fix: {} {} to {}", way(fix.knob), knob.label, knob.show(fix.value));
        }
        let moves: Vec<String> = self.why().iter().map(Reason::fix).collect();
        format!("No single knob is enough: {}", moves.join(", and "))
    }

    /// What takes longest, and how far the tightest limit is.
    fn slack(&self, cost: &Evaluation, accuracy: f64) -> String {
        let (stage, seconds) = Stage::slowest(&cost.latency);
        let stage = match stage {
            Stage::Readout => "readout",
            Stage::Sensor => "sensors",
            Stage::Link => "link",
            Stage::Aggregator => "aggregator",
        };
        let total = cost.latency.total_s();
        let latency = format!("{}, {} of it {stage}", show::seconds(total), show::seconds(seconds));
        let slacks = [
            (KnobId::LatencyLimit, total, Limit::Latency),
            (KnobId::SensorMemory, cost.sensor_peak_bytes as f64, Limit::SensorMemory),
            (KnobId::EnergyLimit, cost.energy_j, Limit::Energy),
            (KnobId::FrameRateFloor, cost.fps, Limit::FrameRate),
            (KnobId::AccuracyFloor, accuracy, Limit::Accuracy),
        ];
        let share = |(knob, value, _): &(KnobId, f64, Limit)| {
            let limit = self.value(*knob);
            let known = !knob.knob().is_unlimited(limit) && !value.is_nan() && limit > 0.0;
            let left = if knob.knob().ease == Ease::Up { 1.0 - value / limit } else { value / limit - 1.0 };
            known.then_some((*knob, left))
        };
        let tightest = slacks.iter().filter_map(share).min_by(|one, other| one.1.total_cmp(&other.1));
        match tightest {
            Some((knob, left)) => {
                let knob = knob.knob();
                let limit = knob.show(self.value(knob.id));
                format!("{latency}; tightest is {} with {:.0} % to spare of {limit}", knob.label, left * 100.0)
            }
            None => format!("{latency}; no limit is set"),
        }
    }
}
