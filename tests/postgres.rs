//! Runs on a PostgreSQL server by the real binary: what is done on one machine is done on many. Each test starts a
//! server of its own in a temporary folder, and is left out where PostgreSQL is not installed.

#![cfg(feature = "postgres")]

mod common;
#[path = "common/screen.rs"]
mod screen;
#[path = "common/server.rs"]
mod server;

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use common::{
    command, events, events_of, folder, losses, of_kind, read_until, splitscope, succeed, text, train_small, until,
};
use postgres::{Client, NoTls};
use screen::Screen;
use serde_json::Value;
use server::PrivateServer;
use splitscope::record::{Event, MeasurementKey, Precision, Subset, Task};
use splitscope::run::RunDir;
#[cfg(feature = "postgres-tls")]
use splitscope::run::{RunError, Store};

/// Budget of a search that a test ends.
const ENDLESS: [&str; 4] = ["--evaluations", "1000000", "--stop-generations", "0"];

/// A server with a run of two training steps; each folder stands for a machine with its own disk.
struct Laboratory {
    server: PrivateServer,
    run: String,
    trainer: tempfile::TempDir,
}

impl Laboratory {
    fn new() -> Option<Self> {
        let server = PrivateServer::start()?;
        let run = server.address("first");
        let trainer = folder();
        succeed(trainer.path(), &train_small(&run, "2", &[]));
        Some(Self { server, run, trainer })
    }

    /// A search that a test ends by its standard input.
    fn search(&self, machine: &Path) -> Child {
        let arguments = [&["search", "--run", &self.run, "--sensors", "2", "--threads", "1", "--json"][..], &ENDLESS];
        let mut command = command(machine, &arguments.concat());
        command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap()
    }

    fn worker(&self, machine: &Path) -> Child {
        let arguments = ["search", "--worker", &self.run, "--threads", "1", "--json"];
        command(machine, &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Processes that measured, each as often as it did, in order.
    fn measured_by(&self) -> Vec<String> {
        let store = RunDir::open(Path::new(&self.run)).unwrap().store().unwrap();
        let events = store.events_after(0, usize::MAX).unwrap().into_iter();
        let ours = events.filter(|stored| stored.value.task == Task::Search);
        let evaluated = ours.filter(|stored| matches!(stored.value.event, Event::Evaluated(_)));
        evaluated.map(|stored| stored.process).collect()
    }

    /// Every design is measured once, and told of once.
    fn check(&self) {
        let store = RunDir::open(Path::new(&self.run)).unwrap().store().unwrap();
        let rows = store.measured(2).unwrap().into_iter().map(|stored| stored.value.key);
        // The training has measured designs too, in float and on other objects.
        let of_search =
            |key: &MeasurementKey| (key.views, key.subset, key.precision) == (2, Subset::Validation, Precision::Int8);
        let rows: Vec<String> = rows.filter(of_search).map(|key| key.design).collect();
        assert_eq!(rows.iter().collect::<HashSet<_>>().len(), rows.len());
        let events = store.events_after(0, usize::MAX).unwrap().into_iter();
        let told = events.filter_map(|stored| match (stored.value.task, stored.value.event) {
            (Task::Search, Event::Evaluated(record)) => Some(record.design),
            _ => None,
        });
        let told: Vec<String> = told.collect();
        assert_eq!(told.iter().collect::<HashSet<_>>().len(), told.len(), "told twice");
        assert!(told.iter().all(|design| rows.contains(design)), "told and not on record");
        assert!(store.damaged_measurements().unwrap().is_empty());
    }

    fn sql(&self, statements: &str) {
        let (server, _) = self.run.split_once('?').unwrap();
        let mut client = Client::connect(server, NoTls).unwrap();
        client.batch_execute(&format!("SET search_path TO \"run:first\"; {statements}")).unwrap();
    }
}

fn stop(mut search: Child) {
    writeln!(search.stdin.as_mut().unwrap(), "stop").unwrap();
    assert!(search.wait().unwrap().success());
}

#[test]
fn every_command_that_names_a_run_takes_an_address() {
    let Some(laboratory) = Laboratory::new() else { return };
    let (run, other) = (&*laboratory.run, folder());
    let search = ["search", "--run", run, "--evaluations", "2", "--threads", "1", "--json"];
    let found = succeed(other.path(), &search);
    assert_eq!(of_kind(&found, "evaluated").len(), 2);
    let design = of_kind(&found, "evaluated")[0]["design"].as_str().unwrap().to_owned();
    let measure = ["measure", "--run", run, "--design", &design, "--views", "2", "--subset", "test", "--json"];
    let measured: Value = serde_json::from_slice(&splitscope(other.path(), &measure).stdout).unwrap();
    assert!(measured.to_string().contains(&design), "{measured}");
    // A server that trusts takes any password; a page that is handed on must not hold it.
    let with_password = format!("{run}&password=kept-secret");
    let report = splitscope(other.path(), &["report", &with_password, "-o", "report.html", "--markdown", "report.md"]);
    assert!(report.status.success(), "{}", text(&report.stderr));
    for page in ["report.html", "report.md"] {
        let page = std::fs::read_to_string(other.path().join(page)).unwrap();
        assert!(page.contains(&design) && !page.contains("kept-secret"), "{page}");
    }
    let deploy = ["deploy", "--run", run, "--design", &design, "--views", "2", "--format", "csv", "--out", "halves"];
    let deployed = splitscope(other.path(), &deploy);
    assert!(deployed.status.success(), "{}", text(&deployed.stderr));
    let plain = splitscope(other.path(), &["--run", run, "--json"]);
    assert!(plain.status.success() && text(&plain.stdout).contains("measured"), "{}", text(&plain.stderr));
    let mut screen = Screen::open_in(folder(), 120, 36, &["--run", run], &[]);
    screen.wait("measured accuracies", |text| text.contains("Knobs") && text.contains('%'));
    screen.keys("q");
    assert!(screen.end());
    let missing = splitscope(other.path(), &["search", "--run", &run.replace("first", "second")]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing.stderr).contains("there is no run at"), "{}", text(&missing.stderr));
}

#[test]
fn a_server_that_is_not_there_is_waited_for_aloud() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let machine = folder();
    let run = format!("postgres://ann@127.0.0.1:{free}/lab?run=a");
    let mut child = command(machine.path(), &["search", "--run", &run]).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut told).unwrap();
    assert!(told.starts_with("note: ") && told.contains("trying again for up to 15.0 s"), "{told}");
    assert!(told.contains("Connection refused") && child.try_wait().unwrap().is_none(), "{told}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_wrong_password_is_tried_once() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let machine = folder();
    let run = format!("postgres://ann:wrong@127.0.0.1:{port}/lab?run=a&sslmode=disable");
    let mut child = command(machine.path(), &["search", "--run", &run]).stderr(Stdio::piped()).spawn().unwrap();
    let (mut client, _) = listener.accept().unwrap();
    let mut length = [0; 4];
    client.read_exact(&mut length).unwrap();
    client.read_exact(&mut vec![0; u32::from_be_bytes(length) as usize - 4]).unwrap();
    // The answer of a server: message, length, fields.
    let fields = b"SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user \"ann\"\0\0";
    client.write_all(b"E").unwrap();
    client.write_all(&(fields.len() as u32 + 4).to_be_bytes()).unwrap();
    client.write_all(fields).unwrap();
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(told.contains("password authentication failed") && !told.contains("trying"), "{told}");
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "nobody has come again");
}

#[test]
fn a_training_goes_on_elsewhere_as_if_it_had_not_been_killed() {
    let Some(server) = PrivateServer::start() else { return };
    let (here, there) = (folder(), folder());
    let every_step = ["--set", "checkpoint-every=1"];
    let (whole, killed) = (server.address("whole"), server.address("killed"));
    let expected = losses(&succeed(here.path(), &train_small(&whole, "6", &every_step)));
    let mut child =
        command(here.path(), &train_small(&killed, "6", &every_step)).stdout(Stdio::piped()).spawn().unwrap();
    read_until(&mut events_of(&mut child), &mut Vec::new(), "checkpoint", 2);
    child.kill().unwrap();
    child.wait().unwrap();
    // On another machine nobody sees that it is dead: its ownership runs out on the clock of the server.
    let rest = succeed(there.path(), &["train", "--run", &killed, "--json", "--threads", "1"]);
    assert!(rest[0]["resumed_from_step"].as_u64() >= Some(2), "{}", rest[0]);
    let found = losses(&rest);
    assert!(
        !found.is_empty() && found.iter().all(|(step, losses)| expected[step] == *losses),
        "{found:?} {expected:?}"
    );
}

#[test]
fn workers_share_a_search_while_one_is_killed_and_the_server_restarts() {
    let Some(mut laboratory) = Laboratory::new() else { return };
    let (first, second) = (folder(), folder());
    let search = laboratory.search(laboratory.trainer.path());
    let (mut killed, mut other) = (laboratory.worker(first.path()), laboratory.worker(second.path()));
    let mut told = events_of(&mut killed);
    // In the middle of its second measurement, most likely.
    read_until(&mut told, &mut Vec::new(), "evaluated", 1);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let mut told = events_of(&mut other);
    let mut seen = Vec::new();
    read_until(&mut told, &mut seen, "evaluated", 1);
    let before = laboratory.measured_by().len();
    laboratory.server.stop();
    laboratory.server.start_again();
    let now = of_kind(&seen, "evaluated").len();
    read_until(&mut told, &mut seen, "evaluated", now + 2);
    assert!(laboratory.measured_by().len() > before);
    laboratory.server.crash();
    laboratory.server.start_again();
    let now = of_kind(&seen, "evaluated").len();
    read_until(&mut told, &mut seen, "evaluated", now + 1);
    stop(search);
    assert!(other.wait().unwrap().success(), "it ends with the search");
    assert!(laboratory.measured_by().iter().collect::<HashSet<_>>().len() >= 3, "each has measured");
    laboratory.check();
}

#[test]
fn a_worker_of_another_version_or_with_other_weights_refuses() {
    let Some(laboratory) = Laboratory::new() else { return };
    let search = laboratory.search(laboratory.trainer.path());
    let machine = folder();
    // The first one keeps requests coming.
    let mut good = laboratory.worker(laboratory.trainer.path());
    read_until(&mut events_of(&mut good), &mut Vec::new(), "evaluated", 1);
    let refuses = |word: &str| {
        let output = laboratory.worker(machine.path()).wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
        assert!(text(&output.stderr).contains(word), "{}", text(&output.stderr));
        assert!(of_kind(&events(&output), "evaluated").is_empty());
    };
    laboratory.sql("UPDATE owners SET version = '0.0.9'");
    refuses("the search is of splitscope 0.0.9");
    laboratory.sql(&format!("UPDATE owners SET version = '{}'", env!("CARGO_PKG_VERSION")));
    laboratory.sql(
        "UPDATE checkpoint_files SET digest = repeat('0', 64) WHERE folder LIKE 'pinned-%' AND name = 'weights.bpk'",
    );
    refuses("other weights of step 2");
    good.kill().unwrap();
    good.wait().unwrap();
    stop(search);
}

#[test]
fn no_key_waits_for_a_server_that_is_cut_off() {
    let Some(mut laboratory) = Laboratory::new() else { return };
    let mut screen = Screen::open_in(folder(), 120, 36, &["--run", &laboratory.run], &[]);
    screen.wait("the first frame", |text| text.contains("Knobs"));
    laboratory.server.freeze(true);
    screen.wait("word of the silence", |text| text.contains("does not answer"));
    screen.keys("?");
    screen.wait("the help", |text| text.contains("Help: Explore"));
    screen.keys("\u{1b}");
    screen.wait("the explorer", |text| !text.contains("Help: Explore"));
    laboratory.server.freeze(false);
    screen.wait("word of the answer", |text| text.contains("answers again"));
    screen.keys("q");
    assert!(screen.end());
}

/// Two machines with a link each: network namespaces, which take the rights of root.
struct Networks;

impl Networks {
    const NAMES: [&'static str; 2] = ["splitscope-test-a", "splitscope-test-b"];

    fn new() -> Option<Self> {
        let networks = Self;
        for (n, name) in Self::NAMES.iter().enumerate() {
            let _ = Command::new("ip").args(["netns", "del", name]).stderr(Stdio::null()).status();
            let made = ip(&format!("netns add {name}"))
                && ip(&format!("link add splitt{n} type veth peer name eth0 netns {name}"))
                && ip(&format!("addr add 10.232.{n}.1/24 dev splitt{n}"))
                && ip(&format!("link set splitt{n} up"))
                && ip(&format!("-n {name} addr add 10.232.{n}.2/24 dev eth0"))
                && ip(&format!("-n {name} link set eth0 up"))
                && ip(&format!("-n {name} link set lo up"));
            if !made {
                eprintln!("left out: network namespaces can't be made here");
                return None;
            }
        }
        Some(networks)
    }
}

impl Drop for Networks {
    fn drop(&mut self) {
        for name in Self::NAMES {
            ip(&format!("netns del {name}"));
        }
    }
}

fn ip(arguments: &str) -> bool {
    let status = Command::new("ip").args(arguments.split(' ')).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

#[test]
fn workers_in_two_networks_go_on_when_one_is_cut() {
    let Some(_networks) = Networks::new() else { return };
    let Some(server) = PrivateServer::start_with("*", 15442, true) else { return };
    let trainer = folder();
    let run = server.address("first");
    succeed(trainer.path(), &train_small(&run, "2", &[]));
    let laboratory = Laboratory { server, run, trainer };
    let machines = [folder(), folder()];
    let search = laboratory.search(laboratory.trainer.path());
    let mut workers: Vec<Child> = (0..2)
        .map(|n| {
            let address = laboratory.server.address_at(&format!("10.232.{n}.1"), "first");
            let program = env!("CARGO_BIN_EXE_splitscope");
            let mut command = Command::new("ip");
            command.args(["netns", "exec", Networks::NAMES[n], program]);
            command.args(["search", "--worker", &address, "--threads", "1", "--json"]);
            command.current_dir(machines[n].path()).env("SPLITSCOPE_CACHE", machines[n].path().join("cache"));
            command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let (mut cut, mut other) = (events_of(&mut workers[0]), events_of(&mut workers[1]));
    let (mut by_cut, mut by_other) = (Vec::new(), Vec::new());
    read_until(&mut cut, &mut by_cut, "evaluated", 1);
    assert!(ip("link set splitt0 down"));
    read_until(&mut other, &mut by_other, "evaluated", 3);
    assert!(ip("link set splitt0 up"));
    let now = of_kind(&by_cut, "evaluated").len();
    read_until(&mut cut, &mut by_cut, "evaluated", now + 2);
    stop(search);
    until("the workers end with the search", || workers.iter_mut().all(|worker| worker.try_wait().unwrap().is_some()));
    laboratory.check();
}

#[test]
#[cfg(feature = "postgres-tls")]
fn a_server_is_trusted_by_its_certificate() {
    let Some(server) = PrivateServer::start_encrypted(15435) else { return };
    let root = folder();
    let certificate = |name: &str| root.path().join(name).display().to_string();
    server.certificate(&certificate("right"));
    PrivateServer::start_encrypted(15436).unwrap().certificate(&certificate("wrong"));
    let at = |host: &str, options: &str| server.address_at(host, &format!("tls&{options}"));
    let full = at("localhost", &format!("sslmode=verify-full&sslrootcert={}", certificate("right")));
    succeed(root.path(), &train_small(&full, "2", &[]));
    let mut client = Client::connect(server.address("tls").split_once('?').unwrap().0, NoTls).unwrap();
    // True if the connection of a store that is opened by this address is encrypted: it is the youngest.
    let mut open = |address: &str| {
        let _store = Store::open(Path::new(address))?;
        let question = "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
            WHERE application_name = 'splitscope' ORDER BY backend_start DESC LIMIT 1";
        Ok::<bool, RunError>(client.query_one(question, &[]).unwrap().get(0))
    };
    assert!(open(&full).unwrap());
    assert!(open(&at("localhost", "sslmode=require")).unwrap());
    assert!(open(&at("localhost", "connect_timeout=10")).unwrap(), "encrypted where it can be");
    assert!(!open(&at("localhost", "sslmode=disable")).unwrap());
    assert!(open(&at("127.0.0.1", &format!("sslmode=verify-ca&sslrootcert={}", certificate("right")))).unwrap());
    let mut refused = |address: &str, word: &str| {
        let error = open(address).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    };
    refused(
        &at("127.0.0.1", &format!("sslmode=verify-full&sslrootcert={}", certificate("right"))),
        "not valid for name",
    );
    for mode in ["require", "verify-ca", "verify-full"] {
        refused(&at("localhost", &format!("sslmode={mode}&sslrootcert={}", certificate("wrong"))), "certificate");
    }
}
