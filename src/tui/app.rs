//! The screen without its terminal: a session with the work beside it, and the commands of events.

mod background;
mod effects;
mod event_loop;
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
    io,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use ratatui::crossterm::event::{Event, KeyEventKind};

use super::{
    Options,
    command::UserCommand,
    controller,
    demo::Demo,
    effect::Effect,
    hit::HitMap,
    input::{keyboard, mouse},
    keymap::Key,
    model::state::UiState,
    screen,
    terminal::LoopWaker,
    theme::Theme,
};
use crate::explore::{Command, Session, Severity, Update};
use crate::run::{RunError, SplitProcesses};
use background::Background;
pub(crate) use event_loop::run;
use follower::{Follower, MAX_WAIT};
use opening::{Opening, ShippedRun};
use picture_work::PictureWork;
use prediction_work::PredictionWork;
use recording::Recording;

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
