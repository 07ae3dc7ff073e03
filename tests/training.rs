//! Training to an accuracy: minutes of work, so run by hand and by continuous integration, not with every test.

use std::process::Command;

use serde_json::Value;

/// Default settings, all cores: the largest design at six views learns the default set, and one view is not enough.
#[test]
#[ignore = "takes minutes"]
fn the_default_run_learns_and_fusion_matters() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_splitscope"))
        .args(["train", "--run", "r", "--json"])
        .current_dir(folder.path())
        .env("SPLITSCOPE_CACHE", folder.path().join("cache"))
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let events: Vec<Value> =
        String::from_utf8_lossy(&output.stdout).lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let accuracy = |views: u64| {
        let found =
            |event: &&Value| event["kind"] == "evaluated" && event["role"] == "largest" && event["views"] == views;
        events.iter().filter(found).last().unwrap()["accuracy"].as_f64().unwrap()
    };
    let (one, six) = (accuracy(1), accuracy(6));
    println!("test accuracy of the largest design: {:.1} % with one view, {:.1} % with six", one * 100.0, six * 100.0);
    assert!(six >= 0.88, "six views: {six}");
    assert!(one <= six - 0.15, "one view: {one}, six: {six}");
}
