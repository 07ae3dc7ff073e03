//! Search as a process on a run: handles control messages, keeps budgets, records events, serves requests to workers.
//!
//! Measurements are requested in the run's database when workers are there. The search measures requests itself, one
//! after the other, and any worker takes the next one. It asks for as many candidates ahead as processes are measuring,
//! so a search alone proceeds one by one and replays from its seed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::RunDir;
use super::error::RunError;
use super::evaluator::{CLAIM_TTL, EvaluatorOptions, RunEvaluator};
use super::loading::LoadingProgress;
use super::store::DatabaseState;
use super::task_process::TaskProcess;
use super::worker::{WorkerProcess, start_workers};
use crate::cost::Knobs;
use crate::quantity::Knob;
use crate::record::{ChildRecord, Control, Event, GenerationSeconds, Measurement, MeasurementKey, Precision, Subset};
use crate::search::{CandidateReport, NextCandidate, SearchCandidate, SearchDriver, SearchOptions, SearchProblem};

mod records;

/// Time between two looks for the measurements of workers.
pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// Measurements between two records of the predictor's quality.
const QUALITY_INTERVAL: usize = 10;

/// Options of a search on a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunSearchOptions {
    /// Budget, seed, stop rule and scope.
    pub search: SearchOptions,
    /// Seconds at most; `None` for no limit.
    pub max_seconds: Option<f64>,
    /// Worker processes to start.
    pub workers: usize,
    /// Precision of the accuracies.
    pub precision: Precision,
}

/// A candidate that is being measured.
struct OpenCandidate {
    candidate: SearchCandidate,
    key: MeasurementKey,
    /// Its measurement, once it is on record.
    measured: Option<Measurement>,
}

/// A search at work on a run.
pub(crate) struct SearchRunner<'a> {
    process: &'a mut TaskProcess,
    evaluator: RunEvaluator,
    driver: SearchDriver,
    options: RunSearchOptions,
    open: Vec<OpenCandidate>,
    /// `true` once a worker has come: from then on all candidates are requested.
    has_workers: bool,
    /// State of the database in which the measurements on record were looked at.
    looked: Option<DatabaseState>,
    /// Id of the last of them.
    last_row: i64,
    recorded_generations: usize,
    parts: GenerationSeconds,
    /// Designs measured after their accuracy was predicted.
    predicted: u64,
    /// Those of them whose accuracy lay within the interval.
    within: u64,
    /// `true` while no design is feasible: there is nothing to do until the limits change.
    waiting_for_limits: bool,
    started: Instant,
    _workers: Vec<WorkerProcess>,
}

impl<'a> SearchRunner<'a> {
    /// Opens a trained run, takes its measurements in, records the start and starts the workers. `None` if the user
    /// asked to stop before the data were ready.
    ///
    /// # Errors
    /// The run is untrained, its data can't be read, or the database fails.
    pub(crate) fn new(
        run: &RunDir,
        problem: SearchProblem,
        options: RunSearchOptions,
        process: &'a mut TaskProcess,
        progress: LoadingProgress<'_>,
    ) -> Result<Option<Self>, RunError> {
        let opened = RunEvaluator::open_controlled(run, EvaluatorOptions::default(), process, progress)?;
        let Some(evaluator) = opened else { return Ok(None) };
        let mut evaluator = evaluator.with_precision(options.precision);
        evaluator.store().dequeue_all()?;
        if evaluator.pin_weights().is_err() {
            // Training has deleted that checkpoint since it was loaded.
            evaluator.refresh()?;
            evaluator.pin_weights()?;
        }
        let driver = SearchDriver::new(problem, options.search, Some(evaluator.synflow()))?;
        process.emit_started("search", None)?;
        for warning in evaluator.warnings() {
            process.emit(Event::Warning { text: warning.clone() })?;
        }
        Ok(Some(Self {
            process,
            evaluator,
            driver,
            options,
            open: Vec::new(),
            has_workers: false,
            looked: None,
            last_row: 0,
            recorded_generations: 0,
            parts: GenerationSeconds::default(),
            predicted: 0,
            within: 0,
            waiting_for_limits: false,
            started: Instant::now(),
            _workers: start_workers(run, options.workers)?,
        }))
    }

    /// Number of designs with an accuracy on record that the search begins with; its budget comes on top of them.
    ///
    /// # Errors
    /// The database fails.
    pub(crate) fn known(&self) -> Result<usize, RunError> {
        Ok(self.evaluator.measured()?.len())
    }

    /// The driver with its front.
    pub(crate) fn driver(&self) -> &SearchDriver {
        &self.driver
    }

    /// Searches until a budget is spent, nothing is gained, or the user asks to stop. Returns `false` if no design of
    /// the space is feasible.
    ///
    /// # Errors
    /// An accuracy can't be measured, or the database fails. The failure is recorded.
    pub(crate) fn run(&mut self) -> Result<bool, RunError> {
        let result = self.search();
        if let Err(error) = self.evaluator.unpin_weights() {
            // All measurements are on record: only room on the disk is lost, and the next search unpins again.
            let text = format!("the weights stay pinned: {}", error.sentence());
            let _ = self.process.emit(Event::Warning { text });
        }
        self.process.record_failure(result)
    }

    fn search(&mut self) -> Result<bool, RunError> {
        if let Some(text) = self.driver.problem().infeasibility_reason()? {
            self.process.emit(Event::Warning { text })?;
            self.process.emit(Event::Stopped { reason: "no design meets the limits".into() })?;
            return Ok(false);
        }
        self.take_known_leaks()?;
        self.driver.warm_start(&self.evaluator.measured()?)?;
        let end = self.search_until_over()?;
        self.evaluator.store().dequeue_all()?;
        self.record_generations()?;
        self.record_predictors()?;
        self.process.emit(end)?;
        Ok(true)
    }

    fn search_until_over(&mut self) -> Result<Event, RunError> {
        loop {
            if self.handle_controls()? {
                self.withdraw_open()?;
                return Ok(Event::Stopped { reason: format!("after {} measurements", self.driver.measured()) });
            }
            let over = self.request_candidates()?;
            if let Some(reason) = over
                && self.open.is_empty()
            {
                return Ok(Event::Finished { reason });
            }
            if !self.take_result()? {
                // All open candidates are with workers, or nothing may be measured.
                let started = Instant::now();
                self.evaluator.store().wait(POLL_INTERVAL)?;
                self.parts.wait += started.elapsed().as_secs_f64();
            }
            self.record_generations()?;
        }
    }

    /// Asks for candidates until every measuring process has one. Returns the reason if there is nothing more to ask
    /// for.
    fn request_candidates(&mut self) -> Result<Option<String>, RunError> {
        if let Some(seconds) = self.options.max_seconds
            && self.started.elapsed().as_secs_f64() >= seconds
        {
            self.withdraw_open()?;
            let measured = self.driver.measured();
            return Ok(Some(format!("the {seconds} s are over, {measured} designs are measured")));
        }
        if self.waiting_for_limits {
            return Ok(None);
        }
        let started = Instant::now();
        let processes = 1 + self.evaluator.store().workers(CLAIM_TTL)?;
        if processes > 1 && !self.has_workers {
            self.has_workers = true;
            self.open.iter().try_for_each(|open| self.evaluator.store().enqueue(&open.key))?;
        }
        let mut over = None;
        while self.open.len() < processes && over.is_none() {
            match self.driver.next_candidate()? {
                NextCandidate::Over(reason) => over = Some(reason),
                NextCandidate::Measure(candidate) => {
                    let views = self.driver.problem().knobs.sensors;
                    let key = self.evaluator.key(&candidate.design, views, Subset::Validation);
                    let measured = self.evaluator.store().measurement(&key)?.map(|row| row.value);
                    if self.has_workers {
                        self.evaluator.store().enqueue(&key)?;
                    }
                    self.open.push(OpenCandidate { candidate, key, measured });
                }
            }
        }
        self.parts.propose += started.elapsed().as_secs_f64();
        Ok(over)
    }

    /// Takes the result of one open candidate in: one that a worker has measured, or one that is measured here. Returns
    /// `false` if all are claimed by others, or the user has asked to stop.
    fn take_result(&mut self) -> Result<bool, RunError> {
        // Many machines are asked about often: without changes there is nothing to ask.
        let state = self.evaluator.store().state()?;
        if self.looked != Some(state) {
            self.take_in_rows()?;
            self.looked = Some(state);
        }
        if let Some((index, accuracy)) = self.open.iter().enumerate().find_map(|(index, open)| {
            let found = open.measured.as_ref()?;
            self.evaluator.is_complete(found).then_some((index, found.accuracy))
        }) {
            self.report(index, accuracy)?;
            return Ok(true);
        }
        for index in 0..self.open.len() {
            // Workers take no request of which something is on record: a live search has ended that measurement early.
            if self.has_workers && self.open[index].measured.is_none() {
                continue;
            }
            let started = Instant::now();
            let accuracy = self.evaluator.claim_accuracy(&self.open[index].key, self.process)?;
            self.parts.measure += started.elapsed().as_secs_f64();
            if let Some(accuracy) = accuracy {
                self.report(index, accuracy)?;
                return Ok(true);
            }
            if self.process.is_told_to_stop()? {
                return Ok(false);
            }
        }
        if self.has_workers { self.measure_request() } else { Ok(false) }
    }

    /// Takes in what was recorded since the last call, by one question however many candidates are open.
    fn take_in_rows(&mut self) -> Result<(), RunError> {
        for row in self.evaluator.store().measurements_after(self.last_row, usize::MAX)? {
            self.last_row = row.id;
            if let Some(open) = self.open.iter_mut().find(|open| open.key == row.value.key) {
                open.measured = Some(row.value);
            }
        }
        Ok(())
    }

    /// Measures the next request that no worker has claimed. Returns `false` if there is none, or the user has asked to
    /// stop.
    fn measure_request(&mut self) -> Result<bool, RunError> {
        let step = self.evaluator.step();
        let Some(key) = self.evaluator.store().claim_request(step, CLAIM_TTL)? else { return Ok(false) };
        let started = Instant::now();
        let accuracy = self.evaluator.measure_claimed(&key, self.process)?;
        self.parts.measure += started.elapsed().as_secs_f64();
        let Some(accuracy) = accuracy else { return Ok(false) };
        if let Some(index) = self.open.iter().position(|open| open.key == key) {
            self.report(index, accuracy)?;
        }
        Ok(true)
    }

    fn report(&mut self, index: usize, accuracy: f64) -> Result<(), RunError> {
        if self.driver.problem().needs_leak() {
            self.measure_leak(index)?;
        }
        let OpenCandidate { candidate, key, .. } = self.open.remove(index);
        let started = Instant::now();
        let CandidateReport { operator, parents, on_front } = self.driver.report(&candidate, accuracy)?;
        self.parts.learn += started.elapsed().as_secs_f64();
        let space = &self.driver.problem().space;
        let parents = parents.iter().map(|parent| space.print_design(parent)).collect();
        if let Some(predicted) = candidate.predicted {
            self.predicted += 1;
            self.within += u64::from((predicted.low..=predicted.high).contains(&accuracy));
        }
        let child = ChildRecord {
            design: key.design,
            views: key.views,
            operator,
            parents,
            predicted: candidate.predicted.map(|predicted| predicted.value),
            predicted_low: candidate.predicted.map(|predicted| predicted.low),
            predicted_high: candidate.predicted.map(|predicted| predicted.high),
            accuracy,
            front: on_front,
        };
        self.process.emit(Event::Child(child))?;
        if self.driver.measured().is_multiple_of(QUALITY_INTERVAL) {
            self.record_predictors()?;
        }
        Ok(())
    }

    /// Measures the leak of an open candidate, here: attackers need the threads that workers leave.
    fn measure_leak(&mut self, index: usize) -> Result<(), RunError> {
        let OpenCandidate { candidate, key, .. } = &self.open[index];
        let started = Instant::now();
        let key = self.evaluator.key(&candidate.design, key.views, Subset::Test);
        let leak = self.evaluator.leak(&key, false)?;
        self.driver.add_leak(&candidate.design, key.views, leak.figures.leak);
        self.parts.measure += started.elapsed().as_secs_f64();
        Ok(())
    }

    /// Takes in the leaks that are on record for the weights and the precision of the search.
    fn take_known_leaks(&mut self) -> Result<(), RunError> {
        let (step, precision) = (self.evaluator.step(), self.options.precision);
        let fits = |key: &MeasurementKey| (key.step, key.subset, key.precision) == (step, Subset::Test, precision);
        let known = self.evaluator.store().leaks_after(0, usize::MAX)?.into_iter().map(|stored| stored.value);
        for leak in known.filter(|leak| fits(&leak.key)) {
            if let Ok(design) = self.driver.problem().space.parse_design(&leak.key.design) {
                self.driver.add_leak(&design, leak.key.views, leak.figures.leak);
            }
        }
        Ok(())
    }

    /// Withdraws all open candidates.
    fn withdraw_open(&mut self) -> Result<(), RunError> {
        for OpenCandidate { candidate, key, .. } in std::mem::take(&mut self.open) {
            self.driver.withdraw(candidate)?;
            self.evaluator.store().dequeue(&key)?;
        }
        Ok(())
    }

    /// Applies new limits. Returns `true` if the user has asked to stop.
    fn handle_controls(&mut self) -> Result<bool, RunError> {
        let controls = self.process.controls()?;
        for control in &controls {
            if let Control::Limits(values) = control {
                self.change_limits(values)?;
            }
        }
        Ok(controls.contains(&Control::Stop))
    }

    /// Assesses everything again under other limits.
    fn change_limits(&mut self, values: &BTreeMap<String, f64>) -> Result<(), RunError> {
        if let Err(error) = self.driver.problem().clone().set_knobs(values) {
            return self.process.emit(Event::Warning { text: error.to_string() });
        }
        self.withdraw_open()?;
        self.driver.warm_start(&self.evaluator.measured()?)?;
        let before = self.driver.problem().knobs;
        self.driver.set_knobs(values)?;
        self.process.emit(limits_changed(&before, &self.driver.problem().knobs))?;
        for text in Knob::renamed_among(values.keys().map(String::as_str)) {
            self.process.emit(Event::Warning { text })?;
        }
        let reason = self.driver.problem().infeasibility_reason()?;
        self.waiting_for_limits = reason.is_some();
        match reason {
            Some(reason) => {
                self.process.emit(Event::Warning { text: format!("{reason}; the search waits for other limits") })
            }
            None => Ok(()),
        }
    }
}

/// Event that tells which knobs are others than before.
pub(super) fn limits_changed(before: &Knobs, now: &Knobs) -> Event {
    let moved = |knob: &Knob| before.get(*knob).total_cmp(&now.get(*knob)).is_ne();
    let shown = |knob: Knob| match now.limited(knob) {
        Some(value) => format!("{} {}", knob.name(), knob.format(value)),
        None => format!("no {}", knob.label()),
    };
    let shown: Vec<String> = Knob::ALL.into_iter().filter(moved).map(shown).collect();
    Event::LimitsChanged { text: if shown.is_empty() { "as before".to_owned() } else { shown.join(", ") } }
}

#[cfg(test)]
mod tests;
