//! The real binary in a real pseudo-terminal: it opens, follows a knob, and gives the terminal back.

mod common;
#[path = "common/screen.rs"]
mod screen;

use std::io::{Read, Write};

use common::until;
use portable_pty::{PtySize, native_pty_system};
use screen::{Screen, command};

/// The sentence on the selected design: "✓ #0 split at S2.1 fits: ...".
fn split(text: &str) -> Option<String> {
    let after = text.split("split at ").nth(1).or_else(|| text.split("split ").nth(1))?;
    Some(after.split_whitespace().next()?.trim_end_matches([',', '.', ':']).to_owned())
}

#[test]
fn it_opens_follows_a_knob_and_gives_the_terminal_back() {
    for (columns, rows) in [(120, 36), (80, 24)] {
        let mut screen = Screen::open(columns, rows, &["--no-run"]);
        let before = screen.wait("the first frame", |text| text.contains("Knobs") && split(text).is_some());
        assert!(before.contains("split"), "{before}");
        // Down to the link's knob, then ten steps to less bandwidth, several times: the split moves to the sensor.
        screen.keys("jHHH");
        let now = screen.wait("the split to move", |text| split(text).is_some() && split(text) != split(&before));
        assert_ne!(split(&before), split(&now));
        screen.keys("q");
        assert!(screen.end(), "the terminal was not given back at {columns}x{rows}");
    }
}

#[test]
fn the_first_frame_shows_accuracies_of_the_shipped_run() {
    let mut screen = Screen::open(120, 36, &[]);
    let first = screen.wait("the first frame", |text| text.contains("Knobs"));
    assert!(first.contains("shipped run: ") && !first.contains("not yet measured"), "{first}");
    screen.keys("q");
    assert!(!screen.folder.path().join("runs").exists(), "nothing is written");
    assert!(screen.end());
}

#[test]
fn it_trains_from_a_key_and_shows_measured_accuracies() {
    let training = [
        "--no-run",
        "--train",
        "steps=10",
        "--train",
        "images=24",
        "--train",
        "evaluate-every=5",
        "--train",
        "calibration-objects=16",
    ];
    let mut screen = Screen::open(120, 36, &training);
    screen.wait("the first frame", |text| text.contains("not yet measured"));
    screen.keys("T");
    screen.wait("a measured accuracy", |text| !text.contains("not yet measured") && text.contains('%'));
    screen.keys("2");
    screen.wait("the train screen", |text| text.contains("Loss") || text.contains("loss"));
    screen.keys("1");
    screen.wait("the training to end", |text| {
        text.contains("10/10") || text.contains("finished") || text.contains("done")
    });
    screen.keys("Q");
    assert!(screen.end());
}

#[test]
fn pictures_of_the_selected_design_are_made_beside_the_explorer() {
    let folder = common::folder();
    let settings = ["--set", "images=24", "--set", "calibration-objects=16", "--steps", "2", "--threads", "1"];
    let train = [&["train", "--run", "r", "--json", "--data", "arrangement-10:objects=100"], &settings[..]].concat();
    common::succeed(folder.path(), &train);
    let mut screen = Screen::open_in(folder, 120, 36, &["--run", "r"], &[]);
    screen.wait("the first frame", |text| text.contains("Knobs") && split(text).is_some());
    screen.keys("w");
    screen.wait("pictures that are being made", |text| text.contains("making the pictures"));
    let first = screen.wait("pictures", |text| text.contains("rebuilt, in int8"));
    assert!(first.contains("rebuilt:"), "{first}");
    screen.keys("J");
    screen.wait("pictures of the next object", |text| text.contains("object 1") && text.contains("rebuilt, in int8"));
    screen.keys("q");
    assert!(screen.end());
}

#[test]
fn a_terminal_that_is_too_small_gets_one_sentence() {
    let mut screen = Screen::open(60, 15, &[]);
    screen.wait("the sentence", |text| text.contains("60") && text.contains("80"));
    screen.keys("q");
    assert!(screen.end());
}

#[test]
fn signals_end_it_with_the_terminal_given_back_and_the_session_kept() {
    for (signal, code) in [("TERM", 143), ("HUP", 129), ("QUIT", 131), ("ABRT", 134), ("USR1", 138)] {
        let mut screen = Screen::open(120, 36, &[]);
        let before = screen.wait("the first frame", |text| text.contains("Knobs") && split(text).is_some());
        screen.keys("jHHH");
        screen.wait("the split to move", |text| split(text).is_some() && split(text) != split(&before));
        let moved = split(&screen.text());
        screen.signal(signal);
        assert_eq!(screen.ended(), code, "{}", screen.raw());
        assert!(screen.is_given_back(), "after {signal}");
        let kept = screen.folder.path().join("state/splitscope/last-session.toml");
        assert!(kept.is_file(), "{}", screen.raw());
        // What was kept opens as it was.
        let Screen { folder, .. } = screen;
        let path = kept.display().to_string();
        let again = Screen::open_in(folder, 120, 36, &["--session", &path], &[]);
        again.wait("the session as it was", |text| split(text) == moved);
        again.signal("TERM");
    }
}

#[test]
fn a_signal_ends_it_under_a_flood_of_keys() {
    let mut screen = Screen::open(120, 36, &["--no-run"]);
    screen.wait("the first frame", |text| text.contains("Knobs"));
    let mut writer = std::mem::replace(&mut screen.writer, Box::new(std::io::sink()));
    // Filters that each keep other designs, for as long as anyone reads them.
    // The thread may wait for a reader for ever; it ends with the test.
    std::thread::spawn(move || while writer.write_all(b"/latency<9\rJ/latency<8\rHL").is_ok() {});
    screen.wait("the flood to arrive", |text| text.contains("latency<"));
    screen.signal("TERM");
    let mut code = None;
    until("the end", || {
        code = screen.child.try_wait().unwrap().map(|status| status.exit_code());
        code.is_some()
    });
    assert_eq!(code, Some(143));
    until("the terminal is given back", || screen.is_given_back());
}

/// Input whose end has not come: a sequence, a character, a report of the mouse, a paste. Each with what ends it.
const HALVES: [(&[u8], &[u8]); 8] = [
    (b"\x1b[", b"A"),
    (b"\x1bO", b"A"),
    (b"\x1b[1;", b"5A"),
    (b"\x1b[<35;", b"1;1M"),
    (b"\x1b[200~abc", b"\x1b[201~"),
    (b"\xe2\x82", b"\xac"),
    (b"\xff", b""),
    (b"\x1b]", b""),
];

#[test]
fn half_a_sequence_keeps_nothing_from_going_on() {
    for (half, rest) in HALVES {
        let mut screen = Screen::open(120, 36, &["demo"]);
        screen.wait("the first caption", |text| text.contains("One network on two machines"));
        screen.writer.write_all(half).unwrap();
        // The tour goes on by itself.
        screen.wait("the second scene", |text| text.contains("The link gets slower"));
        screen.writer.write_all(rest).unwrap();
        screen.keys("?");
        screen.wait("the help", |text| text.contains("elp"));
        screen.writer.write_all(half).unwrap();
        screen.signal("TERM");
        assert_eq!(screen.ended(), 143, "after {half:?}: {}", screen.raw());
        assert!(screen.is_given_back(), "after {half:?}");
    }
}

#[test]
fn a_terminal_of_any_size_is_drawn_on() {
    let folder = tempfile::tempdir().unwrap();
    let size = PtySize { rows: u16::MAX, cols: u16::MAX, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).unwrap();
    let mut child = pair.slave.spawn_command(command(folder.path(), &["--no-run"])).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let (mut drawn, mut buffer) = (Vec::new(), vec![0; 1 << 16]);
    while !String::from_utf8_lossy(&drawn).contains("Knobs") {
        let count = reader.read(&mut buffer).unwrap();
        drawn.extend_from_slice(&buffer[..count]);
    }
    std::thread::spawn(move || while reader.read(&mut buffer).is_ok_and(|count| count > 0) {});
    pair.master.take_writer().unwrap().write_all(b"q").unwrap();
    assert_eq!(child.wait().unwrap().exit_code(), 0);
}

#[test]
fn the_unpacked_run_goes_with_the_explorer() {
    let folder = tempfile::tempdir().unwrap();
    let temporary = folder.path().join("temporary");
    std::fs::create_dir(&temporary).unwrap();
    let environment = [("TMPDIR", temporary.to_str().unwrap())];
    let mut screen = Screen::open_in(folder, 120, 36, &[], &environment);
    let left = || std::fs::read_dir(&temporary).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    screen.wait("the first frame", |text| text.contains("Knobs"));
    screen.keys("w");
    until("the run to be unpacked", || left().iter().any(|folder| folder.join("shipped/run.toml").is_file()));
    screen.signal("TERM");
    assert_eq!(screen.ended(), 143);
    assert_eq!(left().len(), 0, "{:?}", left());
}

#[test]
fn pasted_text_is_no_keys() {
    let mut screen = Screen::open(120, 36, &["--no-run"]);
    screen.wait("the first frame", |text| text.contains("Knobs"));
    // As keys, these would start a training and end the program.
    screen.keys("\x1b[200~The best SPLIT q\x1b[201~");
    screen.wait("the message", |text| text.contains("pasted text goes into a text entry"));
    screen.keys("/\x1b[200~latency<\n9\x1b[201~");
    screen.wait("the text in the entry", |text| text.contains("latency< 9"));
    screen.keys("\x1b");
    screen.wait("the entry to close", |text| !text.contains("latency< 9"));
    screen.keys("q");
    assert!(!screen.folder.path().join("runs").exists(), "nothing was started");
    assert!(screen.end());
}

#[test]
fn a_terminal_that_is_closed_leaves_the_session_kept() {
    let folder = tempfile::tempdir().unwrap();
    let size = PtySize { rows: 36, cols: 120, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).unwrap();
    let mut child = pair.slave.spawn_command(command(folder.path(), &[])).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let (mut drawn, mut buffer) = (Vec::new(), [0; 8192]);
    while !String::from_utf8_lossy(&drawn).contains("Knobs") {
        let count = reader.read(&mut buffer).unwrap();
        drawn.extend_from_slice(&buffer[..count]);
    }
    drop((reader, pair.master));
    assert_eq!(child.wait().unwrap().exit_code(), 129);
    assert!(folder.path().join("state/splitscope/last-session.toml").is_file());
}

#[test]
fn it_stops_and_goes_on() {
    let mut screen = Screen::open(120, 36, &[]);
    screen.wait("the first frame", |text| text.contains("Knobs"));
    screen.signal("TSTP");
    until("the terminal is given back", || screen.is_given_back());
    // Given back, it has yet to stop; to go on before that would be to stop for ever.
    let process = screen.child.process_id().unwrap().to_string();
    let state = || std::process::Command::new("ps").args(["-o", "stat=", "-p", &process]).output().unwrap().stdout;
    until("it stops", || state().starts_with(b"T"));
    screen.signal("CONT");
    until("it comes back", || !screen.is_given_back() && screen.text().contains("Knobs"));
    screen.keys("q");
    assert!(screen.end());
}

#[test]
fn the_users_keys_and_colours_count() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.toml"), "theme = \"mono\"\n[keys]\ngo-to-train = [\"f5\"]\n").unwrap();
    let mut screen = Screen::open_in(folder, 120, 36, &[], &[]);
    screen.wait("the first frame", |text| text.contains("Knobs"));
    screen.keys("\x1b[15~");
    screen.wait("the train screen", |text| text.contains("[2 Train]"));
    let coloured = ["\x1b[38;", "\x1b[31m", "\x1b[32m"].iter().any(|code| screen.raw().contains(code));
    assert!(!coloured, "mono has no colour");
    screen.keys("q");
    assert!(screen.end());
}

#[test]
fn a_wrong_file_is_shown_before_the_screen_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.toml"), "[keys]\ntrian = [\"t\"]\n").unwrap();
    let mut screen = Screen::open_in(folder, 120, 36, &[], &[]);
    assert_eq!(screen.ended(), 1);
    let text = screen.text();
    assert!(text.contains("config.toml:2:1") && text.contains("^^^^^") && text.contains("`train`"), "{text}");
    assert!(!screen.raw().contains("\x1b[?1049h"), "the screen was never taken");
}

#[test]
fn what_is_copied_reaches_the_terminal_and_what_is_exported_the_disk() {
    let mut screen = Screen::open(120, 36, &[]);
    screen.wait("the first frame", |text| text.contains("Knobs"));
    screen.keys("y");
    screen.wait("the message", |text| text.contains("copied"));
    assert!(screen.raw().contains("\x1b]52;c;"), "no OSC 52");
    screen.keys("e\r");
    screen.wait("the message", |text| text.contains("splitscope-screen.svg"));
    let picture = std::fs::read_to_string(screen.folder.path().join("splitscope-screen.svg")).unwrap();
    assert!(picture.contains("Knobs") && !picture.contains("Export"), "the menu is gone");
    screen.keys("Q");
    screen.wait("the last frame to stay", |text| text.contains("Knobs"));
    assert!(screen.end());
}

#[test]
fn the_tour_goes_by_itself_is_held_and_left() {
    let mut screen = Screen::open(120, 36, &["demo"]);
    screen.wait("the first caption", |text| text.contains("One network on two machines"));
    screen.wait("the second scene", |text| text.contains("The link gets slower"));
    let before = screen.wait("its caption", |text| split(text).is_some() || text.contains("Bandwidth falls"));
    screen.wait("the split to move", |text| text.contains("towards the sensor"));
    assert!(before.contains("2 of"), "{before}");
    screen.keys(",");
    screen.wait("the tour to be held", |text| text.contains(", resume"));
    screen.keys("\x1b");
    screen.wait("the tour to end", |text| !text.contains(", resume") && split(text).is_some());
    screen.keys("q");
    assert!(screen.end());
}

#[test]
fn without_a_terminal_nothing_is_drawn() {
    let run = |arguments: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_splitscope"))
            .args(arguments)
            .current_dir(folder.path())
            .env("SPLITSCOPE_CONFIG", folder.path().join("none.toml"))
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let report = run(&[]);
    assert!(report.contains("tabletop on glasses") && !report.contains('\x1b'), "{report}");
    let tour = run(&["demo"]);
    assert!(tour.contains("1. One network") && !tour.contains('\x1b'), "{tour}");
    let keys = run(&["keys"]);
    assert!(keys.contains("[keys]") && keys.contains("train = [\"T\"]"), "{keys}");
}
