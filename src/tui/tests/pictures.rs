//! Pictures of every screen as text, at three sizes; and that no size panics.

use std::sync::Arc;

use ratatui::{
    buffer::{Buffer, Cell},
    layout::Rect,
    style::{Color, Modifier},
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

/// Sizes of the snapshots: the smallest one, the usual one, a large one.
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (200, 60)];

fn text(buffer: &Buffer) -> String {
    let row = |y| (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..buffer.area.height).map(row).collect::<Vec<_>>().join("\n")
}

fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

/// Snapshots of a session after some keys, at all sizes. Messages have gone by then.
fn snapshots(name: &str, mut session: Session, keys: &str) {
    let mut ui = UiState::default();
    play(&mut session, &mut ui, keys);
    ui.now_ms += 60_000;
    let theme = picture_theme(ColourScheme::OkabeIto);
    settings().bind(|| {
        for (width, height) in SIZES {
            let picture = text(&still(&session, &ui, (width, height), &theme));
            insta::assert_snapshot!(format!("{name}_{width}x{height}"), picture);
        }
    });
}

#[test]
fn explore() {
    snapshots("explore", fixture::session(), "");
    snapshots("explore_by_hand", fixture::session(), "jh<tab>ll");
    snapshots("explore_tight", fixture::session(), "jjjjjHtG");
    snapshots("explore_measured", fixture::trained(), "tj jj p");
    snapshots("explore_frames", fixture::session(), "vvvv");
    snapshots("explore_axes", fixture::trained(), "p+Vjjjj<enter>VG<enter>");
    snapshots("explore_whole", fixture::session(), "<tab>z");
    snapshots("explore_energy", fixture::session(), "v");
    snapshots("explore_bytes", fixture::session(), "vv");
    snapshots("explore_memory", fixture::session(), "vvv");
    snapshots("explore_filtered", fixture::session(), "/lat<4 split=S2.1<enter>");
}

#[test]
fn tour() {
    let theme = picture_theme(ColourScheme::OkabeIto);
    settings().bind(|| {
        for (name, number) in [("tour", 1), ("tour_measured", 4), ("tour_tornado", 5)] {
            let (mut session, mut ui) = (fixture::session(), UiState { now_ms: 60_000, ..UiState::default() });
            scene(&mut session, &mut ui, number);
            for size in SIZES {
                let picture = text(&still(&session, &ui, size, &theme));
                insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), picture);
            }
        }
    });
}

/// The colours of every cell: a letter for each look, and below what the letters mean. Blank cells with nothing behind them
/// stay blank.
fn colours(buffer: &Buffer) -> String {
    let mut looks = Vec::new();
    let mut letter = |cell: &Cell| {
        let look = (cell.fg, cell.bg, cell.modifier);
        if cell.symbol() == " " && cell.bg == Color::Reset && !cell.modifier.contains(Modifier::REVERSED) {
            return ' ';
        }
        let at = looks.iter().position(|other| *other == look).unwrap_or_else(|| {
            looks.push(look);
            looks.len() - 1
        });
        char::from(b'a' + u8::try_from(at).unwrap())
    };
    let rows: Vec<String> = (0..buffer.area.height)
        .map(|y| (0..buffer.area.width).map(|x| letter(&buffer[(x, y)])).collect::<String>().trim_end().to_owned())
        .collect();
    let legend = looks.iter().enumerate().map(|(at, (front, back, modifier))| {
        format!("{} {front} on {back}, {modifier:?}", char::from(b'a' + at as u8))
    });
    rows.into_iter().chain(legend).collect::<Vec<_>>().join("\n")
}

#[test]
fn colours_of_every_screen() {
    let shown = [("explore", ""), ("train", "2"), ("search", "3"), ("compare", "t jj jj 4"), ("help", "?")];
    settings().bind(|| {
        for (name, keys) in shown {
            let (mut session, mut ui) = (fixture::trained(), UiState::default());
            play(&mut session, &mut ui, keys);
            ui.now_ms += 60_000;
            for scheme in [ColourScheme::OkabeIto, ColourScheme::Light, ColourScheme::Mono] {
                let sizes = if scheme == ColourScheme::Light { &SIZES[1..2] } else { &SIZES[..] };
                for &(width, height) in sizes {
                    let picture = still(&session, &ui, (width, height), &picture_theme(scheme));
                    insta::assert_snapshot!(format!("{name}_{}_{width}x{height}", scheme.name()), colours(&picture));
                }
            }
        }
    });
}

#[test]
fn train() {
    snapshots("train_nothing", fixture::session(), "2");
    snapshots("train", fixture::trained(), "2");
    snapshots("train_inspect", fixture::trained(), "2+ihhhhhhhhhhhhhhhhhh");
}

#[test]
fn search() {
    snapshots("search_nothing", fixture::session(), "3");
    snapshots("search", fixture::trained(), "3");
    snapshots("search_earlier", fixture::trained(), "3[[[[[Li");
}

#[test]
fn compare() {
    snapshots("compare_nothing", fixture::session(), "4");
    snapshots("compare", fixture::trained(), "t jj jj 4");
    snapshots("compare_differences", fixture::trained(), "t jj jj 4d");
    snapshots("compare_axes", fixture::trained(), "t jj jj 4<tab>j[[[[]]]");
}

#[test]
fn overlays() {
    snapshots("help", fixture::session(), "?");
    snapshots("help_found", fixture::session(), "?/split<enter>");
    snapshots("inspect", fixture::trained(), "tj<enter>");
    snapshots("axes", fixture::session(), "V");
    snapshots("why_several", fixture::session(), "jjjHHkHHjjjHt[x");
    snapshots("why", fixture::session(), "jjjjjHHtGx");
    snapshots("tornado", fixture::session(), "o");
    snapshots("optimum", fixture::session(), "O");
    snapshots("history", fixture::session(), "llljhhu<esc>U");
    snapshots("palette", fixture::session(), ":kno");
    snapshots("typed", fixture::session(), "j<enter>2.5 M");
    snapshots("filter", fixture::session(), "/lat<4 sp");
    snapshots("export", fixture::session(), "e");
    snapshots("quit", fixture::trained(), "q");
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
    let settings = settings();
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
