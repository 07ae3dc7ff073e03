//! Figures of candidates at their best splits.

use super::Derived;
use crate::cost::{FrameDemand, MeasuredShares};
use crate::explore::candidate::CandidateId;
use crate::explore::catalogue::Catalogue;
use crate::explore::column::Column;
use crate::explore::ranking_rule::{Evaluator, RankedDesign};
use crate::network::BoundaryId;

impl Derived {
    /// Index of a candidate's best split among its splits.
    pub(in crate::explore) fn best_split_index(&self, id: CandidateId) -> Option<u16> {
        self.ranking.split_index(id)
    }

    /// Boundary of a candidate's best split.
    pub(in crate::explore) fn best_split(&self, catalogue: &Catalogue, id: CandidateId) -> Option<BoundaryId> {
        catalogue.boundaries(id).get(usize::from(self.best_split_index(id)?)).copied()
    }

    /// Accuracy that the best split of a ranked candidate is ranked by; NaN if none is known with the current number of
    /// sensors.
    pub(in crate::explore) fn best_accuracy(&self, catalogue: &Catalogue, id: CandidateId) -> f64 {
        catalogue.rating_at(self.best_index(catalogue, id))
    }

    /// Rank of a candidate, with what its best split costs.
    pub(in crate::explore) fn ranked(
        &self,
        catalogue: &Catalogue,
        evaluator: &Evaluator<'_>,
        id: CandidateId,
    ) -> Option<RankedDesign> {
        let split_index = self.best_split_index(id)?;
        let accuracy = self.best_accuracy(catalogue, id);
        let leak = catalogue.leak_at(self.best_index(catalogue, id));
        let evaluation = evaluator.evaluate_frame(&self.best_frame(catalogue, id), MeasuredShares { accuracy, leak });
        Some(RankedDesign { split_index, evaluation, accuracy, class: self.ranking.class(id) })
    }

    /// Figure of a column in base units for a candidate at its best split, of accuracies the one that is ranked by; NaN
    /// if it is unknown or none. Evaluates the split only for figures that need it: some are asked of all candidates at
    /// every change of a knob.
    #[inline]
    pub(in crate::explore) fn figure(&self, catalogue: &Catalogue, id: CandidateId, column: Column) -> f64 {
        let Some(split_index) = self.best_split_index(id) else { return f64::NAN };
        let split = || catalogue.boundaries(id)[usize::from(split_index)];
        let frame = || self.best_frame(catalogue, id);
        match column {
            Column::Rank => f64::NAN,
            Column::Id => f64::from(id),
            Column::Accuracy => self.best_accuracy(catalogue, id),
            Column::Latency => self.ranking.seconds(id),
            Column::Energy => self.rates.evaluate_frame(&frame()).energy_j,
            Column::Memory => frame().peak_bytes,
            Column::Link => frame().link_bytes,
            Column::FrameRate => self.rates.evaluate_frame(&frame()).fps,
            Column::Split => f64::from(split()),
            Column::Fusion => f64::from(catalogue.effective_transmit(id, split()).fusion),
            Column::Ratio => f64::from(catalogue.effective_transmit(id, split()).ratio),
            Column::Bits => f64::from(catalogue.effective_transmit(id, split()).bits),
            Column::Macs => catalogue.macs(id) as f64,
            Column::Leak => catalogue.leak_at(self.best_index(catalogue, id)),
        }
    }

    /// Demand of the best split of a ranked candidate.
    fn best_frame(&self, catalogue: &Catalogue, id: CandidateId) -> FrameDemand {
        catalogue.batch().frame(self.best_index(catalogue, id))
    }

    /// Index of the best split of a ranked candidate among the splits of all candidates.
    pub(super) fn best_index(&self, catalogue: &Catalogue, id: CandidateId) -> usize {
        catalogue.range(id).start + usize::from(self.best_split_index(id).expect("the candidate was ranked"))
    }
}
