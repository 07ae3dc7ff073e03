//! The network of the selected design: every boundary, whether it could be split there, and at what cost.

use crate::cost::{Cause, Constraint, DesignReport, Evaluation, FrameStage, MeasuredShares};
use crate::explore::candidate::CandidateId;
use crate::explore::inspected::Inspected;
use crate::explore::measurements::ShownAccuracy;
use crate::explore::session::Session;
use crate::network::{BoundaryId, Shape};
use crate::quantity::{Limit, Metric, number};
use crate::space::Design;

/// Feasibility of a boundary as a split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SplitState {
    /// The space allows no split here.
    Closed,
    /// A split here meets all limits.
    Feasible,
    /// A split here breaks limits: the first of them in a word, `mem`, `link`, `lat`.
    Barred(&'static str),
}

/// One boundary.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NetworkBoundary<'a> {
    /// The boundary.
    pub boundary: BoundaryId,
    /// Its name: that of the block before it.
    pub name: &'a str,
    /// The tensor that crosses it, for one view.
    pub shape: Shape,
    /// Multiply-accumulates of the block before it.
    pub macs: u64,
    /// Feasibility of a split here.
    pub state: SplitState,
    /// Cost of a split here, judged by what is known of it too.
    pub evaluation: Evaluation,
    /// Bytes that cross, for one view, before compression.
    pub tensor_bytes: u64,
}

/// The selected design along its network.
#[derive(Debug, Clone, PartialEq)]
pub struct DesignStrip<'a> {
    /// The candidate.
    pub candidate: CandidateId,
    /// The design shown.
    pub design: Design,
    /// All boundaries of its network, the raw input first, the logits last.
    pub places: Vec<NetworkBoundary<'a>>,
    /// Index of the split shown.
    pub split: usize,
    /// Index of the best split.
    pub best: usize,
    /// Index of the boundary at which the views become one.
    pub fusion: usize,
    /// `true` if split or transmit configuration are overridden, or as they were pinned.
    pub overridden: bool,
    /// Accuracy of the design shown.
    pub accuracy: ShownAccuracy,
}

impl DesignStrip<'_> {
    /// The place of the split shown.
    pub fn here(&self) -> &NetworkBoundary<'_> {
        &self.places[self.split]
    }
}

impl Session {
    /// The selected design along its network; `None` if the pool is empty.
    pub fn strip(&self) -> Option<DesignStrip<'_>> {
        let inspected = self.inspected()?;
        let network = self.network()?;
        let evaluator = self.evaluator();
        let mut before = 0;
        let places: Vec<NetworkBoundary> = network
            .boundaries
            .iter()
            .zip(inspected.demands)
            .zip(&inspected.measured)
            .map(|((boundary, demand), &measured)| {
                let evaluation = evaluator.evaluate(demand, measured);
                let state = match evaluation.violations.iter().next() {
                    _ if !evaluator.allows(demand) => SplitState::Closed,
                    None => SplitState::Feasible,
                    Some(limit) => SplitState::Barred(word(limit, &evaluation)),
                };
                let macs = network.layers[before..boundary.layers].iter().map(|layer| layer.macs).sum();
                before = boundary.layers;
                NetworkBoundary {
                    boundary: boundary.id,
                    name: &boundary.name,
                    shape: boundary.shape,
                    macs,
                    state,
                    evaluation,
                    tensor_bytes: network.crossing(boundary).map(Shape::elements).sum(),
                }
            })
            .collect();
        let design = self.inspected_design(&inspected);
        let fusion = network.position(design.fusion).unwrap_or(places.len().saturating_sub(1));
        Some(DesignStrip {
            candidate: inspected.id,
            accuracy: self.accuracy(&design),
            design,
            places,
            split: inspected.shown,
            best: usize::from(inspected.best.split_index),
            fusion,
            overridden: self.is_overridden(),
        })
    }

    /// Every split of the selected design, sent as it is shown, with reasons and fixes; `None` if there is no design.
    pub fn design_report(&self) -> Option<DesignReport> {
        let Inspected { candidate, transmit, demands, measured, .. } = self.inspected()?;
        let model = self.catalogue().model().ok()?;
        let known = |split| {
            let index = demands.iter().position(|demand| demand.boundary == split);
            index.map_or(MeasuredShares::UNKNOWN, |index| measured[index])
        };
        let mut report = DesignReport::judged(model, &candidate.genome, transmit, *self.knobs(), known).ok()?;
        for split in &mut report.splits {
            let design = self.catalogue().design_of(&candidate.genome, transmit, split.demand.boundary);
            self.mark_estimates(&mut split.reasons, &design);
        }
        Some(report)
    }

    /// Design as TOML, with its cost under the current knobs as a comment.
    pub fn design_toml(&self, design: &Design) -> String {
        let name = |id| self.space().boundary_name(id);
        let cost = self.strip().map(|strip| strip.here().evaluation).map_or_else(String::new, |cost| {
            format!(
                "# {} and {} a frame with {} on {}\n",
                Metric::Latency.format(cost.latency.total_s()),
                Metric::Energy.format(cost.energy_j),
                number::counted(self.knobs().sensors.into(), "sensor"),
                self.profile().name
            )
        });
        let noted = self.selected().and_then(|id| self.setup().notes().get(id));
        let note = noted.map_or_else(String::new, |text| format!("# note: {text}\n"));
        format!(
            "{cost}{note}[design]\nspace = \"{}\"\ngenome = \"{}\"\nsplit = \"{}\"\nfusion = \"{}\"\nratio = {}\nbits = {}\n",
            self.space().name,
            self.space().print(&design.genome),
            name(design.split),
            name(design.fusion),
            design.ratio,
            design.bits
        )
    }
}

/// A broken limit in a word: the link, if it takes most of the time that breaks it, else the limit.
pub(in crate::explore) fn word(limit: Limit, evaluation: &Evaluation) -> &'static str {
    let by_time = Constraint::of(limit).is_some_and(|constraint| constraint.cause == Cause::SlowestStage);
    if by_time && FrameStage::slowest(&evaluation.latency).0 == FrameStage::Link {
        return "link";
    }
    limit.info().tag
}
