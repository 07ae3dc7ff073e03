//! The knobs: each a slider whose track says how many designs would fit if the knob stood there.
//!
//! ```text
//! ┌▸Knobs ────── 3.2e9 of 1.6e14 designs fit ┐
//! │▸sensors           ▇▇▇▇▇●▅▄▂▁··       6 │
//! │ link       Mbit/s ··▁▂▃▄▅●▆▇▇▇      25 │
//! │ ...                                    │
//! │ feasible  █████████░░░░ 1 214 of 2 000 │
//! │ binding   latency 184, sensor memory 71│
//! │ what if   link to 33 Mbit/s: 288 more  │
//! │ fastest   S2.1 from 8.2 to 40 Mbit/s   │
//! └────────────────────────────────────────┘
//! ```
//! Once accuracies are known, the bars are the best accuracy at each place, dimmer where it was not measured, and the
//! lines below say what a move of a knob gains; a key switches between both.
//!
//! The title says how many designs of the whole space fit; below are the candidates, of which the bars are drawn.

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::{chrome, view::View};
use crate::{
    explore::{AccuracyChange, AccuracySlope, Command, KnobGain, KnobRange, Session, TrackStop},
    quantity::{Knob, KnobScale, Limit, LimitSide, Metric, RelaxDirection, number},
    search,
    tui::{
        hit::{HitMap, Region},
        model::screen::Pane,
        text,
        theme::Theme,
        widget::{Gauge, Slider, SliderStyles, width},
    },
};

/// Cells of a value: `none`, `1.25`, `1500`.
const VALUE: u16 = 5;
/// Cells of the words before a line below the knobs.
const WORDS: u16 = 10;

/// Most and least difference of accuracies between an empty and a full track.
const WIDEST: f64 = 0.3;
const NARROWEST: f64 = 0.03;
/// Height of the least accuracy, so that it is told from none.
const LOWEST: f64 = 0.05;

/// Draws the pane.
pub(crate) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, ui } = view;
    let focus = ui.pane == Pane::Knobs;
    hits.add(area, Region::Pane(Pane::Knobs));
    let few = usize::from(area.height.saturating_sub(2)) <= session.ranges().all().len();
    let scale = accuracy_scale(view);
    let foot = match scale {
        _ if few => fit_words(view) + " candidates fit",
        Some(AccuracyScale { low, high, any_below }) => {
            let [low, high] = [low, high].map(|share| Metric::Accuracy.info().unit.column(share));
            let sign = match (any_below, theme.glyphs.braille) {
                (false, _) => "",
                (true, true) => "≤ ",
                (true, false) => "<= ",
            };
            format!("bar height: best accuracy there, {sign}{} to {} %", low.trim(), high.trim())
        }
        None => "bar height: designs that fit there".to_owned(),
    };
    let inner = chrome::pane(buf, area, ("Knobs", &whole(view, area.width.saturating_sub(12))), focus, theme);
    chrome::foot(buf, area, ("", &foot), theme);
    let words = |range: &KnobRange| width(&label(range, theme, 0)) + 1 + width(range.unit.symbol);
    let words = session.ranges().all().iter().map(words).max().unwrap_or(0);
    let shown = session.ranges().all().len().min(usize::from(inner.height));
    // A knob that lies below the edge comes into view when it is selected.
    let first = chrome::scrolled(0, session.ranges().selected_index(), session.ranges().all().len(), shown);
    for (index, range) in session.ranges().all().iter().enumerate().skip(first).take(shown) {
        let row = chrome::row(inner, u16::try_from(index - first).unwrap_or(u16::MAX));
        slider(view, (range, index), (row, words), scale, buf, hits);
    }
    let below = u16::try_from(shown).unwrap_or(u16::MAX);
    let rest =
        Rect { x: inner.x + 1, y: inner.y + below, width: inner.width.saturating_sub(2), height: inner.height - below };
    summary(view, rest, buf, hits);
    if focus {
        hits.page = shown;
    }
}

/// Accuracies that the tracks show.
#[derive(Clone, Copy)]
struct AccuracyScale {
    /// Accuracy of the lowest bar.
    low: f64,
    /// Accuracy of the highest bar.
    high: f64,
    /// `true` if some accuracies lie below the lowest bar, and are drawn as high as it.
    any_below: bool,
}

/// Scale of the accuracies that the tracks show; `None` where they show how many designs fit.
fn accuracy_scale(View { session, ui, .. }: View<'_>) -> Option<AccuracyScale> {
    if ui.tracks_fit || !session.has_accuracies() {
        return None;
    }
    let all = || session.ranges().all().iter().flat_map(|range| session.track(range.knob)).flatten();
    let high = all().map(|stop| stop.accuracy).fold(f64::NEG_INFINITY, f64::max);
    let least = all().map(|stop| stop.accuracy).fold(f64::INFINITY, f64::min);
    // Accuracies far below the best get the lowest bar; a span of a few points is not blown up.
    high.is_finite().then(|| {
        let low = least.clamp(high - WIDEST, high - NARROWEST).max(0.0);
        AccuracyScale { low, high, any_below: least < low }
    })
}

/// Height of each step of a knob, and if it is shaded: the best accuracy there, or the share of designs that fit.
fn heights(session: &Session, knob: Knob, scale: Option<AccuracyScale>) -> (Vec<f64>, Vec<bool>) {
    let Some(AccuracyScale { low, high, .. }) = scale else {
        let sampled = session.sampled().max(1) as f64;
        return (session.histogram(knob).iter().map(|count| f64::from(*count) / sampled).collect(), Vec::new());
    };
    let height =
        |stop: &Option<TrackStop>| stop.map_or(0.0, |stop| ((stop.accuracy - low) / (high - low)).clamp(LOWEST, 1.0));
    let track = session.track(knob);
    let shaded = track.iter().map(|stop| stop.is_some_and(|stop| stop.estimated)).collect();
    (track.iter().map(height).collect(), shaded)
}

fn slider(
    view: View<'_>,
    (range, index): (&KnobRange, usize),
    (row, words): (Rect, u16),
    scale: Option<AccuracyScale>,
    buf: &mut Buffer,
    hits: &mut HitMap,
) {
    let View { session, theme, .. } = view;
    let value = session.value(range.knob);
    let (heights, shaded) = heights(session, range.knob, scale);
    let (label, number) = (label(range, theme, words), range.number(value));
    let track_style = if scale.is_some() { theme.front } else { theme.border };
    let mut slider = Slider::new(&label, &number)
        .histogram(&heights)
        .shaded(&shaded)
        .position(range.fraction(value))
        .focused(index == session.ranges().selected_index())
        .locked(session.setup().is_locked(range.knob))
        .label_width(words)
        .value_width(VALUE)
        .look(theme.look(SliderStyles { track: track_style, ..theme.slider().styles }));
    if range.info().scale == KnobScale::Count {
        slider = slider.choices(u16::try_from(range.steps.len()).unwrap_or(u16::MAX));
    }
    let area = Rect { width: row.width.saturating_sub(1), ..row };
    (&slider).render(area, buf);
    hits.add(row, Region::Knob { knob: range.knob, track: slider.track(area) });
}

/// Name and unit of a knob, the unit at the right end of `cells`.
fn label(range: &KnobRange, theme: &Theme, cells: u16) -> String {
    let name = match sign(range.knob, theme) {
        Some(sign) => format!("{} {sign}", range.info().short),
        None => range.info().short.to_owned(),
    };
    let gap = cells.saturating_sub(width(&name) + width(range.unit.symbol));
    if cells == 0 { name } else { format!("{name}{:gap$}{}", "", range.unit.symbol, gap = usize::from(gap)) }
}

/// Sign before the value of a knob that limits what designs cost; `None` for hardware.
fn sign(knob: Knob, theme: &Theme) -> Option<&'static str> {
    let limit = knob.info().limit.filter(|limit| *limit != Limit::SensorMemory)?;
    Some(match (limit.info().side, theme.glyphs.braille) {
        (LimitSide::AtMost, true) => "≤",
        (LimitSide::AtLeast, true) => "≥",
        (LimitSide::AtMost, false) => "<=",
        (LimitSide::AtLeast, false) => ">=",
    })
}

/// Number of feasible designs of the whole space in at most `cells` cells, with the interval of an estimate if there is
/// room.
fn whole(view: View<'_>, cells: u16) -> String {
    let Some(fitting) = view.session.fitting() else { return String::new() };
    let short = search::FeasibleCount { interval: None, ..fitting.clone() }.to_string();
    let (about, sign) = if fitting.interval.is_some() { ("about ", "~") } else { ("", "") };
    let shorter = short.replace(" designs", "");
    // An interval without a length says nothing.
    let whole = fitting.interval.is_none_or(|(low, high)| high > low).then(|| fitting.to_string());
    let texts = [format!("{about}{short}"), format!("{about}{shorter}"), format!("{sign}{shorter}")];
    whole.into_iter().chain(texts).find(|text| width(text) <= cells).unwrap_or_default()
}

/// Number of feasible candidates.
fn fit_words(view: View<'_>) -> String {
    let (fit, all) = (view.session.feasible_count(), view.session.catalogue().len());
    format!("{} of {}", number::grouped(fit as u64), number::grouped(all as u64))
}

/// Feasible candidates, binding limits, gains and the bandwidths that keep the split: as many lines as there is room
/// for. The selected knob's own line comes first.
fn summary(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, .. } = view;
    let mut lines = (0..area.height).map(|index| chrome::row(area, index));
    // A blank row where there is room for one.
    if area.height > 4 {
        lines.next();
    }
    let Some(row) = lines.next() else { return };
    let all = session.catalogue().len();
    let most = usize::from(width(&number::grouped(all as u64))) * 2 + 4;
    Gauge::new(session.feasible_count() as f64 / all.max(1) as f64)
        .label("fit", WORDS)
        .text(&format!("{:>most$}", fit_words(view)))
        .look(theme.gauge())
        .render(row, buf);
    let Some(row) = lines.next() else { return };
    let binding: Vec<String> =
        session.binding().iter().map(|(limit, count)| format!("{} {count}", limit.short())).collect();
    let binding = if binding.is_empty() { "nothing alone".to_owned() } else { binding.join(", ") };
    chrome::line(buf, row, &[("binding   ", theme.dim), (&binding, theme.text)], theme);
    let selected = session.ranges().selected().knob;
    let by_accuracy = !view.ui.tracks_fit && session.has_accuracies();
    // What the selected knob is, where there is room for that too.
    let rows: Vec<Rect> = lines.collect();
    let about = text::wrap(session.ranges().selected().info().about, area.width);
    let (rows, below) = rows.split_at(if rows.len() > about.len() + 2 { rows.len() - about.len() } else { rows.len() });
    for (row, words) in below.iter().zip(&about) {
        chrome::line(buf, *row, &[(words, theme.dim)], theme);
    }
    // With a single line left, the link shows between which bandwidths the split holds, other knobs what they bring.
    let single = rows.len() == 1 && selected == Knob::LinkBandwidth;
    if by_accuracy && !single {
        let most = rows.len().saturating_sub(1).max(1);
        let count = accuracy_lines(view, &rows[..most.min(rows.len())], buf, hits);
        if let Some(&row) = rows.get(count) {
            chrome::line(buf, row, &[("fastest   ", theme.dim), (&fastest(view), theme.text)], theme);
        }
        return;
    }
    let count = if single { 0 } else { gains(view, rows, buf, hits) };
    if let Some(&row) = rows.get(count) {
        chrome::line(buf, row, &[("fastest   ", theme.dim), (&fastest(view), theme.text)], theme);
    }
}

/// Designs that a knob would add, the selected one first, in all but the last of some rows. Returns the number of rows
/// used.
fn gains(view: View<'_>, rows: &[Rect], buf: &mut Buffer, hits: &mut HitMap) -> usize {
    let View { session, theme, .. } = view;
    let (all, selected) = (session.catalogue().len(), session.ranges().selected().knob);
    let mut gains: Vec<&KnobGain> = session.gains().iter().collect();
    gains.sort_by_key(|gain| gain.change.knob != selected);
    let count = rows.len().saturating_sub(1).max(1).min(gains.len().max(1));
    for (index, &row) in rows.iter().enumerate().take(count) {
        let lead = if index == 0 { "what if   " } else { "          " };
        let Some(KnobGain { change, gained }) = gains.get(index) else {
            let words = match (session.feasible_count() == all, session.sampled() < all) {
                (true, _) => "every design fits",
                (false, false) => "no single knob helps",
                (false, true) => "no single knob helps much",
            };
            chrome::line(buf, row, &[(lead, theme.dim), (words, theme.dim)], theme);
            continue;
        };
        let gained = number::grouped(u64::from(*gained));
        let about = if session.sampled() < all { "about " } else { "" };
        let value = change.knob.format(change.to);
        let relation = sign(change.knob, theme).unwrap_or("to");
        let words = format!("{} {relation} {value}: {about}{gained} more", change.knob.info().short);
        chrome::line(buf, row, &[(lead, theme.dim), (&words, theme.text)], theme);
        hits.button(row, Command::SetKnobs(vec![(change.knob, change.to)]));
    }
    count
}

/// Gains of accuracy by moving one knob, the selected one first, then what making it stricter costs. In a single row
/// what the selected knob does comes before gains of others. Returns the number of lines.
fn accuracy_lines(view: View<'_>, rows: &[Rect], buf: &mut Buffer, hits: &mut HitMap) -> usize {
    let View { session, theme, .. } = view;
    let selected = session.ranges().selected().knob;
    let mut gains = session.accuracy_changes(false);
    gains.sort_by_key(|change| change.knob != selected);
    let loss = session.accuracy_changes(true).into_iter().find(|change| change.knob == selected);
    let slope = session.accuracy_slope(selected);
    let gains_itself = gains.first().is_some_and(|gain| gain.knob == selected);
    let mut at_stake: Vec<AccuracyLine> = Vec::new();
    if rows.len() > 1 || !gains_itself {
        at_stake.extend(slope.map(|slope| AccuracyLine { words: slope_words(session, slope, theme), to: None }));
    }
    if rows.len() > 2 {
        at_stake.extend(loss.map(|loss| AccuracyLine::of(view, &loss)));
    }
    let of_gains = rows.len().saturating_sub(at_stake.len());
    let mut lines: Vec<AccuracyLine> = gains.iter().take(of_gains).map(|gain| AccuracyLine::of(view, gain)).collect();
    if lines.is_empty() && of_gains > 0 {
        lines.push(AccuracyLine { words: "no single knob gains accuracy".to_owned(), to: None });
    }
    let above = lines.len();
    lines.extend(at_stake);
    for (index, (line, &row)) in lines.iter().zip(rows).enumerate() {
        let lead = match index {
            _ if index == above => "at stake  ",
            0 => "what if   ",
            _ => "          ",
        };
        let style = match line.to {
            _ if index >= above => theme.warn,
            Some(_) => theme.good,
            None => theme.dim,
        };
        chrome::line(buf, row, &[(lead, theme.dim), (&line.words, style)], theme);
        if let Some(to) = line.to {
            hits.button(row, Command::SetKnobs(vec![to]));
        }
    }
    lines.len().min(rows.len())
}

/// A line about accuracy, and where a press on it moves a knob to.
struct AccuracyLine {
    words: String,
    to: Option<(Knob, f64)>,
}

impl AccuracyLine {
    /// Effect of moving a knob: `sensor memory 96.0 KiB: +1.3 %`.
    fn of(View { session, theme, .. }: View<'_>, change: &AccuracyChange) -> Self {
        let AccuracyChange { knob, value, change, estimated } = *change;
        let unit = Metric::Accuracy.info().unit;
        // If nothing fits now there is nothing to count a gain from: the accuracy itself is shown.
        let points = match session.best_accuracy() {
            Some(_) => unit.difference(change),
            None => unit.column(change).trim().to_owned(),
        };
        let relation = sign(knob, theme).map(|sign| format!("{sign} ")).unwrap_or_default();
        let (name, value_words) = (knob.info().short, knob.format(value));
        let words = format!("{name} {relation}{value_words}: {}{points} %", about(estimated, theme));
        Self { words, to: Some((knob, value)) }
    }
}

/// Loss of accuracy by each round step of the selected knob: `each 1 ms below 9.44 ms: ≈-1.90 %`.
fn slope_words(session: &Session, slope: AccuracySlope, theme: &Theme) -> String {
    let AccuracySlope { from, step, change, estimated } = slope;
    let range = session.ranges().selected();
    let side = if range.info().relax == RelaxDirection::Up { "below" } else { "above" };
    let (count, symbol) = (step / range.unit.size, range.unit.symbol);
    let points = Metric::Accuracy.info().unit.difference(change);
    format!("each {count} {symbol} {side} {}: {}{points} %", range.knob.format(from), about(estimated, theme))
}

/// Sign before a figure that was not measured.
fn about(estimated: bool, theme: &Theme) -> String {
    if estimated { theme.glyphs.about.to_string() } else { String::new() }
}

/// The fastest split of the selected design, and the bandwidths between which it is that.
fn fastest(view: View<'_>) -> String {
    let session = view.session;
    let Some(hold) = session.hold() else { return "every split is barred".to_owned() };
    let split = session.split_in_words(hold.split);
    let show = |bandwidth: f64| Knob::LinkBandwidth.format(bandwidth);
    match (hold.below, hold.above) {
        (Some((low, _)), Some((high, _))) => {
            format!("{split} from {}", Knob::LinkBandwidth.format_range(low, high))
        }
        (Some((low, _)), None) => format!("{split} from {} on", show(low)),
        (None, Some((high, _))) => format!("{split} up to {}", show(high)),
        (None, None) => format!("{split} at any bandwidth"),
    }
}
