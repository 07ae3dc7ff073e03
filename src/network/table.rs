//! Reads any network as a table of layers: one line a layer, independent of each other.
//!
//! Two kinds of file, told apart by the header:
//!
//! - a layer table with the columns `name, kind, cin, cout, k, stride, pad, hin, win, groups` in any order, further columns
//!   ignored. `kind` is `conv`, `dw`, `fc`, `pool` or `add`. Without their columns, `k`, `stride` and `groups` are 1, `pad` is
//!   0 and `win` is `hin`;
//! - a SCALE-Sim topology (`Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter,
//!   Strides`, or its `Layer, M, N, K` for matrix products). Inputs there are padded already, partial windows count, and a
//!   name with `DP` is a depthwise layer.

use std::ops::Range;

use serde::Serialize;

use super::Shape;
use crate::diagnostic::{Diagnostic, Source, nearest};

/// What a line of the table computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Convolution, dense or grouped.
    Conv,
    /// Convolution with one group per input channel.
    Depthwise,
    /// Fully connected.
    Linear,
    /// Pooling.
    Pool,
    /// Sum of two tensors of the input's shape.
    Add,
}

/// One line of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Name.
    pub name: String,
    /// What it computes.
    pub kind: Kind,
    /// Shape of its input.
    pub input: Shape,
    /// Shape of its output.
    pub output: Shape,
    /// Height and width of the kernel.
    pub kernel: [u32; 2],
    /// Number of groups.
    pub groups: u32,
    /// Multiply-accumulates.
    pub macs: u64,
    /// Weights.
    pub weights: u64,
}

/// Reads a table of layers.
///
/// # Errors
/// An unknown header, a cell that is not a number, impossible or overflowing sizes; each with its place.
///
/// ```
/// use splitscope::diagnostic::Source;
/// use splitscope::network::table;
/// let source = Source::new("mine.csv", "name,kind,cin,cout,k,stride,pad,hin,win,groups\nstem,conv,3,32,3,2,1,224,224,1\n");
/// let rows = table::parse(&source)?;
/// assert_eq!((rows[0].macs, rows[0].weights, rows[0].output.height), (10_838_016, 864, 112));
/// # Ok::<(), splitscope::diagnostic::Diagnostic>(())
/// ```
pub fn parse(source: &Source) -> Result<Vec<Row>, Diagnostic> {
    let mut lines = lines(source);
    let header =
        lines.next().ok_or_else(|| source.error(0..0, "the table is empty; its first line names the columns"))?;
    let names: Vec<String> = header.iter().map(|cell| cell.text.trim().to_lowercase()).collect();
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    let rows: Vec<Row> = if has("name") && has("kind") {
        let columns = Columns::find(source, &header, &names)?;
        lines.map(|cells| columns.row(source, &cells)).collect::<Result<_, _>>()?
    } else if names.len() >= 8 && names[1].contains("ifmap") {
        lines.map(|cells| convolution(source, &cells)).collect::<Result<_, _>>()?
    } else if names.len() >= 4 && names[1] == "m" && names[2] == "n" && names[3] == "k" {
        lines.map(|cells| matrix_product(source, &cells)).collect::<Result<_, _>>()?
    } else {
        let span = header.first().map_or(0..0, |first| first.span.start..header[header.len() - 1].span.end);
        return Err(Diagnostic {
            help: Some("expected name,kind,cin,cout,k,stride,pad,hin,win,groups, or a SCALE-Sim topology".into()),
            ..source.error(span, "these are not the columns of a layer table")
        });
    };
    if rows.is_empty() {
        return Err(source.error(0..0, "the table has no layers"));
    }
    Ok(rows)
}

/// One cell with its place in the file.
struct Cell<'a> {
    text: &'a str,
    span: Range<usize>,
}

/// The lines that are neither empty nor comments, cut into trimmed cells.
fn lines(source: &Source) -> impl Iterator<Item = Vec<Cell<'_>>> {
    let mut offset = 0;
    source
        .text
        .split_inclusive('\n')
        .map(move |line| {
            let start = offset;
            offset += line.len();
            (start, line.trim_end_matches(['\n', '\r']))
        })
        .filter(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
        .map(|(start, line)| {
            let mut at = start;
            line.split(',')
                .map(|cell| {
                    let lead = cell.len() - cell.trim_start().len();
                    let text = cell.trim();
                    let span = at + lead..at + lead + text.len();
                    at += cell.len() + 1;
                    Cell { text, span }
                })
                .collect()
        })
}

/// Where the columns of a layer table stand.
struct Columns {
    name: usize,
    kind: usize,
    inputs: usize,
    outputs: usize,
    height: usize,
    width: Option<usize>,
    kernel: Option<usize>,
    stride: Option<usize>,
    padding: Option<usize>,
    groups: Option<usize>,
}

impl Columns {
    fn find(source: &Source, header: &[Cell], names: &[String]) -> Result<Self, Diagnostic> {
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
            groups: column("groups"),
        })
    }

    fn row(&self, source: &Source, cells: &[Cell]) -> Result<Row, Diagnostic> {
        let at = |column: usize| cell(source, cells, column);
        let value = |column: usize| number(source, at(column)?, 1);
        let optional = |column: Option<usize>, default: u32, least: u32| match column.map(at).transpose()? {
            Some(cell) if !cell.text.is_empty() => number(source, cell, least),
            _ => Ok(default),
        };
        let kind = at(self.kind)?;
        let kinds = [
            ("conv", Kind::Conv),
            ("dw", Kind::Depthwise),
            ("fc", Kind::Linear),
            ("pool", Kind::Pool),
            ("add", Kind::Add),
        ];
        let Some(&(_, found)) = kinds.iter().find(|(name, _)| *name == kind.text) else {
            let valid: Vec<&str> = kinds.iter().map(|(name, _)| *name).collect();
            return Err(Diagnostic {
                help: Some(format!("valid: {}", valid.join(", "))),
                ..source.error(kind.span.clone(), format!("`{}` is not a kind of layer", kind.text))
            });
        };
        let inputs = value(self.inputs)?;
        let height = value(self.height)?;
        let kernel = optional(self.kernel, 1, 1)?;
        let mut groups = optional(self.groups, 1, 1)?;
        if found == Kind::Depthwise && groups == 1 {
            groups = inputs;
        }
        let padding = optional(self.padding, 0, 0)?;
        let width = optional(self.width, height, 1)?;
        let line = Line {
            name: at(self.name)?.text,
            span: cells[0].span.start..cells[cells.len() - 1].span.end,
            kind: found,
            input: Shape::new(inputs, height, width),
            outputs: value(self.outputs)?,
            kernel: [kernel; 2],
            stride: [optional(self.stride, 1, 1)?; 2],
            padding,
            groups,
            partial_windows: false,
        };
        line.row(source)
    }
}

fn cell<'a, 'b>(source: &Source, cells: &'b [Cell<'a>], column: usize) -> Result<&'b Cell<'a>, Diagnostic> {
    cells.get(column).ok_or_else(|| {
        let end = cells.last().map_or(0, |cell| cell.span.end);
        source.error(end..end, format!("this line has only {} cells", cells.len()))
    })
}

fn number(source: &Source, cell: &Cell, least: u32) -> Result<u32, Diagnostic> {
    match cell.text.parse::<u32>() {
        Ok(value) if value >= least => Ok(value),
        _ => Err(source
            .error(cell.span.clone(), format!("`{}` is not a whole number from {least} to {}", cell.text, u32::MAX))),
    }
}

/// A line of a SCALE-Sim topology of convolutions.
fn convolution(source: &Source, cells: &[Cell]) -> Result<Row, Diagnostic> {
    let value = |column: usize| number(source, cell(source, cells, column)?, 1);
    let name = cell(source, cells, 0)?.text;
    let depthwise = name.contains("DP");
    let (channels, filters, stride) = (value(5)?, value(6)?, value(7)?);
    let across = match cells.get(8) {
        Some(cell) if !cell.text.is_empty() => number(source, cell, 1)?,
        _ => stride,
    };
    let span = cells[0].span.start..cells[cells.len() - 1].span.end;
    let all = channels.checked_mul(filters).filter(|_| depthwise).or(if depthwise { None } else { Some(filters) });
    let outputs = all.ok_or_else(|| source.error(span.clone(), "the number of filters overflows"))?;
    let line = Line {
        name,
        span,
        kind: if depthwise { Kind::Depthwise } else { Kind::Conv },
        input: Shape::new(channels, value(1)?, value(2)?),
        outputs,
        kernel: [value(3)?, value(4)?],
        stride: [stride, across],
        padding: 0,
        groups: if depthwise { channels } else { 1 },
        partial_windows: true,
    };
    line.row(source)
}

/// A line of a SCALE-Sim topology of matrix products, `M x K` by `K x N`: M positions, K inputs, N outputs.
fn matrix_product(source: &Source, cells: &[Cell]) -> Result<Row, Diagnostic> {
    let value = |column: usize| number(source, cell(source, cells, column)?, 1);
    let line = Line {
        name: cell(source, cells, 0)?.text,
        span: cells[0].span.start..cells[cells.len() - 1].span.end,
        kind: Kind::Conv,
        input: Shape::new(value(3)?, value(1)?, 1),
        outputs: value(2)?,
        kernel: [1, 1],
        stride: [1, 1],
        padding: 0,
        groups: 1,
        partial_windows: true,
    };
    line.row(source)
}

/// A line that was read, before its sizes are checked together.
struct Line<'a> {
    name: &'a str,
    span: Range<usize>,
    kind: Kind,
    input: Shape,
    outputs: u32,
    kernel: [u32; 2],
    stride: [u32; 2],
    padding: u32,
    groups: u32,
    /// Whether a window that reaches beyond the input counts (SCALE-Sim rounds up).
    partial_windows: bool,
}

impl Line<'_> {
    fn row(&self, source: &Source) -> Result<Row, Diagnostic> {
        let refuse = |message: String| source.error(self.span.clone(), message);
        let Self { input, outputs, groups, .. } = *self;
        let output = match self.kind {
            Kind::Add => input,
            Kind::Linear => Shape::new(outputs, 1, 1),
            Kind::Conv | Kind::Depthwise | Kind::Pool => Shape::new(
                outputs,
                self.side(0, input.height).map_err(refuse)?,
                self.side(1, input.width).map_err(refuse)?,
            ),
        };
        if self.kind == Kind::Depthwise && groups != input.channels {
            return Err(refuse(format!("a depthwise layer of {} channels can't have {groups} groups", input.channels)));
        }
        if matches!(self.kind, Kind::Pool | Kind::Add) && outputs != input.channels {
            return Err(refuse(format!("this layer keeps its {} channels, but cout is {outputs}", input.channels)));
        }
        if !input.channels.is_multiple_of(groups) || !outputs.is_multiple_of(groups) {
            return Err(refuse(format!(
                "{groups} groups do not divide {} input and {outputs} output channels",
                input.channels
            )));
        }
        let (weights, macs) =
            self.counts(output).ok_or_else(|| refuse("the size of this layer overflows".to_owned()))?;
        let kernel = if self.kind == Kind::Linear { [1, 1] } else { self.kernel };
        Ok(Row { name: self.name.to_owned(), kind: self.kind, input, output, kernel, groups, macs, weights })
    }

    fn side(&self, axis: usize, size: u32) -> Result<u32, String> {
        let (kernel, stride) = (u64::from(self.kernel[axis]), u64::from(self.stride[axis]));
        let padded = u64::from(size) + 2 * u64::from(self.padding);
        let Some(room) = padded.checked_sub(kernel) else {
            return Err(format!("kernel {kernel} is larger than its input {size} padded by {}", self.padding));
        };
        let steps = if self.partial_windows { room.div_ceil(stride) } else { room / stride };
        u32::try_from(steps + 1).map_err(|_| "the size of this layer overflows".to_owned())
    }

    /// Weights and multiply-accumulates; `None` if anything overflows.
    fn counts(&self, output: Shape) -> Option<(u64, u64)> {
        let elements = |shape: Shape| {
            u64::from(shape.channels).checked_mul(u64::from(shape.height))?.checked_mul(u64::from(shape.width))
        };
        let (read, _) = (elements(self.input)?, elements(output)?);
        let weights = match self.kind {
            Kind::Pool | Kind::Add => return Some((0, 0)),
            Kind::Linear => read.checked_mul(u64::from(self.outputs))?,
            Kind::Conv | Kind::Depthwise => u64::from(self.kernel[0])
                .checked_mul(u64::from(self.kernel[1]))?
                .checked_mul(u64::from(self.input.channels / self.groups))?
                .checked_mul(u64::from(self.outputs))?,
        };
        Some((weights, weights.checked_mul(output.positions())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Result<Vec<Row>, Diagnostic> {
        parse(&Source::new("t.csv", text))
    }

    #[test]
    fn a_scale_sim_topology_has_padded_inputs_and_counts_partial_windows() {
        let text = "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n\
                    Conv1, 225, 225, 3, 3, 3, 32, 2,\nDPConv2, 114, 114, 3, 3, 32, 1, 1,\nwide, 10, 50, 1, 5, 1, 4, 3,\n";
        let rows = rows(text).unwrap();
        assert_eq!((rows[0].output, rows[0].macs), (Shape::new(32, 112, 112), 10_838_016));
        assert_eq!((rows[1].kind, rows[1].groups, rows[1].macs), (Kind::Depthwise, 32, 3_612_672));
        assert_eq!(rows[2].output, Shape::new(4, 4, 16));
    }

    #[test]
    fn a_matrix_product_is_a_pointwise_convolution() {
        let rows = rows("Layer,M,N,K,\nqk,128,64,512,\n").unwrap();
        assert_eq!((rows[0].macs, rows[0].weights), (128 * 64 * 512, 64 * 512));
    }

    #[test]
    fn columns_may_stand_anywhere_and_be_left_out() {
        let rows = rows("kind,cout,name,cin,hin,macs\nfc,10,last,64,1,whatever\nconv,8,point,4,5,0\n").unwrap();
        assert_eq!((rows[0].macs, rows[1].macs, rows[1].output), (640, 800, Shape::new(8, 5, 5)));
    }

    #[test]
    fn impossible_tables_point_at_the_cell() {
        let header = "name,kind,cin,cout,k,stride,pad,hin,win,groups\n";
        let place = |line: &str| rows(&format!("{header}{line}\n")).unwrap_err().position();
        assert_eq!(place("a,conv,3,x,3,1,1,8,8,1"), (2, 10));
        assert_eq!(place("a,conf,3,8,3,1,1,8,8,1"), (2, 3));
        assert_eq!(place("a,conv,3,8,3,0,1,8,8,1"), (2, 14));
        assert_eq!(place("a,conv,3,8,9,1,1,4,4,1"), (2, 1));
        assert_eq!(place("a,conv,3,8,3,1,1,8,8,2"), (2, 1));
        assert_eq!(place("a,conv,4000000000,4000000000,9,1,4,8,8,1"), (2, 1));
        assert_eq!(place("a,conv,3"), (2, 9));
        assert!(rows("").is_err() && rows("a,b\n1,2\n").is_err() && rows(header).is_err());
    }
}
