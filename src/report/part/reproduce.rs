//! Everything needed to make the figures again.

use std::fmt::Write as _;

use crate::explore::Session;
use crate::files;
use crate::report::chosen::Chosen;
use crate::report::{PageSection, PageTable, Passage, RunFacts};
use crate::run::is_shipped;
use crate::text::shell_word;
use crate::train::Settings;

/// Commands, seeds, versions and digests.
pub(in crate::report) fn section(session: &Session, run: Option<&RunFacts>, chosen: Option<&Chosen>) -> PageSection {
    let mut passages = Vec::new();
    if let Some(run) = run {
        // Searches of earlier versions.
        let bare = run.commands.iter().any(|command| command.trim_start_matches("splitscope ") == "search");
        let unknown = if bare { "; of searches the options are not on record" } else { "" };
        passages
            .push(Passage::Text(format!("The run keeps all of this. Settings are those of its training{unknown}.")));
        passages.push(Passage::Code(commands(session, run, chosen)));
        passages.push(Passage::Table(origins(run)));
        passages.push(digests(run));
        passages.push(Passage::Text("Settings of the training:".to_owned()));
        passages.push(Passage::Code(toml::to_string_pretty(&run.manifest.settings).unwrap_or_default()));
    } else {
        passages.extend(session.training().run.as_ref().map(|run| {
            let lost = "accuracies on test objects, commands, weights and settings are left out";
            Passage::missing(format!("what the run {run} has on disk, as it can't be read: {lost}."), "")
        }));
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

/// The command line that trains such a run, those of what else worked on it, and the one that makes this report.
fn commands(session: &Session, run: &RunFacts, chosen: Option<&Chosen>) -> String {
    let mut lines = training(run) + "\n";
    let others = run.commands.iter().map(|command| command.trim_start_matches("splitscope "));
    let mut others: Vec<&str> = others.filter(|command| !["train", "finetune"].contains(command)).collect();
    // Several of one kind differ in their options alone.
    others.dedup();
    for command in others {
        let _ = writeln!(lines, "splitscope {command} --run {}", shell_word(&run.path.display().to_string()));
    }
    let path = run.path.to_string_lossy();
    let path = shell_word(&path);
    let moved =
        session.ranges().all().iter().filter(|range| session.value(range.knob).total_cmp(&range.default).is_ne());
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

/// The command line of a training with the run's data, seed and settings, as far as they are not the usual ones.
fn training(run: &RunFacts) -> String {
    let manifest = &run.manifest;
    let path = run.path.to_string_lossy();
    let path = shell_word(&path);
    let settings = &manifest.settings;
    let mut line = match &manifest.parent {
        Some(parent) => {
            let word = |name: &str| settings.get(name).and_then(toml::Value::as_str).unwrap_or_default();
            let (design, precision) = (word("design"), word("precision"));
            let scratch = if parent.weights.is_none() { " --from-scratch" } else { "" };
            let parent = shell_word(&parent.path);
            format!(
                "splitscope finetune --run {parent} --design {design} --out {path} --precision {precision}{scratch}"
            )
        }
        None => format!(
            "splitscope train{} --space {} --profile {} --data {}",
            // Nothing can be trained in place of the run that the program brings.
            if is_shipped(&run.path) { String::new() } else { format!(" --run {path}") },
            shell_word(&manifest.space.name),
            shell_word(&manifest.profile.name),
            shell_word(&manifest.data)
        ),
    };
    let _ = write!(line, " --seed {}", manifest.seed);
    let usual = toml::Table::try_from(Settings::default()).unwrap_or_default();
    let apart = ["seed", "design", "precision", "device", "threads"];
    for (name, value) in settings.iter().filter(|(name, value)| usual.get(*name) != Some(value)) {
        if !apart.contains(&name.as_str()) {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let _ = write!(line, " --set {}", shell_word(&format!("{name}={text}")));
        }
    }
    line
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
fn digests(run: &RunFacts) -> Passage {
    if run.checkpoints.is_empty() {
        return Passage::Text("Weights: none yet, the training has not written its first checkpoint.".to_owned());
    }
    let mut table = PageTable::new("Weights", &["checkpoint", "SHA-256 of its weights"], 2);
    for (name, digests) in &run.checkpoints {
        let weights = digests.get("weights.bpk").unwrap_or("no digest");
        table.row(vec![name.clone(), weights.to_owned()]);
    }
    table.folded = true;
    Passage::Table(table)
}
