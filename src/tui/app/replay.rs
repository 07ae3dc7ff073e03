//! Replay of a run: its updates are applied to the session as far as the user has gone. Knobs, pins and selection stay.

use std::{path::Path, time::Duration};

use super::{App, background::Background, recording::Recording};
use crate::{
    explore::{Command, Severity},
    tui::model::replay::{ReplayPosition, Seek},
};

/// Time between two frames of a run that plays.
const FRAME_TIME: Duration = Duration::from_millis(50);

impl App {
    /// Opens a run to be replayed from its beginning. It is read beside the screen: a long one takes seconds.
    pub(super) fn replay(&mut self, path: &Path) {
        let run = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        self.ui.replay = Some(ReplayPosition { run, at: 0, of: 0, seconds: 0.0, plays: false });
        let (path, space) = (path.to_owned(), self.session.space().clone());
        self.recording_read = Some(Background::start(&self.waker, move || Recording::read(&path, &space)));
    }

    /// Begins to play a run that has been read. Returns `true` if anything changed.
    pub(super) fn tend_recording(&mut self) -> bool {
        let Some(recording) = Background::take(&mut self.recording_read) else { return false };
        match recording {
            Ok(Ok(recording)) => {
                self.feed(recording.initial());
                let warnings = recording.warnings.clone();
                self.recording = Some(recording);
                self.seek(Seek::PlayOrPause);
                for warning in warnings {
                    self.say(Severity::Error, warning);
                }
            }
            Ok(Err(error)) => self.end_replay(&error),
            Err(died) => self.end_replay(&died),
        }
        true
    }

    /// Says that a run can't be replayed.
    fn end_replay(&mut self, error: &dyn std::error::Error) {
        self.ui.replay = None;
        self.say(Severity::Error, error.to_string());
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
