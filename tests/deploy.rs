//! Graphs, files and programs against the supernet that they were made from, on a space of every kind of block.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use splitscope::deploy::{
    Deployment, HalfPair, LinkCodes, OnnxPair, OnnxProgram, TensorValues, read_archive, write_archive, write_onnx,
};
use splitscope::diagnostic::Source;
use splitscope::network::LinkRange;
use splitscope::record::{Clipping, Precision};
use splitscope::space::{Design, SearchSpace};
use splitscope::supernet::{Initialisation, IntegerFormat, Numerics, Route, Supernet, ViewSet};

const EVERYTHING: &str = r#"
    [space]
    name = "everything"
    channels = 2
    resolutions = [11]
    views = 3
    classes = 4
    [[stage]]
    name = "stem"
    block = "conv"
    widths = [4, 6]
    kernels = [3]
    [[stage]]
    name = "pooled"
    block = "max-pool"
    kernels = [3]
    stride = 2
    [[stage]]
    name = "inverted"
    block = "mbconv"
    widths = [8]
    depths = [1, 2]
    kernels = [3, 5]
    expansions = [1, 2]
    stride = 2
    activation = "hard-swish"
    squeeze-excite = 4
    shortcut = "projected"
    [[stage]]
    name = "basic"
    block = "basic"
    widths = [8, 16]
    kernels = [3]
    [[stage]]
    name = "bottleneck"
    block = "bottleneck"
    widths = [16]
    kernels = [3]
    expansions = [2]
    activation = "swish"
    [[stage]]
    name = "pool"
    block = "global-pool"
    [[stage]]
    name = "classifier"
    block = "linear"
    [split]
    ratios = [1, 2]
    bits = [4, 8]
    [fusion]
    operator = "max"
"#;

/// Space, supernet with stirred weights, and random images.
struct Bench {
    space: SearchSpace,
    supernet: Supernet,
    images: Tensor<4>,
    views: ViewSet,
    rng: ChaCha8Rng,
}

/// Adds noise to all weights, so that no gamma is 0.
struct Stirring(ChaCha8Rng);

impl ModuleMapper for Stirring {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| {
            let noise = noise(&mut self.0, tensor.dims());
            tensor + noise * 0.2
        })
    }
}

fn noise<const D: usize>(rng: &mut impl Rng, shape: [usize; D]) -> Tensor<D> {
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| rng.random_range(-1.7..1.7)).collect();
    Tensor::from_data(TensorData::new(values, shape), &Device::flex())
}

impl Bench {
    fn new(text: &str) -> Self {
        let space = SearchSpace::from_toml(&Source::new("test", text)).unwrap_or_else(|error| panic!("{error}"));
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let device = Device::flex();
        let supernet = Supernet::new(&space, Initialisation::default(), 1, &device).map(&mut Stirring(rng.clone()));
        let side = *space.resolutions.last().unwrap() as usize;
        let views = ViewSet::first(space.views as usize);
        let images = noise(&mut rng, [4 * views.count(), side, side, space.input_channels as usize]);
        Self { space, supernet, images, views, rng }
    }

    fn fusing(operator: &str) -> Self {
        Self::new(&EVERYTHING.replace("\"max\"", &format!("\"{operator}\"")))
    }

    fn numerics(&self, design: &Design, precision: Precision) -> Numerics {
        let mut numerics = match precision {
            Precision::Float => Numerics::calibrate(),
            Precision::Int8 => Numerics::calibrate_integers(IntegerFormat {
                bits: 8,
                clipping: Clipping::Mse,
                link_range: LinkRange::Static,
            }),
        };
        let route = Route::of_design(&self.space, design);
        numerics.rewind();
        self.supernet.forward(self.images.clone(), &self.views, &route, &mut numerics);
        numerics.freeze()
    }

    fn deployment(&self, design: &Design, precision: Precision) -> Deployment {
        let numerics = self.numerics(design, precision);
        Deployment::calibrated(&self.space, &self.supernet, design, &self.views, precision, numerics).unwrap()
    }

    /// Images, arriving values and logits of the objects on the supernet.
    fn truth(&self, design: &Design, precision: Precision) -> Vec<ObjectTruth> {
        let route = Route::of_design(&self.space, design);
        let mut numerics = self.numerics(design, precision);
        let seen = self.images.clone();
        numerics.rewind();
        let received = self.supernet.link_codes(seen.clone(), &route, &mut numerics);
        numerics.rewind();
        let logits = self.supernet.forward(seen.clone(), &self.views, &route, &mut numerics);
        let [objects, classes] = logits.dims();
        let logits = logits.into_data().try_into_vec::<f32>().unwrap();
        let (images, received) = (planes(seen), planes(received));
        let count = self.views.count();
        let truth = |at: usize| ObjectTruth {
            images: images[at * count..][..count].to_vec(),
            received: received[at * count..][..count].to_vec(),
            logits: logits[at * classes..][..classes].to_vec(),
        };
        (0..objects).map(truth).collect()
    }

    fn designs(&mut self, count: usize) -> Vec<Design> {
        let mut designs: Vec<Design> = (0..count).map(|_| self.space.sample_design(&mut self.rng)).collect();
        // Nothing on the sensors, and everything there.
        let genome = designs[0].genome.clone();
        for split in [0, self.space.last()] {
            let design = Design { split, fusion: self.space.last(), ..self.space.unsplit_design(genome.clone()) };
            designs.push(self.space.canonical_design(design));
        }
        designs
    }
}

struct ObjectTruth {
    images: Vec<Vec<f32>>,
    received: Vec<Vec<f32>>,
    logits: Vec<f32>,
}

/// Images `[channel, row, column]` of a tensor `[image, row, column, channel]`.
fn planes(images: Tensor<4>) -> Vec<Vec<f32>> {
    let [_, height, width, channels] = images.dims();
    let values = images.permute([0, 3, 1, 2]).into_data().try_into_vec::<f32>().unwrap();
    values.chunks_exact(height * width * channels).map(<[f32]>::to_vec).collect()
}

fn farthest(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0.0, |most, (a, b)| most.max((a - b).abs()))
}

/// Largest value less the smallest.
fn range(values: &[f32]) -> f32 {
    let most = |values: &mut dyn Iterator<Item = f32>| values.fold(f32::NEG_INFINITY, f32::max);
    most(&mut values.iter().copied()) + most(&mut values.iter().map(|value| -value))
}

/// Halves as ONNX files.
fn onnx_pair(deployment: &Deployment) -> OnnxPair {
    let program = |graph| OnnxProgram::read("test.onnx", write_onnx(graph)).unwrap();
    OnnxPair { sensor: program(&deployment.sensor), aggregator: program(&deployment.aggregator), link: deployment.link }
}

#[test]
fn halves_compute_what_the_supernet_computes_and_so_do_their_files() {
    for operator in ["max", "mean", "mix", "concat"] {
        let mut bench = Bench::fusing(operator);
        // A concatenation sums over all views.
        let logit_steps = if operator == "concat" { 4.01 } else { 2.01 };
        for design in bench.designs(4) {
            for precision in Precision::ALL {
                let deployment = bench.deployment(&design, precision);
                let link = deployment.link;
                let name = format!("{} in {} by {operator}", deployment.design, precision.name());
                let pair = onnx_pair(&deployment);
                for object in bench.truth(&design, precision) {
                    let (mut given, mut steps) = (Vec::new(), Vec::new());
                    for (image, received) in object.images.iter().zip(&object.received) {
                        let mut sent = TensorValues::Float(Vec::new());
                        for halves in [&deployment as &dyn HalfPair, &pair] {
                            let packet = link.pack(&halves.sense(image.clone()).unwrap());
                            assert_eq!(packet.len() as u64, link.bytes());
                            let arrived = link.unpack(&packet).unwrap();
                            let step = match link.codes {
                                LinkCodes::Static(grid) => grid.step(),
                                _ => range(received) / ((1_u32 << link.bits) - 1) as f32,
                            };
                            let grid = match link.codes {
                                LinkCodes::Static(grid) => Some(grid),
                                _ => None,
                            };
                            // The supernet's own codes are rounded where nothing is on this link.
                            if link.codes != LinkCodes::Plain {
                                steps.push(farthest(&arrived.values(grid), received) / step.max(1e-6));
                            }
                            sent = arrived;
                        }
                        given.push(match link.codes {
                            LinkCodes::Static(grid) => TensorValues::on_grid(received.clone(), Some(grid)),
                            LinkCodes::OwnRange => TensorValues::Float(received.clone()),
                            LinkCodes::Plain => sent,
                        });
                    }
                    let most = steps.iter().copied().fold(0.0, f32::max);
                    // A sum near the middle of two steps may be rounded either way, and one such layer feeds the next.
                    assert!(most <= 2.01, "{name}: codes differ by {most} steps");
                    let bound = match deployment.aggregator.nodes.iter().rev().find_map(|node| node.output.grid) {
                        Some(grid) => logit_steps * grid.step(),
                        None => 1e-4 * object.logits.iter().fold(1.0, |most: f32, logit| most.max(logit.abs())),
                    };
                    for halves in [&deployment as &dyn HalfPair, &pair] {
                        let logits = halves.conclude(TensorValues::joined(given.clone())).unwrap();
                        let apart = farthest(&logits, &object.logits);
                        assert!(apart <= bound, "{name}: logits differ by {apart}, more than {bound}");
                    }
                }
            }
        }
    }
}

#[test]
fn an_archive_comes_back_whole_and_a_damaged_one_does_not() {
    let mut bench = Bench::fusing("mix");
    let design = bench.designs(1).remove(0);
    for precision in Precision::ALL {
        let deployment = bench.deployment(&design, precision);
        let content = write_archive(&deployment).unwrap();
        assert_eq!(read_archive("a.safetensors", &content).unwrap(), deployment);
        let error = read_archive("a.safetensors", &content[..content.len() - 1]).unwrap_err().to_string();
        assert!(error.starts_with("a.safetensors: "), "{error}");
        let text = String::from_utf8_lossy(&content).into_owned();
        let strange = text.replace("\\\"inputs\\\":[0]", "\\\"inputs\\\":[9]");
        assert!(strange == text || read_archive("a.safetensors", strange.as_bytes()).is_err());
    }
}

#[test]
fn what_integers_cannot_express_is_refused_in_words() {
    let text = EVERYTHING.replace("bits = [4, 8]", "bits = [8]\nlink-range = \"per-image\"");
    let bench = Bench::new(&text);
    let split = bench.space.split.at[1];
    let design = Design { split, ratio: 2, ..bench.space.unsplit_design(bench.space.smallest()) };
    let design = bench.space.canonical_design(design);
    let (space, supernet, views) = (&bench.space, &bench.supernet, &bench.views);
    let refused = Deployment::calibrated(space, supernet, &design, views, Precision::Int8, Numerics::Standard);
    assert!(refused.unwrap_err().to_string().contains("per-image"));
    let numerics = bench.numerics(&design, Precision::Float);
    let float = Deployment::calibrated(space, supernet, &design, views, Precision::Float, numerics).unwrap();
    assert_eq!(float.link.codes, LinkCodes::OwnRange);
}

#[test]
fn inputs_of_other_sizes_are_refused() {
    let mut bench = Bench::fusing("max");
    let design = bench.designs(1).remove(0);
    let deployment = bench.deployment(&design, Precision::Int8);
    assert!(deployment.sensor.run(TensorValues::Float(vec![0.0; 7])).is_err());
    assert!(deployment.link.unpack(&[0; 3]).is_err());
    assert!(onnx_pair(&deployment).sense(vec![0.0; 7]).is_err());
}
