//! A split that runs: an aggregator and its sensors as processes, on a small run.

mod common;

use std::path::Path;
use std::process::{Child, Stdio};

use serde_json::Value;

use common::{command, events, events_of, folder, of_kind, read_until, splitscope, succeed, text};

/// Design of the default space.
const DESIGN: &str = "smallest@S2.1/S3.1:r2b4";

/// Files of a design of a run of a few steps on easy objects.
fn deployed(folder: &Path) {
    let arguments =
        ["train", "--run", "run", "--data", "arrangement-10:objects=100", "--steps", "2", "--set", "images=24"];
    succeed(folder, &[&arguments[..], &["--set", "calibration-objects=8"]].concat());
    let arguments = ["--design", DESIGN, "--views", "2", "--format", "safetensors", "--out", "halves"];
    succeed(folder, &[&["deploy", "--run", "run"], &arguments[..]].concat());
}

fn started(folder: &Path, arguments: &[&str]) -> Child {
    command(folder, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn sensor(folder: &Path, address: &str, camera: &str, extra: &[&str]) -> Child {
    started(folder, &[&["sensor", "halves", "--to", address, "--camera", camera, "--json"], extra].concat())
}

/// Aggregator that listens, its events, and its address.
fn aggregator(folder: &Path, extra: &[&str]) -> (Child, impl Iterator<Item = Value> + use<>, String) {
    let mut child = started(folder, &[&["aggregator", "halves", "--json"], extra].concat());
    let mut lines = events_of(&mut child);
    let first = lines.next().expect("it listens");
    assert_eq!((&first["kind"], &first["views"]), (&"listening".into(), &2.into()));
    let address = first["address"].as_str().unwrap().to_owned();
    assert!(address.starts_with("127.0.0.1:"), "loopback unless told otherwise");
    (child, lines, address)
}

#[test]
fn sensors_and_aggregator_classify_as_the_files_do() {
    let folder = folder();
    let path = folder.path();
    deployed(path);
    let verified = events(&splitscope(path, &["verify", "halves", "--objects", "12", "--json"]));
    let int8 = verified.iter().find(|row| row["precision"] == "int8").expect("a row of int8");

    let (mut child, mut lines, address) = aggregator(path, &["--objects", "12"]);
    let sensors = ["0", "1"].map(|camera| sensor(path, &address, camera, &["--bandwidth", "2Mbit/s"]));
    let mut seen = Vec::new();
    read_until(&mut lines, &mut seen, "ended", 1);
    assert!(child.wait().unwrap().success());
    let ended = of_kind(&seen, "ended")[0];
    assert_eq!((&ended["objects"], &ended["complete"]), (&12.into(), &12.into()));
    let correct = (int8["accuracy"].as_f64().unwrap() * 12.0).round();
    assert_eq!(ended["correct"].as_f64(), Some(correct), "the very accuracy of the files");
    let bytes = int8["link_bytes"].as_u64().unwrap();
    assert_eq!(ended["code_bytes"].as_u64(), Some(2 * 12 * bytes), "the very bytes of the cost");
    let link = |figure: &Value| figure.as_f64().unwrap();
    assert!(link(&ended["measured"]["link_s"]) >= link(&ended["link_model_s"]));
    for sensor in sensors {
        let output = sensor.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(events(&output)[0]["code_bytes"].as_u64(), Some(12 * bytes));
    }

    // A sensor dies; another one takes its place later.
    let (mut child, mut lines, address) = aggregator(path, &[]);
    let slowly: &[&str] = &["--bandwidth", "40kbit/s"];
    let kept = sensor(path, &address, "0", slowly);
    let mut dying = sensor(path, &address, "1", slowly);
    let mut seen = Vec::new();
    read_until(&mut lines, &mut seen, "object", 1);
    dying.kill().unwrap();
    dying.wait().unwrap();
    read_until(&mut lines, &mut seen, "lost", 1);
    assert_eq!(of_kind(&seen, "lost")[0]["camera"], 1);
    let again = sensor(path, &address, "1", &["--unpaced"]);
    read_until(&mut lines, &mut seen, "ended", 1);
    assert!(child.wait().unwrap().success(), "a lost sensor is survived");
    let alone = of_kind(&seen, "object").into_iter().filter(|object| object["cameras"] == serde_json::json!([0]));
    assert!(alone.count() > 0, "the view that was left was fused alone");
    assert!(kept.wait_with_output().unwrap().status.success());
    // It may have come after the last object.
    drop(again.wait_with_output().unwrap());
}

#[test]
fn a_sensor_without_an_aggregator_says_so() {
    let folder = folder();
    let output = splitscope(folder.path(), &["sensor", "nothing", "--to", "127.0.0.1:9", "--camera", "0"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("nothing: there is no such folder"), "{}", text(&output.stderr));
    std::fs::write(folder.path().join("file"), "").unwrap();
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    for (name, sentence) in [
        ("nothing", "nothing: there is no such folder"),
        ("file", "file: it is a file; name the folder"),
        ("empty", "empty: it has no SHA256SUMS"),
    ] {
        let output = splitscope(folder.path(), &["verify", name]);
        assert!(text(&output.stderr).contains(sentence), "{}", text(&output.stderr));
    }
}

#[test]
fn a_bandwidth_that_can_not_be_is_refused_before_anything_is_made() {
    let folder = folder();
    for (bandwidth, reason) in [("NaN", "is not a number"), ("0", "above zero"), ("1e-320", "goes from 1e-40 B/s")] {
        let output = splitscope(folder.path(), &["demo", "--real", "--plain", "--bandwidth", bandwidth]);
        let told = text(&output.stderr);
        assert!(told.contains(reason) && !told.contains("deploying"), "{bandwidth}: {told}");
        assert_eq!(output.status.code(), Some(2), "{bandwidth}: {told}");
    }
}

#[test]
fn a_split_that_ends_early_says_why() {
    let folder = folder();
    let output = splitscope(folder.path(), &["demo", "--real", "--halves", "nothing", "--plain"]);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(told.contains("the split ended early: nothing: there is no such folder"), "{told}");
}
