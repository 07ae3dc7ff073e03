//! Checked rows of a layer table: kinds and shapes of layers.

use std::ops::Range;

use serde::Serialize;

use crate::network::layer::{Layer, Op};
use crate::network::shape::Shape;

/// Kind of a layer in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LayerKind {
    /// Convolution, dense or grouped.
    Conv,
    /// Convolution with one group per input channel.
    Depthwise,
    /// Fully connected.
    Linear,
    /// Largest or mean value of a window.
    Pool,
    /// Sum of two tensors of the input's shape.
    Add,
    /// Product of a tensor with one factor per channel.
    Scale,
    /// Product of matrices that are both made by layers; the channels are those of all pairs.
    #[serde(rename = "matmul")]
    MatMul,
    /// Operation on elements without multiply-accumulates; the input is as large as the output.
    Elements,
}

/// Kinds with their names in files.
pub(super) const KINDS: [(&str, LayerKind); 8] = [
    ("conv", LayerKind::Conv),
    ("dw", LayerKind::Depthwise),
    ("fc", LayerKind::Linear),
    ("pool", LayerKind::Pool),
    ("add", LayerKind::Add),
    ("scale", LayerKind::Scale),
    ("matmul", LayerKind::MatMul),
    ("elements", LayerKind::Elements),
];

/// One checked row of a layer table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerRow {
    /// Name of the layer.
    pub name: String,
    /// Kind of its operator.
    pub kind: LayerKind,
    /// Shape of the input.
    pub input: Shape,
    /// Shape of the output.
    pub output: Shape,
    /// Height and width of the kernel.
    pub kernel: [u32; 2],
    /// Number of groups.
    pub groups: u32,
    /// Multiply-accumulates.
    pub macs: u64,
    /// Number of weights.
    pub weights: u64,
    /// Byte range of the row in its file.
    pub span: Range<usize>,
}

impl LayerRow {
    /// Shape of the layer.
    pub fn shape(&self) -> LayerShape {
        let Self { kind, input, output, kernel, groups, .. } = *self;
        LayerShape { kind, input, output, kernel, groups }.with_one_kind_per_layer()
    }
}

/// Everything that the time of a layer may depend on. Equal layers of different names have equal shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LayerShape {
    pub(super) kind: LayerKind,
    pub(super) input: Shape,
    pub(super) output: Shape,
    pub(super) kernel: [u32; 2],
    pub(super) groups: u32,
}

impl LayerShape {
    /// Shape of a layer of a network.
    pub fn of(layer: &Layer) -> Self {
        let Layer { input, output, .. } = *layer;
        let (kind, kernel, groups) = match layer.op {
            Op::Conv { window, groups } => (LayerKind::Conv, window.kernel, groups),
            Op::Linear => (LayerKind::Linear, [1, 1], 1),
            Op::Pool { window, .. } => (LayerKind::Pool, window.kernel, 1),
            Op::GlobalPool => (LayerKind::Pool, [input.height, input.width], 1),
            Op::Add => (LayerKind::Add, [1, 1], 1),
            Op::Scale => (LayerKind::Scale, [1, 1], 1),
            Op::MatMul { groups, .. } => (LayerKind::MatMul, [1, 1], groups),
            Op::Elements(_) => (LayerKind::Elements, [1, 1], 1),
        };
        Self { kind, input, output, kernel, groups }.with_one_kind_per_layer()
    }

    /// Shape of a dense 1x1 convolution.
    pub const fn pointwise(input: Shape, outputs: u32) -> Self {
        let output = Shape::new(outputs, input.height, input.width);
        Self { kind: LayerKind::Conv, input, output, kernel: [1, 1], groups: 1 }
    }

    /// Canonical form: a convolution with one group per input channel is depthwise, whatever a file calls it; layers
    /// other than convolutions have one group.
    pub(super) fn with_one_kind_per_layer(self) -> Self {
        match self.kind {
            LayerKind::Conv if self.groups > 1 && self.groups == self.input.channels => {
                Self { kind: LayerKind::Depthwise, ..self }
            }
            LayerKind::Conv | LayerKind::Depthwise | LayerKind::MatMul => self,
            LayerKind::Linear | LayerKind::Pool | LayerKind::Add | LayerKind::Scale | LayerKind::Elements => {
                Self { groups: 1, ..self }
            }
        }
    }
}

impl std::fmt::Display for LayerShape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = KINDS.iter().find(|(_, kind)| *kind == self.kind).map_or("", |(name, _)| name);
        let [height, width] = self.kernel;
        write!(f, "{kind} {height}x{width}, {} to {}", self.input, self.output)?;
        if self.kind == LayerKind::Conv && self.groups > 1 { write!(f, ", {} groups", self.groups) } else { Ok(()) }
    }
}
