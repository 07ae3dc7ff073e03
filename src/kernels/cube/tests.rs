//! Every kernel against those of the CPU, forward and gradients: on CubeCL's processor runtime, or on the GPU that
//! `SPLITSCOPE_TEST_DEVICE` names (`cuda`, `wgpu`).

use burn::tensor::{Device, Tensor, TensorData};

use super::super::{
    ALIGNMENT, AdamWStep, BiasCurve, EPSILON, FeatureMap, FlatSums, KernelActivation, PlacedGradient, SgdStep,
    UpdateQueue, add_bias, convolution, depthwise, fuse_maximum, leading, mean_over_positions, moments, norm_with,
    norm_within, part, pixels, pointwise, product, quantise, scale_channels,
};

const ACTIVATIONS: [KernelActivation; 5] = [
    KernelActivation::None,
    KernelActivation::Relu,
    KernelActivation::Relu6,
    KernelActivation::HardSwish,
    KernelActivation::Swish,
];

/// The GPU under test, if one is named.
pub(crate) fn gpu() -> Option<Device> {
    match std::env::var("SPLITSCOPE_TEST_DEVICE").as_deref() {
        #[cfg(feature = "cuda")]
        Ok("cuda") => Some(Device::cuda(0)),
        #[cfg(feature = "wgpu")]
        Ok("wgpu") => Some(Device::wgpu(burn::tensor::DeviceKind::default())),
        _ => None,
    }
}

/// The device under test; `None` where only drivers of GPUs were built in and none is named.
pub(super) fn device() -> Option<Device> {
    #[cfg(feature = "cube-cpu")]
    let other = Some(Device::cpu());
    #[cfg(not(feature = "cube-cpu"))]
    let other = None;
    gpu().or(other)
}

pub(super) fn values(seed: u64, count: usize) -> Vec<f32> {
    let mut state = seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

pub(super) fn vector(list: Vec<f32>, device: &Device) -> Tensor<1> {
    let count = list.len();
    Tensor::from_data(TensorData::new(list, [count]), device)
}

pub(super) fn numbers<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.into_data().try_into_vec::<f32>().unwrap()
}

fn close(what: &str, found: &[f32], wanted: &[f32]) {
    within(1e-4, what, found, wanted);
}

/// Compares values up to a share of the largest.
pub(super) fn within(share: f32, what: &str, found: &[f32], wanted: &[f32]) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    let size = wanted.iter().fold(1.0_f32, |size, value| size.max(value.abs()));
    for (index, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        assert!((found - wanted).abs() <= share * size, "{what} at {index}: {found} instead of {wanted}");
    }
}

/// Output and gradients of inputs of these lengths.
pub(super) fn run(counts: &[usize], device: &Device, f: &dyn Fn(&[Tensor<1>]) -> Tensor<4>) -> Vec<Vec<f32>> {
    let device = device.clone().autodiff();
    let inputs = counts.iter().zip(1..).map(|(&count, seed)| vector(values(seed, count), &device).require_grad());
    let inputs: Vec<Tensor<1>> = inputs.collect();
    let y = f(&inputs);
    let weights = vector(values(99, y.shape().num_elements()), &device).reshape(y.dims());
    let gradients = (y.clone() * weights).sum().backward();
    let mut found = vec![numbers(y)];
    found.extend(inputs.iter().filter_map(|input| input.grad(&gradients)).map(numbers));
    assert_eq!(found.len(), counts.len() + 1, "every input has a gradient");
    found
}

/// Compares a function of inputs of these lengths on the device under test and on the CPU.
fn compare(what: &str, counts: &[usize], f: impl Fn(&[Tensor<1>]) -> Tensor<4>) {
    let Some(device) = device() else { return };
    let (found, wanted) = (run(counts, &device, &f), run(counts, &Device::flex(), &f));
    for (index, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
        close(&format!("{what}, {}", ["output", "gradient 1", "2", "3", "4", "5"][index.min(5)]), found, wanted);
    }
}

const BATCH: usize = 3;

/// Compares a convolution with and without a norm that its input waits for.
fn compare_convolution(what: &str, map: [usize; 3], weights: usize, f: impl Fn(FeatureMap, Tensor<1>) -> FeatureMap) {
    let [height, width, channels] = map;
    let shape = [BATCH, height, width, channels];
    let count = BATCH * height * width * channels;
    compare(what, &[count, weights], |inputs| f(inputs[0].clone().reshape(shape).into(), inputs[1].clone()).tensor());
    for activation in ACTIVATIONS {
        compare(&format!("{what} behind {activation:?}"), &[count, channels, channels, weights], |inputs| {
            let x = inputs[0].clone().reshape(shape) * 4.0 + 0.5;
            let x = norm_within(x, inputs[1].clone() + 1.5, inputs[2].clone(), activation);
            f(x, inputs[3].clone()).tensor()
        });
    }
}

#[test]
fn depthwise_convolution_is_that_of_the_cpu() {
    for (kernel, stride, map) in [
        (3, 1, [7, 6, 5]),
        (3, 2, [7, 6, 5]),
        (5, 1, [4, 9, 8]),
        (5, 2, [9, 8, 3]),
        (7, 2, [5, 3, 33]),
        (9, 3, [8, 7, 2]),
    ] {
        let channels = map[2];
        let weights = kernel * kernel * channels;
        compare_convolution(&format!("side {kernel}, stride {stride}"), map, weights, |x, w| {
            depthwise(x, w.reshape([kernel, kernel, channels]), stride)
        });
    }
}

#[test]
fn pointwise_convolution_is_that_of_the_cpu() {
    for (map, columns) in [([5, 3, 1], 4), ([4, 7, 18], 16), ([3, 5, 37], 33), ([2, 3, 20], 70)] {
        let inner = map[2];
        compare_convolution(&format!("{inner} to {columns}"), map, inner * columns, |x, w| {
            pointwise(x, w.reshape([inner, columns]))
        });
    }
}

/// Vulkan takes 65,535 cubes of one dimension at most.
#[test]
fn gradients_of_many_weights_take_few_cubes() {
    compare_convolution("700 to 800", [8, 16, 700], 700 * 800, |x, w| pointwise(x, w.reshape([700, 800])));
}

#[test]
fn dense_convolution_is_that_of_the_cpu() {
    for (kernel, stride, map, columns) in [(3, 1, [6, 5, 3], 8), (3, 2, [7, 6, 1], 5), (5, 2, [5, 8, 4], 17)] {
        let inner = map[2];
        let weights = kernel * kernel * inner * columns;
        compare_convolution(&format!("side {kernel}, stride {stride}"), map, weights, |x, w| {
            convolution(x, w.reshape([kernel, kernel, inner, columns]), stride)
        });
    }
}

#[test]
fn weights_are_used_where_they_lie() {
    let shape = [2, 5, 4, 6];
    compare("pointwise", &[240, 9 * 11], |inputs| {
        let w = leading(inputs[1].clone().reshape([9, 11]), [6, 7]);
        pointwise(inputs[0].clone().reshape(shape), w).tensor()
    });
    compare("depthwise", &[240, 25 * 9], |inputs| {
        let w = leading(inputs[1].clone().reshape([5, 5, 9]), [5, 5, 6]);
        depthwise(inputs[0].clone().reshape(shape), w, 1).tensor()
    });
    compare("dense", &[240, 9 * 8 * 10], |inputs| {
        let w = leading(inputs[1].clone().reshape([3, 3, 8, 10]), [3, 3, 6, 7]);
        convolution(inputs[0].clone().reshape(shape), w, 1).tensor()
    });
    compare("parameters of a norm", &[240, 8, 9], |inputs| {
        // The gradient of a parameter itself would stay a part.
        let [gamma, beta] = [1, 2].map(|index| leading(inputs[index].clone() * 1.0, [6]));
        norm_within(inputs[0].clone().reshape(shape), gamma, beta, KernelActivation::Relu).tensor()
    });
}

#[test]
fn batch_norm_is_that_of_the_cpu() {
    for (shape, activation) in
        [[3, 5, 4, 7], [2, 1, 9, 40], [1, 30, 20, 3], [4, 2, 2, 300]].into_iter().zip(ACTIVATIONS)
    {
        let [batch, height, width, channels] = shape;
        compare(&format!("{shape:?}"), &[batch * height * width * channels, channels, channels], |inputs| {
            let x = inputs[0].clone().reshape(shape) * 3.0 + 7.0;
            norm_within(x, inputs[1].clone(), inputs[2].clone(), activation).tensor()
        });
    }
}

#[test]
fn views_and_positions_are_reduced_as_on_the_cpu() {
    compare("maximum", &[6 * 5 * 3 * 2], |inputs| fuse_maximum(inputs[0].clone().reshape([6, 5, 3, 2]), 3));
    compare("mean", &[4 * 5 * 3 * 7], |inputs| mean_over_positions(inputs[0].clone().reshape([4, 5, 3, 7])));
    compare("scale", &[4 * 5 * 3 * 7, 4 * 7], |inputs| {
        scale_channels(inputs[0].clone().reshape([4, 5, 3, 7]), inputs[1].clone().reshape([4, 1, 1, 7]))
    });
    compare("product", &[5 * 9, 9 * 3], |inputs| {
        product(inputs[0].clone().reshape([5, 9]), inputs[1].clone().reshape([9, 3])).reshape([5, 1, 1, 3])
    });
}

#[test]
fn quantisation_is_that_of_the_cpu() {
    for bits in [2, 4, 8] {
        compare("codes", &[3 * 4 * 5 * 7], |inputs| quantise(inputs[0].clone().reshape([3, 4, 5, 7]), bits));
    }
}

#[test]
fn evaluation_is_that_of_the_cpu() {
    let Some(device) = device() else { return };
    let found = |device: &Device| {
        let x = vector(values(1, 3 * 5 * 4 * 6), device).reshape([3, 5, 4, 6]);
        let found = moments(&x.clone().into());
        let scale = (found.clone().slice([1..2]).flatten(0, 1) + EPSILON).sqrt();
        let shift = found.clone().slice([0..1]).flatten(0, 1);
        let x = norm_with(x, scale, shift, KernelActivation::HardSwish);
        let y = pointwise(x, vector(values(2, 6 * 9), device).reshape([6, 9])).tensor();
        [numbers(found), numbers(y)]
    };
    for (found, wanted) in found(&device).iter().zip(found(&Device::flex())) {
        close("evaluation", found, &wanted);
    }
}

#[test]
fn updates_are_those_of_the_cpu() {
    let Some(device) = device() else { return };
    let updated = |device: &Device| {
        let [mut weights, mut square, mut velocity] = [1, 2, 3].map(|seed| vector(values(seed, 700), device));
        let mut mean = velocity.clone();
        square = square.abs();
        let queue = UpdateQueue::default();
        for time in 4_i32..7 {
            let gradient = vector(values(time.unsigned_abs().into(), 700), device);
            let step = AdamWStep { rate: 0.01, decay: 0.03, clip: 0.7, time };
            (weights, [mean, square]) = step.update(weights, gradient.clone(), [mean, square], &queue);
            queue.launch();
            let step = SgdStep { rate: 0.01, momentum: 0.9, decay: 0.03, clip: 0.7 };
            (weights, velocity) = step.update(weights, gradient, velocity, &queue);
            queue.launch();
        }
        [weights, mean, square, velocity].map(numbers)
    };
    for (found, wanted) in updated(&device).iter().zip(updated(&Device::flex())) {
        close("update", found, &wanted);
    }
}

/// The gradients of two nets on their parts of three parameters, more parameters than a launch takes.
#[test]
fn gradients_are_added_up_where_they_belong() {
    let Some(device) = device() else { return };
    let wholes = (0..20).map(|index| [2 + index % 3, 3, 4, 5 + index]);
    let mut places = Vec::new();
    let mut next = 0;
    for whole in wholes {
        places.push((next, whole));
        next += whole.iter().product::<usize>().next_multiple_of(ALIGNMENT);
    }
    let sums = FlatSums::zeros(next, &device).unwrap();
    let mut wanted: Vec<Tensor<4>> = places.iter().map(|&(_, whole)| Tensor::zeros(whole, &Device::flex())).collect();
    for (net, cut) in [(1, [1, 1, 2, 3]), (2, [0, 0, 0, 0])] {
        let mut placed = Vec::new();
        for (wanted, &(start, whole)) in wanted.iter_mut().zip(&places) {
            let own: [usize; 4] = std::array::from_fn(|axis| whole[axis] - cut[axis]);
            let list = values(net + start as u64, own.iter().product());
            placed.push(PlacedGradient::new(&vector(list.clone(), &device).reshape(own), start, whole).unwrap());
            let gradient: Tensor<4> = vector(list, &Device::flex()).reshape(own);
            let sum = wanted.clone().slice(own.map(|size| 0..size)) + gradient;
            *wanted = wanted.clone().slice_assign(own.map(|size| 0..size), sum);
        }
        sums.add(&placed);
    }
    let mut squares = 0.0;
    for (wanted, (start, whole)) in wanted.into_iter().zip(places) {
        let wanted = numbers(wanted);
        close("sum", &numbers(sums.sum(start, whole)), &wanted);
        squares += wanted.iter().map(|value| value * value).sum::<f32>();
    }
    close("squares", &[numbers(sums.squares()).iter().sum()], &[squares]);
}

#[test]
fn sums_and_biases_are_those_of_the_cpu() {
    let shape = [3, 4, 2, 7];
    compare("norm and sum", &[168, 7, 7, 168], |inputs| {
        let x =
            norm_within(inputs[0].clone().reshape(shape), inputs[1].clone(), inputs[2].clone(), KernelActivation::Relu);
        x.plus(FeatureMap::from(inputs[3].clone().reshape(shape)))
    });
    for curve in [BiasCurve::Rectifier, BiasCurve::HardSigmoid] {
        compare(&format!("{curve:?}"), &[168, 7], |inputs| {
            add_bias(inputs[0].clone().reshape(shape) * 4.0, inputs[1].clone(), curve)
        });
    }
}

#[test]
fn pixels_are_those_of_the_cpu() {
    let Some(device) = device() else { return };
    let bytes: Vec<u8> = (0..2 * 3 * 5 * 7_u32).map(|at| (at * 37 % 251) as u8).collect();
    let levels: Vec<[f32; 256]> =
        (0..3_u8).map(|channel| std::array::from_fn(|byte| byte as f32 - 40.0 * f32::from(channel))).collect();
    let found = |device: &Device| numbers(pixels(bytes.clone(), &levels, [2, 5, 7, 3], device));
    assert_eq!(found(&device), found(&Device::flex()));
}

#[test]
fn parts_are_those_of_slices() {
    let shape = [4, 5, 3, 6];
    for ranges in [[0..3, 0..5, 0..2, 0..4], [1..3, 0..5, 0..3, 0..6], [1..4, 1..4, 0..3, 2..6]] {
        compare(&format!("{ranges:?}"), &[360], |inputs| part(inputs[0].clone().reshape(shape), ranges.clone()) * 2.0);
    }
}
