use std::collections::BTreeMap;
use std::fs;

use super::*;
use crate::record::Event;
use crate::run::tests::{arguments, new_run, until};

fn shell(script: &str, run: &RunDir) -> Child {
    Child::start(Path::new("/bin/sh"), &["-c", script], run, Task::Train).unwrap()
}

fn trainer(run: &RunDir) -> Child {
    let child = Child::start(Path::new("/usr/bin/env"), &arguments("trains", run), run, Task::Train).unwrap();
    let store = run.store().unwrap();
    until("the trainer is at work", || !store.events_after(0, 1).unwrap().is_empty());
    child
}

fn ending(child: &mut Child) -> Ending {
    until("the child ends", || child.poll().unwrap().is_some());
    child.poll().unwrap().unwrap()
}

fn signal(name: &str, child: &Child) {
    assert!(Command::new("kill").args([name, &child.process.pid.to_string()]).status().unwrap().success());
}

/// Controls that the trainer of the tests received.
fn told(run: &RunDir) -> Vec<String> {
    let text = |stored: crate::run::Stored<crate::record::EventRecord>| match stored.value.event {
        Event::LimitsChanged { text } => Some(text),
        _ => None,
    };
    run.store().unwrap().events_after(0, 100).unwrap().into_iter().filter_map(text).collect()
}

#[test]
fn a_child_hears_its_input_and_prints_into_the_log() {
    let (_root, run) = new_run();
    fs::write(run.log_path(), "from an earlier child\n").unwrap();
    let mut child = shell("read a; echo heard $a; echo and failed >&2; exit 3", &run);
    assert_eq!(child.poll().unwrap(), None);
    child.send(Control::Pause);
    assert_eq!(ending(&mut child).to_string(), "failed with exit code 3");
    assert_eq!(run.log_tail(1000).unwrap(), "from an earlier child\nheard pause\nand failed\n");
}

#[test]
fn another_niceness_may_be_asked_for_within_bounds() {
    let found = [None, Some("0"), Some(" 7 "), Some("19"), Some("20"), Some("-5"), Some("low"), Some("")].map(niceness);
    assert_eq!(found, [19, 0, 7, 19, 19, 19, 19, 19]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_child_has_its_own_group_and_a_low_priority() {
    let (_root, run) = new_run();
    // By the time that it hears something its priority is settled.
    let mut child = shell("read a; cat /proc/self/stat", &run);
    child.send(Control::Pause);
    assert!(ending(&mut child).is_success());
    let fields = |text: &str| text.rsplit(") ").next().unwrap().split(' ').map(str::to_owned).collect::<Vec<_>>();
    let theirs = fields(&run.log_tail(1000).unwrap());
    // Fields 5 and 19 of man 5 proc_pid_stat.
    assert_eq!(theirs[2], child.process.pid.to_string(), "process group");
    assert_eq!(theirs[16], "19", "niceness");
}

#[test]
fn a_program_that_does_not_exist_is_an_error_at_once() {
    let (_root, run) = new_run();
    let error = Child::start(Path::new("/no/such/program"), &["train"], &run, Task::Train).err().unwrap();
    assert!(error.to_string().starts_with("could not start /no/such/program"), "{error}");
}

#[test]
fn a_child_asked_to_stop_ends_by_itself() {
    let (_root, run) = new_run();
    let mut child = trainer(&run);
    child.send(Control::Stop);
    let ending = ending(&mut child);
    assert!(ending.is_success(), "{ending}");
    assert_eq!(told(&run), ["stop"]);
    assert!(run.log_tail(1000).unwrap().contains("received stop"));
}

#[test]
fn a_detached_child_works_on_and_is_found_again() {
    let (_root, run) = new_run();
    assert!(Child::attach(&run, Task::Train).unwrap().is_none());
    let child = trainer(&run);
    let process = child.process.clone();
    drop(child);
    let mut found = Child::attach(&run, Task::Train).unwrap().unwrap();
    assert_eq!(found.process, process);
    assert!(Child::attach(&run, Task::Search).unwrap().is_none());
    found.send(Control::Pause);
    found.send(Control::Limits(BTreeMap::from([("latency".into(), 0.025)])));
    until("the trainer hears", || told(&run) == ["pause", r#"{"limits":{"latency":0.025}}"#]);
    assert_eq!(found.poll().unwrap(), None);
    found.send(Control::Stop);
    assert_eq!(ending(&mut found).to_string(), "has ended");
    assert!(Child::attach(&run, Task::Train).unwrap().is_none());
}

#[test]
fn a_killed_child_is_seen_to_be_dead_by_parent_and_stranger() {
    let (_root, run) = new_run();
    let mut child = trainer(&run);
    let mut stranger = Child::attach(&run, Task::Train).unwrap().unwrap();
    signal("-KILL", &child);
    assert_eq!(ending(&mut stranger).status, None);
    assert_eq!(ending(&mut child).to_string(), "was killed by signal 9");
    assert!(Child::attach(&run, Task::Train).unwrap().is_none());
}

#[test]
fn a_request_to_terminate_arrives_as_stop() {
    let (_root, run) = new_run();
    let mut child = trainer(&run);
    signal("-TERM", &child);
    assert!(ending(&mut child).is_success());
    assert_eq!(told(&run), ["stop"]);
}

#[test]
fn limits_sent_faster_than_they_are_taken_become_one() {
    let (sender, receiver) = mpsc::channel();
    let limits = |name: &str, value| Control::Limits(BTreeMap::from([(name.into(), value)]));
    for control in
        [limits("rate", 2.0), limits("latency", 9.0), limits("rate", 3.0), Control::Pause, limits("rate", 4.0)]
    {
        sender.send(control).unwrap();
    }
    let merged = Control::Limits(BTreeMap::from([("rate".into(), 3.0), ("latency".into(), 9.0)]));
    assert_eq!(newest(limits("rate", 1.0), &receiver), [merged, Control::Pause, limits("rate", 4.0)]);
}
