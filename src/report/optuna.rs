//! Measured designs of a run as a journal of Optuna: one trial a design, for `optuna-dashboard` and for scripts.
//!
//! The journal is a list of operations, one JSON object a line, as `JournalFileBackend` of Optuna writes them: a study
//! is created, then every trial at once with its parameters and values. Parameters are the sizes of the space and the
//! parts of the design; values are accuracy (to maximise) and latency in seconds (to minimise). The other figures are
//! attributes; broken limits are constraints above zero.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::cost::{CostModel, Evaluation, Knobs};
use crate::quantity::Limit;
use crate::record::{Measurement, Precision, Subset};
use crate::run::{RunDir, RunError, Stored};
use crate::space::{Design, Gene, GeneKind, SearchSpace};

/// Numbers of operations and states in a journal.
const CREATE_STUDY: u8 = 0;
const SET_USER_ATTRIBUTE: u8 = 2;
const SET_SYSTEM_ATTRIBUTE: u8 = 3;
const CREATE_TRIAL: u8 = 4;
const MINIMISE: u8 = 1;
const MAXIMISE: u8 = 2;
const COMPLETE: u8 = 1;
/// Writer of the operations.
const WORKER: &str = "splitscope";

/// A parameter of a trial: its choices, and the index of the chosen one.
struct TrialParameter {
    name: String,
    choices: Vec<Value>,
    chosen: usize,
}

/// The journal of a run's designs on validation objects without lost cameras, each with its newest measurement in
/// int8, or in float without one, with as many views as the profile has sensors.
///
/// # Errors
/// The run, its space or its profile can't be read.
pub(crate) fn journal(run: &RunDir) -> Result<String, RunError> {
    let manifest = run.manifest();
    let space = manifest.search_space()?;
    let model =
        CostModel::new(space, manifest.hardware_profile()?).map_err(|error| RunError::Unwritable(error.to_string()))?;
    let (space, mut knobs) = (model.space(), model.knobs());
    knobs.sensors = knobs.sensors.min(space.views);
    let mut out = String::new();
    let mut write = |line: Value| {
        let _ = writeln!(out, "{line}");
    };
    let directions = [MAXIMISE, MINIMISE];
    write(json!({
        "op_code": CREATE_STUDY, "worker_id": WORKER, "study_name": manifest.name, "directions": directions,
    }));
    let about = [
        ("space", json!(space.name)),
        ("profile", json!(model.profile().name)),
        ("sensors", json!(knobs.sensors)),
        ("data", json!(manifest.data)),
        ("seed", json!(manifest.seed)),
    ];
    for (name, value) in about {
        let attribute = json!({ name: value });
        write(json!({ "op_code": SET_USER_ATTRIBUTE, "worker_id": WORKER, "study_id": 0, "user_attr": attribute }));
    }
    // Optuna looks here for the names of values.
    let names = json!({ "study:metric_names": ["accuracy", "latency_s"] });
    write(json!({ "op_code": SET_SYSTEM_ATTRIBUTE, "worker_id": WORKER, "study_id": 0, "system_attr": names }));
    for stored in newest(run, knobs.sensors)? {
        let Ok(design) = space.parse_design(&stored.value.key.design) else { continue };
        let Ok(evaluation) = model.evaluate(&design, &knobs) else { continue };
        write(trial(space, &knobs, &design, &stored, &evaluation));
    }
    Ok(out)
}

/// The newest measurement of each design in the better precision, in the order of their making.
fn newest(run: &RunDir, views: u32) -> Result<Vec<Stored<Measurement>>, RunError> {
    let mut by_design: BTreeMap<String, Stored<Measurement>> = BTreeMap::new();
    for stored in run.store()?.measurements_after(0, usize::MAX)? {
        let key = &stored.value.key;
        if key.views != views || key.lost != 0 || key.subset != Subset::Validation {
            continue;
        }
        let rank = |one: &Measurement| (one.key.precision == Precision::Int8, one.key.step);
        if by_design.get(&key.design).is_none_or(|known| rank(&known.value) < rank(&stored.value)) {
            by_design.insert(key.design.clone(), stored);
        }
    }
    let mut all: Vec<Stored<Measurement>> = by_design.into_values().collect();
    all.sort_by_key(|stored| stored.id);
    Ok(all)
}

fn trial(
    space: &SearchSpace,
    knobs: &Knobs,
    design: &Design,
    stored: &Stored<Measurement>,
    evaluation: &Evaluation,
) -> Value {
    let measured = &stored.value;
    let (mut distributions, mut chosen) = (serde_json::Map::new(), serde_json::Map::new());
    for TrialParameter { name, choices, chosen: index } in parameters(space, design) {
        let distribution = json!({ "name": "CategoricalDistribution", "attributes": { "choices": choices } });
        distributions.insert(name.clone(), Value::String(distribution.to_string()));
        chosen.insert(name, json!(index));
    }
    let constraints: Vec<f64> =
        Limit::ALL.iter().map(|&limit| if evaluation.violations.contains(limit) { 1.0 } else { -1.0 }).collect();
    let broken: Vec<&str> = evaluation.violations.iter().map(|limit| limit.info().label).collect();
    json!({
        "op_code": CREATE_TRIAL,
        "worker_id": WORKER,
        "study_id": 0,
        "state": COMPLETE,
        "value": null,
        "values": [measured.accuracy, evaluation.latency.total_s()],
        "datetime_start": moment(stored.time - measured.seconds.max(0.0)),
        "datetime_complete": moment(stored.time),
        "distributions": distributions,
        "params": chosen,
        "user_attrs": {
            "design": measured.key.design,
            "precision": measured.key.precision.name(),
            "samples": measured.samples,
            "training_step": measured.key.step,
            "views": knobs.sensors,
            "energy_j": evaluation.energy_j,
            "sensor_peak_bytes": evaluation.sensor_peak_bytes,
            "link_bytes": evaluation.link_bytes,
            "broken_limits": broken,
        },
        "system_attrs": { "constraints": constraints },
        "intermediate_values": {},
    })
}

/// A moment in UTC to the microsecond.
fn moment(unix_s: f64) -> String {
    let time = UNIX_EPOCH + Duration::try_from_secs_f64(unix_s.max(0.0)).unwrap_or_default();
    humantime::format_rfc3339_micros(time).to_string().replace('Z', "+00:00")
}

/// Sizes that a gene chooses from.
fn sizes<'a>(space: &'a SearchSpace, gene: &Gene) -> &'a [u32] {
    let stage = gene.stage.and_then(|index| space.stages.get(index));
    match (gene.kind, stage) {
        (GeneKind::Resolution, _) => &space.resolutions,
        (GeneKind::Width, Some(stage)) => &stage.widths,
        (GeneKind::Depth, Some(stage)) => &stage.depths,
        (GeneKind::Kernel, Some(stage)) => &stage.kernels,
        (GeneKind::Expansion, Some(stage)) => &stage.expansions,
        _ => &[],
    }
}

/// Name of a gene: what it sizes, behind its stage and block.
fn gene_name(space: &SearchSpace, gene: &Gene) -> String {
    let kind = match gene.kind {
        GeneKind::Network => "network",
        GeneKind::Resolution => "resolution",
        GeneKind::Width => "width",
        GeneKind::Depth => "depth",
        GeneKind::Kernel => "kernel",
        GeneKind::Expansion => "expansion",
    };
    let block = gene.block.map_or_else(String::new, |block| format!(".{}", block + 1));
    let stage = gene.stage.and_then(|index| space.stages.get(index));
    stage.map_or_else(|| kind.to_owned(), |stage| format!("{}{block} {kind}", stage.name))
}

/// Sizes of the network, without those of blocks that it does not have, and the parts of the design.
fn parameters(space: &SearchSpace, design: &Design) -> Vec<TrialParameter> {
    let mut all = Vec::new();
    let mut depth = u32::MAX;
    for (gene, &value) in space.genes().iter().zip(design.genome.genes()) {
        let chosen = usize::from(value);
        let sizes = sizes(space, gene);
        if gene.kind == GeneKind::Depth {
            depth = sizes.get(chosen).copied().unwrap_or(u32::MAX);
        }
        // A single choice is no parameter.
        if sizes.len() < 2 || gene.block.is_some_and(|block| block >= depth) {
            continue;
        }
        let name = gene_name(space, gene);
        all.push(TrialParameter { name, choices: sizes.iter().map(|size| json!(size)).collect(), chosen });
    }
    let boundary = |name: &str, list: &[u16], own: u16| TrialParameter {
        name: name.to_owned(),
        choices: list.iter().map(|&id| json!(space.boundary_name(id))).collect(),
        chosen: list.iter().position(|&id| id == own).unwrap_or(0),
    };
    let number = |name: &str, list: &[u8], own: u8| {
        let mut list = list.to_vec();
        if !list.contains(&own) {
            list.insert(0, own);
        }
        let chosen = list.iter().position(|&one| one == own).unwrap_or(0);
        TrialParameter { name: name.to_owned(), choices: list.into_iter().map(|one| json!(one)).collect(), chosen }
    };
    let boundaries: Vec<u16> = (0..=space.last()).collect();
    all.push(boundary("split", &boundaries, design.split));
    all.push(boundary("fusion", &boundaries, design.fusion));
    // Without a splitting module the ratio is 1 and the bits are 8, which need not be choices of the space:
    // the choices of a parameter must be the same for all trials.
    let with = |list: &[u8], plain: u8| {
        let mut list = list.to_vec();
        list.push(plain);
        list.sort_unstable();
        list.dedup();
        list
    };
    all.push(number("ratio", &with(&space.split.ratios, 1), design.ratio));
    all.push(number("link bits", &with(&space.split.bits, crate::space::PLAIN_BITS), design.bits));
    all
}
