//! From a key to what is done: the verb of the table, seen in the light of what has the focus.
//!
//! Nothing is drawn and nothing outside is touched here: the answer is a list of [`Deed`]s for the loop, and a changed
//! [`UiState`].

mod explore;

use std::path::PathBuf;

use ratatui::crossterm::event::KeyCode;

use super::{
    keymap::{BINDINGS, Key, Keymap, Row, Verb},
    screen::{brushed_filter, plane},
    state::{AXES, Choice, End, Entry, Menu, Purpose, UiState},
};
use crate::explore::{
    Action, Column, Control, Export, Filter, Move, Overlay, Pane, Part, Screen, Session, Sort, progress::State,
};

pub use explore::{open_row, ways};

/// Steps of a long move.
const MANY: i32 = 10;
/// Zoom of one key press.
const ZOOM: f64 = 2.0;
/// Pan of one key press, as a part of what is shown.
const PAN: f64 = 0.25;
/// More rows than a comparison has.
const COMPARE_ROWS: usize = 512;
/// Part of a run that one key press goes through.
const WIND: f64 = 0.02;

/// Something for the loop to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// Give the session an action.
    Act(Action),
    /// Draw everything anew.
    Redraw,
    /// Stop the process until it is continued.
    Suspend,
    /// Take the mouse, or give it back.
    Mouse,
    /// Offer the runs there are.
    Runs,
    /// Follow a run.
    Follow(PathBuf),
    /// Go to a part of the run that is replayed, 0 to 1, or so far on from here.
    Reel(Wind),
}

/// A movement through a run that is replayed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wind {
    /// To this part of it.
    To(f64),
    /// By this part of it; back if negative.
    By(f64),
    /// Play it from here, or hold it.
    Play,
}

/// What a key does.
pub fn key(session: &Session, ui: &mut UiState, key: Key) -> Vec<Deed> {
    if key == Key::ctrl('c') {
        let asked = ui.menu.take().is_some();
        ui.entry = None;
        return if asked { vec![Deed::Act(Action::Quit { keep_frame: false })] } else { quit(session, ui) };
    }
    if let Some(entry) = ui.entry.take() {
        return typed(session, ui, entry, key);
    }
    if let Some(menu) = ui.menu.take() {
        return chosen(ui, menu, key);
    }
    let wish = ui.keys.verb_of(session.ui().screen, key);
    wish.map_or_else(Vec::new, |wish| verb(session, ui, wish))
}

/// What a verb does, whether it comes from a key, the palette or the mouse.
pub fn verb(session: &Session, ui: &mut UiState, wish: Verb) -> Vec<Deed> {
    if let Some(action) = plain(session, wish) {
        return vec![Deed::Act(action)];
    }
    if let Some(deeds) = explore::verb(session, ui, wish) {
        return deeds;
    }
    match wish {
        Verb::Up | Verb::Down | Verb::First | Verb::Last | Verb::PageUp | Verb::PageDown => {
            return rows(session, ui, vertical(ui, wish));
        }
        Verb::Left | Verb::Right | Verb::LeftMany | Verb::RightMany => return sideways(session, ui, wish),
        Verb::Filter if session.ui().overlay == Some(Overlay::Help) => {
            ui.entry = Some(Entry::new(Purpose::HelpSearch, &ui.help_search));
        }
        Verb::Filter => ui.entry = Some(Entry::new(Purpose::Filter, session.setup().filter.text())),
        Verb::FindHelp => {
            ui.entry = Some(Entry::new(Purpose::HelpSearch, &ui.help_search));
            let open = session.ui().overlay == Some(Overlay::Help);
            return if open { Vec::new() } else { vec![Deed::Act(Action::Toggle(Overlay::Help))] };
        }
        Verb::Palette => ui.entry = Some(Entry::new(Purpose::Palette, "")),
        Verb::Remember => ui.entry = Some(Entry::new(Purpose::Remember, "")),
        Verb::Recall => ui.menu = Some(recall(session, &ui.keys)),
        Verb::Export => ui.menu = Some(export()),
        Verb::PanBack
        | Verb::PanOn
        | Verb::ZoomIn
        | Verb::ZoomOut
        | Verb::Follow
        | Verb::LogAxis
        | Verb::Inspect
        | Verb::Smooth => curves(session, ui, wish),
        Verb::EarlierFront => ui.generation = neighbouring_generation(session, ui.generation, false),
        Verb::LaterFront => ui.generation = neighbouring_generation(session, ui.generation, true),
        Verb::NextPane | Verb::PreviousPane => {
            // Two panes, so that the next one is the one before.
            ui.brushes.focus = !ui.brushes.focus;
        }
        Verb::DifferencesOnly => (ui.differences, ui.compare_first) = (!ui.differences, 0),
        Verb::LowerEndUp => brush(session, ui, End::Lower, 1.0),
        Verb::LowerEndDown => brush(session, ui, End::Lower, -1.0),
        Verb::UpperEndUp => brush(session, ui, End::Upper, 1.0),
        Verb::UpperEndDown => brush(session, ui, End::Upper, -1.0),
        Verb::ClearBrushes => ui.brushes.clear(),
        Verb::KeepBrushed => return keep_brushed(session, ui),
        Verb::Runs => return vec![Deed::Runs],
        Verb::ReplayBack => return vec![Deed::Reel(Wind::By(-WIND))],
        Verb::ReplayOn => return vec![Deed::Reel(Wind::By(WIND))],
        Verb::Play => return vec![Deed::Reel(Wind::Play)],
        Verb::Mouse => return vec![Deed::Mouse],
        Verb::Redraw => return vec![Deed::Redraw],
        Verb::Suspend => return vec![Deed::Suspend],
        Verb::Quit => return quit(session, ui),
        _ => {}
    }
    Vec::new()
}

/// Moves an end of a brush; the axes then have the focus.
fn brush(session: &Session, ui: &mut UiState, end: End, steps: f64) {
    ui.brushes.focus = true;
    ui.brushes.move_end(session, end, steps);
}

/// Makes a filter of the brushes, which are then no longer needed.
fn keep_brushed(session: &Session, ui: &mut UiState) -> Vec<Deed> {
    let Some(text) = brushed_filter(session, &ui.brushes) else { return Vec::new() };
    ui.brushes.clear();
    let filter = format!("{} {text}", session.setup().filter.text());
    vec![Deed::Act(Action::Filter(filter.trim().to_owned()))]
}

/// Looks at the curves of the screen otherwise.
fn curves(session: &Session, ui: &mut UiState, wish: Verb) {
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
        _ => curves.smooth = !curves.smooth,
    }
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

/// Verbs that are one action wherever the focus is.
fn plain(session: &Session, wish: Verb) -> Option<Action> {
    let Sort { column, .. } = session.setup().sort;
    Some(match wish {
        Verb::GoTo(screen) => Action::Screen(screen),
        Verb::NextPane if session.ui().screen == Screen::Explore => Action::Focus(Move::By(1)),
        Verb::PreviousPane if session.ui().screen == Screen::Explore => Action::Focus(Move::By(-1)),
        Verb::Least => Action::MoveKnob(Move::First),
        Verb::Most => Action::MoveKnob(Move::Last),
        Verb::Reset => Action::ResetKnob,
        Verb::ResetAll => Action::ResetKnobs,
        Verb::Lock => Action::LockKnob,
        Verb::Undo => Action::Undo,
        Verb::Redo => Action::Redo,
        Verb::Hand(part, steps) => Action::Hand(part, Move::By(i32::from(steps))),
        Verb::ResetHand => Action::ResetHand,
        Verb::Pin => Action::Pin,
        Verb::Baseline => Action::Baseline,
        Verb::Tornado => Action::Toggle(Overlay::Tornado),
        Verb::Help => Action::Toggle(Overlay::Help),
        Verb::Sort => Action::Sort(neighbour(column, 1)),
        Verb::Reverse => Action::Sort(column),
        Verb::Unit => Action::Unit(Move::By(1)),
        Verb::Freeze => Action::Freeze,
        Verb::Train => Action::Train,
        Verb::Search => Action::Search,
        Verb::PauseOrResume => Action::Control(if is_paused(session) { Control::Resume } else { Control::Pause }),
        Verb::Stop => Action::Control(Control::Stop),
        Verb::Detach => Action::Control(Control::Detach),
        Verb::SendLimits => Action::Control(Control::SendLimits),
        Verb::Copy => Action::Copy(Export::Design),
        Verb::CopyToml => Action::Copy(Export::Toml),
        Verb::QuitKeeping => Action::Quit { keep_frame: true },
        _ => return None,
    })
}

fn is_paused(session: &Session) -> bool {
    session.training().state == State::Paused || session.searching().state == State::Paused
}

/// The action that focuses a pane.
pub fn focus(pane: Pane) -> Action {
    Action::Focus(Move::To(Pane::ALL.iter().position(|one| *one == pane).unwrap_or(0)))
}

/// The column `steps` further on; the ends meet.
pub fn neighbour(column: Column, steps: i32) -> Column {
    let at = Column::ALL.iter().position(|one| *one == column).unwrap_or(0);
    Column::ALL[Move::By(steps).wrap(at, Column::ALL.len())]
}

fn vertical(ui: &UiState, wish: Verb) -> Move {
    let half = i32::try_from(ui.page / 2).unwrap_or(1).max(1);
    match wish {
        Verb::Up => Move::By(-1),
        Verb::PageUp => Move::By(-half),
        Verb::PageDown => Move::By(half),
        Verb::First => Move::First,
        Verb::Last => Move::Last,
        _ => Move::By(1),
    }
}

/// Moves in the list that has the focus.
fn rows(session: &Session, ui: &mut UiState, to: Move) -> Vec<Deed> {
    if session.ui().overlay == Some(Overlay::Help) {
        ui.help_first = to.apply(ui.help_first, BINDINGS.len());
        return Vec::new();
    }
    if matches!(session.ui().overlay, Some(Overlay::Why | Overlay::History)) {
        ui.overlay_at = to.apply(ui.overlay_at, explore::overlay_rows(session));
        return Vec::new();
    }
    match (session.ui().screen, session.ui().pane) {
        (Screen::Explore, Pane::Knobs) => vec![Deed::Act(Action::SelectKnob(to))],
        (Screen::Explore, _) => vec![Deed::Act(Action::Select(to))],
        (Screen::Train | Screen::Search, _) => {
            // The events: the newest stands at the bottom.
            ui.events_back = match to {
                Move::By(steps) => ui.events_back.saturating_add_signed(-isize::try_from(steps).unwrap_or(0)),
                Move::Last => 0,
                Move::First | Move::To(_) => usize::from(u16::MAX),
            };
            Vec::new()
        }
        (Screen::Compare, _) if ui.brushes.focus => {
            ui.brushes.at = to.apply(ui.brushes.at, AXES.len());
            Vec::new()
        }
        (Screen::Compare, _) => {
            // How many rows there are is known when they are drawn, and what is beyond is passed over then.
            ui.compare_first = to.apply(ui.compare_first, COMPARE_ROWS);
            Vec::new()
        }
    }
}

/// Moves to the left or right in what has the focus.
fn sideways(session: &Session, ui: &mut UiState, wish: Verb) -> Vec<Deed> {
    let steps = match wish {
        Verb::Left => -1,
        Verb::LeftMany => -MANY,
        Verb::RightMany => MANY,
        _ => 1,
    };
    let action = match session.ui().screen {
        Screen::Explore => match session.ui().pane {
            Pane::Knobs => Action::MoveKnob(Move::By(steps)),
            Pane::Network => Action::Hand(Part::Split, Move::By(steps)),
            Pane::Bars => Action::Unit(Move::By(steps.signum())),
            Pane::Table => Action::Sort(neighbour(session.setup().sort.column, steps.signum())),
            Pane::Scatter if steps.abs() > 1 => {
                plane::pan(session, ui, [PAN * f64::from(steps.signum()), 0.0]);
                return Vec::new();
            }
            Pane::Scatter => return explore::along_front(session, steps),
        },
        Screen::Train | Screen::Search => return Vec::new(),
        Screen::Compare => {
            ui.compare_at = Move::By(steps).apply(ui.compare_at, session.setup().pins.len());
            let pin = session.setup().pins.get(ui.compare_at);
            return pin.map(|pin| Deed::Act(Action::SelectCandidate(pin.candidate))).into_iter().collect();
        }
    };
    vec![Deed::Act(action)]
}

fn quit(session: &Session, ui: &mut UiState) -> Vec<Deed> {
    let quit = Action::Quit { keep_frame: false };
    // What is replayed is at work no more.
    let replayed = ui.reel.is_some();
    let work = match (session.training().state.is_active(), session.searching().state.is_active()) {
        _ if replayed => return vec![Deed::Act(quit)],
        (false, false) => return vec![Deed::Act(quit)],
        (true, _) => "training",
        _ => "search",
    };
    ui.menu = Some(Menu {
        title: "Quit".to_owned(),
        text: format!("The {work} is at work. It does not need this screen."),
        choices: vec![
            Choice { label: format!("quit, and let the {work} go on"), deeds: vec![Deed::Act(quit.clone())] },
            Choice {
                label: format!("stop the {work} (it can be resumed), then quit"),
                deeds: vec![Deed::Act(Action::Control(Control::Stop)), Deed::Act(quit)],
            },
            Choice { label: "stay".to_owned(), deeds: Vec::new() },
        ],
        at: 0,
    });
    Vec::new()
}

fn export() -> Menu {
    let choice =
        |label: &str, export| Choice { label: label.to_owned(), deeds: vec![Deed::Act(Action::Export(export))] };
    Menu {
        title: "Export".to_owned(),
        text: String::new(),
        choices: vec![
            choice("this screen as a picture (SVG)", Export::Svg),
            choice("all designs as CSV", Export::Csv),
            choice("all designs as JSON", Export::Json),
            choice("the pinned designs as a Markdown table", Export::Markdown),
            choice("the session, to open it again as it is (TOML)", Export::Session),
        ],
        at: 0,
    }
}

fn recall(session: &Session, keys: &Keymap) -> Menu {
    let choices: Vec<Choice> = session
        .remembered()
        .iter()
        .enumerate()
        .map(|(index, (name, _))| Choice { label: name.clone(), deeds: vec![Deed::Act(Action::Recall(index))] })
        .collect();
    let text = if choices.is_empty() {
        format!("Nothing is remembered yet; {} remembers the present setup.", keys.key(Verb::Remember))
    } else {
        String::new()
    };
    Menu { title: "Go back to".to_owned(), text, choices, at: 0 }
}

/// A key while a menu is open.
fn chosen(ui: &mut UiState, mut menu: Menu, key: Key) -> Vec<Deed> {
    let to = match key.code() {
        KeyCode::Up | KeyCode::Char('k') => Move::By(-1),
        KeyCode::Down | KeyCode::Tab | KeyCode::Char('j') => Move::By(1),
        KeyCode::Home | KeyCode::Char('g') => Move::First,
        KeyCode::End | KeyCode::Char('G') => Move::Last,
        KeyCode::Enter | KeyCode::Char(' ' | 'q') => return choose(&menu, menu.at),
        _ => return Vec::new(),
    };
    menu.at = to.apply(menu.at, menu.choices.len());
    ui.menu = Some(menu);
    Vec::new()
}

/// What a choice does.
pub fn choose(menu: &Menu, at: usize) -> Vec<Deed> {
    menu.choices.get(at).map(|choice| choice.deeds.clone()).unwrap_or_default()
}

/// A key while a text is typed.
fn typed(session: &Session, ui: &mut UiState, mut entry: Entry, key: Key) -> Vec<Deed> {
    let mut deeds = Vec::new();
    match key.code() {
        KeyCode::Esc => return cancelled(ui, &entry),
        KeyCode::Enter => return finished(session, ui, entry),
        KeyCode::Up => entry.at = entry.at.saturating_sub(1),
        KeyCode::Down | KeyCode::Tab => entry.at += 1,
        KeyCode::Backspace => {
            if entry.text.pop().is_none() {
                return cancelled(ui, &entry);
            }
            deeds = changed(session, ui, &mut entry);
        }
        _ if key == Key::ctrl('u') => {
            entry.text.clear();
            deeds = changed(session, ui, &mut entry);
        }
        _ => {
            if let Some(character) = key.character() {
                entry.text.push(character);
                deeds = changed(session, ui, &mut entry);
            }
        }
    }
    entry.at = entry.at.min(commands(ui, session.ui().screen, &entry.text).len().saturating_sub(1));
    ui.entry = Some(entry);
    deeds
}

/// What follows from a changed text at once.
fn changed(session: &Session, ui: &mut UiState, entry: &mut Entry) -> Vec<Deed> {
    entry.at = 0;
    match entry.purpose {
        Purpose::Filter if Filter::parse(&entry.text, session.space(), session.dials()).is_ok() => {
            return vec![Deed::Act(Action::Filter(entry.text.clone()))];
        }
        Purpose::HelpSearch => {
            ui.help_search.clone_from(&entry.text);
            ui.help_first = 0;
        }
        _ => {}
    }
    Vec::new()
}

/// The text is given up: what followed from it is taken back.
fn cancelled(ui: &mut UiState, entry: &Entry) -> Vec<Deed> {
    match entry.purpose {
        Purpose::Filter => vec![Deed::Act(Action::Filter(entry.before.clone()))],
        Purpose::HelpSearch => {
            ui.help_search.clear();
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// The text is done. One that is wrong stays, with its error beside it.
fn finished(session: &Session, ui: &mut UiState, entry: Entry) -> Vec<Deed> {
    if error(session, &entry).is_some() {
        ui.entry = Some(entry);
        return Vec::new();
    }
    match entry.purpose {
        Purpose::Knob | Purpose::Remember if entry.text.trim().is_empty() => Vec::new(),
        Purpose::Knob => vec![Deed::Act(Action::TypeKnob(entry.text))],
        Purpose::Remember => vec![Deed::Act(Action::Remember(entry.text))],
        Purpose::Filter => vec![Deed::Act(Action::Filter(entry.text))],
        Purpose::HelpSearch => Vec::new(),
        Purpose::Palette => {
            let found = commands(ui, session.ui().screen, &entry.text);
            let wish = found.get(entry.at).map(|row| row.binding.verb);
            wish.map_or_else(Vec::new, |wish| verb(session, ui, wish))
        }
    }
}

/// What is wrong with a typed text, in a sentence.
pub fn error(session: &Session, entry: &Entry) -> Option<String> {
    match entry.purpose {
        Purpose::Knob if !entry.text.trim().is_empty() => {
            session.selected_dial().parse(&entry.text).err().map(|error| error.to_string())
        }
        Purpose::Filter => {
            Filter::parse(&entry.text, session.space(), session.dials()).err().map(|error| error.to_string())
        }
        _ => None,
    }
}

/// The commands a search finds on a screen.
pub fn commands<'a>(ui: &'a UiState, screen: Screen, search: &str) -> Vec<Row<'a>> {
    ui.rows(screen).filter(|row| row.matches(search)).collect()
}
