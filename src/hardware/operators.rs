//! Operators that a chip can run: kinds of layers, sizes of kernels, strides, activations and most channels.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::constant::Sourced;
use crate::network::{Activation, ElementOp, Layer, Op, Pooling};

/// Kind of a layer as far as chips differ in what they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OperatorKind {
    /// Convolution that reads all channels.
    Conv,
    /// Convolution in groups, not depthwise.
    GroupedConv,
    /// Convolution that reads one channel for each it makes.
    Depthwise,
    /// Fully connected layer.
    Linear,
    /// Maximum over windows.
    MaxPool,
    /// Mean over windows.
    AveragePool,
    /// Pooling whose windows reach beyond the border, of either kind.
    PaddedPool,
    /// Mean or maximum over all positions.
    GlobalPool,
    /// Sum of two tensors.
    Add,
    /// Product of a tensor with a factor per channel, and the sigmoid that makes it (squeeze-excite).
    Scale,
    /// Product of matrices that are both made by layers (attention).
    #[serde(rename = "matmul")]
    MatMul,
    /// Tensors one after another.
    Concat,
    /// Sum, product or comparison of tensors whose shapes may differ.
    Combine,
    /// Exponentials of values, divided by their sum.
    Softmax,
    /// Change of the height and width.
    Resize,
    /// Any other operation on elements.
    Other,
}

impl OperatorKind {
    /// Kind of a layer.
    pub fn of(layer: &Layer) -> Self {
        match layer.op {
            Op::Conv { .. } if layer.is_depthwise() => Self::Depthwise,
            Op::Conv { groups: 1, .. } => Self::Conv,
            Op::Conv { .. } => Self::GroupedConv,
            Op::Linear => Self::Linear,
            Op::MatMul { .. } => Self::MatMul,
            Op::Pool { window, .. } if window.is_padded() => Self::PaddedPool,
            Op::Pool { pooling: Pooling::Max, .. } => Self::MaxPool,
            Op::Pool { pooling: Pooling::Average, .. } => Self::AveragePool,
            Op::GlobalPool => Self::GlobalPool,
            Op::Add => Self::Add,
            Op::Scale => Self::Scale,
            Op::Elements(ElementOp::Concat) => Self::Concat,
            Op::Elements(ElementOp::Combine) => Self::Combine,
            Op::Elements(ElementOp::Softmax) => Self::Softmax,
            Op::Elements(ElementOp::Resize) => Self::Resize,
            Op::Elements(ElementOp::Reduce | ElementOp::Normalise | ElementOp::Pad | ElementOp::Opaque) => Self::Other,
        }
    }

    /// Name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Conv => "conv",
            Self::GroupedConv => "grouped-conv",
            Self::Depthwise => "depthwise",
            Self::Linear => "linear",
            Self::MaxPool => "max-pool",
            Self::AveragePool => "average-pool",
            Self::PaddedPool => "padded-pool",
            Self::GlobalPool => "global-pool",
            Self::Add => "add",
            Self::Scale => "scale",
            Self::MatMul => "matmul",
            Self::Concat => "concat",
            Self::Combine => "combine",
            Self::Softmax => "softmax",
            Self::Resize => "resize",
            Self::Other => "other",
        }
    }

    /// Returns `true` for layers with weights, which chips count: pooling and sums run on the way to one of them.
    pub const fn is_counted(self) -> bool {
        matches!(self, Self::Conv | Self::GroupedConv | Self::Depthwise | Self::Linear | Self::MatMul)
    }
}

/// Operators that a device can run; what is absent is not restricted.
#[derive(Debug, Clone, PartialEq)]
pub struct Operators {
    /// Name of the chip, as reasons print it.
    pub chip: String,
    /// Kinds of layers.
    pub kinds: Option<Sourced<Vec<OperatorKind>>>,
    /// Sides of the kernels of convolutions.
    pub kernels: Option<Sourced<Vec<u32>>>,
    /// Strides of convolutions.
    pub strides: Option<Sourced<Vec<u32>>>,
    /// Sides of pooling windows, those over all positions included.
    pub pool_kernels: Option<Sourced<Vec<u32>>>,
    /// Strides of pooling.
    pub pool_strides: Option<Sourced<Vec<u32>>>,
    /// Activations that the chip can compute.
    pub activations: Option<Sourced<Vec<Activation>>>,
    /// Most channels that a layer reads or makes.
    pub channels: Option<Sourced<u32>>,
    /// Most layers with weights.
    pub layers: Option<Sourced<u32>>,
    /// Most bytes of one channel of a tensor, at one byte an element.
    pub channel_bytes: Option<Sourced<u32>>,
}

/// Property of a layer that a chip does not support.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported {
    /// The property: "a kernel of 5x5".
    pub what: String,
    /// Values that are supported instead: "1, 3".
    pub instead: Option<String>,
}

impl Operators {
    /// Properties of a layer that the chip does not support. Empty if it runs the layer.
    pub fn unsupported(&self, layer: &Layer) -> Vec<Unsupported> {
        let kind = OperatorKind::of(layer);
        if self.kinds.as_ref().is_some_and(|kinds| !kinds.value.contains(&kind)) {
            return vec![Unsupported { what: kind.name().to_owned(), instead: None }];
        }
        let mut found = Vec::new();
        let mut side = |allowed: &Option<Sourced<Vec<u32>>>, sides: [u32; 2], what: String| {
            let is_barred = |allowed: &&Sourced<Vec<u32>>| sides.iter().any(|side| !allowed.value.contains(side));
            if let Some(allowed) = allowed.as_ref().filter(is_barred) {
                found.push(Unsupported { what, instead: Some(allowed.shown.clone()) });
            }
        };
        match layer.op {
            Op::Conv { window, .. } => {
                let ([rows, columns], stride) = (window.kernel, steps(window.stride));
                side(&self.kernels, window.kernel, format!("a kernel of {rows}x{columns}"));
                side(&self.strides, window.stride, format!("a stride of {stride}"));
            }
            Op::Pool { window, .. } => {
                let ([rows, columns], stride) = (window.kernel, steps(window.stride));
                side(&self.pool_kernels, window.kernel, format!("a window of {rows}x{columns}"));
                side(&self.pool_strides, window.stride, format!("a pooling stride of {stride}"));
            }
            Op::GlobalPool => {
                let (rows, columns) = (layer.input.height, layer.input.width);
                side(&self.pool_kernels, [rows, columns], format!("a window of {rows}x{columns}"));
            }
            Op::Linear | Op::MatMul { .. } | Op::Add | Op::Scale | Op::Elements(_) => {}
        }
        if let (Some(allowed), Some(own)) = (&self.activations, layer.activation)
            && !allowed.value.contains(&own)
        {
            let what = format!("the activation {}", own.name());
            found.push(Unsupported { what, instead: Some(allowed.shown.clone()) });
        }
        let channels = u64::from(layer.input.channels.max(layer.output.channels));
        let bytes = layer.input.positions().max(layer.output.positions());
        let mut most = |limit: &Option<Sourced<u32>>, value: u64, what: String| {
            if let Some(limit) = limit.as_ref().filter(|limit| value > u64::from(limit.value)) {
                found.push(Unsupported { what, instead: Some(format!("{} at most", limit.shown)) });
            }
        };
        most(&self.channels, channels, format!("a layer of {channels} channels"));
        most(&self.channel_bytes, bytes, format!("a channel of {bytes} B"));
        found
    }

    /// Returns `true` if so many layers with weights are more than the chip runs.
    pub fn too_many(&self, layers: u32) -> bool {
        self.layers.as_ref().is_some_and(|most| layers > most.value)
    }
}

/// Steps of a window: one number if both are equal.
fn steps([down, across]: [u32; 2]) -> String {
    if down == across { down.to_string() } else { format!("{down}x{across}") }
}
