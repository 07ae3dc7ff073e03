//! Genomes of a space: smallest, largest, random, counted, spelt out.

use rand::{Rng, RngExt};

use super::genome::{Architecture, BlockChoice, GeneKind, Genome, StageChoice};
use super::search_space::SearchSpace;
use super::stage::{ChoiceScope, Stage};

impl SearchSpace {
    /// Genome with the smallest choice everywhere.
    pub fn smallest(&self) -> Genome {
        Genome(vec![0; self.genes.len()].into())
    }

    /// Genome with the largest choice everywhere.
    pub fn largest(&self) -> Genome {
        Genome(self.genes.iter().map(|gene| gene.choices - 1).collect())
    }

    /// Draws a genome, each gene uniformly.
    pub fn sample(&self, rng: &mut impl Rng) -> Genome {
        self.canonical(self.genes.iter().map(|gene| rng.random_range(0..gene.choices)).collect())
    }

    /// Canonical genome: genes are clamped to their range, those of absent blocks and missing ones are 0.
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

    /// Sizes that a genome chooses.
    pub fn architecture(&self, genome: &Genome) -> Architecture {
        let mut genes = self.genes.iter().zip(genome.0.iter().map(|&value| usize::from(value))).peekable();
        let resolution = genes.next().and_then(|(_, value)| self.resolutions.get(value).copied()).unwrap_or(0);
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
                    GeneKind::Resolution | GeneKind::Network => {}
                }
            }
            let of_block = |list: &[u32], block: u32| match stage.choice {
                ChoiceScope::Stage => list[0],
                ChoiceScope::Block => list[block as usize],
            };
            let blocks = (0..depth)
                .map(|block| BlockChoice { kernel: of_block(&kernels, block), expansion: of_block(&expansions, block) })
                .collect();
            stages.push(StageChoice { width, blocks });
        }
        Architecture { resolution, stages }
    }

    /// Exact number of different genomes; saturates at `u128::MAX`.
    pub fn count(&self) -> u128 {
        if !self.imported.is_empty() {
            return self.imported.len() as u128;
        }
        let stage_count = |stage: &Stage| -> u128 {
            let block = (stage.kernels.len().max(1) * stage.expansions.len().max(1)) as u128;
            let depths = match stage.choice {
                ChoiceScope::Stage => block.saturating_mul(stage.depths.len() as u128),
                ChoiceScope::Block => {
                    stage.depths.iter().fold(0, |sum, &depth| block.saturating_pow(depth).saturating_add(sum))
                }
            };
            depths.saturating_mul(stage.widths.len().max(1) as u128)
        };
        self.stages.iter().map(stage_count).fold(self.resolutions.len() as u128, u128::saturating_mul)
    }
}
