//! Whether training still knows what it knew: the loss of the largest design, averaged.

use serde::{Deserialize, Serialize};

/// Weight of a new loss in the average; about twenty steps count.
const WEIGHT: f64 = 0.05;
/// Share of the loss of guessing below which something is known.
const KNOWN: f64 = 0.7;
/// Share of the loss of guessing above which nothing is known.
const FORGOTTEN: f64 = 0.98;

/// The average of a loss and its lowest value so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// Average now; `None` before the first loss.
    pub average: Option<f64>,
    /// Lowest average.
    pub best: Option<f64>,
}

impl Trend {
    /// Takes in a loss. Says whether what was known is lost, given the loss of guessing.
    pub(super) fn add(&mut self, loss: f64, guessing: f64) -> bool {
        let average = self.average.map_or(loss, |average| average + WEIGHT * (loss - average));
        let best = self.best.map_or(average, |best| best.min(average));
        (self.average, self.best) = (Some(average), Some(best));
        best < KNOWN * guessing && average > FORGOTTEN * guessing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_lasting_return_to_guessing_is_a_collapse() {
        let guessing = 10.0_f64.ln();
        let fed = |losses: &[f64]| {
            let mut trend = Trend::default();
            losses.iter().any(|&loss| trend.add(loss, guessing))
        };
        let learnt = [vec![guessing; 20], vec![0.5; 60]].concat();
        assert!(!fed(&[vec![guessing; 300], vec![2.2; 100]].concat()), "slow is not lost");
        assert!(!fed(&[learnt.clone(), vec![4.0; 3], vec![0.5; 20]].concat()), "a spike is not the end");
        assert!(fed(&[learnt, vec![2.4; 80]].concat()));
    }
}
