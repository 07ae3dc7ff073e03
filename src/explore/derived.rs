//! Everything that follows from the catalogue and the setup: best splits, ranking, rows, counts, histograms, the points
//! of scatter plots, and the network of the selected candidate with its splits.
//!
//! Nothing here is set: [`Derived::evaluate`] follows a change of knobs or accuracies, [`Derived::arrange`] a change of
//! ranking, order or filter, and [`Derived::lower`] a change of the selection. The rest is computed when first asked
//! for.

mod figures;
mod points;
mod rows;

use std::cell::OnceCell;

pub(super) use points::Points;
pub use points::{Point, PointClass};
use points::{PointCache, RankedPoint};

use super::candidate::CandidateId;
use super::catalogue::Catalogue;
use super::column::Column;
use super::knob_histograms::{KnobHistograms, SampledSplits};
use super::knob_range::KnobRange;
use super::ranking::{RankedPlace, Ranking};
use super::ranking_rule::{BestSplit, Class, Evaluator, RankedSplits};
use super::rated_order::RatedOrder;
use super::rated_splits::RatedSplits;
use super::setup::Setup;
use super::top_splits::TopSplits;
use super::tracks::{self, Track};
use crate::cost::{Knobs, SplitDemand, SystemRates};
use crate::network::Network;
use crate::quantity::Limit;
use crate::search::{FeasibleCount, Survey};
use crate::space::SearchSpace;

/// Values that follow from the catalogue and the setup.
#[derive(Debug, Clone)]
pub(super) struct Derived {
    /// By boundary, `true` if the space allows a split there.
    allowed: Vec<bool>,
    /// Rates under the knobs of the last evaluation.
    rates: SystemRates,
    /// Version of the catalogue that the splits below are of.
    version: u64,
    /// Rated splits of each candidate.
    order: RatedOrder,
    /// Best rated split of each candidate.
    tops: TopSplits,
    /// Splits that tracks are found from, gathered when first asked for.
    rated: OnceCell<RatedSplits>,
    ranking: Ranking,
    counts: Counts,
    /// Candidates that histograms are made of, and these, found when first asked for.
    sample: SampledSplits,
    histograms: OnceCell<KnobHistograms>,
    /// Best accuracy at every step of every knob.
    tracks: OnceCell<Vec<Track>>,
    rows: Vec<CandidateId>,
    points: PointCache,
    /// Number of rows that were not measured with the current number of sensors.
    unmeasured: OnceCell<usize>,
    /// The whole space; `None` on profiles that it can't be surveyed with.
    survey: OnceCell<Option<Survey>>,
    /// Designs of the whole space that fit the knobs of the last evaluation.
    fitting: OnceCell<Option<FeasibleCount>>,
    lowered: Option<Lowered>,
}

/// Counts of candidates at their best splits.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    /// Candidates that meet all limits.
    pub(super) feasible: usize,
    /// Feasible candidates whose best split was measured with the current number of sensors.
    pub(super) measured: usize,
    /// Candidates that have an accuracy at their best split, measured or estimated, feasible or not.
    with_accuracy: usize,
    /// For each limit in the order of [`Limit::ALL`], infeasible candidates that would fit if it alone were lifted.
    pub(super) binding: [usize; Limit::ALL.len()],
}

/// Accuracy of a point.
#[derive(Clone, Copy)]
struct PointAccuracy {
    /// The one that it is ranked by.
    rating: f64,
    /// The one that is shown.
    shown: f64,
    /// `true` if it was not measured.
    estimated: bool,
}

impl PointAccuracy {
    /// Of a point between other figures.
    const UNUSED: Self = Self { rating: f64::NAN, shown: f64::NAN, estimated: false };
}

/// The network of a candidate, and its splits.
#[derive(Debug, Clone)]
struct Lowered {
    candidate: CandidateId,
    /// `None` if its shapes are impossible.
    network: Option<Network>,
    demands: Vec<SplitDemand>,
}

impl Counts {
    /// Counts candidates that meet all limits with an accuracy, which may be measured.
    fn add_rated(&mut self, count: usize, is_measured: bool) {
        self.feasible += count;
        self.with_accuracy += count;
        self.measured += if is_measured { count } else { 0 };
    }

    /// Counts one candidate; its best split may have an accuracy, and that may be measured.
    #[inline]
    fn add(&mut self, best: &BestSplit, has_accuracy: bool, is_measured: impl Fn() -> bool) {
        self.with_accuracy += usize::from(has_accuracy);
        self.measured += usize::from(best.class == Class::Rated && is_measured());
        if best.feasible() {
            self.feasible += 1;
            return;
        }
        for (limit, count) in Limit::ALL.into_iter().zip(&mut self.binding) {
            *count += usize::from(best.blocked_only_by(limit));
        }
    }
}

impl Derived {
    /// Nothing evaluated yet.
    pub(super) fn new(space: &SearchSpace, knobs: &Knobs) -> Self {
        Self {
            allowed: (0..=space.last()).map(|boundary| space.split.at.contains(&boundary)).collect(),
            rates: SystemRates::new(knobs),
            version: 0,
            order: RatedOrder::default(),
            tops: TopSplits::default(),
            rated: OnceCell::new(),
            ranking: Ranking::default(),
            counts: Counts::default(),
            sample: SampledSplits::default(),
            histograms: OnceCell::new(),
            tracks: OnceCell::new(),
            rows: Vec::new(),
            points: PointCache::default(),
            unmeasured: OnceCell::new(),
            survey: OnceCell::new(),
            fitting: OnceCell::new(),
            lowered: None,
        }
    }

    /// Finds the best split of every candidate, ranks the candidates, and counts. Needed after a change of the knobs,
    /// the candidates or the accuracies; [`Derived::arrange`] must follow.
    pub(super) fn evaluate(&mut self, catalogue: &Catalogue, setup: &Setup) {
        let evaluator = Evaluator::new(setup.knobs(), &self.allowed);
        let breakable = catalogue.batch().breakable(&evaluator.rates);
        let mut counts = Counts::default();
        if self.version != catalogue.version() {
            (self.version, self.order, self.rated) = (catalogue.version(), RatedOrder::new(catalogue), OnceCell::new());
            let (tops, groups) = TopSplits::new(catalogue, &self.order);
            self.tops = tops;
            self.ranking.regroup(groups, catalogue.len());
        }
        self.ranking.begin();
        for (group, best, top) in self.tops.fitting(&evaluator, breakable) {
            counts.add_rated(self.ranking.put_group(&best, group, top.place()), top.is_measured);
        }
        self.ranking.put_singles(|id| {
            let range = catalogue.range(id);
            let splits = RankedSplits {
                batch: catalogue.batch(),
                range: range.clone(),
                measured: catalogue.measured(range.clone()),
                rated: self.order.below_top(catalogue, id),
                has_unrated: self.order.has_unrated(id),
            };
            let best = evaluator.best(&splits, breakable);
            let best = best.expect("the catalogue holds only candidates with an allowed split");
            let entry = range.start + usize::from(best.split_index);
            let rating = catalogue.rating_at(entry);
            counts.add(&best, !rating.is_nan(), || catalogue.is_measured(entry));
            (best, RankedPlace { entry: entry as u32, rating }, catalogue.macs(id))
        });
        self.ranking.sort();
        self.rates = evaluator.rates;
        self.counts = counts;
        self.sample.take(catalogue.pool());
        self.histograms = OnceCell::new();
        self.fitting = OnceCell::new();
        self.tracks = OnceCell::new();
    }

    /// Lowers the network of the selected candidate, unless it is the one lowered last.
    pub(super) fn lower(&mut self, catalogue: &Catalogue, selected: Option<CandidateId>) {
        if self.lowered.as_ref().map(|lowered| lowered.candidate) == selected {
            return;
        }
        self.lowered = selected.map(|candidate| {
            let genome = catalogue.get(candidate).map(|candidate| &candidate.genome);
            let network = genome.and_then(|genome| catalogue.space().lower(genome).ok());
            Lowered { candidate, network, demands: catalogue.demands(candidate) }
        });
    }

    /// By boundary, `true` if the space allows a split there.
    pub(super) fn allowed(&self) -> &[bool] {
        &self.allowed
    }

    /// The ranking.
    pub(super) const fn ranking(&self) -> &Ranking {
        &self.ranking
    }

    /// Counts of candidates.
    pub(super) const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Histograms of the knobs, and the gain of moving one of them.
    pub(super) fn histograms(&self, catalogue: &Catalogue, knobs: &Knobs, ranges: &[KnobRange]) -> &KnobHistograms {
        self.histograms.get_or_init(|| {
            let counts = [catalogue.len(), catalogue.len() - self.counts.feasible];
            let measured = |id| catalogue.measured(catalogue.range(id));
            KnobHistograms::new(&self.sample, counts, &Evaluator::new(knobs, &self.allowed), ranges, measured)
        })
    }

    /// Number of candidates in histograms: all of them, or an even sample of a large catalogue.
    pub(super) const fn sampled(&self) -> usize {
        self.sample.len()
    }

    /// Best accuracy at every step of every knob, found when first asked for.
    pub(super) fn tracks(&self, catalogue: &Catalogue, knobs: &Knobs, ranges: &[KnobRange]) -> &[Track] {
        self.tracks.get_or_init(|| {
            let first = if self.ranking.any_rated() { self.ranking.first() } else { None };
            let best = first.map(|id| self.best_index(catalogue, id));
            let rated = self.rated.get_or_init(|| RatedSplits::new(catalogue, knobs));
            tracks::tracks(catalogue, rated, knobs, ranges, best)
        })
    }

    /// Candidates in the order of the rows, filtered; of those that are one design at their best splits, one.
    pub(super) fn rows(&self) -> &[CandidateId] {
        &self.rows
    }

    /// Returns `true` if a candidate has an accuracy at its best split with the current number of sensors, measured or
    /// estimated.
    pub(super) const fn has_accuracies(&self) -> bool {
        self.counts.with_accuracy > 0
    }

    /// The network lowered last.
    pub(super) fn network(&self) -> Option<&Network> {
        self.lowered.as_ref()?.network.as_ref()
    }

    /// Demands of the splits of the candidate lowered last.
    pub(super) fn demands(&self) -> &[SplitDemand] {
        self.lowered.as_ref().map_or(&[], |lowered| &lowered.demands)
    }

    /// All rows between two figures. Rows of which one is unknown have no point.
    pub(super) fn points(&self, catalogue: &Catalogue, up: Column, right: Column) -> &Points {
        let measures = [up, right].contains(&Column::Accuracy);
        let point = |&candidate: &CandidateId| {
            let accuracy = if measures { self.point_accuracy(catalogue, candidate) } else { PointAccuracy::UNUSED };
            let figure = |column: Column| match column {
                Column::Accuracy => accuracy.rating,
                Column::Latency => self.ranking.seconds(candidate),
                _ => self.figure(catalogue, candidate, column),
            };
            let ranked = [figure(right), figure(up)];
            let shown = |column: Column, ranked: f64| if column == Column::Accuracy { accuracy.shown } else { ranked };
            let class = if self.ranking.feasible(candidate) { PointClass::Feasible } else { PointClass::Infeasible };
            let (right, up, estimated) = (shown(right, ranked[0]), shown(up, ranked[1]), accuracy.estimated);
            RankedPoint { point: Point { candidate, right, up, class, estimated }, ranked }
        };
        self.points.get_or_fill(up, right, self.rows.iter().map(point))
    }

    /// Accuracy of a candidate at its best split. The ranking has it at hand: those of all splits are far away in
    /// memory.
    #[inline]
    fn point_accuracy(&self, catalogue: &Catalogue, id: CandidateId) -> PointAccuracy {
        let RankedPlace { entry, rating } = self.ranking.place(id);
        let is_measured = catalogue.is_measured(entry as usize);
        let shown = if is_measured { rating } else { catalogue.shown_estimate(id, rating) };
        PointAccuracy { rating, shown, estimated: !is_measured }
    }

    /// Number of rows that were not measured with the current number of sensors.
    pub(super) fn unmeasured_rows(&self, catalogue: &Catalogue) -> usize {
        *self.unmeasured.get_or_init(|| {
            if !self.has_accuracies() {
                return self.rows.len();
            }
            let is_measured = |id: &CandidateId| !self.point_accuracy(catalogue, *id).estimated;
            self.rows.iter().filter(|id| !is_measured(id)).count()
        })
    }

    /// Counts the designs of the whole space that fit; `None` on profiles that it can't be surveyed with.
    pub(super) fn fitting(&self, catalogue: &Catalogue, knobs: &Knobs) -> Option<&FeasibleCount> {
        let survey = self.survey(catalogue);
        self.fitting.get_or_init(|| survey.map(|survey| survey.count_feasible(knobs))).as_ref()
    }

    /// The whole space; `None` on profiles that it can't be surveyed with.
    pub(super) fn survey(&self, catalogue: &Catalogue) -> Option<&Survey> {
        self.survey.get_or_init(|| Survey::new(catalogue.model().ok()?)).as_ref()
    }
}
