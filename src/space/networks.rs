//! Spaces of imported networks: each genome is one network as it was read, with its own boundaries.
//!
//! Boundaries are numbered over all networks, one after another; the raw input is 0 and the output the last one in all
//! of them. Nothing of such a space can be trained: its networks are given.

use thiserror::Error;

use super::design::PLAIN_BITS;
use super::genome::{Gene, GeneKind, Genome};
use super::imported::ImportedNetwork;
use super::rules::{FusionRules, Slot, SplitRules};
use super::search_space::SearchSpace;
use crate::diagnostic::nearest;
use crate::network::{BoundaryId, FusionOperator, LinkRange, Network};

/// Choices of the user about imported networks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRules {
    /// Largest number of views.
    pub views: u32,
    /// Compression ratios of hypothetical splitting modules; 1 leaves the network as it is.
    pub ratios: Vec<u8>,
    /// Bits on the link; [`PLAIN_BITS`] leaves the network as it is.
    pub bits: Vec<u8>,
    /// Layer behind which the views become one, by name; the output of the network unless given.
    pub fusion: Option<String>,
}

impl Default for ImportRules {
    fn default() -> Self {
        Self { views: MOST_VIEWS, ratios: vec![1], bits: vec![PLAIN_BITS], fusion: None }
    }
}

/// Networks that don't make a space.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ImportedSpaceError {
    /// No network, or more than a genome can tell apart.
    #[error("{0} networks; from one to {MOST_NETWORKS} can be opened together")]
    Networks(usize),
    /// More boundaries than can be numbered.
    #[error("{0} cuts in all; at most {most} can be opened together (leave out --cuts all)", most = BoundaryId::MAX)]
    Boundaries(usize),
    /// A place of fusion that no network has.
    #[error("no network can be cut behind `{name}`{near}")]
    Fusion {
        /// Name given.
        name: String,
        /// Suggestion, or nothing.
        near: String,
    },
}

/// Most views of an imported network, which says nothing about them.
const MOST_VIEWS: u32 = 64;
/// Most networks of a space: a printed genome has one digit of base 36.
const MOST_NETWORKS: usize = 36;

impl SearchSpace {
    /// A space of networks, each with its name.
    ///
    /// # Errors
    /// No network, too many of them or of their boundaries, or a fusion that none of them has.
    pub fn of_networks(networks: Vec<(String, Network)>, rules: ImportRules) -> Result<Self, ImportedSpaceError> {
        if networks.is_empty() || networks.len() > MOST_NETWORKS {
            return Err(ImportedSpaceError::Networks(networks.len()));
        }
        let inner = |network: &Network| network.boundaries.len().saturating_sub(2);
        let boundaries = networks.iter().map(|(_, network)| inner(network)).sum::<usize>() + 2;
        let last = BoundaryId::try_from(boundaries - 1).map_err(|_| ImportedSpaceError::Boundaries(boundaries))?;
        let mut slots = vec![Slot { name: "input".to_owned(), after: None }];
        let mut imported: Vec<ImportedNetwork> = Vec::with_capacity(networks.len());
        let alone = networks.len() == 1;
        for (name, mut network) in networks {
            let name = unique(&name, &imported);
            let end = network.boundaries.len() - 1;
            for (index, boundary) in network.boundaries.iter_mut().enumerate().skip(1) {
                boundary.id = last;
                if index < end {
                    boundary.id = slots.len() as BoundaryId;
                    let own = if alone { boundary.name.clone() } else { format!("{name}/{}", boundary.name) };
                    slots.push(Slot { name: own, after: None });
                }
            }
            imported.push(ImportedNetwork { name, network, fusion: last });
        }
        slots.push(Slot { name: "output".to_owned(), after: None });
        if let Some(name) = &rules.fusion {
            fuse_at(&mut imported, name)?;
        }
        let choices = u8::try_from(imported.len()).unwrap_or(u8::MAX);
        let inputs: Vec<_> = imported.iter().map(|imported| imported.network.input).collect();
        let names: Vec<&str> = imported.iter().map(|imported| imported.name.as_str()).collect();
        let name = names.join(", ");
        Ok(Self {
            description: format!("imported: {name}"),
            name,
            input_channels: inputs[0].channels,
            resolutions: inputs.iter().map(|input| input.height).collect(),
            views: rules.views,
            classes: imported[0].network.boundaries.last().map_or(1, |last| last.shape.channels),
            data: None,
            stages: Vec::new(),
            split: SplitRules {
                at: (0..=last).collect(),
                ratios: rules.ratios,
                bits: rules.bits,
                link_range: LinkRange::default(),
            },
            fusion: FusionRules { at: (1..=last).collect(), operator: FusionOperator::default() },
            literature: None,
            imported,
            slots,
            genes: vec![Gene { kind: GeneKind::Network, stage: None, block: None, choices }],
        })
    }

    /// The imported networks, in the order of their genomes; empty for a space of stages.
    pub fn imported(&self) -> &[ImportedNetwork] {
        &self.imported
    }

    /// The imported network that a genome is.
    pub fn imported_network(&self, genome: &Genome) -> Option<&ImportedNetwork> {
        self.imported.get(usize::from(*genome.0.first()?))
    }

    /// Returns `true` if a design changes an imported network, by a splitting module or fewer bits on the link. Its
    /// accuracy is unknown until it is trained.
    pub fn is_hypothetical(&self, ratio: u8, bits: u8) -> bool {
        !self.imported.is_empty() && (ratio > 1 || bits < PLAIN_BITS)
    }
}

/// The name, with a number if a network has it already.
fn unique(name: &str, imported: &[ImportedNetwork]) -> String {
    let taken = |name: &str| imported.iter().any(|imported| imported.name == name);
    if !taken(name) {
        return name.to_owned();
    }
    (2..=imported.len() + 2).map(|number| format!("{name}.{number}")).find(|name| !taken(name)).unwrap_or_default()
}

/// Lets the views of each network that has such a boundary become one there.
fn fuse_at(imported: &mut [ImportedNetwork], name: &str) -> Result<(), ImportedSpaceError> {
    let mut any = false;
    for imported in imported.iter_mut() {
        let named = |boundary: &&crate::network::Boundary| boundary.name == name && boundary.layers > 0;
        if let Some(boundary) = imported.network.boundaries.iter().find(named) {
            (imported.fusion, any) = (boundary.id, true);
        }
    }
    if any {
        return Ok(());
    }
    let all = imported.iter().flat_map(|imported| &imported.network.boundaries);
    let near = nearest(name, all.map(|boundary| boundary.name.as_str()));
    let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    Err(ImportedSpaceError::Fusion { name: name.to_owned(), near: format!("{near} (--cuts all gives more cuts)") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{NetworkBuilder, Shape, SlidingWindow};

    fn chain(layers: usize) -> Network {
        let mut builder = NetworkBuilder::new(Shape::new(3, 8, 8)).unwrap();
        let mut tensor = 0;
        for layer in 0..layers {
            tensor = builder.conv(format!("c{layer}"), tensor, 4, SlidingWindow::same(3, 1), 1).unwrap();
            builder.boundary(0, format!("c{layer}"));
        }
        builder.finish()
    }

    #[test]
    fn two_networks_share_their_ends_only() {
        let networks = vec![("a".to_owned(), chain(3)), ("a".to_owned(), chain(2))];
        let space = SearchSpace::of_networks(networks, ImportRules::default()).unwrap();
        assert_eq!((space.count(), space.last()), (2, 4));
        let names: Vec<&str> = space.slots().iter().map(|slot| slot.name.as_str()).collect();
        assert_eq!(names, ["input", "a/c0", "a/c1", "a.2/c0", "output"]);
        assert_eq!(space.splits(&space.smallest()), [0, 1, 2, 4]);
        assert_eq!(space.splits(&space.largest()), [0, 3, 4]);
        let design = space.unsplit_design(space.largest());
        assert_eq!(space.parse_design(&space.print_design(&design)), Ok(design));
    }

    #[test]
    fn more_than_256_boundaries_are_numbered() {
        let space = SearchSpace::of_networks(vec![("long".into(), chain(1000))], ImportRules::default()).unwrap();
        assert_eq!(space.slots().len(), 1001);
        assert_eq!(space.boundary_named("c700"), Some(701));
    }

    #[test]
    fn the_fusion_is_named() {
        let rules = |name: &str| ImportRules { fusion: Some(name.to_owned()), ..ImportRules::default() };
        let space = SearchSpace::of_networks(vec![("a".into(), chain(3))], rules("c1")).unwrap();
        assert_eq!(space.early_fusion(&space.largest()), 2);
        let error = SearchSpace::of_networks(vec![("a".into(), chain(3))], rules("c9")).unwrap_err();
        assert!(error.to_string().starts_with("no network can be cut behind `c9`; did you mean"), "{error}");
    }
}
