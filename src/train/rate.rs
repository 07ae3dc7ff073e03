//! Rate of a training, and the time until its end.

use std::collections::VecDeque;

use super::Settings;

/// Steps that count.
const WINDOW: usize = 20;
/// Steps before a forecast.
const MIN_STEPS: usize = 5;

/// Images and seconds of the last steps.
#[derive(Debug, Default)]
pub(super) struct TrainingRate {
    recent: VecDeque<(usize, f64)>,
}

impl TrainingRate {
    /// Adds a step: images of all networks, and seconds.
    pub(super) fn add(&mut self, images: usize, seconds: f64) {
        self.recent.push_back((images, seconds));
        if self.recent.len() > WINDOW {
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

    /// Seconds until the end; `None` during the first few steps. Images take as long in steps of the teacher alone as
    /// in those of all networks.
    pub(super) fn eta_s(&self, settings: &Settings, step: u64) -> Option<f64> {
        if self.recent.len() < MIN_STEPS {
            return None;
        }
        Some(settings.images_after(step) / self.images_per_s().max(1e-9))
    }
}
