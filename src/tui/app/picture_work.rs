//! State of the work on pictures that are shown and not there yet.

use std::time::{Duration, Instant};

use crate::{run::PictureMaker, tui::model::pictures::WantedPictures};

/// Time for which the design must stand still before its pictures are requested.
const SETTLE_TIME: Duration = Duration::from_millis(300);

/// Work on the pictures that are shown.
#[derive(Default)]
pub(super) struct PictureWork {
    pub(super) maker: Option<PictureMaker>,
    /// Pictures that are not there yet, and since when they are wanted.
    pub(super) wanted: Option<(WantedPictures, Instant)>,
    pub(super) request: PictureRequestState,
}

/// State of the request for the pictures that are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum PictureRequestState {
    /// It is made once the design stands still.
    #[default]
    Settling,
    /// It is made once the run is open.
    Opening,
    /// It was made.
    Asked,
    /// It was gone at the last look, without an answer.
    Gone,
    /// It could not be made.
    Failed(String),
}

impl PictureWork {
    /// Time until there is something to do, if there will be.
    pub(super) fn rest(&self) -> Option<Duration> {
        let (_, since) = self.wanted.as_ref()?;
        let is_settling = self.request == PictureRequestState::Settling;
        is_settling.then(|| SETTLE_TIME.saturating_sub(since.elapsed()))
    }
}
