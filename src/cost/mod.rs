//! What a design costs on a profile: latency by stage, energy, memory, frame rate, and why it does not fit.
//!
//! Pure. The way of a cost: a [`CostTable`] holds what no knob changes (cycles, bytes and joules before and behind every
//! boundary, counted by the named rules of `mapping` and `network::memory`); [`Knobs`] hold what the user moves;
//! [`evaluate`] and [`sweep`] join them by the equations of [`Rates`], in tens of nanoseconds and without allocation.
//! Sentences for people ([`reasons`]) are made only for what is shown.
//!
//! The system: V sensors work at the same time, each up to the split; their tensors cross dedicated links or one bus; the
//! aggregator recovers each, runs the blocks up to the fusion once per view, fuses, and runs the rest once. Latency is that
//! of a single frame; frames per second are pipelined, one stage per frame.
//!
//! Invariants: activations and weights are int8; energy adds up over the parts; more bandwidth never costs latency; more
//! sensors never cost the aggregator less.

mod columns;
mod cut;
mod deadlines;
mod evaluate;
mod fix;
mod fusing;
mod knob;
mod knobs;
mod layer;
mod line;
mod load;
pub mod mapping;
mod misses;
mod patching;
mod reason;
mod report;
mod sensitivity;
pub mod show;
mod smallest;
mod space_table;
mod table;
#[cfg(test)]
mod tests;

pub use columns::{Columns, Rows};
pub(crate) use cut::Spend;
pub use cut::{Aggregation, Cut, PeakAt, Work};
pub use deadlines::DEADLINES;
pub use evaluate::{Breakdown, Evaluation, Limit, Rates, Violations, best_cut, evaluate, sweep};
pub use fix::{Change, Shortfall, joint_fix, shortfall_list, single_fixes, why_none};
pub use fusing::{FusionLine, fusion_line};
pub use knob::{Knob, KnobError};
pub use knobs::{Cameras, Held, Knobs, System};
pub use layer::{Bound, CostError, LayerCost, check_names, layer_costs, streams};
pub use line::{Course, Line, Lines};
pub use load::Load;
pub use misses::Misses;
pub use reason::{At, During, Reason, Stage, peak, reasons};
pub use report::{Counting, Figures, LayerLine, LayerReport, ReportError, report_network, report_rows};
pub use sensitivity::{End, Swing, break_even_bandwidth, tornado};
pub use smallest::{SmallestError, smallest_cuts};
pub use space_table::SpaceTable;
pub(crate) use space_table::graph::{Edge, Graph, Node};
pub use table::{CostTable, Sending};
