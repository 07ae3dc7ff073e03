//! Settings of a search: genes, number of objectives, rates, caps; and the checks on them.
//!
//! Invariant: a `SearchConfig` that passed [`SearchConfig::check`] can not make the search panic.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::generation::StopRule;
use super::outcome::{MAX_OBJECTIVES, Objectives};

/// Relation of the values of a gene to each other, which decides how mutation may change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GeneScale {
    /// Values without an order (an operator, an activation): a mutation draws any other value.
    Categorical,
    /// Values in an order (width, depth): a mutation may also move by one.
    Ordered,
    /// A boundary of the layer chain (split, fusion): ordered, and moved by one by an operator of its own.
    Boundary,
}

/// One gene of a search: its values are `0..cardinality`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchGene {
    /// Number of choices, at least 1. A gene with one choice never changes.
    pub cardinality: u8,
    /// Relation of the choices to each other.
    pub kind: GeneScale,
    /// Of the mutations of this gene, the share that moves it by one instead of drawing any other value. Not used for
    /// categorical genes. Default 0.3.
    pub step_probability: f64,
}

impl SearchGene {
    /// Gene whose choices have no order.
    pub fn categorical(cardinality: u8) -> Self {
        Self { cardinality, kind: GeneScale::Categorical, step_probability: 0.0 }
    }

    /// Gene whose choices have an order.
    pub fn ordered(cardinality: u8) -> Self {
        Self { cardinality, kind: GeneScale::Ordered, step_probability: 0.3 }
    }

    /// Gene that chooses a boundary of the layer chain.
    pub fn boundary(cardinality: u8) -> Self {
        Self { kind: GeneScale::Boundary, ..Self::ordered(cardinality) }
    }
}

/// Settings of a [`Search`](super::Search). [`SearchConfig::new`] sets the defaults stated at each field; they were
/// chosen on the benchmark problem SplitMB-5 (`splitscope bench splitmb5`) and on rugged and tighter variants of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchConfig {
    /// The genes, in the order in which a genome lists them.
    pub genes: Vec<SearchGene>,
    /// Number of objectives, 2 to [`MAX_OBJECTIVES`].
    pub objectives: usize,
    /// Seed of the random numbers. The same seed, asks and tells give the same proposals.
    pub seed: u64,
    /// Designs kept as parents. Default 50. Everything evaluated stays in the archive in any case.
    pub population: usize,
    /// Tells after which the parents are selected anew. Default 10: nearly steady state, for good results early.
    pub batch: usize,
    /// Proposals drawn at random (each gene's choices equally often) before variation starts, seeds included. Default
    /// 50.
    pub initial: usize,
    /// Probability that a child has two parents. Default 0.9.
    pub crossover_rate: f64,
    /// Mean number of genes mutated in a child. A child equal to its first parent is mutated in one gene on top.
    /// Default 0.5.
    pub mutations: f64,
    /// Probability that a proposal is a parent with nothing changed but one boundary gene, by one. Default 0.03.
    pub boundary_rate: f64,
    /// Members drawn for choosing a first parent; the best by rank, then by crowding, wins. Default 5.
    pub tournament: usize,
    /// Members drawn for choosing the second parent; the one nearest to the first in objectives wins. Default 8.
    pub mates: usize,
    /// Attempts at an unseen child by variation, and then as many at random, before the space is swept in order.
    /// Default 100.
    pub retries: usize,
    /// The corner the hypervolume is measured to. `None` (default): the worst feasible values at the end of the first
    /// generation that has any, plus 10 % of their range.
    pub reference: Option<Objectives>,
    /// Rule by which the search ends.
    pub stop: StopRule,
}

impl SearchConfig {
    /// Defaults for these genes and this number of objectives.
    pub fn new(genes: Vec<SearchGene>, objectives: usize, seed: u64) -> Self {
        Self {
            genes,
            objectives,
            seed,
            population: 50,
            batch: 10,
            initial: 50,
            crossover_rate: 0.9,
            mutations: 0.5,
            boundary_rate: 0.03,
            tournament: 5,
            mates: 8,
            retries: 100,
            reference: None,
            stop: StopRule::default(),
        }
    }

    /// # Errors
    /// The first setting that can not work.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.genes.is_empty() {
            return Err(ConfigError::NoGenes);
        }
        if !(2..=MAX_OBJECTIVES).contains(&self.objectives) {
            return Err(ConfigError::Objectives(self.objectives));
        }
        if let Some(gene) = self.genes.iter().position(|gene| gene.cardinality == 0) {
            return Err(ConfigError::EmptyGene(gene));
        }
        let steps = self.genes.iter().map(|gene| ("step_probability", gene.step_probability));
        let rates = [("crossover_rate", self.crossover_rate), ("boundary_rate", self.boundary_rate)];
        for (name, value) in rates.into_iter().chain(steps) {
            if !(0.0..=1.0).contains(&value) {
                return Err(ConfigError::Probability { name, value });
            }
        }
        if !(self.mutations >= 0.0 && self.mutations.is_finite()) {
            return Err(ConfigError::Mutations(self.mutations));
        }
        let counts = [
            ("population", self.population, 2),
            ("batch", self.batch, 1),
            ("tournament", self.tournament, 1),
            ("mates", self.mates, 1),
            ("retries", self.retries, 1),
        ];
        for (name, value, least) in counts {
            if value < least {
                return Err(ConfigError::TooSmall { name, value, least });
            }
        }
        if self.reference.is_some_and(|corner| corner.iter().any(|value| !value.is_finite())) {
            return Err(ConfigError::Reference);
        }
        Ok(())
    }

    /// # Errors
    /// If `genome` has the wrong length or a value beyond its gene's choices.
    pub fn check_genome(&self, genome: &[u8]) -> Result<(), ConfigError> {
        if genome.len() != self.genes.len() {
            return Err(ConfigError::GenomeLength { found: genome.len(), expected: self.genes.len() });
        }
        match genome.iter().zip(&self.genes).position(|(value, gene)| *value >= gene.cardinality) {
            Some(gene) => {
                Err(ConfigError::GeneValue { gene, value: genome[gene], cardinality: self.genes[gene].cardinality })
            }
            None => Ok(()),
        }
    }
}

/// Invalid settings of a search, or a genome that is none of its space.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ConfigError {
    /// There is no gene.
    #[error("a search needs at least one gene")]
    NoGenes,
    /// This number of objectives is not supported.
    #[error("a search takes 2 to {MAX_OBJECTIVES} objectives, not {0}")]
    Objectives(usize),
    /// The gene of this index has no choices.
    #[error("gene {0} has no choices")]
    EmptyGene(usize),
    /// A probability is outside 0 to 1.
    #[error("{name} is {value}, but a probability lies between 0 and 1")]
    Probability {
        /// Name of the setting.
        name: &'static str,
        /// Value found.
        value: f64,
    },
    /// The mean number of mutations is negative or not finite.
    #[error("the mean number of mutations is {0}, but must be at least 0 and finite")]
    Mutations(f64),
    /// A size is too small.
    #[error("{name} is {value}, but must be at least {least}")]
    TooSmall {
        /// Name of the setting.
        name: &'static str,
        /// Value found.
        value: usize,
        /// Least value.
        least: usize,
    },
    /// The reference corner is not finite.
    #[error("the hypervolume reference must be finite in every objective")]
    Reference,
    /// A genome has another number of genes.
    #[error("the genome has {found} genes, but the space has {expected}")]
    GenomeLength {
        /// Genes of the genome.
        found: usize,
        /// Genes of the space.
        expected: usize,
    },
    /// A gene has a value that is none of its choices.
    #[error("gene {gene} has the value {value}, but its choices are 0 to {}", cardinality - 1)]
    GeneValue {
        /// Index of the gene.
        gene: usize,
        /// Value found.
        value: u8,
        /// Number of its choices.
        cardinality: u8,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> SearchConfig {
        SearchConfig::new(vec![SearchGene::ordered(3), SearchGene::boundary(5)], 2, 0)
    }

    #[test]
    fn defaults_pass_the_checks() {
        for objectives in 2..=MAX_OBJECTIVES {
            assert_eq!(SearchConfig::new(vec![SearchGene::categorical(1)], objectives, 7).check(), Ok(()));
        }
    }

    #[test]
    fn impossible_settings_are_named() {
        assert_eq!(SearchConfig { genes: vec![], ..config() }.check(), Err(ConfigError::NoGenes));
        assert_eq!(SearchConfig { objectives: 5, ..config() }.check(), Err(ConfigError::Objectives(5)));
        let empty = SearchConfig { genes: vec![SearchGene::ordered(2), SearchGene::ordered(0)], ..config() };
        assert_eq!(empty.check(), Err(ConfigError::EmptyGene(1)));
        let rate = SearchConfig { crossover_rate: 1.5, ..config() }.check().unwrap_err();
        assert_eq!(rate.to_string(), "crossover_rate is 1.5, but a probability lies between 0 and 1");
        assert!(SearchConfig { boundary_rate: f64::NAN, ..config() }.check().is_err());
        assert!(SearchConfig { mutations: f64::INFINITY, ..config() }.check().is_err());
        let small = SearchConfig { population: 1, ..config() }.check().unwrap_err();
        assert_eq!(small.to_string(), "population is 1, but must be at least 2");
    }

    #[test]
    fn a_genome_is_checked_gene_by_gene() {
        assert_eq!(config().check_genome(&[2, 4]), Ok(()));
        assert!(matches!(config().check_genome(&[2]), Err(ConfigError::GenomeLength { found: 1, expected: 2 })));
        let error = config().check_genome(&[2, 5]).unwrap_err();
        assert_eq!(error.to_string(), "gene 1 has the value 5, but its choices are 0 to 4");
    }
}
