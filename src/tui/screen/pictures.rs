//! Pictures of one object: as the cameras see it, as it crosses the link, and as an attacker rebuilds it from that.
//!
//! ```text
//! ┌▸Pictures ──────────── object 7 of 600, handle_spout_90, camera 0 of 6 ─┐
//! │ seen            sent: 8x8, 4 channels of 8 bits   rebuilt: 71.2 %      │
//! │ ▄▄▀▀▀▀▄▄        ▀▄▀▄▀▄▀▄                          ▄▄▀▀▀▄▄▄             │
//! │ ▀▀▄▄▄▄▀▀        ▄▀▄▀▄▀▄▀                          ▀▀▄▄▄▀▀▀             │
//! └─ on average at least 73.1 % of the picture can be rebuilt, in int8 ────┘
//! ```
//! Objects and cameras are counted from 0. Where there is room all cameras stand side by side, with the three pictures
//! of each below one another.

use std::ops::Range;

use ratatui::{buffer::Buffer, layout::Rect};

use super::{chrome, view::View};
use crate::{
    explore::Command,
    quantity::Metric,
    record::{Bitmap, CameraPictures, ObjectPictures, PictureRecord, leak_sentence},
    tui::{
        command::UserCommand,
        hit::{HitMap, Region},
        model::{
            pictures::{PictureProgress, WantedPictures},
            screen::Pane,
        },
        theme::Theme,
        widget::{draw_picture, width},
    },
};

/// Fewest rows of cells of a picture when all cameras are shown.
const LEAST_ROWS: u16 = 7;
/// Cells of the names of rows when all cameras are shown.
const NAMES: u16 = 8;

/// Draws the pane.
pub(crate) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, ui } = view;
    let focus = ui.pane == Pane::Pictures;
    hits.add(area, Region::Pane(Pane::Pictures));
    let wanted = WantedPictures::of(session, &ui.pictures);
    let found = wanted.as_ref().and_then(|wanted| session.pictures().of(&wanted.design, wanted.views, wanted.object));
    let Some(PictureRecord { key, pictures }) = found else {
        let inner = chrome::pane(buf, area, ("Pictures", &format!("object {}", ui.pictures.object)), focus, theme);
        return waiting(view, inner, buf);
    };
    let count = pictures.cameras.len().max(1);
    let camera = ui.pictures.camera % count;
    let inner = Rect { width: area.width.saturating_sub(2), height: area.height.saturating_sub(2), ..area };
    let cameras = shown_cameras(pictures, camera, inner);
    let note = notes(pictures, ui.pictures.object, &cameras).into_iter().find(|note| width(note) + 16 <= area.width);
    let inner = chrome::pane(buf, area, ("Pictures", &note.unwrap_or_default()), focus, theme);
    show(theme, pictures, camera, inner, buf);
    // It is that of many objects; the one that is shown may tell more or less.
    let precision = key.design.precision.name();
    let mut sentence = format!("on average {}, in {precision}", leak_sentence(pictures.leak));
    if width(&sentence) + 6 > area.width {
        sentence = format!("on average {} or more rebuilt, in {precision}", Metric::Leak.format(pictures.leak));
    }
    chrome::foot(buf, area, (&sentence, pictures.attacker.label()), theme);
}

/// Object and the cameras shown, in many words and in few.
fn notes(pictures: &ObjectPictures, object: u32, shown: &Range<usize>) -> [String; 2] {
    let ObjectPictures { of, class, cameras, .. } = pictures;
    let last = shown.end.saturating_sub(1).max(shown.start);
    let cameras = match (shown.start, last, cameras.len()) {
        (0, last, count) if last > 0 && last + 1 == count => format!("all {count} cameras"),
        (first, last, count) if first < last => format!("cameras {first} to {last} of {count}"),
        (camera, _, count) => format!("camera {camera} of {count}"),
    };
    [format!("object {object} of {of}, {class}, {cameras}"), format!("object {object}, {cameras}")]
}

/// Cameras that [`show`] draws in an area.
fn shown_cameras(pictures: &ObjectPictures, camera: usize, area: Rect) -> Range<usize> {
    match all_layout(pictures, area) {
        Some(CameraGrid { room, .. }) => {
            let first = camera.min(pictures.cameras.len().saturating_sub(room));
            first..pictures.cameras.len().min(first + room)
        }
        None => camera..camera + 1,
    }
}

/// Sizes of the pictures where all cameras stand side by side.
struct CameraGrid {
    /// Rows of a picture.
    rows: u16,
    /// Cells of a camera, with the gap to the next one.
    column: u16,
    /// Number of cameras that there is room for.
    room: usize,
}

/// Sizes of the pictures of all cameras in an area, smaller, down to a limit, if all of them fit then; `None` where one
/// is shown.
fn all_layout(pictures: &ObjectPictures, area: Rect) -> Option<CameraGrid> {
    let rows = area.height.saturating_sub(1) / 3;
    if rows < LEAST_ROWS || pictures.cameras.len() < 2 || area.width < NAMES + 2 * rows {
        return None;
    }
    let count = u16::try_from(pictures.cameras.len()).unwrap_or(u16::MAX);
    let narrow = (area.width.saturating_sub(NAMES) / count).saturating_sub(1) / 2;
    let rows = narrow.max(LEAST_ROWS).min(rows);
    let column = 2 * rows + 1;
    Some(CameraGrid { rows, column, room: usize::from((area.width + 1).saturating_sub(NAMES) / column).max(1) })
}

/// Draws pictures of an object without a frame: all cameras where there is room, else one.
pub(crate) fn show(theme: &Theme, pictures: &ObjectPictures, camera: usize, area: Rect, buf: &mut Buffer) {
    if let Some(grid) = all_layout(pictures, area) {
        all_cameras(theme, pictures, shown_cameras(pictures, camera, area), &grid, area, buf);
    } else if let Some(one) = pictures.cameras.get(camera) {
        one_camera(theme, pictures, one, area, buf);
    }
}

/// The three pictures of one camera side by side.
fn one_camera(theme: &Theme, pictures: &ObjectPictures, camera: &CameraPictures, area: Rect, buf: &mut Buffer) {
    let column = (area.width.saturating_sub(1) / 3).min(2 * area.height.saturating_sub(1) + 18);
    let sent = sent(pictures).into_iter().find(|words| width(words) < column).unwrap_or_default();
    let rebuilt = format!("rebuilt: {}", Metric::Leak.format(camera.share));
    let parts = [("seen", &camera.seen), (sent.as_str(), &camera.sent), (rebuilt.as_str(), &camera.rebuilt)];
    for (place, (title, picture)) in (0..).zip(parts) {
        let part = Rect { x: area.x + 1 + place * column, width: column.saturating_sub(1), ..area }.intersection(area);
        chrome::line(buf, chrome::row(part, 0), &[(title, theme.dim)], theme);
        put(theme, picture, Rect { y: part.y + 1, height: part.height.saturating_sub(1), ..part }, buf);
    }
}

/// Cameras side by side, seen above sent above rebuilt.
fn all_cameras(
    theme: &Theme,
    pictures: &ObjectPictures,
    cameras: Range<usize>,
    grid: &CameraGrid,
    area: Rect,
    buf: &mut Buffer,
) {
    let CameraGrid { rows, column, .. } = *grid;
    for (place, name) in (0..).zip(["seen", "sent", "rebuilt"]) {
        let row = chrome::row(area, 1 + place * rows);
        chrome::line(buf, Rect { width: NAMES.min(row.width), ..row }, &[(&format!(" {name}"), theme.dim)], theme);
    }
    for (place, index) in (0..).zip(cameras) {
        let camera = &pictures.cameras[index];
        let x = area.x + NAMES + place * column;
        let share = Metric::Leak.format(camera.share);
        let head = Rect { x, width: column - 1, height: 1, ..area }.intersection(area);
        let titles = [format!("camera {index}: {share}"), format!("cam {index}: {share}")];
        let title = titles.iter().find(|title| width(title) <= head.width).unwrap_or(&titles[1]);
        chrome::line(buf, head, &[(title, theme.dim)], theme);
        for (row, picture) in (0..).zip([&camera.seen, &camera.sent, &camera.rebuilt]) {
            let part = Rect { x, y: area.y + 1 + row * rows, width: column - 1, height: rows };
            put(theme, picture, part.intersection(area), buf);
        }
    }
}

/// Size of a code, in many words and in ever fewer.
fn sent(pictures: &ObjectPictures) -> [String; 4] {
    let ([rows, columns, channels], bits) = (pictures.code_shape, pictures.bits);
    let s = if channels == 1 { "" } else { "s" };
    [
        format!("sent: {columns}x{rows}, {channels} channel{s} of {bits} bits"),
        format!("sent: {columns}x{rows}x{channels}, {bits} bits"),
        format!("sent: {columns}x{rows}x{channels}, {bits} b"),
        format!("sent: {columns}x{rows}x{channels}"),
    ]
}

fn put(theme: &Theme, picture: &Bitmap, area: Rect, buf: &mut Buffer) {
    let size = (picture.width as usize, picture.height as usize);
    draw_picture(buf, area, size, theme.pixels, &|x, y| picture.colour(x, y));
}

/// Reasons why there are no pictures yet.
fn waiting(view: View<'_>, inner: Rect, buf: &mut Buffer) {
    let View { theme, ui, .. } = view;
    let key = |command: UserCommand| ui.keys.key(command);
    let (text, style) = match &ui.pictures.progress {
        PictureProgress::Asked => ("making the pictures: some seconds for each design".to_owned(), theme.dim),
        PictureProgress::Failed(why) => (format!("no pictures: {why}"), theme.warn),
        PictureProgress::Idle if ui.replay.is_some() => {
            ("this run has no pictures of this design".to_owned(), theme.dim)
        }
        PictureProgress::Idle => (
            format!(
                "What each camera sees, what is sent and what can be rebuilt is made on a trained run: {} trains one, {} \
                 follows another.",
                key(Command::StartTraining.into()),
                key(UserCommand::OfferRuns)
            ),
            theme.dim,
        ),
    };
    chrome::paragraphs(buf, inner, &[(text.as_str(), style)], theme);
}
