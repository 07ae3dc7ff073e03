//! MobileNetV2 and ResNet-18 against tables made from torchvision's graphs (`golden/*_ops.csv`), the published peaks of
//! MobileNetV2, and its cycles on eight machines.

use std::collections::HashMap;

use splitscope::cost::mapping::{Loops, cycles};
use splitscope::hardware::{Dataflow, Depthwise, Mapping};
use splitscope::network::memory::{MemoryRule, cut_bytes, live_bytes, peak};
use splitscope::network::patch::one_patch;
use splitscope::network::{Network, NetworkBuilder, Op, Shape, SlidingWindow};
use splitscope::space::SearchSpace;

fn fixed(name: &str) -> Network {
    let space = SearchSpace::shipped(name).unwrap();
    assert_eq!(space.count(), 1, "{name} is a fixed network");
    space.lower(&space.largest()).unwrap()
}

/// Compares MACs, weights, live bytes and cut bytes of every operator.
fn compare(network: &Network, csv: &str) {
    let mut lines = csv.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let at = |wanted: &str| header.iter().position(|name| *name == wanted).unwrap();
    let columns = ["macs", "weights", "live_bytes_i8", "cut_bytes_i8", "cum_macs", "cum_weights"].map(at);
    let live = live_bytes(network, MemoryRule::Strict);
    let (mut macs, mut weights) = (0, 0);
    let rows: Vec<&str> = lines.collect();
    assert_eq!(rows.len(), network.layers.len());
    for (index, (row, layer)) in rows.iter().zip(&network.layers).enumerate() {
        let cells: Vec<&str> = row.split(',').collect();
        let expected = columns.map(|column| cells[column].parse::<u64>().unwrap());
        macs += layer.macs;
        weights += layer.weights;
        let own = [layer.macs, layer.weights, live[index], cut_bytes(network, index), macs, weights];
        assert_eq!(own, expected, "{} ({})", layer.name, cells[1]);
    }
}

#[test]
fn mobilenet_v2_equals_its_reference_operator_by_operator() {
    let network = fixed("mobilenet-v2");
    assert_eq!((network.macs(), network.weights()), (300_774_272, 3_469_760));
    compare(&network, include_str!("golden/mobilenet_v2_ops.csv"));
}

#[test]
fn resnet_18_equals_its_reference_operator_by_operator() {
    let network = fixed("resnet-18");
    assert_eq!((network.macs(), network.weights()), (1_814_073_344, 11_678_912));
    compare(&network, include_str!("golden/resnet18_ops.csv"));
    let peak = peak(&live_bytes(&network, MemoryRule::Strict), network.layers.len());
    assert_eq!((peak.bytes, network.layers[peak.layer].name.as_str()), (1_003_520, "maxpool"));
}

/// Builds the network a table describes, operator by operator, from its own names and shapes.
fn from_operators(csv: &str) -> Network {
    let mut lines = csv.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let at = |wanted: &str| header.iter().position(|name| *name == wanted).unwrap();
    let [name, op, inputs, out_shape, k, stride, pad, groups] =
        ["name", "op", "inputs", "out_shape", "k", "stride", "pad", "groups"].map(at);
    let mut builder = NetworkBuilder::new(Shape::new(3, 224, 224)).unwrap();
    let mut tensors = HashMap::from([("x".to_owned(), 0)]);
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |column: usize| cells[column].parse::<u32>().unwrap();
        let read: Vec<usize> = cells[inputs].split('+').map(|name| tensors[name]).collect();
        let channels: u32 = cells[out_shape].split('x').nth(1).unwrap().parse().unwrap();
        let window = || SlidingWindow::square(number(k), number(stride), number(pad));
        let made = match cells[op] {
            "conv" | "dw" => builder.conv(cells[name], read[0], channels, window(), number(groups)),
            "AdaptiveAvgPool2d" => builder.global_pool(cells[name], read[0]),
            "add" => builder.add(cells[name], read[0], read[1]),
            "mul" => builder.scale(cells[name], read[1], read[0]),
            "fc" => builder.linear(cells[name], read[0], channels),
            other => panic!("{other}"),
        };
        tensors.insert(cells[name].to_owned(), made.unwrap_or_else(|error| panic!("{error}")));
    }
    builder.finish()
}

#[test]
fn efficientnet_b0_equals_its_reference_operator_by_operator() {
    // Squeeze-excite keeps two tensors alive at once, also where a cut would fall.
    let csv = include_str!("golden/efficientnet_b0_ops.csv");
    compare(&from_operators(csv), csv);
}

#[test]
fn mobilenet_v2_has_its_published_peak() {
    // 1372 kB: MCUNet; 1470 KiB: input and output both whole, at the stride-2 depthwise layer behind it.
    let network = fixed("mobilenet-v2");
    let at = |rule| {
        let peak = peak(&live_bytes(&network, rule), network.layers.len());
        (peak.bytes, network.layers[peak.layer].name.as_str())
    };
    assert_eq!(at(MemoryRule::InplaceDepthwise), (1372 * 1024, "b1.1.expand"));
    assert_eq!(at(MemoryRule::Strict), (1470 * 1024, "b1.1.depthwise"));
    assert!(at(MemoryRule::FusedBlock).0 < 1372 * 1024);
}

#[test]
fn mobilenet_v2_boundaries() {
    // Boundary, shape, int8 bytes, cumulative MMAC (one decimal), cumulative weights in thousands (one decimal).
    let expected = [
        ("stem", [32, 112], 401_408, 108, 9),
        ("b0", [16, 112], 200_704, 209, 17),
        ("b1.2", [24, 56], 75_264, 758, 146),
        ("b2.3", [32, 28], 25_088, 1133, 520),
        ("b3.4", [64, 14], 12_544, 1518, 2300),
        ("b4.3", [96, 14], 18_816, 2099, 5264),
        ("b5.3", [160, 7], 7840, 2564, 13_107),
        ("b6", [320, 7], 15_680, 2794, 17_802),
        ("head", [1280, 7], 62_720, 2995, 21_898),
    ];
    let network = fixed("mobilenet-v2");
    for (name, [channels, side], bytes, macs, weights) in expected {
        let boundary = network.boundaries.iter().find(|boundary| boundary.name == name).unwrap();
        assert_eq!((boundary.shape.channels, boundary.shape.height), (channels, side), "{name}");
        assert_eq!(boundary.shape.elements(), bytes, "{name}");
        let before = &network.layers[..boundary.layers];
        let tenths = |sum: u64, unit: u64| (sum * 10 + unit / 2) / unit;
        assert_eq!(tenths(before.iter().map(|layer| layer.macs).sum(), 1_000_000), macs, "{name}");
        assert_eq!(tenths(before.iter().map(|layer| layer.weights).sum(), 1000), weights, "{name}");
    }
}

#[test]
fn mobilenet_v2_in_patches() {
    // Stem and four bottlenecks (to 32x28x28) in 4x4 patches: 172 KiB, published by MCUNetV2; +12.7 % MACs.
    let network = fixed("mobilenet-v2");
    let until = |name: &str| network.boundaries.iter().find(|boundary| boundary.name == name).unwrap().layers;
    let run = |grid, name| {
        let (layers, rule) = (until(name), MemoryRule::InplaceDepthwise);
        let patch = one_patch(&network, layers, grid).unwrap();
        // The assembled output stands beside the patch.
        let in_patches = peak(&live_bytes(&patch, rule), layers).bytes + network.shape(layers).elements();
        let behind = live_bytes(&network, rule)[layers..].iter().copied().max().unwrap();
        let whole: u64 = network.layers[..layers].iter().map(|layer| layer.macs).sum();
        let extra = (u64::from(grid * grid) * patch.macs() - whole) as f64 / network.macs() as f64 * 100.0;
        ((in_patches.max(behind) as f64 / 1024.0).round_ties_even() as u64, (extra * 10.0).round() / 10.0)
    };
    assert_eq!(run(4, "b2.1"), (172, 12.7));
    assert_eq!(run(2, "b2.1"), (459, 6.0));
    assert_eq!(run(3, "b2.1"), (266, 14.4));
    assert_eq!(run(4, "b1.2").0, 514);
    assert_eq!(run(4, "b2.2"), (227, 36.8));
    assert_eq!(run(4, "b2.3"), (309, 68.5));
}

#[test]
fn mobilenet_v2_on_eight_machines() {
    // Cycles in thousands, utilisation, depthwise share of the cycles and depthwise utilisation in tenths of a percent;
    // convolutions only, 299.5 MMAC.
    let unrolled = |k, c, ox, oy, depthwise| Mapping::Unrolled { k, c, ox, oy, depthwise };
    let systolic = |side, dataflow| Mapping::Systolic { rows: side, columns: side, dataflow };
    let (one, grouped) = (Depthwise::PerChannel, Depthwise::Grouped);
    let (os, ws) = (Dataflow::OutputStationary, Dataflow::WeightStationary);
    let machines = [
        (unrolled(32, 2, 4, 4, one), [1764, 166, 806, 14]),
        (unrolled(32, 2, 4, 4, grouped), [388, 754, 117, 445]),
        (unrolled(8, 4, 4, 2, grouped), [1592, 735, 215, 236]),
        (unrolled(32, 32, 1, 1, grouped), [1083, 270, 614, 30]),
        (systolic(16, os), [7582, 154, 768, 14]),
        (systolic(16, ws), [4161, 281, 632, 31]),
        (systolic(32, os), [6042, 48, 897, 4]),
        (systolic(32, ws), [3486, 84, 853, 7]),
    ];
    let network = fixed("mobilenet-v2");
    let layers: Vec<_> = network.layers.iter().filter(|layer| matches!(layer.op, Op::Conv { .. })).collect();
    for (machine, expected) in machines {
        let count = |depthwise_only: bool| {
            let chosen = layers.iter().filter(|layer| !depthwise_only || layer.is_depthwise());
            chosen.fold((0, 0), |(sum, macs), layer| {
                let own = cycles(&Loops::of(layer).unwrap(), &machine).unwrap();
                (sum + own, macs + layer.macs)
            })
        };
        let ((all, macs), (depthwise, depthwise_macs)) = (count(false), count(true));
        let units = machine.macs_per_cycle();
        let tenths = |share: f64| (share * 1000.0).round() as u64;
        let own = [
            (all + 500) / 1000,
            tenths(macs as f64 / (all as f64 * units)),
            tenths(depthwise as f64 / all as f64),
            tenths(depthwise_macs as f64 / (depthwise as f64 * units)),
        ];
        assert_eq!(own, expected, "{machine}");
    }
}
