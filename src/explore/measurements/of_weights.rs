//! Measurements on the weights of one run.

use super::readings::{Accuracy, ShownAccuracy};
use super::{BlankedReading, Measurements};
use crate::record::Precision;
use crate::space::Design;

/// Measurements on the weights of one run.
#[derive(Debug, Clone, Copy)]
pub struct WeightsMeasurements<'a> {
    all: &'a Measurements,
    run: usize,
}

impl<'a> WeightsMeasurements<'a> {
    /// Those of a run, given by its number.
    pub(super) const fn new(all: &'a Measurements, run: usize) -> Self {
        Self { all, run }
    }

    /// Accuracy of a design to show with a number of views.
    pub fn shown(&self, design: &Design, views: u32) -> ShownAccuracy {
        let found = self.all.by_design.get(design);
        found.map_or(ShownAccuracy::None, |&index| self.all.records[index].shown(self.run, views))
    }

    /// The newest accuracy of a design in a precision with a number of views.
    pub fn newest_in(&self, precision: Precision, design: &Design, views: u32) -> Option<Accuracy> {
        self.all.records[*self.all.by_design.get(design)?].newest_in(precision, self.run, views)
    }

    /// The newest accuracy of a design for each number of views it was measured with, fewest views first.
    pub fn by_views(&self, design: &Design) -> Vec<(u32, Accuracy)> {
        let Some(&index) = self.all.by_design.get(design) else { return Vec::new() };
        let record = &self.all.records[index];
        let mut views: Vec<u32> = record.of_run(self.run).map(|reading| reading.views).collect();
        views.sort_unstable();
        views.dedup();
        views.into_iter().filter_map(|views| record.newest(self.run, views).map(|newest| (views, newest))).collect()
    }

    /// The newest accuracy of a design for each single blanked camera of a rig with `views` cameras: camera and
    /// accuracy.
    pub fn without_one(&self, design: &Design, views: u32) -> Vec<(u32, Accuracy)> {
        let Some(blanked) = self.all.blanked.get(design) else { return Vec::new() };
        let of_rig = blanked.iter().filter(|reading| reading.run == self.run && reading.views == views);
        let mut newest: Vec<(u32, Accuracy)> = Vec::new();
        // In int8 before single precision, then the newest.
        let rank = |one: &Accuracy| (one.precision == Precision::Int8, one.step);
        for BlankedReading { lost, accuracy, .. } in of_rig.filter(|reading| reading.lost.is_power_of_two()) {
            let camera = lost.trailing_zeros();
            match newest.iter_mut().find(|(known, _)| *known == camera) {
                Some((_, known)) if rank(known) > rank(accuracy) => {}
                Some((_, known)) => *known = *accuracy,
                None => newest.push((camera, *accuracy)),
            }
        }
        newest.sort_by_key(|(camera, _)| *camera);
        newest
    }
}
