//! How fast training goes, and when it will be done.

use std::collections::VecDeque;

use crate::train::Settings;

/// Steps that count.
const RECENT: usize = 20;
/// Steps before a forecast.
const FEWEST: usize = 5;

/// Images and seconds of the last steps.
#[derive(Debug, Default)]
pub(super) struct Rate {
    recent: VecDeque<(usize, f64)>,
}

impl Rate {
    /// Takes in a step: images of all nets, and seconds.
    pub(super) fn add(&mut self, images: usize, seconds: f64) {
        self.recent.push_back((images, seconds));
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
    }

    fn seconds(&self) -> f64 {
        self.recent.iter().map(|step| step.1).sum::<f64>().max(1e-9)
    }

    pub(super) fn images_per_s(&self) -> f64 {
        self.recent.iter().map(|step| step.0 as f64).sum::<f64>() / self.seconds()
    }

    pub(super) fn steps_per_s(&self) -> f64 {
        self.recent.len() as f64 / self.seconds()
    }

    /// Seconds left, once it can be told. Images take as long in steps of the teacher alone as in those of all nets.
    pub(super) fn eta_s(&self, settings: &Settings, step: u64) -> Option<f64> {
        let left = settings.images_after(step);
        (self.recent.len() >= FEWEST).then(|| left / self.images_per_s().max(1e-9))
    }
}
