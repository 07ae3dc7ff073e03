//! Printed genomes: one digit of base 36 per gene, stages separated by dashes, for instance `0-00-1101-00`.

use std::str::FromStr;

use thiserror::Error;

use super::genome::Genome;
use super::search_space::SearchSpace;

impl SearchSpace {
    /// Prints a genome.
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
        /// Name of the gene.
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

/// Genes as they are written, before any check against a space.
struct Digits(Vec<u8>);

impl FromStr for Digits {
    type Err = ParseGenomeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digit =
            |c: char| c.to_digit(36).and_then(|digit| u8::try_from(digit).ok()).ok_or(ParseGenomeError::Digit(c));
        text.chars().filter(|&c| c != '-').map(digit).collect::<Result<_, _>>().map(Self)
    }
}
