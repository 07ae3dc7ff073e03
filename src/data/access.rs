//! Options with which a set is opened: cache, expected number of classes, progress.

use std::ops::ControlFlow;

use super::cache::Cache;
use super::error::DataError;
use super::spec::DataSpec;

/// Told `(done, total)` objects while a set is made; may be called from several threads. Answers whether to go on.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) -> ControlFlow<()> + Sync);

/// A [`Progress`] that does nothing.
pub(crate) fn unwatched(_done: usize, _total: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Options with which a set is opened.
#[derive(Clone, Copy)]
pub struct Access<'a> {
    /// Cache of finished sets, if any.
    pub cache: Option<&'a Cache>,
    /// A set with another number of classes is refused before anything is rendered.
    pub classes: Option<usize>,
    /// `true` if objects that depend on nothing but their number are made as they are wanted, by whoever reads them
    /// first. Such a set is there at once, without being told.
    pub on_demand: bool,
    /// Told how far it is; a set that comes from the cache is there at once, without being told.
    pub progress: Progress<'a>,
}

impl Access<'_> {
    /// Refuses a set whose classes are not as many as wanted.
    pub(super) fn check_classes(&self, classes: &[String], spec: &DataSpec) -> Result<(), DataError> {
        match self.classes {
            Some(wanted) if wanted != classes.len() => Err(DataError::WrongClasses {
                set: spec.to_string(),
                classes: classes.to_vec(),
                wanted,
                choosable: spec.source.options().contains(&"classes"),
            }),
            _ => Ok(()),
        }
    }
}

impl Default for Access<'_> {
    /// Without a cache, with any number of classes, unwatched.
    fn default() -> Self {
        Self { cache: None, classes: None, on_demand: false, progress: &unwatched }
    }
}
