//! Whatever is typed, clicked, dragged and resized, and whatever a run tells meanwhile: nothing panics, the session
//! stays valid, every change can be undone, and the session file opens again as it was.

use proptest::{prelude::*, test_runner::TestRunner};
use ratatui::{
    buffer::Buffer,
    crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind},
    layout::Rect,
};

use super::fixture::{session, trained};
use crate::{
    diagnostic::Source,
    explore::{
        Command, Session, SessionFile, Severity, Update,
        progress::{SearchUpdate, State, TrainUpdate},
    },
    tui::{
        UiState,
        command::UserCommand,
        controller,
        hit::HitMap,
        input::{keyboard, mouse},
        keymap::{BINDINGS, Key},
        picture_theme, screen,
        theme::{ColourScheme, Theme},
    },
};

/// Something that happens.
#[derive(Clone, Debug)]
enum Event {
    Key(Key),
    Mouse(MouseEventKind, u16, u16),
    Resize(u16, u16),
    Update(Update),
    /// So many milliseconds pass.
    Wait(u64),
}

fn event() -> impl Strategy<Value = Event> {
    let keys: Vec<Key> = BINDINGS.iter().flat_map(|row| row.keys).copied().collect();
    let typed: Vec<Key> = "0123456789.>=<- accltsplitS3Mbfixn/".chars().map(Key::char).collect();
    let edits = [KeyCode::Enter, KeyCode::Esc, KeyCode::Backspace, KeyCode::Tab, KeyCode::Up, KeyCode::Down];
    let (left, right) = (MouseButton::Left, MouseButton::Right);
    let kinds = vec![
        MouseEventKind::Down(left),
        MouseEventKind::Drag(left),
        MouseEventKind::Drag(left),
        MouseEventKind::Up(left),
        MouseEventKind::Down(right),
        MouseEventKind::Drag(right),
        MouseEventKind::Up(right),
        MouseEventKind::ScrollUp,
        MouseEventKind::ScrollDown,
        MouseEventKind::Moved,
    ];
    let states = [
        State::Idle,
        State::Starting,
        State::Running,
        State::Pausing,
        State::Paused,
        State::Resuming,
        State::Stopping,
        State::Finished("all is done".to_owned()),
        State::Failed("its process is gone".to_owned()),
    ];
    let updates: Vec<Update> = states
        .into_iter()
        .flat_map(|state| {
            [Update::Training(TrainUpdate::State(state.clone())), Update::Search(SearchUpdate::State(state))]
        })
        .chain([Update::Withdrawn { step: 0 }, Update::Message(Severity::Error, "something failed".to_owned())])
        .collect();
    prop_oneof![
        30 => prop::sample::select(keys).prop_map(Event::Key),
        8 => prop::sample::select(typed).prop_map(Event::Key),
        8 => prop::sample::select(edits.to_vec()).prop_map(|code| Event::Key(Key::plain(code))),
        20 => (prop::sample::select(kinds), 0_u16..210, 0_u16..65).prop_map(|(kind, x, y)| Event::Mouse(kind, x, y)),
        2 => prop::sample::select(vec![(80, 24), (120, 36), (200, 60), (81, 25), (109, 30), (300, 100), (20, 5), (0, 0)])
            .prop_map(|(width, height)| Event::Resize(width, height)),
        2 => prop::sample::select(updates).prop_map(Event::Update),
        2 => (0_u64..6000).prop_map(Event::Wait),
    ]
}

/// The screen without a terminal; what is asked of the outside is left out.
struct Player {
    session: Session,
    ui: UiState,
    size: (u16, u16),
    hits: HitMap,
    theme: Theme,
}

impl Player {
    fn new(session: Session) -> Self {
        let theme = picture_theme(ColourScheme::OkabeIto);
        let (ui, size) = (UiState::default(), (120, 36));
        let mut player = Self { session, ui, size, hits: HitMap::default(), theme };
        player.draw();
        player
    }

    fn view(&self) -> screen::View<'_> {
        screen::View { session: &self.session, ui: &self.ui, theme: &self.theme }
    }

    fn draw(&mut self) {
        let mut buffer = Buffer::empty(Rect::new(0, 0, self.size.0, self.size.1));
        self.hits = screen::draw(self.view(), buffer.area, &mut buffer);
        (self.ui.table_first, self.ui.page) = (self.hits.table_first, self.hits.page);
    }

    fn happen(&mut self, event: &Event) {
        self.ui.now_ms += 30;
        let commands: Vec<UserCommand> = match event {
            Event::Key(key) => keyboard::command(&self.ui, *key).into_iter().collect(),
            Event::Mouse(kind, column, row) => {
                let event = MouseEvent { kind: *kind, column: *column, row: *row, modifiers: KeyModifiers::NONE };
                mouse::commands(&self.session, &mut self.ui, &self.theme, &self.hits, event)
            }
            Event::Resize(width, height) => {
                self.size = (*width, *height);
                Vec::new()
            }
            Event::Update(update) => vec![Command::Update(vec![update.clone()]).into()],
            Event::Wait(ms) => {
                self.ui.now_ms += ms;
                Vec::new()
            }
        };
        for command in commands {
            controller::perform(&mut self.session, &mut self.ui, command);
        }
        self.session.apply_pending_steps(self.ui.now_ms);
        self.draw();
    }

    /// Checks the invariants of the session.
    fn check(&self) {
        let session = &self.session;
        let pool = session.catalogue().len();
        let inside = |id: &u32| (*id as usize) < pool;
        assert!(session.selected().is_some_and(|id| inside(&id)));
        assert!(session.order().iter().all(inside) && session.order().len() <= pool);
        assert!(session.feasible_count() <= pool && session.measured_count() <= pool);
        assert!(session.setup().pins().iter().all(|pin| inside(&pin.candidate)));
        for range in session.ranges().all() {
            let value = session.value(range.knob);
            assert!(!value.is_nan() && value >= 0.0, "{:?} is {value}", range.knob);
            assert!((0.0..=1.0).contains(&range.fraction(value)), "{:?} at {value}", range.knob);
        }
    }
}

/// The session that a session's file opens.
fn reopened(session: &Session) -> Session {
    let text = session.to_file().to_toml();
    let file = SessionFile::from_toml(&Source::new("session.toml", text.clone()))
        .unwrap_or_else(|error| panic!("{error}\n{text}"));
    Session::open(&file, session.space().clone(), session.profile().clone())
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn nothing_that_happens_breaks_the_screen() {
    let homes: Vec<Session> = [session as fn() -> Session, trained].iter().map(|home| home()).collect();
    let config = ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() };
    let events = (0..homes.len(), prop::collection::vec(event(), 1..160));
    let outcome = TestRunner::new(config).run(&events, |(home, events)| {
        let mut player = Player::new(homes[home].clone());
        for event in &events {
            player.happen(event);
            player.check();
        }
        let again = reopened(&player.session);
        prop_assert_eq!(again.to_file(), player.session.to_file());
        for _ in 0..player.session.history().past().len() {
            player.session.apply(Command::Undo, player.ui.now_ms);
        }
        prop_assert_eq!(player.session.setup(), homes[home].setup());
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}
