//! What a design costs on a profile: latency by stage, energy, memory, frame rate, and why it does not fit.
//!
//! Pure. The way of a cost: a [`NetworkCosts`] holds what no knob changes (cycles, bytes and joules before and behind every
//! boundary, counted by the named rules of `mapping` and `network::memory`); [`Knobs`] hold what the user moves;
//! [`evaluate`] and [`sweep`] join them by the equations of [`SystemRates`], in tens of nanoseconds and without allocation.
//! Sentences for people ([`reasons`]) are made only for what is shown.
//!
//! The system: V sensors work at the same time, each up to the split; their tensors cross dedicated links or one bus; the
//! aggregator recovers each, runs the blocks up to the fusion once per view, fuses, and runs the rest once. Latency is that
//! of a single frame; frames per second are pipelined, one stage per frame.
//!
//! Invariants: activations and weights are int8; energy adds up over the parts; more bandwidth never costs latency; more
//! sensors never cost the aggregator less.

mod batch;
mod deadlines;
mod demand;
mod evaluate;
mod fix;
mod frame_demand;
mod fusion;
mod knobs;
mod layer;
mod line;
pub mod mapping;
mod misses;
mod network_costs;
mod patching;
mod reason;
mod report;
mod sensitivity;
mod smallest;
mod space_costs;
#[cfg(test)]
mod tests;

pub use batch::{DemandBatch, Rows};
pub use deadlines::DEADLINES;
pub(crate) use demand::CycleEnergy;
pub use demand::{Aggregation, PeakLocation, ProcessorWork, SplitDemand};
pub use evaluate::{Evaluation, LatencyBreakdown, SystemRates, Violations, best_split, evaluate, sweep};
pub use fix::{KnobChange, Shortfall, joint_fix, shortfall_list, single_fixes, why_none};
pub use frame_demand::FrameDemand;
pub use fusion::{FusionReport, fusion_report};
pub use knobs::{Cameras, Held, Knobs, System};
pub use layer::{Bound, CostError, LayerCost, check_names, layer_costs, streams};
pub use line::{Course, Line, Lines};
pub use misses::Misses;
pub use network_costs::{NetworkCosts, TransmitConfig};
pub use reason::{PeakMoment, Reason, ReasonSite, Stage, peak, reasons};
pub use report::{Counting, LayerFigures, LayerReport, LayerReportRow, ReportError, report_network, report_rows};
pub use sensitivity::{Swing, SwingEnd, break_even_bandwidth, tornado};
pub use smallest::{SmallestError, smallest_demands};
pub use space_costs::SpaceCostTable;
pub(crate) use space_costs::graph::{GraphEdge, GraphNode, SpaceGraph};
