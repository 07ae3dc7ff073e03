//! Position in a replayed run, and movements through it.

/// Part of a run that one key press moves through.
const STEP: f64 = 0.02;

/// Progress of a replay.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ReplayPosition {
    /// Name of the run.
    pub(crate) run: String,
    /// Moments applied.
    pub(crate) at: usize,
    /// Moments of the run.
    pub(crate) of: usize,
    /// Seconds since the first event.
    pub(crate) seconds: f64,
    /// The replay advances by itself.
    pub(crate) plays: bool,
}

/// Movement through a replayed run or through the tour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Seek {
    /// To this share of the run, 0 to 1.
    To(f64),
    /// Forward by this share of the run; backward if negative.
    By(f64),
    /// Plays from here, or pauses.
    PlayOrPause,
}

impl Seek {
    /// The movement of one key press backward.
    pub(crate) const BACK: Self = Self::By(-STEP);
    /// The movement of one key press forward.
    pub(crate) const FORWARD: Self = Self::By(STEP);
}
