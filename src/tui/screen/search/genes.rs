//! Choices of the designs on the front: for each gene the share of each choice, the undecided ones first.

use std::collections::BTreeMap;

use ratatui::{buffer::Buffer, layout::Rect};

use super::super::{chrome, view::View};
use crate::{
    explore::Session,
    network::BoundaryId,
    quantity::number,
    space::{Design, GeneKind, SearchSpace},
    tui::widget::width,
};

/// Cells of the name of a gene.
const NAMES: usize = 12;

/// Choices of one gene by name, in the order of the space, and how many designs have each.
struct Shares {
    name: String,
    counts: Vec<(String, usize)>,
}

impl Shares {
    /// Shannon entropy of the shares in bits: 0 if all designs agree.
    fn bits(&self) -> f64 {
        let total: usize = self.counts.iter().map(|(_, count)| count).sum();
        let share = |count: usize| count as f64 / total.max(1) as f64;
        let of = |count: usize| if count == 0 { 0.0 } else { -share(count) * share(count).log2() };
        self.counts.iter().map(|(_, count)| of(*count)).sum()
    }
}

/// Draws the pane.
pub(crate) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let View { session, theme, ui } = view;
    let earlier = ui.earlier_front(session.searching());
    let (designs, found) = front(session, earlier);
    let when = earlier.map(|generation| format!(" after generation {generation}")).unwrap_or_default();
    let count = match found {
        found if found == 0 || found == designs.len() => designs.len().to_string(),
        found => format!("{}, {found} found now", designs.len()),
    };
    let titles = [format!("What the front{when} is made of ({count})"), format!("Front{when}")];
    let fits = |title: &&String| width(title) + 6 <= area.width;
    let title = titles.iter().find(fits).unwrap_or(&titles[1]);
    let note = if area.width >= 56 { "share of its designs, bits" } else { "%, bits" };
    let inner = chrome::pane(buf, area, (title, note), false, theme);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    if designs.is_empty() {
        let text = "no design that fits is measured yet";
        chrome::line(buf, chrome::row(inner, 0), &[(text, theme.dim)], theme);
        return;
    }
    let total = designs.len() as f64;
    for (index, shares) in genes(session.space(), &designs).iter().enumerate() {
        let row = chrome::row(inner, u16::try_from(index).unwrap_or(u16::MAX));
        if row.is_empty() {
            break;
        }
        let bits = number::figure(shares.bits());
        let room = row.width.saturating_sub(width(&bits) + 1);
        let words = row_of(shares, total, theme.glyphs, room);
        chrome::line(
            buf,
            Rect { width: room, ..row },
            &[(&format!("{:<NAMES$}", shares.name), theme.dim), (&words, theme.text)],
            theme,
        );
        chrome::right(buf, row, &bits, theme.dim);
    }
}

/// The choices with a bar and a percentage, or, where that is too wide, with a bar only; where that is too wide too,
/// the most frequent first.
fn row_of(shares: &Shares, total: f64, glyphs: &crate::tui::widget::Glyphs, room: u16) -> String {
    let bar = |count: usize| glyphs.level(count as f64 / total);
    let used = || shares.counts.iter().filter(|(_, count)| *count > 0);
    // Whole percents: a front seldom has more than a hundred designs.
    let full: Vec<String> =
        used().map(|(name, count)| format!("{name} {} {:<3.0}", bar(*count), 100.0 * *count as f64 / total)).collect();
    let full = full.join(" ");
    if width(&full) + NAMES as u16 <= room {
        return full;
    }
    let mut short: Vec<_> = used().map(|(name, count)| (*count, format!("{name} {}", bar(*count)))).collect();
    let wide = short.iter().map(|(_, words)| width(words) + 2).sum::<u16>() + NAMES as u16;
    if wide > room + 2 {
        // Those that are cut off are the rarest.
        short.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    }
    short.into_iter().map(|(_, words)| words).collect::<Vec<_>>().join("  ")
}

/// The designs of the front of everything measured with the present number of sensors, and how many of them the search
/// found.
fn front(session: &Session, generation: Option<u32>) -> (Vec<Design>, usize) {
    let points = session.measured_points(generation);
    let front = points.iter().filter(|point| point.front);
    let found = front.clone().filter(|point| point.found).count();
    (front.map(|point| point.design.clone()).collect(), found)
}

fn genes(space: &SearchSpace, designs: &[Design]) -> Vec<Shares> {
    let boundary = |name: &str, of: &dyn Fn(&Design) -> BoundaryId| {
        let mut counts: BTreeMap<BoundaryId, usize> = BTreeMap::new();
        for design in designs {
            *counts.entry(of(design)).or_default() += 1;
        }
        let counts = counts.into_iter().map(|(id, count)| (space.boundary_name(id).to_owned(), count)).collect();
        Shares { name: name.to_owned(), counts }
    };
    let number = |name: String, list: &[u32], of: &dyn Fn(&Design) -> u32| {
        let count = |value: &u32| designs.iter().filter(|design| of(design) == *value).count();
        Shares { name, counts: list.iter().map(|value| (value.to_string(), count(value))).collect() }
    };
    let wide = |list: &[u8]| list.iter().map(|&value| u32::from(value)).collect::<Vec<_>>();
    let mut all = vec![
        boundary("split", &|design| design.split),
        boundary("fuse", &|design| design.fusion),
        number("ratio".to_owned(), &wide(&space.split.ratios), &|design| design.ratio.into()),
        number("link bits".to_owned(), &wide(&space.split.bits), &|design| design.bits.into()),
    ];
    for (index, gene) in space.genes().iter().enumerate().filter(|(_, gene)| gene.choices > 1) {
        let stage = gene.stage.and_then(|stage| space.stages.get(stage));
        let (word, list) = match (gene.kind, stage) {
            (GeneKind::Resolution | GeneKind::Network, _) | (_, None) => ("resolution", &space.resolutions),
            (GeneKind::Width, Some(stage)) => ("width", &stage.widths),
            (GeneKind::Depth, Some(stage)) => ("depth", &stage.depths),
            (GeneKind::Kernel, Some(stage)) => ("kernel", &stage.kernels),
            (GeneKind::Expansion, Some(stage)) => ("expand", &stage.expansions),
        };
        let place = stage.map(|stage| stage.name.clone()).unwrap_or_default();
        let block = gene.block.map(|block| format!(".{}", block + 1)).unwrap_or_default();
        let choice = |design: &Design| {
            let choice = design.genome.genes().get(index).copied().unwrap_or(0);
            list.get(usize::from(choice)).copied().unwrap_or(0)
        };
        all.push(number(format!("{place}{block} {word}"), list, &choice));
    }
    // A choice that the space does not leave open says nothing.
    all.retain(|shares| shares.counts.len() > 1 || shares.name == "split" || shares.name == "fuse");
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_agree_on_has_no_bits() {
        let shares = |counts: &[usize]| Shares {
            name: String::new(),
            counts: counts.iter().map(|&count| (String::new(), count)).collect(),
        };
        assert!(shares(&[8, 0]).bits().abs() < 1e-12);
        assert!((shares(&[4, 4]).bits() - 1.0).abs() < 1e-12);
        assert!((shares(&[2, 2, 2, 2]).bits() - 2.0).abs() < 1e-12);
        assert!(shares(&[]).bits().abs() < 1e-12);
    }
}
