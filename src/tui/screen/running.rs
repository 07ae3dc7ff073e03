//! A split that runs: sensors and an aggregator as processes, with what is measured beside what is predicted.
//!
//! ```text
//! ┌▸Split that runs ─────────────────── j k camera  Enter end or start it  Esc close ┐
//! │ 0-0000-0111-0111@S2.1/S3.1:r4b8 in int8                                          │
//! │ 512 B from each of 4 cameras, one after the other, to 127.0.0.1:40123             │
//! │ 123 of 2 640 objects, accuracy 84.6 %                                             │
//! │ last object: spout, found spout, from 3 cameras                                   │
//! │ sent 252 KiB of codes, and 56.1 KiB of the protocol besides                       │
//! │ stage         measured   predicted                                                │
//! │ sensor         3.10 ms     2.70 ms                                                │
//! │ link           10.8 ms     10.3 ms                                                │
//! │ aggregator     2.20 ms     0.40 ms                                                │
//! │                                                                                   │
//! │▸camera 0  ✓ sends at 1.6 Mbit/s                                                   │
//! │ camera 1  ✗ lost: the connection was closed                                       │
//! └───────────────────────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::{buffer::Buffer, layout::Rect};

use super::{chrome, popup_frame::popup, view::View};
use crate::{
    quantity::{Dimension, Metric, number},
    record::{RunningObject, RunningPlan},
    tui::{
        hit::{HitMap, Region},
        model::watched_split::{WatchedSensor, WatchedSplit},
        text::wrap,
    },
};

/// Cells of a stage's name and of its seconds.
const NAME: usize = 12;
const VALUE: usize = 12;
/// Cells of a line of the reason for which a split has ended.
const REASON: u16 = 56;

/// Draws the split in a popup in the middle of `area`.
pub(crate) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { theme, ui, .. } = view;
    let Some(split) = &ui.running else { return };
    let lines = lines(split);
    let titles = ("Split that runs", "j k camera  Enter end or start it  Esc close");
    let inner = popup(view, area, lines.len() + split.sensors.len(), titles, buf, hits);
    let row = |index: usize| chrome::row(inner, u16::try_from(index).unwrap_or(u16::MAX));
    for (index, line) in lines.iter().enumerate() {
        chrome::line(buf, row(index), &[(line, theme.text)], theme);
    }
    for (camera, sensor) in split.sensors.iter().enumerate() {
        let chosen = camera == ui.overlay_row;
        let (mark, style) = if chosen { (theme.glyphs.focus, theme.selected) } else { (' ', theme.text) };
        let (sign, words, colour) = match sensor {
            WatchedSensor::Awaited => (' ', "has not come yet".to_owned(), theme.dim),
            WatchedSensor::Preparing(done, total) => {
                let share = f64::from(*done) / f64::from((*total).max(1));
                let share = if *total > 0 { format!(", {}", Dimension::Share.format(share)) } else { String::new() };
                (' ', format!("makes its images{share}"), theme.dim)
            }
            WatchedSensor::AtWork(Some(speed)) => {
                (theme.glyphs.yes, format!("sends at {}", Dimension::Bandwidth.format(*speed)), theme.good)
            }
            WatchedSensor::AtWork(None) => (theme.glyphs.yes, "sends as fast as it can".to_owned(), theme.good),
            WatchedSensor::Lost(reason) => (theme.glyphs.no, format!("lost: {reason}"), theme.bad),
        };
        let place = row(lines.len() + camera);
        let (name, state) = (format!("{mark}camera {camera:<3}"), format!("{sign} {words}"));
        chrome::line(buf, place, &[(&name, style), (&state, colour)], theme);
        hits.add(place, Region::Row(camera));
    }
}

/// Lines above those of the sensors.
fn lines(split: &WatchedSplit) -> Vec<String> {
    let ended = split.ended.as_ref().map(|reason| wrap(reason, REASON));
    let Some(plan) = &split.plan else {
        return ended.unwrap_or_else(|| vec!["the aggregator starts".to_owned()]);
    };
    let RunningPlan { address, design, precision, views, link_bytes, shared_link, .. } = plan;
    let bytes = |bytes: u64| Dimension::Bytes.format(bytes as f64);
    let order = if *shared_link { "one after the other" } else { "all at once" };
    let summary = &split.summary;
    let of_all = plan.objects.map(|objects| format!(" of {}", number::grouped(objects.into()))).unwrap_or_default();
    // Before the first object there is no accuracy to tell.
    let accuracy = if summary.objects == 0 { "-".to_owned() } else { Metric::Accuracy.format(summary.accuracy()) };
    let mut lines = vec![
        format!("{design} in {}", precision.name()),
        format!("{} from each of {views} cameras, {order}, to {address}", bytes(*link_bytes)),
        format!("{}{of_all} objects, accuracy {accuracy}", number::grouped(summary.objects.into())),
    ];
    lines
        .extend(ended.unwrap_or_else(|| vec![split.last.as_ref().map_or_else(String::new, |last| object(plan, last))]));
    lines.push(format!(
        "sent {} of codes, and {} of the protocol besides",
        bytes(summary.code_bytes),
        bytes(summary.protocol_bytes),
    ));
    lines.push(format!("{:<NAME$}{:>VALUE$}{:>VALUE$}", "stage", "measured", "predicted"));
    let (measured, predicted) = (split.measured(), plan.predicted);
    let time = |seconds: Option<f64>| seconds.map_or_else(|| "-".to_owned(), |s| Dimension::Time.format(s));
    let rows = [
        ("sensor", measured.map(|stages| stages.sensor_s), predicted.map(|stages| stages.sensor_s)),
        ("link", measured.map(|stages| stages.link_s), split.link_model_s()),
        ("aggregator", measured.map(|stages| stages.aggregator_s), predicted.map(|stages| stages.aggregator_s)),
    ];
    for (name, measured, predicted) in rows {
        lines.push(format!("{name:<NAME$}{:>VALUE$}{:>VALUE$}", time(measured), time(predicted)));
    }
    lines.push(String::new());
    lines
}

/// The last object in words.
fn object(plan: &RunningPlan, last: &RunningObject) -> String {
    let name = |class: u16| plan.classes.get(usize::from(class)).cloned().unwrap_or_else(|| format!("class {class}"));
    format!("last object: {}, found {}, from {} cameras", name(last.label), name(last.class), last.cameras.len())
}
