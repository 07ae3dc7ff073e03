//! The pictures shown: which object and camera, and what was asked for.

use crate::explore::Session;

/// State of the pictures pane.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PictureView {
    /// The pane stands in the place of the scatter plot.
    pub(crate) shown: bool,
    /// Number of the test object.
    pub(crate) object: u32,
    /// First camera shown.
    pub(crate) camera: usize,
    /// State of the request for what is not there yet.
    pub(crate) progress: PictureProgress,
}

/// State of a request for pictures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum PictureProgress {
    /// Nothing was asked for: no trained run is followed.
    #[default]
    Idle,
    /// A process is making them.
    Asked,
    /// They can't be made, for this reason.
    Failed(String),
}

/// Pictures that a session and its view want: the design as printed, the number of views, the object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WantedPictures {
    /// Selected design as it is shown.
    pub(crate) design: String,
    /// Number of sensors.
    pub(crate) views: u32,
    /// Number of the test object.
    pub(crate) object: u32,
}

impl WantedPictures {
    /// Pictures of the selected design; `None` if there is none.
    pub(crate) fn of(session: &Session, view: &PictureView) -> Option<Self> {
        let design = session.space().print_design(&session.selected_design()?);
        Some(Self { design, views: session.knobs().sensors, object: view.object })
    }
}
