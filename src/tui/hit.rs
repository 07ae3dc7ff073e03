//! Regions of the screen for the mouse.
//!
//! A screen fills the map while it draws; later regions lie over earlier ones, as a popup lies over a pane.

use ratatui::layout::{Position, Rect};

use super::{command::UserCommand, model::screen::Pane, widget::Axis};
use crate::quantity::Knob;

/// A region of the screen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Region {
    /// A press carries out a command.
    Button(UserCommand),
    /// A pane, where nothing closer is.
    Pane(Pane),
    /// The row of a knob.
    Knob {
        /// Knob whose track it is.
        knob: Knob,
        /// Its track.
        track: Rect,
    },
    /// The network strip.
    Strip,
    /// The plot of all designs.
    Scatter,
    /// The plot of the designs that a search found.
    Found,
    /// A plot of curves.
    Curves {
        /// X axis, from the left edge to the right edge.
        x: Axis,
    },
    /// A parallel axis of the Compare screen, by its number: one cell before its track and one after.
    Axis(usize),
    /// The bar of a replay.
    Replay,
    /// A row of a menu or list over the screen.
    Row(usize),
    /// A popup, where nothing closer is.
    Popup,
}

/// Regions of a frame, in the order in which they were drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HitMap {
    entries: Vec<(Rect, Region)>,
    /// First row of the table that was drawn, where the next frame begins.
    pub(crate) table_first: usize,
    /// Rows drawn of the list in the focus.
    pub(crate) page: usize,
}

impl HitMap {
    /// An empty map for a frame after one whose table began at row `table_first`.
    pub(crate) fn new(table_first: usize, page: usize) -> Self {
        Self { entries: Vec::new(), table_first, page }
    }

    /// Adds a region over all others.
    pub(crate) fn add(&mut self, area: Rect, region: Region) {
        self.entries.push((area, region));
    }

    /// Adds a region whose press carries out a command.
    pub(crate) fn button(&mut self, area: Rect, command: impl Into<UserCommand>) {
        self.add(area, Region::Button(command.into()));
    }

    /// The topmost region at a cell, and its area.
    pub(crate) fn at(&self, column: u16, row: u16) -> Option<(Rect, &Region)> {
        let entry = self.entries.iter().rev().find(|(area, _)| area.contains(Position::new(column, row)));
        entry.map(|(area, region)| (*area, region))
    }

    /// The pane at a cell, whatever lies closer; `None` below a popup.
    pub(crate) fn pane_at(&self, column: u16, row: u16) -> Option<Pane> {
        let here = self.entries.iter().rev().filter(|(area, _)| area.contains(Position::new(column, row)));
        let mut here = here.map(|(_, region)| region).take_while(|region| **region != Region::Popup);
        here.find_map(|region| if let Region::Pane(pane) = region { Some(*pane) } else { None })
    }

    /// Returns `true` if a popup covers a cell.
    pub(crate) fn is_on_popup(&self, column: u16, row: u16) -> bool {
        let here = |area: &Rect| area.contains(Position::new(column, row));
        self.entries.iter().any(|(area, region)| *region == Region::Popup && here(area))
    }

    /// The topmost region that satisfies a test, and its area.
    #[cfg(test)]
    pub(crate) fn find(&self, test: impl Fn(&Region) -> bool) -> Option<(Rect, &Region)> {
        self.entries.iter().rev().find(|(_, region)| test(region)).map(|(area, region)| (*area, region))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_topmost_region_is_found() {
        let mut map = HitMap::default();
        map.add(Rect::new(0, 0, 10, 10), Region::Strip);
        map.add(Rect::new(2, 2, 3, 3), Region::Popup);
        assert_eq!(map.at(3, 3).map(|hit| hit.1), Some(&Region::Popup));
        assert_eq!(map.at(9, 9).map(|hit| hit.1), Some(&Region::Strip));
        assert_eq!(map.at(10, 10), None);
        assert_eq!(map.find(|region| *region == Region::Strip), Some((Rect::new(0, 0, 10, 10), &Region::Strip)));
    }
}
