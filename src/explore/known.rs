//! What follows from the setup, the pool and the measurements, kept up to date by the session.

use std::cell::OnceCell;

use super::candidate::{Candidate, CandidateId, design};
use super::knob_histograms::KnobHistograms;
use super::overriding::Override;
use super::rank::{BestSplit, Class, Evaluator};
use super::ranking::Ranking;
use super::session::Session;
use super::view::Points;
use crate::cost::{Knobs, SplitDemand, SystemRates, TransmitConfig};
use crate::network::Network;
use crate::quantity::Limit;
use crate::search::FeasibleCount;
use crate::space::SearchSpace;

/// What follows from the setup, the pool and the measurements.
#[derive(Debug, Clone)]
pub(super) struct Known {
    allowed: Vec<bool>,
    /// The rates of the knobs that everything was costed with.
    pub(super) rates: SystemRates,
    pub(super) ranking: Ranking,
    pub(super) rows: Vec<CandidateId>,
    pub(super) feasible: usize,
    pub(super) measured: usize,
    pub(super) binding: [usize; Limit::ALL.len()],
    pub(super) histograms: KnobHistograms,
    /// Whether an accuracy of some candidate's best split is known.
    pub(super) accuracies: bool,
    /// Rows as points, by the figures of the axes: see [`Points`].
    pub(super) points: Points,
    /// How many designs of the whole space fit, once somebody asked.
    pub(super) fitting: OnceCell<Option<FeasibleCount>>,
    /// The network of the selected candidate.
    pub(super) network: Option<(CandidateId, Network)>,
}

/// The selected design as it is shown.
pub(super) struct Inspected<'a> {
    pub(super) id: CandidateId,
    pub(super) candidate: &'a Candidate,
    pub(super) transmit: TransmitConfig,
    pub(super) demands: &'a [SplitDemand],
    /// Accuracies of the splits with the present number of sensors.
    pub(super) accuracies: Vec<f64>,
    /// Its best split, sent this way.
    pub(super) best: BestSplit,
    /// Index of the split shown: the best one, or the one chosen by hand.
    pub(super) shown: usize,
}

impl Known {
    /// Nothing is known yet but where the space may be split.
    pub(super) fn new(space: &SearchSpace, knobs: &Knobs) -> Self {
        Self {
            allowed: (0..=space.last()).map(|id| space.split.at.contains(&id)).collect(),
            rates: SystemRates::new(knobs),
            ranking: Ranking::default(),
            rows: Vec::new(),
            feasible: 0,
            measured: 0,
            binding: [0; Limit::ALL.len()],
            histograms: KnobHistograms::default(),
            accuracies: false,
            points: Points::default(),
            fitting: OnceCell::new(),
            network: None,
        }
    }
}

impl Session {
    pub(super) fn evaluator(&self) -> Evaluator<'_> {
        Evaluator::new(self.knobs(), &self.known.allowed)
    }

    /// The override, if it is of the selected candidate.
    pub(super) fn active_override(&self) -> Option<&Override> {
        self.setup.design_override().filter(|active| Some(active.candidate()) == self.selected())
    }

    /// The selected design as it is shown.
    pub(super) fn inspected(&self) -> Option<Inspected<'_>> {
        let id = self.selected()?;
        let candidate = self.pool.get(id)?;
        let active = self.active_override();
        let transmit = active.map_or(candidate.transmit, Override::transmit);
        let own = transmit == candidate.transmit;
        let (demands, accuracies) = match active {
            Some(active) if !own => {
                let accuracy = |demand: &SplitDemand| {
                    let design = design(&self.space, &candidate.genome, transmit, demand.boundary);
                    self.accuracy(&design).measured().unwrap_or(f64::NAN)
                };
                (active.demands(), active.demands().iter().map(accuracy).collect())
            }
            _ => {
                let demands = self.pool.demands(id);
                let mut accuracies = self.measurements.present(self.pool.range(id)).to_vec();
                accuracies.resize(demands.len(), f64::NAN);
                (demands, accuracies)
            }
        };
        let evaluator = self.evaluator();
        let best = evaluator.best(&evaluator.batch(demands), 0..demands.len(), &accuracies)?;
        let chosen = active.and_then(Override::split);
        let shown = chosen.and_then(|split| demands.iter().position(|demand| demand.boundary == split));
        let shown = shown.unwrap_or(usize::from(best.split_index));
        Some(Inspected { id, candidate, transmit, demands, accuracies, best, shown })
    }

    /// After a change of the number of sensors, of the pool or of the measurements.
    pub(super) fn remeasure(&mut self) {
        self.measurements.refresh(self.pool.cells(), self.setup.knobs().sensors);
    }

    /// After a change of the knobs or of accuracies: costs every split and ranks. Needs [`Session::remeasure`] to be done.
    pub(super) fn recost(&mut self) {
        let Self { known, pool, setup, measurements, ranges, .. } = self;
        let Known { allowed, rates, ranking, feasible, measured, accuracies, binding, histograms, fitting, .. } = known;
        let evaluator = Evaluator::new(setup.knobs(), allowed);
        pool.set_sensors(setup.knobs().sensors);
        ranking.begin(pool.len());
        (*rates, *feasible, *measured, *accuracies, *binding) = (evaluator.rates, 0, 0, false, [0; Limit::ALL.len()]);
        *fitting = OnceCell::new();
        for id in 0..pool.len() as CandidateId {
            let range = pool.range(id);
            let present = measurements.present(range.clone());
            let best = evaluator.best(pool.batch(), range, present);
            let best = best.expect("the pool takes only candidates that may be split somewhere");
            *accuracies |= present.get(usize::from(best.split_index)).is_some_and(|accuracy| !accuracy.is_nan());
            *measured += usize::from(best.class == Class::Measured);
            *feasible += usize::from(best.feasible());
            if !best.feasible() {
                for (limit, count) in Limit::ALL.into_iter().zip(binding.iter_mut()) {
                    *count += usize::from(best.blocked_only_by(limit));
                }
            }
            ranking.push(&best, pool.macs(id));
        }
        let infeasible = pool.len() - *feasible;
        histograms.refresh(pool, infeasible, &evaluator, ranges, |id| measurements.present(pool.range(id)));
        ranking.sort();
    }

    /// After any change of order, filter or standings: rows, selection, the network shown.
    pub(super) fn refresh(&mut self) {
        self.arrange();
        self.settle_selection();
    }

    /// After a change of the selection or of the rows: settles the selection and lowers the network shown.
    pub(super) fn settle_selection(&mut self) {
        let any = if self.pool.is_empty() { None } else { Some(0) };
        self.selection.settle(&self.known.rows, any);
        self.lower_selected();
    }

    /// Lowers the network of the selected candidate, if another one was selected.
    pub(super) fn lower_selected(&mut self) {
        let selected = self.selection.candidate();
        let lowered = self.known.network.as_ref().map(|(id, _)| *id);
        if lowered != selected {
            let candidate = selected.and_then(|id| self.pool.get(id));
            let network = candidate.and_then(|candidate| self.space.lower(&candidate.genome).ok());
            self.known.network = selected.zip(network);
        }
    }
}
