//! Runs as several processes see them. The other processes are this test binary, started again with one of the ignored
//! tests at the end and the run's directory in an environment variable.

mod first_edition;
mod live;
mod pictures;
mod searching;
mod shipped;
pub(in crate::run) mod small_run;
mod training;

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::claim::Claim;
use super::manifest::tests::example;
use super::store::Sqlite;
use super::*;
use crate::record::{Control, Event, EventRecord, Measurement, MeasurementKey, Precision, StepRecord, Subset};

const TTL: Duration = Duration::from_mins(10);
/// Time after which a test gives up; no test needs it.
pub(in crate::run) const TIMEOUT: Duration = Duration::from_mins(30);
const DESIGNS: u32 = 40;
/// Tells the ignored tests which run to work on.
const VARIABLE: &str = "SPLITSCOPE_TEST_RUN";

pub(in crate::run) fn new_run() -> (TempDir, RunDir) {
    let root = tempfile::tempdir().unwrap();
    let run = RunDir::create(&root.path().join("run"), &example("run")).unwrap();
    (root, run)
}

/// Arguments that make the system's `env` run one of the tests below in a process of its own.
pub(in crate::run) fn arguments(test: &str, run: &RunDir) -> Vec<String> {
    let module = module_path!().split_once("::").unwrap().1;
    let program = std::env::current_exe().unwrap().into_os_string().into_string().unwrap();
    let run = format!("{VARIABLE}={}", run.path().display());
    let test = format!("{module}::{test}");
    [run, program, test].into_iter().chain(["--exact", "--ignored", "--nocapture"].map(String::from)).collect()
}

pub(in crate::run) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < TIMEOUT, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The database file of a run, for what only a test asks of it.
fn database(run: &RunDir) -> Sqlite {
    Sqlite::open(&run.path().join(DATABASE)).unwrap()
}

fn process(test: &str, run: &RunDir) -> std::process::Child {
    Command::new("env").args(arguments(test, run)).stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap()
}

fn texts(store: &Store) -> Vec<String> {
    let text = |stored: Stored<EventRecord>| match stored.value.event {
        Event::Warning { text } => Some(text),
        _ => None,
    };
    store.events_after(0, usize::MAX).unwrap().into_iter().filter_map(text).collect()
}

fn key_of(n: u32) -> MeasurementKey {
    let (subset, precision) = (Subset::Validation, Precision::Int8);
    MeasurementKey { design: format!("design {n}"), views: 1, lost: 0, subset, precision, step: 1 }
}

#[test]
fn a_run_is_what_it_was_when_opened_again() {
    let (_root, run) = new_run();
    assert_eq!(RunDir::open(run.path()).unwrap(), run);
    assert_eq!(run.manifest().seed, 7);
    assert!(run.checkpoint_dir().is_dir());
    database(&run).verify().unwrap();
}

#[test]
fn only_new_or_empty_directories_become_runs() {
    let (root, run) = new_run();
    assert!(matches!(RunDir::create(run.path(), &example("again")), Err(RunError::AlreadyARun(_))));
    let other = root.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("holiday.jpg"), "").unwrap();
    assert!(matches!(RunDir::create(&other, &example("run")), Err(RunError::NotEmpty(_))));
    assert_eq!(fs::read_dir(&other).unwrap().count(), 1, "nothing was written there");
    fs::remove_file(other.join("holiday.jpg")).unwrap();
    RunDir::create(&other, &example("run")).unwrap();
    // A creation that was cut short is no run, and is no obstacle either.
    fs::remove_file(other.join("run.toml")).unwrap();
    assert!(matches!(RunDir::open(&other), Err(RunError::NotARun { what: "run.toml", .. })));
    RunDir::create(&other, &example("run")).unwrap();
    RunDir::open(&other).unwrap();
}

#[test]
fn what_is_no_run_is_said_to_be_none() {
    let (root, run) = new_run();
    let message = |path: &Path| RunDir::open(path).unwrap_err().to_string();
    assert!(message(&root.path().join("nowhere")).starts_with("there is no run at"));
    assert!(message(root.path()).contains("is not a run: it has no run.toml"));
    fs::remove_file(run.path().join("run.db")).unwrap();
    assert!(run.store().err().unwrap().to_string().contains("has no run.db"));
    let file = root.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(RunDir::create(&file, &example("run")), Err(RunError::File { .. })));
}

#[test]
fn runs_are_listed_the_latest_first_and_broken_ones_with_the_reason() {
    let root = tempfile::tempdir().unwrap();
    assert!(list(&root.path().join("none")).unwrap().is_empty());
    assert_eq!(latest(root.path()).unwrap(), None);
    for (name, created) in
        [("a", "2030-01-01T00:00:00.000Z"), ("b", "2031-01-01T00:00:00.000Z"), ("c", "2029-01-01T00:00:00.000Z")]
    {
        let manifest = Manifest { created: created.parse().unwrap(), ..example(name) };
        RunDir::create(&root.path().join(name), &manifest).unwrap();
    }
    let broken = root.path().join("z");
    fs::create_dir(&broken).unwrap();
    fs::write(broken.join("run.toml"), "version = ").unwrap();
    fs::create_dir(root.path().join("no run")).unwrap();
    let listed = list(root.path()).unwrap();
    let names: Vec<_> = listed.iter().map(|run| run.path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["b", "a", "c", "z"]);
    assert!(matches!(listed[3].manifest, Err(RunError::Manifest(_))));
    assert_eq!(latest(root.path()).unwrap(), Some(root.path().join("b")));
}

#[test]
fn the_end_of_the_log_starts_with_a_whole_line() {
    let (_root, run) = new_run();
    assert_eq!(run.log_tail(100).unwrap(), "");
    fs::write(run.log_path(), "first line\nsecond\nthird\n").unwrap();
    assert_eq!(run.log_tail(100).unwrap(), "first line\nsecond\nthird\n");
    assert_eq!(run.log_tail(15).unwrap(), "second\nthird\n");
}

#[test]
fn two_processes_write_at_once_and_nothing_is_lost() {
    let (_root, run) = new_run();
    let mut processes = [process("writes_a_hundred_events", &run), process("writes_a_hundred_events", &run)];
    assert!(processes.iter_mut().all(|process| process.wait().unwrap().success()));
    let stored = run.store().unwrap().events_after(0, 1000).unwrap();
    let mut writers: BTreeMap<String, u64> = BTreeMap::new();
    for event in &stored {
        let next = writers.entry(event.process.clone()).or_default();
        assert_eq!(event.value.event, Event::Checkpoint { step: *next, best: false, weights_sha256: None });
        *next += 1;
    }
    assert_eq!(writers.into_values().collect::<Vec<_>>(), [100, 100]);
}

#[test]
fn a_writer_killed_in_the_middle_tears_nothing() {
    let (_root, run) = new_run();
    for round in 0..3 {
        let store = run.store().unwrap();
        let before = texts(&store).len();
        let mut writer = process("writes_pairs_for_ever", &run);
        until("the writer writes", || texts(&store).len() >= before + 30 + 17 * round);
        writer.kill().unwrap();
        let seen = texts(&store);
        writer.wait().unwrap();
        drop(store);
        let store = run.store().unwrap();
        database(&run).verify().unwrap();
        let after = texts(&store);
        assert!(after.starts_with(&seen), "what a reader has seen stays");
        for pair in after[before..].chunks(2) {
            assert_eq!(pair.len(), 2, "a transaction is whole or absent");
            assert_eq!(pair[0].replace("first", "second"), pair[1]);
        }
        store.append(Task::Train, &Event::Paused).unwrap();
    }
}

#[test]
fn two_workers_measure_every_design_once() {
    let (_root, run) = new_run();
    let mut workers = [process("measures_what_it_can_claim", &run), process("measures_what_it_can_claim", &run)];
    assert!(workers.iter_mut().all(|worker| worker.wait().unwrap().success()));
    let store = run.store().unwrap();
    let mut done = texts(&store);
    done.sort();
    let mut all: Vec<_> = (0..DESIGNS).map(|n| key_of(n).design).collect();
    all.sort();
    assert_eq!(done, all, "each was measured, and by one worker only");
    assert_eq!(store.measured(1).unwrap().len(), DESIGNS as usize);
    assert!(store.claimed(1).unwrap().is_empty());
}

#[test]
fn a_dead_workers_claim_is_taken_over_before_it_expires() {
    let (_root, run) = new_run();
    let store = run.store().unwrap();
    let mut worker = process("claims_and_hangs", &run);
    until("the worker claims", || !store.claimed(1).unwrap().is_empty());
    assert_eq!(store.claim(&key_of(0), TTL).unwrap(), Claim::Held);
    worker.kill().unwrap();
    until("the claim is free", || store.claim(&key_of(0), TTL).unwrap() == Claim::Granted);
    worker.wait().unwrap();
    assert_eq!(store.claimed(1).unwrap()[0].process, Process::this());
}

#[test]
fn a_run_has_one_trainer_and_a_dead_one_is_replaced() {
    let (_root, run) = new_run();
    let own = || run.own(Task::Train, "train here");
    let mut trainer = process("trains", &run);
    let store = run.store().unwrap();
    until("the trainer has the run", || store.owner(Task::Train).unwrap().is_some());
    let text = own().err().unwrap().to_string();
    assert!(text.contains(&format!("process {} on ", trainer.id())) && text.contains("(train)"), "{text}");
    drop(run.own(Task::Search, "search").unwrap());
    trainer.kill().unwrap();
    until("the trainer is dead", || own().is_ok());
    trainer.wait().unwrap();
    let mine = own().unwrap();
    assert!(mine.is_held());
    drop(mine);
    assert_eq!(store.owner(Task::Train).unwrap(), None, "given back when dropped");
}

fn warnings(run: &RunDir) -> Vec<String> {
    run.warnings(&run.store().unwrap()).unwrap()
}

#[test]
fn runs_that_are_made_at_once_are_whole_and_each_has_its_own_place() {
    let root = tempfile::tempdir().unwrap();
    let (runs, fixed) = (root.path().join("runs"), root.path().join("fixed"));
    let start = std::sync::Barrier::new(8);
    let make = || {
        start.wait();
        let numbered = make_next(&runs, |path| RunDir::create(path, &example("run"))).unwrap();
        start.wait();
        (numbered, RunDir::create(&fixed, &example("run")))
    };
    let made: Vec<(RunDir, Result<RunDir, RunError>)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut paths: Vec<&Path> = made.iter().map(|(run, _)| run.path()).collect();
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths.len(), 8);
    assert!(made.iter().all(|(run, _)| warnings(run).is_empty()));
    let (winners, others): (Vec<_>, Vec<_>) = made.iter().map(|(_, fixed)| fixed).partition(|fixed| fixed.is_ok());
    assert_eq!(winners.len(), 1);
    assert!(others.iter().all(|other| matches!(other, Err(RunError::AlreadyARun(_)))), "{others:?}");
    assert!(warnings(&RunDir::open(&fixed).unwrap()).is_empty());
}

/// The run an ignored test is to work on: it is a process of another test, which names the run, and can't be run alone.
fn given_run() -> RunDir {
    let path = std::env::var_os(VARIABLE).expect("another test starts this one, with a run in its environment");
    RunDir::open(Path::new(&path)).unwrap()
}

#[test]
#[ignore = "a process of another test"]
fn writes_a_hundred_events() {
    let run = given_run();
    let store = run.store().unwrap();
    for step in 0..100 {
        store.append(Task::Train, &Event::Checkpoint { step, best: false, weights_sha256: None }).unwrap();
    }
}

#[test]
#[ignore = "a process of another test"]
fn writes_pairs_for_ever() {
    let run = given_run();
    let store = database(&run);
    for n in 0.. {
        let warning = |which: &str| Event::Warning { text: format!("{which} of {n}") };
        store.append_all(&[warning("first"), warning("second")]).unwrap();
    }
}

#[test]
#[ignore = "a process of another test"]
fn measures_what_it_can_claim() {
    let run = given_run();
    let store = run.store().unwrap();
    for n in 0..DESIGNS {
        let key = key_of(n);
        if store.claim(&key, TTL).unwrap() == Claim::Granted {
            std::thread::sleep(Duration::from_millis(2));
            store.append(Task::Train, &Event::Warning { text: key.design.clone() }).unwrap();
            let (accuracy, quantisation) = (0.5, None);
            let measurement =
                Measurement { key, accuracy, samples: 1, calibration_batches: 1, seconds: 0.0, quantisation };
            assert!(store.record(&measurement).unwrap());
        }
    }
}

#[test]
#[ignore = "a process of another test"]
fn claims_and_hangs() {
    let run = given_run();
    let store = run.store().unwrap();
    store.claim(&key_of(0), TTL).unwrap();
    std::thread::sleep(TTL);
}

/// A trainer without training: it takes the run, prints what it receives, and ends when asked to stop.
#[test]
#[ignore = "a process of another test"]
fn trains() {
    let run = given_run();
    let store = run.store().unwrap();
    let owner = run.own(Task::Train, "train").unwrap();
    let mut inbox = Inbox::of(&owner).unwrap();
    inbox.read_input();
    inbox.catch_signals().unwrap();
    store.append(Task::Train, &Event::Resumed).unwrap();
    loop {
        for control in inbox.wait(Duration::from_mins(1)).unwrap() {
            println!("received {control}");
            store.append(Task::Train, &Event::LimitsChanged { text: control.to_string() }).unwrap();
            if control == Control::Stop {
                return;
            }
        }
    }
}

#[test]
fn a_manifest_that_cannot_be_held_against_its_digest_is_told() {
    let (_root, run) = new_run();
    let list = run.path().join(Digests::FILE);
    let told = || RunDir::open(run.path()).map(|run| warnings(&run)).unwrap().concat();
    let whole = fs::read(&list).unwrap();
    assert_eq!(told(), "");
    fs::write(&list, "").unwrap();
    assert!(told().contains("SHA256SUMS does not name it"), "{}", told());
    fs::write(&list, "no list\n").unwrap();
    assert!(told().contains("SHA256SUMS can't be read: "), "{}", told());
    fs::remove_file(&list).unwrap();
    assert!(told().contains("SHA256SUMS is missing") && told().contains("sha256sum run.toml"), "{}", told());
    fs::create_dir(&list).unwrap();
    assert!(told().contains("SHA256SUMS can't be read: "), "{}", told());
    fs::remove_dir(&list).unwrap();
    let manifest = run.path().join("run.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replacen("version = 2", "version = 1", 1)).unwrap();
    assert_eq!(told(), "", "the first edition kept no digest");
    fs::write(&list, whole).unwrap();
    assert!(told().contains("is not as the run was made with"), "{}", told());
}

#[test]
fn lost_records_are_told_by_the_checkpoint_that_is_newer() {
    let (_root, run) = new_run();
    let (store, folder) = (run.store().unwrap(), run.checkpoint_dir().join("step-00000060"));
    for step in [59, 60] {
        store.append(Task::Train, &Event::Step(StepRecord { step, ..StepRecord::default() })).unwrap();
    }
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("state.json"), r#"{"step": 60, "lr_scale": 1.0, "score": null}"#).unwrap();
    assert_eq!(warnings(&run), [""; 0]);
    rusqlite::Connection::open(run.path().join(DATABASE))
        .unwrap()
        .execute("DELETE FROM events WHERE id > 1", [])
        .unwrap();
    let told = warnings(&run).concat();
    assert!(told.contains("the checkpoint is of step 60, but the last step on record is 59"), "{told}");
    fs::rename(&folder, run.checkpoint_dir().join("step-00000070")).unwrap();
    assert_eq!(warnings(&run), [""; 0], "a checkpoint under another name is damaged, and shows nothing");
}

/// As a user who may not look there: root may look everywhere.
#[cfg(unix)]
#[test]
fn what_can_not_be_read_is_not_said_to_be_missing() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_root, run) = new_run();
    let checkpoints = run.checkpoint_dir();
    fs::create_dir_all(&checkpoints).unwrap();
    let close = |path: &Path| fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    let open = |path: &Path| fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
    close(&checkpoints);
    let is_root = fs::read_dir(&checkpoints).is_ok();
    let error = run.checkpoints().tidy().err().map(|error| error.to_string());
    open(&checkpoints);
    if is_root {
        return;
    }
    assert!(error.clone().is_some_and(|error| error.contains("denied")), "{error:?}");
    close(run.path());
    let error = RunDir::open(run.path()).unwrap_err().to_string();
    open(run.path());
    assert!(error.contains("could not read"), "{error}");
}
