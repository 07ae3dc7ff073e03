//! Pictures of objects that arrived, by design, number of views and object.
//!
//! Invariant: pictures belong to the run that is followed now; only the latest are kept.

use std::collections::VecDeque;

use crate::record::{PictureKey, PictureRecord};

/// Pictures kept.
const MAX_RECORDS: usize = 64;

/// The latest pictures of a session.
#[derive(Debug, Clone, Default)]
pub struct Pictures {
    /// Run followed now.
    run: String,
    /// The latest at the end.
    kept: VecDeque<PictureRecord>,
}

impl Pictures {
    /// Pictures of a test object on its way through a design with a number of views: in int8, which costs assume,
    /// before single precision; then on the newest weights.
    pub fn of(&self, design: &str, views: u32, object: u32) -> Option<&PictureRecord> {
        let fits = |key: &PictureKey| {
            key.object == object && key.design.views == views && key.design.lost == 0 && key.design.design == design
        };
        let found = self.kept.iter().filter(|record| fits(&record.key));
        found.max_by_key(|record| (record.is_in_int8(), record.key.design.step))
    }

    /// Keeps pictures.
    pub(super) fn record(&mut self, record: PictureRecord) {
        self.kept.retain(|known| known.key != record.key);
        self.kept.push_back(record);
        if self.kept.len() > MAX_RECORDS {
            self.kept.pop_front();
        }
    }

    /// Follows a run: pictures of another one go.
    pub(super) fn follow(&mut self, run: &str) {
        if self.run != run {
            run.clone_into(&mut self.run);
            self.kept.clear();
        }
    }

    /// Removes pictures on weights after `step`.
    pub(super) fn withdraw(&mut self, step: u64) {
        self.kept.retain(|record| record.key.design.step <= step);
    }
}
