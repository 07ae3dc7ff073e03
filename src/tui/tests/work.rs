//! Sentences and figures of a session on the screen and in exported files.

use super::{
    drawn,
    fixture::{leak_of, literature, predicted, running, session, trained},
    replay_position,
};
use crate::{
    explore::{CandidateId, Column, Command, Session, Severity, Update, WorkRequest},
    quantity::{Dimension, Knob},
    record::Precision,
    tui::{
        UiState,
        command::{DesignFormat, RowMove, UserCommand},
        controller,
        effect::{Effect, ExportFormat},
        export,
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
pub(super) fn shown(session: &Session, ui: &UiState, size: (u16, u16)) -> String {
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
