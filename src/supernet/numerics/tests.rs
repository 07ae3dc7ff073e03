//! Rounded networks against integer arithmetic written apart, against single precision, and on the link against costs.

use burn::tensor::{Device, TensorData};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::cost::CostModel;
use crate::hardware::Profile;
use crate::kernels::KernelActivation;
use crate::space::SearchSpace;
use crate::supernet::init::WeightInit;
use crate::supernet::layer::{ElasticDepthwise, ElasticDepthwiseConfig, ElasticPointwise, ElasticPointwiseConfig};
use crate::supernet::norm::{ElasticNorm, ElasticNormConfig};
use crate::supernet::tests::{everything, images, normal, stirred, values};
use crate::supernet::{Route, ViewSet};

const SIDE: usize = 5;
const INPUTS: usize = 3;
const CHANNELS: usize = 4;

fn format(bits: u8, link_range: LinkRange) -> IntegerFormat {
    IntegerFormat { bits, clipping: Clipping::Mse, link_range }
}

/// A 1x1 convolution, then a depthwise one, each with batch norm and an activation.
struct Block {
    expand: ElasticPointwise,
    expand_norm: ElasticNorm,
    depthwise: ElasticDepthwise,
    depthwise_norm: ElasticNorm,
}

impl Block {
    fn new(device: &Device) -> Self {
        let mut weights = WeightInit::new(ChaCha8Rng::seed_from_u64(4), device.clone());
        let norm = ElasticNormConfig { channels: CHANNELS, gamma: -1.5 };
        Self {
            expand: ElasticPointwiseConfig::by_fan_in(INPUTS, CHANNELS).init(&mut weights),
            expand_norm: norm.init(&weights),
            depthwise: ElasticDepthwiseConfig { kernels: &[3], channels: CHANNELS, stride: 1 }.init(&mut weights),
            depthwise_norm: norm.init(&weights),
        }
    }

    fn forward(&self, x: &Tensor<4>, numerics: &mut Numerics) -> Tensor<4> {
        numerics.rewind();
        let x = numerics.input(x.clone().into());
        let y = self.expand.forward(x, CHANNELS, numerics);
        let y = self.expand_norm.forward(y, KernelActivation::Relu6, numerics);
        let y = self.depthwise.forward(y, 3, numerics);
        self.depthwise_norm.forward(y, KernelActivation::Relu, numerics).tensor()
    }
}

/// One layer of integers: weights `[rows, outputs]` of 8 bits with their steps, and batch norm as scale and bias.
struct IntegerLayer {
    weights: Vec<i32>,
    /// Real value of one unit of the sum, by channel.
    units: Vec<f64>,
    biases: Vec<i32>,
}

impl IntegerLayer {
    fn new(weights: &[f32], input: CodeGrid, moments: &[f32], gamma: f64) -> Self {
        let largest = |channel: usize| {
            weights.iter().skip(channel).step_by(CHANNELS).fold(0.0_f64, |most, w| most.max(f64::from(w.abs())))
        };
        let steps: Vec<f64> = (0..CHANNELS).map(|channel| largest(channel) / 127.0).collect();
        let scale = |channel: usize| gamma / (f64::from(moments[CHANNELS + channel]) + 1e-5).sqrt();
        let units: Vec<f64> =
            (0..CHANNELS).map(|channel| f64::from(input.step()) * steps[channel] * scale(channel)).collect();
        let bias = |channel: usize| (-f64::from(moments[channel]) * scale(channel) / units[channel]).round() as i32;
        Self {
            weights: weights
                .iter()
                .enumerate()
                .map(|(n, &w)| (f64::from(w) / steps[n % CHANNELS]).round() as i32)
                .collect(),
            biases: (0..CHANNELS).map(bias).collect(),
            units,
        }
    }

    /// Value that goes into the activation.
    fn value(&self, sum: i32, channel: usize) -> f64 {
        f64::from(sum + self.biases[channel]) * self.units[channel]
    }
}

fn code(grid: CodeGrid, value: f64) -> i32 {
    let zero = i32::from(grid.code(0.0));
    ((value / f64::from(grid.step())).round() as i32 + zero).clamp(0, i32::from(grid.last_code()))
}

#[test]
fn a_block_equals_integer_arithmetic() {
    let device = Device::flex();
    let block = Block::new(&device);
    let x = normal(3, [2, SIDE, SIDE, INPUTS], &device);
    let mut numerics = Numerics::calibrate_integers(format(8, LinkRange::Static));
    block.forward(&x, &mut numerics);
    let mut numerics = numerics.freeze();
    let found = values(block.forward(&x, &mut numerics));

    let Numerics::Fixed(calibration) = &numerics else { panic!("it is frozen") };
    let rounding = calibration.rounding.as_ref().unwrap();
    let grids: Vec<CodeGrid> = rounding.tensors.iter().map(|tensor| tensor.grid).collect();
    let [input, middle, output] = grids[..] else { panic!("three tensors are rounded") };
    let moments: Vec<Vec<f32>> = calibration.layers.iter().map(|layer| values(layer.clone())).collect();
    let expand = IntegerLayer::new(&values(block.expand.weight.val()), input, &moments[0], -1.5);
    let depthwise = IntegerLayer::new(&values(block.depthwise.weight.val()), middle, &moments[1], -1.5);

    let pixels: Vec<i32> = values(x).iter().map(|&x| code(input, x.into()) - code(input, 0.0)).collect();
    let mut hidden = vec![0; 2 * SIDE * SIDE * CHANNELS];
    for (place, pixel) in pixels.chunks(INPUTS).enumerate() {
        for channel in 0..CHANNELS {
            let sum = (0..INPUTS).map(|i| pixel[i] * expand.weights[i * CHANNELS + channel]).sum();
            let value = expand.value(sum, channel).clamp(0.0, 6.0);
            hidden[place * CHANNELS + channel] = code(middle, value) - code(middle, 0.0);
        }
    }
    let at = |image: usize, y: usize, x: usize, channel: usize| {
        // The padding is the code of 0.
        let inside = (1..=SIDE).contains(&y) && (1..=SIDE).contains(&x);
        if inside { hidden[((image * SIDE + y - 1) * SIDE + x - 1) * CHANNELS + channel] } else { 0 }
    };
    let (mut equal, mut all) = (0, 0);
    for (index, &found) in found.iter().enumerate() {
        let (place, channel) = (index / CHANNELS, index % CHANNELS);
        let (image, y, x) = (place / (SIDE * SIDE), place / SIDE % SIDE, place % SIDE);
        let tap = |n: usize| at(image, y + n / 3, x + n % 3, channel) * depthwise.weights[n * CHANNELS + channel];
        let value = depthwise.value((0..9).map(tap).sum(), channel).max(0.0);
        let (wanted, got) = (code(output, value), i32::from(output.code(found)));
        assert!((found - output.value(output.code(found))).abs() < 1e-5, "the output lies on its grid");
        assert!((wanted - got).abs() <= 1, "at {index}: {got} instead of {wanted}");
        (equal, all) = (equal + usize::from(wanted == got), all + 1);
    }
    assert!(equal * 100 >= all * 98, "{equal} of {all} codes are equal; sums in single precision may flip a tie");
}

fn logits(
    supernet: &crate::supernet::Supernet,
    space: &SearchSpace,
    route: &Route,
    numerics: Numerics,
) -> (Vec<f32>, Numerics) {
    let device = Device::flex();
    let (x, views, mut numerics) = (images(space, 3, 2, &device), ViewSet::first(2), numerics);
    numerics.rewind();
    supernet.forward(x.clone(), &views, route, &mut numerics);
    let mut numerics = numerics.freeze();
    numerics.rewind();
    (values(supernet.forward(x, &views, route, &mut numerics)), numerics)
}

#[test]
fn many_bits_are_nearly_single_precision_and_eight_are_near() {
    use burn::module::Module;
    for operator in ["max", "mean", "mix", "concat"] {
        let space = everything(operator);
        let supernet = stirred(&space).valid();
        let fusion = space.boundary_named("basic.1").unwrap();
        for split in ["input", "pooled", "inverted.1", "logits"] {
            let split = space.boundary_named(split).unwrap();
            let design = crate::space::Design { genome: space.largest(), split, fusion, ratio: 2, bits: 8 };
            let design = space.canonical_design(design);
            let route = Route::of_design(&space, &design);
            let (float, _) = logits(&supernet, &space, &route, Numerics::calibrate());
            let size = float.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
            for (bits, most) in [(16, 0.02), (8, 0.5)] {
                let format = IntegerFormat { clipping: Clipping::MinMax, ..format(bits, LinkRange::PerImage) };
                let (found, _) = logits(&supernet, &space, &route, Numerics::calibrate_integers(format));
                let worst = found.iter().zip(&float).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(worst <= most * size, "{operator}, {bits} bits, split {split}: {worst} of {size}");
            }
        }
    }
}

#[test]
fn sent_codes_pack_into_the_bytes_that_are_costed() {
    use burn::module::Module;
    for link_range in LinkRange::ALL {
        let mut space = everything("max");
        space.split.link_range = link_range;
        let supernet = stirred(&space).valid();
        let model = CostModel::new(space.clone(), Profile::shipped("glasses").unwrap()).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(11);
        for _ in 0..12 {
            let design = space.sample_design(&mut rng);
            let route = Route::of_design(&space, &design);
            let (_, mut numerics) =
                logits(&supernet, &space, &route, Numerics::calibrate_integers(format(8, link_range)));
            let sent = numerics.take_sent().unwrap();
            let name = space.print_design(&design);
            assert_eq!((sent.images(), sent.bits), (6, design.bits), "{name}");
            let costed = model.demand(&design).unwrap().link_bytes;
            assert_eq!(sent.pack(5).len() as u64, costed, "{name}, {}", link_range.name());
            let most = sent.codes.iter().max().copied().unwrap();
            assert!(u32::from(most) < 1 << design.bits, "{name}");
            numerics.rewind();
            supernet.link_codes(images(&space, 3, 2, &Device::flex()), &route, &mut numerics);
            assert_eq!(numerics.take_sent(), Some(sent), "{name}: a listener reads what the network sends");
        }
    }
}

#[test]
fn codes_of_a_tensor_are_those_of_its_grid() {
    let device = Device::flex();
    let x = Tensor::<4>::from_data(TensorData::new(vec![-1.0_f32, 0.0, 0.5, 2.0], [1, 2, 2, 1]), &device);
    let mut numerics = Numerics::calibrate_integers(format(8, LinkRange::Static));
    numerics.rewind();
    numerics.input(x.clone().into());
    let mut numerics = numerics.freeze();
    numerics.rewind();
    let y = numerics.input(x.into());
    numerics.send(y, PLAIN_BITS);
    let sent = numerics.take_sent().unwrap();
    // 255 steps from -1 to 2: 0 is code 85.
    assert_eq!(sent.codes, [0, 85, 127, 255]);
    assert_eq!(numerics.take_sent(), None);
}
