//! `splitscope cost`: cost of every split of a design, with reasons why it does not fit, and fixes.

mod json;
mod knob;
mod layers;
mod measure;
mod optimum;
mod text;

use anyhow::{Context, Result, bail};

use super::{Answer, load};
use crate::cost::{
    self, CostModel, Evaluation, FusionReport, KnobChange, KnobSwing, Knobs, NetworkCosts, Reason, Shortfall,
    SplitDemand, SwingEnd, SystemRates, TransmitConfig, break_even_bandwidth,
};
use crate::explore::default_transmit;
use crate::hardware::{MAX_SENSORS, Profile};
use crate::network::{Boundary, Network, table};
use crate::quantity::{self, Knob};
use crate::space::{Genome, SearchSpace};

/// Arguments of `cost`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Space: a shipped name or a TOML file
    #[arg(long, default_value = crate::space::DEFAULT, conflicts_with = "layers")]
    space: String,
    /// Profile: a shipped name or a TOML file
    #[arg(long, default_value = crate::hardware::DEFAULT)]
    profile: String,
    /// Network: a printed genome, `largest` or `smallest`
    #[arg(long, default_value = "largest", conflicts_with = "layers")]
    genome: String,
    /// Boundary at which views become one [default: the first the space allows]
    #[arg(long, conflicts_with = "layers")]
    fusion: Option<String>,
    /// Compression ratio at the split [default: the middle one of the space]
    #[arg(long, conflicts_with = "layers")]
    ratio: Option<u8>,
    /// Bits per element on the link [default: the most the space allows]
    #[arg(long, conflicts_with = "layers")]
    bits: Option<u8>,
    /// Number of sensors [default: the profile's]
    #[arg(long, conflicts_with = "layers")]
    sensors: Option<u32>,
    /// Moves a knob, for instance `link-bandwidth=2.5Mbit/s` or `latency=8ms`; without a unit in bytes, seconds, joules
    #[arg(long = "knob", value_name = "NAME=VALUE", conflicts_with = "layers")]
    knobs: Vec<String>,
    /// Frame rate to be met: frames per second, or what XRBench asks for an application such as `hand-tracking`
    #[arg(long, value_name = "RATE", conflicts_with = "layers")]
    deadline: Option<String>,
    /// Frames per second at which the mean power is told [default: the frame-rate limit]
    #[arg(long, value_name = "RATE", conflicts_with = "layers")]
    power_at: Option<f64>,
    /// Everything about one split: where its memory is full, what it breaks, and every knob that would mend it
    #[arg(long, value_name = "SPLIT", conflicts_with = "layers")]
    why: Option<String>,
    /// Bandwidth at which two splits are equally fast, for instance `input,S2.1`
    #[arg(long, value_name = "SPLIT,SPLIT", conflicts_with = "layers")]
    break_even: Option<String>,
    /// The best split with each hardware knob 20 % lower and higher
    #[arg(long, conflicts_with = "layers")]
    tornado: bool,
    /// Instead of one network: the design of the whole space with the least of this at every split
    #[arg(long, value_name = "OF", conflicts_with_all = ["layers", "genome", "fusion", "ratio", "bits", "why", "break_even", "tornado", "list_layers"])]
    optimum: Option<optimum::OptimumMetric>,
    /// Print the layers of this network, or of every network of the space, as a layer table (CSV) to measure or to cost
    #[arg(long, value_name = "OF", value_parser = ["network", "space"], conflicts_with = "layers")]
    list_layers: Option<String>,
    /// Time those layers on this machine, one thread, and print their latencies too (column `us`): a latency table
    #[arg(long, requires = "list_layers")]
    measure: bool,
    #[command(flatten)]
    layers: layers::Arguments,
    /// Print JSON: seconds, bytes, joules
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    if let Some(file) = &arguments.layers.layers {
        layers::run(file, &arguments.layers, &arguments.profile, arguments.json)?;
        return Ok(Answer::Yes);
    }
    let (space, _) = load::space(&arguments.space)?;
    let genome = match arguments.genome.as_str() {
        "largest" => space.largest(),
        "smallest" => space.smallest(),
        text => space.parse_genome(text)?,
    };
    let network = space.lower(&genome)?;
    if let Some(of) = &arguments.list_layers {
        let layers = if of == "space" { space.layers()? } else { network.layers };
        print!("{}", if arguments.measure { measure::table(&layers)? } else { table::csv(&layers) });
        return Ok(Answer::Yes);
    }
    let (profile, _) = load::profile(&arguments.profile)?;
    let model = CostModel::new(space, profile)?;
    let (space, profile) = (model.space(), model.profile());
    let transmit = transmit(arguments, space, &genome)?;
    let mut knobs = model.knobs();
    knobs.sensors = arguments.sensors.unwrap_or(knobs.sensors);
    for text in &arguments.knobs {
        if let Some(note) = knob::set(&mut knobs, text)? {
            eprintln!("note: {note}");
        }
    }
    if let Some(rate) = &arguments.deadline {
        knobs.frame_rate_floor_hz = Some(knob::deadline(rate)?);
    }
    knobs.check()?;
    if let Some(rate) = arguments.power_at.filter(|rate| !(1e-18..=1e18).contains(rate)) {
        bail!("--power-at must be a finite number above zero (1e-18 to 1e18), not {rate}");
    }
    if let Some(metric) = arguments.optimum {
        let optima = optimum::Optima::new(&model, &knobs, metric)?;
        if arguments.json {
            println!("{}", serde_json::to_string_pretty(&optima.json())?);
        } else {
            print!("{}", quantity::ascii(&optima.text()));
        }
        return Ok(if optima.any_feasible() { Answer::Yes } else { Answer::No });
    }
    let table = model.network_costs(&network, transmit)?;
    let power_at = arguments.power_at.or(knobs.frame_rate_floor_hz);
    let (splits, best, hopeless) = (Vec::new(), None, None);
    let found =
        Found { space, profile, genome, network, table, knobs, transmit, power_at, splits, best, hopeless }.costed()?;
    let asked = Asked::new(arguments, &found)?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&json::report(&found, &asked))?);
    } else {
        print!("{}", quantity::ascii(&text::report(&found, &asked)));
    }
    Ok(if found.best.is_some() { Answer::Yes } else { Answer::No })
}

fn transmit(arguments: &Arguments, space: &SearchSpace, genome: &Genome) -> Result<TransmitConfig> {
    let usual = default_transmit(space, genome);
    let fusion = match &arguments.fusion {
        Some(name) => space.nearest_boundary(genome, space.parse_boundary(name)?),
        None => usual.fusion,
    };
    let (ratio, bits) = (arguments.ratio.unwrap_or(usual.ratio), arguments.bits.unwrap_or(usual.bits));
    if ratio == 0 {
        bail!("the compression ratio is at least 1");
    }
    if ![2, 4, 8, 16].contains(&bits) {
        bail!("{bits} bits are not among 2, 4, 8, 16");
    }
    Ok(TransmitConfig { fusion, ratio, bits })
}

/// Every allowed split of one design with its cost.
struct Found<'a> {
    space: &'a SearchSpace,
    profile: &'a Profile,
    genome: Genome,
    network: Network,
    table: NetworkCosts,
    knobs: Knobs,
    transmit: TransmitConfig,
    /// Frames per second at which the mean power is told.
    power_at: Option<f64>,
    splits: Vec<Split>,
    /// Position in `splits` of the fastest that meets the limits.
    best: Option<usize>,
    /// The limits no design of the space can meet; `None` if some can, or if a split here does.
    hopeless: Option<Vec<Shortfall>>,
}

/// One split.
struct Split {
    name: String,
    demand: SplitDemand,
    cost: Evaluation,
    /// The fusion of the views, if it is split here.
    fusion: FusionReport,
    reasons: Vec<Reason>,
    /// Knobs that alone make it fit, smallest move first.
    single: Vec<KnobChange>,
    /// Knobs that together make it fit.
    joint: Vec<KnobChange>,
}

impl Split {
    /// The smallest change that makes it fit, in words: of a limit and of the hardware, or of several knobs together.
    fn fix(&self) -> Option<String> {
        let of =
            |kind: &[Knob]| self.single.iter().find(|change| kind.contains(&change.knob)).map(KnobChange::sentence);
        match (of(&Knob::REQUIREMENTS), of(&Knob::HARDWARE)) {
            (None, None) if self.joint.is_empty() => {
                self.reasons.iter().find(|reason| reason.limit.is_about_weights()).map(Reason::fix)
            }
            (None, None) => Some(self.joint.iter().map(KnobChange::sentence).collect::<Vec<_>>().join(", and ")),
            (one, other) => Some([one, other].into_iter().flatten().collect::<Vec<_>>().join(", or ")),
        }
    }

    /// Distance by which the knobs of that change move; infinite if no knob helps.
    fn distance(&self) -> f64 {
        let changes = self.single.get(..1).unwrap_or(&self.joint);
        if changes.is_empty() { f64::INFINITY } else { changes.iter().map(KnobChange::distance).sum() }
    }
}

impl Found<'_> {
    /// Costs every allowed split.
    fn costed(mut self) -> Result<Self> {
        let allowed = self.space.splits(&self.genome);
        let Self { network, knobs, profile, .. } = &self;
        let fusion = network.position(self.transmit.fusion).unwrap_or(network.boundaries.len() - 1);
        let split = |(index, ((demand, cost), boundary)): (usize, ((&SplitDemand, Evaluation), &Boundary))| {
            let loaded = knobs.sensors > demand.max_resident_views;
            Ok(Split {
                name: boundary.name.clone(),
                demand: *demand,
                cost,
                fusion: cost::fusion_report(network, fusion.max(index), profile, knobs, loaded)?,
                reasons: cost::reasons(network, demand, knobs, None),
                single: cost::single_fixes(demand, knobs),
                joint: cost::joint_fix(demand, knobs).unwrap_or_default(),
            })
        };
        let costs = self.table.demands.iter().zip(cost::sweep(&self.table, knobs)).zip(&network.boundaries).enumerate();
        let allowed = costs.filter(|(_, ((demand, _), _))| allowed.contains(&demand.boundary));
        self.splits = allowed.map(split).collect::<Result<_>>()?;
        let fits = self.splits.iter().enumerate().filter(|(_, split)| split.cost.feasible());
        let fastest = fits.min_by(|(_, a), (_, b)| a.cost.latency.total_s().total_cmp(&b.cost.latency.total_s()));
        self.best = fastest.map(|(index, _)| index);
        if self.best.is_none() {
            self.hopeless = cost::why_none(&cost::smallest_demands(self.space, self.profile)?, &self.knobs);
        }
        Ok(self)
    }

    /// A split by its name.
    fn split(&self, name: &str) -> Result<&Split> {
        let id = self.space.parse_boundary(name)?;
        let found = self.splits.iter().find(|split| split.demand.boundary == id);
        found.with_context(|| {
            let names: Vec<&str> = self.splits.iter().map(|split| split.name.as_str()).collect();
            format!("this network can't be split at {name} (splits: {})", names.join(", "))
        })
    }

    /// Above this bandwidth the one of two splits that sends more is faster; `None` if one is faster at any.
    fn break_even(&self, one: &Split, other: &Split) -> Option<f64> {
        break_even_bandwidth(&one.demand, &other.demand, &self.knobs)
    }
}

/// The answers to what was asked for besides.
struct Asked<'a> {
    why: Option<&'a Split>,
    break_even: Option<(&'a Split, &'a Split)>,
    tornado: Option<Vec<KnobSwing>>,
}

impl<'a> Asked<'a> {
    fn new(arguments: &Arguments, found: &'a Found) -> Result<Self> {
        let why = arguments.why.as_deref().map(|name| found.split(name)).transpose()?;
        let last = found.splits.last().map_or("logits", |split| &split.name);
        let break_even = match arguments.break_even.as_deref().map(|pair| (pair, pair.split_once(','))) {
            None => None,
            Some((_, Some((one, other)))) if one.trim() == other.trim() => {
                bail!("`{}` is one split; name two, such as `input,{last}`", one.trim())
            }
            Some((_, Some((one, other)))) => Some((found.split(one.trim())?, found.split(other.trim())?)),
            Some((pair, None)) => bail!("`{pair}` is not a pair of splits such as `input,{last}`"),
        };
        let allowed = |demand: &SplitDemand| found.splits.iter().any(|split| split.demand.boundary == demand.boundary);
        let best = |_, knobs: &Knobs| {
            let demand = &found.table.demands[cost::best_split(&found.table, knobs, allowed)?];
            let cost = SystemRates::new(knobs).evaluate(demand);
            let (latency_s, boundary) = (cost.latency.total_s(), demand.boundary);
            Some(SwingEnd { value: 0.0, latency_s, boundary, feasible: cost.feasible() })
        };
        let tornado = || cost::tornado(Knob::HARDWARE, &found.knobs, MAX_SENSORS, best);
        let tornado = if arguments.tornado { Some(tornado()) } else { None };
        Ok(Self { why, break_even, tornado })
    }
}
