//! Pinned designs side by side.

use crate::cost::{Evaluation, SplitDemand};
use crate::explore::candidate::CandidateId;
use crate::explore::measurements::ShownAccuracy;
use crate::explore::ranking_rule::Evaluator;
use crate::explore::session::Session;
use crate::explore::setup::{Pinned, letter};
use crate::quantity::Knob;
use crate::space::Design;

/// A pinned design under the current knobs.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// Its letter.
    pub pin: char,
    /// The candidate.
    pub candidate: CandidateId,
    /// The design: at the split it was pinned with, or at its best split.
    pub design: Design,
    /// Multiply-accumulates of one view.
    pub macs: u64,
    /// Weights of the network.
    pub weights: u64,
    /// Cost, judged by the accuracy too if that was measured.
    pub evaluation: Evaluation,
    /// Accuracy.
    pub accuracy: ShownAccuracy,
}

impl Session {
    /// The pinned designs in order.
    pub fn compared(&self) -> Vec<Compared> {
        let evaluator = self.evaluator();
        let compared = |(index, pin): (usize, &Pinned)| {
            let candidate = self.catalogue().get(pin.candidate)?;
            let (demand, design) = self.pinned(index)?;
            let accuracy = self.accuracy(&design);
            Some(Compared {
                pin: letter(index)?,
                candidate: pin.candidate,
                macs: candidate.macs,
                weights: candidate.weights,
                evaluation: evaluator.evaluate(demand, accuracy.measured().unwrap_or(f64::NAN)),
                accuracy,
                design,
            })
        };
        self.setup().pins().iter().enumerate().filter_map(compared).collect()
    }

    /// Cost of a pinned design with one knob at another value. Judged by the accuracy measured with the number of
    /// sensors of those knobs, if there is one.
    pub fn compared_at(&self, pin: usize, knob: Knob, value: f64) -> Option<Evaluation> {
        let (demand, design) = self.pinned(pin)?;
        let mut knobs = *self.knobs();
        knobs.set(knob, value);
        let accuracy = self.measurements().shown(&design, knobs.sensors).measured();
        Some(Evaluator::new(&knobs, self.evaluator().allowed).evaluate(demand, accuracy.unwrap_or(f64::NAN)))
    }

    fn pinned(&self, index: usize) -> Option<(&SplitDemand, Design)> {
        let pin = self.setup().pins().get(index)?;
        let split = pin.split.or_else(|| self.best_split(pin.candidate))?;
        let demand = self.catalogue().demands(pin.candidate).iter().find(|demand| demand.boundary == split)?;
        Some((demand, self.catalogue().design(pin.candidate, split)?))
    }
}
