//! The loop, and what it does to the world outside the session.
//!
//! Draw, wait for input, take in all that has come, act, draw again. Without input and without a run at work it sleeps;
//! with one it looks at the run's database a few times a second and draws only if something is new.

use std::{
    ffi::OsString,
    io,
    path::PathBuf,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use ratatui::{
    crossterm::{
        clipboard::CopyToClipboard,
        event::{Event, KeyEventKind},
        execute,
    },
    style::Color,
};

use super::{
    Exit, Options, TuiError,
    dispatch::{self, Deed},
    export,
    hit::HitMap,
    keymap::Key,
    mouse,
    news::{self, News},
    screen::{self, View},
    state::UiState,
    svg::{Ground, svg},
    terminal::{Leave, Signal, Signals, Terminal, read_events},
    theme::Theme,
    work::{self, Work},
};
use crate::{
    explore::{Action, Control, Effect, Export, Feed, Kind, Session, progress::State},
    run::{self, Task},
};

/// How often the database of a run at work is looked at.
const LOOK: Duration = Duration::from_millis(120);
/// How often that of a run at rest is: others may begin to work on it.
const LOOK_AT_REST: Duration = Duration::from_secs(2);
/// For ever, as far as the terminal is concerned.
const LONG: Duration = Duration::from_secs(3600);
/// Least time between two frames, and over a remote line.
const FRAME: Duration = Duration::from_millis(12);
const FRAME_REMOTE: Duration = Duration::from_millis(60);
/// A session that is built faster than this shows no "loading".
const PATIENCE: Duration = Duration::from_millis(100);
/// Limits that stand still for so long are told to a running search.
const SETTLED: Duration = Duration::from_millis(600);
/// Chunks of news taken in before the next frame.
const CHUNKS: usize = 16;

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
    news: News,
    began: Instant,
    looked: Option<Instant>,
    more: bool,
    detached: bool,
    /// The run's training is done: the next one is a new run.
    trained: bool,
    /// When the limits last moved.
    moved: Option<Instant>,
    hits: HitMap,
    outside: Vec<Outside>,
}

impl App {
    /// An app at rest.
    pub fn new(session: Session, options: Options, theme: Theme) -> Self {
        let ui = UiState { mouse: options.mouse, ..UiState::default() };
        Self {
            session,
            ui,
            theme,
            options,
            work: None,
            news: News::default(),
            began: Instant::now(),
            looked: None,
            more: false,
            detached: false,
            trained: false,
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

    /// Takes one input in.
    pub fn event(&mut self, event: &Event) {
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
        for deed in deeds {
            match deed {
                Deed::Act(action) => self.act(action),
                Deed::Redraw => self.outside.push(Outside::Redraw),
                Deed::Suspend => self.outside.push(Outside::Suspend),
                Deed::Mouse => self.outside.push(Outside::Mouse),
            }
        }
    }

    /// Gives the session an action and carries out what it asks for.
    pub fn act(&mut self, action: Action) {
        let limits = self.session.limits_moved().then(|| self.session.limits());
        for effect in self.session.update(action, self.now_ms()) {
            self.effect(effect);
        }
        if self.session.limits_moved() && limits.is_none_or(|limits| limits != self.session.limits()) {
            self.moved = Some(Instant::now());
        }
    }

    fn feed(&mut self, feeds: Vec<Feed>) {
        if !feeds.is_empty() {
            self.act(Action::Feed(feeds));
        }
    }

    fn say(&mut self, kind: Kind, text: String) {
        self.feed(vec![Feed::Message(kind, text)]);
    }

    fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::Quit { keep_frame } => self.outside.push(Outside::Quit { keep_frame }),
            Effect::StartTraining => self.train(),
            Effect::StartSearch(limits) => self.search(&limits),
            Effect::Control(Control::Pause) => self.send(run::Control::Pause),
            Effect::Control(Control::Resume) => self.send(run::Control::Resume),
            Effect::Control(_) => self.send(run::Control::Stop),
            Effect::SendLimits(limits) => {
                self.moved = None;
                self.send(run::Control::Limits(limits));
            }
            Effect::Detach => self.detach(),
            Effect::Copy(text) => self.outside.push(Outside::Copy(text)),
            Effect::Export(export) => self.export(export),
        }
    }

    /// The task that is at work; training first.
    fn task(&self) -> Task {
        let at_work = |task| self.work.as_ref().is_some_and(|work| work.is_working(task));
        if at_work(Task::Search) && !at_work(Task::Train) { Task::Search } else { Task::Train }
    }

    fn send(&mut self, control: run::Control) {
        let task = if matches!(control, run::Control::Limits(_)) { Task::Search } else { self.task() };
        if let Some(work) = &self.work {
            work.send(task, control);
        }
    }

    /// Starts a training on the run that is followed if there is something left to train, else on a new one.
    fn train(&mut self) {
        self.detached = false;
        if self.work.is_none() || self.trained {
            match Work::create(&self.options.runs_root, &self.options.template) {
                Ok(work) => {
                    self.work = Some(work);
                    self.news = News::default();
                    self.trained = false;
                }
                Err(error) => return self.failed(Task::Train, error.to_string()),
            }
        }
        let arguments = self.options.train_args.iter().map(OsString::from).collect();
        self.start(Task::Train, arguments);
    }

    fn search(&mut self, limits: &std::collections::BTreeMap<String, f64>) {
        self.detached = false;
        if self.work.is_none() {
            return self.failed(Task::Search, "there is no trained run yet; T trains one".to_owned());
        }
        let limits = match serde_json::to_string(limits) {
            Ok(limits) => limits,
            Err(error) => return self.failed(Task::Search, error.to_string()),
        };
        let sensors = self.session.knobs().sensors.to_string();
        let mut arguments: Vec<OsString> =
            ["--sensors", &sensors, "--limits", &limits].into_iter().map(OsString::from).collect();
        arguments.extend(self.options.search_args.iter().map(OsString::from));
        self.start(Task::Search, arguments);
    }

    fn start(&mut self, task: Task, arguments: Vec<OsString>) {
        let Some(work) = &mut self.work else { return };
        match work.start(task, &self.options.exe, arguments) {
            Ok(()) => {
                // The session forgot the curves when the training began; a resumed run tells them again.
                work.rewind();
                let run = work.path().display().to_string();
                self.feed(vec![news::run(Task::Train, run.clone()), news::run(task, run)]);
                self.looked = None;
            }
            Err(error) => self.failed(task, error.to_string()),
        }
    }

    fn failed(&mut self, task: Task, why: String) {
        self.feed(vec![news::state(task, State::Failed(why))]);
    }

    fn detach(&mut self) {
        if let Some(work) = &mut self.work {
            work.detach();
            let path = work.path().display().to_string();
            self.detached = true;
            self.say(Kind::Info, format!("the work on {path} goes on by itself; T follows it again"));
        }
    }

    fn export(&mut self, export: Export) {
        let (stem, extension, text) = match export {
            Export::Svg => return self.outside.push(Outside::Picture),
            Export::Csv => ("designs", "csv", Ok(export::csv(&self.session))),
            Export::Json => ("designs", "json", export::json(&self.session)),
            Export::Markdown => ("designs", "md", Ok(export::markdown(&self.session))),
            Export::Session => ("session", "toml", Ok(self.session.to_file().to_toml())),
            Export::Design | Export::Toml => return,
        };
        match text {
            Ok(text) => self.save(stem, extension, &text),
            Err(error) => self.say(Kind::Error, error.to_string()),
        }
    }

    fn save(&mut self, stem: &str, extension: &str, text: &str) {
        match export::save(&self.options.folder, stem, extension, text) {
            Ok(path) => self.say(Kind::Info, format!("wrote {}", path.display())),
            Err(error) => {
                self.say(Kind::Error, format!("could not write into {}: {error}", self.options.folder.display()))
            }
        }
    }

    /// Follows a run from its beginning.
    fn follow(&mut self, path: &std::path::Path) {
        match Work::open(path) {
            Ok(work) => {
                let run = work.path().display().to_string();
                self.feed(vec![news::run(Task::Train, run.clone()), news::run(Task::Search, run)]);
                self.work = Some(work);
                self.more = true;
            }
            Err(error) => self.say(Kind::Error, error.to_string()),
        }
    }

    /// Looks at the run if it is time to. Returns whether anything is new.
    fn look(&mut self) -> bool {
        let due = self.more || self.looked.is_none_or(|looked| looked.elapsed() >= self.pace());
        let Some(work) = self.work.as_mut().filter(|_| due && !self.detached) else { return false };
        if !work.is_working(Task::Train) && !work.is_working(Task::Search) {
            // What can't be attached to now may be the next time.
            let _ = work.attach();
        }
        let first = self.looked.is_none();
        let mut feeds = Vec::new();
        let mut ended = Vec::new();
        self.more = false;
        for _ in 0..CHUNKS {
            match work.look() {
                Ok((changes, gone)) => {
                    self.more = changes.more;
                    self.trained |= News::finishes(&changes);
                    feeds.extend(self.news.read(self.session.space(), changes));
                    ended.extend(gone);
                }
                Err(error) => {
                    feeds.push(news::error(error.to_string()));
                    self.work = None;
                    break;
                }
            }
            if !self.more {
                break;
            }
        }
        self.looked = Some(Instant::now());
        if first {
            news::keep_last_states(&mut feeds);
        }
        let new = !feeds.is_empty() || !ended.is_empty();
        self.feed(feeds);
        for one in ended {
            self.ended(one);
        }
        if !self.more {
            self.reconcile();
        }
        new
    }

    /// Says how a child ended, if the run does not say so itself.
    fn ended(&mut self, ended: work::Ended) {
        if ended.ending.status.is_none() || ended.ending.is_success() {
            return;
        }
        let mut feeds: Vec<Feed> = ended.log.iter().map(|line| news::note(ended.task, line.clone())).collect();
        let tail = ended.log.iter().rev().find(|line| !line.trim().is_empty()).cloned().unwrap_or_default();
        let why = format!("the process {}{}{tail}", ended.ending, if tail.is_empty() { "" } else { ": " });
        feeds.push(news::state(ended.task, State::Failed(why)));
        self.feed(feeds);
    }

    /// A run may say that it is at work when nobody is: its process was killed.
    fn reconcile(&mut self) {
        let Some(work) = &self.work else { return };
        let gone = |task, state: &State| state.is_active() && *state != State::Starting && !work.is_working(task);
        let mut feeds = Vec::new();
        if gone(Task::Train, &self.session.training().state) {
            feeds.push(news::state(
                Task::Train,
                State::Failed("its process is gone; T goes on from the last checkpoint".to_owned()),
            ));
        }
        if gone(Task::Search, &self.session.searching().state) {
            feeds.push(news::state(Task::Search, State::Failed("its process is gone; S starts it again".to_owned())));
        }
        self.feed(feeds);
    }

    fn pace(&self) -> Duration {
        let at_work = |work: &Work| work.is_working(Task::Train) || work.is_working(Task::Search);
        if self.work.as_ref().is_some_and(at_work) { LOOK } else { LOOK_AT_REST }
    }

    /// Tells a running search the limits once they stand still.
    fn settle(&mut self) -> bool {
        let settled = self.moved.is_some_and(|moved| moved.elapsed() >= SETTLED);
        if settled {
            self.moved = None;
            self.act(Action::Control(Control::SendLimits));
        }
        settled
    }

    /// How long the loop may sleep.
    fn patience(&self) -> Duration {
        let mut wait = LONG;
        if self.more {
            wait = Duration::ZERO;
        } else if self.work.is_some() && !self.detached {
            wait = self.pace();
        }
        if let Some(moved) = self.moved {
            wait = wait.min(SETTLED.saturating_sub(moved.elapsed()));
        }
        // A message that goes away by itself needs a frame then.
        if self.session.toast(self.now_ms()).is_some_and(|message| message.kind != Kind::Error) {
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
    thread::spawn(move || sender.send(build()));
    let early = built.recv_timeout(PATIENCE);
    let mut terminal = Terminal::enter(options.mouse)?;
    let session = match early {
        Ok(session) => session,
        Err(_) => {
            terminal.draw(|frame| frame.render_widget("loading the designs", frame.area()))?;
            built.recv().map_err(|_| TuiError::NoSession)?
        }
    };
    let mut app = App::new(session, options, theme);
    app.open();
    app.run(terminal, &signals)
}

impl App {
    /// Follows the run that was named, else one that somebody is at work on.
    fn open(&mut self) {
        let named = self.options.run.clone();
        let run = named.map_or_else(
            || work::living_run(&self.options.runs_root, &self.options.template.space),
            |path| Ok(Some(path)),
        );
        match run {
            Ok(Some(path)) => self.follow(&path),
            Ok(None) => {}
            Err(error) => self.say(Kind::Error, error.to_string()),
        }
    }

    fn run(mut self, mut terminal: Terminal, signals: &Signals) -> Result<Exit, TuiError> {
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
            for event in &events {
                self.event(event);
                dirty = true;
            }
            match signals.take() {
                Some(Signal::End(signal)) => return self.leave(terminal, Leave::Nothing, Some(signal)),
                Some(Signal::Suspend) => terminal.suspend()?,
                Some(Signal::Continue) => {
                    terminal.resume()?;
                    dirty = true;
                }
                None => {}
            }
            dirty |= self.settle();
            dirty |= self.look();
            dirty |= toast != self.session.toast(self.now_ms()).is_some();
            for outside in std::mem::take(&mut self.outside) {
                if let Outside::Quit { keep_frame } = outside {
                    let leave = if keep_frame { Leave::LastFrame } else { Leave::Nothing };
                    return self.leave(terminal, leave, None);
                }
                self.outside(outside, &mut terminal)?;
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
                self.say(Kind::Info, text.to_owned());
                terminal.set_mouse(self.ui.mouse)
            }
            Outside::Copy(text) => execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text)),
            Outside::Picture => {
                // Drawn anew: the menu that was chosen from is gone by now.
                terminal.draw(|frame| self.draw(frame))?;
                let light = self.theme.link.fg
                    == Theme::new(super::theme::Palette::Light, super::theme::ColourDepth::True, self.theme.glyphs)
                        .link
                        .fg;
                let ground =
                    if light && self.theme.link.fg != Some(Color::Reset) { Ground::Light } else { Ground::Dark };
                let picture = svg(terminal.last_frame(), "splitscope", ground);
                self.save("screen", "svg", &picture);
                Ok(())
            }
            Outside::Quit { .. } => Ok(()),
        }
    }

    fn leave(self, terminal: Terminal, leave: Leave, signal: Option<i32>) -> Result<Exit, TuiError> {
        terminal.leave(leave)?;
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
