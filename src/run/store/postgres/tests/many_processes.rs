//! Workers in processes of their own: this test binary, started again with an ignored test and an address in its
//! environment. What takes long or needs the rights to cut networks is ignored too: `docs/many-machines.md` says how to
//! run it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use super::*;
use crate::record::{Measurement, MeasurementKey, Precision, Subset};
use crate::run::worker::Heartbeat;

const VARIABLE: &str = "SPLITSCOPE_TEST_RUN";
const STEP: u64 = 1;
/// Milliseconds that a measurement takes here, unless the environment says otherwise.
const MEASURING_MS: u64 = 20;
const MEASURING_VARIABLE: &str = "SPLITSCOPE_TEST_MEASURING_MS";

fn measuring() -> Duration {
    let milliseconds = std::env::var(MEASURING_VARIABLE).ok().and_then(|text| text.parse().ok());
    Duration::from_millis(milliseconds.unwrap_or(MEASURING_MS))
}

fn request(n: u32) -> MeasurementKey {
    let (subset, precision) = (Subset::Validation, Precision::Int8);
    MeasurementKey { design: format!("design {n}"), views: 6, lost: 0, subset, precision, step: STEP }
}

fn enqueue(path: &Path, count: u32) {
    let store = Store::open(path).unwrap();
    for n in 0..count {
        store.enqueue(&request(n)).unwrap();
    }
}

/// A worker whose measurements take as long as said, in the network namespace of that name if there is one.
fn worker(address: &Path, namespace: Option<&str>, measuring: Duration) -> Child {
    let module = module_path!().split_once("::").unwrap().1;
    let program = std::env::current_exe().unwrap();
    let mut command = match namespace {
        Some(name) => {
            let mut command = Command::new("ip");
            command.args(["netns", "exec", name]).arg(program);
            command
        }
        None => Command::new(program),
    };
    let test = format!("{module}::measures_requests");
    command.args([&*test, "--exact", "--ignored", "--nocapture"]).env(VARIABLE, address);
    command.env(MEASURING_VARIABLE, measuring.as_millis().to_string());
    command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap()
}

fn end(workers: Vec<Child>) {
    for mut worker in workers {
        assert!(worker.wait().unwrap().success(), "a worker has failed");
    }
}

/// Each request is measured and recorded once, and told of at most once.
fn check(path: &Path, count: u32) {
    let store = Store::open(path).unwrap();
    assert!(store.requests(STEP).unwrap().is_empty());
    let mut measured: Vec<String> = store.measured(STEP).unwrap().into_iter().map(|row| row.value.key.design).collect();
    measured.sort();
    let mut expected: Vec<String> = (0..count).map(|n| request(n).design).collect();
    expected.sort();
    assert_eq!(measured, expected);
    let mut told: BTreeMap<String, u32> = BTreeMap::new();
    for stored in store.events_after(0, usize::MAX).unwrap() {
        if let Event::Evaluated(record) = stored.value.event {
            *told.entry(record.design).or_default() += 1;
        }
    }
    assert!(told.values().all(|&times| times == 1), "told twice: {told:?}");
}

/// A worker without tensors: it measures until no request is left.
#[test]
#[ignore = "a process of another test"]
fn measures_requests() {
    let path = std::env::var_os(VARIABLE).expect("another test starts this one, with an address in its environment");
    let path = PathBuf::from(path);
    let store = Store::open(&path).unwrap();
    let _heartbeat = Heartbeat::start(Store::open(&path).unwrap()).unwrap();
    let mut claimed = None;
    loop {
        let Some(key) = claimed.take().or_else(|| store.claim_request(STEP, TTL).unwrap()) else {
            if store.requests(STEP).unwrap().is_empty() {
                return;
            }
            store.wait(Duration::from_millis(100)).unwrap();
            continue;
        };
        let started = Instant::now();
        std::thread::sleep(measuring());
        let (accuracy, seconds, quantisation) = (0.5, started.elapsed().as_secs_f64(), None);
        let measurement = Measurement { key, accuracy, samples: 1, calibration_batches: 1, seconds, quantisation };
        claimed = store.record_and_claim(&measurement, TTL).unwrap();
    }
}

#[test]
fn workers_in_processes_measure_every_request_once() {
    let Some(path) = new_run_on_server() else { return };
    enqueue(&path, 60);
    end((0..3).map(|_| worker(&path, None, measuring())).collect());
    check(&path, 60);
}

#[test]
#[ignore = "a measurement"]
fn throughput() {
    let server = PrivateServer::start_with("127.0.0.1", 15432, true).expect("PostgreSQL is needed");
    println!("workers  measurements  seconds  each_ms  measured_ms  overhead_ms  efficiency  per_s");
    for count in [1, 2, 4, 8] {
        let run = format!("throughput-{count}");
        let path = PathBuf::from(server.address_at("127.0.0.1", &run));
        Store::create_on_server(&address(&path), "no manifest").unwrap();
        let requests = 250 * count;
        enqueue(&path, requests);
        end((0..count).map(|_| worker(&path, None, measuring())).collect());
        check(&path, requests);
        // From the first record to the last, so that the start of the processes does not count. Sleeps take longer than
        // they are told to: what is over them is the store's.
        let sql = "SELECT min(time), max(time), avg(seconds) FROM measurements";
        let row = client(&path).query_one(sql, &[]).unwrap();
        let (first, last, measuring_s): (f64, f64, f64) = (row.get(0), row.get(1), row.get(2));
        let per_s = f64::from(requests - count) / (last - first);
        let each_s = f64::from(count) / per_s;
        println!(
            "{count:>7}  {requests:>12}  {:>7.2}  {:>7.3}  {:>11.3}  {:>11.3}  {:>10.3}  {per_s:>5.0}",
            last - first,
            1000.0 * each_s,
            1000.0 * measuring_s,
            1000.0 * (each_s - measuring_s),
            measuring_s / each_s
        );
    }
}

#[test]
#[ignore = "takes minutes"]
fn nothing_is_lost_when_workers_are_killed_and_servers_restart() {
    let mut server = PrivateServer::start_with("127.0.0.1", 15433, true).expect("PostgreSQL is needed");
    let path = PathBuf::from(server.address_at("127.0.0.1", "kills"));
    Store::create_on_server(&address(&path), "no manifest").unwrap();
    let requests = 4000;
    enqueue(&path, requests);
    let mut workers: Vec<Child> = (0..8).map(|_| worker(&path, None, measuring())).collect();
    let store = Store::open(&path).unwrap();
    for round in 0_u64..20 {
        let done = store.measured(STEP).unwrap().len();
        while store.measured(STEP).unwrap().len() < done + 60 + round as usize {
            std::thread::sleep(Duration::from_millis(10));
        }
        let mut killed = workers.remove(0);
        killed.kill().unwrap();
        killed.wait().unwrap();
        workers.push(worker(&path, None, measuring()));
        if round % 4 == 3 {
            if round % 8 == 3 {
                server.stop();
            } else {
                server.crash();
            }
            server.start_again();
        }
    }
    end(workers);
    check(&path, requests);
    println!("20 workers killed, 5 restarts of the server: {requests} requests, each recorded once");
}

#[test]
#[ignore = "needs the rights to make network namespaces"]
fn nothing_is_lost_when_networks_are_cut() {
    let ip = |arguments: &str| {
        let done = Command::new("ip").args(arguments.split(' ')).status().unwrap();
        assert!(done.success(), "ip {arguments}");
    };
    let names = ["splitscope-a", "splitscope-b"];
    for (n, name) in names.iter().enumerate() {
        let _ = Command::new("ip").args(["netns", "del", name]).stderr(Stdio::null()).status();
        ip(&format!("netns add {name}"));
        ip(&format!("link add split{n} type veth peer name eth0 netns {name}"));
        ip(&format!("addr add 10.231.{n}.1/24 dev split{n}"));
        ip(&format!("link set split{n} up"));
        ip(&format!("-n {name} addr add 10.231.{n}.2/24 dev eth0"));
        ip(&format!("-n {name} link set eth0 up"));
        ip(&format!("-n {name} link set lo up"));
    }
    let server = PrivateServer::start_with("*", 15434, true).expect("PostgreSQL is needed");
    let here = PathBuf::from(server.address_at("10.231.0.1", "cuts"));
    Store::create_on_server(&address(&here), "no manifest").unwrap();
    let requests = 4000;
    enqueue(&here, requests);
    let at = |n: usize| PathBuf::from(server.address_at(&format!("10.231.{n}.1"), "cuts"));
    // So slow that requests are left when the last cut ends.
    let slow = Duration::from_millis(100);
    let workers: Vec<Child> = (0..4).map(|n| worker(&at(n % 2), Some(names[n % 2]), slow)).collect();
    let store = Store::open(&here).unwrap();
    let begun = Instant::now();
    for cut in 0..5 {
        let wanted = store.measured(STEP).unwrap().len() + 100;
        while store.measured(STEP).unwrap().len() < wanted {
            assert!(!store.requests(STEP).unwrap().is_empty(), "all was measured before the last cut");
            std::thread::sleep(Duration::from_millis(100));
        }
        // Some cuts are shorter than a lease, some are longer.
        let link = format!("split{}", cut % 2);
        ip(&format!("link set {link} down"));
        std::thread::sleep(Duration::from_secs([2, 30, 8, 26, 4][cut]));
        ip(&format!("link set {link} up"));
    }
    end(workers);
    check(&here, requests);
    println!("5 cuts: {requests} requests, each recorded once, in {:.0} s", begun.elapsed().as_secs_f64());
    for name in names {
        ip(&format!("netns del {name}"));
    }
}
