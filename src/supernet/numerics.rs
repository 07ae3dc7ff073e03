//! Numerics of one forward pass: the statistics of its batch norms, and whether its values are rounded as on a chip.
//!
//! Training uses the batch's own statistics, in single precision or rounded as below to ranges of the batch's own
//! values, through which gradients pass straight (Jacob et al., 2018). Before a design is evaluated it is calibrated:
//! passes in [`Numerics::Calibrate`] average the statistics over batches, in the order in which the layers run;
//! [`Numerics::Fixed`] then uses them. Either may imitate a network of integers (fake quantisation): weights lie on a
//! symmetric grid for each output channel, activations on a grid for each tensor whose range follows from the values of
//! the calibration, biases are whole numbers of the steps of their sum, batch norm is folded. The statistics of batch
//! norm are then those of the rounded network, which takes the bias of rounding out of its means.
//!
//! A scale for each channel commutes with rounding to a symmetric grid for each channel, so weights are rounded before
//! batch norm is folded into them.

#[cfg(test)]
mod tests;

use burn::tensor::Tensor;

use super::link::SentCodes;
use super::parts::{LayerValues, NetworkPart, values};
use super::value_range::{ObservedValues, RangeRule};
use crate::kernels::{self, CodeGrid, FeatureMap};
use crate::record::Clipping;
use crate::space::{LinkRange, PLAIN_BITS};

/// Source of batch norm's statistics in a forward pass, and its rounding.
#[derive(Debug)]
pub enum Numerics {
    /// Statistics of the batch.
    Batch,
    /// Statistics of the batch in a network that learns to be one of integers: values are rounded to the grids of what
    /// this batch holds, and gradients pass straight through.
    BatchIntegers(IntegerFormat),
    /// Mean 0 and variance 1 everywhere.
    Standard,
    /// Statistics of the batch, which are averaged over batches.
    Calibrate(Calibration),
    /// Averages of a calibration.
    Fixed(Calibration),
    /// Neither normalisation nor activation, for scores of positive weights alone (SynFlow).
    Off,
}

/// Statistics and ranges of a network, in the order in which its layers run.
#[derive(Debug, Default)]
pub struct Calibration {
    /// Means and variances `[2, channels]` of each batch norm.
    layers: Vec<Tensor<2>>,
    /// Batch norm that runs next.
    next: usize,
    /// Batches seen.
    batches: usize,
    /// Rounding to integers; `None` in single precision.
    rounding: Option<IntegerRounding>,
    /// Parts that the layers used, if they are recorded.
    recorded: Option<Vec<NetworkPart>>,
}

/// Choices of a network of integers.
#[derive(Debug, Clone, Copy)]
pub struct IntegerFormat {
    /// Bits of weights and activations.
    pub bits: u8,
    /// Rule of the ranges of activations.
    pub clipping: Clipping,
    /// Range of the link's codes.
    pub link_range: LinkRange,
}

/// Rounding of one network.
#[derive(Debug)]
struct IntegerRounding {
    format: IntegerFormat,
    /// Each rounded tensor.
    tensors: Vec<RoundedTensor>,
    /// Tensor that comes next.
    next: usize,
    /// Codes that crossed the link in the last pass.
    sent: Option<SentCodes>,
}

/// A tensor that is rounded to a static grid.
#[derive(Debug)]
struct RoundedTensor {
    observed: ObservedValues,
    grid: CodeGrid,
}

/// Weights of a layer with the steps `[outputs]` that they were rounded to, if they were.
pub(super) struct LayerWeights<const D: usize> {
    pub(super) values: Tensor<D>,
    pub(super) steps: Option<Tensor<1>>,
}

impl<const D: usize> LayerWeights<D> {
    /// Steps `[outputs]` of the layer's sums where its input lies on a grid.
    pub(super) fn sum_steps(&self, input: Option<CodeGrid>) -> Option<Tensor<1>> {
        Some(self.steps.clone()? * input?.step())
    }
}

impl Numerics {
    /// Starts a calibration in single precision.
    pub fn calibrate() -> Self {
        Self::Calibrate(Calibration::default())
    }

    /// Starts a calibration as a network of integers.
    pub fn calibrate_integers(format: IntegerFormat) -> Self {
        let rounding = IntegerRounding { format, tensors: Vec::new(), next: 0, sent: None };
        Self::Calibrate(Calibration { rounding: Some(rounding), ..Calibration::default() })
    }

    /// Starts a forward pass. Must be called before each.
    pub fn rewind(&mut self) {
        if let Self::Calibrate(calibration) = self {
            calibration.batches += 1;
        }
        if let Self::Calibrate(calibration) | Self::Fixed(calibration) = self {
            calibration.next = 0;
            if let Some(rounding) = &mut calibration.rounding {
                (rounding.next, rounding.sent) = (0, None);
            }
        }
    }

    /// Ends a calibration: later passes use its averages and ranges.
    #[must_use]
    pub fn freeze(self) -> Self {
        match self {
            Self::Calibrate(calibration) => Self::Fixed(calibration),
            other => other,
        }
    }

    /// Records the parts that the layers use from here on. Only with the averages of a calibration.
    pub(super) fn record_parts(&mut self) {
        if let Self::Fixed(calibration) = self {
            calibration.recorded = Some(Vec::new());
        }
    }

    /// Takes the parts recorded so far, and ends the record.
    pub(super) fn take_parts(&mut self) -> Vec<NetworkPart> {
        match self {
            Self::Fixed(calibration) => calibration.recorded.take().unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    /// Adds a part to the record, if there is one.
    pub(super) fn note(&mut self, part: impl FnOnce() -> NetworkPart) {
        if let Self::Fixed(Calibration { recorded: Some(parts), .. }) = self {
            parts.push(part());
        }
    }

    /// Takes the codes that crossed the link in the last pass of a network of integers.
    pub fn take_sent(&mut self) -> Option<SentCodes> {
        self.rounding()?.0.sent.take()
    }

    /// Weights `[.., outputs]` as a layer multiplies with them.
    pub(super) fn weights<const D: usize>(&mut self, w: Tensor<D>) -> LayerWeights<D> {
        let weights = self.rounded_weights(w);
        self.note(|| NetworkPart::Weights(LayerValues::of(&weights.values, weights.steps.as_ref())));
        weights
    }

    fn rounded_weights<const D: usize>(&mut self, w: Tensor<D>) -> LayerWeights<D> {
        if let Self::BatchIntegers(format) = self {
            let fixed = w.clone().detach();
            let rounded = on_symmetric_grids(fixed.clone(), *format).values;
            return LayerWeights { values: w + (rounded - fixed), steps: None };
        }
        match self.rounding() {
            Some((rounding, _)) => on_symmetric_grids(w, rounding.format),
            None => LayerWeights { values: w, steps: None },
        }
    }

    /// Bias `[outputs]` as it is added to sums with these steps `[outputs]`: a whole number of them. One that 32 bits
    /// don't hold, as of a channel whose weights are next to nothing, gets a larger step, and stays as it is.
    pub(super) fn bias(&mut self, bias: Tensor<1>, steps: Option<Tensor<1>>) -> Tensor<1> {
        let bias = self.rounded_bias(bias, steps);
        self.note(|| NetworkPart::Bias(values(&bias)));
        bias
    }

    fn rounded_bias(&mut self, bias: Tensor<1>, steps: Option<Tensor<1>>) -> Tensor<1> {
        let (Some(_), Some(steps)) = (self.rounding(), steps) else { return bias };
        let steps = steps.abs().clamp_min(f32::MIN_POSITIVE);
        let count = bias.clone() / steps.clone();
        let held = count.clone().abs().lower_elem(f64::from(i32::MAX));
        bias.mask_where(held, count.round() * steps)
    }

    /// The network's input. Its range is never clipped.
    pub(super) fn input(&mut self, x: FeatureMap) -> FeatureMap {
        self.rounded(x, |format| RangeRule { clipping: Clipping::MinMax, bits: format.bits })
    }

    /// A tensor that is written to memory, behind a layer and its activation.
    pub(super) fn activation(&mut self, x: FeatureMap) -> FeatureMap {
        self.rounded(x, |format| RangeRule { clipping: format.clipping, bits: format.bits })
    }

    /// Tensor that arrives at the other end of the link as codes of `bits` bits.
    pub(super) fn link(&mut self, x: FeatureMap, bits: u8) -> FeatureMap {
        if self.integer_format().is_none_or(|format| format.link_range == LinkRange::PerImage) {
            let received = kernels::quantise(x, bits);
            if let Some((rounding, _)) = self.rounding() {
                rounding.sent = Some(SentCodes::of_own_ranges(&received, bits));
            }
            return received.into();
        }
        let received = match x.grid() {
            // Already on the link's grid: the codes in memory are sent.
            Some(grid) if bits == PLAIN_BITS && grid.last_code() == u16::from(u8::MAX) => x,
            _ => self.rounded(x, |format| RangeRule { clipping: format.clipping, bits }),
        };
        self.send(received, bits)
    }

    /// Tensor that arrives at the other end of the link without a splitting module, as an attacker reads it: the codes
    /// in memory; in single precision those of 8 bits in the range of each image.
    pub(super) fn plain_codes(&mut self, x: FeatureMap) -> FeatureMap {
        match self.rounding() {
            Some(_) => self.send(x, PLAIN_BITS),
            None => kernels::quantise(x, PLAIN_BITS).into(),
        }
    }

    /// Tensor that crosses the link as it is in memory.
    pub(super) fn send(&mut self, x: FeatureMap, bits: u8) -> FeatureMap {
        let Some((rounding, fixed)) = self.rounding() else { return x };
        if !fixed {
            return x;
        }
        let Some(grid) = x.grid() else { return x };
        let x = x.tensor();
        rounding.sent = Some(SentCodes::on_grid(&x, grid, bits));
        FeatureMap::from(x).on_grid(Some(grid))
    }

    /// Rounds a tensor to the grid of its static range.
    fn rounded(&mut self, x: FeatureMap, rule: impl Fn(IntegerFormat) -> RangeRule) -> FeatureMap {
        if let Self::BatchIntegers(format) = self {
            return learning_grid(x, rule(*format));
        }
        let Some((rounding, fixed)) = self.rounding() else { return x };
        let rule = rule(rounding.format);
        if !fixed {
            rounding.observe(&x, rule);
        }
        rounding.next += 1;
        let grid = rounding.tensors[rounding.next - 1].grid;
        self.note(|| NetworkPart::Grid(grid));
        x.rounded_to(grid)
    }

    /// Format of a network of integers.
    fn integer_format(&mut self) -> Option<IntegerFormat> {
        match self {
            Self::BatchIntegers(format) => Some(*format),
            _ => self.rounding().map(|(rounding, _)| rounding.format),
        }
    }

    /// The rounding, and whether its ranges are settled.
    fn rounding(&mut self) -> Option<(&mut IntegerRounding, bool)> {
        match self {
            Self::Batch | Self::BatchIntegers(_) | Self::Standard | Self::Off => None,
            Self::Calibrate(calibration) => Some((calibration.rounding.as_mut()?, false)),
            Self::Fixed(calibration) => Some((calibration.rounding.as_mut()?, true)),
        }
    }
}

/// Weights `[.., outputs]` rounded to a symmetric grid for each output.
fn on_symmetric_grids<const D: usize>(w: Tensor<D>, format: IntegerFormat) -> LayerWeights<D> {
    let shape = w.dims();
    let outputs = shape[D - 1];
    let last = f64::from((1_u32 << (format.bits - 1)) - 1);
    let rows: Tensor<2> = w.reshape([shape.iter().product::<usize>() / outputs, outputs]);
    let steps = (rows.clone().abs().max_dim(0) / last).clamp_min(f32::MIN_POSITIVE);
    let values = ((rows / steps.clone()).round() * steps.clone()).reshape(shape);
    LayerWeights { values, steps: Some(steps.flatten(0, 1)) }
}

/// Rounds a tensor of a training step to the grid of its own values. Gradients pass straight through.
fn learning_grid(x: FeatureMap, rule: RangeRule) -> FeatureMap {
    let mut observed = ObservedValues::default();
    observed.add(&x);
    x.learning_grid(observed.grid(rule))
}

impl Calibration {
    /// The next batch norm's averages.
    pub(super) fn next_moments(&mut self) -> Tensor<2> {
        self.next += 1;
        self.layers[self.next - 1].clone()
    }

    /// Adds the next batch norm's statistics of this batch.
    pub(super) fn remember(&mut self, moments: Tensor<2>) {
        match self.layers.get_mut(self.next) {
            Some(layer) => {
                let weight = 1.0 / self.batches as f64;
                *layer = layer.clone() * (1.0 - weight) + moments * weight;
            }
            None => self.layers.push(moments),
        }
        self.next += 1;
    }
}

impl IntegerRounding {
    /// Adds the values of the tensor that comes next, and brings its grid up to date.
    fn observe(&mut self, x: &FeatureMap, rule: RangeRule) {
        if self.next == self.tensors.len() {
            let (observed, grid) = (ObservedValues::default(), CodeGrid::covering(0.0, 0.0, rule.bits));
            self.tensors.push(RoundedTensor { observed, grid });
        }
        let tensor = &mut self.tensors[self.next];
        tensor.observed.add(x);
        tensor.grid = tensor.observed.grid(rule);
    }
}
