//! Tests of the curve plot.

use super::*;
use crate::tui::widget::{Scale, testing};

fn linear(low: f64, high: f64) -> Axis {
    Axis::new(low, high, Scale::Linear)
}

#[test]
fn a_falling_line_in_braille_and_in_plain_characters() {
    let points = [(0.0, 2.0), (8.0, 0.0)];
    let series = [CurveSeries { name: "loss", points: &points, ..CurveSeries::default() }];
    let plot = Curve::new(&series, linear(0.0, 8.0), linear(0.0, 2.0));
    assert_eq!(testing::lines(&plot, 20, 4), ["2┤⠠⠤⣀", " │   ⠉⠑⠒⠤⢄⡀", "0┤        ⠈⠉⠒⠢─loss", " └0──────5────"]);
    assert_eq!(
        testing::lines(&plot.look(Look::ascii()), 20, 4),
        ["2+***", " |   ******", "0+         ****loss", " +0------5----"]
    );
}

#[test]
fn a_spike_among_a_hundred_thousand_samples_is_seen() {
    let points: Vec<(f64, f64)> = (0..100_000).map(|i| (f64::from(i), if i == 43_210 { 5.0 } else { 1.0 })).collect();
    let series = [CurveSeries { points: &points, ..CurveSeries::default() }];
    let plot = Curve::new(&series, linear(0.0, 1e5), linear(0.0, 5.0));
    assert!(testing::lines(&plot, 60, 8)[0].chars().any(|c| ('\u{2801}'..='\u{28ff}').contains(&c)));
    // With the spike out of the view, a mark stands for it.
    let plot = Curve::new(&series, linear(0.0, 1e5), linear(0.0, 2.0));
    assert!(testing::lines(&plot, 60, 8)[0].contains('↑'));
}

#[test]
fn names_of_curves_that_end_together_get_their_own_rows() {
    let points = [(0.0, 0.0), (1.0, 0.0)];
    let series = ["max", "min", "random"].map(|name| CurveSeries { name, points: &points, ..CurveSeries::default() });
    let rows = testing::lines(&Curve::new(&series, linear(0.0, 1.0), linear(0.0, 1.0)), 40, 8);
    for name in ["max", "min", "random"] {
        assert_eq!(rows.iter().filter(|row| row.ends_with(name)).count(), 1, "{name}: {rows:#?}");
    }
}

#[test]
fn patterns_differ_without_colour() {
    let points: Vec<(f64, f64)> = (0..100).map(|i| (f64::from(i), 1.0)).collect();
    let drawn = [Dash::Solid, Dash::Dashed, Dash::Dotted].map(|dash| {
        let series = [CurveSeries { points: &points, dash, ..CurveSeries::default() }];
        let plot = Curve::new(&series, linear(0.0, 99.0), linear(0.0, 2.0));
        (testing::lines(&plot, 40, 6), testing::lines(&plot.look(Look::ascii()), 40, 6))
    });
    assert!(drawn[0].0 != drawn[1].0 && drawn[1].0 != drawn[2].0 && drawn[0].0 != drawn[2].0);
    assert!(drawn[0].1 != drawn[1].1 && drawn[1].1 != drawn[2].1 && drawn[0].1 != drawn[2].1);
}

#[test]
fn samples_without_a_place_are_gaps() {
    let points = [(0.0, 1.0), (1.0, f64::NAN), (2.0, f64::INFINITY), (3.0, -1.0), (4.0, 10.0)];
    let series = [CurveSeries { points: &points, ..CurveSeries::default() }];
    let plot = Curve::new(&series, linear(0.0, 4.0), Axis::new(1.0, 10.0, Scale::Log));
    let drawn = testing::lines(&plot, 22, 5).concat();
    let dots: u32 = drawn.chars().filter(|c| *c > '\u{2800}').map(|c| (c as u32 - 0x2800).count_ones()).sum();
    assert_eq!(dots, 2, "two lone samples, no line between them: {drawn}");
}

#[test]
fn no_size_and_no_number_breaks_it() {
    let wild = [(0.0, f64::MAX), (f64::NAN, 0.0), (1.0, f64::MIN), (f64::INFINITY, 1.0), (-1e300, 1e-300), (2.0, 0.5)];
    let series = [
        CurveSeries { name: "称号", points: &wild, dash: Dash::Dashed, ..CurveSeries::default() },
        CurveSeries { name: "a rather long name of a curve", points: &[], ..CurveSeries::default() },
        CurveSeries { name: "x", points: &wild[5..], ..CurveSeries::default() },
    ];
    for scale in [Scale::Linear, Scale::Log] {
        for (low, high) in [(f64::NAN, f64::NAN), (0.0, 3.0), (-1e308, 1e308)] {
            let axis = Axis::new(low, high, scale);
            let plot = Curve::new(&series, axis, axis).cursor(Some(1.0));
            testing::survives_all_sizes(&plot);
            testing::survives_all_sizes(&plot.look(Look::ascii()).cursor(Some(f64::NAN)));
        }
    }
    testing::survives_all_sizes(&Curve::new(&[], linear(0.0, 1.0), linear(0.0, 1.0)));
}

#[test]
fn dots_stand_in_the_row_of_their_tick() {
    for height in 3..30 {
        for value in [0.0, 10.3, 43.7, 50.1, 90.3, 97.3, 100.0] {
            let (x, y) = (linear(0.0, 1.0), linear(0.0, 100.0));
            let points = [(0.0, value), (1.0, value)];
            let series = [CurveSeries { points: &points, ..CurveSeries::default() }];
            let plot = Curve::new(&series, x, y);
            let area = Rect::new(0, 0, 40, height);
            let row = frame::row_of(plot.plot_area(area), &y, value).unwrap();
            for plot in [plot, plot.look(Look::ascii())] {
                let lines = testing::lines(&plot, 40, height);
                let is_dot = |c: char| ('\u{2801}'..='\u{28ff}').contains(&c) || c == '*';
                let drawn: Vec<usize> = (0..lines.len()).filter(|&at| lines[at].contains(is_dot)).collect();
                assert_eq!(drawn, [usize::from(row)], "{value} in {height} rows");
            }
        }
    }
}
