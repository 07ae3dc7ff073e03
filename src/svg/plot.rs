//! Series of figures between two axes: lines or marks, with intervals and a legend.

use std::fmt::Write as _;

use super::axis::{Axis, Scale};
use super::chart::{COLOURS, Chart};
use super::document::SvgDocument;

/// The legend is at the right.
const CHART: Chart = Chart { left: 70.0, right: 740.0, top: 40.0, bottom: 488.0 };
/// Rows of the legend.
const LEGEND_ROW: f64 = 22.0;
/// Letters of a legend's row.
const LEGEND_LETTERS: usize = 28;

/// Axis of a plot: fitted to the figures.
pub(crate) struct PlotAxis {
    /// Title with the unit.
    pub title: String,
    /// Scale.
    pub scale: Scale,
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
    /// Series in the order of the legend.
    pub series: Vec<PlotSeries>,
}

impl Plot {
    /// Draws the plot.
    pub(crate) fn draw(&self) -> String {
        let shown = |value: &&PlotValue| value.x.is_finite() && value.y.is_finite();
        let all = || self.series.iter().flat_map(|series| &series.values).filter(shown);
        let ends = |value: &PlotValue| value.interval.map_or([value.y, value.y], |(low, high)| [low, high]);
        let x = Axis::fit(all().map(|value| value.x), self.x.scale).padded(0.02);
        let y = Axis::fit(all().flat_map(ends), self.y.scale).padded(0.05);
        let (x, y) = (CHART.along(x, self.x.title.clone()), CHART.upward(y, self.y.title.clone()));
        let mut out = CHART.begin(&self.title, &self.description, &x, &y);
        let place = |value: &PlotValue| (x.at(value.x), y.at(value.y));
        // Faint marks first, so that nothing hides behind them.
        let mut order: Vec<usize> = (0..self.series.len()).collect();
        order.sort_by_key(|&index| self.series[index].style != SeriesStyle::Faint);
        for index in order {
            let (series, colour) = (&self.series[index], COLOURS[index % COLOURS.len()]);
            let values: Vec<&PlotValue> = series.values.iter().filter(shown).collect();
            if matches!(series.style, SeriesStyle::Line | SeriesStyle::MarkedLine) {
                line(&mut out, colour, values.iter().map(|value| place(value)));
            }
            for value in &values {
                if let Some((low, high)) = value.interval {
                    let ink = format!("fill=\"none\" stroke=\"{colour}\" stroke-opacity=\"0.4\"");
                    out.path(&ink, &format!("M{:.1} {:.1}V{:.1}", x.at(value.x), y.at(low), y.at(high)));
                }
                mark(&mut out, series.style, colour, place(value));
            }
        }
        for (index, series) in self.series.iter().enumerate() {
            legend(&mut out, index, series);
        }
        out.end_group();
        out.finish()
    }
}

fn line(out: &mut SvgDocument, colour: &str, places: impl Iterator<Item = (f64, f64)>) {
    let mut data = String::new();
    for (index, (x, y)) in places.enumerate() {
        let _ = write!(data, "{}{x:.1} {y:.1}", if index == 0 { "M" } else { "L" });
    }
    if !data.is_empty() {
        out.path(&format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\""), &data);
    }
}

fn mark(out: &mut SvgDocument, style: SeriesStyle, colour: &str, (x, y): (f64, f64)) {
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
    let style = format!("r=\"{radius}\" fill=\"{colour}\" fill-opacity=\"{opacity}\"");
    out.element(&format!("circle cx=\"{x:.1}\" cy=\"{y:.1}\" {style}"));
}

fn legend(out: &mut SvgDocument, index: usize, series: &PlotSeries) {
    let (x, y) = (CHART.right + 22.0, CHART.top + 14.0 + LEGEND_ROW * index as f64);
    let colour = COLOURS[index % COLOURS.len()];
    if matches!(series.style, SeriesStyle::Line | SeriesStyle::MarkedLine) {
        line(out, colour, [(x - 9.0, y - 4.0), (x + 9.0, y - 4.0)].into_iter());
    }
    mark(out, series.style, colour, (x, y - 4.0));
    let name: String = series.name.chars().take(LEGEND_LETTERS).collect();
    out.text(&format!("x=\"{}\" y=\"{y}\" fill=\"#222222\"", x + 16.0), &name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plot_of_odd_figures_is_still_a_picture() {
        let value = |x, y| PlotValue { x, y, interval: Some((y - 1.0, f64::NAN)) };
        let axis = |title: &str| PlotAxis { title: title.to_owned(), scale: Scale::Linear };
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
}
