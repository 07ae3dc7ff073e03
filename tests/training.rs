//! Training by the real binary: what it can be told, what it survives, and (by hand and by continuous integration, as it
//! takes minutes) what it learns.

mod common;

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{command, events, events_of, folder, losses, of_kind, read_until, splitscope, succeed, text};
use serde_json::Value;

/// Easy objects, small steps, one thread.
fn small<'a>(run: &'a str, steps: &'a str, settings: &[&'a str]) -> Vec<&'a str> {
    let data = "arrangement-10:objects=100";
    let mut list = vec!["train", "--run", run, "--json", "--data", data, "--threads", "1", "--steps", steps];
    for setting in ["images=24", "calibration-objects=16", "evaluate-every=1000"].iter().chain(settings) {
        list.extend(["--set", setting]);
    }
    list
}

#[test]
fn chosen_designs_are_measured_with_cameras_lost_and_remembered() {
    let folder = folder();
    succeed(folder.path(), &small("r", "2", &[]));
    let measure = |extra: &[&str]| succeed(folder.path(), &[&["measure", "--run", "r", "--json"][..], extra].concat());
    let designs = ["--design", "largest@S2.1/S3.1:r4b8", "--random", "1", "--views", "3", "--lost-cameras"];
    let found = measure(&designs);
    assert_eq!(found.len(), 2 * 4, "two designs, with no camera lost and with each of three");
    let lost: Vec<&Value> = found[..4].iter().map(|row| &row["lost"]).collect();
    assert_eq!(serde_json::json!(lost), serde_json::json!([[], [0], [1], [2]]));
    assert!(found.iter().all(|row| row["views"] == 3 && row["subset"] == "validation" && row["step"] == 2));
    assert_eq!(measure(&designs), found, "what the run knows is not measured again");
    let both = measure(&["--design", "smallest@input/logits:r1b8", "--views", "4", "--lost", "1,3"]);
    assert_eq!(both[1]["lost"], serde_json::json!([1, 3]));
    let twelve = ["--design", "largest@S2.1/S3.1:r4b8", "--views", "12"];
    let found = measure(&twelve);
    for (objects, batches, precision) in [("0", 0, "float"), ("60", 2, "float"), ("60", 2, "int8")] {
        let asked = ["--calibration-objects", objects, "--precision", precision];
        let other = measure(&[&twelve[..], &asked].concat());
        assert_eq!(other[0]["calibration_batches"], batches, "recalibrated as asked, not as on record");
        assert_eq!(other[0]["precision"], precision);
    }
    let float = measure(&[&twelve[..], &["--precision", "float"]].concat());
    assert_eq!((&found[0]["precision"], &float[0]["precision"]), (&"int8".into(), &"float".into()));
    assert_eq!(measure(&twelve), found, "what was recalibrated otherwise is not recorded");

    for (wrong, part) in [
        (&["--views", "13", "--random", "1"][..], "1 to 12 views"),
        (&["--views", "2", "--random", "1", "--lost", "0,1"], "all 2 cameras are lost"),
        (&["--random", "1", "--lost", "0,1,2,3,4,5"], "all 6 cameras are lost"),
        (&["--random", "1", "--lost", "6"], "camera 6 can't be lost"),
        (&["--random", "1", "--lost", "33"], "camera 33 can't be lost"),
        (&["--design", "largest@S9/S3:r4b8"], "no boundary is named"),
        (&["--random", "1", "--calibration-objects", "0"], "ranges of int8 follow from calibration objects"),
        (&[], "nothing to measure"),
    ] {
        let output = splitscope(folder.path(), &[&["measure", "--run", "r"][..], wrong].concat());
        assert!(!output.status.success() && text(&output.stderr).contains(part), "{wrong:?}: {}", text(&output.stderr));
    }
}

/// Moment at which a training is killed.
#[derive(Debug, Clone, Copy)]
enum KilledAt {
    /// An event of this kind is told: a step, whose checkpoint is not written yet, or a checkpoint.
    Event(&'static str),
    /// This file of a checkpoint is half written.
    Writing(&'static str),
}

impl KilledAt {
    /// Trains until the moment has come; `whole` is a checkpoint. Returns the events.
    fn kill(self, folder: &Path, arguments: &[&str], whole: &Path) -> Vec<Value> {
        let mut seen = Vec::new();
        match self {
            Self::Event(kind) => {
                let mut child = command(folder, arguments).stdout(Stdio::piped()).spawn().unwrap();
                let mut told = events_of(&mut child);
                read_until(&mut told, &mut seen, kind, 1);
                child.kill().unwrap();
                child.wait().unwrap();
                // It may have done more than was heard of it.
                seen.extend(told);
            }
            Self::Writing(file) => {
                // The system kills a process that writes more into a file than it may.
                let most = std::fs::metadata(whole.join(file)).unwrap().len() / 1024 - 1;
                let limits = format!("ulimit -c 0; ulimit -f {most}");
                let mut child = limited(folder, &limits, arguments).stdout(Stdio::piped()).spawn().unwrap();
                seen.extend(events_of(&mut child));
                assert_eq!(child.wait().unwrap().signal(), Some(signal_hook::consts::SIGXFSZ), "{seen:?}");
                let remains: Vec<PathBuf> = folders(&folder.join("killed/checkpoint"), ".checkpoint-");
                let [remains] = &remains[..] else { panic!("{remains:?}") };
                assert!(remains.join(file).exists() && !remains.join("SHA256SUMS").exists());
            }
        }
        seen
    }
}

/// The program with limits that a shell sets.
fn limited(folder: &Path, limits: &str, arguments: &[&str]) -> Command {
    let program = env!("CARGO_BIN_EXE_splitscope");
    let mut command = Command::new("bash");
    command.args(["-c", &format!("{limits}; exec '{program}' {}", arguments.join(" "))]);
    command.current_dir(folder).env("SPLITSCOPE_CACHE", folder.join("cache")).stdin(Stdio::null());
    command
}

/// Folders whose names begin with `start`, by name.
fn folders(folder: &Path, start: &str) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let begins = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(start);
    let mut paths: Vec<PathBuf> = paths.filter(begins).collect();
    paths.sort();
    paths
}

#[test]
fn a_process_killed_at_any_moment_loses_only_what_came_after_its_last_checkpoint() {
    let folder = folder();
    let settings = ["checkpoint-every=1"];
    let unbroken = losses(&succeed(folder.path(), &small("whole", "8", &settings)));
    let checkpoint = folder.path().join("whole/checkpoint/step-00000008");
    let go_on = vec!["train", "--run", "killed", "--json", "--threads", "1"];
    let mut broken = BTreeMap::new();
    let mut arguments = small("killed", "8", &settings);
    for moment in [
        KilledAt::Event("step"),
        KilledAt::Event("checkpoint"),
        KilledAt::Writing("weights.bpk"),
        KilledAt::Writing("optimiser.bpk"),
        KilledAt::Event("step"),
    ] {
        broken.extend(losses(&moment.kill(folder.path(), &arguments, &checkpoint)));
        arguments.clone_from(&go_on);
    }
    broken.extend(losses(&succeed(folder.path(), &go_on)));
    assert_eq!(broken, unbroken);
    let kept = folders(&folder.path().join("killed/checkpoint"), "");
    let mut kept: Vec<&str> = kept.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    kept.retain(|name| !name.starts_with("best-"));
    assert_eq!(kept, ["step-00000006", "step-00000007", "step-00000008"]);
}

#[test]
fn training_never_begins_anew_over_a_run_whose_checkpoints_are_gone() {
    let folder = folder();
    succeed(folder.path(), &small("r", "4", &["checkpoint-every=2"]));
    std::fs::rename(folder.path().join("r/checkpoint"), folder.path().join("aside")).unwrap();
    let output = splitscope(folder.path(), &["train", "--run", "r", "--json"]);
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("4 steps on record"), "{}", text(&output.stderr));
    assert!(of_kind(&events(&output), "step").is_empty());
    // With only the best of them it goes on from there.
    std::fs::rename(folder.path().join("aside"), folder.path().join("r/checkpoint")).unwrap();
    for step in [2, 4] {
        std::fs::remove_dir_all(folder.path().join(format!("r/checkpoint/step-{step:08}"))).unwrap();
    }
    let again = succeed(folder.path(), &["train", "--run", "r", "--json", "--threads", "1"]);
    assert_eq!(of_kind(&again, "started")[0]["resumed_from_step"], 4);
}

#[test]
fn a_trainer_whose_run_is_moved_away_ends_with_an_error() {
    let folder = folder();
    let mut child = command(folder.path(), &small("r", "1000000", &[])).stdout(Stdio::piped()).spawn().unwrap();
    let mut events = events_of(&mut child);
    assert!(events.any(|event| event["kind"] == "step"), "it trains");
    std::fs::rename(folder.path().join("r"), folder.path().join("elsewhere")).unwrap();
    events.for_each(drop);
    assert!(!child.wait().unwrap().success());
    assert!(!folder.path().join("r").exists(), "nothing is made where the run was");
}

#[test]
fn a_full_disk_costs_checkpoints_and_not_the_run() {
    let folder = folder();
    succeed(folder.path(), &small("fills-the-cache", "1", &[]));
    // A limit on the size of files fails writes as a full disk does. It lets the database through, not the weights.
    let arguments = small("r", "4", &["checkpoint-every=2"]);
    let limited = limited(folder.path(), "trap '' XFSZ; ulimit -f 500", &arguments).output().unwrap();
    let found = events(&limited);
    let warning = of_kind(&found, "warning")[0]["text"].as_str().unwrap().to_owned();
    assert!(warning.contains("checkpoint") && warning.contains("goes on"), "{warning}");
    assert_eq!(losses(&found).len(), 4, "training went on");
    assert!(!limited.status.success() && text(&limited.stderr).contains("checkpoint"), "{}", text(&limited.stderr));
    // With room again the run begins anew, and says so: it has nothing, but nothing broken either.
    let again = succeed(folder.path(), &["train", "--run", "r", "--json", "--threads", "1"]);
    assert_eq!(losses(&again), losses(&found));
    assert!(of_kind(&again, "warning")[0]["text"].as_str().unwrap().contains("begins at step 1"));
}

#[test]
fn a_collapse_goes_back_at_half_the_rate_and_gives_up_with_advice() {
    let folder = folder();
    // Decay takes a hundred times a weight away at each step.
    let settings = ["learning-rate=10", "weight-decay=10", "checkpoint-every=1", "warm-up=0"];
    let output = splitscope(folder.path(), &small("r", "60", &settings));
    let found = events(&output);
    assert_eq!(of_kind(&found, "rolled_back").len(), 3, "{}", text(&output.stdout));
    let failed = of_kind(&found, "failed")[0]["text"].as_str().unwrap().to_owned();
    assert!(failed.contains("collapsed") && failed.contains("learning-rate="), "{failed}");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains(&failed));
}

#[test]
fn one_design_is_trained_alone_from_the_supernet_and_survives_a_kill() {
    let folder = folder();
    succeed(folder.path(), &small("r", "4", &[]));
    let design = "smallest@S2.1/S3.1:r4b8";
    let finetune = |out: &'static str, extra: &[&'static str]| {
        let start = ["finetune", "--run", "r", "--design", design, "--out", out, "--json", "--threads", "1"];
        [&start[..], &["--steps", "4", "--set", "checkpoint-every=1"], extra].concat()
    };
    let int8 = ["--precision", "int8"];
    let whole = succeed(folder.path(), &finetune("whole", &int8));
    let unbroken = losses(&whole);
    assert_eq!(unbroken.len(), 4);
    assert!(unbroken.values().all(|losses| losses[0][0] == "design" && losses.as_array().unwrap().len() == 1));
    assert!(of_kind(&whole, "started")[0]["resumed_from_step"].is_null(), "it begins with the parent's weights");

    let mut child = command(folder.path(), &finetune("killed", &int8)).stdout(Stdio::piped()).spawn().unwrap();
    let (mut told, mut seen) = (events_of(&mut child), Vec::new());
    read_until(&mut told, &mut seen, "step", 2);
    child.kill().unwrap();
    child.wait().unwrap();
    seen.extend(told);
    let mut broken = losses(&seen);
    broken.extend(losses(&succeed(folder.path(), &finetune("killed", &int8))));
    assert_eq!(broken, unbroken, "what was cut off goes on as if it had not been");
    let other = splitscope(folder.path(), &finetune("killed", &[]));
    assert!(text(&other.stderr).contains("holds another training"), "{}", text(&other.stderr));

    let scratch = losses(&succeed(folder.path(), &finetune("scratch", &["--from-scratch"])));
    assert_ne!(scratch[&1], unbroken[&1], "other weights to begin with");

    // It can be measured and deployed as any run, and for no other design.
    let measured = succeed(folder.path(), &["measure", "--run", "whole", "--json", "--precision", "int8,float"]);
    assert_eq!((measured.len(), &measured[0]["step"]), (2, &Value::from(4)));
    let refused = splitscope(folder.path(), &["measure", "--run", "whole", "--design", "largest@S2.1/S3.1:r4b8"]);
    assert!(text(&refused.stderr).contains("was not trained here"), "{}", text(&refused.stderr));
    let searched = splitscope(folder.path(), &["search", "--run", "whole", "--evaluations", "2"]);
    assert!(text(&searched.stderr).contains("search on a run of supernets"), "{}", text(&searched.stderr));
    let deployed = splitscope(folder.path(), &["deploy", "--run", "whole", "--out", "halves", "--format", "onnx"]);
    assert!(deployed.status.success(), "{}", text(&deployed.stderr));

    // The run that the design was chosen on knows of each.
    let database = rusqlite::Connection::open(folder.path().join("r/run.db")).unwrap();
    let mut rows = database.prepare("select body from events where body like '%\"finetuned\"%' order by id").unwrap();
    let rows = rows.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let records: Vec<Value> = rows.map(|body| serde_json::from_str(&body.unwrap()).unwrap()).collect();
    let mut runs: Vec<&Value> = records.iter().map(|record| &record["run"]).collect();
    // The one that was killed may have told of itself before.
    runs.dedup();
    assert_eq!(serde_json::json!(runs), serde_json::json!(["whole", "killed", "scratch"]));
    assert_eq!(records.last().unwrap()["from_scratch"], true);
    let figures = records[0]["accuracies"].as_array().unwrap();
    assert!(figures.iter().any(|one| one["precision"] == "int8" && one["accuracy"] == measured[0]["accuracy"]));
}

#[test]
fn lost_records_are_told_once_by_every_command_that_opens_the_run() {
    const TOLD: &str = "the checkpoint is of step 2, but the last step on record is 0";
    let folder = folder();
    succeed(folder.path(), &small("r", "2", &[]));
    let database = rusqlite::Connection::open(folder.path().join("r/run.db")).unwrap();
    database.execute("DELETE FROM events WHERE kind = 'step'", []).unwrap();
    drop(database);
    let design = "smallest@S2.1/S3.1:r4b8";
    let commands: [&[&str]; 12] = [
        &["measure", "--run", "r", "--design", design, "--views", "1"],
        &["report", "r"],
        &["explore", "--plain", "--run", "r", "--pool", "50"],
        &["sweep", "latency", "--steps", "2", "--run", "r", "--pool", "50"],
        &["paradigms", "--run", "r"],
        &["export", "--run", "r", "--optuna", "journal"],
        &["deploy", "--run", "r", "--design", design, "--out", "halves", "--format", "onnx"],
        &["verify", "halves", "--objects", "2"],
        &["picture", "--run", "r", "--design", design, "--ascii"],
        &["search", "--run", "r", "--proxy", "--evaluations", "2"],
        &["search", "--run", "r", "--evaluations", "1"],
        &["train", "--run", "r"],
    ];
    for arguments in commands {
        let output = splitscope(folder.path(), arguments);
        let said = text(&output.stdout) + &text(&output.stderr);
        assert!(output.status.code().is_some_and(|code| code == 0 || code == 3), "{arguments:?}: {said}");
        assert_eq!(said.matches(TOLD).count(), 1, "{arguments:?}: {said}");
    }
}

/// Default settings, all cores: fusion matters, splitting costs little, recalibration matters, a lost camera costs little.
#[test]
#[ignore = "takes minutes"]
fn the_default_run_learns() {
    let folder = folder();
    let found = succeed(folder.path(), &["train", "--run", "r", "--json"]);
    let accuracy = |role: &str, views: u64| {
        let fits = |event: &&Value| event["kind"] == "evaluated" && event["role"] == role && event["views"] == views;
        found.iter().rfind(fits).unwrap()["accuracy"].as_f64().unwrap()
    };
    let (one, six, twelve) = (accuracy("largest", 1), accuracy("largest", 6), accuracy("largest", 12));
    println!("largest: {one:.3} with one view, {six:.3} with six, {twelve:.3} with twelve");
    assert!(six >= 0.88 && twelve >= 0.91, "six views: {six}, twelve: {twelve}");
    assert!(one <= six - 0.15, "one view: {one}, six: {six}");

    let measure = |extra: &[&str]| -> Vec<f64> {
        let measure = ["measure", "--run", "r", "--json", "--subset", "test"];
        let rows = succeed(folder.path(), &[&measure[..], extra].concat());
        rows.iter().map(|row| row["accuracy"].as_f64().unwrap()).collect()
    };
    let whole = measure(&["--design", "largest@input/pool:r1b8", "--views", "12"])[0];
    let split = measure(&["--design", "largest@S2.2/S3.2:r4b8", "--views", "12"])[0];
    println!("split inside the sensor at ratio 4 with 8 bits: {split:.3} with twelve views");
    assert!(split >= whole - 0.04, "split: {split}, whole: {whole}");
    let float = ["--precision", "float", "--calibration-objects", "0"];
    let raw = measure(&[&["--design", "largest@S2.2/S3.2:r4b8", "--views", "6"][..], &float].concat())[0];
    let lost = measure(&["--design", "largest@S2.2/S3.2:r4b8", "--views", "6", "--lost-cameras"]);
    println!("six views: {:.3}, without recalibration {raw:.3}, without each camera {:.3?}", lost[0], &lost[1..]);
    assert!(raw < lost[0] - 0.1, "recalibration matters");
    assert!(lost[1..].iter().all(|&without| without > lost[0] - 0.15), "one camera of six may fail");
}

#[test]
fn data_that_were_changed_since_the_training_are_told_of() {
    let folder = folder();
    let place = |class: usize, index: usize| folder.path().join(format!("pictures/{class}/{index:02}.pgm"));
    for class in 0..10 {
        std::fs::create_dir_all(place(class, 0).parent().unwrap()).unwrap();
        for index in 0..8 {
            let pixels: Vec<u8> = (0..64_usize).map(|at| (at * (class + 2) + index) as u8).collect();
            std::fs::write(place(class, index), [&b"P5 8 8 255\n"[..], &pixels].concat()).unwrap();
        }
    }
    let settings = ["--set", "images=24", "--set", "calibration-objects=8", "--threads", "1"];
    let data = ["--space", "tabletop", "--data", "images:pictures,views=windows"];
    succeed(folder.path(), &[&["train", "--run", "r", "--steps", "1"][..], &data, &settings].concat());
    let told = || text(&splitscope(folder.path(), &["measure", "--run", "r", "--random", "1", "--views", "1"]).stderr);
    assert!(!told().contains("not those"), "{}", told());
    // As many objects in each part, but of other classes.
    std::fs::rename(place(3, 7), place(4, 99)).unwrap();
    let moved = told();
    assert!(moved.contains("the data are not those that the weights were trained on"), "{moved}");
    std::fs::remove_file(place(4, 99)).unwrap();
    let fewer = told();
    assert!(fewer.contains("objects to train, validate and test then"), "{fewer}");
}

#[test]
fn data_without_objects_to_measure_on_are_refused() {
    let folder = folder();
    let few = ["train", "--run", "r", "--data", "arrangement-10:objects=40", "--steps", "1", "--threads", "1"];
    let output = splitscope(folder.path(), &few);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    let told = text(&output.stderr);
    assert!(told.contains("arrangement-10:objects=40 has no validation objects"), "{told}");
}
