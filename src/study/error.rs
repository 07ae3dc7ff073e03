//! Errors of studies.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::cost::DesignCostError;
use crate::run::RunError;
use crate::search::ProblemError;

/// A study that can't be done.
#[derive(Debug, Error)]
pub(crate) enum StudyError {
    /// A run fails.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A design can't be costed.
    #[error(transparent)]
    Cost(#[from] DesignCostError),
    /// A search can't be set up.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// A file can't be read or written.
    #[error("can't use {path}: {source}")]
    File {
        /// Path of the file.
        path: PathBuf,
        /// Error of the system.
        source: std::io::Error,
    },
    /// A file of rows is none.
    #[error("{path} holds no rows of a study: {source}")]
    Rows {
        /// Path of the file.
        path: PathBuf,
        /// Error of the reader.
        source: csv::Error,
    },
    /// The space has nothing to measure.
    #[error("{0}")]
    Nothing(String),
}

impl StudyError {
    pub(super) fn file(path: &Path, source: std::io::Error) -> Self {
        Self::File { path: path.to_owned(), source }
    }
}
