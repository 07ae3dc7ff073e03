//! The loop, and what it does to the world outside the session.
//!
//! Draw, wait for input, take in all that has come, act, draw again. Without input and without a run at work it sleeps;
//! with one it looks at the run's database a few times a second and draws only if something is new.

mod effects;
mod follow;
mod replay;
mod tour;

use std::{
    io::{self, Write as _},
    path::PathBuf,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use ratatui::crossterm::event::{Event, KeyEventKind};
use signal_hook::consts::SIGHUP;

use super::{
    Exit, Options, TuiError,
    demo::Demo,
    dispatch::{self, Deed},
    event_reader::EventReader,
    hit::HitMap,
    keymap::{Key, Verb},
    mouse,
    screen::{self, View},
    state::UiState,
    svg::{Ground, svg},
    terminal::{Leave, Signal, Signals, Terminal, copy, read_events},
    theme::Theme,
    work::Work,
};
use crate::{
    explore::{Command, KnobId, Move, Session, Severity, Update, progress::State},
    record::Task,
};
use follow::SETTLED;
use replay::Replay;

/// For ever, as far as the terminal is concerned.
const LONG: Duration = Duration::from_hours(1);
/// Least time between two frames, and over a remote line.
const FRAME: Duration = Duration::from_millis(12);
const FRAME_REMOTE: Duration = Duration::from_millis(60);
/// A session that is built faster than this shows no "loading".
const PATIENCE: Duration = Duration::from_millis(100);

/// What only the terminal can do.
#[derive(Debug)]
enum Outside {
    Redraw,
    Suspend,
    Mouse,
    Copy(String),
    Picture,
    Quit { keep_frame: bool },
}

/// Everything but the terminal.
pub struct App {
    /// The session.
    pub session: Session,
    /// The screen's state.
    pub ui: UiState,
    /// Colours and characters.
    pub theme: Theme,
    options: Options,
    work: Option<Work>,
    reader: Option<EventReader>,
    replay: Option<Replay>,
    demo: Option<Demo>,
    began: Instant,
    looked: Option<Instant>,
    more: bool,
    detached: bool,
    /// The run's training is done: the next one is a new run.
    trained: bool,
    /// Where the steps of a knob have led that the session was not yet told.
    turned: Option<(KnobId, f64)>,
    /// When the limits last moved.
    moved: Option<Instant>,
    hits: HitMap,
    outside: Vec<Outside>,
}

impl App {
    /// An app at rest.
    pub fn new(session: Session, options: Options, theme: Theme) -> Self {
        let keys = options.keys.clone().written(!theme.glyphs.braille);
        let ui = UiState { mouse: options.mouse, keys: Arc::new(keys), ..UiState::default() };
        Self {
            session,
            ui,
            theme,
            options,
            work: None,
            reader: None,
            replay: None,
            demo: None,
            began: Instant::now(),
            looked: None,
            more: false,
            detached: false,
            trained: false,
            turned: None,
            moved: None,
            hits: HitMap::default(),
            outside: Vec::new(),
        }
    }

    fn view(&self) -> View<'_> {
        View { session: &self.session, ui: &self.ui, theme: &self.theme }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Draws a frame, and keeps where everything is.
    pub fn draw(&mut self, frame: &mut ratatui::Frame<'_>) {
        self.hits = screen::view(&self.session, &self.theme, &self.ui, frame);
        self.ui.table_first = self.hits.table_first;
        self.ui.page = self.hits.page;
    }

    /// Takes inputs in, all that came at once.
    pub fn events(&mut self, events: &[Event]) {
        self.ui.now_ms = self.now_ms();
        for event in events {
            self.event(event);
        }
        self.flush();
    }

    fn event(&mut self, event: &Event) {
        let deeds = match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                dispatch::key(&self.session, &mut self.ui, Key::from(*key))
            }
            Event::Mouse(event) => {
                let (deeds, ui) = mouse::mouse(self.view(), &self.hits, *event);
                self.ui = ui;
                deeds
            }
            _ => Vec::new(),
        };
        if self.demo.is_some() && self.tour_takes(&deeds) {
            return;
        }
        for deed in deeds {
            match deed {
                Deed::Act(Command::MoveKnob(Move::By(steps))) => self.turn(steps),
                Deed::Act(action) => {
                    self.flush();
                    self.act(action);
                }
                Deed::Redraw => self.outside.push(Outside::Redraw),
                Deed::Suspend => self.outside.push(Outside::Suspend),
                Deed::Mouse => self.outside.push(Outside::Mouse),
                Deed::Runs => self.offer_runs(),
                Deed::Follow(path) => self.switch_to(&path),
                Deed::Reel(wind) if self.demo.is_some() => self.steer_tour(wind),
                Deed::Reel(wind) => self.wind(wind),
            }
        }
    }

    /// Notes steps of the selected knob. A held key brings many at once: all designs are costed for the last one only.
    fn turn(&mut self, steps: i32) {
        let dial = self.session.selected_dial();
        if self.session.setup().is_locked(dial.id) {
            // The session says so.
            return self.act(Command::MoveKnob(Move::By(steps)));
        }
        let value = match self.turned {
            Some((knob, value)) if knob == dial.id => value,
            _ => self.session.value(dial.id),
        };
        self.turned = Some((dial.id, dial.step(value, steps)));
    }

    /// Moves the knob to where the noted steps led.
    fn flush(&mut self) {
        let Some((knob, value)) = self.turned.take() else { return };
        // A step leads to a stop, and the fraction of a stop is nearest to itself.
        let fraction = self.session.dial(knob).map(|dial| dial.fraction(value));
        if let Some(fraction) = fraction.filter(|_| (value - self.session.value(knob)).abs() > 0.0) {
            self.act(Command::SetKnob { knob, fraction });
        }
    }

    /// Gives the session an action and carries out what it asks for.
    pub fn act(&mut self, action: Command) {
        if self.replay.is_some()
            && matches!(action, Command::StartTraining | Command::StartSearch | Command::Control(_))
        {
            let key = self.ui.keys.key(Verb::Runs);
            return self.say(Severity::Warning, format!("a replay only looks; {key} follows a run to go on with it"));
        }
        let limits = self.session.limits_moved().then(|| self.session.limits());
        for effect in self.session.apply(action, self.now_ms()) {
            self.effect(effect);
        }
        if self.session.limits_moved() && limits.is_none_or(|limits| limits != self.session.limits()) {
            self.moved = Some(Instant::now());
        }
    }

    fn feed(&mut self, updates: Vec<Update>) {
        if !updates.is_empty() {
            self.act(Command::Update(updates));
        }
    }

    fn say(&mut self, kind: Severity, text: String) {
        self.feed(vec![Update::Message(kind, text)]);
    }

    /// How long the loop may sleep.
    fn patience(&self) -> Duration {
        let mut wait = LONG;
        if self.more {
            wait = Duration::ZERO;
        } else if self.work.is_some() && !self.detached {
            wait = self.pace();
        }
        wait = wait.min(self.beat().unwrap_or(LONG)).min(self.tour_rest().unwrap_or(LONG));
        if let Some(moved) = self.moved {
            wait = wait.min(SETTLED.saturating_sub(moved.elapsed()));
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
pub fn run(build: impl FnOnce() -> Session + Send + 'static, options: Options) -> Result<Exit, TuiError> {
    let signals = Signals::listen()?;
    let theme = options.theme();
    let (sender, built) = mpsc::channel();
    thread::spawn(move || {
        // Nobody waits for it any more only if the terminal could not be taken.
        let _ = sender.send(build());
    });
    let early = built.recv_timeout(PATIENCE);
    let mut terminal = Terminal::enter(options.mouse)?;
    let session = if let Ok(session) = early {
        session
    } else {
        terminal.draw(|frame| frame.render_widget("loading the designs", frame.area()))?;
        built.recv().map_err(|_| TuiError::NoSession)?
    };
    let mut app = App::new(session, options, theme);
    app.open();
    app.run(terminal, &signals)
}

impl App {
    /// Runs until it is ended, and gives the terminal back. One that can't be drawn on or read is gone: that ends it as a
    /// hang-up does, whose signal may come later, so that the session is kept.
    fn run(mut self, mut terminal: Terminal, signals: &Signals) -> Result<Exit, TuiError> {
        let (leave, signal) = self.cycle(&mut terminal, signals).unwrap_or_else(|error| {
            // Said where it can be read, should there be somebody.
            let _ = writeln!(io::stderr(), "the terminal can't be used: {error}");
            (Leave::Nothing, Some(SIGHUP))
        });
        let left = terminal.leave(leave);
        if signal.is_none() {
            left?;
        }
        self.leave(signal)
    }

    /// Draws, waits, and acts until it is ended: how to leave, and the signal that ended it, if one did.
    fn cycle(&mut self, terminal: &mut Terminal, signals: &Signals) -> io::Result<(Leave, Option<i32>)> {
        let remote = std::env::var_os("SSH_CONNECTION").is_some();
        let least = if remote { FRAME_REMOTE } else { FRAME };
        let mut drawn: Option<Instant> = None;
        let mut dirty = true;
        let mut toast = false;
        loop {
            let rest = drawn.map_or(Duration::ZERO, |drawn: Instant| least.saturating_sub(drawn.elapsed()));
            if dirty && rest.is_zero() {
                self.ui.now_ms = self.now_ms();
                toast = self.session.toast(self.ui.now_ms).is_some();
                terminal.draw(|frame| self.draw(frame))?;
                drawn = Some(Instant::now());
                dirty = false;
            }
            let events = read_events(if dirty { rest } else { self.patience() })?;
            self.events(&events);
            dirty |= !events.is_empty();
            match signals.take() {
                Some(Signal::End(signal)) => return Ok((Leave::Nothing, Some(signal))),
                Some(Signal::Suspend) => terminal.suspend()?,
                Some(Signal::Continue) => {
                    terminal.resume()?;
                    dirty = true;
                }
                None => {}
            }
            dirty |= self.settle();
            dirty |= self.look();
            dirty |= self.play();
            dirty |= self.tour();
            dirty |= toast != self.session.toast(self.now_ms()).is_some();
            for outside in std::mem::take(&mut self.outside) {
                if let Outside::Quit { keep_frame } = outside {
                    let leave = if keep_frame {
                        Leave::Frame(terminal.capture(|frame| self.draw(frame))?)
                    } else {
                        Leave::Nothing
                    };
                    return Ok((leave, None));
                }
                self.outside(outside, terminal)?;
                dirty = true;
            }
        }
    }

    fn outside(&mut self, outside: Outside, terminal: &mut Terminal) -> io::Result<()> {
        match outside {
            Outside::Redraw => terminal.forget(),
            Outside::Suspend => terminal.suspend(),
            Outside::Mouse => {
                self.ui.mouse = !self.ui.mouse;
                let text = if self.ui.mouse {
                    "the mouse is used here"
                } else {
                    "the mouse is the terminal's: it selects text"
                };
                self.say(Severity::Info, text.to_owned());
                terminal.set_mouse(self.ui.mouse)
            }
            Outside::Copy(text) => copy(&mut io::stdout().lock(), &text, std::env::var_os("TMUX").is_some()),
            Outside::Picture => {
                // Drawn anew: the menu that was chosen from is gone by now.
                let frame = terminal.capture(|frame| self.draw(frame))?;
                let ground = if self.options.is_light() { Ground::Light } else { Ground::Dark };
                let picture = svg(&frame, "splitscope", ground);
                self.save("screen", "svg", &picture);
                Ok(())
            }
            Outside::Quit { .. } => Ok(()),
        }
    }

    fn leave(self, signal: Option<i32>) -> Result<Exit, TuiError> {
        let at_work = |work: &Work| work.is_working(Task::Train) || work.is_working(Task::Search);
        let stopping = [&self.session.training().state, &self.session.searching().state].contains(&&State::Stopping);
        if stopping && let Some(work) = &self.work {
            // The line to the child may die with this process before it is read; the run's database does not.
            work.stop_surely(self.task())?;
        }
        let left: Option<PathBuf> =
            self.work.as_ref().filter(|work| at_work(work) && !stopping).map(|work| work.path().to_owned());
        Ok(Exit { session: self.session, at_work: left, signal })
    }
}
