//! The one way of the commands to standard output and standard error. Foreign text is made visible on it. A full disk
//! behind standard output is an error, which ends a command that only prints at once, and another one when its work is
//! done; a reader that has gone ends a command that only prints; a standard error that can't be written to is none.

use std::fmt::{Arguments, Display};
use std::io::{self, Write};
use std::sync::OnceLock;

use serde::Serialize;

use crate::text;

/// Writes a line to standard output, as [`output::line`](crate::cli::output::line).
macro_rules! say {
    ($($part:tt)*) => { $crate::cli::output::line(&format_args!($($part)*)) };
}

/// Writes a line to standard error, as [`output::tell`](crate::cli::output::tell).
macro_rules! note {
    ($($part:tt)*) => { $crate::cli::output::tell(&format_args!($($part)*)) };
}

/// Writes a line to standard output, as [`output::aside`](crate::cli::output::aside).
macro_rules! mention {
    ($($part:tt)*) => { $crate::cli::output::aside(&format_args!($($part)*)) };
}

pub(super) use {mention, note, say};

/// Sentence on the first line about the work that was lost.
static LOST: OnceLock<String> = OnceLock::new();

/// Writes a line about work that goes on whatever becomes of the line: its results are elsewhere. That it was lost is
/// told when the work is done.
pub(super) fn aside(content: &dyn Display) {
    match line(content) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => drop(LOST.set(error.to_string())),
        _ => {}
    }
}

/// Sentence on the first line about the work that was lost, unless its reader had gone; `None` if all are written.
pub(super) fn lost() -> Option<&'static str> {
    LOST.get().map(String::as_str)
}

/// Writes a line to standard output.
pub(super) fn line(content: &dyn Display) -> io::Result<()> {
    write(&text::visible(&format!("{content}\n")))
}

/// Writes whole lines to standard output.
pub(super) fn print(content: &str) -> io::Result<()> {
    write(&text::visible(content))
}

/// Writes a value as JSON, over several lines, to standard output.
pub(super) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    Ok(line(&serde_json::to_string_pretty(value)?)?)
}

/// Writes text with escape sequences of this program's own to standard output.
pub(super) fn coloured(content: &str) -> io::Result<()> {
    write(content)
}

/// Writes a line to standard error. Nothing is lost if it can't be written to: the exit code says the same.
pub(super) fn tell(content: &Arguments<'_>) {
    let _ = io::stderr().write_all(text::visible(&format!("{content}\n")).as_bytes());
}

/// Writes a line that stays on standard error only until the next one.
pub(super) fn passing(content: &str) {
    let mut stderr = io::stderr();
    let _ = stderr.write_all(format!("\r{content}").as_bytes()).and_then(|()| stderr.flush());
}

fn write(content: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(content.as_bytes()).and_then(|()| stdout.flush());
    written.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => error,
        kind => io::Error::new(kind, unwritable(&error)),
    })
}

/// Sentence on a standard output that can't be written to.
pub(super) fn unwritable(error: &io::Error) -> String {
    format!("standard output can't be written to: {error}")
}
