//! The AttentiveNAS space against its published networks A0 to A6 (Wang et al., CVPR 2021) and an independent count.
use splitscope::network::Network;
use splitscope::network::memory::{MemoryRule, live_bytes, peak};
use splitscope::space::{GeneKind, Genome, SearchSpace};

fn space() -> SearchSpace {
    SearchSpace::shipped("attentive-nas").unwrap()
}

/// One network as its authors write it: widths of stem, seven stages and last convolution; the rest of the seven stages.
struct Published {
    resolution: u32,
    widths: [u32; 9],
    depths: [u32; 7],
    kernels: [u32; 7],
    expansions: [u32; 7],
}

impl Published {
    fn genome(&self, space: &SearchSpace) -> Genome {
        let index = |list: &[u32], value: u32| list.iter().position(|&choice| choice == value).unwrap();
        let genes = space.genes().iter().map(|gene| {
            let Some(at) = gene.stage else { return index(&space.resolutions, self.resolution) };
            let stage = &space.stages[at];
            let inner = at.checked_sub(1).filter(|&inner| inner < 7);
            match (gene.kind, stage.name.as_str(), inner) {
                (GeneKind::Width, "stem", _) => index(&stage.widths, self.widths[0]),
                (GeneKind::Width, "mix", _) => index(&stage.widths, self.widths[8]),
                (GeneKind::Width, _, Some(inner)) => index(&stage.widths, self.widths[inner + 1]),
                (GeneKind::Depth, _, Some(inner)) => index(&stage.depths, self.depths[inner]),
                (GeneKind::Kernel, _, Some(inner)) => index(&stage.kernels, self.kernels[inner]),
                (GeneKind::Expansion, _, Some(inner)) => index(&stage.expansions, self.expansions[inner]),
                _ => 0,
            }
        });
        space.canonical(genes.map(|gene| u8::try_from(gene).unwrap()).collect())
    }
}

/// A0 to A6, from the authors' `eval_attentive_nas_models.yml`.
fn published() -> [Published; 7] {
    let net = |resolution, last: [u32; 4], depths, kernels, expansions| Published {
        resolution,
        widths: [16, 16, 24, 32, last[0], 112, last[1], last[2], last[3]],
        depths,
        kernels,
        expansions,
    };
    [
        net(192, [64, 192, 216, 1792], [1, 3, 3, 3, 3, 3, 1], [3; 7], [1, 4, 4, 4, 4, 6, 6]),
        net(224, [64, 192, 216, 1984], [1, 3, 3, 3, 3, 3, 1], [3, 3, 3, 5, 3, 5, 3], [1, 4, 4, 4, 4, 6, 6]),
        net(224, [64, 200, 224, 1984], [1, 3, 3, 3, 3, 4, 1], [3, 3, 3, 3, 3, 5, 3], [1, 4, 5, 4, 4, 6, 6]),
        net(224, [64, 208, 224, 1984], [2, 3, 3, 4, 3, 5, 1], [3, 3, 3, 5, 3, 3, 3], [1, 4, 4, 4, 4, 6, 6]),
        net(256, [64, 192, 216, 1984], [1, 3, 3, 4, 3, 5, 1], [3, 3, 3, 5, 3, 5, 3], [1, 4, 4, 5, 4, 6, 6]),
        net(256, [72, 192, 216, 1792], [1, 3, 3, 3, 4, 6, 1], [3, 3, 3, 5, 3, 3, 3], [1, 4, 5, 4, 4, 6, 6]),
        net(288, [64, 216, 224, 1984], [1, 3, 3, 4, 4, 6, 1], [3, 3, 3, 3, 3, 5, 3], [1, 4, 6, 5, 4, 6, 6]),
    ]
}

#[test]
fn the_space_has_all_its_networks() {
    assert_eq!(space().count(), 440_301_256_704);
}

#[test]
fn the_published_networks_have_their_published_macs() {
    let space = space();
    let exact = [203.4, 279.2, 316.7, 356.5, 443.5, 490.5, 709.0];
    let rounded = [203, 279, 317, 357, 444, 491, 709];
    for ((net, exact), rounded) in published().iter().zip(exact).zip(rounded) {
        let macs = space.lower(&net.genome(&space)).unwrap().macs() as f64 / 1e6;
        assert!((macs - exact).abs() < 0.0501, "{macs} against {exact}");
        assert!((macs - f64::from(rounded)).abs() < 0.6, "{macs} against {rounded}");
    }
}

#[test]
fn the_smallest_and_the_largest_network() {
    let space = space();
    let macs = |genome| space.lower(&genome).unwrap().macs() as f64 / 1e6;
    assert!((macs(space.smallest()) - 203.4).abs() < 0.05, "{}", macs(space.smallest()));
    assert!((macs(space.largest()) - 1939.3).abs() < 0.05, "{}", macs(space.largest()));
}

/// After a boundary: channels, side, tenths of MMAC so far, tenths of a thousand weights so far.
fn boundary(network: &Network, name: &str) -> [u64; 4] {
    let boundary = network.boundaries.iter().find(|boundary| boundary.name == name).unwrap();
    let before = &network.layers[..boundary.layers];
    let tenths = |sum: u64, unit: u64| (sum * 10 + unit / 2) / unit;
    [
        u64::from(boundary.shape.channels),
        u64::from(boundary.shape.height),
        tenths(before.iter().map(|layer| layer.macs).sum(), 1_000_000),
        tenths(before.iter().map(|layer| layer.weights).sum(), 1000),
    ]
}

#[test]
fn the_boundaries_of_a0_and_a6() {
    let space = space();
    let [a0, .., a6] = published().map(|net| space.lower(&net.genome(&space)).unwrap());
    let a0_table = [
        ("stem", [16, 96, 40, 4]),
        ("mb1.1", [16, 96, 77, 8]),
        ("mb2.3", [24, 48, 481, 153]),
        ("mb3.3", [32, 24, 669, 620]),
        ("mb4.3", [64, 12, 810, 1476]),
    ];
    let a6_table = [("stem", [16, 144, 90, 4]), ("mb2.3", [24, 72, 1082, 153]), ("mb3.3", [32, 36, 1711, 1018])];
    for (network, table) in [(&a0, &a0_table[..]), (&a6, &a6_table[..])] {
        for (name, expected) in table {
            assert_eq!(boundary(network, name), *expected, "{name}");
        }
    }
    // Int8 bytes, tenths of MMAC and thousands of weights deeper down.
    for (network, name, bytes, macs, weights) in [
        (&a0, "mb5.3", 16_128, 1191, 644),
        (&a0, "mb6.3", 6912, 1697, 3335),
        (&a0, "mb7.1", 7776, 1892, 4520),
        (&a6, "mb4.4", 20_736, 2248, 252),
        (&a6, "mb5.4", 36_288, 3443, 954),
        (&a6, "mb6.6", 17_496, 6281, 8653),
    ] {
        let [channels, side, own_macs, own_weights] = boundary(network, name);
        assert_eq!((channels * side * side, own_macs, (own_weights + 5) / 10), (bytes, macs, weights), "{name}");
    }
}

#[test]
fn the_peaks() {
    let space = space();
    let kib = |genome: &Genome, rule| {
        let network = space.lower(genome).unwrap();
        peak(&live_bytes(&network, rule), network.layers.len()).bytes.div_ceil(1024)
    };
    let [a0, .., a6] = published().map(|net| net.genome(&space));
    assert_eq!(kib(&a0, MemoryRule::InplaceDepthwise), 720);
    assert_eq!(kib(&a6, MemoryRule::InplaceDepthwise), 1620);
    assert_eq!(kib(&space.largest(), MemoryRule::InplaceDepthwise), 3402);
    // Input and output of the stride-2 depthwise layer are 3645 KiB; the block's input waits for the shortcut: 486 more.
    assert_eq!(kib(&space.largest(), MemoryRule::Strict), 3645 + 486);
}
