//! Signals as something the main loop asks for.
//!
//! A thread of its own waits for them, notes them, and wakes the loop, which may so sleep as long as it likes in
//! [`read_events`](super::read_events).

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI32, Ordering},
    },
    thread,
    time::Duration,
};

use ratatui::crossterm::event;
use signal_hook::{
    consts::{
        SIGABRT, SIGALRM, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2, SIGWINCH, SIGXCPU,
    },
    iterator,
    low_level::{emulate_default_handler, raise},
};

use crate::run::remove_temporary_folders;

/// Signals that end a process unless it listens to them, and that others send on purpose, or a limit of its time.
const ENDING: [i32; 9] = [SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGABRT, SIGUSR1, SIGUSR2, SIGALRM, SIGXCPU];

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
    /// Begins to listen for signals that would end the process, SIGTSTP and SIGCONT, until the process ends. Should the
    /// loop not react to a request to end, a second one ends the process at once, with the terminal given back.
    ///
    /// # Errors
    /// When the handlers or the thread cannot be set up.
    pub(crate) fn listen() -> io::Result<Self> {
        // crossterm listens to SIGWINCH from its first look for input on. Before that, a signal would be noted and wake
        // nobody. Whoever has no terminal is told when it is entered.
        let _ = event::poll(Duration::ZERO);
        let signals = Self::default();
        let noted = Arc::clone(&signals.noted);
        let mut source = iterator::Signals::new(ENDING.into_iter().chain([SIGTSTP, SIGCONT]))?;
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for signal in source.forever() {
                noted.note(signal);
                wake();
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

/// Makes [`read_events`](super::read_events) return at once, from any thread. The event it then returns is a resize to
/// the present size: crossterm waits for input and for SIGWINCH, so a SIGWINCH to ourselves is the way to wake it.
fn wake() {
    let _ = raise(SIGWINCH);
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
