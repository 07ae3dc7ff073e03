//! Facade of the cost model: a search space on a hardware profile.

use thiserror::Error;

use super::demand::SplitDemand;
use super::evaluation::Evaluation;
use super::knobs::Knobs;
use super::layer::{CostError, check_names};
use super::network_costs::{NetworkCosts, TransmitConfig};
use super::rates::SystemRates;
use super::space_costs::SpaceCostTable;
use crate::hardware::Profile;
use crate::network::{Network, ShapeError};
use crate::space::{Design, Genome, SearchSpace};

/// Error of costing a design.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DesignCostError {
    /// Impossible shapes.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// Layers without a cost.
    #[error(transparent)]
    Cost(#[from] CostError),
    /// A split at a boundary that the network lacks.
    #[error("the network has no boundary {0} to be split at")]
    NoBoundary(String),
}

/// Cost model of a search space on a hardware profile: demand and cost of every design.
///
/// A design is summed from a table of the space's blocks where there is one (a few hundred nanoseconds), else counted
/// layer by layer: on a device whose latencies were measured, and on a sensor that runs in patches. Both give the same
/// figures.
///
/// ```
/// use splitscope::cost::CostModel;
/// use splitscope::hardware::Profile;
/// use splitscope::space::{Design, SearchSpace};
///
/// let model = CostModel::new(SearchSpace::shipped("tabletop").unwrap(), Profile::shipped("glasses").unwrap())?;
/// let design = Design { genome: model.space().largest(), split: 3, fusion: 3, ratio: 4, bits: 8 };
/// let cost = model.evaluate(&design, &model.knobs())?;
/// assert!(cost.latency.total_s() > 0.0 && cost.energy_j > 0.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct CostModel {
    space: SearchSpace,
    profile: Profile,
    /// Costs of all blocks; `None` where only whole networks can be costed.
    table: Option<SpaceCostTable>,
}

impl CostModel {
    /// Cost model of `space` on `profile`.
    ///
    /// # Errors
    /// A latency table by layer names, and a space of several networks.
    pub fn new(space: SearchSpace, profile: Profile) -> Result<Self, CostError> {
        check_names(&space, &profile)?;
        let table = SpaceCostTable::new(&space, &profile);
        Ok(Self { space, profile, table })
    }

    /// The space.
    pub const fn space(&self) -> &SearchSpace {
        &self.space
    }

    /// The profile.
    pub const fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Costs of all blocks of the space; `None` where only whole networks can be costed.
    pub const fn block_table(&self) -> Option<&SpaceCostTable> {
        self.table.as_ref()
    }

    /// The knobs as the profile sets them.
    pub fn knobs(&self) -> Knobs {
        Knobs::from_profile(&self.profile)
    }

    /// Demand of a design at its split.
    ///
    /// # Errors
    /// A design whose shapes can't exist, that lacks its split, or whose layers can't be costed.
    pub fn demand(&self, design: &Design) -> Result<SplitDemand, DesignCostError> {
        if let Some(demand) = self.table.as_ref().and_then(|table| table.demand(design)) {
            return Ok(demand);
        }
        let network = self.space.lower(&design.genome)?;
        let costs = NetworkCosts::new(&network, TransmitConfig::from(design), &self.profile)?;
        let Some(index) = costs.position(design.split) else {
            return Err(DesignCostError::NoBoundary(self.space.boundary_name(design.split).to_owned()));
        };
        Ok(costs.demands[index])
    }

    /// Demands of a genome at every boundary of its network, in order.
    ///
    /// # Errors
    /// A genome whose shapes can't exist, or whose layers can't be costed.
    pub fn demands(&self, genome: &Genome, transmit: TransmitConfig) -> Result<NetworkCosts, DesignCostError> {
        let mut costs = NetworkCosts::default();
        if let Some(table) = &self.table
            && table.fill(genome, transmit, &mut costs).is_some()
        {
            return Ok(costs);
        }
        Ok(self.network_costs(&self.space.lower(genome)?, transmit)?)
    }

    /// Demands of a network at every boundary, counted layer by layer.
    ///
    /// # Errors
    /// Layers that can't be costed.
    pub fn network_costs(&self, network: &Network, transmit: TransmitConfig) -> Result<NetworkCosts, CostError> {
        NetworkCosts::new(network, transmit, &self.profile)
    }

    /// Cost of a design under the knobs.
    ///
    /// # Errors
    /// As [`CostModel::demand`].
    pub fn evaluate(&self, design: &Design, knobs: &Knobs) -> Result<Evaluation, DesignCostError> {
        Ok(SystemRates::new(knobs).evaluate(&self.demand(design)?))
    }
}
