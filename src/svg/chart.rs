//! Charts: the frame with two axes that pictures of figures share.

use super::axis::Axis;
use super::document::SvgDocument;

/// Colours that stay apart for most eyes (Okabe and Ito 2008).
pub(crate) const COLOURS: [&str; 7] = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#7f7f7f"];
/// Width and height of a chart's picture, in user units.
const SIZE: (u32, u32) = (960, 540);
/// Ticks of an axis, about.
const TICKS: usize = 6;
/// Space between the lower edge of the picture and the title of the horizontal axis.
const TITLE_RISE: f64 = 6.0;
/// Width of a letter and height of a line, about.
const LETTER: f64 = 6.6;
const LINE: f64 = 13.0;

/// Plot area of a chart, in user units.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chart {
    /// Left edge.
    pub left: f64,
    /// Right edge.
    pub right: f64,
    /// Upper edge.
    pub top: f64,
    /// Lower edge.
    pub bottom: f64,
}

/// An axis along an edge of the plot area, with its title.
pub(super) struct PlacedAxis {
    pub axis: Axis,
    title: String,
    /// Places with names, in place of ticks at figures; empty for figures.
    names: Vec<(f64, String)>,
    start: f64,
    end: f64,
}

impl PlacedAxis {
    /// Place of a value in user units.
    pub(super) fn at(&self, value: f64) -> f64 {
        self.start + self.axis.fraction(value).unwrap_or_default() * (self.end - self.start)
    }

    /// The axis with names at places.
    pub(super) fn named(self, names: Vec<(f64, String)>) -> Self {
        Self { names, ..self }
    }

    /// Ticks with their labels, each of one or two lines: the names that have room, else figures.
    fn labels(&self) -> Vec<(f64, Vec<&str>)> {
        let lines: Vec<(f64, Vec<&str>)> = self.names.iter().map(|(value, name)| (*value, in_two(name))).collect();
        let widest = lines.iter().flat_map(|(_, lines)| lines).map(|line| line.chars().count()).max().unwrap_or(0);
        let room = (self.end - self.start).abs() / lines.len().max(1) as f64;
        let stride = (widest as f64 * LETTER / room).ceil().max(1.0) as usize;
        lines.into_iter().step_by(stride).collect()
    }
}

/// Words in two lines, cut at the space that makes the longer one shortest; in one if there is no space.
fn in_two(words: &str) -> Vec<&str> {
    let length = |words: &str| words.chars().count();
    let cuts = words.match_indices(' ').map(|(at, _)| (&words[..at], &words[at + 1..]));
    let shortest = cuts.min_by_key(|(first, second)| length(first).max(length(second)));
    shortest.map_or_else(|| vec![words], |(first, second)| vec![first, second])
}

impl Chart {
    /// An axis along the lower edge.
    pub(super) fn along(self, axis: Axis, title: String) -> PlacedAxis {
        PlacedAxis { axis, title, names: Vec::new(), start: self.left, end: self.right }
    }

    /// An axis along the left edge.
    pub(super) fn upward(self, axis: Axis, title: String) -> PlacedAxis {
        PlacedAxis { axis, title, names: Vec::new(), start: self.bottom, end: self.top }
    }

    /// Begins a picture with a title and both axes. The caller ends the group and the document.
    pub(super) fn begin(self, title: &str, description: &str, x: &PlacedAxis, y: &PlacedAxis) -> SvgDocument {
        let mut out = SvgDocument::new(SIZE, title, description);
        out.element(&format!("rect width=\"{}\" height=\"{}\" fill=\"#ffffff\"", SIZE.0, SIZE.1));
        out.begin_group("font-family=\"sans-serif\" font-size=\"12\"");
        out.text(&format!("x=\"{}\" y=\"20\" font-size=\"15\" fill=\"#222222\"", self.left), title);
        self.draw_axes(&mut out, x, y);
        out
    }

    fn draw_axes(self, out: &mut SvgDocument, x: &PlacedAxis, y: &PlacedAxis) {
        let Self { left, right, top, bottom } = self;
        let line = "fill=\"none\" stroke=\"#444444\"";
        for tick in y.axis.ticks(TICKS) {
            let at = y.at(tick.value);
            out.path("fill=\"none\" stroke=\"#e4e4e4\"", &format!("M{left} {at:.1}H{right}"));
            let place = format!("x=\"{}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#444444\"", left - 8.0, at + 4.0);
            out.text(&place, &tick.label);
        }
        let figures = if x.names.is_empty() { x.axis.ticks(TICKS) } else { Vec::new() };
        let figures = figures.iter().map(|tick| (tick.value, vec![tick.label.as_str()]));
        for (value, lines) in figures.chain(x.labels()) {
            let at = x.at(value);
            out.path(line, &format!("M{at:.1} {bottom}v5"));
            for (index, words) in lines.into_iter().enumerate() {
                let below = bottom + 17.0 + LINE * index as f64;
                out.text(&format!("x=\"{at:.1}\" y=\"{below}\" text-anchor=\"middle\" fill=\"#444444\""), words);
            }
        }
        out.path(line, &format!("M{left} {top}V{bottom}H{right}"));
        let title = "text-anchor=\"middle\" fill=\"#222222\"";
        let below = f64::from(SIZE.1) - TITLE_RISE;
        out.text(&format!("x=\"{}\" y=\"{below}\" {title}", f64::midpoint(left, right)), &x.title);
        let turned = format!("transform=\"translate(18 {}) rotate(-90)\" {title}", f64::midpoint(top, bottom));
        out.text(&turned, &y.title);
    }
}
