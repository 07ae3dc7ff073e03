//! Profile by operator of TFLite's `benchmark_model`: CSV after some lines of text, in milliseconds
//! (`stats_calculator.cc` and `profile_summary_formatter.cc` of TensorFlow). Of its sections the last one of the whole
//! graph in running order counts, that of the measured runs. The slowest operators stand in a section of their own
//! again; what delegates and subgraphs do within an operator is part of its time.

use super::operator::ReportedOperator;
use crate::diagnostic::{Diagnostic, Source};
use crate::network::table::cell::{Cell, cell, lines};

const NAME: &str = "name";
const TIME: &str = "avg_ms";
/// Beginnings of the lines before the profiles of parts, and words of those before a profile of the whole graph.
const PARTS: [&str; 2] = ["Delegate internal", "Subgraph (index"];
const WHOLE: [&str; 2] = ["Profiling Info", "Primary graph"];

/// Returns `true` if a text has a header of such a table.
pub(super) fn is_report(source: &Source) -> bool {
    source.text.lines().any(|line| line.starts_with("node type") && line.contains(TIME))
}

/// Operators of the last section in running order.
pub(super) fn read(source: &Source) -> Result<Vec<ReportedOperator>, Diagnostic> {
    let mut operators: Vec<ReportedOperator> = Vec::new();
    let mut columns: Option<[usize; 2]> = None;
    let (mut is_whole_graph, mut is_in_order) = (true, true);
    for cells in lines(source) {
        let first = cells[0].text;
        if cells.len() < 2 {
            columns = None;
            if PARTS.iter().any(|part| first.starts_with(part)) {
                is_whole_graph = false;
            } else if WHOLE.iter().any(|whole| first.contains(whole)) {
                is_whole_graph = true;
            } else if first.starts_with("==") {
                is_in_order = first.contains("Run Order");
            }
        } else if first == "node type" {
            let column = |wanted: &str| cells.iter().position(|cell| cell.text == wanted);
            // The summary by kind of operator names none.
            columns = match (column(NAME), column(TIME)) {
                (Some(name), Some(time)) if is_whole_graph && is_in_order => Some([name, time]),
                _ => None,
            };
            if columns.is_some() {
                operators.clear();
            }
        } else if let Some([name, time]) = columns {
            operators.push(operator(source, &cells, name, time)?);
        }
    }
    Ok(operators)
}

/// An operator named like `[stem]:0`: its outputs, of which the first names it, and its place.
fn operator(source: &Source, cells: &[Cell<'_>], name: usize, time: usize) -> Result<ReportedOperator, Diagnostic> {
    let (name, time) = (cell(source, cells, name)?, cell(source, cells, time)?);
    let milliseconds = time
        .text
        .parse::<f64>()
        .ok()
        .filter(|time| *time >= 0.0)
        .ok_or_else(|| source.error(time.span.clone(), format!("`{}` is not a time in milliseconds", time.text)))?;
    // Between outputs are commas, which newer versions make tabs.
    let first = name.text.split('\t').next().unwrap_or_default();
    let output = first.rsplit_once(':').map_or(first, |(output, _)| output);
    Ok(ReportedOperator::new(output.trim_start_matches('[').trim_end_matches(']'), milliseconds * 1e-3))
}
