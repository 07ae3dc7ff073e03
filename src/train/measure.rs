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
    /// Views each object was seen from.
    pub views: usize,
    /// Share of objects classified rightly.
    pub accuracy: f64,
    /// Objects classified.
    pub objects: usize,
    /// Objects batch norm was recalibrated on.
    pub calibration: usize,
    /// Batches they came in.
    pub batches: usize,
}

/// Accuracy of a route over `objects`, each seen from its first `views` views, after recalibration on training objects.
///
/// # Errors
/// A file of samples that cannot be read.
pub fn measure(
    supernet: &Supernet,
    route: &Route,
    inputs: &Inputs,
    objects: &[u32],
    views: usize,
    settings: &Settings,
    device: &Device,
) -> Result<Measure, TrainError> {
    let train = &inputs.data().split.train;
    let chunk = (IMAGES / views).max(1);
    // Evenly spread over the training objects, so that all classes take part.
    let count = settings.calibration_objects.clamp(1, train.len());
    let calibration: Vec<u32> = (0..count).map(|index| train[index * train.len() / count]).collect();
    let mut norms = Norms::calibrate();
    for objects in calibration.chunks(chunk) {
        let batch = inputs.batch(objects, views, device)?;
        norms.rewind();
        supernet.forward(batch.views, Views(views), route, &mut norms);
    }
    let mut norms = norms.freeze();
    let mut right = 0;
    for objects in objects.chunks(chunk) {
        let batch = inputs.batch(objects, views, device)?;
        norms.rewind();
        let logits = supernet.forward(batch.views, Views(views), route, &mut norms);
        let [_, classes] = logits.dims();
        let values: Vec<f32> = logits.into_data().try_into_vec::<f32>().expect("logits are f32");
        right += values
            .chunks_exact(classes)
            .zip(&batch.labels)
            .filter(|(row, label)| argmax(row) == usize::from(**label))
            .count();
    }
    let accuracy = right as f64 / objects.len().max(1) as f64;
    Ok(Measure { views, accuracy, objects: objects.len(), calibration: count, batches: count.div_ceil(chunk) })
}
