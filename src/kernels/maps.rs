//! Feature maps on their way through a network.

use std::sync::Arc;

use burn::tensor::Tensor;

use super::activation::Activation;
use super::norm::{self, Front};
use super::op::{Op, apply, is_host};
use super::statistics::Statistics;
use super::{buffers, stock};

/// Feature maps `[batch, height, width, channels]` whose last batch norm and activation may still have to be carried out.
///
/// The next convolution does so while it reads, so that normalised maps are never written to memory. [`Self::tensor`] carries
/// it out for anything else.
#[derive(Debug, Clone)]
pub struct Maps {
    /// As stored.
    pub(super) x: Tensor<4>,
    /// Of `x`, where the operation that made it added them up.
    statistics: Option<Arc<Statistics>>,
    pub(super) norm: Option<Pending>,
}

/// A batch norm and activation to be carried out.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub recipe: Recipe,
    /// `[channels]`: gamma, or with given statistics the scale.
    pub a: Tensor<1>,
    /// `[channels]`: beta, or with given statistics the shift.
    pub b: Tensor<1>,
}

/// How a batch norm's parameters become scale and shift.
#[derive(Debug, Clone)]
pub(super) struct Recipe {
    /// Of the batch; without, scale and shift are given.
    pub statistics: Option<Arc<Statistics>>,
    pub activation: Activation,
}

impl Recipe {
    pub fn front(&self, a: &[f32], b: &[f32]) -> Front {
        match &self.statistics {
            Some(statistics) => Front::normalising(statistics, a, b, self.activation),
            None => Front::given(a, b, self.activation),
        }
    }

    /// For the backward pass, which there is in training only.
    pub fn of_batch(&self) -> &Statistics {
        self.statistics.as_ref().expect("evaluation records no gradients")
    }
}

impl From<Tensor<4>> for Maps {
    fn from(x: Tensor<4>) -> Self {
        Self { x, statistics: None, norm: None }
    }
}

impl From<Maps> for Tensor<4> {
    fn from(maps: Maps) -> Self {
        maps.tensor()
    }
}

impl Maps {
    pub(super) fn with_statistics(x: Tensor<4>, statistics: Arc<Statistics>) -> Self {
        Self { x, statistics: Some(statistics), norm: None }
    }

    /// `[batch, height, width, channels]`
    pub fn dims(&self) -> [usize; 4] {
        self.x.dims()
    }

    /// The maps with everything carried out.
    pub fn tensor(self) -> Tensor<4> {
        let Some(Pending { recipe, a, b }) = self.norm else { return self.x };
        let shape = self.x.dims();
        let inputs = [self.x.into_dispatch(), a.into_dispatch(), b.into_dispatch()];
        apply(&recipe, &inputs, shape).expect("only maps in this process's memory wait for a norm").0
    }

    /// The same with nothing left to do.
    pub(super) fn carried_out(self) -> Self {
        if self.norm.is_some() { self.tensor().into() } else { self }
    }

    /// Mean and variance of each channel of what is there so far; `None` on a device that is not this process's memory.
    pub(super) fn statistics(&self) -> Option<Arc<Statistics>> {
        let [.., channels] = self.dims();
        self.statistics.clone().or_else(|| Some(apply(&Measure(channels), &[self.x.clone().into_dispatch()], [1])?.1))
    }

    /// To be normalised with the statistics of this batch, then activated.
    pub(super) fn normalised(self, gamma: Tensor<1>, beta: Tensor<1>, activation: Activation) -> Self {
        let maps = self.carried_out();
        let Some(statistics) = maps.statistics() else {
            return stock::norm_within(maps.x, gamma, beta, activation).into();
        };
        let recipe = Recipe { statistics: Some(statistics), activation };
        Self { x: maps.x, statistics: None, norm: Some(Pending { recipe, a: gamma, b: beta }) }
    }

    /// To be scaled and shifted as given, then activated.
    pub(super) fn scaled(self, scale: Tensor<1>, shift: Tensor<1>, activation: Activation) -> Self {
        let x = self.tensor();
        if !is_host(&x.clone().into_dispatch()) {
            return stock::norm_with(x, scale, shift, activation).into();
        }
        let recipe = Recipe { statistics: None, activation };
        Self { x, statistics: None, norm: Some(Pending { recipe, a: scale, b: shift }) }
    }
}

/// Carries a norm out.
impl Op<3> for Recipe {
    type Beside = ();

    fn forward(&self, [x, a, b]: [&[f32]; 3]) -> (Vec<f32>, ()) {
        let mut y = buffers::take(x.len());
        self.front(a, b).apply_all(x, &mut y);
        (y, ())
    }

    fn backward(&self, [x, a, b]: [&[f32]; 3], (): &(), dy: &[f32], _: [bool; 3]) -> [Option<Vec<f32>>; 3] {
        norm::backward(x, dy, self.of_batch(), &self.front(a, b)).map(Some)
    }
}

/// Adds up statistics; the tensor it makes says nothing.
#[derive(Debug, Clone)]
struct Measure(usize);

impl Op<1> for Measure {
    type Beside = Arc<Statistics>;

    fn forward(&self, [x]: [&[f32]; 1]) -> (Vec<f32>, Arc<Statistics>) {
        (vec![0.0], Arc::new(Statistics::of(x, self.0)))
    }

    fn backward(&self, _: [&[f32]; 1], _: &Arc<Statistics>, _: &[f32], _: [bool; 1]) -> [Option<Vec<f32>>; 1] {
        [None]
    }
}
