//! The search command as users and scripts run it: workers that come and go, the comparison with baselines, scores.

mod common;

use std::collections::HashSet;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use common::{command, events, events_of, folder, of_kind, read_until, splitscope, succeed, text, until};
use serde_json::Value;
use splitscope::record::{Event, EventRecord, Subset, Task};
use splitscope::run::RunDir;

/// Budget of a search that a test ends.
const ENDLESS: [&str; 4] = ["--evaluations", "1000000", "--stop-generations", "0"];

/// A folder with a run `r` of two training steps: enough to measure, too little to learn.
fn trained(space: &str) -> tempfile::TempDir {
    let folder = folder();
    let settings = ["--set", "images=24", "--set", "calibration-objects=16", "--steps", "2", "--threads", "1"];
    let data = ["--data", "arrangement-10:objects=100", "--space", space];
    std::fs::write(folder.path().join("tiny.toml"), tiny()).unwrap();
    succeed(folder.path(), &[&["train", "--run", "r", "--json"], &data[..], &settings[..]].concat());
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

#[test]
fn workers_share_a_search_and_a_killed_one_loses_nothing_but_what_it_was_at() {
    let folder = trained("tabletop");
    let worker = || {
        let arguments = ["search", "--worker", "r", "--threads", "1", "--json"];
        command(folder.path(), &arguments).stdout(Stdio::piped()).spawn().unwrap()
    };
    let search = [&["search", "--run", "r", "--sensors", "2", "--threads", "1", "--json"][..], &ENDLESS].concat();
    let mut search = command(folder.path(), &search).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut told = events_of(&mut search);
    let mut all = Vec::new();
    // Workers wait for a search, but not for ever, however busy the machine is.
    read_until(&mut told, &mut all, "started", 1);
    let (mut first, mut second) = (worker(), worker());
    // One of them is killed as soon as it has measured something, which is most likely in the middle of the next.
    let (mut of_first, mut of_second) = (Vec::new(), Vec::new());
    read_until(&mut events_of(&mut first), &mut of_first, "evaluated", 1);
    first.kill().unwrap();
    first.wait().unwrap();
    read_until(&mut events_of(&mut second), &mut of_second, "evaluated", 1);
    // By then what the first one was at has long been measured by another.
    read_until(&mut told, &mut all, "child", 40);
    writeln!(search.stdin.as_mut().unwrap(), "stop").unwrap();
    read_until(&mut told, &mut all, "stopped", 1);
    assert!(search.wait().unwrap().success());
    assert!(second.wait().unwrap().success());

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
    let folder = folder();
    let output = splitscope(folder.path(), &["search", "--proxy", "--evaluations", "20", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let front = found["front"].as_array().unwrap();
    assert!(!front.is_empty() && found["kendall_tau"].is_null());
    assert!(front.iter().all(|design| design["synflow"].is_number() && design.get("accuracy").is_none()));
    let plain = text(&splitscope(folder.path(), &["search", "--proxy", "--evaluations", "5"]).stdout);
    assert!(plain.contains("no accuracies"), "{plain}");
}

#[test]
fn leaks_are_measured_once_and_objects_are_shown_as_they_are_sent_and_rebuilt() {
    let folder = trained("tiny.toml");
    let design = ["--design", "largest@S1/pool:r1b8"];
    let measure = |more: &[&str]| {
        let arguments = [&["measure", "--run", "r", "--leak", "--views", "2"][..], &design, more].concat();
        let output = splitscope(folder.path(), &arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let printed = measure(&["--json"]);
    let first: Value = serde_json::from_str(&printed).unwrap();
    let share = |name: &str| first[name].as_f64().unwrap();
    assert_eq!((first["kind"].as_str(), first["subset"].as_str()), (Some("leak"), Some("test")));
    assert!(share("leak") >= share("one_view").max(share("all_views")) && share("leak") <= 1.0, "{first}");
    assert!(share("raw") > 0.99 && share("label") < share("raw") && first["elevation"].is_number(), "{first}");
    assert_eq!((first["fitted_objects"].as_u64(), first["samples"].as_u64()), (Some(60), Some(30)), "{first}");
    assert_eq!(measure(&["--json"]), printed, "it is on record");
    assert!(measure(&[]).contains("of the picture can be rebuilt"));
    let decoded: Value = serde_json::from_str(&measure(&["--json", "--decoder"])).unwrap();
    assert!(decoded["decoder"].is_number(), "{decoded}");

    let asked = ["--design", first["design"].as_str().unwrap(), "--sensors", "2", "--run", "r", "--json"];
    let output = splitscope(folder.path(), &[&["paradigms", "--space", "tiny.toml"][..], &asked].concat());
    let paradigms: Value = serde_json::from_slice(&output.stdout).unwrap();
    let leak_of = |name: &str| {
        let rows = paradigms["paradigms"].as_array().unwrap();
        rows.iter().find(|row| row["name"] == name).unwrap()["leak"].clone()
    };
    assert_eq!(leak_of("distributed"), decoded["leak"]);
    assert!(leak_of("all-on-sensors").is_null());

    let picture = |more: &[&str]| {
        splitscope(folder.path(), &[&["picture", "--run", "r", "--views", "2"][..], &design, more].concat())
    };
    let shown: Value = serde_json::from_slice(&picture(&["--object", "3", "--json"]).stdout).unwrap();
    let cameras = shown["pictures"]["cameras"].as_array().unwrap();
    assert_eq!((cameras.len(), cameras[0]["seen"]["width"].as_u64()), (2, Some(32)));
    assert_eq!(shown["pictures"]["code_shape"], serde_json::json!([16, 16, 16]));
    assert_eq!(shown["precision"], "int8");
    let drawn = text(&picture(&["--object", "3", "--ascii"]).stdout);
    assert!(drawn.contains("can be rebuilt, in int8") && drawn.contains("camera 0"), "{drawn}");
    assert!(drawn.contains("object 3 of 30") && drawn.contains("rebuilt") && drawn.is_ascii(), "{drawn}");
    assert!(picture(&["--png", "object.png"]).status.success());
    assert!(std::fs::read(folder.path().join("object.png")).unwrap().starts_with(b"\x89PNG"));
    assert!(picture(&["--svg", "object.svg"]).status.success());
    let drawing = std::fs::read_to_string(folder.path().join("object.svg")).unwrap();
    assert!(drawing.starts_with("<svg") && drawing.contains("in int8"));
    let missing = picture(&["--object", "30"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(text(&missing.stderr).contains("no test object 30; they count from 0 to 29"));
}

#[test]
fn a_live_search_that_was_left_alone_ends_when_nothing_is_left() {
    let folder = trained("tabletop");
    let limits = ["--limits", r#"{"latency": 0.004}"#, "--objectives", "accuracy,latency"];
    let arguments =
        [&["search", "--live", "--run", "r", "--sensors", "1", "--threads", "1", "--json"][..], &limits].concat();
    let mut search = command(folder.path(), &arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut seen = Vec::new();
    let mut told = events_of(&mut search);
    let rests = |seen: &[Value]| of_kind(seen, "live").last().is_some_and(|event| event["rests"] == true);
    while !rests(&seen) {
        seen.push(told.next().expect("it rests while its starter is there"));
    }
    drop(search.stdin.take());
    seen.extend(told);
    assert_eq!(seen.last().unwrap()["kind"], "finished", "{seen:?}");
    assert!(search.wait().unwrap().success());
}

/// Trains the run up to another step while it is searched.
fn train_on(folder: &Path, steps: u64) {
    let manifest = folder.join("r/run.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    assert_eq!(text.matches("\nsteps = 2\n").count(), 1);
    std::fs::write(&manifest, text.replace("\nsteps = 2\n", &format!("\nsteps = {steps}\n"))).unwrap();
    succeed(folder, &["train", "--run", "r", "--json", "--threads", "1"]);
    assert!(folder.join(format!("r/checkpoint/step-{steps:08}")).is_dir());
}

#[test]
fn a_worker_measures_with_the_weights_of_the_search_and_says_when_they_are_gone() {
    let folder = trained("tabletop");
    let arguments = [&["search", "--run", "r", "--sensors", "2", "--threads", "1", "--json"][..], &ENDLESS].concat();
    let mut search = command(folder.path(), &arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut told = events_of(&mut search);
    let mut tell = |word: &str| writeln!(search.stdin.as_mut().unwrap(), "{word}").unwrap();
    let mut seen = Vec::new();
    read_until(&mut told, &mut seen, "child", 1);
    train_on(folder.path(), 5);
    let worker = || {
        let arguments = ["search", "--worker", "r", "--threads", "1", "--json"];
        command(folder.path(), &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let checkpoint = |name: &str| folder.path().join("r/checkpoint").join(name);
    let serves = || {
        let (mut worker, mut measured) = (worker(), Vec::new());
        read_until(&mut events_of(&mut worker), &mut measured, "evaluated", 2);
        let steps: Vec<&Value> = of_kind(&measured, "evaluated").into_iter().map(|event| &event["step"]).collect();
        assert!(steps.iter().all(|step| **step == 2), "not of the newest weights: {measured:?}");
        worker.kill().unwrap();
        worker.wait().unwrap();
    };
    serves();
    // The search keeps its weights when training has them no longer.
    std::fs::remove_dir_all(checkpoint("step-00000002")).unwrap();
    serves();

    std::fs::remove_dir_all(checkpoint("pinned-00000002")).unwrap();
    let last = worker().wait_with_output().unwrap();
    assert_eq!(last.status.code(), Some(1));
    let error = text(&last.stderr);
    assert!(
        error.contains("weights of step 2, whose checkpoint can't be kept or read") && error.contains("start it again"),
        "{error}"
    );
    tell("stop");
    read_until(&mut told, &mut seen, "stopped", 1);
    assert!(search.wait().unwrap().success());
}

#[test]
fn a_search_starts_workers_that_share_its_budget_and_end_with_it() {
    let folder = trained("tabletop");
    let alone = ["search", "--run", "r", "--sensors", "2", "--threads", "1", "--json", "--workers", "2"];
    let arguments = [&alone[..], &ENDLESS].concat();
    let mut search = command(folder.path(), &arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let store = RunDir::open(&folder.path().join("r")).unwrap().store().unwrap();
    let measuring = || {
        let stored = store.events_after(0, usize::MAX).unwrap().into_iter();
        let ours = stored.filter(|stored| stored.value.task == Task::Search);
        let evaluated = ours.filter(|stored| matches!(stored.value.event, Event::Evaluated(_)));
        evaluated.map(|stored| stored.process).collect::<HashSet<String>>()
    };
    let events = events_of(&mut search);
    until("its workers measure too", || measuring().len() > 2);
    writeln!(search.stdin.as_mut().unwrap(), "stop").unwrap();
    assert!(search.wait().unwrap().success());
    assert_eq!(events.last().unwrap()["kind"], "stopped");
    assert_eq!(store.workers(std::time::Duration::from_secs(1)).unwrap(), 0, "they have ended with it");
    assert!(store.claimed(2).unwrap().is_empty(), "no claim is left behind");

    let helped = succeed(folder.path(), &[&alone[..], &["--evaluations", "20"]].concat());
    assert_eq!(of_kind(&helped, "child").len(), 20, "the budget is that of all processes together");
    assert_eq!(of_kind(&helped, "finished").len(), 1);
}
