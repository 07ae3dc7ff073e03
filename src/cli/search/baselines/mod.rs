//! `splitscope search --baselines`: does searching architecture, split and fusion together pay? Simpler methods and the joint
//! search, on the same weights, data, costs and limits, each with the same number of evaluations.
//!
//! A method picks by accuracy on the validation objects; what it picked is then measured once on the test objects, which no
//! method has seen. Accuracies are shared between methods, so that nothing is measured twice; what a method has asked for
//! counts against its budget all the same. The joint search learns from nothing but its own measurements.

mod methods;
mod picture;
mod report;

use std::collections::HashSet;
use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::meter::{Found, Known, Meter};
use super::terms::Terms;
use super::{Answer, Arguments};
use crate::cli::progress::Log;
use crate::cli::steer;
use crate::cost::Evaluation;
use crate::record::{Control, Event, MeasurementKey, Subset, Task};
use crate::run::{Inbox, Ownership, RunDir};
use crate::space::Design;

/// How long to wait for another process that measures what is needed.
const GLANCE: Duration = Duration::from_millis(100);

/// What a method came to.
pub(super) struct Outcome {
    /// Name of the method.
    method: String,
    /// What it may choose, in a few words.
    chooses: &'static str,
    /// Designs it has asked the accuracy of, in order.
    tried: Vec<Tried>,
    /// Why it found nothing, or was not run.
    nothing: Option<String>,
    /// Accuracy of its best design on the test objects.
    test: Option<f64>,
}

/// A design with its accuracy and costs.
#[derive(Clone)]
struct Tried {
    design: Design,
    accuracy: f64,
    found: Evaluation,
}

impl Outcome {
    /// The feasible design of the greatest accuracy; of equal ones the quickest.
    fn best(&self) -> Option<&Tried> {
        let key = |one: &Tried| (one.accuracy, -one.found.latency.total_s());
        let feasible = self.tried.iter().filter(|one| one.found.feasible());
        feasible.max_by(|a, b| key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal))
    }
}

/// What all methods share.
struct Study {
    terms: Terms,
    meter: Meter,
    log: Log,
    owner: Ownership,
    inbox: Inbox,
    known: Known,
    budget: usize,
    seed: u64,
}

pub(super) fn run(run: &RunDir, arguments: &Arguments, owner: Ownership) -> Result<Answer> {
    let limits = arguments.limits.as_deref();
    let terms = Terms::new(run.manifest(), arguments.objectives.clone(), arguments.sensors, limits)?;
    if !terms.needs_accuracy() {
        bail!("the comparison is one of accuracies; put accuracy among the --objectives");
    }
    let mut inbox = Inbox::of(&owner)?;
    inbox.catch_signals().context("signals can't be caught")?;
    let meter = Meter::open(run)?;
    let views = terms.knobs.sensors;
    let known = meter.measured()?.into_iter().filter(|row| row.1 == views).map(|row| (row.0, row.2)).collect();
    let log = Log::new(Task::Search, arguments.json);
    let mut study =
        Study { terms, meter, log, owner, inbox, known, budget: arguments.evaluations, seed: arguments.seed };
    let started =
        Event::Started { command: "search --baselines".into(), pid: std::process::id(), resumed_from_step: None };
    study.tell(started)?;
    let outcomes = match methods::all(&mut study) {
        Ok(outcomes) => outcomes,
        Err(error) => {
            study.tell(Event::Failed { text: crate::cli::sentence(&error) }).ok();
            return Err(error);
        }
    };
    let picture = arguments.picture.clone().unwrap_or_else(|| run.path().join("baselines.svg"));
    std::fs::write(&picture, picture::draw(&study.terms, &outcomes))
        .with_context(|| format!("{} can't be written", picture.display()))?;
    study.tell(Event::Finished { reason: format!("the methods are compared; drawn in {}", picture.display()) })?;
    let mut out = std::io::stdout();
    if arguments.json {
        writeln!(out, "{}", report::json(&study, &outcomes))?;
    } else {
        write!(out, "{}", report::table(&study, &outcomes))?;
    }
    Ok(if outcomes.iter().any(|outcome| outcome.best().is_some()) { Answer::Yes } else { Answer::No })
}

impl Study {
    fn tell(&mut self, event: Event) -> Result<()> {
        self.log.print(&event);
        self.meter.store.append(Task::Search, &event)?;
        Ok(())
    }

    /// Validation accuracy of a design, measured if it is not known.
    fn accuracy(&mut self, design: &Design) -> Result<f64> {
        if let Some(&accuracy) = self.known.get(design) {
            return Ok(accuracy);
        }
        let key = self.meter.key(design, self.terms.knobs.sensors);
        let accuracy = self.measured(&key)?;
        self.known.insert(design.clone(), accuracy);
        Ok(accuracy)
    }

    /// Test accuracy of a design.
    fn test_accuracy(&mut self, design: &Design) -> Result<f64> {
        let key = self.meter.key(design, self.terms.knobs.sensors);
        self.measured(&MeasurementKey { subset: Subset::Test, ..key })
    }

    fn measured(&mut self, key: &MeasurementKey) -> Result<f64> {
        loop {
            let (log, store) = (&mut self.log, &self.meter.store);
            let mut tell = |event: Event| {
                log.print(&event);
                store.append(Task::Search, &event)?;
                Ok(())
            };
            let orders = steer::orders(&mut self.inbox, &self.owner, &mut tell)?;
            if orders.contains(&Control::Stop) {
                bail!("stopped on request; what was measured is kept, so the same command goes on from there");
            }
            match self.meter.find(key, &mut tell)? {
                Found::Accuracy(accuracy) => return Ok(accuracy),
                Found::Held => std::thread::sleep(GLANCE),
            }
        }
    }

    /// Measures the feasible ones of some designs, as far as the budget goes, each once.
    fn try_all(&mut self, designs: impl IntoIterator<Item = Design>, budget: usize) -> Result<Vec<Tried>> {
        let (mut tried, mut seen) = (Vec::new(), HashSet::new());
        for design in designs {
            if tried.len() >= budget {
                break;
            }
            let found = self.terms.evaluation(&design)?;
            if found.feasible() && seen.insert(design.clone()) {
                let accuracy = self.accuracy(&design)?;
                tried.push(Tried { design, accuracy, found: found.with_accuracy(accuracy, &self.terms.knobs) });
            }
        }
        Ok(tried)
    }
}
