//! Behaviour of whole sessions on the default space and profile: knobs before, actions, knobs and best split after.

#![allow(clippy::float_cmp, reason = "values that are set are kept as they are")]

mod estimated;
mod file;
mod imported;
mod knobs;
mod measured;
mod undo;
mod view;

use super::*;
use crate::cost::CostModel;
use crate::hardware::{self, Profile};
use crate::network::{BoundaryId, LinkRange};
use crate::quantity::Knob;
use crate::record::{Attacker, Clipping, LeakFigures, Quantisation};
use crate::space::{self, SearchSpace};

pub(super) fn shipped_space(name: &str) -> SearchSpace {
    SearchSpace::shipped(name).unwrap()
}

/// Quantisation of what is measured in int8.
pub(super) fn quantisation() -> Quantisation {
    Quantisation { clipping: Clipping::Mse, link_range: LinkRange::Static, code_entropy: 2.5 }
}

/// Figures of a leak.
pub(super) fn figures(leak: f64) -> LeakFigures {
    LeakFigures {
        leak,
        attacker: Attacker::OneView,
        one_view: leak,
        all_views: None,
        decoder: None,
        label: 0.0,
        raw: 1.0,
        psnr_db: 20.0,
        ssim: 0.5,
        azimuth: None,
        elevation: None,
        resolution: 32,
        fitted_objects: 10,
        samples: 5,
        seconds: 1.0,
        attack_seconds: 1.0,
    }
}

pub(super) fn pair() -> (SearchSpace, Profile) {
    (shipped_space(space::DEFAULT), Profile::shipped(hardware::DEFAULT).unwrap())
}

pub(super) fn model(space: &SearchSpace, profile: &Profile) -> CostModel {
    CostModel::new(space.clone(), profile.clone()).unwrap()
}

pub(super) fn session(count: usize) -> Session {
    let (space, profile) = pair();
    Session::new(space, profile, count, 1)
}

/// Types a value for a knob.
fn set(session: &mut Session, knob: Knob, text: &str) {
    let at = session.ranges().all().iter().position(|range| range.knob == knob).unwrap();
    session.apply(Command::SelectKnob(Move::To(at)), 0);
    session.apply(Command::TypeKnob(text.to_owned()), 0);
    assert!(session.toast(0).is_none_or(|message| message.severity != Severity::Error), "{:?}", session.toast(0));
}

/// Moves a knob by steps, as with the arrow keys.
fn step(session: &mut Session, knob: Knob, steps: i32, now_ms: u64) {
    let at = session.ranges().all().iter().position(|range| range.knob == knob).unwrap();
    session.apply(Command::SelectKnob(Move::To(at)), now_ms);
    session.apply(Command::MoveKnob(Move::By(steps)), now_ms);
}

/// Boundary of the best split of the largest network, candidate 0.
fn best_split(session: &Session) -> BoundaryId {
    let split_index = session.ranked(0).unwrap().split_index;
    session.catalogue().demands(0)[usize::from(split_index)].boundary
}
