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

use super::{View, WIDE, chrome};
use crate::{
    explore::progress::{Role, State, Training},
    tui::{
        text,
        theme::Theme,
        widget::{Axis, Curve, Dash, Gauge, Scale, Series},
    },
};

/// Names and patterns of the curves.
const CURVES: [(Role, Dash); 4] = [
    (Role::Largest, Dash::Solid),
    (Role::Series, Dash::Dashed),
    (Role::Random, Dash::Dotted),
    (Role::Smallest, Dash::Dashed),
];
/// Rows of the facts, and of what was measured.
const FACTS: u16 = 11;
const MEASURED: u16 = 7;
/// Steps a point of the loss is the mean of.
const SMOOTH: usize = 10;
/// Cells of the words before a figure.
const WORDS: usize = 8;

/// Draws the screen.
pub fn draw(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let training = view.session.training();
    if training.state == State::Idle && training.last.steps == 0 && training.notes.is_empty() {
        return nothing(view, area, buf);
    }
    if area.width >= WIDE { wide(view, area, buf) } else { narrow(view, area, buf) }
}

/// Curves at the left, facts at the right.
fn wide(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let side = (area.width * 30 / 100).clamp(44, 60);
    let (left, right) = chrome::cut_left(area, area.width - side);
    let (upper, lower) = chrome::cut_top(left, left.height.div_ceil(2));
    loss(view, upper, buf);
    accuracy(view, lower, buf);
    let (facts, rest) = chrome::cut_top(right, FACTS);
    progress(view, facts, buf);
    let (measured, rest) = chrome::cut_top(rest, MEASURED);
    evaluations(view, measured, buf);
    notes(view, rest, &view.session.training().notes, buf);
}

/// Curves above, facts below.
fn narrow(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let (curves, facts) = chrome::cut_top(area, area.height - FACTS.min(area.height / 2));
    // Few rows: the curves stand side by side.
    let (one, other) = if area.height < 28 {
        chrome::cut_left(curves, curves.width / 2)
    } else {
        chrome::cut_top(curves, curves.height.div_ceil(2))
    };
    loss(view, one, buf);
    accuracy(view, other, buf);
    let (left, right) = chrome::cut_left(facts, 44);
    progress(view, left, buf);
    let (measured, rest) = chrome::cut_top(right, MEASURED);
    evaluations(view, measured, buf);
    notes(view, rest, &view.session.training().notes, buf);
}

/// Before any training: what there is to do.
fn nothing(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let View { session, theme, .. } = view;
    let inner = chrome::pane(buf, area, ("Train", ""), false, theme);
    let space = session.space();
    let lines = [
        (format!("No supernet of {} has been trained in this session.", space.name), theme.text),
        (String::new(), theme.text),
        (
            "T   trains one here. It runs as a program of its own: leaving this screen does not stop it.".to_owned(),
            theme.text,
        ),
        ("    While it learns, costs stay live; accuracies appear as soon as they are measured.".to_owned(), theme.dim),
        (String::new(), theme.text),
        (
            "Or in a shell:  splitscope train --run runs/first    then    splitscope --run runs/first".to_owned(),
            theme.dim,
        ),
    ];
    for (index, (text, style)) in lines.iter().enumerate() {
        let row = chrome::row(inner, u16::try_from(index).unwrap_or(u16::MAX) + 1);
        chrome::line(buf, row, &[("  ", *style), (text, *style)], theme);
    }
}

fn style(theme: &Theme, index: usize) -> ratatui::style::Style {
    theme.series[[0, 2, 3, 1][index]]
}

/// The loss of every net on its training batch.
fn loss(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let View { session, theme, ui } = view;
    let training = session.training();
    let scale = if ui.curves.log { "log" } else { "linear" };
    let last = CURVES.iter().filter_map(|(role, _)| {
        let loss = training.series(*role).loss.last()?.1;
        Some(format!("{} {}", role.name(), text::figure(loss)))
    });
    let note = last.collect::<Vec<_>>().join("  ");
    let wide = area.width >= WIDE / 2;
    let title = if wide { format!("Loss ({scale}, mean of {SMOOTH} steps)") } else { format!("Loss ({scale})") };
    let inner = chrome::pane(buf, area, (&title, &note), false, theme);
    let smooth: Vec<Vec<(f64, f64)>> = CURVES.iter().map(|(role, _)| smoothed(&training.series(*role).loss)).collect();
    let curves: Vec<Series> = CURVES
        .iter()
        .zip(&smooth)
        .enumerate()
        .map(|(index, ((role, dash), points))| Series {
            name: role.name(),
            points,
            dash: *dash,
            style: style(theme, index),
        })
        .collect();
    plot(view, inner, &curves, if ui.curves.log { Scale::Log } else { Scale::Linear }, None, buf);
}

/// Each point the mean of itself and those before it; one that is no number breaks the line.
fn smoothed(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mean = |end: usize| {
        let window = &points[(end + 1).saturating_sub(SMOOTH)..=end];
        window.iter().map(|(_, value)| value).sum::<f64>() / window.len() as f64
    };
    points.iter().enumerate().map(|(index, (step, _))| (*step, mean(index))).collect()
}

/// The accuracy of every net: lines for measured ones if there are any, else those on training batches.
fn accuracy(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let View { session, theme, .. } = view;
    let training = session.training();
    let views = training.views().last().copied().unwrap_or(0);
    let measured = |role: Role| -> Vec<(f64, f64)> {
        training.measured(role, views).map(|(step, share)| (step, share * 100.0)).collect()
    };
    let own: Vec<Vec<(f64, f64)>> = CURVES.iter().map(|(role, _)| measured(*role)).collect();
    let enough = own.iter().any(|points| points.len() > 1);
    let shown: Vec<Vec<(f64, f64)>> = if enough {
        own
    } else {
        let batch =
            |role: Role| training.series(role).accuracy.iter().map(|(step, share)| (*step, share * 100.0)).collect();
        CURVES.iter().map(|(role, _)| batch(*role)).collect()
    };
    let note = if enough { format!("measured with {views} views") } else { "on training batches".to_owned() };
    let inner = chrome::pane(buf, area, ("Accuracy %", &note), false, theme);
    let curves: Vec<Series> = CURVES
        .iter()
        .zip(&shown)
        .enumerate()
        .map(|(index, ((role, dash), points))| Series {
            name: role.name(),
            points,
            dash: *dash,
            style: style(theme, index),
        })
        .collect();
    plot(view, inner, &curves, Scale::Linear, Some((0.0, 100.0)), buf);
}

fn plot(view: View<'_>, area: Rect, curves: &[Series<'_>], scale: Scale, bounds: Option<(f64, f64)>, buf: &mut Buffer) {
    let last = view.session.training().last.step as f64;
    let (start, end) = view.ui.curves.window(last.max(1.0));
    let x = Axis::new(start, end, Scale::Linear);
    let shown = curves
        .iter()
        .flat_map(|curve| curve.points.iter())
        .filter(|(step, _)| (start..=end).contains(step))
        .map(|(_, value)| *value);
    let y = match bounds {
        Some((low, high)) => Axis::new(low, high, scale),
        None => Axis::fit(shown, scale).padded(0.04),
    };
    (&Curve::new(curves, x, y).styles(view.theme.curve()).glyphs(view.theme.glyphs)).render(area, buf);
}

/// How far, how fast, how long still.
fn progress(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let View { session, theme, .. } = view;
    let training = session.training();
    let name = training.run.as_deref().unwrap_or("");
    let name = name.rsplit('/').next().unwrap_or(name);
    let inner = chrome::pane(buf, area, ("Progress", name), false, theme);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let share = format!("{:>5} %", text::percent(training.share()));
    Gauge::new(training.share())
        .label("done", WORDS as u16 + 1)
        .text(&share)
        .styles(theme.accent, theme.dim, theme.text)
        .glyphs(theme.glyphs)
        .render(chrome::row(inner, 0), buf);
    let last = &training.last;
    let [data, forward, backward, update] = last.part_seconds;
    let total = (data + forward + backward + update).max(f64::MIN_POSITIVE);
    let part = |seconds: f64| format!("{:.0}", 100.0 * seconds / total);
    let known = |figures: String| if last.step == 0 { "-".to_owned() } else { figures };
    let eta = match last.eta_s {
        Some(seconds) if training.state.is_active() => text::duration(seconds),
        _ => "-".to_owned(),
    };
    let kept = match training.checkpoint {
        Some(step) => format!("checkpoint of step {}", text::thousands(step)),
        None => "no checkpoint yet".to_owned(),
    };
    let lines = [
        ("state", state(&training.state)),
        (
            "step",
            known(format!(
                "{} of {}, epoch {:.1}",
                text::thousands(last.step),
                text::thousands(last.steps),
                last.epoch
            )),
        ),
        ("left", eta),
        (
            "rate",
            known(format!("{} images/s, {} ms a step", text::figure(last.images_per_s), text::figure(total * 1e3))),
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
            known(format!("{}, gradient {}", text::figure(last.learning_rate), text::figure(last.gradient_norm))),
        ),
        ("kept", kept),
        (
            "memory",
            known(format!("{} MiB, batch of {} views", text::figure(last.rss_bytes as f64 / 1_048_576.0), last.views)),
        ),
    ];
    for (index, (word, figures)) in lines.iter().enumerate() {
        let row = chrome::row(inner, u16::try_from(index).unwrap_or(u16::MAX) + 1);
        chrome::line(buf, row, &[(&format!("{word:<WORDS$} "), theme.dim), (figures, theme.text)], theme);
    }
}

fn state(state: &State) -> String {
    match state {
        State::Finished(why) => why.clone(),
        State::Failed(why) => format!("{state}: {why}"),
        State::Running | State::Starting => format!("{state} (P pauses, X stops)"),
        State::Paused => format!("{state} (P goes on)"),
        State::Detached => format!("{state} (T follows it again)"),
        State::Idle | State::Stopping => state.to_string(),
    }
}

/// The newest measured accuracy by role and number of views.
fn evaluations(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let View { session, theme, .. } = view;
    let training = session.training();
    let note = training.evaluations.last().map(|one| format!("step {}", text::thousands(one.step))).unwrap_or_default();
    let inner = chrome::pane(buf, area, ("Measured %", &note), false, theme);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let views = training.views();
    if views.is_empty() {
        chrome::line(buf, chrome::row(inner, 0), &[("nothing measured yet", theme.dim)], theme);
        return;
    }
    let heads = views.iter().map(|views| format!("{views:>6}")).collect::<Vec<_>>().concat();
    chrome::line(
        buf,
        chrome::row(inner, 0),
        &[(&format!("{:<WORDS$}", "views"), theme.dim), (&heads, theme.dim)],
        theme,
    );
    for (index, role) in Role::ALL.into_iter().enumerate() {
        let row = chrome::row(inner, u16::try_from(index).unwrap_or(u16::MAX) + 1);
        let figure = |views: &u32| format!("{:>6}", newest(training, role, *views));
        let figures = views.iter().map(figure).collect::<Vec<_>>().concat();
        chrome::line(buf, row, &[(&format!("{:<WORDS$}", role.name()), theme.dim), (&figures, theme.text)], theme);
    }
}

fn newest(training: &Training, role: Role, views: u32) -> String {
    training.measured(role, views).last().map_or_else(|| "-".to_owned(), |(_, share)| text::percent(share))
}

/// What happened, the newest at the bottom.
pub fn notes(view: View<'_>, area: Rect, notes: &[String], buf: &mut Buffer) {
    let inner = chrome::pane(buf, area, ("Events", ""), false, view.theme);
    let width = inner.width.saturating_sub(2);
    let lines: Vec<String> = notes.iter().flat_map(|note| text::wrap(note, width)).collect();
    let first = lines.len().saturating_sub(usize::from(inner.height));
    for (index, line) in lines[first..].iter().enumerate() {
        let row = chrome::row(inner, u16::try_from(index).unwrap_or(u16::MAX));
        chrome::line(buf, row, &[(" ", view.theme.text), (line, view.theme.text)], view.theme);
    }
}
