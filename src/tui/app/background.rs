//! Work in a thread beside the screen. Its end wakes the main loop: no key waits for it, and no clock looks for it.

use std::{
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::Duration,
};

use thiserror::Error;

use crate::tui::terminal::LoopWaker;

/// Work whose result is awaited.
pub(super) struct Background<T>(Receiver<T>);

/// Place for the result of some work. Dropped without one, it tells that the work has died.
pub(super) struct Promise<T> {
    sender: Option<Sender<T>>,
    waker: LoopWaker,
}

/// The work ended without a result.
#[derive(Debug, Error)]
#[error("the work ended without a result")]
pub(super) struct WorkDied;

impl<T: Send + 'static> Background<T> {
    /// Begins some work in a thread of its own.
    pub(super) fn start(waker: &LoopWaker, work: impl FnOnce() -> T + Send + 'static) -> Self {
        let (promise, background) = Self::promised(waker);
        thread::spawn(move || promise.keep(work()));
        background
    }

    /// Work of a thread that there is already, which keeps the promise.
    pub(super) fn promised(waker: &LoopWaker) -> (Promise<T>, Self) {
        let (sender, receiver) = mpsc::channel();
        (Promise { sender: Some(sender), waker: waker.clone() }, Self(receiver))
    }

    /// The result, once, if it comes within some time; `None` while the work goes on.
    pub(super) fn result_within(&self, time: Duration) -> Option<Result<T, WorkDied>> {
        match self.0.recv_timeout(time) {
            Ok(result) => Some(Ok(result)),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Err(WorkDied)),
        }
    }

    /// Waits for the result.
    pub(super) fn result(&self) -> Result<T, WorkDied> {
        self.0.recv().map_err(|_| WorkDied)
    }

    /// Takes the result of the work in a slot, which is free then; `None` while the work goes on, or there is none.
    pub(super) fn take(slot: &mut Option<Self>) -> Option<Result<T, WorkDied>> {
        let result = slot.as_ref()?.result_within(Duration::ZERO)?;
        *slot = None;
        Some(result)
    }
}

impl<T> Promise<T> {
    /// Hands the result over, and wakes the main loop. Nobody awaits it if the screen is left, or something else was
    /// asked for meanwhile: then it is dropped here.
    pub(super) fn keep(self, result: T) {
        if let Some(sender) = &self.sender {
            let _ = sender.send(result);
        }
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        // First, so that whoever is woken sees that it is gone.
        self.sender = None;
        self.waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::terminal::Input;

    #[test]
    fn a_result_is_taken_once_and_wakes_the_loop() {
        let input = Input::new();
        let (promise, background) = Background::promised(&input.waker());
        let mut slot = Some(background);
        assert!(Background::take(&mut slot).is_none() && slot.is_some());
        thread::spawn(move || promise.keep(7));
        assert!(input.woken_within(Duration::from_mins(1)));
        assert!(matches!(Background::take(&mut slot), Some(Ok(7))));
        assert!(Background::take(&mut slot).is_none() && slot.is_none());
    }

    #[test]
    fn work_that_dies_is_told() {
        let work = Background::<u8>::start(&LoopWaker::default(), || panic!("on purpose"));
        assert_eq!(work.result().unwrap_err().to_string(), "the work ended without a result");
    }
}
