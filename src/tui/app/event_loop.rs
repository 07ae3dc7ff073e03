//! The event loop.
//!
//! It draws a frame, waits for input, carries out all commands that came, and draws again. Without input and without a
//! running training or search it sleeps; with one it polls the run's database and draws if anything is new.

use std::{
    io::{self, Write as _},
    time::{Duration, Instant},
};

use signal_hook::consts::SIGHUP;

use super::{
    App,
    background::Background,
    follower::Follower,
    following::LAST_WAIT,
    opening::{Opening, OpeningPurpose},
    pace::Pace,
};
use crate::{
    explore::{Session, Severity, progress::State},
    tui::{
        Exit, Options, TuiError,
        effect::{Effect, ExportFormat},
        svg::{Ground, svg},
        terminal::{Input, Leave, LoopWaker, Signal, Signals, Terminal, copy},
    },
};

/// Time to build a session before "loading" is shown.
const LOADING_DELAY: Duration = Duration::from_millis(100);

/// Runs the screen until the user ends it.
///
/// # Errors
/// The terminal can't be taken or is gone.
pub(crate) fn run(build: impl FnOnce() -> Session + Send + 'static, options: Options) -> Result<Exit, TuiError> {
    let mut input = Input::new();
    let signals = Signals::listen(input.waker())?;
    let theme = options.theme();
    let built = Background::start(&LoopWaker::default(), build);
    let early = built.result_within(LOADING_DELAY);
    let mut terminal = Terminal::enter(options.mouse)?;
    let session = if let Some(session) = early {
        session
    } else {
        terminal.draw(|frame| frame.render_widget("loading the designs", frame.area()))?;
        built.result()
    };
    let session = session.map_err(|_| TuiError::NoSession)?;
    let mut app = App { waker: input.waker(), ..App::new(session, options, theme) };
    app.open();
    app.run(terminal, &mut input, &signals)
}

impl App {
    /// Runs until it is ended, and gives the terminal back. One that can't be drawn on or read is gone: that ends it as
    /// a hang-up does, whose signal may come later, so that the session is kept.
    fn run(mut self, mut terminal: Terminal, input: &mut Input, signals: &Signals) -> Result<Exit, TuiError> {
        let (leave, signal) = self.cycle(&mut terminal, input, signals).unwrap_or_else(|error| {
            // Printed to the terminal, where it can be read.
            let _ = writeln!(io::stderr(), "the terminal can't be used: {error}");
            (Leave::Nothing, Some(SIGHUP))
        });
        let left = terminal.leave(leave);
        if signal.is_none() {
            left?;
        }
        Ok(self.leave(signal))
    }

    /// Draws, waits, and acts until it is ended: how to leave, and the signal that ended it, if one did.
    fn cycle(
        &mut self,
        terminal: &mut Terminal,
        input: &mut Input,
        signals: &Signals,
    ) -> io::Result<(Leave, Option<i32>)> {
        let mut pace = Pace::new();
        loop {
            self.draw_if_due(terminal, &mut pace)?;
            let events = input.read(if pace.dirty { pace.rest() } else { self.wait_time() })?;
            self.events(&events, &|| signals.end_is_asked());
            pace.dirty |= !events.is_empty();
            match signals.take() {
                Some(Signal::End(signal)) => return Ok((Leave::Nothing, Some(signal))),
                Some(Signal::Suspend) => terminal.suspend()?,
                Some(Signal::Continue) => {
                    terminal.resume()?;
                    pace.dirty = true;
                }
                None => {}
            }
            if let Some(leave) = self.take_terminal_effects(terminal, &mut pace)? {
                return Ok((leave, None));
            }
            // Drawn before anything is looked up, which may take longer than a frame, so that keys are seen at once.
            self.draw_if_due(terminal, &mut pace)?;
            pace.dirty |= self.tend();
            pace.dirty |= pace.message.as_ref() != self.session.toast(self.now_ms());
            if let Some(leave) = self.take_terminal_effects(terminal, &mut pace)? {
                return Ok((leave, None));
            }
        }
    }

    /// Draws a frame if anything has changed since the last one and that is long enough ago.
    fn draw_if_due(&mut self, terminal: &mut Terminal, pace: &mut Pace) -> io::Result<()> {
        if !pace.dirty || !pace.rest().is_zero() {
            return Ok(());
        }
        self.ui.now_ms = self.now_ms();
        pace.message = self.session.toast(self.ui.now_ms).cloned();
        terminal.draw(|frame| self.draw(frame))?;
        (pace.drawn, pace.dirty) = (Some(Instant::now()), false);
        Ok(())
    }

    /// Looks after the run, the pictures and all other work beside the screen. Returns `true` if there is anything new
    /// to draw.
    pub(crate) fn tend(&mut self) -> bool {
        let mut is_new = self.send_settled_limits();
        is_new |= self.tend_living_run();
        is_new |= self.tend_opening(Duration::ZERO);
        is_new |= self.poll_run();
        is_new |= self.tend_pictures();
        is_new |= self.tend_predictions();
        is_new |= self.tend_report();
        is_new |= self.tend_recording();
        is_new |= self.tend_split();
        is_new |= self.play();
        is_new | self.tour()
    }

    /// Carries out the effects that wait for the terminal; how to leave it if one of them ends the program.
    fn take_terminal_effects(&mut self, terminal: &mut Terminal, pace: &mut Pace) -> io::Result<Option<Leave>> {
        for effect in std::mem::take(&mut self.for_terminal) {
            if let Effect::Quit { keep_frame } = effect {
                if keep_frame {
                    return Ok(Some(Leave::Frame(terminal.capture(|frame| self.draw(frame))?)));
                }
                return Ok(Some(Leave::Nothing));
            }
            self.on_terminal(effect, terminal)?;
            pace.dirty = true;
        }
        Ok(None)
    }

    /// Carries out an effect that needs the terminal. The others are carried out by [`App::effect`].
    fn on_terminal(&mut self, effect: Effect, terminal: &mut Terminal) -> io::Result<()> {
        match effect {
            Effect::Redraw => terminal.forget(),
            Effect::Suspend => terminal.suspend(),
            Effect::ToggleMouse => {
                self.ui.uses_mouse = !self.ui.uses_mouse;
                let text = if self.ui.uses_mouse {
                    "the mouse is used here"
                } else {
                    "the mouse is the terminal's: it selects text"
                };
                self.say(Severity::Info, text.to_owned());
                terminal.set_mouse(self.ui.uses_mouse)
            }
            Effect::Copy(text) => copy(&mut io::stdout().lock(), &text, std::env::var_os("TMUX").is_some()),
            Effect::Export(ExportFormat::Svg) => {
                // Drawn anew: the menu that was chosen from is gone by now.
                let frame = terminal.capture(|frame| self.draw(frame))?;
                let ground = if self.options.is_light() { Ground::Light } else { Ground::Dark };
                let picture = svg(&frame, "splitscope", ground);
                self.save("screen", "svg", &picture);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn leave(mut self, signal: Option<i32>) -> Exit {
        // Before the folder that it writes to is removed.
        self.end_pictures();
        let stopping = [&self.session.training().state, &self.session.searching().state].contains(&&State::Stopping);
        // All that was asked for is done first: also work on a run that is not open yet, and its temporary folder goes.
        let is_opening = |opening: &Opening| opening.run.is_in_work() || opening.purpose == OpeningPurpose::Pictures;
        if self.opening.as_ref().is_some_and(is_opening) {
            self.tend_opening(LAST_WAIT);
        }
        if let Some(follower) = &mut self.follower {
            follower.run.finish_start();
        }
        let stopped = stopping && self.follower.as_ref().is_some_and(|follower| self.stops_surely(follower));
        let left = self.follower.as_ref().filter(|follower| follower.run.is_in_work() && !stopped);
        let left = left.map(|follower| follower.path().to_owned());
        Exit { session: self.session, ui: self.ui, at_work: left, signal }
    }

    /// Stops the work on a run. The line to the child may die with this process before it is read; the run's database
    /// does not. Returns `false`, with a warning, if that fails.
    fn stops_surely(&self, follower: &Follower) -> bool {
        let stopped = follower.stop_surely(self.task());
        if let Err(error) = &stopped {
            // Printed to the terminal, if it can be written to.
            let _ = writeln!(io::stderr(), "warning: the work was not stopped: {error}");
        }
        stopped.is_ok()
    }
}
