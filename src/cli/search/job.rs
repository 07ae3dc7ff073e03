//! A search as a process on a run: it does what it is told, keeps to its budgets, tells what happens, and lets workers help.
//!
//! What is to be measured is wished for in the run's database. The search measures the wishes itself, one after the other,
//! and any worker that is there takes the next one. As many designs are asked for ahead as processes are measuring, so a
//! search alone proceeds one by one and replays from its seed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::hunt::{Hunt, Next, Scope, Wanted};
use super::meter::{Found, Known, Meter};
use super::terms::Terms;
use super::{Arguments, CLAIM, worker};
use crate::cli::progress::Log;
use crate::cli::{Answer, space_genes, steer};
use crate::quantity::Knob;
use crate::record::{Control, Event, GenerationRecord, GenerationSeconds, MeasurementKey, OperatorRecord, Task};
use crate::run::{Inbox, Ownership, RunDir};
use crate::search::{Generation, Operator, StopRule};

/// How long a search waits before it looks again for what its workers are measuring.
const GLANCE: Duration = Duration::from_millis(50);
/// Measurements after which the predictor's error is told again.
const TELL_EVERY: usize = 10;

/// A design that is wished for.
struct Open {
    wanted: Wanted,
    key: MeasurementKey,
}

/// See the module's description.
pub(super) struct Job {
    log: Log,
    owner: Ownership,
    inbox: Inbox,
    terms: Terms,
    meter: Meter,
    known: Known,
    open: Vec<Open>,
    /// Measurements to make at most, and made.
    budget: usize,
    spent: usize,
    /// Generations told.
    told: usize,
    /// No design meets the present limits: there is nothing to do until they move.
    waiting: bool,
    started: Instant,
    helpers: Vec<worker::Helper>,
}

impl Job {
    pub(super) fn new(run: &RunDir, arguments: &Arguments, owner: Ownership) -> Result<Self> {
        let limits = arguments.limits.as_deref();
        let terms = Terms::new(run.manifest(), arguments.objectives.clone(), arguments.sensors, limits)?;
        let mut inbox = Inbox::of(&owner)?;
        inbox.catch_signals().context("signals can't be caught")?;
        let meter = Meter::open(run)?;
        meter.store.dequeue_all()?;
        let mut job = Self {
            log: Log::new(Task::Search, arguments.json),
            owner,
            inbox,
            terms,
            meter,
            known: Known::new(),
            open: Vec::new(),
            budget: arguments.evaluations,
            spent: 0,
            told: 0,
            waiting: false,
            started: Instant::now(),
            helpers: Vec::new(),
        };
        job.tell(Event::Started { command: "search".into(), pid: std::process::id(), resumed_from_step: None })?;
        job.helpers = worker::start(run, arguments.workers)?;
        Ok(job)
    }

    pub(super) fn tell(&mut self, event: Event) -> Result<()> {
        self.log.print(&event);
        self.meter.store.append(Task::Search, &event)?;
        Ok(())
    }

    pub(super) fn work(&mut self, arguments: &Arguments) -> Result<Answer> {
        if let Some(reason) = self.terms.hopeless()? {
            self.tell(Event::Warning { text: reason })?;
            self.tell(Event::Stopped { reason: "no design meets the limits".into() })?;
            return Ok(Answer::No);
        }
        if let Some(survey) = self.terms.survey() {
            self.log.note(&survey.count_feasible(&self.terms.knobs).to_string());
        }
        let mut hunt = self.begin(arguments)?;
        let end = self.until_over(&mut hunt, arguments)?;
        self.meter.store.dequeue_all()?;
        self.tell_generations(&hunt)?;
        for event in hunt.screening.standing() {
            self.tell(event)?;
        }
        self.tell(end)?;
        self.print_front(&hunt);
        Ok(Answer::Yes)
    }

    fn begin(&mut self, arguments: &Arguments) -> Result<Hunt> {
        // A search on costs alone measures nothing: its budget is one of designs looked at.
        let evaluations = (!self.terms.needs_accuracy()).then_some(arguments.evaluations);
        let stop = StopRule { evaluations, ..arguments.stop() };
        let synflow = Some(self.meter.synflow());
        let mut hunt = Hunt::new(&self.terms, Scope::Free, self.budget, arguments.seed, stop, synflow)?;
        // With other numbers of views too: the predictor has a feature for them.
        hunt.screening.recall(&self.terms, &self.meter.measured()?)?;
        self.known = self.recall()?;
        hunt.adopt(&self.terms, &self.known)?;
        Ok(hunt)
    }

    /// Accuracies of these weights with the present number of sensors.
    fn recall(&self) -> Result<Known> {
        let own = |row: &(_, u32, f64)| row.1 == self.terms.knobs.sensors;
        Ok(self.meter.measured()?.into_iter().filter(own).map(|(design, _, accuracy)| (design, accuracy)).collect())
    }

    fn until_over(&mut self, hunt: &mut Hunt, arguments: &Arguments) -> Result<Event> {
        loop {
            if self.obey(hunt)? {
                self.give_back(hunt)?;
                return Ok(Event::Stopped { reason: format!("after {} measurements", self.spent) });
            }
            let elapsed = self.started.elapsed().as_secs_f64();
            let late = arguments.seconds.is_some_and(|seconds| elapsed >= seconds);
            let over = if late {
                self.give_back(hunt)?;
                Some(format!(
                    "the {} s are over, {} designs are measured",
                    arguments.seconds.unwrap_or(0.0),
                    self.spent
                ))
            } else if self.waiting {
                None
            } else {
                self.ask(hunt)?
            };
            if let Some(reason) = over.filter(|_| self.open.is_empty()) {
                return Ok(Event::Finished { reason });
            }
            if !self.measure_one(hunt)? {
                // Everything open is with the workers, or nothing may be measured.
                std::thread::sleep(GLANCE);
            }
            self.tell_generations(hunt)?;
        }
    }

    /// Asks for designs until every process that measures has one; says why there is nothing more to ask for.
    fn ask(&mut self, hunt: &mut Hunt) -> Result<Option<String>> {
        let (width, budget) = (self.measuring()?, self.budget);
        while self.open.len() < width {
            if self.spent + self.open.len() >= budget && self.terms.needs_accuracy() {
                return Ok(Some(format!("{budget} designs are measured")));
            }
            match hunt.next(&self.terms, &self.known)? {
                Next::Over(reason) => return Ok(Some(reason)),
                Next::Measure(wanted) => {
                    let key = self.meter.key(&wanted.design, self.terms.knobs.sensors);
                    if width > 1 {
                        self.meter.store.enqueue(&key)?;
                    }
                    self.open.push(Open { wanted, key });
                }
            }
        }
        Ok(None)
    }

    /// Processes that measure: this one and its workers.
    fn measuring(&self) -> Result<usize> {
        Ok(1 + self.meter.store.workers(CLAIM)?)
    }

    /// Settles one open design: one that a worker has measured, or one measured here. False if others are at all of them.
    fn measure_one(&mut self, hunt: &mut Hunt) -> Result<bool> {
        for at in 0..self.open.len() {
            if let Some(found) = self.meter.store.measurement(&self.open[at].key)? {
                self.settle(hunt, at, found.value.accuracy)?;
                return Ok(true);
            }
        }
        for at in 0..self.open.len() {
            let (log, store) = (&mut self.log, &self.meter.store);
            let mut tell = |event: Event| {
                log.print(&event);
                store.append(Task::Search, &event)?;
                Ok(())
            };
            if let Found::Accuracy(accuracy) = self.meter.find(&self.open[at].key, &mut tell)? {
                self.settle(hunt, at, accuracy)?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn settle(&mut self, hunt: &mut Hunt, at: usize, accuracy: f64) -> Result<()> {
        let Open { wanted, .. } = self.open.remove(at);
        self.spent += 1;
        self.known.insert(wanted.design.clone(), accuracy);
        let bred = hunt.settle(&self.terms, &wanted, accuracy)?;
        self.tell(Event::Child(bred))?;
        if self.spent.is_multiple_of(TELL_EVERY) {
            for event in hunt.screening.standing() {
                self.tell(event)?;
            }
        }
        Ok(())
    }

    /// Takes back what is open.
    fn give_back(&mut self, hunt: &mut Hunt) -> Result<()> {
        for Open { wanted, key } in std::mem::take(&mut self.open) {
            hunt.withdraw(&wanted)?;
            self.meter.store.dequeue(&key)?;
        }
        Ok(())
    }

    /// Does what the user asks. Says whether to stop.
    fn obey(&mut self, hunt: &mut Hunt) -> Result<bool> {
        let (log, store) = (&mut self.log, &self.meter.store);
        let orders = steer::orders(&mut self.inbox, &self.owner, &mut |event| {
            log.print(&event);
            store.append(Task::Search, &event)?;
            Ok(())
        })?;
        for order in &orders {
            if let Control::Limits(values) = order {
                self.change_limits(hunt, values)?;
            }
        }
        Ok(orders.contains(&Control::Stop))
    }

    /// Judges everything evaluated anew and goes on.
    fn change_limits(&mut self, hunt: &mut Hunt, values: &BTreeMap<String, f64>) -> Result<()> {
        if let Err(error) = self.terms.move_knobs(values) {
            return self.tell(Event::Warning { text: crate::cli::sentence(&error) });
        }
        self.give_back(hunt)?;
        self.known = self.recall()?;
        hunt.reassess(&self.terms, &self.known)?;
        let shown = |(name, &value): (&String, &f64)| {
            Knob::named(name).ok().map(|knob| format!("{name} {}", knob.format(value)))
        };
        let text = values.iter().filter_map(shown).collect::<Vec<_>>().join(", ");
        self.tell(Event::LimitsChanged { text })?;
        let hopeless = self.terms.hopeless()?;
        self.waiting = hopeless.is_some();
        hopeless.map_or(Ok(()), |reason| {
            self.tell(Event::Warning { text: format!("{reason}; the search waits for other limits") })
        })
    }

    fn tell_generations(&mut self, hunt: &Hunt) -> Result<()> {
        let new: Vec<Event> =
            hunt.search.generations()[self.told..].iter().map(|one| self.generation(one, hunt)).collect();
        self.told += new.len();
        new.into_iter().try_for_each(|event| self.tell(event))
    }

    /// Objectives have unlike units, so the hypervolume is told as its share of the box between nothing and the corner.
    fn generation(&self, generation: &Generation, hunt: &Hunt) -> Event {
        let corner = hunt.search.reference().unwrap_or_default();
        let whole: f64 = corner[..self.terms.objectives.len()].iter().product();
        let operators = Operator::ALL.into_iter().map(|operator| (operator, generation.operators.get(operator)));
        let used = operators.filter(|(_, tally)| tally.evaluated > 0);
        Event::Generation(GenerationRecord {
            generation: generation.index as u32,
            evaluations: generation.evaluations as u64,
            hypervolume: if whole > 0.0 { generation.hypervolume / whole } else { 0.0 },
            front: generation.front_size as u32,
            cache_hits: generation.duplicates_avoided as u64,
            budget: self.budget as u64,
            reassessments: generation.reassessments as u32,
            operators: used
                .map(|(operator, tally)| OperatorRecord {
                    operator,
                    evaluated: tally.evaluated as u64,
                    successes: tally.successes as u64,
                })
                .collect(),
            seconds: self.started.elapsed().as_secs_f64(),
            parts: GenerationSeconds::default(),
        })
    }

    fn print_front(&mut self, hunt: &Hunt) {
        for entry in hunt.search.archive().front() {
            let design = space_genes::decode(&self.terms.space, &entry.genes);
            let shown = self.terms.show(&entry.outcome.objectives);
            self.log.note(&format!("front: {shown}  {}", self.terms.space.print_design(&design)));
        }
    }
}
