//! Measurement of a design's accuracy: batch norm is recalibrated first, then every object of a subset is classified.

use std::time::Instant;

use super::loss::argmax;
use super::{Inputs, Settings, TrainError};
use crate::record::{Measurement, MeasurementKey, Precision, Subset};
use crate::space::{Design, SearchSpace};
use crate::supernet::{Norms, Route, Supernet, ViewSet};

/// Images of one forward pass, at most.
pub(crate) const MAX_IMAGES: usize = 512;

/// Weights, data and settings to measure designs with.
#[derive(Clone, Copy)]
pub struct DesignEvaluator<'a> {
    /// The space.
    pub space: &'a SearchSpace,
    /// Device and number of calibration objects.
    pub settings: &'a Settings,
    /// Data set.
    pub inputs: &'a Inputs,
    /// Weights without gradients.
    pub supernet: &'a Supernet,
}

impl DesignEvaluator<'_> {
    /// Key of a measurement in single precision without lost cameras.
    pub fn key(&self, design: &Design, views: u32, subset: Subset, step: u64) -> MeasurementKey {
        let (design, precision) = (self.space.print_design(design), Precision::Float);
        MeasurementKey { design, views, lost: 0, subset, precision, step }
    }

    /// Objects of a subset.
    pub fn objects(&self, subset: Subset) -> &[u32] {
        let split = &self.inputs.data().split;
        match subset {
            Subset::Validation => &split.validation,
            Subset::Test => &split.test,
        }
    }

    /// Measures the accuracy of a design after recalibration on training objects. With no calibration objects, batch
    /// norm takes all channels for standardised, which shows what recalibration is for.
    ///
    /// # Errors
    /// The key's design is not of the space, its cameras are not in the data or all lost, or a file of samples can't be
    /// read.
    pub fn measure(&self, key: &MeasurementKey) -> Result<Measurement, TrainError> {
        let started = Instant::now();
        let (route, views) = self.route(key)?;
        let (norms, calibration_batches) = self.calibrated_norms(&route, &views)?;
        let objects = self.objects(key.subset);
        let correct = self.count_correct(&route, &views, objects, norms)?;
        Ok(Measurement {
            key: key.clone(),
            accuracy: correct as f64 / objects.len().max(1) as f64,
            samples: objects.len() as u64,
            calibration_batches,
            seconds: started.elapsed().as_secs_f64(),
            quantisation: None,
        })
    }

    /// Route of a key's design, and the views that it sees.
    ///
    /// # Errors
    /// The key's design is not of the space, or its cameras are not in the data or all lost.
    pub(crate) fn route(&self, key: &MeasurementKey) -> Result<(Route, ViewSet), TrainError> {
        let route = Route::of_design(self.space, &self.space.parse_design(&key.design)?);
        let most = self.inputs.data().views as u32;
        let views = ViewSet::without(key.views as usize, key.lost).filter(|_| key.views <= most);
        Ok((route, views.ok_or(TrainError::Views { views: key.views, lost: key.lost, most })?))
    }

    /// Batch norm recalibrated on training objects, and the number of batches that took.
    ///
    /// # Errors
    /// A file of samples can't be read.
    pub(crate) fn calibrated_norms(&self, route: &Route, views: &ViewSet) -> Result<(Norms, u32), TrainError> {
        let device = self.settings.device.open();
        let calibration = self.inputs.calibration(self.settings);
        let (mut norms, mut calibration_batches) = (Norms::calibrate(), 0);
        for batch in self.inputs.batches(&calibration, views, MAX_IMAGES, &device) {
            norms.rewind();
            self.supernet.forward(batch?.views, views, route, &mut norms);
            calibration_batches += 1;
        }
        let norms = if calibration.is_empty() { Norms::Standard } else { norms.freeze() };
        Ok((norms, calibration_batches))
    }

    fn count_correct(
        &self,
        route: &Route,
        views: &ViewSet,
        objects: &[u32],
        mut norms: Norms,
    ) -> Result<usize, TrainError> {
        let device = self.settings.device.open();
        let mut correct = 0;
        for batch in self.inputs.batches(objects, views, MAX_IMAGES, &device) {
            norms.rewind();
            let batch = batch?;
            let logits = self.supernet.forward(batch.views, views, route, &mut norms);
            let [_, classes] = logits.dims();
            let values: Vec<f32> = logits.into_data().try_into_vec::<f32>().expect("logits are f32");
            let hit = |(row, label): &(&[f32], &u16)| argmax(row) == usize::from(**label);
            correct += values.chunks_exact(classes).zip(&batch.labels).filter(hit).count();
        }
        Ok(correct)
    }
}
