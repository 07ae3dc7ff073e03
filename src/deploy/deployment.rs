//! A design made ready to leave the program: two graphs and the format of the link between them.

use serde::{Deserialize, Serialize};

use super::assemble::{DesignParts, Halves};
use super::error::DeployError;
use super::graph::DeploymentGraph;
use super::link::LinkFormat;
use super::values::TensorValues;
use crate::network::LinkRange;
use crate::record::{MeasurementKey, Precision};
use crate::space::{Design, PLAIN_BITS, SearchSpace};
use crate::supernet::{Numerics, Route, Supernet, ViewSet};
use crate::train::DesignEvaluator;

/// Two halves of a design at one precision, calibrated as its accuracy is measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deployment {
    /// Design as it is printed.
    pub design: String,
    /// Numbers of both halves.
    pub precision: Precision,
    /// Cameras.
    pub views: usize,
    /// Image to codes.
    pub sensor: DeploymentGraph,
    /// Codes of all views to logits.
    pub aggregator: DeploymentGraph,
    /// Codes of one view on the link.
    pub link: LinkFormat,
}

impl Deployment {
    /// Graphs of a design after the calibration that precedes the measurement of its key.
    ///
    /// # Errors
    /// The key's design is not of the space or its cameras are not in the data, the run has no calibration objects, a
    /// file of samples can't be read, or integers can't express the design.
    pub fn new(evaluator: &DesignEvaluator<'_>, key: &MeasurementKey) -> Result<Self, DeployError> {
        let design = evaluator.space.parse_design(&key.design)?;
        refuse_wide_codes(evaluator.space, &design, key.precision)?;
        let (route, views) = evaluator.route(key)?;
        let (numerics, batches) = evaluator.calibrated(key.precision, &route, &views)?;
        if batches == 0 {
            return Err(DeployError::NoCalibration);
        }
        Self::calibrated(evaluator.space, evaluator.supernet, &design, &views, key.precision, numerics)
    }

    /// Graphs of a design with the statistics and ranges of a calibration, which was of the same design, views and
    /// precision.
    ///
    /// # Errors
    /// Integers can't express the design, or the calibration is of another.
    pub fn calibrated(
        space: &SearchSpace,
        supernet: &Supernet,
        design: &Design,
        views: &ViewSet,
        precision: Precision,
        mut numerics: Numerics,
    ) -> Result<Self, DeployError> {
        refuse_wide_codes(space, design, precision)?;
        let (route, integers) = (Route::of_design(space, design), precision == Precision::Int8);
        let parts = supernet.parts(space.input_channels as usize, views, &route, &mut numerics);
        let network = &space.lower(&design.genome)?;
        let design_parts = DesignParts { network, route: &route, parts, integers, views: views.count() };
        let Halves { sensor, aggregator, codes } = design_parts.halves()?;
        let shape = sensor.output().shape;
        let bits = if space.has_splitting_module(design.split) { design.bits } else { PLAIN_BITS };
        let (design, views) = (space.print_design(design), views.count());
        Ok(Self { design, precision, views, sensor, aggregator, link: LinkFormat { bits, shape, codes } })
    }

    /// Bytes that each view sends for its image, and the logits that the aggregator makes of them.
    ///
    /// # Errors
    /// An image is not of the size of the sensor half.
    pub fn run(&self, images: &[Vec<f32>]) -> Result<(Vec<Vec<u8>>, Vec<f32>), DeployError> {
        let (mut sent, mut received) = (Vec::new(), Vec::new());
        for image in images {
            let codes = self.sensor.run(TensorValues::Float(image.clone()))?;
            let packet = self.link.pack(&codes);
            received.push(self.link.unpack(&packet)?);
            sent.push(packet);
        }
        let logits = self.aggregator.run(TensorValues::joined(received))?;
        Ok((sent, logits.values(self.aggregator.output().grid)))
    }
}

/// Refuses what a graph of integers can't express.
fn refuse_wide_codes(space: &SearchSpace, design: &Design, precision: Precision) -> Result<(), DeployError> {
    if precision == Precision::Float || !space.has_splitting_module(design.split) {
        return Ok(());
    }
    if space.split.link_range == LinkRange::PerImage {
        return Err(DeployError::OwnRanges);
    }
    if design.bits > PLAIN_BITS { Err(DeployError::WideCodes(design.bits)) } else { Ok(()) }
}
