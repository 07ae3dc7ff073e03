//! Tests of the scatter plot.

use super::*;
use crate::tui::widget::{Scale, UNICODE, testing};

fn mark(x: f64, y: f64, glyph: char, layer: u8) -> Mark {
    Mark { spot: PlotPoint { x, y, layer }, mark: PointMark::Glyph(glyph), style: Style::new() }
}

fn axes() -> (Axis, Axis) {
    (Axis::new(10.0, 30.0, Scale::Linear), Axis::new(70.0, 74.0, Scale::Linear))
}

#[test]
fn points_limits_and_selection() {
    let points =
        [mark(10.0, 70.0, '·', 0), mark(20.0, 74.0, '○', 1), mark(15.0, 72.0, '●', 2), mark(99.0, 72.0, '!', 2)];
    let (x, y) = axes();
    let mut buf = Buffer::empty(Rect::new(0, 0, 24, 6));
    assert_eq!(Scatter::new(points.as_slice(), x, y).draw(buf.area, &mut buf), 1, "one is outside");
    let plot = Scatter::new(points.as_slice(), x, y)
        .limit_x(25.0, "≤ 25")
        .limit_y(71.0, "")
        .crosshair(Some((20.0, 74.0)))
        .selected(Some(2));
    assert_eq!(
        testing::lines(&plot, 24, 6),
        [
            "74┤──────────○────┊─────",
            "  │          │    ┊ ≤ 25",
            "72┤     ◆    │    ┊",
            "  │┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┊┈┈┈┈┈",
            "70┤·         │    ┊",
            "  └10────────20───────30",
        ]
    );
}

#[test]
fn the_higher_layer_hides_the_lower_and_the_first_its_equals() {
    let points = [mark(20.0, 72.0, 'a', 1), mark(20.0, 72.0, 'b', 1), mark(20.0, 72.0, 'c', 0)];
    let (x, y) = axes();
    let plot = Scatter::new(points.as_slice(), x, y);
    let seen = testing::lines(&plot, 24, 6).concat();
    assert!(seen.contains('a') && !seen.contains('b') && !seen.contains('c'));
    let area = Rect::new(0, 0, 24, 6);
    let (column, row) = (frame::column_of(plot.plot_area(area), &x, 20.0).unwrap(), 2);
    assert_eq!(plot.nearest(area, column, row, 4), Some(0));
    assert_eq!(plot.nearest(area, column + 9, row, 4), None);
}

#[test]
fn points_of_a_layer_share_a_cell_by_its_quarters() {
    let at = |x, y, layer| {
        let characters = if layer == 1 { &UNICODE.front_marks } else { &UNICODE.feasible_marks };
        Mark { spot: PlotPoint { x, y, layer }, mark: PointMark::Quarters(characters), style: Style::new() }
    };
    // A column is 1 wide and a row 1 high, with whole values in the middle.
    let points = [at(2.4, 1.4, 1), at(1.6, 0.6, 1), at(2.4, 0.6, 0), at(2.6, 0.6, 0), at(3.4, 0.6, 0)];
    let (x, y) = (Axis::new(0.0, 6.0, Scale::Linear), Axis::new(0.0, 2.0, Scale::Linear));
    let plot = Scatter::new(points.as_slice(), x, y);
    assert_eq!(testing::lines(&plot, 9, 4)[..3], ["2┤", " │  ▞⣤", "0┤"].map(str::to_owned));
}

#[test]
fn a_limit_out_of_view_shows_by_its_text_and_can_be_dragged_by_it() {
    let points = [mark(20.0, 72.0, 'a', 1)];
    let (x, y) = axes();
    let plot = Scatter::new(points.as_slice(), x, y).limit_x(99.0, "≤ 99").limit_y(60.0, "≥ 60");
    let lines = testing::lines(&plot, 24, 6);
    assert_eq!((lines[0].as_str(), lines[4].as_str()), ("74┤               ≤ 99 »", "70┤↓ ≥ 60"));
    let area = Rect::new(0, 0, 24, 6);
    assert_eq!(
        [(23, 0), (3, 4), (12, 2)].map(|(x, y)| plot.limits_at(area, x, y)),
        [(true, false), (false, true), (false, false)]
    );
    let plot = Scatter::new(points.as_slice(), x, y).limit_x(1.0, "≥ 1");
    assert_eq!(testing::lines(&plot, 24, 6)[0], "74┤‹ ≥ 1");
}

#[test]
fn no_size_and_no_number_breaks_it() {
    let points = [
        mark(f64::NAN, 1.0, 'a', 0),
        mark(f64::INFINITY, f64::NEG_INFINITY, 'b', 0),
        mark(-1.0, 0.0, '称', 9),
        mark(12.0, 71.0, 'd', 3),
    ];
    for scale in [Scale::Linear, Scale::Log] {
        for (low, high) in [(f64::NAN, f64::INFINITY), (0.0, 0.0), (1e-300, 1e300), (10.0, 30.0)] {
            let axis = Axis::new(low, high, scale);
            let scatter =
                || Scatter::new(points.as_slice(), axis, axis).limit_x(f64::NAN, "称").limit_y(20.0, "a long text");
            let plot = scatter().crosshair(Some((12.0, f64::NAN))).selected(Some(7));
            testing::survives_all_sizes(&plot);
            let other = scatter().look(Look::ascii()).selected(Some(3)).limit_x(11.0, "称号 text");
            testing::survives_all_sizes(&other.crosshair(Some((12.0, 71.0))));
            for area in [Rect::new(0, 0, 0, 0), Rect::new(9, 9, 1, 1), Rect::new(0, 0, 80, 24)] {
                let _ = (plot.nearest(area, 7, 7, u16::MAX), plot.values_at(area, u16::MAX, 0));
            }
        }
    }
}
