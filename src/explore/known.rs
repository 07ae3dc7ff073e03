//! What follows from the setup, the pool and the measurements, kept up to date by the session.

use std::cell::{OnceCell, RefCell};

use super::candidate::{Candidate, CandidateId, design};
use super::hand::Hand;
use super::needs::Reach;
use super::rank::{Class, Judge, Verdict};
use super::ranking::Ranking;
use super::session::Session;
use super::view::{Point, Points};
use crate::cost::{Cut, Knobs, Limit, Rates, Sending};
use crate::network::Network;
use crate::search::Fitting;
use crate::space::SearchSpace;

/// What follows from the setup, the pool and the measurements.
#[derive(Debug, Clone)]
pub(super) struct Known {
    allowed: Vec<bool>,
    /// The rates of the knobs that everything was costed with.
    pub(super) rates: Rates,
    pub(super) ranking: Ranking,
    pub(super) rows: Vec<CandidateId>,
    pub(super) feasible: usize,
    pub(super) measured: usize,
    pub(super) binding: [usize; Limit::ALL.len()],
    pub(super) reach: Reach,
    /// Whether an accuracy of some candidate's best split is known.
    pub(super) accuracies: bool,
    /// The rows as points, once somebody asked.
    pub(super) points: OnceCell<Points>,
    /// The last points, whose room is taken for the next ones.
    pub(super) spent: RefCell<Vec<Point>>,
    /// How many designs of the whole space fit, once somebody asked.
    pub(super) fitting: OnceCell<Option<Fitting>>,
    /// The network of the selected candidate.
    pub(super) network: Option<(CandidateId, Network)>,
}

/// The selected design as it is shown.
pub(super) struct Inspected<'a> {
    pub(super) id: CandidateId,
    pub(super) candidate: &'a Candidate,
    pub(super) sending: Sending,
    pub(super) cuts: &'a [Cut],
    /// Accuracies of the cuts with the present number of sensors.
    pub(super) accuracies: Vec<f64>,
    /// Its best split, sent this way.
    pub(super) best: Verdict,
    /// Index of the cut shown: the best one, or the one chosen by hand.
    pub(super) shown: usize,
}

impl Known {
    /// Nothing is known yet but where the space may be split.
    pub(super) fn new(space: &SearchSpace, knobs: &Knobs) -> Self {
        Self {
            allowed: (0..=space.last()).map(|id| space.split.at.contains(&id)).collect(),
            rates: Rates::new(knobs),
            ranking: Ranking::default(),
            rows: Vec::new(),
            feasible: 0,
            measured: 0,
            binding: [0; Limit::ALL.len()],
            reach: Reach::default(),
            accuracies: false,
            points: OnceCell::new(),
            spent: RefCell::default(),
            fitting: OnceCell::new(),
            network: None,
        }
    }

    /// The rows or the axes are others.
    pub(super) fn forget_points(&mut self) {
        if let Some(points) = self.points.take() {
            self.spent = RefCell::new(points.all);
        }
    }
}

impl Session {
    pub(super) fn judge(&self) -> Judge<'_> {
        Judge::new(&self.setup.knobs, &self.known.allowed)
    }

    /// The hand, if it is on the selected candidate.
    pub(super) fn hand(&self) -> Option<&Hand> {
        self.setup.hand.as_ref().filter(|hand| Some(hand.candidate) == self.selected)
    }

    /// The selected design as it is shown.
    pub(super) fn inspected(&self) -> Option<Inspected<'_>> {
        let id = self.selected?;
        let candidate = self.pool.get(id)?;
        let hand = self.hand();
        let sending = hand.map_or(candidate.sending, |hand| hand.sending);
        let own = sending == candidate.sending;
        let (cuts, accuracies) = match hand {
            Some(hand) if !own => {
                let accuracy = |cut: &Cut| {
                    let design = design(&self.space, &candidate.genome, sending, cut.boundary);
                    self.accuracy(&design).measured().unwrap_or(f64::NAN)
                };
                (hand.cuts.as_slice(), hand.cuts.iter().map(accuracy).collect())
            }
            _ => {
                let cuts = self.pool.cuts(id);
                let mut accuracies = self.measurements.present(self.pool.range(id)).to_vec();
                accuracies.resize(cuts.len(), f64::NAN);
                (cuts, accuracies)
            }
        };
        let judge = self.judge();
        let best = judge.best(&judge.columns(cuts), 0..cuts.len(), &accuracies)?;
        let by_hand = hand.and_then(|hand| hand.split);
        let shown = by_hand.and_then(|split| cuts.iter().position(|cut| cut.boundary == split));
        let shown = shown.unwrap_or(usize::from(best.cut));
        Some(Inspected { id, candidate, sending, cuts, accuracies, best, shown })
    }

    /// After a change of the number of sensors, of the pool or of the measurements.
    pub(super) fn remeasure(&mut self) {
        self.measurements.refresh(self.pool.cells(), self.setup.knobs.sensors);
    }

    /// After a change of the knobs or of accuracies: costs every cut and ranks. Needs [`Session::remeasure`] to be done.
    pub(super) fn recost(&mut self) {
        let Self { known, pool, setup, measurements, dials, .. } = self;
        let Known { allowed, rates, ranking, feasible, measured, accuracies, binding, reach, fitting, .. } = known;
        let judge = Judge::new(&setup.knobs, allowed);
        pool.set_sensors(setup.knobs.sensors);
        ranking.begin(pool.len());
        (*rates, *feasible, *measured, *accuracies, *binding) = (judge.rates, 0, 0, false, [0; Limit::ALL.len()]);
        *fitting = OnceCell::new();
        for id in 0..pool.len() as CandidateId {
            let range = pool.range(id);
            let present = measurements.present(range.clone());
            let verdict = judge.best(pool.columns(), range, present);
            let verdict = verdict.expect("the pool takes only candidates that may be split somewhere");
            *accuracies |= present.get(usize::from(verdict.cut)).is_some_and(|accuracy| !accuracy.is_nan());
            *measured += usize::from(verdict.class == Class::Measured);
            *feasible += usize::from(verdict.feasible());
            if !verdict.feasible() {
                for (limit, count) in Limit::ALL.into_iter().zip(binding.iter_mut()) {
                    *count += usize::from(verdict.freed_by(limit));
                }
            }
            ranking.tell(&verdict, pool.macs(id));
        }
        reach.refresh((pool, pool.len() - *feasible), &judge, dials, |id| measurements.present(pool.range(id)));
        ranking.sort();
    }

    /// After any change of order, filter or standings: rows, selection, the network shown.
    pub(super) fn refresh(&mut self) {
        self.arrange();
        self.settle();
    }

    /// After a change of the selection or of the rows: keeps the selection at the top or with its candidate.
    pub(super) fn settle(&mut self) {
        let first = self.known.rows.first().copied();
        let any = Some(0).filter(|_| !self.pool.is_empty());
        self.selected = if self.at_top { first.or(self.selected) } else { self.selected }.or(first).or(any);
        self.row = self.selected_row().unwrap_or(self.row);
        let shown = self.known.network.as_ref().map(|(id, _)| *id);
        if shown != self.selected {
            let genome = self.selected.and_then(|id| self.pool.get(id)).map(|candidate| &candidate.genome);
            let network = genome.and_then(|genome| self.space.lower(genome).ok());
            self.known.network = self.selected.zip(network);
        }
    }
}
