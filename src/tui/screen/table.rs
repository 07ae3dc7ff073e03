//! All designs as rows: what they cost, how they are split, how far they are from the baseline.
//!
//! ```text
//! ┌ Designs, int8 ──────────────────────────1 of 1 214, by rank, acc>72 ┐
//! │     id   acc%  lat ms     uJ    KiB   link B  split  fuse   r  bit │
//! │▸    17   73.1     8.6    6.1   24.0      512  S2.1   S2.2   4    8 │
//! │A    31  ?72.2     9.2    7.0   22.5      768  S1.2   S2.1   2    8 │
//! └────────────────────────────────────────────────────────────────────┘
//! ```
//! Columns go by priority where there is no room. Accuracies and leaks are in int8; `f`: measured in float only; `?`:
//! measured with another number of sensors; `≈93 ±2`: predicted, with half its 90 % interval; `†79.8`:
//! that of published networks of this size, unsplit; `-`: not known. Notes have a column as soon as there are any.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::{chrome, view::View};
use crate::{
    explore::{AccuracyFigure, AccuracyKind, Column, Command, Session, ShownAccuracy, TableRow},
    quantity::{Metric, number},
    record::Precision,
    tui::{
        command::UserCommand,
        hit::{HitMap, Region},
        model::screen::Pane,
        widget::{Glyphs, width, write},
    },
};

/// One column as it is shown.
struct ColumnShape {
    column: Column,
    title: String,
    cells: u16,
    /// Columns of a low number go last.
    priority: u8,
    left: bool,
}

impl ColumnShape {
    /// Returns `true` if the table can be sorted by the column.
    fn sorts(&self) -> bool {
        let title = self.title.as_str();
        !title.starts_with(DELTA) && ![DESIGN, NETWORK, NOTE].contains(&title) && !PARTS.contains(&title)
    }
}

/// Beginning of the heading of the differences to the baseline.
const DELTA: &str = "vs base";
/// Cells of it: `≈-12.3 -1520`.
const DELTA_CELLS: u16 = 13;
/// Headings of the parts of the latency, and of the design as it is written.
const PARTS: [&str; 3] = ["sensor", "link", "aggr."];
const DESIGN: &str = "design";
/// Cells of the latter.
const DESIGN_CELLS: u16 = 58;
/// Heading of the notes, and their cells.
const NOTE: &str = "note";
const NOTE_CELLS: u16 = 20;
/// Heading of the name of an imported network.
const NETWORK: &str = "network";
/// Cells of such names, and of those of layers.
const NETWORK_CELLS: u16 = 16;
const LAYER_CELLS: u16 = 12;

/// Draws the pane.
pub(crate) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, ui } = view;
    let focus = ui.pane == Pane::Table;
    hits.add(area, Region::Pane(Pane::Table));
    let count = session.order().len();
    let at = session.selected_row();
    let [whole, note, short] = notes(view, at, count);
    let precisions = session.accuracy_precisions();
    let title = if precisions.is_empty() { "Designs".to_owned() } else { format!("Designs, {precisions}") };
    let fits = |note: &String| width(note) + width(&title) + 9 <= area.width;
    let note = [whole, note].into_iter().find(fits).unwrap_or(short);
    let inner = chrome::pane(buf, area, (&title, &note), focus, theme);
    let shapes = shapes(view, inner.width);
    let heading = chrome::row(inner, 0);
    headings(view, &shapes, heading, buf, hits);
    let room = usize::from(inner.height.saturating_sub(1));
    let first = chrome::scrolled(ui.table_first, at.unwrap_or(0), count, room);
    hits.table_first = first;
    if focus {
        hits.page = room;
    }
    for (index, design) in session.rows(first..first + room).enumerate() {
        let row = chrome::row(inner, u16::try_from(index + 1).unwrap_or(u16::MAX));
        line(view, &shapes, &design, row, buf);
        hits.button(row, UserCommand::select(design.id));
    }
    if count == 0 {
        let row = chrome::row(inner, 2);
        chrome::line(buf, row, &[(" no design passes the filter; Esc clears it", theme.warn)], theme);
    }
}

/// Selected row, order, filter and origin of the accuracies; without that; in few words.
fn notes(view: View<'_>, at: Option<usize>, count: usize) -> [String; 3] {
    let setup = view.session.setup();
    let place = at.map_or_else(|| "-".to_owned(), |at| number::grouped(at as u64 + 1));
    let order = if setup.sort().reversed { "reversed " } else { "" };
    let (what, filter) = match setup.filter().is_empty() {
        // Candidates that are one design at their present splits stand in one row.
        true if count < view.session.catalogue().len() => (" different", String::new()),
        true => ("", String::new()),
        false => ("", format!(", {}", setup.filter().text())),
    };
    let place = format!("{place} of {}", number::grouped(count as u64));
    let column = setup.sort().column.name();
    let short = if filter.is_empty() { format!("by {column}") } else { "filtered".to_owned() };
    let note = format!("{place}{what}, {order}by {column}{filter}");
    let origin = if view.shows_shipped_run() { ", of the shipped run" } else { "" };
    [format!("{note}{origin}"), note, format!("{place}, {short}")]
}

/// The columns that fit, in order.
fn shapes(view: View<'_>, room: u16) -> Vec<ColumnShape> {
    let unit = |column| view.session.unit(column).symbol;
    let shape = |column, title: String, cells, priority, left| ColumnShape { column, title, cells, priority, left };
    let digits = view.session.catalogue().len().max(1).ilog10() as u16 + 1;
    let mut all = vec![
        shape(Column::Id, "id".to_owned(), digits.max(4), 10, false),
        shape(Column::Accuracy, "acc%".to_owned(), accuracy_cells(view), 10, false),
        shape(Column::Latency, format!("lat {}", unit(Column::Latency)), 6, 10, false),
        shape(Column::Latency, PARTS[0].to_owned(), 6, 1, false),
        shape(Column::Latency, PARTS[1].to_owned(), 6, 1, false),
        shape(Column::Latency, PARTS[2].to_owned(), 6, 1, false),
        shape(Column::Energy, unit(Column::Energy).to_owned(), 6, 7, false),
        shape(Column::Memory, format!("mem {}", unit(Column::Memory)), 7, 8, false),
        shape(Column::Link, "link B".to_owned(), 7, 6, false),
        shape(Column::FrameRate, "fps".to_owned(), 6, 5, false),
        shape(Column::Split, "split".to_owned(), 6, 9, true),
        shape(Column::Fusion, "fuse".to_owned(), 6, 8, true),
        shape(Column::Ratio, "r".to_owned(), 2, 3, false),
        shape(Column::Bits, "bit".to_owned(), 3, 3, false),
        shape(Column::Macs, "MMAC".to_owned(), 6, 4, false),
        shape(Column::Leak, "leak%".to_owned(), 6, 8, false),
        shape(Column::Rank, format!("{DELTA} %, {}", unit(Column::Latency)), DELTA_CELLS, 2, false),
        shape(Column::Id, DESIGN.to_owned(), DESIGN_CELLS, 0, true),
    ];
    if !view.session.space().imported().is_empty() {
        // Layers of imported networks have long names; whole designs are told by them already.
        all.retain(|shape| shape.title != DESIGN);
        for shape in all.iter_mut().filter(|shape| matches!(shape.column, Column::Split | Column::Fusion)) {
            shape.cells = LAYER_CELLS;
            // The views meet at the output unless the user moved that.
            shape.priority = if shape.column == Column::Fusion { 2 } else { shape.priority };
        }
        all.insert(1, shape(Column::Id, NETWORK.to_owned(), NETWORK_CELLS, 10, true));
    }
    if !view.session.setup().notes().is_empty() {
        all.push(shape(Column::Id, NOTE.to_owned(), NOTE_CELLS, 8, true));
    }
    if view.session.catalogue().leaks().is_empty() {
        all.retain(|shape| shape.column != Column::Leak);
    }
    // Two cells at the left for marks, one between columns.
    while all.iter().map(|shape| shape.cells + 1).sum::<u16>() + 2 > room && all.len() > 1 {
        let least = (0..all.len()).min_by_key(|index| all[*index].priority).unwrap_or(0);
        let gone = all.remove(least);
        // The parts of the latency go together.
        if PARTS.contains(&gone.title.as_str()) {
            all.retain(|shape| !PARTS.contains(&shape.title.as_str()));
        }
    }
    all
}

/// Cells of an accuracy: a predicted one takes one more in plain characters.
fn accuracy_cells(View { session, theme, .. }: View<'_>) -> u16 {
    if session.catalogue().predictions().is_some() && !theme.glyphs.braille { 7 } else { 6 }
}

/// Areas of the cells of a row.
fn cells(shapes: &[ColumnShape], row: Rect) -> impl Iterator<Item = (&ColumnShape, Rect)> {
    let mut x = row.x + 1;
    shapes.iter().map(move |shape| {
        let gap = if shape.left { 2 } else { 1 };
        let area = Rect { x: x + gap, width: shape.cells, ..row }.intersection(row);
        x += shape.cells + 1;
        (shape, area)
    })
}

fn headings(view: View<'_>, shapes: &[ColumnShape], row: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let sort = view.session.setup().sort();
    for (shape, area) in cells(shapes, row) {
        let sorts = shape.sorts();
        let sorted = shape.column == sort.column && sorts;
        let style = if sorted { view.theme.accent } else { view.theme.dim };
        cell(buf, area, &shape.title, shape.left, style);
        if sorts {
            hits.button(area, Command::Sort(shape.column));
        }
    }
}

fn line(view: View<'_>, shapes: &[ColumnShape], design: &TableRow<'_>, row: Rect, buf: &mut Buffer) {
    let theme = view.theme;
    let feasible = design.evaluation.feasible();
    let style = if feasible || design.selected { theme.text } else { theme.infeasible };
    let (mark, mark_style) = match design.pin {
        _ if design.selected => (theme.glyphs.focus, theme.selected),
        Some(pin) => (pin, theme.pins[(pin as usize - 'A' as usize) % theme.pins.len()]),
        None if !feasible => (theme.glyphs.no, theme.bad),
        None => (' ', style),
    };
    for (shape, area) in cells(shapes, row) {
        let estimated = shape.column == Column::Accuracy && matches!(design.accuracy, ShownAccuracy::Estimated(_));
        let style = if estimated && feasible && !design.selected { theme.dim } else { style };
        cell(buf, area, &figure(view, shape, design), shape.left, style);
    }
    if design.selected {
        buf.set_style(row, theme.highlight);
    }
    chrome::put(buf, row.x, row.y, mark, mark_style);
    // A selected design shows its pin beside the mark.
    if design.selected
        && let Some(pin) = design.pin
    {
        chrome::put(buf, row.x + 1, row.y, pin, theme.selected);
    }
}

fn cell(buf: &mut Buffer, area: Rect, text: &str, left: bool, style: Style) {
    if left {
        write(buf, area.x, area.y, text, area.width, style);
    } else {
        chrome::right(buf, area, text, style);
    }
}

fn figure(view: View<'_>, shape: &ColumnShape, design: &TableRow<'_>) -> String {
    let scaled = |value: f64| view.session.unit(shape.column).column(value);
    let cost = &design.evaluation;
    let [sensor, link, aggregator] = PARTS;
    match shape.title.as_str() {
        title if title == sensor => return scaled(cost.latency.sensor_s),
        title if title == link => return scaled(cost.latency.link_s),
        title if title == aggregator => return scaled(cost.latency.aggregator_s),
        DESIGN => return printed(view, design),
        NETWORK => return network(view, design),
        NOTE => return design.note.unwrap_or_default().to_owned(),
        _ => {}
    }
    match shape.column {
        Column::Id => design.id.to_string(),
        Column::Accuracy => accuracy(&design.accuracy, view.theme.glyphs),
        Column::Latency => scaled(cost.latency.total_s()),
        Column::Energy => scaled(cost.energy_j),
        Column::Memory => scaled(cost.sensor_peak_bytes as f64),
        Column::Link => scaled(cost.link_bytes as f64),
        Column::FrameRate => scaled(cost.fps),
        Column::Split => layer_name(design.split_name),
        Column::Fusion => layer_name(design.fusion_name),
        Column::Ratio => design.ratio.to_string(),
        Column::Bits => design.bits.to_string(),
        Column::Macs => scaled(design.candidate.macs as f64),
        Column::Leak if design.leak.is_nan() => "-".to_owned(),
        Column::Leak => scaled(design.leak) + design.leak_precision.map_or("", float_mark),
        Column::Rank => delta(view, design),
    }
}

/// Name of an imported network, with a mark if a splitting module changes it.
fn network(View { session, .. }: View<'_>, row: &TableRow<'_>) -> String {
    let name = session.space().imported_network(&row.candidate.genome).map_or("", |imported| imported.name.as_str());
    let mark = if session.space().is_hypothetical(row.ratio, row.bits) { " (hyp.)" } else { "" };
    let room = usize::from(NETWORK_CELLS).saturating_sub(mark.len());
    format!("{}{mark}", name.chars().take(room).collect::<String>())
}

/// The design as it is written, at its present split.
fn printed(View { session, .. }: View<'_>, row: &TableRow<'_>) -> String {
    let design = if row.overridden { session.selected_design() } else { session.best_design(row.id) };
    design.map(|design| session.space().print_design(&design)).unwrap_or_default()
}

/// Name of a boundary without that of its imported network; the end of a long one says most.
fn layer_name(name: &str) -> String {
    let own = name.rsplit('/').next().unwrap_or(name);
    let long = own.chars().count().saturating_sub(usize::from(LAYER_CELLS));
    own.chars().skip(long).collect()
}

/// An int8 accuracy in percent: `?` before one measured with another number of sensors, `f` for one in float, its
/// interval beside one that is predicted, `-` for none.
pub(crate) fn accuracy(shown: &ShownAccuracy, glyphs: &Glyphs) -> String {
    if let ShownAccuracy::Estimated(figure) = shown {
        return match figure.kind {
            AccuracyKind::Literature => format!("{}{}", glyphs.published, percent(figure.value)),
            _ => estimate(figure, glyphs),
        };
    }
    let Some(accuracy) = shown.accuracy() else { return "-".to_owned() };
    let share = format!("{}{}", percent(accuracy.accuracy), float_mark(accuracy.precision));
    if matches!(shown, ShownAccuracy::OtherViews { .. }) { of_other_views(&share) } else { share }
}

/// An accuracy that was measured with another number of sensors: `?93.8`.
pub(crate) fn of_other_views(accuracy: &str) -> String {
    format!("?{accuracy}")
}

/// As [`accuracy`] for splits of one design, which differ by little: a predicted one with a digit more, in as many
/// cells as are given: `≈92.9±2`.
pub(crate) fn split_accuracy(shown: &ShownAccuracy, cells: u16, glyphs: &Glyphs) -> String {
    let short = accuracy(shown, glyphs);
    let ShownAccuracy::Estimated(figure) = shown else { return short };
    if figure.kind == AccuracyKind::Literature {
        return short;
    }
    let half = (figure.half_interval() * 100.0).round().max(1.0);
    let fine = format!("{}{}{}{half:.0}", glyphs.about, percent(figure.value).trim(), glyphs.plus_minus);
    if width(&fine) <= cells { fine } else { short }
}

/// A predicted accuracy with half its interval in whole percent, as short as can be: `≈93 ±2`.
fn estimate(figure: &AccuracyFigure, glyphs: &Glyphs) -> String {
    let value = (figure.value * 100.0).round().min(99.0);
    let half = (figure.half_interval() * 100.0).round().max(1.0);
    let gap = if half < 10.0 && glyphs.braille { " " } else { "" };
    format!("{}{value:.0}{gap}{}{half:.0}", glyphs.about, glyphs.plus_minus)
}

/// A predicted accuracy with its interval in words: `≈93.1 % ±2.4`.
pub(crate) fn estimate_in_words(figure: &AccuracyFigure, glyphs: &Glyphs) -> String {
    let half = Metric::Accuracy.info().unit.column(figure.half_interval());
    let mark = if figure.kind == AccuracyKind::Literature { glyphs.published } else { glyphs.about };
    format!("{mark}{} {}{half}", Metric::Accuracy.format(figure.value), glyphs.plus_minus)
}

/// Mark of a figure in float where one in int8 is expected.
pub(crate) const fn float_mark(precision: Precision) -> &'static str {
    match precision {
        Precision::Int8 => "",
        Precision::Float => "f",
    }
}

/// Accuracy in a title, with its unit and the precisions of those that are known: `int8 accuracy %`.
pub(crate) fn accuracy_in_title(session: &Session) -> String {
    let (name, unit) = (Column::Accuracy.title(), session.unit(Column::Accuracy).symbol);
    format!("{} {name} {unit}", session.accuracy_precisions()).trim_start().to_owned()
}

/// A share in percent, of steady width.
fn percent(share: f64) -> String {
    Metric::Accuracy.info().unit.column(share)
}

/// Differences to the baseline: points of accuracy, and time in the unit of the latency.
fn delta(View { session, theme, .. }: View<'_>, design: &TableRow<'_>) -> String {
    let time = session.unit(Column::Latency);
    let latency = time.difference(design.latency_delta_s);
    let points = Metric::Accuracy.info().unit;
    let accuracy = match design.accuracy_delta {
        Some(delta) if design.delta_estimated => format!("{}{}", theme.glyphs.about, points.difference(delta)),
        Some(delta) => points.difference(delta),
        None => String::new(),
    };
    format!("{accuracy:>6} {latency:>6}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::widget::{ASCII, UNICODE};

    #[test]
    fn every_mark_before_an_accuracy_has_one_meaning() {
        for glyphs in [&UNICODE, &ASCII] {
            let mark = of_other_views("93.8").chars().next().unwrap();
            assert!(![glyphs.about, glyphs.published].contains(&mark) && glyphs.about != glyphs.published, "{mark}");
        }
    }
}
