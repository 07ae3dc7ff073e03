//! The Compare screen: pinned designs side by side, with differences to the first, or to the baseline if it is pinned.
//!
//! ```text
//!                     A  #31 (baseline)          B  #40
//! ──────────────────────────────────────────────────────────────────
//!  accuracy %          72.2                       72.6  +0.4 ▲
//!  latency ms           8.6  ███████▏              9.1  ███████▎ +0.5
//!    sensor             4.1  ███                   5.0  ████     +0.9
//!  split               S2.1                       S2.2 ≠
//! ──────────────────────────────────────────────────────────────────
//!  ★ best of the pinned   ≠ differs from the baseline
//! ```

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::{View, chrome, knobs, table};
use crate::{
    cost::{Evaluation, Knobs, Rates},
    explore::{CandidateId, KnobId, Pinned, Session, Shown},
    network::BoundaryId,
    space::Design,
    tui::{
        hit::{HitMap, Target},
        text,
        theme::Theme,
        widget::Gauge,
    },
};

/// Cells of the names of rows.
const NAMES: u16 = 23;
/// Fewest cells of a design.
const COLUMN: u16 = 26;

/// A pinned design and what it costs.
struct Pin {
    candidate: CandidateId,
    design: Design,
    accuracy: Shown,
    cost: Evaluation,
    /// Seconds under other knobs, and whether all limits are met then.
    harder: Vec<(f64, bool)>,
}

/// The designs shown and where they stand.
struct Grid<'a> {
    shown: &'a [Pin],
    /// Position of the first one among all pins.
    first: usize,
    /// Position of the baseline among all pins.
    base: usize,
    /// Cells of each.
    column: u16,
}

/// A row of the comparison.
struct Line {
    name: String,
    /// What is written for each pin.
    words: Vec<String>,
    /// Figures to compare, if the row has them, and whether more is better.
    figures: Option<(Vec<f64>, bool)>,
}

/// Draws the screen.
pub fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, .. } = view;
    let inner = chrome::pane(buf, area, ("Compare", "differences to the baseline"), false, theme);
    let pins: Vec<Pin> = session.setup().pins.iter().filter_map(|pinned| pin(session, *pinned)).collect();
    if pins.is_empty() {
        let text = "Nothing is pinned. Space pins the selected design; two or more are compared here.";
        chrome::line(buf, chrome::row(inner, 1), &[("  ", theme.text), (text, theme.text)], theme);
        return;
    }
    let room = usize::from((inner.width.saturating_sub(NAMES) / COLUMN).max(1));
    let first = chrome::scrolled(0, view.ui.compare_at.min(pins.len() - 1), pins.len(), room);
    let shown = &pins[first..(first + room).min(pins.len())];
    let column = (inner.width.saturating_sub(NAMES) / u16::try_from(shown.len()).unwrap_or(1)).min(44);
    let base = pins.iter().position(|pin| Some(pin.candidate) == session.setup().baseline).unwrap_or(0);
    headings(view, &Grid { shown, first, base, column }, inner, buf, hits);
    let lines = lines(session, &pins);
    for (index, line) in lines.iter().enumerate() {
        let row = chrome::row(inner, u16::try_from(index).unwrap_or(u16::MAX) + 2);
        chrome::line(buf, row, &[(&format!(" {}", line.name), theme.dim)], theme);
        for place in 0..shown.len() {
            let x = row.x + NAMES + column * u16::try_from(place).unwrap_or(0);
            let cell = Rect { x, width: column, ..row }.intersection(row);
            figure(line, first + place, base, cell, theme, buf);
        }
    }
    let row = chrome::row(inner, u16::try_from(lines.len()).unwrap_or(u16::MAX) + 3);
    let more = pins.len() - shown.len();
    let more = if more > 0 { format!("   {more} more: h/l") } else { String::new() };
    let legend =
        format!(" * best of the pinned   != differs from the baseline   B makes the selected one the baseline{more}");
    let legend = if theme.glyphs.braille { legend.replace('*', "★").replace("!=", "≠") } else { legend };
    chrome::line(buf, row, &[(&legend, theme.dim)], theme);
}

fn headings(view: View<'_>, grid: &Grid<'_>, inner: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let Grid { shown, first, base, column } = *grid;
    let theme = view.theme;
    let row = chrome::row(inner, 0);
    for (place, pin) in shown.iter().enumerate() {
        let index = first + place;
        let letter = char::from(b'A' + u8::try_from(index.min(25)).unwrap_or(0));
        let role = if index == base { " (baseline)" } else { "" };
        let selected = view.session.selected() == Some(pin.candidate);
        let mark = if selected { theme.glyphs.focus } else { ' ' };
        let text = format!("{mark}{letter}  #{}{role}", pin.candidate);
        let x = row.x + NAMES + column * u16::try_from(place).unwrap_or(0);
        let area = Rect { x, width: column, ..row }.intersection(row);
        chrome::line(buf, area, &[(&text, theme.pins[index % theme.pins.len()])], theme);
        hits.add(Rect { height: inner.height, ..area }, Target::Design(pin.candidate));
    }
    let rule = chrome::row(inner, 1);
    for x in rule.x..rule.right() {
        chrome::put(buf, x, rule.y, theme.glyphs.horizontal, theme.border);
    }
}

/// A pin with its costs, at the split it was pinned at.
fn pin(session: &Session, pinned: Pinned) -> Option<Pin> {
    let best = session.best_design(pinned.candidate)?;
    let split: BoundaryId = pinned.split.unwrap_or(best.split);
    let design = session.pool().design(session.space(), pinned.candidate, split)?;
    let cut = session.pool().cuts(pinned.candidate).iter().find(|cut| cut.boundary == split)?;
    let accuracy = session.accuracy(&design);
    let judge = |knobs: &Knobs| {
        let cost = Rates::new(knobs).evaluate(cut);
        accuracy.measured().map_or(cost, |share| cost.with_accuracy(share, knobs))
    };
    let rates = harder(session).into_iter().map(|(_, knobs)| {
        let cost = judge(&knobs);
        (cost.latency.total_s(), cost.feasible())
    });
    Some(Pin { candidate: pinned.candidate, harder: rates.collect(), cost: judge(session.knobs()), accuracy, design })
}

/// Harder times: a knob each way, the others held.
fn harder(session: &Session) -> Vec<(String, Knobs)> {
    let halved = [KnobId::LinkBandwidth, KnobId::SensorMemory, KnobId::SensorCompute];
    let mut all: Vec<(String, Knobs)> = halved
        .iter()
        .map(|id| {
            let mut knobs = *session.knobs();
            let value = session.value(*id) / 2.0;
            id.knob().set(&mut knobs, value);
            (format!("{} {}", knobs::short(*id), id.knob().show(value)), knobs)
        })
        .collect();
    let mut knobs = *session.knobs();
    knobs.sensors = (knobs.sensors * 2).min(session.space().views);
    all.push((format!("{} sensors", knobs.sensors), knobs));
    all
}

fn lines(session: &Session, pins: &[Pin]) -> Vec<Line> {
    let unit = |knob: KnobId, usual: (&'static str, f64)| {
        session.dial(knob).map_or(usual, |dial| (dial.unit, dial.unit_size()))
    };
    let (time, second) = unit(KnobId::LatencyLimit, ("ms", 1e-3));
    let (energy, joule) = unit(KnobId::EnergyLimit, ("uJ", 1e-6));
    let (memory, byte) = unit(KnobId::SensorMemory, ("KiB", 1024.0));
    let less = |name: String, size: f64, value: &dyn Fn(&Pin) -> f64| {
        let figures: Vec<f64> = pins.iter().map(|pin| value(pin) / size).collect();
        Line {
            name,
            words: figures.iter().map(|figure| text::decimal(*figure)).collect(),
            figures: Some((figures, false)),
        }
    };
    let shares: Vec<f64> = pins.iter().map(|pin| pin.accuracy.measured().unwrap_or(f64::NAN) * 100.0).collect();
    let words = |name: &str, word: &dyn Fn(&Pin) -> String| Line {
        name: name.to_owned(),
        words: pins.iter().map(word).collect(),
        figures: None,
    };
    let space = session.space();
    let mut lines = vec![
        Line {
            name: "accuracy %".to_owned(),
            words: pins.iter().map(|pin| table::accuracy(&pin.accuracy)).collect(),
            figures: Some((shares, true)),
        },
        less(format!("latency {time}"), second, &|pin| pin.cost.latency.total_s()),
        less("  readout".to_owned(), second, &|pin| pin.cost.latency.readout_s),
        less("  sensor".to_owned(), second, &|pin| pin.cost.latency.sensor_s),
        less("  link".to_owned(), second, &|pin| pin.cost.latency.link_s),
        less("  aggregator".to_owned(), second, &|pin| pin.cost.latency.aggregator_s),
        less(format!("energy {energy}"), joule, &|pin| pin.cost.energy_j),
        less(format!("sensor RAM {memory}"), byte, &|pin| pin.cost.sensor_peak_bytes as f64),
        Line {
            name: "link bytes".to_owned(),
            words: pins.iter().map(|pin| pin.cost.link_bytes.to_string()).collect(),
            figures: Some((pins.iter().map(|pin| pin.cost.link_bytes as f64).collect(), false)),
        },
        words("split / fuse", &|pin| {
            format!("{} / {}", space.boundary_name(pin.design.split), space.boundary_name(pin.design.fusion))
        }),
        words("ratio / bits", &|pin| format!("{} / {}", pin.design.ratio, pin.design.bits)),
        words("meets all limits", &|pin| yes(pin.cost.feasible()).to_owned()),
    ];
    for (index, (name, _)) in harder(session).into_iter().enumerate() {
        lines.push(words(&format!("at {name}"), &|pin| {
            let (latency, fits) = pin.harder[index];
            format!("{}  {} {time}", yes(fits), text::decimal(latency / second))
        }));
    }
    for (index, stage) in space.stages.iter().enumerate() {
        let gene = |pin: &Pin| {
            let choice = &space.architecture(&pin.design.genome).stages[index];
            let width = choice.width.map(|width| format!("{width} ")).unwrap_or_default();
            let blocks: Vec<String> =
                choice.blocks.iter().map(|block| format!("k{}e{}", block.kernel, block.expansion)).collect();
            format!("{width}{}", blocks.join(" "))
        };
        let line = words(&stage.name, &gene);
        // A stage without a choice is the same for all.
        if space.genes().iter().any(|gene| gene.stage == Some(index) && gene.choices > 1) {
            lines.push(line);
        }
    }
    lines
}

const fn yes(yes: bool) -> &'static str {
    if yes { "yes" } else { "no " }
}

/// A figure with its bar and its difference, or a word with a mark where it differs.
fn figure(line: &Line, index: usize, base: usize, cell: Rect, theme: &Theme, buf: &mut Buffer) {
    let word = &line.words[index];
    let (star, differs) = if theme.glyphs.braille { ("★", "≠") } else { ("*", "!=") };
    let Some((figures, more)) = &line.figures else {
        // What stands behind two spaces is beside the point.
        let point = |word: &str| word.split("  ").next().map(str::to_owned);
        let mark = if point(word) == point(&line.words[base]) { "" } else { differs };
        chrome::line(
            buf,
            cell,
            &[("   ", theme.text), (word, theme.text), (" ", theme.text), (mark, theme.warn)],
            theme,
        );
        return;
    };
    let value = figures[index];
    let number = Rect { width: 8.min(cell.width), ..cell };
    chrome::right(buf, number, word, theme.text);
    let most = figures.iter().copied().filter(|figure| figure.is_finite()).fold(0.0, f64::max);
    let bar = Rect { x: cell.x + 10, width: cell.width.saturating_sub(10 + 11), ..cell }.intersection(cell);
    if value.is_finite() && most > 0.0 {
        Gauge::new(value / most).styles(theme.sensor_text, theme.dim, theme.text).glyphs(theme.glyphs).render(bar, buf);
    }
    let delta = value - figures[base];
    let best = if *more { value >= most } else { figures.iter().all(|other| value <= *other || other.is_nan()) };
    let tail = Rect { x: bar.right() + 1, width: cell.right().saturating_sub(bar.right() + 1), ..cell };
    let better = if *more { delta > 0.0 } else { delta < 0.0 };
    let (text, style) = match delta {
        delta if index == base || delta.is_nan() => (String::new(), theme.text),
        delta if delta.abs() < 0.05 => ("   0.0".to_owned(), theme.dim),
        delta if delta.abs() >= 99.95 => (format!("{delta:>+6.0}"), if better { theme.good } else { theme.bad }),
        delta => (format!("{delta:>+6.1}"), if better { theme.good } else { theme.bad }),
    };
    let equal = figures.iter().all(|other| (other - value).abs() < 1e-9);
    let star = if best && !equal && value.is_finite() { star } else { "" };
    chrome::line(buf, tail, &[(&format!("{text:<7}"), style), (star, theme.accent)], theme);
}
