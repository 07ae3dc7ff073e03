//! Records of a run, read by the programs that they are made for: Optuna, TensorBoard and Jupyter. They are looked for
//! in a virtual environment in `target/readers` with the PyPI packages of [`PACKAGES`].

mod common;

use std::path::Path;
use std::process::Command;

use common::{folder, splitscope, text};

const PACKAGES: &str = "optuna tensorboard nbclient ipykernel pandas matplotlib";

#[test]
fn records_of_the_shipped_run_are_read_by_the_programs_they_are_made_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = folder();
    // What only reads the shipped run makes no copy of it.
    for arguments in [
        &["report", "shipped"][..],
        &["report", "shipped", "--knob", "nonsense=1"],
        &["export", "--run", "shipped", "--optuna", "journal.log"],
        &["export", "--run", "shipped", "--optuna", "nowhere/journal.log"],
    ] {
        splitscope(folder.path(), arguments);
        assert!(!folder.path().join("runs").exists(), "{arguments:?}");
    }
    let page = std::fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(page.contains("splitscope report shipped "), "it tells how to make it again");
    // Nothing meets this limit: the page is written, and the answer is no.
    let tight = ["report", "shipped", "--knob", "latency=0.5ms", "--markdown", "tight.md"];
    let output = splitscope(folder.path(), &tight);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let page = std::fs::read_to_string(folder.path().join("tight.md")).unwrap();
    assert!(page.contains("breaks limits") && page.contains("\nNo design meets the limits.\n"), "{page}");
    // A study records what it measures in the run: of the shipped one in a copy, runs/run-001.
    for arguments in [
        &["study", "paradigms", "--quick", "--run", "shipped", "--out", "studies"][..],
        &["report", "runs/run-001"],
        &["export", "--run", "runs/run-001", "--optuna", "journal.log", "--tensorboard", "curves"],
    ] {
        let output = splitscope(folder.path(), arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    for file in ["runs/run-001/report.html", "journal.log", "curves/train", "curves/validation", "curves/search-2"] {
        assert!(folder.path().join(file).exists(), "{file}");
    }
    let python = root.join("target/readers/bin/python");
    if !python.exists() {
        println!("left out: target/readers is not there, a virtual environment with {PACKAGES} from PyPI");
        return;
    }
    let mut command = Command::new(python);
    command.arg(root.join("tests/readers/read.py")).arg(root.join("docs/run.ipynb")).current_dir(folder.path());
    let output = command.output().unwrap();
    println!("{}", text(&output.stdout));
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}
