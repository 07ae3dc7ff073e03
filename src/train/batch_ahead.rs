//! The batch of the next step, prepared while a device works on the present one.

use std::panic::resume_unwind;
use std::thread::JoinHandle;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::inputs::PreparedBatch;
use super::{Inputs, RankShare, Settings, TrainError};

/// A batch with the source of the step's other random choices.
pub(super) type Drawn = (PreparedBatch, ChaCha8Rng);

/// A rank's share of the batch of a step, a pure function of the settings and the step.
pub(super) fn draw(inputs: &Inputs, settings: &Settings, step: u64, share: RankShare) -> Result<Drawn, TrainError> {
    let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
    rng.set_stream(step + 1);
    let batch = inputs.prepared_batch(settings, step, &mut rng, share)?;
    Ok((batch, rng))
}

/// A thread that prepares the batch of a step.
pub(super) struct BatchAhead {
    pub(super) step: u64,
    drawn: JoinHandle<Result<Drawn, TrainError>>,
}

impl BatchAhead {
    /// Starts with the batch of `step`.
    pub(super) fn start(inputs: &Inputs, settings: &Settings, step: u64, share: RankShare) -> Self {
        let (inputs, settings) = (inputs.clone(), settings.clone());
        Self { step, drawn: std::thread::spawn(move || draw(&inputs, &settings, step, share)) }
    }

    /// Waits for the batch.
    ///
    /// # Errors
    /// A file of samples that cannot be read.
    pub(super) fn finish(self) -> Result<Drawn, TrainError> {
        self.drawn.join().unwrap_or_else(|panic| resume_unwind(panic))
    }
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;
    use crate::data::{DataSpec, Dataset};
    use crate::space::SearchSpace;

    #[test]
    fn a_batch_prepared_ahead_is_that_of_its_step() {
        let spec: DataSpec = "arrangement-10:objects=40".parse().unwrap();
        let data = Dataset::open(&spec, 12, 32, 1).unwrap();
        let inputs = Inputs::new(data, &SearchSpace::shipped("tabletop").unwrap()).unwrap();
        let settings = Settings { images: 12, ..Settings::default() };
        for step in [0, 7] {
            let whole = RankShare::WHOLE;
            let (found, mut rng) = BatchAhead::start(&inputs, &settings, step, whole).finish().unwrap();
            let (wanted, mut other) = draw(&inputs, &settings, step, whole).unwrap();
            assert_eq!(found, wanted);
            assert_eq!(rng.next_u64(), other.next_u64());
        }
    }
}
