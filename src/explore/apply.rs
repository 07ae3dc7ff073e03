//! Applies actions. Every change of a session by its user goes through [`Session::apply`].

use std::collections::BTreeMap;

use super::brush::Brushes;
use super::candidate::CandidateId;
use super::command::{Command, Control, DesignPart, Effect, Export, Move, Pane, Screen, Unit};
use super::filter::Filter;
use super::hand::Held;
use super::history::{Gesture, Pinned, Setup};
use super::knob::{KNOBS, KnobId};
use super::message::Severity;
use super::session::Session;
use super::steps::PendingSteps;

/// Most designs pinned at a time: one for each letter.
const MOST_PINS: usize = 26;

impl Session {
    /// Applies an command and returns what must be done outside the session. `now_ms` ascends from call to call. Pending
    /// steps are applied first.
    ///
    /// Never panics; an command that can't be carried out leaves a message.
    pub fn apply(&mut self, command: Command, now_ms: u64) -> Vec<Effect> {
        self.settle(now_ms);
        match command {
            Command::Undo => self.travel(Travel::Undo, now_ms),
            Command::Redo => self.travel(Travel::Redo, now_ms),
            Command::Update(updates) => self.feed(updates, now_ms),
            Command::Freeze => {
                let held_back = self.activity.toggle_frozen();
                self.feed(held_back, now_ms);
            }
            command if changes_setup(&command) => self.change(&command, now_ms),
            command => return self.look_or_ask(command, now_ms),
        }
        Vec::new()
    }

    /// Applies an command of a batch of input. As [`Session::apply`], except that steps of the selected knob are only
    /// added up: they take effect with the next other command or with [`Session::settle`], so that all designs are costed
    /// once for the many steps of a held key.
    pub fn queue(&mut self, command: Command, now_ms: u64) -> Vec<Effect> {
        let Command::MoveKnob(Move::By(steps)) = command else { return self.apply(command, now_ms) };
        let dial = self.selected_dial();
        if self.setup.is_locked(dial.id) {
            return self.apply(command, now_ms);
        }
        self.pending = Some(PendingSteps::after(self.pending, dial, self.value(dial.id), steps));
        Vec::new()
    }

    /// Applies the steps that [`Session::queue`] added up. To be called at the end of each batch of input, before the
    /// session is drawn.
    pub fn settle(&mut self, now_ms: u64) {
        let Some(pending) = self.pending.take() else { return };
        let Some(dial) = self.dial(pending.knob()) else { return };
        if pending.value().total_cmp(&self.value(dial.id)).is_ne() {
            let fraction = dial.fraction(pending.value());
            self.change(&Command::SetKnob { knob: pending.knob(), fraction }, now_ms);
        }
    }

    /// Carries out an command that changes what can be undone.
    fn change(&mut self, command: &Command, now_ms: u64) {
        let before = self.setup.clone();
        match command {
            Command::MoveKnob(to) => self.move_knob(*to, now_ms),
            Command::SetKnob { knob, fraction } => self.set_knob(*knob, *fraction, now_ms),
            Command::TypeKnob(text) => match self.selected_dial().parse(text) {
                Ok(value) => self.turn(self.selected_dial().id, value, now_ms),
                Err(error) => self.activity.say(Severity::Error, error.to_string(), now_ms),
            },
            Command::SetKnobs(turns) => {
                let first = turns.first().and_then(|(first, _)| self.dials.iter().position(|dial| dial.id == *first));
                self.ui.dial = first.unwrap_or(self.ui.dial);
                for (knob, value) in turns {
                    self.turn(*knob, *value, now_ms);
                }
            }
            Command::ResetKnob => self.turn(self.selected_dial().id, self.selected_dial().home, now_ms),
            Command::ResetKnobs => {
                let locked = self.setup.locked;
                for dial in self.dials.iter().filter(|dial| locked >> dial.id.index() & 1 == 0) {
                    dial.knob().set(&mut self.setup.knobs, dial.home);
                }
            }
            Command::LockKnob => self.setup.locked ^= 1 << self.selected_dial().id.index(),
            Command::Override(part, to) => self.move_hand(*part, *to, now_ms),
            Command::ResetOverride => self.setup.hand = None,
            Command::Pin => self.pin(now_ms),
            Command::MovePin { pin, to } => self.move_pin(*pin, *to),
            Command::Baseline => {
                let same = self.setup.baseline == self.selected;
                self.setup.baseline = if same { None } else { self.selected };
            }
            Command::Sort(column) => self.setup.sort = self.setup.sort.chosen(*column),
            Command::Filter(text) => match Filter::parse(text, &self.space, &self.dials) {
                Ok(filter) => self.setup.filter = filter,
                Err(error) => self.activity.say(Severity::Error, error.to_string(), now_ms),
            },
            Command::Recall(index) => match self.remembered.get(*index) {
                Some((_, setup)) => self.setup = setup.clone(),
                None => self.activity.say(Severity::Warning, "no setup is remembered there", now_ms),
            },
            _ => {}
        }
        if self.setup != before {
            let gesture = Gesture::of(command, self.selected_dial().id);
            self.history.record(before.clone(), &self.setup, gesture, now_ms);
            self.follow(&before);
            if matches!(command, Command::Filter(_)) && self.selected_row().is_none() {
                self.select(Move::To(self.row));
            }
        }
    }

    /// Brings everything up to date after the setup changed.
    fn follow(&mut self, before: &Setup) {
        if before.knobs != self.setup.knobs {
            if before.knobs.sensors != self.setup.knobs.sensors {
                self.remeasure();
            }
            self.recost();
            self.activity.note_moved_knob();
        }
        if before.hand.is_some() && self.setup.hand.is_none() {
            self.at_top = self.selected_row() == Some(0);
        }
        self.refresh();
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
                self.follow(&now);
                self.activity.say(Severity::Info, format!("{done}: {label}"), now_ms);
            }
            None => self.activity.say(Severity::Info, "nothing more to go back to or forward to", now_ms),
        }
    }

    fn move_knob(&mut self, to: Move, now_ms: u64) {
        let dial = self.selected_dial();
        let value = match to {
            Move::By(steps) => dial.step(self.value(dial.id), steps),
            Move::First => dial.stops[0],
            Move::Last => dial.stops[dial.last()],
            Move::To(stop) => dial.stops[stop.min(dial.last())],
        };
        self.turn(dial.id, value, now_ms);
    }

    fn set_knob(&mut self, knob: KnobId, fraction: f64, now_ms: u64) {
        let Some(index) = self.dials.iter().position(|dial| dial.id == knob) else { return };
        self.ui.dial = index;
        self.turn(knob, self.dials[index].at_fraction(fraction), now_ms);
    }

    fn turn(&mut self, knob: KnobId, value: f64, now_ms: u64) {
        if self.setup.is_locked(knob) {
            self.activity.say(Severity::Warning, format!("{} is locked", knob.knob().label), now_ms);
        } else {
            knob.knob().set(&mut self.setup.knobs, value);
        }
    }

    fn move_hand(&mut self, part: DesignPart, to: Move, now_ms: u64) {
        let Some(inspected) = self.inspected() else { return };
        let held = Held {
            space: &self.space,
            profile: &self.profile,
            id: inspected.id,
            candidate: inspected.candidate,
            own_cuts: self.pool.cuts(inspected.id),
            hand: self.hand(),
            split: inspected.cuts[inspected.shown].boundary,
        };
        match held.moved(part, to) {
            Ok(hand) => {
                self.setup.hand = hand;
                // What was moved must not slip away when the ranking changes.
                self.at_top = false;
            }
            Err(error) => self.activity.say(Severity::Error, error.to_string(), now_ms),
        }
    }

    /// Pins the selected design, or unpins it. A design sent otherwise by hand becomes a candidate of its own first.
    fn pin(&mut self, now_ms: u64) {
        let Some(selected) = self.selected else { return };
        let hand = self.hand().cloned();
        let candidate = match (&hand, self.pool.get(selected)) {
            (Some(hand), Some(candidate)) if hand.sending != candidate.sending => {
                let genome = candidate.genome.clone();
                match self.add_candidate(genome, hand.sending) {
                    Ok(id) => id,
                    Err(error) => return self.activity.say(Severity::Error, error.to_string(), now_ms),
                }
            }
            _ => selected,
        };
        let pinned = Pinned { candidate, split: hand.and_then(|hand| hand.split) };
        if let Some(index) = self.setup.pins.iter().position(|pin| *pin == pinned) {
            self.setup.pins.remove(index);
        } else if self.setup.pins.len() < MOST_PINS {
            self.setup.pins.push(pinned);
        } else {
            self.activity.say(Severity::Warning, format!("{MOST_PINS} designs are pinned already"), now_ms);
        }
    }

    fn move_pin(&mut self, pin: usize, to: Move) {
        let pins = &mut self.setup.pins;
        if pin < pins.len() {
            let to = to.apply(pin, pins.len());
            let moved = pins.remove(pin);
            pins.insert(to, moved);
        }
    }

    /// Carries out an command that only looks elsewhere, or asks for something outside.
    fn look_or_ask(&mut self, command: Command, now_ms: u64) -> Vec<Effect> {
        match command {
            Command::SelectKnob(to) => self.ui.dial = to.wrap(self.ui.dial, self.dials.len()),
            Command::Focus(to) => self.ui.pane = chosen(&Pane::ALL, self.ui.pane, to),
            Command::Unit(to) => self.ui.unit = chosen(&Unit::ALL, self.ui.unit, to),
            Command::Axis(side, to) => self.choose_axis(side, to),
            Command::LogAxis(side) => self.ui.plot.turn_log(side),
            Command::Brush { index, range } => self.ui.brushes.set(index, range),
            Command::ClearBrushes => self.ui.brushes = Brushes::default(),
            Command::Select(to) => self.select(to),
            Command::SelectCandidate(id) => self.select_candidate(id),
            Command::Screen(screen) => self.ui.screen = screen,
            Command::Toggle(overlay) => {
                self.ui.overlay = Some(overlay).filter(|_| self.ui.overlay != Some(overlay));
            }
            Command::Back => self.back(now_ms),
            Command::Dismiss => {
                self.activity.dismiss(now_ms);
            }
            Command::Remember(name) => self.remember(&name, now_ms),
            Command::StartTraining => return self.train(now_ms),
            Command::StartSearch => return self.search(now_ms),
            Command::Control(control) => return self.control(control, now_ms),
            Command::Copy(export) => return self.copy(export, now_ms),
            Command::Export(export) => return vec![Effect::Export(export)],
            Command::Quit { keep_frame } => return vec![Effect::Quit { keep_frame }],
            _ => {}
        }
        Vec::new()
    }

    fn select(&mut self, to: Move) {
        let Some(last) = self.known.rows.len().checked_sub(1) else { return };
        // A row that was filtered out leaves its place to the next one.
        let row = match (to, self.selected_row()) {
            (Move::By(steps), None) if steps > 0 => Move::By(steps - 1).apply(self.row, last + 1),
            (to, _) => to.apply(self.row, last + 1),
        };
        self.at_top = row == 0;
        self.selected = Some(self.known.rows[row]);
        self.settle();
    }

    fn select_candidate(&mut self, id: CandidateId) {
        if (id as usize) < self.pool.len() {
            self.selected = Some(id);
            self.at_top = self.known.rows.first() == Some(&id);
            self.settle();
        }
    }

    fn back(&mut self, now_ms: u64) {
        if self.ui.overlay.take().is_none() && !self.activity.dismiss(now_ms) && !self.setup.filter.is_empty() {
            self.change(&Command::Filter(String::new()), now_ms);
        }
    }

    fn remember(&mut self, name: &str, now_ms: u64) {
        let setup = self.setup.clone();
        match self.remembered.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = setup,
            None => self.remembered.push((name.to_owned(), setup)),
        }
        self.activity.say(Severity::Info, format!("remembered as {name}"), now_ms);
    }

    fn train(&mut self, now_ms: u64) -> Vec<Effect> {
        if !self.activity.start_training(now_ms) {
            return Vec::new();
        }
        self.ui.screen = Screen::Train;
        vec![Effect::StartTraining]
    }

    fn search(&mut self, now_ms: u64) -> Vec<Effect> {
        if !self.activity.start_search(now_ms) {
            return Vec::new();
        }
        self.ui.screen = Screen::Search;
        vec![Effect::StartSearch(self.limits())]
    }

    fn control(&mut self, control: Control, now_ms: u64) -> Vec<Effect> {
        if !self.activity.control(control, now_ms) {
            return Vec::new();
        }
        vec![match control {
            Control::Pause | Control::Resume | Control::Stop => Effect::Control(control),
            Control::Detach => Effect::Detach,
            Control::SendLimits => Effect::SendLimits(self.limits()),
        }]
    }

    /// Knob names and values in base units; "no limit" is left out.
    pub fn limits(&self) -> BTreeMap<String, f64> {
        let limited = KNOBS.iter().map(|knob| (knob, knob.get(&self.setup.knobs)));
        let limited = limited.filter(|(knob, value)| !knob.is_unlimited(*value));
        limited.map(|(knob, value)| (knob.name.to_owned(), value)).collect()
    }

    fn copy(&mut self, export: Export, now_ms: u64) -> Vec<Effect> {
        let Some(design) = self.selected_design() else { return Vec::new() };
        let text = match export {
            Export::Design => self.space.print_design(&design),
            Export::Toml => self.design_toml(&design),
            other => return vec![Effect::Export(other)],
        };
        self.activity.say(Severity::Info, "copied", now_ms);
        vec![Effect::Copy(text)]
    }
}

/// Which way to go through the history.
#[derive(Clone, Copy)]
enum Travel {
    Undo,
    Redo,
}

/// Whether an command may change what can be undone.
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
            | Command::Baseline
            | Command::Sort(_)
            | Command::Filter(_)
            | Command::Recall(_)
    )
}

/// The item of a list that a movement leads to.
fn chosen<T: Copy + PartialEq>(all: &[T], now: T, to: Move) -> T {
    let from = all.iter().position(|item| *item == now).unwrap_or(0);
    all[to.wrap(from, all.len())]
}
