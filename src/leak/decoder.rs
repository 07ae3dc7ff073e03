//! A small trained decoder: one hidden layer from the code of a view to its picture. It bends where ridge regression
//! can't, and stops learning when objects that were set aside say so.

use burn::module::{Module, Param};
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::matrix::Matrix;
use crate::train::AdamW;

/// Units of the hidden layer.
const HIDDEN: usize = 256;
/// Pairs of a training step.
const BATCH: usize = 64;
/// Steps at most, and passes over the pairs without progress on those set aside.
const MAX_STEPS: usize = 1200;
const IDLE_PASSES: usize = 8;
const LEARNING_RATE: f64 = 2e-3;
/// One pair in so many is set aside.
const ASIDE: usize = 10;
/// Seed of the weights and of the order of the pairs.
const SEED: u64 = 0xDEC0;

#[derive(Module, Debug)]
struct Decoder {
    /// `[values of a code, hidden]`.
    inner: Param<Tensor<2>>,
    /// `[1, hidden]`.
    inner_bias: Param<Tensor<2>>,
    /// `[hidden, pixels]`.
    outer: Param<Tensor<2>>,
    /// `[1, pixels]`.
    outer_bias: Param<Tensor<2>>,
}

impl Decoder {
    fn new(inputs: usize, outputs: usize, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        // Uniform with the variance of He et al. (2015): 2 over the number of inputs.
        let bound = (6.0 / inputs.max(1) as f32).sqrt();
        let inner: Vec<f32> = (0..inputs * HIDDEN).map(|_| rng.random_range(-bound..bound)).collect();
        let bias = |columns: usize| Param::from_tensor(Tensor::zeros([1, columns], device));
        Self {
            inner: Param::from_tensor(Tensor::from_data(TensorData::new(inner, [inputs, HIDDEN]), device)),
            inner_bias: bias(HIDDEN),
            // It starts from the mean picture.
            outer: Param::from_tensor(Tensor::zeros([HIDDEN, outputs], device)),
            outer_bias: bias(outputs),
        }
    }

    fn forward(&self, codes: Tensor<2>) -> Tensor<2> {
        let hidden = relu(codes.matmul(self.inner.val()) + self.inner_bias.val());
        hidden.matmul(self.outer.val()) + self.outer_bias.val()
    }
}

/// Answers to the codes asked, by a decoder trained on centred codes and pictures. Rows whose number is a multiple of
/// [`ASIDE`] are set aside; `objects` consecutive rows are of different objects, so whole objects are.
pub(super) fn answers(codes: &Matrix, pictures: &Matrix, objects: usize, asked: &Matrix, device: &Device) -> Matrix {
    let scale = (codes.values.iter().map(|value| value * value).sum::<f64>() / codes.values.len().max(1) as f64).sqrt();
    let scale = if scale > 0.0 { scale.recip() } else { 1.0 };
    let (aside, mut learned): (Vec<usize>, Vec<usize>) =
        (0..codes.rows).partition(|row| (row % objects.max(1)).is_multiple_of(ASIDE));
    let learner = device.clone().autodiff();
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut decoder = Decoder::new(codes.columns, pictures.columns, &mut rng, &learner);
    let mut optimiser = ModuleOptimizer::from(AdamW { decay: 1e-4, clip: f32::INFINITY, queue: None });
    let aside = (tensor(codes, &aside, scale, device), tensor(pictures, &aside, 1.0, device));
    let (mut best, mut best_error, mut waited) = (decoder.valid(), f32::INFINITY, 0);
    let steps = learned.len().div_ceil(BATCH).max(1);
    for _ in 0..MAX_STEPS.div_ceil(steps) {
        learned.shuffle(&mut rng);
        for rows in learned.chunks(BATCH) {
            let found = decoder.forward(tensor(codes, rows, scale, &learner));
            let loss = (found - tensor(pictures, rows, 1.0, &learner)).powi_scalar(2).mean();
            let gradients = GradientsParams::from_grads(loss.backward(), &decoder);
            decoder = optimiser.step(LEARNING_RATE, decoder, gradients);
        }
        let trained = decoder.valid();
        let error = (trained.forward(aside.0.clone()) - aside.1.clone()).powi_scalar(2).mean().into_scalar::<f32>();
        waited += 1;
        if error < best_error {
            (best, best_error, waited) = (trained, error, 0);
        }
        if waited >= IDLE_PASSES {
            break;
        }
    }
    let rows: Vec<usize> = (0..asked.rows).collect();
    let found = best.forward(tensor(asked, &rows, scale, device)).into_data();
    let values: Vec<f32> = found.try_into_vec::<f32>().expect("tensors of this crate are f32");
    Matrix::new(asked.rows, values.into_iter().map(f64::from).collect())
}

fn tensor(matrix: &Matrix, rows: &[usize], scale: f64, device: &Device) -> Tensor<2> {
    let values: Vec<f32> = rows.iter().flat_map(|&row| matrix.row(row)).map(|value| (value * scale) as f32).collect();
    Tensor::from_data(TensorData::new(values, [rows.len(), matrix.columns]), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoder_bends_where_a_line_can_not() {
        // The picture is the magnitude of the code, which no linear map of it explains.
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut random = |rows: usize| Matrix::new(rows, (0..2 * rows).map(|_| rng.random_range(-1.0..1.0)).collect());
        let (codes, asked) = (random(300), random(40));
        let magnitudes: Vec<f64> = codes.values.iter().map(|value| value.abs() - 0.5).collect();
        let found = answers(&codes, &Matrix::new(300, magnitudes), 300, &asked, &Device::flex());
        let truth: Vec<f64> = asked.values.iter().map(|value| value.abs() - 0.5).collect();
        let error: f64 = found.values.iter().zip(&truth).map(|(a, b)| (a - b) * (a - b)).sum();
        let whole: f64 = truth.iter().map(|value| value * value).sum();
        assert!(error < 0.3 * whole, "{error} of {whole}");
    }
}
