//! Every kernel against naive loops, over odd sizes, strides and channel counts.

use proptest::prelude::*;
use pulp::{Simd, WithSimd};

use super::activation::KernelActivation;
use super::conv_gradients::FusedNorm;
use super::geometry::ConvGeometry;
use super::norm::{self, InputTransform};
use super::statistics::ChannelStatistics;
use super::{CodeGrid, FeatureMap, dense, depthwise, pointwise, simd, view_maximum};

fn values(seed: u64, count: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn close(found: &[f32], wanted: &[f32]) -> Result<(), TestCaseError> {
    prop_assert_eq!(found.len(), wanted.len());
    let size = wanted.iter().fold(1.0_f32, |size, value| size.max(value.abs()));
    for (index, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        prop_assert!((found - wanted).abs() <= 2e-5 * size, "at {index}: {found} instead of {wanted}");
    }
    Ok(())
}

fn same_statistics(found: &ChannelStatistics, x: &[f32]) -> Result<(), TestCaseError> {
    let wanted = ChannelStatistics::of(x, found.mean.len());
    close(&found.mean, &wanted.mean)?;
    close(&found.variance, &wanted.variance)
}

/// Visits every tap of every output: image, output position, tap, input position.
fn for_each_tap(images: usize, geometry: ConvGeometry, mut visit: impl FnMut(usize, usize, usize, usize)) {
    for image in 0..images {
        for out in 0..geometry.out_height() * geometry.out_width() {
            for tap in 0..geometry.kernel * geometry.kernel {
                let y = out / geometry.out_width() * geometry.stride + tap / geometry.kernel;
                let x = out % geometry.out_width() * geometry.stride + tap % geometry.kernel;
                let (Some(y), Some(x)) = (y.checked_sub(geometry.padding()), x.checked_sub(geometry.padding())) else {
                    continue;
                };
                if y < geometry.height && x < geometry.width {
                    visit(image, out, tap, y * geometry.width + x);
                }
            }
        }
    }
}

fn geometries() -> impl Strategy<Value = (usize, ConvGeometry)> {
    (
        1..4_usize,
        1..9_usize,
        1..9_usize,
        1..40_usize,
        prop_oneof![Just(3), Just(5), Just(7), Just(1), Just(9), Just(11), Just(13)],
        1..5_usize,
    )
        .prop_map(|(images, height, width, channels, kernel, stride)| {
            (images, ConvGeometry { height, width, channels, kernel, stride })
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn depthwise_equals_the_naive_loop((images, geometry) in geometries(), seed: u64) {
        let channels = geometry.channels;
        let x = values(seed, images * geometry.image());
        let w = values(seed ^ 1, geometry.kernel * geometry.kernel * channels);
        let dy = values(seed ^ 2, images * geometry.out_image());
        let (mut y, mut dx, mut dw) = (vec![0.0; dy.len()], vec![0.0; x.len()], vec![0.0; w.len()]);
        for_each_tap(images, geometry, |image, out, tap, input| {
            for c in 0..channels {
                let o = image * geometry.out_image() + out * channels + c;
                let i = image * geometry.image() + input * channels + c;
                y[o] += x[i] * w[tap * channels + c];
                dx[i] += dy[o] * w[tap * channels + c];
                dw[tap * channels + c] += dy[o] * x[i];
            }
        });
        let (found, statistics) = depthwise::forward(&x, None, &w, geometry);
        close(&found, &y)?;
        same_statistics(&statistics, &y)?;
        let found = depthwise::backward(&x, None, &w, &dy, geometry);
        close(&found.x.unwrap(), &dx)?;
        close(&found.w, &dw)?;
    }

    #[test]
    fn dense_convolution_equals_the_naive_loop((images, geometry) in geometries(), cols in 1..20_usize, seed: u64) {
        let (channels, rows) = (geometry.channels, geometry.out_height() * geometry.out_width());
        let x = values(seed, images * geometry.image());
        let w = values(seed ^ 1, geometry.kernel * geometry.kernel * channels * cols);
        let dy = values(seed ^ 2, images * rows * cols);
        let (mut y, mut dx, mut dw) = (vec![0.0; dy.len()], vec![0.0; x.len()], vec![0.0; w.len()]);
        for_each_tap(images, geometry, |image, out, tap, input| {
            for (c, d) in (0..channels).flat_map(|c| (0..cols).map(move |d| (c, d))) {
                let o = (image * rows + out) * cols + d;
                let i = image * geometry.image() + input * channels + c;
                let t = (tap * channels + c) * cols + d;
                y[o] += x[i] * w[t];
                dx[i] += dy[o] * w[t];
                dw[t] += dy[o] * x[i];
            }
        });
        let (found, statistics) = dense::forward(&x, None, &w, geometry);
        close(&found, &y)?;
        same_statistics(&statistics, &y)?;
        let found = dense::backward(&x, None, &w, &dy, geometry, true);
        close(&found.x.unwrap(), &dx)?;
        close(&found.w, &dw)?;
    }

    #[test]
    fn products_equal_the_naive_loop(rows in 1..60_usize, inner in 1..40_usize, cols in 1..70_usize, seed: u64) {
        let (x, w, dy) = (values(seed, rows * inner), values(seed ^ 1, inner * cols), values(seed ^ 2, rows * cols));
        let (mut y, mut dx, mut dw) = (vec![0.0; rows * cols], vec![0.0; rows * inner], vec![0.0; inner * cols]);
        for r in 0..rows {
            for k in 0..inner {
                for c in 0..cols {
                    y[r * cols + c] += x[r * inner + k] * w[k * cols + c];
                    dx[r * inner + k] += dy[r * cols + c] * w[k * cols + c];
                    dw[k * cols + c] += dy[r * cols + c] * x[r * inner + k];
                }
            }
        }
        let (found, statistics) = pointwise::forward(&x, None, &w, inner);
        close(&found, &y)?;
        same_statistics(&statistics, &y)?;
        let found = pointwise::backward(&x, None, &w, &dy, inner, true);
        close(&found.x.unwrap(), &dx)?;
        close(&found.w, &dw)?;
    }

    /// Each convolution that normalises its input gives what normalising first, then the plain convolution gives.
    // As below: fewer rows may leave next to no variance.
    #[test]
    fn normalising_on_the_way_changes_nothing((images, geometry) in geometries(), cols in 1..20_usize, which in 0..3_usize, seed: u64) {
        prop_assume!(images * geometry.height * geometry.width >= 8);
        let channels = geometry.channels;
        let x = values(seed, images * geometry.image());
        let (gamma, beta) = (values(seed ^ 2, channels), values(seed ^ 3, channels));
        let statistics = ChannelStatistics::of(&x, channels);
        let transform = InputTransform::normalising(&statistics, &gamma, &beta, KernelActivation::Relu6);
        let mut seen = vec![0.0; x.len()];
        transform.apply_all(&x, &mut seen);
        let positions = geometry.kernel * geometry.kernel;
        let w = values(seed ^ 1, [positions * channels, channels * cols, positions * channels * cols][which]);
        let forward = |x: &[f32], transform: Option<&InputTransform>| match which {
            0 => depthwise::forward(x, transform, &w, geometry),
            1 => pointwise::forward(x, transform, &w, channels),
            _ => dense::forward(x, transform, &w, geometry),
        };
        let (y, _) = forward(&x, Some(&transform));
        close(&y, &forward(&seen, None).0)?;
        let dy = values(seed ^ 4, y.len());
        let backward = |x: &[f32], norm: Option<FusedNorm>| match which {
            0 => depthwise::backward(x, norm, &w, &dy, geometry),
            1 => pointwise::backward(x, norm, &w, &dy, channels, true),
            _ => dense::backward(x, norm, &w, &dy, geometry, true),
        };
        let found = backward(&x, Some(FusedNorm { transform: &transform, statistics: &statistics }));
        let plain = backward(&seen, None);
        close(&found.w, &plain.w)?;
        let [dx, d_gamma, d_beta] = norm::backward(&x, &plain.x.unwrap(), &statistics, &transform);
        let (found_gamma, found_beta) = found.norm.unwrap();
        close(&found_gamma, &d_gamma)?;
        close(&found_beta, &d_beta)?;
        close(&found.x.unwrap(), &dx)?;
    }

    // Fewer rows may leave next to no variance, and with it no digits in a difference of nearly equal terms.
    #[test]
    fn batch_norm_gradients_equal_the_formula(rows in 8..300_usize, channels in 1..40_usize, seed: u64) {
        let (x, dy) = (values(seed, rows * channels), values(seed ^ 1, rows * channels));
        let (gamma, beta) = (values(seed ^ 2, channels), values(seed ^ 3, channels));
        let statistics = ChannelStatistics::of(&x, channels);
        let transform = InputTransform::normalising(&statistics, &gamma, &beta, KernelActivation::None);
        let [found_x, found_gamma, found_beta] = norm::backward(&x, &dy, &statistics, &transform);
        let count = rows as f64;
        let (mut dx, mut d_gamma, mut d_beta) = (vec![0.0_f32; x.len()], vec![0.0; channels], vec![0.0; channels]);
        for c in 0..channels {
            let column = |list: &[f32]| -> Vec<f64> { list.iter().skip(c).step_by(channels).map(|&v| f64::from(v)).collect() };
            let (x, dy) = (column(&x), column(&dy));
            let mean = x.iter().sum::<f64>() / count;
            let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
            prop_assert!((f64::from(statistics.variance[c]) - variance).abs() < 1e-5);
            let deviation = (variance + f64::from(norm::EPSILON)).sqrt();
            let hat: Vec<f64> = x.iter().map(|x| (x - mean) / deviation).collect();
            let sum = dy.iter().sum::<f64>();
            let dot = dy.iter().zip(&hat).map(|(dy, hat)| dy * hat).sum::<f64>();
            (d_beta[c], d_gamma[c]) = (sum as f32, dot as f32);
            for r in 0..rows {
                let value = f64::from(gamma[c]) / deviation * (dy[r] - sum / count - hat[r] * dot / count);
                dx[r * channels + c] = value as f32;
            }
        }
        close(&found_beta, &d_beta)?;
        close(&found_gamma, &d_gamma)?;
        close(&found_x, &dx)?;
    }

    #[test]
    fn slopes_are_the_differences_of_values(x in -8.0_f32..8.0, which in 0..5_usize) {
        let activation = [KernelActivation::None, KernelActivation::Relu, KernelActivation::Relu6, KernelActivation::Swish, KernelActivation::HardSwish][which];
        let step = 1e-3;
        let kinks = [-3.0, 0.0, 3.0, 6.0];
        prop_assume!(kinks.iter().all(|kink: &f32| (x - kink).abs() > 2.0 * step));
        let transform = InputTransform::given(&[1.0], &[0.0], activation);
        let value = |x: f32| {
            let mut y = [0.0];
            transform.apply(&[x], &mut y);
            y[0]
        };
        // With two rows of opposite gradients the batch's sums vanish and dx is dy times the slope.
        let statistics = ChannelStatistics { mean: vec![0.0], variance: vec![1.0 - norm::EPSILON] };
        let found = norm::backward(&[x, x], &[1.0, -1.0], &statistics, &transform)[0][0];
        prop_assert!((found - (value(x + step) - value(x - step)) / (2.0 * step)).abs() < 5e-3);
    }

    #[test]
    fn the_largest_view_wins_and_takes_the_gradient(objects in 1..4_usize, count in 1..13_usize, size in 1..30_usize, seed: u64) {
        let x = values(seed, objects * count * size);
        let (y, from) = view_maximum::maximum(&x, count, size);
        let dx = view_maximum::maximum_gradient(&y, &from, count, size);
        for (index, &best) in y.iter().enumerate() {
            let (object, value) = (index / size, index % size);
            let seen = (0..count).map(|view| x[(object * count + view) * size + value]);
            prop_assert_eq!(best.to_bits(), seen.fold(f32::MIN, f32::max).to_bits());
            let given: f32 = (0..count).map(|view| dx[(object * count + view) * size + value]).sum();
            prop_assert_eq!(given.to_bits(), best.to_bits());
        }
    }
}

struct Lanes;

impl WithSimd for Lanes {
    type Output = usize;

    fn with_simd<S: Simd>(self, _: S) -> usize {
        S::F32_LANES
    }
}

#[test]
fn the_instructions_asked_for_are_those_in_use() {
    let lanes = simd::run(Lanes);
    match simd::instructions().unwrap() {
        "scalar" => assert_eq!(lanes, 1),
        "v3" => assert_eq!(lanes, 8),
        "v4" => assert_eq!(lanes, simd::WIDEST),
        _ => assert!(lanes <= simd::WIDEST),
    }
}

/// Tests that every set of instructions must pass: those of the kernels, and those of the supernet that run every block
/// in all its shapes. The others of the supernet are about weights and designs.
const FOR_ALL_INSTRUCTIONS: [&str; 5] = [
    "kernels::",
    "supernet::tests::every_block_of_every_choice",
    "supernet::tests::kernels_of_any_odd_side",
    "supernet::tests::views_may_come_in_any_number",
    "supernet::tests::another_resolution_is_another_picture",
];

/// Runs tests with the instruction sets that this processor does not choose by itself, each in a process of its own.
#[test]
fn every_set_of_instructions_passes_the_tests_of_kernels_and_supernet() {
    let in_use = simd::instructions().unwrap();
    if std::env::var_os(simd::VARIABLE).is_some() {
        return;
    }
    for (name, _) in simd::levels().into_iter().filter(|(name, _)| *name != in_use) {
        let program = std::env::current_exe().unwrap();
        let output =
            std::process::Command::new(program).args(FOR_ALL_INSTRUCTIONS).env(simd::VARIABLE, name).output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        let ran = FOR_ALL_INSTRUCTIONS.iter().all(|part| told.contains(part));
        assert!(output.status.success() && told.contains("the_instructions_asked_for") && ran, "{name}: {told}");
    }
}

/// Values that `make` computes of `x[1, 2, 2, 2]`, and the gradient of `x` for the weighted sum of them.
fn with_gradient(make: impl Fn(FeatureMap) -> FeatureMap) -> [Vec<f32>; 2] {
    use burn::tensor::{Device, Tensor, TensorData};
    let device = Device::flex().autodiff();
    let tensor = |values: Vec<f32>| Tensor::<4>::from_data(TensorData::new(values, [1, 2, 2, 2]), &device);
    let x = tensor(values(3, 8)).require_grad();
    let y = make(x.clone().into()).tensor();
    let gradients = (y.clone() * tensor(values(4, 8))).sum().backward();
    let list = |tensor: TensorData| tensor.try_into_vec::<f32>().unwrap();
    [list(y.into_data()), list(x.grad(&gradients).unwrap().into_data())]
}

#[test]
fn gradients_pass_straight_through_the_grid_of_a_training_step() {
    use burn::tensor::{Device, Tensor};
    let grid = CodeGrid::covering(-1.0, 1.0, 4);
    let normalised = |x: FeatureMap| {
        let device = Device::flex().autodiff();
        super::norm_within(x, Tensor::ones([2], &device), Tensor::zeros([2], &device), KernelActivation::Relu)
    };
    let cases: [&dyn Fn(FeatureMap) -> FeatureMap; 2] = [&|x| x, &normalised];
    for make in cases {
        let [plain, wanted] = with_gradient(make);
        let [rounded, found] = with_gradient(|x| make(x).learning_grid(grid));
        for (value, plain) in rounded.iter().zip(&plain) {
            assert!((value - grid.round(*plain)).abs() < 1e-6, "{value} for {plain}");
        }
        assert!(found.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?} instead of {wanted:?}");
        assert!(rounded != plain);
    }
}
