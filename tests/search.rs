//! The search command as users and scripts run it: workers that come and go, limits that move, a predictor, baselines.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use splitscope::record::{Event, EventRecord, Subset, Task};
use splitscope::run::RunDir;

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_splitscope"));
    command.args(arguments).current_dir(folder).env("SPLITSCOPE_CACHE", folder.join("cache")).stdin(Stdio::null());
    command
}

fn splitscope(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn events(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn of_kind<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["kind"] == kind).collect()
}

/// A folder with a run `r` of two training steps: enough to measure, too little to learn.
fn trained(space: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let settings = ["--set", "images=24", "--set", "calibration-objects=16", "--steps", "2", "--threads", "1"];
    let data = ["--data", "arrangement-10:objects=100", "--space", space];
    std::fs::write(folder.path().join("tiny.toml"), tiny()).unwrap();
    let output = splitscope(folder.path(), &[&["train", "--run", "r", "--json"], &data[..], &settings[..]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    folder
}

/// The default space with one network: all that is left to choose is the split, the fusion and the bits.
fn tiny() -> String {
    include_str!("../spaces/tabletop.toml")
        .replace("name = \"tabletop\"", "name = \"tiny\"")
        .replace("depths = [1, 2]", "depths = [1]")
        .replace("kernels = [3, 5]", "kernels = [3]")
        .replace("expansions = [2, 4]", "expansions = [2]")
        .replace("ratios = [1, 2, 4, 8]", "ratios = [1]")
}

/// Design and views of everything measured for a search, in order.
fn measured(folder: &Path) -> Vec<(String, u32)> {
    let store = RunDir::open(&folder.join("r")).unwrap().store().unwrap();
    let events = store.events_after(0, 10_000).unwrap().into_iter();
    let ours = events.filter_map(|stored| match stored.value {
        EventRecord { task: Task::Search, event: Event::Evaluated(record) } => Some((record.design, record.views)),
        _ => None,
    });
    ours.collect()
}

fn read_until(lines: &mut impl Iterator<Item = Value>, seen: &mut Vec<Value>, kind: &str, count: usize) {
    while of_kind(seen, kind).len() < count {
        seen.push(lines.next().expect("the process still tells something"));
    }
}

fn lines(child: &mut Child) -> impl Iterator<Item = Value> + use<> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    lines.filter_map(|line| serde_json::from_str(&line).ok())
}

#[test]
fn workers_share_a_search_and_a_killed_one_loses_nothing_but_what_it_was_at() {
    let folder = trained("tabletop");
    let worker = || {
        let arguments = ["search", "--worker", "r", "--threads", "1", "--json"];
        command(folder.path(), &arguments).stdout(Stdio::piped()).spawn().unwrap()
    };
    let (mut first, second) = (worker(), worker());
    let search = ["search", "--run", "r", "--sensors", "2", "--evaluations", "40", "--threads", "1", "--json"];
    let mut search = command(folder.path(), &search).stdout(Stdio::piped()).spawn().unwrap();
    let mut told = lines(&mut search);
    // One of them is killed as soon as it has measured something, which is most likely in the middle of the next.
    let mut seen = Vec::new();
    read_until(&mut lines(&mut first), &mut seen, "evaluated", 1);
    first.kill().unwrap();
    first.wait().unwrap();
    let mut all = Vec::new();
    read_until(&mut told, &mut all, "finished", 1);
    assert!(search.wait().unwrap().success());
    let output = second.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(!of_kind(&events(&output), "evaluated").is_empty(), "the other worker has taken part");

    assert_eq!(of_kind(&all, "child").len(), 40, "the budget is that of all processes together");
    let measured = measured(folder.path());
    assert_eq!(measured.iter().collect::<HashSet<_>>().len(), measured.len(), "nothing is measured twice");
    let store = RunDir::open(&folder.path().join("r")).unwrap().store().unwrap();
    let kept = store.measured(2).unwrap().into_iter().map(|row| row.value);
    let kept: HashSet<_> = kept.filter(|row| row.key.subset == Subset::Validation).map(|row| row.key).collect();
    let bred = of_kind(&all, "child").into_iter().map(|event| event["design"].as_str().unwrap().to_owned());
    assert!(bred.into_iter().all(|design| kept.iter().any(|key| key.design == design)));
    assert!(store.claimed(2).unwrap().is_empty() && store.requests(2).unwrap().is_empty(), "nothing is left behind");
}

#[test]
fn limits_move_while_it_runs_nothing_measured_is_lost_and_predictions_are_no_measurements() {
    let folder = trained("tabletop");
    let arguments = ["search", "--run", "r", "--sensors", "2", "--evaluations", "34", "--threads", "1", "--json"];
    let mut child = command(folder.path(), &arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut told = lines(&mut child);
    let mut seen = Vec::new();
    read_until(&mut told, &mut seen, "child", 4);
    writeln!(child.stdin.as_mut().unwrap(), "{{\"limits\":{{\"sensors\":3}}}}").unwrap();
    read_until(&mut told, &mut seen, "limits_changed", 1);
    seen.extend(told);
    assert!(child.wait().unwrap().success());
    let changed = seen.iter().position(|event| event["kind"] == "limits_changed").unwrap();
    let (before, after) = seen.split_at(changed);
    assert!(of_kind(before, "child").iter().all(|event| event["views"] == 2));
    let front = of_kind(before, "child").into_iter().filter(|event| event["front"] == true);
    let front: HashSet<&str> = front.filter_map(|event| event["design"].as_str()).collect();
    let bred = of_kind(after, "child");
    assert!(bred.iter().all(|event| event["views"] == 3));
    assert!(front.contains(bred[0]["design"].as_str().unwrap()), "what was on the front is measured anew first");
    assert_eq!(of_kind(&seen, "child").len(), 34, "the search went on with its budget");
    // Children name the designs they come from, and the last ones were predicted before they were measured.
    assert!(bred.iter().any(|event| !event["parents"].as_array().unwrap().is_empty()));
    assert!(bred.last().unwrap()["predicted"].is_number());
    let ridge = of_kind(&seen, "predictor").into_iter().rfind(|event| event["predictor"] == "ridge").unwrap();
    assert!(ridge["samples"].as_u64().unwrap() >= 12 && ridge["rmse"].is_number() && ridge["kendall_tau"].is_number());
    // Only what was measured is recorded.
    let measured = measured(folder.path());
    assert_eq!(measured.len(), 34);

    // Another search knows all of it, and does not measure it again.
    let output =
        splitscope(folder.path(), &[&arguments[..3], &["--sensors", "3", "--evaluations", "3", "--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let known: HashSet<(String, u32)> = measured.into_iter().collect();
    let events = events(&output);
    let again = of_kind(&events, "evaluated");
    assert_eq!(again.len(), 3);
    let name = |event: &Value| (event["design"].as_str().unwrap().to_owned(), 3);
    assert!(again.into_iter().all(|event| !known.contains(&name(event))));
}

#[test]
fn a_comparison_is_reported_and_drawn() {
    let folder = trained("tiny.toml");
    let arguments = ["search", "--run", "r", "--baselines", "--sensors", "2", "--evaluations", "8", "--json"];
    let output = splitscope(folder.path(), &[&arguments[..], &["--picture", "methods.svg"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let events = events(&output);
    let report = events.last().unwrap();
    assert_eq!(report["kind"], "baselines");
    let methods = report["methods"].as_array().unwrap();
    assert_eq!(methods.len(), 10);
    for method in methods {
        assert!(method["evaluations"].as_u64().unwrap() <= 8);
        assert!(method["best"]["accuracy"].is_number() || method["reason"].is_string(), "{method}");
    }
    let picture = std::fs::read_to_string(folder.path().join("methods.svg")).unwrap();
    assert!(picture.starts_with("<svg") && picture.trim_end().ends_with("</svg>") && picture.contains("joint search"));
}

#[test]
fn without_training_scores_are_told_as_scores() {
    let folder = tempfile::tempdir().unwrap();
    let output = splitscope(folder.path(), &["search", "--proxy", "--evaluations", "20", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let front = found["front"].as_array().unwrap();
    assert!(!front.is_empty() && found["kendall_tau"].is_null());
    assert!(front.iter().all(|design| design["synflow"].is_number() && design.get("accuracy").is_none()));
    let plain = text(&splitscope(folder.path(), &["search", "--proxy", "--evaluations", "5"]).stdout);
    assert!(plain.contains("no accuracies"), "{plain}");
}

/// Puts another checkpoint beside that of step 2, as a training that goes on does.
fn train_on(folder: &Path, step: u64) {
    let old = folder.join("r/checkpoint/step-00000002");
    let new = folder.join(format!("r/checkpoint/step-{step:08}"));
    std::fs::create_dir(&new).unwrap();
    for entry in std::fs::read_dir(&old).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, new.join(path.file_name().unwrap())).unwrap();
    }
    let state = std::fs::read_to_string(old.join("state.json")).unwrap();
    let mut state: Value = serde_json::from_str(&state).unwrap();
    state["step"] = step.into();
    std::fs::write(new.join("state.json"), state.to_string()).unwrap();
}

#[test]
fn a_worker_measures_with_the_weights_of_the_search_and_says_when_they_are_gone() {
    let folder = trained("tabletop");
    let arguments = ["search", "--run", "r", "--sensors", "2", "--evaluations", "400", "--threads", "1", "--json"];
    let mut search = command(folder.path(), &arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut told = lines(&mut search);
    let mut tell = |word: &str| writeln!(search.stdin.as_mut().unwrap(), "{word}").unwrap();
    let mut seen = Vec::new();
    read_until(&mut told, &mut seen, "child", 1);
    train_on(folder.path(), 5);
    let worker = || {
        let arguments = ["search", "--worker", "r", "--threads", "1", "--json"];
        command(folder.path(), &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut first = worker();
    let mut measured = Vec::new();
    read_until(&mut lines(&mut first), &mut measured, "evaluated", 2);
    assert!(measured.iter().all(|event| event["step"] == 2), "not of the newest weights: {measured:?}");
    first.kill().unwrap();
    first.wait().unwrap();

    std::fs::remove_dir_all(folder.path().join("r/checkpoint/step-00000002")).unwrap();
    let second = worker().wait_with_output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    let error = text(&second.stderr);
    assert!(
        error.contains("weights of step 2, whose checkpoint no longer exists") && error.contains("start it again"),
        "{error}"
    );
    tell("stop");
    read_until(&mut told, &mut seen, "stopped", 1);
    assert!(search.wait().unwrap().success());
}

#[test]
fn a_search_starts_workers_and_ends_in_time_or_when_it_gains_little() {
    let folder = trained("tabletop");
    let search = |extra: &[&str]| {
        let arguments = ["search", "--run", "r", "--sensors", "2", "--threads", "1", "--json"];
        let output = splitscope(folder.path(), &[&arguments[..], extra].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        events(&output)
    };
    let reason = |events: &[Value]| of_kind(events, "finished")[0]["reason"].as_str().unwrap().to_owned();

    let helped = search(&["--workers", "2", "--evaluations", "60"]);
    assert_eq!(of_kind(&helped, "child").len(), 60);
    let store = RunDir::open(&folder.path().join("r")).unwrap().store().unwrap();
    let processes = store.events_after(0, 10_000).unwrap().into_iter();
    let measured = processes
        .filter(|stored| matches!(&stored.value.event, Event::Evaluated(_)) && stored.value.task == Task::Search);
    let processes: HashSet<String> = measured.map(|stored| stored.process).collect();
    assert!(processes.len() > 1, "its workers have measured too");
    assert_eq!(store.workers(std::time::Duration::from_secs(1)).unwrap(), 0, "they have ended with it");

    let begun = std::time::Instant::now();
    let timed = search(&["--seconds", "1.5", "--evaluations", "100000", "--seed", "1", "--stop-generations", "0"]);
    assert!(reason(&timed).starts_with("the 1.5 s are over"), "{}", reason(&timed));
    assert!(begun.elapsed().as_secs_f64() >= 1.5 && !of_kind(&timed, "child").is_empty());

    // Weights that have learnt nothing: the front soon stands still.
    let settled = search(&["--evaluations", "400", "--seed", "2", "--stop-gain", "0.9", "--stop-generations", "1"]);
    assert!(
        reason(&settled).contains("grew by only") && of_kind(&settled, "child").len() < 400,
        "{}",
        reason(&settled)
    );
    let shares = of_kind(&settled, "generation").into_iter().map(|event| event["hypervolume"].as_f64().unwrap());
    assert!(shares.into_iter().all(|share| share > 0.0 && share <= 1.0));
}

#[test]
fn limits_that_nothing_meets_are_waited_out() {
    let folder = trained("tabletop");
    let arguments = ["search", "--run", "r", "--sensors", "2", "--evaluations", "12", "--threads", "1", "--json"];
    let mut search = command(folder.path(), &arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut told = lines(&mut search);
    let mut tell = |line: &str| writeln!(search.stdin.as_mut().unwrap(), "{line}").unwrap();
    let mut seen = Vec::new();
    read_until(&mut told, &mut seen, "child", 1);
    for (line, part) in [
        (r#"{"limits":{"latencyy":1}}"#, "did you mean `latency`?"),
        (r#"{"limits":{"latency":-1}}"#, "above zero, not -1"),
        (r#"{"limits":{"sensors":2.5}}"#, "a whole number, not 2.5"),
        (r#"{"limits":{"sensors":99}}"#, "1 to 12 views"),
        (r#"{"limits":{"latency":1e-6}}"#, "waits for other limits"),
    ] {
        tell(line);
        let warnings = of_kind(&seen, "warning").len();
        read_until(&mut told, &mut seen, "warning", warnings + 1);
        let warning = seen.last().unwrap()["text"].as_str().unwrap();
        assert!(warning.contains(part), "{line}: {warning}");
    }
    // Long enough for a search that does not wait to give up.
    std::thread::sleep(std::time::Duration::from_millis(500));
    tell(r#"{"limits":{"latency":1}}"#);
    read_until(&mut told, &mut seen, "finished", 1);
    assert!(search.wait().unwrap().success());
    assert_eq!(of_kind(&seen, "child").len(), 12, "nothing measured is lost, and the search goes on");
    assert_eq!(of_kind(&seen, "limits_changed").len(), 2);
}
