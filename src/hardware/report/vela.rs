//! Table by layer of Arm's Vela compiler (`--verbose-performance` writes it as CSV): estimated cycles of each operator
//! on an Ethos-U. Quotation marks and commas within cells don't occur.

use super::operator::ReportedOperator;
use crate::diagnostic::{Diagnostic, Source};
use crate::network::table::cell::{cell, lines};

const NAME: &str = "Name";
const CYCLES: &str = "Op Cycles";

/// Returns `true` if the first line of a text is the header of such a table.
pub(super) fn is_report(source: &Source) -> bool {
    source.text.lines().next().is_some_and(|line| line.split(',').any(|name| name.trim() == CYCLES))
}

/// Operators with their cycles at the clock of the device.
pub(super) fn read(source: &Source, clock_hz: Option<f64>) -> Result<Vec<ReportedOperator>, Diagnostic> {
    let mut lines = lines(source);
    let header = lines.next().ok_or_else(|| source.error(0..0, "the table is empty"))?;
    let column = |wanted: &str| {
        let found = header.iter().position(|cell| cell.text == wanted);
        found.ok_or_else(|| source.error(header[0].span.clone(), format!("the column `{wanted}` is missing")))
    };
    let (name_at, cycles_at) = (column(NAME)?, column(CYCLES)?);
    let clock = clock_hz.ok_or_else(|| Diagnostic {
        help: Some("give the clock, for instance --clock 500MHz".into()),
        ..source.error(header[cycles_at].span.clone(), "cycles are no time without the clock of the device")
    })?;
    let mut operators = Vec::new();
    for cells in lines {
        let (name, cycles) = (cell(source, &cells, name_at)?, cell(source, &cells, cycles_at)?);
        let count =
            cycles.text.parse::<f64>().ok().filter(|count| *count >= 0.0).ok_or_else(|| {
                source.error(cycles.span.clone(), format!("`{}` is not a number of cycles", cycles.text))
            })?;
        operators.push(ReportedOperator::new(name.text, count / clock));
    }
    Ok(operators)
}
