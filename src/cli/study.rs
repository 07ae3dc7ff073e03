//! `splitscope study`: claims of the paper, tested at a scale that runs here.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::load::NamedRun;
use super::output::{mention, say};
use super::train::use_threads;
use super::usage::Usage;
use super::{Answer, bounds, load};
use crate::cost::CostModel;
use crate::quantity::number;
use crate::run::{Document, Manifest, RunDir};
use crate::study::{STUDIES, StudyInfo, StudyInput, StudyNeeds, StudyProgress};
use crate::train::Settings;

/// Arguments of `study`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Study, or `all`; without a name they are listed
    name: Option<String>,
    /// Folder for tables, charts and reports, and for the runs that are trained
    #[arg(long, value_name = "DIR", default_value = "studies")]
    out: PathBuf,
    /// Few points and short trainings, to see that it works
    #[arg(long)]
    quick: bool,
    /// Number of trainings with seeds of their own
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=100))]
    seeds: u64,
    /// Trained run to measure on, instead of runs that the study trains; give it again for each seed
    #[arg(long = "run", value_name = "RUN", conflicts_with = "seeds")]
    runs: Vec<PathBuf>,
    /// Space: a shipped name or a TOML file [default: tabletop, or the run's]
    #[arg(long)]
    space: Option<String>,
    /// Profile: a shipped name or a TOML file [default: glasses, or the run's]
    #[arg(long)]
    profile: Option<String>,
    /// Data set in place of the space's
    #[arg(long)]
    data: Option<String>,
    /// Threads; 0 takes all cores
    #[arg(long, default_value_t = 0, value_parser = bounds::threads())]
    threads: usize,
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    let Some(name) = &arguments.name else {
        list()?;
        return Ok(Answer::Yes);
    };
    let studies: Vec<&StudyInfo> = if name == "all" {
        STUDIES.iter().collect()
    } else {
        let names = || STUDIES.map(|study| study.name).join(", ");
        vec![StudyInfo::named(name).with_context(|| format!("no study `{name}` (studies: {}, all)", names())).usage()?]
    };
    use_threads(arguments.threads)?;
    let mut input = input(arguments)?;
    for study in studies {
        // Tables and charts are in files: a reader that has gone, or a full disk behind it, ends no study.
        mention!("== {}", study.name);
        let mut progress = |state: &StudyProgress| {
            let left = state.left_s.map_or_else(String::new, |left| format!(", {} left", number::duration(left)));
            mention!("{} of {} points{left}: {}", state.done, state.points, state.next);
        };
        let outcome = study.run(&arguments.out, &mut input, &mut progress)?;
        mention!("{}", outcome.finding);
        for file in outcome.files {
            mention!("wrote {}", file.display());
        }
    }
    Ok(Answer::Yes)
}

fn list() -> std::io::Result<()> {
    for study in &STUDIES {
        let needs = match study.needs {
            StudyNeeds::Costs => "costs alone",
            StudyNeeds::Runs => "a trained run for each seed",
            StudyNeeds::Trainings => "a short training for each setting and seed",
        };
        say!("{:<12} {} (needs {needs})", study.name, study.claim)?;
    }
    Ok(())
}

/// The input of the studies: space, profile and template of the first run, or of the named files.
fn input(arguments: &Arguments) -> Result<StudyInput> {
    let named: Vec<NamedRun> = arguments.runs.iter().map(|path| NamedRun::open(path)).collect::<Result<_>>()?;
    let run = named.first();
    let (space, space_source) = match (&arguments.space, run) {
        (None, Some(run)) => load::space_of_run(run.manifest())?,
        (name, _) => load::space(name.as_deref().unwrap_or(crate::space::DEFAULT))?,
    };
    let (profile, profile_source) = match (&arguments.profile, run) {
        (None, Some(run)) => load::profile_of_run(run.manifest())?,
        (name, _) => load::profile(name.as_deref().unwrap_or(crate::hardware::DEFAULT))?,
    };
    crate::cost::check_names(&space, &profile)?;
    let settings = Settings { threads: arguments.threads, ..Settings::of_space(&space_source)? };
    let data = arguments.data.as_deref().or(space.data.as_deref());
    let documents = (Document::of_space(&space, &space_source), Document::of_profile(&profile, &profile_source));
    let template = Manifest::of_settings("study", data, documents.0, documents.1, &settings)?;
    let mut input = StudyInput::new(CostModel::new(space, profile)?, template, arguments.out.join("runs"));
    // Measurements are recorded in the runs: the shipped one is copied, once nothing is left to refuse.
    let runs: Vec<RunDir> = named.into_iter().map(NamedRun::writable).collect::<Result<_>>()?;
    runs.iter().try_for_each(load::print_warnings_of)?;
    input.runs = runs.iter().map(|run| run.path().to_owned()).collect();
    (input.seed_count, input.quick) = (arguments.seeds, arguments.quick);
    let words: Vec<String> = std::env::args().skip(1).collect();
    input.command = format!("splitscope {}", words.join(" "));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    input.machine = format!("{} {}, {cores} cores", std::env::consts::OS, std::env::consts::ARCH);
    Ok(input)
}
