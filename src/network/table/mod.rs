//! Reads any network as a table of layers: one line a layer, independent of each other.
//!
//! Two kinds of file, told apart by the header:
//!
//! - a layer table with the columns `name, kind, cin, cout, k, stride, pad, hin, win, groups` in any order, further columns
//!   ignored. `kind` is `conv`, `dw`, `fc`, `pool`, `add` or `scale`. Without their columns, `k`, `stride` and `groups` are 1,
//!   `pad` is 0 and `win` is `hin`;
//! - a SCALE-Sim topology (`Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter,
//!   Strides`, or its `Layer, M, N, K` for matrix products). Inputs there are padded already, partial windows count, and a
//!   name with `DP` is a depthwise layer.
//!
//! No count of a table that was read exceeds 2^53, neither of one layer nor of all together, so that all are exact as `f64`.

pub(crate) mod cell;
mod columns;
mod line;
mod scale_sim;
mod write;

pub use write::csv;

use std::ops::Range;

use serde::Serialize;

use super::{Layer, Op, Shape};
use crate::diagnostic::{Diagnostic, Source};
use cell::lines;
use columns::Columns;

/// Largest count of anything: beyond it `f64` is no longer exact.
pub const LARGEST_COUNT: u64 = 1 << 53;

/// The columns of a layer table, in the order they are written.
pub const COLUMNS: &str = "name,kind,cin,cout,k,stride,pad,hin,win,groups";

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
    /// Product of a tensor with one factor per channel.
    Scale,
}

/// The kinds with the names files use.
const KINDS: [(&str, Kind); 6] = [
    ("conv", Kind::Conv),
    ("dw", Kind::Depthwise),
    ("fc", Kind::Linear),
    ("pool", Kind::Pool),
    ("add", Kind::Add),
    ("scale", Kind::Scale),
];

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
    /// Where it stands in its file.
    pub span: Range<usize>,
}

/// Everything the time of a layer may depend on; equal layers of different names have equal shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LayerShape {
    kind: Kind,
    input: Shape,
    output: Shape,
    kernel: [u32; 2],
    groups: u32,
}

impl LayerShape {
    /// The shape of a layer of a network.
    pub fn of(layer: &Layer) -> Self {
        let Layer { input, output, .. } = *layer;
        let (kind, kernel, groups) = match layer.op {
            Op::Conv { kernel, groups, .. } => (Kind::Conv, [kernel; 2], groups),
            Op::Linear => (Kind::Linear, [1, 1], 1),
            Op::Pool { kernel, .. } => (Kind::Pool, [kernel; 2], 1),
            Op::GlobalPool => (Kind::Pool, [input.height, input.width], 1),
            Op::Add => (Kind::Add, [1, 1], 1),
            Op::Scale => (Kind::Scale, [1, 1], 1),
        };
        Self { kind, input, output, kernel, groups }.with_one_kind_per_layer()
    }

    /// The shape of a dense 1x1 convolution.
    pub const fn pointwise(input: Shape, outputs: u32) -> Self {
        let output = Shape::new(outputs, input.height, input.width);
        Self { kind: Kind::Conv, input, output, kernel: [1, 1], groups: 1 }
    }

    /// A convolution with one group per input channel is depthwise, whatever a file calls it; others have no groups.
    fn with_one_kind_per_layer(self) -> Self {
        match self.kind {
            Kind::Conv if self.groups > 1 && self.groups == self.input.channels => {
                Self { kind: Kind::Depthwise, ..self }
            }
            Kind::Conv | Kind::Depthwise => self,
            Kind::Linear | Kind::Pool | Kind::Add | Kind::Scale => Self { groups: 1, ..self },
        }
    }
}

impl std::fmt::Display for LayerShape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = KINDS.iter().find(|(_, kind)| *kind == self.kind).map_or("", |(name, _)| name);
        let [height, width] = self.kernel;
        write!(f, "{kind} {height}x{width}, {} to {}", self.input, self.output)?;
        if self.kind == Kind::Conv && self.groups > 1 { write!(f, ", {} groups", self.groups) } else { Ok(()) }
    }
}

impl Row {
    /// The shape of the layer.
    pub fn shape(&self) -> LayerShape {
        let Self { kind, input, output, kernel, groups, .. } = *self;
        LayerShape { kind, input, output, kernel, groups }.with_one_kind_per_layer()
    }
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
        lines.map(|cells| scale_sim::convolution(source, &cells, &names)).collect::<Result<_, _>>()?
    } else if names.len() >= 4 && names[1] == "m" && names[2] == "n" && names[3] == "k" {
        lines.map(|cells| scale_sim::matrix_product(source, &cells)).collect::<Result<_, _>>()?
    } else {
        let span = header.first().map_or(0..0, |first| first.span.start..header[header.len() - 1].span.end);
        return Err(Diagnostic {
            help: Some(format!("expected {COLUMNS}, or a SCALE-Sim topology")),
            ..source.error(span, "these are not the columns of a layer table")
        });
    };
    if rows.is_empty() {
        return Err(source.error(0..0, "the table has no layers"));
    }
    let (mut macs, mut weights) = (0, 0);
    for row in &rows {
        (macs, weights) = (macs + row.macs, weights + row.weights);
        let overflowing = [("multiply-accumulates", macs), ("weights", weights)];
        if let Some((what, _)) = overflowing.into_iter().find(|(_, sum)| *sum > LARGEST_COUNT) {
            return Err(source.error(row.span.clone(), format!("the {what} of all layers up to this one overflow")));
        }
    }
    Ok(rows)
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
    fn sizes_that_would_wrap_are_refused_at_their_line() {
        let header = "name,kind,cin,cout,k,stride,pad,hin,win,groups\na,conv,1,1,1,1,0,1,1,1\n";
        for (line, message) in [
            // A window of 2^31 x 2^31 at 2 x 2 places reads 2^64 elements.
            ("b,pool,1,1,2147483648,1,1073741824,1,1,1", "the size of this layer overflows"),
            ("b,conv,4294967295,4294967295,1,1,0,1,1,1", "the size of this layer overflows"),
            ("b,conv,1,1,1,1,4294967295,8,8,1", "the size of this layer overflows"),
            ("b,conv,94906265,94906265,1,1,0,1,1,1\nc,conv,94906265,94906265,1,1,0,1,1,1", "up to this one overflow"),
        ] {
            let error = rows(&format!("{header}{line}\n")).unwrap_err();
            assert!(error.message.contains(message), "{error}");
            assert_eq!(error.position(), (2 + line.lines().count(), 1), "{error}");
        }
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
