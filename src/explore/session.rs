//! The session: its parts and how they follow each other.
//!
//! A command changes the setup, the selection or the activity; what follows from that is derived at once. Each part
//! owns its fields: here they are only connected.

mod apply;
mod open;
mod save;
mod updates;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::activity::Activity;
use super::candidate::CandidateId;
use super::catalogue::Catalogue;
use super::column::Column;
use super::command::Command;
use super::derived::Derived;
use super::history::History;
use super::knob_range::unit_of;
use super::measurements::{ShownAccuracy, precisions_in_words};
use super::message::{Message, Severity};
use super::pictures::Pictures;
use super::progress::{Searching, Training};
use super::ranges::Ranges;
use super::ranking_rule::{Evaluator, RankedDesign};
use super::selection::Selection;
use super::setup::Setup;
use super::update::Update;
use crate::cost::Knobs;
use crate::hardware::Profile;
use crate::network::{BoundaryId, Network};
use crate::quantity::{Dimension, Knob, Limit, Unit};
use crate::search::{FeasibleCount, Goal, SplitOptimum};
use crate::space::{Design, SearchSpace};

/// Candidates of a session unless another number is requested.
pub(crate) const DEFAULT_POOL: usize = 2000;

/// A live session.
#[derive(Debug, Clone)]
pub struct Session {
    catalogue: Catalogue,
    ranges: Ranges,
    setup: Setup,
    history: History,
    selection: Selection,
    derived: Derived,
    activity: Activity,
    pictures: Pictures,
    /// Step that the selected knob is to be set to by [`Session::apply_pending_steps`].
    pending_step: Option<usize>,
}

impl Session {
    /// A session on a space and a profile with at most `count` candidates, drawn with `seed`. Candidates that can't be
    /// costed are left out with a message; there may be none.
    pub fn new(space: SearchSpace, profile: Profile, count: usize, seed: u64) -> Self {
        let mut activity = Activity::default();
        let mut knobs = Knobs::from_profile(&profile);
        let mut warning = None;
        if knobs.sensors > space.views {
            warning = Some(format!("{}; the profile has {} sensors", space.views_in_words(), knobs.sensors));
            knobs.sensors = space.views.max(1);
        }
        let (catalogue, error) = Catalogue::sample(space, profile, count, seed, knobs.sensors);
        if let Some(error) = error {
            activity.say(Severity::Error, format!("some designs can't be costed: {error}"), 0);
        }
        if let Some(warning) = warning {
            activity.say(Severity::Warning, warning, 0);
        }
        let setup = Setup::new(&knobs);
        let mut derived = Derived::new(catalogue.space(), &knobs);
        // Ranges need the costs of the candidates.
        derived.evaluate(&catalogue, &setup);
        let ranges = Ranges::new(&catalogue, &derived, &knobs);
        let mut session = Self {
            catalogue,
            ranges,
            setup,
            history: History::default(),
            selection: Selection::at_top(),
            derived,
            activity,
            pictures: Pictures::default(),
            pending_step: None,
        };
        session.evaluate();
        session
    }

    /// Evaluates and ranks all candidates after a change of knobs or of the catalogue, and arranges the rows.
    fn evaluate(&mut self) {
        self.catalogue.set_sensors(self.setup.knobs().sensors);
        self.catalogue.refresh();
        self.derived.evaluate(&self.catalogue, &self.setup);
        self.arrange();
    }

    /// Arranges the rows after a change of ranking, order, filter, pins or baseline, and settles the selection.
    fn arrange(&mut self) {
        self.derived.arrange(&self.catalogue, &self.setup, self.selection.kept());
        let any = self.catalogue.ids().next();
        self.selection.follow_rows(self.derived.rows(), any);
        self.derived.lower(&self.catalogue, self.selection.candidate());
    }

    /// The candidates and their measurements.
    pub const fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Values that follow from catalogue and setup.
    pub(super) const fn derived(&self) -> &Derived {
        &self.derived
    }

    /// The selected candidate or pin.
    pub(super) const fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Pictures of objects on their way through designs.
    pub const fn pictures(&self) -> &Pictures {
        &self.pictures
    }

    /// The space.
    pub const fn space(&self) -> &SearchSpace {
        self.catalogue.space()
    }

    /// The profile.
    pub const fn profile(&self) -> &Profile {
        self.catalogue.profile()
    }

    /// Everything that can be undone: knobs, locks, pins, baseline, override, order and filter.
    pub const fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Knob values.
    pub const fn knobs(&self) -> &Knobs {
        self.setup.knobs()
    }

    /// Value of a knob in base units.
    pub fn value(&self, id: Knob) -> f64 {
        self.setup.value(id)
    }

    /// Knob values by name in base units, without those that set no limit, as a search takes them.
    pub fn limits(&self) -> BTreeMap<String, f64> {
        self.setup.limits()
    }

    /// Knobs with their ranges, and the selected one.
    pub const fn ranges(&self) -> &Ranges {
        &self.ranges
    }

    /// Steps that can be undone and redone, and saved setups.
    pub const fn history(&self) -> &History {
        &self.history
    }

    /// Progress of training and search, messages, and what is held back.
    pub const fn activity(&self) -> &Activity {
        &self.activity
    }

    /// Unit in which a column is shown.
    pub fn unit(&self, column: Column) -> Unit {
        column.metric().map_or(Dimension::Count.base_unit(), |metric| unit_of(self.ranges.all(), metric))
    }

    /// The training.
    pub const fn training(&self) -> &Training {
        self.activity.training()
    }

    /// The search.
    pub const fn searching(&self) -> &Searching {
        self.activity.search()
    }

    /// The message to show at `now_ms`.
    pub fn toast(&self, now_ms: u64) -> Option<&Message> {
        self.activity.toast(now_ms)
    }

    /// Candidates in the order of the rows, filtered; of those that are one design at their best splits, one.
    pub fn order(&self) -> &[CandidateId] {
        self.derived.rows()
    }

    /// All candidates by rank.
    pub fn ranking(&self) -> &[CandidateId] {
        self.derived.ranking().order()
    }

    /// The candidate that ranks first.
    pub fn first_ranked(&self) -> Option<CandidateId> {
        self.derived.ranking().first()
    }

    /// Rank of a candidate, with what its best split costs.
    pub fn ranked(&self, id: CandidateId) -> Option<RankedDesign> {
        self.derived.ranked(&self.catalogue, &self.evaluator(), id)
    }

    /// Figure of a column in base units for a candidate at its best split, of accuracies the one that is ranked by; NaN
    /// if it is unknown or none.
    #[inline]
    pub fn figure(&self, id: CandidateId, column: Column) -> f64 {
        self.derived.figure(&self.catalogue, id, column)
    }

    /// Boundary of a candidate's best split.
    pub fn best_split(&self, id: CandidateId) -> Option<BoundaryId> {
        self.derived.best_split(&self.catalogue, id)
    }

    /// The design of a candidate at its best split.
    pub fn best_design(&self, id: CandidateId) -> Option<Design> {
        self.catalogue.design(id, self.best_split(id)?)
    }

    /// The selected candidate; `None` only if there are none.
    pub const fn selected(&self) -> Option<CandidateId> {
        self.selection.candidate()
    }

    /// Row of the selected candidate, unless it is filtered out.
    pub fn selected_row(&self) -> Option<usize> {
        let selected = self.selected()?;
        self.order().iter().position(|&id| id == selected)
    }

    /// Number of candidates that meet all limits at their best split.
    pub const fn feasible_count(&self) -> usize {
        self.derived.counts().feasible
    }

    /// Number of those whose best split was measured with the current number of sensors.
    pub const fn measured_count(&self) -> usize {
        self.derived.counts().measured
    }

    /// Limits that bar infeasible candidates which would fit without that one limit, with their number; most first.
    pub fn binding(&self) -> Vec<(Limit, usize)> {
        let counts = Limit::ALL.into_iter().zip(self.derived.counts().binding);
        let mut binding: Vec<(Limit, usize)> = counts.filter(|(_, count)| *count > 0).collect();
        binding.sort_by_key(|(_, count)| Reverse(*count));
        binding
    }

    /// Number of designs of the whole space that meet the limits on cost; `None` where a device's times are known for
    /// single layers only. Counted when first asked for after a knob moved.
    pub fn fitting(&self) -> Option<&FeasibleCount> {
        self.derived.fitting(&self.catalogue, self.knobs())
    }

    /// Least latency, energy or sensor memory of any design at every split under the current knobs; `None` as for
    /// [`Session::fitting`].
    pub fn optima(&self, goal: Goal) -> Option<Vec<SplitOptimum>> {
        Some(self.derived.survey(&self.catalogue)?.optimum(goal, self.knobs()))
    }

    /// Accuracy of a design to show with the current number of sensors.
    pub fn accuracy(&self, design: &Design) -> ShownAccuracy {
        self.catalogue.accuracy(design)
    }

    /// Precisions of the accuracies that are known with the current number of sensors, in words: `int8`, `float`, or
    /// both; empty where none are.
    pub fn accuracy_precisions(&self) -> String {
        precisions_in_words(self.catalogue.precisions())
    }

    /// Predicts accuracies at once, for whoever waits for no keys.
    pub fn predict(&mut self, now_ms: u64) {
        match self.catalogue.prediction_input().fit() {
            Ok(Some(found)) => {
                self.apply(Command::Update(vec![Update::Predicted(Arc::new(found))]), now_ms);
            }
            Ok(None) => {}
            Err(error) => self.activity.say(Severity::Warning, error.to_string(), now_ms),
        }
    }

    /// The network of the selected candidate.
    pub fn network(&self) -> Option<&Network> {
        self.derived.network()
    }

    /// Evaluates splits under the knobs of the moment.
    pub(super) fn evaluator(&self) -> Evaluator<'_> {
        Evaluator::new(self.knobs(), self.derived.allowed())
    }
}
