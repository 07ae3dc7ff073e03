//! Ranks as processes that an MPI launcher has started (`mpirun`, `srun`).

use std::cell::RefCell;

use mpi::Threading;
use mpi::collective::SystemOperation;
use mpi::environment::Universe;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, CommunicatorCollectives, Root};

use super::{Exchange, RankShare};
use crate::train::TrainError;

/// Bytes of one broadcast at most: MPI counts in 32 bits.
const PIECE: usize = 1 << 30;

/// A rank that is a process.
pub struct MpiExchange {
    // In this order: the communicator goes before MPI is finalised.
    world: SimpleCommunicator,
    /// Receives the sums.
    sums: RefCell<Vec<f32>>,
    _universe: Universe,
}

impl MpiExchange {
    /// Starts MPI in this process; once at most.
    ///
    /// # Errors
    /// MPI was started before, or serves no program with threads.
    pub fn start() -> Result<Self, TrainError> {
        // Other threads compute, and none but this one calls MPI.
        let started = mpi::initialize_with_threading(Threading::Funneled);
        match started {
            Some((universe, Threading::Single)) => {
                drop(universe);
                Err(TrainError::Mpi("it serves no program with threads".into()))
            }
            Some((universe, _)) => Ok(Self { world: universe.world(), sums: RefCell::default(), _universe: universe }),
            None => Err(TrainError::Mpi("it was started before".into())),
        }
    }
}

impl Exchange for MpiExchange {
    fn share(&self) -> RankShare {
        let count = |number| usize::try_from(number).unwrap_or(0);
        RankShare { rank: count(self.world.rank()), ranks: count(self.world.size()).max(1) }
    }

    fn sum(&self, values: &mut [f32]) -> Result<(), TrainError> {
        let mut sums = self.sums.borrow_mut();
        sums.resize(values.len(), 0.0);
        self.world.all_reduce_into(&*values, &mut sums[..], SystemOperation::sum());
        values.copy_from_slice(&sums);
        Ok(())
    }

    fn broadcast(&self, content: &mut Vec<u8>) -> Result<(), TrainError> {
        let first = self.world.process_at_rank(0);
        let mut length = content.len() as u64;
        first.broadcast_into(&mut length);
        content.resize(usize::try_from(length).unwrap_or(usize::MAX), 0);
        content.chunks_mut(PIECE).for_each(|piece| first.broadcast_into(piece));
        Ok(())
    }

    fn abort(&self) {
        self.world.abort(1);
    }
}

impl Drop for MpiExchange {
    fn drop(&mut self) {
        // The others would wait for this rank for ever.
        if std::thread::panicking() {
            self.abort();
        }
    }
}
