//! Errors of the command line itself, which have an exit code of their own: names that are none, values out of bounds,
//! options that do not go together. What is wrong with a file or a run is none of these.

use std::error::Error;
use std::fmt;

/// Error of the command line. It reads as the error that it is made of.
#[derive(Debug)]
pub(super) struct UsageError(anyhow::Error);

impl UsageError {
    /// Error with this sentence.
    pub(super) fn new(sentence: String) -> Self {
        Self(anyhow::Error::msg(sentence))
    }

    /// Returns `true` if an error or one of its causes is one of the command line.
    pub(super) fn is_in(error: &anyhow::Error) -> bool {
        error.chain().any(<dyn Error>::is::<Self>)
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Error for UsageError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

/// Results of reading the command line.
pub(super) trait Usage<T> {
    /// Marks an error as one of the command line.
    fn usage(self) -> anyhow::Result<T>;
}

impl<T, E: Into<anyhow::Error>> Usage<T> for Result<T, E> {
    fn usage(self) -> anyhow::Result<T> {
        self.map_err(|error| UsageError(error.into()).into())
    }
}

/// Returns an error of the command line with a sentence.
macro_rules! refuse {
    ($($part:tt)*) => { return Err($crate::cli::usage::UsageError::new(format!($($part)*)).into()) };
}

pub(super) use refuse;
