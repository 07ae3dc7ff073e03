//! Legality: layers that sensor and aggregator have no operator for, by the operator tables of the profile.
//!
//! It depends on a design and its split alone, so it is counted with the demand. Sentences are made only for what is
//! shown. The layers that fuse the views count from two views on; how many of them there are is not held against the
//! number of layers.

use std::ops::{Add, AddAssign, Sub};

use serde::Serialize;

use super::demand::SplitDemand;
use crate::hardware::{Device, OperatorKind, Operators, Profile, Unsupported};
use crate::network::{
    Boundary, BoundaryId, ElementOp, FusionOperator, Layer, LayerPrecision, Network, Op, Shape, ShapeError,
    SlidingWindow,
};
use crate::space::SearchSpace;

/// Layers of a part of a network on one device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct LayerCount {
    /// Layers that the device can't run.
    unsupported: u32,
    /// Layers with weights.
    weighted: u32,
}

impl LayerCount {
    /// Counts one layer.
    pub(super) fn of(layer: &Layer, device: &Device) -> Self {
        let Some(operators) = &device.operators else { return Self::default() };
        Self {
            unsupported: u32::from(!operators.unsupported(layer).is_empty()),
            weighted: u32::from(OperatorKind::of(layer).is_counted()),
        }
    }

    /// Counts the 1x1 convolution of one side of a splitting module.
    pub(super) fn of_module(input: Shape, channels: u32, device: &Device) -> Self {
        if device.operators.is_none() {
            return Self::default();
        }
        Self::of(&module_layer("", input, channels), device)
    }

    /// Counts all layers of a network.
    pub(super) fn of_all(network: &Network, device: &Device) -> Self {
        network.layers.iter().fold(Self::default(), |sum, layer| sum + Self::of(layer, device))
    }

    /// Layers that the device can't run, one more if there are too many.
    pub(super) fn unsupported(self, device: &Device) -> u32 {
        let too_many = device.operators.as_ref().is_some_and(|operators| operators.too_many(self.weighted));
        self.unsupported + u32::from(too_many)
    }
}

impl Add for LayerCount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { unsupported: self.unsupported + other.unsupported, weighted: self.weighted + other.weighted }
    }
}

impl AddAssign for LayerCount {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for LayerCount {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { unsupported: self.unsupported - other.unsupported, weighted: self.weighted - other.weighted }
    }
}

/// The 1x1 convolution of one side of a splitting module.
fn module_layer(name: &str, input: Shape, channels: u32) -> Layer {
    let op = Op::Conv { window: SlidingWindow::same(1, 1), groups: 1 };
    let (output, precision) = (Shape { channels, ..input }, LayerPrecision::default());
    let (name, inputs, read) = (name.to_owned(), vec![0], input.elements());
    Layer { name, op, activation: None, inputs, input, read, output, macs: 0, weights: 0, precision }
}

/// A layer that its chip can't run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnsupportedLayer {
    /// Name of the layer.
    pub layer: String,
    /// Kind of its operator.
    pub operator: OperatorKind,
    /// Name of the chip.
    pub chip: String,
    /// Property that the chip does not support: "a kernel of 5x5".
    pub unsupported: String,
    /// Values that it supports instead: "1, 3".
    pub supported: Option<String>,
}

impl UnsupportedLayer {
    /// A sentence: "S2.1.depthwise: depthwise is not supported by max78000".
    pub fn sentence(&self) -> String {
        let instead = self.supported.as_ref().map(|supported| format!(" ({supported})")).unwrap_or_default();
        format!("{}: {} is not supported by {}{instead}", self.layer, self.unsupported, self.chip)
    }
}

/// Layers that make one of two views' tensors of a shape.
fn fusion_layers(name: &str, operator: FusionOperator, shape: Shape) -> Vec<Layer> {
    let convolution = module_layer(name, shape, shape.channels);
    let of = |op: Op| Layer { op, ..convolution.clone() };
    let larger = Op::Elements(ElementOp::Combine);
    match operator {
        FusionOperator::Max => vec![of(larger)],
        FusionOperator::Mean => vec![of(Op::Add)],
        FusionOperator::Mix => vec![of(larger), of(Op::Add), of(Op::Scale)],
        FusionOperator::Concat => vec![convolution.clone(), of(Op::Add)],
    }
}

/// Number of layers of a fusion that the aggregator can't run.
pub(super) fn unsupported_in_fusion(operator: FusionOperator, shape: Shape, aggregator: &Device) -> u32 {
    let Some(operators) = &aggregator.operators else { return 0 };
    let layers = fusion_layers("", operator, shape);
    layers.iter().map(|layer| u32::from(!operators.unsupported(layer).is_empty())).sum()
}

/// Layers that sensor or aggregator can't run when a network is split so and seen by so many sensors. `network` is the
/// one the split was costed from.
pub fn unsupported_layers(
    network: &Network,
    demand: &SplitDemand,
    profile: &Profile,
    sensors: u32,
) -> Vec<UnsupportedLayer> {
    let Some(boundary) = network.position(demand.boundary).map(|position| &network.boundaries[position]) else {
        return Vec::new();
    };
    let (before, behind) = network.layers.split_at(boundary.layers);
    let (mut reduce, mut recover) = (Vec::new(), Vec::new());
    if demand.module_ratio > 1 {
        for (name, shape) in crossing(network, boundary) {
            let narrow = Shape { channels: shape.channels.div_ceil(demand.module_ratio), ..shape };
            reduce.push(module_layer(&format!("reduce at {name}"), shape, narrow.channels));
            recover.push(module_layer(&format!("recover at {name}"), narrow, shape.channels));
        }
    }
    let mut found = Vec::new();
    if let Some(operators) = &profile.sensor.device.operators {
        add_unsupported(before.iter().chain(&reduce), operators, &mut found);
    }
    if let Some(operators) = &profile.aggregator.operators {
        add_unsupported(recover.iter().chain(behind), operators, &mut found);
        if sensors > 1 && demand.fusion_unsupported > 0 {
            add_unsupported_fusion(network, demand.fusion, operators, &mut found);
        }
    }
    found
}

/// Names and shapes of the tensors that cross a boundary: its own, and those that are made earlier.
fn crossing<'a>(network: &'a Network, boundary: &'a Boundary) -> impl Iterator<Item = (&'a str, Shape)> + 'a {
    let earlier = boundary.earlier.iter().map(|&tensor| match tensor {
        0 => "the input",
        tensor => network.layers[tensor - 1].name.as_str(),
    });
    std::iter::once(boundary.name.as_str()).chain(earlier).zip(network.crossing(boundary))
}

/// Adds the layers of the fusion at a boundary.
fn add_unsupported_fusion(
    network: &Network,
    fusion: BoundaryId,
    operators: &Operators,
    found: &mut Vec<UnsupportedLayer>,
) {
    let Some(position) = network.position(fusion) else { return };
    let (boundary, operator) = (&network.boundaries[position], network.fusion_at(position));
    for (name, shape) in crossing(network, boundary) {
        let layers = fusion_layers(&format!("fusion at {name}"), operator, shape);
        // One layer after another: none of them is held against the number of layers.
        for layer in &layers {
            add_unsupported(std::iter::once(layer), operators, found);
        }
    }
}

fn add_unsupported<'a>(
    layers: impl Iterator<Item = &'a Layer>,
    operators: &Operators,
    found: &mut Vec<UnsupportedLayer>,
) {
    let mut weighted = 0;
    for layer in layers {
        let operator = OperatorKind::of(layer);
        let mut add = |Unsupported { what, instead }: Unsupported| {
            let (layer, chip) = (layer.name.clone(), operators.chip.clone());
            found.push(UnsupportedLayer { layer, operator, chip, unsupported: what, supported: instead });
        };
        operators.unsupported(layer).into_iter().for_each(&mut add);
        if operator.is_counted() {
            weighted += 1;
            if let Some(most) = &operators.layers
                && operators.too_many(weighted)
                && !operators.too_many(weighted - 1)
            {
                let what = format!("layer number {weighted}");
                add(Unsupported { what, instead: Some(format!("{} at most", most.shown)) });
            }
        }
    }
}

/// Fewest layers that devices can't run, for each boundary of the space: on the sensor before it, and on the aggregator
/// behind it. No design is better; splitting modules and the numbers of layers are left out.
///
/// # Errors
/// Shapes that can't exist.
pub(crate) fn fewest_unsupported(space: &SearchSpace, profile: &Profile) -> Result<Vec<u32>, ShapeError> {
    let boundaries = usize::from(space.last()) + 1;
    let devices = [&profile.sensor.device, &profile.aggregator];
    if devices.iter().all(|device| device.operators.is_none()) {
        return Ok(vec![0; boundaries]);
    }
    // Of every block; deeper blocks than the least depth can be left out.
    let mut blocks: Vec<[u32; 2]> = Vec::with_capacity(boundaries);
    let mut needed: Vec<bool> = Vec::with_capacity(boundaries);
    let mut read: Vec<Shape> =
        space.resolutions.iter().map(|&side| Shape::new(space.input_channels, side, side)).collect();
    for (index, stage) in space.stages.iter().enumerate() {
        let least = stage.depths.first().copied().unwrap_or(1);
        let (first, made) = fewest_of_block(space, index, &read, true, devices)?;
        read = made;
        let later = if stage.max_depth() > 1 { fewest_of_block(space, index, &read, false, devices)?.0 } else { first };
        for block in 0..stage.max_depth() {
            blocks.push(if block == 0 { first } else { later });
            needed.push(block < least);
        }
    }
    let sum = |before: usize, side: usize, range: std::ops::Range<usize>| -> u32 {
        // A split after a block of a stage has all blocks of that stage before it.
        let stage_of = |block: usize| space.slots()[block + 1].after.map(|(stage, _)| stage);
        let own = before.checked_sub(1).and_then(stage_of);
        let runs = |block: &usize| needed[*block] || (side == 0 && stage_of(*block) == own);
        range.filter(runs).map(|block| blocks[block][side]).sum()
    };
    Ok((0..boundaries).map(|before| sum(before, 0, 0..before) + sum(before, 1, before..blocks.len())).collect())
}

/// Fewest layers that each device can't run in a block, over all its choices, and the shapes that it makes.
fn fewest_of_block(
    space: &SearchSpace,
    stage: usize,
    read: &[Shape],
    first: bool,
    devices: [&Device; 2],
) -> Result<([u32; 2], Vec<Shape>), ShapeError> {
    let mut fewest = [u32::MAX; 2];
    let mut made = Vec::new();
    for &input in read {
        for network in space.lower_choices(stage, input, first)? {
            for (fewest, device) in fewest.iter_mut().zip(devices) {
                *fewest = (*fewest).min(LayerCount::of_all(&network, device).unsupported);
            }
            let output = network.shape(network.layers.len());
            if !made.contains(&output) {
                made.push(output);
            }
        }
    }
    Ok((fewest, made))
}

/// Lower bound of the layers that can't be run when any design of the space is split at `boundary`.
pub(super) fn at_least(fewest: &[u32], boundary: BoundaryId) -> u32 {
    fewest.get(usize::from(boundary)).copied().unwrap_or(0)
}
