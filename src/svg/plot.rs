//! Series of figures between two axes: lines or marks, with intervals and a legend.

use std::fmt::Write as _;

use super::axis::{Axis, Scale};
use super::chart::{COLOURS, Chart};
use super::document::SvgDocument;

/// The legend is at the right.
const CHART: Chart = Chart { left: 70.0, right: 700.0, top: 40.0, bottom: 484.0 };
/// Rows of the legend.
const LEGEND_ROW: f64 = 22.0;
/// Letters of a legend's row.
const LEGEND_LETTERS: usize = 36;

/// Axis of a plot: fitted to the figures.
pub(crate) struct PlotAxis {
    /// Title with the unit.
    pub title: String,
    /// Scale.
    pub scale: Scale,
    /// Names of places, in place of figures; empty for figures. Only of the axis to the right.
    pub names: Vec<(f64, String)>,
}

/// Way in which a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SeriesStyle {
    /// A line through the points.
    Line,
    /// A line with a mark at each point.
    MarkedLine,
    /// A mark at each point.
    Marks,
    /// Small faint marks, behind all others.
    Faint,
    /// One large mark.
    Chosen,
}

/// Point of a series, with the ends of its interval if it has one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PlotValue {
    /// To the right.
    pub x: f64,
    /// Upwards.
    pub y: f64,
    /// Lower and upper end of the interval of `y`.
    pub interval: Option<(f64, f64)>,
}

/// Points of one kind.
pub(crate) struct PlotSeries {
    /// Name in the legend.
    pub name: String,
    /// Style.
    pub style: SeriesStyle,
    /// Points, for a line from left to right. Those that are not finite are left out.
    pub values: Vec<PlotValue>,
}

/// A plot.
pub(crate) struct Plot {
    /// Title.
    pub title: String,
    /// Description for readers who can't see it.
    pub description: String,
    /// Axis to the right.
    pub x: PlotAxis,
    /// Axis upwards.
    pub y: PlotAxis,
    /// Series in the order of the legend, which leaves out those without points.
    pub series: Vec<PlotSeries>,
}

/// Shape of a mark. With the seventh colour used up the next shape begins, with lines of other dashes, so that no two
/// series of a plot look alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MarkShape {
    Disc,
    Square,
    Triangle,
}

/// Colour, mark and dashes of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct SeriesInk {
    colour: &'static str,
    shape: MarkShape,
    dashes: &'static str,
}

impl SeriesInk {
    const SHAPES: [(MarkShape, &'static str); 3] = [
        (MarkShape::Disc, ""),
        (MarkShape::Square, " stroke-dasharray=\"6 3\""),
        (MarkShape::Triangle, " stroke-dasharray=\"2 3\""),
    ];

    /// That of the series at a place of the legend.
    fn of(index: usize) -> Self {
        let (shape, dashes) = Self::SHAPES[index / COLOURS.len() % Self::SHAPES.len()];
        Self { colour: COLOURS[index % COLOURS.len()], shape, dashes }
    }
}

impl Plot {
    /// Draws the plot.
    pub(crate) fn draw(&self) -> String {
        let shown = |value: &&PlotValue| value.x.is_finite() && value.y.is_finite();
        let all = || self.series.iter().flat_map(|series| &series.values).filter(shown);
        let ends = |value: &PlotValue| value.interval.map_or([value.y, value.y], |(low, high)| [low, high]);
        // Half of the room of a name.
        let beside = if self.x.names.is_empty() { 0.02 } else { 0.4 / self.x.names.len() as f64 };
        let x = Axis::fit(all().map(|value| value.x), self.x.scale).padded(beside);
        let y = Axis::fit(all().flat_map(ends), self.y.scale).padded(0.05);
        let x = CHART.along(x, self.x.title.clone()).named(self.x.names.clone());
        let y = CHART.upward(y, self.y.title.clone());
        let mut out = CHART.begin(&self.title, &self.description, &x, &y);
        let place = |value: &PlotValue| (x.at(value.x), y.at(value.y));
        // Faint marks first, so that nothing hides behind them.
        let inked = self.series.iter().enumerate().map(|(index, series)| (SeriesInk::of(index), series));
        let mut order: Vec<(SeriesInk, &PlotSeries)> =
            inked.filter(|(_, series)| series.values.iter().any(|value| shown(&value))).collect();
        for (row, (ink, series)) in order.iter().enumerate() {
            legend(&mut out, row, *ink, series);
        }
        order.sort_by_key(|(_, series)| series.style != SeriesStyle::Faint);
        for (ink, series) in order {
            let values: Vec<&PlotValue> = series.values.iter().filter(shown).collect();
            let colour = ink.colour;
            if matches!(series.style, SeriesStyle::Line | SeriesStyle::MarkedLine) {
                line(&mut out, ink, values.iter().map(|value| place(value)));
            }
            for value in &values {
                if let Some((low, high)) = value.interval {
                    let ink = format!("fill=\"none\" stroke=\"{colour}\" stroke-opacity=\"0.4\"");
                    out.path(&ink, &format!("M{:.1} {:.1}V{:.1}", x.at(value.x), y.at(low), y.at(high)));
                }
                mark(&mut out, series.style, ink, place(value));
            }
        }
        out.end_group();
        out.finish()
    }
}

fn line(out: &mut SvgDocument, ink: SeriesInk, places: impl Iterator<Item = (f64, f64)>) {
    let mut data = String::new();
    for (index, (x, y)) in places.enumerate() {
        let _ = write!(data, "{}{x:.1} {y:.1}", if index == 0 { "M" } else { "L" });
    }
    if !data.is_empty() {
        let SeriesInk { colour, dashes, .. } = ink;
        out.path(&format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"{dashes}"), &data);
    }
}

fn mark(out: &mut SvgDocument, style: SeriesStyle, ink: SeriesInk, (x, y): (f64, f64)) {
    let SeriesInk { colour, shape, .. } = ink;
    let (radius, opacity) = match style {
        SeriesStyle::Line => return,
        SeriesStyle::MarkedLine => (3.0, 1.0),
        SeriesStyle::Marks => (4.0, 0.9),
        SeriesStyle::Faint => (2.0, 0.5),
        SeriesStyle::Chosen => {
            // A ring and a disc, so that it is found without colour.
            let ring = format!("r=\"9\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"");
            out.element(&format!("circle cx=\"{x:.1}\" cy=\"{y:.1}\" {ring}"));
            (4.5, 1.0)
        }
    };
    let fill = format!("fill=\"{colour}\" fill-opacity=\"{opacity}\"");
    match shape {
        MarkShape::Disc => out.element(&format!("circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" {fill}")),
        MarkShape::Square => {
            let (left, top, side) = (x - radius, y - radius, 2.0 * radius);
            out.element(&format!("rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{side}\" height=\"{side}\" {fill}"));
        }
        MarkShape::Triangle => {
            let (left, top, side) = (x - 1.2 * radius, y - 1.2 * radius, 2.4 * radius);
            out.path(&fill, &format!("M{x:.1} {top:.1}L{left:.1} {:.1}h{side:.1}Z", y + radius));
        }
    }
}

fn legend(out: &mut SvgDocument, row: usize, ink: SeriesInk, series: &PlotSeries) {
    let (x, y) = (CHART.right + 22.0, CHART.top + 14.0 + LEGEND_ROW * row as f64);
    if matches!(series.style, SeriesStyle::Line | SeriesStyle::MarkedLine) {
        line(out, ink, [(x - 9.0, y - 4.0), (x + 9.0, y - 4.0)].into_iter());
    }
    mark(out, series.style, ink, (x, y - 4.0));
    let name: String = series.name.chars().take(LEGEND_LETTERS).collect();
    out.text(&format!("x=\"{}\" y=\"{y}\" fill=\"#222222\"", x + 16.0), &name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plot_of_odd_figures_is_still_a_picture() {
        let value = |x, y| PlotValue { x, y, interval: Some((y - 1.0, f64::NAN)) };
        let axis = |title: &str| PlotAxis { title: title.to_owned(), scale: Scale::Linear, names: Vec::new() };
        let styles = [SeriesStyle::Line, SeriesStyle::MarkedLine, SeriesStyle::Marks, SeriesStyle::Faint];
        let series = styles.into_iter().chain([SeriesStyle::Chosen]).map(|style| PlotSeries {
            name: "a < b".to_owned(),
            style,
            values: vec![value(1.0, 2.0), value(f64::NAN, 1.0), value(2.0, f64::INFINITY)],
        });
        let plot = Plot {
            title: "one & two".to_owned(),
            description: String::new(),
            x: axis("x"),
            y: axis("y"),
            series: series.collect(),
        };
        let picture = plot.draw();
        assert!(picture.contains("one &amp; two") && picture.contains("a &lt; b"));
        assert!(!picture.contains("NaN") && !picture.contains("inf"), "{picture}");
    }

    #[test]
    fn twenty_series_look_apart_and_places_have_names() {
        let inks: Vec<SeriesInk> = (0..20).map(SeriesInk::of).collect();
        assert!((0..20).all(|index| !inks[..index].contains(&inks[index])));
        let series = |name: &str, values| PlotSeries { name: name.to_owned(), style: SeriesStyle::Marks, values };
        let value = |x| PlotValue { x, y: x, interval: None };
        let names = vec![(0.0, "one view fewer".to_owned()), (1.0, "all".to_owned())];
        let plot = Plot {
            title: String::new(),
            description: String::new(),
            x: PlotAxis { title: "x".to_owned(), scale: Scale::Linear, names },
            y: PlotAxis { title: "y".to_owned(), scale: Scale::Linear, names: Vec::new() },
            series: vec![series("empty", Vec::new()), series("full", vec![value(0.0), value(1.0)])],
        };
        let picture = plot.draw();
        for words in [">one view<", ">fewer<", ">all<", ">full<"] {
            assert!(picture.contains(words), "{words}: {picture}");
        }
        assert!(!picture.contains("empty") && picture.contains(COLOURS[1]), "{picture}");
    }
}
