//! Effects: what must be done outside the session and the view.

use std::path::PathBuf;

use super::model::replay::Seek;
use crate::explore::WorkRequest;

/// Something to be done outside the session and the view, as `controller::perform` asks for it. The loop
/// carries it out; scripts and tests that have no outside leave it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    /// Starts or controls a training or a search.
    Work(WorkRequest),
    /// Opens a menu of the runs below the runs folder.
    OfferRuns,
    /// Follows the run in this directory.
    FollowRun(PathBuf),
    /// Ends the sensor of a camera of the split that runs, or starts it again.
    ToggleSensor(usize),
    /// Moves through the replayed run or the tour.
    Seek(Seek),
    /// Puts a text on the clipboard.
    Copy(String),
    /// Writes a file.
    Export(ExportFormat),
    /// Takes the mouse, or gives it back to the terminal.
    ToggleMouse,
    /// Draws the whole screen anew.
    Redraw,
    /// Suspends the process until it is continued.
    Suspend,
    /// Ends the program.
    Quit {
        /// The last frame stays in the terminal.
        keep_frame: bool,
    },
}

/// Kind of file that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ExportFormat {
    /// All rows as CSV.
    Csv,
    /// All rows as JSON.
    Json,
    /// The pinned designs as a Markdown table.
    Markdown,
    /// The screen as an SVG picture.
    Svg,
    /// The session as TOML.
    Session,
    /// A report on the selected design as HTML.
    Report,
}
