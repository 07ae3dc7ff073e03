//! Lines of a comma-separated file as cells that know their place.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, Source};

/// One cell with its place in the file.
pub(crate) struct Cell<'a> {
    pub(crate) text: &'a str,
    pub(crate) span: Range<usize>,
}

/// The lines that are neither empty nor comments, cut into trimmed cells.
pub(crate) fn lines(source: &Source) -> impl Iterator<Item = Vec<Cell<'_>>> {
    let mut offset = 0;
    source
        .text
        .split_inclusive('\n')
        .map(move |line| {
            let start = offset;
            offset += line.len();
            (start, line.trim_end_matches(['\n', '\r']))
        })
        .filter(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
        .map(|(start, line)| {
            let mut at = start;
            line.split(',')
                .map(|cell| {
                    let lead = cell.len() - cell.trim_start().len();
                    let text = cell.trim();
                    let span = at + lead..at + lead + text.len();
                    at += cell.len() + 1;
                    Cell { text, span }
                })
                .collect()
        })
}

pub(crate) fn cell<'a, 'b>(source: &Source, cells: &'b [Cell<'a>], column: usize) -> Result<&'b Cell<'a>, Diagnostic> {
    cells.get(column).ok_or_else(|| {
        let end = cells.last().map_or(0, |cell| cell.span.end);
        source.error(end..end, format!("this line has only {} cells", cells.len()))
    })
}

pub(crate) fn number(source: &Source, cell: &Cell, least: u32) -> Result<u32, Diagnostic> {
    match cell.text.parse::<u32>() {
        Ok(value) if value >= least => Ok(value),
        _ => Err(source
            .error(cell.span.clone(), format!("`{}` is not a whole number from {least} to {}", cell.text, u32::MAX))),
    }
}
