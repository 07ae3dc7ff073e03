//! Ranks as threads of one process, a GPU each: gradients are summed from card to card.

use std::panic::resume_unwind;
use std::rc::Rc;
use std::thread;

use super::{Exchange, RankShare, ThreadExchange, launch};
use crate::train::TrainError;

/// A rank that is a thread with a GPU of its own, rank n with the n-th.
#[derive(Debug)]
struct CardExchange(ThreadExchange);

impl CardExchange {
    /// All ranks, each for a thread of its own.
    fn ranks(cards: usize) -> Vec<Self> {
        ThreadExchange::ranks(cards).into_iter().map(Self).collect()
    }
}

impl Exchange for CardExchange {
    fn share(&self) -> RankShare {
        self.0.share()
    }

    fn sum(&self, values: &mut [f32]) -> Result<(), TrainError> {
        self.0.sum(values)
    }

    fn broadcast(&self, content: &mut Vec<u8>) -> Result<(), TrainError> {
        self.0.broadcast(content)
    }

    fn cards(&self) -> Option<usize> {
        Some(self.0.share().ranks)
    }
}

/// Runs all ranks of a training on so many GPUs: `first` on this thread, `other` on a thread for each of the others.
/// Returns what they return, in their order.
pub(crate) fn on_cards<R: Send>(
    cards: usize,
    first: impl FnOnce(Rc<dyn Exchange>) -> R,
    other: impl Fn(Rc<dyn Exchange>) -> R + Sync,
) -> Vec<R> {
    let mut others = CardExchange::ranks(cards.max(1));
    let own = others.remove(0);
    let other = &other;
    thread::scope(|scope| {
        let spawn = |exchange: CardExchange| {
            scope.spawn(move || {
                launch::take_card(exchange.share().rank);
                other(Rc::new(exchange))
            })
        };
        let threads: Vec<_> = others.into_iter().map(spawn).collect();
        launch::take_card(0);
        let mut found = vec![first(Rc::new(own))];
        found.extend(threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))));
        found
    })
}
