//! Commands: everything a user can ask for, by key, mouse, command palette or script.
//!
//! Requests that change the session are [`Command`]s of `explore` and stand here as [`UserCommand::Session`]; the
//! others change the view or ask for an [`Effect`](super::effect::Effect). There are two types because a session knows
//! nothing of screens and panes; each request still has one name. `controller::perform` carries a command out.

use std::path::PathBuf;

use super::{
    effect::ExportFormat,
    keymap::Key,
    model::{
        axes::PlotSide,
        brushes::BrushEnd,
        entry::Purpose,
        replay::Seek,
        scatter_window::ScatterExtent,
        screen::{ComparePane, Overlay, Pane, Screen},
    },
};
use crate::explore::{CandidateId, Column, Command, Move};

/// A request of the user.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum UserCommand {
    /// Applies a command to the session.
    Session(Command),

    // Commands whose meaning depends on the screen, the pane or the overlay: see `controller::focus`.
    /// Moves through the rows of what has the focus.
    Rows(RowMove),
    /// Moves so many steps to the right in what has the focus, or to the left if negative.
    Sideways(i32),
    /// Focuses the next pane.
    NextPane,
    /// Focuses the previous pane.
    PreviousPane,
    /// Opens what has the focus: the value of a knob, the selected design, the chosen row of an overlay.
    Open,
    /// Closes the overlay, else dismisses the message, restores the maximised pane, or clears the filter.
    Back,
    /// Sorts the designs by the column so many places further on.
    SortByNeighbour(i32),
    /// Reverses the order of the designs.
    ReverseOrder,
    /// Types a filter of the designs; with the help open, a search of the help.
    Filter,
    /// Zooms into the curves or the scatter plot.
    ZoomIn,
    /// Zooms out of the curves or the scatter plot.
    ZoomOut,
    /// Follows the newest sample of the curves, or shows the front in the scatter plot; again: all of them.
    Follow,
    /// Pauses the training or search, or resumes it.
    PauseOrResume,
    /// Quits; asks first while a training or a search is running.
    Quit,

    // View.
    /// Shows a screen.
    ShowScreen(Screen),
    /// Focuses a pane of the Explore screen.
    Focus(Pane),
    /// Focuses the scatter plot, and shows it where there is room for one lower pane.
    ShowScatter,
    /// Focuses the table, and shows it where there is room for one lower pane.
    ShowTable,
    /// Shows pictures of an object in the place of the scatter plot and focuses them; if they have the focus already,
    /// shows the scatter plot again.
    TogglePictures,
    /// Shows the test object so many places further on.
    ShowObject(i32),
    /// Shows the camera so many places to the right.
    ShowCamera(i32),
    /// Gives the focused pane the whole screen, or restores the layout.
    ToggleMaximised,
    /// Opens an overlay, or closes it.
    ToggleOverlay(Overlay),
    /// Chooses a row of the open overlay.
    ChooseOverlayRow(Move),
    /// Ends the sensor of a camera of the split that runs, or starts it again.
    ToggleSensor(usize),
    /// Carries out a row of the menu, of the command palette or of the overlay that is open.
    ActivateRow(usize),
    /// Scrolls the help.
    ScrollHelp(Move),
    /// Scrolls the events of Train and Search so many lines towards the newest one, or to an end.
    ScrollEvents(Move),
    /// Chooses the quantity that the bars show.
    ChooseBarQuantity(Move),

    /// Switches the tracks of the knobs between the best accuracy and the number of designs that fit.
    ToggleTracks,
    /// Shows the best accuracy against the selected knob in the scatter's pane; if it has the focus already, the
    /// scatter again.
    ToggleCurve,

    // Scatter plot.
    /// Puts a figure on an axis of the scatter plot.
    SetAxis(PlotSide, Column),
    /// Switches an axis of the scatter plot between logarithmic and linear.
    ToggleLogAxis(PlotSide),
    /// Selects the design of the front next to the selected one, to the right if positive.
    SelectAlongFront(i32),
    /// Pans the scatter plot by shares of what is shown, to the right and upwards.
    PanScatter([f64; 2]),
    /// Zooms the scatter plot about a place given as shares of its axes; a factor above 1 shows less.
    ZoomScatter {
        /// Factor by which what is seen grows.
        factor: f64,
        /// Shares of the axes to the right and upwards.
        at: [f64; 2],
    },
    /// Shows the front in the scatter plot, or all points where it shows the front already.
    FitScatter,
    /// Shows a part of the scatter plot.
    ShowExtent(ScatterExtent),
    /// Shows a crosshair at a cell of the scatter plot, or none.
    InspectScatter(Option<(u16, u16)>),

    // Curves.
    /// Moves the crosshair one step to later samples if positive; without a crosshair, pans the curves.
    PanCurves(i8),
    /// Follows the newest sample; if the curves do so already, shows all of them.
    FollowNewest,
    /// Zooms the curves about a value of x, or about the crosshair or the right edge.
    ZoomCurves {
        /// Factor by which what is seen grows.
        factor: f64,
        /// Value of x that keeps its place.
        around: Option<f64>,
    },
    /// Puts the crosshair of the curves at a value of x.
    SetCrosshair(f64),
    /// Shows the crosshair of the curves, or hides it.
    ToggleCrosshair,
    /// Switches the curves between a logarithmic and a linear axis.
    ToggleCurveScale,
    /// Smooths noisy curves, or shows every sample.
    ToggleSmoothing,
    /// Shows the front of an earlier generation too.
    EarlierFront,
    /// Shows the front of a later generation too.
    LaterFront,

    // Compare screen.
    /// Focuses a pane of the Compare screen.
    FocusCompare(ComparePane),
    /// Selects the pinned design so many places to the right.
    SelectPin(i32),
    /// Moves the selected pin so many places to the right.
    MoveSelectedPin(i32),
    /// Shows only rows that differ, or all.
    ToggleDifferences,
    /// Scrolls the comparison.
    ScrollComparison(Move),
    /// Selects a parallel axis.
    SelectAxis(Move),
    /// Raises an end of the selected brush by steps.
    MoveBrush(BrushEnd, f64),
    /// Brushes an axis, given by its place in [`super::model::brushes::BRUSHED`], between two shares of its length, and
    /// focuses it.
    Brush {
        /// The axis.
        axis: usize,
        /// Share at one end.
        from: f64,
        /// Share at the other end.
        to: f64,
    },
    /// Removes all brushes.
    ClearBrushes,
    /// Filters the designs by the brushes, and removes these.
    FilterByBrushes,

    // Text entry and menus.
    /// Opens a text entry.
    Type(Purpose),
    /// Opens the help with a search of it.
    SearchHelp,
    /// Gives a key to the open text entry.
    Edit(Key),
    /// Puts text at the cursor of the open text entry.
    Paste(String),
    /// Opens a menu.
    OpenMenu(MenuKind),
    /// Chooses a row of the open menu.
    ChooseMenuRow(Move),
    /// Carries out the text that was typed. One with an error stays open.
    Submit,
    /// Closes the text entry; a filter being typed is taken back.
    CancelEntry,
    /// Closes the menu or the text entry; a filter being typed stays.
    ClosePopup,
    /// Chooses a row of the command palette.
    ChoosePaletteRow(Move),

    // Outside.
    /// Copies the selected design.
    Copy(DesignFormat),
    /// Writes a file.
    Export(ExportFormat),
    /// Opens a menu of the runs.
    OfferRuns,
    /// Follows the run in this directory.
    FollowRun(PathBuf),
    /// Moves through the replayed run or the tour.
    Seek(Seek),
    /// Takes the mouse, or gives it back to the terminal.
    ToggleMouse,
    /// Draws the screen anew.
    Redraw,
    /// Suspends the program.
    Suspend,
    /// Quits without asking.
    QuitNow {
        /// The last frame stays in the terminal.
        keep_frame: bool,
    },
}

/// Movement through rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowMove {
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// Half a page up.
    PageUp,
    /// Half a page down.
    PageDown,
    /// To the first row.
    First,
    /// To the last row.
    Last,
}

/// Menu that a key can open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MenuKind {
    /// Files that can be written.
    Export,
    /// Remembered setups.
    Recall,
    /// Axes of the scatter plot.
    Axes,
    /// Question before quitting.
    Quit,
}

/// Form in which a design is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DesignFormat {
    /// One line that the command line reads.
    Text,
    /// TOML with the figures of the design.
    Toml,
}

impl From<Command> for UserCommand {
    fn from(command: Command) -> Self {
        Self::Session(command)
    }
}

impl UserCommand {
    /// Command that selects a design.
    pub(crate) const fn select(id: CandidateId) -> Self {
        Self::Session(Command::SelectCandidate(id))
    }
}
