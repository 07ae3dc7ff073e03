//! `splitscope cost`: what every split of a design costs.

use anyhow::{Result, bail};
use serde_json::json;

use super::{Answer, layers, load};
use crate::cost::{self, CostTable, Evaluation, Knobs, Sending, show};
use crate::explore::{KnobId, usual_sending};
use crate::network::Network;
use crate::space::{Genome, SearchSpace};

/// Arguments of `cost`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Space: a shipped name or a TOML file
    #[arg(long, default_value = crate::space::DEFAULT, conflicts_with = "layers")]
    space: String,
    /// Profile: a shipped name or a TOML file
    #[arg(long, default_value = crate::hardware::DEFAULT)]
    pub(super) profile: String,
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
    /// Moves a knob, for instance `link-bandwidth=125000`; values in bytes, seconds, joules
    #[arg(long = "knob", value_name = "NAME=VALUE", conflicts_with = "layers")]
    knobs: Vec<String>,
    #[command(flatten)]
    pub(super) layers: layers::Arguments,
    /// Print JSON: seconds, bytes, joules
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    if arguments.layers.layers.is_some() {
        return layers::run(arguments);
    }
    let (space, _) = load::space(&arguments.space)?;
    let (profile, _) = load::profile(&arguments.profile)?;
    let genome = match arguments.genome.as_str() {
        "largest" => space.largest(),
        "smallest" => space.smallest(),
        text => space.parse_genome(text)?,
    };
    let sending = sending(arguments, &space, &genome)?;
    let mut knobs = Knobs::from_profile(&profile);
    knobs.sensors = arguments.sensors.unwrap_or(knobs.sensors);
    for text in &arguments.knobs {
        set_knob(&mut knobs, text)?;
    }
    knobs.check()?;
    let network = space.lower(&genome)?;
    let table = CostTable::new(&network, sending, &profile)?;
    let allowed = space.splits(&genome);
    let best = cost::best_cut(&table, &knobs, |cut| allowed.contains(&cut.boundary));
    let evaluations: Vec<Evaluation> = cost::sweep(&table, &knobs).collect();
    let best = best.filter(|&index| evaluations[index].feasible());
    let found =
        Found { space: &space, network: &network, table: &table, knobs: &knobs, evaluations: &evaluations, best };
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&found.json(&allowed))?);
    } else {
        found.print(&genome, sending, &profile.name, &allowed);
    }
    Ok(if best.is_some() { Answer::Yes } else { Answer::No })
}

fn sending(arguments: &Arguments, space: &SearchSpace, genome: &Genome) -> Result<Sending> {
    let usual = usual_sending(space, genome);
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
    Ok(Sending { fusion, ratio, bits })
}

/// Sets a knob from `name=value` in base units.
fn set_knob(knobs: &mut Knobs, text: &str) -> Result<()> {
    let (name, value) = text.split_once('=').ok_or_else(|| anyhow::anyhow!("`{text}` is not NAME=VALUE"))?;
    let Some(id) = KnobId::named(name) else {
        let names: Vec<&str> = crate::explore::KNOBS.iter().map(|knob| knob.name).collect();
        bail!("no knob is named `{name}` (knobs: {})", names.join(", "));
    };
    let value: f64 = value.parse().map_err(|_| anyhow::anyhow!("`{value}` is not a number"))?;
    id.knob().set(knobs, value);
    Ok(())
}

struct Found<'a> {
    space: &'a SearchSpace,
    network: &'a Network,
    table: &'a CostTable,
    knobs: &'a Knobs,
    evaluations: &'a [Evaluation],
    best: Option<usize>,
}

impl Found<'_> {
    fn reasons(&self, index: usize) -> Vec<String> {
        let cut = &self.table.cuts[index];
        cost::reasons(self.network, cut, self.knobs, None).iter().map(cost::Reason::sentence).collect()
    }

    fn json(&self, allowed: &[u8]) -> serde_json::Value {
        let splits: Vec<_> = self
            .network
            .boundaries
            .iter()
            .enumerate()
            .filter(|(_, boundary)| allowed.contains(&boundary.id))
            .map(|(index, boundary)| {
                let found = &self.evaluations[index];
                let latency = &found.latency;
                json!({
                    "boundary": boundary.id,
                    "name": boundary.name,
                    "feasible": found.feasible(),
                    "reasons": self.reasons(index),
                    "latency": {
                        "readout": latency.readout_s,
                        "sensor": latency.sensor_s,
                        "link": latency.link_s,
                        "aggregator": latency.aggregator_s,
                        "total": latency.total_s(),
                    },
                    "link_bytes": found.link_bytes,
                    "sensor_peak_bytes": found.sensor_peak_bytes,
                    "energy_j": found.energy_j,
                    "fps": found.fps,
                })
            })
            .collect();
        let best = self.best.map(|index| &self.network.boundaries[index]);
        json!({
            "splits": splits,
            "best": best.map(|boundary| boundary.id),
            "best_name": best.map(|boundary| boundary.name.as_str()),
            "macs": self.network.macs(),
            "weights": self.network.weights(),
        })
    }

    fn print(&self, genome: &Genome, sending: Sending, profile: &str, allowed: &[u8]) {
        let space = self.space;
        println!("{} {} on {profile}, {} sensors", space.name, space.print(genome), self.knobs.sensors);
        println!("{}", space.architecture(genome));
        println!(
            "{:.2} MMAC a view, {} weights; fusion at {}, ratio {}, {} bits on the link",
            self.network.macs() as f64 / 1e6,
            self.network.weights(),
            space.boundary_name(sending.fusion),
            sending.ratio,
            sending.bits
        );
        println!();
        println!(
            "  {:<12} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>11} {:>10}",
            "split after", "latency", "readout", "sensor", "link", "aggregator", "bytes", "sensor peak", "energy"
        );
        for (index, boundary) in self.network.boundaries.iter().enumerate() {
            if !allowed.contains(&boundary.id) {
                continue;
            }
            let found = &self.evaluations[index];
            let latency = &found.latency;
            let mark = if self.best == Some(index) {
                '*'
            } else if found.feasible() {
                ' '
            } else {
                '-'
            };
            let [total, readout, sensor, link, aggregator] =
                [latency.total_s(), latency.readout_s, latency.sensor_s, latency.link_s, latency.aggregator_s]
                    .map(show::seconds);
            println!(
                "{mark} {:<12} {total:>10} {readout:>10} {sensor:>10} {link:>10} {aggregator:>10} {:>10} {:>11} {:>10}",
                boundary.name,
                found.link_bytes,
                show::bytes(found.sensor_peak_bytes),
                show::joules(found.energy_j)
            );
            for reason in self.reasons(index) {
                println!("    {reason}");
            }
        }
        println!();
        match self.best {
            Some(index) => println!("best split (*): after {}", self.network.boundaries[index].name),
            None => println!("no split meets the limits"),
        }
    }
}
