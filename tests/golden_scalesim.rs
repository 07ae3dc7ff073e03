//! Systolic cycles against SCALE-Sim 3.0.0, run on 26 layers of MobileNetV2, MNASNet, EfficientNet-B0 and ResNet-18 with
//! unlimited bandwidth (`golden/layers.csv`, `golden/scalesim_*.csv`), and on odd shapes over five arrays, also ones that are
//! not square (`golden/odd_*.csv`, `golden/scalesim_odd.csv`), and on sixty random layers, padded, strided, grouped and depthwise,
//! on 8x8, 16x32 and 128x128 (`golden/random_layers.csv`, `golden/scalesim_random.csv`).

use splitscope::cost::mapping::{Loops, scale_sim_cycles, systolic};
use splitscope::diagnostic::Source;
use splitscope::hardware::Dataflow;
use splitscope::network::table::{self, LayerRow};

const LAYERS: &str = include_str!("golden/layers.csv");
const OS_16: &str = include_str!("golden/scalesim_os_16x16.csv");
const WS_32: &str = include_str!("golden/scalesim_ws_32x32.csv");

fn layers() -> Vec<LayerRow> {
    table::parse(&Source::new("layers.csv", LAYERS)).unwrap_or_else(|error| panic!("{error}"))
}

/// Column `wanted` of a CSV, by the name in its first column.
fn column(csv: &str, wanted: &str) -> Vec<(String, u64)> {
    let mut lines = csv.lines();
    let at = lines.next().unwrap().split(',').position(|name| name == wanted).unwrap();
    let cells = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[0].to_owned(), cells[at].parse().unwrap())
    };
    lines.map(cells).collect()
}

#[test]
fn cycles_equal_the_simulation_on_every_row() {
    let layers = layers();
    for (csv, array, dataflow) in
        [(OS_16, [16, 16], Dataflow::OutputStationary), (WS_32, [32, 32], Dataflow::WeightStationary)]
    {
        let expected = column(csv, "sim_cycles_total");
        assert_eq!(expected.len(), layers.len());
        for (layer, (name, cycles)) in layers.iter().zip(expected) {
            assert_eq!(layer.name, name);
            let loops = Loops::of_row(layer).unwrap();
            assert_eq!(scale_sim_cycles(&loops, array, dataflow), cycles, "{name} on {array:?}");
            assert_eq!(systolic(&loops, array, dataflow), cycles + u64::from(layer.groups), "{name} on {array:?}");
        }
    }
}

#[test]
fn cycles_equal_the_simulation_where_folds_are_partial_and_shapes_odd() {
    let topologies = [
        ("odd_convolutions.csv", include_str!("golden/odd_convolutions.csv")),
        ("odd_products.csv", include_str!("golden/odd_products.csv")),
    ];
    let layers: Vec<LayerRow> = topologies
        .iter()
        .flat_map(|(name, text)| table::parse(&Source::new(*name, *text)).unwrap_or_else(|error| panic!("{error}")))
        .collect();
    let compared = compare(&layers, include_str!("golden/scalesim_odd.csv"));
    // SCALE-Sim itself divides by zero on a 1x1 array, output-stationary.
    assert_eq!(compared, 9 * layers.len());
}

#[test]
fn cycles_equal_the_simulation_on_random_layers_over_all_their_groups() {
    // Each group of a layer is a layer of its own to SCALE-Sim; what is padded here is padded before there.
    let layers = table::parse(&Source::new("random_layers.csv", include_str!("golden/random_layers.csv"))).unwrap();
    assert!(layers.iter().filter(|layer| layer.groups > 1).count() >= 20);
    assert_eq!(compare(&layers, include_str!("golden/scalesim_random.csv")), 3 * 2 * layers.len());
}

/// Compares layers with rows of `name,dataflow,rows,columns,cycles`, and counts the rows.
fn compare(layers: &[LayerRow], simulated: &str) -> usize {
    let line = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let layer = layers.iter().find(|layer| layer.name == cells[0]).unwrap();
        let flow = if cells[1] == "os" { Dataflow::OutputStationary } else { Dataflow::WeightStationary };
        let array = [cells[2], cells[3]].map(|side| side.parse().unwrap());
        let cycles = scale_sim_cycles(&Loops::of_row(layer).unwrap(), array, flow);
        assert_eq!(cycles, cells[4].parse::<u64>().unwrap(), "{line}");
    };
    simulated.lines().skip(1).map(line).count()
}

#[test]
fn the_layer_table_counts_what_the_reference_counts() {
    for (wanted, own) in [
        ("macs", (|layer| layer.macs) as fn(&LayerRow) -> u64),
        ("weights", |layer| layer.weights),
        ("in_elems", |layer| layer.input.elements()),
        ("out_elems", |layer| layer.output.elements()),
        ("hout", |layer| u64::from(layer.output.height)),
    ] {
        for (layer, (name, value)) in layers().iter().zip(column(LAYERS, wanted)) {
            assert_eq!(own(layer), value, "{wanted} of {name}");
        }
    }
}
