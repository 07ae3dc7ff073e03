//! `splitscope check FILE...`: validates spaces, profiles and ONNX files; with `--space` and `--profile`, counts the
//! designs of the space that the chips of the profile can run.

use std::path::PathBuf;
use std::{fs, io};

use anyhow::{Result, bail};

use super::output::{note, say};
use super::{Answer, load, network};
use crate::cost::{self, CostModel, UnsupportedLayer};
use crate::diagnostic::{Diagnostic, Source};
use crate::network::{BoundaryId, LayerPrecision, Network};
use crate::search::Survey;
use crate::space::{Design, Genome, SearchSpace};
use crate::train::Settings;

/// Layers named at each split.
const NAMED_LAYERS: usize = 3;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Files to check: ONNX files by their ending; the first table of others shows whether they are spaces or profiles
    #[arg(required_unless_present = "space")]
    files: Vec<PathBuf>,
    /// Space whose designs are checked against the operators of a profile: a shipped name or a TOML file
    #[arg(long, requires = "profile")]
    space: Option<String>,
    /// Profile with the operators of its chips: a shipped name or a TOML file
    #[arg(long, requires = "space")]
    profile: Option<String>,
    #[command(flatten)]
    import: network::ImportFlags,
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    let (mut answer, mut unread) = (Answer::Yes, 0);
    for path in &arguments.files {
        if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("onnx")) {
            if fs::metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
                note!("error: {} can't be read: there is no such file", path.display());
                unread += 1;
                continue;
            }
            match network::read(path, &arguments.import, LayerPrecision::default()) {
                Ok((name, network)) => say!("{}: {}", path.display(), network::summary(&name, &network))?,
                Err(error) => {
                    note!("error: {error:#}");
                    answer = Answer::No;
                }
            }
            continue;
        }
        let source = match Source::read(path) {
            Ok(source) => source,
            Err(error) => {
                note!("error: {} can't be read: {error}", path.display());
                unread += 1;
                continue;
            }
        };
        match check(&source) {
            Ok((found, warnings)) => {
                say!("{}: {found}", path.display())?;
                for warning in warnings {
                    note!("warning: {}: {warning}", path.display());
                }
            }
            Err(diagnostic) => {
                note!("{diagnostic}");
                answer = Answer::No;
            }
        }
    }
    if let (Some(space), Some(profile)) = (&arguments.space, &arguments.profile) {
        let model = CostModel::new(load::space(space)?.0, load::profile(profile)?.0)?;
        if !print_legality(&model)? {
            answer = Answer::No;
        }
    }
    match unread {
        0 => Ok(answer),
        1 => bail!("one file was not checked"),
        _ => bail!("{unread} files were not checked"),
    }
}

/// Prints how many designs the chips can run at every split, with the layers of the smallest network that they can't;
/// of the largest one where the smallest has no such split.
/// Returns `false` if they run no design that has layers on the sensor.
fn print_legality(model: &CostModel) -> Result<bool> {
    let (space, profile) = (model.space(), model.profile());
    say!("{} on {}: designs whose layers all run on their chips, by split", space.name, profile.name)?;
    let survey = Survey::new(model);
    let counts = survey.as_ref().map(|survey| survey.count_by_split(&model.knobs().without_limits()));
    let mut networks = Vec::new();
    for (which, genome) in [("smallest", space.smallest()), ("largest", space.largest())] {
        networks.push((which, space.lower(&genome)?, genome));
    }
    let mut any = false;
    for &split in &space.split.at {
        // Behind blocks that the smallest network lacks, the largest one is split.
        let Some((which, network, genome)) = networks.iter().find(|(_, network, _)| network.position(split).is_some())
        else {
            continue;
        };
        let unsupported = unsupported_at(model, network, genome, split)?;
        let own = counts.as_ref().and_then(|counts| counts.iter().find(|(boundary, _)| *boundary == split));
        let legal = own.map_or(unsupported.is_empty(), |(_, count)| count.designs > 0.0);
        any |= legal && split > 0;
        let words = match own {
            Some((_, count)) => count.share(),
            None if legal => format!("the {which} network does"),
            None => format!("the {which} network does not"),
        };
        say!("  {:<12} {words}", space.boundary_name(split))?;
        // Of the largest network only where smaller ones can't run either.
        if *which == "largest" && legal {
            continue;
        }
        for layer in unsupported.iter().take(NAMED_LAYERS) {
            say!("    {}", layer.sentence())?;
        }
        if unsupported.len() > NAMED_LAYERS {
            say!("    {} more", unsupported.len() - NAMED_LAYERS)?;
        }
    }
    if let Some(survey) = survey {
        say!("within the limits of the profile: {}", survey.count_feasible(&model.knobs()))?;
    }
    Ok(any)
}

/// Layers of a network that chips can't run at a split that it has.
fn unsupported_at(
    model: &CostModel,
    network: &Network,
    genome: &Genome,
    split: BoundaryId,
) -> Result<Vec<UnsupportedLayer>> {
    let rules = &model.space().split;
    let design = Design { genome: genome.clone(), split, fusion: split, ratio: rules.ratios[0], bits: rules.bits[0] };
    Ok(cost::unsupported_layers(network, &model.demand(&design)?, model.profile(), model.knobs().sensors))
}

/// Summary of a valid file, in one line, and warnings.
fn check(source: &Source) -> Result<(String, Vec<String>), Diagnostic> {
    let document: toml::Table = source.parse()?;
    if document.contains_key("space") || document.contains_key("stage") {
        let space = SearchSpace::from_toml(source)?;
        Settings::of_space(source)?;
        let (splits, boundaries) = (space.split.at.len(), space.slots().len());
        let networks = match space.count() {
            u128::MAX => "more than 10^38 networks".to_owned(),
            1 => "one network".to_owned(),
            count => format!("{count} networks"),
        };
        let found = format!("space {}: {networks}, {splits} of {boundaries} boundaries may be split", space.name);
        return Ok((found, Vec::new()));
    }
    if document.contains_key("profile") || document.contains_key("sensor") {
        let profile = load::parse_profile(source)?;
        let constants = profile.constants();
        let assumed = constants.iter().filter(|constant| constant.assumed).count();
        let without = match constants.iter().filter(|constant| constant.source.is_none()).count() {
            0 => String::new(),
            count => format!(", {count} without a source"),
        };
        let of_them = format!("{} constants, {assumed} of them assumed{without}", constants.len());
        return Ok((format!("profile {}: {of_them}", profile.name), profile.warnings()));
    }
    Err(Diagnostic {
        help: Some("a space begins with [space], a profile with [profile]".into()),
        ..source.error(0..source.text.lines().next().map_or(0, str::len), "this is neither a space nor a profile")
    })
}
