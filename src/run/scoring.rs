//! Search by synflow on the weights of a run, or on fresh ones, where nothing can be measured. Scores are no
//! accuracies: none is recorded. Where the run has measurements, the rank correlation with them tells what the scores
//! are worth.

use std::collections::HashMap;

use super::RunDir;
use super::error::RunError;
use super::evaluator::{fallback_warnings, measured_designs};
use super::manifest::Manifest;
use super::weights;
use crate::record::Precision;
use crate::search::{ScoredDesign, SearchOptions, SearchProblem, kendall_tau, search_by_score};
use crate::space::{Design, SearchSpace};
use crate::supernet::{Route, Supernet};
use crate::train::{Checkpoints, LoadedWeights, Settings, Synflow};

/// Result of a search by synflow.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scoring {
    /// Warnings about checkpoints that can't be read.
    pub warnings: Vec<String>,
    /// Training step of the weights; 0 if they are untrained.
    pub step: u64,
    /// Designs measured with these weights.
    pub measured: usize,
    /// Rank correlation of scores and accuracies; `None` with fewer than two measured designs.
    pub kendall_tau: Option<f64>,
    /// Front by score and costs.
    pub front: Vec<ScoredDesign>,
}

/// Searches a problem by synflow: on the newest weights of `run`, or on fresh ones by the settings of `manifest`.
///
/// # Errors
/// The device does not answer, the weights can't be read, the database fails, or a design can't be costed.
pub(crate) fn search_by_synflow(
    run: Option<&RunDir>,
    manifest: &Manifest,
    problem: &SearchProblem,
    options: &SearchOptions,
) -> Result<Scoring, RunError> {
    let (settings, space) = (manifest.training_settings()?, &problem.space);
    settings.device.check().map_err(RunError::Device)?;
    let LoadedWeights { supernet, step, errors, .. } = newest_weights(run, space, &settings)?;
    let warnings = fallback_warnings(step, &errors);
    let synflow = Synflow::new(&supernet, space.input_channels, &settings.device.open());
    let score = |design: &Design| synflow.score(&Route::of_design(space, design));
    let known = run.map_or_else(|| Ok(HashMap::new()), |run| measured(run, space, step))?;
    let kendall_tau = (known.len() > 1).then(|| correlation(&known, &score));
    let front = search_by_score(problem, options, &score)?;
    Ok(Scoring { warnings, step, measured: known.len(), kendall_tau, front })
}

/// The run's newest readable weights, or fresh ones.
fn newest_weights(run: Option<&RunDir>, space: &SearchSpace, settings: &Settings) -> Result<LoadedWeights, RunError> {
    let device = settings.device.open();
    if let Some(run) = run
        && let Some(rows) = run.store()?.checkpoints()
    {
        weights::fetch_newest(&run.weights_dir(), rows)?;
    }
    let checkpoints = run.map(RunDir::weights);
    if let Some(checkpoints) = checkpoints.filter(Checkpoints::exist) {
        return Ok(checkpoints.load_weights(space, settings, &device)?);
    }
    let supernet = Supernet::new(space, settings.initialisation, settings.seed, &device);
    Ok(LoadedWeights { supernet, step: 0, normalisation: Vec::new(), errors: Vec::new() })
}

/// Measured accuracies of these weights; of a design measured with several numbers of views, that with the most.
fn measured(run: &RunDir, space: &SearchSpace, step: u64) -> Result<HashMap<Design, f64>, RunError> {
    let store = run.store()?;
    let mut rows = measured_designs(&store, space, step, Precision::Int8, 0)?;
    if rows.is_empty() {
        rows = measured_designs(&store, space, step, Precision::Float, 0)?;
    }
    rows.sort_by_key(|row| row.views);
    Ok(rows.into_iter().map(|row| (row.design, row.accuracy)).collect())
}

fn correlation(known: &HashMap<Design, f64>, score: &dyn Fn(&Design) -> Option<f64>) -> f64 {
    let pairs = known.iter().filter_map(|(design, &accuracy)| Some((score(design)?, accuracy)));
    let (scores, accuracies): (Vec<f64>, Vec<f64>) = pairs.unzip();
    kendall_tau(&scores, &accuracies)
}
