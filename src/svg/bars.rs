//! Stacked bars, one below the other, or stacked columns side by side.

use super::axis::{Axis, Scale};
use super::chart::COLOURS;
use super::document::SvgDocument;

const WIDTH: u32 = 960;
/// Room at the left for the names of bars.
const LEFT: f64 = 190.0;
const RIGHT: f64 = 850.0;
const TOP: f64 = 62.0;
const ROW: f64 = 30.0;
const BAR: f64 = 18.0;
/// Letters of the name of a bar.
const NAME_LETTERS: usize = 26;

/// One stacked bar.
pub(crate) struct ChartBar {
    /// Name at its left.
    pub name: String,
    /// Lengths of its parts in the unit of the chart.
    pub parts: Vec<f64>,
    /// Text at its end.
    pub text: String,
}

/// Bars of the same parts.
pub(crate) struct BarChart {
    /// Title.
    pub title: String,
    /// Description for readers who can't see it.
    pub description: String,
    /// Title of the axis, with the unit.
    pub axis: String,
    /// Names of the parts.
    pub parts: Vec<String>,
    /// The bars.
    pub bars: Vec<ChartBar>,
    /// Name and value of a limit, drawn as a line.
    pub limit: Option<(String, f64)>,
}

impl BarChart {
    /// Draws the chart.
    pub(crate) fn draw(&self) -> String {
        let height = TOP + ROW * self.bars.len() as f64 + 48.0;
        let mut out = SvgDocument::new((WIDTH, height as u32), &self.title, &self.description);
        out.element(&format!("rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\""));
        out.begin_group("font-family=\"sans-serif\" font-size=\"12\"");
        out.text("x=\"16\" y=\"20\" font-size=\"15\" fill=\"#222222\"", &self.title);
        self.legend(&mut out);
        let total = |bar: &ChartBar| bar.parts.iter().sum::<f64>();
        let limit = self.limit.as_ref().map(|(_, value)| *value).filter(|value| value.is_finite());
        let most = self.bars.iter().map(total).chain(limit).fold(0.0, f64::max);
        let axis = Axis::new(0.0, if most > 0.0 { most * 1.05 } else { 1.0 }, Scale::Linear);
        let at = |value: f64| LEFT + axis.fraction(value).unwrap_or_default() * (RIGHT - LEFT);
        let bottom = TOP + ROW * self.bars.len() as f64;
        for tick in axis.ticks(8) {
            let x = at(tick.value);
            out.path("fill=\"none\" stroke=\"#e4e4e4\"", &format!("M{x:.1} {TOP}V{bottom}"));
            let place = format!("x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"#444444\"", bottom + 16.0);
            out.text(&place, &tick.label);
        }
        let centre = f64::midpoint(LEFT, RIGHT);
        let place = format!("x=\"{centre}\" y=\"{}\" text-anchor=\"middle\" fill=\"#222222\"", bottom + 36.0);
        out.text(&place, &self.axis);
        for (index, bar) in self.bars.iter().enumerate() {
            let y = TOP + ROW * index as f64 + (ROW - BAR) / 2.0;
            let name: String = bar.name.chars().take(NAME_LETTERS).collect();
            let place = format!("x=\"{}\" y=\"{}\" text-anchor=\"end\" fill=\"#222222\"", LEFT - 8.0, y + 13.0);
            out.text(&place, &name);
            let mut from = 0.0;
            for (part, length) in bar.parts.iter().enumerate().filter(|(_, length)| **length > 0.0) {
                let (x, width) = (at(from), at(from + length) - at(from));
                let colour = COLOURS[part % COLOURS.len()];
                let shape = format!("rect x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"{BAR}\"");
                out.element(&format!("{shape} fill=\"{colour}\""));
                from += length;
            }
            let place = format!("x=\"{:.1}\" y=\"{}\" fill=\"#444444\"", at(from) + 6.0, y + 13.0);
            out.text(&place, &bar.text);
        }
        if let Some((name, value)) = self.limit.as_ref().filter(|(_, value)| value.is_finite()) {
            let x = at(*value);
            out.path("fill=\"none\" stroke=\"#d55e00\" stroke-dasharray=\"5 4\"", &format!("M{x:.1} {TOP}V{bottom}"));
            let place = format!("x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"#d55e00\"", TOP - 4.0);
            out.text(&place, name);
        }
        out.end_group();
        out.finish()
    }

    fn legend(&self, out: &mut SvgDocument) {
        let mut x = LEFT;
        for (part, name) in self.parts.iter().enumerate() {
            let colour = COLOURS[part % COLOURS.len()];
            out.element(&format!("rect x=\"{x:.1}\" y=\"30\" width=\"12\" height=\"12\" fill=\"{colour}\""));
            out.text(&format!("x=\"{:.1}\" y=\"41\" fill=\"#222222\"", x + 17.0), name);
            x += 40.0 + 7.0 * name.chars().count() as f64;
        }
    }
}

/// Room of a chart of columns.
const COLUMNS: (f64, f64, f64, f64) = (70.0, 930.0, 40.0, 380.0);

/// Part of a column, told apart by its number: equal numbers in neighbouring columns are one thing.
pub(crate) struct ColumnPart {
    /// Number; it gives the colour.
    pub number: usize,
    /// Name, shown when pointed at.
    pub name: String,
    /// Height in the unit of the chart.
    pub height: f64,
}

/// A column, with a second figure drawn as a step across it.
pub(crate) struct ChartColumn {
    /// Name below it.
    pub name: String,
    /// Parts from the lowest to the highest.
    pub parts: Vec<ColumnPart>,
    /// Height of the step.
    pub step: f64,
}

/// Columns side by side.
pub(crate) struct ColumnChart {
    /// Title.
    pub title: String,
    /// Description for readers who can't see it.
    pub description: String,
    /// Title of the axis, with the unit.
    pub axis: String,
    /// The columns.
    pub columns: Vec<ChartColumn>,
    /// Name and value of a limit, drawn as a line.
    pub limit: Option<(String, f64)>,
}

impl ColumnChart {
    /// Draws the chart.
    pub(crate) fn draw(&self) -> String {
        let (left, right, top, bottom) = COLUMNS;
        // Names stand upright below the columns.
        let letters = self.columns.iter().map(|column| column.name.chars().count()).max().unwrap_or(0);
        let height = bottom + 20.0 + 7.0 * letters as f64;
        let mut out = SvgDocument::new((WIDTH, height as u32), &self.title, &self.description);
        out.element(&format!("rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\""));
        out.begin_group("font-family=\"sans-serif\" font-size=\"12\"");
        out.text("x=\"16\" y=\"20\" font-size=\"15\" fill=\"#222222\"", &self.title);
        let sum = |column: &ChartColumn| column.parts.iter().map(|part| part.height).sum::<f64>().max(column.step);
        let limit = self.limit.as_ref().map(|(_, value)| *value).filter(|value| value.is_finite());
        let most = self.columns.iter().map(sum).chain(limit).fold(0.0, f64::max);
        let axis = Axis::new(0.0, if most > 0.0 { most * 1.05 } else { 1.0 }, Scale::Linear);
        let at = |value: f64| bottom - axis.fraction(value).unwrap_or_default() * (bottom - top);
        for tick in axis.ticks(6) {
            let y = at(tick.value);
            out.path("fill=\"none\" stroke=\"#e4e4e4\"", &format!("M{left} {y:.1}H{right}"));
            let place = format!("x=\"{}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#444444\"", left - 8.0, y + 4.0);
            out.text(&place, &tick.label);
        }
        let middle = f64::midpoint(top, bottom);
        let turned = format!("transform=\"translate(18 {middle}) rotate(-90)\" text-anchor=\"middle\"");
        out.text(&format!("{turned} fill=\"#222222\""), &self.axis);
        let width = (right - left) / self.columns.len().max(1) as f64;
        for (index, column) in self.columns.iter().enumerate() {
            let x = left + width * index as f64;
            let mut from = 0.0;
            for part in column.parts.iter().filter(|part| part.height > 0.0) {
                let (low, high) = (at(from), at(from + part.height));
                let colour = COLOURS[part.number % COLOURS.len()];
                let shape = format!("x=\"{x:.1}\" y=\"{high:.1}\" width=\"{width:.1}\" height=\"{:.1}\"", low - high);
                out.begin_group("");
                out.title(&part.name);
                out.element(&format!("rect {shape} fill=\"{colour}\" fill-opacity=\"0.8\""));
                out.end_group();
                from += part.height;
            }
            let step = at(column.step);
            out.path("fill=\"none\" stroke=\"#222222\" stroke-width=\"2\"", &format!("M{x:.1} {step:.1}h{width:.1}"));
            let (x, y) = (x + width / 2.0 + 4.0, bottom + 8.0);
            let turned = format!("transform=\"translate({x:.1} {y}) rotate(-90)\" text-anchor=\"end\"");
            out.text(&format!("{turned} fill=\"#444444\""), &column.name);
        }
        if let Some((name, value)) = self.limit.as_ref().filter(|(_, value)| value.is_finite()) {
            let y = at(*value);
            out.path("fill=\"none\" stroke=\"#d55e00\" stroke-dasharray=\"5 4\"", &format!("M{left} {y:.1}H{right}"));
            let place = format!("x=\"{right}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#d55e00\"", y - 5.0);
            out.text(&place, name);
        }
        out.end_group();
        out.finish()
    }
}
