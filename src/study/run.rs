//! Work on a study: points that are not on record yet, then table, chart and report.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::error::StudyError;
use super::info::{StudyAxis, StudyInfo, StudyNeeds};
use super::input::StudyInput;
use super::record::StudyRecord;
use super::rows::{self, StudyPoint, StudyRow};
use crate::files;
use crate::report::{PageSection, PageTable, Passage, Report};
use crate::svg::Scale;
use crate::svg::plot::{Plot, PlotAxis, PlotSeries, PlotValue, SeriesStyle};

/// Most series whose intervals are shown in a table.
const MOST_INTERVALS: usize = 4;
/// Most settings of which a table shows all.
const MOST_SETTINGS: usize = 24;
/// Share of the room between two settings in which points of several series stand side by side.
const ROOM: f64 = 0.6;

/// Making of a study's figures, for its report.
struct StudyWork<'a> {
    /// Name of its files.
    name: &'a str,
    /// Seeds of its points.
    seeds: &'a [u64],
    /// Number of its points.
    points: usize,
    /// Number of points that were measured just now.
    measured: u32,
}

/// State of a study under way.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StudyProgress {
    /// Points on record.
    pub done: usize,
    /// Points in all.
    pub points: usize,
    /// Estimate of the seconds left, from the points measured by this process; `None` before the first.
    pub left_s: Option<f64>,
    /// The point measured next, in words.
    pub next: String,
}

/// A finished study.
pub(crate) struct StudyOutcome {
    /// Sentence on the rows.
    pub finding: String,
    /// Files that were written.
    pub files: Vec<PathBuf>,
}

impl StudyInfo {
    /// Measures what is neither on record nor being measured by another process. Writes table, chart and report, unless
    /// other processes still measure.
    ///
    /// # Errors
    /// A point can't be measured, or a file can't be written. What was measured stays on record.
    pub(crate) fn run(
        &self,
        folder: &Path,
        input: &mut StudyInput,
        progress: &mut dyn FnMut(&StudyProgress),
    ) -> Result<StudyOutcome, StudyError> {
        // Rows of a quick study are of other points or on other objects.
        let name = if input.quick { format!("{}-quick", self.name) } else { self.name.to_owned() };
        let record = StudyRecord::open(folder, &name)?;
        let seeds = if self.needs == StudyNeeds::Costs { vec![0] } else { input.seeds() };
        let points = self.points(input, &seeds)?;
        let measured = self.measure_open(&record, &points, input, progress)?;
        let rows = record.rows()?;
        let open = open_points(&points, &rows);
        if open > 0 {
            let (finding, files) = (unfinished(open, points.len()), vec![record.path().to_owned()]);
            return Ok(StudyOutcome { finding, files });
        }
        let wanted: Vec<StudyRow> =
            rows.into_iter().filter(|row| points.iter().any(|point| row.is_of(point))).collect();
        let finding = (self.finding)(&wanted);
        let work = StudyWork { name: &name, seeds: &seeds, points: points.len(), measured };
        let report = self.report(input, &work, &wanted, &finding);
        let page = report.markdown(&name);
        let mut files = vec![record.path().to_owned()];
        for (name, picture) in &page.pictures {
            let path = folder.join(name);
            files::write(&path, picture.svg.as_bytes()).map_err(|error| StudyError::file(&path, error))?;
            files.push(path);
        }
        let path = folder.join(format!("{name}.md"));
        files::write(&path, page.text.as_bytes()).map_err(|error| StudyError::file(&path, error))?;
        files.push(path);
        Ok(StudyOutcome { finding, files })
    }

    /// Points of all seeds.
    fn points(&self, input: &StudyInput, seeds: &[u64]) -> Result<Vec<StudyPoint>, StudyError> {
        let planned = (self.plan)(input)?;
        let mut points = Vec::new();
        for &seed in seeds {
            let origin = match self.needs {
                StudyNeeds::Costs => input.cost_origin(),
                StudyNeeds::Runs => input.run_origin(seed)?,
                StudyNeeds::Trainings => input.training_origin()?,
            };
            points.extend(planned.iter().map(|point| StudyPoint { seed, origin: origin.clone(), ..point.clone() }));
        }
        Ok(points)
    }

    /// Measures points one by one. Returns their number.
    fn measure_open(
        &self,
        record: &StudyRecord,
        points: &[StudyPoint],
        input: &mut StudyInput,
        progress: &mut dyn FnMut(&StudyProgress),
    ) -> Result<u32, StudyError> {
        let (started, mut measured) = (Instant::now(), 0_u32);
        let mut rows = record.rows()?;
        for point in points {
            if rows.iter().any(|row| row.is_of(point)) {
                continue;
            }
            let Some(_claim) = record.claim(point)? else { continue };
            // Another process may have measured it since.
            rows = record.rows()?;
            if rows.iter().any(|row| row.is_of(point)) {
                continue;
            }
            let open = open_points(points, &rows);
            let each = (measured > 0).then(|| started.elapsed().as_secs_f64() / f64::from(measured));
            progress(&StudyProgress {
                done: points.len() - open,
                points: points.len(),
                left_s: each.map(|each| each * open as f64),
                next: format!("{} (seed {})", point.setting, point.seed),
            });
            let found = (self.measure)(input, point)?;
            rows = record.add(point, found)?;
            measured += 1;
        }
        Ok(measured)
    }

    fn report(&self, input: &StudyInput, work: &StudyWork<'_>, rows: &[StudyRow], finding: &str) -> Report {
        let StudyWork { name, seeds, points, measured } = *work;
        let chart = Passage::picture("chart", format!("{} by {}.", self.y, self.x.0), self.chart(rows));
        let seeds: Vec<String> = seeds.iter().map(ToString::to_string).collect();
        let made = vec![
            format!("Command: `{}`.", input.command),
            format!("Seeds: {}.", seeds.join(", ")),
            format!("Space `{}`, profile `{}`.", input.model.space().name, input.model.profile().name),
            format!("Points: {points}, of which this command measured {measured}; the others were on record."),
            format!("Machine of this command: {}; splitscope {}.", input.machine, env!("CARGO_PKG_VERSION")),
        ];
        Report {
            title: format!("Study: {}", self.name),
            lead: finding.to_owned(),
            sections: vec![
                PageSection::new("Claim", vec![Passage::Text(self.claim.to_owned())]),
                PageSection::new("Figures", vec![chart, Passage::Table(self.table(rows, &format!("{name}.csv")))]),
                PageSection::new("Made by", vec![Passage::List(made)]),
            ],
        }
    }

    /// Means over the seeds: a row for each setting, a column for each series that has a figure. Rows of costs carry
    /// their notes; of many settings those are left out at which the notes are as at the one before.
    fn table(&self, rows: &[StudyRow], file: &str) -> PageTable {
        let series: Vec<(String, Vec<StudyRow>)> = rows::means(rows)
            .into_iter()
            .filter(|(_, means)| means.iter().any(|mean| mean.value.is_finite()))
            .collect();
        let mut settings: Vec<&StudyRow> = Vec::new();
        for row in rows {
            if !settings.iter().any(|other| other.setting == row.setting) {
                settings.push(row);
            }
        }
        settings.sort_by(|one, other| one.x.total_cmp(&other.x));
        let noted = self.needs == StudyNeeds::Costs;
        let intervals = series.len() <= MOST_INTERVALS;
        let head: Vec<&str> = std::iter::once("setting").chain(series.iter().map(|(name, _)| name.as_str())).collect();
        let means = if noted {
            ""
        } else if intervals {
            "; means over the seeds, with 95 % intervals"
        } else {
            "; means over the seeds"
        };
        let mut table = PageTable::new(format!("{}{means}. All rows are in `{file}`.", self.y), &head, 1);
        let (last, mut notes_before) = (settings.len().saturating_sub(1), None);
        for (index, setting) in settings.iter().enumerate() {
            let at = |means: &[StudyRow]| means.iter().find(|mean| mean.setting == setting.setting).cloned();
            let cells: Vec<Option<StudyRow>> = series.iter().map(|(_, means)| at(means)).collect();
            let notes: Vec<String> = cells.iter().flatten().map(|cell| cell.note.clone()).collect();
            let is_new = notes_before.as_ref() != Some(&notes);
            notes_before = Some(notes);
            if settings.len() > MOST_SETTINGS && !is_new && index != last {
                continue;
            }
            let cell =
                |cell: &Option<StudyRow>| cell.as_ref().map_or_else(String::new, |cell| words(cell, noted, intervals));
            let mut line = vec![setting.setting.clone()];
            line.extend(cells.iter().map(cell));
            table.row(line);
        }
        table
    }

    /// Means over the seeds by series, with the widest interval.
    pub(super) fn chart(&self, rows: &[StudyRow]) -> String {
        let series = rows::means(rows);
        let (title, axis) = self.x;
        let scale = if let StudyAxis::Figures(scale) = axis { scale } else { Scale::Linear };
        let names = if axis == StudyAxis::Figures(scale) { Vec::new() } else { settings(rows) };
        let style = if axis == StudyAxis::Named { SeriesStyle::Marks } else { SeriesStyle::MarkedLine };
        // Side by side within a little more than half of the room of a setting.
        let count = series.len().max(1) as f64;
        let shift = |index: usize| {
            if axis == StudyAxis::Named { ROOM * ((index as f64 + 0.5) / count - 0.5) } else { 0.0 }
        };
        let values = |index: usize, means: Vec<StudyRow>| {
            let value =
                |mean: StudyRow| PlotValue { x: mean.x + shift(index), y: mean.value, interval: mean.interval() };
            means.into_iter().map(value).collect()
        };
        let series = series.into_iter().enumerate();
        let plot = Plot {
            title: format!("Study {}", self.name),
            description: self.claim.to_owned(),
            x: PlotAxis { title: title.to_owned(), scale, names },
            y: PlotAxis { title: self.y.to_owned(), scale: Scale::Linear, names: Vec::new() },
            series: series
                .map(|(index, (name, means))| PlotSeries { name, style, values: values(index, means) })
                .collect(),
        };
        plot.draw()
    }
}

/// Settings with their places, in order.
fn settings(rows: &[StudyRow]) -> Vec<(f64, String)> {
    let mut found: Vec<(f64, String)> = Vec::new();
    for row in rows {
        if !found.iter().any(|(_, setting)| *setting == row.setting) {
            found.push((row.x, row.setting.clone()));
        }
    }
    found.sort_by(|one, other| one.0.total_cmp(&other.0));
    found
}

/// Number of points that are not on record.
fn open_points(points: &[StudyPoint], rows: &[StudyRow]) -> usize {
    points.iter().filter(|point| !rows.iter().any(|row| row.is_of(point))).count()
}

/// Sentence on points that other processes measure.
fn unfinished(open: usize, points: usize) -> String {
    format!("{open} of {points} points are being measured by other processes; the last to end writes the report.")
}

/// A cell of the table: the figure, and its note or its interval.
fn words(cell: &StudyRow, noted: bool, intervals: bool) -> String {
    let figure = rows::figure(cell.value);
    match cell.interval() {
        _ if noted && !cell.note.is_empty() => format!("{figure}; {}", cell.note),
        Some((low, high)) if intervals => format!("{figure} ({} to {})", rows::figure(low), rows::figure(high)),
        _ => figure,
    }
}
