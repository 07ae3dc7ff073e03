//! `splitscope search`: measures designs of a trained run, the promising ones first, under limits that may change.
//!
//! | file | contents |
//! |---|---|
//! | `proxy` | a search by an untrained score, where nothing can be measured yet |
//! | `baselines` | comparison of the joint search with simpler methods |

mod arguments;
mod baselines;
mod proxy;

use anyhow::{Result, bail};

use super::Answer;
use super::load::NamedRun;
use super::progress::{Log, ProgressBar};
use super::train::use_threads;
use super::usage::refuse;
use crate::record::{Event, Task};
use crate::run::{self, LiveRunner, RunDir, SearchRunner, TaskProcess};
use crate::search::{Objective, SearchProblem};

pub(super) use arguments::Arguments;
use arguments::problem;

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    use_threads(arguments.threads)?;
    if let Some(path) = &arguments.worker {
        return serve(&RunDir::open(path)?, arguments.json);
    }
    if arguments.seconds.is_some_and(|seconds| !(1e-9..=1e9).contains(&seconds)) {
        refuse!("--seconds must be above zero, and at most 1e9");
    }
    if (arguments.proxy || arguments.baselines || arguments.live) && arguments.objectives.contains(&Objective::Leak) {
        refuse!(
            "leaks are measured by a search on a trained run; --proxy, --baselines and --live have no such objective"
        );
    }
    if arguments.proxy {
        return proxy::run(arguments);
    }
    if !(0.0..=1.0).contains(&arguments.stop_gain) {
        refuse!("--stop-gain is a share from 0 to 1");
    }
    let run = NamedRun::trained(arguments.run.as_ref())?;
    if let Some(design) = run.manifest().training_settings()?.design {
        bail!("{} was trained for {design} alone; search on a run of supernets", run.manifest().name);
    }
    // All that can be refused is refused before the shipped run is copied.
    let problem = problem(run.manifest(), arguments)?;
    if arguments.baselines {
        baselines::check(&problem, arguments)?;
    }
    if run.is_shipped()
        && !arguments.live
        && let Some(text) = problem.infeasibility_reason()?
    {
        let mut tell = Log::new(Task::Search, arguments.json).sink();
        tell(&Event::Warning { text });
        return Ok(Answer::No);
    }
    run.write_by(|run| match arguments {
        Arguments { baselines: true, .. } => baselines::run(run, problem, arguments),
        Arguments { live: true, .. } => live(run, problem, arguments),
        _ => search(run, problem, arguments),
    })
}

fn search(run: &RunDir, problem: SearchProblem, arguments: &Arguments) -> Result<Answer> {
    let log = Log::new(Task::Search, arguments.json);
    let process = TaskProcess::of_command(run, Task::Search, log.sink())?;
    let mut process = process.with_options(&arguments.recorded(&problem));
    if let (None, Some(survey)) = (problem.infeasibility_reason()?, problem.survey()) {
        log.note(&survey.count_feasible(&problem.knobs).to_string());
    }
    let bar = ProgressBar::new("rendering");
    let progress = |done, total| bar.show(done, total);
    let runner = SearchRunner::new(run, problem, arguments.options(), &mut process, &progress)?;
    bar.end();
    let Some(mut runner) = runner else { return Ok(Answer::Yes) };
    match runner.known()? {
        0 => {}
        known => log.note(&format!(
            "{known} measurements of these weights are on record; this search makes up to {} more",
            arguments.evaluations
        )),
    }
    if !runner.run()? {
        return Ok(Answer::No);
    }
    if runner.driver().problem().needs_accuracy() {
        log.note(&format!("accuracies on validation objects in {}", arguments.precision.name()));
    }
    let driver = runner.driver();
    for (design, entry) in driver.front() {
        let shown = driver.problem().format(&entry.outcome.objectives);
        log.note(&format!("front: {shown}  {}", driver.problem().space.print_design(&design)));
    }
    Ok(Answer::Yes)
}

/// Follows limits that move until a control message ends it.
fn live(run: &RunDir, problem: SearchProblem, arguments: &Arguments) -> Result<Answer> {
    let log = Log::new(Task::Search, arguments.json);
    let mut process = TaskProcess::of_command(run, Task::Search, log.sink())?;
    let bar = ProgressBar::new("rendering");
    let progress = |done, total| bar.show(done, total);
    let conditions = (arguments.precision, arguments.seed);
    let runner = LiveRunner::new(run, problem, conditions, &mut process, &progress)?;
    bar.end();
    if let Some(mut runner) = runner {
        runner.run()?;
    }
    Ok(Answer::Yes)
}

/// Serves the requests of searches on a run.
fn serve(run: &RunDir, json: bool) -> Result<Answer> {
    let log = Log::new(Task::Search, json);
    let bar = ProgressBar::new("rendering");
    let summary = run::serve_requests(run, &|done, total| bar.show(done, total), log.sink())?;
    log.note(&format!("{} designs measured; {}", summary.measured, summary.reason));
    Ok(Answer::Yes)
}
