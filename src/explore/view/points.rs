//! The scatter: every row as a point over its latency.

use crate::explore::candidate::CandidateId;
use crate::explore::rank::Class;
use crate::explore::session::Session;

/// What stands on the vertical axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Vertical {
    /// Accuracy with the present number of sensors, 0 to 1.
    Accuracy,
    /// Multiply-accumulates, as long as no accuracy was measured with the present number of sensors.
    Macs,
}

impl Vertical {
    /// Title of the axis; it never calls multiply-accumulates an accuracy.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy %",
            Self::Macs => "MMAC (no accuracy measured yet)",
        }
    }
}

/// What a point stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PointClass {
    /// Meets all limits, and no other such design is both better and faster.
    Front,
    /// Meets all limits.
    Feasible,
    /// Breaks limits.
    Infeasible,
}

/// One point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The candidate.
    pub candidate: CandidateId,
    /// Seconds.
    pub latency_s: f64,
    /// Accuracy, 0 to 1, or multiply-accumulates.
    pub vertical: f64,
    /// Kind.
    pub class: PointClass,
    /// Whether it is selected.
    pub selected: bool,
    /// Letter of its pin.
    pub pin: Option<char>,
}

impl Session {
    /// What stands on the vertical axis of the scatter.
    pub fn vertical(&self) -> Vertical {
        let any = self.known.standings.iter().any(|standing| standing.accuracy().is_some());
        if any { Vertical::Accuracy } else { Vertical::Macs }
    }

    /// Every row at its best split. Where accuracies stand on the axis, rows that were not measured have no point.
    pub fn points(&self) -> impl Iterator<Item = Point> {
        let vertical = self.vertical();
        self.order().iter().filter_map(move |&id| {
            let (standing, candidate) = (self.standing(id)?, self.pool.get(id)?);
            let value = match vertical {
                Vertical::Accuracy => standing.accuracy()?,
                Vertical::Macs => candidate.macs as f64,
            };
            let class = match standing.class {
                Class::Infeasible => PointClass::Infeasible,
                _ if self.known.front[id as usize] => PointClass::Front,
                _ => PointClass::Feasible,
            };
            Some(Point {
                candidate: id,
                latency_s: standing.evaluation.latency.total_s(),
                vertical: value,
                class,
                selected: self.selected == Some(id),
                pin: self.pin_letter(id),
            })
        })
    }

    /// How many rows have no point because they were not measured with the present number of sensors.
    pub fn unmeasured_rows(&self) -> usize {
        let unmeasured = |id: &&CandidateId| self.standing(**id).is_some_and(|standing| standing.accuracy().is_none());
        self.order().iter().filter(unmeasured).count()
    }
}
