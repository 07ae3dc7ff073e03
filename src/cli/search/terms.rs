//! What a design costs under the present knobs, which limits it misses, and what a search is told of it.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

use crate::cli::{load, space_genes};
use crate::cost::{CostModel, Evaluation, Knobs, SplitDemand, SystemRates, shortfall_list, smallest_demands, why_none};
use crate::hardware::Profile;
use crate::quantity::{Knob, Metric, ascii, knob_values};
use crate::run::Manifest;
use crate::search::{Objectives, Outcome, Survey};
use crate::space::{Design, Genome, PLAIN_BITS, SearchSpace};

/// Something a search weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Objective {
    Accuracy,
    Latency,
    Energy,
    Memory,
    /// Arithmetic of the whole network, wherever it runs: what an architecture is chosen by before anyone splits it.
    #[value(skip)]
    Macs,
}

impl Objective {
    /// A value in words.
    pub(super) fn show(self, value: f64) -> String {
        let metric = self.metric();
        ascii(&metric.format(if metric == Metric::Accuracy { 1.0 - value } else { value })).into_owned()
    }

    /// The metric that it weighs.
    const fn metric(self) -> Metric {
        match self {
            Self::Accuracy => Metric::Accuracy,
            Self::Latency => Metric::Latency,
            Self::Energy => Metric::Energy,
            Self::Memory => Metric::SensorMemory,
            Self::Macs => Metric::Macs,
        }
    }
}

/// The space, the hardware, the knobs, and what counts.
#[derive(Clone)]
pub(super) struct Terms {
    pub(super) space: SearchSpace,
    pub(super) profile: Profile,
    model: CostModel,
    pub(super) knobs: Knobs,
    pub(super) objectives: Vec<Objective>,
}

impl Terms {
    /// The run's space and profile with the knobs given on the command line.
    pub(super) fn new(
        manifest: &Manifest,
        objectives: Vec<Objective>,
        sensors: Option<u32>,
        limits: Option<&str>,
    ) -> Result<Self> {
        let (space, _) = load::space_of_run(manifest)?;
        let (profile, _) = load::profile_of_run(manifest)?;
        let mut knobs = Knobs::from_profile(&profile);
        knobs.sensors = sensors.unwrap_or(knobs.sensors).clamp(1, space.views);
        let model = CostModel::new(space.clone(), profile.clone())?;
        let mut terms = Self { space, profile, model, knobs, objectives };
        if let Some(text) = limits {
            let mut json = serde_json::Deserializer::from_str(text);
            let values = knob_values::deserialize(&mut json)
                .context("--limits is not a JSON object of knob names and values")?;
            terms.move_knobs(&values)?;
        }
        Ok(terms)
    }

    /// Moves knobs by name.
    pub(super) fn move_knobs(&mut self, values: &BTreeMap<String, f64>) -> Result<()> {
        let mut knobs = self.knobs;
        for (name, &value) in values {
            let knob = Knob::named(name)?;
            knobs.set(knob, knob.check(value)?);
        }
        let (sensors, views) = (knobs.sensors, self.space.views);
        if !(1..=views).contains(&sensors) {
            bail!("{} takes 1 to {views} views; {sensors} sensors were asked for", self.space.name);
        }
        self.knobs = knobs;
        Ok(())
    }

    /// Whether a design's outcome depends on its accuracy.
    pub(super) fn needs_accuracy(&self) -> bool {
        self.objectives.contains(&Objective::Accuracy) || self.knobs.accuracy_floor.is_some()
    }

    pub(super) fn demand(&self, design: &Design) -> Result<SplitDemand> {
        Ok(self.model.demand(design)?)
    }

    /// What a design costs.
    pub(super) fn evaluation(&self, design: &Design) -> Result<Evaluation> {
        Ok(SystemRates::new(&self.knobs).evaluate(&self.demand(design)?))
    }

    /// What a search is told of a design: its objectives, and by how much it misses the limits. An accuracy that is not known
    /// yet misses none, and its objective is no better than the worst.
    pub(super) fn outcome(&self, design: &Design, accuracy: Option<f64>) -> Result<Outcome> {
        let found = self.evaluation(design)?;
        let floor = self.knobs.accuracy_floor.unwrap_or(0.0);
        let short = accuracy.map_or(0.0, |accuracy| ((floor - accuracy) / floor.max(1e-9)).max(0.0));
        let violation = violation(&found, &self.knobs) + short;
        let mut objectives = Vec::with_capacity(self.objectives.len());
        for objective in &self.objectives {
            objectives.push(match objective {
                Objective::Accuracy => 1.0 - accuracy.unwrap_or(0.0),
                Objective::Latency => found.latency.total_s(),
                Objective::Energy => found.energy_j,
                Objective::Memory => found.sensor_peak_bytes as f64,
                Objective::Macs => self.space.lower(&design.genome)?.macs() as f64,
            });
        }
        Ok(Outcome::new(&objectives, violation))
    }

    /// Objectives in words, in order.
    pub(super) fn show(&self, objectives: &Objectives) -> String {
        let shown = self.objectives.iter().zip(objectives).map(|(objective, &value)| objective.show(value));
        shown.collect::<Vec<_>>().join("  ")
    }

    /// A look at the whole space; `None` on a device whose blocks have no costs of their own.
    pub(super) fn survey(&self) -> Option<Survey> {
        Survey::new(&self.model)
    }

    /// Every design that meets the limits on cost, where that can be listed.
    pub(super) fn designs_that_fit(&self, survey: &Survey) -> Option<Vec<Design>> {
        Some(survey.feasible_designs(&self.knobs))
    }

    /// Designs worth knowing first: the quickest split of the smallest network, and the largest network at every split at
    /// which it fits, compressed as little as possible.
    pub(super) fn starts(&self) -> Result<Vec<Box<[u8]>>> {
        let mut designs = Vec::new();
        let mut quickest: Option<(f64, Design)> = None;
        let smallest = self.space.smallest();
        for split in self.space.splits(&smallest) {
            for design in self.transmits(&smallest, split) {
                let outcome = self.outcome(&design, None)?;
                let latency = self.evaluation(&design)?.latency.total_s();
                if outcome.is_feasible() && quickest.as_ref().is_none_or(|(least, _)| latency < *least) {
                    quickest = Some((latency, design));
                }
            }
        }
        designs.extend(quickest.map(|(_, design)| design));
        let largest = self.space.largest();
        for split in self.space.splits(&largest) {
            for design in self.transmits(&largest, split) {
                if self.outcome(&design, None)?.is_feasible() {
                    designs.push(design);
                    break;
                }
            }
        }
        Ok(designs.iter().map(|design| space_genes::encode(&self.space, design).into()).collect())
    }

    /// Every way to send and fuse a network at a split: the latest fusion of whole features first, that of logits last; then the
    /// least compression and the most bits first.
    pub(super) fn transmits(&self, genome: &Genome, split: u8) -> Vec<Design> {
        let mut designs = Vec::new();
        let plain = split == 0 || split == self.space.last();
        let (ratios, bits) = (&self.space.split.ratios, &self.space.split.bits);
        let mut fusions = self.space.fusions(genome, split);
        fusions.reverse();
        // The logits, where fusion is always allowed.
        fusions.rotate_left(1);
        for fusion in fusions {
            if plain {
                designs.push(Design { genome: genome.clone(), split, fusion, ratio: 1, bits: PLAIN_BITS });
                continue;
            }
            for &ratio in ratios {
                let design = |&bits: &u8| Design { genome: genome.clone(), split, fusion, ratio, bits };
                designs.extend(bits.iter().rev().map(design));
            }
        }
        designs
    }

    /// Why no design can meet the limits, if the smallest network does at no split.
    pub(super) fn hopeless(&self) -> Result<Option<String>> {
        let demands = smallest_demands(&self.space, &self.profile)?;
        Ok(why_none(&demands, &self.knobs).map(|missed| {
            let list = shortfall_list(&missed);
            format!("no design meets the limits, not even the smallest network at any split: {list}")
        }))
    }
}

/// Sum over the limits of the share by which each is missed.
fn violation(found: &Evaluation, knobs: &Knobs) -> f64 {
    if found.feasible() {
        return 0.0;
    }
    let over =
        |value: f64, limit: Option<f64>| limit.map_or(0.0, |limit| ((value - limit) / limit.max(1e-12)).max(0.0));
    let sum = over(found.latency.total_s(), knobs.latency_limit_s)
        + over(found.energy_j, knobs.energy_limit_j)
        + over(found.sensor_peak_bytes as f64, Some(knobs.sensor_memory_bytes as f64))
        + over(found.latency.period_s(), knobs.frame_rate_floor_hz.map(f64::recip));
    // What is broken but not in this sum (weights that do not fit) still counts.
    sum.max(1e-6)
}
