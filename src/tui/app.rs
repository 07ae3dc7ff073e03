//! The event loop, and the effects of commands.
//!
//! It draws a frame, waits for input, carries out all commands that came, and draws again. Without input and without a
//! running training or search it sleeps; with one it polls the run's database and draws if anything is new.

mod background;
mod effects;
mod follow;
mod follower;
mod following;
mod open_run;
mod opened_run;
mod opening;
mod pace;
mod picture_work;
mod pictures;
mod predicting;
mod prediction_work;
mod recording;
mod replay;
mod report_work;
mod running;
mod shipped;
mod tour;

use std::{
    io::{self, Write as _},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use ratatui::crossterm::event::{Event, KeyEventKind};
use signal_hook::consts::SIGHUP;

use super::{
    Exit, Options, TuiError,
    command::UserCommand,
    controller,
    demo::Demo,
    effect::{Effect, ExportFormat},
    hit::HitMap,
    input::{keyboard, mouse},
    keymap::Key,
    model::state::UiState,
    screen,
    svg::{Ground, svg},
    terminal::{Input, Leave, LoopWaker, Signal, Signals, Terminal, copy},
    theme::Theme,
};
use crate::explore::{Command, Session, Severity, Update, progress::State};
use crate::run::{RunError, SplitProcesses};
use background::Background;
use follower::{Follower, MAX_WAIT};
use following::LAST_WAIT;
use opening::{Opening, OpeningPurpose, ShippedRun};
use pace::Pace;
use picture_work::PictureWork;
use prediction_work::PredictionWork;
use recording::Recording;

/// Time to build a session before "loading" is shown.
const LOADING_DELAY: Duration = Duration::from_millis(100);
/// Time for which limits must stand still before a running search is sent them.
const SETTLE_TIME: Duration = Duration::from_millis(100);

/// Session, view and the run that is followed or replayed: everything but the terminal.
pub(crate) struct App {
    /// The session.
    pub(crate) session: Session,
    /// The screen's state.
    pub(crate) ui: UiState,
    /// Colours and characters.
    pub(crate) theme: Theme,
    options: Options,
    /// Wakes the loop when work beside the screen is done.
    waker: LoopWaker,
    /// Run that is followed.
    follower: Option<Follower>,
    /// Run that is followed next.
    opening: Option<Opening>,
    /// The shipped run, while it is shown.
    shipped: Option<ShippedRun>,
    /// Run that is replayed.
    recording: Option<Recording>,
    /// Look for a run that a process is at work on.
    living_run: Option<Background<Result<Option<PathBuf>, RunError>>>,
    /// Reading of the run to be replayed.
    recording_read: Option<Background<Result<Recording, RunError>>>,
    /// Tour that is shown instead of a session of the user.
    demo: Option<Demo>,
    /// Work on the pictures that are shown.
    picture_work: PictureWork,
    /// Predictions of accuracies.
    predicting: PredictionWork,
    /// Split that runs as processes.
    split: Option<SplitProcesses>,
    /// Writing of a report: the path of its file.
    report_work: Option<Background<io::Result<PathBuf>>>,
    /// Milliseconds since the start.
    pub(crate) clock: Box<dyn Fn() -> u64>,
    /// Time of the last move of a limit that a running search was not sent.
    moved: Option<Instant>,
    hits: HitMap,
    /// Effects that need the terminal.
    for_terminal: Vec<Effect>,
}

/// Clock that starts now.
fn clock() -> Box<dyn Fn() -> u64> {
    let start = Instant::now();
    Box::new(move || u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX))
}

impl App {
    /// An app at rest.
    pub(crate) fn new(session: Session, options: Options, theme: Theme) -> Self {
        let keys = options.keys.clone().written(!theme.glyphs.braille);
        let ui = UiState { uses_mouse: options.mouse, keys: Arc::new(keys), ..UiState::from_file(&options.view) };
        Self {
            session,
            ui,
            theme,
            options,
            waker: LoopWaker::default(),
            follower: None,
            opening: None,
            shipped: None,
            recording: None,
            living_run: None,
            recording_read: None,
            demo: None,
            picture_work: PictureWork::default(),
            predicting: PredictionWork::default(),
            split: None,
            report_work: None,
            clock: clock(),
            moved: None,
            hits: HitMap::default(),
            for_terminal: Vec::new(),
        }
    }

    fn now_ms(&self) -> u64 {
        (self.clock)()
    }

    /// Draws a frame, and keeps where everything is.
    pub(crate) fn draw(&mut self, frame: &mut ratatui::Frame<'_>) {
        self.hits = screen::view(&self.session, &self.theme, &self.ui, frame);
        self.ui.table_first = self.hits.table_first;
        self.ui.page = self.hits.page;
    }

    /// Handles a batch of input, and leaves off where `is_over` comes true: what a flood of input asks for may take
    /// long.
    pub(crate) fn events(&mut self, events: &[Event], is_over: &dyn Fn() -> bool) {
        self.ui.now_ms = self.now_ms();
        let mut rest = events;
        while let Some((first, others)) = rest.split_first()
            && !is_over()
        {
            let typed = self.typed(rest);
            let taken = typed.chars().count();
            if taken > 1 {
                rest = &rest[taken..];
                self.act(UserCommand::Paste(typed));
                continue;
            }
            rest = others;
            let commands = self.commands(first);
            if self.demo.is_some() && self.tour_takes(&commands) {
                continue;
            }
            for command in commands {
                self.act(command);
            }
        }
        self.watching_limits(|app| app.session.apply_pending_steps(app.ui.now_ms));
    }

    /// Characters at the beginning of some events that an open text entry takes: together they cost one evaluation.
    fn typed(&self, events: &[Event]) -> String {
        if self.ui.entry.is_none() {
            return String::new();
        }
        let character = |event: &Event| match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => Key::from(*key).character(),
            _ => None,
        };
        events.iter().map_while(character).collect()
    }

    fn commands(&mut self, event: &Event) -> Vec<UserCommand> {
        match event {
            Event::Paste(text) => vec![UserCommand::Paste(text.clone())],
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                keyboard::command(&self.ui, Key::from(*key)).into_iter().collect()
            }
            Event::Mouse(event) => mouse::commands(&self.session, &mut self.ui, &self.theme, &self.hits, *event),
            _ => Vec::new(),
        }
    }

    /// Carries out a command with its effects.
    pub(crate) fn act(&mut self, command: impl Into<UserCommand>) {
        self.ui.now_ms = self.now_ms();
        let effects = self.watching_limits(|app| controller::perform(&mut app.session, &mut app.ui, command));
        for effect in effects {
            self.effect(effect);
        }
    }

    /// Notes the time if limits move, so that a running search hears of them once they stand still.
    fn watching_limits<T>(&mut self, change: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.session.activity().limits_moved().then(|| self.session.limits());
        let result = change(self);
        if self.session.activity().limits_moved() && before.is_none_or(|limits| limits != self.session.limits()) {
            self.moved = Some(Instant::now());
        }
        result
    }

    fn feed(&mut self, updates: Vec<Update>) {
        if !updates.is_empty() {
            self.act(Command::Update(updates));
        }
    }

    fn say(&mut self, kind: Severity, text: String) {
        self.feed(vec![Update::Message(kind, text)]);
    }

    /// Time that the loop may wait for input.
    fn wait_time(&self) -> Duration {
        let mut wait = self.follower.as_ref().map_or(MAX_WAIT, |follower| follower.wait_time(self.expects_pictures()));
        wait = wait.min(self.replay_rest().unwrap_or(MAX_WAIT)).min(self.tour_rest().unwrap_or(MAX_WAIT));
        wait = wait.min(self.picture_work.rest().unwrap_or(MAX_WAIT));
        wait = wait.min(self.predicting.rest(self.session.catalogue().measured_changes()).unwrap_or(MAX_WAIT));
        wait = wait.min(self.split_rest().unwrap_or(MAX_WAIT));
        if let Some(moved) = self.moved {
            wait = wait.min(SETTLE_TIME.saturating_sub(moved.elapsed()));
        }
        // A message that goes away by itself needs a frame then.
        if self.session.toast(self.now_ms()).is_some_and(|message| message.severity != Severity::Error) {
            wait = wait.min(Duration::from_millis(250));
        }
        wait
    }
}

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
        // What was asked for is done: also work on a run that is not open yet, and its temporary folder goes.
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
