//! Batches of the next steps, prepared and sent to a device while it works on the present one.

use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

use burn::tensor::Device;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::{Batch, Inputs, RankShare, Settings, TrainError};

/// Batches that wait for their step, beside the one that is being prepared.
const WAITING: usize = 1;

/// A batch with the source of the step's other random choices.
pub(super) type Drawn = (Batch, ChaCha8Rng);

/// A rank's share of the batch of a step, a pure function of the settings and the step.
pub(super) fn draw(
    inputs: &Inputs,
    settings: &Settings,
    step: u64,
    share: RankShare,
    device: &Device,
) -> Result<Drawn, TrainError> {
    let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
    rng.set_stream(step + 1);
    let batch = inputs.prepared_batch(settings, step, &mut rng, share)?.to(device);
    Ok((batch, rng))
}

/// A thread that prepares batches, step by step.
pub(super) struct BatchesAhead {
    /// Step of the next batch.
    pub(super) step: u64,
    drawn: Receiver<Result<Drawn, TrainError>>,
    thread: JoinHandle<()>,
}

impl BatchesAhead {
    /// Starts with the batch of `step`, whatever it is; goes on to that of the last step, unless one can't be read.
    pub(super) fn start(inputs: &Inputs, settings: &Settings, step: u64, share: RankShare, device: &Device) -> Self {
        let (inputs, settings, device) = (inputs.clone(), settings.clone(), device.clone());
        let (sender, drawn) = sync_channel(WAITING);
        let thread = std::thread::spawn(move || {
            for step in step..settings.steps.max(step + 1) {
                let found = draw(&inputs, &settings, step, share, &device);
                let failed = found.is_err();
                // Nobody waits any more where the training went back to another step.
                if sender.send(found).is_err() || failed {
                    return;
                }
            }
        });
        Self { step, drawn, thread }
    }

    /// Waits for the next batch; gives back the thread for those behind it.
    ///
    /// # Errors
    /// A file of samples that cannot be read.
    pub(super) fn next(self) -> Result<(Drawn, Self), TrainError> {
        match self.drawn.recv() {
            Ok(found) => Ok((found?, Self { step: self.step + 1, ..self })),
            Err(_) => match self.thread.join() {
                Err(panic) => resume_unwind(panic),
                Ok(()) => unreachable!("a batch of every step was asked for once"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;
    use crate::data::{DataSpec, Dataset};
    use crate::space::SearchSpace;

    #[test]
    fn batches_prepared_ahead_are_those_of_their_steps() {
        let spec: DataSpec = "arrangement-10:objects=100".parse().unwrap();
        let data = Dataset::open(&spec, 12, 32, 1).unwrap();
        let inputs = Inputs::new(data, &SearchSpace::shipped("tabletop").unwrap()).unwrap();
        let settings = Settings { images: 12, ..Settings::default() };
        let (whole, device) = (RankShare::WHOLE, Device::flex());
        let mut ahead = BatchesAhead::start(&inputs, &settings, 7, whole, &device);
        for step in 7..12 {
            let ((found, mut rng), rest) = ahead.next().unwrap();
            let (wanted, mut other) = draw(&inputs, &settings, step, whole, &device).unwrap();
            assert_eq!(found.labels, wanted.labels);
            assert_eq!(found.views.into_data(), wanted.views.into_data());
            assert_eq!(rng.next_u64(), other.next_u64());
            ahead = rest;
            assert_eq!(ahead.step, step + 1);
        }
    }
}
