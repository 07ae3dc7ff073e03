//! Helpers of the tests that start the program as users do.

#![allow(dead_code, reason = "each test that includes this module uses a part of it")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

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

/// Runs the program to its end, which must be a success, and returns its events.
pub(crate) fn succeed(folder: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = splitscope(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
    events(&output)
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

/// Events on standard output, one JSON object a line.
pub(crate) fn events(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Events of a process that still runs, as they come.
pub(crate) fn events_of(child: &mut Child) -> impl Iterator<Item = Value> + use<> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    lines.filter_map(|line| serde_json::from_str(&line).ok())
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
