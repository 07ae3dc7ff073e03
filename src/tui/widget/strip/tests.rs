//! Tests of the network strip: pictures, hits, and all sizes.

use proptest::prelude::*;
use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::BoundaryMark::{Barred, Closed, Feasible, Here};
use super::*;
use crate::tui::widget::testing;

const BLOCKS: [StripBlock<'static>; 7] = [
    StripBlock { name: "stem", detail: "k3" },
    StripBlock { name: "S1", detail: "d2k3" },
    StripBlock { name: "S2", detail: "d3k5" },
    StripBlock { name: "S3", detail: "d2k3" },
    StripBlock { name: "S4", detail: "d4k5" },
    StripBlock { name: "S5", detail: "d2k7" },
    StripBlock { name: "head", detail: "" },
];
const MARKS: [BoundaryMark<'static>; 8] = [
    Barred("link"),
    Closed,
    Barred("lat"),
    Feasible("20.1"),
    Here("18.2"),
    Barred("mem"),
    Barred("mem"),
    Barred("mem"),
];

fn strip<'a>() -> NetworkStrip<'a> {
    NetworkStrip::new(&BLOCKS, &MARKS)
        .split(4)
        .fusion(4)
        .link(StripLink { tensor: "4×4.6KB", time: "6.6 ms" })
        .sides("4 × sensor", "aggregator")
        .outcome("73.1 %")
}

#[test]
fn seven_rows_show_frames_details_and_marks() {
    let expected = "
4 × sensor                        link    aggregator
  ┌────┐ ┌────┐ ┌────┐ ┌────┐ ╎          ╎   ┌────┐ ┌────┐ ┌────┐
──│stem│─│ S1 │─│ S2 │─│ S3 │─╎─4×4.6KB─▶╎─⊕─│ S4 │─│ S5 │─│head│── 73.1 %
  │ k3 │ │d2k3│ │d3k5│ │d2k3│ ╎  6.6 ms  ╎   │d4k5│ │d2k7│ │    │
  └────┘ └────┘ └────┘ └────┘ ╎          ╎   └────┘ └────┘ └────┘
✗link         ✗lat  ○20.1         ◆18.2           ✗mem   ✗mem   ✗mem
";
    assert_eq!(testing::lines(&strip(), 74, 7).join("\n"), expected[1..]);
}

#[test]
fn fewer_rows_are_lines_of_text() {
    let expected = "
4 × sensor                    6.6 ms     aggregator
──stem────S1────S2────S3─╎───4×4.6KB───▶╎─⊕─S4────S5────head── 73.1 %
✗link       ✗lat ○20.1         ◆18.2          ✗mem  ✗mem   ✗mem";
    assert_eq!(testing::lines(&strip(), 69, 3).join("\n"), expected[1..]);
    assert_eq!(testing::lines(&strip(), 69, 2).join("\n"), expected[expected[1..].find('\n').unwrap() + 2..]);
    let wide = testing::lines(&strip(), 110, 2).join("\n");
    assert!(wide.starts_with("4 × sensor ──stem") && wide.contains("── aggregator 73.1 %"), "{wide}");
}

#[test]
fn views_that_fuse_later_travel_on_double_lines() {
    let rows = testing::lines(&strip().split(3).fusion(5), 74, 7);
    assert_eq!(rows[2], "──│stem│─│ S1 │─│ S2 │─╎──4×4.6KB──▶╎═│ S3 │═│ S4 │⊕│ S5 │─│head│── 73.1 %");
    let all_on_aggregator = testing::lines(&strip().split(0).fusion(6), 74, 2);
    assert_eq!(all_on_aggregator[0], "─╎───4×4.6KB───▶╎═stem════S1════S2════S3════S4════S5═⊕──head── 73.1 %");
    let all_on_sensor = testing::lines(&strip().split(9).fusion(0), 74, 2);
    assert!(all_on_sensor[0].ends_with("head─╎───4×4.6KB───▶╎─⊕─ 73.1 %"), "{all_on_sensor:?}");
}

#[test]
fn a_long_chain_shows_a_window_around_the_split() {
    let names: Vec<String> = (0..30).map(|i| format!("b{i}")).collect();
    let blocks: Vec<StripBlock<'_>> = names.iter().map(|name| StripBlock { name, detail: "k3e6" }).collect();
    let marks = [Feasible("20.1"); 31];
    let strip = NetworkStrip::new(&blocks, &marks).split(12).fusion(14);
    let line = testing::lines(&strip, 50, 1).remove(0);
    assert!(line.starts_with('‹') && line.ends_with('›') && line.contains("b11") && line.contains("b12"), "{line}");
    // A press on a count reaches the first boundary behind it.
    let area = Rect::new(0, 0, 50, 1);
    let hidden_left: usize = line[3..].chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap();
    assert_eq!(strip.boundary_at(area, 0, 0), Some(hidden_left - 1));
    let end = line.chars().count() as u16 - 1;
    let hidden_right: usize = line.trim_end_matches('›').rsplit('─').next().unwrap().parse().unwrap();
    assert_eq!(strip.boundary_at(area, end, 0), Some(30 - hidden_right + 1));
}

#[test]
fn names_are_not_cut_to_the_same_letters() {
    let names: Vec<String> = (0..17).map(|i| format!("mb{}.{}", i / 4, i % 4)).collect();
    let blocks: Vec<StripBlock<'_>> = names.iter().map(|name| StripBlock { name, detail: "k3e6" }).collect();
    let strip = NetworkStrip::new(&blocks, &[Feasible("20.1"); 18]).split(9).fusion(9).outcome("79.2");
    for (width, height) in [(118, 7), (118, 4), (78, 3), (60, 2)] {
        let drawn = testing::lines(&strip, width, height).concat();
        assert!(drawn.contains("mb2.1") && drawn.contains("79.2") && !drawn.contains('…'), "{drawn}");
    }
}

#[test]
fn hits_follow_the_picture() {
    let area = Rect::new(5, 3, 74, 7);
    let strip = strip();
    let name_row = 3 + 2;
    assert_eq!(strip.block_at(area, 5 + 4, name_row), Some(0));
    assert_eq!(strip.block_at(area, 5 + 8, name_row), None);
    assert!(strip.is_fusion_at(area, 5 + 43, name_row));
    assert!(!strip.is_fusion_at(area, 5 + 30, name_row));
    // Boundary 1 is closed: the line between stem and S1 gives a neighbour.
    assert!(matches!(strip.boundary_at(area, 5 + 8, name_row), Some(0 | 2)));
    assert_eq!(strip.nearest_boundary(area, 5 + 8, name_row, |_| true), Some(1));
    assert_eq!(strip.boundary_at(area, 5 + 36, 3), Some(4));
    assert_eq!(strip.boundary_at(area, 5 + 73, 4), Some(7));
    assert_eq!(strip.boundary_at(area, 4, 4), None);
}

#[test]
fn plain_characters_draw_the_same_picture() {
    let rows = testing::lines(&strip().link(StripLink { tensor: "4x4.6KB", time: "" }).look(Look::ascii()), 74, 7);
    assert_eq!(rows[2], "--|stem|-| S1 |-| S2 |-| S3 |-:-4x4.6KB->:-&-| S4 |-| S5 |-|head|-- 73.1 %");
    assert!(rows.concat().replace('×', "x").is_ascii());
}

#[test]
fn no_size_and_no_chain_breaks_it() {
    let odd = [StripBlock::default(), StripBlock { name: "称号称号称号", detail: "a detail far too long" }];
    for (blocks, marks) in [(&BLOCKS[..], &MARKS[..]), (&odd[..], &MARKS[..1]), (&[][..], &[][..])] {
        for (split, fusion) in [(0, 0), (1, 0), (4, 6), (99, 99)] {
            let strip =
                NetworkStrip::new(blocks, marks).split(split).fusion(fusion).sides("", "a long title").outcome("x");
            testing::survives_all_sizes(&strip);
            testing::survives_all_sizes(&strip.link(StripLink { tensor: "12 × 118.25 KB", time: "a long time" }));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// While the mouse rests, a drag must not make the split jump to and fro, though moving it moves the picture.
    #[test]
    fn a_resting_drag_comes_to_rest(x in 0_u16..120, width in 76_u16..120, split in 0_usize..8, height in 2_u16..9) {
        let area = Rect::new(0, 0, width, height);
        let hit = |split: usize| strip().split(split).fusion(split).nearest_boundary(area, x, 1, |_| true);
        let mut seen = split;
        for _ in 0..3 {
            seen = hit(seen).unwrap_or(seen);
        }
        prop_assert_eq!(hit(seen).unwrap_or(seen), seen);
    }

    /// Every boundary can be reached by a click somewhere, whatever is split where.
    #[test]
    fn every_boundary_can_be_hit(width in 76_u16..200, split in 0_usize..8, late in 0_usize..8, height in 1_u16..9) {
        let area = Rect::new(0, 0, width, height);
        let strip = strip().split(split).fusion(split + late);
        for boundary in (0..8).filter(|boundary| strip.mark(*boundary) != Closed) {
            prop_assert!((0..width).any(|x| strip.boundary_at(area, x, 0) == Some(boundary)), "boundary {}", boundary);
        }
        let mut buf = Buffer::empty(area);
        strip.render(area, &mut buf);
        let hits: Vec<usize> = (0..width).filter_map(|x| strip.boundary_at(area, x, 0)).collect();
        prop_assert!(hits.windows(2).all(|pair| pair[0] <= pair[1]), "boundaries rise from left to right");
    }
}
