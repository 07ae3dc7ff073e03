//! What verbs do to the curves of Train and Search, and to the fronts that Search shows.

use super::{Deed, PAN, ZOOM};
use crate::{
    explore::{Screen, Session},
    tui::{keymap::Verb, state::UiState},
};

/// What a verb does here; `None` if it is none of these screens' own.
pub(super) fn verb(session: &Session, ui: &mut UiState, wish: Verb) -> Option<Vec<Deed>> {
    match wish {
        Verb::EarlierFront => {
            ui.generation = neighbouring_generation(session, ui.earlier_front(session.searching()), false);
        }
        Verb::LaterFront => {
            ui.generation = neighbouring_generation(session, ui.earlier_front(session.searching()), true);
        }
        _ => return look(session, ui, wish),
    }
    Some(Vec::new())
}

/// Looks at the curves of the screen otherwise.
fn look(session: &Session, ui: &mut UiState, wish: Verb) -> Option<Vec<Deed>> {
    let last = last_x(session);
    let curves = ui.curves_mut(session.ui().screen);
    let inspects = curves.cursor.is_some();
    match wish {
        Verb::PanBack if inspects => curves.move_cursor(-1.0, last),
        Verb::PanOn if inspects => curves.move_cursor(1.0, last),
        Verb::PanBack => curves.pan(-PAN, last),
        Verb::PanOn => curves.pan(PAN, last),
        Verb::ZoomIn => curves.zoom(ZOOM, last, None),
        Verb::ZoomOut => curves.zoom(1.0 / ZOOM, last, None),
        Verb::Follow => curves.follow(),
        Verb::LogAxis => curves.other_scale = !curves.other_scale,
        Verb::Inspect => curves.inspect(last),
        Verb::Smooth => curves.smooth = !curves.smooth,
        _ => return None,
    }
    Some(Vec::new())
}

/// The newest x of the curves of the screen.
pub fn last_x(session: &Session) -> f64 {
    match session.ui().screen {
        Screen::Search => session.searching().last().evaluations as f64,
        _ => session.training().last.step as f64,
    }
}

/// The generation before or after one; from none to the last but one, and after the last one none again.
fn neighbouring_generation(session: &Session, now: Option<u32>, later: bool) -> Option<u32> {
    let mut all = session.searching().generations.iter().map(|one| one.generation);
    match (now, later) {
        (None, true) => None,
        (None, false) => all.rev().nth(1),
        (Some(now), true) => all.find(|one| *one > now).filter(|one| *one < session.searching().last().generation),
        (Some(now), false) => all.rev().find(|one| *one < now).or(Some(now)),
    }
}
