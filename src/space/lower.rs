//! Lowers a genome to a [`Network`]: which layers each block becomes.

use super::{Block, BlockChoice, Genome, SearchSpace, Shortcut, Stage};
use crate::network::{BoundaryId, Builder, Network, Pooling, Shape, ShapeError, TensorId, Window};

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
    /// The network of a genome, with all its boundaries, without any splitting module.
    ///
    /// # Errors
    /// Shapes that can't exist.
    pub fn lower(&self, genome: &Genome) -> Result<Network, ShapeError> {
        let architecture = self.architecture(genome);
        let side = architecture.resolution;
        let mut builder = Builder::new(Shape::new(self.input_channels, side, side))?;
        builder.fusion(self.fusion.operator);
        let mut tensor = 0;
        let mut first_slot: BoundaryId = 1;
        for (stage, choice) in self.stages.iter().zip(&architecture.stages) {
            for (index, &block) in choice.blocks.iter().enumerate() {
                let id = first_slot + BoundaryId::try_from(index).expect("boundaries are counted when a space is read");
                let name =
                    if stage.max_depth() == 1 { stage.name.clone() } else { format!("{}.{}", stage.name, index + 1) };
                let stride = if index == 0 { stage.stride } else { 1 };
                let width = choice.width.unwrap_or(self.classes);
                tensor = lower_block(&mut builder, &name, stage, Sizes { width, stride, block }, tensor)?;
                builder.boundary(id, self.boundary_name(id));
            }
            first_slot += BoundaryId::try_from(stage.max_depth()).expect("boundaries are counted when a space is read");
        }
        Ok(builder.finish())
    }
}

impl SearchSpace {
    /// One block of a stage as a network of its own, over the tensor it would read. `width` is ignored where the block keeps
    /// its channels; the first block of a stage has the stage's stride.
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
        let mut builder = Builder::new(input)?;
        let sizes = Sizes { width: width.unwrap_or(self.classes), stride, block };
        lower_block(&mut builder, &stage.name, stage, sizes, 0)?;
        Ok(builder.finish())
    }
}

/// What one block is made with.
#[derive(Clone, Copy)]
struct Sizes {
    width: u32,
    stride: u32,
    block: BlockChoice,
}

fn lower_block(
    builder: &mut Builder,
    name: &str,
    stage: &Stage,
    sizes: Sizes,
    from: TensorId,
) -> Result<TensorId, ShapeError> {
    let Sizes { width, stride, block } = sizes;
    match stage.block {
        Block::Conv => builder.conv(name, from, width, Window::same(block.kernel, stride), 1),
        Block::Mbconv => mbconv(builder, name, stage, sizes, from),
        Block::Basic => basic(builder, name, sizes, from),
        Block::Bottleneck => bottleneck(builder, name, sizes, from),
        Block::Expand => {
            let width = expanded(name, builder.shape(from).channels, block.expansion)?;
            builder.conv(name, from, width, Window::same(1, 1), 1)
        }
        Block::MaxPool => builder.pool(name, from, Pooling::Max, Window::same(block.kernel, stride)),
        Block::GlobalPool => builder.global_pool(name, from),
        Block::Linear => builder.linear(name, from, width),
    }
}

/// Channels times an expansion, made divisible by 8.
fn expanded(name: &str, channels: u32, expansion: u32) -> Result<u32, ShapeError> {
    let product = channels.checked_mul(expansion).filter(|&product| product < u32::MAX - 8);
    product.map(|product| make_divisible(product, 8)).ok_or_else(|| ShapeError::Overflow { layer: name.to_owned() })
}

fn mbconv(
    builder: &mut Builder,
    name: &str,
    stage: &Stage,
    sizes: Sizes,
    from: TensorId,
) -> Result<TensorId, ShapeError> {
    let Sizes { width, stride, block } = sizes;
    let input = builder.shape(from).channels;
    let point = Window::same(1, 1);
    let mut tensor = from;
    let mut hidden = input;
    if block.expansion > 1 {
        hidden = expanded(name, input, block.expansion)?;
        tensor = builder.conv(format!("{name}.expand"), tensor, hidden, point, 1)?;
    }
    tensor = builder.conv(format!("{name}.depthwise"), tensor, hidden, Window::same(block.kernel, stride), hidden)?;
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
                let window = Window { kernel: stride, stride, padding: odd };
                shortcut = builder.pool(format!("{name}.shortcut-pool"), shortcut, Pooling::Average, window)?;
            }
            if input != width {
                shortcut = builder.conv(format!("{name}.shortcut"), shortcut, width, point, 1)?;
            }
            builder.add(format!("{name}.add"), tensor, shortcut)
        }
    }
}

fn basic(builder: &mut Builder, name: &str, sizes: Sizes, from: TensorId) -> Result<TensorId, ShapeError> {
    let Sizes { width, stride, block } = sizes;
    let first = builder.conv(format!("{name}.conv1"), from, width, Window::same(block.kernel, stride), 1)?;
    let second = builder.conv(format!("{name}.conv2"), first, width, Window::same(block.kernel, 1), 1)?;
    residual(builder, name, sizes, from, second)
}

fn bottleneck(builder: &mut Builder, name: &str, sizes: Sizes, from: TensorId) -> Result<TensorId, ShapeError> {
    let Sizes { width, stride, block } = sizes;
    let inner = make_divisible(width / block.expansion, 8);
    let first = builder.conv(format!("{name}.conv1"), from, inner, Window::same(1, 1), 1)?;
    let second = builder.conv(format!("{name}.conv2"), first, inner, Window::same(block.kernel, stride), 1)?;
    let third = builder.conv(format!("{name}.conv3"), second, width, Window::same(1, 1), 1)?;
    residual(builder, name, sizes, from, third)
}

/// Adds the block's input to its output, through a strided 1x1 convolution where their shapes differ.
fn residual(
    builder: &mut Builder,
    name: &str,
    Sizes { width, stride, .. }: Sizes,
    from: TensorId,
    to: TensorId,
) -> Result<TensorId, ShapeError> {
    let mut shortcut = from;
    if stride > 1 || builder.shape(from).channels != width {
        shortcut = builder.conv(format!("{name}.shortcut"), from, width, Window::same(1, stride), 1)?;
    }
    builder.add(format!("{name}.add"), to, shortcut)
}
