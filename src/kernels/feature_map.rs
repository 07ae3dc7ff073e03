//! Feature maps whose last batch norm may be deferred to the operation that reads them.

use std::sync::Arc;

use burn::tensor::{Int, Tensor, TensorData};

use super::activation::KernelActivation;
#[cfg(feature = "cube")]
use super::cube;
use super::grid::CodeGrid;
use super::host_op::{HostOp, apply, is_host};
use super::norm::{self, InputTransform};
use super::statistics::ChannelStatistics;
use super::{buffers, stock};

/// Feature maps `[batch, height, width, channels]` with a batch norm and activation that may still be pending.
///
/// The next convolution computes them while it reads, so that normalised maps are never written to memory.
/// [`Self::tensor`] computes them for anything else.
#[derive(Debug, Clone)]
pub struct FeatureMap {
    /// Values before the pending norm.
    pub(super) x: Tensor<4>,
    /// Statistics of `x`, where the operation that made it added them up.
    statistics: Option<MapStatistics>,
    pub(super) norm: Option<PendingNorm>,
    /// CodeGrid that the values were rounded to, behind the pending norm.
    grid: Option<CodeGrid>,
    /// Steps `[channels]` of the integers that `x` is a sum of, where grid values and rounded weights were multiplied.
    sum_steps: Option<Tensor<1>>,
}

/// A batch norm and activation that are still to be computed.
#[derive(Debug, Clone)]
pub(super) struct PendingNorm {
    pub recipe: NormRecipe,
    /// `[channels]`: gamma, or with given statistics the scale.
    pub a: Tensor<1>,
    /// `[channels]`: beta, or with given statistics the shift.
    pub b: Tensor<1>,
}

/// Mean and variance of each channel, in the memory that the maps are in.
#[derive(Debug, Clone)]
pub(super) enum MapStatistics {
    Host(Arc<ChannelStatistics>),
    #[cfg(feature = "cube")]
    Device(cube::DeviceStatistics),
}

/// Rule by which a batch norm's parameters become scale and shift.
#[derive(Debug, Clone)]
pub(super) struct NormRecipe {
    /// Statistics of the batch; `None` where scale and shift are given.
    pub statistics: Option<MapStatistics>,
    pub activation: KernelActivation,
    /// Grid to round to behind the activation.
    pub grid: Option<CodeGrid>,
}

impl NormRecipe {
    /// The transform with parameters `a` and `b` `[channels]`, as in [`PendingNorm`].
    pub(super) fn transform(&self, a: &[f32], b: &[f32]) -> InputTransform {
        let transform = match &self.statistics {
            Some(MapStatistics::Host(statistics)) => InputTransform::normalising(statistics, a, b, self.activation),
            #[cfg(feature = "cube")]
            Some(MapStatistics::Device(_)) => unreachable!("a kernel of the CPU reads maps of the CPU"),
            None => InputTransform::given(a, b, self.activation),
        };
        transform.rounding_to(self.grid)
    }

    /// Statistics of the batch, for the backward pass.
    ///
    /// # Panics
    /// In evaluation, which has no backward pass.
    pub(super) fn of_batch(&self) -> &ChannelStatistics {
        match &self.statistics {
            Some(MapStatistics::Host(statistics)) => statistics,
            _ => panic!("evaluation records no gradients"),
        }
    }

    /// The recipe as kernels of a GPU take it.
    #[cfg(feature = "cube")]
    pub(super) fn on_device(&self) -> cube::PendingOnDevice {
        let statistics = match &self.statistics {
            Some(MapStatistics::Device(statistics)) => Some(statistics.clone()),
            _ => None,
        };
        cube::PendingOnDevice { statistics, activation: self.activation }
    }
}

impl From<Tensor<4>> for FeatureMap {
    fn from(x: Tensor<4>) -> Self {
        Self { x, statistics: None, norm: None, grid: None, sum_steps: None }
    }
}

impl From<FeatureMap> for Tensor<4> {
    fn from(maps: FeatureMap) -> Self {
        maps.tensor()
    }
}

impl FeatureMap {
    pub(super) fn with_statistics(x: Tensor<4>, statistics: Arc<ChannelStatistics>) -> Self {
        Self { statistics: Some(MapStatistics::Host(statistics)), ..Self::from(x) }
    }

    /// Shape `[batch, height, width, channels]`.
    pub fn dims(&self) -> [usize; 4] {
        self.x.dims()
    }

    /// The tensor `[batch, height, width, channels]` with the pending norm computed.
    pub fn tensor(self) -> Tensor<4> {
        let Some(PendingNorm { recipe, a, b }) = self.norm else { return self.x };
        #[cfg(feature = "cube")]
        if let Some(y) = cube::normalise(&self.x, recipe.on_device(), &a, &b) {
            return y;
        }
        let shape = self.x.dims();
        let inputs = [self.x.into_dispatch(), a.into_dispatch(), b.into_dispatch()];
        apply(&recipe, &inputs, shape).expect("maps wait for a norm only where a kernel computes it").0
    }

    /// The sum with other maps of the same shape. On a GPU a pending norm is computed on the way.
    pub fn plus(self, added: Self) -> Tensor<4> {
        let added = added.tensor();
        #[cfg(feature = "cube")]
        if let Some(PendingNorm { recipe, a, b }) = &self.norm
            && let Some(sum) = cube::normalise_and_add(&self.x, recipe.on_device(), [a, b], &added)
        {
            return sum;
        }
        self.tensor() + added
    }

    /// Computes a pending norm.
    pub(super) fn computed(self) -> Self {
        if self.norm.is_some() { self.tensor().into() } else { self }
    }

    /// Mean and variance of each channel before the pending norm; `None` on a device without kernels.
    pub(super) fn statistics(&self) -> Option<MapStatistics> {
        if self.statistics.is_some() {
            return self.statistics.clone();
        }
        #[cfg(feature = "cube")]
        if let Some(statistics) = cube::statistics(&self.x) {
            return Some(MapStatistics::Device(statistics));
        }
        let [.., channels] = self.dims();
        let (_, statistics) = apply(&MeasureStatistics(channels), &[self.x.clone().into_dispatch()], [1])?;
        Some(MapStatistics::Host(statistics))
    }

    /// Returns `true` if the operation that reads `x` can compute a norm on the way.
    fn may_wait(x: &Tensor<4>) -> bool {
        let x = x.clone().into_dispatch();
        #[cfg(feature = "cube")]
        if cube::is_cube(&x) {
            return true;
        }
        is_host(&x)
    }

    /// Defers batch norm with the statistics of this batch, and the activation.
    pub(super) fn normalised(self, gamma: Tensor<1>, beta: Tensor<1>, activation: KernelActivation) -> Self {
        let maps = self.computed();
        let Some(statistics) = maps.statistics() else {
            return stock::norm_within(maps.x, gamma, beta, activation).into();
        };
        let recipe = NormRecipe { statistics: Some(statistics), activation, grid: None };
        Self { norm: Some(PendingNorm { recipe, a: gamma, b: beta }), ..Self::from(maps.x) }
    }

    /// Defers a given scale and shift `[channels]`, and the activation.
    pub(super) fn scaled(self, scale: Tensor<1>, shift: Tensor<1>, activation: KernelActivation) -> Self {
        let x = self.tensor();
        if !Self::may_wait(&x) {
            return stock::norm_with(x, scale, shift, activation).into();
        }
        let recipe = NormRecipe { statistics: None, activation, grid: None };
        Self { norm: Some(PendingNorm { recipe, a: scale, b: shift }), ..Self::from(x) }
    }

    /// Rounds all values to a grid. Deferred with a pending norm. For evaluation: differentiable only with a pending
    /// norm of the batch, through which gradients pass straight.
    #[must_use]
    pub fn rounded_to(self, grid: CodeGrid) -> Self {
        if !is_host(&self.x.clone().into_dispatch()) {
            return Self { grid: Some(grid), ..stock::round(self.tensor(), grid).into() };
        }
        let (x, mut pending) = match self.norm {
            Some(pending) if pending.recipe.grid.is_none() => (self.x, pending),
            _ => {
                let x = self.tensor();
                let [.., channels] = x.dims();
                let (a, b) = (Tensor::ones([channels], &x.device()), Tensor::zeros([channels], &x.device()));
                let recipe = NormRecipe { statistics: None, activation: KernelActivation::None, grid: None };
                (x, PendingNorm { recipe, a, b })
            }
        };
        pending.recipe.grid = Some(grid);
        Self { norm: Some(pending), grid: Some(grid), ..Self::from(x) }
    }

    /// Rounds all values to a grid in a training step; gradients pass straight through. Deferred with a pending norm.
    #[must_use]
    pub fn learning_grid(self, grid: CodeGrid) -> Self {
        if self.norm.as_ref().is_some_and(|pending| pending.recipe.statistics.is_some()) {
            return self.rounded_to(grid);
        }
        let x = self.tensor();
        // A leaf that wants gradients would still want them after `detach` alone.
        let fixed = x.clone().detach().set_require_grad(false);
        let rounded = Self::from(fixed.clone()).rounded_to(grid).tensor();
        Self { grid: Some(grid), ..Self::from(x + (rounded - fixed)) }
    }

    /// CodeGrid that the values lie on, if they were rounded to one.
    pub const fn grid(&self) -> Option<CodeGrid> {
        self.grid
    }

    /// Declares that the values lie on a grid: those of an operation that only picks among values that do.
    #[must_use]
    pub fn on_grid(self, grid: Option<CodeGrid>) -> Self {
        Self { grid, ..self }
    }

    /// Declares the steps `[channels]` of the integers that the values are a sum of.
    #[must_use]
    pub fn summed_in(self, steps: Option<Tensor<1>>) -> Self {
        Self { sum_steps: steps, ..self }
    }

    /// Steps `[channels]` of the integers that the values are a sum of, if they are.
    pub const fn sum_steps(&self) -> Option<&Tensor<1>> {
        self.sum_steps.as_ref()
    }

    /// At most `most` values, with the pending norm computed: whole rows of channels from all over the maps.
    pub fn sample(&self, most: usize) -> Vec<f32> {
        let [batch, height, width, channels] = self.dims();
        let rows = batch * height * width;
        let every = (rows * channels).div_ceil(most).max(1);
        // Even steps would meet the same columns of each image.
        let jitter = |start: usize| (start as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        let place = |start: usize| (start + jitter(start) as usize % every).min(rows - 1).cast_signed() as i64;
        let places: Vec<i64> = (0..rows).step_by(every).map(place).collect();
        let count = places.len();
        let places: Tensor<1, Int> = Tensor::from_data(TensorData::new(places, [count]), &self.x.device());
        let picked = self.x.clone().reshape([rows, channels]).select(0, places).reshape([count, 1, 1, channels]);
        let picked = Self { x: picked, ..self.clone() };
        picked.tensor().into_data().try_into_vec::<f32>().expect("feature maps are f32")
    }
}

/// Computes a norm by itself.
impl HostOp<3> for NormRecipe {
    type Saved = ();

    fn forward(&self, [x, a, b]: [&[f32]; 3]) -> (Vec<f32>, ()) {
        let mut y = buffers::take(x.len());
        self.transform(a, b).apply_all(x, &mut y);
        (y, ())
    }

    fn backward(&self, [x, a, b]: [&[f32]; 3], (): &(), dy: &[f32], _: [bool; 3]) -> [Option<Vec<f32>>; 3] {
        norm::backward(x, dy, self.of_batch(), &self.transform(a, b)).map(Some)
    }
}

/// Adds up statistics of this many channels; the tensor it makes is a placeholder.
#[derive(Debug, Clone)]
struct MeasureStatistics(usize);

impl HostOp<1> for MeasureStatistics {
    type Saved = Arc<ChannelStatistics>;

    fn forward(&self, [x]: [&[f32]; 1]) -> (Vec<f32>, Arc<ChannelStatistics>) {
        (vec![0.0], Arc::new(ChannelStatistics::of(x, self.0)))
    }

    fn backward(&self, _: [&[f32]; 1], _: &Arc<ChannelStatistics>, _: &[f32], _: [bool; 1]) -> [Option<Vec<f32>>; 1] {
        [None]
    }
}
