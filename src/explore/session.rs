//! The session: what is set, what is selected, and what follows from it.

mod apply;
mod feed;
mod open;
mod save;
mod steps;

use std::cell::OnceCell;
use std::collections::BTreeMap;

use steps::PendingSteps;

use super::accuracy::{Measurements, Shown};
use super::activity::Activity;
use super::candidate::{CandidateId, Pool};
use super::column::Column;
use super::history::{History, SavedSetup, Step};
use super::knob_range::{KnobRange, unit_of};
use super::known::Known;
use super::message::{Message, Severity};
use super::progress::{Searching, Training};
use super::rank::RankedDesign;
use super::selection::Selection;
use super::setup::Setup;
use crate::cost::{CostModel, Knobs};
use crate::hardware::Profile;
use crate::network::Network;
use crate::quantity::{Dimension, Knob, Limit, Unit};
use crate::search::{FeasibleCount, Goal, SplitOptimum, Survey};
use crate::space::{Design, SearchSpace};

/// Candidates a session starts with unless told otherwise.
pub const DEFAULT_POOL: usize = 2000;

/// A live session.
#[derive(Debug, Clone)]
pub struct Session {
    pub(super) space: SearchSpace,
    pub(super) profile: Profile,
    pub(super) pool: Pool,
    pub(super) measurements: Measurements,
    pub(super) ranges: Vec<KnobRange>,
    pub(super) setup: Setup,
    history: History,
    pub(super) selection: Selection,
    /// Place of the selected range.
    selected_range: usize,
    activity: Activity,
    /// Size and seed of the pool as asked for.
    origin: (usize, u64),
    /// Steps of the selected knob that wait for [`Session::settle`].
    pending: Option<PendingSteps>,
    /// The whole space, surveyed when it is first asked for; `None` on profiles it can't be surveyed with.
    survey: OnceCell<Option<Survey>>,
    pub(super) known: Known,
}

impl Session {
    /// A session on a space and a profile, with a pool of at most `count` candidates drawn with `seed`. What can't be
    /// costed is left out of the pool and told in a message; a pool may be empty.
    pub fn new(space: SearchSpace, profile: Profile, count: usize, seed: u64) -> Self {
        let (pool, error) = Pool::sample(&space, &profile, count, seed);
        let mut knobs = Knobs::from_profile(&profile);
        let mut activity = Activity::default();
        if let Some(error) = error {
            activity.say(Severity::Error, format!("some designs can't be costed: {error}"), 0);
        }
        if knobs.sensors > space.views {
            let text = format!(
                "{} takes at most {} views; the profile has {} sensors",
                space.name, space.views, knobs.sensors
            );
            activity.say(Severity::Warning, text, 0);
            knobs.sensors = space.views.max(1);
        }
        let known = Known::new(&space, &knobs);
        let mut session = Self {
            space,
            profile,
            pool,
            measurements: Measurements::default(),
            ranges: Vec::new(),
            setup: Setup::new(knobs),
            history: History::default(),
            selection: Selection::at_top(),
            selected_range: 0,
            activity,
            origin: (count, seed),
            pending: None,
            survey: OnceCell::new(),
            known,
        };
        session.remeasure();
        session.recost();
        // Ranges of limits that the profile leaves open are laid around what the pool costs; histograms need the ranges.
        session.ranges = ranges(&session);
        session.recost();
        session.refresh();
        session
    }

    /// The space.
    pub const fn space(&self) -> &SearchSpace {
        &self.space
    }

    /// The profile.
    pub const fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The candidates.
    pub const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// What was measured.
    pub const fn measurements(&self) -> &Measurements {
        &self.measurements
    }

    /// Everything that can be undone: knobs, pins, hand, order and filter.
    pub const fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The knobs.
    pub const fn knobs(&self) -> &Knobs {
        self.setup.knobs()
    }

    /// The knobs shown, with their ranges.
    pub fn ranges(&self) -> &[KnobRange] {
        &self.ranges
    }

    /// Unit in which a column is shown.
    pub fn unit(&self, column: Column) -> Unit {
        column.metric().map_or(Dimension::Count.base_unit(), |metric| unit_of(&self.ranges, metric))
    }

    /// The range of a knob, if it is shown.
    pub fn range(&self, id: Knob) -> Option<&KnobRange> {
        self.ranges.iter().find(|range| range.knob == id)
    }

    /// The selected range.
    pub fn selected_range(&self) -> &KnobRange {
        &self.ranges[self.selected_range.min(self.ranges.len() - 1)]
    }

    /// The value of a knob.
    pub fn value(&self, id: Knob) -> f64 {
        self.setup.value(id)
    }

    /// Place of the selected range in [`Session::ranges`].
    pub const fn selected_dial_index(&self) -> usize {
        self.selected_range
    }

    /// Returns `true` if a row has a measured accuracy at the current number of sensors.
    pub const fn has_accuracies(&self) -> bool {
        self.known.accuracies
    }

    /// The training.
    pub const fn training(&self) -> &Training {
        self.activity.training()
    }

    /// The search.
    pub const fn searching(&self) -> &Searching {
        self.activity.search()
    }

    /// Returns `true` if a knob moved since the active search was told the limits.
    pub const fn limits_moved(&self) -> bool {
        self.activity.limits_moved()
    }

    /// Returns `true` while measurements are held back.
    pub const fn is_frozen(&self) -> bool {
        self.activity.is_frozen()
    }

    /// Number of measurements held back.
    pub const fn held_back(&self) -> usize {
        self.activity.held_back()
    }

    /// All messages, newest last.
    pub fn messages(&self) -> &[Message] {
        self.activity.messages()
    }

    /// The message to show now.
    pub fn toast(&self, now_ms: u64) -> Option<&Message> {
        self.activity.toast(now_ms)
    }

    /// Steps that can be taken back, newest last.
    pub fn past(&self) -> &[Step] {
        self.history.past()
    }

    /// Steps that can be taken again, next one last.
    pub fn future(&self) -> &[Step] {
        self.history.future()
    }

    /// Saved setups, in the order in which they were first saved.
    pub fn saved_setups(&self) -> &[SavedSetup] {
        self.history.saved()
    }

    /// Knob values by name in base units, without those that set no limit: what a search is told.
    pub fn limits(&self) -> BTreeMap<String, f64> {
        self.setup.limits()
    }

    /// Candidates in the order shown, filtered; those that are one design at their present splits stand once.
    pub fn order(&self) -> &[CandidateId] {
        &self.known.rows
    }

    /// All candidates by the ranking.
    pub fn ranking(&self) -> &[CandidateId] {
        self.known.ranking.order()
    }

    /// How a candidate stands.
    pub fn ranked(&self, id: CandidateId) -> Option<RankedDesign> {
        let split_index = self.best_split_index(id)?;
        let accuracy = self.best_accuracy(id);
        let evaluation = self.evaluator().evaluate_frame(&self.best_frame(id), accuracy);
        Some(RankedDesign { split_index, evaluation, accuracy, class: self.known.ranking.class(id) })
    }

    /// The selected candidate; `None` only if the pool is empty.
    pub const fn selected(&self) -> Option<CandidateId> {
        self.selection.candidate()
    }

    /// Row of the selected candidate, unless it is filtered out.
    pub fn selected_row(&self) -> Option<usize> {
        let selected = self.selected()?;
        self.known.rows.iter().position(|&id| id == selected)
    }

    /// How many candidates meet all limits at their best split.
    pub const fn feasible_count(&self) -> usize {
        self.known.feasible
    }

    /// How many designs of the whole space meet the limits on cost; `None` where a device's times are known for single
    /// layers only. Worked out when it is first asked for after a knob moved.
    pub fn fitting(&self) -> Option<&FeasibleCount> {
        let fitting = || Some(self.survey()?.count_feasible(self.setup.knobs()));
        self.known.fitting.get_or_init(fitting).as_ref()
    }

    /// Least latency, energy or sensor memory of any design at every split under the present knobs; `None` as for
    /// [`Session::fitting`].
    pub fn optima(&self, goal: Goal) -> Option<Vec<SplitOptimum>> {
        Some(self.survey()?.optimum(goal, self.knobs()))
    }

    fn survey(&self) -> Option<&Survey> {
        let survey = || Survey::new(&CostModel::new(self.space.clone(), self.profile.clone()).ok()?);
        self.survey.get_or_init(survey).as_ref()
    }

    /// How many of those were measured with the present number of sensors.
    pub const fn measured_count(&self) -> usize {
        self.known.measured
    }

    /// For each limit, how many infeasible candidates would fit if it alone were lifted; those that bar any, most first.
    pub fn binding(&self) -> Vec<(Limit, usize)> {
        let mut binding: Vec<_> =
            Limit::ALL.into_iter().zip(self.known.binding).filter(|(_, count)| *count > 0).collect();
        binding.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        binding
    }

    /// The design of a candidate at its best split.
    pub fn best_design(&self, id: CandidateId) -> Option<Design> {
        self.pool.design(&self.space, id, self.best_split(id)?)
    }

    /// What is known of a design's accuracy with the present number of sensors.
    pub fn accuracy(&self, design: &Design) -> Shown {
        self.measurements.shown(design, self.setup.knobs().sensors)
    }

    /// The network of the selected candidate.
    pub fn network(&self) -> Option<&Network> {
        self.known.network.as_ref().map(|(_, network)| network)
    }
}

/// The ranges of a session, one for each knob.
fn ranges(session: &Session) -> Vec<KnobRange> {
    let median = |column: Column| {
        let mut figures: Vec<f64> =
            (0..session.pool.len() as CandidateId).map(|id| session.figure(id, column)).collect();
        figures.sort_by(f64::total_cmp);
        figures.get(figures.len() / 2).copied().unwrap_or(1.0)
    };
    Knob::ALL
        .into_iter()
        .map(|knob| {
            let usual = match knob {
                Knob::LatencyLimit => median(Column::Latency),
                Knob::EnergyLimit => median(Column::Energy),
                Knob::SensorMemory => median(Column::Memory),
                Knob::FrameRateFloor => median(Column::FrameRate),
                _ => 1.0,
            };
            let most = if knob == Knob::Sensors { session.space.views } else { 1 };
            KnobRange::new(knob, session.setup.value(knob), usual, most)
        })
        .collect()
}
