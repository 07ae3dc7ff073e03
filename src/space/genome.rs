//! Genomes: one point of a space as small integers, each an index into a list of choices.
//!
//! Gene 0 is the resolution. Then, for every stage, width, depth, and kernel and expansion (once a stage or once a block).
//! Genes of blocks beyond the chosen depth are kept at 0, so that equal networks have equal genomes.
//!
//! Printed, a genome is one digit of base 36 per gene, stages separated by dashes: `0-00-1101-00`.

use std::fmt;
use std::str::FromStr;

use rand::{Rng, RngExt};
use thiserror::Error;

use super::{Choice, SearchSpace, Stage};

/// One point of a space.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Genome(pub(super) Box<[u8]>);

impl Genome {
    /// The genes.
    pub fn genes(&self) -> &[u8] {
        &self.0
    }
}

/// What a gene chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GeneKind {
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
    /// What it chooses.
    pub kind: GeneKind,
    /// Stage it belongs to; `None` for the resolution.
    pub stage: Option<usize>,
    /// Block it belongs to where blocks choose for themselves.
    pub block: Option<u32>,
    /// Number of choices.
    pub choices: u8,
}

/// The genes of a space.
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
            Choice::Stage => vec![None],
            Choice::Block => (0..stage.max_depth()).map(Some).collect(),
        };
        for block in blocks {
            push(GeneKind::Kernel, block, &stage.kernels);
            push(GeneKind::Expansion, block, &stage.expansions);
        }
    }
    genes
}

/// A genome spelt out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Architecture {
    /// Side of the square input.
    pub resolution: u32,
    /// One choice per stage.
    pub stages: Vec<StageChoice>,
}

/// What one stage became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageChoice {
    /// Output channels; `None` where the block keeps its channels or is the classifier.
    pub width: Option<u32>,
    /// The blocks that exist.
    pub blocks: Vec<BlockChoice>,
}

/// What one block became.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BlockChoice {
    /// Side of the kernel, 1 where there is none.
    pub kernel: u32,
    /// Expansion, 1 where there is none.
    pub expansion: u32,
}

impl SearchSpace {
    /// The genome with the smallest choice everywhere.
    pub fn smallest(&self) -> Genome {
        Genome(vec![0; self.genes.len()].into())
    }

    /// The genome with the largest choice everywhere.
    pub fn largest(&self) -> Genome {
        Genome(self.genes.iter().map(|gene| gene.choices - 1).collect())
    }

    /// A genome drawn uniformly per gene.
    pub fn sample(&self, rng: &mut impl Rng) -> Genome {
        self.canonical(self.genes.iter().map(|gene| rng.random_range(0..gene.choices)).collect())
    }

    /// Redraws each gene with the given probability.
    pub fn mutate(&self, genome: &Genome, probability: f64, rng: &mut impl Rng) -> Genome {
        let draw = |(gene, &value): (&Gene, &u8)| {
            if rng.random_bool(probability) { rng.random_range(0..gene.choices) } else { value }
        };
        self.canonical(self.genes.iter().zip(&genome.0).map(draw).collect())
    }

    /// Takes each gene from one of two parents.
    pub fn crossover(&self, left: &Genome, right: &Genome, rng: &mut impl Rng) -> Genome {
        let pick = |(&left, &right): (&u8, &u8)| if rng.random_bool(0.5) { left } else { right };
        self.canonical(left.0.iter().zip(&right.0).map(pick).collect())
    }

    /// Brings genes into range and sets those of absent blocks to 0. Missing genes are 0.
    pub fn canonical(&self, genes: Vec<u8>) -> Genome {
        let mut genes = genes;
        genes.resize(self.genes.len(), 0);
        let mut depth = 1;
        for (value, gene) in genes.iter_mut().zip(&self.genes) {
            *value = (*value).min(gene.choices - 1);
            match (gene.kind, gene.stage, gene.block) {
                (GeneKind::Depth, Some(stage), _) => depth = self.stages[stage].depths[usize::from(*value)],
                (_, _, Some(block)) if block >= depth => *value = 0,
                _ => {}
            }
        }
        Genome(genes.into())
    }

    /// Spells a genome out.
    pub fn architecture(&self, genome: &Genome) -> Architecture {
        let mut genes = self.genes.iter().zip(genome.0.iter().map(|&value| usize::from(value))).peekable();
        let resolution = genes.next().map_or(0, |(_, value)| self.resolutions[value]);
        let mut stages = Vec::with_capacity(self.stages.len());
        for (index, stage) in self.stages.iter().enumerate() {
            let (mut width, mut depth) = (None, 1);
            let (mut kernels, mut expansions) = (Vec::new(), Vec::new());
            while let Some((gene, value)) = genes.next_if(|(gene, _)| gene.stage == Some(index)) {
                match gene.kind {
                    GeneKind::Width => width = stage.widths.get(value).copied(),
                    GeneKind::Depth => depth = stage.depths[value],
                    GeneKind::Kernel => kernels.push(stage.kernels.get(value).copied().unwrap_or(1)),
                    GeneKind::Expansion => expansions.push(stage.expansions.get(value).copied().unwrap_or(1)),
                    GeneKind::Resolution => {}
                }
            }
            let of_block = |list: &[u32], block: u32| match stage.choice {
                Choice::Stage => list[0],
                Choice::Block => list[block as usize],
            };
            let blocks = (0..depth)
                .map(|block| BlockChoice { kernel: of_block(&kernels, block), expansion: of_block(&expansions, block) })
                .collect();
            stages.push(StageChoice { width, blocks });
        }
        Architecture { resolution, stages }
    }

    /// Number of different genomes, exactly. Saturates at `u128::MAX`.
    pub fn count(&self) -> u128 {
        let stage_count = |stage: &Stage| -> u128 {
            let block = (stage.kernels.len().max(1) * stage.expansions.len().max(1)) as u128;
            let depths = match stage.choice {
                Choice::Stage => block.saturating_mul(stage.depths.len() as u128),
                Choice::Block => {
                    stage.depths.iter().fold(0, |sum, &depth| block.saturating_pow(depth).saturating_add(sum))
                }
            };
            depths.saturating_mul(stage.widths.len().max(1) as u128)
        };
        self.stages.iter().map(stage_count).fold(self.resolutions.len() as u128, u128::saturating_mul)
    }

    /// A genome in print.
    pub fn print(&self, genome: &Genome) -> String {
        let mut text = String::with_capacity(genome.0.len() * 2);
        let mut stage = None;
        for (gene, &value) in self.genes.iter().zip(&genome.0) {
            if gene.stage != stage {
                text.push('-');
                stage = gene.stage;
            }
            text.push(char::from_digit(u32::from(value), 36).unwrap_or('?'));
        }
        text
    }

    /// Reads a printed genome.
    ///
    /// # Errors
    /// A wrong number of genes, a digit out of range, or genes of blocks that do not exist.
    pub fn parse_genome(&self, text: &str) -> Result<Genome, ParseGenomeError> {
        let Digits(genes) = text.parse()?;
        if genes.len() != self.genes.len() {
            return Err(ParseGenomeError::Count {
                found: genes.len(),
                wanted: self.genes.len(),
                example: self.print(&self.largest()),
            });
        }
        if let Some((index, (&value, gene))) =
            genes.iter().zip(&self.genes).enumerate().find(|(_, (value, gene))| **value >= gene.choices)
        {
            let stage = gene.stage.map_or("the space", |stage| &self.stages[stage].name);
            return Err(ParseGenomeError::Range {
                index: index + 1,
                gene: format!("{:?} of {stage}", gene.kind).to_lowercase(),
                value,
                most: gene.choices - 1,
            });
        }
        let genome = self.canonical(genes.clone());
        if *genome.0 == *genes { Ok(genome) } else { Err(ParseGenomeError::Absent { canonical: self.print(&genome) }) }
    }
}

/// Text that is not a genome of the space.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParseGenomeError {
    /// Not a digit.
    #[error("`{0}` is not a gene: a genome is made of the digits 0-9, a-z and dashes")]
    Digit(char),
    /// Too few or too many genes.
    #[error("{found} genes where the space has {wanted}; the largest genome is `{example}`")]
    Count {
        /// Genes given.
        found: usize,
        /// Genes needed.
        wanted: usize,
        /// A valid genome.
        example: String,
    },
    /// A gene beyond its choices.
    #[error("gene {index} ({gene}) is {value}; its largest value is {most}")]
    Range {
        /// One-based position.
        index: usize,
        /// What it chooses.
        gene: String,
        /// Value given.
        value: u8,
        /// Largest allowed value.
        most: u8,
    },
    /// Genes of blocks that the chosen depth leaves out are not 0.
    #[error("genes of absent blocks must be 0; write `{canonical}`")]
    Absent {
        /// The genome as it should be written.
        canonical: String,
    },
}

struct Digits(Vec<u8>);

impl FromStr for Digits {
    type Err = ParseGenomeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digit =
            |c: char| c.to_digit(36).and_then(|digit| u8::try_from(digit).ok()).ok_or(ParseGenomeError::Digit(c));
        text.chars().filter(|&c| c != '-').map(digit).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Architecture {
    /// For people: `32px 16 | 24 d2 k5 e4 | ...`.
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
