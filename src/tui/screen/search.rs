//! The Search screen: how far the search is, how its front grew, what it varies, which operators help, what happened.
//!
//! ```text
//! ┌ Search ──────────────────────────────────────────────────────────┐
//! │ measured ████████████░░░░░░ 42 of 60                             │
//! │ generation 12   31/s   known 12 %   front 23   best ...          │
//! └──────────────────────────────────────────────────────────────────┘
//! ┌ Hypervolume over evaluations ──┐┌ Front ─ ● now □ generation 5 ──┐
//! └────────────────────────────────┘└────────────────────────────────┘
//! ┌ What the front is made of ─────┐┌ Operators ───┐┌ Events ────────┐
//! └────────────────────────────────┘└──────────────┘└────────────────┘
//! ```

mod front;
mod genes;

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::{
    chart::{self, Axes},
    chrome, scatter, train,
    view::{View, WIDE},
};
use crate::{
    explore::{Command, Session, WorkControl, progress::State},
    quantity::{Dimension, Metric, number},
    record::{OperatorRecord, PreparingRecord},
    tui::{
        hit::HitMap,
        widget::{CurveSeries, Gauge, Scale, width},
    },
};

pub(crate) use front::nearest;

/// Cells of the events beside the operators, of the choices of the front, and of the bar of an operator where there is
/// room for them.
const EVENTS: u16 = 30;
const GENES: u16 = 44;
const BAR: u16 = 12;

/// Draws the screen.
pub(crate) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let searching = view.session.searching();
    if searching.state == State::Idle && searching.generations.is_empty() && searching.notes.is_empty() {
        return nothing(view, area, buf);
    }
    let (top, rest) = chrome::cut_top(area, 4);
    summary(view, top, buf);
    let (upper, lower) = chrome::cut_top(rest, (rest.height * 60 / 100).max(6));
    // A comparison of baselines and a live search have no generations, and nothing that grows with them.
    let grows = searching.live.is_none() && (searching.state.is_active() || !searching.generations.is_empty());
    let (left, right) = chrome::cut_left(upper, if grows { area.width / 2 } else { 0 });
    if grows {
        hypervolume(view, left, buf, hits);
    }
    if searching.found.is_empty() && !searching.generations.is_empty() {
        // A run of an earlier splitscope does not tell what was found when.
        scatter::draw(view, right, buf, hits);
    } else {
        front::draw(view, right, buf, hits);
    }
    let tallies = operators(view);
    let wanted = if area.width < WIDE || tallies.is_empty() { 0 } else { tally_cells(&tallies) };
    let genes = area.width.saturating_sub(wanted + EVENTS).max(GENES).min(area.width / 2);
    let (left, right) = chrome::cut_left(lower, if wanted == 0 { area.width / 2 } else { genes });
    genes::draw(view, left, buf);
    // Their bars have what the events leave.
    let (one, events) = chrome::cut_left(right, (right.width / 2).clamp(wanted, wanted + BAR.min(wanted)));
    if wanted > 0 {
        tally(view, &tallies, one, buf);
    }
    train::notes(view, events, &searching.notes, buf, hits);
}

/// Quality of the predictions: width, coverage and rank correlation on designs held out of the fit, with the present
/// number of sensors or the one nearest to it that was measured. `None` without predictions.
fn predictions(view: View<'_>, narrow: bool) -> Option<String> {
    let View { session, theme, .. } = view;
    let sensors = session.knobs().sensors;
    let qualities = session.catalogue().predictions()?.qualities();
    let (views, quality) = qualities.min_by_key(|(views, _)| views.abs_diff(sensors))?;
    let points = Metric::Accuracy.info().unit;
    let half = format!("{}{}", theme.glyphs.plus_minus, points.column(quality.half_width));
    let coverage = Dimension::Share.format(quality.coverage);
    let tau = format!("{:.2}", quality.kendall_tau);
    if narrow {
        return Some(format!("predicted {half}, {coverage} held, tau {tau}"));
    }
    let (samples, sensors) = (number::grouped(quality.samples as u64), number::counted(views.into(), "sensor"));
    Some(format!(
        "predictions for {sensors}: {half} at 90 %, held by {coverage} of {samples} held out, rank correlation {tau}"
    ))
}

/// Evaluations a second that no measurements reach.
const MOST_MEASURED: f64 = 1e4;

fn nothing(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let View { session, theme, ui } = view;
    let inner = chrome::pane(buf, area, ("Search", ""), false, theme);
    if ui.replay.is_some() {
        return chrome::paragraphs(buf, inner, &[("No search yet at this moment of the run.", theme.text)], theme);
    }
    let trained = session.training().last.step > 0 || !session.catalogue().measurements().is_empty();
    let (train, search) = (ui.keys.key(Command::StartTraining), ui.keys.key(Command::StartSearch));
    let first = if trained {
        let front = ui.keys.key(Command::StartFrontSearch);
        format!("{search:<3} searches the trained run for what could win as the knobs move, {front} for a whole front.")
    } else {
        format!("A search needs a trained run. {train} trains one; then {search} searches it.")
    };
    let limits = format!(
        "    Limits may be moved while it runs: {} tells them to it.",
        ui.keys.key(Command::Control(WorkControl::SendLimits))
    );
    let quality = predictions(view, false).map(|words| format!("    {words}.")).unwrap_or_default();
    let lines = [
        (first.as_str(), theme.text),
        ("    It measures designs one by one; they appear in scatter and table as they come.", theme.dim),
        (&limits, theme.dim),
        (&quality, theme.dim),
    ];
    chrome::paragraphs(buf, inner, &lines, theme);
}

/// Two lines: how far it is, and the best it has found.
fn summary(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let View { session, theme, ui } = view;
    let searching = session.searching();
    let title = format!("Search{}", with_sensors(session));
    let inner = chrome::pane(buf, area, (&title, &searching.state.to_string()), false, theme);
    let mut words = [false, true].into_iter().filter_map(|narrow| predictions(view, narrow));
    if let Some(words) = words.find(|words| width(words) + 6 <= area.width) {
        chrome::foot(buf, area, (&words, ""), theme);
    }
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let last = searching.last();
    let work = searching.live_sentence();
    let figures = if let Some(work) = &work {
        vec![("", work.clone())]
    } else if searching.preparing.is_some() || last.evaluations == 0 && !searching.state.is_active() {
        Vec::new()
    } else {
        vec![
            ("generation ", format!("{:<5}", last.generation)),
            ("evaluations ", format!("{:<7}", number::grouped(searching.evaluations()))),
            ("rate ", format!("{:<8}", rate(searching.rate()))),
            ("known ", format!("{:<8}", Dimension::Share.format(searching.cache_share()))),
            ("front ", format!("{:<5}", last.front)),
            ("", number::duration(last.seconds)),
        ]
    };
    // Those in the middle go first where there is no room for all.
    let mut figures = figures;
    while figures.iter().map(|(word, figure)| width(word) + width(figure)).sum::<u16>() > inner.width
        && figures.len() > 2
    {
        figures.remove(figures.len() / 2);
    }
    let pieces: Vec<_> =
        figures.iter().flat_map(|(word, figure)| [(*word, theme.dim), (figure.as_str(), theme.text)]).collect();
    let end = chrome::line(buf, chrome::row(inner, 0), &pieces, theme);
    budget(view, Rect { x: end + 3, width: inner.right().saturating_sub(end + 3), ..chrome::row(inner, 0) }, buf);
    let (line, style) = match (session.activity().limits_moved(), searching.state.is_active() && ui.replay.is_none()) {
        (true, true) => {
            let key = ui.keys.key(Command::Control(WorkControl::SendLimits));
            (format!("The limits have moved since the search got them: {key} sends the present ones."), theme.warn)
        }
        _ => (best(session), theme.text),
    };
    let row = chrome::row(inner, u16::from(!pieces.is_empty() || searching.preparing.is_some()));
    chrome::line(buf, row, &[(&line, style)], theme);
}

/// Number of sensors of a search that does not follow the present one, as words of a title: ` with 2 sensors`.
fn with_sensors(session: &Session) -> String {
    let sensors = session.searching().sensors();
    sensors.map_or_else(String::new, |sensors| format!(" with {}", number::counted(sensors.into(), "sensor")))
}

/// Evaluations a second; nothing where all were known before, so that they took no time.
fn rate(per_second: f64) -> String {
    if per_second < MOST_MEASURED { format!("{}/s ", number::figure(per_second)) } else { "- ".to_owned() }
}

/// Share of the data that are ready while the search starts, then measured share of the budget, if it has one.
fn budget(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let View { session, theme, .. } = view;
    let searching = session.searching();
    if area.width < 24 {
        return;
    }
    if let Some(PreparingRecord { done, total, .. }) = searching.preparing {
        let words = format!("{} of {} objects are ready", number::grouped(done), number::grouped(total));
        let share = done as f64 / total.max(1) as f64;
        return Gauge::new(share).text(&words).look(theme.gauge()).render(area, buf);
    }
    let budget = searching.budget();
    if budget == 0 {
        return;
    }
    let measured = searching.evaluations();
    let words = format!("{} of {} measured", number::grouped(measured), number::grouped(budget));
    Gauge::new(measured as f64 / budget as f64).text(&words).look(theme.gauge()).render(area, buf);
}

/// The best design found, in a sentence.
fn best(session: &Session) -> String {
    let found = session.first_ranked().and_then(|id| session.row(id));
    match found.and_then(|row| Some((row.accuracy.measured()?, row))) {
        Some((accuracy, row)) if row.evaluation.feasible() => format!(
            "best of {} measured, with {}: #{} {} at {}, split {}",
            number::grouped(session.catalogue().measurements().len() as u64),
            number::counted(session.knobs().sensors.into(), "sensor"),
            row.id,
            Metric::Accuracy.format(accuracy),
            Metric::Latency.format(row.evaluation.latency.total_s()),
            row.split_name
        ),
        _ => "no measured design meets the limits yet".to_owned(),
    }
}

fn hypervolume(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, ui } = view;
    let points: Vec<(f64, f64)> = session.searching().hypervolume().collect();
    let cursor = ui.searching.crosshair;
    let (title, note) = match (cursor, points.as_slice()) {
        (Some(at), points @ [_, ..]) => (
            format!("Hypervolume after {} evaluations", number::grouped(at.round() as u64)),
            chart::read_off(points, cursor).map(number::figure).unwrap_or_default(),
        ),
        (None, [.., (_, before), (_, last)]) => {
            let note = format!("{} ({})", number::figure(*last), number::difference(last - before));
            ("Hypervolume over evaluations".to_owned(), note)
        }
        _ => ("Hypervolume over evaluations".to_owned(), String::new()),
    };
    let with_sensors = format!("{title}{}", with_sensors(session));
    let title = if width(&with_sensors) + width(&note) + 8 < area.width { with_sensors } else { title };
    let inner = chrome::pane(buf, area, (&title, &note), false, theme);
    if points.is_empty() {
        chrome::line(buf, chrome::row(inner, 0), &[(" known after the first generation", theme.dim)], theme);
        return;
    }
    let series = [CurveSeries { points: &points, style: theme.series[0], ..CurveSeries::default() }];
    let axes = Axes {
        last: points.last().map_or(1.0, |point| point.0),
        x: if ui.searching.other_scale { Scale::Log } else { Scale::Linear },
        y: Scale::Linear,
        bounds: None,
    };
    chart::draw(view, &ui.searching, &series, axes, inner, buf, hits);
}

/// Tallies over all generations, the most used operator first.
fn operators(view: View<'_>) -> Vec<OperatorRecord> {
    let mut rows = view.session.searching().operators();
    rows.sort_by_key(|row| (std::cmp::Reverse(row.evaluated), row.operator.name()));
    rows
}

/// Cells of the longest name of an operator.
fn name_cells(rows: &[OperatorRecord]) -> u16 {
    rows.iter().map(|row| width(row.operator.name())).max().unwrap_or(0)
}

/// Success of an operator in words, with as many cells for the number of designs as the largest takes.
fn tally_words(rows: &[OperatorRecord], tally: &OperatorRecord) -> String {
    let most = rows.iter().map(|row| row.evaluated).max().unwrap_or(0);
    let share = tally.successes as f64 / tally.evaluated.max(1) as f64;
    format!("{:>6} of {:>2$}", Dimension::Share.format(share), tally.evaluated, most.to_string().len())
}

/// Cells of the pane of the operators without bars.
fn tally_cells(rows: &[OperatorRecord]) -> u16 {
    let words = rows.iter().map(|row| width(&tally_words(rows, row))).max().unwrap_or(0);
    name_cells(rows) + words + 6
}

/// Share of each operator's designs that joined the front.
fn tally(view: View<'_>, rows: &[OperatorRecord], area: Rect, buf: &mut Buffer) {
    let theme = view.theme;
    let inner = chrome::pane(buf, area, ("Operators", "onto the front"), false, theme);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    for (index, tally) in rows.iter().enumerate() {
        let row = chrome::row(inner, u16::try_from(index).unwrap_or(u16::MAX));
        if row.is_empty() {
            break;
        }
        let share = tally.successes as f64 / tally.evaluated.max(1) as f64;
        let words = tally_words(rows, tally);
        Gauge::new(share)
            .label(tally.operator.name(), name_cells(rows) + 1)
            .text(&words)
            .look(theme.gauge())
            .render(row, buf);
    }
}
