//! The rows: the ranking without repeated designs, filtered and sorted.

use std::cell::OnceCell;
use std::cmp::Ordering;

use super::Derived;
use crate::explore::candidate::CandidateId;
use crate::explore::catalogue::Catalogue;
use crate::explore::column::{Column, Sort};
use crate::explore::filter::{Fact, FilterRow};
use crate::explore::setup::Setup;

/// Sort key of a row.
struct SortKey {
    infeasible: bool,
    /// The figure, negative where the largest comes first; NaN if unknown.
    figure: f64,
    id: CandidateId,
}

impl SortKey {
    /// Feasible rows first, unknown figures last among them.
    fn compare(&self, other: &Self) -> Ordering {
        let (own, others) = ((self.infeasible, self.figure.is_nan()), (other.infeasible, other.figure.is_nan()));
        own.cmp(&others).then(self.figure.total_cmp(&other.figure))
    }
}

impl Derived {
    /// Fills in the rows. Of candidates that are one design, the `kept` one is shown.
    pub(in crate::explore) fn arrange(&mut self, catalogue: &Catalogue, setup: &Setup, kept: Option<CandidateId>) {
        let mut rows = std::mem::take(&mut self.rows);
        rows.clear();
        self.merge_repeated(&mut rows, catalogue, setup, kept);
        if !setup.filter().is_empty() {
            rows.retain(|&id| self.passes(catalogue, setup, id));
        }
        self.sort(&mut rows, catalogue, setup.sort());
        self.rows = rows;
        self.points.clear();
        self.unmeasured = OnceCell::new();
    }

    /// Appends the ranking, where candidates that are one design at their best splits appear once. They have equal
    /// keys, so they follow each other. Marked candidates (pinned, noted, kept, the baseline) represent the others.
    fn merge_repeated(
        &self,
        rows: &mut Vec<CandidateId>,
        catalogue: &Catalogue,
        setup: &Setup,
        kept: Option<CandidateId>,
    ) {
        let marked = |id: CandidateId| {
            let noted = setup.notes().get(id).is_some();
            setup.is_pinned(id) || noted || kept == Some(id) || setup.baseline() == Some(id)
        };
        let groups = self.ranking.groups();
        let marked_groups: Vec<usize> = (setup.pins().iter().map(|pin| pin.candidate))
            .chain(setup.notes().iter().map(|(id, _)| id))
            .chain(kept)
            .chain(setup.baseline())
            .filter_map(|id| groups.of(id))
            .collect();
        let is_marked_group = |id| groups.of(id).is_some_and(|group| marked_groups.contains(&group));
        // Designs of the last rows, which have the rank of the moment, and their candidates.
        let (mut designs, mut candidates): (Vec<u32>, Vec<CandidateId>) = (Vec::new(), Vec::new());
        for tied in self.ranking.keys().iter().flat_map(|keys| keys.chunk_by(|one, other| one.ties_with(*other))) {
            if let [key] = tied
                && (marked_groups.is_empty() || !is_marked_group(key.id()))
            {
                rows.push(key.id());
                continue;
            }
            designs.clear();
            candidates.clear();
            for id in tied.iter().map(|key| key.id()) {
                // Of candidates that are one design, those that are marked matter besides the first.
                match self.ranking.fitting_group(id) {
                    Some(group) if is_marked_group(id) => candidates.extend_from_slice(groups.members(group)),
                    _ => candidates.push(id),
                }
            }
            candidates.sort_unstable();
            for &id in &candidates {
                let design = catalogue.pool().first_alike(self.best_index(catalogue, id));
                let first = rows.len() - designs.len();
                match designs.iter().position(|other| *other == design) {
                    Some(at) if marked(id) && !marked(rows[first + at]) => rows[first + at] = id,
                    Some(_) if !marked(id) => {}
                    _ => {
                        rows.push(id);
                        designs.push(design);
                    }
                }
            }
        }
    }

    /// Sorts rows that are in the order of the ranking. Feasible rows stay first; ties keep their order.
    fn sort(&self, rows: &mut Vec<CandidateId>, catalogue: &Catalogue, sort: Sort) {
        let Sort { column, reversed } = sort;
        if column == Column::Rank {
            if reversed {
                let feasible = rows.partition_point(|&id| self.ranking.feasible(id));
                rows[..feasible].reverse();
                rows[feasible..].reverse();
            }
            return;
        }
        let descends = column.descends() != reversed;
        let mut keys: Vec<SortKey> = rows
            .iter()
            .map(|&id| {
                let figure = self.figure(catalogue, id, column);
                let figure = if descends { -figure } else { figure };
                SortKey { infeasible: !self.ranking.feasible(id), figure, id }
            })
            .collect();
        keys.sort_by(SortKey::compare);
        rows.clear();
        rows.extend(keys.iter().map(|key| key.id));
    }

    fn passes(&self, catalogue: &Catalogue, setup: &Setup, id: CandidateId) -> bool {
        let value = |column| self.figure(catalogue, id, column);
        let holds = |fact| match fact {
            Fact::Fits => self.ranking.feasible(id),
            Fact::Measured => catalogue.is_measured(self.best_index(catalogue, id)),
            Fact::Pinned => setup.is_pinned(id),
            Fact::Front => self.ranking.is_on_front(id),
            Fact::Noted => setup.notes().get(id).is_some(),
        };
        let tagged = |tag: &str| setup.notes().has_tag(id, tag);
        setup.filter().passes(&FilterRow { value: &value, holds: &holds, tagged: &tagged })
    }
}
