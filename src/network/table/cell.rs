//! Rows of a comma-separated file as cells with their places.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, Source};

/// One trimmed cell.
pub(crate) struct Cell<'a> {
    /// Text without surrounding blanks.
    pub(crate) text: &'a str,
    /// Byte range in the file.
    pub(crate) span: Range<usize>,
}

/// Cells of the lines that are neither empty nor comments.
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

/// Cell in column `column` of a row.
pub(crate) fn cell<'a, 'b>(source: &Source, cells: &'b [Cell<'a>], column: usize) -> Result<&'b Cell<'a>, Diagnostic> {
    cells.get(column).ok_or_else(|| {
        let end = cells.last().map_or(0, |cell| cell.span.end);
        source.error(end..end, format!("this line has only {} cells", cells.len()))
    })
}

/// Whole number in a cell, at least `least`.
pub(crate) fn number(source: &Source, cell: &Cell, least: u32) -> Result<u32, Diagnostic> {
    match cell.text.parse::<u32>() {
        Ok(value) if value >= least => Ok(value),
        _ => Err(source
            .error(cell.span.clone(), format!("`{}` is not a whole number from {least} to {}", cell.text, u32::MAX))),
    }
}

/// Sizes along several sides in a cell: one number for all, or one for each with `x` between them, such as `1x7`.
pub(crate) fn sides<const N: usize>(source: &Source, text: &Cell, least: u32) -> Result<[u32; N], Diagnostic> {
    if !text.text.contains('x') {
        return Ok([number(source, text, least)?; N]);
    }
    let mut at = text.span.start;
    let mut found = Vec::new();
    for part in text.text.split('x') {
        found.push(number(source, &Cell { text: part, span: at..at + part.len() }, least)?);
        at += part.len() + 1;
    }
    found.try_into().map_err(|_| {
        let message = format!("`{}` is neither one number nor {N} of them with x between", text.text);
        source.error(text.span.clone(), message)
    })
}
