//! Pace of the frames.

use std::time::{Duration, Instant};

use crate::explore::Message;

/// Shortest time between two frames.
const MIN_FRAME_TIME: Duration = Duration::from_millis(12);
/// Shortest time between two frames over a remote line.
const MIN_REMOTE_FRAME_TIME: Duration = Duration::from_millis(60);

/// State of the frames: when the last one was drawn, and if another is needed.
pub(super) struct Pace {
    /// Shortest time between two frames.
    least: Duration,
    pub(super) drawn: Option<Instant>,
    /// Something has changed since then.
    pub(super) dirty: bool,
    /// Message that the last frame shows; it may go away by itself.
    pub(super) message: Option<Message>,
}

impl Pace {
    /// Nothing is drawn yet.
    pub(super) fn new() -> Self {
        let is_remote = std::env::var_os("SSH_CONNECTION").is_some();
        let least = if is_remote { MIN_REMOTE_FRAME_TIME } else { MIN_FRAME_TIME };
        Self { least, drawn: None, dirty: true, message: None }
    }

    /// Time until the next frame may be drawn.
    pub(super) fn rest(&self) -> Duration {
        self.drawn.map_or(Duration::ZERO, |drawn| self.least.saturating_sub(drawn.elapsed()))
    }
}
