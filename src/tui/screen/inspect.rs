//! The selected design in figures: what it is, and what every split of it would cost, against the limits.
//!
//! ```text
//! ┌▸Design #17 ──────────────────────────────────────────────────────────── Esc close ┐
//! │ r32 stem.w8 ...                                                                    │
//! │ 4.0 MMAC, 31.2 k weights, int8 accuracy 73.1 % ±1.5 (90 %)                         │
//! │ sends 512 B from each sensor, 3.00 KiB from all 6, 50.0 % of the raw frame         │
//! │ 500 samples, step 280, float 73.5 % (-0.40), entropy 2.50 bits: 160 B at least     │
//! │ split    acc%   sends  sensor   link   aggr  total    uJ    KiB    fps  as fast at │
//! │ limit    90.0                                 10.0     -   64.0      -             │
//! │✓input   ≈91.4±2   1024     0.0    2.5    3.6    6.4  24.4    1.0    277  12 Mbit/s  │
//! │◆S2.1     93.1     512     2.7    1.3    0.4    4.6  16.8   40.0    377             │
//! │✗fc          -      10     4.5    0.1    0.0    4.9  19.0   40.0    222  weights    │
//! └────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//! With enough columns, the time of each split stands beside it as a bar. "As fast at" is the bandwidth at which a
//! split takes as long as the one shown.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, widgets::Widget};

use super::{chrome, frames, table, view::View};
use crate::{
    cost::{LatencyBreakdown, Traffic},
    explore::{
        Accuracy, AccuracyFigure, Column, Command, DesignPart, DesignStrip, Move, NetworkBoundary, Session,
        ShownAccuracy, ShownLeak, SplitState,
    },
    network::Network,
    quantity::{Knob, Limit, Metric, Unit, number},
    record::{Precision, leak_sentence},
    space::Design,
    tui::{
        hit::HitMap,
        model::scatter_window,
        text,
        widget::{StackedBar, StackedBars, width},
    },
};

/// Cells of the columns: split, accuracy, bytes, four stages and figures, the bandwidth.
const CELLS: [u16; COLUMNS] = [7, 8, 7, 7, 5, 6, 6, 6, 6, 5, 12];
const COLUMNS: usize = 11;
/// Least cells of the bars beside the figures, and those that are enough.
const BARS: u16 = 20;
const WIDE_BARS: u16 = 40;
/// Rows above the splits besides those about the design: the heading, the limits.
const ABOVE: usize = 2;

/// Cells that everything takes in a row of `room` cells: the figures, and bars if there is room for them.
pub(crate) fn wide(room: u16) -> u16 {
    let spare = room.saturating_sub(figures());
    if spare < BARS { figures() } else { figures() + spare.min(WIDE_BARS) }
}

/// Cells of the figures.
fn figures() -> u16 {
    CELLS.iter().sum::<u16>() + 1
}

/// Rows that everything takes in rows of `room` cells.
pub(crate) fn rows(view: View<'_>, room: u16) -> usize {
    view.session
        .strip()
        .map_or(1, |strip| open(&strip).count() + about(view, &strip, room).len() + ABOVE + 1 + hold(view, room).len())
}

/// Draws the design and its splits.
pub(crate) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, .. } = view;
    let Some(strip) = session.strip() else { return };
    let mut head = 0;
    let hold = hold(view, area.width);
    let spare = usize::from(area.height).saturating_sub(open(&strip).count() + ABOVE + hold.len());
    for line in fitting(facts(view, &strip), area.width, spare) {
        let style = if head == 0 { theme.text } else { theme.dim };
        chrome::line(buf, chrome::row(area, head), &[(&line, style)], theme);
        head += 1;
    }
    let table = Rect { y: area.y + head, height: area.height.saturating_sub(head), ..area }.intersection(area);
    let foot = table.height.saturating_sub(u16::try_from(hold.len()).unwrap_or(0));
    // A row before the foot, blank or about the splits without room, unless all of them take it.
    let all = open(&strip).count();
    let gap = u16::from(usize::from(foot) != all + ABOVE);
    splits(view, &strip, Rect { height: foot.saturating_sub(gap), ..table }, buf, hits);
    let shown = usize::from(foot.saturating_sub(gap)).saturating_sub(ABOVE);
    if shown < all {
        let words = format!("{}: move the split", number::counted((all - shown) as u64, "more split"));
        chrome::line(buf, chrome::row(table, foot.saturating_sub(1)), &[(&words, theme.dim)], theme);
    }
    for (line, at) in hold.iter().zip(foot..) {
        chrome::line(buf, chrome::row(table, at), &[(line, theme.text)], theme);
    }
}

/// Lines about the bandwidths at which the fastest split is the fastest, in rows of `room` cells; a blank one if none
/// is.
fn hold(view: View<'_>, room: u16) -> Vec<String> {
    let sentence = view.session.hold_sentence().map(|sentence| text::wrap_broken(&sentence, room));
    sentence.unwrap_or_else(|| vec![String::new()])
}

/// Lines about the design in rows of `room` cells: as it is written; size and accuracy; its note; what is sent; what
/// else was measured.
fn about(view: View<'_>, strip: &DesignStrip<'_>, room: u16) -> Vec<String> {
    facts(view, strip).iter().flat_map(|fact| text::wrap_broken(fact, room)).collect()
}

/// Facts in rows of `room` cells: the first two, and of the others as many whole ones as `rows` have room for, so that
/// splits are not left out.
fn fitting(mut facts: Vec<String>, room: u16, rows: usize) -> Vec<String> {
    let wrapped =
        |facts: &[String]| -> Vec<String> { facts.iter().flat_map(|fact| text::wrap_broken(fact, room)).collect() };
    while facts.len() > 2 && wrapped(&facts).len() > rows {
        facts.pop();
    }
    wrapped(&facts)
}

/// Facts about the design, a line each where there is room.
fn facts(view: View<'_>, strip: &DesignStrip<'_>) -> Vec<String> {
    let session = view.session;
    let design = session.space().print_design(&strip.design);
    let candidate = session.catalogue().get(strip.candidate);
    let (macs, weights) = candidate.map_or((0, 0), |candidate| (candidate.macs, candidate.weights));
    let accuracy = match strip.accuracy {
        ShownAccuracy::Measured(accuracy) => format!(
            "{} accuracy {} {}{} (90 %)",
            accuracy.precision.name(),
            Metric::Accuracy.format(accuracy.accuracy),
            view.theme.glyphs.plus_minus,
            Metric::Accuracy.info().unit.column(accuracy.figure().half_interval()),
        ),
        ShownAccuracy::OtherViews { views, accuracy } => {
            let (precision, share) = (accuracy.precision.name(), Metric::Accuracy.format(accuracy.accuracy));
            format!("{precision} accuracy {share}, measured with {}", number::counted(views.into(), "sensor"))
        }
        ShownAccuracy::Estimated(figure) => estimated(view, &figure),
        ShownAccuracy::None => "accuracy not measured".to_owned(),
    };
    let size = format!("{}, {} weights, {accuracy}", Metric::Macs.format(macs as f64), number::grouped(weights));
    let mut lines = vec![design, size];
    lines.extend(session.setup().notes().get(strip.candidate).map(|note| format!("note: {note}")));
    let Some(network) = session.network() else { return lines };
    let traffic = Traffic::new(strip.here().evaluation.link_bytes, session.knobs().sensors, network.input);
    let sentence = |leak: &ShownLeak| format!("; {}{}", leak_sentence(leak.figures.leak), leak.precision.suffix());
    let leak = session.leak(&strip.design).map(sentence);
    lines.push(format!("sends {}{}", traffic.sentence(), leak.unwrap_or_default()));
    if let ShownAccuracy::Measured(accuracy) = strip.accuracy {
        let (float, entropy) = (in_float(session, &strip.design, accuracy), entropy(strip, network));
        lines.push(format!("{} samples, step {}{float}{entropy}", accuracy.samples, accuracy.step));
    }
    lines
}

/// An accuracy that was not measured, with where it comes from.
fn estimated(View { session, theme, .. }: View<'_>, figure: &AccuracyFigure) -> String {
    let share = table::estimate_in_words(figure, theme.glyphs);
    if let Some(caveat) = figure.kind.caveat() {
        return format!("accuracy {share}; {caveat}");
    }
    let measured = number::grouped(session.catalogue().measurements().len() as u64);
    format!("{} accuracy {share} (90 %), predicted from {measured} measured designs", figure.precision.name())
}

/// Accuracy in float beside one in int8, and the loss; empty where there is none.
fn in_float(session: &Session, design: &Design, accuracy: Accuracy) -> String {
    let (views, measurements) = (session.knobs().sensors, session.catalogue().measurements());
    let float = match accuracy.precision {
        Precision::Int8 => measurements.present().newest_in(Precision::Float, design, views),
        Precision::Float => None,
    };
    let Some(float) = float else { return String::new() };
    let change = Metric::Accuracy.info().unit.difference(accuracy.accuracy - float.accuracy);
    format!(", float {} ({change})", Metric::Accuracy.format(float.accuracy))
}

/// Entropy of the codes that were measured, and the bytes that a sensor sends at least; empty where none were.
fn entropy(strip: &DesignStrip<'_>, network: &Network) -> String {
    let measured = strip.accuracy.accuracy().and_then(|accuracy| accuracy.quantisation);
    let values = network.sent_values(strip.design.split, strip.design.ratio);
    let (Some(quantisation), Some(values)) = (measured, values) else { return String::new() };
    let least = Metric::LinkBytes.format(quantisation.entropy_bytes(values).ceil());
    format!(", entropy {} bits: {least} at least", number::figure(quantisation.code_entropy))
}

/// Places the space lets the design be split at.
fn open<'a>(strip: &'a DesignStrip<'_>) -> impl Iterator<Item = (usize, &'a NetworkBoundary<'a>)> {
    strip.places.iter().enumerate().filter(|(_, place)| place.state != SplitState::Closed)
}

/// The table of splits: a heading, the limits, a row for each split.
pub(crate) fn splits(view: View<'_>, strip: &DesignStrip<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, .. } = view;
    let units = [Column::Latency, Column::Energy, Column::Memory].map(|column| session.unit(column));
    let [time, energy, memory] = units;
    let sent = session.unit(Column::Link).symbol;
    let sends = if sent == "B" { "sent B" } else { sent };
    let [time_sign, energy_sign, memory_sign] = units.map(|unit| unit.symbol);
    let heads =
        ["split", "acc%", sends, "sensor", "link", "aggr.", time_sign, energy_sign, memory_sign, "fps", "as fast at"];
    line(view, chrome::row(area, 0), &heads.map(|head| (head.to_owned(), theme.dim)), buf);
    let limit = |column: Column, unit: Unit| match scatter_window::limit(session, column) {
        Some(limit) => unit.column(limit),
        None => String::new(),
    };
    let mut limits: [(String, Style); COLUMNS] = Default::default();
    let rate = session.unit(Column::FrameRate);
    limits[0] = ("limit".to_owned(), theme.dim);
    for (at, column, unit) in [
        (1, Column::Accuracy, session.unit(Column::Accuracy)),
        (6, Column::Latency, time),
        (7, Column::Energy, energy),
        (8, Column::Memory, memory),
        (9, Column::FrameRate, rate),
    ] {
        limits[at] = (limit(column, unit), theme.limit);
    }
    line(view, chrome::row(area, 1), &limits, buf);
    let places: Vec<(usize, &NetworkBoundary<'_>)> = open(strip).collect();
    let shown = places.iter().position(|(index, _)| *index == strip.split).unwrap_or(0);
    let room = usize::from(area.height.saturating_sub(2));
    let first = chrome::scrolled(shown.saturating_sub(room / 2), shown, places.len(), room);
    for (number, (index, place)) in places.iter().enumerate().skip(first).take(room) {
        let row = chrome::row(area, 2 + u16::try_from(number - first).unwrap_or(u16::MAX));
        let here = *index == strip.split;
        line(view, row, &cells(view, strip, place, here, &units), buf);
        if here {
            buf.set_style(Rect { width: row.width.min(figures()), ..row }, theme.highlight);
        }
        hits.button(row, Command::Override(DesignPart::Split, Move::To(number)));
    }
    let beside = Rect { x: area.x + figures(), y: area.y + 2, width: area.width.saturating_sub(figures()), ..area };
    if beside.width >= BARS {
        let shown = places.iter().skip(first).take(room).map(|(_, place)| place.evaluation.latency);
        bars(view, shown, beside.intersection(area), buf);
    }
}

/// Latency breakdown of each split as a bar.
fn bars(view: View<'_>, splits: impl Iterator<Item = LatencyBreakdown>, area: Rect, buf: &mut Buffer) {
    let values: Vec<[f64; 4]> =
        splits.map(|time| [time.readout_s, time.sensor_s, time.link_s, time.aggregator_s]).collect();
    let bars: Vec<StackedBar<'_>> =
        values.iter().map(|values| StackedBar { values, ..StackedBar::default() }).collect();
    let parts = frames::parts(view.theme);
    let mut stacked = StackedBars::new(&bars, &parts).label_width(0).look(view.theme.look(view.theme.limit));
    if let Some(limit) = scatter_window::limit(view.session, Column::Latency) {
        stacked = stacked.limit(limit);
    }
    (&stacked).render(area, buf);
}

/// A split in figures. What breaks a limit stands out.
fn cells(
    view: View<'_>,
    strip: &DesignStrip<'_>,
    place: &NetworkBoundary<'_>,
    here: bool,
    units: &[Unit; 3],
) -> [(String, Style); COLUMNS] {
    let View { session, theme, .. } = view;
    let cost = &place.evaluation;
    let [time, energy, memory] = units;
    let judged = |value: f64, column: Column| {
        let broken = scatter_window::limit(session, column)
            .is_some_and(|limit| if column.descends() { value < limit } else { value > limit });
        if broken { theme.bad } else { theme.text }
    };
    let (mark, style) = match place.state {
        _ if here => (theme.glyphs.selected, theme.text),
        SplitState::Feasible => (theme.glyphs.yes, theme.good),
        _ => (theme.glyphs.no, theme.bad),
    };
    let even = session.break_even_bandwidth(strip.here().boundary, place.boundary);
    let last = match (place.state, even) {
        _ if here => "shown".to_owned(),
        (SplitState::Barred("weight"), _) => "weights".to_owned(),
        (_, Some(even)) => Knob::LinkBandwidth.format(even),
        (_, None) => "never".to_owned(),
    };
    let latency = cost.latency;
    let accuracy = session.accuracy_at(place.boundary);
    let accuracy_style = match accuracy {
        _ if place.state == SplitState::Barred(Limit::Accuracy.info().tag) => theme.bad,
        ShownAccuracy::Measured(_) => theme.text,
        _ => theme.dim,
    };
    [
        (format!("{mark}{}", place.name), style),
        (table::split_accuracy(&accuracy, CELLS[1] - 1, theme.glyphs), accuracy_style),
        (session.unit(Column::Link).column(cost.link_bytes as f64), theme.text),
        (time.column(latency.sensor_s), theme.text),
        (time.column(latency.link_s), theme.text),
        (time.column(latency.aggregator_s), theme.text),
        (time.column(latency.total_s()), judged(latency.total_s(), Column::Latency)),
        (energy.column(cost.energy_j), judged(cost.energy_j, Column::Energy)),
        (memory.column(cost.sensor_peak_bytes as f64), judged(cost.sensor_peak_bytes as f64, Column::Memory)),
        (session.unit(Column::FrameRate).column(cost.fps), judged(cost.fps, Column::FrameRate)),
        (last, if here { style } else { theme.dim }),
    ]
}

/// Writes a row: the first cell at the left, the others at the right of their columns.
fn line(view: View<'_>, row: Rect, cells: &[(String, Style); COLUMNS], buf: &mut Buffer) {
    let mut x = row.x;
    for (at, ((text, style), wide)) in cells.iter().zip(CELLS).enumerate() {
        let cell = Rect { x, width: wide, ..row }.intersection(row);
        if at == 0 {
            chrome::line(buf, cell, &[(text, *style)], view.theme);
        } else if width(text) <= cell.width {
            chrome::right(buf, cell, text, *style);
        }
        x = x.saturating_add(wide);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_give_way_to_splits_from_the_last_one_on() {
        let facts = || ["a design", "its size", "sends a lot more", "samples"].map(str::to_owned).to_vec();
        assert_eq!(fitting(facts(), 8, 5), ["a design", "its size", "sends a", "lot more", "samples"]);
        assert_eq!(fitting(facts(), 8, 4), ["a design", "its size", "sends a", "lot more"]);
        assert_eq!(fitting(facts(), 8, 3), ["a design", "its size"]);
        assert_eq!(fitting(facts(), 8, 0).len(), 2);
    }
}
