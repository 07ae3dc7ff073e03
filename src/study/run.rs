//! Work on a study: points that are not on record yet, then table, chart and report.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::error::StudyError;
use super::info::{StudyInfo, StudyNeeds};
use super::input::StudyInput;
use super::rows::{self, StudyPoint, StudyRow};
use crate::files;
use crate::report::{PageSection, PageTable, Passage, Report};
use crate::svg::Scale;
use crate::svg::plot::{Plot, PlotAxis, PlotSeries, PlotValue, SeriesStyle};

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
    /// Measures what is not on record yet, and writes table, chart and report.
    ///
    /// # Errors
    /// A point can't be measured, or a file can't be written. What was measured stays on record.
    pub(crate) fn run(
        &self,
        folder: &Path,
        input: &mut StudyInput,
        progress: &mut dyn FnMut(&StudyProgress),
    ) -> Result<StudyOutcome, StudyError> {
        std::fs::create_dir_all(folder).map_err(|error| StudyError::file(folder, error))?;
        // Rows of a quick study are on other objects.
        let quick = input.quick && self.needs != StudyNeeds::Costs;
        let name = if quick { format!("{}-quick", self.name) } else { self.name.to_owned() };
        let record = folder.join(format!("{name}.csv"));
        let mut rows = rows::read(&record)?;
        let seeds = if self.needs == StudyNeeds::Costs { vec![0] } else { input.seeds() };
        let planned = (self.plan)(input)?;
        let mut points = Vec::new();
        for &seed in &seeds {
            let origin = match self.needs {
                StudyNeeds::Costs => input.cost_origin(),
                StudyNeeds::Runs => input.run_origin(seed)?,
                StudyNeeds::Trainings => input.training_origin()?,
            };
            points.extend(planned.iter().map(|point| StudyPoint { seed, origin: origin.clone(), ..point.clone() }));
        }
        let (started, mut measured) = (Instant::now(), 0);
        for (index, point) in points.iter().enumerate() {
            if rows.iter().any(|row| row.is_of(point)) {
                continue;
            }
            let open = points[index..].iter().filter(|point| !rows.iter().any(|row| row.is_of(point))).count();
            let each = (measured > 0).then(|| started.elapsed().as_secs_f64() / f64::from(measured));
            progress(&StudyProgress {
                done: points.len() - open,
                points: points.len(),
                left_s: each.map(|each| each * open as f64),
                next: format!("{} (seed {})", point.setting, point.seed),
            });
            rows.extend((self.measure)(input, point)?);
            measured += 1;
            rows::write(&record, &rows)?;
        }
        let wanted: Vec<StudyRow> =
            rows.into_iter().filter(|row| points.iter().any(|point| row.is_of(point))).collect();
        let finding = (self.finding)(&wanted);
        let report = self.report(input, &seeds, &wanted, &finding);
        let page = report.markdown(&name);
        let mut files = vec![record];
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

    fn report(&self, input: &StudyInput, seeds: &[u64], rows: &[StudyRow], finding: &str) -> Report {
        let head = ["series", "setting", "note", "seed", "figure", "95 % interval"];
        let mut table = PageTable::new("All rows", &head, 3);
        for row in rows {
            let ends = |(low, high)| format!("{} to {}", rows::figure(low), rows::figure(high));
            table.row(vec![
                row.series.clone(),
                row.setting.clone(),
                row.note.clone(),
                row.seed.to_string(),
                rows::figure(row.value),
                row.interval().map_or_else(|| "exact".to_owned(), ends),
            ]);
        }
        let chart = Passage::picture("chart", format!("{} by {}.", self.y, self.x.0), self.chart(rows));
        let seeds: Vec<String> = seeds.iter().map(ToString::to_string).collect();
        let made = vec![
            format!("Command: `{}`.", input.command),
            format!("Seeds: {}.", seeds.join(", ")),
            format!("Space `{}`, profile `{}`.", input.model.space().name, input.model.profile().name),
            format!("Machine: {}; splitscope {}.", input.machine, env!("CARGO_PKG_VERSION")),
        ];
        Report {
            title: format!("Study: {}", self.name),
            lead: finding.to_owned(),
            sections: vec![
                PageSection::new("Claim", vec![Passage::Text(self.claim.to_owned())]),
                PageSection::new("Figures", vec![chart, Passage::Table(table)]),
                PageSection::new("Made by", vec![Passage::List(made)]),
            ],
        }
    }

    /// Means over the seeds by series, with the widest interval.
    fn chart(&self, rows: &[StudyRow]) -> String {
        let series = rows::means(rows);
        let plot = Plot {
            title: format!("Study {}", self.name),
            description: self.claim.to_owned(),
            x: PlotAxis { title: self.x.0.to_owned(), scale: self.x.1 },
            y: PlotAxis { title: self.y.to_owned(), scale: Scale::Linear },
            series: series
                .into_iter()
                .map(|(name, means)| PlotSeries {
                    name,
                    style: SeriesStyle::MarkedLine,
                    values: means
                        .into_iter()
                        .map(|mean| PlotValue { x: mean.x, y: mean.value, interval: mean.interval() })
                        .collect(),
                })
                .collect(),
        };
        plot.draw()
    }
}
