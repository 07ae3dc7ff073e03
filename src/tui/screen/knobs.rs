//! The knobs: each a slider whose track says how many designs would fit if the knob stood there.
//!
//! ```text
//! ┌▸Knobs ────── 3.2e9 of 1.6e14 designs fit ┐
//! │▸sensors           ▇▇▇▇▇●▅▄▂▁··       6 │
//! │ link       Mbit/s ··▁▂▃▄▅●▆▇▇▇      25 │
//! │ ...                                    │
//! │ feasible  █████████░░░░ 1 214 of 2 000 │
//! │ binding   latency 184, sensor RAM 71   │
//! │ what if   link to 33 Mbit/s: 288 more  │
//! │ fastest   S2.1 from 8.2 to 40 Mbit/s   │
//! └────────────────────────────────────────┘
//! ```
//! The title says how many designs of the whole space fit; below are the candidates, of which the bars are drawn.

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::{chrome, view::View};
use crate::{
    cost::Limit,
    explore::{Command, Dial, Ease, KnobId, Scale, WhatIf},
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

/// Draws the pane.
pub fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, ui } = view;
    let focus = ui.pane == Pane::Knobs;
    hits.add(area, Region::Pane(Pane::Knobs));
    let few = usize::from(area.height.saturating_sub(2)) <= session.dials().len();
    let foot = if few { fit_words(view) + " candidates fit" } else { "bar height: designs that fit there".to_owned() };
    let inner = chrome::pane(buf, area, ("Knobs", &whole(view, area.width.saturating_sub(12))), focus, theme);
    chrome::foot(buf, area, ("", &foot), theme);
    let words = |dial: &Dial| width(&label(dial, theme, 0)) + 1 + width(dial.unit);
    let words = session.dials().iter().map(words).max().unwrap_or(0);
    let shown = session.dials().len().min(usize::from(inner.height));
    // A knob that lies below the edge comes into view when it is selected.
    let first = chrome::scrolled(0, session.selected_dial_index(), session.dials().len(), shown);
    for (index, dial) in session.dials().iter().enumerate().skip(first).take(shown) {
        let row = chrome::row(inner, u16::try_from(index - first).unwrap_or(u16::MAX));
        slider(view, dial, index, row, words, buf, hits);
    }
    let below = u16::try_from(shown).unwrap_or(u16::MAX);
    let rest =
        Rect { x: inner.x + 1, y: inner.y + below, width: inner.width.saturating_sub(2), height: inner.height - below };
    summary(view, rest, buf, hits);
    if focus {
        hits.page = shown;
    }
}

fn slider(view: View<'_>, dial: &Dial, index: usize, row: Rect, words: u16, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, .. } = view;
    let value = session.value(dial.id);
    let sampled = session.sampled().max(1) as f64;
    let heights: Vec<f64> = session.histogram(dial.id).iter().map(|count| f64::from(*count) / sampled).collect();
    let (label, number) = (label(dial, theme, words), dial.number(value));
    let mut slider = Slider::new(&label, &number)
        .histogram(&heights)
        .position(dial.fraction(value))
        .focused(index == session.selected_dial_index())
        .locked(session.setup().is_locked(dial.id))
        .label_width(words)
        .value_width(VALUE)
        .styles(SliderStyles { track: theme.border, ..theme.slider() })
        .glyphs(theme.glyphs);
    if dial.knob().scale == Scale::Count {
        slider = slider.choices(u16::try_from(dial.stops.len()).unwrap_or(u16::MAX));
    }
    let area = Rect { width: row.width.saturating_sub(1), ..row };
    (&slider).render(area, buf);
    hits.add(row, Region::Knob { knob: dial.id, track: slider.track(area) });
}

/// Name and unit of a knob, the unit at the right end of `cells`.
fn label(dial: &Dial, theme: &Theme, cells: u16) -> String {
    let knob = dial.knob();
    let sign = match (knob.limit, knob.ease) {
        (None | Some(Limit::SensorMemory), _) => "",
        (_, Ease::Up) if theme.glyphs.braille => " ≤",
        (_, Ease::Down) if theme.glyphs.braille => " ≥",
        (_, Ease::Up) => " <=",
        (_, Ease::Down) => " >=",
    };
    let name = format!("{}{sign}", short(dial.id));
    let gap = cells.saturating_sub(width(&name) + width(dial.unit));
    if cells == 0 { name } else { format!("{name}{:gap$}{}", "", dial.unit, gap = usize::from(gap)) }
}

/// How many designs of the whole space fit, in at most so many cells: with the interval of an estimate where there is room.
fn whole(view: View<'_>, cells: u16) -> String {
    let Some(fitting) = view.session.fitting() else { return String::new() };
    let short = search::FeasibleCount { interval: None, ..fitting.clone() }.to_string();
    let (about, sign) = if fitting.interval.is_some() { ("about ", "~") } else { ("", "") };
    let shorter = short.replace(" designs", "");
    let texts =
        [fitting.to_string(), format!("{about}{short}"), format!("{about}{shorter}"), format!("{sign}{shorter}")];
    texts.into_iter().find(|text| width(text) <= cells).unwrap_or_default()
}

/// How many of the candidates fit.
fn fit_words(view: View<'_>) -> String {
    let (fit, all) = (view.session.feasible_count(), view.session.pool().len());
    format!("{} of {}", text::thousands(fit as u64), text::thousands(all as u64))
}

/// How many fit, what bars the others, what would help, and how far the bandwidth may move: as many lines as there is room
/// for. The selected knob's own line comes first.
fn summary(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, .. } = view;
    let mut lines = (0..area.height).map(|index| chrome::row(area, index));
    // A blank row where there is room for one.
    if area.height > 4 {
        lines.next();
    }
    let Some(row) = lines.next() else { return };
    let all = session.pool().len();
    let most = usize::from(width(&text::thousands(all as u64))) * 2 + 4;
    Gauge::new(session.feasible_count() as f64 / all.max(1) as f64)
        .label("fit", WORDS)
        .text(&format!("{:>most$}", fit_words(view)))
        .styles(theme.accent, theme.dim, theme.text)
        .glyphs(theme.glyphs)
        .render(row, buf);
    let Some(row) = lines.next() else { return };
    let binding: Vec<String> =
        session.binding().iter().map(|(limit, count)| format!("{} {count}", limit_name(*limit))).collect();
    let binding = if binding.is_empty() { "nothing alone".to_owned() } else { binding.join(", ") };
    chrome::line(buf, row, &[("binding   ", theme.dim), (&binding, theme.text)], theme);
    let selected = session.selected_dial().id;
    let mut what_if: Vec<&WhatIf> = session.what_if().iter().collect();
    what_if.sort_by_key(|what_if| what_if.knob != selected);
    // What the selected knob is, where there is room for that too.
    let rows: Vec<Rect> = lines.collect();
    let about = text::wrap(session.selected_dial().knob().about, area.width);
    let (rows, below) = rows.split_at(if rows.len() > about.len() + 2 { rows.len() - about.len() } else { rows.len() });
    for (row, words) in below.iter().zip(&about) {
        chrome::line(buf, *row, &[(words, theme.dim)], theme);
    }
    // With a single line left, the link shows between which bandwidths the split holds, other knobs what they bring.
    let single = rows.len() == 1 && selected == KnobId::LinkBandwidth;
    let count = if single { 0 } else { rows.len().saturating_sub(1).max(1).min(what_if.len().max(1)) };
    for (index, &row) in rows.iter().enumerate().take(count) {
        let lead = if index == 0 { "what if   " } else { "          " };
        let Some(what_if) = what_if.get(index) else {
            let words = match (session.feasible_count() == all, session.sampled() < all) {
                (true, _) => "every design fits",
                (false, false) => "no single knob helps",
                (false, true) => "no single knob helps much",
            };
            chrome::line(buf, row, &[(lead, theme.dim), (words, theme.dim)], theme);
            continue;
        };
        let gained = text::thousands(u64::from(what_if.gained));
        let sign = if session.sampled() < all { "about " } else { "" };
        let value = what_if.knob.knob().show(what_if.value);
        let words = format!("{} to {value}: {sign}{gained} more", short(what_if.knob));
        chrome::line(buf, row, &[(lead, theme.dim), (&words, theme.text)], theme);
        hits.button(row, Command::SetKnobs(vec![(what_if.knob, what_if.value)]));
    }
    if let Some(&row) = rows.get(count) {
        chrome::line(buf, row, &[("fastest   ", theme.dim), (&fastest(view), theme.text)], theme);
    }
}

/// The fastest split of the selected design, and the bandwidths between which it is that.
fn fastest(view: View<'_>) -> String {
    let session = view.session;
    let Some(hold) = session.hold() else { return "every split is barred".to_owned() };
    let split = session.space().boundary_name(hold.split);
    let show = |bandwidth: f64| KnobId::LinkBandwidth.knob().show(bandwidth);
    match (hold.below, hold.above) {
        (Some((low, _)), Some((high, _))) => {
            format!("{split} from {}", KnobId::LinkBandwidth.knob().show_range(low, high))
        }
        (Some((low, _)), None) => format!("{split} from {} on", show(low)),
        (None, Some((high, _))) => format!("{split} up to {}", show(high)),
        (None, None) => format!("{split} at any bandwidth"),
    }
}

/// A knob in a word or two, for where space is dear.
pub const fn short(knob: KnobId) -> &'static str {
    match knob {
        KnobId::Sensors => "sensors",
        KnobId::LinkBandwidth => "link",
        KnobId::SensorMemory => "sensor RAM",
        KnobId::SensorCompute => "sensor",
        KnobId::AggregatorCompute => "aggregator",
        KnobId::LatencyLimit => "latency",
        KnobId::EnergyLimit => "energy",
        KnobId::FrameRateFloor => "frame rate",
        KnobId::AccuracyFloor => "accuracy",
    }
}

/// A limit in a word or two.
pub const fn limit_name(limit: Limit) -> &'static str {
    match limit {
        Limit::SensorMemory => short(KnobId::SensorMemory),
        Limit::SensorWeights => "sensor weights",
        Limit::AggregatorWeights => "aggregator weights",
        Limit::Latency => short(KnobId::LatencyLimit),
        Limit::Energy => short(KnobId::EnergyLimit),
        Limit::FrameRate => short(KnobId::FrameRateFloor),
        Limit::Accuracy => short(KnobId::AccuracyFloor),
    }
}
