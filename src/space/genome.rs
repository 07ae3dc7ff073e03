//! Genomes: points of a space as small integers, each an index into a list of choices.
//!
//! Gene 0 is the resolution. Then, for every stage, width, depth, and kernel and expansion (once a stage or once a
//! block). Genes of blocks beyond the chosen depth are 0, so that equal networks have equal genomes.

use std::fmt;

use super::stage::{ChoiceScope, Stage};

/// A point of a space: for each gene the index of its choice.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Genome(pub(super) Box<[u8]>);

impl Genome {
    /// Index of the choice of each gene.
    pub fn genes(&self) -> &[u8] {
        &self.0
    }
}

/// Size that a gene chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GeneKind {
    /// Imported network.
    Network,
    /// Side of the input.
    Resolution,
    /// Output channels of a stage.
    Width,
    /// Number of blocks of a stage.
    Depth,
    /// Kernel of a stage, or of one block.
    Kernel,
    /// Expansion of a stage, or of one block.
    Expansion,
}

/// One gene of a space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gene {
    /// Size that it chooses.
    pub kind: GeneKind,
    /// Stage it belongs to; `None` for the resolution.
    pub stage: Option<usize>,
    /// Block it belongs to, where each block has its own choice.
    pub block: Option<u32>,
    /// Number of choices.
    pub choices: u8,
}

/// Positions of the genes of one stage in a genome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StageGenes {
    /// Position of the width; the depth follows, then kernel and expansion of every block or of all.
    first: usize,
    /// Genes between the kernels of two blocks; 0 if all share one.
    stride: usize,
}

impl StageGenes {
    /// Genes of stage `stage` among all genes of a space.
    pub(super) fn of(genes: &[Gene], stage: usize) -> Self {
        let first = genes.iter().position(|gene| gene.stage == Some(stage)).unwrap_or(genes.len());
        let per_block = genes.get(first + 2).is_some_and(|gene| gene.block.is_some());
        Self { first, stride: if per_block { 2 } else { 0 } }
    }

    /// Position of the width.
    pub(crate) const fn width(self) -> usize {
        self.first
    }

    /// Position of the depth.
    pub(crate) const fn depth(self) -> usize {
        self.first + 1
    }

    /// Position of the kernel of a block.
    #[inline]
    pub(crate) const fn kernel(self, block: usize) -> usize {
        self.first + 2 + self.stride * block
    }

    /// Position of the expansion of a block.
    #[inline]
    pub(crate) const fn expansion(self, block: usize) -> usize {
        self.kernel(block) + 1
    }

    /// Returns `true` if each block has a kernel and an expansion of its own.
    pub(crate) const fn is_per_block(self) -> bool {
        self.stride > 0
    }
}

/// Genes of a space with these resolutions and stages.
pub(super) fn genes(resolutions: &[u32], stages: &[Stage]) -> Vec<Gene> {
    let count = |list: &[u32]| u8::try_from(list.len().max(1)).unwrap_or(u8::MAX);
    let mut genes = vec![Gene { kind: GeneKind::Resolution, stage: None, block: None, choices: count(resolutions) }];
    for (index, stage) in stages.iter().enumerate() {
        let stage_index = Some(index);
        let mut push = |kind, block, list: &[u32]| {
            genes.push(Gene { kind, stage: stage_index, block, choices: count(list) });
        };
        push(GeneKind::Width, None, &stage.widths);
        push(GeneKind::Depth, None, &stage.depths);
        let blocks: Vec<Option<u32>> = match stage.choice {
            ChoiceScope::Stage => vec![None],
            ChoiceScope::Block => (0..stage.max_depth()).map(Some).collect(),
        };
        for block in blocks {
            push(GeneKind::Kernel, block, &stage.kernels);
            push(GeneKind::Expansion, block, &stage.expansions);
        }
    }
    genes
}

/// Sizes that a genome chooses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Architecture {
    /// Side of the square input.
    pub resolution: u32,
    /// Choices of each stage.
    pub stages: Vec<StageChoice>,
}

/// Choices of one stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageChoice {
    /// Output channels; `None` where the block keeps its channels or is the classifier.
    pub width: Option<u32>,
    /// Choices of the blocks that exist.
    pub blocks: Vec<BlockChoice>,
}

/// Choices of one block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BlockChoice {
    /// Side of the kernel, 1 where there is none.
    pub kernel: u32,
    /// Expansion, 1 where there is none.
    pub expansion: u32,
}

impl fmt::Display for Architecture {
    /// Prints `32px | 16 d1 k3 | 24 d2 k5 e4 | ...`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}px", self.resolution)?;
        for stage in &self.stages {
            let Some(width) = stage.width else { continue };
            write!(f, " | {width}")?;
            if let Some(block) = stage.blocks.first() {
                write!(f, " d{} k{}", stage.blocks.len(), block.kernel)?;
                if block.expansion > 1 {
                    write!(f, " e{}", block.expansion)?;
                }
            }
        }
        Ok(())
    }
}
