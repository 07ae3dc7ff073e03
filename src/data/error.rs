//! Errors of data sets, in sentences a user can act on.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::formats::ParseError;
use crate::diagnostic::nearest;

/// A file that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// File, with its archive if it is in one.
    pub file: String,
    /// Reason, as a sentence.
    pub reason: String,
}

/// An error of the data floor.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The specification names no known set.
    #[error("there is no data set named `{name}`{advice}")]
    UnknownName {
        /// Value that was asked for.
        name: String,
        /// Nearest valid name, as a sentence part.
        advice: String,
    },
    /// The specification has an option that this set does not know.
    #[error("the data set `{set}` has no option `{option}`{advice}")]
    UnknownOption {
        /// Name of the set.
        set: String,
        /// Value that was asked for.
        option: String,
        /// Nearest valid name, as a sentence part.
        advice: String,
    },
    /// The specification asks for a class that the set does not have.
    #[error("there is no class `{class}` in this set{advice}")]
    UnknownClass {
        /// Value that was asked for.
        class: String,
        /// Nearest valid name, as a sentence part.
        advice: String,
    },
    /// The set has another number of classes than asked for.
    #[error("{set} has {} ({}), not {wanted}{}", counted(classes.len(), "class", "classes"), some_of(classes), choose(classes, *wanted, *choosable))]
    WrongClasses {
        /// The set.
        set: String,
        /// Its classes.
        classes: Vec<String>,
        /// Number that was asked for.
        wanted: usize,
        /// `true` if the set has the option `classes`.
        choosable: bool,
    },
    /// Someone asked for the end before the set was ready.
    #[error("{done} of {total} objects were ready when the preparation was stopped on request")]
    Ended {
        /// Objects ready.
        done: usize,
        /// Objects in all.
        total: usize,
    },
    /// The specification has an option whose value makes no sense.
    #[error("the option `{option}` cannot be `{value}`: expected {expected}")]
    BadValue {
        /// Name of the option.
        option: String,
        /// Value of the option.
        value: String,
        /// Valid values.
        expected: String,
    },
    /// A set that is read from files was named without a path.
    #[error("the data set `{set}` needs a path, as in `{set}:PATH`")]
    NoPath {
        /// Name of the set.
        set: &'static str,
    },
    /// A named set is not on this machine.
    #[error("the data set `{set}` is not at {}: `splitscope data fetch {set}` prints how to get it; if it is elsewhere, name the place as in `{set}:PATH`", path.display())]
    NotInstalled {
        /// Name of the set.
        set: &'static str,
        /// Folder in which it was looked for.
        path: PathBuf,
    },
    /// The number of views, the size or the number of channels cannot be had.
    #[error("{what} must be {expected}, not {value}")]
    OutOfRange {
        /// Name of the quantity.
        what: &'static str,
        /// Value that was asked for.
        value: usize,
        /// Valid values.
        expected: String,
    },
    /// The set would not fit into memory.
    #[error("{objects} objects x {views} views x {channels} x {size} x {size} need {} MiB, more than {} MiB: ask for fewer objects (`objects=`), fewer views or a smaller size, or let SPLITSCOPE_CACHE_GIB allow more", bytes >> 20, limit >> 20)]
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
        /// Path of the file.
        path: PathBuf,
        /// Error of the system.
        source: std::io::Error,
    },
    /// A file or folder could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// Path of the file.
        path: PathBuf,
        /// Error of the system.
        source: std::io::Error,
    },
    /// A picture file could not be made.
    #[error("cannot write {}: {message}", path.display())]
    Picture {
        /// Path of the file.
        path: PathBuf,
        /// Reason, as the encoder says it.
        message: String,
    },
    /// A file does not hold what its format promises.
    #[error("{file}: {error}")]
    Parse {
        /// File, with its archive if it is in one.
        file: String,
        /// Place and defect.
        error: ParseError,
    },
    /// Two files that belong together have unlike lengths.
    #[error("{} has {images} images, but {} has {labels} labels", images_path.display(), labels_path.display())]
    CountsDiffer {
        /// File of the images.
        images_path: PathBuf,
        /// Number of images.
        images: usize,
        /// File of the labels.
        labels_path: PathBuf,
        /// Number of labels.
        labels: usize,
    },
    /// A file is larger than any sensible one.
    #[error("{file} has {} MiB, more than the {} MiB that are read", bytes >> 20, limit >> 20)]
    FileTooLarge {
        /// File, with its archive if it is in one.
        file: String,
        /// Its bytes.
        bytes: u64,
        /// Most bytes that are read.
        limit: u64,
    },
    /// A folder holds far more files than any sensible set.
    #[error("{} holds more than {limit} files or classes", path.display())]
    TooManyFiles {
        /// Path of the folder.
        path: PathBuf,
        /// Most files.
        limit: usize,
    },
    /// A class has nothing in it.
    #[error("the class `{class}` has no readable files")]
    EmptyClass {
        /// Name of the class, which is that of its folder.
        class: String,
    },
    /// The parts of a set have unlike classes.
    #[error("the classes of {} are not those of the training part (missing: {}; additional: {})", path.display(), or_none(missing), or_none(additional))]
    ClassesDiffer {
        /// Folder of the part.
        path: PathBuf,
        /// Classes of the training part that it lacks.
        missing: String,
        /// Classes that the training part lacks.
        additional: String,
    },
    /// There is nothing to be read.
    #[error("there is nothing to read in {} (looked for: {extensions})", path.display())]
    NothingFound {
        /// Path of the folder.
        path: PathBuf,
        /// Files that were looked for.
        extensions: String,
    },
    /// The name of a class is not text.
    #[error("the folder name {path:?} is not UTF-8, so it cannot name a class")]
    NotUtf8 {
        /// Path of the folder.
        path: PathBuf,
    },
    /// An object has another number of views than the first.
    #[error("the object {object} has {found} views, but {first} has {expected}")]
    ViewsDiffer {
        /// The object.
        object: String,
        /// Its number of views.
        found: usize,
        /// The first object.
        first: String,
        /// Its number of views.
        expected: usize,
    },
    /// More views were asked for than there are.
    #[error("{views} views were asked for, but the set has {available} views per object")]
    TooFewViews {
        /// Asked for.
        views: usize,
        /// Views of an object of the set.
        available: usize,
    },
    /// Too much of a set is unreadable.
    #[error("{count} of {total} objects cannot be read; the first: {first}")]
    TooManySkipped {
        /// Number of unreadable files.
        count: usize,
        /// Of how many.
        total: usize,
        /// Defect of the first.
        first: String,
    },
}

impl From<&DataError> for Skipped {
    /// A file that is left out because of an error.
    fn from(error: &DataError) -> Self {
        match error {
            DataError::Parse { file, error } => Self { file: file.clone(), reason: error.to_string() },
            DataError::Read { path, source } => Self { file: path.display().to_string(), reason: source.to_string() },
            DataError::FileTooLarge { file, .. } => Self { file: file.clone(), reason: error.to_string() },
            other => Self { file: String::new(), reason: other.to_string() },
        }
    }
}

/// `1 class`, `3 classes`.
fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The first few names.
fn some_of(names: &[String]) -> String {
    const SHOWN: usize = 4;
    let list = names[..names.len().min(SHOWN)].join(", ");
    if names.len() > SHOWN { format!("{list}, ...") } else { list }
}

/// Advice on taking fewer classes, where there are enough.
fn choose(classes: &[String], wanted: usize, choosable: bool) -> String {
    if choosable && (1..classes.len()).contains(&wanted) {
        format!(": choose {wanted} of them, as in `classes={}`", classes[..wanted.min(3)].join("/"))
    } else {
        String::new()
    }
}

fn or_none(list: &str) -> &str {
    if list.is_empty() { "none" } else { list }
}

/// The candidate most like `name`, or, where none is, a list of them.
pub(super) fn advice<'a>(name: &str, candidates: impl Iterator<Item = &'a str> + Clone) -> String {
    const LISTED: usize = 12;
    if let Some(near) = nearest(name, candidates.clone()) {
        return format!(": did you mean `{near}`?");
    }
    let list = candidates.clone().take(LISTED).collect::<Vec<_>>().join(", ");
    format!("; there are {list}{}", if candidates.count() > LISTED { ", ..." } else { "" })
}
