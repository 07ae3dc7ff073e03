//! Kernels on feature maps in other formats than single precision: against those of the CPU within what rounding
//! explains, and exactly where all numbers are of few bits.

use burn::tensor::{DType, Device, Tensor};

use super::super::{
    FeatureMap, FloatFormat, KernelActivation, convolution, depthwise, fuse_maximum, in_format, mean_over_positions,
    norm_within, pointwise, product, quantise, scale_channels,
};
use super::formats::has_format;
use super::tests::{device, gpu, numbers, run, values, vector, within};

/// Share of the largest value that rounding may change: a few times that of one rounding.
const fn tolerance(format: FloatFormat) -> f32 {
    match format {
        FloatFormat::F32 => 1e-4,
        FloatFormat::Bf16 => 3e-2,
    }
}

/// The device under test, unless it is a GPU without such numbers.
fn device_of(format: FloatFormat) -> Option<Device> {
    device().filter(|device| gpu().is_none() || has_format(device, format) != Some(false))
}

/// Output and gradients of a function of maps in a format against those of the CPU, twice alike.
fn compare(format: FloatFormat, what: &str, counts: &[usize], f: impl Fn(&[Tensor<1>]) -> Tensor<4>) {
    let Some(device) = device_of(format) else { return };
    let back = |inputs: &[Tensor<1>]| in_format(f(inputs), FloatFormat::F32);
    let (found, wanted) = (run(counts, &device, &back), run(counts, &Device::flex(), &back));
    for (index, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
        within(tolerance(format), &format!("{what} in {}, result {index}", format.name()), found, wanted);
    }
    assert_eq!(found, run(counts, &device, &back), "{what} in {}: another result the second time", format.name());
}

fn maps(values: &Tensor<1>, shape: [usize; 4], format: FloatFormat) -> Tensor<4> {
    in_format(values.clone().reshape(shape), format)
}

#[test]
fn convolutions_in_other_formats_are_those_of_the_cpu() {
    for format in [FloatFormat::Bf16] {
        for (map, columns) in [([5, 3, 1], 4), ([4, 7, 18], 16), ([9, 5, 37], 33), ([2, 3, 20], 70), ([11, 7, 70], 130)]
        {
            let [height, width, inner] = map;
            let shape = [3, height, width, inner];
            let count = shape.iter().product();
            compare(format, &format!("{inner} to {columns}"), &[count, inner * columns], |inputs| {
                pointwise(maps(&inputs[0], shape, format), inputs[1].clone().reshape([inner, columns])).tensor()
            });
            compare(
                format,
                &format!("norm, {inner} to {columns}"),
                &[count, inner, inner, inner * columns],
                |inputs| {
                    let x = maps(&inputs[0], shape, format);
                    let x = norm_within(x, inputs[1].clone() + 1.5, inputs[2].clone(), KernelActivation::Swish);
                    pointwise(x, inputs[3].clone().reshape([inner, columns])).tensor()
                },
            );
        }
        for (kernel, stride, shape) in [(3, 1, [2, 7, 6, 5]), (5, 2, [3, 9, 8, 3])] {
            let channels = shape[3];
            let counts = [shape.iter().product(), channels, channels, kernel * kernel * channels];
            compare(format, &format!("depthwise, side {kernel}"), &counts, |inputs| {
                let x = maps(&inputs[0], shape, format);
                let x = norm_within(x, inputs[1].clone() + 1.5, inputs[2].clone(), KernelActivation::Swish);
                depthwise(x, inputs[3].clone().reshape([kernel, kernel, channels]), stride).tensor()
            });
        }
        compare(format, "dense", &[2 * 6 * 5 * 3, 9 * 3 * 8], |inputs| {
            let w = inputs[1].clone().reshape([3, 3, 3, 8]);
            convolution(maps(&inputs[0], [2, 6, 5, 3], format), w, 2).tensor()
        });
    }
}

#[test]
fn other_operations_in_other_formats_are_those_of_the_cpu() {
    let shape = [6, 5, 4, 7];
    let count = shape.iter().product();
    for format in [FloatFormat::Bf16] {
        compare(format, "norm and sum", &[count, 7, 7, count], |inputs| {
            let x = maps(&inputs[0], shape, format);
            let x = norm_within(x, inputs[1].clone(), inputs[2].clone(), KernelActivation::Swish);
            x.plus(FeatureMap::from(maps(&inputs[3], shape, format)))
        });
        compare(format, "mean", &[count], |inputs| mean_over_positions(maps(&inputs[0], shape, format)));
        compare(format, "scale", &[count, 42], |inputs| {
            let factors = maps(&inputs[1], [6, 1, 1, 7], format);
            scale_channels(maps(&inputs[0], shape, format), factors)
        });
        // CubeCL's processor runtime adds no numbers in bfloat16.
        if gpu().is_some() {
            compare(format, "two readers", &[count], |inputs| {
                let x = maps(&inputs[0], shape, format);
                x.clone() * 2.0 + x
            });
        }
        compare(format, "classifier", &[42, 7 * 9], |inputs| {
            let x = maps(&inputs[0], [6, 1, 1, 7], format).reshape([6, 7]);
            let y = product(x, inputs[1].clone().reshape([7, 9]));
            assert_eq!(y.dtype(), DType::F32, "logits are in single precision");
            y.reshape([6, 1, 1, 9])
        });
    }
    let Some(device) = device_of(FloatFormat::Bf16) else { return };
    // Gradients would tell values apart that rounding makes equal.
    let picked = |device: &Device| {
        let x = in_format(vector(values(3, count), device).reshape(shape), FloatFormat::Bf16);
        let mut results = vec![fuse_maximum(x.clone(), 3)];
        // Nor does it compile codes of them.
        if gpu().is_some() {
            results.push(quantise(x, 8));
        }
        results.into_iter().map(|y| numbers(in_format(y, FloatFormat::F32))).collect::<Vec<_>>()
    };
    for (found, wanted) in picked(&device).iter().zip(picked(&Device::flex())) {
        within(tolerance(FloatFormat::Bf16), "codes and maxima", found, &wanted);
    }
}

/// Products of numbers of 3 bits are exact in every format, whatever computes them; one wrong place shows.
#[test]
fn products_of_short_numbers_are_exact() {
    let Some(device) = device_of(FloatFormat::Bf16) else { return };
    let short = |seed: u64, count: usize, device: &Device| {
        vector(values(seed, count).into_iter().map(|value| (value * 4.0).round()).collect(), device)
    };
    for (rows, inner, columns) in [(300, 40, 24), (130, 72, 100), (700, 20, 16), (5000, 33, 200)] {
        let found = |device: &Device, format: FloatFormat| {
            let device = device.clone().autodiff();
            let x = short(1, rows * inner, &device).require_grad();
            let w = short(2, inner * columns, &device).require_grad();
            let y = pointwise(maps(&x, [rows, 1, 1, inner], format), w.clone().reshape([inner, columns])).tensor();
            // Ones at every seventh place keep all sums short.
            let ones = (0..rows * columns).map(|at| f32::from(u8::from(at % 7 == 0))).collect();
            let y = in_format(y, FloatFormat::F32);
            let gradients = (y.clone() * vector(ones, &device).reshape([rows, 1, 1, columns])).sum().backward();
            let [dx, dw] = [x, w].map(|input| numbers(input.grad(&gradients).unwrap()));
            [dx, dw, numbers(y)]
        };
        let [dx, dw, y] = found(&Device::flex(), FloatFormat::F32);
        for format in [FloatFormat::Bf16] {
            let (what, [own_dx, own_dw, own_y]) = (format!("{rows} x {inner} x {columns}"), found(&device, format));
            assert_eq!(own_dx, dx, "gradient of the input, {what} in {}", format.name());
            assert_eq!(own_dw, dw, "gradient of the weights, {what} in {}", format.name());
            // Only the output has more bits than bfloat16.
            within(4e-3, &format!("output, {what} in {}", format.name()), &own_y, &y);
        }
    }
}
