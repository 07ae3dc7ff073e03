//! Updates of weights from their gradients: one pass over a parameter, its gradient and what the rule remembers of
//! earlier gradients.
//!
//! Each value is computed by the formula as it is written, without fused multiplication, so that instruction sets and
//! stock operations agree.

use burn::tensor::{Device, Tensor, TensorData};
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

#[cfg(feature = "cube")]
use super::cube;
use super::host_op::is_host;
use super::update_rule::{AdamWStep, SgdStep};
use super::{buffers, simd};

/// Updates that wait until they are launched together: on a GPU those of many parameters are one kernel. On the CPU
/// they are done at once.
#[derive(Debug, Clone, Default)]
pub(crate) struct UpdateQueue {
    #[cfg(feature = "cube")]
    device: cube::DeviceUpdates,
}

impl UpdateQueue {
    /// Launches what waits; before, nothing may read the results.
    pub(crate) fn launch(&self) {
        #[cfg(feature = "cube")]
        self.device.launch();
        #[cfg(not(feature = "cube"))]
        let Self {} = self;
    }
}

/// Values that one thread updates at a time.
const CHUNK: usize = 1 << 14;

impl AdamWStep {
    /// Updated weights and moments of their gradients: mean and mean square, 0 before the first step.
    pub(crate) fn update<const D: usize>(
        self,
        weights: Tensor<D>,
        gradient: Tensor<D>,
        [mean, square]: [Tensor<D>; 2],
        queue: &UpdateQueue,
    ) -> (Tensor<D>, [Tensor<D>; 2]) {
        #[cfg(feature = "cube")]
        if let Some(found) = queue.device.adamw(self, &weights, &gradient, [&mean, &square]) {
            return found;
        }
        #[cfg(not(feature = "cube"))]
        let UpdateQueue {} = queue;
        if !on_host(&gradient) {
            return stock_adamw(self, weights, gradient, [mean, square]);
        }
        let gradient = values(gradient);
        let [mut weights, mut mean, mut square] = [weights, mean, square].map(HostTensor::take);
        self.apply(&mut weights.values, &gradient, [&mut mean.values, &mut square.values]);
        buffers::give(gradient);
        (weights.tensor(), [mean.tensor(), square.tensor()])
    }

    fn apply(self, weights: &mut [f32], gradient: &[f32], [mean, square]: [&mut [f32]; 2]) {
        let chunks = weights.par_chunks_mut(CHUNK).zip(gradient.par_chunks(CHUNK));
        let moments = mean.par_chunks_mut(CHUNK).zip(square.par_chunks_mut(CHUNK));
        chunks.zip(moments).for_each(|((weights, gradient), (mean, square))| {
            simd::run(AdamWChunk { step: self, weights, gradient, mean, square });
        });
    }
}

struct AdamWChunk<'a> {
    step: AdamWStep,
    weights: &'a mut [f32],
    gradient: &'a [f32],
    mean: &'a mut [f32],
    square: &'a mut [f32],
}

impl WithSimd for AdamWChunk<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { step, weights, gradient, mean, square } = self;
        let (kept, rate, clip) = (step.kept(), step.rate as f32, step.clip);
        let [mean_share, square_share] = step.shares();
        for (((weight, gradient), mean), square) in weights.iter_mut().zip(gradient).zip(mean).zip(square) {
            let gradient = clipped(*gradient, clip);
            *mean = *mean * AdamWStep::BETA_1 + gradient * (1.0 - AdamWStep::BETA_1);
            *square = *square * AdamWStep::BETA_2 + gradient * gradient * (1.0 - AdamWStep::BETA_2);
            let change = (*mean / mean_share) / ((*square / square_share).sqrt() + AdamWStep::EPSILON);
            *weight = *weight * kept - change * rate;
        }
    }
}

/// `value` within `-limit..=limit`; not-a-number stays so, for the loss to tell.
#[inline(always)]
fn clipped(value: f32, limit: f32) -> f32 {
    if value > limit {
        limit
    } else if value < -limit {
        -limit
    } else {
        value
    }
}

impl SgdStep {
    /// Updated weights and velocity, which is 0 before the first step.
    pub(crate) fn update<const D: usize>(
        self,
        weights: Tensor<D>,
        gradient: Tensor<D>,
        velocity: Tensor<D>,
        queue: &UpdateQueue,
    ) -> (Tensor<D>, Tensor<D>) {
        #[cfg(feature = "cube")]
        if let Some(found) = queue.device.sgd(self, &weights, &gradient, &velocity) {
            return found;
        }
        #[cfg(not(feature = "cube"))]
        let UpdateQueue {} = queue;
        if !on_host(&gradient) {
            return stock_sgd(self, weights, gradient, velocity);
        }
        let gradient = values(gradient);
        let [mut weights, mut velocity] = [weights, velocity].map(HostTensor::take);
        self.apply(&mut weights.values, &gradient, &mut velocity.values);
        buffers::give(gradient);
        (weights.tensor(), velocity.tensor())
    }

    fn apply(self, weights: &mut [f32], gradient: &[f32], velocity: &mut [f32]) {
        let chunks = weights.par_chunks_mut(CHUNK).zip(gradient.par_chunks(CHUNK));
        chunks.zip(velocity.par_chunks_mut(CHUNK)).for_each(|((weights, gradient), velocity)| {
            simd::run(SgdChunk { step: self, weights, gradient, velocity });
        });
    }
}

struct SgdChunk<'a> {
    step: SgdStep,
    weights: &'a mut [f32],
    gradient: &'a [f32],
    velocity: &'a mut [f32],
}

impl WithSimd for SgdChunk<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { step: SgdStep { rate, momentum, decay, clip }, weights, gradient, velocity } = self;
        let rate = rate as f32;
        for ((weight, gradient), velocity) in weights.iter_mut().zip(gradient).zip(velocity) {
            let gradient = *weight * decay + clipped(*gradient, clip);
            *velocity = gradient + *velocity * momentum;
            *weight -= (*velocity * momentum + gradient) * rate;
        }
    }
}

/// [`AdamWStep::update`] by stock operations, for devices without kernels.
fn stock_adamw<const D: usize>(
    step: AdamWStep,
    weights: Tensor<D>,
    gradient: Tensor<D>,
    [mean, square]: [Tensor<D>; 2],
) -> (Tensor<D>, [Tensor<D>; 2]) {
    let gradient = gradient.clamp(-step.clip, step.clip);
    let mean = mean * AdamWStep::BETA_1 + gradient.clone() * (1.0 - AdamWStep::BETA_1);
    let square = square * AdamWStep::BETA_2 + gradient.square() * (1.0 - AdamWStep::BETA_2);
    let [mean_share, square_share] = step.shares();
    let change = (mean.clone() / mean_share) / ((square.clone() / square_share).sqrt() + AdamWStep::EPSILON);
    (weights * step.kept() - change * step.rate, [mean, square])
}

/// [`SgdStep::update`] by stock operations, for devices without kernels.
fn stock_sgd<const D: usize>(
    step: SgdStep,
    weights: Tensor<D>,
    gradient: Tensor<D>,
    velocity: Tensor<D>,
) -> (Tensor<D>, Tensor<D>) {
    let SgdStep { rate, momentum, decay, clip } = step;
    let gradient = weights.clone() * decay + gradient.clamp(-clip, clip);
    let velocity = gradient.clone() + velocity * momentum;
    (weights - (velocity.clone() * momentum + gradient) * rate, velocity)
}

/// Sum of two tensors of the same shape without gradients, in the memory of the first.
pub(crate) fn add<const D: usize>(sum: Tensor<D>, more: Tensor<D>) -> Tensor<D> {
    if !on_host(&sum) {
        return sum + more;
    }
    let (mut sum, more) = (HostTensor::take(sum), values(more));
    sum.values.par_chunks_mut(CHUNK).zip(more.par_chunks(CHUNK)).for_each(|(sums, more)| {
        for (sum, value) in sums.iter_mut().zip(more) {
            *sum += value;
        }
    });
    buffers::give(more);
    sum.tensor()
}

/// Sum of the squares of all values `[1]`.
pub(crate) fn sum_of_squares<const D: usize>(x: Tensor<D>) -> Tensor<1> {
    if !on_host(&x) {
        return x.square().sum();
    }
    let device = x.device();
    let sum: f64 = values(x).into_iter().map(|value| f64::from(value) * f64::from(value)).sum();
    Tensor::from_data(TensorData::new(vec![sum as f32], [1]), &device)
}

fn on_host<const D: usize>(x: &Tensor<D>) -> bool {
    is_host(&x.clone().into_dispatch())
}

/// The buffer of a tensor, or a copy where something else refers to it.
fn values<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.into_data().try_into_vec().expect("all tensors of this crate are f32")
}

/// A tensor whose values may be changed.
struct HostTensor<const D: usize> {
    values: Vec<f32>,
    shape: [usize; D],
    device: Device,
}

impl<const D: usize> HostTensor<D> {
    fn take(x: Tensor<D>) -> Self {
        let (shape, device) = (x.dims(), x.device());
        Self { values: values(x), shape, device }
    }

    fn tensor(self) -> Tensor<D> {
        Tensor::from_data(TensorData::new(self.values, self.shape), &self.device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(phase: f32) -> Tensor<2> {
        let rows = 2 * CHUNK / 7 + 1;
        let values: Vec<f32> = (0..rows * 7).map(|at| (at as f32 + phase).sin() * 2.0).collect();
        Tensor::from_data(TensorData::new(values, [rows, 7]), &Device::flex())
    }

    fn assert_close(found: &Tensor<2>, wanted: &Tensor<2>) {
        for (found, wanted) in values(found.clone()).into_iter().zip(values(wanted.clone())) {
            assert!((found - wanted).abs() < 1e-6, "{found} instead of {wanted}");
        }
    }

    #[test]
    fn updates_equal_those_by_stock_operations() {
        let (weights, gradient, mean, square) = (tensor(0.1), tensor(0.2), tensor(0.3), tensor(0.4).square());
        let step = AdamWStep { rate: 0.01, decay: 0.1, clip: 0.5, time: 3 };
        let moments = [mean.clone(), square];
        let found = step.update(weights.clone(), gradient.clone(), moments.clone(), &UpdateQueue::default());
        let wanted = stock_adamw(step, weights.clone(), gradient.clone(), moments);
        assert_close(&found.0, &wanted.0);
        (0..2).for_each(|moment| assert_close(&found.1[moment], &wanted.1[moment]));

        let step = SgdStep { rate: 0.01, momentum: 0.9, decay: 0.1, clip: 0.5 };
        let found = step.update(weights.clone(), gradient.clone(), mean.clone(), &UpdateQueue::default());
        let wanted = stock_sgd(step, weights, gradient, mean);
        assert_close(&found.0, &wanted.0);
        assert_close(&found.1, &wanted.1);
    }

    #[test]
    fn a_gradient_that_is_not_a_number_reaches_the_weights() {
        let mut weights = [0.0; 3];
        let step = AdamWStep { rate: 0.01, decay: 0.0, clip: 0.5, time: 1 };
        step.apply(&mut weights, &[1.0, f32::NAN, -9.0], [&mut [0.0; 3], &mut [0.0; 3]]);
        assert!(weights[1].is_nan() && weights[0] < 0.0 && weights[2] > 0.0);
    }

    #[test]
    fn sums_and_their_squares() {
        let (a, b) = (tensor(0.1), tensor(0.2));
        assert_close(&add(a.clone(), b.clone()), &(a.clone() + b));
        let (found, wanted) = (sum_of_squares(a.clone()).into_scalar::<f32>(), a.square().sum().into_scalar::<f32>());
        assert!((found / wanted - 1.0).abs() < 1e-4, "{found} {wanted}");
    }
}
