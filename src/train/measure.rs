//! Measuring a design: batch norm is always recalibrated first, then every object of a subset is classified.

use burn::tensor::Device;

use super::loss::argmax;
use super::{Inputs, Settings, TrainError};
use crate::supernet::{Norms, Route, Supernet, Views};

/// Most images of one forward pass.
const IMAGES: usize = 512;

/// A measured accuracy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    /// Share of objects classified rightly.
    pub accuracy: f64,
    /// Objects classified.
    pub objects: usize,
    /// Objects batch norm was recalibrated on.
    pub calibration: usize,
    /// Batches they came in.
    pub batches: usize,
}

/// Accuracy of a route over `objects`, each seen in these views, after recalibration on training objects. With no
/// calibration objects, batch norm takes all channels for standardised, which shows what recalibration is for.
///
/// # Errors
/// A file of samples that cannot be read.
pub fn measure(
    supernet: &Supernet,
    route: &Route,
    inputs: &Inputs,
    objects: &[u32],
    views: impl Into<Views>,
    settings: &Settings,
    device: &Device,
) -> Result<Measure, TrainError> {
    let views = &views.into();
    let calibration = inputs.calibration(settings);
    let (mut norms, mut batches) = (Norms::calibrate(), 0);
    for batch in inputs.batches(&calibration, views, IMAGES, device) {
        norms.rewind();
        supernet.forward(batch?.views, views, route, &mut norms);
        batches += 1;
    }
    let mut norms = if calibration.is_empty() { Norms::Standard } else { norms.freeze() };
    let mut right = 0;
    for batch in inputs.batches(objects, views, IMAGES, device) {
        norms.rewind();
        let batch = batch?;
        let logits = supernet.forward(batch.views, views, route, &mut norms);
        let [_, classes] = logits.dims();
        let values: Vec<f32> = logits.into_data().try_into_vec::<f32>().expect("logits are f32");
        let hit = |(row, label): &(&[f32], &u16)| argmax(row) == usize::from(**label);
        right += values.chunks_exact(classes).zip(&batch.labels).filter(hit).count();
    }
    let accuracy = right as f64 / objects.len().max(1) as f64;
    Ok(Measure { accuracy, objects: objects.len(), calibration: calibration.len(), batches })
}
