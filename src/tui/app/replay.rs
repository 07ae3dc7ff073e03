//! Replay of a run: its updates are applied to the session as far as the user has gone. Knobs, pins and selection stay.

use std::{path::Path, time::Duration};

use super::{App, recording::Recording};
use crate::{
    explore::{Command, Severity},
    tui::model::replay::Seek,
};

/// Time between two frames of a run that plays.
const FRAME_TIME: Duration = Duration::from_millis(50);

impl App {
    /// Opens a run to be replayed from its beginning.
    pub(super) fn replay(&mut self, path: &Path) {
        match Recording::read(path, self.session.space()) {
            Ok(recording) => {
                self.feed(recording.initial());
                self.recording = Some(recording);
                self.seek(Seek::PlayOrPause);
            }
            Err(error) => self.say(Severity::Error, error.to_string()),
        }
    }

    /// Moves through the replayed run.
    pub(super) fn seek(&mut self, seek: Seek) {
        let Some(recording) = &mut self.recording else { return };
        let before = recording.at();
        let updates = if seek == Seek::PlayOrPause {
            recording.toggle_playing()
        } else {
            recording.pause();
            recording.seek_to(recording.target(seek))
        };
        let backward = recording.at() < before;
        self.ui.replay = Some(recording.position());
        // A message of the moment that is left no longer holds.
        self.act(Command::Dismiss);
        self.feed(updates);
        if backward {
            // Nothing in the beginning, applied again, is news.
            self.act(Command::Dismiss);
        }
    }

    /// Advances a playing run. Returns `true` if anything changed.
    pub(super) fn play(&mut self) -> bool {
        let Some(recording) = &mut self.recording else { return false };
        let Some(updates) = recording.advance() else { return false };
        self.ui.replay = Some(recording.position());
        self.feed(updates);
        true
    }

    /// Time until the next frame while a run plays.
    pub(super) fn replay_rest(&self) -> Option<Duration> {
        self.recording.as_ref().filter(|recording| recording.is_playing()).map(|_| FRAME_TIME)
    }
}
