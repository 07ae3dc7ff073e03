//! Writes layers of networks as a layer table, or as a SCALE-Sim topology.

use std::fmt::Write;

use crate::network::layer::{Layer, Op};
use crate::network::shape::Shape;
use crate::network::window::SlidingWindow;

/// Columns of a layer table, in the order in which they are written.
pub const COLUMNS: &str = "name,kind,cin,cout,k,stride,pad,hin,win,groups";

/// Further column with the first part of the names of a layer's files, where each layer has files of its own.
pub const FILE_COLUMN: &str = "file";

/// Writes layers as a layer table, which [`parse`](super::parse()) reads back with the same shapes and counts. Sizes
/// that differ by side stand with `x` between them; a column `dilation` follows where some layer has one. Operations on
/// elements are written with the size of their output.
pub fn csv<'a>(layers: impl IntoIterator<Item = &'a Layer>) -> String {
    let layers: Vec<&Layer> = layers.into_iter().collect();
    let dilated = layers.iter().any(|layer| window(layer).is_some_and(|window| window.dilation != [1; 2]));
    let mut text = format!("{COLUMNS}{}\n", if dilated { ",dilation" } else { "" });
    for layer in layers {
        let Layer { name, op, output, .. } = layer;
        let (kind, groups) = kind(layer);
        let window = window(layer).unwrap_or(SlidingWindow::same(1, 1));
        let Shape { channels, height, width } = if matches!(op, Op::Elements(_)) { *output } else { layer.input };
        let [kernel, stride] = [window.kernel, window.stride].map(|sides| joined(&sides));
        let padding = joined(&window.padding);
        let outputs = output.channels;
        let _ =
            write!(text, "{name},{kind},{channels},{outputs},{kernel},{stride},{padding},{height},{width},{groups}");
        if dilated {
            let _ = write!(text, ",{}", window.dilation[0]);
        }
        text.push('\n');
    }
    text
}

/// Writes the layers that multiply as a SCALE-Sim topology: inputs are padded already, a fully connected layer is a
/// convolution over one position, a name with `DP` marks a depthwise layer, and other layers of several groups have one
/// row for each.
pub fn scale_sim<'a>(layers: impl IntoIterator<Item = &'a Layer>) -> String {
    let mut text = String::from(
        "Layer name,IFMAP Height,IFMAP Width,Filter Height,Filter Width,Channels,Num Filter,Stride height,Stride width,\n",
    );
    for layer in layers.into_iter().filter(|layer| layer.macs > 0) {
        let groups = if layer.is_depthwise() { 1 } else { kind(layer).1 };
        let window = window(layer).unwrap_or(SlidingWindow::same(1, 1));
        let side = |axis: usize, outputs: u32| {
            u64::from(outputs.saturating_sub(1)) * u64::from(window.stride[axis]) + u64::from(window.kernel[axis])
        };
        let (height, width) = (side(0, layer.output.height), side(1, layer.output.width));
        let inputs = if layer.op == Op::Linear { layer.input.elements() } else { u64::from(layer.input.channels) };
        let (inputs, mut outputs) = (inputs / u64::from(groups), layer.output.channels / groups);
        // The program takes a name with these letters for a depthwise layer, with one filter for each channel.
        let mut own = layer.name.replace("DP", "dp");
        if layer.is_depthwise() {
            (own, outputs) = (format!("DP_{own}"), 1);
        }
        let ([rows, columns], [down, across]) = (window.kernel, window.stride);
        for group in 0..groups {
            let name = if groups > 1 { format!("{own}_{group}") } else { own.clone() };
            let _ = writeln!(text, "{name},{height},{width},{rows},{columns},{inputs},{outputs},{down},{across},");
        }
    }
    text
}

/// Kind in files and number of groups.
fn kind(layer: &Layer) -> (&'static str, u32) {
    match layer.op {
        Op::Conv { groups, .. } if groups > 1 && groups == layer.input.channels => ("dw", groups),
        Op::Conv { groups, .. } => ("conv", groups),
        Op::Linear => ("fc", 1),
        Op::MatMul { groups, .. } => ("matmul", groups),
        Op::Pool { .. } | Op::GlobalPool => ("pool", 1),
        Op::Add => ("add", 1),
        Op::Scale => ("scale", 1),
        Op::Elements(_) => ("elements", 1),
    }
}

fn window(layer: &Layer) -> Option<SlidingWindow> {
    match layer.op {
        Op::Conv { window, .. } | Op::Pool { window, .. } => Some(window),
        Op::GlobalPool => {
            Some(SlidingWindow { kernel: [layer.input.height, layer.input.width], ..SlidingWindow::same(1, 1) })
        }
        _ => None,
    }
}

/// One number if all are equal, else all of them with `x` between.
fn joined(sides: &[u32]) -> String {
    if sides.iter().all(|side| *side == sides[0]) {
        return sides[0].to_string();
    }
    sides.iter().map(u32::to_string).collect::<Vec<_>>().join("x")
}
