//! Builds a [`Network`] layer by layer with checked shape arithmetic: no count wraps, no side is silently zero.

use thiserror::Error;

use super::fusion::FusionOperator;
use super::graph::{Boundary, BoundaryId, Network};
use super::layer::{Activation, Layer, LayerPrecision, Op, Pooling, TensorId};
use super::link_range::LinkRange;
use super::shape::{LARGEST_COUNT, Shape};
use super::window::SlidingWindow;

/// A layer that can't exist.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ShapeError {
    /// A side, width, kernel, stride or group count of zero.
    #[error("layer {layer}: {what} is 0")]
    Zero {
        /// The layer.
        layer: String,
        /// Name of the size that is zero.
        what: &'static str,
    },
    /// The kernel does not fit into its padded input.
    #[error("layer {layer}: kernel {kernel} is larger than its input {input} padded by {padding}")]
    KernelTooLarge {
        /// The layer.
        layer: String,
        /// Values that the kernel spans.
        kernel: u64,
        /// Shape of the input.
        input: Shape,
        /// Padding at the first end.
        padding: u32,
    },
    /// Channels can't be divided into the groups.
    #[error("layer {layer}: {groups} groups do not divide {input} input and {output} output channels")]
    Groups {
        /// The layer.
        layer: String,
        /// Number of groups.
        groups: u32,
        /// Input channels.
        input: u32,
        /// Output channels.
        output: u32,
    },
    /// Operands whose shapes differ.
    #[error("layer {layer}: shapes {left} and {right} do not match")]
    Mismatch {
        /// The layer.
        layer: String,
        /// First shape.
        left: Shape,
        /// Second shape.
        right: Shape,
    },
    /// A count beyond 2^53, of this layer or of all up to it.
    #[error("layer {layer}: its size overflows")]
    Overflow {
        /// The layer.
        layer: String,
    },
}

impl ShapeError {
    /// Name of the layer that can't exist.
    pub fn layer(&self) -> &str {
        match self {
            Self::Zero { layer, .. }
            | Self::KernelTooLarge { layer, .. }
            | Self::Groups { layer, .. }
            | Self::Mismatch { layer, .. }
            | Self::Overflow { layer } => layer,
        }
    }
}

/// Builder of a [`Network`].
#[derive(Debug)]
pub struct NetworkBuilder {
    network: Network,
    /// Multiply-accumulates, weights and elements of all tensors so far.
    totals: [u64; 3],
}

impl NetworkBuilder {
    /// Starts a network with the input of one view, which is boundary 0.
    ///
    /// # Errors
    /// A side of zero.
    pub fn new(input: Shape) -> Result<Self, ShapeError> {
        if [input.channels, input.height, input.width].contains(&0) {
            return Err(ShapeError::Zero { layer: "input".into(), what: "a side of the input" });
        }
        let raw = Boundary { id: 0, name: "input".into(), layers: 0, tensor: 0, shape: input, earlier: Vec::new() };
        let elements = elements(input).ok_or_else(|| ShapeError::Overflow { layer: "input".into() })?;
        let (fusion, link_range) = (FusionOperator::default(), LinkRange::default());
        let network =
            Network { input, layers: Vec::new(), boundaries: vec![raw], fusion, link_range, outputs: Vec::new() };
        Ok(Self { network, totals: [0, 0, elements] })
    }

    /// Shape of a tensor added so far.
    ///
    /// # Panics
    /// There is no such tensor.
    pub fn shape(&self, tensor: TensorId) -> Shape {
        self.network.shape(tensor)
    }

    /// Adds a convolution with `channels` output channels in `groups` groups.
    ///
    /// # Errors
    /// Impossible or overflowing sizes.
    pub fn conv(
        &mut self,
        name: impl Into<String>,
        from: TensorId,
        channels: u32,
        window: SlidingWindow,
        groups: u32,
    ) -> Result<TensorId, ShapeError> {
        let name = name.into();
        let input = self.shape(from);
        let zero = |what| ShapeError::Zero { layer: name.clone(), what };
        if channels == 0 {
            return Err(zero("number of channels"));
        }
        if groups == 0 {
            return Err(zero("number of groups"));
        }
        if !input.channels.is_multiple_of(groups) || !channels.is_multiple_of(groups) {
            return Err(ShapeError::Groups { layer: name, groups, input: input.channels, output: channels });
        }
        let (height, width) = slide(&name, input, window)?;
        let output = Shape::new(channels, height, width);
        let overflow = || ShapeError::Overflow { layer: name.clone() };
        let weights = window
            .area()
            .checked_mul(u64::from(input.channels / groups))
            .and_then(|fan_in| fan_in.checked_mul(u64::from(channels)))
            .ok_or_else(overflow)?;
        let macs = weights.checked_mul(output.positions()).ok_or_else(overflow)?;
        self.push(name, Op::Conv { window, groups }, &[from], output, (macs, weights))
    }

    /// Adds a fully connected layer over all elements of its input.
    ///
    /// # Errors
    /// Zero features or overflowing sizes.
    pub fn linear(&mut self, name: impl Into<String>, from: TensorId, features: u32) -> Result<TensorId, ShapeError> {
        let name = name.into();
        if features == 0 {
            return Err(ShapeError::Zero { layer: name, what: "number of features" });
        }
        let weights = self
            .shape(from)
            .elements()
            .checked_mul(u64::from(features))
            .ok_or_else(|| ShapeError::Overflow { layer: name.clone() })?;
        self.push(name, Op::Linear, &[from], Shape::new(features, 1, 1), (weights, weights))
    }

    /// Adds pooling over a square window.
    ///
    /// # Errors
    /// Impossible sizes.
    pub fn pool(
        &mut self,
        name: impl Into<String>,
        from: TensorId,
        pooling: Pooling,
        window: SlidingWindow,
    ) -> Result<TensorId, ShapeError> {
        let name = name.into();
        let input = self.shape(from);
        let (height, width) = slide(&name, input, window)?;
        let output = Shape::new(input.channels, height, width);
        let read = elements(output).and_then(|windows| windows.checked_mul(window.area()));
        if read.is_none_or(|read| read > LARGEST_COUNT) {
            return Err(ShapeError::Overflow { layer: name });
        }
        self.push(name, Op::Pool { pooling, window }, &[from], output, (0, 0))
    }

    /// Adds pooling over all positions.
    ///
    /// # Errors
    /// Overflowing sizes.
    pub fn global_pool(&mut self, name: impl Into<String>, from: TensorId) -> Result<TensorId, ShapeError> {
        let output = Shape::new(self.shape(from).channels, 1, 1);
        self.push(name.into(), Op::GlobalPool, &[from], output, (0, 0))
    }

    /// Adds the sum of two tensors.
    ///
    /// # Errors
    /// Shapes that differ.
    pub fn add(&mut self, name: impl Into<String>, left: TensorId, right: TensorId) -> Result<TensorId, ShapeError> {
        let (name, output) = (name.into(), self.shape(left));
        if output != self.shape(right) {
            return Err(ShapeError::Mismatch { layer: name, left: output, right: self.shape(right) });
        }
        self.push(name, Op::Add, &[left, right], output, (0, 0))
    }

    /// Adds the product of a tensor with one factor per channel, `by[channels, 1, 1]`.
    ///
    /// # Errors
    /// Factors that are not `[channels, 1, 1]`.
    pub fn scale(&mut self, name: impl Into<String>, from: TensorId, by: TensorId) -> Result<TensorId, ShapeError> {
        let (name, output, factors) = (name.into(), self.shape(from), self.shape(by));
        if factors != Shape::new(output.channels, 1, 1) {
            return Err(ShapeError::Mismatch { layer: name, left: output, right: factors });
        }
        self.push(name, Op::Scale, &[from, by], output, (0, 0))
    }

    /// Gives the last layer an activation.
    pub fn activate(&mut self, activation: Activation) {
        if let Some(layer) = self.network.layers.last_mut() {
            layer.activation = Some(activation);
        }
    }

    /// Gives the layer that makes a tensor an activation, or another one.
    pub(super) fn activate_tensor(&mut self, tensor: TensorId, activation: Activation) {
        if let Some(layer) = tensor.checked_sub(1).and_then(|index| self.network.layers.get_mut(index)) {
            layer.activation = Some(activation);
        }
    }

    /// Gives the elements of a tensor other bits than 8.
    pub(super) fn quantise_tensor(&mut self, tensor: TensorId, bits: u8) {
        if let Some(layer) = tensor.checked_sub(1).and_then(|index| self.network.layers.get_mut(index)) {
            layer.precision.output = bits;
        }
    }

    /// Declares that the last tensor is a boundary, where the network may be split.
    pub fn boundary(&mut self, id: BoundaryId, name: impl Into<String>) {
        let tensor = self.network.layers.len();
        let shape = self.shape(tensor);
        self.network.boundaries.push(Boundary {
            id,
            name: name.into(),
            layers: tensor,
            tensor,
            shape,
            earlier: Vec::new(),
        });
    }

    /// Sets the operator that fuses the views; maximum unless set.
    pub const fn fusion(&mut self, operator: FusionOperator) {
        self.network.fusion = operator;
    }

    /// Sets the range of the link's codes; static unless set.
    pub const fn link_range(&mut self, range: LinkRange) {
        self.network.link_range = range;
    }

    /// The finished network.
    pub fn finish(self) -> Network {
        self.network
    }

    fn push(
        &mut self,
        name: String,
        op: Op,
        inputs: &[TensorId],
        output: Shape,
        (macs, weights): (u64, u64),
    ) -> Result<TensorId, ShapeError> {
        let read = inputs.iter().map(|&tensor| self.shape(tensor).elements()).sum();
        let (input, precision) = (self.shape(inputs[0]), LayerPrecision::default());
        let inputs = inputs.to_vec();
        self.layer(Layer { name, op, activation: None, inputs, input, read, output, macs, weights, precision })
    }

    /// Adds a layer whose shapes and counts are given.
    ///
    /// # Errors
    /// Overflowing sums.
    pub(crate) fn layer(&mut self, layer: Layer) -> Result<TensorId, ShapeError> {
        let Layer { ref name, output, macs, weights, .. } = layer;
        let overflow = || ShapeError::Overflow { layer: name.clone() };
        let counts = [macs, weights, elements(output).ok_or_else(overflow)?];
        for (total, count) in self.totals.iter_mut().zip(counts) {
            let sum = total.checked_add(count).filter(|&sum| sum <= LARGEST_COUNT);
            *total = sum.ok_or_else(overflow)?;
        }
        self.network.layers.push(layer);
        Ok(self.network.layers.len())
    }
}

/// Number of elements; `None` beyond [`LARGEST_COUNT`].
fn elements(shape: Shape) -> Option<u64> {
    let sides = [shape.channels, shape.height, shape.width];
    let product = sides.into_iter().try_fold(1_u64, |product, side| product.checked_mul(u64::from(side)));
    product.filter(|&count| count <= LARGEST_COUNT)
}

/// Height and width after sliding a window over `input`.
fn slide(layer: &str, input: Shape, window: SlidingWindow) -> Result<(u32, u32), ShapeError> {
    let zero = |what| ShapeError::Zero { layer: layer.to_owned(), what };
    if window.kernel.contains(&0) {
        return Err(zero("side of the kernel"));
    }
    if window.stride.contains(&0) {
        return Err(zero("stride"));
    }
    let side = |axis: usize, size: u32| -> Result<u32, ShapeError> {
        let kernel = window.reach(axis);
        let padded = u64::from(size) + window.padded(axis);
        let steps = padded.checked_sub(kernel).ok_or_else(|| ShapeError::KernelTooLarge {
            layer: layer.to_owned(),
            kernel,
            input,
            padding: window.padding[axis],
        })?;
        let places = steps / u64::from(window.stride[axis]) + 1;
        u32::try_from(places).map_err(|_| ShapeError::Overflow { layer: layer.to_owned() })
    };
    Ok((side(0, input.height)?, side(1, input.width)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stem_of_mobilenet_v2() {
        // torchvision's MobileNetV2 at 224: 3 -> 32 channels, 3x3, stride 2: 10,838,016 MACs, 864 weights.
        let mut builder = NetworkBuilder::new(Shape::new(3, 224, 224)).unwrap();
        let stem = builder.conv("stem", 0, 32, SlidingWindow::same(3, 2), 1).unwrap();
        assert_eq!(builder.shape(stem), Shape::new(32, 112, 112));
        let network = builder.finish();
        assert_eq!((network.macs(), network.weights()), (10_838_016, 864));
    }

    #[test]
    fn odd_sizes_round_up_at_stride_two() {
        let mut builder = NetworkBuilder::new(Shape::new(8, 9, 9)).unwrap();
        let out = builder.conv("c", 0, 8, SlidingWindow::same(5, 2), 8).unwrap();
        assert_eq!(builder.shape(out), Shape::new(8, 5, 5));
    }

    #[test]
    fn impossible_layers_are_refused() {
        let mut builder = NetworkBuilder::new(Shape::new(3, 4, 4)).unwrap();
        let window = SlidingWindow::square;
        assert!(matches!(builder.conv("c", 0, 4, window(7, 1, 0), 1), Err(ShapeError::KernelTooLarge { .. })));
        assert!(matches!(builder.conv("c", 0, 4, window(3, 0, 1), 1), Err(ShapeError::Zero { .. })));
        assert!(matches!(builder.conv("c", 0, 4, window(3, 1, 1), 3), Err(ShapeError::Groups { .. })));
        assert!(matches!(builder.conv("c", 0, 0, window(3, 1, 1), 1), Err(ShapeError::Zero { .. })));
        assert!(matches!(
            NetworkBuilder::new(Shape::new(u32::MAX, 9, 9)).unwrap().conv("c", 0, u32::MAX, window(9, 1, 4), 1),
            Err(ShapeError::Overflow { .. })
        ));
        let mut wide = NetworkBuilder::new(Shape::new(1 << 20, 1, 1)).unwrap();
        let first = (0..10_000).find_map(|at| wide.conv("c", at, 1 << 20, window(1, 1, 0), 1).err());
        assert!(matches!(first, Some(ShapeError::Overflow { .. })), "{first:?}");
        assert!(NetworkBuilder::new(Shape::new(0, 4, 4)).is_err());
        // A window of 2^31 + 1 at 4 x 4 places: its elements do not fit into 64 bits.
        let wide = NetworkBuilder::new(Shape::new(3, 4, 4)).unwrap().pool(
            "p",
            0,
            Pooling::Max,
            SlidingWindow::same((1 << 31) + 1, 1),
        );
        assert!(matches!(wide, Err(ShapeError::Overflow { .. })), "{wide:?}");
    }
}
