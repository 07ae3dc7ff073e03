//! Fresh weights: normally distributed, a pure function of a seed, the same on every device.

use burn::module::Param;
use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// Variance of the weights of a splitting module's reduce and recover layers (gain 2 for the rectifier).
///
/// Their widths C and c differ a lot, so the usual rules scale either activations or gradients by C / c. The geometric
/// mean keeps the product of all four variance gains of the pair at 1 with the smallest single gain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Initialisation {
    /// `2 / in`
    FanIn,
    /// `2 / out`
    FanOut,
    /// `4 / (in + out)`
    Arithmetic,
    /// `2 / sqrt(in * out)`
    #[default]
    Geometric,
}

impl Initialisation {
    /// Variance of the weights of a layer with that many inputs and outputs per value.
    pub fn variance(self, fan_in: usize, fan_out: usize) -> f64 {
        let (fan_in, fan_out) = (fan_in as f64, fan_out as f64);
        match self {
            Self::FanIn => 2.0 / fan_in,
            Self::FanOut => 2.0 / fan_out,
            Self::Arithmetic => 4.0 / (fan_in + fan_out),
            Self::Geometric => 2.0 / (fan_in * fan_out).sqrt(),
        }
    }
}

/// Source of initial parameters on a device: a generator that they are drawn from one after the other.
#[derive(Debug)]
pub(crate) struct WeightInit {
    rng: ChaCha8Rng,
    device: Device,
}

impl WeightInit {
    /// Parameters on `device`, drawn from `rng`.
    pub(super) fn new(rng: ChaCha8Rng, device: Device) -> Self {
        Self { rng, device }
    }

    /// Normally distributed values of mean 0 and the given variance.
    pub(super) fn normal<const D: usize>(&mut self, shape: [usize; D], variance: f64) -> Param<Tensor<D>> {
        let deviation = variance.sqrt();
        let count = shape.iter().product();
        let values: Vec<f32> = (0..count).map(|_| (gauss(&mut self.rng) * deviation) as f32).collect();
        self.parameter(values, shape)
    }

    /// A constant parameter.
    pub(super) fn constant<const D: usize>(&self, shape: [usize; D], value: f32) -> Param<Tensor<D>> {
        self.parameter(vec![value; shape.iter().product()], shape)
    }

    /// Identity matrix `[size, size]`.
    pub(super) fn identity(&self, size: usize) -> Param<Tensor<2>> {
        let values = (0..size * size).map(|index| if index % (size + 1) == 0 { 1.0 } else { 0.0 }).collect();
        self.parameter(values, [size, size])
    }

    /// Identity matrices `[count, size, size]`, divided by their number.
    pub(super) fn identities(&self, count: usize, size: usize) -> Param<Tensor<3>> {
        let one = 1.0 / count as f32;
        let matrix = (0..size * size).map(|index| if index % (size + 1) == 0 { one } else { 0.0 });
        let values = std::iter::repeat_n(matrix, count).flatten().collect();
        self.parameter(values, [count, size, size])
    }

    fn parameter<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Param<Tensor<D>> {
        Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), &self.device))
    }
}

/// One standard normal value (Box and Muller, 1958).
fn gauss(rng: &mut impl Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}

#[cfg(test)]
mod tests {
    use super::Initialisation;

    /// The analysis of a pair C -> c -> C: forward gain `in * var / 2`, backward gain `out * var / 2`.
    #[test]
    fn only_the_geometric_rule_keeps_the_product_at_one_with_small_gains() {
        let gains = |rule: Initialisation, wide: usize, narrow: usize| {
            let gain = |fan: usize, variance: f64| fan as f64 * variance / 2.0;
            let (reduce, recover) = (rule.variance(wide, narrow), rule.variance(narrow, wide));
            [gain(wide, reduce), gain(narrow, recover), gain(narrow, reduce), gain(wide, recover)]
        };
        let close = |found: [f64; 4], wanted: [f64; 4]| {
            found.iter().zip(wanted).all(|(found, wanted)| (found / wanted - 1.0).abs() < 1e-9)
        };
        let root = 20.0_f64.sqrt();
        assert!(close(gains(Initialisation::FanIn, 160, 8), [1.0, 1.0, 1.0 / 20.0, 20.0]));
        assert!(close(gains(Initialisation::FanOut, 160, 8), [20.0, 1.0 / 20.0, 1.0, 1.0]));
        assert!(close(gains(Initialisation::Geometric, 160, 8), [root, 1.0 / root, 1.0 / root, root]));
        let product: f64 = gains(Initialisation::Arithmetic, 160, 8).iter().product::<f64>().sqrt();
        assert!((product - 4.0 * 160.0 * 8.0 / 168.0_f64.powi(2)).abs() < 1e-9);
    }
}
