//! Writes layers of networks as a layer table.

use std::fmt::Write;

use crate::network::layer::{Layer, Op};

/// Columns of a layer table, in the order in which they are written.
pub const COLUMNS: &str = "name,kind,cin,cout,k,stride,pad,hin,win,groups";

/// Writes layers as a layer table, which [`parse`](super::parse()) reads back with the same shapes and counts.
/// `Network`s have square inputs, so pooling over all positions is pooling over a square window.
pub fn csv<'a>(layers: impl IntoIterator<Item = &'a Layer>) -> String {
    let mut text = format!("{COLUMNS}\n");
    for Layer { name, op, input, output, .. } in layers {
        let (kind, kernel, stride, padding, groups) = match *op {
            Op::Conv { kernel, stride, padding, groups } => {
                let kind = if groups > 1 && groups == input.channels { "dw" } else { "conv" };
                (kind, kernel, stride, padding, groups)
            }
            Op::Linear => ("fc", 1, 1, 0, 1),
            Op::Pool { kernel, stride, padding, .. } => ("pool", kernel, stride, padding, 1),
            Op::GlobalPool => ("pool", input.height, 1, 0, 1),
            Op::Add => ("add", 1, 1, 0, 1),
            Op::Scale => ("scale", 1, 1, 0, 1),
        };
        let (height, width, channels) = (input.height, input.width, input.channels);
        let outputs = output.channels;
        writeln!(text, "{name},{kind},{channels},{outputs},{kernel},{stride},{padding},{height},{width},{groups}")
            .expect("writing to a string succeeds");
    }
    text
}
