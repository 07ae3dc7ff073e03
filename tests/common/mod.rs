//! Helpers of the tests that start the program as users do.

#![allow(dead_code, reason = "each test that includes this module uses a part of it")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Time after which a test gives up; no test needs it.
const TIMEOUT: Duration = Duration::from_mins(30);

/// Settings of a run small enough for a test: easy objects, enough to measure, too little to learn.
pub(crate) const SMALL: [&str; 9] = [
    "--json",
    "--data",
    "arrangement-10:objects=100",
    "--threads",
    "1",
    "--set",
    "images=24",
    "--set",
    "calibration-objects=16",
];

/// Arguments that train a small run for so many steps, with more arguments.
pub(crate) fn train_small<'a>(run: &'a str, steps: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["train", "--run", run, "--steps", steps][..], &SMALL, more].concat()
}

/// Waits until something holds. Returns `false` if it never does.
pub(crate) fn comes_true(mut holds: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while !holds() {
        if start.elapsed() > TIMEOUT {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    true
}

/// Waits until something holds, which it must.
pub(crate) fn until(what: &str, holds: impl FnMut() -> bool) {
    assert!(comes_true(holds), "waited in vain: {what}");
}

/// The program in a folder of its own: with its own cache, and nothing on standard input.
pub(crate) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_splitscope"));
    command.args(arguments).current_dir(folder).env("SPLITSCOPE_CACHE", folder.join("cache")).stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub(crate) fn splitscope(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

/// Runs the program to its end, which must be a success, and returns its events, if it prints any.
pub(crate) fn succeed(folder: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = splitscope(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
    if arguments.contains(&"--json") { events(&output) } else { Vec::new() }
}

/// A new folder, which is removed with the value.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// Bytes of an output as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The JSON that the program prints.
pub(crate) fn json(folder: &Path, arguments: &[&str]) -> Value {
    let output = splitscope(folder, arguments);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)))
}

/// Events on standard output, one JSON object a line and nothing else.
pub(crate) fn events(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(event).collect()
}

fn event(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))
}

/// Events of a process that still runs, as they come. They are read from now on, so that the process never waits for
/// the test.
pub(crate) fn events_of(child: &mut Child) -> impl Iterator<Item = Value> + use<> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let (sender, events) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut all = lines.map(|line| event(&line));
        all.all(|event| sender.send(event).is_ok())
    });
    events.into_iter()
}

/// Reads events of a process that still runs until so many of one kind have come.
pub(crate) fn read_until(lines: &mut impl Iterator<Item = Value>, seen: &mut Vec<Value>, kind: &str, count: usize) {
    while of_kind(seen, kind).len() < count {
        seen.push(lines.next().expect("the process still tells something"));
    }
}

/// Events of one kind.
pub(crate) fn of_kind<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["kind"] == kind).collect()
}

/// Losses of every step, by step.
pub(crate) fn losses(events: &[Value]) -> std::collections::BTreeMap<u64, Value> {
    let steps = of_kind(events, "step").into_iter();
    steps.map(|event| (event["step"].as_u64().unwrap(), event["losses"].clone())).collect()
}
