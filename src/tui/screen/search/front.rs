//! Designs found by the search: the current front, and that of an earlier generation beside it.

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::super::{chrome, view::View};
use crate::{
    explore::{CandidateId, Column, FoundPoint, Session},
    quantity::{Knob, Unit},
    tui::{
        command::UserCommand,
        hit::{HitMap, Region},
        widget::{Axis, Mark, PlotPoint, PointMark, Scale, Scatter, width},
    },
};

/// Distance in columns within which a press hits a point.
const REACH: u16 = 4;

/// Draws the pane.
pub(crate) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { theme, ui, .. } = view;
    let glyphs = theme.glyphs;
    let keys = format!("{}/{}", ui.keys.key(UserCommand::EarlierFront), ui.keys.key(UserCommand::LaterFront));
    let [right, up] = units(view.session);
    let title = format!("Accuracy {} over latency {}", up.symbol, right.symbol);
    let notes = match ui.earlier_front(view.session.searching()) {
        None if view.session.searching().generations.is_empty() => {
            vec![format!("{} front  {} found", glyphs.front_mark(), glyphs.feasible_mark())]
        }
        Some(generation) => vec![
            format!("{} front now  {} after generation {generation}  {keys}", glyphs.front_mark(), glyphs.earlier),
            format!("{} now {} generation {generation}", glyphs.front_mark(), glyphs.earlier),
        ],
        None => vec![
            format!("{} front  {} found  {keys} earlier fronts", glyphs.front_mark(), glyphs.feasible_mark()),
            format!("{} front", glyphs.front_mark()),
        ],
    };
    let note = notes.iter().find(|note| width(note) + width(&title) + 9 < area.width);
    let inner = chrome::pane(buf, area, (&title, note.map_or("", String::as_str)), false, theme);
    hits.add(inner, Region::Found);
    let sensors = view.session.knobs().sensors;
    let none = match view.session.searching().found.len() {
        0 => " Designs appear here as they are measured.".to_owned(),
        _ => format!(" None of the designs found was measured with {sensors} sensors."),
    };
    let is_empty = with_scatter(view, |scatter, points| {
        if !points.is_empty() {
            scatter.render(inner, buf);
        }
        points.is_empty()
    });
    if is_empty {
        chrome::paragraphs(buf, inner, &[(&none, theme.dim)], theme);
    }
}

/// The design whose point is nearest to a cell, if one is near.
pub(crate) fn nearest(view: View<'_>, area: Rect, x: u16, y: u16) -> Option<CandidateId> {
    with_scatter(view, |scatter, points| {
        scatter.nearest(area, x, y, REACH).and_then(|index| points.get(index)).copied()
    })
}

/// Units to the right and upwards.
fn units(session: &Session) -> [Unit; 2] {
    [Column::Latency, Column::Accuracy].map(|column| session.unit(column))
}

fn with_scatter<R>(view: View<'_>, then: impl FnOnce(&Scatter<'_, [Mark]>, &[CandidateId]) -> R) -> R {
    let View { session, theme, ui } = view;
    let glyphs = theme.glyphs;
    let [right, up] = units(session);
    let now = session.found(None);
    let mut marks: Vec<Mark> = Vec::new();
    let mut ids: Vec<CandidateId> = Vec::new();
    let mut add = |point: &FoundPoint<'_>, mark, style, layer| {
        let spot = PlotPoint { x: point.latency_s / right.size, y: point.found.accuracy / up.size, layer };
        marks.push(Mark { spot, mark, style });
        ids.push(point.candidate);
    };
    for point in &now {
        match point.front {
            true => add(point, PointMark::Quarters(&glyphs.front_marks), theme.front, 3),
            false if point.feasible => add(point, PointMark::Quarters(&glyphs.feasible_marks), theme.dim, 1),
            false => add(point, PointMark::Glyph(glyphs.infeasible), theme.infeasible, 0),
        }
    }
    let earlier = ui.earlier_front(session.searching()).map(|one| session.found(Some(one))).unwrap_or_default();
    for point in earlier.iter().filter(|point| point.front) {
        // One that still is on the front stays as it is.
        let stays = now.iter().any(|other| other.front && other.found.design == point.found.design);
        if !stays {
            add(point, PointMark::Glyph(glyphs.earlier), theme.warn, 2);
        }
    }
    let limit = session.value(Knob::LatencyLimit) / right.size;
    let x = Axis::fit(marks.iter().map(|mark| mark.spot.x), Scale::Linear).padded(0.06);
    let y = Axis::fit(marks.iter().map(|mark| mark.spot.y), Scale::Linear).padded(0.06);
    let selected = ids.iter().position(|id| session.selected() == Some(*id));
    let mut scatter = Scatter::new(marks.as_slice(), x, y).selected(selected).look(theme.scatter());
    if limit.is_finite() {
        scatter = scatter.limit_x(limit, "");
    }
    then(&scatter, &ids)
}
