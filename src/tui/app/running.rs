//! A split that runs beside the screen.

use std::time::Duration;

use super::App;
use crate::{
    explore::Severity,
    run::{RunError, SplitProcesses},
    tui::model::{screen::Overlay, watched_split::WatchedSplit},
};

/// Time between two looks at what has come.
const RUNNING_POLL: Duration = Duration::from_millis(50);

impl App {
    /// Starts the split that was asked for, and shows it.
    pub(super) fn start_split(&mut self) {
        let Some(settings) = self.options.split.clone() else { return };
        match SplitProcesses::start(&self.options.exe, &settings) {
            Ok(processes) => {
                self.split = Some(processes);
                self.ui.running = Some(WatchedSplit::default());
                self.ui.overlay = Some(Overlay::Running);
            }
            Err(error) => self.say(Severity::Error, error.to_string()),
        }
    }

    /// Takes in what has come of the split. Returns `true` if anything is new.
    pub(super) fn tend_split(&mut self) -> bool {
        let Some(processes) = &mut self.split else { return false };
        match processes.poll() {
            Ok(Some(events)) => {
                let is_new = !events.is_empty();
                if let Some(running) = &mut self.ui.running {
                    for event in events {
                        running.apply(event);
                    }
                }
                is_new
            }
            Ok(None) => {
                let reason = processes.ending();
                self.end_split(&reason);
                true
            }
            Err(error) => {
                self.split_failed(&error);
                true
            }
        }
    }

    /// Ends the sensor of a camera, or starts it again.
    pub(super) fn toggle_sensor(&mut self, camera: usize) {
        if let Some(Err(error)) = self.split.as_mut().map(|processes| processes.toggle(camera)) {
            self.split_failed(&error);
        }
    }

    /// Time until the next look.
    pub(super) fn split_rest(&self) -> Option<Duration> {
        self.split.as_ref().map(|_| RUNNING_POLL)
    }

    fn split_failed(&mut self, error: &RunError) {
        self.say(Severity::Error, error.to_string());
        self.end_split("it was ended");
    }

    fn end_split(&mut self, reason: &str) {
        self.split = None;
        if let Some(running) = &mut self.ui.running {
            running.ended.get_or_insert_with(|| reason.to_owned());
        }
    }
}
