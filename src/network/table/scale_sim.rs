//! Rows of a SCALE-Sim topology.
//!
//! Read as SCALE-Sim 3.0.0 does (`topology_utils.py`): inputs are padded already, a window that reaches beyond the
//! input counts, a name with `DP` is a depthwise layer, and the cell after the stride is the sparsity of the weights as
//! N:M.

use super::cell::{Cell, cell, number};
use super::row::{LayerKind, LayerRow};
use super::unchecked::UncheckedRow;
use crate::diagnostic::{Diagnostic, Source};
use crate::network::shape::Shape;

/// Reads a row of a topology of convolutions under the columns `names`.
pub(super) fn convolution(source: &Source, cells: &[Cell], names: &[String]) -> Result<LayerRow, Diagnostic> {
    let value = |column: usize| number(source, cell(source, cells, column)?, 1);
    let name = cell(source, cells, 0)?.text;
    let depthwise = name.contains("DP");
    let (channels, filters, stride) = (value(5)?, value(6)?, value(7)?);
    let across = match cells.get(8) {
        Some(cell) if names.get(8).is_some_and(|name| name.contains("stride")) => number(source, cell, 1)?,
        Some(cell) => dense(source, cell).map(|()| stride)?,
        None => stride,
    };
    let span = cells[0].span.start..cells[cells.len() - 1].span.end;
    let outputs = if depthwise { channels.checked_mul(filters) } else { Some(filters) };
    let outputs = outputs.ok_or_else(|| source.error(span.clone(), "the number of filters overflows"))?;
    let row = UncheckedRow {
        name,
        span,
        kind: if depthwise { LayerKind::Depthwise } else { LayerKind::Conv },
        input: Shape::new(channels, value(1)?, value(2)?),
        outputs,
        kernel: [value(3)?, value(4)?],
        stride: [stride, across],
        padding: [0; 4],
        dilation: 1,
        groups: if depthwise { channels } else { 1 },
        partial_windows: true,
    };
    row.check(source)
}

/// Reads a row of a topology of matrix products, `M x K` by `K x N`: M positions, K inputs, N outputs.
pub(super) fn matrix_product(source: &Source, cells: &[Cell]) -> Result<LayerRow, Diagnostic> {
    let value = |column: usize| number(source, cell(source, cells, column)?, 1);
    cells.get(4).map_or(Ok(()), |cell| dense(source, cell))?;
    let row = UncheckedRow {
        name: cell(source, cells, 0)?.text,
        span: cells[0].span.start..cells[cells.len() - 1].span.end,
        kind: LayerKind::Conv,
        input: Shape::new(value(3)?, value(1)?, 1),
        outputs: value(2)?,
        kernel: [1, 1],
        stride: [1, 1],
        padding: [0; 4],
        dilation: 1,
        groups: 1,
        partial_windows: true,
    };
    row.check(source)
}

/// Refuses sparse weights: no rule here counts them.
fn dense(source: &Source, cell: &Cell) -> Result<(), Diagnostic> {
    let ratio = |text: &str| text.split_once(':').map(|(kept, of)| (kept.trim().to_owned(), of.trim().to_owned()));
    match ratio(cell.text) {
        None if cell.text.is_empty() => Ok(()),
        Some((kept, of)) if kept == of => Ok(()),
        _ => Err(Diagnostic {
            help: Some("only dense weights are counted: write 1:1 or leave the cell out".into()),
            ..source.error(cell.span.clone(), format!("`{}` is not a sparsity that can be counted", cell.text))
        }),
    }
}
