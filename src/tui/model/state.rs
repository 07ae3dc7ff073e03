//! State of the view.

use std::sync::Arc;

use super::{
    axes::PlotAxes,
    brushes::{Brushes, ParallelAxes},
    caption::Caption,
    curves::CurveView,
    entry::Entry,
    menu::Menu,
    pictures::PictureView,
    pointer::{Drag, Press},
    replay::ReplayPosition,
    scatter_window::{ScatterExtent, ScatterView},
    screen::{ComparePane, Overlay, Pane, Screen},
    watched_split::WatchedSplit,
};
use crate::{
    explore::{BarQuantity, Session, SessionFile, ViewRow, progress::Searching},
    tui::{
        command::UserCommand,
        keymap::{Group, KeyRow, Keymap},
    },
};

/// State of the view: everything a frame depends on besides session and theme.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is one thing the user turns on or off")]
pub struct UiState {
    /// Keys of this user.
    pub(crate) keys: Arc<Keymap>,
    /// Screen shown.
    pub(crate) screen: Screen,
    /// Focused pane of the Explore screen.
    pub(crate) pane: Pane,
    /// Open overlay.
    pub(crate) overlay: Option<Overlay>,
    /// Chosen row of the overlay.
    pub(crate) overlay_row: usize,
    /// Text being typed.
    pub(crate) entry: Option<Entry>,
    /// Open menu.
    pub(crate) menu: Option<Menu>,
    /// The lower pane of a narrow Explore screen is the scatter plot, not the table.
    pub(crate) prefers_scatter: bool,
    /// The focused pane has the whole Explore screen.
    pub(crate) maximised: bool,
    /// Quantity that the bars show.
    pub(crate) bar_quantity: BarQuantity,
    /// The tracks of the knobs show how many designs fit, also where accuracies are known.
    pub(crate) tracks_fit: bool,
    /// The scatter's pane shows the best accuracy against the selected knob.
    pub(crate) curve: bool,
    /// Figures of the scatter plot as chosen; [`UiState::plot_axes`] has them as drawn.
    pub(crate) axes: PlotAxes,
    /// Visible part of the scatter plot.
    pub(crate) extent: ScatterExtent,
    /// Cell of the scatter plot that the mouse inspects.
    pub(crate) crosshair: Option<(u16, u16)>,
    /// Curves of Train, over steps.
    pub(crate) training: CurveView,
    /// Curves of Search, over evaluations.
    pub(crate) searching: CurveView,
    /// Lines that the list of events is scrolled back from the newest one.
    pub(crate) events_back: usize,
    /// Earlier generation whose front Search shows too.
    pub(crate) front_generation: Option<u32>,
    /// First row of the table shown.
    pub(crate) table_first: usize,
    /// First row of the help shown.
    pub(crate) help_first: usize,
    /// Search of the help.
    pub(crate) help_search: String,
    /// Pictures of an object.
    pub(crate) pictures: PictureView,
    /// Focused pane of the Compare screen.
    pub(crate) compare_pane: ComparePane,
    /// Selected column of the pinned designs.
    pub(crate) pin: usize,
    /// First row of the comparison shown.
    pub(crate) compare_first: usize,
    /// The comparison shows only rows that differ.
    pub(crate) differences_only: bool,
    /// Parallel axes of the Compare screen.
    pub(crate) parallel: ParallelAxes,
    /// Rows shown of the list in the focus.
    pub(crate) page: usize,
    /// Position in the replayed run.
    pub(crate) replay: Option<ReplayPosition>,
    /// Split that runs as processes.
    pub(crate) running: Option<WatchedSplit>,
    /// Caption of the tour.
    pub(crate) tour: Option<Caption>,
    /// Object that the mouse drags.
    pub(crate) drag: Option<Drag>,
    /// Last press, as long as a second one may make it a double click.
    pub(crate) pressed: Option<Press>,
    /// The mouse is taken from the terminal.
    pub(crate) uses_mouse: bool,
    /// Milliseconds since the program began.
    pub(crate) now_ms: u64,
}

impl UiState {
    /// A view on Explore with the view of a session file.
    pub(crate) fn from_file(view: &ViewRow) -> Self {
        Self {
            screen: Screen::named(&view.screen).unwrap_or_default(),
            bar_quantity: BarQuantity::ALL.into_iter().find(|one| one.name() == view.bars).unwrap_or_default(),
            tracks_fit: view.tracks_fit,
            curve: view.curve,
            axes: PlotAxes::read(&view.plot).unwrap_or_default(),
            parallel: ParallelAxes { brushes: Brushes::read(&view.brushes), ..ParallelAxes::default() },
            ..Self::default()
        }
    }

    /// Session file of a session under this view.
    pub(crate) fn session_file(&self, session: &Session) -> SessionFile {
        let mut file = session.to_file();
        file.view.screen = self.screen.name().to_lowercase();
        self.bar_quantity.name().clone_into(&mut file.view.bars);
        (file.view.tracks_fit, file.view.curve) = (self.tracks_fit, self.curve);
        file.view.plot = self.axes.words();
        file.view.brushes = self.parallel.brushes.rows();
        file
    }

    /// Panes of the Explore screen in the order of the Tab key: pictures stand in the place of the scatter plot.
    pub(crate) fn panes(&self) -> [Pane; 5] {
        let lower = if self.pictures.shown { Pane::Pictures } else { Pane::Scatter };
        [Pane::Knobs, Pane::Network, Pane::Bars, lower, Pane::Table]
    }

    /// Axes of the scatter plot as drawn.
    pub(crate) fn plot_axes(&self, session: &Session) -> PlotAxes {
        self.axes.shown(session)
    }

    /// The scatter plot of a session under this view.
    pub(crate) fn scatter<'a>(&self, session: &'a Session) -> ScatterView<'a> {
        ScatterView::new(session, self.plot_axes(session), self.extent)
    }

    /// Curves of the current screen.
    pub(crate) const fn curves_mut(&mut self) -> &mut CurveView {
        match self.screen {
            Screen::Search => &mut self.searching,
            _ => &mut self.training,
        }
    }

    /// Newest x of the curves of the current screen: evaluations on Search, else training steps.
    pub(crate) fn newest_x(&self, session: &Session) -> f64 {
        match self.screen {
            Screen::Search => session.searching().last().evaluations as f64,
            _ => session.training().last.step as f64,
        }
    }

    /// Earlier generation whose front is shown too, as long as the search is beyond it.
    pub(crate) fn earlier_front(&self, searching: &Searching) -> Option<u32> {
        self.front_generation.filter(|chosen| *chosen < searching.last().generation)
    }

    /// Rows of the key table that can be asked for on the current screen now.
    pub(crate) fn rows(&self) -> impl Iterator<Item = KeyRow<'_>> {
        self.rows_anywhere().filter(|row| row.binding.screens.has(self.screen))
    }

    /// Rows of the key table that can be asked for on some screen now.
    pub(crate) fn rows_anywhere(&self) -> impl Iterator<Item = KeyRow<'_>> {
        let replays = self.replay.is_some();
        let can_seek = replays || self.tour.is_some();
        let runs = self.running.is_some();
        self.keys.rows().filter(move |row| match row.binding.group {
            Group::Replay => can_seek,
            // Work that is replayed is over: it can't be controlled.
            Group::Work => !replays || row.binding.command == UserCommand::OfferRuns,
            _ => runs || row.binding.command != UserCommand::ToggleOverlay(Overlay::Running),
        })
    }
}
