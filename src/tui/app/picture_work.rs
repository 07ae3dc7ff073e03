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
    pub(super) asked: bool,
    /// The request was gone at the last look, without an answer.
    pub(super) gone: bool,
}

impl PictureWork {
    /// Time until there is something to do, if there will be.
    pub(super) fn rest(&self) -> Option<Duration> {
        let (_, since) = self.wanted.as_ref().filter(|_| !self.asked)?;
        Some(SETTLE_TIME.saturating_sub(since.elapsed()))
    }
}
