//! `splitscope search --baselines`: prints and draws the comparison of the joint search with simpler methods.

mod comparison;
mod report;

use std::path::Path;

use anyhow::{Context, Result};

use super::arguments::Arguments;
use crate::cli::Answer;
use crate::cli::output::{self, say};
use crate::cli::progress::{Log, ProgressBar};
use crate::cli::usage::refuse;
use crate::files;
use crate::quantity::Metric;
use crate::record::{Event, Precision, Subset, Task};
use crate::run::{EvaluatorOptions, RunDir, RunError, RunEvaluator, TaskProcess, compare_baselines};
use crate::search::SearchProblem;
use crate::search::baselines::BaselineOutcome;
use crate::svg;
use comparison::Comparison;

/// Tells what is wrong with the command line, before anything is written.
pub(super) fn check(problem: &SearchProblem, arguments: &Arguments) -> Result<()> {
    if !problem.needs_accuracy() {
        refuse!("the comparison needs accuracy among the --objectives");
    }
    let folder = arguments.picture.as_deref().and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        refuse!("--picture: there is no folder {}", folder.display());
    }
    Ok(())
}

pub(super) fn run(run: &RunDir, problem: SearchProblem, arguments: &Arguments) -> Result<Answer> {
    let log = Log::new(Task::Search, arguments.json);
    let process = TaskProcess::of_command(run, Task::Search, log.sink())?;
    let mut process = process.with_options(&arguments.recorded(&problem));
    let bar = ProgressBar::new("rendering");
    let progress = |done, total| bar.show(done, total);
    let opened = RunEvaluator::open_controlled(run, EvaluatorOptions::default(), &mut process, &progress)?;
    bar.end();
    let Some(evaluator) = opened else { return Err(RunError::StoppedOnRequest.into()) };
    let evaluator = evaluator.with_precision(arguments.precision);
    let (budget, seed) = (arguments.evaluations, arguments.seed);
    let mut progress = |outcome: &BaselineOutcome| log.note(&line(outcome, arguments.precision));
    let outcomes = compare_baselines(&evaluator, &problem, (budget, seed), &mut process, &mut progress)?;
    let [validation_objects, test_objects] = Subset::ALL.map(|subset| evaluator.objects(subset));
    let step = evaluator.step();
    let precision = arguments.precision;
    let comparison = Comparison { problem, outcomes, step, precision, budget, seed, validation_objects, test_objects };
    // The measurements are on record, even if the picture fails.
    process.emit(Event::Finished { reason: "the methods are compared".to_owned() })?;
    let picture = arguments.picture.clone().unwrap_or_else(|| run.path().join("baselines.svg"));
    let drawing = svg::baselines::draw(&comparison.problem, &comparison.outcomes, comparison.precision);
    files::write(&picture, drawing.as_bytes()).with_context(|| format!("{} can't be written", picture.display()))?;
    log.note(&format!("drawn in {}", picture.display()));
    if arguments.json {
        say!("{}", report::json(&comparison))?;
    } else {
        output::print(&report::table(&comparison))?;
    }
    let found = comparison.outcomes.iter().any(|outcome| outcome.best().is_some());
    Ok(if found { Answer::Yes } else { Answer::No })
}

/// One method's result in one line.
fn line(outcome: &BaselineOutcome, precision: Precision) -> String {
    let text = match (outcome.best(), &outcome.reason) {
        (Some(best), _) => {
            let (count, best) = (outcome.evaluated.len(), Metric::Accuracy.format(best.accuracy));
            format!("{count} evaluations, best {best} in {}", precision.name())
        }
        (None, reason) => reason.clone().unwrap_or_default(),
    };
    format!("{}: {text}", outcome.method)
}
