//! Live search as a process on a run: measures what could win under limits that come as control messages, rests when
//! nothing is left that could, and wakes at the next ones. It ends when the user asks for it; or when nothing is left
//! and the program that started it is gone, so that nobody will tell it of others.

use super::RunDir;
use super::error::RunError;
use super::evaluator::{EvaluatorOptions, Proceeding, RunEvaluator};
use super::inbox::TABLE_INTERVAL;
use super::loading::LoadingProgress;
use super::searching::limits_changed;
use super::task_process::TaskProcess;
use crate::record::{Control, Event, LiveRecord, Precision, Subset};
use crate::search::{LiveProgress, LiveSearch, SearchProblem};

/// A live search at work on a run.
pub(crate) struct LiveRunner<'a> {
    process: &'a mut TaskProcess,
    evaluator: RunEvaluator,
    live: LiveSearch,
    /// Id of the last measurement on record that was taken in.
    last_row: i64,
    measured: usize,
    /// Progress that was recorded last.
    recorded: Option<LiveRecord>,
}

impl<'a> LiveRunner<'a> {
    /// Opens a trained run, takes its measurements in, and records the start. The weights are those of the start.
    /// `None` if the user asked to stop before the data were ready.
    ///
    /// # Errors
    /// The run is untrained, its data can't be read, or the database fails.
    pub(crate) fn new(
        run: &RunDir,
        problem: SearchProblem,
        (precision, seed): (Precision, u64),
        process: &'a mut TaskProcess,
        progress: LoadingProgress<'_>,
    ) -> Result<Option<Self>, RunError> {
        let opened = RunEvaluator::open_controlled(run, EvaluatorOptions::default(), process, progress)?;
        let Some(evaluator) = opened else { return Ok(None) };
        let evaluator = evaluator.with_precision(precision);
        let mut live = LiveSearch::new(problem, seed)?;
        let mut last_row = 0;
        live.take_known(&evaluator.measured_after(&mut last_row)?);
        process.emit_started("search --live", None)?;
        for warning in evaluator.warnings() {
            process.emit(Event::Warning { text: warning.clone() })?;
        }
        Ok(Some(Self { process, evaluator, live, last_row, measured: 0, recorded: None }))
    }

    /// Follows the limits until the user asks to stop, or until nothing is left once nobody is there any more.
    ///
    /// # Errors
    /// An accuracy can't be measured, or the database fails. The failure is recorded.
    pub(crate) fn run(&mut self) -> Result<(), RunError> {
        let result = self.follow();
        self.process.record_failure(result)
    }

    fn follow(&mut self) -> Result<(), RunError> {
        let mut is_idle = false;
        while !self.handle_controls(is_idle)? {
            is_idle = true;
            let contender = self.live.next_contender()?;
            self.record_progress(contender.is_none())?;
            let Some(contender) = contender else {
                if self.process.is_left_alone() {
                    let reason = "nothing is left to measure, and the program that started it has ended".to_owned();
                    return self.process.emit(Event::Finished { reason });
                }
                continue;
            };
            let views = self.live.problem().knobs.sensors;
            let key = self.evaluator.key(&contender.design, views, Subset::Validation);
            let rivals = self.live.rivals(&contender);
            // New limits make another design the most promising: it does not wait for this one. What fails here fails
            // again where the message is read.
            let mut proceeds = |process: &mut TaskProcess, correct, objects| match process.has_orders() {
                Ok(false) if rivals.leave_open(correct, objects) => Proceeding::GoOn,
                Ok(false) => Proceeding::End,
                Ok(true) | Err(_) => Proceeding::GiveUp,
            };
            // No record: the measurement was given up, or another process makes it.
            let Some(record) = self.evaluator.claim_while(&key, self.process, &mut proceeds)? else { continue };
            is_idle = false;
            self.measured += 1;
            if record.samples < self.evaluator.objects(Subset::Validation) as u64 {
                self.live.dismiss(&contender.design, record.accuracy, record.samples);
            } else {
                self.live.report(&contender.design, record.accuracy)?;
            }
        }
        self.process.emit(Event::Stopped { reason: format!("after {} measurements", self.measured) })
    }

    /// Applies the latest limits, which an idle search waits for a while. Returns `true` if the user has asked to stop.
    fn handle_controls(&mut self, is_idle: bool) -> Result<bool, RunError> {
        let controls = if is_idle { self.process.next_controls(TABLE_INTERVAL)? } else { self.process.controls()? };
        // Each message holds all limits, so that of quick moves only the last one counts.
        let latest = controls.iter().rev().find_map(|control| match control {
            Control::Limits(values) => Some(values),
            _ => None,
        });
        if let Some(values) = latest {
            self.live.take_known(&self.evaluator.measured_after(&mut self.last_row)?);
            let before = self.live.problem().knobs;
            match self.live.set_knobs(values) {
                Ok(()) => self.process.emit(limits_changed(&before, &self.live.problem().knobs))?,
                Err(error) => self.process.emit(Event::Warning { text: error.to_string() })?,
            }
        }
        Ok(controls.contains(&Control::Stop))
    }

    /// Records the progress, if it is another one than before.
    fn record_progress(&mut self, rests: bool) -> Result<(), RunError> {
        let LiveProgress { measured, contenders, best } = self.live.progress();
        let record = LiveRecord { measured: measured as u64, contenders: contenders as u64, best, rests };
        if self.recorded == Some(record) {
            return Ok(());
        }
        self.recorded = Some(record);
        self.process.emit(Event::Live(record))
    }
}
