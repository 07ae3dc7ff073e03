//! The run that comes with the program: shown from its archive without a file being written; unpacked into a temporary
//! folder where pictures need its weights; copied below the runs folder where a search writes.

use super::{App, follower::Follower, shipped_run::ShippedRun};
use crate::{
    explore::{Command, Severity},
    record::Task,
    run::{self, RunArchive, RunDir, RunError},
    tui::{event_reader, event_reader::EventReader, followed_run::FollowedRun},
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
            Ok(archive) => self.show(archive),
            Err(error) => self.say(Severity::Error, error.to_string()),
        }
    }

    fn show(&mut self, archive: RunArchive) {
        match event_reader::updates_of(&archive, self.session.space()) {
            Ok(updates) => self.feed(updates),
            Err(error) => return self.say(Severity::Error, error.to_string()),
        }
        // The end of its training is shown, and is no news.
        self.act(Command::Dismiss);
        self.shipped = Some(ShippedRun { archive, folder: None });
    }

    /// Unpacks the shipped run, if it is shown, for a process that reads it, and follows it there.
    pub(super) fn unpack_shipped(&mut self) -> Result<(), RunError> {
        let Some(shipped) = self.shipped.as_mut().filter(|shipped| shipped.folder.is_none()) else { return Ok(()) };
        let (folder, run) = shipped.archive.unpack()?;
        let run = FollowedRun::open(run.path())?;
        shipped.folder = Some(folder);
        let mut follower = Follower::new(run);
        follower.reader = EventReader::of_shipped();
        self.follower = Some(follower);
        Ok(())
    }

    /// Goes over from the shipped run, if it is shown, to a copy of it below the runs folder, which is followed.
    pub(super) fn copy_shipped(&mut self) -> Result<(), RunError> {
        let Some(shipped) = &self.shipped else { return Ok(()) };
        let copy: RunDir = run::make_next(&self.options.runs_root, |path| shipped.archive.copy_to(path))?;
        let run = FollowedRun::open(copy.path())?;
        self.end_pictures();
        let follower = Follower::new(run);
        // The copy is named at once, also where no process can be started on it.
        self.feed(follower.reader.initial_updates());
        (self.shipped, self.follower) = (None, Some(follower));
        let text = format!("the search writes to {}, a copy of the shipped run", copy.path().display());
        self.feed(vec![event_reader::note(Task::Search, text.clone())]);
        self.say(Severity::Info, text);
        Ok(())
    }
}
