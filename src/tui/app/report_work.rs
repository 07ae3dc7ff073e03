//! A report that is being written beside the screen: its sweeps take longer than a frame may.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;

use crate::explore::Session;
use crate::report::{Report, RunFacts};
use crate::tui::export;

/// A report that is being written.
pub(super) struct ReportWork {
    /// Path of the file, once it is there.
    written: Receiver<io::Result<PathBuf>>,
}

impl ReportWork {
    /// Begins a report on a session as it is now, into a folder.
    pub(super) fn start(session: Session, folder: PathBuf) -> Self {
        let (sender, written) = mpsc::channel();
        thread::spawn(move || {
            // A run that can't be read any more leaves its part of the report out.
            let facts = session.training().run.as_deref().and_then(|run| RunFacts::read(Path::new(run)).ok());
            let page = Report::new(&session, facts.as_ref()).html();
            // Nothing waits for it any more only if the program has ended.
            let _ = sender.send(export::save(&folder, "report", "html", &page));
        });
        Self { written }
    }

    /// The path of the file, or the error in writing it, once the work has ended.
    pub(super) fn ended(&self) -> Option<io::Result<PathBuf>> {
        match self.written.try_recv() {
            Ok(result) => Some(result),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(io::Error::other("the report could not be made"))),
        }
    }
}
