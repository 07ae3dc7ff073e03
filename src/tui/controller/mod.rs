//! Carries commands out: the one place where a [`UserCommand`] changes the session and the view.
//!
//! ```text
//! perform   what each command does          focus    commands whose meaning depends on the focus
//! entry     texts being typed               compare  the Compare screen      curves  Train and Search
//! ```
//! Nothing is drawn and nothing outside is touched: the answer is a list of [`Effect`]s.

mod compare;
mod curves;
mod entry;
mod focus;

use super::{
    command::{DesignFormat, MenuKind, UserCommand},
    effect::Effect,
    model::{
        command_palette,
        entry::{Entry, Purpose},
        fixes::fixes,
        menu::Menu,
        scatter_window::ScatterExtent,
        screen::{Overlay, Pane, Screen},
        state::UiState,
    },
};
use crate::explore::{BarQuantity, Command, Move, Point, PointClass, Session, Severity, Update};

/// Carries out a command and returns what must be done outside.
///
/// Steps of a knob are queued in the session so that those of a held key cost one evaluation: call
/// [`Session::apply_pending_steps`] at the end of a batch of input.
pub(crate) fn perform(session: &mut Session, ui: &mut UiState, command: impl Into<UserCommand>) -> Vec<Effect> {
    let command = command.into();
    if !matches!(command, UserCommand::Sideways(_) | UserCommand::Session(Command::MoveKnob(_))) {
        session.apply_pending_steps(ui.now_ms);
    }
    match command {
        UserCommand::Session(command) => return apply(session, ui, command),
        UserCommand::ActivateRow(row) => return activate(session, ui, row),
        UserCommand::Edit(key) => entry::edit(session, ui, key),
        UserCommand::Paste(text) => entry::paste(session, ui, &text),
        UserCommand::Submit => {
            let commands = entry::submitted(session, ui);
            return commands.into_iter().flat_map(|command| perform(session, ui, command)).collect();
        }
        UserCommand::CancelEntry => entry::cancel(session, ui),
        UserCommand::Copy(format) => return copy(session, ui, format),
        UserCommand::Export(format) => return vec![Effect::Export(format)],
        UserCommand::OfferRuns => return vec![Effect::OfferRuns],
        UserCommand::FollowRun(path) => return vec![Effect::FollowRun(path)],
        UserCommand::ToggleSensor(camera) => return vec![Effect::ToggleSensor(camera)],
        UserCommand::Seek(seek) => return vec![Effect::Seek(seek)],
        UserCommand::ToggleMouse => return vec![Effect::ToggleMouse],
        UserCommand::Redraw => return vec![Effect::Redraw],
        UserCommand::Suspend => return vec![Effect::Suspend],
        UserCommand::QuitNow { keep_frame } => return vec![Effect::Quit { keep_frame }],
        UserCommand::SelectAlongFront(steps) => {
            let next = along_front(session, ui, steps);
            return next.map_or_else(Vec::new, |point| perform(session, ui, UserCommand::select(point.candidate)));
        }
        command if focus::depends(&command) => {
            let resolved = focus::resolve(session, ui, &command);
            return resolved.map_or_else(Vec::new, |command| perform(session, ui, command));
        }
        command => {
            let follow_up = compare::perform(session, ui, &command);
            if !follow_up.is_empty() {
                return follow_up.into_iter().flat_map(|command| perform(session, ui, command)).collect();
            }
            curves::perform(session, ui, &command);
            view(session, ui, command);
        }
    }
    Vec::new()
}

/// Applies a command of the session. A training or search that starts is shown.
fn apply(session: &mut Session, ui: &mut UiState, command: Command) -> Vec<Effect> {
    let screen = match command {
        Command::StartTraining => Some(Screen::Train),
        Command::StartSearch | Command::StartFrontSearch => Some(Screen::Search),
        _ => None,
    };
    if ui.replay.is_some() && command.controls_work() {
        let key = ui.keys.key(UserCommand::OfferRuns);
        say(session, ui, Severity::Warning, format!("a replay only looks; {key} follows a run to go on with it"));
        return Vec::new();
    }
    let requests = session.queue(command, ui.now_ms);
    if !requests.is_empty() {
        ui.screen = screen.unwrap_or(ui.screen);
    }
    requests.into_iter().map(Effect::Work).collect()
}

fn say(session: &mut Session, ui: &UiState, severity: Severity, text: String) {
    session.apply(Command::Update(vec![Update::Message(severity, text)]), ui.now_ms);
}

/// Changes the view. Commands that other functions carry out change nothing here.
fn view(session: &Session, ui: &mut UiState, command: UserCommand) {
    match command {
        UserCommand::ShowScreen(screen) => ui.screen = screen,
        UserCommand::Focus(pane) => ui.pane = pane,
        UserCommand::ShowScatter => {
            (ui.prefers_scatter, ui.pane) = (true, Pane::Scatter);
            (ui.pictures.shown, ui.curve) = (false, false);
        }
        UserCommand::ToggleTracks => ui.tracks_fit = !ui.tracks_fit,
        UserCommand::ToggleCurve => toggle_curve(ui),
        UserCommand::TogglePictures => toggle_pictures(ui),
        UserCommand::ShowObject(steps) => ui.pictures.object = ui.pictures.object.saturating_add_signed(steps),
        UserCommand::ShowCamera(steps) => {
            let count = usize::try_from(session.knobs().sensors).unwrap_or(1);
            ui.pictures.camera = Move::By(steps).wrap(ui.pictures.camera, count);
        }
        UserCommand::ShowTable => (ui.prefers_scatter, ui.pane) = (false, Pane::Table),
        UserCommand::ToggleMaximised => ui.maximised = !ui.maximised,
        UserCommand::ToggleOverlay(overlay) => toggle_overlay(session, ui, overlay),
        UserCommand::ChooseOverlayRow(to) => ui.overlay_row = to.apply(ui.overlay_row, overlay_rows(session, ui)),
        UserCommand::ScrollHelp(to) => ui.help_first = to.apply(ui.help_first, super::keymap::BINDINGS.len()),
        UserCommand::ChooseBarQuantity(to) => {
            let now = BarQuantity::ALL.iter().position(|one| *one == ui.bar_quantity).unwrap_or(0);
            ui.bar_quantity = BarQuantity::ALL[to.wrap(now, BarQuantity::ALL.len())];
        }
        UserCommand::SetAxis(side, column) => ui.axes.set(side, column),
        UserCommand::ToggleLogAxis(side) => ui.axes.toggle_log(side),
        UserCommand::PanScatter(shares) => ui.extent = ui.scatter(session).panned(shares),
        UserCommand::ZoomScatter { factor, at } => ui.extent = ui.scatter(session).zoomed(factor, at),
        UserCommand::FitScatter => {
            ui.extent = if ui.extent == ScatterExtent::Front { ScatterExtent::All } else { ScatterExtent::Front };
        }
        UserCommand::ShowExtent(extent) => ui.extent = extent,
        UserCommand::InspectScatter(cell) => ui.crosshair = cell,
        UserCommand::Type(purpose) => ui.entry = Some(entry::begun(session, ui, purpose)),
        UserCommand::SearchHelp => {
            ui.entry = Some(Entry::new(Purpose::HelpSearch, &ui.help_search));
            ui.overlay = Some(Overlay::Help);
        }
        UserCommand::ChoosePaletteRow(to) => entry::choose_row(ui, to),
        UserCommand::OpenMenu(kind) => {
            ui.entry = None;
            ui.menu = Some(match kind {
                MenuKind::Export => Menu::export(session),
                MenuKind::Recall => Menu::recall(session, &ui.keys),
                MenuKind::Axes => Menu::axes(ui.axes, !session.catalogue().leaks().is_empty()),
                MenuKind::Quit if session.training().state.is_active() => Menu::quit("training"),
                MenuKind::Quit => Menu::quit("search"),
            });
        }
        UserCommand::ChooseMenuRow(to) => {
            if let Some(menu) = &mut ui.menu {
                menu.row = to.apply(menu.row, menu.choices.len());
            }
        }
        UserCommand::ClosePopup => (ui.menu, ui.entry) = (None, None),
        _ => {}
    }
}

fn toggle_curve(ui: &mut UiState) {
    let hides = ui.curve && !ui.pictures.shown;
    ui.screen = Screen::Explore;
    ui.curve = !hides;
    ui.pictures.shown = false;
    ui.prefers_scatter = true;
}

fn toggle_pictures(ui: &mut UiState) {
    let hides = ui.pictures.shown && ui.pane == Pane::Pictures;
    ui.screen = Screen::Explore;
    ui.prefers_scatter = true;
    ui.pictures.shown = !hides;
    ui.pane = if hides { Pane::Scatter } else { Pane::Pictures };
}

fn toggle_overlay(session: &Session, ui: &mut UiState, overlay: Overlay) {
    if overlay == Overlay::Running && ui.running.is_none() {
        return;
    }
    ui.overlay = if ui.overlay == Some(overlay) { None } else { Some(overlay) };
    ui.overlay_row = if overlay == Overlay::History { session.history().past().len() } else { 0 };
}

/// Number of rows of the overlay that can be chosen.
fn overlay_rows(session: &Session, ui: &UiState) -> usize {
    match ui.overlay {
        Some(Overlay::Why) => fixes(session).len(),
        Some(Overlay::History) => session.history().past().len() + 1 + session.history().future().len(),
        Some(Overlay::Running) => ui.running.as_ref().map_or(0, |running| running.sensors.len()),
        _ => 0,
    }
}

/// Carries out a row of the menu, of the command palette, or of the overlay: a fix, or the way to a step of the
/// history.
fn activate(session: &mut Session, ui: &mut UiState, row: usize) -> Vec<Effect> {
    let commands: Vec<UserCommand> = if let Some(menu) = ui.menu.take() {
        menu.commands(row)
    } else if let Some(entry) = ui.entry.take() {
        if entry.purpose != Purpose::Palette {
            return Vec::new();
        }
        command_palette::chosen(ui, entry.text(), row)
    } else {
        ui.overlay_row = row;
        overlay_commands(session, ui, row)
    };
    commands.into_iter().flat_map(|command| perform(session, ui, command)).collect()
}

fn overlay_commands(session: &Session, ui: &UiState, row: usize) -> Vec<UserCommand> {
    match ui.overlay {
        Some(Overlay::Why) => {
            let fix = fixes(session).into_iter().nth(row);
            let turns = fix.map(|fix| fix.iter().map(|change| (change.knob, change.to)).collect());
            turns.map(|turns| Command::SetKnobs(turns).into()).into_iter().collect()
        }
        Some(Overlay::History) => {
            let now = session.history().past().len();
            let command = if row < now { Command::Undo } else { Command::Redo };
            vec![command.into(); now.abs_diff(row)]
        }
        Some(Overlay::Running) => vec![UserCommand::ToggleSensor(row)],
        _ => Vec::new(),
    }
}

/// Point of the front next to the selected design, on its right if `steps` is positive.
fn along_front(session: &Session, ui: &UiState, steps: i32) -> Option<Point> {
    let points = ui.scatter(session).points();
    let now = points.iter().find(|point| Some(point.candidate) == session.selected())?.right;
    let beyond = |right: f64| if steps > 0 { right > now } else { right < now };
    let front = points.iter().filter(|point| point.class == PointClass::Front && beyond(point.right));
    front.min_by(|one, other| (one.right - now).abs().total_cmp(&(other.right - now).abs())).copied()
}

fn copy(session: &mut Session, ui: &UiState, format: DesignFormat) -> Vec<Effect> {
    let Some(design) = session.selected_design() else { return Vec::new() };
    let text = match format {
        DesignFormat::Text => session.space().print_design(&design),
        DesignFormat::Toml => session.design_toml(&design),
    };
    say(session, ui, Severity::Info, "copied".to_owned());
    vec![Effect::Copy(text)]
}
