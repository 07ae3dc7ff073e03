//! Reading input: wait for the first event, then take all that has arrived.
//!
//! A burst (a fast drag, a held key) becomes one batch and so one frame, not one frame an event.
//!
//! A thread of its own reads: crossterm waits for the rest of a half escape sequence or character for as long as no
//! more comes, whatever time it was given. The main loop waits for that thread, and for signals, and so goes on.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use ratatui::crossterm::event::{self, Event, MouseEventKind};
use signal_hook::{consts::SIGWINCH, low_level::raise};

/// Shortest wait for a further event that has already arrived. Not zero: crossterm's `use-dev-tty` source then
/// does not look at all, and events it has read but not handed out stay where they are.
const MIN_POLL: Duration = Duration::from_micros(5);
/// Longest wait for the end of a burst, which does not come if it ends with half a sequence.
const BURST_WAIT: Duration = Duration::from_millis(1);
/// Largest batch; a flood must not keep the screen from being drawn.
const MAX_BATCH: usize = 4096;
/// Events that wait to be taken; the rest stays with the terminal.
const MAX_WAITING: usize = 1024;

/// One thing the main loop is told.
#[derive(Debug)]
enum InputMessage {
    /// Something happened in the terminal.
    Event(Event),
    /// No further event has arrived: the burst is over.
    Pause,
    /// Look around: there is something else to do.
    Wake,
    /// The terminal is gone.
    Gone(io::Error),
}

/// Input of the terminal. Dropping it ends the reading.
#[derive(Debug)]
pub(crate) struct Input {
    arrivals: Receiver<InputMessage>,
    sender: SyncSender<InputMessage>,
    is_reading: bool,
    is_over: Arc<AtomicBool>,
}

/// Wakes the main loop, from any thread. The default one has no loop to wake: that of an app without a terminal.
#[derive(Clone, Debug, Default)]
pub(crate) struct LoopWaker(Option<SyncSender<InputMessage>>);

impl LoopWaker {
    /// Makes [`Input::read`] return at once.
    pub(crate) fn wake(&self) {
        self.send(InputMessage::Wake);
    }

    /// Tells of a new size of the terminal.
    pub(super) fn resized(&self, columns: u16, rows: u16) {
        self.send(InputMessage::Event(Event::Resize(columns, rows)));
    }

    /// Does not wait: where more waits than there is room for, the main loop is awake.
    fn send(&self, message: InputMessage) {
        let _ = self.0.as_ref().map(|sender| sender.try_send(message));
    }
}

impl Input {
    /// Input that is read from the first call of [`Input::read`] on.
    pub(crate) fn new() -> Self {
        let (sender, arrivals) = sync_channel(MAX_WAITING);
        Self { arrivals, sender, is_reading: false, is_over: Arc::default() }
    }

    /// LoopWaker of whoever reads this input.
    pub(crate) fn waker(&self) -> LoopWaker {
        LoopWaker(Some(self.sender.clone()))
    }

    /// Waits up to `timeout` for input, then returns everything that is pending, coalesced. Empty when nothing came,
    /// and when woken.
    ///
    /// # Errors
    /// When the terminal is gone or the reading thread cannot be started.
    pub(crate) fn read(&mut self, timeout: Duration) -> io::Result<Vec<Event>> {
        self.start()?;
        let mut events = Vec::new();
        let mut until = Instant::now() + timeout;
        while events.len() < MAX_BATCH {
            match self.arrivals.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(InputMessage::Event(event)) => {
                    if events.is_empty() {
                        until = Instant::now() + BURST_WAIT;
                    }
                    events.push(event);
                }
                // That of a burst which was taken before its end.
                Ok(InputMessage::Pause) if events.is_empty() => {}
                Ok(InputMessage::Pause | InputMessage::Wake) | Err(RecvTimeoutError::Timeout) => break,
                Ok(InputMessage::Gone(error)) => return Err(error),
                Err(RecvTimeoutError::Disconnected) => return Err(io::ErrorKind::BrokenPipe.into()),
            }
        }
        Ok(coalesce(events))
    }

    /// Returns `true` if the loop is woken within some time. Nothing is read.
    #[cfg(test)]
    pub(crate) fn woken_within(&self, time: Duration) -> bool {
        matches!(self.arrivals.recv_timeout(time), Ok(InputMessage::Wake))
    }

    /// Starts the reading thread unless it was started.
    fn start(&mut self) -> io::Result<()> {
        if !self.is_reading {
            let (sender, is_over) = (self.sender.clone(), Arc::clone(&self.is_over));
            thread::Builder::new().name("input".to_owned()).spawn(move || {
                if let Err(error) = read_until_over(&sender, &is_over) {
                    let _ = sender.send(InputMessage::Gone(error));
                }
            })?;
            self.is_reading = true;
        }
        Ok(())
    }
}

impl Drop for Input {
    /// Ends the reading, so that the next program gets what is typed from now on. crossterm waits for SIGWINCH as well
    /// as for input: one to ourselves ends its wait.
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        if self.is_reading {
            let _ = raise(SIGWINCH);
        }
    }
}

/// Hands over what happens in the terminal until nobody asks for it any more.
fn read_until_over(sender: &SyncSender<InputMessage>, is_over: &AtomicBool) -> io::Result<()> {
    while !is_over.load(Ordering::SeqCst) {
        let message = match event::read()? {
            // Told by the thread that listens to signals, which no half sequence holds up.
            Event::Resize(..) => continue,
            event => InputMessage::Event(event),
        };
        if sender.send(message).is_err() || (!event::poll(MIN_POLL)? && sender.send(InputMessage::Pause).is_err()) {
            break;
        }
    }
    Ok(())
}

/// Of each run of drags with the same button, of motions, and of resizes only the last is kept: where the mouse was in
/// between is of no interest to a slider. Everything else stays, in order.
fn coalesce(events: Vec<Event>) -> Vec<Event> {
    let mut kept: Vec<Event> = Vec::with_capacity(events.len());
    for event in events {
        match kept.last_mut() {
            Some(last) if supersedes(&event, last) => *last = event,
            _ => kept.push(event),
        }
    }
    kept
}

/// Returns `true` if `event` makes `last`, the one before it, superfluous.
fn supersedes(event: &Event, last: &Event) -> bool {
    match (event, last) {
        (Event::Resize(..), Event::Resize(..)) => true,
        (Event::Mouse(event), Event::Mouse(last)) => {
            let motion = matches!(event.kind, MouseEventKind::Drag(_) | MouseEventKind::Moved);
            motion && event.kind == last.kind && event.modifiers == last.modifiers
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent};

    fn mouse(kind: MouseEventKind, column: u16) -> Event {
        Event::Mouse(MouseEvent { kind, column, row: 0, modifiers: KeyModifiers::NONE })
    }

    #[test]
    fn runs_of_drags_and_resizes_keep_their_last() {
        let left = MouseEventKind::Drag(MouseButton::Left);
        let right = MouseEventKind::Drag(MouseButton::Right);
        let key = Event::Key(KeyEvent::from(KeyCode::Char('l')));
        let events = vec![
            mouse(MouseEventKind::Down(MouseButton::Left), 1),
            mouse(left, 2),
            mouse(left, 3),
            key.clone(),
            mouse(left, 4),
            mouse(right, 5),
            Event::Resize(80, 24),
            Event::Resize(90, 30),
            key.clone(),
            key.clone(),
            mouse(MouseEventKind::ScrollDown, 6),
            mouse(MouseEventKind::ScrollDown, 6),
        ];
        let expected = vec![
            events[0].clone(),
            mouse(left, 3),
            key.clone(),
            mouse(left, 4),
            mouse(right, 5),
            Event::Resize(90, 30),
            key.clone(),
            key,
            mouse(MouseEventKind::ScrollDown, 6),
            mouse(MouseEventKind::ScrollDown, 6),
        ];
        assert_eq!(coalesce(events), expected);
    }

    #[test]
    fn a_long_drag_is_one_event() {
        let left = MouseEventKind::Drag(MouseButton::Left);
        let events = (0..300).map(|column| mouse(left, column)).collect();
        assert_eq!(coalesce(events), [mouse(left, 299)]);
    }
}
