//! The rows: the ranking without repetitions, filtered and sorted.

use super::candidate::{Candidate, CandidateId, Tag, effective};
use super::column::{Column, Sort};
use super::filter::{Fact, Subject};
use super::session::Session;
use crate::cost::{FrameDemand, TransmitConfig};
use crate::network::BoundaryId;

impl Session {
    /// Fills in the rows.
    pub(super) fn arrange(&mut self) {
        let mut rows = std::mem::take(&mut self.known.rows);
        rows.clear();
        self.fold(&mut rows);
        if !self.setup.filter().is_empty() {
            rows.retain(|&id| self.passes(id));
        }
        let Sort { column, reversed } = self.setup.sort();
        if column != Column::Rank {
            self.sort(&mut rows, column, column.descends() != reversed);
        } else if reversed {
            let feasible = rows.partition_point(|&id| self.known.ranking.feasible(id));
            rows[..feasible].reverse();
            rows[feasible..].reverse();
        }
        self.known.rows = rows;
        self.known.points.clear();
    }

    /// The ranking, where candidates that are one design at their present splits stand once. They have one key, so they
    /// follow each other. What the user marked stands for the others.
    fn fold(&self, rows: &mut Vec<CandidateId>) {
        let kept = self.selection.kept();
        let marked =
            |id: CandidateId| self.setup.is_pinned(id) || kept == Some(id) || self.setup.baseline() == Some(id);
        // What stands in the rows with the present key.
        let mut tags: Vec<Tag> = Vec::new();
        for keys in self.known.ranking.keys().iter().flat_map(|keys| keys.chunk_by(|one, other| one.ties_with(*other)))
        {
            if let [key] = keys {
                rows.push(key.id());
                continue;
            }
            tags.clear();
            for id in keys.iter().map(|key| key.id()) {
                let tag = self.pool.tag(&self.space, id, self.known.ranking.demand(id).expect("it was ranked"));
                let twin = tags.iter().position(|other| *other == tag).map(|at| rows.len() - tags.len() + at);
                match twin {
                    Some(twin) if marked(id) && !marked(rows[twin]) => rows[twin] = id,
                    Some(_) if !marked(id) => {}
                    _ => {
                        rows.push(id);
                        tags.push(tag);
                    }
                }
            }
        }
    }

    /// Sorts rows by a column, those that meet all limits first, unknown figures last. Ties keep their order.
    fn sort(&self, rows: &mut Vec<CandidateId>, column: Column, descends: bool) {
        let key = |&id: &CandidateId| {
            let figure = self.figure(id, column);
            let key = if descends { -figure } else { figure };
            (!self.known.ranking.feasible(id), key.is_nan(), key, id)
        };
        let mut keyed: Vec<(bool, bool, f64, CandidateId)> = rows.iter().map(key).collect();
        keyed.sort_by(|one, other| (one.0, one.1).cmp(&(other.0, other.1)).then(one.2.total_cmp(&other.2)));
        rows.clear();
        rows.extend(keyed.iter().map(|(.., id)| *id));
    }

    fn passes(&self, id: CandidateId) -> bool {
        let holds = |fact| match fact {
            Fact::Fits => self.known.ranking.feasible(id),
            Fact::Measured => !self.best_accuracy(id).is_nan(),
            Fact::Pinned => self.setup.is_pinned(id),
            Fact::Front => self.known.ranking.is_on_front(id),
        };
        self.setup.filter().passes(&Subject { value: &|column| self.figure(id, column), holds: &holds })
    }

    /// Figure of a column in base units for a candidate at its best split; NaN if unknown. The rank itself has none.
    #[inline]
    pub fn figure(&self, id: CandidateId, column: Column) -> f64 {
        let Some(demand) = self.known.ranking.demand(id) else { return f64::NAN };
        // Made only for the figures that need them: some figures are asked of all designs at every change of a knob.
        let evaluation = || self.known.rates.evaluate_frame(&self.best_frame(id));
        let split = || self.pool.boundaries(id)[usize::from(demand)];
        let transmit = || self.effective(&self.pool.candidates()[id as usize], split());
        match column {
            Column::Rank => f64::NAN,
            Column::Id => f64::from(id),
            Column::Accuracy => self.best_accuracy(id),
            Column::Latency => self.known.ranking.seconds(id),
            Column::Energy => evaluation().energy_j,
            Column::Memory => self.best_frame(id).peak_bytes,
            Column::Link => self.best_frame(id).link_bytes,
            Column::FrameRate => evaluation().fps,
            Column::Split => f64::from(split()),
            Column::Fusion => f64::from(transmit().fusion),
            Column::Ratio => f64::from(transmit().ratio),
            Column::Bits => f64::from(transmit().bits),
            Column::Macs => self.pool.macs(id) as f64,
        }
    }

    /// Where a candidate is split best.
    pub fn best_split(&self, id: CandidateId) -> Option<BoundaryId> {
        self.pool.boundaries(id).get(usize::from(self.best_split_index(id)?)).copied()
    }

    /// Index of a candidate's best split among its splits.
    pub(super) fn best_split_index(&self, id: CandidateId) -> Option<u16> {
        self.known.ranking.demand(id)
    }

    /// Position of that split of a candidate that was ranked among the splits of all.
    fn best_cell(&self, id: CandidateId) -> usize {
        self.pool.range(id).start + usize::from(self.known.ranking.demand(id).expect("it was ranked"))
    }

    /// What the knobs act on at the best split of a candidate that was ranked.
    pub(super) fn best_frame(&self, id: CandidateId) -> FrameDemand {
        self.pool.batch().frame(self.best_cell(id))
    }

    /// Accuracy at the best split of a candidate that was ranked; NaN if it was not measured with the present number of
    /// sensors.
    pub(super) fn best_accuracy(&self, id: CandidateId) -> f64 {
        self.measurements.at(self.best_cell(id))
    }

    /// How a candidate sends when it is split there.
    pub(super) fn effective(&self, candidate: &Candidate, split: BoundaryId) -> TransmitConfig {
        effective(&self.space, || &candidate.genome, candidate.transmit, split)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::session;
    use super::*;

    #[test]
    fn what_is_sent_is_what_the_design_says() {
        let mut session = session(40);
        for late_only in [false, true] {
            if late_only {
                // Without fusion at most boundaries, designs fuse later than they are split.
                session.space.fusion.at.retain(|&id| id == 1 || id > 6);
            }
            for (id, candidate) in session.pool().candidates().iter().enumerate() {
                for demand in session.pool().demands(id as CandidateId) {
                    let design = session.pool().design(&session.space, id as CandidateId, demand.boundary).unwrap();
                    let fuses = session.space.fusion.at.contains(&candidate.transmit.fusion);
                    if fuses {
                        assert_eq!(session.effective(candidate, demand.boundary), TransmitConfig::from(&design));
                    }
                }
            }
        }
    }
}
