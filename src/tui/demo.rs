//! The tour: what the explorer shows by itself to an audience. Scenes with captions, held and gone through by keys.
//!
//! A scene begins from the profile's knobs and its own, so that each can be shown by itself; its caption is made of what
//! the session knows then and at the scene's beginning, and of nothing else. Time comes in as an argument.

mod measured;
mod script;

pub use measured::{Measured, RecordError, record};

use super::model::{
    caption::Caption,
    screen::{Overlay, Screen},
    state::UiState,
};
use crate::explore::{CandidateId, Command, Move, Session, ShownAccuracy, Update};
use crate::quantity::Knob;

/// One thing a scene does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Beat {
    /// Turns a knob to a value, stop by stop, so many milliseconds each.
    Turn(Knob, f64, u64),
    /// Leaves what is shown for so many milliseconds.
    Rest(u64),
}

/// A part of the tour.
struct Scene {
    title: &'static str,
    /// Knobs that begin at other values than the profile's.
    start: &'static [(Knob, f64)],
    /// Whether accuracies are shown: the measured ones that the program comes with.
    measured: bool,
    /// Whether the bars of the sensitivity lie over the screen.
    tornado: bool,
    beats: &'static [Beat],
    caption: fn(&Facts, &Facts, &Measured) -> String,
}

/// What captions are made of.
#[derive(Clone, Debug, Default, PartialEq)]
struct Facts {
    id: CandidateId,
    sensors: u32,
    split: String,
    fusion: String,
    latency_ms: f64,
    sensor_ms: f64,
    link_ms: f64,
    link_bytes: u64,
    bandwidth: String,
    memory: String,
    accuracy: Option<f64>,
    fits: usize,
    designs: usize,
}

impl Facts {
    fn of(session: &Session) -> Self {
        let Some(row) = session.selected().and_then(|id| session.row(id)) else { return Self::default() };
        let latency = &row.evaluation.latency;
        let shown = |id: Knob| id.format(session.value(id));
        Self {
            id: row.id,
            sensors: session.knobs().sensors,
            split: row.split_name.to_owned(),
            fusion: row.fusion_name.to_owned(),
            latency_ms: latency.total_s() * 1e3,
            sensor_ms: latency.sensor_s * 1e3,
            link_ms: latency.link_s * 1e3,
            link_bytes: row.evaluation.link_bytes,
            bandwidth: shown(Knob::LinkBandwidth),
            memory: shown(Knob::SensorMemory),
            accuracy: if let ShownAccuracy::Measured(found) = row.accuracy { Some(found.accuracy) } else { None },
            fits: session.feasible_count(),
            designs: session.catalogue().len(),
        }
    }
}

/// The tour and how far it is.
pub struct Demo {
    scenes: Vec<&'static Scene>,
    measured: Measured,
    /// The scene, and what it does next.
    at: usize,
    beat: usize,
    /// What was known when the scene began.
    before: Facts,
    /// When the next thing is done.
    due_ms: u64,
    held: bool,
}

impl Demo {
    /// The tour before its first scene. Scenes that show accuracies are left out where `measured` has none.
    pub fn new(measured: Measured) -> Self {
        let known = !measured.is_empty();
        let scenes = script::SCENES.iter().filter(|scene| known || !scene.measured).collect();
        Self { scenes, measured, at: 0, beat: 0, before: Facts::default(), due_ms: 0, held: false }
    }

    /// Number of scenes.
    pub fn len(&self) -> usize {
        self.scenes.len()
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.scenes.is_empty()
    }

    /// Begins a scene; beyond the last one the last one.
    pub fn begin(&mut self, scene: usize, session: &mut Session, ui: &mut UiState, now_ms: u64) {
        self.at = scene.min(self.scenes.len().saturating_sub(1));
        (self.beat, self.due_ms) = (0, now_ms);
        let Some(scene) = self.scenes.get(self.at) else { return };
        let mut act = |action| drop(session.apply(action, now_ms));
        ui.screen = Screen::Explore;
        act(Command::ResetOverride);
        act(Command::Filter(String::new()));
        act(Command::ResetKnobs);
        act(Command::Select(Move::First));
        act(Command::Update(vec![Update::Withdrawn { step: 0 }]));
        if scene.measured {
            act(Command::Update(self.measured.updates.clone()));
        }
        for (knob, value) in scene.start {
            turn(session, *knob, *value, now_ms);
        }
        if scene.tornado {
            ui.overlay = Some(Overlay::Tornado);
        } else if ui.overlay == Some(Overlay::Tornado) {
            ui.overlay = None;
        }
        self.before = Facts::of(session);
    }

    /// Goes to a scene before or after this one.
    pub fn skip(&mut self, scenes: isize, session: &mut Session, ui: &mut UiState, now_ms: u64) {
        self.begin(self.at.saturating_add_signed(scenes), session, ui, now_ms);
    }

    /// Waits, or goes on.
    pub fn hold(&mut self, held: bool, now_ms: u64) {
        self.held = held;
        self.due_ms = self.due_ms.max(now_ms);
    }

    /// Whether it waits.
    pub fn is_held(&self) -> bool {
        self.held
    }

    /// When something is to be done next; `None` while it waits, and at its end.
    pub fn due_ms(&self) -> Option<u64> {
        Some(self.due_ms).filter(|_| !self.held && !self.is_over())
    }

    fn is_over(&self) -> bool {
        self.at + 1 >= self.scenes.len() && self.scenes.last().is_none_or(|scene| self.beat >= scene.beats.len())
    }

    /// Does what is due. Returns whether anything changed.
    pub fn advance(&mut self, session: &mut Session, ui: &mut UiState, now_ms: u64) -> bool {
        if self.due_ms().is_none_or(|due| due > now_ms) {
            return false;
        }
        let Some(beat) = self.scenes.get(self.at).and_then(|scene| scene.beats.get(self.beat)).copied() else {
            self.begin(self.at + 1, session, ui, now_ms);
            return true;
        };
        match beat {
            Beat::Rest(ms) => {
                self.due_ms = now_ms + ms;
                self.beat += 1;
            }
            Beat::Turn(knob, target, ms) => {
                self.due_ms = now_ms + ms;
                if !step(session, knob, target, now_ms) {
                    self.beat += 1;
                    self.due_ms = now_ms;
                }
            }
        }
        true
    }

    /// Does all of a scene at once.
    pub fn play_out(&mut self, scene: usize, session: &mut Session, ui: &mut UiState) {
        self.begin(scene, session, ui, 0);
        let Some(scene) = self.scenes.get(self.at) else { return };
        for beat in scene.beats {
            if let Beat::Turn(knob, target, _) = *beat {
                turn(session, knob, target, 0);
            }
        }
        self.beat = scene.beats.len();
    }

    /// What is to be said now.
    pub fn caption(&self, session: &Session) -> Caption {
        let scene = self.scenes.get(self.at);
        let text = scene.map(|scene| (scene.caption)(&self.before, &Facts::of(session), &self.measured));
        Caption {
            title: scene.map_or("", |scene| scene.title).to_owned(),
            text: text.unwrap_or_default(),
            scene: self.at + 1,
            of: self.scenes.len(),
            held: self.held || self.is_over(),
        }
    }
}

/// Sets a knob to the stop nearest to a value.
fn turn(session: &mut Session, knob: Knob, value: f64, now_ms: u64) {
    if let Some(fraction) = session.range(knob).map(|range| range.fraction(value)) {
        session.apply(Command::SetKnob { knob, fraction }, now_ms);
    }
}

/// Moves a knob one stop towards a value; whether there was a stop to go.
fn step(session: &mut Session, knob: Knob, target: f64, now_ms: u64) -> bool {
    let Some(range) = session.range(knob) else { return false };
    let (now, end) = (session.value(knob), range.at_fraction(range.fraction(target)));
    let next = range.step(now, if end > now { 1 } else { -1 });
    if now.total_cmp(&end).is_eq() || next.total_cmp(&now).is_eq() {
        return false;
    }
    turn(session, knob, next, now_ms);
    true
}

#[cfg(test)]
mod tests;
