//! The tour: scenes with captions that play by themselves, and that keys pause and skip.
//!
//! A scene begins from the profile's knobs and its own, so that each can be shown alone; its caption is made of figures
//! of the session at its beginning and now, and of nothing else. Time is an argument.

mod measured;
mod scene;
mod script;

pub(crate) use super::model::pictures::WantedPictures;
pub(crate) use measured::Measured;

use scene::{Facts, SceneStep, TourScene};

use super::model::{
    caption::Caption,
    pictures::PictureView,
    screen::{Overlay, Screen},
    state::UiState,
};
use crate::{
    explore::{Command, Move, Session, Update},
    quantity::Knob,
    run::{RunArchive, RunError},
};

/// The tour and its position.
pub(crate) struct Demo {
    scenes: Vec<&'static TourScene>,
    measured: Measured,
    /// Current scene.
    at: usize,
    step: usize,
    /// Facts at the beginning of the scene.
    before: Facts,
    /// Time of the next step.
    due_ms: u64,
    held: bool,
}

impl Demo {
    /// The tour before its first scene. Scenes that show accuracies are left out where `measured` has none.
    pub(crate) fn new(measured: Measured) -> Self {
        let known = !measured.is_empty();
        let scenes = script::SCENES.iter().filter(|scene| known || !scene.measured).collect();
        Self { scenes, measured, at: 0, step: 0, before: Facts::default(), due_ms: 0, held: false }
    }

    /// Number of scenes.
    pub(crate) fn len(&self) -> usize {
        self.scenes.len()
    }

    /// Begins a scene; beyond the last one the last one.
    pub(crate) fn begin(&mut self, scene: usize, session: &mut Session, ui: &mut UiState, now_ms: u64) {
        self.at = scene.min(self.scenes.len().saturating_sub(1));
        (self.step, self.due_ms) = (0, now_ms);
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
        ui.prefers_scatter = scene.pictures;
        ui.pictures = PictureView { shown: scene.pictures, object: measured::OBJECT, ..PictureView::default() };
        if scene.tornado {
            ui.overlay = Some(Overlay::Tornado);
        } else if ui.overlay == Some(Overlay::Tornado) {
            ui.overlay = None;
        }
        self.before = Facts::of(session);
    }

    /// Goes to a scene before or after this one.
    pub(crate) fn skip(&mut self, scenes: isize, session: &mut Session, ui: &mut UiState, now_ms: u64) {
        self.begin(self.at.saturating_add_signed(scenes), session, ui, now_ms);
    }

    /// Pauses the tour, or continues it.
    pub(crate) fn hold(&mut self, held: bool, now_ms: u64) {
        self.held = held;
        self.due_ms = self.due_ms.max(now_ms);
    }

    /// Returns `true` while the tour is paused.
    pub(crate) fn is_held(&self) -> bool {
        self.held
    }

    /// Time of the next step; `None` while the tour is paused, and at its end.
    pub(crate) fn due_ms(&self) -> Option<u64> {
        let waits = self.held || self.is_over();
        (!waits).then_some(self.due_ms)
    }

    fn is_over(&self) -> bool {
        self.at + 1 >= self.scenes.len() && self.scenes.last().is_none_or(|scene| self.step >= scene.steps.len())
    }

    /// Carries out the step that is due. Returns `true` if anything changed.
    pub(crate) fn advance(&mut self, session: &mut Session, ui: &mut UiState, now_ms: u64) -> bool {
        if self.due_ms().is_none_or(|due| due > now_ms) {
            return false;
        }
        let Some(step) = self.scenes.get(self.at).and_then(|scene| scene.steps.get(self.step)).copied() else {
            self.begin(self.at + 1, session, ui, now_ms);
            return true;
        };
        match step {
            SceneStep::Rest(ms) => {
                self.due_ms = now_ms + ms;
                self.step += 1;
            }
            SceneStep::Override(part, places) => {
                session.apply(Command::Override(part, Move::By(places)), now_ms);
                self.step += 1;
            }
            SceneStep::Turn(knob, target, ms) => {
                self.due_ms = now_ms + ms;
                if !step_towards(session, knob, target, now_ms) {
                    self.step += 1;
                    self.due_ms = now_ms;
                }
            }
        }
        true
    }

    /// Carries out all steps of a scene at once.
    pub(crate) fn play_out(&mut self, scene: usize, session: &mut Session, ui: &mut UiState) {
        self.begin(scene, session, ui, 0);
        let Some(scene) = self.scenes.get(self.at) else { return };
        scene.steps.iter().for_each(|step| carry_out(*step, session));
        self.step = scene.steps.len();
    }

    /// Caption of the current scene.
    pub(crate) fn caption(&self, session: &Session) -> Caption {
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

/// Pictures that the tour would show of a run in an archive, and that the archive lacks in int8.
///
/// # Errors
/// The archive is damaged.
pub(crate) fn pictures_wanted(archive: &RunArchive, session: &mut Session) -> Result<Vec<WantedPictures>, RunError> {
    let mut demo = Demo::new(Measured::of(archive, session.space())?);
    let (mut ui, mut wanted) = (UiState::default(), Vec::new());
    for at in 0..demo.scenes.len() {
        if !demo.scenes[at].pictures {
            continue;
        }
        demo.begin(at, session, &mut ui, 0);
        wanted.extend(WantedPictures::of(session, &ui.pictures));
        for step in demo.scenes[at].steps {
            carry_out(*step, session);
            wanted.extend(WantedPictures::of(session, &ui.pictures));
        }
    }
    wanted.dedup();
    let is_there = |one: &WantedPictures| session.pictures().of(&one.design, one.views, one.object).cloned();
    wanted.retain(|one| is_there(one).is_none_or(|known| !known.is_in_int8()));
    Ok(wanted)
}

/// Carries out a step of a scene at once.
fn carry_out(step: SceneStep, session: &mut Session) {
    match step {
        SceneStep::Turn(knob, target, _) => turn(session, knob, target, 0),
        SceneStep::Override(part, places) => drop(session.apply(Command::Override(part, Move::By(places)), 0)),
        SceneStep::Rest(_) => {}
    }
}

/// Sets a knob to the step nearest to a value.
fn turn(session: &mut Session, knob: Knob, value: f64, now_ms: u64) {
    if let Some(fraction) = session.ranges().of(knob).map(|range| range.fraction(value)) {
        session.apply(Command::SetKnob { knob, fraction }, now_ms);
    }
}

/// Moves a knob one step towards a value. Returns `false` if it is there.
fn step_towards(session: &mut Session, knob: Knob, target: f64, now_ms: u64) -> bool {
    let Some(range) = session.ranges().of(knob) else { return false };
    let (now, end) = (session.value(knob), range.at_fraction(range.fraction(target)));
    let next = range.steps[range.step_from(now, if end > now { 1 } else { -1 })];
    if now.total_cmp(&end).is_eq() || next.total_cmp(&now).is_eq() {
        return false;
    }
    turn(session, knob, next, now_ms);
    true
}

#[cfg(test)]
mod tests;
