//! Pictures of every screen as text; and that no size panics. The header of a picture has the keys that led to it.
//! After a change that is meant to be seen: `INSTA_UPDATE=always cargo test pictures`, then read the diff.

use std::{collections::BTreeMap, sync::Arc};

use ratatui::{
    buffer::{Buffer, Cell},
    layout::Rect,
    style::{Color, Modifier, Style},
};

use super::{fixture, picture_theme};
use crate::{
    explore::Session,
    tui::{
        UiState,
        keymap::Keymap,
        model::screen::Screen,
        play, scene, screen, still,
        theme::{ColourDepth, ColourScheme, Theme},
        widget::ASCII,
    },
};

/// Sizes of the pictures of a screen: each has its own layout.
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (200, 60)];
/// Sizes of the pictures of a popup, which looks the same on larger screens.
const POPUP_SIZES: [(u16, u16); 2] = [(80, 24), (120, 36)];
/// Size of the pictures of other content in the layout of a screen.
const USUAL_SIZE: [(u16, u16); 1] = [(120, 36)];

fn text(buffer: &Buffer) -> String {
    let row = |y| (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..buffer.area.height).map(row).collect::<Vec<_>>().join("\n")
}

/// Settings of a picture that some keys, or other steps in words, led to.
fn settings(steps: &str) -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_description(steps);
    settings
}

#[test]
fn pictures_of_imported_networks() {
    snapshots("imported", &SIZES, fixture::imported(), "<space>j<space>");
    snapshots("imported_compare", &USUAL_SIZE, fixture::imported(), "<space>4");
}

/// Pictures of a session after some keys. Messages have gone by then.
fn snapshots(name: &str, sizes: &[(u16, u16)], mut session: Session, keys: &str) {
    let mut ui = UiState::default();
    play(&mut session, &mut ui, keys);
    ui.now_ms += 60_000;
    let theme = picture_theme(ColourScheme::OkabeIto);
    settings(&format!("keys: {keys}")).bind(|| {
        for &(width, height) in sizes {
            let picture = text(&still(&session, &ui, (width, height), &theme));
            insta::assert_snapshot!(format!("{name}_{width}x{height}"), picture);
        }
    });
}

#[test]
fn explore() {
    snapshots("explore", &SIZES, fixture::session(), "");
    snapshots("explore_by_hand", &USUAL_SIZE, fixture::session(), "jh<tab>ll");
    snapshots("explore_tight", &POPUP_SIZES, fixture::session(), "jjjjjHtG");
    snapshots("explore_measured", &SIZES, fixture::trained(), "tj jj p");
    snapshots("explore_predicted", &SIZES, fixture::predicted(), "");
    snapshots("explore_curve", &SIZES, fixture::predicted(), "jjjjjHHpC");
    snapshots("explore_tracks_fit", &USUAL_SIZE, fixture::predicted(), "%/-measured<enter>t");
    snapshots("explore_literature", &SIZES, fixture::literature(), "tj");
    snapshots("explore_frames", &POPUP_SIZES, fixture::session(), "vvvv");
    snapshots("explore_axes", &USUAL_SIZE, fixture::trained(), "p+Vjjjj<enter>VG<enter>");
    snapshots("explore_whole", &SIZES, fixture::session(), "<tab>z");
    snapshots("explore_energy", &USUAL_SIZE, fixture::session(), "v");
    snapshots("explore_bytes", &USUAL_SIZE, fixture::session(), "vv");
    snapshots("explore_memory", &USUAL_SIZE, fixture::session(), "vvv");
    snapshots("explore_pictures", &SIZES, fixture::pictured(), "w");
    snapshots("explore_pictures_whole", &SIZES, fixture::pictured(), "wz[J");
    snapshots("explore_pictures_missing", &USUAL_SIZE, fixture::session(), "w");
    snapshots("explore_filtered", &USUAL_SIZE, fixture::session(), "/lat<4 split=S2.1<enter>");
}

#[test]
fn tour() {
    let theme = picture_theme(ColourScheme::OkabeIto);
    for (name, number) in [("tour", 1), ("tour_measured", 4), ("tour_pictures", 5), ("tour_tornado", 6)] {
        let (mut session, mut ui) = (fixture::session(), UiState { now_ms: 60_000, ..UiState::default() });
        scene(&mut session, &mut ui, number);
        settings(&format!("scene {number} of the tour")).bind(|| {
            for size in SIZES {
                let picture = text(&still(&session, &ui, size, &theme));
                insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), picture);
            }
        });
    }
}

#[test]
fn a_split_that_runs() {
    let theme = picture_theme(ColourScheme::OkabeIto);
    let (mut session, mut ui) =
        (fixture::session(), UiState { running: Some(fixture::running()), ..UiState::default() });
    play(&mut session, &mut ui, "Ej");
    settings("keys: Ej, with a split of four cameras that runs").bind(|| {
        for size in POPUP_SIZES {
            let picture = text(&still(&session, &ui, size, &theme));
            insta::assert_snapshot!(format!("running_{}x{}", size.0, size.1), picture);
        }
    });
}

/// Styles of a theme, each with its letter and name in pictures of colours.
fn named_styles(theme: &Theme) -> [(char, &'static str, Style); 19] {
    [
        ('t', "text", theme.text),
        ('a', "accent", theme.accent),
        ('d', "dim", theme.dim),
        ('b', "border", theme.border),
        ('B', "focused border", theme.border_focus),
        ('S', "selected", theme.selected),
        ('f', "front", theme.front),
        ('o', "feasible", theme.feasible),
        ('x', "infeasible", theme.infeasible),
        ('g', "good", theme.good),
        ('r', "bad", theme.bad),
        ('w', "warning", theme.warn),
        ('s', "sensor", theme.sensor),
        ('u', "sensor text", theme.sensor_text),
        ('l', "link", theme.link),
        ('m', "aggregator", theme.aggregator),
        ('i', "limit", theme.limit),
        ('p', "first pin", theme.pins[0]),
        ('q', "second pin", theme.pins[1]),
    ]
}

/// Colours of every cell: a letter for each style of the theme, a capital or a sign for others, and below the letters
/// that occur with their meaning. Blank cells with nothing behind them stay blank.
fn colours(buffer: &Buffer, theme: &Theme) -> String {
    let named = named_styles(theme);
    let mut legend = BTreeMap::new();
    let mut letter = |cell: &Cell| {
        if cell.symbol() == " " && cell.bg == Color::Reset && !cell.modifier.contains(Modifier::REVERSED) {
            return ' ';
        }
        let of = |style: &Style| {
            (style.fg.unwrap_or_default(), style.bg.unwrap_or_default(), style.add_modifier)
                == (cell.fg, cell.bg, cell.modifier)
        };
        let look = format!("{} on {}, {:?}", cell.fg, cell.bg, cell.modifier);
        let (letter, meaning) = match named.iter().find(|(_, _, style)| of(style)) {
            Some((letter, name, _)) => (*letter, format!("{name}: {look}")),
            None if cell.modifier.contains(Modifier::REVERSED) => ('#', "reversed".to_owned()),
            None if cell.modifier.contains(Modifier::BOLD) => ('*', "bold".to_owned()),
            None => ('.', "another colour".to_owned()),
        };
        legend.insert(letter, meaning);
        letter
    };
    let rows: Vec<String> = (0..buffer.area.height)
        .map(|y| (0..buffer.area.width).map(|x| letter(&buffer[(x, y)])).collect::<String>().trim_end().to_owned())
        .collect();
    let legend = legend.iter().map(|(letter, meaning)| format!("{letter} {meaning}"));
    rows.into_iter().chain(legend).collect::<Vec<_>>().join("\n")
}

#[test]
fn colours_of_every_screen() {
    let shown = [("explore", ""), ("train", "2"), ("search", "3"), ("compare", "t jj jj 4"), ("help", "?")];
    for (name, keys) in shown {
        let (mut session, mut ui) = (fixture::trained(), UiState::default());
        play(&mut session, &mut ui, keys);
        ui.now_ms += 60_000;
        settings(&format!("keys: {keys}")).bind(|| {
            for scheme in [ColourScheme::OkabeIto, ColourScheme::Light, ColourScheme::Mono] {
                for (width, height) in USUAL_SIZE {
                    let theme = picture_theme(scheme);
                    let picture = colours(&still(&session, &ui, (width, height), &theme), &theme);
                    insta::assert_snapshot!(format!("{name}_{}_{width}x{height}", scheme.name()), picture);
                }
            }
        });
    }
}

#[test]
fn train() {
    snapshots("train_nothing", &SIZES, fixture::session(), "2");
    snapshots("train", &SIZES, fixture::trained(), "2");
    snapshots("train_inspect", &USUAL_SIZE, fixture::trained(), "2+ihhhhhhhhhhhhhhhhhh");
}

#[test]
fn search() {
    snapshots("search_predicted", &SIZES, fixture::predicted(), "3");
    snapshots("search_nothing", &SIZES, fixture::session(), "3");
    snapshots("search", &SIZES, fixture::trained(), "3");
    snapshots("search_earlier", &USUAL_SIZE, fixture::trained(), "3[[[[[Li");
}

#[test]
fn compare() {
    snapshots("compare_nothing", &SIZES, fixture::session(), "4");
    snapshots("compare", &SIZES, fixture::trained(), "t jj jj 4");
    snapshots("compare_differences", &USUAL_SIZE, fixture::trained(), "t jj jj 4d");
    snapshots("compare_axes", &SIZES, fixture::trained(), "t jj jj 4<tab>j[[[[]]]");
    snapshots("compare_predicted", &USUAL_SIZE, fixture::predicted(), "/-measured<enter>t<space>j<space>4");
    snapshots("compare_paradigms", &SIZES, fixture::trained(), "t jj jj 4p");
}

#[test]
fn overlays() {
    snapshots("help", &SIZES, fixture::session(), "?");
    snapshots("help_found", &USUAL_SIZE, fixture::session(), "?/split<enter>");
    snapshots("inspect_predicted", &USUAL_SIZE, fixture::predicted(), "/-measured<enter>t<enter>");
    snapshots("inspect", &POPUP_SIZES, fixture::trained(), "tj<enter>");
    snapshots("inspect_literature", &POPUP_SIZES, fixture::literature(), "tj<enter>");
    snapshots("axes", &POPUP_SIZES, fixture::session(), "V");
    snapshots("why_several", &POPUP_SIZES, fixture::session(), "jjjHHkHHjjjHt[x");
    snapshots("why", &POPUP_SIZES, fixture::session(), "jjjjjHHtGx");
    snapshots("tornado", &POPUP_SIZES, fixture::session(), "o");
    snapshots("optimum", &POPUP_SIZES, fixture::session(), "O");
    snapshots("history", &POPUP_SIZES, fixture::session(), "llljhhu<esc>U");
    snapshots("palette", &POPUP_SIZES, fixture::session(), ":kno");
    snapshots("typed", &POPUP_SIZES, fixture::session(), "j<enter>2.5 M");
    snapshots("filter", &POPUP_SIZES, fixture::session(), "/lat<4 sp");
    snapshots("note", &POPUP_SIZES, fixture::trained(), "tjnfor the board #demo<enter>jn#spare");
    snapshots("export", &POPUP_SIZES, fixture::session(), "e");
    snapshots("quit", &POPUP_SIZES, fixture::trained(), "q");
}

/// States that between them have everything drawn.
const STATES: [&str; 24] = [
    "",
    "p",
    "2",
    "2+i",
    "3",
    "3[[",
    "tj j 4",
    "tj j 4d<tab>[",
    "?",
    "x",
    "o",
    "U",
    ":",
    "/x",
    "e",
    "vvvv",
    "vz",
    "tz",
    "pz++",
    "<tab>z",
    "z",
    "t<enter>",
    "pV",
    "jjjHHkHHjjjHt[x",
];

#[test]
fn replay() {
    let settings = settings("a run in the middle of being replayed, on Train");
    let ui =
        UiState { replay: Some(super::replay_position()), screen: Screen::Train, now_ms: 60_000, ..UiState::default() };
    let session = fixture::trained();
    settings.bind(|| {
        for size in SIZES {
            let picture = text(&still(&session, &ui, size, &picture_theme(ColourScheme::OkabeIto)));
            insta::assert_snapshot!(format!("replay_{}x{}", size.0, size.1), picture);
        }
    });
}

#[test]
fn every_size_draws() {
    let sessions: Vec<(Session, UiState)> = STATES
        .iter()
        .map(|keys| {
            let (mut session, mut ui) = (fixture::trained(), UiState::default());
            play(&mut session, &mut ui, keys);
            (session, ui)
        })
        .collect();
    let theme = picture_theme(ColourScheme::OkabeIto);
    let mut buffer = Buffer::empty(Rect::new(0, 0, 200, 100));
    let mut states = sessions.iter().cycle();
    // Every size once, and every state at thousands of sizes: their number has no factor in common with the heights.
    for width in 0..=200 {
        for height in 0..=100 {
            let (session, ui) = states.next().expect("it cycles");
            buffer.resize(Rect::new(0, 0, width, height));
            buffer.reset();
            screen::draw(screen::View { session, ui, theme: &theme }, buffer.area, &mut buffer);
        }
    }
}

#[test]
fn a_small_terminal_names_both_sizes() {
    let ui = UiState::default();
    let picture = text(&still(&fixture::session(), &ui, (72, 20), &picture_theme(ColourScheme::OkabeIto)));
    assert!(picture.contains("72x20") && picture.contains("80x24"), "{picture}");
}

#[test]
fn mono_has_no_colour_and_says_the_same() {
    let mono = Theme::new(ColourScheme::Mono, ColourDepth::True, picture_theme(ColourScheme::Mono).glyphs);
    for keys in ["", "2", "3", "t j 4", "o", "vvvv", "t<enter>", "p+"] {
        let (mut session, mut ui) = (fixture::trained(), UiState::default());
        play(&mut session, &mut ui, keys);
        let colour = still(&session, &ui, (120, 36), &picture_theme(ColourScheme::OkabeIto));
        let plain = still(&session, &ui, (120, 36), &mono);
        assert_eq!(text(&colour), text(&plain));
        assert!(plain.content.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
    }
}

#[test]
fn ascii_is_ascii_but_for_the_words() {
    let theme = Theme::new(ColourScheme::OkabeIto, ColourDepth::True, &ASCII);
    let plain = || Arc::new(Keymap::default().written(true));
    let all = ["", "2", "2i", "3", "3[[", "t j 4", "4<tab>[", "x", "o", "?", ":", "e", "vvvv", "t<enter>", "p+"];
    for keys in all {
        let (mut session, mut ui) = (fixture::trained(), UiState { keys: plain(), ..UiState::default() });
        play(&mut session, &mut ui, keys);
        let picture = text(&still(&session, &ui, (120, 36), &theme));
        let other: String = picture.chars().filter(|character| !character.is_ascii()).collect();
        assert_eq!(other, "", "{picture}");
    }
}
