//! Pooling blocks: max pooling over windows, and pooling over all positions.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::module::max_pool2d;
use burn::tensor::ops::MaxPoolOptions;

use super::numerics::Numerics;
use crate::kernels::{self, FeatureMap};
use crate::network::Pooling;

/// Max pooling over a square window.
#[derive(Module, Debug)]
pub(crate) struct MaxPool {
    pub(super) stride: usize,
}

impl MaxPool {
    /// Pools `x[batch, height, width, channels]` with windows of side `side`; the border is padded by half a window,
    /// but not where `side` is 2. Output for odd sides
    /// `[batch, ceil(height / stride), ceil(width / stride), channels]`.
    pub(super) fn forward(&self, x: FeatureMap, side: usize) -> FeatureMap {
        let grid = x.grid();
        let options = MaxPoolOptions::new([side; 2]).with_stride([self.stride; 2]).with_padding([(side - 1) / 2; 2]);
        let y = max_pool2d(x.tensor().permute([0, 3, 1, 2]), options).permute([0, 2, 3, 1]);
        FeatureMap::from(y).on_grid(grid)
    }
}

/// Mean or maximum over all positions.
#[derive(Module, Debug)]
pub(crate) struct GlobalPool {}

impl GlobalPool {
    /// Pools `x[batch, height, width, channels]` to `[batch, 1, 1, channels]`.
    #[allow(clippy::unused_self, reason = "called as every other block")]
    pub(super) fn forward(&self, x: FeatureMap, pooling: Pooling, numerics: &mut Numerics) -> FeatureMap {
        let grid = x.grid();
        match pooling {
            Pooling::Average => numerics.activation(kernels::mean_over_positions(x.tensor()).into()),
            Pooling::Max => FeatureMap::from(maximum_over_positions(x.tensor())).on_grid(grid),
        }
    }
}

fn maximum_over_positions(x: Tensor<4>) -> Tensor<4> {
    let [batch, height, width, channels] = x.dims();
    let positions = height * width;
    if positions <= kernels::MAX_FUSED_VIEWS {
        // The fusion kernel computes a maximum over any adjacent items.
        return kernels::fuse_maximum(x.reshape([batch * positions, 1, 1, channels]), positions);
    }
    let x: Tensor<3> = x.reshape([batch, positions, channels]);
    x.max_dim(1).reshape([batch, 1, 1, channels])
}
