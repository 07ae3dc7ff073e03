//! All designs as points between two figures, with the limits drawn in. Before anything is measured, the size of the
//! network stands where the accuracy will, and says so.
//!
//! ```text
//! ┌▸int8 accuracy % over latency ms ─────── ▚ front  ⢣ fits  ◆ selected ──────┐
//! │ 75 ┤           │          ▘   ┊ ≤ 20 ms                                  │
//! │    │───────────◆──○───────────┊───·─────────                             │
//! │ 70 ┤┈┈┈┈▗┈┈┈┈┈┈│┈┈┈┈┈┈┈┈┈┈┈┈┈┈┊┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈ ≥ 70 % │
//! │    └────────10─────────────20─────────────                               │
//! └─ #17: 73.1 % accuracy, 8.6 ms latency ──────────────────────── 3 outside ┘
//! ```
//! The crosshair goes through the selected design while the pane has the focus, or through where the mouse inspects.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
};

use super::{chrome, table, view::View};
use crate::{
    explore::{CandidateId, Column, Point, PointClass, Session, ShownAccuracy},
    quantity::{Knob, Unit, number},
    tui::{
        command::UserCommand,
        hit::{HitMap, Region},
        model::{
            axes::{PlotAxes, PlotSide},
            scatter_window::{self, ScatterExtent, ScatterView},
            screen::Pane,
        },
        theme::Theme,
        widget::{Axis, PlotPoint, PointMark, PointSource, Scatter, width},
    },
};

/// Distance in columns within which a press hits a point.
const REACH: u16 = 4;

/// Draws the pane.
pub(crate) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, ui } = view;
    let focus = ui.pane == Pane::Scatter;
    hits.add(area, Region::Pane(Pane::Scatter));
    let scene = PlotScene::of(view);
    let title = scene.title(ui.axes);
    let [long, short] = legend(view);
    let fits = |legend: &&String| width(legend) + width(&title) + 8 < area.width;
    let legend = [&long, &short].into_iter().find(fits);
    let inner = chrome::pane(buf, area, (&title, legend.map_or("", String::as_str)), focus, theme);
    let mut scatter = scene.scatter();
    let (mut words, mut crosshair) = (scene.words(), if focus { scene.selected_place() } else { None });
    if let Some((x, y)) = ui.crosshair {
        let place = scatter.values_at(inner, x, y);
        let near = scatter.nearest(inner, x, y, REACH).map(|index| scene.points[index].candidate);
        (words, crosshair) = (scene.words_at(place, near), Some(place));
    }
    scatter = scatter.crosshair(crosshair);
    let outside = scatter.draw(inner, buf);
    let judged = [scene.plot.up, scene.plot.right].contains(&Column::Accuracy);
    let unmeasured = if judged { session.unmeasured_rows() } else { 0 };
    let count = |count: usize, what: &str| format!("{} {what}", number::grouped(count as u64));
    let is_zoomed = matches!(ui.extent, ScatterExtent::Window(_));
    let mut facts: Vec<String> = Vec::new();
    if is_zoomed {
        facts.push("zoomed".to_owned());
    } else if unmeasured > 0 {
        let what = match (session.catalogue().predictions(), session.has_accuracies()) {
            (Some(_), _) => "predicted",
            (None, true) if session.catalogue().measurements().is_empty() => "from literature",
            (None, _) => "not measured",
        };
        facts.push(count(unmeasured, what));
    }
    if outside > 0 {
        facts.push(count(outside, "outside"));
    }
    let all = facts.join(", ");
    let mut notes = vec![all.clone(), facts.pop().unwrap_or_default()];
    if outside > 0 && ui.extent == ScatterExtent::Front {
        notes.insert(0, format!("{all}: {} shows them", ui.keys.key(UserCommand::Follow)));
    } else if legend.is_none() && all.is_empty() {
        // A legend that found no room above may find it here.
        notes = vec![short];
    }
    let room = area.width.saturating_sub(width(&words) + 9);
    let note = notes.iter().find(|note| width(note) <= room).or(notes.last()).map_or("", String::as_str);
    chrome::foot(buf, area, (&words, note), theme);
    hits.add(inner, Region::Scatter);
}

fn legend(View { session, theme, ui }: View<'_>) -> [String; 2] {
    let glyphs = theme.glyphs;
    let published = session.space().literature.is_some() && session.catalogue().measurements().is_empty();
    let predicts = (published || session.catalogue().predictions().is_some())
        && [ui.axes.up, ui.axes.right].contains(&Column::Accuracy);
    let (front, fits) = (glyphs.front_mark(), glyphs.feasible_mark());
    let (selected, not) = (glyphs.selected, glyphs.infeasible);
    if predicts {
        let (hoped, near) = (glyphs.estimated_front, glyphs.estimated_mark());
        let predicted = if published { "literature" } else { "predicted" };
        return [
            format!("{front} front  {fits} fits  {hoped}{near} {predicted}  {selected} selected  {not} does not"),
            format!("{front} front {fits} fits {hoped}{near} {predicted}"),
        ];
    }
    [
        format!("{front} front  {selected} selected  {fits} fits  {not} does not"),
        format!("{front} front {fits} fits {not} not"),
    ]
}

/// The design whose point is nearest to a cell, if one is near.
pub(crate) fn nearest(view: View<'_>, area: Rect, x: u16, y: u16) -> Option<CandidateId> {
    let scene = PlotScene::of(view);
    scene.scatter().nearest(area, x, y, REACH).map(|index| scene.points[index].candidate)
}

/// The limit whose line is at a cell.
pub(crate) fn limit_at(view: View<'_>, area: Rect, x: u16, y: u16) -> Option<(Knob, PlotSide)> {
    let scene = PlotScene::of(view);
    let (right, up) = scene.scatter().limits_at(area, x, y);
    let of = |column: Column, side: PlotSide| column.limit().map(|knob| (knob, side));
    let found = if right { of(scene.plot.right, PlotSide::Right) } else { None };
    if up { found.or_else(|| of(scene.plot.up, PlotSide::Up)) } else { found }
}

/// The value of an axis at a cell, in base units.
pub(crate) fn value_at(view: View<'_>, area: Rect, side: PlotSide, x: u16, y: u16) -> f64 {
    let scene = PlotScene::of(view);
    let (right, up) = scene.scatter().values_at(area, x, y);
    match side {
        PlotSide::Right => right * scene.units[0].size,
        PlotSide::Up => up * scene.units[1].size,
    }
}

/// Cells of the plot when the pane's inside is `area`.
pub(crate) fn plot_area(view: View<'_>, area: Rect) -> Rect {
    let scene = PlotScene::of(view);
    scene.scatter().plot_area(area)
}

/// Everything that is drawn, in the units of the axes.
struct PlotScene<'a> {
    session: &'a Session,
    theme: &'a Theme,
    plot: PlotAxes,
    scatter: ScatterView<'a>,
    /// Columns to the right and upwards, and their units.
    columns: [Column; 2],
    units: [Unit; 2],
    limits: [Option<f64>; 2],
    limit_words: [String; 2],
    axes: [Axis; 2],
    points: &'a [Point],
    /// The selected one of them with its place among them, with its override.
    selected: Option<(usize, Point)>,
}

impl<'a> PlotScene<'a> {
    fn of(view: View<'a>) -> Self {
        let View { session, theme, ui } = view;
        let (plot, scatter) = (ui.plot_axes(session), ui.scatter(session));
        let columns = [plot.right, plot.up];
        let units = columns.map(|column| session.unit(column));
        let points = scatter.points();
        let place = || points.iter().position(|point| Some(point.candidate) == session.selected());
        let selected = scatter.selected_point().and_then(|point| Some((place()?, point)));
        let limits = columns.map(|column| scatter_window::limit(session, column));
        let words = |at: usize| {
            let sign = match (columns[at].descends(), theme.glyphs.braille) {
                (false, true) => "≤",
                (true, true) => "≥",
                (false, false) => "<=",
                (true, false) => ">=",
            };
            let knob = columns[at].limit();
            knob.zip(limits[at]).map(|(knob, value)| format!("{sign} {}", knob.format(value))).unwrap_or_default()
        };
        let limit_words = [words(0), words(1)];
        let axes = scatter.axes();
        Self { session, theme, plot, scatter, columns, units, limits, limit_words, axes, points, selected }
    }

    fn scatter(&self) -> Scatter<'_, Self> {
        let selected = self.selected.as_ref().map(|(index, _)| *index);
        let [right, up] = self.axes;
        let mut scatter = Scatter::new(self, right, up).selected(selected);
        if let Some(limit) = self.limits[0] {
            scatter = scatter.limit_x(limit / self.units[0].size, &self.limit_words[0]);
        }
        if let Some(limit) = self.limits[1] {
            scatter = scatter.limit_y(limit / self.units[1].size, &self.limit_words[1]);
        }
        scatter.look(self.theme.scatter())
    }

    /// Names and units of the axes. `wanted` says whether the network's size only stands for the accuracy.
    fn title(&self, wanted: PlotAxes) -> String {
        let name = |at: usize, wanted: Column, shown: Column| {
            let (column, unit) = (self.columns[at], self.units[at].symbol);
            // The unit of arithmetic says what it is.
            let name = match column {
                Column::Macs => unit.to_owned(),
                Column::Accuracy => table::accuracy_in_title(self.session),
                _ => format!("{} {unit}", column.title()),
            };
            if wanted == shown { name } else { format!("{name} (no accuracy yet)") }
        };
        let up = name(1, wanted.up, self.plot.up);
        let log = |log: bool| if log { " (log)" } else { "" };
        let (log_up, log_right) = (log(self.plot.log_up), log(self.plot.log_right));
        let right = name(0, wanted.right, self.plot.right);
        format!("{}{log_up} over {right}{log_right}", chrome::capitalised(&up))
    }

    fn selected_place(&self) -> Option<(f64, f64)> {
        let point = self.scatter.selected_point()?;
        Some((point.right / self.units[0].size, point.up / self.units[1].size))
    }

    /// The selected design in words.
    fn words(&self) -> String {
        let Some(point) = self.scatter.selected_point() else { return String::new() };
        let [right, up] = self.columns;
        let name = self.session.candidate_name(point.candidate);
        let figure = |column: Column, value: f64| {
            let estimated = if column == Column::Accuracy { self.estimated_accuracy() } else { None };
            estimated.map_or_else(|| column.format(value), |accuracy| format!("{accuracy} %"))
        };
        format!("{name}: {}, {}", figure(up, point.up), figure(right, point.right))
    }

    /// Accuracy of the selected design as the table has it, if it was not measured.
    fn estimated_accuracy(&self) -> Option<String> {
        let shown = self.session.accuracy(&self.session.selected_design()?);
        matches!(shown, ShownAccuracy::Estimated(_)).then(|| table::accuracy(&shown, self.theme.glyphs))
    }

    /// A place in words, with the design that is nearest.
    fn words_at(&self, (x, y): (f64, f64), near: Option<CandidateId>) -> String {
        let ([right, up], [wide, high]) = (self.columns, self.units);
        let place = format!("{}, {}", up.format(y * high.size), right.format(x * wide.size));
        near.map_or_else(|| place.clone(), |id| format!("{place}, near #{id}"))
    }

    /// A point as it is drawn: the selected one with its override.
    #[inline]
    fn point(&self, index: usize) -> &Point {
        match &self.selected {
            Some((selected, point)) if *selected == index => point,
            _ => &self.points[index],
        }
    }
}

impl PointSource for PlotScene<'_> {
    fn count(&self) -> usize {
        self.points.len()
    }

    #[inline]
    fn plot_point(&self, index: usize) -> PlotPoint {
        let point = self.point(index);
        let layer = match (point.class, point.estimated) {
            (PointClass::Infeasible, _) => 0,
            (PointClass::Feasible, true) => 1,
            (PointClass::Feasible, false) => 2,
            (PointClass::Front, true) => 3,
            (PointClass::Front, false) => 4,
        };
        let pinned = self.session.pin_letter(point.candidate).is_some();
        let [right, up] = self.units;
        PlotPoint { x: point.right / right.size, y: point.up / up.size, layer: if pinned { 5 } else { layer } }
    }

    fn look(&self, index: usize) -> (PointMark, Style) {
        let (point, theme) = (self.point(index), self.theme);
        let glyphs = theme.glyphs;
        match (self.session.pin_letter(point.candidate), point.class) {
            (Some(pin), _) => (PointMark::Glyph(pin), theme.pins[(pin as usize - 'A' as usize) % theme.pins.len()]),
            (None, PointClass::Front) if point.estimated => (PointMark::Glyph(glyphs.estimated_front), theme.front),
            (None, PointClass::Feasible) if point.estimated => {
                (PointMark::Quarters(&glyphs.estimated_marks), theme.feasible.add_modifier(Modifier::DIM))
            }
            (None, PointClass::Front) => (PointMark::Quarters(&glyphs.front_marks), theme.front),
            (None, PointClass::Feasible) => (PointMark::Quarters(&glyphs.feasible_marks), theme.feasible),
            (None, PointClass::Infeasible) => (PointMark::Glyph(glyphs.infeasible), theme.infeasible),
        }
    }
}
