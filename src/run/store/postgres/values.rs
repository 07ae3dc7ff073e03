//! Keys and measurements as values of statements.

use postgres::types::ToSql;

use crate::record::{Measurement, MeasurementKey};
use crate::run::process::Process;
use crate::run::store::measurements::{digest, key_values};
use crate::run::store::row::to_sql;

/// Values of a key, as the columns have them.
pub(super) struct KeyValues<'a> {
    pub(super) design: &'a str,
    pub(super) views: i64,
    pub(super) lost: i64,
    pub(super) subset: &'static str,
    pub(super) step: i64,
    pub(super) precision: &'static str,
}

impl<'a> KeyValues<'a> {
    pub(super) fn of(key: &'a MeasurementKey) -> Self {
        let (design, views, lost, subset, step, precision) = key_values(key);
        Self { design, views: i64::from(views), lost: i64::from(lost), subset, step, precision }
    }
}

/// Values of a measurement, as the columns have them.
pub(super) struct RecordValues<'a> {
    key: KeyValues<'a>,
    accuracy: f64,
    samples: i64,
    calibration_batches: i64,
    seconds: f64,
    process: String,
    digest: String,
    clipping: Option<&'static str>,
    link_range: Option<&'static str>,
    code_entropy: Option<f64>,
}

impl<'a> RecordValues<'a> {
    pub(super) fn of(measurement: &'a Measurement, process: &Process) -> Self {
        let quantisation = measurement.quantisation;
        Self {
            key: KeyValues::of(&measurement.key),
            accuracy: measurement.accuracy,
            samples: to_sql(measurement.samples),
            calibration_batches: to_sql(u64::from(measurement.calibration_batches)),
            seconds: measurement.seconds,
            process: process.to_string(),
            digest: digest(measurement),
            clipping: quantisation.map(|found| found.clipping.name()),
            link_range: quantisation.map(|found| found.link_range.name()),
            code_entropy: quantisation.map(|found| found.code_entropy),
        }
    }

    /// The values in the order of the arguments of `record_measurement` and `record_and_tell`.
    pub(super) fn values(&self) -> [&(dyn ToSql + Sync); 15] {
        let KeyValues { design, views, lost, subset, step, precision } = &self.key;
        [
            design,
            views,
            lost,
            subset,
            step,
            precision,
            &self.accuracy,
            &self.samples,
            &self.calibration_batches,
            &self.seconds,
            &self.process,
            &self.digest,
            &self.clipping,
            &self.link_range,
            &self.code_entropy,
        ]
    }
}
