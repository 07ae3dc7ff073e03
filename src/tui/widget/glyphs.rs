//! The two glyph sets: Unicode (box drawing, blocks, braille) and plain ASCII.
//!
//! Each meaning has its own field and, within one widget, its own character in both sets: glyphs carry what
//! colour alone must not.

/// Characters by meaning. Widgets take a reference to [`UNICODE`] or [`ASCII`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// Heights of a histogram cell; the first stands for exactly zero. The highest leaves a line free, so that
    /// histograms in neighbouring rows stay apart.
    pub levels: [char; 8],
    /// Parts of a stacked bar, in order.
    pub fills: [char; 4],
    /// The unfilled part of a gauge.
    pub empty: char,
    /// The last cell of a gauge filled to 1/8, 2/8 ... 7/8; empty when the set has none.
    pub partial: &'static [char],
    /// A slider's handle.
    pub handle: char,
    /// Handle of a knob that is locked.
    pub locked: char,
    /// Focus and selection mark in front of a row.
    pub focus: char,
    /// On the Pareto front.
    pub front: char,
    /// On the Pareto front, in a plot: by the quarters of a cell in which there are points, as bits of
    /// `quarter`.
    pub front_marks: [char; 16],
    /// Selected, or "here".
    pub selected: char,
    /// On an earlier Pareto front.
    pub earlier: char,
    /// On the Pareto front, and found by the search at work.
    pub found_front: char,
    /// Found by the search at work, not on the front.
    pub found: char,
    /// Feasible, not on the front.
    pub feasible: char,
    /// Feasible, in a plot, by quarters as above.
    pub feasible_marks: [char; 16],
    /// On the Pareto front by an accuracy that was not measured, in a plot.
    pub estimated_front: char,
    /// Feasible, its accuracy not measured, in a plot, by quarters as above.
    pub estimated_marks: [char; 16],
    /// Infeasible, in a plot.
    pub infeasible: char,
    /// Before a figure that is predicted.
    pub about: char,
    /// Before a figure from the literature.
    pub published: char,
    /// Before the half width of an interval.
    pub plus_minus: &'static str,
    /// A limit is met.
    pub yes: char,
    /// A limit is not met, or barred.
    pub no: char,
    /// A vertical limit line.
    pub limit_x: char,
    /// A horizontal limit line.
    pub limit_y: char,
    /// A bar goes on beyond the edge.
    pub beyond: char,
    /// A sample lies above the visible range.
    pub above: char,
    /// A sample lies below the visible range.
    pub below: char,
    /// Corners of a frame: top left, top right, bottom left, bottom right.
    pub corners: [char; 4],
    /// Horizontal line: one tensor.
    pub horizontal: char,
    /// Horizontal line carrying several views side by side.
    pub double: char,
    /// Vertical line.
    pub vertical: char,
    /// An axis line with a tick.
    pub tick: char,
    /// Either edge of the link between sensor and aggregator.
    pub link: char,
    /// Direction of travel on the link.
    pub arrow: char,
    /// Fusion of the views.
    pub fuse: char,
    /// Blocks hidden to the left of a window.
    pub more_left: char,
    /// Blocks hidden to the right of a window.
    pub more_right: char,
    /// A text was cut.
    pub ellipsis: char,
    /// Curves may be drawn with braille dots.
    pub braille: bool,
}

/// Box drawing, block elements, braille.
pub static UNICODE: Glyphs = Glyphs {
    levels: ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇'],
    fills: ['█', '▓', '▒', '░'],
    empty: '░',
    partial: &['▏', '▎', '▍', '▌', '▋', '▊', '▉'],
    handle: '●',
    locked: '■',
    focus: '▸',
    front: '●',
    front_marks: [' ', '▘', '▝', '▀', '▖', '▌', '▞', '▛', '▗', '▚', '▐', '▜', '▄', '▙', '▟', '█'],
    selected: '◆',
    earlier: '□',
    found_front: '▲',
    found: '△',
    feasible: '○',
    feasible_marks: [' ', '⠃', '⠘', '⠛', '⡄', '⡇', '⡜', '⡟', '⢠', '⢣', '⢸', '⢻', '⣤', '⣧', '⣼', '⣿'],
    estimated_front: '○',
    estimated_marks: [' ', '⠁', '⠈', '⠉', '⡀', '⡁', '⡈', '⡉', '⢀', '⢁', '⢈', '⢉', '⣀', '⣁', '⣈', '⣉'],
    infeasible: '·',
    about: '≈',
    published: '†',
    plus_minus: "±",
    yes: '✓',
    no: '✗',
    limit_x: '┊',
    limit_y: '┈',
    beyond: '»',
    above: '↑',
    below: '↓',
    corners: ['┌', '┐', '└', '┘'],
    horizontal: '─',
    double: '═',
    vertical: '│',
    tick: '┤',
    link: '╎',
    arrow: '▶',
    fuse: '⊕',
    more_left: '‹',
    more_right: '›',
    ellipsis: '…',
    braille: true,
};

/// Nothing above code 126.
pub static ASCII: Glyphs = Glyphs {
    levels: ['.', ':', '-', '=', '+', '*', '%', '#'],
    fills: ['#', '=', '-', '.'],
    empty: '.',
    partial: &[],
    handle: 'O',
    locked: 'X',
    focus: '>',
    front: '*',
    front_marks: ['*'; 16],
    selected: '@',
    earlier: '+',
    found_front: 'F',
    found: 'f',
    feasible: 'o',
    feasible_marks: ['o'; 16],
    estimated_front: '0',
    estimated_marks: [','; 16],
    infeasible: '.',
    about: '~',
    published: '^',
    plus_minus: "+-",
    yes: 'y',
    no: 'x',
    limit_x: '|',
    limit_y: '-',
    beyond: '>',
    above: '^',
    below: 'v',
    corners: ['+', '+', '+', '+'],
    horizontal: '-',
    double: '=',
    vertical: '|',
    tick: '+',
    link: ':',
    arrow: '>',
    fuse: '&',
    more_left: '<',
    more_right: '>',
    ellipsis: '~',
    braille: false,
};

/// Bit of a quarter of a cell: 1 and 2 above, 4 and 8 below, each from the left.
pub(crate) const fn quarter(right: bool, below: bool) -> u8 {
    1 << (right as u8 + 2 * below as u8)
}

/// Quarters that a legend shows.
const LEGEND_QUARTERS: usize = (quarter(false, false) | quarter(true, true)) as usize;

impl Glyphs {
    /// Mark of the front in the legend of a plot.
    pub const fn front_mark(&self) -> char {
        self.front_marks[LEGEND_QUARTERS]
    }

    /// Mark of a feasible point in the legend of a plot.
    pub const fn feasible_mark(&self) -> char {
        self.feasible_marks[LEGEND_QUARTERS]
    }

    /// Mark of a feasible point whose accuracy was not measured in the legend of a plot.
    pub const fn estimated_mark(&self) -> char {
        self.estimated_marks[LEGEND_QUARTERS]
    }

    /// Glyph of a histogram cell for `value` in 0..=1: the zero mark for nothing (or NaN), else at least the
    /// lowest step, so that a small amount is never shown as none.
    pub fn level(&self, value: f64) -> char {
        if value > 0.0 { self.levels[((value.min(1.0) * 7.0).ceil() as usize).clamp(1, 7)] } else { self.levels[0] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_value_is_never_shown_as_zero() {
        assert_eq!(UNICODE.level(1e-12), '▁');
        assert_eq!(UNICODE.level(0.0), '·');
        assert_eq!(UNICODE.level(f64::NAN), '·');
        assert_eq!(UNICODE.level(f64::INFINITY), '▇');
        assert_eq!(UNICODE.level(0.5), '▄');
    }

    #[test]
    fn the_plain_set_is_ascii() {
        let g = &ASCII;
        let all = [
            g.empty,
            g.handle,
            g.locked,
            g.focus,
            g.front,
            g.selected,
            g.found_front,
            g.found,
            g.feasible,
            g.infeasible,
            g.estimated_front,
            g.about,
            g.published,
            g.yes,
            g.no,
            g.limit_x,
            g.limit_y,
            g.beyond,
            g.above,
            g.below,
            g.horizontal,
            g.double,
            g.vertical,
            g.tick,
            g.link,
            g.arrow,
            g.fuse,
            g.more_left,
            g.more_right,
            g.ellipsis,
        ];
        let marks = g.front_marks.iter().chain(&g.feasible_marks).chain(&g.estimated_marks);
        assert!(all.iter().chain(marks).chain(&g.levels).chain(&g.fills).chain(&g.corners).all(char::is_ascii_graphic));
    }

    #[test]
    fn marks_of_one_plot_differ() {
        for g in [&UNICODE, &ASCII] {
            for quarters in 1..16 {
                let (front, feasible) = (g.front_marks[quarters], g.feasible_marks[quarters]);
                let estimated = [g.estimated_front, g.estimated_marks[quarters]];
                let known = [
                    front,
                    g.selected,
                    feasible,
                    g.infeasible,
                    g.earlier,
                    g.found,
                    g.found_front,
                    g.limit_x,
                    g.limit_y,
                ];
                let marks = [known.as_slice(), &estimated].concat();
                for (i, a) in marks.iter().enumerate() {
                    assert!(!marks[i + 1..].contains(a), "{a} has two meanings");
                }
            }
        }
    }
}
