//! The real binary under faults from outside: output that can't be written, foreign text, senseless numbers, files that
//! are none.

mod common;

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use common::{command, folder, splitscope, text};

/// Commands that print without a run.
const PRINTING: [&[&str]; 15] = [
    &["--help"],
    &["--version"],
    &["cost", "--help"],
    &["check", "space.toml"],
    &["check", "missing.toml"],
    &["profile", "list"],
    &["profile", "show", "glasses"],
    &["cost"],
    &["cost", "--json"],
    &["paradigms"],
    &["sweep", "latency", "--steps", "2", "--no-run"],
    &["schema", "space"],
    &["keys"],
    &["explore", "--plain", "--no-run", "--pool", "50"],
    &["study"],
];

fn shipped_space(folder: &Path, from: &str, to: &str) {
    let shipped = include_str!("../spaces/tabletop.toml");
    assert!(shipped.contains(from), "{from}");
    fs::write(folder.join("space.toml"), shipped.replacen(from, to, 1)).unwrap();
}

/// A pipe that nobody reads from.
fn unread() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_panics_no_command() {
    let folder = folder();
    shipped_space(folder.path(), "", "");
    for arguments in PRINTING {
        let code = |command: &mut Command| command.status().unwrap().code();
        let run = || command(folder.path(), arguments);
        let usual = code(run().stdout(Stdio::null()).stderr(Stdio::null()));
        let prints = usual == Some(0);
        let on_full_disk = code(run().stdout(full()).stderr(full()));
        assert_eq!(on_full_disk, Some(1), "{arguments:?} on a full disk");
        assert_eq!(code(run().stdout(full()).stderr(unread())), Some(1), "{arguments:?} on a full disk, unread errors");
        let unread_output = code(run().stdout(unread()).stderr(unread()));
        assert_eq!(unread_output, if prints { Some(0) } else { usual }, "{arguments:?} unread");
        if prints {
            let told = run().stdout(full()).output().unwrap();
            assert!(text(&told.stderr).contains("standard output can't be written to"), "{}", text(&told.stderr));
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn work_goes_on_when_its_words_are_lost_and_says_so_at_the_end() {
    let folder = folder();
    let more = |run| common::train_small(run, "2", &[]);
    let on_full_disk = command(folder.path(), &more("full")).stdout(full()).output().unwrap();
    let told = text(&on_full_disk.stderr);
    assert_eq!(on_full_disk.status.code(), Some(1), "{told}");
    assert!(told.contains("standard output can't be written to") && told.contains("the work is done"), "{told}");
    assert!(folder.path().join("full/checkpoint/step-00000002").is_dir());
    let unheard = command(folder.path(), &more("unheard")).stdout(unread()).output().unwrap();
    assert!(unheard.status.success(), "{}", text(&unheard.stderr));
}

/// Fails if an output holds what steers a terminal or turns text around.
fn assert_tame(output: &Output, what: &str) {
    for stream in [text(&output.stdout), text(&output.stderr)] {
        let steering = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!stream.contains(steering), "{what}: {stream:?}");
    }
}

#[test]
fn foreign_text_steers_no_terminal() {
    const EVIL: &str = r"\u001b]52;c;aGk=\u0007\u009b2J\u202e";
    let evil = "\u{1b}]52;c;aGk=\u{7}\u{9b}2J\u{202e}";
    let folder = folder();
    shipped_space(folder.path(), "name = \"tabletop\"", &format!("name = \"tabletop{EVIL}\""));
    let profile =
        include_str!("../profiles/glasses.toml").replacen("description = \"", &format!("description = \"{EVIL}"), 1);
    fs::write(folder.path().join("profile.toml"), profile).unwrap();
    let session = format!("[session]\nversion = 2\nspace = \"{EVIL}\"\nprofile = \"p\"\npool = 1\nseed = 0\n[knobs]\n");
    fs::write(folder.path().join("session.toml"), session).unwrap();
    fs::write(folder.path().join("broken.toml"), format!("[space]\nname = \"a{evil}\"\n")).unwrap();
    fs::write(folder.path().join(format!("{evil}.toml")), "[space]\nnam = 1\n").unwrap();
    let named = format!("{evil}.toml");
    let shown: [&[&str]; 13] = [
        &["check", "space.toml"],
        &["check", "broken.toml"],
        &["check", &named],
        &["cost", "--space", "space.toml"],
        &["cost", "--space", "space.toml", "--json"],
        &["sweep", "latency", "--steps", "2", "--space", "space.toml", "--json"],
        &["explore", "--plain", "--no-run", "--pool", "20", "--space", "space.toml"],
        &["explore", "--json", "--no-run", "--pool", "20", "--space", "space.toml"],
        &["explore", "--plain", "--session", "session.toml"],
        &["profile", "show", "profile.toml"],
        &["data", evil],
        &["cost", "--genome", evil],
        &[evil],
    ];
    for arguments in shown {
        assert_tame(&splitscope(folder.path(), arguments), &format!("{arguments:?}"));
    }
    // What is written as JSON reads back as it was.
    let swept = common::json(folder.path(), &["sweep", "latency", "--steps", "2", "--space", "space.toml", "--json"]);
    assert_eq!(swept["space"], format!("tabletop{evil}"));
    let picture =
        splitscope(folder.path(), &["sweep", "latency", "--steps", "2", "--space", "space.toml", "--svg", "s.svg"]);
    assert!(picture.status.code().is_some_and(|code| code == 0 || code == 3));
    let drawn = fs::read_to_string(folder.path().join("s.svg")).unwrap();
    assert!(!drawn.contains(|c: char| c.is_control() && c != '\n') && !drawn.contains('\u{202e}'));
}

#[test]
fn numbers_beyond_any_machine_are_refused_at_once() {
    let folder = folder();
    let refused: [&[&str]; 12] = [
        &["explore", "--plain", "--no-run", "--pool", "1000000000"],
        &["sweep", "latency", "--no-run", "--pool", "1000000000"],
        &["measure", "--run", "shipped", "--random", "1000000000000"],
        &["measure", "--run", "shipped", "--random", "1", "--threads", "100000000"],
        &["search", "--run", "shipped", "--threads", "100000000"],
        &["search", "--run", "shipped", "--workers", "100000000"],
        &["search", "--run", "shipped", "--limits", r#"{"latency": 1e-320}"#],
        &["cost", "--knob", "latency=1e-320"],
        &["cost", "--knob", "latency=-1e300"],
        &["search", "--run", "shipped", "--seconds", "1e300"],
        &["search", "--run", "shipped", "--leak-limit", "inf"],
        &["explore", "--plain", "--no-run", "--train", "steps=NaN"],
    ];
    for arguments in refused {
        let output = splitscope(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stderr));
        assert!(output.stderr.len() < 1000, "{arguments:?}: {}", text(&output.stderr));
    }
    assert!(!folder.path().join("runs").exists(), "nothing was copied for a search that is refused");
    for (from, to) in [
        ("views = 12", "views = 1000000000"),
        ("classes = 10", "classes = 1000000000"),
        ("resolutions = [32]", "resolutions = [100000]"),
        ("widths = [8]", "widths = [65536]"),
        ("stride = 2", "stride = 4000000000"),
    ] {
        shipped_space(folder.path(), from, to);
        let output = splitscope(folder.path(), &["check", "space.toml"]);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{to}: {told}");
        assert!(told.contains("space.toml:") && told.contains("at most"), "{to}: {told}");
    }
    let session = |pool: &str, knobs: &str| {
        let header =
            format!("[session]\nversion = 2\nspace = \"tabletop\"\nprofile = \"glasses\"\npool = {pool}\nseed = 0\n");
        fs::write(folder.path().join("session.toml"), format!("{header}[knobs]\n{knobs}\n")).unwrap();
        splitscope(folder.path(), &["explore", "--plain", "--no-run", "--session", "session.toml"])
    };
    for (pool, knobs) in
        [("1000000000", ""), ("50", "latency = 1e-320"), ("50", "energy = nan"), ("50", "sensors = 1e30")]
    {
        let output = session(pool, knobs);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{pool} {knobs}: {told}");
        assert!(told.contains("session.toml"), "the file is named: {told}");
    }
    assert!(session("50", "latency = 0.1").status.success());
}

#[cfg(target_os = "linux")]
#[test]
fn pipes_devices_and_huge_files_are_no_input() {
    let folder = folder();
    assert!(Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap().success());
    File::create(folder.path().join("huge")).unwrap().set_len(1 << 40).unwrap();
    for file in ["pipe", "huge", "/dev/zero"] {
        let readers: [&[&str]; 8] = [
            &["check", file],
            &["cost", "--space", file],
            &["cost", "--profile", file],
            &["cost", "--layers", file],
            &["cost", "--network", file],
            &["explore", "--plain", "--no-run", "--session", file],
            &["verify", file],
            &["data", "furniture:labels=pipe"],
        ];
        for arguments in readers {
            let output = splitscope(folder.path(), arguments);
            let told = text(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{arguments:?}: {told}");
            assert!(!told.contains("panicked"), "{arguments:?}: {told}");
            let bound =
                if arguments[1] == "--network" { "it is larger than 1024 MiB" } else { "it is larger than 16 MiB" };
            let is_bounded = file == "huge" && ["check", "cost"].contains(&arguments[0]);
            assert!(!is_bounded || told.contains(bound), "{arguments:?}: {told}");
        }
        let output =
            command(folder.path(), &["keys"]).env("SPLITSCOPE_CONFIG", folder.path().join(file)).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    }
}

#[test]
fn a_wrong_command_line_has_an_exit_code_of_its_own() {
    let folder = folder();
    let wrong: [&[&str]; 45] = [
        &["nonsense"],
        &["cost", "--knob", "lightning=3"],
        &["cost", "--knob", "latency"],
        &["cost", "--sensors", "13"],
        &["sweep", "latency", "--steps", "2", "--no-run", "--sensors", "0"],
        &["report", "shipped", "--sensors", "0"],
        &["cost", "--genome", "nobody"],
        &["cost", "--why", "S9"],
        &["cost", "--fusion", "S9"],
        &["cost", "--ratio", "0"],
        &["cost", "--bits", "3"],
        &["cost", "--deadline", "never"],
        &["cost", "--input", "1x3x8x8"],
        &["cost", "--space", "tabeltop"],
        &["cost", "--profile", "glases"],
        &["cost", "--dataflow", "ws"],
        &["sweep", "lightning", "--no-run"],
        &["sweep", "latency", "--no-run", "--from", "5 apples"],
        &["sweep", "latency", "--no-run", "--to", "none"],
        &["sweep", "latency", "--no-run", "--knob", "lightning=3"],
        &["paradigms", "--knob", "lightning=3"],
        &["paradigms", "--design", "nobody"],
        &["report", "shipped", "--knob", "lightning=3"],
        &["report", "shipped", "--design", "nobody"],
        &["measure", "--run", "shipped"],
        &["measure", "--run", "shipped", "--design", "nobody"],
        &["search", "--run", "shipped", "--limits", r#"{"lightning": 3}"#],
        &["search", "--run", "shipped", "--limits", "3"],
        &["search", "--run", "shipped", "--stop-gain", "2"],
        &["search", "--run", "shipped", "--sensors", "13"],
        &["search", "--run", "shipped", "--objectives", "accuracy"],
        &["finetune", "--run", "shipped", "--design", "nobody"],
        &["train", "--run", "r", "--set", "lightning=3"],
        &["train", "--run", "r", "--set", "images=1"],
        &["train", "--run", "r", "--data", "nothing-10"],
        &["data", "nothing-10"],
        &["picture", "--no-run", "--size", "12"],
        &["picture", "--no-run", "--theme", "purple"],
        &["picture", "--scene", "99"],
        &["picture", "--scene", "0"],
        &["picture", "--screen", "explore", "--ascii"],
        &["verify", "halves", "--objects", "0"],
        &["aggregator", "halves", "--objects", "0"],
        &["study", "nothing"],
        &["export", "--run", "shipped"],
    ];
    for arguments in wrong {
        let output = splitscope(folder.path(), arguments);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
        assert!(told.contains("error") && output.stdout.is_empty(), "{arguments:?}: {told}");
    }
    let made: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(made.iter().all(|name| name == "cache"), "nothing is copied or begun: {made:?}");
}

#[test]
fn a_file_that_cannot_be_written_is_told_by_its_own_name() {
    let folder = folder();
    let writing: [&[&str]; 6] = [
        &["sweep", "latency", "--steps", "2", "--no-run", "--svg", "missing/file"],
        &["picture", "--no-run", "-o", "missing/file"],
        &["data", "arrangement-10:objects=20", "--sheet", "missing/file"],
        &["data", "arrangement-10:objects=20", "--export", "missing/file"],
        &["report", "shipped", "-o", "missing/file"],
        &["export", "--run", "shipped", "--optuna", "missing/file"],
    ];
    for arguments in writing {
        let output = splitscope(folder.path(), arguments);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {told}");
        let (path, hidden) = ("missing/file", ".splitscope-");
        assert!(
            told.contains(path) && told.contains("No such file") && !told.contains(hidden),
            "{arguments:?}: {told}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_unpacked_run_goes_with_its_command_or_with_the_next_one() {
    let folder = folder();
    let temporary = folder.path().join("temporary");
    fs::create_dir(&temporary).unwrap();
    let left = || fs::read_dir(&temporary).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let end = |signal: &str| {
        let arguments = ["measure", "--run", "shipped", "--random", "1000", "--threads", "1"];
        let mut command = command(folder.path(), &arguments);
        command.env("TMPDIR", &temporary).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        // One that a killed process has left goes first.
        let is_unpacked = || left().len() == 1 && left()[0].join("shipped/run.toml").is_file();
        let known = left();
        common::until("the run to be unpacked", || is_unpacked() && left() != known);
        let process = child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &process]).status().unwrap().success());
        assert!(!child.wait().unwrap().success());
    };
    end("TERM");
    assert_eq!(left().len(), 0, "after a request to terminate");
    end("KILL");
    assert_eq!(left().len(), 1, "nobody could remove it");
    end("TERM");
    assert_eq!(left().len(), 0, "{:?}", left());
}
