//! Rows of the table.

use std::collections::HashSet;
use std::ops::Range;

use crate::cost::Evaluation;
use crate::explore::candidate::{CandidateDesign, CandidateId};
use crate::explore::column::Column;
use crate::explore::leaks::ShownLeak;
use crate::explore::measurements::ShownAccuracy;
use crate::explore::session::Session;
use crate::explore::setup::letter;
use crate::network::BoundaryId;
use crate::record::Precision;
use crate::space::Design;

/// One row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TableRow<'a> {
    /// The candidate's number.
    pub id: CandidateId,
    /// The candidate: genome, multiply-accumulates, weights.
    pub candidate: &'a CandidateDesign,
    /// Letter of the first pin that is the design shown.
    pub pin: Option<char>,
    /// The note on it.
    pub note: Option<&'a str>,
    /// `true` for the selected candidate.
    pub selected: bool,
    /// `true` if it is shown as overridden or as it was pinned rather than at its best split.
    pub overridden: bool,
    /// Accuracy at the split shown.
    pub accuracy: ShownAccuracy,
    /// Leak at the split shown; NaN if it was not measured with the current number of sensors.
    pub leak: f64,
    /// Precision that the leak was measured in.
    pub leak_precision: Option<Precision>,
    /// Cost of the split shown.
    pub evaluation: Evaluation,
    /// Boundary of the split.
    pub split: BoundaryId,
    /// Name of that boundary.
    pub split_name: &'a str,
    /// Boundary of the fusion.
    pub fusion: BoundaryId,
    /// Name of that boundary.
    pub fusion_name: &'a str,
    /// Compression ratio; 1 where nothing is compressed.
    pub ratio: u8,
    /// Link bits.
    pub bits: u8,
    /// Accuracy that it is ranked by minus that of the baseline, if both are known with the current number of sensors.
    pub accuracy_delta: Option<f64>,
    /// `true` if one of those accuracies was not measured.
    pub delta_estimated: bool,
    /// Latency minus that of the baseline in seconds.
    pub latency_delta_s: f64,
}

impl TableRow<'_> {
    /// The figure of a column in base units as it is shown; NaN if it is unknown or none.
    pub fn figure(&self, column: Column) -> f64 {
        let cost = &self.evaluation;
        match column {
            Column::Accuracy => self.accuracy.value().unwrap_or(f64::NAN),
            Column::Latency => cost.latency.total_s(),
            Column::Energy => cost.energy_j,
            Column::Memory => cost.sensor_peak_bytes as f64,
            Column::Link => cost.link_bytes as f64,
            Column::FrameRate => cost.fps,
            Column::Macs => self.candidate.macs as f64,
            Column::Leak => self.leak,
            _ => f64::NAN,
        }
    }
}

/// Numbers of different designs among all candidates at their best splits: candidates that are one design count once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DesignCounts {
    /// All of them.
    pub designs: usize,
    /// Those that meet all limits.
    pub feasible: usize,
    /// Those of these that were measured with the current number of sensors.
    pub measured: usize,
}

impl Session {
    /// Counts the different designs that were looked at, whatever the filter.
    pub fn design_counts(&self) -> DesignCounts {
        let mut counts = DesignCounts::default();
        for row in self.different_designs(self.ranking()).filter_map(|(id, _)| self.row(id)) {
            let feasible = row.evaluation.feasible();
            counts.designs += 1;
            counts.feasible += usize::from(feasible);
            counts.measured += usize::from(feasible && row.accuracy.measured().is_some());
        }
        counts
    }

    /// Candidates with their designs at their best splits, each design once.
    pub fn different_designs(&self, ids: &[CandidateId]) -> impl Iterator<Item = (CandidateId, Design)> {
        let mut seen = HashSet::new();
        ids.iter().filter_map(move |&id| {
            let design = self.best_design(id)?;
            seen.insert(design.clone()).then_some((id, design))
        })
    }

    /// Figures of a design's leak, if it was measured with the current number of sensors.
    pub fn leak(&self, design: &Design) -> Option<&ShownLeak> {
        self.catalogue().leaks().shown(self.space(), design, self.knobs().sensors)
    }

    /// Rows of the table, from the first one shown to the last one shown: designs at their best splits, the selected
    /// one as overridden.
    pub fn rows(&self, range: Range<usize>) -> impl Iterator<Item = TableRow<'_>> {
        let end = range.end.min(self.order().len());
        let baseline = self.baseline().and_then(|id| self.row(id));
        self.order()[range.start.min(end)..end].iter().filter_map(move |&id| {
            let row = self.overridden_row(id).or_else(|| self.row(id))?;
            let Some(baseline) = &baseline else { return Some(row) };
            let accuracies = row.accuracy.ranked_by().zip(baseline.accuracy.ranked_by());
            let accuracy_delta = accuracies.map(|(own, other)| own - other);
            let both_measured = row.accuracy.measured().is_some() && baseline.accuracy.measured().is_some();
            let latency_delta_s = row.evaluation.latency.total_s() - baseline.evaluation.latency.total_s();
            Some(TableRow { accuracy_delta, delta_estimated: !both_measured, latency_delta_s, ..row })
        })
    }

    /// Candidate that others are compared with: the baseline of the setup, else the first of the ranking.
    pub fn baseline(&self) -> Option<CandidateId> {
        self.setup().baseline().or(self.first_ranked())
    }

    /// A candidate at its best split as a row, compared with nothing.
    pub fn row(&self, id: CandidateId) -> Option<TableRow<'_>> {
        self.row_at(id, self.best_split(id)?)
    }

    /// Pinned designs in order, as rows that are compared with nothing.
    pub fn pinned_rows(&self) -> impl Iterator<Item = TableRow<'_>> {
        self.setup().pins().iter().enumerate().filter_map(|(place, pin)| {
            let row = self.row_at(pin.candidate, pin.split.or_else(|| self.best_split(pin.candidate))?)?;
            Some(TableRow { pin: letter(place), ..row })
        })
    }

    /// A candidate at one of its splits as a row.
    fn row_at(&self, id: CandidateId, split: BoundaryId) -> Option<TableRow<'_>> {
        let (catalogue, candidate) = (self.catalogue(), self.catalogue().get(id)?);
        let entry = catalogue.pool().split_at(id, split)?;
        let shares = catalogue.measured(entry..entry + 1).at(0);
        let transmit = catalogue.effective_transmit(id, split);
        let leak = shares.leak;
        let mut leak_precision = None;
        if !leak.is_nan() {
            leak_precision = self.leak(&catalogue.design(id, split)?).map(|leak| leak.precision);
        }
        let mut accuracy = ShownAccuracy::None;
        if !self.catalogue().measurements().is_empty() || !shares.accuracy.is_nan() {
            accuracy = self.accuracy(&self.catalogue().design(id, split)?);
        }
        Some(TableRow {
            id,
            candidate,
            pin: self.pin_letter_at(id, split),
            note: self.setup().notes().get(id),
            selected: self.selected() == Some(id),
            overridden: false,
            accuracy,
            leak,
            leak_precision,
            evaluation: self.evaluator().evaluate_frame(&catalogue.batch().frame(entry), shares),
            split,
            split_name: self.space().boundary_name(split),
            fusion: transmit.fusion,
            fusion_name: self.space().boundary_name(transmit.fusion),
            ratio: transmit.ratio,
            bits: transmit.bits,
            accuracy_delta: None,
            delta_estimated: false,
            latency_delta_s: 0.0,
        })
    }

    /// The row of the selected candidate as overridden; `None` if it is not.
    pub(super) fn overridden_row(&self, id: CandidateId) -> Option<TableRow<'_>> {
        if self.selected() != Some(id) || !self.is_overridden() {
            return None;
        }
        let (row, inspected) = (self.row(id)?, self.inspected()?);
        let design = self.inspected_design(&inspected);
        let leak = self.leak(&design);
        Some(TableRow {
            overridden: true,
            pin: self.selected_pin().and_then(letter),
            accuracy: self.accuracy(&design),
            leak: leak.map_or(f64::NAN, |leak| leak.figures.leak),
            leak_precision: leak.map(|leak| leak.precision),
            evaluation: self.inspected_evaluation(&inspected),
            split: design.split,
            split_name: self.space().boundary_name(design.split),
            fusion: design.fusion,
            fusion_name: self.space().boundary_name(design.fusion),
            ratio: design.ratio,
            bits: design.bits,
            ..row
        })
    }
}
