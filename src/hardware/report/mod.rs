//! Times of layers as tools of vendors report them, and the latency table that is made of them.
//!
//! | file | tool |
//! |---|---|
//! | `onnx_runtime` | ONNX Runtime: profile of a session, JSON |
//! | `vela` | Arm's Vela: estimates by layer, CSV |
//! | `tflite` | TFLite's `benchmark_model`: profile by operator, CSV |
//! | `st` | ST Edge AI: `network_c_info.json` with the times of a validation on a board, or estimates of its compiler |
//!
//! A report is of a model with one layer, as `deploy --layers-of` writes them, or of a whole network. The first kind is
//! matched with a layer by the name of its file, the second by the names of the operators in it. The table has the
//! layers' shapes, by which they are found in any other network.

mod onnx_runtime;
mod operator;
mod st;
mod tflite;
mod vela;

use std::fmt::Write;

use crate::diagnostic::{Diagnostic, Source};
use crate::network::table::cell::{Cell, cell, lines};
use crate::network::table::{self, LayerRow};

use operator::ReportedOperator;

/// Column of the times, and seconds of its unit.
const TIME: (&str, f64) = ("us", 1e-6);

/// Times of operators that a tool has reported.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolReport {
    /// Path of the file.
    path: String,
    operators: Vec<ReportedOperator>,
    guess: Option<String>,
}

/// Layers with the times of reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedTable {
    /// The table, with times in a further column.
    pub text: String,
    /// Names of layers that no report tells of.
    pub missing: Vec<String>,
}

impl ToolReport {
    /// Reads the report of a tool, which is told by its form. Cycles need the clock of the device.
    ///
    /// # Errors
    /// No known report, or one without times; at its place.
    pub fn read(source: &Source, clock_hz: Option<f64>) -> Result<Self, Diagnostic> {
        let start = source.text.trim_start();
        let mut guess = None;
        let operators = if start.starts_with('[') {
            onnx_runtime::read(source)?
        } else if start.starts_with('{') {
            let (operators, guessed) = st::read(source, clock_hz)?;
            guess = guessed;
            operators
        } else if vela::is_report(source) {
            vela::read(source, clock_hz)?
        } else if tflite::is_report(source) {
            tflite::read(source)?
        } else {
            return Err(Diagnostic {
                help: Some(
                    "expected a profile of ONNX Runtime (JSON), a table by layer of Vela or of TFLite's benchmark_model \
                     (CSV), or network_c_info.json of ST Edge AI"
                        .into(),
                ),
                ..source.error(0..start.find('\n').unwrap_or(start.len()), "this is no report of a known tool")
            });
        };
        if operators.is_empty() {
            return Err(source.error(0..0, "the report has no operator with a time"));
        }
        Ok(Self { path: source.file.clone(), operators, guess })
    }

    /// Sentence on what had to be guessed about the file, if anything.
    pub fn guess(&self) -> Option<&str> {
        self.guess.as_deref()
    }

    /// Seconds of the only layer of a model: those of the operators with its name, as others only change the layout of
    /// its input and output; of all operators if none has it.
    fn seconds(&self, layer: &str) -> f64 {
        let all = || self.operators.iter().map(|operator| operator.seconds).sum();
        self.seconds_of(layer).unwrap_or_else(all)
    }

    /// Returns `true` if the report is of the files whose names begin with `stem`.
    fn is_of(&self, stem: &str) -> bool {
        let begins = |part: &str| part.strip_prefix(stem).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric));
        !stem.is_empty() && self.path.split('/').any(begins)
    }

    /// Seconds of the operators that are named after a layer; `None` if none is.
    fn seconds_of(&self, layer: &str) -> Option<f64> {
        let own = self.operators.iter().filter(|operator| operator.is_of(layer));
        own.map(|operator| operator.seconds).reduce(|sum, seconds| sum + seconds)
    }
}

/// Puts the times of reports behind the layers of an index: a layer table, with a column `file` where each layer has
/// files of its own. Of several reports about a layer the mean is taken.
///
/// # Errors
/// The index is no layer table, or no report tells of any of its layers.
pub fn reported_table(index: &Source, reports: &[ToolReport]) -> Result<ReportedTable, Diagnostic> {
    let rows = table::parse(index)?;
    let mut cells = lines(index);
    let header = cells.next().ok_or_else(|| index.error(0..0, "the table is empty"))?;
    let file_at = header.iter().position(|cell| cell.text == table::FILE_COLUMN);
    let line = |cells: &[Cell<'_>]| index.text[cells[0].span.start..cells[cells.len() - 1].span.end].to_owned();
    let (column, second) = (TIME.0, TIME.1.recip());
    let (mut text, mut missing) = (format!("{},{column}\n", line(&header)), Vec::new());
    for (row, cells) in rows.iter().zip(cells) {
        let stem = file_at.map(|column| cell(index, &cells, column)).transpose()?.map_or("", |cell| cell.text);
        let Some(seconds) = seconds_of(row, stem, reports) else {
            missing.push(row.name.clone());
            continue;
        };
        // A file for programs: down to nanoseconds.
        let _ = writeln!(text, "{},{:.3}", line(&cells), seconds * second);
    }
    if missing.len() == rows.len() {
        return Err(Diagnostic {
            help: Some(
                "name each report after the file of its layer, or give a table whose names are those of the operators"
                    .into(),
            ),
            ..index.error(0..0, "no report tells of any layer of this table")
        });
    }
    Ok(ReportedTable { text, missing })
}

/// Mean seconds of a layer in the reports of its own files, else in those that have operators of its name.
fn seconds_of(row: &LayerRow, stem: &str, reports: &[ToolReport]) -> Option<f64> {
    let own: Vec<f64> = reports.iter().filter(|report| report.is_of(stem)).map(|report| report.seconds(stem)).collect();
    let found =
        if own.is_empty() { reports.iter().filter_map(|report| report.seconds_of(&row.name)).collect() } else { own };
    (!found.is_empty()).then(|| found.iter().sum::<f64>() / found.len() as f64).filter(|seconds| *seconds > 0.0)
}

#[cfg(test)]
mod tests;
