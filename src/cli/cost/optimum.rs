//! `splitscope cost --optimum`: the design of least latency, energy or sensor memory at every split of a space.

use std::fmt::Write;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::cost::{CostModel, Evaluation, Knobs};
use crate::quantity::{Metric, number};
use crate::search::{Goal, SplitOptimum, Survey};

/// Figure to be minimised, as it is written on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum OptimumMetric {
    Latency,
    Energy,
    Memory,
}

impl OptimumMetric {
    const fn goal(self) -> Goal {
        match self {
            Self::Latency => Goal::Latency,
            Self::Energy => Goal::Energy,
            Self::Memory => Goal::SensorMemory,
        }
    }
}

/// Optimum of every split of a space under the knobs.
pub(super) struct Optima<'a> {
    model: &'a CostModel,
    knobs: &'a Knobs,
    metric: Metric,
    splits: Vec<SplitOptimum>,
}

impl<'a> Optima<'a> {
    /// Finds the optima.
    ///
    /// # Errors
    /// A profile on which only whole networks can be costed.
    pub(super) fn new(model: &'a CostModel, knobs: &'a Knobs, metric: OptimumMetric) -> Result<Self> {
        let survey = Survey::new(model).with_context(|| {
            format!(
                "{} costs whole networks only (measured latencies, or patches); an optimum needs the cost of every block",
                model.profile().name
            )
        })?;
        let goal = metric.goal();
        Ok(Self { model, knobs, metric: goal.limit().metric(), splits: survey.optimum(goal, knobs) })
    }

    /// Returns `true` if one of the designs meets every limit.
    pub(super) fn any_feasible(&self) -> bool {
        self.splits.iter().any(|split| split.evaluation.feasible())
    }

    /// The optima as a table.
    pub(super) fn text(&self) -> String {
        let (space, metric) = (self.model.space(), self.metric.info());
        let mut out = String::new();
        let _ = writeln!(
            out,
            "least {} of any design of {} on {} at every split, {} (-: breaks a limit; of equals the fastest)",
            metric.label,
            space.name,
            self.model.profile().name,
            number::counted(self.knobs.sensors.into(), "sensor")
        );
        let _ = writeln!(out, "  {:<12} {:>12}  design", "split after", metric.short);
        for split in &self.splits {
            let mark = if split.evaluation.feasible() { ' ' } else { '-' };
            let (name, value) = (space.boundary_name(split.split), self.metric.format(split.value));
            let design = space.print_design(&split.design);
            let _ = writeln!(out, "{mark} {name:<12} {value:>12}  {design}{}", broken(&split.evaluation));
        }
        out
    }

    /// The optima as JSON, in base units.
    pub(super) fn json(&self) -> Value {
        let space = self.model.space();
        let row = |split: &SplitOptimum| {
            json!({
                "boundary": split.split,
                "name": space.boundary_name(split.split),
                "value": split.value,
                "design": space.print_design(&split.design),
                "feasible": split.evaluation.feasible(),
                "broken": split.evaluation.violations.iter().collect::<Vec<_>>(),
            })
        };
        json!({
            "space": space.name,
            "profile": self.model.profile().name,
            "sensors": self.knobs.sensors,
            "optimum": self.metric,
            "splits": self.splits.iter().map(row).collect::<Vec<_>>(),
        })
    }
}

/// The broken limits in words, behind two blanks; nothing if none is broken.
fn broken(evaluation: &Evaluation) -> String {
    let names: Vec<&str> = evaluation.violations.iter().map(|limit| limit.info().label).collect();
    if names.is_empty() { String::new() } else { format!("  breaks: {}", names.join(", ")) }
}
