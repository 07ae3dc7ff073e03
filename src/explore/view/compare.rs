//! Pinned designs side by side.

use crate::cost::Evaluation;
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
    /// Cost, judged by what is known of it too.
    pub evaluation: Evaluation,
    /// Accuracy at the number of sensors shown.
    pub accuracy: ShownAccuracy,
}

impl Session {
    /// The pinned designs in order.
    pub fn compared(&self) -> Vec<Compared> {
        let evaluator = self.evaluator();
        let compared = |(index, pin): (usize, &Pinned)| {
            let candidate = self.catalogue().get(pin.candidate)?;
            let (split, design) = self.pinned(index)?;
            let accuracy = self.accuracy(&design);
            Some(Compared {
                pin: letter(index)?,
                candidate: pin.candidate,
                macs: candidate.macs,
                weights: candidate.weights,
                evaluation: self.evaluate_split(&evaluator, split, &design),
                accuracy,
                design,
            })
        };
        self.setup().pins().iter().enumerate().filter_map(compared).collect()
    }

    /// Cost of a pinned design with one knob at another value. Judged by what is known with the number of sensors of
    /// those knobs too.
    pub fn compared_at(&self, pin: usize, knob: Knob, value: f64) -> Option<Evaluation> {
        let (split, design) = self.pinned(pin)?;
        let mut knobs = *self.knobs();
        knobs.set(knob, value);
        let evaluator = Evaluator::new(&knobs, self.evaluator().allowed);
        Some(self.evaluate_split(&evaluator, split, &design))
    }

    /// Cost of a split, given by its index among all splits, which is this design.
    fn evaluate_split(&self, evaluator: &Evaluator, split: usize, design: &Design) -> Evaluation {
        let sensors = evaluator.rates.sensors();
        let frame = self.catalogue().batch().frame_with(split, sensors);
        evaluator.evaluate_frame(&frame, self.catalogue().measured_of(design, sensors))
    }

    /// Index of a pinned split among all splits, and its design.
    fn pinned(&self, index: usize) -> Option<(usize, Design)> {
        let pin = self.setup().pins().get(index)?;
        let split = pin.split.or_else(|| self.best_split(pin.candidate))?;
        let catalogue = self.catalogue();
        Some((catalogue.pool().split_at(pin.candidate, split)?, catalogue.design(pin.candidate, split)?))
    }
}
