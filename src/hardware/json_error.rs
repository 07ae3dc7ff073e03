//! Errors of JSON files, at their place.

use crate::diagnostic::{Diagnostic, Source};

/// The error of a text that is not `wanted`, at its place.
pub(super) fn json_error(source: &Source, error: &serde_json::Error, wanted: &str) -> Diagnostic {
    let before: usize = source.text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let at = (before + error.column().saturating_sub(1)).min(source.text.len());
    let whole = error.to_string();
    let problem = whole.split(" at line ").next().unwrap_or(&whole);
    source.error(at..at, format!("this is not {wanted}: {problem}"))
}
