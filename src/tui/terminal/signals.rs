//! Signals as something the main loop asks for.
//!
//! A thread of its own waits for them, notes them, and wakes the loop, which may so sleep as long as it likes in
//! [`Input::read`](super::Input::read).

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI32, Ordering},
    },
    thread,
};

use ratatui::crossterm::terminal::size;
use signal_hook::{
    consts::{
        SIGABRT, SIGALRM, SIGCONT, SIGHUP, SIGINT, SIGPROF, SIGQUIT, SIGSYS, SIGTERM, SIGTRAP, SIGTSTP, SIGUSR1,
        SIGUSR2, SIGVTALRM, SIGWINCH, SIGXCPU, SIGXFSZ,
    },
    iterator,
    low_level::emulate_default_handler,
};

use super::input::LoopWaker;
use crate::run::remove_temporary_folders;

/// Signals that end a process unless it listens to them, and that others send on purpose, or a limit of its time or of
/// the size of its files.
const ENDING: [i32; 14] = [
    SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGABRT, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGXFSZ, SIGSYS,
    SIGTRAP,
];

/// Request of a signal to the main loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Save, give the terminal back and end. Holds the signal's number; by custom the exit code is 128 plus that.
    End(i32),
    /// Give the terminal back and stop: [`Terminal::suspend`](super::Terminal::suspend).
    Suspend,
    /// The process was stopped and goes on: [`Terminal::resume`](super::Terminal::resume).
    Continue,
}

/// The signals noted since they were last taken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signals {
    noted: Arc<Noted>,
}

#[derive(Debug, Default)]
struct Noted {
    /// Number of the signal that asked to end, 0 for none.
    end: AtomicI32,
    suspend: AtomicBool,
    go_on: AtomicBool,
}

impl Signals {
    /// Begins to listen for signals that would end the process, SIGTSTP, SIGCONT and SIGWINCH, until the process ends.
    /// Should the loop not react to a request to end, a second one ends the process at once, with the terminal given
    /// back.
    ///
    /// # Errors
    /// When the handlers or the thread cannot be set up.
    pub(crate) fn listen(waker: LoopWaker) -> io::Result<Self> {
        let signals = Self::default();
        let noted = Arc::clone(&signals.noted);
        let mut source = iterator::Signals::new(ENDING.into_iter().chain([SIGTSTP, SIGCONT, SIGWINCH]))?;
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for signal in source.forever() {
                if signal == SIGWINCH {
                    // A terminal without a size is drawn as the one before.
                    let _ = size().map(|(columns, rows)| waker.resized(columns, rows));
                } else {
                    noted.note(signal);
                    waker.wake();
                }
            }
        })?;
        Ok(signals)
    }

    /// Returns `true` if a request to end waits to be taken.
    pub(crate) fn end_is_asked(&self) -> bool {
        self.noted.end.load(Ordering::SeqCst) != 0
    }

    /// The next thing asked for, requests to end first.
    pub(crate) fn take(&self) -> Option<Signal> {
        match self.noted.end.swap(0, Ordering::SeqCst) {
            0 => {}
            signal => return Some(Signal::End(signal)),
        }
        if self.noted.suspend.swap(false, Ordering::SeqCst) {
            return Some(Signal::Suspend);
        }
        self.noted.go_on.swap(false, Ordering::SeqCst).then_some(Signal::Continue)
    }
}

impl Noted {
    fn note(&self, signal: i32) {
        match signal {
            SIGTSTP => self.suspend.store(true, Ordering::SeqCst),
            SIGCONT => self.go_on.store(true, Ordering::SeqCst),
            end => {
                if self.end.swap(end, Ordering::SeqCst) != 0 {
                    let _ = super::restore::restore();
                    remove_temporary_folders();
                    let _ = emulate_default_handler(end);
                }
            }
        }
    }
}

/// Stops this process until someone continues it.
pub(super) fn stop_here() -> io::Result<()> {
    emulate_default_handler(SIGTSTP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_taken_once_and_ends_come_first() {
        let signals = Signals::default();
        signals.noted.note(SIGCONT);
        signals.noted.note(SIGTSTP);
        signals.noted.note(SIGTERM);
        assert_eq!(signals.take(), Some(Signal::End(SIGTERM)));
        assert_eq!(signals.take(), Some(Signal::Suspend));
        assert_eq!(signals.take(), Some(Signal::Continue));
        assert_eq!(signals.take(), None);
    }
}
