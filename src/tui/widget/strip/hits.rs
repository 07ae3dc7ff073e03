//! Boundaries, blocks and the fusion at a cell of a strip, for the mouse.

use ratatui::layout::Rect;

use super::{
    BoundaryMark, NetworkStrip,
    layout::{Span, StripLayout},
};

impl NetworkStrip<'_> {
    /// The open boundary meant by a press or drag at (`x`, `y`) when the strip is drawn in `area`: the nearest one.
    /// `None` outside the area, or without an open boundary.
    pub fn boundary_at(&self, area: Rect, x: u16, y: u16) -> Option<usize> {
        self.nearest_boundary(area, x, y, |boundary| self.mark(boundary) != BoundaryMark::Closed)
    }

    /// Like [`NetworkStrip::boundary_at`] among the boundaries that `allowed` says: for moving the fusion.
    pub fn nearest_boundary(&self, area: Rect, x: u16, y: u16, allowed: impl Fn(usize) -> bool) -> Option<usize> {
        if !contains(area, x, y) {
            return None;
        }
        StripLayout::of(self, area).nearest(x, self.blocks.len(), allowed)
    }

    /// The block drawn at (`x`, `y`).
    pub fn block_at(&self, area: Rect, x: u16, y: u16) -> Option<usize> {
        let layout = StripLayout::of(self, area);
        let rows = layout.rows.top..=layout.rows.bottom;
        let hit = |span: &&Span| x >= span.x && x < span.end();
        (contains(area, x, y) && rows.contains(&y))
            .then(|| layout.blocks.iter().find(hit).map(|span| span.index))
            .flatten()
    }

    /// Returns `true` if (`x`, `y`) is on the fusion mark or one column beside it.
    pub fn is_fusion_at(&self, area: Rect, x: u16, y: u16) -> bool {
        let layout = StripLayout::of(self, area);
        contains(area, x, y)
            && (layout.rows.top..=layout.rows.bottom).contains(&y)
            && layout.fusion.is_some_and(|column| column.abs_diff(x) <= 1)
    }
}

fn contains(area: Rect, x: u16, y: u16) -> bool {
    x >= area.left() && x < area.right() && y >= area.top() && y < area.bottom()
}
