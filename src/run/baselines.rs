//! Comparison of the joint search with its baselines on a run.

use super::error::RunError;
use super::evaluator::RunEvaluator;
use super::searching::POLL_INTERVAL;
use super::task_process::TaskProcess;
use crate::record::{Event, Subset};
use crate::search::baselines::{BaselineOutcome, BaselineStudy};
use crate::search::{AccuracyError, AccuracySource, SearchProblem};
use crate::space::Design;

/// Accuracies measured on a run under control messages.
struct RunAccuracies<'a> {
    evaluator: &'a RunEvaluator,
    process: &'a mut TaskProcess,
}

impl RunAccuracies<'_> {
    fn measured(&mut self, design: &Design, views: u32, subset: Subset) -> Result<f64, RunError> {
        let key = self.evaluator.key(design, views, subset);
        loop {
            if self.process.should_stop()? {
                return Err(RunError::StoppedOnRequest);
            }
            if let Some(accuracy) = self.evaluator.claim_accuracy(&key, self.process)? {
                return Ok(accuracy);
            }
            self.evaluator.store().wait(POLL_INTERVAL)?;
        }
    }
}

impl AccuracySource for RunAccuracies<'_> {
    fn accuracy(&mut self, design: &Design, views: u32) -> Result<f64, AccuracyError> {
        Ok(self.measured(design, views, Subset::Validation)?)
    }

    fn test_accuracy(&mut self, design: &Design, views: u32) -> Result<f64, AccuracyError> {
        Ok(self.measured(design, views, Subset::Test)?)
    }
}

/// Compares the joint search with its baselines on a trained run, each with `budget` measurements. Each outcome is
/// passed to `progress` as soon as it is known. The start, a failure and a stop are recorded; the end is the caller's
/// to record.
///
/// # Errors
/// An accuracy can't be measured, the user asked to stop, or the database fails.
pub(crate) fn compare_baselines(
    evaluator: &RunEvaluator,
    problem: &SearchProblem,
    (budget, seed): (usize, u64),
    process: &mut TaskProcess,
    progress: &mut dyn FnMut(&BaselineOutcome),
) -> Result<Vec<BaselineOutcome>, RunError> {
    process.emit_started("search --baselines", None)?;
    for warning in evaluator.warnings() {
        process.emit(Event::Warning { text: warning.clone() })?;
    }
    let mut source = RunAccuracies { evaluator, process };
    let study = BaselineStudy::new(problem.clone(), &mut source, Some(evaluator.synflow()), budget, seed);
    match study.run(progress).map_err(RunError::from) {
        Err(stopped @ RunError::StoppedOnRequest) => {
            process.emit(Event::Stopped { reason: "on request".into() })?;
            Err(stopped)
        }
        outcomes => process.record_failure(outcomes),
    }
}

#[cfg(test)]
mod tests {
    use crate::record::{Control, Event, Task};
    use crate::run::tests::small_run::{process, trained};
    use crate::run::{EvaluatorOptions, RunEvaluator};

    #[test]
    fn a_request_to_stop_is_heard_before_the_data_are_ready() {
        let (_folder, run) = trained();
        let (mut process, events) = process(&run, Task::Search, |_| {});
        run.store().unwrap().send(Task::Search, &Control::Stop).unwrap();
        let opened = RunEvaluator::open_controlled(&run, EvaluatorOptions::default(), &mut process, &|_, _| {});
        assert!(opened.unwrap().is_none());
        let [Event::Stopped { reason }] = &events.borrow()[..] else { panic!("{events:?}") };
        assert_eq!(reason, "before the data were ready");
    }
}
