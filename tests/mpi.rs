//! Training by several processes that `mpirun` starts. Left out where there is no `mpirun`.

#![cfg(feature = "mpi")]

mod common;

use std::path::Path;
use std::process::{Command, Stdio};

use common::{command, events, events_of, folder, losses, of_kind, read_until, succeed, text, train_small};
use splitscope::record::Task;
use splitscope::run::RunDir;

/// The program as that many ranks; `None` where there is no `mpirun`, unless `SPLITSCOPE_TEST_MPI` is set, which says
/// that there must be one.
fn ranks(folder: &Path, ranks: usize, arguments: &[&str]) -> Option<Command> {
    let found = Command::new("mpirun").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !found.is_ok_and(|status| status.success()) {
        assert!(std::env::var_os("SPLITSCOPE_TEST_MPI").is_none(), "there is no mpirun");
        eprintln!("left out: there is no mpirun here");
        return None;
    }
    let mut mpirun = Command::new("mpirun");
    mpirun.args(["--oversubscribe", "--allow-run-as-root", "-n", &ranks.to_string()]);
    mpirun.arg(env!("CARGO_BIN_EXE_splitscope")).args(arguments);
    mpirun.current_dir(folder).env("SPLITSCOPE_CACHE", folder.join("cache")).stdin(Stdio::null());
    Some(mpirun)
}

#[test]
fn two_ranks_write_one_run_that_any_number_can_continue() {
    let folder = folder();
    let settings = train_small("r", "3", &["--set", "teacher-first=0.4", "--set", "checkpoint-every=1"]);
    let Some(mut both) = ranks(folder.path(), 2, &settings) else { return };
    let output = both.output().unwrap();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    let told = events(&output);
    assert_eq!(losses(&told).into_keys().collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!((of_kind(&told, "started").len(), of_kind(&told, "finished").len()), (1, 1), "one of them tells");
    let manifest = folder.path().join("r/run.toml");
    let more = std::fs::read_to_string(&manifest).unwrap().replace("\nsteps = 3\n", "\nsteps = 5\n");
    std::fs::write(&manifest, more).unwrap();
    let mut three = ranks(folder.path(), 3, &["train", "--run", "r", "--json", "--threads", "1"]).unwrap();
    let output = three.output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let told = events(&output);
    assert_eq!(told[0]["resumed_from_step"].as_u64(), Some(3));
    assert_eq!(losses(&told).into_keys().collect::<Vec<_>>(), [4, 5]);
}

#[test]
fn a_rank_that_dies_ends_all_and_the_run_goes_on_alone() {
    let folder = folder();
    let settings = train_small("r", "100000", &["--set", "checkpoint-every=1", "--set", "evaluate-every=1000"]);
    let Some(mut both) = ranks(folder.path(), 2, &settings) else { return };
    let mut mpirun = both.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut seen = Vec::new();
    read_until(&mut events_of(&mut mpirun), &mut seen, "checkpoint", 2);
    let owner = RunDir::open(&folder.path().join("r")).unwrap().store().unwrap().owner(Task::Train).unwrap().unwrap();
    let children = Command::new("pgrep").args(["-P", &mpirun.id().to_string()]).output().unwrap();
    let other = text(&children.stdout).lines().map(str::to_owned).find(|id| *id != owner.process.pid.to_string());
    assert!(Command::new("kill").args(["-s", "KILL", &other.unwrap()]).status().unwrap().success());
    let output = mpirun.wait_with_output().unwrap();
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("rank 1"), "{}", text(&output.stderr));
    let go_on = ["train", "--run", "r", "--json", "--threads", "1"];
    let mut alone = command(folder.path(), &go_on).stdout(Stdio::piped()).spawn().unwrap();
    let mut rest = Vec::new();
    read_until(&mut events_of(&mut alone), &mut rest, "step", 1);
    assert!(rest[0]["resumed_from_step"].as_u64() >= Some(2), "{}", rest[0]);
    alone.kill().unwrap();
    alone.wait().unwrap();
}

#[test]
fn a_failure_of_one_rank_is_told_with_its_number() {
    let folder = folder();
    let arguments = ["train", "--run", "r", "--data", "nothing-of-the-kind", "--threads", "1"];
    let Some(mut both) = ranks(folder.path(), 2, &arguments) else { return };
    let output = both.output().unwrap();
    assert!(!output.status.success());
    let error = text(&output.stderr);
    assert!(error.contains("rank 0 of 2: ") && error.contains("nothing-of-the-kind"), "{error}");
}

#[test]
fn two_ranks_train_one_design_of_a_run_alone() {
    let folder = folder();
    if ranks(folder.path(), 2, &[]).is_none() {
        return;
    }
    succeed(folder.path(), &train_small("r", "2", &[]));
    let finetune = ["finetune", "--run", "r", "--out", "one", "--design", "largest@logits/logits:r1b8", "--json"];
    let more = ["--threads", "1", "--set", "steps=3", "--set", "checkpoint-every=1"];
    let output = ranks(folder.path(), 2, &[&finetune[..], &more].concat()).unwrap().output().unwrap();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    let told = events(&output);
    assert_eq!(losses(&told).into_keys().collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!((of_kind(&told, "started").len(), of_kind(&told, "finished").len()), (1, 1), "one of them tells");
    // Ended in the middle, it goes on.
    let manifest = folder.path().join("one/run.toml");
    let longer = std::fs::read_to_string(&manifest).unwrap().replace("\nsteps = 3\n", "\nsteps = 4\n");
    std::fs::write(&manifest, longer).unwrap();
    let output = ranks(folder.path(), 2, &finetune).unwrap().output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(events(&output)[0]["resumed_from_step"].as_u64(), Some(3));
}
