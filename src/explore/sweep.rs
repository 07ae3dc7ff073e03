//! Sweeps: the best design at each of many values of one knob, the others fixed.

use super::command::Command;
use super::measurements::{AccuracyFigure, ShownAccuracy};
use super::session::Session;
use crate::cost::Evaluation;
use crate::quantity::{Knob, KnobScale, QuantityError};
use crate::space::Design;

/// Best design with the knob at one value.
#[derive(Debug, Clone)]
pub struct SweepPoint {
    /// Value of the knob in base units.
    pub value: f64,
    /// First design of the ranking at its best split; `None` where no design meets the limits.
    pub best: Option<SweptDesign>,
}

/// Best design at a point of a sweep.
#[derive(Debug, Clone)]
pub struct SweptDesign {
    /// The design.
    pub design: Design,
    /// Its accuracy with the point's number of sensors.
    pub accuracy: ShownAccuracy,
    /// Its leak with the point's number of sensors, if it was measured.
    pub leak: Option<f64>,
    /// Its cost.
    pub evaluation: Evaluation,
}

impl SweptDesign {
    /// Its accuracy with the interval, if it is known for the point's number of sensors.
    pub fn figure(&self) -> Option<AccuracyFigure> {
        self.accuracy.figure()
    }
}

impl Session {
    /// The best design at each value of a knob, the other knobs as they are. Values are in base units.
    ///
    /// # Errors
    /// A value that the knob can't have, one far outside its range, or more sensors than the space has views.
    pub fn sweep(&self, knob: Knob, values: &[f64]) -> Result<Vec<SweepPoint>, QuantityError> {
        let mut moved = self.clone();
        let mut points = Vec::with_capacity(values.len());
        for &value in values {
            let value = self.ranges().of(knob).map_or_else(|| knob.check(value), |range| range.check(value))?;
            moved.apply(Command::SetKnobs(vec![(knob, value)]), 0);
            points.push(SweepPoint { value, best: moved.best_feasible() });
        }
        Ok(points)
    }

    /// Values of a knob to sweep over: `count` of them between two ends, both included, evenly spaced in the knob's
    /// scale. A knob of whole numbers has each at most once.
    pub fn sweep_values(&self, knob: Knob, from: f64, to: f64, count: usize) -> Vec<f64> {
        let last = count.saturating_sub(1).max(1) as f64;
        let logarithmic = matches!(knob.info().scale, KnobScale::Decades | KnobScale::Octaves) && from > 0.0;
        let mut values: Vec<f64> = (0..count.max(1))
            .map(|index| {
                let share = index as f64 / last;
                match knob.info().scale {
                    KnobScale::Count => (from + (to - from) * share).round(),
                    _ if index + 1 == count => to,
                    _ if logarithmic => from * (to / from).powf(share),
                    _ => from + (to - from) * share,
                }
            })
            .collect();
        values.dedup();
        values
    }

    fn best_feasible(&self) -> Option<SweptDesign> {
        let id = self.first_ranked()?;
        let ranked = self.ranked(id).filter(super::ranking_rule::RankedDesign::feasible)?;
        let design = self.best_design(id)?;
        let leak = self.leak(&design).map(|leak| leak.figures.leak);
        Some(SweptDesign { accuracy: self.accuracy(&design), leak, design, evaluation: ranked.evaluation })
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "values that are set are kept as they are")]
mod tests {
    use super::super::tests::session;
    use super::*;
    use crate::explore::Update;

    #[test]
    fn a_sweep_finds_the_first_of_the_ranking_at_each_value() {
        let mut session = session(60);
        let measure = |session: &Session, id, accuracy| {
            let design = session.best_design(id).unwrap();
            let (views, quantisation) = (session.knobs().sensors, None);
            Update::Measured { design, views, accuracy, samples: 400, step: 1, quantisation }
        };
        let updates = [(3, 0.7), (9, 0.9), (20, 0.8)].map(|(id, accuracy)| measure(&session, id, accuracy));
        session.apply(Command::Update(updates.to_vec()), 0);
        let latency = |id| session.ranked(id).unwrap().evaluation.latency.total_s();
        let (low, high) = (latency(3).min(latency(20)) * 0.5, latency(9) * 2.0);
        let values = session.sweep_values(Knob::LatencyLimit, low, high, 30);
        assert_eq!((values[0], values[29]), (low, high));
        let points = session.sweep(Knob::LatencyLimit, &values).unwrap();
        let accuracies: Vec<f64> = points
            .iter()
            .map(|point| point.best.as_ref().and_then(|best| best.accuracy.measured()).unwrap_or(0.0))
            .collect();
        assert!(accuracies.windows(2).all(|pair| pair[0] <= pair[1]), "{accuracies:?}");
        assert_eq!(accuracies[29], 0.9);
        for point in &points {
            let best = point.best.as_ref();
            assert!(best.is_none_or(|best| best.evaluation.latency.total_s() <= point.value));
        }
        assert_eq!(session.value(Knob::LatencyLimit), session.ranges().of(Knob::LatencyLimit).unwrap().default);
    }

    #[test]
    fn whole_numbers_are_swept_once_each() {
        let session = session(5);
        assert_eq!(session.sweep_values(Knob::Sensors, 1.0, 4.0, 9), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(session.sweep_values(Knob::LinkBandwidth, 1e6, 1e8, 3), [1e6, 1e7, 1e8]);
        assert!(session.sweep(Knob::LinkBandwidth, &[-1.0]).is_err());
    }
}
