//! State of the view.

use std::sync::Arc;

use super::{
    axes::PlotAxes,
    brushes::{Brushes, ParallelAxes},
    caption::Caption,
    curves::CurveView,
    entry::Entry,
    menu::Menu,
    pointer::{Drag, Press},
    replay::ReplayPosition,
    scatter_window::{ScatterView, ScatterWindow},
    screen::{Overlay, Pane, Screen},
};
use crate::{
    explore::{BarQuantity, Session, SessionFile, ViewRow, progress::Searching},
    tui::{
        command::UserCommand,
        keymap::{Group, Keymap, Row},
    },
};

/// State of the view: everything a frame depends on besides session and theme.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is one thing the user turns on or off")]
pub struct UiState {
    /// Keys of this user.
    pub keys: Arc<Keymap>,
    /// Screen shown.
    pub screen: Screen,
    /// Focused pane of the Explore screen.
    pub pane: Pane,
    /// Open overlay.
    pub overlay: Option<Overlay>,
    /// Chosen row of the overlay.
    pub overlay_row: usize,
    /// Text being typed.
    pub entry: Option<Entry>,
    /// Open menu.
    pub menu: Option<Menu>,
    /// The lower pane of a narrow Explore screen is the scatter plot, not the table.
    pub prefers_scatter: bool,
    /// The focused pane has the whole Explore screen.
    pub maximised: bool,
    /// Quantity that the bars show.
    pub bar_quantity: BarQuantity,
    /// Figures of the scatter plot as chosen; [`UiState::plot_axes`] has them as drawn.
    pub axes: PlotAxes,
    /// Visible part of the scatter plot; the whole if `None`.
    pub window: Option<ScatterWindow>,
    /// Cell of the scatter plot that the mouse inspects.
    pub crosshair: Option<(u16, u16)>,
    /// Curves of Train, over steps.
    pub training: CurveView,
    /// Curves of Search, over evaluations.
    pub searching: CurveView,
    /// Lines that the list of events is scrolled back from the newest one.
    pub events_back: usize,
    /// Earlier generation whose front Search shows too.
    pub front_generation: Option<u32>,
    /// First row of the table shown.
    pub table_first: usize,
    /// First row of the help shown.
    pub help_first: usize,
    /// Search of the help.
    pub help_search: String,
    /// Selected column of the pinned designs.
    pub pin: usize,
    /// First row of the comparison shown.
    pub compare_first: usize,
    /// The comparison shows only rows that differ.
    pub differences_only: bool,
    /// Parallel axes of the Compare screen.
    pub parallel: ParallelAxes,
    /// Rows shown of the list in the focus.
    pub page: usize,
    /// Position in the replayed run.
    pub replay: Option<ReplayPosition>,
    /// Caption of the tour.
    pub tour: Option<Caption>,
    /// Object that the mouse drags.
    pub drag: Option<Drag>,
    /// Last press, as long as a second one may make it a double click.
    pub pressed: Option<Press>,
    /// The mouse is taken from the terminal.
    pub uses_mouse: bool,
    /// Milliseconds since the program began.
    pub now_ms: u64,
}

impl UiState {
    /// A view on Explore with the view of a session file.
    pub fn from_file(view: &ViewRow) -> Self {
        Self {
            screen: Screen::named(&view.screen).unwrap_or_default(),
            bar_quantity: BarQuantity::ALL.into_iter().find(|one| one.name() == view.bars).unwrap_or_default(),
            axes: PlotAxes::read(&view.plot).unwrap_or_default(),
            parallel: ParallelAxes { brushes: Brushes::read(&view.brushes), ..ParallelAxes::default() },
            ..Self::default()
        }
    }

    /// Session file of a session under this view.
    pub fn session_file(&self, session: &Session) -> SessionFile {
        let mut file = session.to_file();
        file.view.screen = self.screen.name().to_lowercase();
        self.bar_quantity.name().clone_into(&mut file.view.bars);
        file.view.plot = self.axes.words();
        file.view.brushes = self.parallel.brushes.rows();
        file
    }

    /// Axes of the scatter plot as drawn.
    pub fn plot_axes(&self, session: &Session) -> PlotAxes {
        self.axes.shown(session)
    }

    /// The scatter plot of a session under this view.
    pub fn scatter<'a>(&self, session: &'a Session) -> ScatterView<'a> {
        ScatterView::new(session, self.plot_axes(session), self.window)
    }

    /// Curves of the current screen.
    pub const fn curves(&self) -> &CurveView {
        match self.screen {
            Screen::Search => &self.searching,
            _ => &self.training,
        }
    }

    /// Curves of the current screen.
    pub const fn curves_mut(&mut self) -> &mut CurveView {
        match self.screen {
            Screen::Search => &mut self.searching,
            _ => &mut self.training,
        }
    }

    /// Newest x of the curves of the current screen: evaluations on Search, else training steps.
    pub fn newest_x(&self, session: &Session) -> f64 {
        match self.screen {
            Screen::Search => session.searching().last().evaluations as f64,
            _ => session.training().last.step as f64,
        }
    }

    /// Earlier generation whose front is shown too, as long as the search is beyond it.
    pub fn earlier_front(&self, searching: &Searching) -> Option<u32> {
        self.front_generation.filter(|chosen| *chosen < searching.last().generation)
    }

    /// Rows of the key table that can be asked for on the current screen now.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let replays = self.replay.is_some();
        let can_seek = replays || self.tour.is_some();
        self.keys.rows_on(self.screen).filter(move |row| match row.binding.group {
            Group::Replay => can_seek,
            // Work that is replayed is over: it can't be controlled.
            Group::Work => !replays || row.binding.command == UserCommand::OfferRuns,
            _ => true,
        })
    }
}
