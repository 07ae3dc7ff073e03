//! What can go wrong with a data set, in sentences a user can act on.

use std::path::PathBuf;

/// An error of the data floor.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The specification names no known set.
    #[error("there is no data set named `{name}`{}", suggestion(nearest.as_deref()))]
    UnknownName {
        /// What was asked for.
        name: String,
        /// The nearest name there is.
        nearest: Option<String>,
    },
    /// The specification has an option that this set does not know.
    #[error("the data set `{set}` has no option `{option}`{}", suggestion(nearest.as_deref()))]
    UnknownOption {
        /// Name of the set.
        set: String,
        /// What was asked for.
        option: String,
        /// The nearest option of this set.
        nearest: Option<String>,
    },
    /// The specification asks for a class that the set does not have.
    #[error("there is no class `{class}` in this set{}", suggestion(nearest.as_deref()))]
    UnknownClass {
        /// What was asked for.
        class: String,
        /// The nearest class of this set.
        nearest: Option<String>,
    },
    /// The specification has an option whose value makes no sense.
    #[error("the option `{option}` cannot be `{value}`: expected {expected}")]
    BadValue {
        /// Name of the option.
        option: String,
        /// Its value.
        value: String,
        /// What would do.
        expected: String,
    },
    /// A set that is read from files was named without a path.
    #[error("the data set `{set}` needs a path, as in `{set}:PATH`")]
    NoPath {
        /// Name of the set.
        set: &'static str,
    },
    /// The number of views, the size or the number of channels cannot be had.
    #[error("{what} must be {expected}, not {value}")]
    OutOfRange {
        /// Which quantity.
        what: &'static str,
        /// What was asked for.
        value: usize,
        /// What would do.
        expected: String,
    },
    /// The set would not fit into memory.
    #[error("{objects} objects x {views} views x {channels} x {size} x {size} need {} MiB, more than {} MiB: ask for fewer objects (`objects=`), fewer views or a smaller size", bytes >> 20, limit >> 20)]
    TooLarge {
        /// Number of objects.
        objects: usize,
        /// Number of views.
        views: usize,
        /// Number of channels.
        channels: usize,
        /// Pixels along an edge.
        size: usize,
        /// Bytes needed.
        bytes: u128,
        /// Most bytes a set may have.
        limit: u128,
    },
    /// A file or folder could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// ": did you mean `x`?" or nothing.
fn suggestion(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!(": did you mean `{nearest}`?"))
}

/// The candidate most like `name`, if any is alike at all.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&name.to_lowercase(), candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.to_owned())
}
