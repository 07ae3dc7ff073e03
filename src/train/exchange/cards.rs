//! Ranks as threads of one process, a GPU each: gradients are summed from card to card.

use std::fmt::Display;
use std::io::Write;
use std::panic::resume_unwind;
use std::rc::Rc;
use std::{process, thread};

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

impl Drop for CardExchange {
    fn drop(&mut self) {
        // The other cards wait without end in a sum that this one no longer comes to, and nothing calls them back.
        if thread::panicking() {
            let RankShare { rank, ranks } = self.share();
            let _ = writeln!(
                std::io::stderr(),
                "error: rank {rank} of {ranks} failed, and all end; the same command goes on from the last checkpoint"
            );
            process::abort();
        }
    }
}

/// Refuses more GPUs than are there.
///
/// # Errors
/// So many were found.
pub(crate) fn check_cards(cards: usize, found: usize) -> Result<(), String> {
    if cards <= found {
        return Ok(());
    }
    Err(format!(
        "--cards is {cards}, and the number of GPUs found is {found}; CUDA_VISIBLE_DEVICES, if it is set, hides others"
    ))
}

/// Runs all ranks of a training on so many GPUs: `first` on this thread, `other` on a thread for each of the others.
/// Returns what they return, in their order. Ranks that wait for one that fails are told why it did.
pub(crate) fn on_cards<R: Send, E: Display + Send>(
    cards: usize,
    first: impl FnOnce(Rc<dyn Exchange>) -> Result<R, E>,
    other: impl Fn(Rc<dyn Exchange>) -> Result<R, E> + Sync,
) -> Vec<Result<R, E>> {
    let mut others = CardExchange::ranks(cards.max(1));
    let own = others.remove(0);
    let other = &other;
    thread::scope(|scope| {
        let spawn = |exchange: CardExchange| scope.spawn(move || on_card(exchange, other));
        let threads: Vec<_> = others.into_iter().map(spawn).collect();
        let mut found = vec![on_card(own, first)];
        found.extend(threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))));
        found
    })
}

/// Runs a rank on its GPU.
fn on_card<R, E: Display>(exchange: CardExchange, work: impl FnOnce(Rc<dyn Exchange>) -> Result<R, E>) -> Result<R, E> {
    launch::take_card(exchange.share().rank);
    let exchange = Rc::new(exchange);
    let outcome = work(exchange.clone());
    if let Err(error) = &outcome {
        exchange.0.fail(format!("{error:#}"));
    }
    outcome
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::sync::mpsc;

    use super::*;

    /// Set in the process whose ranks are to fail.
    const VARIABLE: &str = "SPLITSCOPE_TEST_CARD_FAILS";

    #[test]
    fn ranks_have_a_card_each_and_hear_why_another_has_ended() {
        let outcomes = on_cards(
            2,
            |exchange| exchange.sum(&mut [1.0]).map_err(|error| error.to_string()),
            |exchange| {
                assert_eq!((exchange.cards(), launch::gpu()), (Some(2), exchange.share().rank));
                Err("no memory".to_owned())
            },
        );
        let told = "rank 1 of the training has ended: no memory";
        assert_eq!(outcomes, [Err(told.to_owned()), Err("no memory".to_owned())]);
    }

    #[test]
    fn a_card_that_panics_ends_the_process_in_which_the_others_wait() {
        if std::env::var_os(VARIABLE).is_some() {
            // Rank 0 waits as for a card: it is told of nothing.
            let (_kept, never) = mpsc::channel::<()>();
            on_cards::<(), String>(
                2,
                move |_| never.recv().map_err(|error| error.to_string()),
                |_exchange| panic!("the card is gone"),
            );
            return;
        }
        let name = "a_card_that_panics_ends_the_process_in_which_the_others_wait";
        let program = std::env::current_exe().unwrap();
        let output = Command::new(program).args([name, "--nocapture"]).env(VARIABLE, "1").output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{told}");
        assert!(told.contains("the card is gone") && told.contains("error: rank 1 of 2 failed"), "{told}");
    }

    #[test]
    fn more_cards_than_there_are_are_refused_with_their_number() {
        assert_eq!(check_cards(2, 2), Ok(()));
        assert!(check_cards(4, 2).unwrap_err().contains("--cards is 4, and the number of GPUs found is 2"));
    }
}
