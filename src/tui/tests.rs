//! The screen without a terminal: keys and mouse to session, session to cells, a run's events to the session.

pub(super) mod fixture;
mod pictures;

use std::path::Path;

use ratatui::{
    Terminal,
    backend::TestBackend,
    crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind},
    layout::Rect,
};

use self::fixture::{options, session, trained};
use super::{
    app::App,
    dispatch, export,
    hit::{HitMap, Target},
    keymap::{BINDINGS, Group, Verb},
    news::News,
    picture_theme, play, screen,
    state::{Purpose, Reel, UiState},
    still,
    theme::Palette,
    widget::Slider,
};
use crate::{
    explore::{Action, Column, KnobId, Overlay, Pane, Screen, Session, Unit, progress::State},
    run::{Changes, Event as RunEvent, Measurement, StepRecord, Stored, Subject, Subset},
};

/// A session after some keys.
fn after(keys: &str) -> (Session, UiState) {
    let (mut session, mut ui) = (session(), UiState::default());
    play(&mut session, &mut ui, keys);
    (session, ui)
}

#[test]
fn keys_move_knobs_and_undo_takes_them_back() {
    let (session, _) = after("");
    let home = session.value(KnobId::LinkBandwidth);
    let (session, _) = after("jh");
    assert!(session.value(KnobId::LinkBandwidth) < home);
    let (session, _) = after("jhu");
    assert!((session.value(KnobId::LinkBandwidth) - home).abs() < 1e-9);
    let (session, _) = after("<enter>4<enter>");
    assert_eq!(session.knobs().sensors, 4);
    let (session, _) = after("j<enter>2.5 Mbit/s<enter>");
    assert!((session.value(KnobId::LinkBandwidth) - 312_500.0).abs() < 1e-6);
    let (session, _) = after("jjM");
    assert!(session.value(KnobId::SensorMemory).is_infinite());
}

#[test]
fn less_bandwidth_moves_the_split_and_less_compute_moves_it_back() {
    let split = |keys: &str| {
        let (session, _) = after(keys);
        session.strip().map(|strip| strip.design.split)
    };
    let home = split("");
    assert_ne!(home, split("jjjHH"), "with slow sensors raw input is sent");
    assert_eq!(home, split("jjjHHuu"));
}

#[test]
fn panes_take_the_same_keys_in_their_own_way() {
    let (session, _) = after("<tab>l");
    assert_eq!(session.ui().pane, Pane::Network);
    assert!(session.strip().is_some_and(|strip| strip.by_hand));
    let (session, _) = after("<tab>lb");
    assert!(session.strip().is_some_and(|strip| !strip.by_hand));
    let (session, _) = after("<tab><tab>l");
    assert_eq!(session.ui().unit, Unit::Energy);
    let (session, _) = after("tjjj");
    assert_eq!(session.selected_row(), Some(3));
    let (session, _) = after("tG");
    assert_eq!(session.selected_row(), Some(session.order().len() - 1));
}

#[test]
fn a_wrong_filter_stays_with_its_error_and_a_cancelled_one_is_taken_back() {
    let (session, ui) = after("/lat<5<enter>");
    assert_eq!(session.setup().filter.text(), "lat<5");
    assert!(ui.entry.is_none() && session.order().len() < session.pool().len());
    let (session, ui) = after("/lat<5 nonsense<enter>");
    let entry = ui.entry.expect("it stays open");
    assert_eq!(entry.purpose, Purpose::Filter);
    assert!(dispatch::error(&session, &entry).is_some_and(|error| error.contains("nonsense")));
    let (session, _) = after("/lat<5<esc>");
    assert!(session.setup().filter.is_empty());
}

/// A run in the middle of being replayed.
fn reel() -> Reel {
    Reel { run: "run-001".to_owned(), at: 420, of: 1000, seconds: 95.0, plays: true }
}

#[test]
fn every_command_is_reached_by_the_palette() {
    for row in BINDINGS {
        for screen in Screen::ALL.into_iter().filter(|screen| row.screens.has(*screen)) {
            let reel = Some(reel()).filter(|_| row.group == Group::Replay);
            let ui = UiState { reel, ..UiState::default() };
            let found = dispatch::commands(&ui, screen, row.words);
            assert!(found.iter().any(|found| found.binding.verb == row.verb), "{:?}", row.verb);
        }
    }
    let (session, _) = after(":tornado<enter>");
    assert_eq!(session.ui().overlay, Some(Overlay::Tornado));
    let (session, _) = after(":compare screen<enter>");
    assert_eq!(session.ui().screen, Screen::Compare);
}

#[test]
fn every_verb_can_be_asked_for_on_every_screen_it_is_on() {
    for screen in Screen::ALL {
        for row in BINDINGS.iter().filter(|row| row.screens.has(screen)) {
            let (mut session, mut ui) = (session(), UiState::default());
            session.update(Action::Screen(screen), 0);
            let _ = dispatch::verb(&session, &mut ui, row.verb);
            let key = row.keys[0];
            assert_eq!(ui.keys.verb_of(screen, key), Some(row.verb), "{key}");
        }
    }
}

#[test]
fn quitting_asks_only_while_somebody_is_at_work() {
    let quit = |session: &Session, ui: &mut UiState| dispatch::verb(session, ui, Verb::Quit);
    let mut ui = UiState::default();
    assert_eq!(quit(&session(), &mut ui), [dispatch::Deed::Act(Action::Quit { keep_frame: false })]);
    assert!(quit(&trained(), &mut ui).is_empty());
    let menu = ui.menu.take().expect("a question");
    assert_eq!(menu.choices.len(), 3);
    assert_eq!(dispatch::choose(&menu, 0), [dispatch::Deed::Act(Action::Quit { keep_frame: false })]);
}

/// An app that was drawn once, and where everything is.
fn drawn(width: u16, height: u16, session: Session) -> (App, Terminal<TestBackend>) {
    let mut app = App::new(session, options(), picture_theme(Palette::OkabeIto));
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| app.draw(frame)).unwrap();
    (app, terminal)
}

fn hits(session: &Session, width: u16, height: u16) -> HitMap {
    let ui = UiState::default();
    let theme = picture_theme(Palette::OkabeIto);
    let mut buffer = ratatui::buffer::Buffer::empty(Rect::new(0, 0, width, height));
    screen::draw(screen::View { session, ui: &ui, theme: &theme }, buffer.area, &mut buffer)
}

fn mouse(app: &mut App, kind: MouseEventKind, column: u16, row: u16) {
    app.events(&[Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })]);
}

const PRESS: MouseEventKind = MouseEventKind::Down(MouseButton::Left);
const DRAG: MouseEventKind = MouseEventKind::Drag(MouseButton::Left);
const RELEASE: MouseEventKind = MouseEventKind::Up(MouseButton::Left);

#[test]
fn a_drag_sets_the_knob_to_the_stop_below_the_mouse_in_one_step_of_the_history() {
    for (width, height) in [(80, 24), (120, 36), (200, 60)] {
        let (mut app, _) = drawn(width, height, session());
        let hits = hits(&app.session, width, height);
        let is_link = |target: &Target| matches!(target, Target::Knob { knob: KnobId::LinkBandwidth, .. });
        let Some((_, Target::Knob { track, .. })) = hits.find(is_link) else {
            panic!("no link knob at {width}x{height}")
        };
        mouse(&mut app, PRESS, track.x + 1, track.y);
        for column in track.left()..track.right() {
            mouse(&mut app, DRAG, column, track.y + 3);
            let dial = app.session.dial(KnobId::LinkBandwidth).unwrap();
            let expected = dial.at_fraction(Slider::fraction_at(track, column));
            assert!((app.session.value(KnobId::LinkBandwidth) - expected).abs() < 1e-9);
        }
        mouse(&mut app, RELEASE, track.right(), track.y);
        assert_eq!(app.session.past().len(), 1);
        let end = app.session.value(KnobId::LinkBandwidth);
        mouse(&mut app, DRAG, track.x, track.y);
        assert!((app.session.value(KnobId::LinkBandwidth) - end).abs() < 1e-9, "the knob was let go");
    }
}

#[test]
fn steps_that_come_at_once_lead_where_single_ones_do() {
    // Against the ends the order matters: steps beyond an end are lost.
    for keys in ["jlllh", "jLLLLLLLLLhh", "llllllllllllhhhj", "jlhkl", "jjj=lllj", "lhlhjhhhlHH"] {
        let (mut app, _) = drawn(80, 24, session());
        let key = |key: char| Event::Key(KeyEvent::from(KeyCode::Char(key)));
        app.events(&keys.chars().map(key).collect::<Vec<_>>());
        let (expected, _) = after(keys);
        for dial in expected.dials() {
            let (one, other) = (app.session.value(dial.id), expected.value(dial.id));
            assert_eq!(one.to_bits(), other.to_bits(), "{keys}: {:?} {one} {other}", dial.id);
        }
    }
}

#[test]
fn a_press_on_the_network_splits_there() {
    let (mut app, _) = drawn(120, 36, session());
    let (area, _) = hits(&app.session, 120, 36).find(|target| *target == Target::Strip).unwrap();
    mouse(&mut app, PRESS, area.x, area.y + 2);
    assert_eq!(app.session.strip().unwrap().design.split, 0);
    mouse(&mut app, DRAG, area.x + area.width / 4, area.y + 40);
    let split = app.session.strip().unwrap().design.split;
    assert!(split > 0, "the drag goes on along the edge of the strip");
    mouse(&mut app, RELEASE, area.x, area.y);
    assert!(app.session.strip().unwrap().by_hand);
}

#[test]
fn presses_on_tabs_rows_headings_and_points() {
    let (mut app, mut terminal) = drawn(120, 36, session());
    let map = hits(&app.session, 120, 36);
    let third = app.session.order()[3];
    let (row, _) = map.find(|target| *target == Target::Design(third)).unwrap();
    mouse(&mut app, PRESS, row.x + 5, row.y);
    assert_eq!(app.session.selected(), Some(third));
    let (heading, target) = map.find(|target| matches!(target, Target::Heading(_))).unwrap();
    mouse(&mut app, PRESS, heading.x, heading.y);
    assert_eq!(target, Target::Heading(app.session.setup().sort.column));
    let (tab, _) = map.find(|target| *target == Target::Tab(Screen::Train)).unwrap();
    mouse(&mut app, PRESS, tab.x + 1, tab.y);
    assert_eq!(app.session.ui().screen, Screen::Train);
    mouse(&mut app, PRESS, 14, 0);
    terminal.draw(|frame| app.draw(frame)).unwrap();
    let (plot, _) = map.find(|target| *target == Target::Scatter).unwrap();
    let before = app.session.selected();
    let chosen = plot.positions().find(|at| {
        mouse(&mut app, PRESS, at.x, at.y);
        app.session.selected() != before
    });
    assert!(chosen.is_some(), "some cell of the scatter selects another design");
}

#[test]
fn a_drag_of_a_limit_line_sets_the_limit_and_a_drag_of_the_plane_pans() {
    let (mut app, mut terminal) = drawn(120, 36, session());
    let (area, _) = hits(&app.session, 120, 36).find(|target| *target == Target::Scatter).unwrap();
    let view = |app: &App| (app.session.value(KnobId::LatencyLimit), app.ui.window);
    let line = |app: &App| {
        let theme = picture_theme(Palette::OkabeIto);
        let view = screen::View { session: &app.session, ui: &app.ui, theme: &theme };
        area.positions().find(|at| screen::limit_at(view, area, at.x, at.y).is_some()).unwrap()
    };
    let at = line(&app);
    let before = view(&app);
    mouse(&mut app, PRESS, at.x, at.y);
    assert!((view(&app).0 - before.0).abs() < 1e-12, "a press alone moves nothing");
    // The axes hold still, so the same cell means the same limit however often it is told.
    mouse(&mut app, DRAG, at.x - 12, at.y);
    let there = view(&app).0;
    for _ in 0..5 {
        mouse(&mut app, DRAG, at.x - 12, at.y);
    }
    assert!((view(&app).0 - there).abs() < 1e-12 && there < before.0);
    mouse(&mut app, DRAG, at.x - 12, at.y);
    mouse(&mut app, RELEASE, at.x - 12, at.y);
    assert!(view(&app).0 < before.0 && app.session.past().len() == 1);
    assert_eq!(app.ui.window, None);
    terminal.draw(|frame| app.draw(frame)).unwrap();
    mouse(&mut app, MouseEventKind::ScrollUp, area.x + 20, area.y + 3);
    let zoomed = app.ui.window.expect("the wheel zooms");
    mouse(&mut app, PRESS, area.x + 20, area.bottom() - 3);
    mouse(&mut app, DRAG, area.x + 10, area.bottom() - 3);
    let panned = app.ui.window.unwrap();
    assert!(panned.right.0 > zoomed.right.0 && (panned.up.0 - zoomed.up.0).abs() < 1e-9 * zoomed.up.1);
    let width = |window: super::state::Window| window.right.1 - window.right.0;
    assert!((width(panned) - width(zoomed)).abs() < 1e-9 * width(zoomed));
    mouse(&mut app, MouseEventKind::Down(MouseButton::Right), area.x + 9, area.y + 2);
    assert_eq!(app.ui.cross, Some((area.x + 9, area.y + 2)));
    mouse(&mut app, MouseEventKind::Up(MouseButton::Right), area.x + 9, area.y + 2);
    assert_eq!(app.ui.cross, None);
}

#[test]
fn the_scatter_zooms_about_the_selected_design_and_shows_all_again() {
    let (session, ui) = after("p++");
    let window = ui.window.expect("zoomed");
    let point = session.points().into_iter().find(|point| point.selected).unwrap();
    assert!((window.right.0..=window.right.1).contains(&point.right));
    assert!((window.up.0..=window.up.1).contains(&point.up));
    assert!(after("p++L").1.window.unwrap().right.0 > window.right.0);
    assert!(after("p++<C-d>").1.window.unwrap().up.0 < window.up.0);
    assert_eq!((after("p++--").1.window, after("p++.").1.window), (None, None));
    // On other axes the window means nothing.
    let (session, ui) = after("p++Vjj<enter>");
    assert_ne!(session.plot().up, Column::Accuracy);
    assert_ne!(ui.window.unwrap().plot, session.plot());
}

#[test]
fn why_turns_the_chosen_knob_and_history_goes_to_the_chosen_step() {
    let (session, _) = after("jjjjjHHtGx");
    assert!(!session.status().unwrap().feasible);
    let (session, _) = after("jjjjjHHtGx<enter>");
    assert!(session.status().unwrap().feasible);
    let tight = "jjhhhhhhhhhhhhhhjjjhhhhhhhhhhhx";
    let chosen = after(tight).0.fixes()[1];
    let (session, _) = after(&format!("{tight}j<enter>"));
    assert!((session.value(chosen.knob) - chosen.value).abs() < 1e-12);
    let (session, _) = after("ljljlUggj<enter>");
    assert_eq!((session.past().len(), session.future().len()), (1, 2));
    let (session, _) = after("ljljlUgg<enter>G<enter>");
    assert_eq!((session.past().len(), session.future().len()), (3, 0));
}

#[test]
fn enter_looks_into_the_design_and_a_press_splits_it_there() {
    let (session, _) = after("t<enter>");
    assert_eq!(session.ui().overlay, Some(Overlay::Inspect));
    let (mut app, mut terminal) = drawn(120, 36, session);
    terminal.draw(|frame| app.draw(frame)).unwrap();
    let (row, _) = hits(&app.session, 120, 36).find(|target| *target == Target::Split(0)).unwrap();
    mouse(&mut app, PRESS, row.x + 3, row.y);
    assert_eq!(app.session.strip().unwrap().design.split, 0);
    assert_eq!(app.session.ui().overlay, Some(Overlay::Inspect), "it stays open");
    assert!(after("tz").1.whole && !after("tz<esc>").1.whole);
}

#[test]
fn the_wheel_turns_the_knob_below_the_mouse_and_zooms_curves() {
    let (mut app, mut terminal) = drawn(120, 36, trained());
    let map = hits(&app.session, 120, 36);
    let (row, _) = map.find(|target| matches!(target, Target::Knob { knob: KnobId::Sensors, .. })).unwrap();
    let sensors = app.session.knobs().sensors;
    mouse(&mut app, MouseEventKind::ScrollUp, row.x + 3, row.y);
    assert_eq!(app.session.knobs().sensors, sensors + 1);
    app.act(Action::Screen(Screen::Train));
    terminal.draw(|frame| app.draw(frame)).unwrap();
    mouse(&mut app, MouseEventKind::ScrollUp, 20, 10);
    assert!(!app.ui.training.is_whole());
}

#[test]
fn news_of_a_run_reach_the_screen_and_only_validation_counts() {
    let mut session = session();
    let stored = |id, value| Stored { id, time: 0.0, process: "here/1/1".to_owned(), value };
    let design = session.selected_design().unwrap();
    let printed = session.space().print_design(&design);
    let measurement = |subset, accuracy| {
        let subject = Subject { design: printed.clone(), views: 6, lost: 0, subset, step: 10 };
        let value = Measurement { subject, accuracy, samples: 500, calibration_batches: 2, seconds: 0.1 };
        Stored { id: 1, time: 0.0, process: String::new(), value }
    };
    let step = StepRecord { step: 10, steps: 20, losses: vec![("largest".to_owned(), 1.5)], ..StepRecord::default() };
    let started = RunEvent::Started { command: "splitscope train".to_owned(), pid: 1, resumed_from_step: None };
    let changes = Changes {
        events: vec![stored(1, started), stored(2, RunEvent::Step(step))],
        measurements: vec![measurement(Subset::Test, 0.1), measurement(Subset::Validation, 0.8)],
        more: false,
    };
    let feeds = News::of(Path::new("runs/run-001")).read(session.space(), changes);
    session.update(Action::Feed(feeds), 0);
    assert_eq!(session.training().state, State::Running);
    assert_eq!(session.training().last.step, 10);
    assert_eq!(session.accuracy(&design).measured(), Some(0.8));
}

#[test]
fn a_search_and_a_training_of_one_run_are_told_apart() {
    let stored = |process: &str, value| Stored { id: 1, time: 0.0, process: process.to_owned(), value };
    let started = |command: &str| RunEvent::Started { command: command.to_owned(), pid: 1, resumed_from_step: None };
    let finished = || RunEvent::Finished { reason: "all steps are done".to_owned() };
    let events = vec![
        stored("a", started("splitscope train --run x")),
        stored("b", started("splitscope search --run x")),
        stored("a", finished()),
    ];
    let changes = Changes { events, ..Changes::default() };
    let mut feeds = News::of(Path::new("runs/run-001")).read(session().space(), changes);
    super::news::keep_last_states(&mut feeds);
    let mut session = session();
    session.update(Action::Feed(feeds), 0);
    assert_eq!(session.searching().state, State::Running);
    assert!(matches!(session.training().state, State::Finished(_)));
}

#[test]
fn a_training_that_can_not_start_says_why() {
    let (mut app, _) = drawn(120, 36, session());
    app.act(Action::Train);
    let State::Failed(why) = &app.session.training().state else { panic!("{:?}", app.session.training().state) };
    assert!(why.contains("could not start"), "{why}");
    std::fs::remove_dir_all(options().folder).unwrap();
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
    assert!(designs[0]["accuracy"].as_f64().is_some() && designs[0]["latency_s"].as_f64().is_some());
    assert!(designs.iter().any(|design| design["accuracy"].is_null()), "not all are measured");
    assert_eq!(export::markdown(&session).lines().count(), 4 + 10);
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
fn brushes_keep_designs_and_become_a_filter() {
    let (mut session, mut ui) = (trained(), UiState::default());
    play(&mut session, &mut ui, "4<tab>j[[[[[[]]]]]]");
    let all = session.order().len();
    let kept = session.order().iter().filter(|id| ui.brushes.keeps(&session, **id)).count();
    assert!(0 < kept && kept < all, "{kept} of {all}");
    play(&mut session, &mut ui, "F");
    assert_eq!((session.order().len(), ui.brushes.any()), (kept, false), "{}", session.setup().filter.text());
    play(&mut session, &mut ui, "<esc>[0");
    assert_eq!((session.order().len(), ui.brushes.any()), (all, false));
}

#[test]
fn a_drag_along_an_axis_brushes_it() {
    let (mut app, mut terminal) = drawn(120, 36, trained());
    app.act(Action::Screen(Screen::Compare));
    play_app(&mut app, "1t jj 4");
    terminal.draw(|frame| app.draw(frame)).unwrap();
    let theme = picture_theme(Palette::OkabeIto);
    let mut buffer = ratatui::buffer::Buffer::empty(Rect::new(0, 0, 120, 36));
    let view = screen::View { session: &app.session, ui: &app.ui, theme: &theme };
    let map = screen::draw(view, buffer.area, &mut buffer);
    let (area, _) = map.find(|target| *target == Target::Axis(1)).unwrap();
    mouse(&mut app, PRESS, area.x + 5, area.y);
    mouse(&mut app, DRAG, area.x + 25, area.y + 3);
    mouse(&mut app, RELEASE, area.x + 25, area.y + 3);
    assert!(app.ui.brushes.focus && app.ui.brushes.at == 1);
    let (low, high) = app.ui.brushes.range(1).expect("a brush");
    assert!(low < high);
}

fn play_app(app: &mut App, keys: &str) {
    for key in keys.chars() {
        app.events(&[Event::Key(KeyEvent::from(KeyCode::Char(key)))]);
    }
}

#[test]
fn a_crosshair_is_set_by_key_and_by_mouse_and_the_wheel_zooms_around_the_pointer() {
    let (mut app, mut terminal) = drawn(120, 36, trained());
    play_app(&mut app, "2i");
    assert_eq!(app.ui.training.cursor, Some(280.0));
    terminal.draw(|frame| app.draw(frame)).unwrap();
    mouse(&mut app, MouseEventKind::Down(MouseButton::Right), 30, 8);
    let there = app.ui.training.cursor.expect("a crosshair");
    assert!(there < 280.0);
    mouse(&mut app, MouseEventKind::ScrollUp, 30, 8);
    let (start, end) = app.ui.training.window(280.0);
    assert!(start < there && there < end && end - start < 280.0);
    play_app(&mut app, "i..");
    assert!(app.ui.training.cursor.is_none() && app.ui.training.is_whole());
}

#[test]
fn earlier_fronts_are_gone_through_and_left_again() {
    let (mut session, mut ui) = (trained(), UiState::default());
    play(&mut session, &mut ui, "3[[");
    assert_eq!(ui.generation, Some(12));
    play(&mut session, &mut ui, "]]");
    assert_eq!(ui.generation, None);
    play(&mut session, &mut ui, &"[".repeat(50));
    assert_eq!(ui.generation, Some(1));
}

#[test]
fn every_count_of_candidates_is_the_same_after_a_search_has_added_some() {
    let session = trained();
    let all = session.pool().len();
    let fit =
        session.ranking().iter().filter(|id| session.row(**id).is_some_and(|row| row.evaluation.feasible())).count();
    assert_eq!(session.ranking().len(), all, "every candidate is ranked once");
    assert_eq!(session.feasible_count(), fit);
    assert!(session.order().len() <= all);
}

#[test]
fn the_help_says_how_much_it_found() {
    let (mut session, mut ui) = (session(), UiState::default());
    play(&mut session, &mut ui, "?/split<enter>");
    let title = |session: &Session, ui: &UiState| {
        let picture = still(session, ui, (120, 36), &picture_theme(Palette::OkabeIto));
        let text: String = picture.content.iter().map(ratatui::buffer::Cell::symbol).collect();
        text.split(" for split")
            .next()
            .and_then(|before| before.rsplit('─').next())
            .map(|count| count.trim().to_owned())
    };
    let rows = ui.rows(Screen::Explore).filter(|row| row.matches("split")).count();
    assert_eq!(title(&session, &ui).as_deref(), Some(format!("{rows} found").as_str()));
}
