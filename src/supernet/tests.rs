//! Every part against what the space says it is, and the starting points against what they promise.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor, TensorData, activation};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::init::WeightInit;
use super::split::SplittingModuleConfig;
use super::*;
use crate::diagnostic::Source;
use crate::space::{PLAIN_BITS, SHIPPED, SearchSpace, shipped_text};

mod any_space;
mod starting_points;

/// Every kind of block, squeeze-excite, projected shortcuts, and every choice elastic.
const EVERYTHING: &str = r#"
    [space]
    name = "everything"
    channels = 2
    resolutions = [12, 17]
    views = 4
    classes = 5
    [[stage]]
    name = "stem"
    block = "conv"
    widths = [8, 12]
    kernels = [3, 5]
    [[stage]]
    name = "pooled"
    block = "max-pool"
    kernels = [3]
    stride = 2
    [[stage]]
    name = "inverted"
    block = "mbconv"
    widths = [8, 16]
    depths = [1, 2]
    kernels = [3, 5, 7]
    expansions = [1, 2, 3]
    stride = 2
    activation = "hard-swish"
    squeeze-excite = 4
    shortcut = "projected"
    choice = "block"
    [[stage]]
    name = "basic"
    block = "basic"
    widths = [16, 24]
    depths = [1, 2]
    kernels = [3, 5]
    [[stage]]
    name = "bottleneck"
    block = "bottleneck"
    widths = [24, 32]
    depths = [1, 2]
    kernels = [3]
    expansions = [2, 4]
    stride = 2
    activation = "swish"
    [[stage]]
    name = "wide"
    block = "expand"
    expansions = [2, 3]
    [[stage]]
    name = "pool"
    block = "global-pool"
    [[stage]]
    name = "classifier"
    block = "linear"
    [split]
    ratios = [1, 2, 4]
    bits = [2, 8]
    [fusion]
    operator = "max"
"#;

pub(super) fn everything(operator: &str) -> SearchSpace {
    let text = EVERYTHING.replace("\"max\"", &format!("\"{operator}\""));
    SearchSpace::from_toml(&Source::new("everything", text)).unwrap_or_else(|error| panic!("{error}"))
}

fn shipped(name: &str, edit: impl Fn(&str) -> String) -> SearchSpace {
    let text = shipped_text(name).unwrap();
    SearchSpace::from_toml(&Source::new(name, edit(text))).unwrap()
}

fn fresh(space: &SearchSpace, device: &Device) -> Supernet {
    Supernet::new(space, Initialisation::default(), 1, device)
}

pub(super) fn normal<const D: usize>(seed: u64, shape: [usize; D], device: &Device) -> Tensor<D> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut gauss = || {
        let radius = (-2.0 * (1.0 - rng.random::<f32>()).ln()).sqrt();
        radius * (std::f32::consts::TAU * rng.random::<f32>()).cos()
    };
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| gauss()).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

pub(super) fn images(space: &SearchSpace, objects: usize, views: usize, device: &Device) -> Tensor<4> {
    let side = *space.resolutions.last().unwrap() as usize;
    normal(7, [objects * views, side, side, space.input_channels as usize], device)
}

pub(super) fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec::<f32>().unwrap()
}

/// The tensor behind every block has the shape that the cost of the design was counted from.
fn shapes_agree(space: &SearchSpace, designs: usize) {
    let device = Device::flex();
    let supernet = fresh(space, &device);
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for _ in 0..designs {
        let design = space.sample_design(&mut rng);
        let network = space.lower(&design.genome).unwrap();
        let mut seen = 0;
        let views = ViewSet::first(2.min(space.views as usize));
        let x = images(space, 2, views.count(), &device);
        let route = Route::of_design(space, &design);
        let logits = supernet.forward_watched(x, &views, &route, &mut Numerics::Batch, &mut |id, x| {
            let at = network.position(id).unwrap();
            let shape = network.boundaries[at].shape;
            let [_, height, width, channels] = x.dims();
            let wanted = [shape.height as usize, shape.width as usize, shape.channels as usize];
            assert_eq!(
                [height, width, channels],
                wanted,
                "{} at {}",
                space.print_design(&design),
                space.boundary_name(id)
            );
            seen += 1;
        });
        assert_eq!(seen, network.boundaries.len() - 1);
        assert_eq!(logits.dims(), [2, space.classes as usize]);
        assert!(values(logits).iter().all(|value| value.is_finite()));
    }
}

#[test]
fn every_block_of_every_choice_has_the_shape_that_was_costed() {
    shapes_agree(&everything("max"), 40);
}

/// The space of every block with other kernels and strides: sides that kernels have no constant-size code for.
#[test]
fn kernels_of_any_odd_side_and_any_stride_run() {
    for (kernels, stride) in [("[1]", 1), ("[1]", 2), ("[3, 9]", 1), ("[1, 3, 11]", 2), ("[3]", 3), ("[5, 9]", 4)] {
        let text = EVERYTHING
            .replace("kernels = [3, 5, 7]", &format!("kernels = {kernels}"))
            .replace("kernels = [3, 5]", &format!("kernels = {kernels}"))
            .replace("kernels = [3]\n", &format!("kernels = {kernels}\n"))
            .replace("stride = 2", &format!("stride = {stride}"))
            .replace("shortcut = \"projected\"", "shortcut = \"identity\"");
        let space = SearchSpace::from_toml(&Source::new("everything", text)).unwrap_or_else(|error| panic!("{error}"));
        shapes_agree(&space, 10);
        let device = Device::flex().autodiff();
        let route = Route::of_design(&space, &space.sample_design(&mut ChaCha8Rng::seed_from_u64(1)));
        let x = images(&space, 3, 2, &device).require_grad();
        let logits = fresh(&space, &device).forward(x.clone(), &ViewSet::first(2), &route, &mut Numerics::Batch);
        let gradients = (logits.clone() * normal(9, logits.dims(), &device)).sum().backward();
        assert!(values(x.grad(&gradients).unwrap()).iter().all(|value| value.is_finite()), "{kernels} at {stride}");
    }
}

#[test]
fn every_shipped_space_can_be_trained() {
    for (name, _) in SHIPPED {
        // Small pictures and few classes, with the blocks as they are.
        let small = |text: &str| {
            let line = |line: &str| match line.split('=').next().map(str::trim) {
                Some("resolutions") => "resolutions = [32]".to_owned(),
                Some("classes") => "classes = 10".to_owned(),
                _ => line.to_owned(),
            };
            text.lines().map(line).collect::<Vec<_>>().join("\n")
        };
        shapes_agree(&shipped(name, small), 2);
    }
}

#[test]
fn all_weights_learn_from_a_few_designs_whatever_fuses() {
    struct Untouched<'a>(&'a burn::tensor::Gradients, usize, usize);
    impl ModuleVisitor for Untouched<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.1 += 1;
            let moved = |gradient: Tensor<D>| {
                let values = values(gradient);
                assert!(values.iter().all(|value| value.is_finite()));
                values.iter().any(|&value| value != 0.0)
            };
            self.2 += usize::from(param.val().grad(self.0).is_some_and(moved));
        }
    }
    for operator in ["max", "mean", "mix", "concat"] {
        let (space, device) = (everything(operator), Device::flex().autodiff());
        // A block that starts as its shortcut has no gradient behind the zero that closes it.
        let supernet = stirred(&space);
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mut loss = Tensor::<1>::zeros([1], &device);
        for count in [1, 2, 4, 3, 4, 2] {
            for genome in [space.largest(), space.smallest(), space.sample(&mut rng)] {
                let design = space.sample_split(genome, &mut rng);
                let route = Route::of_design(&space, &design);
                let views = ViewSet::first(count);
                let logits = supernet.forward(images(&space, 3, count, &device), &views, &route, &mut Numerics::Batch);
                loss = loss + (logits.clone() * normal(9, logits.dims(), &device)).sum();
            }
        }
        let gradients = loss.backward();
        let mut found = Untouched(&gradients, 0, 0);
        supernet.visit(&mut found);
        assert!(found.2 * 10 > found.1 * 6, "{operator}: {} of {} parameters have a gradient", found.2, found.1);
    }
}

/// Modules that gains are averaged over.
const DRAWS: u64 = 60;

/// The table of variance gains of a pair C -> c -> C behind rectifiers, measured on the module's own layers.
#[test]
fn variance_gains_of_the_splitting_module_are_those_of_the_analysis() {
    let (wide, narrow) = (160, 8);
    let (big, small) = (wide as f64, narrow as f64);
    let arithmetic = |gain: f64| 2.0 * gain / (big + small);
    let root = (big / small).sqrt();
    for (rule, wanted) in [
        (Initialisation::FanIn, [1.0, 1.0, small / big, big / small]),
        (Initialisation::FanOut, [big / small, small / big, 1.0, 1.0]),
        (Initialisation::Arithmetic, [arithmetic(big), arithmetic(small), arithmetic(small), arithmetic(big)]),
        (Initialisation::Geometric, [root, 1.0 / root, 1.0 / root, root]),
    ] {
        let device = Device::flex().autodiff();
        let mut weights = WeightInit::new(ChaCha8Rng::seed_from_u64(2), device.clone());
        let power = |tensor: Tensor<4>| {
            let values = values(tensor);
            values.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>() / values.len() as f64
        };
        // Over weights as well as inputs all means are 0, so powers are variances.
        let gains = |layer: &layer::ElasticPointwise, from: usize, to: usize, draw: u64| {
            let z = normal(2 * draw, [150, 1, 1, from], &device).require_grad();
            let y = layer.forward(activation::relu(z.clone()).into(), to, &mut Numerics::Batch).tensor();
            let backward = (y.clone() * normal(2 * draw + 1, y.dims(), &device)).sum().backward();
            [power(y.inner()), power(z.grad(&backward).unwrap())]
        };
        let mut found = [0.0; 4];
        for draw in 0..DRAWS {
            let module = SplittingModuleConfig { wide, narrow, initialisation: rule }.init(&mut weights);
            let [reduce, recover] =
                [gains(&module.reduce, wide, narrow, draw), gains(&module.recover, narrow, wide, draw)];
            for (sum, gain) in found.iter_mut().zip([reduce[0], recover[0], reduce[1], recover[1]]) {
                *sum += gain / DRAWS as f64;
            }
        }
        for (found, wanted) in found.iter().zip(wanted) {
            assert!((found / wanted - 1.0).abs() < 0.1, "{rule:?}: {found:.3}, wanted {wanted:.3}");
        }
    }
}

/// A supernet whose batch norms are not all 0 or 1, as if it had been trained a little.
pub(super) fn stirred(space: &SearchSpace) -> Supernet {
    struct Stir(ChaCha8Rng);
    impl ModuleMapper for Stir {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let seed = self.0.random();
            param.map(|tensor| {
                let noise = normal(seed, tensor.dims(), &tensor.device()) * 0.3;
                Tensor::from_data((tensor.clone() + noise).into_data(), &tensor.device()).require_grad()
            })
        }
    }
    fresh(space, &Device::flex().autodiff()).map(&mut Stir(ChaCha8Rng::seed_from_u64(8)))
}

fn logits(supernet: &Supernet, space: &SearchSpace, route: &Route) -> Vec<f32> {
    let device = Device::flex();
    values(supernet.valid().forward(images(space, 6, 2, &device), &ViewSet::first(2), route, &mut Numerics::Batch))
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    let norm = |list: &mut dyn Iterator<Item = f32>| list.map(|value| value * value).sum::<f32>().sqrt();
    norm(&mut a.iter().zip(b).map(|(a, b)| a - b)) / norm(&mut b.iter().copied())
}

#[test]
fn views_may_come_in_any_number_and_any_may_be_lost() {
    let device = Device::flex();
    for operator in ["max", "mean", "mix", "concat"] {
        let space = everything(operator);
        let supernet = fresh(&space, &device);
        let genome = space.largest();
        let fusion = space.boundary_named("basic.1").unwrap();
        let route = Route::new(&space, &genome, 0, fusion, Splitting::None);
        let run = |x: Tensor<4>, views: &ViewSet| values(supernet.forward(x, views, &route, &mut Numerics::Standard));
        let x = images(&space, 2, 4, &device);
        let of = |views: &[usize]| {
            let [_, height, width, channels] = x.dims();
            let x: Tensor<5> = x.clone().reshape([2, 4, height, width, channels]);
            let picked = views.iter().map(|&view| x.clone().narrow(1, view, 1)).collect();
            Tensor::cat(picked, 1).reshape([2 * views.len(), height, width, channels])
        };
        assert_eq!(ViewSet::without(4, 0b0101).unwrap().list(), [1, 3]);
        let kept = run(of(&[1, 3]), &ViewSet::without(4, 0b0101).unwrap());
        assert_ne!(kept, run(of(&[0, 2]), &ViewSet::without(4, 0b1010).unwrap()), "{operator}");
        let swapped = run(of(&[3, 1]), &ViewSet::without(4, 0b0101).unwrap());
        if operator == "concat" {
            // All views start with the same weights.
            assert!(distance(&kept, &swapped) < 1e-4, "{operator}");
        } else {
            assert!(distance(&kept, &swapped) < 1e-6, "{operator}: the order of views is no matter");
            let twice = run(of(&[2, 2]), &ViewSet::first(2));
            assert!(
                distance(&twice, &run(of(&[2]), &ViewSet::first(1))) < 1e-5,
                "{operator}: seeing twice adds nothing"
            );
        }
    }
}

#[test]
fn another_resolution_is_another_picture_of_the_same_thing() {
    let device = Device::flex();
    let x = Tensor::<4>::from_data(TensorData::new(vec![1.0_f32, 3.0, 5.0, 7.0], [1, 2, 2, 1]), &device);
    assert_eq!(values(model::resized(x.clone(), 1)), [4.0]);
    assert_eq!(values(model::resized(x.clone(), 2)), values(x));
}
