//! The mouse: presses, drags, the wheel, on what is drawn.

use ratatui::{
    buffer::Buffer,
    crossterm::event::{Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind},
    layout::Rect,
};

use super::{
    after, drawn,
    fixture::{session, trained},
    hits, play_app,
};
use crate::{
    explore::{Command, DesignPart, Move},
    quantity::Knob,
    tui::{
        app::App,
        command::UserCommand,
        hit::Region,
        model::{
            entry::Purpose,
            scatter_window::{ScatterExtent, ScatterWindow},
            screen::{ComparePane, Overlay, Pane, Screen},
        },
        picture_theme, screen,
        theme::ColourScheme,
        widget::Slider,
    },
};

fn mouse(app: &mut App, kind: MouseEventKind, column: u16, row: u16) {
    app.events(&[Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })], &|| false);
}

const PRESS: MouseEventKind = MouseEventKind::Down(MouseButton::Left);
const DRAG: MouseEventKind = MouseEventKind::Drag(MouseButton::Left);
const RELEASE: MouseEventKind = MouseEventKind::Up(MouseButton::Left);

#[test]
fn a_drag_sets_the_knob_to_the_stop_below_the_mouse_in_one_step_of_the_history() {
    for (width, height) in [(80, 24), (120, 36), (200, 60)] {
        let (mut app, _) = drawn(width, height, session());
        let hits = hits(&app, width, height);
        let is_link = |region: &Region| matches!(region, Region::Knob { knob: Knob::LinkBandwidth, .. });
        let Some((_, &Region::Knob { track, .. })) = hits.find(is_link) else {
            panic!("no link knob at {width}x{height}")
        };
        mouse(&mut app, PRESS, track.x + 1, track.y);
        for column in track.left()..track.right() {
            mouse(&mut app, DRAG, column, track.y + 3);
            let range = app.session.ranges().of(Knob::LinkBandwidth).unwrap();
            let expected = range.at_fraction(Slider::fraction_at(track, column));
            assert!((app.session.value(Knob::LinkBandwidth) - expected).abs() < 1e-9);
        }
        mouse(&mut app, RELEASE, track.right(), track.y);
        assert_eq!(app.session.history().past().len(), 1);
        let end = app.session.value(Knob::LinkBandwidth);
        mouse(&mut app, DRAG, track.x, track.y);
        assert!((app.session.value(Knob::LinkBandwidth) - end).abs() < 1e-9, "the knob was let go");
    }
}

#[test]
fn a_press_on_the_network_splits_there() {
    let (mut app, _) = drawn(120, 36, session());
    let (area, _) = hits(&app, 120, 36).find(|region| *region == Region::Strip).unwrap();
    mouse(&mut app, PRESS, area.x, area.y + 2);
    assert_eq!(app.session.strip().unwrap().design.split, 0);
    mouse(&mut app, DRAG, area.x + area.width / 4, area.y + 40);
    let split = app.session.strip().unwrap().design.split;
    assert!(split > 0, "the drag goes on along the edge of the strip");
    mouse(&mut app, RELEASE, area.x, area.y);
    assert!(app.session.strip().unwrap().overridden);
}

#[test]
fn presses_on_tabs_rows_headings_and_points() {
    let (mut app, mut terminal) = drawn(120, 36, session());
    let map = hits(&app, 120, 36);
    let third = app.session.order()[3];
    let (row, _) = map.find(|region| *region == Region::Button(UserCommand::select(third))).unwrap();
    mouse(&mut app, PRESS, row.x + 5, row.y);
    assert_eq!(app.session.selected(), Some(third));
    let (heading, region) =
        map.find(|region| matches!(region, Region::Button(UserCommand::Session(Command::Sort(_))))).unwrap();
    mouse(&mut app, PRESS, heading.x, heading.y);
    assert_eq!(region, &Region::Button(Command::Sort(app.session.setup().sort().column).into()));
    let (tab, _) = map.find(|region| *region == Region::Button(UserCommand::ShowScreen(Screen::Train))).unwrap();
    mouse(&mut app, PRESS, tab.x + 1, tab.y);
    assert_eq!(app.ui.screen, Screen::Train);
    mouse(&mut app, PRESS, 14, 0);
    terminal.draw(|frame| app.draw(frame)).unwrap();
    let (plot, _) = map.find(|region| *region == Region::Scatter).unwrap();
    let before = app.session.selected();
    let chosen = plot.positions().find(|at| {
        mouse(&mut app, PRESS, at.x, at.y);
        app.session.selected() != before
    });
    assert!(chosen.is_some(), "some cell of the scatter selects another design");
}

#[test]
fn a_drag_of_a_limit_line_sets_the_limit_and_a_drag_of_the_plane_pans() {
    // The line of the profile's limit is out of view at first, that of the other one is not.
    for limit_s in [0.01, 0.005] {
        a_limit_is_dragged(limit_s);
    }
}

fn a_limit_is_dragged(limit_s: f64) {
    let mut session = session();
    session.apply(Command::SetKnobs(vec![(Knob::LatencyLimit, limit_s)]), 0);
    let changes = session.history().past().len();
    let (mut app, mut terminal) = drawn(120, 36, session);
    let (area, _) = hits(&app, 120, 36).find(|region| *region == Region::Scatter).unwrap();
    let view = |app: &App| (app.session.value(Knob::LatencyLimit), app.ui.extent);
    let window = |app: &App| match app.ui.extent {
        ScatterExtent::Window(window) => window,
        other => panic!("{other:?} is shown"),
    };
    let line = |app: &App| {
        let theme = picture_theme(ColourScheme::OkabeIto);
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
    assert!(view(&app).0 < before.0 && app.session.history().past().len() == changes + 1);
    assert_eq!(view(&app).1, before.1);
    terminal.draw(|frame| app.draw(frame)).unwrap();
    mouse(&mut app, MouseEventKind::ScrollUp, area.x + 20, area.y + 3);
    let zoomed = window(&app);
    mouse(&mut app, PRESS, area.x + 20, area.bottom() - 3);
    mouse(&mut app, DRAG, area.x + 10, area.bottom() - 3);
    let panned = window(&app);
    assert!(panned.right.low > zoomed.right.low && (panned.up.low - zoomed.up.low).abs() < 1e-9 * zoomed.up.high);
    let width = |window: ScatterWindow| window.right.length();
    assert!((width(panned) - width(zoomed)).abs() < 1e-9 * width(zoomed));
    mouse(&mut app, MouseEventKind::Down(MouseButton::Right), area.x + 9, area.y + 2);
    assert_eq!(app.ui.crosshair, Some((area.x + 9, area.y + 2)));
    mouse(&mut app, MouseEventKind::Up(MouseButton::Right), area.x + 9, area.y + 2);
    assert_eq!(app.ui.crosshair, None);
}

#[test]
fn enter_looks_into_the_design_and_a_press_splits_it_there() {
    let (mut app, mut terminal) = drawn(120, 36, session());
    app.act(UserCommand::ShowTable);
    app.act(UserCommand::Open);
    assert_eq!(app.ui.overlay, Some(Overlay::Inspect));
    terminal.draw(|frame| app.draw(frame)).unwrap();
    let (row, _) = hits(&app, 120, 36)
        .find(|region| *region == Region::Button(Command::Override(DesignPart::Split, Move::To(0)).into()))
        .unwrap();
    mouse(&mut app, PRESS, row.x + 3, row.y);
    assert_eq!(app.session.strip().unwrap().design.split, 0);
    assert_eq!(app.ui.overlay, Some(Overlay::Inspect), "it stays open");
    assert!(after("tz").1.maximised && !after("tz<esc>").1.maximised);
}

#[test]
fn the_wheel_turns_the_knob_below_the_mouse_and_zooms_curves() {
    let (mut app, mut terminal) = drawn(120, 36, trained());
    let map = hits(&app, 120, 36);
    let (row, _) = map.find(|region| matches!(region, Region::Knob { knob: Knob::Sensors, .. })).unwrap();
    let sensors = app.session.knobs().sensors;
    mouse(&mut app, MouseEventKind::ScrollUp, row.x + 3, row.y);
    assert_eq!(app.session.knobs().sensors, sensors + 1);
    app.act(UserCommand::ShowScreen(Screen::Train));
    terminal.draw(|frame| app.draw(frame)).unwrap();
    mouse(&mut app, MouseEventKind::ScrollUp, 20, 10);
    assert!(!app.ui.training.is_whole());
}

#[test]
fn a_drag_along_an_axis_brushes_it() {
    let (mut app, mut terminal) = drawn(120, 36, trained());
    app.act(UserCommand::ShowScreen(Screen::Compare));
    play_app(&mut app, "1t jj 4");
    terminal.draw(|frame| app.draw(frame)).unwrap();
    let theme = picture_theme(ColourScheme::OkabeIto);
    let mut buffer = ratatui::buffer::Buffer::empty(Rect::new(0, 0, 120, 36));
    let view = screen::View { session: &app.session, ui: &app.ui, theme: &theme };
    let map = screen::draw(view, buffer.area, &mut buffer);
    let (area, _) = map.find(|region| *region == Region::Axis(1)).unwrap();
    mouse(&mut app, PRESS, area.x + 5, area.y);
    mouse(&mut app, DRAG, area.x + 25, area.y + 3);
    mouse(&mut app, RELEASE, area.x + 25, area.y + 3);
    assert!(app.ui.compare_pane == ComparePane::Axes && app.ui.parallel.selected == 1);
    let brush = app.ui.parallel.brushes.range(1).expect("a brush");
    assert!(brush.length() > 0.0);
}

#[test]
fn a_crosshair_is_set_by_key_and_by_mouse_and_the_wheel_zooms_around_the_pointer() {
    let (mut app, mut terminal) = drawn(120, 36, trained());
    play_app(&mut app, "2i");
    assert_eq!(app.ui.training.crosshair, Some(280.0));
    terminal.draw(|frame| app.draw(frame)).unwrap();
    mouse(&mut app, MouseEventKind::Down(MouseButton::Right), 30, 8);
    let there = app.ui.training.crosshair.expect("a crosshair");
    assert!(there < 280.0);
    mouse(&mut app, MouseEventKind::ScrollUp, 30, 8);
    let window = app.ui.training.window(280.0);
    assert!(window.low < there && there < window.high && window.length() < 280.0);
    play_app(&mut app, "i..");
    assert!(app.ui.training.crosshair.is_none() && app.ui.training.is_whole());
}

/// Two presses at once on the first place that a test finds.
fn double_click(app: &mut App, test: impl Fn(&Region) -> bool) {
    let theme = picture_theme(ColourScheme::OkabeIto);
    let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 36));
    let view = screen::View { session: &app.session, ui: &app.ui, theme: &theme };
    let map = screen::draw(view, buffer.area, &mut buffer);
    let at = buffer.area.positions().find(|at| map.at(at.x, at.y).is_some_and(|(_, region)| test(region)));
    let at = at.expect("it is on the screen");
    app.clock = Box::new(|| 5_000);
    for kind in [PRESS, RELEASE, PRESS, RELEASE] {
        mouse(app, kind, at.x, at.y);
    }
}

#[test]
fn a_double_click_opens_what_it_is_on() {
    let opened = |test: &dyn Fn(&Region) -> bool| {
        let (mut app, _) = drawn(120, 36, trained());
        double_click(&mut app, test);
        app
    };
    let app = opened(&|region| matches!(region, Region::Knob { knob: Knob::LinkBandwidth, .. }));
    assert_eq!(app.ui.entry.as_ref().map(|entry| entry.purpose), Some(Purpose::Knob));
    assert_eq!(app.session.ranges().selected().knob, Knob::LinkBandwidth);
    let app = opened(&|region| matches!(region, Region::Button(UserCommand::Session(Command::SelectCandidate(_)))));
    assert_eq!(app.ui.overlay, Some(Overlay::Inspect));
    let app = opened(&|region| *region == Region::Strip);
    assert_eq!(app.ui.overlay, Some(Overlay::Inspect));
    assert!(app.session.strip().is_some_and(|strip| strip.overridden), "the first press split it there");
    let app = opened(&|region| *region == Region::Pane(Pane::Table));
    assert!(app.ui.maximised && app.ui.pane == Pane::Table);

    let (mut app, mut terminal) = drawn(120, 36, trained());
    play_app(&mut app, "t jj 4");
    terminal.draw(|frame| app.draw(frame)).unwrap();
    let baseline = app.session.setup().baseline();
    double_click(&mut app, |region| matches!(region, Region::Button(UserCommand::Session(Command::SelectPinned(_)))));
    assert_ne!(app.session.setup().baseline(), baseline);
}

#[test]
fn two_presses_far_apart_are_no_double_click() {
    let (mut app, _) = drawn(120, 36, session());
    let (row, _) = hits(&app, 120, 36)
        .find(|region| matches!(region, Region::Button(UserCommand::Session(Command::SelectCandidate(_)))))
        .unwrap();
    app.clock = Box::new(|| 5_000);
    mouse(&mut app, PRESS, row.x + 1, row.y);
    mouse(&mut app, PRESS, row.x + 2, row.y);
    assert_eq!(app.ui.overlay, None, "in place");
    app.clock = Box::new(|| 5_401);
    mouse(&mut app, PRESS, row.x + 2, row.y);
    assert_eq!(app.ui.overlay, None, "in time");
    app.clock = Box::new(|| 5_801);
    mouse(&mut app, PRESS, row.x + 2, row.y);
    assert_eq!(app.ui.overlay, Some(Overlay::Inspect));
}
