//! Exchange between the processes of one training (data-parallel): each of these ranks sees a share of every batch, and
//! all of them make the same update.
//!
//! | file | contents |
//! |---|---|
//! | `launch` | what launchers tell a process about itself |
//! | `threads` | ranks as threads of one process |
//! | `cards` | ranks as threads of one process, a GPU each (feature `cuda`) |
//! | `mpi` | ranks as processes of one or many machines, by a system's MPI (feature `mpi`) |
//!
//! A step exchanges the sums of gradients and reports, and first whether it is made at all; cards, whose gradients go
//! another way, tell each other that they come before it. Everything else is drawn from the seed alike on all ranks.

use std::ops::Range;

use super::TrainError;

#[cfg(any(feature = "cuda", test))]
mod cards;
pub(crate) mod launch;
#[cfg(feature = "mpi")]
mod mpi;
mod threads;

#[cfg(feature = "mpi")]
pub use self::mpi::MpiExchange;
#[cfg(feature = "cuda")]
pub(crate) use cards::check_cards;
#[cfg(any(feature = "cuda", test))]
pub(crate) use cards::on_cards;
pub use threads::ThreadExchange;

/// One rank's connection to all ranks of a training. Each of them calls the same functions in the same order.
pub trait Exchange {
    /// This rank among all.
    fn share(&self) -> RankShare;

    /// Replaces values by their sums over all ranks, which are the same bits on each.
    ///
    /// # Errors
    /// Another rank has ended.
    fn sum(&self, values: &mut [f32]) -> Result<(), TrainError>;

    /// Replaces `content` by that of rank 0.
    ///
    /// # Errors
    /// Another rank has ended.
    fn broadcast(&self, content: &mut Vec<u8>) -> Result<(), TrainError>;

    /// Number of the GPUs that all ranks, threads of this process, compute on, rank n on the n-th: gradients are summed
    /// from card to card. `None` where they go through memory.
    fn cards(&self) -> Option<usize> {
        None
    }

    /// Runs a sum that goes from card to card, which returns the bytes that this rank gives into it once it is done.
    fn sum_on_cards(&self, sum: &mut dyn FnMut() -> u64) {
        sum();
    }

    /// Ends the processes of all ranks after a failure of this one, where they are processes.
    fn abort(&self) {}
}

/// A training in one process.
#[derive(Debug, Clone, Copy, Default)]
pub struct Alone;

impl Exchange for Alone {
    fn share(&self) -> RankShare {
        RankShare::WHOLE
    }

    fn sum(&self, _values: &mut [f32]) -> Result<(), TrainError> {
        Ok(())
    }

    fn broadcast(&self, _content: &mut Vec<u8>) -> Result<(), TrainError> {
        Ok(())
    }
}

/// Number of a rank and of all ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RankShare {
    /// Number of the rank, counted from 0.
    pub rank: usize,
    /// Number of ranks.
    pub ranks: usize,
}

impl RankShare {
    /// The only rank.
    pub const WHOLE: Self = Self { rank: 0, ranks: 1 };

    /// Returns `true` for the rank that keeps records and checkpoints.
    pub const fn leads(self) -> bool {
        self.rank == 0
    }

    /// Returns `true` if there are others.
    pub const fn has_others(self) -> bool {
        self.ranks > 1
    }

    /// Places of this rank's share of `count` objects. Shares follow each other and differ by one object at most.
    pub const fn of(self, count: usize) -> Range<usize> {
        self.rank * count / self.ranks..(self.rank + 1) * count / self.ranks
    }

    /// Sizes of the shares of all ranks.
    pub fn sizes(self, count: usize) -> Vec<usize> {
        (0..self.ranks).map(|rank| Self { rank, ..self }.of(count).len()).collect()
    }
}

/// The decision of rank 0, on all ranks.
///
/// # Errors
/// Rank 0 can't decide, or another rank has ended.
pub(crate) fn decide<E: From<TrainError>>(
    exchange: &dyn Exchange,
    decision: impl FnOnce() -> Result<bool, E>,
) -> Result<bool, E> {
    let mut content = Vec::new();
    if exchange.share().leads() {
        content.push(u8::from(decision()?));
    }
    exchange.broadcast(&mut content)?;
    Ok(content == [1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_cover_everything_once_and_differ_by_one_at_most() {
        for ranks in 1..7 {
            for count in ranks..40 {
                let shares: Vec<_> = (0..ranks).map(|rank| RankShare { rank, ranks }.of(count)).collect();
                assert_eq!(shares.iter().flat_map(Clone::clone).collect::<Vec<_>>(), (0..count).collect::<Vec<_>>());
                let sizes = RankShare { rank: 0, ranks }.sizes(count);
                assert_eq!(sizes, shares.iter().map(ExactSizeIterator::len).collect::<Vec<_>>());
                assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1);
            }
        }
    }
}
