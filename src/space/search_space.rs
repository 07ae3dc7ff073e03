//! A search space that was read and checked.

use super::genome::{self, Gene, StageGenes};
use super::imported::ImportedNetwork;
use super::literature::Literature;
use super::rules::{FusionRules, Slot, SplitRules};
use super::stage::Stage;
use crate::network::BoundaryId;

/// A space of networks with their splits and fusions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchSpace {
    /// Name by which commands and files choose the space.
    pub name: String,
    /// One sentence for people.
    pub description: String,
    /// Channels of one view's input.
    pub input_channels: u32,
    /// Input sides to choose from (square inputs).
    pub resolutions: Vec<u32>,
    /// Largest number of views.
    pub views: u32,
    /// Number of classes.
    pub classes: u32,
    /// Data set the space is meant for, if any.
    pub data: Option<String>,
    /// Stages in order; the last one is the classifier.
    pub stages: Vec<Stage>,
    /// Rules of splits.
    pub split: SplitRules,
    /// Rules of fusions.
    pub fusion: FusionRules,
    /// Published accuracies of its networks, if there are some.
    pub literature: Option<Literature>,
    pub(super) imported: Vec<ImportedNetwork>,
    pub(super) slots: Vec<Slot>,
    pub(super) genes: Vec<Gene>,
}

impl SearchSpace {
    /// All boundaries of the deepest network; the index is the [`BoundaryId`].
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The space with a single resolution, this one.
    #[must_use]
    pub(crate) fn at_resolution(self, side: u32) -> Self {
        let resolutions = vec![side];
        Self { genes: genome::genes(&resolutions, &self.stages), resolutions, ..self }
    }

    /// Positions of the genes of a stage.
    pub(crate) fn stage_genes(&self, stage: usize) -> StageGenes {
        StageGenes::of(&self.genes, stage)
    }

    /// All genes of a genome, in order.
    pub fn genes(&self) -> &[Gene] {
        &self.genes
    }

    /// Number of the last boundary, the logits.
    pub fn last(&self) -> BoundaryId {
        BoundaryId::try_from(self.slots.len() - 1).expect("the boundaries of a space are counted when it is made")
    }

    /// Name of a boundary.
    pub fn boundary_name(&self, id: BoundaryId) -> &str {
        self.slots.get(usize::from(id)).map_or("?", |slot| &slot.name)
    }

    /// Start of a sentence that says how many views the space takes.
    pub(crate) fn views_in_words(&self) -> String {
        match self.views {
            1 => format!("{} takes one view", self.name),
            views => format!("{} takes 1 to {views} views", self.name),
        }
    }

    /// Boundary of that name, if there is one.
    pub fn boundary_named(&self, name: &str) -> Option<BoundaryId> {
        self.slots.iter().position(|slot| slot.name == name).and_then(|index| BoundaryId::try_from(index).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;

    #[test]
    fn a_space_at_one_resolution_has_networks_of_that_alone() {
        let source = Source::new("attentive-nas.toml", include_str!("../../spaces/attentive-nas.toml").to_owned());
        let space = SearchSpace::from_toml(&source).unwrap().at_resolution(64);
        assert_eq!(space.architecture(&space.largest()).resolution, 64);
    }
}
