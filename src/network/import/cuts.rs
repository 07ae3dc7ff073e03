//! Places where an imported network can be cut.

use crate::network::graph::{Boundary, BoundaryId, Network, is_end};
use crate::network::memory::crossings;

use super::error::ImportError;

/// Places where a network may be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cuts {
    /// Places at which one tensor crosses.
    #[default]
    Single,
    /// Every place between two layers, with all tensors that cross.
    All,
}

/// Most tensors that cross a cut.
const MOST_CROSSING: usize = 1024;

/// Gives a network its boundaries: the input, the cuts, the output.
pub(super) fn add(network: &mut Network, cuts: Cuts) -> Result<(), ImportError> {
    let most = if cuts == Cuts::Single { 1 } else { MOST_CROSSING };
    let all = network.layers.len();
    let mut boundaries = Vec::new();
    let found = crossings(network, most.max(network.outputs.len() + 1));
    for (layers, crossing) in found.into_iter().enumerate() {
        // The raw input crosses alone before the first layer.
        let crossing = if layers == 0 { Some(vec![0]) } else { crossing };
        let Some(mut earlier) = crossing.filter(|crossing| is_end(layers, all) || crossing.len() <= most) else {
            continue;
        };
        if earlier.first() != Some(&layers) {
            continue;
        }
        earlier.remove(0);
        let name = match layers {
            0 => "input".to_owned(),
            layers if layers == all => "output".to_owned(),
            layers => network.layers[layers - 1].name.clone(),
        };
        let id = BoundaryId::try_from(boundaries.len()).map_err(|_| ImportError::Model {
            problem: format!("the network has more than {} cuts", BoundaryId::MAX),
            remedy: Some("leave out --cuts all".to_owned()),
        })?;
        boundaries.push(Boundary { id, name, layers, tensor: layers, shape: network.shape(layers), earlier });
    }
    network.boundaries = boundaries;
    Ok(())
}
