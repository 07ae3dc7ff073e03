//! The selected candidate, or the selected pin.
//!
//! Invariants: a candidate is selected if there is any; one that was selected in the top row follows the top row, any
//! other selection stays with its candidate. A selected pin is one of the selected candidate.

use super::candidate::CandidateId;
use super::command::Move;
use super::setup::Pinned;

/// The selected candidate and its row.
#[derive(Debug, Clone)]
pub(super) struct Selection {
    candidate: Option<CandidateId>,
    /// The pin that was selected: its candidate is looked at as it was pinned.
    pin: Option<Pinned>,
    follows_top: bool,
    /// Row of the candidate, or its last row before it was filtered out.
    row: usize,
}

impl Selection {
    /// The selection of a new session, in the top row.
    pub(super) const fn at_top() -> Self {
        Self { candidate: None, pin: None, follows_top: true, row: 0 }
    }

    /// The selected pin; `None` if a candidate was selected by itself.
    pub(super) const fn pin(&self) -> Option<Pinned> {
        self.pin
    }

    /// Selects a pinned design, which may be filtered out, and stays with it.
    pub(super) fn select_pin(&mut self, pin: Pinned, rows: &[CandidateId]) {
        self.select(pin.candidate, rows);
        (self.pin, self.follows_top) = (Some(pin), false);
    }

    /// Looks at the selected candidate by itself.
    pub(super) const fn leave_pin(&mut self) {
        self.pin = None;
    }

    /// The selected candidate; `None` only if there is none.
    pub(super) const fn candidate(&self) -> Option<CandidateId> {
        self.candidate
    }

    /// The selected candidate if the selection stays with it, whichever row it moves to.
    pub(super) fn kept(&self) -> Option<CandidateId> {
        if self.follows_top { None } else { self.candidate }
    }

    /// Row of the candidate, or its last row before it was filtered out.
    pub(super) const fn row(&self) -> usize {
        self.row
    }

    /// Selects a row.
    pub(super) fn select_row(&mut self, to: Move, rows: &[CandidateId]) {
        if rows.is_empty() {
            return;
        }
        let visible = self.candidate.is_some_and(|id| rows.contains(&id));
        let row = match to {
            // A candidate that is filtered out left its row to the next one.
            Move::By(steps) if steps > 0 && !visible => Move::By(steps - 1).apply(self.row, rows.len()),
            to => to.apply(self.row, rows.len()),
        };
        (self.candidate, self.pin) = (Some(rows[row]), None);
        self.follows_top = row == 0;
        self.row = row;
    }

    /// Selects a candidate, which may be filtered out.
    pub(super) fn select(&mut self, id: CandidateId, rows: &[CandidateId]) {
        (self.candidate, self.pin) = (Some(id), None);
        self.follows_top = rows.first() == Some(&id);
        self.follow_rows(rows, Some(id));
    }

    /// Selects a candidate, and stays with it also if it is in the top row.
    pub(super) const fn restore(&mut self, id: CandidateId) {
        (self.candidate, self.pin) = (Some(id), None);
        self.follows_top = false;
    }

    /// Stays with the selected candidate also if it is in the top row.
    pub(super) const fn stay(&mut self) {
        self.follows_top = false;
    }

    /// Follows the top row if the candidate is in it.
    pub(super) fn follow_top_if_there(&mut self, rows: &[CandidateId]) {
        let is_top = self.candidate.is_some() && rows.first().copied() == self.candidate;
        self.follows_top = is_top && self.pin.is_none();
    }

    /// Follows a change of the rows. Without rows and without a selection, `any` candidate is selected.
    pub(super) fn follow_rows(&mut self, rows: &[CandidateId], any: Option<CandidateId>) {
        let top = rows.first().copied();
        if self.follows_top && top.is_some() {
            self.candidate = top;
        }
        self.candidate = self.candidate.or(top).or(any);
        if let Some(row) = rows.iter().position(|row| Some(*row) == self.candidate) {
            self.row = row;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_in_the_top_row_follows_it_and_any_other_stays_with_its_candidate() {
        let mut selection = Selection::at_top();
        selection.follow_rows(&[7, 3, 5], Some(0));
        assert_eq!((selection.candidate(), selection.kept()), (Some(7), None));
        selection.follow_rows(&[5, 7, 3], Some(0));
        assert_eq!(selection.candidate(), Some(5));
        selection.select_row(Move::By(2), &[5, 7, 3]);
        assert_eq!((selection.candidate(), selection.kept(), selection.row()), (Some(3), Some(3), 2));
        selection.follow_rows(&[3, 5, 7], Some(0));
        assert_eq!((selection.candidate(), selection.row()), (Some(3), 0));
        selection.follow_rows(&[5, 3, 7], Some(0));
        assert_eq!((selection.candidate(), selection.row()), (Some(3), 1));
        selection.select(5, &[5, 3, 7]);
        selection.follow_rows(&[7, 5, 3], Some(0));
        assert_eq!(selection.candidate(), Some(7));
    }

    #[test]
    fn a_candidate_that_is_filtered_out_leaves_its_row_to_the_next_one() {
        let mut selection = Selection::at_top();
        selection.follow_rows(&[0, 1, 2, 3], None);
        selection.select_row(Move::To(1), &[0, 1, 2, 3]);
        selection.follow_rows(&[0, 2, 3], None);
        assert_eq!(selection.candidate(), Some(1));
        selection.select_row(Move::By(1), &[0, 2, 3]);
        assert_eq!(selection.candidate(), Some(2));
        selection.select_row(Move::First, &[]);
        assert_eq!(selection.candidate(), Some(2));
        let mut empty = Selection::at_top();
        empty.follow_rows(&[], Some(4));
        assert_eq!(empty.candidate(), Some(4));
    }
}
