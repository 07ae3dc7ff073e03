//! Runs that are followed, opened and made, and the work on them.

use std::path::Path;

use ratatui::{Terminal, backend::TestBackend};

use super::{
    drawn,
    fixture::{options, session, trained},
    work::shown,
};
use crate::{
    explore::{
        Command, Severity, Update,
        progress::{SearchUpdate, State},
    },
    record::{
        EvaluationRecord, Event, EventRecord, LiveRecord, Measurement, MeasurementKey, Precision, PreparingRecord,
        Role, StepRecord, Subset, Task,
    },
    run::{self, Changes, RunError, SHIPPED, Stored},
    tui::{
        Options, UiState,
        app::App,
        command::UserCommand,
        event_reader::{self, EventReader},
        followed_run::FollowedRun,
        picture_theme, play,
        theme::ColourScheme,
    },
};

#[test]
fn a_deleted_run_is_reported() {
    let root = tempfile::tempdir().unwrap();
    let mut work = FollowedRun::create(root.path(), &options().template).unwrap();
    assert!(work.poll().is_ok());
    std::fs::remove_dir_all(work.directory().path()).unwrap();
    assert!(matches!(work.poll(), Err(RunError::Gone(path)) if path == work.directory().path()));
}

#[test]
fn news_of_a_run_reach_the_screen_and_only_validation_counts() {
    let mut session = session();
    let stored = |id, event| {
        let value = EventRecord { task: Task::Train, event };
        Stored { id, time: 0.0, process: "here/1/1".to_owned(), value }
    };
    let design = session.selected_design().unwrap();
    let printed = session.space().print_design(&design);
    let measurement = |subset, accuracy| {
        let precision = Precision::Float;
        let key = MeasurementKey { design: printed.clone(), views: 6, lost: 0, subset, precision, step: 10 };
        let (calibration_batches, quantisation) = (2, None);
        let value = Measurement { key, accuracy, samples: 500, calibration_batches, seconds: 0.1, quantisation };
        Stored { id: 1, time: 0.0, process: String::new(), value }
    };
    let step = StepRecord { step: 10, steps: 20, losses: vec![(Role::Largest, 1.5)], ..StepRecord::default() };
    let started = Event::Started { command: "splitscope train".to_owned(), pid: 1, resumed_from_step: None };
    let changes = Changes {
        events: vec![stored(1, started), stored(2, Event::Step(step))],
        measurements: vec![measurement(Subset::Test, 0.1), measurement(Subset::Validation, 0.8)],
        ..Changes::default()
    };
    let updates = EventReader::new(Path::new("runs/run-001")).read(session.space(), changes);
    session.apply(Command::Update(updates), 0);
    assert_eq!(session.training().state, State::Running);
    assert_eq!(session.training().last.step, 10);
    assert_eq!(session.accuracy(&design).measured(), Some(0.8));
}

#[test]
fn a_search_and_a_training_of_one_run_are_separate() {
    let stored = |task, event| Stored { id: 1, time: 0.0, process: String::new(), value: EventRecord { task, event } };
    let started = |command: &str| Event::Started { command: command.to_owned(), pid: 1, resumed_from_step: None };
    let finished = || Event::Finished { reason: "all steps are done".to_owned() };
    let events = vec![
        stored(Task::Train, started("splitscope train --run x")),
        stored(Task::Search, started("splitscope search --run x")),
        stored(Task::Train, finished()),
    ];
    let changes = Changes { events, ..Changes::default() };
    let mut updates = EventReader::new(Path::new("runs/run-001")).read(session().space(), changes);
    event_reader::keep_last_states(&mut updates);
    let mut session = session();
    session.apply(Command::Update(updates), 0);
    assert_eq!(session.searching().state, State::Running);
    assert!(matches!(session.training().state, State::Finished(_)));
}

#[test]
fn a_training_that_can_not_start_says_why() {
    let (mut app, _) = drawn(120, 36, session());
    app.act(Command::StartTraining);
    while app.session.training().state.is_active() {
        app.tend();
    }
    let State::Failed(why) = &app.session.training().state else { panic!("{:?}", app.session.training().state) };
    assert!(why.contains("could not start"), "{why}");
    std::fs::remove_dir_all(options().folder).unwrap();
}

#[test]
fn a_search_without_a_run_names_the_keys_that_lead_to_one() {
    let (mut app, _) = drawn(120, 36, session());
    app.act(Command::StartSearch);
    let State::Failed(why) = &app.session.searching().state else { panic!("{:?}", app.session.searching().state) };
    assert_eq!(why, "no run is followed; T trains one, A offers those that there are");
}

#[test]
fn a_live_search_notes_what_it_measures() {
    let session = session();
    let design = session.space().print_design(&session.selected_design().unwrap());
    let evaluated = |accuracy| {
        let (precision, role, samples) = (Precision::Int8, None, 400);
        Event::Evaluated(EvaluationRecord {
            step: 1,
            role,
            design: design.clone(),
            views: 6,
            precision,
            accuracy,
            samples,
        })
    };
    let live = Event::Live(LiveRecord { measured: 0, contenders: 12, best: Some(0.9), rests: false });
    let mut reader = EventReader::new(Path::new("run-001"));
    let mut notes = |event| -> Vec<String> {
        let value = EventRecord { task: Task::Search, event };
        let stored = Stored { id: 1, time: 0.0, process: String::new(), value };
        let updates = reader.read(session.space(), Changes { events: vec![stored], ..Changes::default() });
        let note = |update| if let Update::Search(SearchUpdate::Note(text)) = update { Some(text) } else { None };
        updates.into_iter().filter_map(note).collect()
    };
    assert!(notes(evaluated(0.8)).is_empty(), "a search that works through generations measures hundreds");
    notes(live);
    let told = [0.8, 0.95].map(|accuracy| notes(evaluated(accuracy)).concat());
    assert!(told[0].contains("80.0 % at ") && told[0].ends_with("with 6 sensors"), "{told:?}");
    assert!(told[1].ends_with("with 6 sensors, the best so far"), "{told:?}");
}

#[test]
fn a_search_that_starts_tells_how_much_of_its_data_is_ready() {
    let (mut session, mut ui) = (trained(), UiState::default());
    let update = |event| {
        let value = EventRecord { task: Task::Search, event };
        let stored = Stored { id: 1, time: 0.0, process: String::new(), value };
        EventReader::new(Path::new("run-001"))
            .read(session.space(), Changes { events: vec![stored], ..Changes::default() })
    };
    let preparing = update(Event::Preparing(PreparingRecord { done: 120, total: 480, left_s: 3.0 }));
    session.apply(Command::Update(vec![event_reader::state(Task::Search, State::Starting)]), 0);
    session.apply(Command::Update(preparing), 0);
    let picture = shown(&session, &ui, (120, 36));
    assert!(picture.contains("search starting: 25.0 % of its data"), "{picture}");
    play(&mut session, &mut ui, "3");
    let picture = shown(&session, &ui, (120, 36));
    assert!(picture.contains("120 of 480 objects are ready"), "{picture}");
    session.apply(Command::Update(vec![event_reader::state(Task::Search, State::Running)]), 0);
    assert_eq!(session.searching().preparing, None);
}

#[test]
fn the_shipped_run_is_shown_by_its_word_and_a_search_works_on_a_copy() {
    let root = tempfile::tempdir().unwrap();
    let options = Options { runs_root: root.path().to_owned(), ..options() };
    let theme = picture_theme(ColourScheme::OkabeIto);
    let mut app = App::new(session(), options, theme);
    app.act(UserCommand::FollowRun(SHIPPED.into()));
    assert!(app.session.measured_count() > 20, "{}", app.session.measured_count());
    assert!(!app.session.training().state.is_active());
    let mut terminal = Terminal::new(TestBackend::new(120, 36)).unwrap();
    terminal.draw(|frame| app.draw(frame)).unwrap();
    let screen = terminal.backend().to_string();
    assert!(screen.contains("shipped run: "), "{screen}");
    assert!(run::list(root.path()).unwrap().is_empty(), "nothing is written until the user asks");
    app.act(Command::StartSearch);
    let is_shipped = |app: &App| app.session.training().run.as_deref() == Some(SHIPPED);
    assert!(is_shipped(&app), "no key waits for the copy");
    while is_shipped(&app) {
        app.tend();
    }
    let copy = run::latest(root.path()).unwrap().expect("a copy");
    assert_eq!(app.session.training().run.as_deref(), Some(&*copy.display().to_string()));
}

#[test]
fn no_key_waits_for_a_run_whose_database_is_locked() {
    let root = tempfile::tempdir().unwrap();
    let path = FollowedRun::create(root.path(), &options().template).unwrap().directory().path().to_owned();
    let other = rusqlite::Connection::open(path.join("run.db")).unwrap();
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
    let mut app = App::new(session(), options(), picture_theme(ColourScheme::OkabeIto));
    app.act(UserCommand::FollowRun(path.clone()));
    // Work that is asked for meanwhile begins once the run is open: here its program is missing.
    app.act(Command::StartTraining);
    app.tend();
    assert_eq!((app.session.training().run.as_deref(), &app.session.training().state), (None, &State::Starting));
    drop(other);
    while app.session.training().state.is_active() {
        app.tend();
    }
    assert_eq!(app.session.training().run.as_deref(), path.to_str());
    let State::Failed(why) = &app.session.training().state else { panic!("{:?}", app.session.training().state) };
    assert!(why.contains("could not start"), "{why}");
}

#[test]
fn a_run_that_can_not_be_opened_fails_what_was_asked_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = App::new(session(), options(), picture_theme(ColourScheme::OkabeIto));
    app.act(UserCommand::FollowRun(folder.path().join("none")));
    app.act(Command::StartTraining);
    while app.session.training().state.is_active() {
        app.tend();
    }
    assert!(matches!(app.session.training().state, State::Failed(_)));
    assert!(app.session.toast(0).is_some_and(|message| message.severity == Severity::Error));
}
