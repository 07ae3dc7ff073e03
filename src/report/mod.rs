//! Reports about runs: one page to hand on, as HTML or as Markdown, from one model.
//!
//! A `Report` is a list of sections made of paragraphs, tables and pictures; `part` fills it from a session and from
//! what the run has on disk. Both forms say the same. Figures that were not measured are named as missing, with the
//! command that measures them.
//!
//! Invariants: the page is one file that loads nothing; a table says its units; an accuracy carries its objects,
//! precision and 95 % interval.

mod chosen;
mod html;
mod markdown;
mod model;
pub(crate) mod optuna;
mod part;
mod run_facts;
pub(crate) mod tensorboard;

#[cfg(test)]
mod tests;

pub(crate) use model::{PageSection, PageTable, Passage, Report};
pub(crate) use run_facts::RunFacts;

use crate::explore::Session;
use chosen::Chosen;

impl Report {
    /// Report on the selected design of a session, with what its run has on disk.
    pub(crate) fn new(session: &Session, run: Option<&RunFacts>) -> Self {
        let chosen = Chosen::new(session, run);
        let mut sections = vec![part::question::section(session, run)];
        match &chosen {
            Some(chosen) => sections.extend([
                part::answer::section(session, chosen),
                part::front::section(session, chosen),
                part::limits::section(session),
                part::paradigms::section(session),
                part::memory::section(session, chosen),
                part::neighbours::section(session, chosen),
                part::compared::section(session, run),
            ]),
            None => sections.push(part::answer::nothing()),
        }
        sections.extend([
            part::training::section(session),
            part::provenance::section(session.profile()),
            part::reproduce::section(session, run, chosen.as_ref()),
        ]);
        Self {
            title: format!("{} on {}", session.space().name, session.profile().name),
            lead: chosen.as_ref().map_or_else(
                || "No design of this space can be costed on this profile.".to_owned(),
                |chosen| part::answer::sentence(session, chosen),
            ),
            sections,
        }
    }
}
