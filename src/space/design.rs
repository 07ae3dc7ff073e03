//! A design: a genome with its split, fusion, compression ratio and link bits.
//!
//! Printed: `GENOME@SPLIT/FUSION:rRATIObBITS`, for instance `0-00-1101-00@S2.1/S2.1:r4b8`.

use rand::{Rng, RngExt};
use thiserror::Error;

use super::genome::{GeneKind, Genome};
use super::genome_text::ParseGenomeError;
use super::search_space::SearchSpace;
use crate::diagnostic::nearest;
use crate::network::{BoundaryId, is_end};

/// Bits per element of raw pixels and of logits on the link.
pub const PLAIN_BITS: u8 = 8;

/// A network and how it is split. Canonical designs (see [`SearchSpace::canonical_design`]) are equal exactly if they
/// compute the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Design {
    /// The network.
    pub genome: Genome,
    /// Boundary at which the tensor leaves the sensor: 0 sends raw input, the last one sends logits.
    pub split: BoundaryId,
    /// Boundary at which the views are fused, at or after the split.
    pub fusion: BoundaryId,
    /// Compression ratio of the splitting module: C channels are sent as `ceil(C / ratio)`.
    pub ratio: u8,
    /// Bits per element on the link.
    pub bits: u8,
}

impl SearchSpace {
    /// Returns `true` if a split at this boundary is between two blocks, where a splitting module sends the tensor. At
    /// both ends, raw input or logits cross as they are, with ratio 1 and [`PLAIN_BITS`].
    pub fn has_splitting_module(&self, split: BoundaryId) -> bool {
        !is_end(usize::from(split), usize::from(self.last()))
    }

    /// Compression ratios and link bits to choose from for a split.
    pub(crate) fn transmit_choices(&self, split: BoundaryId) -> [&[u8]; 2] {
        if self.has_splitting_module(split) { [&self.split.ratios, &self.split.bits] } else { [&[1], &[PLAIN_BITS]] }
    }

    /// Latest fusion of whole features for a genome split at `split`: the last one before that of the logits.
    pub fn late_fusion(&self, genome: &Genome, split: BoundaryId) -> BoundaryId {
        let fusions = self.fusions(genome, split);
        fusions.iter().rev().nth(1).or(fusions.last()).copied().unwrap_or_else(|| self.last())
    }

    /// Fusion of a genome if nothing else is known: its views become one as soon as they meet, those of an imported
    /// network where the user said.
    pub fn early_fusion(&self, genome: &Genome) -> BoundaryId {
        match self.imported_network(genome) {
            Some(imported) => imported.fusion,
            None => self.fusions(genome, 0).first().copied().unwrap_or_else(|| self.last()),
        }
    }

    /// The genome as a design that runs wholly on the aggregator, with late fusion.
    pub fn unsplit_design(&self, genome: Genome) -> Design {
        let fusion = self.late_fusion(&genome, 0);
        self.canonical_design(Design { genome, split: 0, fusion, ratio: 1, bits: PLAIN_BITS })
    }

    /// Returns `true` if a genome keeps the block before a boundary.
    pub fn has_boundary(&self, genome: &Genome, id: BoundaryId) -> bool {
        self.nearest_boundary(genome, id) == id
    }

    /// Nearest boundary of a genome: `id` itself, or the last one of its stage if the genome lacks it.
    pub fn nearest_boundary(&self, genome: &Genome, id: BoundaryId) -> BoundaryId {
        let id = id.min(self.last());
        if let Some(imported) = self.imported_network(genome) {
            return imported.nearest_boundary(id);
        }
        let Some((stage, block)) = self.slots[usize::from(id)].after else { return id };
        let depth = self.depth(genome, stage);
        id - BoundaryId::try_from((block + 1).saturating_sub(depth)).unwrap_or(0)
    }

    /// Boundaries at which this genome may be split, ascending.
    pub fn splits(&self, genome: &Genome) -> Vec<BoundaryId> {
        self.split.at.iter().copied().filter(|&id| self.has_boundary(genome, id)).collect()
    }

    /// Boundaries at which this genome may fuse its views when it is split at `split`, ascending.
    pub fn fusions(&self, genome: &Genome, split: BoundaryId) -> Vec<BoundaryId> {
        self.fusion.at.iter().copied().filter(|&id| id >= split && self.has_boundary(genome, id)).collect()
    }

    /// Returns `true` if two designs both send the raw input, at one resolution (gene 0) and in one format: then the
    /// same crosses the link, whatever network and fusion come behind it.
    pub fn send_raw_input_alike(&self, one: &Design, other: &Design) -> bool {
        let sent = |design: &Design| (design.split, design.genome.genes().first().copied(), design.ratio, design.bits);
        one.split == 0 && sent(one) == sent(other)
    }

    /// Nearest allowed design: boundaries that exist, fusion at or after the split, ratio 1 and [`PLAIN_BITS`] where no
    /// splitting module can stand.
    pub fn canonical_design(&self, design: Design) -> Design {
        let splits = self.splits(&design.genome);
        let wanted = self.nearest_boundary(&design.genome, design.split);
        let split = splits.iter().copied().min_by_key(|&id| id.abs_diff(wanted)).unwrap_or(0);
        let fusions = self.fusions(&design.genome, split);
        let wanted = self.nearest_boundary(&design.genome, design.fusion).max(split);
        let fusion = fusions.iter().copied().min_by_key(|&id| id.abs_diff(wanted)).unwrap_or_else(|| self.last());
        let [ratio, bits] = self.nearest_transmit(split, [design.ratio, design.bits]);
        Design { split, fusion, ratio, bits, genome: design.genome }
    }

    /// Nearest allowed compression ratio and link bits at a split.
    pub(crate) fn nearest_transmit(&self, split: BoundaryId, wanted: [u8; 2]) -> [u8; 2] {
        let nearest = |choices: &[u8], wanted: u8| choices.iter().copied().min_by_key(|&one| one.abs_diff(wanted));
        let choices = self.transmit_choices(split);
        [0, 1].map(|which| nearest(choices[which], wanted[which]).unwrap_or(wanted[which]))
    }

    /// Draws a design: genome, then split, fusion, ratio and bits, each uniformly.
    pub fn sample_design(&self, rng: &mut impl Rng) -> Design {
        let genome = self.sample(rng);
        self.sample_split(genome, rng)
    }

    /// Draws split, fusion, ratio and bits of a design of this genome, each uniformly.
    pub fn sample_split(&self, genome: Genome, rng: &mut impl Rng) -> Design {
        let splits = self.splits(&genome);
        let split = splits[rng.random_range(0..splits.len())];
        let fusions = self.fusions(&genome, split);
        let fusion = fusions[rng.random_range(0..fusions.len())];
        let ratio = self.split.ratios[rng.random_range(0..self.split.ratios.len())];
        let bits = self.split.bits[rng.random_range(0..self.split.bits.len())];
        self.canonical_design(Design { genome, split, fusion, ratio, bits })
    }

    /// Prints a design.
    pub fn print_design(&self, design: &Design) -> String {
        format!(
            "{}@{}/{}:r{}b{}",
            self.print(&design.genome),
            self.boundary_name(design.split),
            self.boundary_name(design.fusion),
            design.ratio,
            design.bits
        )
    }

    /// Reads a printed design.
    ///
    /// # Errors
    /// Text that is not a design of this space.
    pub fn parse_design(&self, text: &str) -> Result<Design, ParseDesignError> {
        let form = || ParseDesignError::Form(text.to_owned());
        let (genome, rest) = text.split_once('@').ok_or_else(form)?;
        let (split, rest) = rest.split_once('/').ok_or_else(form)?;
        let (fusion, rest) = rest.split_once(":r").ok_or_else(form)?;
        let (ratio, bits) = rest.split_once('b').ok_or_else(form)?;
        let design = Design {
            genome: self.parse_genome(genome)?,
            split: self.parse_boundary(split)?,
            fusion: self.parse_boundary(fusion)?,
            ratio: ratio.parse().map_err(|_| form())?,
            bits: bits.parse().map_err(|_| form())?,
        };
        let canonical = self.canonical_design(design.clone());
        if canonical == design {
            Ok(design)
        } else {
            Err(ParseDesignError::NotAllowed { text: text.to_owned(), near: self.print_design(&canonical) })
        }
    }

    /// Boundary of that name.
    ///
    /// # Errors
    /// No boundary has that name.
    pub fn parse_boundary(&self, name: &str) -> Result<BoundaryId, ParseDesignError> {
        self.boundary_named(name).ok_or_else(|| {
            let names: Vec<&str> = self.slots.iter().map(|slot| slot.name.as_str()).collect();
            let within = |whole: &&&str| whole.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
            let mut meant: Vec<String> = names.iter().filter(within).map(|near| format!("`{near}`")).collect();
            if meant.is_empty() {
                meant.extend(nearest(name, names.iter().copied()).map(|near| format!("`{near}`")));
            }
            let near = if meant.is_empty() { String::new() } else { format!("; did you mean {}?", meant.join(" or ")) };
            ParseDesignError::Boundary {
                name: name.to_owned(),
                near: format!("{near} (boundaries: {})", names.join(", ")),
            }
        })
    }

    /// Number of blocks of a stage.
    fn depth(&self, genome: &Genome, stage: usize) -> u32 {
        let index = self
            .genes
            .iter()
            .position(|gene| gene.stage == Some(stage) && gene.kind == GeneKind::Depth)
            .expect("every stage has a depth gene");
        self.stages[stage].depths[usize::from(genome.0[index])]
    }
}

/// Text that is not a design of the space.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParseDesignError {
    /// The overall form is wrong.
    #[error("`{0}` is not a design: expected GENOME@SPLIT/FUSION:rRATIObBITS")]
    Form(String),
    /// The genome is wrong.
    #[error(transparent)]
    Genome(#[from] ParseGenomeError),
    /// No such boundary.
    #[error("no boundary is named `{name}`{near}")]
    Boundary {
        /// Name given.
        name: String,
        /// Suggestion, or nothing.
        near: String,
    },
    /// Well formed, but not allowed in this space.
    #[error("`{text}` is not allowed in this space; the nearest design is `{near}`")]
    NotAllowed {
        /// Text given.
        text: String,
        /// Nearest allowed design.
        near: String,
    },
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;

    use super::*;

    fn tabletop() -> SearchSpace {
        SearchSpace::shipped("tabletop").unwrap()
    }

    proptest! {
        #[test]
        fn designs_print_and_parse_back(seed: u64) {
            let space = tabletop();
            let design = space.sample_design(&mut rand_chacha::ChaCha8Rng::seed_from_u64(seed));
            prop_assert_eq!(space.parse_design(&space.print_design(&design)).unwrap(), design);
        }

        #[test]
        fn sampled_designs_are_canonical_and_fuse_at_or_after_the_split(seed: u64) {
            let space = tabletop();
            let design = space.sample_design(&mut rand_chacha::ChaCha8Rng::seed_from_u64(seed));
            prop_assert!(design.fusion >= design.split && design.fusion > 0);
            prop_assert!(space.has_boundary(&design.genome, design.split));
            prop_assert!(space.has_boundary(&design.genome, design.fusion));
            prop_assert_eq!(space.canonical_design(design.clone()), design);
        }
    }

    #[test]
    fn a_boundary_of_an_absent_block_falls_back_to_the_last_one_of_its_stage() {
        let space = tabletop();
        let last_of_s1 = space.slots().iter().rposition(|slot| slot.name.starts_with("S1")).unwrap() as BoundaryId;
        let kept = space.nearest_boundary(&space.smallest(), last_of_s1);
        assert_eq!(space.boundary_name(kept), "S1.1");
        assert!(space.has_boundary(&space.largest(), last_of_s1));
    }

    #[test]
    fn a_wrong_boundary_suggests_the_nearest() {
        let space = tabletop();
        let error = |name| space.parse_boundary(name).unwrap_err().to_string();
        let all = "(boundaries: input, stem, S1.1, S1.2, S2.1, S2.2, S3.1, S3.2, head, pool, logits)";
        assert_eq!(error("stam"), format!("no boundary is named `stam`; did you mean `stem`? {all}"));
        assert_eq!(error("S2"), format!("no boundary is named `S2`; did you mean `S2.1` or `S2.2`? {all}"));
        assert_eq!(error("x"), format!("no boundary is named `x` {all}"));
    }
}
