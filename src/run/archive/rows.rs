//! Rows of an archive as text.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::network::LinkRange;
use crate::record::{
    Clipping, EVENT_VERSION, EventRecord, LeakFigures, LeakMeasurement, Measurement, MeasurementKey, ObjectPictures,
    PictureKey, PictureRecord, Precision, Quantisation, Subset,
};
use crate::run::error::RunError;
use crate::run::store::Stored;
use crate::train::TrainingState;

/// Writer of the rows of an archive, in place of a process.
const WRITER: &str = "archive";

/// Row that can't be read.
#[derive(Debug, Error)]
pub(super) enum RowError {
    /// It is no text.
    #[error(transparent)]
    Text(#[from] std::str::Utf8Error),
    /// A row of a table.
    #[error(transparent)]
    Csv(#[from] csv::Error),
    /// A line of JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A word that has another meaning or none.
    #[error("`{0}` is unknown")]
    Unknown(String),
}

/// Row of `measurements.csv`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MeasurementRow {
    design: String,
    views: u32,
    lost: u32,
    subset: String,
    precision: String,
    step: u64,
    accuracy: f64,
    samples: u64,
    calibration_batches: u32,
    seconds: f64,
    /// Quantisation; empty in single precision.
    clipping: Option<String>,
    link_range: Option<String>,
    code_entropy: Option<f64>,
    time: f64,
}

/// Key of a leak or of pictures.
#[derive(Debug, Serialize, Deserialize)]
struct KeyColumns {
    design: String,
    views: u32,
    lost: u32,
    subset: String,
    precision: String,
    step: u64,
}

/// Line of `leaks.jsonl`.
#[derive(Debug, Serialize, Deserialize)]
struct LeakRow {
    key: KeyColumns,
    figures: LeakFigures,
    time: f64,
}

/// Line of `pictures.jsonl`.
#[derive(Debug, Serialize, Deserialize)]
struct PictureRow {
    key: KeyColumns,
    object: u32,
    pictures: ObjectPictures,
    time: f64,
}

fn subset(name: &str) -> Result<Subset, RowError> {
    Subset::named(name).ok_or_else(|| RowError::Unknown(name.to_owned()))
}

fn precision(name: &str) -> Result<Precision, RowError> {
    Precision::named(name).ok_or_else(|| RowError::Unknown(name.to_owned()))
}

impl KeyColumns {
    fn of(key: &MeasurementKey) -> Self {
        let MeasurementKey { design, views, lost, subset, precision, step } = key.clone();
        Self { design, views, lost, subset: subset.name().into(), precision: precision.name().into(), step }
    }

    fn read(self) -> Result<MeasurementKey, RowError> {
        let (subset, precision) = (subset(&self.subset)?, precision(&self.precision)?);
        let Self { design, views, lost, step, .. } = self;
        Ok(MeasurementKey { design, views, lost, subset, precision, step })
    }
}

impl MeasurementRow {
    fn of(row: &Stored<Measurement>) -> Self {
        let Measurement { key, accuracy, samples, calibration_batches, seconds, quantisation } = row.value.clone();
        let KeyColumns { design, views, lost, subset, precision, step } = KeyColumns::of(&key);
        Self {
            design,
            views,
            lost,
            subset,
            precision,
            step,
            accuracy,
            samples,
            calibration_batches,
            // Nothing depends on less than a millisecond.
            seconds: (seconds * 1e3).round() / 1e3,
            clipping: quantisation.map(|found| found.clipping.name().into()),
            link_range: quantisation.map(|found| found.link_range.name().into()),
            code_entropy: quantisation.map(|found| found.code_entropy),
            time: row.time.round(),
        }
    }

    fn read(self) -> Result<(Measurement, f64), RowError> {
        let Self { accuracy, samples, calibration_batches, seconds, time, .. } = self;
        let quantisation = match (&self.clipping, &self.link_range, self.code_entropy) {
            (Some(clipping), Some(link_range), Some(code_entropy)) => Some(Quantisation {
                clipping: Clipping::named(clipping).ok_or_else(|| RowError::Unknown(clipping.clone()))?,
                link_range: LinkRange::named(link_range).ok_or_else(|| RowError::Unknown(link_range.clone()))?,
                code_entropy,
            }),
            _ => None,
        };
        let Self { design, views, lost, subset, precision, step, .. } = self;
        let key = KeyColumns { design, views, lost, subset, precision, step }.read()?;
        Ok((Measurement { key, accuracy, samples, calibration_batches, seconds, quantisation }, time))
    }
}

fn stored<T>(index: usize, time: f64, value: T) -> Stored<T> {
    Stored { id: index.cast_signed() as i64 + 1, time, process: WRITER.to_owned(), value }
}

/// One line each: time, version of the form, the event as JSON.
pub(super) fn write_events(events: &[Stored<EventRecord>]) -> Vec<u8> {
    let line = |event: &Stored<EventRecord>| format!("{} {EVENT_VERSION} {}\n", event.time, event.value.to_json());
    events.iter().map(line).collect::<String>().into_bytes()
}

pub(super) fn read_events(content: &[u8]) -> Result<Vec<Stored<EventRecord>>, RowError> {
    let read = |(index, line): (usize, &str)| {
        let mut words = line.splitn(3, ' ');
        let (time, version, body) = (words.next(), words.next(), words.next());
        let number = |word: Option<&str>| word.and_then(|word| word.parse::<f64>().ok());
        match (number(time), number(version), body) {
            (Some(time), Some(version), Some(body)) => {
                Ok(stored(index, time, EventRecord::from_json(body, version as i64)))
            }
            _ => Err(RowError::Unknown(line.chars().take(40).collect())),
        }
    };
    std::str::from_utf8(content)?.lines().enumerate().map(read).collect()
}

pub(super) fn write_measurements(rows: &[Stored<Measurement>]) -> Result<Vec<u8>, RunError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| RunError::Archive(error.to_string());
    for row in rows {
        writer.serialize(MeasurementRow::of(row)).map_err(failed)?;
    }
    writer.into_inner().map_err(|error| RunError::Archive(error.to_string()))
}

pub(super) fn read_measurements(content: &[u8]) -> Result<Vec<Stored<Measurement>>, RowError> {
    let read = |(index, row): (usize, Result<MeasurementRow, csv::Error>)| {
        let (measurement, time) = row?.read()?;
        Ok(stored(index, time, measurement))
    };
    csv::Reader::from_reader(content).into_deserialize().enumerate().map(read).collect()
}

fn write_lines(rows: impl Iterator<Item = impl Serialize>) -> Result<Vec<u8>, RunError> {
    let mut text = String::new();
    for row in rows {
        text += &serde_json::to_string(&row).map_err(|error| RunError::Archive(error.to_string()))?;
        text.push('\n');
    }
    Ok(text.into_bytes())
}

pub(super) fn write_leaks(rows: &[Stored<LeakMeasurement>]) -> Result<Vec<u8>, RunError> {
    write_lines(rows.iter().map(|row| {
        let LeakMeasurement { key, figures } = &row.value;
        LeakRow { key: KeyColumns::of(key), figures: figures.clone(), time: row.time.round() }
    }))
}

pub(super) fn read_leaks(content: &[u8]) -> Result<Vec<Stored<LeakMeasurement>>, RowError> {
    let read = |(index, line): (usize, &str)| {
        let LeakRow { key, figures, time } = serde_json::from_str(line)?;
        Ok(stored(index, time, LeakMeasurement { key: key.read()?, figures }))
    };
    std::str::from_utf8(content)?.lines().enumerate().map(read).collect()
}

pub(super) fn write_pictures(rows: &[Stored<PictureRecord>]) -> Result<Vec<u8>, RunError> {
    write_lines(rows.iter().map(|row| {
        let PictureRecord { key: PictureKey { design, object }, pictures } = row.value.clone();
        PictureRow { key: KeyColumns::of(&design), object, pictures, time: row.time.round() }
    }))
}

pub(super) fn read_pictures(content: &[u8]) -> Result<Vec<Stored<PictureRecord>>, RowError> {
    let read = |(index, line): (usize, &str)| {
        let PictureRow { key, object, pictures, time } = serde_json::from_str(line)?;
        let key = PictureKey { design: key.read()?, object };
        Ok(stored(index, time, PictureRecord { key, pictures }))
    };
    std::str::from_utf8(content)?.lines().enumerate().map(read).collect()
}

/// Training step that a checkpoint's state tells.
pub(super) fn step_of_state(content: &[u8]) -> Result<u64, RowError> {
    Ok(serde_json::from_slice::<TrainingState>(content)?.step)
}
