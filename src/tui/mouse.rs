//! From a mouse event to what is done: what is under the mouse was noted while drawing.

use ratatui::{
    crossterm::event::{MouseButton, MouseEvent, MouseEventKind},
    layout::Rect,
};

use super::{
    dispatch::{self, Deed, Wind},
    hit::{HitMap, Target},
    keymap::Verb,
    screen::{self, View, plane},
    state::{Brushing, Drag, Press, Purpose, UiState, brush},
    widget::Slider,
};
use crate::explore::{Command, DesignPart, Move, Overlay, Screen};

/// Zoom of one turn of the wheel.
const ZOOM: f64 = 1.25;
/// Two presses on one cell within this time are a double click.
const DOUBLE_MS: u64 = 400;

/// What a mouse event does. `view` is what is shown now.
pub fn mouse(view: View<'_>, hits: &HitMap, event: MouseEvent) -> (Vec<Deed>, UiState) {
    let mut ui = view.ui.clone();
    let (x, y) = (event.column, event.row);
    let deeds = match event.kind {
        MouseEventKind::Down(MouseButton::Left) => {
            let double = is_double(&mut ui, (x, y));
            let opened = if double { open(view, &mut ui, hits, x, y) } else { None };
            opened.unwrap_or_else(|| press(view, &mut ui, hits, x, y))
        }
        MouseEventKind::Down(MouseButton::Right) => inspect(view, &mut ui, hits, x, y),
        MouseEventKind::Drag(MouseButton::Right) if ui.cross.is_some() => inspect(view, &mut ui, hits, x, y),
        MouseEventKind::Drag(MouseButton::Left | MouseButton::Right) => {
            ui.pressed = None;
            drag(view, &mut ui, x, y)
        }
        MouseEventKind::Up(MouseButton::Left | MouseButton::Right) => {
            ui.cross = None;
            if matches!(ui.drag, Some(Drag::Limit { held: true, .. })) {
                ui.window = None;
            }
            ui.drag = None;
            Vec::new()
        }
        MouseEventKind::ScrollUp => wheel(view, &mut ui, hits, x, y, -1),
        MouseEventKind::ScrollDown => wheel(view, &mut ui, hits, x, y, 1),
        _ => Vec::new(),
    };
    (deeds, ui)
}

/// Whether a press is the second one of a double click; takes note of it.
fn is_double(ui: &mut UiState, at: (u16, u16)) -> bool {
    let double = ui.pressed.is_some_and(|last| last.at == at && ui.now_ms.saturating_sub(last.ms) <= DOUBLE_MS);
    // A third press is a first one again.
    ui.pressed = Some(Press { at, ms: ui.now_ms }).filter(|_| !double);
    double
}

/// A double click opens what is there, as the key does: the value of a knob, a design, the splits of the network; on
/// Compare it makes a design the baseline, and on the frame of a pane it gives the pane the whole screen. `None` if it
/// is no more than a second press.
fn open(view: View<'_>, ui: &mut UiState, hits: &HitMap, x: u16, y: u16) -> Option<Vec<Deed>> {
    let (session, over) =
        (view.session, view.session.ui().overlay.is_some() || ui.menu.is_some() || ui.entry.is_some());
    let verb = match (session.ui().screen, hits.at(x, y)?.1) {
        _ if over => return None,
        (Screen::Explore, Target::Knob { .. } | Target::Design(_) | Target::Strip) => Verb::Open,
        (Screen::Explore, Target::Pane(_)) => Verb::ZoomPane,
        (Screen::Explore, Target::Scatter) => {
            let area = hits.at(x, y)?.0;
            screen::point_at(view, area, x, y)?;
            Verb::Open
        }
        (Screen::Compare, Target::Design(_)) => Verb::Baseline,
        _ => return None,
    };
    ui.drag = None;
    Some(dispatch::verb(session, ui, verb))
}

fn act(action: Command) -> Vec<Deed> {
    vec![Deed::Act(action)]
}

fn press(view: View<'_>, ui: &mut UiState, hits: &HitMap, x: u16, y: u16) -> Vec<Deed> {
    let hit = hits.at(x, y);
    let over = matches!(hit, Some((_, Target::Popup | Target::Row(_) | Target::Split(_))));
    if !over && (ui.menu.take().is_some() || ui.entry.take().is_some()) {
        return Vec::new();
    }
    if !over && view.session.ui().overlay.is_some() {
        return act(Command::Back);
    }
    let Some((area, target)) = hit else { return Vec::new() };
    let mut deeds: Vec<Deed> = hits.pane_at(x, y).map(|pane| Deed::Act(dispatch::focus(pane))).into_iter().collect();
    match target {
        Target::Tab(screen) => return act(Command::Screen(screen)),
        Target::Knob { knob, track } => {
            if (track.left()..track.right()).contains(&x) {
                ui.drag = Some(Drag::Knob(knob, track));
                deeds.extend(drag(view, ui, x, y));
            } else {
                let index = view.session.dials().iter().position(|dial| dial.id == knob).unwrap_or(0);
                deeds.push(Deed::Act(Command::SelectKnob(Move::To(index))));
            }
        }
        Target::Design(id) => deeds.push(Deed::Act(Command::SelectCandidate(id))),
        Target::Strip => {
            let hit = screen::strip_at(view, area, x, y);
            let part = if hit.is_some_and(|hit| hit.on_fusion) { DesignPart::Fusion } else { DesignPart::Split };
            ui.drag = Some(Drag::Strip(part, area));
            deeds.extend(drag(view, ui, x, y));
        }
        Target::Chart { x: axis } => {
            ui.drag = Some(Drag::Chart(area, axis));
            deeds.extend(drag(view, ui, x, y));
        }
        Target::Axis(index) => {
            let track = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
            ui.axes = Brushing { focus: true, at: index };
            ui.drag = Some(Drag::Brush(index, track, share(track, x)));
            deeds.extend(brush(view.session, index, 0.0, 1.0).map(Deed::Act));
        }
        Target::Reel => {
            ui.drag = Some(Drag::Reel(area));
            deeds.extend(drag(view, ui, x, y));
        }
        Target::Found => {
            deeds.extend(screen::found_at(view, area, x, y).map(|id| Deed::Act(Command::SelectCandidate(id))));
        }
        Target::Scatter => {
            if let Some((knob, side)) = screen::limit_at(view, area, x, y) {
                let held = plane::hold(view.session, ui);
                ui.drag = Some(Drag::Limit { knob, side, area, held });
            } else {
                ui.drag = Some(Drag::Plane(area, (x, y)));
                deeds.extend(screen::point_at(view, area, x, y).map(|id| Deed::Act(Command::SelectCandidate(id))));
            }
        }
        Target::Split(place) => return act(Command::Override(DesignPart::Split, Move::To(place))),
        Target::Turn(knob, value) => deeds.push(Deed::Act(Command::SetKnobs(vec![(knob, value)]))),
        Target::Heading(column) => deeds.push(Deed::Act(Command::Sort(column))),
        Target::Row(index) => return row(view, ui, index),
        Target::Pane(_) | Target::Popup => {}
    }
    deeds
}

/// A press on a row of the menu or of the palette.
fn row(view: View<'_>, ui: &mut UiState, index: usize) -> Vec<Deed> {
    if let Some(menu) = ui.menu.take() {
        return dispatch::choose(&menu, index);
    }
    match ui.entry.take() {
        Some(entry) if entry.purpose == Purpose::Palette => {
            let rows = dispatch::commands(ui, view.session.ui().screen, &entry.text);
            let wish = rows.get(index).map(|row| row.binding.verb);
            wish.map_or_else(Vec::new, |wish| dispatch::verb(view.session, ui, wish))
        }
        None => {
            ui.overlay_at = index;
            dispatch::open_row(view.session, index)
        }
        _ => Vec::new(),
    }
}

/// A press of the right button: a crosshair on curves, as the left one does, and on the scatter.
fn inspect(view: View<'_>, ui: &mut UiState, hits: &HitMap, x: u16, y: u16) -> Vec<Deed> {
    match hits.at(x, y) {
        Some((_, Target::Chart { .. })) => press(view, ui, hits, x, y),
        hit => {
            ui.cross = hit.filter(|(_, target)| *target == Target::Scatter).map(|_| (x, y));
            Vec::new()
        }
    }
}

/// The part of a bar or plot left of a column's middle.
fn share(area: Rect, x: u16) -> f64 {
    let x = x.clamp(area.x, area.right().saturating_sub(1).max(area.x));
    f64::from(x - area.x) / f64::from(area.width.saturating_sub(1).max(1))
}

fn drag(view: View<'_>, ui: &mut UiState, x: u16, y: u16) -> Vec<Deed> {
    match ui.drag {
        Some(Drag::Knob(knob, track)) => act(Command::SetKnob { knob, fraction: Slider::fraction_at(track, x) }),
        Some(Drag::Chart(area, axis)) => {
            ui.curves_mut(view.session.ui().screen).cursor = Some(axis.value(share(area, x)).round());
            Vec::new()
        }
        Some(Drag::Brush(index, track, from)) => {
            brush(view.session, index, from, share(track, x)).map(Deed::Act).into_iter().collect()
        }
        Some(Drag::Reel(area)) => vec![Deed::Reel(Wind::To(share(area, x)))],
        Some(Drag::Strip(part, area)) => {
            // A drag that leaves the strip goes on along its edge.
            let (x, y) = clamped(area, x, y);
            let hit = screen::strip_at(view, area, x, y);
            let place = hit.and_then(|hit| if part == DesignPart::Fusion { hit.fusion } else { hit.split });
            place.map(|place| Deed::Act(Command::Override(part, Move::To(place)))).into_iter().collect()
        }
        Some(Drag::Limit { knob, side, area, .. }) => {
            let value = screen::value_at(view, area, side, x, y);
            let fraction = view.session.dial(knob).map(|dial| dial.fraction(value));
            fraction.map(|fraction| Deed::Act(Command::SetKnob { knob, fraction })).into_iter().collect()
        }
        Some(Drag::Plane(area, (from_x, from_y))) => {
            let plane = screen::plane_area(view, area);
            let share =
                |to: u16, from: u16, cells: u16| (f64::from(from) - f64::from(to)) / f64::from(cells.max(2) - 1);
            let shares = [share(x, from_x, plane.width), -share(y, from_y, plane.height)];
            if (x, y) != (from_x, from_y) {
                plane::pan(view.session, ui, shares);
                ui.drag = Some(Drag::Plane(area, (x, y)));
            }
            Vec::new()
        }
        None => Vec::new(),
    }
}

fn clamped(area: Rect, x: u16, y: u16) -> (u16, u16) {
    let within = |at: u16, start: u16, length: u16| at.clamp(start, start + length.saturating_sub(1));
    (within(x, area.x, area.width), within(y, area.y, area.height))
}

fn wheel(view: View<'_>, ui: &mut UiState, hits: &HitMap, x: u16, y: u16, steps: i32) -> Vec<Deed> {
    if view.session.ui().overlay == Some(Overlay::Help) {
        ui.help_first = Move::By(steps).apply(ui.help_first, usize::from(u16::MAX));
        return Vec::new();
    }
    match (view.session.ui().screen, hits.at(x, y).map(|hit| hit.1)) {
        (Screen::Explore, Some(Target::Knob { knob, .. })) => {
            let index = view.session.dials().iter().position(|dial| dial.id == knob).unwrap_or(0);
            // Up is more.
            vec![Deed::Act(Command::SelectKnob(Move::To(index))), Deed::Act(Command::MoveKnob(Move::By(-steps)))]
        }
        (Screen::Explore, Some(Target::Strip)) => act(Command::Override(DesignPart::Split, Move::By(steps))),
        (Screen::Explore, Some(Target::Scatter)) => {
            let area = hits.at(x, y).map(|hit| hit.0).unwrap_or_default();
            let plane = screen::plane_area(view, area);
            let share = |at: u16, start: u16, cells: u16| {
                (f64::from(at.saturating_sub(start)) / f64::from(cells.max(2) - 1)).clamp(0.0, 1.0)
            };
            let place = [share(x, plane.x, plane.width), 1.0 - share(y, plane.y, plane.height)];
            plane::zoom(view.session, ui, if steps < 0 { ZOOM } else { 1.0 / ZOOM }, place);
            Vec::new()
        }
        (Screen::Explore, Some(_)) => act(Command::Select(Move::By(steps))),
        (screen @ (Screen::Train | Screen::Search), Some(Target::Chart { x: axis })) => {
            let around = hits.at(x, y).map(|(area, _)| axis.value(share(area, x)));
            let last = dispatch::last_x(view.session);
            ui.curves_mut(screen).zoom(if steps < 0 { ZOOM } else { 1.0 / ZOOM }, last, around);
            Vec::new()
        }
        (Screen::Compare, Some(Target::Axis(_))) => Vec::new(),
        (Screen::Compare, _) => {
            ui.compare_first = ui.compare_first.saturating_add_signed(isize::try_from(steps).unwrap_or(0));
            Vec::new()
        }
        (Screen::Train | Screen::Search, _) => {
            // The events, the only list of these screens.
            ui.events_back = ui.events_back.saturating_add_signed(-isize::try_from(steps).unwrap_or(0));
            Vec::new()
        }
        _ => Vec::new(),
    }
}
