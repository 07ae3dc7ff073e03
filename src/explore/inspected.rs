//! The selected design as it is shown: at its best split, as overridden, or as it was pinned.

use super::candidate::{CandidateDesign, CandidateId};
use super::measurements::ShownAccuracy;
use super::overriding::Override;
use super::ranking_rule::BestSplit;
use super::session::Session;
use crate::cost::{Evaluation, MeasuredShares, SplitDemand, TransmitConfig};
use crate::network::BoundaryId;
use crate::space::Design;

/// The selected design as it is shown.
pub(super) struct Inspected<'a> {
    pub(super) id: CandidateId,
    pub(super) candidate: &'a CandidateDesign,
    /// The candidate's transmit configuration, or the overridden one.
    pub(super) transmit: TransmitConfig,
    /// The splits, sent that way.
    pub(super) demands: &'a [SplitDemand],
    /// Shares that the splits are judged by with the current number of sensors.
    pub(super) measured: Vec<MeasuredShares>,
    /// The best split, sent that way.
    pub(super) best: BestSplit,
    /// Index of the split shown: the one that the user chose, else the best.
    pub(super) shown: usize,
}

impl Inspected<'_> {
    /// The split shown.
    pub(super) fn demand(&self) -> &SplitDemand {
        &self.demands[self.shown]
    }

    /// Shares that the split shown is judged by.
    pub(super) fn shares(&self) -> MeasuredShares {
        self.measured[self.shown]
    }
}

impl Session {
    /// The override, if it is of the selected candidate, which is not looked at as it was pinned.
    pub(super) fn active_override(&self) -> Option<&Override> {
        let design_override = self.setup().design_override()?;
        let is_active = Some(design_override.candidate()) == self.selected() && self.selection().pin().is_none();
        is_active.then_some(design_override)
    }

    /// Split that the user chose for the selected design: by overriding it, or for the pin that is selected.
    pub(super) fn chosen_split(&self) -> Option<BoundaryId> {
        match self.selection().pin() {
            Some(pin) => pin.split,
            None => self.active_override().and_then(Override::split),
        }
    }

    /// Returns `true` if the selected design is shown otherwise than its candidate is at the best split.
    pub(super) fn is_overridden(&self) -> bool {
        self.active_override().is_some() || self.chosen_split().is_some()
    }

    /// The selected design as it is shown; `None` if there are no candidates.
    pub(super) fn inspected(&self) -> Option<Inspected<'_>> {
        let id = self.selected()?;
        let candidate = self.catalogue().get(id)?;
        let active = self.active_override();
        let transmit = active.map_or(candidate.transmit, Override::transmit);
        let (demands, measured) = match active {
            Some(active) if transmit != candidate.transmit => {
                (active.demands(), self.overridden_shares(candidate, active))
            }
            _ => (self.derived().demands(), self.own_shares(id)),
        };
        let evaluator = self.evaluator();
        let best = evaluator.best_of(demands, &measured)?;
        let shown = self.chosen_split().and_then(|split| demands.iter().position(|demand| demand.boundary == split));
        let shown = shown.unwrap_or(usize::from(best.split_index));
        Some(Inspected { id, candidate, transmit, demands, measured, best, shown })
    }

    /// The selected design as it is shown.
    pub fn selected_design(&self) -> Option<Design> {
        self.inspected().map(|inspected| self.inspected_design(&inspected))
    }

    /// The design of an inspection.
    pub(super) fn inspected_design(&self, inspected: &Inspected<'_>) -> Design {
        let split = inspected.demand().boundary;
        self.catalogue().design_of(&inspected.candidate.genome, inspected.transmit, split)
    }

    /// Accuracy that the selected design, sent as it is shown, has if it is split at a boundary.
    pub fn accuracy_at(&self, split: BoundaryId) -> ShownAccuracy {
        let Some(inspected) = self.inspected() else { return ShownAccuracy::None };
        self.accuracy(&self.catalogue().design_of(&inspected.candidate.genome, inspected.transmit, split))
    }

    /// Cost of the design of an inspection, judged by what is known of it too.
    pub(super) fn inspected_evaluation(&self, inspected: &Inspected<'_>) -> Evaluation {
        self.evaluator().evaluate(inspected.demand(), inspected.shares())
    }

    /// Shares measured of a candidate's splits.
    fn own_shares(&self, id: CandidateId) -> Vec<MeasuredShares> {
        let range = self.catalogue().range(id);
        let measured = self.catalogue().measured(range.clone());
        (0..range.len()).map(|index| measured.at(index)).collect()
    }

    /// Shares measured of the splits of an override.
    fn overridden_shares(&self, candidate: &CandidateDesign, active: &Override) -> Vec<MeasuredShares> {
        let catalogue = self.catalogue();
        let rating = |demand: &SplitDemand| {
            let design = catalogue.design_of(&candidate.genome, active.transmit(), demand.boundary);
            catalogue.measured_of(&design, self.knobs().sensors)
        };
        active.demands().iter().map(rating).collect()
    }
}
