//! The Train screen: the curves of the four nets of a step, how far the training is, what was measured, what happened.
//!
//! ```text
//! ┌ Loss ────────────────────────────────┐┌ Progress ───────────────┐
//! │ curve of largest, series, smallest,  ││ step 118 of 600  ETA    │
//! │ random                               │└─────────────────────────┘
//! └──────────────────────────────────────┘┌ Measured accuracy % ────┐
//! ┌ Accuracy % ──────────────────────────┐│ views  1  2  4  6       │
//! │                                      │└─────────────────────────┘
//! │                                      │┌ Events ─────────────────┐
//! └──────────────────────────────────────┘└─────────────────────────┘
//! ```
//! Batch accuracies are those of the training samples; measured ones are of samples never trained on, batch norm
//! recalibrated.

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::{
    chart::{self, Axes},
    chrome,
    view::{View, WIDE},
};
use crate::{
    explore::{
        Command, WorkControl,
        progress::{State, Training},
    },
    quantity::{Dimension, Metric, number},
    record::{Precision, PreparingRecord, Role, StepSeconds},
    tui::{
        command::UserCommand,
        hit::HitMap,
        model::{interval::Interval, state::UiState},
        text,
        theme::Theme,
        widget::{CurveSeries, Dash, Gauge, Scale},
    },
};

/// Names and patterns of the curves.
const CURVES: [(Role, Dash); 4] = [
    (Role::Largest, Dash::Solid),
    (Role::Series, Dash::Dashed),
    (Role::Random, Dash::Dotted),
    (Role::Smallest, Dash::Dashed),
];
/// Curve of a design that is trained alone.
const ALONE: [(Role, Dash); 1] = [(Role::Design, Dash::Solid)];
/// Rows of the facts, and of what was measured.
const FACTS: u16 = 11;
const MEASURED: u16 = 7;
/// Fewest steps that a point of a smooth curve is the mean of, and the parts of what is shown that it is the mean of.
const SMOOTH: f64 = 10.0;
const SMOOTH_PARTS: f64 = 40.0;
/// Cells of the words before a figure.
const WORDS: usize = 8;

/// Draws the screen.
pub(crate) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let training = view.session.training();
    if training.state == State::Idle && training.last.steps == 0 && training.notes.is_empty() {
        return nothing(view, area, buf);
    }
    if area.width >= WIDE { wide(view, area, buf, hits) } else { narrow(view, area, buf, hits) }
}

/// Curves at the left, facts at the right.
fn wide(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let side = (area.width * 30 / 100).clamp(44, 60);
    let (left, right) = chrome::cut_left(area, area.width - side);
    let (upper, lower) = chrome::cut_top(left, left.height.div_ceil(2));
    loss(view, upper, buf, hits);
    accuracy(view, lower, buf, hits);
    let (facts, rest) = chrome::cut_top(right, FACTS);
    progress(view, facts, buf);
    let (measured, rest) = chrome::cut_top(rest, MEASURED);
    evaluations(view, measured, buf);
    notes(view, rest, &view.session.training().notes, buf, hits);
}

/// Curves above, facts below.
fn narrow(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let (curves, facts) = chrome::cut_top(area, area.height - FACTS.min(area.height / 2));
    // Few rows: the curves stand side by side.
    let (one, other) = if area.height < 28 {
        chrome::cut_left(curves, curves.width / 2)
    } else {
        chrome::cut_top(curves, curves.height.div_ceil(2))
    };
    loss(view, one, buf, hits);
    accuracy(view, other, buf, hits);
    let (left, right) = chrome::cut_left(facts, 44);
    progress(view, left, buf);
    let (measured, rest) = chrome::cut_top(right, MEASURED);
    evaluations(view, measured, buf);
    notes(view, rest, &view.session.training().notes, buf, hits);
}

/// Before any training: what there is to do.
fn nothing(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let View { session, theme, ui } = view;
    let inner = chrome::pane(buf, area, ("Train", ""), false, theme);
    if ui.replay.is_some() {
        return chrome::paragraphs(buf, inner, &[("No training yet at this moment of the run.", theme.text)], theme);
    }
    let space = session.space();
    let lines = [
        (format!("No supernet of {} has been trained in this session.", space.name), theme.text),
        (String::new(), theme.text),
        (
            format!(
                "{:<3} trains one here. It runs as a program of its own: leaving this screen does not stop it.",
                ui.keys.key(Command::StartTraining)
            ),
            theme.text,
        ),
        ("    While it learns, costs stay live; accuracies appear as soon as they are measured.".to_owned(), theme.dim),
        (String::new(), theme.text),
        ("Or in a shell, and then to look at it from here or elsewhere:".to_owned(), theme.dim),
        ("    splitscope train --run runs/first".to_owned(), theme.dim),
        ("    splitscope --run runs/first".to_owned(), theme.dim),
    ];
    chrome::paragraphs(buf, inner, &lines.each_ref().map(|(text, style)| (text.as_str(), *style)), theme);
}

/// Curves of a training.
fn curves(training: &Training) -> &'static [(Role, Dash)] {
    if training.trains_one_design() { &ALONE } else { &CURVES }
}

/// Numbers that the watched designs were measured in.
fn precision(training: &Training) -> Precision {
    training.evaluations.last().map_or(Precision::Float, |one| one.precision)
}

fn style(theme: &Theme, index: usize) -> ratatui::style::Style {
    theme.series[[0, 2, 3, 1][index]]
}

/// Steps that a point of a smooth curve is the mean of: the more are shown, the more, a round number of them.
fn smooth(view: View<'_>) -> usize {
    let last = view.session.training().last.step as f64;
    let wanted = (view.ui.training.window(last).length() / SMOOTH_PARTS).max(SMOOTH);
    let decade = 10_f64.powf(wanted.log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|step| step * decade).into_iter().find(|round| *round >= wanted).unwrap_or(wanted)
        as usize
}

/// The loss of every net on its training batch.
fn loss(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, ui, .. } = view;
    let curves = &ui.training;
    let log = !curves.other_scale;
    let scale = if log { "log" } else { "linear" };
    let mean = smooth(view);
    let smooth =
        if curves.smooth && area.width >= WIDE / 2 { format!(", mean of {mean} steps") } else { String::new() };
    let of_role = |(role, _): &(Role, Dash)| {
        let points = &session.training().series(*role).loss;
        if curves.smooth { chart::smoothed(points, mean) } else { points.clone() }
    };
    let points: Vec<Vec<(f64, f64)>> = self::curves(session.training()).iter().map(of_role).collect();
    let y = if log { Scale::Log } else { Scale::Linear };
    plot(view, (&format!("Loss ({scale}{smooth})"), ""), &points, (y, None), area, buf, hits);
}

/// The accuracy of every net: lines for measured ones if there are any, else those on training batches.
fn accuracy(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let training = view.session.training();
    // The number of views that was measured most often tells most; of those that were as often, the most views.
    let times = |views: &u32| Role::ALL.map(|role| training.measured(role, *views).count()).into_iter().max();
    let views = training.views().into_iter().max_by_key(times).unwrap_or(0);
    let percent = |points: &mut dyn Iterator<Item = (f64, f64)>| -> Vec<(f64, f64)> {
        points.map(|(step, share)| (step, share / Metric::Accuracy.info().unit.size)).collect()
    };
    let roles: Vec<Role> = curves(training).iter().map(|(role, _)| *role).collect();
    let measured: Vec<_> = roles.iter().map(|&role| percent(&mut training.measured(role, views))).collect();
    let enough = measured.iter().any(|points| points.len() > 1);
    let batch = |role: Role| {
        let points = percent(&mut training.series(role).accuracy.iter().copied());
        if view.ui.training.smooth { chart::smoothed(&points, smooth(view)) } else { points }
    };
    let shown = if enough { measured } else { roles.into_iter().map(batch).collect() };
    let precision = precision(training).name();
    let note = if enough { format!("in {precision} with {views} views") } else { "on training batches".to_owned() };
    let highest = shown.iter().flatten().map(|point| point.1).fold(0.0, f64::max);
    let lowest = shown.iter().flatten().map(|point| point.1).fold(100.0, f64::min);
    let bounds = Interval::new((lowest / 10.0).floor() * 10.0, (highest / 10.0).ceil() * 10.0);
    plot(view, ("Accuracy %", &note), &shown, (Scale::Linear, Some(bounds)), area, buf, hits);
}

/// One chart of a curve for each net, named with its value at the crosshair, else with its newest one.
fn plot(
    view: View<'_>,
    (title, note): (&str, &str),
    points: &[Vec<(f64, f64)>],
    (y, bounds): (Scale, Option<Interval>),
    area: Rect,
    buf: &mut Buffer,
    hits: &mut HitMap,
) {
    let View { session, theme, ui } = view;
    let cursor = ui.training.crosshair;
    let title = match cursor {
        Some(step) => {
            format!("{} at step {}", title.split(" (").next().unwrap_or(title), number::grouped(step.round() as u64))
        }
        None => title.to_owned(),
    };
    let inner = chrome::pane(buf, area, (&title, note), false, theme);
    // The value first: where there is no room for both, it is the name that is cut.
    let curves = curves(session.training());
    let name = |(index, (role, _)): (usize, &(Role, Dash))| {
        let name = role.name();
        let has_room = cursor.is_some() || area.width >= WIDE / 2;
        let value = if has_room { chart::read_off(&points[index], cursor) } else { None };
        value.map_or_else(|| name.to_owned(), |value| format!("{} {name}", number::figure(value)))
    };
    let names: Vec<String> = curves.iter().enumerate().map(name).collect();
    let series: Vec<CurveSeries> = curves
        .iter()
        .zip(points)
        .enumerate()
        .map(|(index, ((_, dash), points))| CurveSeries {
            name: &names[index],
            points,
            dash: *dash,
            style: style(theme, index),
        })
        .collect();
    let axes = Axes { last: session.training().last.step as f64, x: Scale::Linear, y, bounds };
    chart::draw(view, &ui.training, &series, axes, inner, buf, hits);
}

/// Progress, speed and remaining time.
fn progress(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let View { session, theme, .. } = view;
    let training = session.training();
    let name = training.run.as_deref().unwrap_or("");
    let name = if view.shows_shipped_run() { "shipped run" } else { name.rsplit('/').next().unwrap_or(name) };
    let inner = chrome::pane(buf, area, ("Progress", name), false, theme);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let share = format!("{:>5} %", percent(training.share()));
    Gauge::new(training.share())
        .label("done", WORDS as u16 + 1)
        .text(&share)
        .look(theme.gauge())
        .render(chrome::row(inner, 0), buf);
    let lines = figures(view);
    for (index, (word, figures)) in lines.iter().enumerate() {
        let row = chrome::row(inner, u16::try_from(index).unwrap_or(u16::MAX) + 1);
        chrome::line(buf, row, &[(&format!("{word:<WORDS$} "), theme.dim), (figures, theme.text)], theme);
    }
}

/// Figures of the training, a word and its figures a line.
fn figures(view: View<'_>) -> [(&'static str, String); 8] {
    let training = view.session.training();
    let last = &training.last;
    let StepSeconds { data, forward, backward, optimiser: update } = last.seconds;
    let total = last.seconds.total().max(f64::MIN_POSITIVE);
    // Whole percents: all four stand in one line of a narrow pane.
    let part = |seconds: f64| format!("{:.0}", 100.0 * seconds / total);
    let known = |figures: String| if last.step == 0 { "-".to_owned() } else { figures };
    let eta = match last.eta_s {
        Some(seconds) if training.state.is_active() => number::duration(seconds),
        _ => "-".to_owned(),
    };
    let kept = match training.checkpoint {
        Some(step) => format!("checkpoint of step {}", number::grouped(step)),
        None => "no checkpoint yet".to_owned(),
    };
    let (steps, of) = (number::grouped(last.step), number::grouped(last.steps));
    let preparing = if training.state.is_active() { training.preparing } else { None };
    let (step, eta) = match preparing {
        Some(PreparingRecord { done, total, left_s }) => {
            let (done, total) = (number::grouped(done), number::grouped(total));
            (format!("{done} of {total} objects are ready"), number::duration(left_s))
        }
        None => (known(format!("{steps} of {of}, epoch {}", number::figure(last.epoch))), eta),
    };
    [
        ("state", state(&training.state, view.ui)),
        (if preparing.is_some() { "data" } else { "step" }, step),
        ("left", eta),
        (
            "rate",
            known(format!("{} images/s, {} a step", number::figure(last.images_per_s), Dimension::Time.format(total))),
        ),
        (
            "a step",
            known(format!(
                "data {}, fwd {}, bwd {}, opt {} %",
                part(data),
                part(forward),
                part(backward),
                part(update)
            )),
        ),
        (
            "learning",
            known(format!("{}, gradient {}", number::figure(last.learning_rate), number::figure(last.gradient_norm))),
        ),
        ("kept", kept),
        ("memory", known(format!("{}, batch of {} views", Dimension::Bytes.format(last.rss_bytes as f64), last.views))),
    ]
}

fn state(state: &State, ui: &UiState) -> String {
    let key = |command: UserCommand| ui.keys.key(command);
    match state {
        State::Finished(why) => why.clone(),
        // There is no process left to send a control to.
        state if ui.replay.is_some() => state.to_string(),
        // Why is among the events.
        State::Failed(_) => format!("{state} ({} goes on with it)", key(Command::StartTraining.into())),
        State::Running | State::Starting | State::Resuming => {
            format!(
                "{state} ({} pauses, {} stops)",
                key(UserCommand::PauseOrResume),
                key(Command::Control(WorkControl::Stop).into())
            )
        }
        State::Pausing | State::Paused => format!("{state} ({} goes on)", key(UserCommand::PauseOrResume)),
        State::Detached => format!("{state} ({} follows it again)", key(Command::StartTraining.into())),
        State::Idle | State::Stopping => state.to_string(),
    }
}

/// The newest measured accuracy by role and number of views.
fn evaluations(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let View { session, theme, .. } = view;
    let training = session.training();
    let note = training.evaluations.last().map(|one| format!("step {}", number::grouped(one.step))).unwrap_or_default();
    let inner = chrome::pane(buf, area, (&format!("Measured % {}", precision(training).name()), &note), false, theme);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(1), ..inner };
    let views = training.views();
    if views.is_empty() {
        chrome::line(buf, chrome::row(inner, 0), &[("nothing measured yet", theme.dim)], theme);
        return;
    }
    let room = usize::from(inner.width).saturating_sub(WORDS) / views.len();
    let cells = room.clamp(5, 6);
    let heads = views.iter().map(|views| format!("{views:>cells$}")).collect::<Vec<_>>().concat();
    chrome::line(
        buf,
        chrome::row(inner, 0),
        &[(&format!("{:<WORDS$}", "views"), theme.dim), (&heads, theme.dim)],
        theme,
    );
    let shown: &[Role] = if training.trains_one_design() { &[Role::Design] } else { &Role::ALL[..CURVES.len()] };
    for (index, &role) in shown.iter().enumerate() {
        let row = chrome::row(inner, u16::try_from(index).unwrap_or(u16::MAX) + 1);
        let figure = |views: &u32| format!("{:>cells$}", newest(training, role, *views));
        let figures = views.iter().map(figure).collect::<Vec<_>>().concat();
        chrome::line(buf, row, &[(&format!("{:<WORDS$}", role.name()), theme.dim), (&figures, theme.text)], theme);
    }
}

/// A share in percent, of steady width.
fn percent(share: f64) -> String {
    Metric::Accuracy.info().unit.column(share)
}

fn newest(training: &Training, role: Role, views: u32) -> String {
    training.measured(role, views).last().map_or_else(|| "-".to_owned(), |(_, share)| percent(share))
}

/// A note in lines, with room for an indent where it takes several.
fn wrapped(note: &str, width: u16) -> Vec<String> {
    let lines = text::wrap(note, width);
    if lines.len() > 1 { text::wrap(note, width.saturating_sub(2)) } else { lines }
}

/// Events, the newest at the bottom unless the list is scrolled back.
pub(crate) fn notes(view: View<'_>, area: Rect, notes: &[String], buf: &mut Buffer, hits: &mut HitMap) {
    let width = area.width.saturating_sub(3);
    let mut lines: Vec<String> = Vec::new();
    // Where the newest one begins.
    let mut newest = 0;
    for note in notes {
        newest = lines.len();
        for (index, line) in wrapped(note, width).into_iter().enumerate() {
            lines.push(if index == 0 { line } else { format!("  {line}") });
        }
    }
    let room = usize::from(area.height.saturating_sub(2));
    // Where there is less room than it takes, its beginning says more than its end.
    lines.truncate((newest + room).max(1));
    let back = view.ui.events_back.min(lines.len().saturating_sub(room));
    let note = if back > 0 { format!("{back} newer below") } else { String::new() };
    let inner = chrome::pane(buf, area, ("Events", &note), false, view.theme);
    if notes.is_empty() {
        chrome::line(buf, chrome::row(inner, 0), &[(" none yet", view.theme.dim)], view.theme);
    }
    let end = lines.len() - back;
    for (index, line) in lines[end.saturating_sub(room)..end].iter().enumerate() {
        let row = chrome::row(inner, u16::try_from(index).unwrap_or(u16::MAX));
        chrome::line(buf, row, &[(" ", view.theme.text), (line, view.theme.text)], view.theme);
    }
    hits.page = room;
}
