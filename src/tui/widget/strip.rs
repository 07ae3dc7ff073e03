//! The network strip: a chain of blocks, cut by a link into a sensor side and an aggregator side, the place where
//! views become one, and below each boundary whether the cut could be there.
//!
//! Six rows draw framed blocks with a second line each (five: no second line; seven: a second row of marks):
//! ```text
//! 4 × sensor                    link     aggregator
//!   ┌────┐ ┌────┐ ┌────┐   ╎            ╎     ┌────┐ ┌────┐
//! ──│stem│─│ S1 │─│ S2 │───╎──4×4.6KB──▶╎─⊕───│ S3 │─│head│── 73.1 %
//!   │ k3 │ │d2k3│ │d3k5│   ╎   6.6 ms   ╎     │d4k5│ │    │
//!   └────┘ └────┘ └────┘   ╎            ╎     └────┘ └────┘
//!       ✗link  ○20.1            ◆18.2              ✗mem
//! ```
//! Fewer rows, or too little width for frames, give lines of text:
//! ```text
//! ──stem────S1────S2─╎───4×4.6KB───▶╎─⊕─S3────head──
//!      ✗link ○20.1         ◆18.2          ✗mem
//! ```
//! When even short names do not fit, the strip shows a window around the split and counts what it hides.
//! Lines before the fusion on the aggregator are double: they carry one tensor a view.

mod draw;
mod hits;
mod layout;

use ratatui::style::Style;

use super::{glyphs::Glyphs, look::Look};

/// One block of the chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StripBlock<'a> {
    /// Short name, two to four cells are best.
    pub name: &'a str,
    /// Second line, shown where there is room.
    pub detail: &'a str,
}

/// Mark below a boundary. The texts are short, up to six cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BoundaryMark<'a> {
    /// No split is allowed here: nothing is drawn, clicks go to the nearest open boundary.
    #[default]
    Closed,
    /// The split is here.
    Here(&'a str),
    /// The split could be here, with this result.
    Feasible(&'a str),
    /// The split could be here, but a limit bars it.
    Barred(&'a str),
}

/// Load of the link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StripLink<'a> {
    /// Tensor that crosses: `4×4.6KB`.
    pub tensor: &'a str,
    /// Transfer time: `6.6 ms`.
    pub time: &'a str,
}

/// Styles of a [`NetworkStrip`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StripStyles {
    /// Blocks and title of the sensor side.
    pub sensor: Style,
    /// The link.
    pub link: Style,
    /// Blocks and title of the aggregator side.
    pub aggregator: Style,
    /// The fusion mark.
    pub fuse: Style,
    /// Mark of the split.
    pub here: Style,
    /// Marks of boundaries that would do.
    pub feasible: Style,
    /// Marks of boundaries that would not.
    pub barred: Style,
    /// Lines, the outcome, hidden counts.
    pub words: Style,
}

/// The strip of one network.
///
/// ```
/// # use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};
/// # use splitscope::tui::widget::BoundaryMark::{Barred, Closed, Feasible, Here};
/// # use splitscope::tui::widget::{NetworkStrip, StripBlock, StripLink};
/// let blocks = ["stem", "S1", "S2", "head"].map(|name| StripBlock { name, detail: "k3" });
/// let marks = [Barred("link"), Feasible("20.1"), Here("18.2"), Barred("mem"), Closed];
/// let link = StripLink { tensor: "4×4.6KB", time: "6.6 ms" };
/// let strip = NetworkStrip::new(&blocks, &marks).split(2).fusion(2).link(link).sides("4 × sensor", "aggregator");
/// let area = Rect::new(0, 0, 76, 7);
/// let mut buffer = Buffer::empty(area);
/// strip.render(area, &mut buffer);
/// // A click on the line between stem and S1 means boundary 1.
/// let column = (0..76).find(|x| strip.boundary_at(area, *x, 2) == Some(1)).unwrap();
/// assert_eq!(strip.boundary_at(area, column, 5), Some(1));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct NetworkStrip<'a> {
    blocks: &'a [StripBlock<'a>],
    marks: &'a [BoundaryMark<'a>],
    split: usize,
    fusion: usize,
    link: StripLink<'a>,
    sensor: &'a str,
    aggregator: &'a str,
    outcome: &'a str,
    look: Look<StripStyles>,
}

impl<'a> NetworkStrip<'a> {
    /// A chain of n blocks and the marks of its n + 1 boundaries (missing ones count as closed), split before the
    /// first block.
    pub fn new(blocks: &'a [StripBlock<'a>], marks: &'a [BoundaryMark<'a>]) -> Self {
        Self {
            blocks,
            marks,
            split: 0,
            fusion: 0,
            link: StripLink { tensor: "", time: "" },
            sensor: "sensor",
            aggregator: "aggregator",
            outcome: "",
            look: Look::default(),
        }
    }

    /// The boundary the link stands at: 0 before the first block, n after the last.
    #[must_use]
    pub const fn split(mut self, boundary: usize) -> Self {
        self.split = boundary;
        self
    }

    /// The boundary where views become one; not before the split.
    #[must_use]
    pub const fn fusion(mut self, boundary: usize) -> Self {
        self.fusion = boundary;
        self
    }

    /// Load of the link.
    #[must_use]
    pub const fn link(mut self, link: StripLink<'a>) -> Self {
        self.link = link;
        self
    }

    /// Titles of the two sides.
    #[must_use]
    pub const fn sides(mut self, sensor: &'a str, aggregator: &'a str) -> Self {
        self.sensor = sensor;
        self.aggregator = aggregator;
        self
    }

    /// Text at the right end, for example an accuracy.
    #[must_use]
    pub const fn outcome(mut self, text: &'a str) -> Self {
        self.outcome = text;
        self
    }

    /// Sets styles and characters.
    #[must_use]
    pub const fn look(mut self, look: Look<StripStyles>) -> Self {
        self.look = look;
        self
    }

    fn mark(&self, boundary: usize) -> BoundaryMark<'a> {
        self.marks.get(boundary).copied().unwrap_or_default()
    }

    /// Split and fusion within what the chain has.
    fn clamped(&self) -> (usize, usize) {
        let split = self.split.min(self.blocks.len());
        (split, self.fusion.clamp(split, self.blocks.len()))
    }
}

impl<'a> BoundaryMark<'a> {
    /// Glyph and text, `None` for a closed boundary.
    fn shown(self, glyphs: &Glyphs) -> Option<(char, &'a str)> {
        match self {
            Self::Closed => None,
            Self::Here(text) => Some((glyphs.selected, text)),
            Self::Feasible(text) => Some((glyphs.feasible, text)),
            Self::Barred(text) => Some((glyphs.no, text)),
        }
    }
}

#[cfg(test)]
#[path = "strip/tests.rs"]
mod tests;
