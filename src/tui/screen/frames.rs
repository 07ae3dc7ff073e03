//! Frames per second of the selected design: one frame at a time, and with every stage on a frame of its own.
//!
//! ```text
//! │ one frame at a time                                      217 fps │
//! │            ░1████▓▓▓▒░2████▓▓▓▒░3████▓▓▓▒                        │
//! │ a frame in every stage            377 fps, one every 2.7 ms      │
//! │ readout    ░1    ░2    ░3                             idle  88 % │
//! │ sensor      1█████2█████3█████              slowest   idle   0 % │
//! │ link              1▓▓▓  2▓▓▓  3▓▓▓                    idle  50 % │
//! │ aggregator            1▒    2▒    3▒                  idle  84 % │
//! │            0           5           10 ms                         │
//! ```
//! Frames are numbered. In the pipeline a frame begins when the slowest stage can take it: a period after the one
//! before.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, widgets::Widget};

use super::{chrome, view::View};
use crate::{
    cost::LatencyBreakdown,
    explore::{BarQuantity, Column},
    quantity::{Dimension, Metric, Unit},
    tui::{
        theme::Theme,
        widget::{Gantt, Lane, Part, Stretch, width},
    },
};

/// Rows that are drawn: two headings, a lane, four lanes, the time.
pub(crate) const ROWS: u16 = 8;
/// Frames that the picture has room for: the latency of this many, one at a time.
const SHOWN: f64 = 3.0;
/// Cells of the names of the stages.
const NAMES: u16 = 10;
/// The stages with their names, in the order of the frame's way.
const STAGES: &[&str] = BarQuantity::Latency.parts();

/// Draws the selected design; gives the rows it took.
pub(crate) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer) -> u16 {
    let Some(strip) = view.session.strip() else { return 0 };
    let evaluation = strip.here().evaluation;
    let latency = evaluation.latency;
    let (total, period) = (latency.total_s(), latency.period_s());
    if !(total > 0.0 && total.is_finite()) {
        return 0;
    }
    let theme = view.theme;
    let parts = parts(theme);
    let until = SHOWN * total;
    let unit = view.session.unit(Column::Latency);
    let rate = |seconds: f64| Metric::FrameRate.format(seconds.recip());
    heading(theme, chrome::row(area, 0), "one frame at a time", &[rate(total)], buf);
    let single = pieces(&latency, total, until, unit);
    let idle = latency.idle_shares();
    let slowest = idle.iter().position(|share| *share <= 0.0).unwrap_or(0);
    let work = one_lane(&single, slowest);
    let lane = [Lane { label: "in turn", work: &work, text: "", style: theme.text }];
    let wide = |rows: u16, at: u16| Rect { y: area.y + at, height: rows.min(area.height.saturating_sub(at)), ..area };
    (&Gantt::new(&lane, &parts, until / unit.size).label_width(NAMES).look(theme.look(Style::new())))
        .render(wide(1, 1), buf);
    let every = format!("{}, one every {}", rate(period), Metric::Latency.format(period));
    heading(theme, chrome::row(area, 2), "a frame in every stage", &[every, rate(period)], buf);
    let piped = pieces(&latency, period, until, unit);
    let words: Vec<String> =
        idle.iter().enumerate().map(|(stage, share)| idle_words(stage == slowest, *share)).collect();
    let lanes: Vec<Lane<'_>> = (0..STAGES.len())
        .map(|stage| Lane { label: STAGES[stage], work: &piped[stage], text: &words[stage], style: theme.text })
        .collect();
    let gantt = Gantt::new(&lanes, &parts, until / unit.size).label_width(NAMES).look(theme.look(theme.dim));
    (&gantt).render(wide(5, 3), buf);
    chrome::right(buf, chrome::row(area, 7), unit.symbol, theme.dim);
    ROWS
}

/// Character and style of each stage.
pub(crate) fn parts(theme: &Theme) -> [Part; 4] {
    let [sensor, link, aggregator] = theme.breakdown();
    [Part { glyph: theme.glyphs.fills[3], style: theme.dim }, sensor, link, aggregator]
}

/// Words at the left, the first of the figures that has room beside them at the right.
fn heading(theme: &Theme, row: Rect, words: &str, figures: &[String], buf: &mut Buffer) {
    let end = chrome::line(buf, row, &[(words, theme.dim)], theme);
    let fits = |figures: &&String| end + 1 + width(figures) <= row.right();
    if let Some(figures) = figures.iter().find(fits) {
        chrome::right(buf, row, figures, theme.text);
    }
}

fn idle_words(slowest: bool, idle: f64) -> String {
    if slowest { "slowest".to_owned() } else { format!("idle {:>6}", Dimension::Share.format(idle)) }
}

/// Stretches of each stage until a time, in `unit`, if a frame begins every `every` seconds.
fn pieces(latency: &LatencyBreakdown, every: f64, until: f64, unit: Unit) -> [Vec<Stretch>; 4] {
    let stages = [latency.readout_s, latency.sensor_s, latency.link_s, latency.aggregator_s];
    let mut work: [Vec<Stretch>; 4] = Default::default();
    let frames = (until / every).ceil().min(1000.0) as u32;
    for frame in 0..frames {
        let mut at = f64::from(frame) * every;
        for (stage, seconds) in stages.iter().enumerate() {
            let name = char::from_digit((frame + 1) % 10, 10);
            work[stage].push(Stretch { from: at / unit.size, until: (at + seconds) / unit.size, part: stage, name });
            at += seconds;
        }
    }
    work
}

/// The work of all stages in one lane; a frame is named where it takes longest.
fn one_lane(work: &[Vec<Stretch>; 4], slowest: usize) -> Vec<Stretch> {
    let named = |piece: &Stretch| Stretch { name: if piece.part == slowest { piece.name } else { None }, ..*piece };
    work.iter().flatten().map(named).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_stage_works_on_two_frames_and_every_frame_takes_its_latency(
            stages in prop::array::uniform4(0.0_f64..1.0), slowest in 0.1_f64..1.0,
        ) {
            let latency = LatencyBreakdown {
                readout_s: stages[0], sensor_s: stages[1], link_s: stages[2], aggregator_s: stages[3].max(slowest),
            };
            let period = latency.period_s();
            let work = pieces(&latency, period, 3.0 * latency.total_s(), Dimension::Time.base_unit());
            for lane in &work {
                for pair in lane.windows(2) {
                    prop_assert!(pair[0].until <= pair[1].from + 1e-9);
                }
            }
            for (first, last) in work[0].iter().zip(&work[3]) {
                prop_assert!((last.until - first.from - latency.total_s()).abs() < 1e-9);
            }
        }
    }
}
