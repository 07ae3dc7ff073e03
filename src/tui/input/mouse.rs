//! Commands of a mouse event, by the region below it.

use ratatui::{
    crossterm::event::{MouseButton, MouseEvent, MouseEventKind},
    layout::Rect,
};

use crate::{
    explore::{Command, DesignPart, Move, Session},
    quantity::Knob,
    tui::{
        command::UserCommand,
        hit::{HitMap, Region},
        model::{
            pointer::{Drag, Press},
            replay::Seek,
            screen::{Overlay, Screen},
            state::UiState,
        },
        screen::{self, View},
        theme::Theme,
        widget::Slider,
    },
};

/// Magnification of one turn of the wheel.
const ZOOM: f64 = 1.25;
/// Longest time between the two presses of a double click.
const DOUBLE_MS: u64 = 400;

/// A mouse event over a frame.
struct Pointer<'a> {
    session: &'a Session,
    ui: &'a mut UiState,
    theme: &'a Theme,
    hits: &'a HitMap,
    x: u16,
    y: u16,
}

/// Commands of a mouse event over a frame whose regions are `hits`. Keeps in `ui` what is dragged.
pub(crate) fn commands(
    session: &Session,
    ui: &mut UiState,
    theme: &Theme,
    hits: &HitMap,
    event: MouseEvent,
) -> Vec<UserCommand> {
    let mut pointer = Pointer { session, ui, theme, hits, x: event.column, y: event.row };
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => {
            if pointer.is_double_click()
                && let Some(command) = pointer.opens()
            {
                pointer.ui.drag = None;
                return vec![command];
            }
            pointer.press()
        }
        MouseEventKind::Down(MouseButton::Right) => pointer.inspect(),
        MouseEventKind::Drag(MouseButton::Right) if pointer.ui.crosshair.is_some() => pointer.inspect(),
        MouseEventKind::Drag(MouseButton::Left | MouseButton::Right) => {
            pointer.ui.pressed = None;
            pointer.drag()
        }
        MouseEventKind::Up(MouseButton::Left | MouseButton::Right) => pointer.release(),
        MouseEventKind::ScrollUp => pointer.wheel(-1),
        MouseEventKind::ScrollDown => pointer.wheel(1),
        _ => Vec::new(),
    }
}

impl Pointer<'_> {
    fn view(&self) -> View<'_> {
        View { session: self.session, ui: self.ui, theme: self.theme }
    }

    fn region(&self) -> Option<(Rect, &Region)> {
        self.hits.at(self.x, self.y)
    }

    /// Returns `true` if this press is the second one of a double click. A third one is a first one again.
    fn is_double_click(&mut self) -> bool {
        let press = Press { at: (self.x, self.y), ms: self.ui.now_ms };
        let last = self.ui.pressed.take();
        let double = last.is_some_and(|last| last.at == press.at && press.ms.saturating_sub(last.ms) <= DOUBLE_MS);
        if !double {
            self.ui.pressed = Some(press);
        }
        double
    }

    /// Command of a double click: opens the value of a knob, a design or the splits of the network; on Compare makes a
    /// design the baseline; on the frame of a pane maximises the pane.
    fn opens(&self) -> Option<UserCommand> {
        let ui = &self.ui;
        if ui.overlay.is_some() || ui.menu.is_some() || ui.entry.is_some() {
            return None;
        }
        let (area, region) = self.region()?;
        let on_design = matches!(
            region,
            Region::Button(UserCommand::Session(Command::SelectCandidate(_) | Command::SelectPinned(_)))
        );
        match (ui.screen, region) {
            (Screen::Explore, Region::Knob { .. } | Region::Strip) => Some(UserCommand::Open),
            (Screen::Explore, Region::Pane(_)) => Some(UserCommand::ToggleMaximised),
            (Screen::Explore, Region::Scatter) => {
                screen::point_at(self.view(), area, self.x, self.y).map(|_| UserCommand::Open)
            }
            (Screen::Explore, _) if on_design => Some(UserCommand::Open),
            (Screen::Compare, _) if on_design => Some(Command::Baseline.into()),
            _ => None,
        }
    }

    fn press(&mut self) -> Vec<UserCommand> {
        let (hits, x, y) = (self.hits, self.x, self.y);
        let hit = hits.at(x, y);
        let on_popup = hits.is_on_popup(x, y);
        if !on_popup && (self.ui.menu.is_some() || self.ui.entry.is_some()) {
            return vec![UserCommand::ClosePopup];
        }
        if !on_popup && let Some(overlay) = self.ui.overlay {
            return vec![UserCommand::ToggleOverlay(overlay)];
        }
        let Some((area, region)) = hit else { return Vec::new() };
        let mut commands: Vec<UserCommand> = hits.pane_at(x, y).map(UserCommand::Focus).into_iter().collect();
        match region {
            Region::Button(command) => commands.push(command.clone()),
            Region::Row(index) => return vec![UserCommand::ActivateRow(*index)],
            Region::Knob { knob, track } if (track.left()..track.right()).contains(&x) => {
                self.ui.drag = Some(Drag::Knob(*knob, *track));
            }
            Region::Knob { knob, .. } => commands.push(Command::SelectKnob(Move::To(self.range(*knob))).into()),
            Region::Strip => {
                let hit = screen::strip_at(self.view(), area, x, y);
                let on_fusion = hit.is_some_and(|hit| hit.on_fusion);
                let part = if on_fusion { DesignPart::Fusion } else { DesignPart::Split };
                self.ui.drag = Some(Drag::Strip(part, area));
            }
            Region::Curves { x: axis } => self.ui.drag = Some(Drag::Curves(area, *axis)),
            Region::Replay => self.ui.drag = Some(Drag::Replay(area)),
            Region::Axis(axis) => {
                let track = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
                self.ui.drag = Some(Drag::Brush(*axis, track, share(track, x)));
                commands.push(UserCommand::Brush { axis: *axis, from: 0.0, to: 1.0 });
                return commands;
            }
            Region::Found => commands.extend(screen::found_at(self.view(), area, x, y).map(UserCommand::select)),
            Region::Scatter => {
                if let Some((knob, side)) = screen::limit_at(self.view(), area, x, y) {
                    self.ui.drag = Some(Drag::Limit { knob, side, area, extent: self.ui.extent });
                    self.ui.extent = self.ui.scatter(self.session).frozen();
                } else {
                    self.ui.drag = Some(Drag::Scatter(area, (x, y)));
                    commands.extend(screen::point_at(self.view(), area, x, y).map(UserCommand::select));
                }
                return commands;
            }
            Region::Pane(_) | Region::Popup => return commands,
        }
        if self.ui.drag.is_some() {
            commands.extend(self.drag());
        }
        commands
    }

    /// A press of the right button: a crosshair on curves, as the left one, and on the scatter plot.
    fn inspect(&mut self) -> Vec<UserCommand> {
        match self.region() {
            Some((_, Region::Curves { .. })) => self.press(),
            Some((_, Region::Scatter)) => vec![UserCommand::InspectScatter(Some((self.x, self.y)))],
            _ => self.hide_crosshair(),
        }
    }

    fn hide_crosshair(&self) -> Vec<UserCommand> {
        self.ui.crosshair.map(|_| UserCommand::InspectScatter(None)).into_iter().collect()
    }

    fn release(&mut self) -> Vec<UserCommand> {
        let mut commands = self.hide_crosshair();
        if let Some(Drag::Limit { extent, .. }) = self.ui.drag.take() {
            commands.push(UserCommand::ShowExtent(extent));
        }
        commands
    }

    fn drag(&mut self) -> Vec<UserCommand> {
        let (x, y) = (self.x, self.y);
        let command = match self.ui.drag {
            Some(Drag::Knob(knob, track)) => {
                Some(Command::SetKnob { knob, fraction: Slider::fraction_at(track, x) }.into())
            }
            Some(Drag::Curves(area, axis)) => Some(UserCommand::SetCrosshair(axis.value(share(area, x)).round())),
            Some(Drag::Brush(axis, track, from)) => Some(UserCommand::Brush { axis, from, to: share(track, x) }),
            Some(Drag::Replay(area)) => Some(UserCommand::Seek(Seek::To(share(area, x)))),
            Some(Drag::Strip(part, area)) => {
                // A drag that leaves the strip goes on along its edge.
                let (x, y) = clamped(area, x, y);
                let hit = screen::strip_at(self.view(), area, x, y);
                let place = hit.and_then(|hit| if part == DesignPart::Fusion { hit.fusion } else { hit.split });
                place.map(|place| Command::Override(part, Move::To(place)).into())
            }
            Some(Drag::Limit { knob, side, area, .. }) => {
                let value = screen::value_at(self.view(), area, side, x, y);
                let fraction = self.session.ranges().of(knob).map(|range| range.fraction(value));
                fraction.map(|fraction| Command::SetKnob { knob, fraction }.into())
            }
            Some(Drag::Scatter(area, (from_x, from_y))) if (x, y) != (from_x, from_y) => {
                let plot = screen::plot_area(self.view(), area);
                let share =
                    |to: u16, from: u16, cells: u16| (f64::from(from) - f64::from(to)) / f64::from(cells.max(2) - 1);
                let shares = [share(x, from_x, plot.width), -share(y, from_y, plot.height)];
                self.ui.drag = Some(Drag::Scatter(area, (x, y)));
                Some(UserCommand::PanScatter(shares))
            }
            Some(Drag::Scatter(..)) | None => None,
        };
        command.into_iter().collect()
    }

    /// The wheel, turned up if `steps` is negative.
    fn wheel(&self, steps: i32) -> Vec<UserCommand> {
        let factor = if steps < 0 { ZOOM } else { 1.0 / ZOOM };
        if self.ui.overlay == Some(Overlay::Help) {
            return vec![UserCommand::ScrollHelp(Move::By(steps))];
        }
        match (self.ui.screen, self.region()) {
            (Screen::Explore, Some((_, Region::Knob { knob, .. }))) => {
                let select = Command::SelectKnob(Move::To(self.range(*knob)));
                vec![select.into(), Command::MoveKnob(Move::By(-steps)).into()]
            }
            (Screen::Explore, Some((_, Region::Strip))) => {
                vec![Command::Override(DesignPart::Split, Move::By(steps)).into()]
            }
            (Screen::Explore, Some((area, Region::Scatter))) => {
                let plot = screen::plot_area(self.view(), area);
                let at = [share(plot, self.x), 1.0 - row_share(plot, self.y)];
                vec![UserCommand::ZoomScatter { factor, at }]
            }
            (Screen::Explore, Some(_)) => vec![Command::Select(Move::By(steps)).into()],
            (Screen::Train | Screen::Search, Some((area, Region::Curves { x }))) => {
                vec![UserCommand::ZoomCurves { factor, around: Some(x.value(share(area, self.x))) }]
            }
            (Screen::Train | Screen::Search, _) => vec![UserCommand::ScrollEvents(Move::By(steps))],
            (Screen::Compare, Some((_, Region::Axis(_)))) | (Screen::Explore, None) => Vec::new(),
            (Screen::Compare, _) => vec![UserCommand::ScrollComparison(Move::By(steps))],
        }
    }

    /// Place of a knob in the list.
    fn range(&self, knob: Knob) -> usize {
        self.session.ranges().all().iter().position(|range| range.knob == knob).unwrap_or(0)
    }
}

/// Share of a bar or plot that lies left of a column's middle.
fn share(area: Rect, x: u16) -> f64 {
    let x = x.clamp(area.x, area.right().saturating_sub(1).max(area.x));
    f64::from(x - area.x) / f64::from(area.width.saturating_sub(1).max(1))
}

/// Share of a plot that lies above a row's middle.
fn row_share(area: Rect, y: u16) -> f64 {
    let y = y.clamp(area.y, area.bottom().saturating_sub(1).max(area.y));
    f64::from(y - area.y) / f64::from(area.height.saturating_sub(1).max(1))
}

/// The cell of an area nearest to a cell.
fn clamped(area: Rect, x: u16, y: u16) -> (u16, u16) {
    let within = |at: u16, start: u16, length: u16| at.clamp(start, start + length.saturating_sub(1));
    (within(x, area.x, area.width), within(y, area.y, area.height))
}
