//! The design of the command line, and what was asked about it.

use anyhow::{Context, Result};

use super::arguments::Arguments;
use crate::cli::usage::{Usage, refuse};
use crate::cost::{CostModel, DesignReport, KnobSwing, SplitReport};
use crate::space::Genome;

/// A design's costs with the answers to what was asked for besides.
pub(super) struct Asked<'a> {
    pub(super) model: &'a CostModel,
    pub(super) genome: &'a Genome,
    pub(super) report: &'a DesignReport,
    /// Frames per second at which the mean power is printed.
    pub(super) power_at: Option<f64>,
    pub(super) why: Option<&'a SplitReport>,
    pub(super) break_even: Option<(&'a SplitReport, &'a SplitReport)>,
    pub(super) tornado: Option<Vec<KnobSwing>>,
}

impl<'a> Asked<'a> {
    pub(super) fn new(
        arguments: &Arguments,
        model: &'a CostModel,
        genome: &'a Genome,
        report: &'a DesignReport,
    ) -> Result<Self> {
        let split = |name: &str| split(model, report, name);
        let why = arguments.why.as_deref().map(split).transpose()?;
        let last = report.splits.last().map_or("logits", |split| &split.name);
        let break_even = match arguments.break_even.as_deref().map(|pair| (pair, pair.split_once(','))) {
            None => None,
            Some((_, Some((one, other)))) if one.trim() == other.trim() => {
                refuse!("`{}` is one split; name two, such as `input,{last}`", one.trim())
            }
            Some((_, Some((one, other)))) => Some((split(one.trim())?, split(other.trim())?)),
            Some((pair, None)) => refuse!("`{pair}` is not a pair of splits such as `input,{last}`"),
        };
        let tornado = arguments.tornado.then(|| report.tornado());
        let power_at = arguments.power_at.or(report.knobs.frame_rate_floor_hz);
        Ok(Self { model, genome, report, power_at, why, break_even, tornado })
    }
}

/// A split by its name.
fn split<'a>(model: &CostModel, report: &'a DesignReport, name: &str) -> Result<&'a SplitReport> {
    let found = report.split_at(model.space().parse_boundary(name).usage()?);
    let found = found.with_context(|| {
        let names: Vec<&str> = report.splits.iter().map(|split| split.name.as_str()).collect();
        format!("this network can't be split at {name} (splits: {})", names.join(", "))
    });
    found.usage()
}
