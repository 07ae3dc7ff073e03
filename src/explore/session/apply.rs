//! Applies commands. Every change of a session by its user goes through [`Session::apply`].

use super::Session;
use crate::explore::candidate::{CandidateError, CandidateId};
use crate::explore::command::{Command, DesignPart, Move, WorkControl, WorkRequest};
use crate::explore::filter::{Filter, FilterError};
use crate::explore::history::Gesture;
use crate::explore::message::Severity;
use crate::explore::notes::Notes;
use crate::explore::overriding::Override;
use crate::explore::setup::{Pinned, Setup, SetupError};
use crate::quantity::{Knob, QuantityError};
use crate::record::Control;

/// Direction through the history.
#[derive(Clone, Copy)]
enum Travel {
    Undo,
    Redo,
}

/// Refusal of a change of the setup, as a message.
struct Refusal {
    severity: Severity,
    text: String,
}

impl Refusal {
    fn no_saved_setup() -> Self {
        Self { severity: Severity::Warning, text: "there is no such saved setup".to_owned() }
    }
}

impl From<SetupError> for Refusal {
    fn from(error: SetupError) -> Self {
        Self { severity: Severity::Warning, text: error.to_string() }
    }
}

impl From<QuantityError> for Refusal {
    fn from(error: QuantityError) -> Self {
        Self { severity: Severity::Error, text: error.to_string() }
    }
}

impl From<FilterError> for Refusal {
    fn from(error: FilterError) -> Self {
        Self { severity: Severity::Error, text: error.to_string() }
    }
}

impl From<CandidateError> for Refusal {
    fn from(error: CandidateError) -> Self {
        Self { severity: Severity::Error, text: error.to_string() }
    }
}

impl Session {
    /// Applies a command and returns what it requests of the processes that train and search. `now_ms` ascends from
    /// call to call. Pending steps are applied first.
    ///
    /// Never panics; a command that can't be carried out leaves a message.
    pub fn apply(&mut self, command: Command, now_ms: u64) -> Vec<WorkRequest> {
        self.apply_pending_steps(now_ms);
        match command {
            Command::Undo => self.travel(Travel::Undo, now_ms),
            Command::Redo => self.travel(Travel::Redo, now_ms),
            Command::Update(updates) => self.apply_updates(updates, now_ms),
            Command::Freeze => self.toggle_frozen(now_ms),
            command if changes_setup(&command) => self.change(&command, now_ms),
            command => return self.select_or_request(command, now_ms),
        }
        Vec::new()
    }

    /// Applies a command of a batch of input. As [`Session::apply`], except that steps of the selected knob are only
    /// added up: they take effect with the next other command or with [`Session::apply_pending_steps`], so that all
    /// designs are costed once for the many steps of a held key.
    pub fn queue(&mut self, command: Command, now_ms: u64) -> Vec<WorkRequest> {
        let Command::MoveKnob(Move::By(steps)) = command else { return self.apply(command, now_ms) };
        let range = self.ranges.selected();
        if self.setup.is_locked(range.knob) {
            return self.apply(command, now_ms);
        }
        let value = self.pending_step.map_or_else(|| self.value(range.knob), |step| range.steps[step]);
        self.pending_step = Some(range.step_from(value, steps));
        Vec::new()
    }

    /// Applies the steps that [`Session::queue`] added up. To be called at the end of each batch of input, before the
    /// session is drawn.
    pub fn apply_pending_steps(&mut self, now_ms: u64) {
        if let Some(step) = self.pending_step.take() {
            self.change(&Command::MoveKnob(Move::To(step)), now_ms);
        }
    }

    /// Applies a command that changes the setup, and records it in the history.
    fn change(&mut self, command: &Command, now_ms: u64) {
        let before = self.setup.clone();
        if matches!(command, Command::ResetOverride) {
            self.selection.leave_pin();
        }
        if let Err(refusal) = self.edit_setup(command) {
            self.activity.say(refusal.severity, refusal.text, now_ms);
        }
        if self.setup == before {
            // A refused pin may have added a candidate.
            if self.catalogue.refresh() {
                self.evaluate();
            }
            return;
        }
        let gesture = self.gesture(command);
        self.history.record(before.clone(), &self.setup, gesture, now_ms);
        self.rederive_after(&before);
        if matches!(command, Command::Filter(_)) && self.selected_row().is_none() {
            self.select_row(Move::To(self.selection.row()));
        }
    }

    /// Changes the setup, and nothing that follows from it.
    fn edit_setup(&mut self, command: &Command) -> Result<(), Refusal> {
        match command {
            Command::MoveKnob(to) => self.move_knob(*to)?,
            Command::SetKnob { knob, fraction } => self.set_knob_to_fraction(*knob, *fraction)?,
            Command::TypeKnob(text) => {
                let value = self.ranges.selected().parse(text)?;
                self.setup.set_knob(self.ranges.selected().knob, value)?;
            }
            Command::SetKnobs(values) => self.set_knobs(values)?,
            Command::ResetKnob => {
                let range = self.ranges.selected();
                let (knob, default) = (range.knob, range.default);
                self.setup.set_knob(knob, default)?;
            }
            Command::ResetKnobs => self.setup.reset_knobs(self.ranges.all()),
            Command::LockKnob => self.setup.toggle_lock(self.ranges.selected().knob),
            Command::Override(part, to) => self.override_part(*part, *to)?,
            Command::ResetOverride => self.setup.set_override(None),
            Command::Pin => self.pin()?,
            Command::MovePin { pin, to } => {
                let to = to.apply(*pin, self.setup.pins().len());
                self.setup.move_pin(*pin, to);
            }
            Command::Note(text) => {
                if let Some(selected) = self.selected() {
                    self.setup.set_note(selected, text);
                }
            }
            Command::Baseline => {
                let selected = self.selected();
                let baseline = if self.setup.baseline() == selected { None } else { selected };
                self.setup.set_baseline(baseline);
            }
            Command::Sort(column) => self.setup.set_sort(self.setup.sort().chosen(*column)),
            Command::Filter(text) => {
                let filter = Filter::parse(text, self.catalogue.space(), self.ranges.all())?;
                self.setup.set_filter(filter);
            }
            Command::Recall(index) => {
                let Some(saved) = self.history.saved().get(*index) else { return Err(Refusal::no_saved_setup()) };
                // Notes are of the designs, whatever setup they are looked at with.
                self.setup = saved.setup.clone().with_notes(self.setup.notes().clone());
            }
            _ => {}
        }
        Ok(())
    }

    /// The gesture that a command belongs to, if such commands come many in a row.
    fn gesture(&self, command: &Command) -> Option<Gesture> {
        match command {
            Command::MoveKnob(_) => Some(Gesture::Knob(self.ranges.selected().knob)),
            Command::SetKnob { knob, .. } => Some(Gesture::Knob(*knob)),
            Command::Override(part, _) => Some(Gesture::Override(*part)),
            Command::Filter(_) => Some(Gesture::Filter),
            _ => None,
        }
    }

    /// Derives everything that follows from a change of the setup.
    fn rederive_after(&mut self, before: &Setup) {
        if before.design_override().is_some() && self.setup.design_override().is_none() {
            self.selection.follow_top_if_there(self.derived.rows());
        }
        let knobs_moved = before.knobs() != self.setup.knobs();
        if knobs_moved {
            self.activity.note_moved_knob();
        }
        if self.catalogue.refresh() || knobs_moved {
            self.evaluate();
        } else {
            self.arrange();
        }
    }

    fn travel(&mut self, travel: Travel, now_ms: u64) {
        let now = self.setup.clone();
        let (step, done) = match travel {
            Travel::Undo => (self.history.undo(now.clone()), "undone"),
            Travel::Redo => (self.history.redo(now.clone()), "done again"),
        };
        match step {
            Some((setup, label)) => {
                self.setup = setup;
                self.rederive_after(&now);
                self.activity.say(Severity::Info, format!("{done}: {label}"), now_ms);
            }
            None => self.activity.say(Severity::Info, "nothing more to go back to or forward to", now_ms),
        }
    }

    fn move_knob(&mut self, to: Move) -> Result<(), SetupError> {
        let range = self.ranges.selected();
        let step = match to {
            Move::By(steps) => range.step_from(self.value(range.knob), steps),
            Move::First => 0,
            Move::Last => range.last(),
            Move::To(step) => step.min(range.last()),
        };
        self.setup.set_knob(range.knob, range.steps[step])
    }

    /// Sets a knob to the step nearest to a fraction of its range, and selects it.
    fn set_knob_to_fraction(&mut self, knob: Knob, fraction: f64) -> Result<(), SetupError> {
        self.ranges.select(knob);
        match self.ranges.of(knob) {
            Some(range) => self.setup.set_knob(knob, range.at_fraction(fraction)),
            None => Ok(()),
        }
    }

    /// Sets several knobs and selects the first. Locked ones stay; the first of them is reported.
    fn set_knobs(&mut self, values: &[(Knob, f64)]) -> Result<(), SetupError> {
        if let Some((first, _)) = values.first() {
            self.ranges.select(*first);
        }
        let mut result = Ok(());
        for (knob, value) in values {
            result = result.and(self.setup.set_knob(*knob, *value));
        }
        result
    }

    fn override_part(&mut self, part: DesignPart, to: Move) -> Result<(), CandidateError> {
        let Some(inspected) = self.inspected() else { return Ok(()) };
        let (id, split) = (inspected.id, inspected.demand().boundary);
        // A selected pin is gone on from as it was pinned.
        let pinned = match self.selection.pin() {
            Some(pin) => Override::new(&self.catalogue, id, pin.split, inspected.transmit, None)?,
            None => None,
        };
        let present = pinned.as_ref().or_else(|| self.active_override());
        let moved = Override::moved(&self.catalogue, id, present, split, part, to)?;
        self.setup.set_override(moved);
        // An overridden design stays selected wherever it moves in the ranking.
        self.selection.leave_pin();
        self.selection.stay();
        Ok(())
    }

    /// Pins the selected design, or unpins it. A design with an overridden transmit configuration becomes a candidate
    /// first.
    fn pin(&mut self) -> Result<(), Refusal> {
        let Some(selected) = self.selected() else { return Ok(()) };
        let Some(candidate) = self.catalogue.get(selected) else { return Ok(()) };
        let mut pinned = Pinned { candidate: selected, split: self.chosen_split() };
        if let Some(active) = self.active_override() {
            let transmit = active.transmit();
            if transmit != candidate.transmit {
                let genome = candidate.genome.clone();
                pinned.candidate = self.catalogue.add(genome, transmit)?;
            }
        }
        Ok(self.setup.toggle_pin(pinned)?)
    }

    /// Carries out a command that leaves the setup as it is.
    fn select_or_request(&mut self, command: Command, now_ms: u64) -> Vec<WorkRequest> {
        match command {
            Command::SelectKnob(to) => self.ranges.move_selection(to),
            Command::Select(to) => self.select_row(to),
            Command::SelectCandidate(id) => self.select_candidate(id),
            Command::SelectPinned(place) => self.select_pinned(place),
            Command::Dismiss => {
                self.activity.dismiss(now_ms);
            }
            Command::SaveSetup(name) => self.save_setup(&name, now_ms),
            Command::StartTraining | Command::StartSearch | Command::StartFrontSearch
                if !self.space().imported().is_empty() =>
            {
                let words = "an imported network is taken as it is: it can't be trained or searched here";
                self.activity.say(Severity::Warning, words.to_owned(), now_ms);
            }
            Command::StartTraining if self.activity.start_training(now_ms) => return vec![WorkRequest::StartTraining],
            Command::StartSearch if self.activity.start_search(now_ms) => {
                return vec![WorkRequest::StartSearch(self.limits())];
            }
            Command::StartFrontSearch if self.activity.start_search(now_ms) => {
                return vec![WorkRequest::StartFrontSearch(self.limits())];
            }
            Command::Control(control) if self.activity.control(control, now_ms) => {
                return vec![match control {
                    WorkControl::Pause => WorkRequest::Send(Control::Pause),
                    WorkControl::Resume => WorkRequest::Send(Control::Resume),
                    WorkControl::Stop => WorkRequest::Send(Control::Stop),
                    WorkControl::Detach => WorkRequest::Detach,
                    WorkControl::SendLimits => WorkRequest::Send(Control::Limits(self.limits())),
                }];
            }
            _ => {}
        }
        Vec::new()
    }

    fn select_row(&mut self, to: Move) {
        self.selection.select_row(to, self.derived.rows());
        self.derived.lower(&self.catalogue, self.selected());
    }

    fn select_candidate(&mut self, id: CandidateId) {
        if self.catalogue.ids().contains(&id) {
            self.selection.select(id, self.derived.rows());
            self.derived.lower(&self.catalogue, self.selected());
        }
    }

    fn select_pinned(&mut self, place: usize) {
        if let Some(&pin) = self.setup.pins().get(place) {
            self.selection.select_pin(pin, self.derived.rows());
            self.derived.lower(&self.catalogue, self.selected());
        }
    }

    fn save_setup(&mut self, name: &str, now_ms: u64) {
        self.history.save(name, self.setup.clone().with_notes(Notes::default()));
        self.activity.say(Severity::Info, format!("saved as {name}"), now_ms);
    }
}

/// Returns `true` if a command may change the setup.
const fn changes_setup(command: &Command) -> bool {
    matches!(
        command,
        Command::MoveKnob(_)
            | Command::SetKnob { .. }
            | Command::TypeKnob(_)
            | Command::SetKnobs(_)
            | Command::ResetKnob
            | Command::ResetKnobs
            | Command::LockKnob
            | Command::Override(..)
            | Command::ResetOverride
            | Command::Pin
            | Command::MovePin { .. }
            | Command::Note(_)
            | Command::Baseline
            | Command::Sort(_)
            | Command::Filter(_)
            | Command::Recall(_)
    )
}
