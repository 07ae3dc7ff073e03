//! Parts of the time (energy, link bytes, sensor memory) of the first designs as stacked bars on one scale; or how the
//! frames of the selected one follow each other, above the frame rates of the first designs.
//!
//! ```text
//! ┌ Latency ms ───────────── ░ readout █ sensor ▓ link ▒ aggregator ┊ limit ┐
//! │▸  17 ░██████████▓▓▓▓▓▓▒▒▒▒▒▒▒▒       ┊   8.6 =  0.3 + 4.1 + 1.1 + 3.1 ✓ │
//! └─────────────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::{buffer::Buffer, layout::Rect, style::Style, widgets::Widget};

use super::{chrome, frames, view::View};
use crate::{
    explore::{BarQuantity, Column, DesignBar as Cost},
    quantity::Unit,
    tui::{
        command::UserCommand,
        hit::{HitMap, Region},
        model::screen::Pane,
        theme::Theme,
        widget::{Part, StackedBar, StackedBars, width},
    },
};

/// From this width on the parts are written out.
const ROOM_FOR_PARTS: u16 = 58;

/// Draws the pane.
pub(crate) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, ui } = view;
    let focus = ui.pane == Pane::Bars;
    let quantity = ui.bar_quantity;
    hits.add(area, Region::Pane(Pane::Bars));
    let unit = unit_of(view, quantity);
    let parts = parts(quantity, theme);
    let title = format!("{} {}", title(quantity), unit.symbol);
    let mut inner = chrome::pane(buf, area, (&title, ""), focus, theme);
    legend(
        view,
        quantity,
        &parts,
        Rect { x: area.x + width(&title) + 5, width: area.width.saturating_sub(width(&title) + 7), height: 1, ..area },
        buf,
    );
    if quantity == BarQuantity::Frames {
        let framed = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let used = (frames::draw(view, framed, buf) + 1).min(inner.height);
        inner = Rect { y: inner.y + used, height: inner.height - used, ..inner };
    }
    let costs = session.bars(quantity, usize::from(inner.height));
    let digits = session.catalogue().len().max(1).ilog10() as u16 + 1;
    let words: Vec<BarTexts> =
        costs.iter().map(|cost| BarTexts::of(cost, (quantity, unit), (inner.width, digits), theme)).collect();
    let bars: Vec<StackedBar> = costs
        .iter()
        .zip(&words)
        .map(|(cost, words)| StackedBar {
            mark: &words.mark,
            label: &words.label,
            values: cost.parts(),
            text: &words.figures,
            style: if cost.selected { theme.selected } else { theme.text },
        })
        .collect();
    let rate = [Part { glyph: theme.glyphs.fills[0], style: theme.front }];
    let mut stacked = StackedBars::new(&bars, if quantity == BarQuantity::Frames { &rate } else { &parts })
        .label_width(digits)
        .look(theme.look(theme.limit));
    if let Some(limit) = session.bar_limit(quantity) {
        stacked = stacked.limit(limit);
    }
    (&stacked).render(inner, buf);
    for (index, cost) in costs.iter().enumerate() {
        let row = chrome::row(inner, u16::try_from(index).unwrap_or(u16::MAX));
        hits.button(row, UserCommand::select(cost.candidate));
    }
    if focus {
        hits.page = usize::from(inner.height);
    }
}

/// The texts around one bar.
struct BarTexts {
    mark: String,
    label: String,
    figures: String,
}

impl BarTexts {
    fn of(cost: &Cost, (quantity, unit): (BarQuantity, Unit), (width, digits): (u16, u16), theme: &Theme) -> Self {
        let glyphs = theme.glyphs;
        let figure = |value: f64| unit.column(value);
        let feasible = if cost.feasible { glyphs.yes } else { glyphs.no };
        let total = figure(cost.total());
        let figures = if quantity == BarQuantity::Frames {
            let idle = cost.evaluation.latency.idle_shares();
            let slowest = idle.iter().position(|share| *share <= 0.0).unwrap_or(0);
            format!("{:>5} {:<10} {feasible}", total, BarQuantity::Latency.parts()[slowest])
        } else if width >= ROOM_FOR_PARTS && cost.parts().len() > 1 {
            let parts: Vec<String> = cost.parts().iter().map(|part| format!("{:>5}", figure(*part))).collect();
            format!("{total:>5} = {} {feasible}", parts.join(" +"))
        } else {
            format!("{total:>5} {feasible}")
        };
        let mark = match cost.pin {
            _ if cost.selected => glyphs.focus.to_string(),
            Some(pin) => pin.to_string(),
            None => String::new(),
        };
        Self { mark, label: format!("{:>1$}", cost.candidate, usize::from(digits)), figures }
    }
}

/// Title of what is shown.
fn title(unit: BarQuantity) -> &'static str {
    match unit {
        BarQuantity::Latency => "Latency",
        BarQuantity::Energy => "Energy",
        BarQuantity::Link => "Link",
        BarQuantity::Memory => "Sensor memory",
        BarQuantity::Frames => "Frame rate",
    }
}

/// Unit of the bars. Bytes on the link are too many for single ones.
fn unit_of(view: View<'_>, quantity: BarQuantity) -> Unit {
    let column = if quantity == BarQuantity::Link { Column::Memory } else { quantity.column() };
    view.session.unit(column)
}

/// Characters and styles of the parts, in the order of [`BarQuantity::parts`].
fn parts(unit: BarQuantity, theme: &Theme) -> Vec<Part> {
    let [rest, sensor, link, aggregator] = frames::parts(theme);
    match unit {
        BarQuantity::Latency | BarQuantity::Frames => vec![rest, sensor, link, aggregator],
        BarQuantity::Energy => vec![sensor, link, aggregator],
        BarQuantity::Link => vec![link, rest],
        BarQuantity::Memory => vec![sensor, rest],
    }
}

/// Names of the parts at the right end of the title's row, each in its own style; nothing if they do not fit.
fn legend(view: View<'_>, quantity: BarQuantity, parts: &[Part], row: Rect, buf: &mut Buffer) {
    let theme = view.theme;
    let mut words: Vec<(String, Style)> = parts.iter().map(|part| (format!(" {}", part.glyph), part.style)).collect();
    let named = if quantity == BarQuantity::Frames { BarQuantity::Latency } else { quantity };
    let names: Vec<(String, Style)> = named.parts().iter().map(|name| (format!(" {name} "), theme.dim)).collect();
    if view.session.bar_limit(quantity).is_some() {
        words.push((format!(" {}", theme.glyphs.limit_x), theme.limit));
    }
    let limit = (" limit ".to_owned(), theme.dim);
    let whole: Vec<(&str, Style)> = words
        .iter()
        .zip(names.iter().chain([&limit]))
        .flat_map(|(mark, name)| [(mark.0.as_str(), mark.1), (name.0.as_str(), name.1)])
        .collect();
    // With less room only what the user designs: the readout is the same for all, and the limit is a line.
    let short: Vec<(String, Style)> = names.iter().map(|(name, style)| (brief(name), *style)).collect();
    let few: Vec<(&str, Style)> = words
        .iter()
        .zip(&short)
        .filter(|(_, name)| !name.0.is_empty())
        .flat_map(|(mark, name)| [(mark.0.as_str(), mark.1), (name.0.as_str(), name.1)])
        .chain([(" ", theme.dim)])
        .collect();
    for pieces in [whole, few] {
        let wide: u16 = pieces.iter().map(|(text, _)| width(text)).sum();
        if wide <= row.width {
            chrome::line(buf, Rect { x: row.right() - wide, width: wide, ..row }, &pieces, theme);
            return;
        }
    }
}

/// The name of a part in a few cells, with a blank before it; empty if it can do without.
fn brief(name: &str) -> String {
    match name.trim() {
        "readout" | "rest" => String::new(),
        "sensor" => " sens".to_owned(),
        "aggregator" => " aggr".to_owned(),
        name => format!(" {name}"),
    }
}
