//! Choices of the designs on the front: for each gene the share of each choice. Where there is no room for all genes,
//! those that the front agrees on most are left out, and counted.

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
    /// The gene is the split or the fusion, which are shown before all others.
    is_boundary: bool,
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
    let (shown, left_out) = undecided(genes(session.space(), &designs), inner.height.into());
    chrome::foot(buf, area, ("", &left_out), theme);
    for (index, shares) in shown.iter().enumerate() {
        let row = chrome::row(inner, u16::try_from(index).unwrap_or(u16::MAX));
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

/// As many genes as there are rows, in their order: without those that the designs agree on most, of which the text
/// tells.
fn undecided(mut genes: Vec<Shares>, rows: usize) -> (Vec<Shares>, String) {
    let mut bits: Vec<f64> = genes.iter().map(Shares::bits).collect();
    let all = genes.len();
    let mut most = 0.0_f64;
    while genes.len() > rows.max(1) {
        // Of equals the last one. Split and fusion stay.
        let others = (0..genes.len()).rev().filter(|&index| !genes[index].is_boundary);
        let least = others.min_by(|&a, &b| bits[a].total_cmp(&bits[b]));
        let Some(least) = least else { break };
        most = most.max(bits.remove(least));
        genes.remove(least);
    }
    let text = match all - genes.len() {
        0 => String::new(),
        gone => format!("{gone} more, at most {} bits", number::figure(most)),
    };
    (genes, text)
}

/// The choices with a bar and a percentage; where that is too wide, closer together; else the most frequent ones, and
/// how many others there are.
fn row_of(shares: &Shares, total: f64, glyphs: &crate::tui::widget::Glyphs, room: u16) -> String {
    // Whole percents: a front seldom has more than a hundred designs.
    let share = |count: usize| count as f64 / total;
    let spaced = |(name, count): &(String, usize)| {
        format!("{name} {} {:<3.0}", glyphs.level(share(*count)), 100.0 * share(*count))
    };
    let close =
        |(name, count): &(String, usize)| format!("{name} {}{:.0}", glyphs.level(share(*count)), 100.0 * share(*count));
    let mut used: Vec<&(String, usize)> = shares.counts.iter().filter(|(_, count)| *count > 0).collect();
    let room = room.saturating_sub(NAMES as u16);
    let full = used.iter().map(|one| spaced(one)).collect::<Vec<_>>().join(" ");
    if width(full.trim_end()) <= room {
        return full;
    }
    let joined = |used: &[&(String, usize)]| used.iter().map(|one| close(one)).collect::<Vec<_>>().join(" ");
    let all = joined(&used);
    if width(&all) <= room {
        return all;
    }
    used.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let shortened = |kept: usize| format!("{} {} more", joined(&used[..kept]), used.len() - kept);
    (1..used.len()).rev().map(shortened).find(|text| width(text) <= room).unwrap_or_else(|| joined(&used[..1]))
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
        Shares { name: name.to_owned(), is_boundary: true, counts }
    };
    let number = |name: String, list: &[u32], of: &dyn Fn(&Design) -> u32| {
        let count = |value: &u32| designs.iter().filter(|design| of(design) == *value).count();
        let counts = list.iter().map(|value| (value.to_string(), count(value))).collect();
        Shares { name, is_boundary: false, counts }
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
    all.retain(|shares| shares.counts.len() > 1 || shares.is_boundary);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(name: &str, counts: &[usize]) -> Shares {
        let counts = counts.iter().enumerate().map(|(index, &count)| (format!("c{index}"), count)).collect();
        Shares { name: name.to_owned(), is_boundary: ["split", "fuse"].contains(&name), counts }
    }

    #[test]
    fn what_is_left_out_is_agreed_on_and_counted() {
        let genes = || vec![shares("split", &[8]), shares("fuse", &[8]), shares("a", &[4, 4]), shares("b", &[7, 1])];
        let names = |rows| {
            let (genes, text) = undecided(genes(), rows);
            (genes.into_iter().map(|gene| gene.name).collect::<Vec<String>>().join(" "), text)
        };
        assert_eq!(names(4), ("split fuse a b".to_owned(), String::new()));
        assert_eq!(names(3), ("split fuse a".to_owned(), "1 more, at most 0.544 bits".to_owned()));
        assert_eq!(names(1).0, "split fuse");
    }

    #[test]
    fn a_row_without_room_counts_what_it_leaves_out() {
        let many = shares("split", &[1, 4, 2, 1]);
        let row = |room| row_of(&many, 8.0, &crate::tui::widget::ASCII, room + NAMES as u16);
        for room in 20..60 {
            assert!(width(row(room).trim_end()) <= room, "{room}: {}", row(room));
        }
        assert!(row(24).starts_with("c1") && row(24).ends_with("2 more"), "{}", row(24));
        // Closer together there is room for all of them.
        for room in [30, 60] {
            assert!(row(room).starts_with("c0") && !row(room).contains("more"), "{}", row(room));
        }
    }

    #[test]
    fn what_all_agree_on_has_no_bits() {
        let shares = |counts: &[usize]| Shares {
            name: String::new(),
            is_boundary: false,
            counts: counts.iter().map(|&count| (String::new(), count)).collect(),
        };
        assert!(shares(&[8, 0]).bits().abs() < 1e-12);
        assert!((shares(&[4, 4]).bits() - 1.0).abs() < 1e-12);
        assert!((shares(&[2, 2, 2, 2]).bits() - 2.0).abs() < 1e-12);
        assert!(shares(&[]).bits().abs() < 1e-12);
    }
}
