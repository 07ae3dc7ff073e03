//! Detection of a training that has lost what it had learnt, from the loss of the largest design.

use serde::{Deserialize, Serialize};

/// Weight of a new loss in the moving average; about twenty steps count.
const WEIGHT: f64 = 0.05;
/// Share of the loss of guessing below which something has been learnt.
const LEARNT: f64 = 0.7;
/// Share of the loss of guessing above which nothing is left.
const LOST: f64 = 0.98;

/// Moving average of a loss, and its minimum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct CollapseDetector {
    /// Current average; `None` before the first loss.
    pub average: Option<f64>,
    /// Lowest average.
    pub best: Option<f64>,
}

impl CollapseDetector {
    /// Adds a loss. Returns `true` if the average has returned to `guessing`, the loss of guessing, after it had been
    /// much lower.
    pub(super) fn add(&mut self, loss: f64, guessing: f64) -> bool {
        let average = self.average.map_or(loss, |average| average + WEIGHT * (loss - average));
        let best = self.best.map_or(average, |best| best.min(average));
        (self.average, self.best) = (Some(average), Some(best));
        best < LEARNT * guessing && average > LOST * guessing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_lasting_return_to_guessing_is_a_collapse() {
        let guessing = 10.0_f64.ln();
        let fed = |losses: &[f64]| {
            let mut detector = CollapseDetector::default();
            losses.iter().any(|&loss| detector.add(loss, guessing))
        };
        let learnt = [vec![guessing; 20], vec![0.5; 60]].concat();
        assert!(!fed(&[vec![guessing; 300], vec![2.2; 100]].concat()), "slow is not lost");
        assert!(!fed(&[learnt.clone(), vec![4.0; 3], vec![0.5; 20]].concat()), "a spike is not the end");
        assert!(fed(&[learnt, vec![2.4; 80]].concat()));
    }
}
