//! Codes and pictures of objects: all that an attacker has.

use burn::tensor::Tensor;

use super::sketch::Sketch;
use crate::kernels::{self, FeatureMap};
use crate::record::MeasurementKey;
use crate::supernet::{Numerics, Route, ViewSet, resized};
use crate::train::{DesignEvaluator, Inputs, TrainError};

/// Seed of the projection of long codes.
const SEED: u64 = 0x1EA4;

/// Codes and pictures of objects, seen by the cameras of a rig.
pub(super) struct Exposure {
    /// Number of objects.
    pub(super) objects: usize,
    /// Number of cameras.
    pub(super) views: usize,
    /// Side of a picture.
    pub(super) side: usize,
    /// Codes `[object, view, values]`, projected if they are long.
    codes: Vec<f32>,
    /// Pictures `[object, view, channel, row, column]`, 0 to 1.
    pictures: Vec<f32>,
    /// Pictures sent raw with the bits of the link.
    raw: Vec<f32>,
    /// Codes `[object, view, row, column, channel]` as they are sent, if they were asked for.
    pub(super) sent: Vec<f32>,
    /// Rows, columns and channels of a code.
    pub(super) code_shape: [usize; 3],
    /// Class of each object.
    pub(super) labels: Vec<u16>,
}

impl Exposure {
    /// Exposure of given codes and pictures, for tests; the pictures count as sent raw.
    #[cfg(test)]
    pub(super) fn of_values(views: usize, side: usize, codes: Vec<f32>, pictures: Vec<f32>, labels: Vec<u16>) -> Self {
        Self {
            objects: labels.len(),
            views,
            side,
            codes,
            raw: pictures.clone(),
            pictures,
            sent: Vec::new(),
            code_shape: [0; 3],
            labels,
        }
    }

    /// Code of a view, to be changed by tests.
    #[cfg(test)]
    pub(super) fn code_mut(&mut self, object: usize, view: usize) -> &mut [f32] {
        let length = self.codes.len() / (self.objects * self.views);
        let start = (object * self.views + view) * length;
        &mut self.codes[start..start + length]
    }

    /// Code of a view.
    pub(super) fn code(&self, object: usize, view: usize) -> &[f32] {
        self.part(&self.codes, object, view)
    }

    /// Codes of all views, one after the other.
    pub(super) fn all_codes(&self, object: usize) -> &[f32] {
        let length = self.codes.len() / self.objects.max(1);
        &self.codes[object * length..(object + 1) * length]
    }

    /// Code of a view as it is sent, `[row, column, channel]`.
    pub(super) fn sent(&self, object: usize, view: usize) -> &[f32] {
        self.part(&self.sent, object, view)
    }

    /// Picture of a view.
    pub(super) fn picture(&self, object: usize, view: usize) -> &[f32] {
        self.part(&self.pictures, object, view)
    }

    /// Picture of a view, sent raw with the bits of the link.
    pub(super) fn raw(&self, object: usize, view: usize) -> &[f32] {
        self.part(&self.raw, object, view)
    }

    fn part<'a>(&self, values: &'a [f32], object: usize, view: usize) -> &'a [f32] {
        let length = values.len() / (self.objects * self.views).max(1);
        let start = (object * self.views + view) * length;
        &values[start..start + length]
    }
}

/// A design whose link is listened to: batch norm recalibrated, ready to send.
pub(super) struct Wiretap<'a> {
    evaluator: DesignEvaluator<'a>,
    route: Route,
    views: ViewSet,
    pub(super) bits: u8,
    numerics: Numerics,
}

impl<'a> Wiretap<'a> {
    /// Listens to the design of a key.
    ///
    /// # Errors
    /// The key's design is not of the space, its cameras are not in the data or all lost, or a file of samples can't be
    /// read.
    pub(super) fn new(evaluator: DesignEvaluator<'a>, key: &MeasurementKey) -> Result<Self, TrainError> {
        let (route, views) = evaluator.route(key)?;
        let bits = evaluator.space.parse_design(&key.design)?.bits;
        let (numerics, _) = evaluator.calibrated(key.precision, &route, &views)?;
        Ok(Self { evaluator, route, views, bits, numerics })
    }

    /// Codes and pictures of the given objects; the codes as they are sent too, if `whole`.
    ///
    /// # Errors
    /// A file of samples can't be read.
    pub(super) fn expose(&mut self, objects: &[u32], whole: bool) -> Result<Exposure, TrainError> {
        let Self { evaluator, route, views, bits, numerics } = self;
        let inputs = evaluator.inputs;
        let device = evaluator.settings.device.open();
        let mut exposure = Exposure {
            objects: objects.len(),
            views: views.count(),
            side: route.resolution,
            codes: Vec::new(),
            pictures: Vec::new(),
            raw: Vec::new(),
            sent: Vec::new(),
            code_shape: [0; 3],
            labels: Vec::new(),
        };
        let mut sketch: Option<Sketch> = None;
        for batch in inputs.batches(objects, views, evaluator.images_of_pass(), &device) {
            let batch = batch?;
            numerics.rewind();
            let seen = resized(batch.views, route.resolution);
            append_pixels(inputs, seen.clone(), &mut exposure.pictures);
            append_pixels(inputs, kernels::quantise(FeatureMap::from(seen.clone()), *bits), &mut exposure.raw);
            let codes = evaluator.supernet.link_codes(seen, route, numerics);
            let [_, height, width, channels] = codes.dims();
            let sketch = sketch.get_or_insert_with(|| Sketch::new(height * width * channels, SEED));
            exposure.code_shape = [height, width, channels];
            let codes = values(codes);
            for code in codes.chunks_exact(height * width * channels) {
                sketch.append(code, &mut exposure.codes);
            }
            if whole {
                exposure.sent.extend(codes);
            }
            exposure.labels.extend(batch.labels);
        }
        Ok(exposure)
    }
}

fn values(tensor: Tensor<4>) -> Vec<f32> {
    tensor.into_data().try_into_vec::<f32>().expect("tensors of this crate are f32")
}

/// Appends normalised images `[image, row, column, channel]` as planes of pixels.
fn append_pixels(inputs: &Inputs, images: Tensor<4>, out: &mut Vec<f32>) {
    let [_, height, width, channels] = images.dims();
    for image in values(images).chunks_exact(height * width * channels) {
        for channel in 0..channels {
            let plane = image.iter().skip(channel).step_by(channels);
            out.extend(plane.map(|&value| inputs.pixel(channel, value)));
        }
    }
}
