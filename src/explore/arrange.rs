//! The rows: the ranking without repetitions, filtered and sorted.

use super::candidate::{Candidate, CandidateId, effective};
use super::column::{Column, Sort};
use super::filter::{Fact, Subject};
use super::rank::{Key, Standing};
use super::session::Session;
use crate::cost::Sending;
use crate::network::BoundaryId;

impl Session {
    /// Fills in the rows.
    pub(super) fn arrange(&mut self) {
        let known = |standing: &Standing| standing.accuracy().is_some();
        self.known.accuracies = !self.measurements.is_empty() && self.known.standings.iter().any(known);
        let mut rows = std::mem::take(&mut self.known.rows);
        rows.clear();
        self.fold(&mut rows);
        if !self.setup.filter.is_empty() {
            rows.retain(|&id| self.passes(id));
        }
        let Sort { column, reversed } = self.setup.sort;
        if column != Column::Rank {
            self.sort(&mut rows, column, column.descends() != reversed);
        } else if reversed {
            let feasible = rows.partition_point(|&id| self.known.standings[id as usize].feasible());
            rows[..feasible].reverse();
            rows[feasible..].reverse();
        }
        self.known.rows = rows;
        self.known.forget_points();
    }

    /// The ranking, where candidates that are one design at their present splits stand once. They have one key, so they
    /// follow each other. What the user marked stands for the others.
    fn fold(&self, rows: &mut Vec<CandidateId>) {
        let chosen = self.selected.filter(|_| !self.at_top);
        let marked = |id: CandidateId| self.is_pinned(id) || chosen == Some(id) || self.setup.baseline == Some(id);
        for keys in self.known.ranking.keys() {
            let mut run = rows.len();
            let mut last: Option<Key> = None;
            for &key in keys {
                let id = key.id();
                if !last.replace(key).is_some_and(|last| last.ties_with(key)) {
                    run = rows.len();
                }
                match rows[run..].iter_mut().find(|row| self.known.ranking.are_one(**row, id)) {
                    Some(row) if marked(id) && !marked(*row) => *row = id,
                    Some(_) if !marked(id) => {}
                    _ => rows.push(id),
                }
            }
        }
    }

    /// Sorts rows by a column, those that meet all limits first, unknown figures last. Ties keep their order.
    fn sort(&self, rows: &mut Vec<CandidateId>, column: Column, descends: bool) {
        let key = |&id: &CandidateId| {
            let figure = self.figure(id, column);
            let key = if descends { -figure } else { figure };
            (!self.known.standings[id as usize].feasible(), key.is_nan(), key, id)
        };
        let mut keyed: Vec<(bool, bool, f64, CandidateId)> = rows.iter().map(key).collect();
        keyed.sort_by(|one, other| (one.0, one.1).cmp(&(other.0, other.1)).then(one.2.total_cmp(&other.2)));
        rows.clear();
        rows.extend(keyed.iter().map(|(.., id)| *id));
    }

    fn passes(&self, id: CandidateId) -> bool {
        let standing = &self.known.standings[id as usize];
        let holds = |fact| match fact {
            Fact::Fits => standing.feasible(),
            Fact::Measured => standing.accuracy().is_some(),
            Fact::Pinned => self.is_pinned(id),
            Fact::Front => self.known.ranking.is_on_front(id),
        };
        self.setup.filter.passes(&Subject { value: &|column| self.figure(id, column), holds: &holds })
    }

    fn is_pinned(&self, id: CandidateId) -> bool {
        self.setup.pins.iter().any(|pin| pin.candidate == id)
    }

    /// Figure of a column in base units for a candidate at its best split; NaN if unknown. The rank itself has none.
    pub fn figure(&self, id: CandidateId, column: Column) -> f64 {
        let (Some(standing), Some(candidate)) = (self.standing(id), self.pool.get(id)) else { return f64::NAN };
        let evaluation = &standing.evaluation;
        let split = || self.best_split(id).unwrap_or(0);
        let sending = || self.effective(candidate, split());
        match column {
            Column::Rank => f64::NAN,
            Column::Id => f64::from(id),
            Column::Accuracy => standing.accuracy().unwrap_or(f64::NAN),
            Column::Latency => evaluation.latency.total_s(),
            Column::Energy => evaluation.energy_j,
            Column::Memory => evaluation.sensor_peak_bytes as f64,
            Column::Link => evaluation.link_bytes as f64,
            Column::FrameRate => evaluation.fps,
            Column::Split => f64::from(split()),
            Column::Fusion => f64::from(sending().fusion),
            Column::Ratio => f64::from(sending().ratio),
            Column::Bits => f64::from(sending().bits),
            Column::Macs => self.pool.macs(id) as f64,
        }
    }

    /// Where a candidate is split best.
    pub fn best_split(&self, id: CandidateId) -> Option<BoundaryId> {
        let standing = self.standing(id)?;
        self.pool.boundaries(id).get(usize::from(standing.cut)).copied()
    }

    /// How a candidate sends when it is split there.
    pub(super) fn effective(&self, candidate: &Candidate, split: BoundaryId) -> Sending {
        effective(&self.space, &candidate.genome, candidate.sending, split)
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
                for cut in session.pool().cuts(id as CandidateId) {
                    let design = session.pool().design(&session.space, id as CandidateId, cut.boundary).unwrap();
                    let fuses = session.space.fusion.at.contains(&candidate.sending.fusion);
                    if fuses {
                        assert_eq!(session.effective(candidate, cut.boundary), Sending::from(&design));
                    }
                }
            }
        }
    }
}
