//! Keys and the palette: what they do to session and screen.

use ratatui::crossterm::event::{Event, KeyCode, KeyEvent};

use super::{
    after, drawn,
    fixture::{pictured, session, trained},
    replay_position,
};
use crate::{
    diagnostic::Source,
    explore::{BarQuantity, Column, Session, SessionFile},
    quantity::Knob,
    tui::{
        UiState, controller,
        keymap::{BINDINGS, Group},
        model::{
            command_palette,
            entry::Purpose,
            scatter_window::ScatterExtent,
            screen::{ComparePane, Overlay, Pane, Screen},
            watched_split::WatchedSplit,
        },
        picture_theme, play, still,
        theme::ColourScheme,
    },
};

#[test]
fn keys_move_knobs_and_undo_takes_them_back() {
    let (session, _) = after("");
    let home = session.value(Knob::LinkBandwidth);
    let (session, _) = after("jh");
    assert!(session.value(Knob::LinkBandwidth) < home);
    let (session, _) = after("jhu");
    assert!((session.value(Knob::LinkBandwidth) - home).abs() < 1e-9);
    let (session, _) = after("<enter>4<enter>");
    assert_eq!(session.knobs().sensors, 4);
    let (session, _) = after("j<enter>2.5 Mbit/s<enter>");
    assert!((session.value(Knob::LinkBandwidth) - 312_500.0).abs() < 1e-6);
    let (session, _) = after("jjM");
    assert!(session.value(Knob::SensorMemory).is_infinite());
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
    let (session, ui) = after("<tab>l");
    assert_eq!(ui.pane, Pane::Network);
    assert!(session.strip().is_some_and(|strip| strip.overridden));
    let (session, _) = after("<tab>lb");
    assert!(session.strip().is_some_and(|strip| !strip.overridden));
    assert_eq!(after("<tab><tab>l").1.bar_quantity, BarQuantity::Energy);
    let (session, _) = after("tjjj");
    assert_eq!(session.selected_row(), Some(3));
    let (session, _) = after("tG");
    assert_eq!(session.selected_row(), Some(session.order().len() - 1));
}

#[test]
fn pictures_stand_in_the_place_of_the_scatter_and_follow_the_split() {
    let sized = |keys: &str, size: (u16, u16)| {
        let (mut session, mut ui) = (pictured(), UiState::default());
        play(&mut session, &mut ui, keys);
        ui.now_ms += 60_000;
        let buffer = still(&session, &ui, size, &picture_theme(ColourScheme::OkabeIto));
        (ui, buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect::<String>())
    };
    let screen = |keys: &str| sized(keys, (200, 60));
    let (ui, text) = screen("w");
    assert_eq!(ui.pane, Pane::Pictures);
    assert!(text.contains("all 6 cameras") && text.contains("h/l camera"), "{text}");
    assert!(
        text.contains("at least 73.1 % of the picture can be rebuilt") && text.contains("object 0 of 600"),
        "{text}"
    );
    let (_, text) = screen("w[");
    assert!(text.contains("at least 93.1 % of the picture"), "the split was moved: {text}");
    let (ui, text) = sized("wJl", (120, 36));
    assert!(ui.pictures.object == 1 && text.contains("object 1, camera 1 of 6"), "{text}");
    assert!(
        sized("wKh", (120, 36)).1.contains("object 0, camera 5 of 6"),
        "the ends meet; there is no object before the first"
    );
    let (ui, text) = screen("wJJ");
    assert!(ui.pictures.object == 2 && text.contains("What each camera sees"), "not made yet: {text}");
    // A second press brings the scatter back, from another pane the first one only moves the focus.
    assert!(!screen("ww").0.pictures.shown);
    assert_eq!(screen("w<tab>w").0.pane, Pane::Pictures);
    assert_eq!(screen("w<tab>").0.pane, Pane::Table);
    assert_eq!(screen("wp").0.pane, Pane::Scatter);
}

#[test]
fn leaks_are_a_column_an_axis_and_a_filter() {
    let (mut session, mut ui) = (pictured(), UiState::default());
    let all = session.order().len();
    play(&mut session, &mut ui, "/leak<0.8<enter>");
    assert_eq!(session.order().len(), 1);
    let (mut session, mut ui) = (pictured(), UiState::default());
    play(&mut session, &mut ui, "/leak<70<enter>");
    assert_eq!(session.order().len(), 0);
    play(&mut session, &mut ui, "<esc>");
    assert_eq!(session.order().len(), all);
    let text: String = still(&session, &ui, (200, 60), &picture_theme(ColourScheme::OkabeIto))
        .content
        .iter()
        .map(ratatui::buffer::Cell::symbol)
        .collect();
    assert!(text.contains("leak%"), "{text}");
    assert!(session.points(Column::Accuracy, Column::Leak).len() == 1);
}

#[test]
fn a_note_is_typed_changed_and_shown_wherever_its_design_is() {
    let screen = |keys: &str| {
        let (mut session, mut ui) = (session(), UiState::default());
        play(&mut session, &mut ui, keys);
        ui.now_ms += 60_000;
        let buffer = still(&session, &ui, (200, 60), &picture_theme(ColourScheme::OkabeIto));
        (session, buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect::<String>())
    };
    let shown = "for the board #demo";
    let typed = format!("tjn{shown}<enter>");
    for keys in ["", "<enter>", "<space>4", "/#demo<enter>"] {
        let (_, text) = screen(&format!("{typed}{keys}"));
        assert!(text.contains(shown), "{keys}: {text}");
    }
    let (session, _) = screen(&format!("{typed}/#demo<enter>"));
    assert_eq!(session.order().len(), 1);
    // The earlier note is there to be changed.
    let (session, _) = screen(&format!("{typed}n #late<enter>/#late #demo<enter>"));
    assert_eq!(session.order().len(), 1);
    let (session, _) = screen(&format!("{typed}n<C-u><enter>"));
    assert!(session.setup().notes().is_empty());
    let (session, _) = screen("tjnnever<esc>");
    assert!(session.setup().notes().is_empty());
}

#[test]
fn a_wrong_filter_stays_with_its_error_and_a_cancelled_one_is_taken_back() {
    let (session, ui) = after("/lat<5<enter>");
    assert_eq!(session.setup().filter().text(), "lat<5");
    assert!(ui.entry.is_none() && session.order().len() < session.catalogue().len());
    let (session, ui) = after("/lat<5 nonsense<enter>");
    let entry = ui.entry.expect("it stays open");
    assert_eq!(entry.purpose, Purpose::Filter);
    assert!(entry.error(&session).is_some_and(|error| error.contains("nonsense")));
    let (session, _) = after("/lat<5<esc>");
    assert!(session.setup().filter().is_empty());
}

#[test]
fn the_export_says_how_many_designs_a_filter_leaves() {
    let labels = |keys| {
        let (session, ui) = after(keys);
        let labels: Vec<String> = ui.menu.expect("a menu").choices.into_iter().map(|choice| choice.label).collect();
        (session.order().len(), labels)
    };
    assert!(labels("e").1.contains(&"all designs as CSV".to_owned()));
    // The menu names the designs that stand in for pins.
    let table = |keys| labels(keys).1.into_iter().find(|label| label.ends_with(" as a Markdown table"));
    assert_eq!(table("e").as_deref(), Some("the first 10 designs (none is pinned) as a Markdown table"));
    assert_eq!(table("<space>e").as_deref(), Some("the pinned designs as a Markdown table"));
    let (shown, labels) = labels("/lat<5<enter>e");
    assert!(labels.contains(&format!("the {shown} designs shown as JSON")), "{labels:?}");
}

#[test]
fn every_command_is_reached_by_the_palette() {
    for row in BINDINGS {
        for screen in Screen::ALL {
            let replay = (row.group == Group::Replay).then(replay_position);
            let running = Some(WatchedSplit::default());
            let ui = UiState { screen, replay, running, ..UiState::default() };
            let found = command_palette::matching(&ui, row.words);
            assert!(found.iter().any(|found| found.binding.name == row.name), "{}", row.name);
        }
    }
    for word in ["report", "markdown", "csv", "session"] {
        let ui = UiState::default();
        let found = command_palette::matching(&ui, word);
        assert!(found.iter().any(|row| row.binding.name == "export"), "{word}");
    }
    assert_eq!(after(":tornado<enter>").1.overlay, Some(Overlay::Tornado));
    assert_eq!(after(":compare screen<enter>").1.screen, Screen::Compare);
    let (_, ui) = after(":table 1<enter>");
    assert_eq!((ui.screen, ui.compare_pane), (Screen::Compare, ComparePane::Paradigms), "it goes to its own screen");
    let ui = UiState { screen: Screen::Train, ..UiState::default() };
    let found = command_palette::matching(&ui, "");
    let here: Vec<bool> = found.iter().map(|row| row.binding.screens.has(Screen::Train)).collect();
    assert!(here.is_sorted_by(|one, next| one >= next), "those of the screen come first");
}

#[test]
fn every_command_can_be_given_on_every_screen_it_is_on() {
    for screen in Screen::ALL {
        for row in BINDINGS.iter().filter(|row| row.screens.has(screen)) {
            let (mut session, mut ui) = (session(), UiState { screen, ..UiState::default() });
            controller::perform(&mut session, &mut ui, row.command.clone());
            let key = row.keys[0];
            assert_eq!(ui.keys.command_of(screen, key), Some(&row.command), "{key}");
        }
    }
}

#[test]
fn steps_that_come_at_once_lead_where_single_ones_do() {
    // Against the ends the order matters: steps beyond an end are lost.
    for keys in ["jlllh", "jLLLLLLLLLhh", "llllllllllllhhhj", "jlhkl", "jjj=lllj", "lhlhjhhhlHH"] {
        let (mut app, _) = drawn(80, 24, session());
        let key = |key: char| Event::Key(KeyEvent::from(KeyCode::Char(key)));
        app.events(&keys.chars().map(key).collect::<Vec<_>>(), &|| false);
        let (expected, _) = after(keys);
        for range in expected.ranges().all() {
            let (one, other) = (app.session.value(range.knob), expected.value(range.knob));
            assert_eq!(one.to_bits(), other.to_bits(), "{keys}: {:?} {one} {other}", range.knob);
        }
    }
}

#[test]
fn the_scatter_zooms_about_the_selected_design_and_shows_all_again() {
    let (session, ui) = after("p++");
    let window = |ui: &UiState| match ui.extent {
        ScatterExtent::Window(window) => window,
        other => panic!("{other:?} is shown"),
    };
    let zoomed = window(&ui);
    let point = ui.scatter(&session).selected_point().unwrap();
    assert!(zoomed.right.contains(point.right) && zoomed.up.contains(point.up));
    assert!(window(&after("p++L").1).right.low > zoomed.right.low);
    assert!(window(&after("p++<C-d>").1).up.low < zoomed.up.low);
    let extent = |keys: &str| after(keys).1.extent;
    assert_eq!(["p", "p++--", "p++.", "p.."].map(extent), [ScatterExtent::Front; 4]);
    assert_eq!(["p.", "p----------"].map(extent), [ScatterExtent::All; 2]);
    // On other axes the window means nothing.
    let (session, ui) = after("p++Vjj<enter>");
    assert_ne!(ui.plot_axes(&session).up, Column::Accuracy);
    assert_ne!(window(&ui).plot, ui.plot_axes(&session));
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
    assert!((session.value(chosen.knob) - chosen.to).abs() < 1e-12);
    let (session, _) = after("ljljlUggj<enter>");
    assert_eq!((session.history().past().len(), session.history().future().len()), (1, 2));
    let (session, _) = after("ljljlUgg<enter>G<enter>");
    assert_eq!((session.history().past().len(), session.history().future().len()), (3, 0));
}

#[test]
fn brushes_keep_designs_and_become_a_filter() {
    let (mut session, mut ui) = (trained(), UiState::default());
    play(&mut session, &mut ui, "4<tab>j[[[[[[]]]]]]");
    let all = session.order().len();
    let kept = session.order().iter().filter(|id| ui.parallel.brushes.contain(&session, **id)).count();
    assert!(0 < kept && kept < all, "{kept} of {all}");
    let file = SessionFile::from_toml(&Source::new("s.toml", ui.session_file(&session).to_toml())).unwrap();
    let again = UiState::from_file(&file.view);
    assert_eq!(again.parallel.brushes, ui.parallel.brushes, "a session file keeps them");
    play(&mut session, &mut ui, "F");
    assert_eq!(
        (session.order().len(), ui.parallel.brushes.any()),
        (kept, false),
        "{}",
        session.setup().filter().text()
    );
    play(&mut session, &mut ui, "<esc>[0");
    assert_eq!((session.order().len(), ui.parallel.brushes.any()), (all, false));
}

#[test]
fn a_session_file_keeps_the_view() {
    let (session, ui) = after("jvp+VG<enter>Vjjjj<enter>4");
    let text = ui.session_file(&session).to_toml();
    let file = SessionFile::from_toml(&Source::new("session.toml", text.clone())).unwrap();
    let again = UiState::from_file(&file.view);
    assert_eq!((again.screen, again.bar_quantity, again.axes), (Screen::Compare, BarQuantity::Energy, ui.axes));
    assert_eq!((ui.axes.up, ui.axes.log_right), (Column::FrameRate, true));
    let opened = Session::open(&file, session.space().clone(), session.profile().clone()).unwrap();
    assert_eq!(again.session_file(&opened).to_toml(), text);
}

#[test]
fn back_closes_dismisses_and_clears_in_this_order() {
    let (session, ui) = after("/lat<5<enter>tzyo<esc>");
    assert!(ui.overlay.is_none() && ui.maximised && session.toast(ui.now_ms).is_some());
    let (session, ui) = after("/lat<5<enter>tzyo<esc><esc>");
    assert!(ui.maximised && session.toast(ui.now_ms).is_none());
    let (session, ui) = after("/lat<5<enter>tzyo<esc><esc><esc>");
    assert!(!ui.maximised && !session.setup().filter().is_empty());
    let (session, _) = after("/lat<5<enter>tzyo<esc><esc><esc><esc>");
    assert!(session.setup().filter().is_empty());
}

#[test]
fn a_text_is_edited_at_its_cursor() {
    let (session, _) = after("/lat<4<left><backspace>>=<enter>");
    assert_eq!(session.setup().filter().text(), "lat>=4");
    let (_, ui) = after("/lat<4<C-u><backspace>");
    assert!(ui.entry.is_none(), "Backspace on an empty text cancels");
}

#[test]
fn earlier_fronts_are_gone_through_and_left_again() {
    let (mut session, mut ui) = (trained(), UiState::default());
    play(&mut session, &mut ui, "3[[");
    assert_eq!(ui.front_generation, Some(12));
    play(&mut session, &mut ui, "]]");
    assert_eq!(ui.front_generation, None);
    play(&mut session, &mut ui, &"[".repeat(50));
    assert_eq!(ui.front_generation, Some(1));
}

#[test]
fn pins_are_put_into_another_order_and_undo_puts_them_back() {
    let pins = |keys: &str| after(keys).0.setup().pins().iter().map(|pin| pin.candidate).collect::<Vec<_>>();
    let home = pins("t jj jj 4");
    let [first, second, third] = home[..] else { panic!("{home:?}") };
    // The pinned design that was selected last is the third one.
    assert_eq!(pins("t jj jj 4K"), [first, third, second]);
    assert_eq!(pins("t jj jj 4KKK"), [third, first, second]);
    assert_eq!(pins("t jj jj 4KKJ"), [first, third, second]);
    assert_eq!(pins("t jj jj 4hhJ"), [second, first, third]);
    assert_eq!(pins("t jj jj 4KKuu"), home);
    assert_eq!(pins("t jj jj 4:place to the left<enter>"), [first, third, second]);
    let (session, _) = after("t jj jj 4K");
    assert_eq!(session.history().past().last().map(|step| step.label.as_str()), Some("order of the pins"));
    assert!(pins("4KJ").is_empty());
}

#[test]
fn every_count_of_candidates_is_the_same_after_a_search_has_added_some() {
    let session = trained();
    let all = session.catalogue().len();
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
        let picture = still(session, ui, (120, 36), &picture_theme(ColourScheme::OkabeIto));
        let text: String = picture.content.iter().map(ratatui::buffer::Cell::symbol).collect();
        text.split(" for split")
            .next()
            .and_then(|before| before.rsplit('─').next())
            .map(|count| count.trim().to_owned())
    };
    let rows = ui.rows().filter(|row| row.matches("split")).count();
    assert_eq!(title(&session, &ui).as_deref(), Some(format!("{rows} found").as_str()));
}
