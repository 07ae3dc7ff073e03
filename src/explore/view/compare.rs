//! Pinned designs side by side, each with what other runs have made of it by training it alone.

use crate::cost::{Evaluation, MeasuredShares};
use crate::explore::candidate::CandidateId;
use crate::explore::leaks::ShownLeak;
use crate::explore::measurements::{FinetunedDesign, ShownAccuracy, WeightsMeasurements};
use crate::explore::ranking_rule::Evaluator;
use crate::explore::session::Session;
use crate::explore::setup::{Pinned, letter};
use crate::network::BoundaryId;
use crate::quantity::Knob;
use crate::space::Design;

/// A pinned design under the current knobs, with the weights of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// Its letter.
    pub pin: char,
    /// Its place among the pins.
    pub place: usize,
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
    /// Weights of a run that has trained this design alone; `None` for those of the run that is followed.
    finetuned: Option<FinetunedWeights>,
    /// Index among all splits.
    split: usize,
}

/// Weights of a run that has trained a design alone.
#[derive(Debug, Clone, PartialEq)]
struct FinetunedWeights {
    /// Number of the run.
    run: usize,
    /// Kind of its training, with its name where another run has trained the design in the same way.
    kind: String,
}

impl Compared {
    /// Kind of the training of its weights if they were trained for this design alone by another run, for instance
    /// "finetuned in int8", or "run-003, finetuned in int8" where there are several of one kind.
    pub fn finetuned(&self) -> Option<&str> {
        self.finetuned.as_ref().map(|weights| weights.kind.as_str())
    }

    /// Measurements on its weights.
    pub fn measurements<'a>(&self, session: &'a Session) -> WeightsMeasurements<'a> {
        let measurements = session.catalogue().measurements();
        self.finetuned.as_ref().map_or(measurements.present(), |weights| measurements.of_run(weights.run))
    }

    /// Leak at the number of sensors shown, if it was measured.
    pub fn leak<'a>(&self, session: &'a Session) -> Option<&'a ShownLeak> {
        if self.finetuned.is_some() { None } else { session.leak(&self.design) }
    }
}

impl Session {
    /// The pinned designs in order, each followed by what other runs have made of it.
    pub fn compared(&self) -> Vec<Compared> {
        let evaluator = self.evaluator();
        let pins = self.setup().pins().iter().enumerate();
        pins.filter_map(|pin| self.compared_pin(&evaluator, pin)).flat_map(|one| self.with_finetuned(one)).collect()
    }

    /// Place of the pin that the selected design is as it is shown: the selected one, else the first.
    pub fn selected_pin(&self) -> Option<usize> {
        let pins = self.setup().pins();
        if pins.is_empty() {
            return None;
        }
        let selected = self.selection().pin().and_then(|selected| pins.iter().position(|pin| *pin == selected));
        selected.or_else(|| {
            let shown = self.selected_design()?;
            (0..pins.len()).find(|&place| self.pinned(place).is_some_and(|(_, design)| design == shown))
        })
    }

    /// Letter of the first pin that is the design of a candidate as it is shown: the selected one as overridden, others
    /// at their best splits.
    pub fn pin_letter(&self, id: CandidateId) -> Option<char> {
        if self.selected() == Some(id) && self.is_overridden() {
            return letter(self.selected_pin()?);
        }
        self.pin_letter_at(id, self.best_split(id)?)
    }

    /// Letter of the first pin of a candidate at a split.
    pub(super) fn pin_letter_at(&self, id: CandidateId, split: BoundaryId) -> Option<char> {
        let is_it = |pin: &Pinned| pin.candidate == id && pin.split.or_else(|| self.best_split(id)) == Some(split);
        letter(self.setup().pins().iter().position(is_it)?)
    }

    fn compared_pin(&self, evaluator: &Evaluator, (place, pin): (usize, &Pinned)) -> Option<Compared> {
        let candidate = self.catalogue().get(pin.candidate)?;
        let (split, design) = self.pinned(place)?;
        let accuracy = self.accuracy(&design);
        let shares = self.catalogue().measured_of(&design, evaluator.rates.sensors());
        Some(Compared {
            pin: letter(place)?,
            place,
            candidate: pin.candidate,
            macs: candidate.macs,
            weights: candidate.weights,
            evaluation: self.evaluate_split(evaluator, split, shares),
            accuracy,
            design,
            finetuned: None,
            split,
        })
    }

    /// A pinned design, and the same design with the weights of each run that has trained it alone.
    fn with_finetuned(&self, pinned: Compared) -> Vec<Compared> {
        let (evaluator, sensors) = (self.evaluator(), self.knobs().sensors);
        let all: Vec<&FinetunedDesign> = self.catalogue().measurements().finetuned(&pinned.design).collect();
        let finetuned = all.iter().map(|one| {
            let finetuned = Some(FinetunedWeights { run: one.run, kind: self.distinct_kind(one, &all) });
            let accuracy = self.catalogue().measurements().of_run(one.run).shown(&pinned.design, sensors);
            let one = Compared { accuracy, finetuned, ..pinned.clone() };
            let evaluation = self.evaluate_split(&evaluator, one.split, self.shares_of(&one, sensors));
            Compared { evaluation, ..one }
        });
        let finetuned: Vec<Compared> = finetuned.collect();
        [vec![pinned], finetuned].concat()
    }

    /// Kind of a training among all of one design: with the name of its run if it is not the only one, and with all of
    /// its path if that is not enough.
    fn distinct_kind(&self, one: &FinetunedDesign, all: &[&FinetunedDesign]) -> String {
        let path = |one: &FinetunedDesign| self.catalogue().measurements().run_name(one.run).to_owned();
        let name = |one: &FinetunedDesign| {
            let path = path(one);
            path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned()
        };
        let same_kind: Vec<&&FinetunedDesign> = all.iter().filter(|other| other.kind == one.kind).collect();
        if same_kind.len() < 2 {
            return one.kind.clone();
        }
        let same_name = same_kind.iter().filter(|other| name(other) == name(one)).count();
        format!("{}, {}", if same_name < 2 { name(one) } else { path(one) }, one.kind)
    }

    /// Cost of a pinned design with one knob at another value. Judged by what is known with the number of sensors of
    /// those knobs too.
    pub fn compared_at(&self, one: &Compared, knob: Knob, value: f64) -> Option<Evaluation> {
        if one.split >= self.catalogue().split_count() {
            return None;
        }
        let mut knobs = *self.knobs();
        knobs.set(knob, value);
        let evaluator = Evaluator::new(&knobs, self.evaluator().allowed);
        let shares = self.shares_of(one, evaluator.rates.sensors());
        Some(self.evaluate_split(&evaluator, one.split, shares))
    }

    /// Shares that a pinned design is judged by with a number of sensors.
    fn shares_of(&self, one: &Compared, sensors: u32) -> MeasuredShares {
        if one.finetuned.is_none() {
            return self.catalogue().measured_of(&one.design, sensors);
        }
        let accuracy = one.measurements(self).shown(&one.design, sensors).ranked_by();
        MeasuredShares { accuracy: accuracy.unwrap_or(f64::NAN), leak: f64::NAN }
    }

    /// Cost of a split, given by its index among all splits.
    fn evaluate_split(&self, evaluator: &Evaluator, split: usize, shares: MeasuredShares) -> Evaluation {
        let frame = self.catalogue().batch().frame_with(split, evaluator.rates.sensors());
        evaluator.evaluate_frame(&frame, shares)
    }

    /// Index of a pinned split among all splits, and its design.
    fn pinned(&self, index: usize) -> Option<(usize, Design)> {
        let pin = self.setup().pins().get(index)?;
        let split = pin.split.or_else(|| self.best_split(pin.candidate))?;
        let catalogue = self.catalogue();
        Some((catalogue.pool().split_at(pin.candidate, split)?, catalogue.design(pin.candidate, split)?))
    }
}
