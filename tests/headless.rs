//! The real binary without a terminal: costs, checks, a few steps of training, stop, resume, a search.

mod common;

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use common::{command, events, events_of, folder, json, losses, of_kind, read_until, splitscope, text, train_small};
use serde_json::Value;

fn cost(folder: &Path, extra: &[&str]) -> Value {
    json(folder, &[&["cost", "--json"], extra].concat())
}

/// Index of the best split among all boundaries of the default network.
fn best(folder: &Path, bandwidth: &str) -> u64 {
    cost(folder, &["--knob", &format!("link-bandwidth={bandwidth}")])["best"].as_u64().unwrap()
}

#[test]
fn the_default_optimum_is_interior_and_follows_the_bandwidth() {
    let folder = folder();
    let found = cost(folder.path(), &[]);
    let splits = found["splits"].as_array().unwrap();
    let best_now = found["best"].as_u64().unwrap();
    assert!(best_now > 0 && best_now < splits.last().unwrap()["boundary"].as_u64().unwrap());
    for split in splits {
        let latency = &split["latency"];
        let sum: f64 =
            ["readout", "sensor", "link", "aggregator"].iter().map(|part| latency[part].as_f64().unwrap()).sum();
        assert!((sum - latency["total"].as_f64().unwrap()).abs() < 1e-12);
        assert_eq!(split["feasible"].as_bool().unwrap(), split["reasons"].as_array().unwrap().is_empty());
    }
    let (fast, slow) = (best(folder.path(), "600000000"), best(folder.path(), "600000"));
    assert!(fast < best_now && best_now < slow, "{fast} {best_now} {slow}");
}

#[test]
fn an_impossible_limit_is_an_answer_with_its_own_exit_code() {
    let folder = folder();
    let output = splitscope(folder.path(), &["cost", "--knob", "latency=0.000001"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stdout).contains("no split meets the limits"));
}

#[test]
fn check_points_at_the_line_and_names_the_nearest_key() {
    let folder = folder();
    let shipped = include_str!("../spaces/tabletop.toml");
    std::fs::write(folder.path().join("good.toml"), shipped).unwrap();
    assert_eq!(splitscope(folder.path(), &["check", "good.toml"]).status.code(), Some(0));
    let line = shipped.lines().position(|line| line.starts_with("widths")).unwrap() + 1;
    std::fs::write(folder.path().join("bad.toml"), shipped.replacen("widths", "widhts", 1)).unwrap();
    let output = splitscope(folder.path(), &["check", "bad.toml"]);
    assert_eq!(output.status.code(), Some(3));
    let message = text(&output.stderr);
    assert!(message.contains(&format!("bad.toml:{line}:1")) && message.contains("did you mean `widths`?"), "{message}");
    assert!(message.contains('^'));
}

#[test]
fn wrong_names_suggest_the_nearest_and_fail() {
    let folder = folder();
    let output = splitscope(folder.path(), &["cost", "--space", "tabeltop"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("did you mean `tabletop`?"));
    assert!(splitscope(folder.path(), &["cost", "--profile", "nowhere.toml"]).status.code() == Some(2));
}

#[test]
fn without_a_terminal_the_explorer_prints_a_plain_report() {
    let folder = folder();
    let output = splitscope(folder.path(), &["--pool", "50", "--no-run"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report = text(&output.stdout);
    assert!(report.contains("tabletop on glasses") && !report.contains('\u{1b}'), "{report}");
    let json: Value = serde_json::from_slice(&splitscope(folder.path(), &["--json", "--pool", "50"]).stdout).unwrap();
    assert!(json.is_array() || json.is_object());
    assert!(json.to_string().contains("measured"), "those of the shipped run");
}

#[test]
fn a_picture_of_the_screen_needs_no_terminal() {
    let folder = folder();
    let output = splitscope(folder.path(), &["picture", "-o", "screen.svg", "--size", "100x30"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let svg = std::fs::read_to_string(folder.path().join("screen.svg")).unwrap();
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
}

#[test]
fn a_line_on_standard_input_stops_a_training_that_then_can_go_on() {
    let folder = folder();
    let arguments = train_small("r", "1000000", &[]);
    let mut child = command(folder.path(), &arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut told = events_of(&mut child);
    let mut seen = Vec::new();
    read_until(&mut told, &mut seen, "step", 3);
    child.stdin.as_mut().unwrap().write_all(b"stop\n").unwrap();
    seen.extend(told);
    assert!(child.wait().unwrap().success());
    assert_eq!(seen.last().unwrap()["kind"], "stopped");
    let steps = losses(&seen).len() as u64;

    let go_on = ["train", "--run", "r", "--json", "--threads", "1"];
    let mut child = command(folder.path(), &go_on).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut told = events_of(&mut child);
    let mut rest = Vec::new();
    read_until(&mut told, &mut rest, "step", 1);
    assert_eq!(rest[0]["resumed_from_step"].as_u64(), Some(steps));
    child.stdin.as_mut().unwrap().write_all(b"stop\n").unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
}

#[test]
fn a_search_measures_designs_that_meet_the_limits_and_remembers_them() {
    let folder = folder();
    let output = splitscope(folder.path(), &train_small("r", "2", &[]));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let search = ["search", "--run", "r", "--evaluations", "4", "--sensors", "2", "--json"];
    let output = splitscope(folder.path(), &search);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let found = events(&output);
    let measured = of_kind(&found, "evaluated");
    assert_eq!(measured.len(), 4);
    assert!(measured.iter().all(|event| event["views"] == 2));
    assert_eq!(found.last().unwrap()["kind"], "finished");
    let designs: std::collections::HashSet<&str> =
        measured.iter().filter_map(|event| event["design"].as_str()).collect();
    assert_eq!(designs.len(), 4, "no design is measured twice");
    // Limits that nothing meets are an answer, not a crash.
    let output = splitscope(folder.path(), &[&search[..], &["--limits", r#"{"latency":0.000001}"#]].concat());
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("latency"));
}

#[test]
fn commands_on_what_is_no_run_say_so() {
    let folder = folder();
    let output = splitscope(folder.path(), &["search"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("splitscope train"));
    std::fs::create_dir(folder.path().join("runs")).unwrap();
    std::fs::write(folder.path().join("runs/x"), "").unwrap();
    assert_eq!(splitscope(folder.path(), &["search", "--run", "runs/x"]).status.code(), Some(1));
    let untold = splitscope(folder.path(), &["train", "--space", "resnet-18", "--run", "r"]);
    assert!(text(&untold.stderr).contains("--data"), "{}", text(&untold.stderr));
}

#[test]
fn a_run_of_another_space_is_refused() {
    let folder = folder();
    let commands: [&[&str]; 5] =
        [&["--plain"], &["--json"], &["sweep", "sensors"], &["picture", "-o", "screen.svg"], &["paradigms"]];
    for command in commands {
        let output = splitscope(folder.path(), &[command, &["--space", "kicad", "--run", "shipped"]].concat());
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{command:?}: {told}");
        assert!(told.contains("the run is about the space `tabletop`, not `kicad`"), "{command:?}: {told}");
    }
    let named = splitscope(folder.path(), &["paradigms", "--space", "tabletop", "--run", "shipped"]);
    assert!(named.status.success(), "{}", text(&named.stderr));
    assert_eq!(named.stdout, splitscope(folder.path(), &["paradigms", "--run", "shipped"]).stdout);
}

#[test]
fn a_session_whose_run_is_gone_says_what_is_shown() {
    let folder = folder();
    let session = "[session]\nversion = 2\nspace = \"tabletop\"\nprofile = \"glasses\"\npool = 20\nseed = 0\n\
                   run = \"runs/gone\"\n[knobs]\n";
    std::fs::write(folder.path().join("session.toml"), session).unwrap();
    let output = splitscope(folder.path(), &["--plain", "--session", "session.toml"]);
    let told = text(&output.stderr);
    assert!(output.status.success() && told.contains("the shipped run is shown instead"), "{told}");
}

#[test]
fn what_is_refused_leaves_nothing_behind() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("there")).unwrap();
    let search = ["search", "--run", "shipped"];
    let compare = [&search[..], &["--baselines"]].concat();
    let deploy = ["deploy", "--run", "shipped", "--design", "largest@S2.1/S2.1:r4b8", "--out"];
    let design = ["--design", "largest@S2.1/S2.1:r4b8"];
    let measure = [&["measure", "--run", "shipped"], &design[..]].concat();
    let picture = [&["picture", "--run", "shipped"], &design[..]].concat();
    for (command, rest, code, told) in [
        (&search[..], &["--limits", r#"{"latency": 1e-6}"#][..], 3, "no design meets the limits"),
        (&search, &["--sensors", "99"], 2, "1 to 12 views"),
        (&compare, &["--objectives", "latency,energy"], 2, "needs accuracy"),
        (&compare, &["--picture", "nowhere/methods.svg"], 2, "there is no folder nowhere"),
        (&["study", "views", "--run", "shipped"], &["--profile", "glases"], 2, "did you mean `glasses`?"),
        (&["train"], &["--data", "images:nowhere"], 1, "nowhere"),
        (&["--plain"], &["--train", "steps=0"], 2, "steps is 0"),
        (&deploy, &["there"], 1, "there exists already"),
        (&deploy, &["new", "--views", "13"], 2, "1 to 12 views"),
        (&["deploy", "--run", "shipped", "--out", "new"], &[], 2, "name one with --design"),
        (&measure, &["--views", "13"], 2, "1 to 12 views"),
        (&measure, &["--lost", "6"], 2, "the 6 cameras count from 0 to 5"),
        (&picture, &["--views", "13"], 2, "1 to 12 views"),
    ] {
        let output = splitscope(folder.path(), &[command, rest].concat());
        let (out, errors) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{command:?} {rest:?}: {out}{errors}");
        assert!(out.contains(told) || errors.contains(told), "{command:?} {rest:?}: {out}{errors}");
        // Neither a copy of the run, nor a new run that has failed, nor the samples of the shipped run.
        let runs = std::fs::read_dir(folder.path().join("runs")).map_or(0, Iterator::count);
        assert_eq!(runs, 0, "{command:?} {rest:?}: {errors}");
        assert!(!folder.path().join("cache").exists(), "{command:?} {rest:?}: {errors}");
    }
}
