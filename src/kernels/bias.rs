//! Biases with the function behind them, as in a squeeze-excite.

use burn::tensor::Tensor;

#[cfg(feature = "cube")]
use super::cube;

/// Function behind a bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BiasCurve {
    /// `max(x, 0)`.
    Rectifier,
    /// `min(max(x + 3, 0), 6) / 6`.
    HardSigmoid,
}

/// `curve(x[batch, height, width, channels] + bias[channels])`.
pub fn add_bias(x: Tensor<4>, bias: Tensor<1>, curve: BiasCurve) -> Tensor<4> {
    #[cfg(feature = "cube")]
    if let Some(y) = cube::add_bias(&x, &bias, curve) {
        return y;
    }
    let sum = x + bias.unsqueeze();
    match curve {
        BiasCurve::Rectifier => sum.clamp_min(0.0),
        BiasCurve::HardSigmoid => (sum + 3.0).clamp(0.0, 6.0) / 6.0,
    }
}
