//! A trained run opened for measuring: its newest weights, its data and its database.

use std::collections::HashMap;
use std::time::Instant;

use anyhow::{Context, Result};

use super::CLAIM;
use crate::cli::train::measurement;
use crate::cli::{inputs, load};
use crate::record::{EvaluationRecord, Event, MeasurementKey, Subset};
use crate::run::{Claim, RunDir, Store};
use crate::space::{Design, SearchSpace};
use crate::supernet::{Route, Supernet, Views};
use crate::train::{Checkpoints, Inputs, Settings, Synflow, measure};

/// Measured accuracies with one number of views.
pub(super) type Known = HashMap<Design, f64>;

/// What a claim on a measurement came to.
pub(super) enum Found {
    /// It was measured now, or had been before.
    Accuracy(f64),
    /// Another process is at it.
    Held,
}

/// See the module's description.
pub(super) struct Meter {
    pub(super) store: Store,
    pub(super) space: SearchSpace,
    pub(super) settings: Settings,
    /// Step of the weights.
    pub(super) step: u64,
    checkpoints: Checkpoints,
    supernet: Supernet,
    inputs: Inputs,
}

impl Meter {
    pub(super) fn open(run: &RunDir) -> Result<Self> {
        let manifest = run.manifest();
        let space = load::space_of_run(manifest)?.0;
        let settings: Settings = manifest.settings.clone().try_into().context("the settings in run.toml")?;
        settings.device.check().map_err(anyhow::Error::msg)?;
        let checkpoints = Checkpoints::new(run.checkpoint_dir());
        let (supernet, state) = checkpoints
            .load_weights(&space, &settings, &settings.device.open())
            .context("the run has nothing to measure yet; train it first, or rank without measuring: --proxy")?;
        let inputs = inputs::open(manifest, &space)?.0;
        Ok(Self { store: run.store()?, space, settings, step: state.step, checkpoints, supernet, inputs })
    }

    /// Takes newer weights, if training has written some. Says whether it did.
    pub(super) fn refresh(&mut self) -> Result<bool> {
        if self.checkpoints.steps().last().is_none_or(|&newest| newest == self.step) {
            return Ok(false);
        }
        let device = self.settings.device.open();
        let (supernet, state) = self.checkpoints.load_weights(&self.space, &self.settings, &device)?;
        (self.supernet, self.step) = (supernet, state.step);
        Ok(true)
    }

    /// Takes the weights of one step, which a search under way measures with.
    pub(super) fn turn_to(&mut self, step: u64) -> Result<()> {
        if step == self.step {
            return Ok(());
        }
        let device = self.settings.device.open();
        let found = self.checkpoints.load_weights_of(step, &self.space, &self.settings, &device);
        self.supernet = found.with_context(|| {
            format!("the search under way measures with the weights of step {step}, which can't be had any more; begin it anew")
        })?;
        self.step = step;
        Ok(())
    }

    /// Synflow on these weights.
    pub(super) fn synflow(&self) -> Synflow {
        Synflow::new(&self.supernet, self.space.input_channels, &self.settings.device.open())
    }

    /// What measuring a design for a search is about.
    pub(super) fn key(&self, design: &Design, views: u32) -> MeasurementKey {
        let design = self.space.print_design(design);
        MeasurementKey { design, views, lost: 0, subset: Subset::Validation, step: self.step }
    }

    /// Every validation accuracy of these weights: the design, its views, its accuracy.
    pub(super) fn measured(&self) -> Result<Vec<(Design, u32, f64)>> {
        let rows = self.store.measured(self.step)?.into_iter().map(|row| row.value);
        let rows = rows.filter(|row| row.key.subset == Subset::Validation && row.key.lost == 0);
        Ok(rows
            .filter_map(|row| Some((self.space.parse_design(&row.key.design).ok()?, row.key.views, row.accuracy)))
            .collect())
    }

    /// Measures what this process has claimed, and records it. Returns what happened.
    pub(super) fn measure(&self, key: &MeasurementKey) -> Result<Event> {
        let started = Instant::now();
        let design = self.space.parse_design(&key.design)?;
        let route = Route::of_design(&self.space, &design);
        let split = &self.inputs.data().split;
        let objects = if key.subset == Subset::Test { &split.test } else { &split.validation };
        let views = Views::without(key.views as usize, key.lost);
        let device = self.settings.device.open();
        let found = measure(&self.supernet, &route, &self.inputs, objects, views, &self.settings, &device)?;
        self.store.record(&measurement(key.clone(), found, started))?;
        Ok(Event::Evaluated(EvaluationRecord {
            step: key.step,
            role: None,
            design: key.design.clone(),
            views: key.views,
            accuracy: found.accuracy,
            samples: found.objects as u64,
        }))
    }

    /// Claims and measures a key, unless that is done or another process does it.
    pub(super) fn find(&self, key: &MeasurementKey, tell: &mut dyn FnMut(Event) -> Result<()>) -> Result<Found> {
        match self.store.claim(key, CLAIM)? {
            Claim::Held => Ok(Found::Held),
            Claim::Measured(found) => Ok(Found::Accuracy(found.accuracy)),
            Claim::Granted => {
                let event = self.measure(key)?;
                let Event::Evaluated(EvaluationRecord { accuracy, .. }) = event else {
                    unreachable!("measuring tells an accuracy")
                };
                tell(event)?;
                Ok(Found::Accuracy(accuracy))
            }
        }
    }

    /// Objects an accuracy is measured on.
    pub(super) fn objects(&self, subset: Subset) -> usize {
        let split = &self.inputs.data().split;
        if subset == Subset::Test { split.test.len() } else { split.validation.len() }
    }
}
