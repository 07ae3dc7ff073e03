//! A report that is written beside the screen: its sweeps take longer than a frame may.

use std::io;
use std::path::{Path, PathBuf};

use crate::explore::Session;
use crate::report::{Report, RunFacts};
use crate::tui::export;

/// Writes a report on a session into a folder. Returns the path of the file.
pub(super) fn write_report(session: &Session, folder: &Path) -> io::Result<PathBuf> {
    // A run that can't be read any more leaves its part of the report out, which the page says.
    let facts = session.training().run.as_deref().and_then(|run| RunFacts::read(Path::new(run)).ok());
    let page = Report::new(session, facts.as_ref()).html();
    export::save(folder, "report", "html", &page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hardware::{self, Profile};
    use crate::run::RunArchive;
    use crate::space::{self, SearchSpace};
    use crate::tui::event_reader;
    use crate::{explore::Command, record::Subset};

    #[test]
    fn a_report_on_the_shipped_run_has_all_its_facts() {
        let (space, profile) =
            (SearchSpace::shipped(space::DEFAULT).unwrap(), Profile::shipped(hardware::DEFAULT).unwrap());
        let mut session = Session::new(space, profile, 40, 1);
        let updates = event_reader::updates_of(&RunArchive::shipped().unwrap(), session.space()).unwrap();
        session.apply(Command::Update(updates), 0);
        let facts = RunFacts::read(Path::new("shipped")).unwrap();
        let views = session.knobs().sensors;
        let tested = |id| {
            let text = session.space().print_design(&session.best_design(id)?);
            facts.newest(&text, views, Subset::Test, crate::record::Precision::Int8).map(|_| id)
        };
        let id = session.ranking().iter().copied().find_map(tested).unwrap();
        session.apply(Command::SelectCandidate(id), 0);
        let folder = tempfile::tempdir().unwrap();
        let path = write_report(&session, folder.path()).unwrap();
        let page = std::fs::read_to_string(path).unwrap();
        for part in ["test objects rightly in int8", "splitscope report shipped", "SHA-256", "Data: "] {
            assert!(page.contains(part), "{part}");
        }
        assert!(!page.contains("--run RUN") && !page.contains("has not been measured."));
    }
}
