//! What verbs do on the Explore screen and in what lies over it: the scatter, the design, why, the history.

use super::{Deed, PAN, ZOOM, focus};
use crate::{
    explore::{Column, Command, Fix, Move, Overlay, Pane, Point, PointClass, Screen, Session, Side},
    tui::{
        keymap::Verb,
        screen::plane,
        state::{Choice, Entry, Menu, Purpose, UiState},
    },
};

/// What a verb does here; `None` if it is none of this screen's own.
pub(super) fn verb(session: &Session, ui: &mut UiState, wish: Verb) -> Option<Vec<Deed>> {
    let here = session.ui().screen == Screen::Explore;
    match wish {
        Verb::PageUp | Verb::PageDown if in_scatter(session) && ui.window.is_some() => {
            plane::pan(session, ui, [0.0, if wish == Verb::PageUp { PAN } else { -PAN }]);
        }
        Verb::Open => return Some(open(session, ui)),
        Verb::Back if ui.whole && session.ui().overlay.is_none() && session.toast(ui.now_ms).is_none() => {
            ui.whole = false;
        }
        Verb::Back => return Some(vec![Deed::Act(Command::Back)]),
        Verb::Why | Verb::History => {
            let overlay = if wish == Verb::Why { Overlay::Why } else { Overlay::History };
            ui.overlay_at = if wish == Verb::Why { 0 } else { session.past().len() };
            return Some(vec![Deed::Act(Command::Toggle(overlay))]);
        }
        Verb::ShowScatter | Verb::ShowTable => {
            ui.scatter = wish == Verb::ShowScatter;
            return Some(vec![Deed::Act(focus(if ui.scatter { Pane::Scatter } else { Pane::Table }))]);
        }
        Verb::Axes => ui.menu = Some(axes(session)),
        Verb::ZoomPane => ui.whole = !ui.whole,
        Verb::ZoomIn | Verb::ZoomOut if here => {
            let at = plane::selected(session, ui);
            plane::zoom(session, ui, if wish == Verb::ZoomIn { ZOOM } else { 1.0 / ZOOM }, at);
        }
        Verb::Follow if here => ui.window = None,
        _ => return None,
    }
    Some(Vec::new())
}

/// Selects the next design of the front to the left or right in the scatter.
pub(super) fn along_front(session: &Session, steps: i32) -> Vec<Deed> {
    let points = session.points();
    let own = |point: &&Point| Some(point.candidate) == session.selected();
    let Some(now) = points.iter().find(own).map(|point| point.right) else { return Vec::new() };
    let beyond = |right: f64| if steps > 0 { right > now } else { right < now };
    let front = points.iter().filter(|point| point.class == PointClass::Front && beyond(point.right));
    let next = front.min_by(|one, other| (one.right - now).abs().total_cmp(&(other.right - now).abs()));
    next.map(|point| Deed::Act(Command::SelectCandidate(point.candidate))).into_iter().collect()
}

fn in_scatter(session: &Session) -> bool {
    session.ui().screen == Screen::Explore && session.ui().pane == Pane::Scatter && session.ui().overlay.is_none()
}

/// Opens what has the focus: the value of a knob, the selected design, the chosen row of an overlay.
fn open(session: &Session, ui: &mut UiState) -> Vec<Deed> {
    match session.ui().overlay {
        Some(Overlay::Why | Overlay::History) => return open_row(session, ui.overlay_at),
        Some(_) => return vec![Deed::Act(Command::Back)],
        None if session.ui().pane == Pane::Knobs => ui.entry = Some(Entry::new(Purpose::Knob, "")),
        None => return vec![Deed::Act(Command::Toggle(Overlay::Inspect))],
    }
    Vec::new()
}

/// Rows of an overlay that one can be chosen of.
pub(super) fn overlay_rows(session: &Session) -> usize {
    match session.ui().overlay {
        Some(Overlay::Why) => ways(session).len(),
        Some(Overlay::History) => session.past().len() + 1 + session.future().len(),
        _ => 0,
    }
}

/// Carries out a row of an overlay: the fix, or the way through the history.
pub fn open_row(session: &Session, at: usize) -> Vec<Deed> {
    match session.ui().overlay {
        Some(Overlay::Why) => {
            let way = ways(session).into_iter().nth(at);
            let turn = |way: Vec<Fix>| Command::SetKnobs(way.iter().map(|fix| (fix.knob, fix.value)).collect());
            way.map(|way| Deed::Act(turn(way))).into_iter().collect()
        }
        Some(Overlay::History) => {
            let now = session.past().len();
            let action = if at < now { Command::Undo } else { Command::Redo };
            vec![Deed::Act(action); now.abs_diff(at)]
        }
        _ => Vec::new(),
    }
}

/// The ways to make the selected design fit: each knob that is enough alone, else several together.
pub fn ways(session: &Session) -> Vec<Vec<Fix>> {
    let single = session.fixes();
    if single.is_empty() {
        return Some(session.joint_fixes()).filter(|fixes| !fixes.is_empty()).into_iter().collect();
    }
    single.into_iter().map(|fix| vec![fix]).collect()
}

/// What can stand on the axes of the scatter.
fn axes(session: &Session) -> Menu {
    let plot = session.ui().plot;
    let figures = |side: Side, way: &'static str, now: Column, other: Column| {
        Column::FIGURES.into_iter().enumerate().filter(move |(_, column)| *column != other).map(move |(at, column)| {
            let mark = if column == now { " (now)" } else { "" };
            Choice {
                label: format!("{way}: {}{mark}", column.title()),
                deeds: vec![Deed::Act(Command::Axis(side, Move::To(at)))],
            }
        })
    };
    let log = |side: Side, way: &str, log: bool| Choice {
        label: format!("{way}: {} axis", if log { "linear" } else { "logarithmic" }),
        deeds: vec![Deed::Act(Command::LogAxis(side))],
    };
    let mut choices: Vec<Choice> = figures(Side::Up, "upwards", plot.up, plot.right).collect();
    choices.push(log(Side::Up, "upwards", plot.log_up));
    choices.extend(figures(Side::Right, "to the right", plot.right, plot.up));
    choices.push(log(Side::Right, "to the right", plot.log_right));
    Menu { title: "Axes of the scatter".to_owned(), text: String::new(), choices, at: 0 }
}
