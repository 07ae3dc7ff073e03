//! A whole network: layers in order and the boundaries between its blocks.

use super::fusion::FusionOperator;
use super::layer::{Layer, TensorId};
use super::link_range::LinkRange;
use super::shape::Shape;

/// Number of a boundary, counted over the deepest network of a space: 0 is the raw input, the last one the logits.
pub type BoundaryId = u16;

/// Returns `true` at the first and at the last boundary of a network: raw input and output cross the link as they are.
pub(crate) const fn is_end(boundary: usize, last: usize) -> bool {
    boundary == 0 || boundary == last
}

/// Boundary between two blocks, where a network may be split. One tensor crosses it, or several in an imported network
/// that is cut at every position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boundary {
    /// Number of the boundary in the space the network was lowered from.
    pub id: BoundaryId,
    /// Name, for instance `input`, `stem`, `S2.1` (after the first block of stage S2), `logits`.
    pub name: String,
    /// Number of layers before it.
    pub layers: usize,
    /// The tensor that crosses it, the latest if there are several.
    pub tensor: TensorId,
    /// Shape of that tensor for one view.
    pub shape: Shape,
    /// Earlier tensors that cross it too.
    pub earlier: Vec<TensorId>,
}

/// A network: layers in the order in which they run, and the boundaries between its blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// Shape of one view's input.
    pub input: Shape,
    /// Layers in running order.
    pub layers: Vec<Layer>,
    /// Boundaries in order; the first is the raw input, the last the output.
    pub boundaries: Vec<Boundary>,
    /// Operator that fuses the views; see [`Network::fusion_at`].
    pub fusion: FusionOperator,
    /// Range of the link's codes at a split between two blocks.
    pub link_range: LinkRange,
    /// Outputs besides that of the last layer.
    pub outputs: Vec<TensorId>,
}

impl Network {
    /// Shape of a tensor.
    pub fn shape(&self, tensor: TensorId) -> Shape {
        if tensor == 0 { self.input } else { self.layers[tensor - 1].output }
    }

    /// Bits of an element of a tensor; 8 for the input.
    pub fn bits(&self, tensor: TensorId) -> u8 {
        if tensor == 0 { 8 } else { self.layers[tensor - 1].precision.output }
    }

    /// Bytes of a tensor; the input has one byte an element.
    pub fn bytes(&self, tensor: TensorId) -> u64 {
        if tensor == 0 { self.input.elements() } else { self.layers[tensor - 1].output_bytes() }
    }

    /// Shapes of the tensors that cross a boundary.
    pub fn crossing<'a>(&'a self, boundary: &'a Boundary) -> impl Iterator<Item = Shape> + 'a {
        std::iter::once(boundary.shape).chain(boundary.earlier.iter().map(|&tensor| self.shape(tensor)))
    }

    /// Multiply-accumulates of all layers for one view.
    pub fn macs(&self) -> u64 {
        self.layers.iter().map(|layer| layer.macs).sum()
    }

    /// Weights of all layers.
    pub fn weights(&self) -> u64 {
        self.layers.iter().map(|layer| layer.weights).sum()
    }

    /// Operator that fuses the views at a position in [`Network::boundaries`]: the logits are always averaged.
    pub fn fusion_at(&self, position: usize) -> FusionOperator {
        if position + 1 < self.boundaries.len() { self.fusion } else { FusionOperator::Mean }
    }

    /// Values that one view sends over the link at a boundary of the space, with C channels reduced to
    /// `ceil(C / ratio)`; `None` if this network lacks it.
    pub fn sent_values(&self, split: BoundaryId, ratio: u8) -> Option<u64> {
        let shape = self.boundaries[self.position(split)?].shape;
        Some(u64::from(shape.channels.div_ceil(u32::from(ratio.max(1)))) * shape.positions())
    }

    /// Position in [`Network::boundaries`] of a boundary of the space; `None` if this network lacks it.
    pub fn position(&self, id: BoundaryId) -> Option<usize> {
        self.boundaries.iter().position(|boundary| boundary.id == id)
    }
}
