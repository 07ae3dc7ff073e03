//! Profile by operator of TFLite's `benchmark_model`: CSV after some lines of text, in milliseconds. Of its sections
//! the last one in running order counts, that of the measured runs.

use super::operator::ReportedOperator;
use crate::diagnostic::{Diagnostic, Source};
use crate::network::table::cell::{Cell, cell, lines};

const NAME: &str = "name";
const TIME: &str = "avg_ms";

/// Returns `true` if a text has a header of such a table.
pub(super) fn is_report(source: &Source) -> bool {
    source.text.lines().any(|line| line.starts_with("node type") && line.contains(TIME))
}

/// Operators of the last section in running order.
pub(super) fn read(source: &Source) -> Result<Vec<ReportedOperator>, Diagnostic> {
    let mut operators: Vec<ReportedOperator> = Vec::new();
    let mut columns: Option<[usize; 2]> = None;
    for cells in lines(source) {
        let is_header = cells[0].text == "node type";
        if is_header {
            let column = |wanted: &str| cells.iter().position(|cell| cell.text == wanted);
            // The summary by kind of operator names none.
            columns = column(NAME).zip(column(TIME)).map(|(name, time)| [name, time]);
            if columns.is_some() {
                operators.clear();
            }
        } else if let Some([name, time]) = columns {
            if cells.len() < 2 {
                columns = None;
                continue;
            }
            operators.push(operator(source, &cells, name, time)?);
        }
    }
    Ok(operators)
}

/// An operator named like `[stem]:0`: its output and its place.
fn operator(source: &Source, cells: &[Cell<'_>], name: usize, time: usize) -> Result<ReportedOperator, Diagnostic> {
    let (name, time) = (cell(source, cells, name)?, cell(source, cells, time)?);
    let milliseconds = time
        .text
        .parse::<f64>()
        .ok()
        .filter(|time| *time >= 0.0)
        .ok_or_else(|| source.error(time.span.clone(), format!("`{}` is not a time in milliseconds", time.text)))?;
    let output = name.text.rsplit_once(':').map_or(name.text, |(output, _)| output);
    Ok(ReportedOperator::new(output.trim_start_matches('[').trim_end_matches(']'), milliseconds * 1e-3))
}
