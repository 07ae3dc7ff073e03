//! Networks as tables of independent layers, one row per layer.
//!
//! Two formats, told apart by the header:
//!
//! - a layer table with the columns `name, kind, cin, cout, k, stride, pad, hin, win, groups` in any order, further
//!   columns ignored. `kind` is `conv`, `dw`, `fc`, `pool`, `add`, `scale`, `matmul` or `elements`. Without their
//!   columns, `k`, `stride` and `groups` are 1, `pad` is 0 and `win` is `hin`. Sides that differ are written `1x7`, the
//!   paddings of the four sides `0x0x1x1`; a further column `dilation` may be there;
//! - a SCALE-Sim topology (`Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter,
//!   Strides`, or its `Layer, M, N, K` for matrix products). Inputs there are padded already, partial windows count,
//!   and a name with `DP` is a depthwise layer.
//!
//! No count of a table that was read exceeds 2^53, neither of one layer nor of all together, so that all are exact as
//! `f64`.

pub(crate) mod cell;
mod columns;
mod parse;
mod row;
mod scale_sim;
mod unchecked;
mod write;

pub use parse::parse;
pub use row::{LayerKind, LayerRow, LayerShape};
pub use write::{COLUMNS, FILE_COLUMN, csv, scale_sim};
