//! Runs that are followed, and what is written to files.

use std::path::Path;

use ratatui::{Terminal, backend::TestBackend};

use super::{
    drawn,
    fixture::{leak_of, literature, options, predicted, running, session, trained},
    replay_position,
};
use crate::{
    explore::{
        CandidateId, Column, Command, Session, Severity, Update, WorkRequest,
        progress::{SearchUpdate, State},
    },
    quantity::{Dimension, Knob},
    record::{
        EvaluationRecord, Event, EventRecord, LiveRecord, Measurement, MeasurementKey, Precision, PreparingRecord,
        Role, StepRecord, Subset, Task,
    },
    run::{self, Changes, RunError, SHIPPED, Stored},
    tui::{
        Options, UiState,
        app::App,
        command::{DesignFormat, RowMove, UserCommand},
        controller,
        effect::{Effect, ExportFormat},
        event_reader::{self, EventReader},
        export,
        followed_run::FollowedRun,
        model::screen::{Overlay, Screen},
        picture_theme, play, still,
        theme::ColourScheme,
    },
};

#[test]
fn the_lowest_bar_of_the_knobs_says_what_else_it_stands_for() {
    let mut session = session();
    let mut by_latency = session.order().to_vec();
    let latency = |id: &u32| session.row(*id).unwrap().evaluation.latency.total_s();
    by_latency.sort_by(|one, other| latency(one).total_cmp(&latency(other)));
    let views = session.knobs().sensors;
    let measured = |id: u32, accuracy| {
        let (design, samples, step, quantisation) = (session.best_design(id).unwrap(), 400, 1, None);
        Update::Measured { design, views, accuracy, samples, step, quantisation }
    };
    let slower = *by_latency.iter().rfind(|id| session.ranked(**id).unwrap().feasible()).unwrap();
    let updates = |low| vec![measured(by_latency[0], low), measured(slower, 0.9)];
    let [far, near] = [0.2, 0.7].map(updates);
    let mut other = session.clone();
    session.apply(Command::Update(far), 0);
    other.apply(Command::Update(near), 0);
    let shown_of = |session: &Session| shown(session, &UiState::default(), (120, 36));
    let (far, near) = (shown_of(&session), shown_of(&other));
    assert!(far.contains("best accuracy there, ≤ 60.0 to 90.0 %"), "{far}");
    assert!(near.contains("best accuracy there, 70.0 to 90.0 %"), "{near}");
}

#[test]
fn quitting_asks_only_while_somebody_is_at_work() {
    let quit = |session: &mut Session, ui: &mut UiState| controller::perform(session, ui, UserCommand::Quit);
    let mut ui = UiState::default();
    assert_eq!(quit(&mut session(), &mut ui), [Effect::Quit { keep_frame: false }]);
    let mut session = trained();
    assert!(quit(&mut session, &mut ui).is_empty());
    assert_eq!(ui.menu.as_ref().map(|menu| menu.choices.len()), Some(3), "a question");
    let effects = controller::perform(&mut session, &mut ui, UserCommand::ActivateRow(0));
    assert_eq!(effects, [Effect::Quit { keep_frame: false }]);
}

#[test]
fn a_replay_refuses_to_start_work() {
    let (mut session, mut ui) = (session(), UiState { replay: Some(replay_position()), ..UiState::default() });
    assert!(controller::perform(&mut session, &mut ui, Command::StartTraining).is_empty());
    assert!(session.toast(0).is_some_and(|message| message.text.contains("a replay only looks")));
}

#[test]
fn a_sensor_of_a_split_that_runs_is_ended_by_enter() {
    let (mut session, mut ui) = (session(), UiState::default());
    controller::perform(&mut session, &mut ui, UserCommand::ToggleOverlay(Overlay::Running));
    assert_eq!(ui.overlay, None, "nothing runs");
    ui.running = Some(running());
    controller::perform(&mut session, &mut ui, UserCommand::ToggleOverlay(Overlay::Running));
    controller::perform(&mut session, &mut ui, UserCommand::Rows(RowMove::Last));
    let effects = controller::perform(&mut session, &mut ui, UserCommand::Open);
    assert_eq!((effects, ui.overlay), (vec![Effect::ToggleSensor(3)], Some(Overlay::Running)));
}

#[test]
fn a_training_that_starts_is_shown() {
    let (mut session, mut ui) = (session(), UiState::default());
    let effects = controller::perform(&mut session, &mut ui, Command::StartTraining);
    assert_eq!((effects, ui.screen), (vec![Effect::Work(WorkRequest::StartTraining)], Screen::Train));
}

#[test]
fn a_design_is_copied_as_text_that_reads_back() {
    let (mut session, mut ui) = (session(), UiState::default());
    let effects = controller::perform(&mut session, &mut ui, UserCommand::Copy(DesignFormat::Text));
    let [Effect::Copy(text)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(session.space().parse_design(text).ok(), session.selected_design());
}

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
fn a_picture_of_the_screen_shows_no_word_of_the_export_before_it() {
    let (mut app, _) = drawn(120, 36, session());
    let tell = |severity| Command::Update(vec![Update::Message(severity, "told".to_owned())]);
    app.act(tell(Severity::Info));
    app.act(UserCommand::Export(ExportFormat::Svg));
    assert_eq!(app.session.toast(0), None);
    app.act(tell(Severity::Error));
    app.act(UserCommand::Export(ExportFormat::Svg));
    assert!(app.session.toast(0).is_some(), "an error stays until it is dismissed");
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
fn designs_are_written_as_csv_json_and_markdown() {
    let session = trained();
    let csv = export::csv(&session);
    let mut lines = csv.lines();
    let columns = lines.next().unwrap().split(',').count();
    assert_eq!(lines.clone().count(), session.order().len());
    assert!(lines.all(|line| line.split(',').count() == columns));
    let json: serde_json::Value = serde_json::from_str(&export::json(&session).unwrap()).unwrap();
    let designs = json["designs"].as_array().unwrap();
    assert_eq!(designs.len(), session.order().len());
    assert!(designs[0]["accuracy"]["value"].as_f64().is_some() && designs[0]["latency_s"].as_f64().is_some());
    assert_eq!(
        (&designs[0]["accuracy"]["kind"], &designs[0]["accuracy"]["precision"]),
        (&"measured".into(), &"int8".into())
    );
    assert!(designs.iter().any(|design| design["accuracy"].is_null()), "not all are measured");
    assert_eq!(export::markdown(&session).lines().count(), 4 + 10);
    let mut session = session;
    session.apply(Command::Note("a|b, #demo".to_owned()), 0);
    let json: serde_json::Value = serde_json::from_str(&export::json(&session).unwrap()).unwrap();
    assert_eq!(json["designs"][session.selected_row().unwrap()]["note"], "a|b, #demo");
    assert!(export::csv(&session).contains(",\"a|b, #demo\"\n"));
    let table = export::markdown(&session);
    assert!(table.contains(" | fits | note |\n") && table.contains(" | a\\|b, #demo |\n"), "{table}");
}

/// Characters of the screen.
fn shown(session: &Session, ui: &UiState, size: (u16, u16)) -> String {
    let picture = still(session, ui, size, &picture_theme(ColourScheme::OkabeIto));
    picture.content.iter().map(ratatui::buffer::Cell::symbol).collect()
}

#[test]
fn the_sentence_of_the_leak_is_read_whole_beside_a_design() {
    for size in [(80, 24), (120, 36), (200, 60)] {
        let (mut session, mut ui) = (trained(), UiState::default());
        let design = session.selected_design().unwrap();
        session.apply(Command::Update(vec![leak_of(design, Precision::Int8, 0.929)]), 0);
        play(&mut session, &mut ui, "t<enter>");
        let picture = shown(&session, &ui, size);
        assert!(picture.contains("92.9 %") && picture.contains("rebuilt"), "{size:?}\n{picture}");
        let sentence = session.hold_sentence().unwrap();
        assert!(sentence.split(' ').all(|word| picture.contains(word)), "{size:?} {sentence}\n{picture}");
    }
}

#[test]
fn a_leak_in_float_says_so_wherever_it_is_told() {
    let mut session = trained();
    let mut ui = UiState::default();
    let [one, other] = [0, 1].map(|row| session.best_design(session.order()[row]).unwrap());
    let leaks = vec![leak_of(one, Precision::Float, 0.731), leak_of(other, Precision::Int8, 0.652)];
    session.apply(Command::Update(leaks), 0);
    let table = shown(&session, &ui, (200, 60));
    assert!(table.contains("73.1f") && table.contains("65.2") && !table.contains("65.2f"), "{table}");
    play(&mut session, &mut ui, "t j 4");
    let compared = shown(&session, &ui, (120, 36));
    assert!(compared.contains("73.1f") && compared.contains("65.2") && !compared.contains("65.2f"), "{compared}");
    let json: serde_json::Value = serde_json::from_str(&export::json(&session).unwrap()).unwrap();
    let precisions: Vec<&serde_json::Value> =
        json["designs"].as_array().unwrap().iter().take(3).map(|design| &design["leak_precision"]).collect();
    assert_eq!(precisions, [&"float".into(), &"int8".into(), &serde_json::Value::Null]);
    assert!(export::csv(&session).lines().any(|line| line.contains(",0.731,float,")));
}

#[test]
fn the_precision_of_accuracies_is_told_wherever_they_are_drawn() {
    for size in [(80, 24), (120, 36), (200, 60)] {
        for keys in ["", "p", "t", "C", "3"] {
            let (mut session, mut ui) = (trained(), UiState::default());
            play(&mut session, &mut ui, keys);
            let picture = shown(&session, &ui, size);
            assert!(picture.contains("int8"), "{size:?} {keys}\n{picture}");
        }
        assert!(!shown(&session(), &UiState::default(), size).contains("int8"), "no accuracy is known");
    }
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
fn predicted_accuracies_are_written_as_such() {
    let session = predicted();
    let json: serde_json::Value = serde_json::from_str(&export::json(&session).unwrap()).unwrap();
    let accuracies = || json["designs"].as_array().unwrap().iter().map(|design| &design["accuracy"]);
    assert!(accuracies().all(|accuracy| accuracy["low"].as_f64() <= accuracy["high"].as_f64()));
    let of_kind = |kind: &str| accuracies().filter(|accuracy| accuracy["kind"] == kind).count();
    let (measured, predicted) = (of_kind("measured"), of_kind("predicted"));
    assert!(measured > 0 && predicted > 0 && measured + predicted == session.order().len());
    assert_eq!(export::csv(&session).lines().filter(|line| line.contains(",predicted,")).count(), predicted);
    let mut session = session;
    session.apply(Command::Filter("-measured".to_owned()), 0);
    let table = export::markdown(&session);
    assert!(table.lines().skip(4).all(|line| line.contains("(predicted)")), "{table}");
}

#[test]
fn accuracies_of_the_literature_are_written_with_what_they_leave_out() {
    let session = literature();
    let json: serde_json::Value = serde_json::from_str(&export::json(&session).unwrap()).unwrap();
    assert_eq!(json["designs"][0]["accuracy"]["kind"], "literature");
    let caveat = json["notes"][0].as_str().unwrap();
    assert!(caveat.contains("splitting module"), "{caveat}");
    assert!(export::markdown(&session).ends_with(&format!("\n\n† {caveat}\n")));
    let measured: serde_json::Value = serde_json::from_str(&export::json(&trained()).unwrap()).unwrap();
    assert!(measured["notes"].is_null());
}

#[test]
fn the_tornado_says_from_where_a_limit_that_is_broken_would_be_met() {
    let (mut session, mut ui) = (session(), UiState::default());
    session.apply(Command::SetKnobs(vec![(Knob::LatencyLimit, 2.2e-4)]), 0);
    play(&mut session, &mut ui, "o");
    let picture = shown(&session, &ui, (120, 36));
    let (_, row) = picture.split_once("latency limit  ").unwrap();
    let row: String = row.chars().take(60).collect();
    assert!(row.contains("fits from") && !row.contains("no effect"), "{picture}");
}

#[test]
fn a_pin_is_exported_at_the_split_it_was_pinned_with() {
    let (mut session, mut ui) = (session(), UiState::default());
    play(&mut session, &mut ui, "tg");
    let best = session.selected_design().unwrap();
    let key = if session.strip().unwrap().split > 1 { "[" } else { "]" };
    play(&mut session, &mut ui, &format!("{key} b4"));
    // The screen is about the design that was pinned: so are its exports.
    let pinned = session.selected_design().unwrap();
    assert_ne!(pinned, best);
    let [pinned, best] = [pinned, best].map(|design| session.space().print_design(&design));
    let cost = session.strip().unwrap().here().evaluation;
    let latency = session.unit(Column::Latency).column(cost.latency.total_s());
    let markdown = export::markdown(&session);
    assert!(markdown.contains(&format!("`{pinned}` |")) && markdown.contains(&format!("| {latency} |")), "{markdown}");
    assert!(!markdown.contains(&best), "{markdown}");
    let csv = export::csv(&session);
    assert!(csv.contains(&format!(",A,{pinned},")) && csv.contains(&format!(",,{best},")), "{csv}");
    let sheet: serde_json::Value = serde_json::from_str(&export::json(&session).unwrap()).unwrap();
    let row = sheet["designs"].as_array().unwrap().iter().find(|row| row["pin"] == "A").unwrap();
    assert_eq!((&row["design"], &row["latency_s"]), (&pinned.into(), &cost.latency.total_s().into()));
}

#[test]
fn a_design_still_fits_at_the_value_up_to_which_a_knob_has_no_effect() {
    let mut session = session();
    let ids: Vec<CandidateId> = session.order().iter().copied().take(6).collect();
    for id in ids {
        session.apply(Command::SelectCandidate(id), 0);
        let (used, design) = (session.strip().unwrap().here().evaluation.energy_j, session.selected_design());
        session.apply(Command::SetKnobs(vec![(Knob::EnergyLimit, 3.0 * used)]), 0);
        let mut ui = UiState::default();
        play(&mut session, &mut ui, "o");
        let picture = shown(&session, &ui, (120, 36));
        let row = picture.lines().find_map(|row| row.split_once("energy limit")?.1.split_once("no effect down to "));
        let (_, words) = row.unwrap_or_else(|| panic!("{picture}"));
        let end = words.find('J').unwrap() + 1;
        let value = Knob::EnergyLimit.parse(&words[..end], Dimension::Energy.base_unit()).unwrap();
        session.apply(Command::SetKnobs(vec![(Knob::EnergyLimit, value)]), 0);
        assert!(session.status().unwrap().feasible && session.selected_design() == design, "{} {used}", &words[..end]);
    }
}

#[test]
fn a_file_is_never_written_over_another() {
    let folder = tempfile::tempdir().unwrap();
    let first = export::save(folder.path(), "designs", "csv", "one").unwrap();
    let second = export::save(folder.path(), "designs", "csv", "two").unwrap();
    assert_ne!(first, second);
    assert_eq!(std::fs::read_to_string(first).unwrap(), "one");
    assert_eq!(std::fs::read_to_string(second).unwrap(), "two");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
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

#[test]
fn a_predicted_accuracy_is_compared_as_one() {
    let (mut session, ui) = (predicted(), UiState { screen: Screen::Compare, ..UiState::default() });
    let is_measured = |session: &Session, id| session.row(id).unwrap().accuracy.measured().is_some();
    let of = |wanted| *session.order().iter().find(|id| is_measured(&session, **id) == wanted).unwrap();
    for id in [of(false), of(true)] {
        session.apply(Command::SelectCandidate(id), 0);
        session.apply(Command::Pin, 0);
    }
    let theme = picture_theme(ColourScheme::OkabeIto);
    let picture = still(&session, &ui, (120, 36), &theme);
    let line = |y| (0..120).map(move |x| (x, y));
    let text = |y| line(y).map(|at| picture[at].symbol()).collect::<String>();
    let row = (0..36).find(|&y| text(y).contains("accuracy %")).unwrap();
    let styles = |symbol: &str| -> Vec<Option<ratatui::style::Color>> {
        line(row).map(|at| &picture[at]).filter(|cell| cell.symbol() == symbol).map(|cell| cell.style().fg).collect()
    };
    let [shaded, solid] = ["▒", "█"].map(styles);
    assert!(!shaded.is_empty() && !solid.is_empty(), "{}", text(row));
    assert!(shaded.iter().all(|colour| *colour == theme.dim.fg && !solid.contains(colour)), "{}", text(row));
}
