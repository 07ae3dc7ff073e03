//! Quantities: dimensions and their units, parsing and formatting, and the one table of metrics, limits and knobs.
//!
//! Pure; only `files` and `diagnostic` are below. Inside the program every quantity is one `f64` in base units:
//! seconds, bytes, joules, watts, hertz, bytes per second, multiply-accumulates per second, shares from 0 to 1. Text
//! exists only at the edges, and every edge (profiles, `--knob`, entries of the explorer, session files, control lines)
//! goes through [`Dimension::parse`] or [`Knob::parse`] and [`Dimension::format`] or [`Knob::format`].
//!
//! A value is written with three significant digits in the largest unit in which it is one or more; in a column of one
//! unit, what would read as 0.00 has its first digit. Trailing zeros stay, so that nothing jumps while values change
//! and one quantity has the same digits everywhere. A column of figures has one unit ([`Unit::column`]).
//!
//! ```
//! use splitscope::quantity::{Dimension, Knob, Rounding};
//!
//! assert_eq!(Dimension::Time.format(0.006_672), "6.67 ms");
//! assert_eq!(Dimension::Time.format_rounded(0.006_672, Rounding::Up), "6.68 ms");
//! assert_eq!(Knob::LinkBandwidth.format(312_500.0), "2.50 Mbit/s");
//! let bandwidth = Knob::LinkBandwidth.parse("0.3 MB/s", Dimension::Bandwidth.base_unit())?;
//! assert_eq!(bandwidth, 300_000.0);
//! # Ok::<(), splitscope::quantity::QuantityError>(())
//! ```

mod error;
mod format;
mod knob;
pub mod knob_values;
mod limit;
mod metric;
pub mod number;
mod parse;
mod unit;

pub use error::QuantityError;
pub use format::{Rounding, ascii};
pub use knob::{Knob, KnobInfo, KnobScale, RelaxDirection, Unlimited};
pub use limit::{Limit, LimitInfo, LimitSide};
pub use metric::{Metric, MetricInfo};
pub(crate) use parse::in_base_units;
pub use unit::{Dimension, Unit};
