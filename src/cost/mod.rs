//! Cost of a design on a profile: latency by stage, energy, memory, frame rate, and why it does not fit.
//!
//! Pure. [`CostModel`] is the way in: it gives a design's [`SplitDemand`], which holds what no knob changes (cycles,
//! bytes and joules of sensor, link and aggregator, counted by the named rules of [`mapping`] and `network::memory`).
//! [`Knobs`] hold what the user moves; [`SystemRates`] joins both by one formula, in tens of nanoseconds and without
//! allocation, for one split or for a [`DemandBatch`] of many. Sentences for people ([`reasons`]) are made only for
//! what is shown.
//!
//! ```text
//! space x profile -> CostModel -> SplitDemand --+
//!                                               +-> SystemRates -> Evaluation -> reasons, fixes, thresholds
//! profile -> Knobs (moved by the user) ---------+
//! ```
//!
//! The system: V sensors work at the same time, each up to the split; their tensors cross dedicated links or one bus;
//! the aggregator recovers each, runs the blocks up to the fusion once per view, fuses, and runs the rest once. Latency
//! is that of a single frame; frames per second are pipelined, one stage per frame.
//!
//! Invariants: activations and weights are int8; energy adds up over the parts; more bandwidth never costs latency;
//! more sensors never cost the aggregator less.

mod batch;
mod best_split;
mod constraint;
mod cycle_energy;
mod deadlines;
mod demand;
mod design_report;
mod evaluation;
mod fix;
mod fusion;
mod knobs;
mod layer;
mod legality;
pub mod mapping;
mod measured_shares;
mod model;
mod network_costs;
mod paradigm;
mod paradigm_table;
mod patching;
mod rates;
mod reason;
mod report;
mod sensitivity;
mod shortfall;
mod slack;
mod smallest;
mod space_costs;
mod split_demand;
#[cfg(test)]
mod tests;
mod threshold;
mod traffic;
mod violations;

pub(crate) use batch::DemandBound;
pub use batch::{BatchCosts, DemandBatch};
pub use best_split::{SplitChoice, best_split};
pub(crate) use constraint::{Cause, Constraint};
pub(crate) use cycle_energy::CycleEnergy;
pub use deadlines::{DEADLINES, DeadlineError, deadline};
pub use demand::{AggregatorWork, FrameDemand, PeakLocation, ProcessorWork, SplitDemand};
pub use design_report::{DesignReport, SplitReport};
pub use evaluation::{Evaluation, FrameStage, LatencyBreakdown};
pub use fix::{KnobChange, joint_fix, single_fixes};
pub use fusion::{FusionReport, fusion_report};
pub use knobs::{Cameras, Knobs, System};
pub use layer::{Bound, CostError, LayerCost, check_names, layer_costs, streams};
pub(crate) use legality::fewest_unsupported;
pub use legality::{UnsupportedLayer, unsupported_layers};
pub(crate) use measured_shares::MeasuredColumns;
pub use measured_shares::MeasuredShares;
pub use model::{CostModel, DesignCostError};
pub use network_costs::{NetworkCosts, TransmitConfig, evaluate, sweep};
pub use paradigm::{Paradigm, ParadigmFigures, Utilisation, paradigms};
pub use paradigm_table::{Merit, MeritTick, ParadigmCell, ParadigmRow, paradigm_differences, paradigm_rows};
pub use rates::SystemRates;
pub use reason::{PeakMoment, Reason, ReasonSite, reasons};
pub use report::{Counting, LayerFigures, LayerReport, LayerReportRow, ReportError, report_rows};
pub use sensitivity::{KnobSwing, SwingEnd, break_even_bandwidth, tornado};
pub use shortfall::{Shortfall, shortfall_list, why_none};
pub(crate) use slack::tightest_limit;
pub use smallest::smallest_demands;
pub use space_costs::SpaceCostTable;
pub(crate) use space_costs::graph::{GraphEdge, GraphNode, SpaceGraph};
pub(crate) use threshold::{EasiestThresholds, ThresholdSolver, Thresholds, max_feasible_sensors, rates_by_sensors};
pub use traffic::Traffic;
pub use violations::Violations;
