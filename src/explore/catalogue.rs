//! The catalogue: candidate designs of a space with their costs on a profile, and what was measured of them.
//!
//! Invariants: candidates are only ever added; after [`Catalogue::refresh`] costs and accuracies are those with the
//! current number of sensors, and every measured design that can be costed is a split of some candidate.

use std::ops::Range;
use std::sync::Arc;

use thiserror::Error;

use super::candidate::{CandidateDesign, CandidateError, CandidateId, demands, design, effective_transmit};
use super::leaks::{Leaks, ShownLeak};
use super::measurements::{
    Accuracy, AccuracyFigure, AccuracyKind, Measurements, ShownAccuracy, accuracy_to_rank_by, entry_of,
};
use super::pool::{CandidatePool, DesignKey};
use super::predictions::{PredictionInput, Predictions};
use crate::cost::{CostError, CostModel, DemandBatch, MeasuredColumns, MeasuredShares, SplitDemand, TransmitConfig};
use crate::hardware::Profile;
use crate::network::BoundaryId;
use crate::record::{FinetunedRecord, Precision};
use crate::search::PredictedAccuracy;
use crate::space::LiteratureAccuracy;
use crate::space::{Design, Genome, SearchSpace};

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
    /// Number of times that the ratings were filled in.
    version: u64,
    leaks: Leaks,
    requested: usize,
    seed: u64,
    sensors: u32,
    /// `true` if costs or accuracies changed since the last refresh.
    stale: bool,
}

/// A measurement that can't be shown.
#[derive(Debug, Clone, PartialEq, Error)]
pub(super) enum MeasurementError {
    /// Its design is of another space, or its accuracy is no share.
    #[error("a measurement does not fit the space and was left out")]
    Unfit,
    /// Its design can't be a candidate; the measurement is kept.
    #[error("a measured design can't be costed: {0}")]
    Candidate(CandidateError),
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
        let (measurements, leaks) = (Measurements::default(), Leaks::default());
        let mut catalogue = Self {
            space,
            profile,
            model,
            pool,
            measurements,
            predictions: None,
            ratings: Vec::new(),
            version: 0,
            leaks,
            requested: count,
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

    /// Accuracy of a design to show with the current number of sensors.
    pub fn accuracy(&self, design: &Design) -> ShownAccuracy {
        self.accuracy_with(design, self.sensors)
    }

    /// Accuracy of a design to show with a number of sensors.
    pub(super) fn accuracy_with(&self, design: &Design, sensors: u32) -> ShownAccuracy {
        let measured = self.measurements.present().shown(design, sensors);
        if matches!(measured, ShownAccuracy::Measured(_)) {
            return measured;
        }
        let published = || self.published(self.of_genome(&design.genome).first().map(|&id| self.macs(id))?);
        self.predicted(design, sensors).or_else(published).map_or(measured, ShownAccuracy::Estimated)
    }

    /// Accuracy of published networks of a size, which were not split.
    fn published(&self, macs: u64) -> Option<AccuracyFigure> {
        let LiteratureAccuracy { value, low, high } = self.space.literature.as_ref()?.accuracy(macs as f64)?;
        let kind = AccuracyKind::Literature;
        Some(AccuracyFigure { kind, value, low, high, precision: Precision::Float, samples: None })
    }

    fn predicted(&self, design: &Design, sensors: u32) -> Option<AccuracyFigure> {
        let predictions = self.predictions.as_ref()?;
        let found = predictions.of(&self.space, design, sensors)?;
        Some(figure(&found, predictions.precision(sensors)))
    }

    /// The predictions on the weights that are followed now.
    pub fn predictions(&self) -> Option<&Predictions> {
        self.predictions.as_deref()
    }

    /// Takes predictions, unless they are of other weights than those that are followed now.
    pub(super) fn predict(&mut self, predictions: Arc<Predictions>) {
        if predictions.weights() == self.measurements.changes().1 {
            self.predictions = Some(predictions);
            self.stale = true;
        }
    }

    /// Number of changes of the measurements so far.
    pub(super) const fn measured_changes(&self) -> u64 {
        self.measurements.changes().0
    }

    /// Everything to predict accuracies from.
    pub(super) fn prediction_input(&self) -> PredictionInput {
        PredictionInput::new(&self.space, &self.pool, self.measurements.learned(), self.measurements.changes().1)
    }

    /// Accuracies that splits are ranked by (see [`accuracy_to_rank_by`]), given by their entries in the batch of all
    /// splits, with the current number of sensors: NaN where none is known, empty if none of them is.
    #[inline]
    pub(super) fn ratings(&self, entries: Range<usize>) -> &[f64] {
        if self.ratings.is_empty() {
            return self.measurements.current(entries);
        }
        &self.ratings[entries]
    }

    /// Shares that splits are judged by with the current number of sensors, given by their entries in the batch of all
    /// splits: accuracies as they are ranked by, and measured leaks.
    #[inline]
    pub(super) fn measured(&self, entries: Range<usize>) -> MeasuredColumns<'_> {
        MeasuredColumns { accuracies: self.ratings(entries.clone()), leaks: self.leaks.current(entries) }
    }

    /// Shares that a design is judged by with a number of sensors.
    pub(super) fn measured_of(&self, design: &Design, sensors: u32) -> MeasuredShares {
        let accuracy = self.accuracy_with(design, sensors).ranked_by().unwrap_or(f64::NAN);
        let leak = self.leaks.shown(design, sensors).map_or(f64::NAN, |shown| shown.figures.leak);
        MeasuredShares { accuracy, leak }
    }

    /// Accuracy that the split at an entry of the batch is ranked by; NaN if none is known with the current number of
    /// sensors.
    #[inline]
    pub(super) fn rating_at(&self, entry: usize) -> f64 {
        self.ratings(entry..entry + 1).first().copied().unwrap_or(f64::NAN)
    }

    /// Number that is another one after each change of candidates, costs or accuracies.
    pub(super) const fn version(&self) -> u64 {
        self.version
    }

    /// Accuracies that splits, given by their entries, are ranked by with 1, 2, .. sensors; NaN where none is known.
    pub(super) fn ratings_by_sensors(&self, entries: &[u32]) -> Vec<Vec<f64>> {
        let mut places: Vec<(u32, usize)> = entries.iter().copied().zip(0..).collect();
        places.sort_unstable();
        let with = |sensors: u32| {
            let mut ratings = match &self.predictions {
                Some(predictions) => predictions.lower_ends_of(&self.space, &self.pool, sensors, entries),
                None => vec![f64::NAN; entries.len()],
            };
            for (entry, accuracy) in self.measurements.with(sensors) {
                if let Ok(found) = places.binary_search_by_key(&(entry as u32), |(entry, _)| *entry) {
                    ratings[places[found].1] = accuracy;
                }
            }
            ratings
        };
        (1..=self.space.views).map(with).collect()
    }

    /// Candidate and boundary of the split at an entry of the batch.
    pub(super) fn split_of(&self, entry: usize) -> (CandidateId, BoundaryId) {
        self.pool.split_of(entry)
    }

    /// Returns `true` if a candidate's split at a boundary was measured with a number of sensors.
    pub(super) fn is_measured_with(&self, id: CandidateId, split: BoundaryId, sensors: u32) -> bool {
        let design = self.design(id, split);
        design.is_some_and(|design| self.measurements.present().shown(&design, sensors).measured().is_some())
    }

    /// Returns `true` if the split at an entry of the batch was measured with the current number of sensors.
    #[inline]
    pub(super) fn is_measured(&self, entry: usize) -> bool {
        self.measurements.is_measured(entry)
    }

    /// Accuracy of a candidate's split at an entry of the batch as it is shown, measured or estimated; NaN if none is
    /// known.
    pub(super) fn shown_accuracy(&self, id: CandidateId, entry: usize) -> f64 {
        let rating = self.rating_at(entry);
        if rating.is_nan() || self.is_measured(entry) {
            return rating;
        }
        let predicted = self.predictions.as_ref().and_then(|all| all.with_lower_end(rating, self.sensors));
        predicted
            .map_or_else(|| self.published(self.macs(id)).map_or(rating, |figure| figure.value), |found| found.value)
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

    /// Identity of the design that a candidate is at one of its splits.
    pub(super) fn design_key(&self, id: CandidateId, split_index: u16) -> DesignKey {
        self.pool.design_key(id, split_index)
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

    /// Records a measurement. A design that is no split of a candidate becomes a candidate.
    ///
    /// # Errors
    /// A measurement that does not fit the space, which is left out, or a design that can't be costed.
    pub(super) fn measure(&mut self, design: &Design, views: u32, accuracy: Accuracy) -> Result<(), MeasurementError> {
        let is_share = (0.0..=1.0).contains(&accuracy.accuracy);
        if !is_share || design.genome.genes().len() != self.space.genes().len() {
            return Err(MeasurementError::Unfit);
        }
        let design = self.space.canonical_design(design.clone());
        let is_first = self.measurements.readings(&design).is_empty();
        self.measurements.record(design.clone(), views, accuracy);
        self.stale = true;
        if !is_first {
            return Ok(());
        }
        let added = self.add_split(&design);
        self.measurements.link_design(&self.space, &self.pool, &design);
        added.map_err(MeasurementError::Candidate)
    }

    /// Records a design that another run has trained alone. It becomes a candidate if it is no split of one.
    ///
    /// # Errors
    /// A design that does not fit the space, which is left out, or one that can't be costed.
    pub(super) fn record_finetuned(
        &mut self,
        design: &Design,
        record: &FinetunedRecord,
    ) -> Result<(), MeasurementError> {
        let is_share = record.accuracies.iter().all(|one| (0.0..=1.0).contains(&one.accuracy));
        if !is_share || design.genome.genes().len() != self.space.genes().len() {
            return Err(MeasurementError::Unfit);
        }
        let design = self.space.canonical_design(design.clone());
        let is_first = self.measurements.readings(&design).is_empty();
        self.measurements.record_finetuned(&design, record);
        self.stale = true;
        if !is_first {
            return Ok(());
        }
        let added = self.add_split(&design);
        self.measurements.link_design(&self.space, &self.pool, &design);
        added.map_err(MeasurementError::Candidate)
    }

    /// Records a leak. A design that is no split of a candidate becomes a candidate.
    ///
    /// # Errors
    /// A leak that does not fit the space, which is left out, or a design that can't be costed.
    pub(super) fn record_leak(&mut self, design: &Design, views: u32, leak: ShownLeak) -> Result<(), MeasurementError> {
        let is_share = (0.0..=1.0).contains(&leak.figures.leak);
        if !is_share || design.genome.genes().len() != self.space.genes().len() {
            return Err(MeasurementError::Unfit);
        }
        let design = self.space.canonical_design(design.clone());
        let is_first = !self.leaks.knows(&design);
        self.leaks.record(design.clone(), views, leak);
        self.stale = true;
        if !is_first {
            return Ok(());
        }
        let added = self.add_split(&design);
        self.leaks.link_design(&self.space, &self.pool, &design);
        added.map_err(MeasurementError::Candidate)
    }

    /// Adds a candidate of which a canonical design is a split, unless there is one.
    fn add_split(&mut self, design: &Design) -> Result<(), CandidateError> {
        if self.is_a_split(design) {
            return Ok(());
        }
        self.add(design.genome.clone(), TransmitConfig::from(design)).map(drop)
    }

    /// Records a measurement with blanked cameras, which ranks nothing.
    pub(super) fn measure_blanked(&mut self, design: Design, views: u32, blanked: u32, accuracy: Accuracy) {
        let design = self.space.canonical_design(design);
        self.measurements.record_blanked(design, views, blanked, accuracy);
    }

    /// Removes measurements on weights after `step` of the run followed now.
    pub(super) fn withdraw(&mut self, step: u64) {
        self.measurements.withdraw(step);
        self.predictions = None;
        self.leaks.withdraw(step);
        self.stale = true;
    }

    /// Follows a run: only measurements on its weights count from now on.
    pub(super) fn follow(&mut self, run: &str) {
        if self.measurements.follow(run) {
            self.predictions = None;
            self.stale = true;
        }
        self.stale |= self.leaks.follow(run);
    }

    /// Brings costs and accuracies up to date. Returns `true` if any may have changed since the last refresh.
    pub(super) fn refresh(&mut self) -> bool {
        if !self.stale {
            return false;
        }
        self.pool.set_sensors(self.sensors);
        self.measurements.refresh(self.pool.split_count(), self.sensors);
        self.leaks.refresh(self.pool.split_count(), self.sensors);
        self.rate();
        self.stale = false;
        true
    }

    /// Fills in the accuracies that splits are ranked by.
    fn rate(&mut self) {
        self.ratings.clear();
        self.version += 1;
        if let Some(predictions) = &self.predictions {
            predictions.fill(&mut self.ratings, &self.space, &self.pool, self.sensors);
        }
        if self.ratings.is_empty() && self.space.literature.is_some() {
            for id in self.ids() {
                let low = self.published(self.macs(id)).map_or(f64::NAN, |figure| figure.low);
                self.ratings.resize(self.pool.range(id).end, low);
            }
        }
        if self.ratings.is_empty() {
            return;
        }
        for (entry, measured) in self.measurements.with(self.sensors) {
            self.ratings[entry] = accuracy_to_rank_by(measured, self.ratings[entry]);
        }
    }

    /// Returns `true` if a canonical design is a split of some candidate.
    fn is_a_split(&self, design: &Design) -> bool {
        let candidates = self.pool.of_genome(&design.genome);
        candidates.iter().any(|&id| entry_of(&self.space, &self.pool, id, design).is_some())
    }
}

/// A prediction as a figure.
fn figure(found: &PredictedAccuracy, precision: Precision) -> AccuracyFigure {
    let PredictedAccuracy { value, low, high } = *found;
    AccuracyFigure { kind: AccuracyKind::Predicted, value, low, high, precision, samples: None }
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
