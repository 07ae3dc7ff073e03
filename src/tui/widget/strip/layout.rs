//! Layout of blocks, boundaries and link of a strip: pure arithmetic, shared by drawing and by mouse hits.
//!
//! A *plan* fixes what is shown of each block and of the link. The first plan that fits the width with every
//! block wins; when none does, a window around the split is shown.

use ratatui::layout::Rect;

use super::{BoundaryMark, NetworkStrip};
use crate::tui::widget::paint::width;

/// A block, or the zone of a boundary: `width` columns from `x`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// Index of the block or boundary.
    pub(crate) index: usize,
    /// First column.
    pub(crate) x: u16,
    /// Number of columns.
    pub(crate) width: u16,
}

impl Span {
    /// The column after the last.
    pub(crate) const fn end(&self) -> u16 {
        self.x.saturating_add(self.width)
    }

    /// The middle column.
    pub(crate) const fn centre(&self) -> u16 {
        self.x.saturating_add(self.width.saturating_sub(1) / 2)
    }
}

/// Rows of the parts of a strip; `None` where the height has no room for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StripRows {
    /// Titles of the sides.
    pub(crate) titles: Option<u16>,
    /// First row of the blocks.
    pub(crate) top: u16,
    /// Row of the names and lines.
    pub(crate) names: u16,
    /// Row of the second lines.
    pub(crate) details: Option<u16>,
    /// Last row of the blocks.
    pub(crate) bottom: u16,
    /// First row of the marks.
    pub(crate) marks: u16,
    /// Number of rows of marks (0 to 2).
    pub(crate) marks_height: u16,
}

/// A strip laid out in an area.
#[derive(Clone, Debug)]
pub(crate) struct StripLayout {
    /// Visible blocks, left to right.
    pub(crate) blocks: Vec<Span>,
    /// Visible boundaries, left to right; that of the split spans the whole link.
    pub(crate) boundaries: Vec<Span>,
    /// Between the two edges of the link.
    pub(crate) link: Span,
    /// Column of the fusion mark, if visible.
    pub(crate) fusion: Option<u16>,
    /// Blocks hidden on either side.
    pub(crate) hidden: (usize, usize),
    /// Column where the chain begins, and the one after its end.
    pub(crate) ends: (u16, u16),
    /// Blocks have frames.
    pub(crate) framed: bool,
    /// The titles stand in the line of names.
    pub(crate) inline_titles: bool,
    /// The outcome is shown.
    pub(crate) outcome: bool,
    /// Rows at which the parts of the strip stand.
    pub(crate) rows: StripRows,
}

/// Form of the blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blocks {
    /// Names in a line.
    Bare,
    /// Names in frames.
    Framed,
    /// Names and second lines in frames.
    Detailed,
}

/// Share of each part that is shown.
#[derive(Clone, Copy, Debug)]
struct Plan {
    blocks: Blocks,
    /// Widest name.
    name: u16,
    /// Columns between two blocks.
    gap: u16,
    /// Columns of the line before the link, between its edges, and behind it.
    link: (u16, u16, u16),
    inline_titles: bool,
    outcome: bool,
}

/// Columns of line before the first and after the last block.
const STUB: u16 = 2;
/// Widest gap between blocks.
const WIDEST_GAP: u16 = 11;
/// Gaps grow to this where there is room, even if no mark needs it: between frames, between names.
const AIRY_GAP: u16 = WIDEST_GAP;
const AIRY_GAP_OF_NAMES: u16 = 3;
/// Most columns the link grows by when there is room.
const LINK_SLACK: u16 = 6;
/// Names are not cut below this.
const SHORTEST_NAME: u16 = 3;
/// The first heights at which titles, a second line of marks, frames, and second lines of blocks are drawn.
const TITLE_HEIGHT: u16 = 3;
const STAGGER_HEIGHT: u16 = 4;
const FRAME_HEIGHT: u16 = 5;
const DETAIL_HEIGHT: u16 = 6;

impl StripLayout {
    /// Lays `strip` out in `area`.
    pub(crate) fn of(strip: &NetworkStrip<'_>, area: Rect) -> Self {
        let plans = plans(strip, area.height);
        let blocks = strip.blocks.len();
        let fits = |plan: &&Plan| strip.tells_apart(plan) && strip.total(plan, 0, blocks) <= area.width;
        // With a single line of marks, room for their texts comes before titles and outcome in the line.
        let roomy = |plan: &&Plan| {
            let gap = strip.wanted_gap(plan, 0, blocks);
            area.height < STAGGER_HEIGHT && plan.name == u16::MAX && fits(&&Plan { gap, ..**plan })
        };
        let whole = plans.iter().find(roomy).or_else(|| plans.iter().find(fits));
        let (mut plan, (first, last)) = if let Some(plan) = whole {
            (*plan, (0, blocks))
        } else {
            let plan = windowed(strip, &plans, area.width);
            (plan, strip.window(&plan, area.width))
        };
        strip.spread(&mut plan, first, last, area.width);
        strip.place(&plan, first, last, area)
    }

    /// The allowed boundary nearest to column `x`; beyond a cut end, the next hidden one.
    pub(crate) fn nearest(&self, x: u16, blocks: usize, allowed: impl Fn(usize) -> bool) -> Option<usize> {
        if self.hidden.0 > 0 && x < self.ends.0 {
            return (0..self.hidden.0).rev().find(|boundary| allowed(*boundary));
        }
        if self.hidden.1 > 0 && x >= self.ends.1 {
            return (blocks - self.hidden.1 + 1..=blocks).find(|boundary| allowed(*boundary));
        }
        let distance = |span: &&Span| {
            let left = span.x.saturating_sub(x);
            left.max((x + 1).saturating_sub(span.end()))
        };
        self.boundaries.iter().filter(|span| allowed(span.index)).min_by_key(distance).map(|span| span.index)
    }
}

/// Plans for this height, from the fullest to the shortest.
fn plans(strip: &NetworkStrip<'_>, height: u16) -> Vec<Plan> {
    let tensor = width(strip.link.tensor);
    let roomy = (3, (tensor + 4).max(width(strip.link.time) + 2), 3);
    let close = (1, tensor + 1, 1);
    let tiny = (1, 1, 1);
    let base = Plan {
        blocks: if height >= DETAIL_HEIGHT { Blocks::Detailed } else { Blocks::Framed },
        name: u16::MAX,
        gap: 1,
        link: roomy,
        inline_titles: false,
        outcome: true,
    };
    let mut plans = Vec::new();
    if height >= FRAME_HEIGHT {
        plans.push(base);
        plans.push(Plan { link: close, ..base });
        plans.push(Plan { link: close, blocks: Blocks::Framed, ..base });
        plans.push(Plan { link: close, blocks: Blocks::Framed, name: SHORTEST_NAME + 1, ..base });
    }
    let line = Plan { blocks: Blocks::Bare, link: close, ..base };
    if height < TITLE_HEIGHT {
        plans.push(Plan { inline_titles: true, ..line });
    }
    plans.push(line);
    plans.push(Plan { outcome: false, ..line });
    plans.push(Plan { outcome: false, name: SHORTEST_NAME, ..line });
    plans.push(Plan { outcome: false, name: SHORTEST_NAME, link: tiny, ..line });
    plans
}

/// The plan for a window: the fullest that has room for the link and some blocks beside it.
fn windowed(strip: &NetworkStrip<'_>, plans: &[Plan], width: u16) -> Plan {
    let (split, _) = strip.clamped();
    let some = (split.saturating_sub(2), (split + 2).min(strip.blocks.len()));
    let last = plans.last().expect("there is always the plan of short names");
    let fits = |plan: &&Plan| strip.total(plan, some.0, some.1) <= width;
    // A roomy link and titles in the line would hide blocks.
    let is_roomy = |plan: &Plan| plan.blocks != Blocks::Bare || plan.inline_titles;
    let close = || plans.iter().skip(usize::from(is_roomy(&plans[0])));
    let told = close().find(|plan| strip.tells_apart(plan) && fits(plan));
    let fitting = told.or_else(|| close().find(fits));
    *fitting.unwrap_or(last)
}

impl NetworkStrip<'_> {
    /// Returns `true` if names that differ do so too where they are cut.
    fn tells_apart(&self, plan: &Plan) -> bool {
        let cut = |name: &str| name.chars().take(usize::from(plan.name.saturating_sub(1))).collect::<String>();
        let mut names: Vec<&str> = self.blocks.iter().map(|block| block.name).collect();
        names.sort_unstable();
        names.dedup();
        let is_cut = |name: &str| width(name) > plan.name;
        names.windows(2).all(|pair| !(is_cut(pair[0]) && is_cut(pair[1]) && cut(pair[0]) == cut(pair[1])))
    }

    fn block_width(&self, plan: &Plan, index: usize) -> u16 {
        let block = &self.blocks[index];
        let name = width(block.name).min(plan.name).max(1);
        match plan.blocks {
            Blocks::Bare => name,
            Blocks::Framed => name.max(2) + 2,
            Blocks::Detailed => name.max(width(block.detail)).max(2) + 2,
        }
    }

    /// Columns of the zone of `boundary` when blocks `first..last` are shown.
    fn zone_width(&self, plan: &Plan, boundary: usize, first: usize, last: usize) -> u16 {
        let (split, fusion) = self.clamped();
        if boundary == split {
            let fuse = if fusion == split { 2 } else { 0 };
            plan.link.0 + 1 + plan.link.1 + 1 + plan.link.2 + fuse
        } else if boundary == first || boundary == last {
            STUB
        } else {
            plan.gap
        }
    }

    /// Columns of everything when blocks `first..last` are shown.
    fn total(&self, plan: &Plan, first: usize, last: usize) -> u16 {
        let blocks: u32 = (first..last).map(|index| u32::from(self.block_width(plan, index))).sum();
        let zones: u32 = (first..=last).map(|b| u32::from(self.zone_width(plan, b, first, last))).sum();
        let (left, right) = self.margins(plan, first, last);
        u16::try_from(blocks + zones + u32::from(left) + u32::from(right)).unwrap_or(u16::MAX)
    }

    /// Columns left of the chain and right of it: titles in the line, counts of hidden blocks, the outcome.
    fn margins(&self, plan: &Plan, first: usize, last: usize) -> (u16, u16) {
        let counter = |hidden: usize| if hidden == 0 { 0 } else { 1 + digits(hidden) };
        let title = |text: &str| if plan.inline_titles && !text.is_empty() { width(text) + 1 } else { 0 };
        let outcome = if plan.outcome && !self.outcome.is_empty() { width(self.outcome) + 1 } else { 0 };
        let left = counter(first) + title(self.sensor);
        (left, counter(self.blocks.len() - last) + title(self.aggregator) + outcome)
    }

    /// The widest window of blocks around the split that fits.
    fn window(&self, plan: &Plan, width: u16) -> (usize, usize) {
        let (split, _) = self.clamped();
        let (mut first, mut last) = (split, split);
        loop {
            let before = (first, last);
            if last < self.blocks.len() && self.total(plan, first, last + 1) <= width {
                last += 1;
            }
            if first > 0 && self.total(plan, first - 1, last) <= width {
                first -= 1;
            }
            if before == (first, last) {
                return before;
            }
        }
    }

    /// The gap between blocks that leaves room for the text of each mark.
    fn wanted_gap(&self, plan: &Plan, first: usize, last: usize) -> u16 {
        let mark = (first..=last)
            .filter_map(|boundary| match self.mark(boundary) {
                BoundaryMark::Feasible(text) | BoundaryMark::Barred(text) => Some(width(text) + 2),
                BoundaryMark::Here(_) | BoundaryMark::Closed => None,
            })
            .max()
            .unwrap_or(0);
        let narrowest = (first..last).map(|index| self.block_width(plan, index)).min().unwrap_or(0);
        mark.saturating_sub(narrowest).clamp(1, WIDEST_GAP)
    }

    /// Gives spare columns to the gaps, as far as the marks below need them, then to the link.
    fn spread(&self, plan: &mut Plan, first: usize, last: usize, columns: u16) {
        let spare = columns.saturating_sub(self.total(plan, first, last));
        let gaps = (first + 1..last).filter(|boundary| *boundary != self.clamped().0).count() as u16;
        let airy = if plan.blocks == Blocks::Bare { AIRY_GAP_OF_NAMES } else { AIRY_GAP };
        let wanted = self.wanted_gap(plan, first, last).max(airy);
        let more = wanted.saturating_sub(plan.gap).min(spare.checked_div(gaps).unwrap_or(0));
        plan.gap += more;
        plan.link.1 += (spare - more * gaps).min(LINK_SLACK);
    }

    fn place(&self, plan: &Plan, first: usize, last: usize, area: Rect) -> StripLayout {
        let (split, fusion) = self.clamped();
        let (left, _) = self.margins(plan, first, last);
        let start = area.x.saturating_add(left);
        let mut x = start;
        let mut layout = StripLayout {
            blocks: Vec::with_capacity(last - first),
            boundaries: Vec::with_capacity(last - first + 1),
            link: Span { index: split, x, width: 0 },
            fusion: None,
            hidden: (first, self.blocks.len() - last),
            ends: (start, start),
            framed: plan.blocks != Blocks::Bare,
            inline_titles: plan.inline_titles,
            outcome: plan.outcome,
            rows: rows(area, plan),
        };
        for boundary in first..=last {
            let zone = Span { index: boundary, x, width: self.zone_width(plan, boundary, first, last) };
            layout.boundaries.push(zone);
            if boundary == split {
                layout.link = Span { index: split, x: x.saturating_add(plan.link.0 + 1), width: plan.link.1 };
            }
            if boundary == fusion {
                layout.fusion = Some(if boundary == split { layout.link.end() + 2 } else { zone.centre() });
            }
            x = zone.end();
            if boundary < last {
                let block = Span { index: boundary, x, width: self.block_width(plan, boundary) };
                layout.blocks.push(block);
                x = block.end();
            }
        }
        layout.ends.1 = x;
        layout
    }
}

/// Rows for an area's height: text lines or frames, titles from three rows on, a second row of marks if any is left.
fn rows(area: Rect, plan: &Plan) -> StripRows {
    let titles = (area.height >= TITLE_HEIGHT).then_some(area.y);
    let top = area.y.saturating_add(u16::from(titles.is_some()));
    let (names, bottom) = match plan.blocks {
        Blocks::Bare => (top, top),
        Blocks::Framed => (top + 1, top + 2),
        Blocks::Detailed => (top + 1, top + 3),
    };
    let details = (plan.blocks == Blocks::Detailed).then_some(names + 1);
    let marks = bottom.saturating_add(1);
    StripRows { titles, top, names, details, bottom, marks, marks_height: area.bottom().saturating_sub(marks).min(2) }
}

/// Decimal digits of a count.
fn digits(count: usize) -> u16 {
    count.checked_ilog10().map_or(1, |log| log as u16 + 1)
}
