//! Where things are on the screen: what a press, a drag or a turn of the wheel means is looked up here.
//!
//! A screen fills the map while it draws; later entries lie over earlier ones, as a popup does over a pane. Nothing here
//! changes anything: the answer is a [`Target`], and `mouse` makes wishes of it.

use ratatui::layout::{Position, Rect};

use super::widget::Axis;
use crate::explore::{CandidateId, Column, KnobId, Pane, Screen};

/// What is under the mouse.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// The tab of a screen.
    Tab(Screen),
    /// A pane, where nothing closer is.
    Pane(Pane),
    /// The row of a knob, with its track.
    Knob {
        /// The knob.
        knob: KnobId,
        /// Its track.
        track: Rect,
    },
    /// Turns a knob to a value in base units.
    Turn(KnobId, f64),
    /// A design in a list or among the bars.
    Design(CandidateId),
    /// The network strip.
    Strip,
    /// A split of the selected design, counted among those its space allows.
    Split(usize),
    /// The plot of all designs.
    Scatter,
    /// The plot of what a search found.
    Found,
    /// The plot of curves, with what is on its x axis.
    Chart {
        /// From the left edge to the right edge.
        x: Axis,
    },
    /// The heading of a column of the table.
    Heading(Column),
    /// An axis of the Compare screen, by its number: one cell before its track and one after.
    Axis(usize),
    /// The bar of a replay.
    Reel,
    /// A row of a menu or list that lies over the screen.
    Row(usize),
    /// A popup, where nothing closer is.
    Popup,
}

/// Areas and what they mean.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HitMap {
    entries: Vec<(Rect, Target)>,
    /// First row of the table that was drawn, for drawing it at the same place next time.
    pub table_first: usize,
    /// Rows of the list in the focus that were drawn: half of it is half a page.
    pub page: usize,
}

impl HitMap {
    /// An empty map of a screen whose table was last drawn from row `table_first` on.
    pub fn new(table_first: usize, page: usize) -> Self {
        Self { entries: Vec::new(), table_first, page }
    }

    /// Adds an area over all there are.
    pub fn add(&mut self, area: Rect, target: Target) {
        self.entries.push((area, target));
    }

    /// What is at a cell, and the area it was given.
    pub fn at(&self, column: u16, row: u16) -> Option<(Rect, Target)> {
        self.entries.iter().rev().find(|(area, _)| area.contains(Position::new(column, row))).copied()
    }

    /// The pane at a cell, whatever lies closer; none below a popup.
    pub fn pane_at(&self, column: u16, row: u16) -> Option<Pane> {
        let here = self.entries.iter().rev().filter(|(area, _)| area.contains(Position::new(column, row)));
        let mut here = here.map(|(_, target)| *target).take_while(|target| *target != Target::Popup);
        here.find_map(|target| if let Target::Pane(pane) = target { Some(pane) } else { None })
    }

    /// The area of a target that satisfies a test, topmost first.
    pub fn find(&self, test: impl Fn(&Target) -> bool) -> Option<(Rect, Target)> {
        self.entries.iter().rev().find(|(_, target)| test(target)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_topmost_area_answers() {
        let mut map = HitMap::default();
        map.add(Rect::new(0, 0, 10, 10), Target::Strip);
        map.add(Rect::new(2, 2, 3, 3), Target::Popup);
        assert_eq!(map.at(3, 3).map(|hit| hit.1), Some(Target::Popup));
        assert_eq!(map.at(9, 9).map(|hit| hit.1), Some(Target::Strip));
        assert_eq!(map.at(10, 10), None);
        assert_eq!(map.find(|target| *target == Target::Strip), Some((Rect::new(0, 0, 10, 10), Target::Strip)));
    }
}
