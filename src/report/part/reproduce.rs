//! Everything needed to make the figures again.

use std::fmt::Write as _;

use crate::explore::Session;
use crate::files;
use crate::report::chosen::Chosen;
use crate::report::{PageSection, PageTable, Passage, RunFacts};

/// Commands, seeds, versions and digests.
pub(in crate::report) fn section(session: &Session, run: Option<&RunFacts>, chosen: Option<&Chosen>) -> PageSection {
    let mut passages = Vec::new();
    if let Some(run) = run {
        passages.push(Passage::Text("The run directory has all of this in `run.toml` and `run.db`.".to_owned()));
        passages.push(Passage::Code(commands(session, run, chosen)));
        passages.push(Passage::Table(origins(run)));
        passages.push(Passage::Table(digests(run)));
        passages.push(Passage::Text("Settings of the training:".to_owned()));
        passages.push(Passage::Code(toml::to_string_pretty(&run.manifest.settings).unwrap_or_default()));
    } else {
        let header = session.to_file().session;
        let mut table = PageTable::new("Made from", &["", "figure"], 2);
        for (name, text) in [("splitscope", env!("CARGO_PKG_VERSION")), ("space", &header.space)] {
            table.row(vec![name.to_owned(), text.to_owned()]);
        }
        table.row(vec!["profile".to_owned(), header.profile]);
        table.row(vec!["seed of the designs looked at".to_owned(), header.seed.to_string()]);
        passages.push(Passage::Table(table));
    }
    PageSection::new("How to reproduce", passages)
}

/// Command lines that were given, and the one that makes this report.
fn commands(session: &Session, run: &RunFacts, chosen: Option<&Chosen>) -> String {
    let mut lines = String::new();
    for command in &run.commands {
        let _ = writeln!(lines, "splitscope {}", command.trim_start_matches("splitscope "));
    }
    let path = run.path.display();
    let moved = session.ranges().iter().filter(|range| session.value(range.knob).total_cmp(&range.default).is_ne());
    let mut report = format!("splitscope report {path}");
    for range in moved {
        let value = session.value(range.knob);
        let text = if range.knob.is_unlimited(value) { "none".to_owned() } else { format!("{value}") };
        let _ = write!(report, " --knob {}={text}", range.knob.name());
    }
    if let Some(chosen) = chosen {
        let _ = write!(report, " --design {}", chosen.text);
    }
    lines + &report
}

fn origins(run: &RunFacts) -> PageTable {
    let manifest = &run.manifest;
    let mut table = PageTable::new("Made from", &["", "what", "SHA-256"], 3);
    let mut row = |name: &str, what: String, digest: String| table.row(vec![name.to_owned(), what, digest]);
    row("run", format!("{}, made {}", manifest.name, manifest.created), String::new());
    row("splitscope", format!("{} (run), {} (report)", manifest.splitscope, env!("CARGO_PKG_VERSION")), String::new());
    row("seed", manifest.seed.to_string(), String::new());
    row("data", format!("`{}`", manifest.data), String::new());
    row("space", manifest.space.name.clone(), files::sha256(manifest.space.text.as_bytes()));
    row("profile", manifest.profile.name.clone(), files::sha256(manifest.profile.text.as_bytes()));
    for (name, text) in &manifest.profile.files {
        row("latency table", name.clone(), files::sha256(text.as_bytes()));
    }
    table
}

/// Digests of the weights of the checkpoints.
fn digests(run: &RunFacts) -> PageTable {
    let mut table = PageTable::new("Weights", &["checkpoint", "SHA-256 of its weights"], 2);
    for (name, digests) in &run.checkpoints {
        let weights = digests.get("weights.bpk").unwrap_or("no digest");
        table.row(vec![name.clone(), weights.to_owned()]);
    }
    table.folded = true;
    table
}
