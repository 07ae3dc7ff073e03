//! The catalogue: candidate designs of a space with their costs on a profile, and what was measured of them.
//!
//! Invariants: candidates are only ever added; after [`Catalogue::refresh`] costs and accuracies are those with the
//! current number of sensors, and every measured design that can be costed is a split of some candidate.
//!
//! | file | contents |
//! |---|---|
//! | `ratings` | accuracies of designs: measured, predicted, published, and those that splits are ranked by |
//! | `recording` | what is measured, and what is withdrawn |

mod ratings;
mod recording;

use std::ops::Range;
use std::sync::Arc;

use super::candidate::{CandidateDesign, CandidateError, CandidateId, demands, design, effective_transmit};
use super::leaks::Leaks;
use super::measurements::Measurements;
use super::pool::CandidatePool;
use super::predictions::Predictions;
use crate::cost::{CostError, CostModel, DemandBatch, SplitDemand, TransmitConfig};
use crate::hardware::Profile;
use crate::network::BoundaryId;
use crate::space::{Design, Genome, SearchSpace};
pub(super) use recording::MeasurementError;

/// Candidate designs of a space on a profile, and their measurements.
#[derive(Debug, Clone)]
pub struct Catalogue {
    space: SearchSpace,
    profile: Profile,
    /// Cost model; the reason where the space can't be costed on the profile.
    model: Result<CostModel, CostError>,
    pool: CandidatePool,
    measurements: Measurements,
    /// Predictions on the weights that are followed now.
    predictions: Option<Arc<Predictions>>,
    /// Accuracy that every split is ranked by, NaN where none is known; empty if nothing is estimated, so that
    /// measurements alone count.
    ratings: Vec<f64>,
    /// Odds of each prediction over those of its lower end with the current number of sensors.
    odds_over_lower_end: Option<f64>,
    /// Number of times that the ratings were filled in.
    version: u64,
    leaks: Leaks,
    requested: usize,
    /// Number of candidates that were drawn.
    drawn: usize,
    seed: u64,
    sensors: u32,
    /// `true` if costs or accuracies changed since the last refresh.
    stale: bool,
}

impl Catalogue {
    /// Draws at most `count` candidates with a seed, for a number of sensors. Candidates that can't be costed are left
    /// out, and one of the errors is returned too.
    pub(super) fn sample(
        space: SearchSpace,
        profile: Profile,
        count: usize,
        seed: u64,
        sensors: u32,
    ) -> (Self, Option<CandidateError>) {
        let model = CostModel::new(space.clone(), profile.clone());
        let (pool, error) = match &model {
            Ok(model) => CandidatePool::sample(model, count, seed),
            Err(error) => (CandidatePool::empty(), Some(error.clone().into())),
        };
        let drawn = pool.len();
        let (measurements, leaks) = (Measurements::default(), Leaks::default());
        let mut catalogue = Self {
            space,
            profile,
            model,
            pool,
            measurements,
            predictions: None,
            ratings: Vec::new(),
            odds_over_lower_end: None,
            version: 0,
            leaks,
            requested: count,
            drawn,
            seed,
            sensors,
            stale: true,
        };
        catalogue.refresh();
        (catalogue, error)
    }

    /// The space.
    pub const fn space(&self) -> &SearchSpace {
        &self.space
    }

    /// The profile.
    pub const fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Cost model of the space on the profile.
    ///
    /// # Errors
    /// The reason why no design can be costed.
    pub(super) fn model(&self) -> Result<&CostModel, CandidateError> {
        self.model.as_ref().map_err(|error| CandidateError::Cost(error.clone()))
    }

    /// The measurements.
    pub const fn measurements(&self) -> &Measurements {
        &self.measurements
    }

    /// The measured leaks.
    pub const fn leaks(&self) -> &Leaks {
        &self.leaks
    }

    /// Leak of the split at an index among all splits, NaN if it was not measured with the current number of sensors.
    #[inline]
    pub(super) fn leak_at(&self, demand: usize) -> f64 {
        self.leaks.current_at(demand)
    }

    /// Number of candidates requested when the catalogue was drawn.
    pub(super) const fn requested(&self) -> usize {
        self.requested
    }

    /// Seed that the catalogue was drawn with.
    pub(super) const fn seed(&self) -> u64 {
        self.seed
    }

    /// Number of candidates.
    pub fn len(&self) -> usize {
        self.pool.len()
    }

    /// Returns `true` if there are no candidates.
    pub fn is_empty(&self) -> bool {
        self.pool.is_empty()
    }

    /// All candidates in the order of their numbers.
    pub fn candidates(&self) -> &[CandidateDesign] {
        self.pool.candidates()
    }

    /// Numbers of all candidates.
    pub fn ids(&self) -> Range<CandidateId> {
        0..self.pool.len() as CandidateId
    }

    /// Numbers of the candidates that came to the drawn ones.
    pub(super) fn added(&self) -> Range<CandidateId> {
        self.drawn as CandidateId..self.pool.len() as CandidateId
    }

    /// A candidate.
    pub fn get(&self, id: CandidateId) -> Option<&CandidateDesign> {
        self.pool.get(id)
    }

    /// Candidates with a genome.
    pub fn of_genome(&self, genome: &Genome) -> &[CandidateId] {
        self.pool.of_genome(genome)
    }

    /// Number of splits of all candidates.
    pub fn split_count(&self) -> usize {
        self.pool.split_count()
    }

    /// Demands of a candidate's splits in the order of their boundaries, costed anew; none if it does not exist.
    pub fn demands(&self, id: CandidateId) -> Vec<SplitDemand> {
        let (Ok(model), Some(candidate)) = (&self.model, self.get(id)) else { return Vec::new() };
        demands(model, &candidate.genome, candidate.transmit).unwrap_or_default()
    }

    /// The design that a candidate is when split at a boundary.
    pub fn design(&self, id: CandidateId, split: BoundaryId) -> Option<Design> {
        self.pool.design(&self.space, id, split)
    }

    /// The design of a genome sent this way and split at a boundary.
    pub(super) fn design_of(&self, genome: &Genome, transmit: TransmitConfig, split: BoundaryId) -> Design {
        design(&self.space, genome, transmit, split)
    }

    /// Number that is another one after each change of candidates, costs or accuracies.
    pub(super) const fn version(&self) -> u64 {
        self.version
    }

    /// Candidate and boundary of the split at an entry of the batch.
    pub(super) fn split_of(&self, entry: usize) -> (CandidateId, BoundaryId) {
        self.pool.split_of(entry)
    }

    /// Indices of a candidate's splits among all splits.
    #[inline]
    pub(super) fn range(&self, id: CandidateId) -> Range<usize> {
        self.pool.range(id)
    }

    /// Boundaries of a candidate's splits.
    #[inline]
    pub(super) fn boundaries(&self, id: CandidateId) -> &[BoundaryId] {
        self.pool.boundaries(id)
    }

    /// Multiply-accumulates of a candidate that exists.
    #[inline]
    pub(super) fn macs(&self, id: CandidateId) -> u64 {
        self.pool.macs(id)
    }

    /// All splits as batch for the current number of sensors.
    #[inline]
    pub(super) const fn batch(&self) -> &DemandBatch {
        self.pool.batch()
    }

    /// The candidates and their splits.
    pub(super) const fn pool(&self) -> &CandidatePool {
        &self.pool
    }

    /// Transmit configuration of a candidate that exists when split at a boundary.
    pub(super) fn effective_transmit(&self, id: CandidateId, split: BoundaryId) -> TransmitConfig {
        let candidate = &self.pool.candidates()[id as usize];
        effective_transmit(&self.space, &candidate.genome, candidate.transmit, split)
    }

    /// Sets the current number of sensors.
    pub(super) const fn set_sensors(&mut self, sensors: u32) {
        self.stale |= self.sensors != sensors;
        self.sensors = sensors;
    }

    /// Adds a candidate unless there is an equal one. Returns its number.
    ///
    /// # Errors
    /// A genome that can't be costed.
    pub(super) fn add(&mut self, genome: Genome, transmit: TransmitConfig) -> Result<CandidateId, CandidateError> {
        let before = self.pool.len();
        let model = self.model.as_ref().map_err(|error| CandidateError::Cost(error.clone()))?;
        let id = self.pool.add(model, genome, transmit)?;
        if self.pool.len() > before {
            self.measurements.link_candidate(&self.space, &self.pool, id);
            self.leaks.link_candidate(&self.space, &self.pool, id);
            self.stale = true;
        }
        Ok(id)
    }

    /// Brings costs and accuracies up to date. Returns `true` if any may have changed since the last refresh.
    pub(super) fn refresh(&mut self) -> bool {
        if !self.stale {
            return false;
        }
        self.pool.set_sensors(self.sensors);
        self.measurements.refresh(self.pool.split_count(), self.sensors);
        self.leaks.refresh(&self.space, &self.pool, self.sensors);
        self.rate();
        self.stale = false;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::pair;
    use super::*;

    #[test]
    fn a_split_has_the_ratio_and_bits_of_its_design() {
        for late_only in [false, true] {
            let (mut space, profile) = pair();
            if late_only {
                // Without fusion at most boundaries, designs fuse later than they are split.
                space.fusion.at.retain(|&id| id == 1 || id > 6);
            }
            let (catalogue, _) = Catalogue::sample(space, profile, 40, 1, 6);
            for id in catalogue.ids() {
                for demand in catalogue.demands(id) {
                    let design = catalogue.design(id, demand.boundary).unwrap();
                    assert_eq!(catalogue.effective_transmit(id, demand.boundary), TransmitConfig::from(&design));
                }
            }
        }
    }
}
