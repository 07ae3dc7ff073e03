//! Lowers a genome to a [`Network`]: the layers of each block.

use super::genome::{BlockChoice, Genome};
use super::search_space::SearchSpace;
use super::stage::{BlockKind, Shortcut, Stage};
use crate::network::{BoundaryId, Network, NetworkBuilder, Pooling, Shape, ShapeError, SlidingWindow, TensorId};

/// Rounds a channel count to the nearest multiple of `divisor`, never below it and never more than 10 % down
/// (the rule of the `MobileNet` family).
///
/// ```
/// use splitscope::space::make_divisible;
/// assert_eq!(make_divisible(37, 8), 40);
/// assert_eq!(make_divisible(3, 8), 8);
/// ```
pub const fn make_divisible(channels: u32, divisor: u32) -> u32 {
    let half_up = channels.saturating_add(divisor / 2) / divisor * divisor;
    let rounded = if half_up < divisor { divisor } else { half_up };
    if (rounded as u64) * 10 < (channels as u64) * 9 { rounded.saturating_add(divisor) } else { rounded }
}

impl SearchSpace {
    /// Network of a genome, with all its boundaries, without splitting modules.
    ///
    /// # Errors
    /// Shapes that can't exist.
    pub fn lower(&self, genome: &Genome) -> Result<Network, ShapeError> {
        if let Some(imported) = self.imported_network(genome) {
            return Ok(imported.network.clone());
        }
        let architecture = self.architecture(genome);
        let side = architecture.resolution;
        let mut builder = NetworkBuilder::new(Shape::new(self.input_channels, side, side))?;
        builder.fusion(self.fusion.operator);
        builder.link_range(self.split.link_range);
        let mut tensor = 0;
        let mut first_slot: BoundaryId = 1;
        for (stage, choice) in self.stages.iter().zip(&architecture.stages) {
            for (index, &block) in choice.blocks.iter().enumerate() {
                let id = first_slot + BoundaryId::try_from(index).expect("boundaries are counted when a space is read");
                let name =
                    if stage.max_depth() == 1 { stage.name.clone() } else { format!("{}.{}", stage.name, index + 1) };
                let stride = if index == 0 { stage.stride } else { 1 };
                let width = choice.width.unwrap_or(self.classes);
                tensor = lower_block(&mut builder, &name, stage, BlockSizes { width, stride, block }, tensor)?;
                builder.boundary(id, self.boundary_name(id));
            }
            first_slot += BoundaryId::try_from(stage.max_depth()).expect("boundaries are counted when a space is read");
        }
        Ok(builder.finish())
    }
}

impl SearchSpace {
    /// One block of a stage as a network of its own, over an input of shape `input`. `width` is ignored where the block
    /// keeps its channels; the first block of a stage has the stage's stride.
    ///
    /// # Errors
    /// Shapes that can't exist.
    pub fn lower_block(
        &self,
        stage: usize,
        input: Shape,
        width: Option<u32>,
        first: bool,
        block: BlockChoice,
    ) -> Result<Network, ShapeError> {
        let stage = &self.stages[stage];
        let stride = if first { stage.stride } else { 1 };
        let mut builder = NetworkBuilder::new(input)?;
        let sizes = BlockSizes { width: width.unwrap_or(self.classes), stride, block };
        lower_block(&mut builder, &stage.name, stage, sizes, 0)?;
        Ok(builder.finish())
    }
}

/// Sizes of one block.
#[derive(Clone, Copy)]
struct BlockSizes {
    width: u32,
    stride: u32,
    block: BlockChoice,
}

/// Adds the layers of one block.
fn lower_block(
    builder: &mut NetworkBuilder,
    name: &str,
    stage: &Stage,
    sizes: BlockSizes,
    from: TensorId,
) -> Result<TensorId, ShapeError> {
    let BlockSizes { width, stride, block } = sizes;
    match stage.block {
        BlockKind::Conv => {
            let window = SlidingWindow::same(block.kernel, stride);
            activated(builder, stage, |builder| builder.conv(name, from, width, window, 1))
        }
        BlockKind::Mbconv => mbconv(builder, name, stage, sizes, from),
        BlockKind::Basic => basic(builder, name, stage, sizes, from),
        BlockKind::Bottleneck => bottleneck(builder, name, stage, sizes, from),
        BlockKind::Expand => {
            let width = expanded(name, builder.shape(from).channels, block.expansion)?;
            activated(builder, stage, |builder| builder.conv(name, from, width, SlidingWindow::same(1, 1), 1))
        }
        BlockKind::MaxPool => builder.pool(name, from, Pooling::Max, SlidingWindow::same(block.kernel, stride)),
        BlockKind::GlobalPool => builder.global_pool(name, from),
        BlockKind::Linear => builder.linear(name, from, width),
    }
}

/// Adds a layer that ends in the activation of its stage.
fn activated(
    builder: &mut NetworkBuilder,
    stage: &Stage,
    add: impl FnOnce(&mut NetworkBuilder) -> Result<TensorId, ShapeError>,
) -> Result<TensorId, ShapeError> {
    let tensor = add(builder)?;
    builder.activate(stage.activation);
    Ok(tensor)
}

/// Channels times an expansion, rounded to a multiple of 8 ([`make_divisible`]).
fn expanded(name: &str, channels: u32, expansion: u32) -> Result<u32, ShapeError> {
    let product = channels.checked_mul(expansion).filter(|&product| product < u32::MAX - 8);
    product.map(|product| make_divisible(product, 8)).ok_or_else(|| ShapeError::Overflow { layer: name.to_owned() })
}

fn mbconv(
    builder: &mut NetworkBuilder,
    name: &str,
    stage: &Stage,
    sizes: BlockSizes,
    from: TensorId,
) -> Result<TensorId, ShapeError> {
    let BlockSizes { width, stride, block } = sizes;
    let input = builder.shape(from).channels;
    let point = SlidingWindow::same(1, 1);
    let mut tensor = from;
    let mut hidden = input;
    if block.expansion > 1 {
        hidden = expanded(name, input, block.expansion)?;
        tensor = builder.conv(format!("{name}.expand"), tensor, hidden, point, 1)?;
        builder.activate(stage.activation);
    }
    tensor =
        builder.conv(format!("{name}.depthwise"), tensor, hidden, SlidingWindow::same(block.kernel, stride), hidden)?;
    builder.activate(stage.activation);
    if let Some(reduction) = stage.squeeze_excite {
        let pooled = builder.global_pool(format!("{name}.squeeze"), tensor)?;
        let middle = make_divisible(hidden / reduction, 8);
        let reduced = builder.conv(format!("{name}.excite1"), pooled, middle, point, 1)?;
        let factors = builder.conv(format!("{name}.excite2"), reduced, hidden, point, 1)?;
        tensor = builder.scale(format!("{name}.scale"), tensor, factors)?;
    }
    tensor = builder.conv(format!("{name}.project"), tensor, width, point, 1)?;
    match stage.shortcut {
        Shortcut::Identity if stride == 1 && input == width => builder.add(format!("{name}.add"), tensor, from),
        Shortcut::Identity => Ok(tensor),
        Shortcut::Projected => {
            let mut shortcut = from;
            if stride > 1 {
                // Odd sides are padded, so that they round up as those of the convolution do.
                let odd = builder.shape(from).height % 2;
                let window = SlidingWindow::square(stride, stride, odd);
                shortcut = builder.pool(format!("{name}.shortcut-pool"), shortcut, Pooling::Average, window)?;
            }
            if input != width {
                shortcut = builder.conv(format!("{name}.shortcut"), shortcut, width, point, 1)?;
            }
            builder.add(format!("{name}.add"), tensor, shortcut)
        }
    }
}

fn basic(
    builder: &mut NetworkBuilder,
    name: &str,
    stage: &Stage,
    sizes: BlockSizes,
    from: TensorId,
) -> Result<TensorId, ShapeError> {
    let BlockSizes { width, stride, block } = sizes;
    let first = builder.conv(format!("{name}.conv1"), from, width, SlidingWindow::same(block.kernel, stride), 1)?;
    builder.activate(stage.activation);
    let second = builder.conv(format!("{name}.conv2"), first, width, SlidingWindow::same(block.kernel, 1), 1)?;
    activated(builder, stage, |builder| residual(builder, name, sizes, from, second))
}

fn bottleneck(
    builder: &mut NetworkBuilder,
    name: &str,
    stage: &Stage,
    sizes: BlockSizes,
    from: TensorId,
) -> Result<TensorId, ShapeError> {
    let BlockSizes { width, stride, block } = sizes;
    let inner = make_divisible(width / block.expansion, 8);
    let first = builder.conv(format!("{name}.conv1"), from, inner, SlidingWindow::same(1, 1), 1)?;
    builder.activate(stage.activation);
    let second = builder.conv(format!("{name}.conv2"), first, inner, SlidingWindow::same(block.kernel, stride), 1)?;
    builder.activate(stage.activation);
    let third = builder.conv(format!("{name}.conv3"), second, width, SlidingWindow::same(1, 1), 1)?;
    activated(builder, stage, |builder| residual(builder, name, sizes, from, third))
}

/// Adds the block's input to its output, through a strided 1x1 convolution where their shapes differ.
fn residual(
    builder: &mut NetworkBuilder,
    name: &str,
    BlockSizes { width, stride, .. }: BlockSizes,
    from: TensorId,
    to: TensorId,
) -> Result<TensorId, ShapeError> {
    let mut shortcut = from;
    if stride > 1 || builder.shape(from).channels != width {
        shortcut = builder.conv(format!("{name}.shortcut"), from, width, SlidingWindow::same(1, stride), 1)?;
    }
    builder.add(format!("{name}.add"), to, shortcut)
}
