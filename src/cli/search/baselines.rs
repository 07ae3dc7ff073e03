//! `splitscope search --baselines`: prints and draws the comparison of the joint search with simpler methods.

mod comparison;
mod report;

use anyhow::{Context, Result};

use super::arguments::{Arguments, problem};
use crate::cli::Answer;
use crate::cli::output::{self, say};
use crate::cli::progress::{Log, ProgressBar};
use crate::cli::usage::refuse;
use crate::files;
use crate::quantity::Metric;
use crate::record::{Event, Precision, Subset, Task};
use crate::run::{RunDir, RunEvaluator, TaskProcess, compare_baselines};
use crate::search::baselines::BaselineOutcome;
use crate::svg;
use comparison::Comparison;

pub(super) fn run(run: &RunDir, arguments: &Arguments) -> Result<Answer> {
    let problem = problem(run.manifest(), arguments)?;
    if !problem.needs_accuracy() {
        refuse!("the comparison needs accuracy among the --objectives");
    }
    let log = Log::new(Task::Search, arguments.json);
    let mut process = TaskProcess::of_command(run, Task::Search, log.sink())?;
    let bar = ProgressBar::new("rendering");
    let evaluator = RunEvaluator::open(run, &|done, total| bar.show(done, total))?.with_precision(arguments.precision);
    bar.end();
    let (budget, seed) = (arguments.evaluations, arguments.seed);
    let mut progress = |outcome: &BaselineOutcome| log.note(&line(outcome, arguments.precision));
    let outcomes = compare_baselines(&evaluator, &problem, (budget, seed), &mut process, &mut progress)?;
    let [validation_objects, test_objects] = [Subset::Validation, Subset::Test].map(|subset| evaluator.objects(subset));
    let step = evaluator.step();
    let precision = arguments.precision;
    let comparison = Comparison { problem, outcomes, step, precision, budget, seed, validation_objects, test_objects };
    let picture = arguments.picture.clone().unwrap_or_else(|| run.path().join("baselines.svg"));
    files::write(
        &picture,
        svg::baselines::draw(&comparison.problem, &comparison.outcomes, comparison.precision).as_bytes(),
    )
    .with_context(|| format!("{} can't be written", picture.display()))?;
    process.emit(Event::Finished { reason: format!("the methods are compared; drawn in {}", picture.display()) })?;
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
