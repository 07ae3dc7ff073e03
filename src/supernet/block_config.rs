//! Position of a block in a space, with the sizes of its largest choice.

use crate::space::Stage;

/// Config of one block: its stage, its index in it, the choices of its input channels, its stride.
#[derive(Debug, Clone)]
pub(crate) struct BlockConfig<'a> {
    /// Stage of the space.
    pub stage: &'a Stage,
    /// Index of the block in the stage.
    pub index: u32,
    /// Input channels to choose from.
    pub inputs: Vec<u32>,
    /// Step in both directions.
    pub stride: u32,
    /// Largest side of the input.
    pub side: u32,
    /// Output channels of the largest choice.
    pub width: usize,
}

impl BlockConfig<'_> {
    /// Input channels of the largest choice.
    pub(super) fn most_inputs(&self) -> usize {
        self.inputs.last().map_or(1, |&channels| channels as usize)
    }

    /// Returns `true` if every choice keeps the shape, so that the input can always be added to the output.
    pub(super) fn keeps_shape(&self) -> bool {
        self.stride == 1 && self.keeps_channels()
    }

    /// Returns `true` if every choice has as many outputs as inputs. Blocks of one stage share its width.
    pub(super) fn keeps_channels(&self) -> bool {
        self.index > 0 || (self.inputs.len() == 1 && self.inputs == self.stage.widths)
    }
}
