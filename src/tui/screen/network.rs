//! The network of the selected design: blocks, the split with its link, the fusion, and every other place it could be
//! split at.
//!
//! ```text
//! ┌ Network #17 ──────────────── split S2.1, fuse S2.2 (max), ratio 4, 8 bit ┐
//! │ 6 × sensor                  link       aggregator                        │
//! │   ┌────┐ ┌────┐ ┌────┐   ╎          ╎   ┌────┐ ┌────┐                    │
//! │ ──│stem│─│S1.1│─│S2.1│───╎─6×0.5KB─▶╎═══│S2.2│⊕│head│── 73.1 %          │
//! │   └────┘ └────┘ └────┘   ╎  1.1 ms  ╎   └────┘ └────┘                    │
//! │   ✗link  ○9.7            ◆8.6                ✗mem                        │
//! └──────────────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::{chrome, table, view::View};
use crate::{
    cost::Evaluation,
    explore::{Accuracy, BarQuantity, Column, DesignStrip as Places, NetworkBoundary, ShownAccuracy, SplitState},
    quantity::Metric,
    space::BlockChoice,
    tui::{
        hit::{HitMap, Region},
        model::screen::Pane,
        theme::Theme,
        widget::{BoundaryMark, NetworkStrip, StripBlock, StripLink},
    },
};

/// Hit of a press on the strip: places among the splits, and among the fusions, that the design allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StripHit {
    /// The nearest split.
    pub(crate) split: Option<usize>,
    /// The nearest fusion.
    pub(crate) fusion: Option<usize>,
    /// The press was on the mark of the fusion.
    pub(crate) on_fusion: bool,
}

/// Draws the strip, in a frame or as three lines.
pub(crate) fn draw(view: View<'_>, area: Rect, framed: bool, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, ui } = view;
    hits.add(area, Region::Pane(Pane::Network));
    let focus = ui.pane == Pane::Network;
    let Some(places) = session.strip() else {
        chrome::pane(buf, area, ("Network", ""), focus, theme);
        return;
    };
    let (name, way) = (format!("Network {}", session.candidate_name(places.candidate)), way(view, &places));
    let inner = if framed {
        let inner = chrome::pane(buf, area, (&name, &way), focus, theme);
        let column = shown(view);
        let (name, unit) = (column.title(), session.unit(column).symbol);
        let barred =
            |word: &str| places.places.iter().any(|place| matches!(place.state, SplitState::Barred(by) if by == word));
        let short: Vec<String> = [("weight", "weights"), ("energy", "energy")]
            .into_iter()
            .filter(|(word, _)| barred(word))
            .map(|(word, whole)| format!("{} {whole}", brief(word)))
            .collect();
        let short = if short.is_empty() { String::new() } else { format!(" ({})", short.join(", ")) };
        let marks =
            format!("{} {name} {unit} if split there, {} what bars it{short}", theme.glyphs.feasible, theme.glyphs.no);
        chrome::foot(buf, area, ("", &marks), theme);
        inner
    } else {
        let style = if focus { theme.border_focus } else { theme.accent };
        let mark = if focus { theme.glyphs.focus } else { ' ' };
        let row = chrome::row(area, 0);
        chrome::line(buf, row, &[(&format!("{mark}{name}"), style), (&format!("  {way}"), theme.dim)], theme);
        Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }
    };
    with_strip(view, &places, |strip| strip.render(inner, buf));
    hits.add(inner, Region::Strip);
}

/// Hit of a press at a cell of the strip when the strip is drawn in `area`.
pub(crate) fn hit(view: View<'_>, area: Rect, x: u16, y: u16) -> Option<StripHit> {
    let places = view.session.strip()?;
    let space = view.session.space();
    let genome = &places.design.genome;
    let fusions = space.fusions(genome, places.design.split);
    let boundary = |index: Option<usize>| index.and_then(|index| places.places.get(index)).map(|place| place.boundary);
    with_strip(view, &places, |strip| {
        let split = boundary(strip.boundary_at(area, x, y));
        let allowed = |index: usize| boundary(Some(index)).is_some_and(|id| fusions.contains(&id));
        let fusion = boundary(strip.nearest_boundary(area, x, y, allowed));
        StripHit {
            split: split.and_then(|id| space.splits(genome).iter().position(|other| *other == id)),
            fusion: fusion.and_then(|id| fusions.iter().position(|other| *other == id)),
            on_fusion: strip.is_fusion_at(area, x, y),
        }
    })
    .into()
}

/// Makes the widget of the selected design and hands it on.
fn with_strip<R>(view: View<'_>, places: &Places<'_>, then: impl FnOnce(&NetworkStrip<'_>) -> R) -> R {
    let View { session, theme, .. } = view;
    let details = details(view, places);
    let is_imported = !session.space().imported().is_empty();
    let mut names: Vec<&str> = places.places.iter().skip(1).map(|place| place.name).collect();
    if is_imported {
        names = (0..names.len()).map(|index| within_group(&names, index)).collect();
    }
    let last = names.len().saturating_sub(1);
    let blocks: Vec<StripBlock> = names
        .iter()
        .zip(&details)
        .enumerate()
        .map(|(index, (name, detail))| StripBlock {
            name: if index == last && !is_imported { "fc" } else { name },
            detail,
        })
        .collect();
    let column = shown(view);
    let unit = session.unit(column);
    let value = |cost: &Evaluation| match column {
        Column::Energy => cost.energy_j,
        Column::Memory => cost.sensor_peak_bytes as f64,
        Column::Link => cost.link_bytes as f64,
        Column::FrameRate => cost.fps,
        _ => cost.latency.total_s(),
    };
    let times: Vec<String> = places.places.iter().map(|place| unit.column(value(&place.evaluation))).collect();
    let marks = marks(places, &times);
    let here = places.here();
    let sensors = session.knobs().sensors;
    let times_sign = if theme.glyphs.braille { '×' } else { 'x' };
    let tensor = format!(
        "{sensors}{times_sign}{}",
        Metric::LinkBytes.format(here.evaluation.link_bytes as f64).replace(' ', "")
    );
    let time = Metric::Latency.format(here.evaluation.latency.link_s);
    let sides = format!("{sensors} {times_sign} sensor");
    let outcome = outcome(&places.accuracy, theme);
    let strip = NetworkStrip::new(&blocks, &marks)
        .split(places.split)
        .fusion(places.fusion)
        .link(StripLink { tensor: &tensor, time: &time })
        .sides(&sides, "aggregator")
        .outcome(&outcome)
        .look(theme.strip());
    then(&strip)
}

/// A mark for each boundary, with its figure where the design may be split there.
fn marks<'a>(places: &Places<'_>, figures: &'a [String]) -> Vec<BoundaryMark<'a>> {
    let mark = |(index, (place, figure)): (usize, (&NetworkBoundary<'_>, &'a String))| match place.state {
        _ if index == places.split => BoundaryMark::Here(figure),
        SplitState::Closed => BoundaryMark::Closed,
        SplitState::Feasible => BoundaryMark::Feasible(figure),
        SplitState::Barred(word) => BoundaryMark::Barred(brief(word)),
    };
    places.places.iter().zip(figures).enumerate().map(mark).collect()
}

/// The accuracy behind the network.
fn outcome(accuracy: &ShownAccuracy, theme: &Theme) -> String {
    let share =
        |accuracy: &Accuracy| Metric::Accuracy.format(accuracy.accuracy) + table::float_mark(accuracy.precision);
    match accuracy {
        ShownAccuracy::Measured(accuracy) => share(accuracy),
        ShownAccuracy::OtherViews { accuracy, .. } => table::of_other_views(&share(accuracy)),
        ShownAccuracy::Estimated(_) => table::accuracy(accuracy, theme.glyphs),
        ShownAccuracy::None => String::new(),
    }
}

/// Figure below the boundaries: the one that the bars show.
fn shown(view: View<'_>) -> Column {
    match view.ui.bar_quantity {
        BarQuantity::Latency => Column::Latency,
        BarQuantity::Energy => Column::Energy,
        BarQuantity::Link => Column::Link,
        BarQuantity::Memory => Column::Memory,
        BarQuantity::Frames => Column::FrameRate,
    }
}

/// A broken limit in at most five cells.
fn brief(word: &str) -> &str {
    match word {
        "weight" => "wt",
        "energy" => "en",
        word => word,
    }
}

/// Name of a block of an imported network within its group: the first of a group is named in full, the others without
/// the parts at the beginning that they share with the block before, and what all blocks of a row end in is left out.
/// `layer1.0.add`, `layer1.1.add`, `layer2.0.add` are `layer1.0`, `1`, `layer2.0`.
fn within_group<'a>(names: &[&'a str], index: usize) -> &'a str {
    let name = names[index];
    let parts: Vec<&str> = name.split('.').collect();
    let of = |index: Option<usize>| -> Vec<&'a str> {
        index.and_then(|index| names.get(index)).map_or_else(Vec::new, |name| name.split('.').collect())
    };
    let (before, after) = (of(index.checked_sub(1)), of(index.checked_add(1)));
    let ends_alike = |other: &[&str]| other.len() == parts.len() && other.last() == parts.last();
    let shared = parts.iter().zip(&before).take_while(|(own, other)| own == other).count();
    let ending = usize::from(parts.len() > 1 && (ends_alike(&before) || ends_alike(&after)));
    // At least one part is left.
    let first = shared.min(parts.len() - 1 - ending);
    let skipped: usize = parts[..first].iter().map(|part| part.len() + 1).sum();
    let cut: usize = parts[parts.len() - ending..].iter().map(|part| part.len() + 1).sum();
    &name[skipped..name.len() - cut]
}

/// Kernel and expansion of every block: `k3e2`; empty where there is nothing to choose. An imported network leaves
/// nothing open.
fn details(view: View<'_>, places: &Places<'_>) -> Vec<String> {
    if !view.session.space().imported().is_empty() {
        return vec![String::new(); places.places.len().saturating_sub(1)];
    }
    let architecture = view.session.space().architecture(&places.design.genome);
    let detail = |block: &BlockChoice| match (block.kernel, block.expansion) {
        (1, 1) => String::new(),
        (kernel, 1) => format!("k{kernel}"),
        (1, expansion) => format!("e{expansion}"),
        (kernel, expansion) => format!("k{kernel}e{expansion}"),
    };
    let mut details: Vec<String> =
        architecture.stages.iter().flat_map(|stage| stage.blocks.iter().map(detail)).collect();
    details.resize(places.places.len().saturating_sub(1), String::new());
    details
}

/// Split, fusion and how the tensor is sent, in words.
fn way(view: View<'_>, places: &Places<'_>) -> String {
    let space = view.session.space();
    let design = &places.design;
    let network = view.session.network();
    let operator = network.map_or(space.fusion.operator, |network| network.fusion_at(places.fusion)).name();
    let hand = if places.overridden { "overridden (b: best), " } else { "" };
    let [split, fusion] =
        [design.split, design.fusion].map(|boundary| view.session.own_boundary_name(places.candidate, boundary));
    let words = format!("{hand}split {split}, fuse {fusion} ({operator}), ratio {}, {} bit", design.ratio, design.bits);
    if space.is_hypothetical(design.ratio, design.bits) {
        return format!("{words}, hypothetical: unmeasured");
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_named_within_their_group() {
        let within = |names: &[&str]| -> Vec<String> {
            (0..names.len()).map(|index| within_group(names, index).to_owned()).collect()
        };
        let blocks = ["conv1", "maxpool", "layer1.0.add", "layer1.1.add", "layer2.0.add", "layer2.1.add", "avgpool"];
        assert_eq!(within(&blocks), ["conv1", "maxpool", "layer1.0", "1", "layer2.0", "1", "avgpool"]);
        let layers = ["layer1.0.conv1", "layer1.0.conv2", "layer1.0.add", "layer1.1.conv1", "fc", "fc", ""];
        assert_eq!(within(&layers), ["layer1.0.conv1", "conv2", "add", "1.conv1", "fc", "fc", ""]);
    }
}
