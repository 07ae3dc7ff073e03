//! The kernels against burn's stock operations, forward and gradients, on both CPU backends, with sliced parameters.

#![allow(deprecated, reason = "burn-ndarray is deprecated upstream and named by this design")]

use burn::module::Param;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor, TensorData, s};
use splitscope::kernels::{self, KernelActivation};

fn values(seed: u32, count: usize) -> Vec<f32> {
    (0..count as u32)
        .map(|i| ((i.wrapping_mul(2_654_435_761) ^ seed.wrapping_mul(40_503)) % 2_001) as f32 / 1_000.0 - 1.0)
        .collect()
}

fn tensor<const D: usize>(seed: u32, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values(seed, shape.iter().product()), shape), device)
}

fn close<const D: usize>(found: Tensor<D>, wanted: Tensor<D>, what: &str) {
    let list = |tensor: Tensor<D>| tensor.into_data().try_into_vec::<f32>().unwrap();
    let (found, wanted) = (list(found), list(wanted));
    let size = wanted.iter().fold(1e-3_f32, |size, value| size.max(value.abs()));
    let worst = found.iter().zip(&wanted).map(|(a, b)| (a - b).abs() / size).fold(0.0, f32::max);
    assert!(found.len() == wanted.len() && worst < 1e-5, "{what}: relative difference {worst}");
}

/// Runs both forms on the same input and full weight, of which a part is used, and compares output and both gradients.
fn compare<const W: usize>(
    what: &str,
    x_shape: [usize; 4],
    w_shape: [usize; W],
    ours: impl Fn(Tensor<4>, Tensor<W>) -> Tensor<4>,
    stock: impl Fn(Tensor<4>, Tensor<W>) -> Tensor<4>,
) {
    for device in [Device::flex(), Device::ndarray()] {
        let device = device.autodiff();
        let run = |form: &dyn Fn(Tensor<4>, Tensor<W>) -> Tensor<4>| {
            let x = tensor(1, x_shape, &device).require_grad();
            let w = Param::from_tensor(tensor(2, w_shape, &device));
            let y = form(x.clone(), w.val());
            let weights = tensor(3, y.dims(), &device);
            let gradients = (y.clone() * weights).sum().backward();
            (y.inner(), x.grad(&gradients).unwrap(), w.val().grad(&gradients).unwrap())
        };
        let ((y, dx, dw), (y0, dx0, dw0)) = (run(&ours), run(&stock));
        close(y, y0, &format!("{what} output"));
        close(dx, dx0, &format!("{what} input gradient"));
        close(dw, dw0, &format!("{what} weight gradient"));
    }
}

#[test]
fn depthwise_with_sliced_weights() {
    for (kernel, stride, height, width, channels) in [
        (3, 1, 7, 5, 20),
        (3, 2, 8, 7, 8),
        (5, 1, 4, 6, 33),
        (5, 2, 9, 9, 16),
        (7, 1, 6, 5, 12),
        (7, 2, 11, 10, 3),
        (3, 1, 1, 1, 16),
        (5, 2, 1, 1, 1),
        (3, 2, 2, 19, 40),
    ] {
        let take = move |w: Tensor<3>| w.slice(s![0..kernel, 0..kernel, 0..channels]);
        compare(
            &format!("depthwise k{kernel} s{stride}"),
            [3, height, width, channels],
            [7, 7, 40],
            |x, w| kernels::depthwise(x, take(w), stride).tensor(),
            |x, w| stock_depthwise(x, take(w), stride),
        );
    }
}

#[test]
fn pointwise_with_sliced_weights() {
    for (inputs, outputs) in [(16, 64), (24, 40), (7, 5), (64, 16), (1, 1), (33, 47)] {
        compare(
            "pointwise",
            [3, 5, 4, inputs],
            [64, 64],
            |x, w| kernels::pointwise(x, w.slice(s![0..inputs, 0..outputs])).tensor(),
            |x, w| stock_pointwise(x, w.slice(s![0..inputs, 0..outputs])),
        );
    }
}

#[test]
fn dense_convolution() {
    for (kernel, stride, inputs, outputs) in
        [(3, 2, 3, 16), (3, 1, 8, 12), (5, 2, 1, 7), (7, 1, 2, 33), (3, 3, 4, 4), (1, 1, 6, 9), (1, 2, 6, 9)]
    {
        compare(
            "convolution",
            [2, 9, 8, inputs],
            [kernel, kernel, inputs, outputs],
            |x, w| kernels::convolution(x, w, stride).tensor(),
            |x, w| {
                let options = ConvOptions::new([stride; 2], [kernel / 2; 2], [1; 2], 1);
                conv2d(x.permute([0, 3, 1, 2]), w.permute([3, 2, 0, 1]), None, options).permute([0, 2, 3, 1])
            },
        );
    }
}

fn stock_depthwise(x: Tensor<4>, w: Tensor<3>, stride: usize) -> Tensor<4> {
    let [kernel, _, channels] = w.dims();
    let w = w.permute([2, 0, 1]).reshape([channels, 1, kernel, kernel]);
    let options = ConvOptions::new([stride; 2], [kernel / 2; 2], [1; 2], channels);
    conv2d(x.permute([0, 3, 1, 2]), w, None, options).permute([0, 2, 3, 1])
}

fn stock_pointwise(x: Tensor<4>, w: Tensor<2>) -> Tensor<4> {
    let ([batch, height, width, inputs], [_, outputs]) = (x.dims(), w.dims());
    x.reshape([batch * height * width, inputs]).matmul(w).reshape([batch, height, width, outputs])
}

fn stock_norm(x: Tensor<4>, gamma: Tensor<1>, beta: Tensor<1>, activation: KernelActivation) -> Tensor<4> {
    let [batch, height, width, channels] = x.dims();
    let rows = x.reshape([batch * height * width, channels]);
    let centred = rows.clone() - rows.mean_dim(0);
    let deviation = (centred.clone().powi_scalar(2).mean_dim(0) + kernels::EPSILON).sqrt();
    let y: Tensor<2> = centred / deviation * gamma.unsqueeze() + beta.unsqueeze();
    let y = match activation {
        KernelActivation::None => y,
        KernelActivation::Relu => burn::tensor::activation::relu(y),
        KernelActivation::Relu6 => y.clamp(0.0, 6.0),
        KernelActivation::HardSwish => y.clone() * (y + 3.0).clamp(0.0, 6.0) / 6.0,
        KernelActivation::Swish => y.clone() * burn::tensor::activation::sigmoid(y),
    };
    y.reshape([batch, height, width, channels])
}

/// A whole block, in which each convolution carries out the norm before it.
#[test]
fn norms_inside_convolutions() {
    const INPUTS: usize = 8;
    const HIDDEN: usize = 24;
    const OUTPUTS: usize = 12;
    for (batch, height, width, kernel, stride) in [(3, 7, 5, 5, 1), (2, 6, 6, 3, 2), (4, 9, 4, 7, 2), (6, 4, 4, 3, 1)] {
        let taps = kernel * kernel * HIDDEN;
        let sizes = [INPUTS * HIDDEN, HIDDEN, HIDDEN, taps, HIDDEN, HIDDEN, HIDDEN * OUTPUTS, OUTPUTS, OUTPUTS];
        let part = move |w: &Tensor<1>, index: usize| {
            let start: usize = sizes[..index].iter().sum();
            w.clone().slice(s![start..start + sizes[index]])
        };
        compare(
            &format!("block k{kernel} s{stride}"),
            [batch, height, width, INPUTS],
            [sizes.iter().sum()],
            |x, w| {
                let y = kernels::pointwise(x, part(&w, 0).reshape([INPUTS, HIDDEN]));
                let y = kernels::norm_within(y, part(&w, 1), part(&w, 2), KernelActivation::Relu6);
                let y = kernels::depthwise(y, part(&w, 3).reshape([kernel, kernel, HIDDEN]), stride);
                let y = kernels::norm_within(y, part(&w, 4), part(&w, 5), KernelActivation::HardSwish);
                let y = kernels::pointwise(y, part(&w, 6).reshape([HIDDEN, OUTPUTS]));
                kernels::norm_within(y, part(&w, 7), part(&w, 8), KernelActivation::None).tensor()
            },
            |x, w| {
                let y = stock_pointwise(x, part(&w, 0).reshape([INPUTS, HIDDEN]));
                let y = stock_norm(y, part(&w, 1), part(&w, 2), KernelActivation::Relu6);
                let y = stock_depthwise(y, part(&w, 3).reshape([kernel, kernel, HIDDEN]), stride);
                let y = stock_norm(y, part(&w, 4), part(&w, 5), KernelActivation::HardSwish);
                let y = stock_pointwise(y, part(&w, 6).reshape([HIDDEN, OUTPUTS]));
                stock_norm(y, part(&w, 7), part(&w, 8), KernelActivation::None)
            },
        );
    }
}

#[test]
fn batch_norm_with_activation() {
    for activation in [
        KernelActivation::None,
        KernelActivation::Relu,
        KernelActivation::Relu6,
        KernelActivation::HardSwish,
        KernelActivation::Swish,
    ] {
        compare(
            &format!("{activation:?}"),
            [4, 5, 3, 20],
            [64],
            |x, gamma| {
                let (scale, shift) = (gamma.clone().slice(s![0..20]) * 3.0, gamma.slice(s![20..40]));
                kernels::norm_within(x, scale, shift, activation).tensor()
            },
            |x, gamma| {
                let (scale, shift) = (gamma.clone().slice(s![0..20]) * 3.0, gamma.slice(s![20..40]));
                stock_norm(x, scale, shift, activation)
            },
        );
    }
}

#[test]
fn fusion_of_views() {
    compare(
        "maximum",
        [12, 3, 2, 5],
        [5],
        |x, w| kernels::fuse_maximum(x * w.unsqueeze(), 4),
        |x, w| {
            let x: Tensor<4> = x * w.unsqueeze();
            let x: Tensor<5> = x.reshape([3, 4, 3, 2, 5]);
            x.max_dim(1).reshape([3, 3, 2, 5])
        },
    );
}
