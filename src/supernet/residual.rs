//! Residual blocks of dense convolutions (He et al., 2016): the basic one and the bottleneck.

use burn::module::Module;

use super::block::Place;
use super::init::Weights;
use super::layer::ElasticConvolution;
use super::norm::{ElasticNorm, Norms};
use super::route::Step;
use crate::kernels::{self, Activation, Maps};
use crate::space::{Stage, make_divisible};

/// A convolution with its batch norm.
#[derive(Module, Debug)]
struct Normed {
    convolution: ElasticConvolution,
    norm: ElasticNorm,
}

impl Normed {
    fn new(kernels: &[u32], (inputs, outputs): (usize, usize), stride: u32, gamma: f32, weights: &mut Weights) -> Self {
        Self {
            convolution: ElasticConvolution::new(kernels, inputs, outputs, stride as usize, weights),
            norm: ElasticNorm::new(outputs, gamma, weights),
        }
    }

    fn forward(&self, x: Maps, side: usize, width: usize, after: Activation, norms: &mut Norms) -> Maps {
        self.norm.forward(self.convolution.forward(x, side, width), after, norms)
    }
}

/// The input, through a strided 1x1 convolution with batch norm where its shape differs from the output's.
#[derive(Module, Debug)]
struct ResidualShortcut {
    /// Absent where no choice changes the shape.
    layer: Option<Normed>,
    stride: usize,
}

impl ResidualShortcut {
    fn new(stage: &Stage, place: &Place, width: usize, weights: &mut Weights) -> Self {
        let layer =
            (!place.keeps_shape(stage)).then(|| Normed::new(&[1], (place.most(), width), place.stride, 1.0, weights));
        Self { layer, stride: place.stride as usize }
    }

    fn forward(&self, x: Maps, width: usize, norms: &mut Norms) -> Maps {
        let [.., inputs] = x.dims();
        match self.layer.as_ref().filter(|_| self.stride > 1 || inputs != width) {
            Some(layer) => layer.forward(x, 1, width, Activation::None, norms),
            None => x,
        }
    }
}

/// Two convolutions and a shortcut; the activation follows the sum. The branch starts at zero.
#[derive(Module, Debug)]
pub struct BasicResidual {
    first: Normed,
    second: Normed,
    shortcut: ResidualShortcut,
}

impl BasicResidual {
    /// As wide as the largest choices.
    pub fn new(stage: &Stage, place: &Place, width: usize, weights: &mut Weights) -> Self {
        Self {
            first: Normed::new(&stage.kernels, (place.most(), width), place.stride, 1.0, weights),
            second: Normed::new(&stage.kernels, (width, width), 1, 0.0, weights),
            shortcut: ResidualShortcut::new(stage, place, width, weights),
        }
    }

    /// `x[batch, height, width, inputs]`
    pub fn forward(&self, x: Maps, step: &Step, norms: &mut Norms) -> Maps {
        let x = Maps::from(x.tensor());
        let y = self.first.forward(x.clone(), step.kernel, step.width, step.activation, norms);
        let y = self.second.forward(y, step.kernel, step.width, Activation::None, norms);
        let sum = y.tensor() + self.shortcut.forward(x, step.width, norms).tensor();
        kernels::activate(sum, step.activation).into()
    }
}

/// 1x1 to the width divided by the expansion, convolution, 1x1 to the width, and a shortcut. The branch starts at zero.
#[derive(Module, Debug)]
pub struct BottleneckResidual {
    first: Normed,
    second: Normed,
    third: Normed,
    shortcut: ResidualShortcut,
}

impl BottleneckResidual {
    /// As wide as the largest choices; the smallest expansion has the widest middle.
    pub fn new(stage: &Stage, place: &Place, width: usize, weights: &mut Weights) -> Self {
        let inner = inner(width, stage.expansions.first().map_or(1, |&expansion| expansion as usize));
        Self {
            first: Normed::new(&[1], (place.most(), inner), 1, 1.0, weights),
            second: Normed::new(&stage.kernels, (inner, inner), place.stride, 1.0, weights),
            third: Normed::new(&[1], (inner, width), 1, 0.0, weights),
            shortcut: ResidualShortcut::new(stage, place, width, weights),
        }
    }

    /// `x[batch, height, width, inputs]`
    pub fn forward(&self, x: Maps, step: &Step, norms: &mut Norms) -> Maps {
        let inner = inner(step.width, step.expansion);
        let x = Maps::from(x.tensor());
        let y = self.first.forward(x.clone(), 1, inner, step.activation, norms);
        let y = self.second.forward(y, step.kernel, inner, step.activation, norms);
        let y = self.third.forward(y, 1, step.width, Activation::None, norms);
        let sum = y.tensor() + self.shortcut.forward(x, step.width, norms).tensor();
        kernels::activate(sum, step.activation).into()
    }
}

fn inner(width: usize, expansion: usize) -> usize {
    make_divisible((width / expansion) as u32, 8) as usize
}
