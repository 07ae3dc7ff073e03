//! Front of everything that was measured, with marks for all that the search found, and the front of an earlier
//! generation beside it.

use ratatui::{buffer::Buffer, layout::Rect};

use super::super::{chrome, table, view::View};
use crate::{
    explore::{CandidateId, Column, MeasuredPoint, Session},
    quantity::{Knob, Unit, number},
    tui::{
        command::UserCommand,
        hit::{HitMap, Region},
        widget::{Axis, Glyphs, Mark, PlotPoint, PointMark, Scale, Scatter, width},
    },
};

/// Distance in columns within which a press hits a point.
const REACH: u16 = 4;
/// Fewest points that the plot is zoomed to.
const FEWEST: usize = 2;

/// Draws the pane.
pub(crate) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, .. } = view;
    let [right, _] = units(session);
    let title = format!("{} over latency {}", chrome::capitalised(&table::accuracy_in_title(session)), right.symbol);
    let scene = FrontScene::of(view);
    let notes = scene.legends(view);
    let note = notes.iter().find(|note| width(note) + width(&title) + 8 < area.width);
    let inner = chrome::pane(buf, area, (&title, note.map_or("", String::as_str)), false, theme);
    hits.add(inner, Region::Found);
    if scene.marks.is_empty() {
        let sensors = session.knobs().sensors;
        let none = if session.catalogue().measurements().is_empty() {
            " Designs appear here as they are measured.".to_owned()
        } else {
            format!(" No design is measured with {sensors} sensors yet.")
        };
        return chrome::paragraphs(buf, inner, &[(&none, theme.dim)], theme);
    }
    let outside = scene.scatter(view).draw(inner, buf);
    if outside > 0 {
        chrome::foot(buf, area, ("", &format!("{} outside", number::grouped(outside as u64))), theme);
    }
}

/// The design whose point is nearest to a cell, if one is near.
pub(crate) fn nearest(view: View<'_>, area: Rect, x: u16, y: u16) -> Option<CandidateId> {
    let scene = FrontScene::of(view);
    scene.scatter(view).nearest(area, x, y, REACH).and_then(|index| scene.candidates.get(index)).copied()
}

/// Units to the right and upwards.
fn units(session: &Session) -> [Unit; 2] {
    [Column::Latency, Column::Accuracy].map(|column| session.unit(column))
}

/// Everything that is drawn, in the units of the axes.
struct FrontScene {
    marks: Vec<Mark>,
    /// The candidate of each mark.
    candidates: Vec<CandidateId>,
    /// `true` if designs were measured before the search or beside it, so that what it found has marks of its own.
    any_known: bool,
    axes: [Axis; 2],
}

impl FrontScene {
    fn of(view: View<'_>) -> Self {
        let View { session, theme, ui } = view;
        let glyphs = theme.glyphs;
        let [right, up] = units(session);
        let now = session.measured_points(None);
        let any_known = now.iter().any(|point| !point.found);
        let (mut marks, mut candidates, mut wanted) = (Vec::new(), Vec::new(), Vec::new());
        let mut add = |point: &MeasuredPoint<'_>, mark, style, layer| {
            let spot = PlotPoint { x: point.latency_s / right.size, y: point.accuracy / up.size, layer };
            if layer > 2 || point.found && point.feasible {
                wanted.push(spot);
            }
            marks.push(Mark { spot, mark, style });
            candidates.push(point.candidate);
        };
        for point in &now {
            let own_mark = any_known && point.found;
            match point.front {
                true if own_mark => add(point, PointMark::Glyph(glyphs.found_front), theme.accent, 5),
                true => add(point, PointMark::Quarters(&glyphs.front_marks), theme.front, 4),
                false if !point.feasible => add(point, PointMark::Glyph(glyphs.infeasible), theme.infeasible, 0),
                false if own_mark => add(point, PointMark::Glyph(glyphs.found), theme.text, 2),
                false => add(point, PointMark::Quarters(&glyphs.feasible_marks), theme.dim, 1),
            }
        }
        let earlier = ui.earlier_front(session.searching());
        let earlier = earlier.map(|one| session.measured_points(Some(one))).unwrap_or_default();
        for point in earlier.iter().filter(|point| point.front) {
            // One that still is on the front stays as it is.
            let stays = now.iter().any(|other| other.front && other.design == point.design);
            if !stays {
                add(point, PointMark::Glyph(glyphs.earlier), theme.warn, 3);
            }
        }
        if wanted.len() < FEWEST {
            wanted = marks.iter().map(|mark| mark.spot).collect();
        }
        let axis = |of: fn(&PlotPoint) -> f64| Axis::fit(wanted.iter().map(of), Scale::Linear).padded(0.06);
        let axes = [axis(|spot| spot.x), axis(|spot| spot.y)];
        Self { marks, candidates, any_known, axes }
    }

    fn scatter(&self, View { session, theme, .. }: View<'_>) -> Scatter<'_, [Mark]> {
        let [x, y] = self.axes;
        let selected = self.candidates.iter().position(|id| session.selected() == Some(*id));
        let scatter = Scatter::new(self.marks.as_slice(), x, y).selected(selected).look(theme.scatter());
        let limit = session.value(Knob::LatencyLimit) / units(session)[0].size;
        if limit.is_finite() { scatter.limit_x(limit, "") } else { scatter }
    }

    /// Meaning of the marks, longer texts first.
    fn legends(&self, View { session, theme, ui }: View<'_>) -> Vec<String> {
        let glyphs = theme.glyphs;
        let (earlier, later) = (ui.keys.key(UserCommand::EarlierFront), ui.keys.key(UserCommand::LaterFront));
        let marks = self.marks_in_words(glyphs);
        let front = glyphs.front_mark();
        match ui.earlier_front(session.searching()) {
            Some(generation) => vec![
                format!("{front} front now  {} after generation {generation}  {earlier}/{later}", glyphs.earlier),
                format!("{front} now {} generation {generation}", glyphs.earlier),
            ],
            None if session.searching().generations.is_empty() => marks.to_vec(),
            None => [format!("{}  {earlier}/{later} earlier fronts", marks[0])].into_iter().chain(marks).collect(),
        }
    }

    fn marks_in_words(&self, glyphs: &Glyphs) -> [String; 3] {
        let (front, feasible) = (glyphs.front_mark(), glyphs.feasible_mark());
        let (found_front, found) = (glyphs.found_front, glyphs.found);
        if self.any_known {
            return [
                format!("{front} front  {feasible} measured  {found_front}{found} found by this search"),
                format!("{front} front  {found_front}{found} found"),
                format!("{found_front}{found} found"),
            ];
        }
        [format!("{front} front  {feasible} found"), format!("{front} front"), String::new()]
    }
}
