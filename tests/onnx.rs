//! Import of ONNX files: networks of two exporters against tables made from torchvision's graphs, layer by layer, and
//! files that are damaged or hostile. The weights of the golden files are zero, so that they pack small.

mod common;

use std::io::Read;
use std::ops::Range;
use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use prost::Message;
use serde_json::Value;
use splitscope::network::import::{Cuts, ImportError, ImportOptions, import};
use splitscope::network::memory::{MemoryRule, crossings, cut_bytes, live_bytes, peak};
use splitscope::network::{Activation, LayerPrecision, Network, Op};
use splitscope::onnx::{self, AttributeProto, Bytes, ModelProto, NodeProto, TensorProto, data_type};

/// Each network with its table, and its files: of the exporter of traces, and of that of graphs.
const ZOO: [(&str, &str, [&[u8]; 2]); 3] = [
    (
        "mobilenet_v2",
        include_str!("golden/mobilenet_v2_ops.csv"),
        [
            include_bytes!("golden/zoo/mobilenet_v2_ts13.onnx.gz"),
            include_bytes!("golden/zoo/mobilenet_v2_dyn18.onnx.gz"),
        ],
    ),
    (
        "efficientnet_b0",
        include_str!("golden/efficientnet_b0_ops.csv"),
        [
            include_bytes!("golden/zoo/efficientnet_b0_ts13.onnx.gz"),
            include_bytes!("golden/zoo/efficientnet_b0_dyn18.onnx.gz"),
        ],
    ),
    (
        "resnet18",
        include_str!("golden/resnet18_ops.csv"),
        [include_bytes!("golden/zoo/resnet18_ts13.onnx.gz"), include_bytes!("golden/zoo/resnet18_dyn18.onnx.gz")],
    ),
];

fn unpacked(packed: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut content).unwrap();
    content
}

fn imported(model: &ModelProto, options: &ImportOptions) -> Result<Network, ImportError> {
    import(model, options, &|_, _| Err("which is not beside the model".to_owned()))
}

fn model(packed: &[u8]) -> ModelProto {
    onnx::read(Bytes::from(unpacked(packed))).unwrap()
}

fn all_cuts() -> ImportOptions {
    ImportOptions { cuts: Cuts::All, ..ImportOptions::default() }
}

/// Compares MACs, weights, live bytes and cuts of every layer with a table.
fn compare(network: &Network, csv: &str) {
    let mut lines = csv.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let at = |wanted: &str| header.iter().position(|name| *name == wanted).unwrap();
    let columns =
        ["macs", "weights", "out_elems", "live_bytes_i8", "live_bytes_i8_inplace", "cut_bytes_i8", "cut_tensors"]
            .map(at);
    let [live, in_place] = [MemoryRule::Strict, MemoryRule::InplaceElements].map(|rule| live_bytes(network, rule));
    let cuts = crossings(network, usize::MAX);
    let rows: Vec<&str> = lines.collect();
    let names: Vec<&str> = network.layers.iter().map(|layer| layer.name.as_str()).collect();
    assert_eq!(rows.len(), network.layers.len(), "{names:?}");
    for (index, (row, layer)) in rows.iter().zip(&network.layers).enumerate() {
        let cells: Vec<&str> = row.split(',').collect();
        let expected = columns.map(|column| cells[column].parse::<u64>().unwrap());
        let crossing = cuts[index + 1].as_ref().unwrap();
        let own = [
            layer.macs,
            layer.weights,
            layer.output.elements(),
            live[index],
            in_place[index],
            cut_bytes(network, index),
            crossing.len() as u64,
        ];
        assert_eq!(own, expected, "{} ({})", layer.name, cells[1]);
        let sum: u64 = crossing.iter().map(|&tensor| network.bytes(tensor)).sum();
        assert_eq!(sum, own[5], "{}", layer.name);
    }
}

#[test]
fn both_exporters_give_the_networks_of_the_tables() {
    for (name, csv, files) in ZOO {
        let networks = files.map(|file| imported(&model(file), &all_cuts()).unwrap());
        for network in &networks {
            compare(network, csv);
            assert_eq!(network.boundaries.len(), network.layers.len() + 1, "{name}");
            let single = network.boundaries.iter().filter(|boundary| boundary.earlier.is_empty()).count();
            let cut = imported(&model(files[0]), &ImportOptions::default()).unwrap();
            assert_eq!(cut.boundaries.len(), single, "{name}");
        }
        let [traced, graph] = networks.map(|network| peak(&live_bytes(&network, MemoryRule::Strict), usize::MAX).bytes);
        assert_eq!(traced, graph, "{name}");
    }
}

#[test]
fn both_exporters_name_layers_by_their_modules() {
    let [traced, graph] = ZOO[0].2.map(|file| imported(&model(file), &ImportOptions::default()).unwrap());
    let modules = |network: &Network| -> Vec<String> {
        network.layers.iter().filter(|layer| layer.macs > 0).map(|layer| layer.name.clone()).collect()
    };
    assert_eq!(modules(&traced), modules(&graph));
    let names = modules(&traced);
    assert_eq!([&names[0], &names[2], &names[52]], ["features.0.0", "features.1.conv.1", "classifier.1"]);
    assert!(names.iter().any(|name| name == "features.4.conv.2"), "{names:?}");
    // A name with a number added stands for no module.
    let traced = traced.layers.iter().map(|layer| layer.name.as_str());
    assert!(traced.clone().any(|name| name == "features.3.add"), "{:?}", traced.collect::<Vec<_>>());
}

#[test]
fn layers_have_the_names_of_their_modules() {
    let [_, graph] = ZOO[2].2.map(|file| imported(&model(file), &ImportOptions::default()).unwrap());
    let names: Vec<&str> = graph.layers.iter().take(5).map(|layer| layer.name.as_str()).collect();
    assert_eq!(names, ["conv1", "max_pool2d", "layer1.0.conv1", "layer1.0.conv2", "add"]);
    let cuts: Vec<&str> = graph.boundaries.iter().take(4).map(|boundary| boundary.name.as_str()).collect();
    assert_eq!(cuts, ["input", "conv1", "max_pool2d", "add"]);
}

/// A value of 32-bit floats with a shape; 0 leaves a length open.
fn value(name: &str, dims: &[i64]) -> onnx::ValueInfoProto {
    let axis = |&length: &i64| match length {
        0 => onnx::DimensionProto { dim_value: None, dim_param: Some("open".to_owned()) },
        _ => onnx::DimensionProto { dim_value: Some(length), dim_param: None },
    };
    let shape = Some(onnx::ShapeProto { dim: dims.iter().map(axis).collect() });
    let tensor_type = Some(onnx::TensorTypeProto { elem_type: data_type::FLOAT, shape });
    onnx::ValueInfoProto { name: name.to_owned(), r#type: Some(onnx::TypeProto { tensor_type }) }
}

fn node(operator: &str, inputs: &[&str], output: &str) -> NodeProto {
    NodeProto {
        input: inputs.iter().map(|&name| name.to_owned()).collect(),
        output: vec![output.to_owned()],
        name: format!("the {output}"),
        op_type: operator.to_owned(),
        ..NodeProto::default()
    }
}

fn with_ints(mut node: NodeProto, name: &str, ints: &[i64]) -> NodeProto {
    let (name, ints) = (name.to_owned(), ints.to_vec());
    node.attribute.push(AttributeProto { name, ints, r#type: 7, ..AttributeProto::default() });
    node
}

fn with_int(mut node: NodeProto, name: &str, i: i64) -> NodeProto {
    node.attribute.push(AttributeProto { name: name.to_owned(), i, r#type: 2, ..AttributeProto::default() });
    node
}

fn with_text(mut node: NodeProto, name: &str, text: &'static str) -> NodeProto {
    let (name, s) = (name.to_owned(), Bytes::from_static(text.as_bytes()));
    node.attribute.push(AttributeProto { name, s, r#type: 3, ..AttributeProto::default() });
    node
}

/// A constant without its elements.
fn tensor(name: &str, dims: &[i64], data_type: i32) -> TensorProto {
    TensorProto { name: name.to_owned(), dims: dims.to_vec(), data_type, ..TensorProto::default() }
}

fn numbers(name: &str, list: &[i64]) -> TensorProto {
    TensorProto { int64_data: list.to_vec(), ..tensor(name, &[list.len().cast_signed() as i64], data_type::INT64) }
}

/// A model that makes `y` of an image `x`.
fn graph(dims: &[i64], nodes: Vec<NodeProto>, constants: Vec<TensorProto>) -> ModelProto {
    let graph = onnx::GraphProto {
        node: nodes,
        initializer: constants,
        input: vec![value("x", dims)],
        output: vec![value("y", &[])],
        ..onnx::GraphProto::default()
    };
    let opset = onnx::OperatorSetProto { domain: String::new(), version: 18 };
    ModelProto { ir_version: 8, graph: Some(graph), opset_import: vec![opset], ..ModelProto::default() }
}

fn ops(model: &ModelProto) -> Vec<String> {
    let network = imported(model, &ImportOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    network.layers.iter().map(|layer| format!("{} {}", layer.name, layer.output)).collect()
}

fn refusal(model: &ModelProto) -> String {
    imported(model, &ImportOptions::default()).unwrap_err().to_string()
}

fn weights(dims: &[i64]) -> TensorProto {
    tensor("w", dims, data_type::FLOAT)
}

#[test]
fn windows_dilate_pad_by_sides_and_round_up() {
    let conv = |dims: &[i64]| (node("Conv", &["x", "w"], "y"), weights(dims));
    let (plain, w) = conv(&[8, 3, 3, 3]);
    let dilated = with_ints(with_ints(plain.clone(), "dilations", &[2, 2]), "pads", &[2, 2, 2, 2]);
    assert_eq!(ops(&graph(&[1, 3, 9, 9], vec![dilated], vec![w.clone()])), ["the_y 8x9x9"]);
    let sided = with_ints(with_ints(plain.clone(), "pads", &[0, 0, 1, 1]), "strides", &[2, 2]);
    assert_eq!(ops(&graph(&[1, 3, 8, 8], vec![sided], vec![w.clone()])), ["the_y 8x4x4"]);
    let automatic = with_ints(with_text(plain, "auto_pad", "SAME_UPPER"), "strides", &[2, 2]);
    assert_eq!(ops(&graph(&[1, 3, 9, 9], vec![automatic], vec![w])), ["the_y 8x5x5"]);
    let (flat, w) = conv(&[8, 3, 1, 7]);
    assert_eq!(ops(&graph(&[1, 3, 9, 9], vec![flat], vec![w])), ["the_y 8x9x3"]);
    let pool = with_ints(with_ints(node("MaxPool", &["x"], "y"), "kernel_shape", &[3, 3]), "strides", &[2, 2]);
    let up = with_int(pool.clone(), "ceil_mode", 1);
    assert_eq!(ops(&graph(&[1, 3, 8, 8], vec![pool], Vec::new())), ["the_y 3x3x3"]);
    assert_eq!(ops(&graph(&[1, 3, 8, 8], vec![up], Vec::new())), ["the_y 3x4x4"]);
}

#[test]
fn what_only_renames_elements_makes_no_tensor() {
    // A shuffle of channels: two halves, one of which is convolved, joined and interleaved.
    let mut split = with_int(node("Split", &["x", "sizes"], "a"), "axis", 1);
    split.output.push("b".to_owned());
    let nodes = vec![
        split,
        node("Conv", &["b", "w"], "c"),
        node("BatchNormalization", &["c", "w", "w", "w", "w"], "n"),
        node("Relu", &["n"], "r"),
        with_int(node("Concat", &["a", "r"], "joined"), "axis", 1),
        node("Reshape", &["joined", "pairs"], "p"),
        with_ints(node("Transpose", &["p"], "t"), "perm", &[0, 2, 1, 3, 4]),
        node("Reshape", &["t", "whole"], "s"),
        node("Dropout", &["s"], "d"),
        node("GlobalAveragePool", &["d"], "y"),
    ];
    let constants = vec![
        weights(&[2, 2, 1, 1]),
        numbers("sizes", &[2, 2]),
        numbers("pairs", &[0, 2, 2, 5, -1]),
        numbers("whole", &[1, 4, 5, 5]),
    ];
    let model = graph(&[1, 4, 5, 5], nodes, constants);
    assert_eq!(ops(&model), ["the_c 2x5x5", "the_joined 4x5x5", "the_y 4x1x1"]);
    let network = imported(&model, &all_cuts()).unwrap();
    // The convolution reads one half of the image, which stays whole until both are joined.
    assert_eq!(live_bytes(&network, MemoryRule::Strict), [150, 250, 104]);
    assert_eq!([0, 1, 2].map(|layer| cut_bytes(&network, layer)), [150, 100, 4]);
    assert_eq!((network.layers[0].read, network.layers[1].read), (50, 100));
}

#[test]
fn functions_of_one_tensor_are_its_activation() {
    let conv = node("Conv", &["x", "w"], "c");
    let w = || weights(&[4, 3, 1, 1]);
    let one = |name: &str, number: f32| TensorProto { float_data: vec![number], ..tensor(name, &[], data_type::FLOAT) };
    let silu = vec![conv.clone(), node("Sigmoid", &["c"], "s"), node("Mul", &["c", "s"], "y")];
    let hard = vec![
        conv.clone(),
        node("Add", &["c", "three"], "a"),
        node("Clip", &["a", "zero", "six"], "k"),
        node("Mul", &["c", "k"], "m"),
        node("Div", &["m", "six"], "y"),
    ];
    let excite = vec![
        conv,
        node("GlobalAveragePool", &["c"], "p"),
        node("HardSigmoid", &["p"], "f"),
        node("Mul", &["f", "c"], "y"),
    ];
    for (nodes, activation) in [(silu, "swish"), (hard, "hard-swish")] {
        let constants = vec![w(), one("three", 3.0), one("zero", 0.0), one("six", 6.0)];
        let network = imported(&graph(&[1, 3, 4, 4], nodes, constants), &ImportOptions::default()).unwrap();
        assert_eq!(network.layers.len(), 1);
        assert_eq!(network.layers[0].activation.map(Activation::name), Some(activation));
    }
    let network = imported(&graph(&[1, 3, 4, 4], excite, vec![w()]), &ImportOptions::default()).unwrap();
    assert_eq!(network.layers.iter().map(|layer| layer.op).collect::<Vec<_>>()[1..], [Op::GlobalPool, Op::Scale]);
}

#[test]
fn bits_come_from_quantised_models() {
    let nodes = vec![
        node("QuantizeLinear", &["x", "scale", "wide"], "q"),
        node("DequantizeLinear", &["q", "scale", "wide"], "d"),
        node("DequantizeLinear", &["w", "scale"], "v"),
        node("Conv", &["d", "v"], "c"),
        node("QuantizeLinear", &["c", "scale", "wide"], "e"),
        node("DequantizeLinear", &["e", "scale", "wide"], "y"),
    ];
    let constants = vec![
        tensor("w", &[4, 3, 1, 1], data_type::INT4),
        tensor("scale", &[], data_type::FLOAT),
        tensor("wide", &[], data_type::UINT16),
    ];
    let model = graph(&[1, 3, 4, 4], nodes, constants);
    // Those that a profile names hold where the file tells none.
    let of_profile = ImportOptions { bits: LayerPrecision { weights: 2, output: 4 }, ..ImportOptions::default() };
    for options in [&ImportOptions::default(), &of_profile] {
        let network = imported(&model, options).unwrap();
        assert_eq!((network.layers[0].weights, network.layers[0].weight_bytes()), (12, 6));
        assert_eq!(network.bytes(1), 2 * 64);
    }
    let plain = graph(&[1, 3, 4, 4], vec![node("Conv", &["x", "w"], "y")], vec![weights(&[4, 3, 1, 1])]);
    let network = imported(&plain, &of_profile).unwrap();
    assert_eq!((network.layers[0].weight_bytes(), network.bytes(1), network.bytes(0)), (3, 32, 48));
}

#[test]
fn attention_multiplies_what_layers_make() {
    let nodes = vec![
        node("MatMul", &["x", "w"], "q"),
        with_ints(node("Transpose", &["q"], "t"), "perm", &[0, 2, 1]),
        node("MatMul", &["q", "t"], "s"),
        node("Softmax", &["s"], "p"),
        node("MatMul", &["p", "q"], "y"),
    ];
    let network = imported(&graph(&[1, 6, 8], nodes, vec![weights(&[8, 4])]), &ImportOptions::default()).unwrap();
    let counts: Vec<(u64, u64)> = network.layers.iter().map(|layer| (layer.macs, layer.weights)).collect();
    assert_eq!(counts, [(6 * 8 * 4, 32), (6 * 6 * 4, 0), (0, 0), (6 * 6 * 4, 0)]);
}

#[test]
fn every_refusal_names_the_node_and_a_way_out() {
    let conv = || vec![node("Conv", &["x", "w"], "y")];
    let w = || weights(&[4, 3, 3, 3]);
    let unknown = graph(&[1, 3, 4, 4], vec![node("Deform", &["x"], "y")], Vec::new());
    assert_eq!(
        refusal(&unknown),
        "node `the y` (Deform): this operator is not known; --opaque Deform counts it as moving its bytes"
    );
    let opaque = ImportOptions { opaque: vec!["Deform".to_owned()], ..ImportOptions::default() };
    assert_eq!(imported(&unknown, &opaque).unwrap().layers.len(), 1);

    let open = refusal(&graph(&[1, 3, 0, 0], conv(), vec![w()]));
    assert!(open.contains("axis 2 of the input `x` is left open (`open`)") && open.contains("--input"), "{open}");
    assert_eq!(ops(&graph(&[0, 3, 8, 8], conv(), vec![w()])), ["the_y 4x6x6"]);
    let odd = with_text(node("Conv", &["x", "w"], "y"), "auto_pad", "SAME_BOTH");
    let odd = refusal(&graph(&[1, 3, 8, 8], vec![odd], vec![w()]));
    assert!(odd.contains(r#"its `auto_pad` is "SAME_BOTH""#), "{odd}");
    let other = with_ints(node("Conv", &["x", "w"], "y"), "kernel_shape", &[5, 5]);
    let other = refusal(&graph(&[1, 3, 8, 8], vec![other], vec![w()]));
    assert!(other.contains("its `kernel_shape` is [5, 5], but its weights have [3, 3]"), "{other}");
    let small = refusal(&graph(&[1, 3, 2, 2], conv(), vec![w()]));
    assert!(small.starts_with("node `the y` (Conv): a window of 3 is larger"), "{small}");
    let channels = refusal(&graph(&[1, 4, 8, 8], conv(), vec![w()]));
    assert!(channels.contains("weights of 4x3x3x3 in 1 groups do not fit 1x4x8x8"), "{channels}");

    let circle = vec![node("Add", &["x", "b"], "a"), node("Relu", &["a"], "b"), node("Relu", &["b"], "y")];
    let circle = refusal(&graph(&[1, 3, 4, 4], circle, Vec::new()));
    assert!(circle.contains("node `the a` (Add)") && circle.contains("circle"), "{circle}");
    let missing = refusal(&graph(&[1, 3, 4, 4], conv(), Vec::new()));
    assert!(missing.contains("it reads `w`, which nothing makes"), "{missing}");

    let broken = TensorProto { float_data: vec![f32::NAN; 108], ..w() };
    let broken = refusal(&graph(&[1, 3, 8, 8], conv(), vec![broken]));
    assert!(broken.starts_with("node `the y` (Conv): its weights `w` hold a value that is no finite number"));
    let entry = onnx::StringEntryProto { key: "location".into(), value: "w.bin".into() };
    let outside = TensorProto { data_location: 1, external_data: vec![entry], ..w() };
    let outside = graph(&[1, 3, 8, 8], conv(), vec![outside]);
    assert!(refusal(&outside).contains("node `the y` (Conv): its constant `w` lies in the file `w.bin`"));
    let beside = |file: &str, range: Range<u64>| {
        assert_eq!((file, range), ("w.bin", 0..432));
        Ok(vec![0; 432])
    };
    assert!(import(&outside, &ImportOptions::default(), &beside).is_ok());
    let huge = refusal(&graph(&[1, 3, 8, 8], conv(), vec![weights(&[i64::MAX, 3, 3, 3])]));
    assert!(huge.starts_with("node `the y` (Conv):") && huge.contains("overflows"), "{huge}");
    let short = TensorProto { raw_data: Bytes::from_static(&[0; 8]), ..w() };
    assert!(refusal(&graph(&[1, 3, 8, 8], conv(), vec![short])).contains("has 8 bytes"));
    let statistics = ["s", "b", "m", "v"].map(|name| tensor(name, &[3], data_type::FLOAT));
    let mut statistics = statistics.map(|one| TensorProto { float_data: vec![1.0; 3], ..one }).to_vec();
    statistics[3].float_data[1] = f32::INFINITY;
    statistics.push(w());
    let nodes = vec![node("BatchNormalization", &["x", "s", "b", "m", "v"], "n"), node("Conv", &["n", "w"], "y")];
    let normalised = refusal(&graph(&[1, 3, 8, 8], nodes, statistics));
    assert!(normalised.contains("node `the n` (BatchNormalization): its weights `v` hold a value"), "{normalised}");
    for (factors, shown) in [([1.0, 1.0, f32::NAN, 2.0], "NaN"), ([1.0, 1.0, f32::INFINITY, 2.0], "inf")] {
        let factors = TensorProto { float_data: factors.to_vec(), ..tensor("f", &[4], data_type::FLOAT) };
        let resized = refusal(&graph(&[1, 3, 8, 8], vec![node("Resize", &["x", "", "f"], "y")], vec![factors]));
        let expected = format!("node `the y` (Resize): its factors [1.0, 1.0, {shown}, 2.0] are not all finite");
        assert!(resized.starts_with(&expected), "{resized}");
    }
    let mut two = graph(&[1, 3, 8, 8], vec![node("Add", &["x", "z"], "y")], Vec::new());
    two.graph.as_mut().unwrap().input.push(value("z", &[1, 3, 8, 8]));
    assert!(refusal(&two).contains("2 inputs (x, z)"));
    // A graph within a node reads inputs of the network that no node names.
    let mut within = graph(&[1, 3, 8, 8], vec![node("If", &["x"], "y")], Vec::new());
    within.graph.as_mut().unwrap().input.push(value("state", &[2, 1, 64]));
    assert!(refusal(&within).contains("2 inputs (x, state)"), "{}", refusal(&within));
}

#[test]
fn operators_of_other_versions_are_refused() {
    let mut model = graph(&[1, 3, 8, 8], vec![node("Conv", &["x", "w"], "y")], vec![weights(&[4, 3, 3, 3])]);
    for (version, is_read) in [(8, false), (9, true), (24, true), (25, false)] {
        model.opset_import[0].version = version;
        let result = imported(&model, &ImportOptions::default());
        assert_eq!(result.is_ok(), is_read, "{version}: {result:?}");
        if let Err(error) = result {
            assert!(error.to_string().contains(&format!("those of version {version}; 9 to 24 are read")), "{error}");
        }
    }
}

#[test]
fn a_batch_is_refused_unless_it_is_one() {
    let of = |dims: &[i64], input: Option<Vec<u64>>| {
        let model = graph(dims, vec![node("Conv", &["x", "w"], "y")], vec![weights(&[4, 3, 3, 3])]);
        let network = imported(&model, &ImportOptions { input, ..ImportOptions::default() });
        network.map(|network| network.input.to_string()).map_err(|error| error.to_string())
    };
    let batch = of(&[4, 3, 8, 8], None).unwrap_err();
    assert!(batch.contains("`x` of 4x3x8x8 is a batch of 4") && batch.ends_with("--input 1x3x8x8"), "{batch}");
    assert_eq!(of(&[4, 3, 8, 8], Some(vec![1, 3, 8, 8])), Ok("3x8x8".to_owned()));
    assert_eq!(of(&[0, 3, 8, 8], None), Ok("3x8x8".to_owned()));
    let wanted = of(&[0, 3, 0, 0], Some(vec![2, 3, 8, 8])).unwrap_err();
    assert!(wanted.contains("is a batch of 2") && wanted.ends_with("--input 1x3x8x8"), "{wanted}");
}

/// A folder with weights in `w.bin`, and the sentence about a model that keeps its weights in a file.
fn about_weights_beside(folder: &Path, entries: &[(&str, &str)]) -> String {
    let entry = |&(key, value): &(&str, &str)| onnx::StringEntryProto { key: key.to_owned(), value: value.to_owned() };
    let external_data = entries.iter().map(entry).collect();
    let w = TensorProto { data_location: 1, external_data, ..weights(&[4, 3, 3, 3]) };
    let model = graph(&[1, 3, 8, 8], vec![node("Conv", &["x", "w"], "y")], vec![w]);
    std::fs::write(folder.join("m.onnx"), model.encode_to_vec()).unwrap();
    let output = common::splitscope(folder, &["check", "m.onnx"]);
    let told = common::text(if output.status.success() { &output.stdout } else { &output.stderr });
    assert!(output.status.success() || output.status.code() == Some(3), "{told}");
    assert!(output.status.success() || told.contains("node `the y` (Conv): its "), "{told}");
    told
}

#[test]
fn weights_in_other_files_must_be_there_and_be_numbers() {
    let (folder, outside) = (common::folder(), common::folder());
    let folder = folder.path();
    let told = |entries: &[(&str, &str)]| about_weights_beside(folder, entries);
    let mut content = vec![0; 500];
    std::fs::write(folder.join("w.bin"), &content).unwrap();
    std::fs::create_dir(folder.join("data")).unwrap();
    std::fs::write(folder.join("data/w.bin"), &content).unwrap();
    content[200..204].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(folder.join("nan.bin"), &content).unwrap();
    std::fs::write(folder.join("short.bin"), [0; 10]).unwrap();
    std::fs::write(outside.path().join("w.bin"), &content).unwrap();
    std::os::unix::fs::symlink(outside.path().join("w.bin"), folder.join("link.bin")).unwrap();
    std::os::unix::fs::symlink(outside.path(), folder.join("away")).unwrap();
    std::os::unix::fs::symlink("w.bin", folder.join("inside.bin")).unwrap();

    for file in ["w.bin", "data/w.bin", "inside.bin"] {
        assert!(told(&[("location", file), ("offset", "68"), ("length", "432")]).contains("1 layers"), "{file}");
        assert!(told(&[("location", file)]).contains("1 layers"), "{file}");
    }
    let refusals: [(&[(&str, &str)], &str); 10] = [
        (&[("location", "short.bin"), ("length", "432")], "`short.bin`, which is too short: it has 10 bytes"),
        (&[("location", "w.bin"), ("offset", "69")], "`w.bin`, which is too short: it has 500 bytes, not the 501"),
        (&[("location", "w.bin"), ("offset", "18446744073709551615")], "`w.bin`, beyond its end"),
        (&[("location", "w.bin"), ("offset", "-1")], "at offset `-1`, which is no number of bytes"),
        (&[("location", "w.bin"), ("length", "431")], "takes 432 bytes, but 431 of `w.bin` are its own"),
        (&[("location", "nan.bin")], "its weights `w` hold a value that is no finite number"),
        (&[("location", "link.bin")], "a link that leads out of the model's folder"),
        (&[("location", "away/w.bin")], "a link that leads out of the model's folder"),
        (&[("location", "gone.bin")], "`gone.bin`, which is not beside the model"),
        (&[("location", "data")], "it is a directory"),
    ];
    for (entries, sentence) in refusals {
        let own = told(entries);
        assert!(own.contains(sentence) && own.contains("`w"), "{entries:?}: {own}");
    }
}

/// As the exporter of traces writes the sizes of a vision transformer, which once brought the importer down.
#[test]
fn nodes_of_constants_alone_are_folded_or_refused() {
    let sizes = vec![
        node("Shape", &["x"], "sizes"),
        node("Equal", &["sizes", "open"], "is_open"),
        node("Where", &["is_open", "ones", "sizes"], "chosen"),
        node("Reshape", &["x", "chosen"], "image"),
        node("Conv", &["image", "w"], "y"),
    ];
    let constants = vec![numbers("open", &[-1; 4]), numbers("ones", &[1; 4]), weights(&[4, 3, 3, 3])];
    assert_eq!(ops(&graph(&[1, 3, 8, 8], sizes, constants)), ["the_y 4x6x6"]);
    for operator in ["Sin", "MaxPool", "Softmax", "Conv", "Resize"] {
        let nodes = vec![node(operator, &["c"], "made"), node("Reshape", &["x", "made"], "y")];
        let constants = vec![numbers("c", &[1, 3, 8, 8])];
        let sentence = refusal(&graph(&[1, 3, 8, 8], nodes, constants));
        let names_the_node = sentence.contains(&format!("node `the made` ({operator})"));
        assert!(names_the_node || sentence.contains("the numbers of input 2 are not known"), "{sentence}");
    }
}

#[test]
fn deep_messages_take_neither_stack_nor_memory() {
    // Graphs in attributes of nodes in graphs, a thousand deep: what is not used is not entered.
    let field = |number: u8, content: &[u8]| {
        let mut bytes = vec![number << 3 | 2];
        prost::encoding::encode_varint(content.len() as u64, &mut bytes);
        bytes.extend(content);
        bytes
    };
    let mut inner = Vec::new();
    for _ in 0..1000 {
        inner = field(1, &field(5, &field(6, &inner)));
    }
    let error = onnx::read(Bytes::from(field(7, &inner))).and_then(|model| {
        imported(&model, &ImportOptions::default()).map_err(|error| onnx::OnnxError::Content(error.to_string()))
    });
    assert!(error.is_err(), "{error:?}");
}

/// The golden models without their weights: some ten thousand bytes each.
fn seeds() -> Vec<Vec<u8>> {
    let small = |file: &[u8]| {
        let mut model = model(file);
        for tensor in &mut model.graph.as_mut().unwrap().initializer {
            if tensor.raw_data.len() > 64 {
                tensor.raw_data = Bytes::new();
            }
        }
        model.encode_to_vec()
    };
    ZOO.iter().flat_map(|(_, _, files)| files.iter().map(|file| small(file))).collect()
}

#[test]
fn damaged_files_are_read_or_refused() {
    let seeds = seeds();
    for seed in &seeds {
        assert!(imported(&onnx::read(Bytes::from(seed.clone())).unwrap(), &all_cuts()).is_ok());
    }
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12);
    let strategy = (0..seeds.len(), changes, any::<prop::sample::Index>(), any::<bool>());
    let mut runner = TestRunner::deterministic();
    let result = runner.run(&strategy, |(which, changes, end, is_cut)| {
        let mut content = seeds[which].clone();
        for (at, byte) in changes {
            let at = at.index(content.len());
            content[at] = byte;
        }
        if is_cut {
            content.truncate(end.index(content.len()));
        }
        if let Ok(model) = onnx::read(Bytes::from(content))
            && let Ok(network) = imported(&model, &all_cuts())
        {
            prop_assert!(network.boundaries.len() >= 2);
            prop_assert_eq!(live_bytes(&network, MemoryRule::Strict).len(), network.layers.len());
        }
        Ok(())
    });
    assert!(result.is_ok(), "{result:?}");
}

/// Names of operators that take the places of others.
const OPERATORS: [&str; 24] = [
    "Conv",
    "ConvTranspose",
    "Gemm",
    "MatMul",
    "MaxPool",
    "AveragePool",
    "GlobalAveragePool",
    "BatchNormalization",
    "Relu",
    "Clip",
    "Add",
    "Mul",
    "Concat",
    "Split",
    "Slice",
    "Reshape",
    "Flatten",
    "Transpose",
    "ReduceMean",
    "Resize",
    "Softmax",
    "QuantizeLinear",
    "Pad",
    "Gather",
];
/// Numbers that take the places of others.
const NUMBERS: [i64; 12] = [0, 1, 2, 3, 7, 64, 1 << 20, 1 << 31, 1 << 40, i64::MAX, -1, i64::MIN];

/// Changes one thing in the nodes of a model: an operator, an input, a number of an attribute, a size.
fn change(model: &mut ModelProto, what: u8, at: prop::sample::Index, other: prop::sample::Index) {
    let Some(graph) = model.graph.as_mut().filter(|graph| !graph.node.is_empty()) else { return };
    let number = NUMBERS[other.index(NUMBERS.len())];
    let count = graph.node.len();
    let donor = graph.node[other.index(count)].output.first().cloned().unwrap_or_default();
    let node = &mut graph.node[at.index(count)];
    match what {
        0 => OPERATORS[other.index(OPERATORS.len())].clone_into(&mut node.op_type),
        1 if !node.input.is_empty() => {
            let place = at.index(node.input.len());
            node.input[place] = donor;
        }
        2 if !node.input.is_empty() => drop(node.input.remove(at.index(node.input.len()))),
        3 => node.input.push(donor),
        4 if !node.attribute.is_empty() => {
            let place = at.index(node.attribute.len());
            let attribute = &mut node.attribute[place];
            attribute.i = number;
            if !attribute.ints.is_empty() {
                let place = other.index(attribute.ints.len());
                attribute.ints[place] = number;
            }
        }
        5 if !node.attribute.is_empty() => drop(node.attribute.remove(at.index(node.attribute.len()))),
        6 if !graph.initializer.is_empty() => {
            let place = at.index(graph.initializer.len());
            let dims = &mut graph.initializer[place].dims;
            if !dims.is_empty() {
                let axis = other.index(dims.len());
                dims[axis] = number;
            }
        }
        7 => {
            for dim in
                graph.input.iter_mut().filter_map(|input| input.r#type.as_mut()?.tensor_type.as_mut()?.shape.as_mut())
            {
                if !dim.dim.is_empty() {
                    let axis = at.index(dim.dim.len());
                    dim.dim[axis].dim_value = Some(number);
                }
            }
        }
        8 => drop(graph.node.remove(at.index(count))),
        _ => graph.node.swap(at.index(count), other.index(count)),
    }
}

/// Sound files with other operators, sizes and connections. `PROPTEST_CASES` makes the test longer.
#[test]
fn changed_networks_are_read_or_refused() {
    let seeds: Vec<ModelProto> = seeds().into_iter().map(|seed| onnx::read(Bytes::from(seed)).unwrap()).collect();
    let index = any::<prop::sample::Index>();
    let changes = prop::collection::vec((0..10_u8, index, any::<prop::sample::Index>()), 1..6);
    let strategy = (0..seeds.len(), changes, any::<bool>());
    let is_long = std::env::var_os("PROPTEST_CASES").is_some();
    let mut runner = if is_long { TestRunner::default() } else { TestRunner::deterministic() };
    let result = runner.run(&strategy, |(which, changes, is_opaque)| {
        let mut model = seeds[which].clone();
        for (what, at, other) in changes {
            change(&mut model, what, at, other);
        }
        let opaque = if is_opaque { OPERATORS.map(str::to_owned).to_vec() } else { Vec::new() };
        if let Ok(network) = imported(&model, &ImportOptions { opaque, ..all_cuts() }) {
            prop_assert!(network.boundaries.len() >= 2);
            for (_, rule) in MemoryRule::ALL {
                prop_assert_eq!(live_bytes(&network, rule).len(), network.layers.len());
            }
            prop_assert!(network.layers.iter().all(|layer| layer.output.elements() > 0));
        }
        Ok(())
    });
    assert!(result.is_ok(), "{result:?}");
}

/// A folder with the golden ResNet-18.
fn resnet() -> tempfile::TempDir {
    let folder = common::folder();
    std::fs::write(folder.path().join("resnet18.onnx"), unpacked(ZOO[2].2[1])).unwrap();
    folder
}

#[test]
fn the_program_costs_a_file_and_writes_its_layers() {
    let folder = resnet();
    let run = |arguments: &[&str]| common::splitscope(folder.path(), arguments);
    let costs = ["cost", "--network", "resnet18.onnx", "--profile", "siracusa"];
    let output = run(&[&costs[..], &["--cuts", "all", "--json", "--layers-csv", "l.csv"]].concat());
    assert!(output.status.success(), "{}", common::text(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["total"]["macs"], 1_814_073_344_u64);
    assert_eq!(report["total"]["weights"], 11_678_912);
    assert_eq!(report["total"]["peak_bytes"], 1_003_520);
    assert_eq!(report["layers"].as_array().unwrap().len(), 31);
    assert_eq!(report["splits"].as_array().unwrap().len(), 32);
    assert_eq!((&report["layers"][3]["cut_bytes"], &report["layers"][3]["cut_tensors"]), (&401_408.into(), &2.into()));
    assert_eq!(report["hypothetical"], false);
    // The written layers count the same multiply-accumulates.
    for file in ["l.csv", "l_scale_sim.csv"] {
        let output = run(&["cost", "--layers", file, "--json", "--array", "32x32", "--dataflow", "ws"]);
        let rows: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(rows["total"]["macs"], 1_814_073_344_u64, "{file}: {}", common::text(&output.stderr));
    }
    let output = run(&[&costs[..], &["--fusion", "add_2", "--ratio", "4", "--sensors", "2"]].concat());
    let text = common::text(&output.stdout);
    assert!(text.contains("hypothetical") && text.contains("fusion of 2 views"), "{text}");
}

#[test]
fn measured_latencies_and_rules_apply_to_networks_and_spaces() {
    let folder = resnet();
    let run = |arguments: &[&str]| common::splitscope(folder.path(), arguments);
    let costs = ["cost", "--network", "resnet18.onnx", "--profile", "siracusa"];
    assert!(run(&[&costs[..], &["--layers-csv", "l.csv"]].concat()).status.success());
    let table = std::fs::read_to_string(folder.path().join("l.csv")).unwrap();
    let timed = |time: &str, first: usize| -> String {
        let line = |(index, line): (usize, &str)| format!("{line},{}\n", if index < first { "us" } else { time });
        table.lines().enumerate().map(line).collect()
    };
    std::fs::write(folder.path().join("t.csv"), timed("250", 1)).unwrap();
    std::fs::write(folder.path().join("few.csv"), timed("250", 1).lines().take(3).collect::<Vec<_>>().join("\n"))
        .unwrap();
    let json = |more: &[&str]| -> Value {
        let output = run(&[&costs[..], &["--json"], more].concat());
        assert!(output.status.success() || output.status.code() == Some(3), "{}", common::text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let seconds = |report: &Value, part: &str| {
        let splits = report["splits"].as_array().unwrap().iter();
        splits.map(|split| split["latency"][part].as_f64().unwrap()).collect::<Vec<f64>>()
    };
    // 21 layers compute, each in 250 us; other layers are rows of the table too.
    let (usual, measured) = (json(&[]), json(&["--table", "t.csv"]));
    let all = 250e-6 * (table.lines().count() - 1) as f64;
    let own = *seconds(&measured, "sensor").last().unwrap();
    assert!((own / all - 1.0).abs() < 1e-3, "{own} {all}");
    assert_eq!(seconds(&usual, "aggregator"), seconds(&measured, "aggregator"));
    let aggregator = json(&["--table", "t.csv", "--device", "aggregator"]);
    assert_eq!(seconds(&usual, "sensor"), seconds(&aggregator, "sensor"));
    assert_ne!(seconds(&usual, "aggregator"), seconds(&aggregator, "aggregator"));
    for flags in
        [&["--rule", "roofline", "--array", "8x8"][..], &["--array", "8x8"], &["--array", "8x8", "--dataflow", "ws"]]
    {
        assert_ne!(seconds(&usual, "sensor"), seconds(&json(flags), "sensor"), "{flags:?}");
    }
    let peak = |report: &Value| report["splits"][1]["sensor_peak_bytes"].as_u64().unwrap();
    let all_alive = json(&["--memory-rule", "strict"]);
    assert!(peak(&all_alive) >= peak(&json(&["--memory-rule", "fused-block"])), "{}", peak(&all_alive));
    let text = common::text(&run(&[&costs[..], &["--table", "t.csv"]].concat()).stdout);
    assert!(text.contains("the sensor counts by the command line: measured, "), "{text}");

    for (flags, sentence) in [
        (&["--table", "nosuch.csv"][..], "nosuch.csv can't be read"),
        (&["--table", "l.csv"], "a latency table needs the column `name` and one of `seconds`, `ms`, `us`"),
        (&["--table", "few.csv"], "lacks 1"),
        (&["--dataflow", "ws"], "only a systolic array has a dataflow"),
        (&["--scale-sim-compatible"], "name one with --layers FILE"),
    ] {
        for of in [&costs[..], &["cost", "--space", "tabletop"], &["cost"]] {
            let output = run(&[of, flags].concat());
            let told = common::text(&output.stderr);
            let code = if flags[0] == "--table" { 1 } else { 2 };
            assert_eq!(output.status.code(), Some(code), "{of:?} {flags:?}: {told}");
            // A space has other layers than the table.
            assert!(told.contains(sentence) || flags[1..] == ["few.csv"], "{of:?} {flags:?}: {told}");
        }
    }
}

#[test]
fn the_program_checks_and_refuses_files() {
    let folder = resnet();
    let run = |arguments: &[&str]| common::splitscope(folder.path(), arguments);
    let output = run(&["check", "resnet18.onnx"]);
    assert!(common::text(&output.stdout).contains("31 layers, 1.81 GMAC a view"));
    let content = std::fs::read(folder.path().join("resnet18.onnx")).unwrap();
    std::fs::write(folder.path().join("half.onnx"), &content[..content.len() / 2]).unwrap();
    let output = run(&["check", "half.onnx"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(common::text(&output.stderr).contains("half.onnx: this is no ONNX model: at byte"));
    std::os::unix::fs::symlink("loop.onnx", folder.path().join("loop.onnx")).unwrap();
    let output = run(&["check", "loop.onnx"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(common::text(&output.stderr).contains("loop.onnx can't be read: Too many levels"));
    // A file of a terabyte that holds nothing is refused before it is read.
    std::fs::File::create(folder.path().join("huge.onnx")).unwrap().set_len(1 << 40).unwrap();
    let output = run(&["cost", "--network", "huge.onnx"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(common::text(&output.stderr).contains("it is larger than"), "{}", common::text(&output.stderr));
    let output = run(&["--network", "resnet18.onnx", "--network", "resnet18.onnx", "--ratio", "1,4", "--plain"]);
    let text = common::text(&output.stdout);
    assert!(text.contains("of 4 candidates"), "{text}{}", common::text(&output.stderr));
    let output = run(&["cost", "--cuts", "all"]);
    assert!(common::text(&output.stderr).contains("name one with --network"));
}

#[test]
fn a_transposed_convolution_makes_blocks_with_and_without_overlap() {
    let up = |pads: &[i64]| {
        let node = with_ints(node("ConvTranspose", &["x", "w"], "y"), "strides", &[2, 2]);
        with_ints(node, "pads", pads)
    };
    let of = |up: NodeProto, kernel: i64| graph(&[1, 8, 5, 5], vec![up], vec![weights(&[8, 4, kernel, kernel])]);
    // Every position of the input is multiplied with all weights.
    for (kernel, pad) in [(2, 0), (4, 1), (6, 2)] {
        let network = imported(&of(up(&[pad; 4]), kernel), &ImportOptions::default()).unwrap();
        let (layer, count) = (&network.layers[0], 32 * (kernel * kernel) as u64);
        assert_eq!((layer.macs, layer.weights, network.bytes(1)), (count * 25, count, 4 * 100), "kernel {kernel}");
        let Op::Conv { window, groups: 1 } = layer.op else { panic!("{:?}", layer.op) };
        assert_eq!(window.kernel, [(kernel / 2) as u32; 2]);
        assert_eq!(layer.macs, layer.output.elements() * 8 * window.area());
    }
    for refused in [of(up(&[0; 4]), 4), of(up(&[1; 4]), 3)] {
        let sentence = refusal(&refused);
        assert!(
            sentence.contains("a multiple of its stride") && sentence.contains("--opaque ConvTranspose"),
            "{sentence}"
        );
    }
}

#[test]
fn convolutions_over_three_axes_are_refused_with_a_way_out() {
    let model = graph(&[1, 3, 4, 8, 8], vec![node("Conv", &["x", "w"], "y")], vec![weights(&[4, 3, 3, 3, 3])]);
    let sentence = refusal(&model);
    assert!(sentence.contains("a convolution over 3 axes is not known: height and width are"), "{sentence}");
    assert!(sentence.contains("--opaque Conv counts it as moving its bytes"), "{sentence}");
}
