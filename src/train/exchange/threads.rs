//! Ranks as threads of one process, for tests and for programs that use the library.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::{Exchange, RankShare};
use crate::train::TrainError;

/// Gift of a rank to the others.
#[derive(Debug)]
enum Gift {
    Values(Vec<f32>),
    Content(Vec<u8>),
}

/// Table on which ranks put their gifts.
#[derive(Debug, Default)]
struct GiftTable {
    given: BTreeMap<usize, Gift>,
    /// All gifts of the last round, by rank.
    last: Arc<Vec<Gift>>,
    rounds: u64,
    /// The first rank that has ended, and its failure, if it is known.
    ended: Option<(usize, Option<String>)>,
}

/// A rank that is a thread.
#[derive(Debug)]
pub struct ThreadExchange {
    share: RankShare,
    table: Arc<(Mutex<GiftTable>, Condvar)>,
}

impl ThreadExchange {
    /// All ranks, each for a thread of its own.
    pub fn ranks(ranks: usize) -> Vec<Self> {
        let table = Arc::default();
        let rank = |rank| Self { share: RankShare { rank, ranks }, table: Arc::clone(&table) };
        (0..ranks).map(rank).collect()
    }

    fn locked(&self) -> MutexGuard<'_, GiftTable> {
        self.table.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends this rank by a failure, which is told to those that wait for it.
    #[cfg(any(feature = "cuda", test))]
    pub(super) fn fail(&self, cause: String) {
        self.end(Some(cause));
    }

    fn end(&self, cause: Option<String>) {
        self.locked().ended.get_or_insert((self.share.rank, cause));
        self.table.1.notify_all();
    }

    /// The gifts of all ranks.
    fn exchange(&self, own: Gift) -> Result<Arc<Vec<Gift>>, TrainError> {
        let mut table = self.locked();
        let round = table.rounds;
        table.given.insert(self.share.rank, own);
        if table.given.len() == self.share.ranks {
            table.last = Arc::new(mem::take(&mut table.given).into_values().collect());
            table.rounds += 1;
            self.table.1.notify_all();
        }
        while table.rounds == round {
            if let Some((rank, cause)) = table.ended.clone() {
                return Err(TrainError::RankEnded { rank, cause });
            }
            table = self.table.1.wait(table).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(Arc::clone(&table.last))
    }
}

impl Exchange for ThreadExchange {
    fn share(&self) -> RankShare {
        self.share
    }

    fn sum(&self, values: &mut [f32]) -> Result<(), TrainError> {
        let all = self.exchange(Gift::Values(values.to_vec()))?;
        values.fill(0.0);
        for gift in all.iter() {
            let Gift::Values(others) = gift else { unreachable!("all ranks call the same functions") };
            values.iter_mut().zip(others).for_each(|(sum, value)| *sum += value);
        }
        Ok(())
    }

    fn broadcast(&self, content: &mut Vec<u8>) -> Result<(), TrainError> {
        let all = self.exchange(Gift::Content(mem::take(content)))?;
        let Some(Gift::Content(first)) = all.first() else { unreachable!("all ranks call the same functions") };
        content.clone_from(first);
        Ok(())
    }
}

impl Drop for ThreadExchange {
    fn drop(&mut self) {
        self.end(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_the_same_on_all_ranks_and_rank_0_speaks() {
        let threads = ThreadExchange::ranks(3).into_iter().map(|exchange| {
            std::thread::spawn(move || {
                let mut found = Vec::new();
                for round in 0..50_u8 {
                    let rank = exchange.share().rank;
                    let mut values = [0.1 * rank as f32, f32::from(round)];
                    exchange.sum(&mut values).unwrap();
                    let mut content = vec![round; rank + 1];
                    exchange.broadcast(&mut content).unwrap();
                    found.push((values.map(f32::to_bits), content));
                }
                found
            })
        });
        let found: Vec<_> = threads.collect::<Vec<_>>().into_iter().map(|thread| thread.join().unwrap()).collect();
        assert!(found.iter().all(|one| *one == found[0]));
        assert_eq!(found[0][7], ([0.1_f32 + 0.2, 21.0].map(f32::to_bits), vec![7]));
    }

    #[test]
    fn a_rank_that_ends_is_told_to_those_that_wait_for_it() {
        let mut ranks = ThreadExchange::ranks(2);
        let other = ranks.pop().unwrap();
        let waiting = std::thread::spawn(move || other.sum(&mut [1.0]));
        drop(ranks);
        assert!(matches!(waiting.join().unwrap(), Err(TrainError::RankEnded { rank: 0, cause: None })));
    }
}
