//! Comparison of two halves, as they were read from files, with the design on its supernet.
//!
//! Both see the same objects. Codes that the sensor half sends are compared with those of the supernet; the aggregator
//! is given the supernet's codes, so that its logits can be compared by themselves; and both halves run with the packed
//! codes between them, whose logits say the class.

use burn::tensor::Tensor;

use super::deployment::Deployment;
use super::error::DeployError;
use super::link::{LinkCodes, LinkFormat};
use super::onnx::OnnxProgram;
use super::values::TensorValues;
use crate::record::MeasurementKey;
use crate::supernet::resized;
use crate::train::{DesignEvaluator, TrainError};

/// Images of one pass of the supernet, at most.
const PASS: usize = 96;

/// Two halves that can be run on one object.
pub trait HalfPair: Sync {
    /// Result of the sensor half for an image `[channel, row, column]`.
    ///
    /// # Errors
    /// The image is of another size, or the file can't be run.
    fn sense(&self, image: Vec<f32>) -> Result<TensorValues, DeployError>;

    /// Logits of what all views sent.
    ///
    /// # Errors
    /// The input is of another size, or the file can't be run.
    fn conclude(&self, received: TensorValues) -> Result<Vec<f32>, DeployError>;
}

impl Deployment {
    /// Logits of what the views of some cameras sent, ascending; the others are left out of the fusion.
    ///
    /// # Errors
    /// The input is of another size, or there is no such camera.
    pub fn conclude_with(&self, received: TensorValues, cameras: &[usize]) -> Result<Vec<f32>, DeployError> {
        Ok(self.aggregator.run_views(received, cameras)?.values(self.aggregator.output().grid))
    }
}

impl HalfPair for Deployment {
    fn sense(&self, image: Vec<f32>) -> Result<TensorValues, DeployError> {
        self.sensor.run(TensorValues::Float(image))
    }

    fn conclude(&self, received: TensorValues) -> Result<Vec<f32>, DeployError> {
        Ok(self.aggregator.run(received)?.values(self.aggregator.output().grid))
    }
}

/// Both halves as ONNX files.
#[derive(Debug)]
pub struct OnnxPair {
    /// Sensor half.
    pub sensor: OnnxProgram,
    /// Aggregator.
    pub aggregator: OnnxProgram,
    /// Link between them.
    pub link: LinkFormat,
}

/// Difference of the signed codes in files from codes.
const SIGNED: f32 = 128.0;

impl HalfPair for OnnxPair {
    fn sense(&self, image: Vec<f32>) -> Result<TensorValues, DeployError> {
        let made = self.sensor.run(image)?;
        Ok(match self.link.codes {
            LinkCodes::Static(_) => TensorValues::Codes(made.into_iter().map(|code| (code + SIGNED) as u16).collect()),
            LinkCodes::OwnRange | LinkCodes::Plain => TensorValues::Float(made),
        })
    }

    fn conclude(&self, received: TensorValues) -> Result<Vec<f32>, DeployError> {
        self.aggregator.run(match received {
            TensorValues::Codes(codes) => codes.into_iter().map(|code| f32::from(code) - SIGNED).collect(),
            TensorValues::Float(values) => values,
        })
    }
}

/// Result of a comparison.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Agreement {
    /// Objects compared.
    pub objects: usize,
    /// Codes that crossed the link, all objects and views together.
    pub codes: usize,
    /// Those that differ from the supernet's.
    pub codes_apart: usize,
    /// Largest difference of two codes, in steps of the link.
    pub code_steps: f32,
    /// Largest difference of two logits, given the same codes.
    pub logits_apart: f32,
    /// Largest logit of the supernet, without sign.
    pub largest_logit: f32,
    /// Step of the logits in a network of integers.
    pub logit_step: Option<f32>,
    /// Objects to which both give the same class, with the halves' own codes between them.
    pub same_class: usize,
    /// Objects that the halves classify rightly.
    pub correct: usize,
    /// Objects that the supernet classifies rightly.
    pub correct_on_supernet: usize,
    /// Bytes of a view that crossed the link, the same for every one.
    pub link_bytes: u64,
}

/// Largest difference of logits in single precision, over the largest logit or 1.
const FLOAT_TOLERANCE: f32 = 1e-4;
/// Steps by which codes and logits of an int8 network may differ: a sum near the middle of two steps may be rounded
/// either way, and one such layer feeds the next.
const STEP_TOLERANCE: f32 = 2.01;
/// Largest share of codes that differ at all.
const CODE_TOLERANCE: f64 = 0.01;
/// Least share of objects to which an int8 network gives the supernet's class.
const CLASS_TOLERANCE: f64 = 0.98;

impl Agreement {
    /// Returns `true` if the halves compute what was measured: in single precision logits differ by at most
    /// 1e-4 of the largest, and integers by at most two steps; of the codes on the link at most 1 % differ, by at most
    /// two steps; and classes agree but for 2 % of the objects.
    pub fn holds(&self) -> bool {
        let float = FLOAT_TOLERANCE * self.largest_logit.max(1.0);
        self.logits_apart <= self.logit_step.map_or(float, |step| STEP_TOLERANCE * step)
            && self.code_steps <= STEP_TOLERANCE
            && self.codes_apart as f64 <= CODE_TOLERANCE * self.codes as f64
            && self.same_class as f64 >= CLASS_TOLERANCE * self.objects as f64
    }
}

/// Objects with what the supernet makes of them.
struct Truth {
    /// Images of an object, one view after the other, `[channel, row, column]`.
    images: Vec<Vec<f32>>,
    /// Values that arrive over the link, view by view.
    received: Vec<Vec<f32>>,
    logits: Vec<f32>,
    label: u16,
}

/// Runs some objects through the supernet and calls `compare` with each.
fn with_truth(
    evaluator: &DesignEvaluator<'_>,
    key: &MeasurementKey,
    objects: &[u32],
    mut compare: impl FnMut(Truth) -> Result<(), DeployError>,
) -> Result<(), DeployError> {
    let (route, views) = evaluator.route(key)?;
    let (mut numerics, _) = evaluator.calibrated(key.precision, &route, &views)?;
    let device = evaluator.settings.device.open();
    for batch in evaluator.inputs.batches(objects, &views, PASS, &device) {
        let batch = batch?;
        let seen = resized(batch.views, route.resolution);
        numerics.rewind();
        let codes = evaluator.supernet.link_codes(seen.clone(), &route, &mut numerics);
        numerics.rewind();
        let logits = evaluator.supernet.forward(seen.clone(), &views, &route, &mut numerics);
        let [_, classes] = logits.dims();
        let logits = logits.into_data().try_into_vec::<f32>().expect("logits are f32");
        let (images, received) = (planes(seen), planes(codes));
        let count = views.count();
        for (at, &label) in batch.labels.iter().enumerate() {
            compare(Truth {
                images: images[at * count..][..count].to_vec(),
                received: received[at * count..][..count].to_vec(),
                logits: logits[at * classes..][..classes].to_vec(),
                label,
            })?;
        }
    }
    Ok(())
}

/// Compares halves with the supernet on objects.
///
/// # Errors
/// The supernet can't be run on the objects, or the halves can't be run.
pub fn compare(
    evaluator: &DesignEvaluator<'_>,
    key: &MeasurementKey,
    objects: &[u32],
    link: &LinkFormat,
    logit_step: Option<f32>,
    halves: &dyn HalfPair,
) -> Result<Agreement, DeployError> {
    let mut found = Agreement { logit_step, link_bytes: link.bytes(), ..Agreement::default() };
    with_truth(evaluator, key, objects, |truth| {
        let (mut own, mut given) = (Vec::new(), Vec::new());
        for (image, received) in truth.images.into_iter().zip(truth.received) {
            let packet = link.pack(&halves.sense(image)?);
            let arrived = link.unpack(&packet)?;
            given.push(match link.codes {
                LinkCodes::Static(grid) => TensorValues::on_grid(received.clone(), Some(grid)),
                LinkCodes::OwnRange => TensorValues::Float(received.clone()),
                // Nothing is rounded on such a link.
                LinkCodes::Plain => arrived.clone(),
            });
            found.add_codes(link, &arrived, &received);
            own.push(arrived);
        }
        let same_codes = halves.conclude(TensorValues::joined(given))?;
        let logits = halves.conclude(TensorValues::joined(own))?;
        if same_codes.len() != truth.logits.len() || logits.len() != truth.logits.len() {
            let reason = format!("{} logits in place of {}", logits.len(), truth.logits.len());
            return Err(DeployError::File { file: "aggregator".into(), reason });
        }
        for (a, b) in same_codes.iter().zip(&truth.logits) {
            found.logits_apart = found.logits_apart.max((a - b).abs());
            found.largest_logit = found.largest_logit.max(b.abs());
        }
        let (class, wanted) = (largest(&logits), largest(&truth.logits));
        found.objects += 1;
        found.same_class += usize::from(class == wanted);
        found.correct += usize::from(class == usize::from(truth.label));
        found.correct_on_supernet += usize::from(wanted == usize::from(truth.label));
        Ok(())
    })?;
    Ok(found)
}

/// Inputs and results of a deployment's interpreter, for comparisons on a device.
#[derive(Debug, Default)]
pub struct TestVectors {
    /// Images `[object, view, channel, row, column]`.
    pub images: Vec<f32>,
    /// Results of the sensor half `[object, view, channel, row, column]`: signed codes, or values.
    pub sent: Vec<f32>,
    /// Logits `[object, class]`.
    pub logits: Vec<f32>,
    /// Classes of the objects.
    pub labels: Vec<i32>,
}

/// Runs a deployment on objects.
///
/// # Errors
/// A file of samples can't be read, or the deployment is not of the evaluator's space.
pub fn test_vectors(
    evaluator: &DesignEvaluator<'_>,
    key: &MeasurementKey,
    objects: &[u32],
    deployment: &Deployment,
) -> Result<TestVectors, DeployError> {
    let mut vectors = TestVectors::default();
    with_truth(evaluator, key, objects, |truth| {
        let mut received = Vec::new();
        for image in truth.images {
            vectors.images.extend(&image);
            let sent = deployment.sense(image)?;
            let is_codes = matches!(sent, TensorValues::Codes(_));
            vectors.sent.extend(sent.values(None).into_iter().map(|code| if is_codes { code - SIGNED } else { code }));
            received.push(deployment.link.unpack(&deployment.link.pack(&sent))?);
        }
        vectors.logits.extend(deployment.conclude(TensorValues::joined(received))?);
        vectors.labels.push(truth.label.into());
        Ok(())
    })?;
    Ok(vectors)
}

impl Agreement {
    /// Adds the codes of one view: those that arrived, and values of the supernet.
    fn add_codes(&mut self, link: &LinkFormat, arrived: &TensorValues, wanted: &[f32]) {
        let (values, step) = match link.codes {
            LinkCodes::Static(grid) => (arrived.values(Some(grid)), grid.step()),
            LinkCodes::OwnRange => {
                let low = wanted.iter().copied().fold(f32::INFINITY, f32::min);
                let high = wanted.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                (arrived.values(None), (high - low) / ((1_u32 << link.bits) - 1) as f32)
            }
            LinkCodes::Plain => return,
        };
        self.codes += values.len();
        for (a, b) in values.iter().zip(wanted) {
            let steps = (a - b).abs() / step.max(f32::MIN_POSITIVE);
            self.codes_apart += usize::from(steps > 0.5);
            self.code_steps = self.code_steps.max(steps);
        }
    }
}

/// Images `[channel, row, column]` of a tensor `[image, row, column, channel]`.
fn planes(images: Tensor<4>) -> Vec<Vec<f32>> {
    let [_, height, width, channels] = images.dims();
    let values = images.permute([0, 3, 1, 2]).into_data().try_into_vec::<f32>().expect("images are f32");
    values.chunks_exact((height * width * channels).max(1)).map(<[f32]>::to_vec).collect()
}

/// Place of the largest value, the first of equal ones.
pub(super) fn largest(row: &[f32]) -> usize {
    row.iter().enumerate().fold(0, |best, (at, value)| if *value > row[best] { at } else { best })
}

impl From<crate::space::ParseDesignError> for DeployError {
    fn from(error: crate::space::ParseDesignError) -> Self {
        Self::Train(TrainError::from(error))
    }
}
