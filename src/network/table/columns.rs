//! Columns of a layer table, and the rows read with them.

use super::cell::{Cell, cell, number, sides};
use super::row::{KINDS, LayerKind, LayerRow};
use super::unchecked::UncheckedRow;
use crate::diagnostic::{Diagnostic, Source, nearest};
use crate::network::shape::Shape;

/// Positions of the columns of a layer table.
pub(super) struct TableColumns {
    name: usize,
    kind: usize,
    inputs: usize,
    outputs: usize,
    height: usize,
    width: Option<usize>,
    kernel: Option<usize>,
    stride: Option<usize>,
    padding: Option<usize>,
    dilation: Option<usize>,
    groups: Option<usize>,
}

impl TableColumns {
    /// Finds the columns in the header, whose lower-case names are `names`.
    pub(super) fn find(source: &Source, header: &[Cell], names: &[String]) -> Result<Self, Diagnostic> {
        let column = |wanted: &str| names.iter().position(|name| name == wanted);
        let required = |wanted: &str| {
            column(wanted).ok_or_else(|| {
                let near = nearest(wanted, names.iter().map(String::as_str));
                Diagnostic {
                    help: near.map(|near| format!("is `{near}` meant?")),
                    ..source.error(header[0].span.clone(), format!("the column `{wanted}` is missing"))
                }
            })
        };
        Ok(Self {
            name: required("name")?,
            kind: required("kind")?,
            inputs: required("cin")?,
            outputs: required("cout")?,
            height: required("hin")?,
            width: column("win"),
            kernel: column("k"),
            stride: column("stride"),
            padding: column("pad"),
            dilation: column("dilation"),
            groups: column("groups"),
        })
    }

    /// Reads one row.
    pub(super) fn row(&self, source: &Source, cells: &[Cell]) -> Result<LayerRow, Diagnostic> {
        let at = |column: usize| cell(source, cells, column);
        let value = |column: usize| number(source, at(column)?, 1);
        let optional = |column: Option<usize>, default: u32, least: u32| match column.map(at).transpose()? {
            Some(cell) if !cell.text.is_empty() => number(source, cell, least),
            _ => Ok(default),
        };
        let kind = at(self.kind)?;
        let Some(&(_, found)) = KINDS.iter().find(|(name, _)| *name == kind.text) else {
            let valid: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
            return Err(Diagnostic {
                help: Some(format!("valid: {}", valid.join(", "))),
                ..source.error(kind.span.clone(), format!("`{}` is not a kind of layer", kind.text))
            });
        };
        let inputs = value(self.inputs)?;
        let height = value(self.height)?;
        let pair = |column: Option<usize>| match column.map(at).transpose()? {
            Some(cell) if !cell.text.is_empty() => sides::<2>(source, cell, 1),
            _ => Ok([1; 2]),
        };
        let mut groups = optional(self.groups, 1, 1)?;
        if found == LayerKind::Depthwise && groups == 1 {
            groups = inputs;
        }
        let padding = match self.padding.map(at).transpose()? {
            Some(cell) if !cell.text.is_empty() => sides::<4>(source, cell, 0)?,
            _ => [0; 4],
        };
        let width = optional(self.width, height, 1)?;
        let row = UncheckedRow {
            name: at(self.name)?.text,
            span: cells[0].span.start..cells[cells.len() - 1].span.end,
            kind: found,
            input: Shape::new(inputs, height, width),
            outputs: value(self.outputs)?,
            kernel: pair(self.kernel)?,
            stride: pair(self.stride)?,
            padding,
            dilation: optional(self.dilation, 1, 1)?,
            groups,
            partial_windows: false,
        };
        row.check(source)
    }
}
