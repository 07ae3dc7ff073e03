//! Arrival of control messages at a running process: as lines on standard input from the process that started it, or
//! through the run's database from any other.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use super::error::RunError;
use super::owner::Ownership;
use super::store::Store;
use crate::record::{Control, Event, Task};

/// The database is asked for controls at most this often, unless a test wants them at once.
pub(super) const TABLE_INTERVAL: Duration = Duration::from_millis(200);
/// A line longer than this is no control; it is cut, and reported as one that means nothing.
const LONGEST_LINE: u64 = 64 * 1024;
/// So many lines are read ahead of the work; the writer of more has to wait.
const WAITING_LINES: usize = 1024;

/// Controls that reach a running trainer or searcher. Lines that mean nothing become warnings in the run.
pub struct Inbox {
    store: Store,
    task: Task,
    after: i64,
    /// The database is asked for controls at most this often.
    interval: Duration,
    asked: Option<Instant>,
    /// Closed once standard input has ended, or from the start where it is not read.
    lines: Option<Receiver<String>>,
    /// `true` if standard input is a pipe, whose other end is with the process that started this one.
    is_piped: bool,
    /// Set by a signal, and left set, so that a second one ends the process.
    signalled: Arc<AtomicBool>,
    /// `true` once the signal was passed on.
    signal_told: bool,
    paused: bool,
}

impl Inbox {
    /// The inbox of the owner of a task: all that was sent through the database since it became the owner.
    ///
    /// # Errors
    /// The run's database can't be opened.
    pub fn of(owner: &Ownership) -> Result<Self, RunError> {
        Ok(Self::following(owner.open_store()?, owner.task(), owner.controls_before()))
    }

    /// Reads standard input too, unless it is a terminal: there, a job in the background would be stopped by the system
    /// for reading.
    pub fn read_input(&mut self) {
        let input = std::io::stdin();
        if !input.is_terminal() {
            self.is_piped = is_pipe(&input);
            self.read(input);
        }
    }

    /// The inbox of a worker, who hears what the owner of `task` is told from now on.
    ///
    /// # Errors
    /// The run's database fails.
    pub fn beside(store: Store, task: Task) -> Result<Self, RunError> {
        let after = store.last_control_id()?;
        Ok(Self::following(store, task, after))
    }

    fn following(store: Store, task: Task, after: i64) -> Self {
        Self {
            store: store.waiting_long(),
            task,
            after,
            interval: TABLE_INTERVAL,
            asked: None,
            lines: None,
            is_piped: false,
            signalled: Arc::default(),
            signal_told: false,
            paused: false,
        }
    }

    /// Lets an interrupt (Ctrl-C) or a request to terminate arrive as [`Control::Stop`]; a second one ends the process
    /// at once.
    ///
    /// # Errors
    /// The system refuses to register the signals.
    pub fn catch_signals(&mut self) -> std::io::Result<()> {
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            // The order matters: the first signal finds the flag unset and only sets it, the next one finds it set.
            signal_hook::flag::register_conditional_default(signal, Arc::clone(&self.signalled))?;
            signal_hook::flag::register(signal, Arc::clone(&self.signalled))?;
        }
        Ok(())
    }

    /// Asks the database at every call.
    #[cfg(test)]
    pub(super) fn ask_always(&mut self) {
        self.interval = Duration::ZERO;
    }

    fn read(&mut self, input: impl Read + Send + 'static) {
        let (sender, receiver) = mpsc::sync_channel(WAITING_LINES);
        self.lines = Some(receiver);
        // The thread ends with its input or with the process; a read can't be called off.
        thread::spawn(move || {
            let mut input = BufReader::new(input);
            let mut line = Vec::new();
            loop {
                line.clear();
                match input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
                    Ok(0) | Err(_) => return,
                    Ok(_) => {}
                }
                if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    return;
                }
            }
        });
    }

    /// Returns `true` if the last of the messages to pause, to resume and to stop was to pause.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Returns `true` once the process that started this one has closed its end of standard input, as its own end does.
    pub fn is_left_alone(&self) -> bool {
        self.is_piped && self.lines.is_none()
    }

    /// All that has arrived since the last call, oldest first. Meant to be called at every step: without news it costs
    /// about as much as reading a clock.
    ///
    /// # Errors
    /// The run's database fails.
    pub fn poll(&mut self) -> Result<Vec<Control>, RunError> {
        let lines = self.arrived();
        self.take(lines)
    }

    /// Like [`Inbox::poll`], but waits until something arrives or `timeout` has passed.
    ///
    /// # Errors
    /// The run's database fails.
    pub fn wait(&mut self, timeout: Duration) -> Result<Vec<Control>, RunError> {
        let end = Instant::now() + timeout;
        let mut lines = Vec::new();
        loop {
            lines.extend(self.arrived());
            let controls = self.take(std::mem::take(&mut lines))?;
            let left = end.saturating_duration_since(Instant::now());
            if !controls.is_empty() || left.is_zero() {
                return Ok(controls);
            }
            let nap = left.min(TABLE_INTERVAL);
            match self.lines.as_ref().map(|receiver| receiver.recv_timeout(nap)) {
                Some(Ok(line)) => lines.push(line),
                Some(Err(RecvTimeoutError::Timeout)) => {}
                Some(Err(RecvTimeoutError::Disconnected)) => self.lines = None,
                None => self.store.wait(nap)?,
            }
        }
    }

    /// Lines that wait.
    fn arrived(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(receiver) = &self.lines {
            match receiver.try_recv() {
                Ok(line) => lines.push(line),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => self.lines = None,
            }
        }
        lines
    }

    fn take(&mut self, mut lines: Vec<String>) -> Result<Vec<Control>, RunError> {
        if self.asked.is_none_or(|asked| asked.elapsed() >= self.interval) {
            self.asked = Some(Instant::now());
            for stored in self.store.controls_after(self.task, self.after)? {
                self.after = stored.id;
                lines.push(stored.value);
            }
        }
        let mut controls = Vec::new();
        let mut errors = Vec::new();
        for line in lines.iter().filter(|line| !line.trim().is_empty()) {
            match Control::parse(line) {
                Ok(control) => controls.push(control),
                Err(error) => errors.push(error),
            }
        }
        if let Some(first) = errors.first() {
            let more = if errors.len() > 1 { format!("; {} more such lines", errors.len() - 1) } else { String::new() };
            self.store.append(self.task, &Event::Warning { text: format!("{first}{more}") })?;
        }
        if self.signalled.load(Ordering::Relaxed) && !self.signal_told {
            self.signal_told = true;
            controls.push(Control::Stop);
        }
        for control in &controls {
            match control {
                Control::Pause => self.paused = true,
                Control::Resume | Control::Stop => self.paused = false,
                Control::Limits(_) => {}
            }
        }
        Ok(controls)
    }
}

/// Returns `true` if an input is a pipe, in contrast to a file or a device such as `/dev/null`.
fn is_pipe(input: &impl AsFd) -> bool {
    let metadata = input.as_fd().try_clone_to_owned().and_then(|file| File::from(file).metadata());
    metadata.is_ok_and(|metadata| metadata.file_type().is_fifo())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::tests::{TIMEOUT, new_run, until};
    use std::collections::BTreeMap;
    use std::io::Write;

    fn inbox() -> (tempfile::TempDir, Inbox, Store) {
        let (root, run) = new_run();
        let inbox = Inbox::following(run.store().unwrap(), Task::Train, 0);
        (root, inbox, run.store().unwrap())
    }

    #[test]
    fn lines_and_table_arrive_and_the_end_of_input_is_no_stop() {
        let (_root, mut inbox, store) = inbox();
        let (input, mut output) = std::io::pipe().unwrap();
        inbox.is_piped = is_pipe(&input);
        inbox.read(input);
        assert!(inbox.poll().unwrap().is_empty());
        output.write_all(b"pause\nnonsense\n\n{\"limits\":{\"rate\":2.5}}\nresume").unwrap();
        drop(output);
        let mut controls = Vec::new();
        while controls.len() < 3 {
            let more = inbox.wait(TIMEOUT).unwrap();
            assert!(!more.is_empty(), "only {controls:?} arrived");
            controls.extend(more);
        }
        let limits = Control::Limits(BTreeMap::from([("rate".into(), 2.5)]));
        assert_eq!(controls, [Control::Pause, limits, Control::Resume]);
        until("the end of input is noticed", || inbox.poll().unwrap().is_empty() && inbox.is_left_alone());
        assert!(!is_pipe(&File::open("/dev/null").unwrap()));
        store.send(Task::Search, &Control::Stop).unwrap();
        store.send(Task::Train, &Control::Stop).unwrap();
        assert_eq!(inbox.wait(TIMEOUT).unwrap(), [Control::Stop]);
        let events = store.events_after(0, 10).unwrap();
        assert!(
            matches!(&events[..], [one] if matches!(&one.value.event, Event::Warning { text } if text.contains("nonsense")))
        );
    }

    #[test]
    fn waiting_ends_with_the_time_given_even_after_the_input_has_ended() {
        let (_root, mut inbox, _store) = inbox();
        inbox.read(std::io::empty());
        let begun = Instant::now();
        assert!(inbox.wait(Duration::from_millis(30)).unwrap().is_empty());
        assert!(begun.elapsed() >= Duration::from_millis(30));
    }

    #[test]
    fn a_worker_hears_only_what_comes_after_it() {
        let (_root, _inbox, store) = inbox();
        store.send(Task::Search, &Control::Stop).unwrap();
        let mut worker = Inbox::beside(Store::open(store.path()).unwrap(), Task::Search).unwrap();
        assert!(worker.poll().unwrap().is_empty());
        store.send(Task::Search, &Control::Pause).unwrap();
        assert_eq!(worker.wait(TIMEOUT).unwrap(), [Control::Pause]);
        assert!(worker.is_paused());
    }

    #[test]
    fn an_owner_does_not_hear_what_an_earlier_one_was_told() {
        let (_root, run) = new_run();
        let store = run.store().unwrap();
        store.send(Task::Train, &Control::Stop).unwrap();
        let owner = run.own(Task::Train, "train").unwrap();
        store.send(Task::Train, &Control::Pause).unwrap();
        let mut inbox = Inbox::of(&owner).unwrap();
        assert_eq!(inbox.poll().unwrap(), [Control::Pause], "also what was sent before it looked");
    }
}
