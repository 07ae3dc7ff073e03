//! The run that comes with the program: shown from its archive without a file being written; unpacked into a temporary
//! folder where pictures need its weights; copied below the runs folder where a search writes.

use super::{
    App,
    opened_run::OpenedRun,
    opening::{OpeningPurpose, ShippedRun},
};
use crate::{
    explore::{Command, Severity},
    run::{self, RunArchive},
    tui::{event_reader, followed_run::FollowedRun},
};

impl App {
    /// Returns `true` if the run that comes with the program is of the space that is explored.
    pub(super) fn is_of_shipped_space(&self) -> bool {
        let text = &self.options.template.space.text;
        RunArchive::shipped().is_ok_and(|archive| archive.manifest().space.text == *text)
    }

    /// Shows the run that comes with the program.
    pub(super) fn show_shipped(&mut self) {
        match RunArchive::shipped() {
            Ok(archive) => self.show(&archive),
            Err(error) => self.say(Severity::Error, error.to_string()),
        }
    }

    fn show(&mut self, archive: &RunArchive) {
        match event_reader::updates_of(archive, self.session.space()) {
            Ok(updates) => self.feed(updates),
            Err(error) => return self.say(Severity::Error, error.to_string()),
        }
        // The end of its training is shown, and is no news.
        self.act(Command::Dismiss);
        self.shipped = Some(ShippedRun::default());
    }

    /// Begins to unpack the shipped run, for a process that reads it.
    pub(super) fn unpack_shipped(&mut self) {
        self.begin_opening(OpeningPurpose::Pictures, || {
            let (folder, run) = RunArchive::shipped()?.unpack()?;
            Ok(OpenedRun { folder: Some(folder), ..OpenedRun::new(FollowedRun::open(run.path())?) })
        });
    }

    /// Begins to copy the shipped run below the runs folder, for a search.
    pub(super) fn copy_shipped(&mut self) {
        let root = self.options.runs_root.clone();
        self.begin_opening(OpeningPurpose::Search, move || {
            let archive = RunArchive::shipped()?;
            let copy = run::make_next(&root, |path| archive.copy_to(path))?;
            FollowedRun::open(copy.path()).map(OpenedRun::new)
        });
    }
}
