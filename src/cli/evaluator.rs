//! Opening of a run for measuring, as most commands do it.

use anyhow::Result;

use super::load;
use super::progress::ProgressBar;
use crate::run::{EvaluatorOptions, RunDir, RunEvaluator};

/// Opens the weights and data of a run; shows the progress, and warns where the newest weights can't be read, and
/// of what is wrong with the run as a whole.
pub(super) fn open(run: &RunDir, options: EvaluatorOptions) -> Result<RunEvaluator> {
    let bar = ProgressBar::new("rendering");
    let evaluator = RunEvaluator::open(run, options, &|done, total| bar.show(done, total))?;
    bar.end();
    load::print_warnings(evaluator.warnings());
    load::print_warnings_of(run)?;
    Ok(evaluator)
}
