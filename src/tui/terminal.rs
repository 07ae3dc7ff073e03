//! The terminal: entering, drawing, leaving, whatever happens.
//!
//! Invariants: what [`Terminal::enter`] changed is undone exactly once, by [`Terminal::leave`], by dropping, or by the
//! panic hook, whichever comes first; a panic's text is printed after that, on the ordinary screen, where it can be
//! read. A frame is one write between the marks of a synchronized update. Nothing here ever asks the terminal a
//! question (an answer may not come). Input is in `input`, signals are in `signals`, the clipboard is in
//! `clipboard`.

mod backend;
mod changes;
mod clipboard;
mod inline;
mod input;
mod restore;
mod signals;

use std::{
    cell::Cell,
    io::{self, IsTerminal as _, Write},
    panic,
    rc::Rc,
    sync::{Mutex, Once, PoisonError, atomic::Ordering},
    thread::{self, ThreadId},
};

use ratatui::{
    Frame, TerminalOptions, Viewport,
    backend::{Backend as _, CrosstermBackend},
    buffer::Buffer,
    crossterm::{
        cursor::{Hide, MoveTo},
        event::{DisableMouseCapture, EnableBracketedPaste},
        execute, queue,
        style::force_color_output,
        terminal::{
            BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, disable_raw_mode, enable_raw_mode,
        },
    },
    layout::Rect,
};

pub(crate) use clipboard::copy;
pub(crate) use inline::inline;
pub(crate) use input::{Input, LoopWaker};
pub(crate) use signals::{Signal, Signals};

use backend::FrameBackend;
use changes::changes;
use restore::{ACTIVE, HELD_PANICS, restore};

/// Presses, releases, wheel and drags, with coordinates beyond 223 (modes 1000, 1002, 1006). Unlike crossterm's own
/// command this leaves out plain motion (1003): a mouse that merely crosses the window then wakes nothing.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1002h\x1b[?1006h";

/// Columns that are drawn on at most: more than fit on any desk. A pseudo-terminal may claim to have 65535.
const MOST_COLUMNS: u16 = 1024;
/// Rows that are drawn on at most.
const MOST_ROWS: u16 = 512;

/// The thread that draws; only its panics give the screen back at once.
static DRAWING_THREAD: Mutex<Option<ThreadId>> = Mutex::new(None);

/// Content of the screen after leaving.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Leave {
    /// The content before entering.
    Nothing,
    /// A frame.
    Frame(Buffer),
}

/// The terminal while it is ours. Dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Terminal {
    inner: ratatui::Terminal<FrameBackend<FrameWriter>>,
    /// Frame that is on the screen.
    shown: Buffer,
    /// Memory of the next one.
    next: Buffer,
    gate: Rc<Gate>,
    mouse: bool,
}

/// Returns `true` if standard input and output both are a terminal that can be drawn on.
pub(crate) fn is_usable() -> bool {
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stdin().is_terminal() && io::stdout().is_terminal() && !dumb
}

/// Returns `true` while the terminal is ours: what else is written to it would be drawn over.
pub(crate) fn is_taken() -> bool {
    ACTIVE.load(Ordering::SeqCst)
}

impl Terminal {
    /// Takes the terminal: raw mode, alternate screen, hidden cursor, and mouse reports if wanted,
    /// and pasted text marked as such, so that it is not taken for keys. The calling thread
    /// is the one that draws.
    ///
    /// # Errors
    /// When the terminal cannot be switched or its size is unknown; it is then as it was.
    pub(crate) fn enter(mouse: bool) -> io::Result<Self> {
        install_panic_hook();
        *DRAWING_THREAD.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread::current().id());
        // crossterm takes NO_COLOR to mean `ESC[m` for each style, which also ends bold and reverse video. Colour is
        // the theme's business; what the theme does ask for has to get through.
        force_color_output(true);
        let gate = Rc::new(Gate::default());
        let writer = FrameWriter { pending: Vec::with_capacity(16 * 1024), gate: Rc::clone(&gate) };
        let backend = FrameBackend::new(writer);
        // A full-screen one asks the backend for the size before every frame; see `size`.
        let area = size(&backend)?;
        let inner = ratatui::Terminal::with_options(backend, TerminalOptions { viewport: Viewport::Fixed(area) })?;
        let [shown, next] = [Buffer::empty(area), Buffer::empty(area)];
        let terminal = Self { inner, shown, next, gate, mouse };
        terminal.take()?;
        Ok(terminal)
    }

    /// Draws one frame as one write. Returns the bytes sent.
    ///
    /// # Errors
    /// When the terminal is gone or refuses the bytes.
    pub(crate) fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<u64> {
        self.draw_then(render, |_| ()).map(|((), bytes)| bytes)
    }

    /// Draws one frame and returns it: for keeping what is on the screen.
    ///
    /// # Errors
    /// When the terminal is gone or refuses the bytes.
    pub(crate) fn capture(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<Buffer> {
        self.draw_then(render, Buffer::clone).map(|(frame, _)| frame)
    }

    /// Draws one frame as one write, and looks at what was drawn. Returns the bytes sent too.
    fn draw_then<T>(
        &mut self,
        render: impl FnOnce(&mut Frame<'_>),
        then: impl FnOnce(&Buffer) -> T,
    ) -> io::Result<(T, u64)> {
        let before = self.gate.sent.get();
        self.gate.hold.set(true);
        let drawn = self.draw_held(render, then);
        self.gate.hold.set(false);
        let seen = drawn?;
        Write::flush(self.inner.backend_mut())?;
        Ok((seen, self.gate.sent.get() - before))
    }

    fn draw_held<T>(&mut self, render: impl FnOnce(&mut Frame<'_>), then: impl FnOnce(&Buffer) -> T) -> io::Result<T> {
        queue!(self.inner.backend_mut(), BeginSynchronizedUpdate)?;
        let size = size(self.inner.backend())?;
        if size != self.shown.area {
            self.begin_anew(size)?;
        }
        render(&mut self.inner.get_frame());
        // ratatui's own look for changes takes the width of every character.
        let drawn = self.inner.current_buffer_mut();
        std::mem::swap(drawn, &mut self.next);
        drawn.reset();
        self.inner.backend_mut().draw(changes(&self.shown, &self.next).into_iter())?;
        std::mem::swap(&mut self.shown, &mut self.next);
        let seen = then(&self.shown);
        queue!(self.inner.backend_mut(), EndSynchronizedUpdate)?;
        Ok(seen)
    }

    /// Forgets what is on the screen, so that the next frame is sent whole.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(crate) fn forget(&mut self) -> io::Result<()> {
        // Not `clear`: that one asks the terminal for its cursor and waits for the answer.
        self.begin_anew(size(self.inner.backend())?)
    }

    /// Clears the screen for frames of a size.
    fn begin_anew(&mut self, area: Rect) -> io::Result<()> {
        self.inner.resize(area)?;
        [self.shown, self.next] = [Buffer::empty(area), Buffer::empty(area)];
        Ok(())
    }

    /// Takes the mouse or gives it back to the terminal.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(crate) fn set_mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        let mut out = io::stdout();
        if on {
            out.write_all(MOUSE_ON.as_bytes())?;
        } else {
            queue!(out, DisableMouseCapture)?;
        }
        out.flush()
    }

    /// Gives the terminal back, stops the process until it is continued, and takes the terminal again.
    ///
    /// # Errors
    /// When the terminal cannot be switched.
    pub(crate) fn suspend(&mut self) -> io::Result<()> {
        restore()?;
        signals::stop_here()?;
        self.resume()
    }

    /// Takes the terminal again after the process was stopped; the next frame is sent whole. Does no harm when the
    /// terminal still is ours.
    ///
    /// # Errors
    /// When the terminal cannot be switched.
    pub(crate) fn resume(&mut self) -> io::Result<()> {
        // A shell may have changed the mode meanwhile: take what there is now as what to restore.
        disable_raw_mode()?;
        self.take()?;
        self.forget()
    }

    /// Gives the terminal back.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(crate) fn leave(self, leave: Leave) -> io::Result<()> {
        let left = restore().and_then(|()| match &leave {
            Leave::Nothing => Ok(()),
            Leave::Frame(frame) => print_frame(frame),
        });
        if left.is_err() {
            // ratatui's terminal would tell standard error, which is gone as well, and panic over that.
            std::mem::forget(self);
        }
        left
    }

    fn take(&self) -> io::Result<()> {
        enable_raw_mode()?;
        ACTIVE.store(true, Ordering::SeqCst);
        let mut out = io::stdout();
        let entered = execute!(out, EnterAlternateScreen, EnableBracketedPaste, Hide)
            .and_then(|()| if self.mouse { out.write_all(MOUSE_ON.as_bytes()) } else { Ok(()) })
            .and_then(|()| out.flush());
        if entered.is_err() {
            let _ = restore();
        }
        entered
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = restore();
    }
}

/// Size of the terminal as far as it is drawn on. Asked before every frame: crossterm, which opens `/dev/tty` each
/// time, is asked only if standard output gives none.
fn size(backend: &FrameBackend<FrameWriter>) -> io::Result<Rect> {
    let [columns, rows] = match rustix::termios::tcgetwinsize(io::stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => [size.ws_col, size.ws_row],
        _ => backend.size().map(|size| [size.width, size.height])?,
    };
    Ok(Rect::new(0, 0, columns.min(MOST_COLUMNS), rows.min(MOST_ROWS)))
}

/// Prints a frame on the ordinary screen, above where the prompt will be.
fn print_frame(frame: &Buffer) -> io::Result<()> {
    let mut out = io::stdout();
    let rows = frame.area.height;
    // Push what is there up into the scrollback, then draw at the places the frame was drawn for.
    out.write_all("\r\n".repeat(usize::from(rows)).as_bytes())?;
    let mut backend = CrosstermBackend::new(&mut out);
    backend.draw(Buffer::empty(frame.area).diff(frame).into_iter())?;
    queue!(out, MoveTo(0, rows.saturating_sub(1)))?;
    out.write_all(b"\r\n")?;
    out.flush()
}

/// Installs the hook once for the process. A panic of the drawing thread gives the screen back and is then reported as
/// before; a panic elsewhere is held back while the screen is ours, as its text would tear the picture.
fn install_panic_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            let drawing = *DRAWING_THREAD.lock().unwrap_or_else(PoisonError::into_inner);
            if ACTIVE.load(Ordering::SeqCst) && drawing != Some(thread::current().id()) {
                HELD_PANICS.lock().unwrap_or_else(PoisonError::into_inner).push(panic.to_string());
                return;
            }
            let _ = restore();
            previous(panic);
        }));
    });
}

/// Shared between a [`Terminal`] and the writer inside ratatui.
#[derive(Debug, Default)]
struct Gate {
    /// Bytes stay in memory until the frame is whole.
    hold: Cell<bool>,
    /// Bytes sent so far.
    sent: Cell<u64>,
}

/// Collects a frame and sends it in one write.
#[derive(Debug)]
struct FrameWriter {
    pending: Vec<u8>,
    gate: Rc<Gate>,
}

impl Write for FrameWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pending.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.gate.hold.get() || self.pending.is_empty() {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        out.write_all(&self.pending)?;
        out.flush()?;
        self.gate.sent.set(self.gate.sent.get() + self.pending.len() as u64);
        self.pending.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
