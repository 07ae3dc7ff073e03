//! From a key to what is done: the verb of the table, seen in the light of what has the focus.
//!
//! Nothing is drawn and nothing outside is touched here: the answer is a list of [`Deed`]s for the loop, and a changed
//! [`UiState`].

mod compare;
mod curves;
mod entry;
mod explore;
mod menu;
mod moves;

use std::path::PathBuf;

use super::{
    keymap::{Key, Verb},
    state::{Entry, Purpose, UiState},
};
use crate::explore::{Column, Command, Control, Export, Move, Overlay, Pane, Screen, Session, Sort, progress::State};

pub use curves::last_x;
pub use entry::{commands, error};
pub use explore::{open_row, ways};
pub use menu::choose;

/// Zoom of one key press.
const ZOOM: f64 = 2.0;
/// Pan of one key press, as a part of what is shown.
const PAN: f64 = 0.25;
/// DesignPart of a run that one key press goes through.
const WIND: f64 = 0.02;

/// Something for the loop to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// Give the session an action.
    Act(Command),
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
        return if asked { vec![Deed::Act(Command::Quit { keep_frame: false })] } else { menu::quit(session, ui) };
    }
    if let Some(entry) = ui.entry.take() {
        return entry::typed(session, ui, entry, key);
    }
    if let Some(menu) = ui.menu.take() {
        return menu::chosen(ui, menu, key);
    }
    let wish = ui.keys.verb_of(session.ui().screen, key);
    wish.map_or_else(Vec::new, |wish| verb(session, ui, wish))
}

/// What a verb does, whether it comes from a key, the palette or the mouse.
pub fn verb(session: &Session, ui: &mut UiState, wish: Verb) -> Vec<Deed> {
    if let Some(action) = plain(session, wish) {
        return vec![Deed::Act(action)];
    }
    let own = [explore::verb, compare::verb, curves::verb];
    if let Some(deeds) = own.iter().find_map(|verb| verb(session, ui, wish)) {
        return deeds;
    }
    match wish {
        Verb::Up | Verb::Down | Verb::First | Verb::Last | Verb::PageUp | Verb::PageDown => {
            return moves::rows(session, ui, wish);
        }
        Verb::Left | Verb::Right | Verb::LeftMany | Verb::RightMany => return moves::sideways(session, ui, wish),
        Verb::Filter if session.ui().overlay == Some(Overlay::Help) => {
            ui.entry = Some(Entry::new(Purpose::HelpSearch, &ui.help_search));
        }
        Verb::Filter => ui.entry = Some(Entry::new(Purpose::Filter, session.setup().filter().text())),
        Verb::FindHelp => {
            ui.entry = Some(Entry::new(Purpose::HelpSearch, &ui.help_search));
            let open = session.ui().overlay == Some(Overlay::Help);
            return if open { Vec::new() } else { vec![Deed::Act(Command::Toggle(Overlay::Help))] };
        }
        Verb::Palette => ui.entry = Some(Entry::new(Purpose::Palette, "")),
        Verb::Remember => ui.entry = Some(Entry::new(Purpose::Remember, "")),
        Verb::Recall => ui.menu = Some(menu::recall(session, &ui.keys)),
        Verb::Export => ui.menu = Some(menu::export()),
        Verb::Runs => return vec![Deed::Runs],
        Verb::ReplayBack => return vec![Deed::Reel(Wind::By(-WIND))],
        Verb::ReplayOn => return vec![Deed::Reel(Wind::By(WIND))],
        Verb::Play => return vec![Deed::Reel(Wind::Play)],
        Verb::Mouse => return vec![Deed::Mouse],
        Verb::Redraw => return vec![Deed::Redraw],
        Verb::Suspend => return vec![Deed::Suspend],
        Verb::Quit => return menu::quit(session, ui),
        _ => {}
    }
    Vec::new()
}

/// Verbs that are one action wherever the focus is.
fn plain(session: &Session, wish: Verb) -> Option<Command> {
    let Sort { column, .. } = session.setup().sort();
    Some(match wish {
        Verb::GoTo(screen) => Command::Screen(screen),
        Verb::NextPane if session.ui().screen == Screen::Explore => Command::Focus(Move::By(1)),
        Verb::PreviousPane if session.ui().screen == Screen::Explore => Command::Focus(Move::By(-1)),
        Verb::Least => Command::MoveKnob(Move::First),
        Verb::Most => Command::MoveKnob(Move::Last),
        Verb::Reset => Command::ResetKnob,
        Verb::ResetAll => Command::ResetKnobs,
        Verb::Lock => Command::LockKnob,
        Verb::Undo => Command::Undo,
        Verb::Redo => Command::Redo,
        Verb::Hand(part, steps) => Command::Override(part, Move::By(i32::from(steps))),
        Verb::ResetHand => Command::ResetOverride,
        Verb::Pin => Command::Pin,
        Verb::Baseline => Command::Baseline,
        Verb::Tornado => Command::Toggle(Overlay::Tornado),
        Verb::Help => Command::Toggle(Overlay::Help),
        Verb::Sort => Command::Sort(neighbour(column, 1)),
        Verb::Reverse => Command::Sort(column),
        Verb::Unit => Command::Unit(Move::By(1)),
        Verb::Freeze => Command::Freeze,
        Verb::Train => Command::StartTraining,
        Verb::Search => Command::StartSearch,
        Verb::PauseOrResume => Command::Control(if is_paused(session) { Control::Resume } else { Control::Pause }),
        Verb::Stop => Command::Control(Control::Stop),
        Verb::Detach => Command::Control(Control::Detach),
        Verb::SendLimits => Command::Control(Control::SendLimits),
        Verb::Copy => Command::Copy(Export::Design),
        Verb::CopyToml => Command::Copy(Export::Toml),
        Verb::QuitKeeping => Command::Quit { keep_frame: true },
        _ => return None,
    })
}

fn is_paused(session: &Session) -> bool {
    [&session.training().state, &session.searching().state].into_iter().any(|state| state.is_pausing_or_paused())
}

/// The action that focuses a pane.
pub fn focus(pane: Pane) -> Command {
    Command::Focus(Move::To(Pane::ALL.iter().position(|one| *one == pane).unwrap_or(0)))
}

/// The column `steps` further on; the ends meet.
pub fn neighbour(column: Column, steps: i32) -> Column {
    let at = Column::ALL.iter().position(|one| *one == column).unwrap_or(0);
    Column::ALL[Move::By(steps).wrap(at, Column::ALL.len())]
}
