//! Errors of the readers, with their place, and what several readers need to read text.

use std::fmt;

/// Position of a defect in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilePosition {
    /// A line, counted from 1.
    Line(usize),
    /// A byte, counted from 0 (in compressed files: of the unpacked content).
    Byte(u64),
    /// A record (triangle, image, ...), counted from 0.
    Record(usize),
    /// The file as a whole.
    Whole,
}

impl fmt::Display for FilePosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}: "),
            Self::Byte(byte) => write!(f, "byte {byte}: "),
            Self::Record(record) => write!(f, "record {record}: "),
            Self::Whole => Ok(()),
        }
    }
}

/// A file that does not hold what its format promises.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}{message}")]
pub struct ParseError {
    /// Line and column of the defect.
    pub place: FilePosition,
    /// Defect, as a clause.
    pub message: String,
}

impl ParseError {
    /// An error at a line counted from 1.
    pub fn line(line: usize, message: impl Into<String>) -> Self {
        Self { place: FilePosition::Line(line), message: message.into() }
    }

    /// An error of the whole file.
    pub fn whole(message: impl Into<String>) -> Self {
        Self { place: FilePosition::Whole, message: message.into() }
    }
}

/// Lines of a text with their numbers (from 1), each without what follows `#` and surrounding blanks; empty ones left
/// out.
pub(super) fn content_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line.split('#').next().unwrap_or("").trim()))
        .filter(|(_, line)| !line.is_empty())
}

/// The first three numbers of a line as a point.
pub(super) fn point<'a>(mut tokens: impl Iterator<Item = &'a str>, line: usize) -> Result<[f32; 3], ParseError> {
    let mut point = [0.0; 3];
    for (coordinate, axis) in point.iter_mut().zip(["x", "y", "z"]) {
        let token = tokens.next().ok_or_else(|| ParseError::line(line, format!("the vertex has no {axis}")))?;
        *coordinate =
            finite(token).ok_or_else(|| ParseError::line(line, format!("`{}` is no number", shown(token))))?;
    }
    Ok(point)
}

/// A finite number.
pub(super) fn finite(token: &str) -> Option<f32> {
    token.parse().ok().filter(|number: &f32| number.is_finite())
}

/// A token cut to a length that fits into a message.
pub(super) fn shown(token: &str) -> String {
    token.chars().take(24).collect()
}
