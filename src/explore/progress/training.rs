//! Progress of a training: curves by role, measurements of watched designs, rate and events.

use std::collections::HashSet;

use super::{State, note};
use crate::record::{EvaluationRecord, Event, PreparingRecord, Role, StepRecord};

/// Rates kept for the small curve beside the rate.
const RATES: usize = 120;

/// Most points of a curve that are kept. Of more, every second step is left out, as often as needed: a screen shows
/// fewer, and the memory is bounded.
const MOST_POINTS: usize = 20_000;
/// Most measurements of watched designs that are kept, in the same way.
const MOST_EVALUATIONS: usize = 20_000;

/// Points of one role over the steps.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RoleCurves {
    /// Step and loss on the training batch.
    pub loss: Vec<(f64, f64)>,
    /// Step and accuracy on the training batch, 0 to 1.
    pub accuracy: Vec<(f64, f64)>,
}

/// Update of a training.
#[derive(Debug, Clone, PartialEq)]
pub enum TrainUpdate {
    /// The state of the child changed.
    State(State),
    /// The run directory that is followed.
    Run(String),
    /// An event of the training.
    Event(Event),
    /// A note.
    Note(String),
}

/// Progress of a training.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Training {
    /// State of the trainer.
    pub state: State,
    /// The run directory.
    pub run: Option<String>,
    /// Preparation of the samples; `None` after the first step.
    pub preparing: Option<PreparingRecord>,
    /// The last step.
    pub last: StepRecord,
    /// Images per second of the last steps.
    pub rates: Vec<f64>,
    /// Watched designs measured, in order.
    pub evaluations: Vec<EvaluationRecord>,
    /// Step of the last checkpoint.
    pub checkpoint: Option<u64>,
    /// Events as text, newest last.
    pub notes: Vec<String>,
    series: [RoleCurves; Role::ALL.len()],
    /// Steps of the curves are multiples of 2 to the power of this.
    thinned: u32,
}

impl Training {
    /// Points of a role.
    pub const fn series(&self, role: Role) -> &RoleCurves {
        &self.series[role as usize]
    }

    /// Returns `true` if one design is trained alone.
    pub fn trains_one_design(&self) -> bool {
        !self.series(Role::Design).loss.is_empty()
    }

    /// Share of the steps done.
    pub fn share(&self) -> f64 {
        if self.last.steps == 0 { 0.0 } else { (self.last.step as f64 / self.last.steps as f64).min(1.0) }
    }

    /// Step and measured accuracy of a role with that many views.
    pub fn measured(&self, role: Role, views: u32) -> impl Iterator<Item = (f64, f64)> {
        let matches = move |one: &&EvaluationRecord| one.role == Some(role) && one.views == views;
        self.evaluations.iter().filter(matches).map(|one| (one.step as f64, one.accuracy))
    }

    /// Numbers of views that watched designs were measured with, ascending.
    pub fn views(&self) -> Vec<u32> {
        let mut views: Vec<u32> = self.evaluations.iter().map(|one| one.views).collect();
        views.sort_unstable();
        views.dedup();
        views
    }

    /// Applies an update.
    pub(in crate::explore) fn update(&mut self, update: TrainUpdate) {
        match update {
            TrainUpdate::State(State::Starting) => *self = Self { state: State::Starting, ..Self::default() },
            TrainUpdate::State(state) => {
                if let State::Failed(why) = &state {
                    note(&mut self.notes, format!("failed: {why}"));
                }
                self.state = state;
            }
            TrainUpdate::Run(run) => self.run = Some(run),
            TrainUpdate::Event(event) => self.event(event),
            TrainUpdate::Note(text) => note(&mut self.notes, text),
        }
    }

    /// Applies an event that screens show as curves and figures, and notes those worth a line.
    fn event(&mut self, event: Event) {
        let noted = matches!(event, Event::Checkpoint { best: true, .. } | Event::RolledBack { .. });
        if noted && let Some(text) = event.sentence() {
            note(&mut self.notes, text);
        }
        match event {
            Event::Preparing(preparing) => self.preparing = Some(preparing),
            Event::Step(step) => self.step(step),
            Event::Evaluated(evaluated) => self.evaluated(evaluated),
            Event::Checkpoint { step, .. } => self.checkpoint = Some(step),
            Event::RolledBack { to, .. } => self.roll_back(to),
            _ => {}
        }
    }

    fn step(&mut self, step: StepRecord) {
        self.preparing = None;
        if self.is_kept(step.step) {
            self.add_points(&step);
        }
        if self.rates.len() == RATES {
            self.rates.remove(0);
        }
        self.rates.push(step.images_per_s);
        self.last = step;
    }

    fn is_kept(&self, step: u64) -> bool {
        step.trailing_zeros() >= self.thinned
    }

    fn add_points(&mut self, step: &StepRecord) {
        let at = step.step as f64;
        for &(role, loss) in &step.losses {
            self.series[role as usize].loss.push((at, loss));
        }
        for &(role, accuracy) in &step.accuracies {
            self.series[role as usize].accuracy.push((at, accuracy));
        }
        let most = |series: &RoleCurves| series.loss.len().max(series.accuracy.len());
        while self.series.iter().map(most).max() > Some(MOST_POINTS) && self.thinned < u64::BITS {
            self.thinned += 1;
            let thinned = self.thinned;
            for series in &mut self.series {
                series.loss.retain(|(step, _)| (*step as u64).trailing_zeros() >= thinned);
                series.accuracy.retain(|(step, _)| (*step as u64).trailing_zeros() >= thinned);
            }
        }
    }

    fn evaluated(&mut self, evaluated: EvaluationRecord) {
        self.evaluations.push(evaluated);
        if self.evaluations.len() <= MOST_EVALUATIONS {
            return;
        }
        let mut steps: Vec<u64> = self.evaluations.iter().map(|one| one.step).collect();
        steps.dedup();
        let left_out: HashSet<u64> = steps.iter().rev().skip(1).step_by(2).copied().collect();
        self.evaluations.retain(|one| !left_out.contains(&one.step));
        // Of more than that at a single step, the newest.
        let excess = self.evaluations.len().saturating_sub(MOST_EVALUATIONS);
        self.evaluations.drain(..excess);
    }

    /// Removes samples and measurements after the step gone back to.
    fn roll_back(&mut self, to: u64) {
        for series in &mut self.series {
            series.loss.retain(|(step, _)| *step <= to as f64);
            series.accuracy.retain(|(step, _)| *step <= to as f64);
        }
        self.evaluations.retain(|one| one.step <= to);
        self.last.step = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Precision;

    fn step(step: u64) -> TrainUpdate {
        let losses = vec![(Role::Largest, 2.0 / step as f64), (Role::Random, f64::NAN)];
        TrainUpdate::Event(Event::Step(StepRecord {
            step,
            steps: 10,
            losses,
            images_per_s: 100.0,
            ..StepRecord::default()
        }))
    }

    #[test]
    fn a_training_of_any_length_keeps_few_points_and_what_is_last() {
        let mut training = Training::default();
        let steps = 100_001;
        (1..=steps).map(step).for_each(|update| training.update(update));
        let loss = &training.series(Role::Largest).loss;
        assert!((MOST_POINTS / 2..=MOST_POINTS).contains(&loss.len()), "{}", loss.len());
        assert_eq!((loss[0].0, loss[1].0), (8.0, 16.0));
        assert_eq!(training.last.step, steps);
        for at in 1..=2 * MOST_EVALUATIONS as u64 {
            let evaluated = EvaluationRecord {
                role: None,
                design: "d".into(),
                views: 6,
                precision: Precision::Float,
                accuracy: 0.5,
                samples: 100,
                step: at / 4,
            };
            training.update(TrainUpdate::Event(Event::Evaluated(evaluated)));
        }
        assert!((MOST_EVALUATIONS / 2..=MOST_EVALUATIONS).contains(&training.evaluations.len()));
        assert_eq!(training.evaluations.last().map(|one| one.step), Some(MOST_EVALUATIONS as u64 / 2));
    }

    #[test]
    fn a_training_grows_and_forgets_what_was_rolled_back() {
        let mut training = Training::default();
        training.update(TrainUpdate::State(State::Running));
        let preparing = PreparingRecord { done: 20, total: 80, left_s: 2.0 };
        training.update(TrainUpdate::Event(Event::Preparing(preparing)));
        assert_eq!(training.preparing, Some(preparing));
        (1..=6).map(step).for_each(|update| training.update(update));
        let evaluated = |step, accuracy| EvaluationRecord {
            role: Some(Role::Largest),
            design: "d".into(),
            views: 6,
            precision: Precision::Float,
            accuracy,
            samples: 100,
            step,
        };
        training.update(TrainUpdate::Event(Event::Evaluated(evaluated(3, 0.5))));
        training.update(TrainUpdate::Event(Event::Evaluated(evaluated(6, 0.1))));
        assert_eq!((training.preparing, training.series(Role::Largest).loss.len()), (None, 6));
        training.update(TrainUpdate::Event(Event::RolledBack { from: 6, to: 4, text: "loss is NaN".into() }));
        assert_eq!(training.series(Role::Largest).loss.len(), 4);
        assert_eq!(training.measured(Role::Largest, 6).collect::<Vec<_>>(), [(3.0, 0.5)]);
        assert!((training.share() - 0.4).abs() < 1e-12);
        assert_eq!(training.notes.last().map(String::as_str), Some("step 6: loss is NaN; back to step 4"));
        training.update(TrainUpdate::State(State::Starting));
        assert_eq!(training, Training { state: State::Starting, ..Training::default() });
    }
}
