//! Studies of costs alone: Table 1 on every profile, bandwidth, memory.

use super::error::StudyError;
use super::info::{StudyAxis, StudyInfo, StudyNeeds};
use super::input::StudyInput;
use super::rows::{StudyPoint, StudyRow};
use crate::cost::{CostModel, DesignCostError, DesignReport, Merit, MeritTick, ParadigmFigures, paradigms};
use crate::explore::default_transmit;
use crate::hardware::{self, Profile};
use crate::network::memory::{self, MemoryRule};
use crate::quantity::Knob;
use crate::space::Design;
use crate::svg::Scale;

pub(super) const PARADIGMS: StudyInfo = StudyInfo {
    name: "paradigms",
    claim: "Table 1: a distributed network is good at communication, sensor memory, parallelism, utilisation and privacy; \
            all on the sensors and all on the aggregator each miss some of them.",
    needs: StudyNeeds::Costs,
    x: ("profile", StudyAxis::Named),
    y: "speed-up over all on the aggregator",
    plan: paradigm_plan,
    measure: paradigm_rows,
    finding: paradigm_finding,
};

#[allow(clippy::unnecessary_wraps, reason = "the type of every study")]
fn paradigm_plan(_: &StudyInput) -> Result<Vec<StudyPoint>, StudyError> {
    let named = |(index, (name, _)): (usize, &(&str, &str))| StudyPoint::new(*name, index as f64 + 1.0);
    Ok(hardware::SHIPPED.iter().enumerate().map(named).collect())
}

/// The paradigms of the largest network on one profile; none where it can't be costed there.
#[allow(clippy::unnecessary_wraps, reason = "the type of every study")]
fn paradigm_rows(input: &mut StudyInput, point: &StudyPoint) -> Result<Vec<StudyRow>, StudyError> {
    let space = input.model.space().clone();
    let missing = |why: String| vec![StudyRow { note: why, ..point.exact("not costed", f64::NAN) }];
    let Some(profile) = Profile::shipped(&point.setting) else { return Ok(missing("no profile".into())) };
    let model = match CostModel::new(space, profile) {
        Ok(model) => model,
        Err(error) => return Ok(missing(error.to_string())),
    };
    let genome = model.space().largest();
    let transmit = default_transmit(model.space(), &genome);
    let (fusion, ratio, bits) = (transmit.fusion, transmit.ratio, transmit.bits);
    let design = Design { genome, split: 0, fusion, ratio, bits };
    let mut knobs = model.knobs();
    knobs.sensors = knobs.sensors.min(model.space().views);
    let all = match paradigms(&model, &design, &knobs) {
        Ok(all) => all,
        Err(error) => return Ok(missing(error.to_string())),
    };
    let row = |one: &ParadigmFigures| {
        let ticks = Merit::ALL.map(|merit| (merit, MeritTick::new(merit, one, &all)));
        let told = ticks.iter().filter(|(_, tick)| tick.figures.is_some()).count();
        let differing: Vec<&str> =
            ticks.iter().filter(|(_, tick)| tick.differs()).map(|(merit, _)| merit.label()).collect();
        let note = format!("{} of {told} ticks agree{}", told - differing.len(), listed(&differing));
        StudyRow { note, ..point.exact(one.paradigm.label(), one.speedup) }
    };
    Ok(all.iter().map(row).collect())
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() { String::new() } else { format!("; not {}", names.join(", ")) }
}

fn paradigm_finding(rows: &[StudyRow]) -> String {
    let counts = |row: &StudyRow| {
        let mut words = row.note.split(' ');
        Some((words.next()?.parse::<u32>().ok()?, words.nth(1)?.parse::<u32>().ok()?))
    };
    let all: Vec<(u32, u32)> = rows.iter().filter_map(counts).collect();
    let (agree, told) = all.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let distributed: Vec<&StudyRow> = rows.iter().filter(|row| row.series == "distributed").collect();
    let faster = distributed.iter().filter(|row| row.value > 1.0).count();
    let head = if agree == told { "Agrees with the paper" } else { "Agrees in part with the paper" };
    format!(
        "{head}: {agree} of {told} ticks of Table 1 that can be told without a leak agree; the distributed network is faster \
         than all on the aggregator on {faster} of {} profiles.",
        distributed.len()
    )
}

pub(super) const BANDWIDTH: StudyInfo = StudyInfo {
    name: "bandwidth",
    claim: "The best split depends on the link: with little bandwidth the network is split late, with much of it early.",
    needs: StudyNeeds::Costs,
    x: ("link bandwidth, Mbit/s", StudyAxis::Figures(Scale::Log)),
    y: "latency, ms",
    plan: bandwidth_plan,
    measure: bandwidth_rows,
    finding: bandwidth_finding,
};

const BIT_PER_BYTE: f64 = 8.0;

#[allow(clippy::unnecessary_wraps, reason = "the type of every study")]
fn bandwidth_plan(input: &StudyInput) -> Result<Vec<StudyPoint>, StudyError> {
    let (now, reach) = (input.model.knobs().get(Knob::LinkBandwidth), 64.0_f64);
    let last = if input.quick { 12 } else { 48 };
    let value = |index: i32| now * reach.powf(2.0 * f64::from(index) / f64::from(last) - 1.0);
    Ok((0..=last)
        .map(|index| StudyPoint::new(Knob::LinkBandwidth.format(value(index)), value(index) * BIT_PER_BYTE / 1e6))
        .collect())
}

/// Every split of the largest network that meets the limits besides latency, and the best of them.
fn bandwidth_rows(input: &mut StudyInput, point: &StudyPoint) -> Result<Vec<StudyRow>, StudyError> {
    let space = input.model.space();
    let genome = space.largest();
    let mut knobs = input.model.knobs().with(Knob::LinkBandwidth, point.x * 1e6 / BIT_PER_BYTE);
    knobs.sensors = input.views();
    knobs.latency_limit_s = None;
    let report = DesignReport::new(&input.model, &genome, default_transmit(space, &genome), knobs)?;
    let feasible = report.splits.iter().filter(|split| split.cost.feasible());
    let mut rows: Vec<StudyRow> =
        feasible.map(|split| point.exact(split.name.clone(), split.cost.latency.total_s() * 1e3)).collect();
    if let Some(best) = report.best_split() {
        let row = point.exact("best", best.cost.latency.total_s() * 1e3);
        rows.insert(0, StudyRow { note: format!("at {}", best.name), ..row });
    }
    Ok(rows)
}

fn bandwidth_finding(rows: &[StudyRow]) -> String {
    let mut best: Vec<(&str, &str)> = Vec::new();
    for row in rows.iter().filter(|row| row.series == "best") {
        let split = row.note.trim_start_matches("at ");
        if best.last().is_none_or(|(last, _)| *last != split) {
            best.push((split, &row.setting));
        }
    }
    let sequence: Vec<String> = best
        .iter()
        .enumerate()
        .map(|(index, (split, from))| if index == 0 { (*split).to_owned() } else { format!("{split} from {from}") })
        .collect();
    let earlier = best.windows(2).filter(|pair| is_before(rows, pair[1].0, pair[0].0)).count();
    let head = match earlier {
        0 => "Does not agree with the paper",
        some if some + 1 == best.len() => "Agrees with the paper",
        _ => "Agrees in part with the paper",
    };
    let moves = match best.len().saturating_sub(1) {
        0 => "does not move".to_owned(),
        1 => "moves once".to_owned(),
        more => format!("moves {more} times"),
    };
    format!("{head}: the best split of the largest network {moves}: {}.", sequence.join(", "))
}

/// Returns `true` if a split comes before another one: rows of a setting are in the order of the splits.
fn is_before(rows: &[StudyRow], split: &str, other: &str) -> bool {
    let place = |setting: &str, name: &str| rows.iter().position(|row| row.series == name && row.setting == setting);
    rows.iter().any(|row| {
        let places = (place(&row.setting, split), place(&row.setting, other));
        matches!(places, (Some(at), Some(later)) if at < later)
    })
}

pub(super) const MEMORY: StudyInfo = StudyInfo {
    name: "memory",
    claim: "A split needs less sensor memory than the whole network on the sensor.",
    needs: StudyNeeds::Costs,
    x: ("split, from the input to the logits", StudyAxis::Ordered),
    y: "peak of the layers before the split, KiB",
    plan: memory_plan,
    measure: memory_rows,
    finding: memory_finding,
};

#[allow(clippy::unnecessary_wraps, reason = "the type of every study")]
fn memory_plan(input: &StudyInput) -> Result<Vec<StudyPoint>, StudyError> {
    let space = input.model.space();
    let splits = space.splits(&space.largest());
    Ok(splits.iter().map(|&split| StudyPoint::new(space.boundary_name(split), f64::from(split))).collect())
}

/// Peak of the layers before one split under each memory rule.
fn memory_rows(input: &mut StudyInput, point: &StudyPoint) -> Result<Vec<StudyRow>, StudyError> {
    let space = input.model.space();
    let network = space.lower(&space.largest()).map_err(DesignCostError::from)?;
    let boundary = network.boundaries.iter().find(|boundary| boundary.name == point.setting);
    let layers = boundary.map_or(0, |boundary| boundary.layers);
    let row = |(name, rule): &(&'static str, MemoryRule)| {
        let peak = memory::peak(&memory::live_bytes(&network, *rule), layers);
        // Before the first layer the frame itself is what is held.
        let bytes = peak.bytes.max(network.bytes(0));
        point.exact(*name, bytes as f64 / 1024.0)
    };
    Ok(MemoryRule::ALL.iter().map(row).collect())
}

/// Splits inside the network, by rule; the first and the last place are no splits of the network.
fn memory_finding(rows: &[StudyRow]) -> String {
    let mut sentences = Vec::new();
    let (mut saving, mut inside) = (0, 0);
    for (name, _) in &MemoryRule::ALL {
        let of_rule: Vec<&StudyRow> = rows.iter().filter(|row| row.series == *name).collect();
        let [_, splits @ .., whole] = of_rule.as_slice() else { continue };
        let less: Vec<&str> =
            splits.iter().filter(|row| row.value < whole.value).map(|row| row.setting.as_str()).collect();
        saving += less.len();
        inside += splits.len();
        let listed = if less.is_empty() { String::new() } else { format!(" ({})", less.join(", ")) };
        let counts = format!("{} of {} splits inside the network", less.len(), splits.len());
        sentences.push(format!("by `{name}` {counts} take less than its {:.1} KiB{listed}", whole.value));
    }
    let head = match saving {
        0 => "Does not agree with the paper",
        all if all == inside => "Agrees with the paper",
        _ => "Agrees in part with the paper",
    };
    format!("{head}: {}.", sentences.join("; "))
}
