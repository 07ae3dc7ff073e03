//! Runs on a server: order of ids, repetition, leases, restarts, checkpoints. Each test is left out where no server can
//! be started.

mod many_processes;
#[path = "../../../../tests/common/server.rs"]
mod server;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use postgres::fallible_iterator::FallibleIterator;
use postgres::{Client, NoTls};

use super::*;
use crate::record::{Control, Event, Task};
use crate::run::claim::Claim;
use crate::run::store::Store;
use crate::run::store::checkpoints::CheckpointFile;
use crate::run::store::events::EventRows;
use crate::run::store::measurements::{MeasurementRows, digest};
use crate::run::store::owners::OwnerRows;
use crate::run::store::requests::RequestRows;
use crate::run::store::tests::{TTL, key, measured, warning};
use crate::run::weights;
use server::PrivateServer;

/// A new run on the server of all these tests.
pub(in crate::run::store) fn new_run_on_server() -> Option<PathBuf> {
    static SERVER: OnceLock<Option<PrivateServer>> = OnceLock::new();
    SERVER.get_or_init(PrivateServer::start).as_ref().map(new_run)
}

fn new_run(server: &PrivateServer) -> PathBuf {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let run = format!("run-{}", RUNS.fetch_add(1, Ordering::Relaxed));
    let path = PathBuf::from(server.address(&run));
    Store::create_on_server(&address(&path), "no manifest").unwrap();
    path
}

fn address(path: &Path) -> ServerAddress {
    ServerAddress::read(path).unwrap().unwrap()
}

/// A connection of its own, at the run's schema.
fn client(path: &Path) -> Client {
    let address = address(path);
    let mut client = Client::connect(&address.server, NoTls).unwrap();
    client.batch_execute(&format!("SET search_path TO \"run:{}\"", address.run)).unwrap();
    client
}

/// Runs a statement behind the store's back.
pub(in crate::run::store) fn execute(path: &Path, sql: &str) {
    client(path).batch_execute(sql).unwrap();
}

/// The one column of the rows that a query finds.
pub(in crate::run::store) fn texts(path: &Path, sql: &str) -> Vec<String> {
    client(path).query(sql, &[]).unwrap().iter().map(|row| row.get(0)).collect()
}

#[test]
fn a_reader_never_passes_a_row_that_is_not_committed_yet() {
    let Some(path) = new_run_on_server() else { return };
    let store = Store::open(&path).unwrap();
    let mut slow = client(&path);
    let mut transaction = slow.transaction().unwrap();
    transaction.execute("SELECT append_event('slow', 1, 1, 2, 'paused', '{\"kind\":\"paused\"}')", &[]).unwrap();
    let mut quick = client(&path);
    quick.execute("SELECT append_event('quick', 1, 1, 2, 'paused', '{\"kind\":\"paused\"}')", &[]).unwrap();
    let (sender, found) = mpsc::channel();
    let reader = std::thread::spawn(move || sender.send(store.events_after(0, 10).unwrap()).unwrap());
    // The quick row is there and has the greater id: a reader that took it would never see the slow one.
    let waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    while quick.query_one(waits, &[]).unwrap().get::<_, i64>(0) == 0 {
        std::thread::yield_now();
    }
    assert!(found.try_recv().is_err());
    transaction.commit().unwrap();
    let events = found.recv().unwrap();
    assert_eq!(events.iter().map(|event| &*event.process).collect::<Vec<_>>(), ["slow", "quick"]);
    assert!(events.is_sorted_by(|a, b| a.id < b.id));
    reader.join().unwrap();
}

#[test]
fn what_is_made_again_after_a_lost_answer_is_there_once() {
    let Some(path) = new_run_on_server() else { return };
    let store = Postgres::open(&address(&path)).unwrap();
    let first = store.append(Task::Train, &warning("one")).unwrap();
    store.number.store(0, Ordering::Relaxed);
    assert_eq!(store.append(Task::Train, &warning("one")).unwrap(), first);
    assert_eq!(store.events_after(0, 10).unwrap().len(), 1);
    store.enqueue(&key("a")).unwrap();
    store.enqueue(&key("b")).unwrap();
    assert_eq!(store.claim_request(100, TTL).unwrap(), Some(key("a")));
    let process = store.process.to_string();
    let mut again = client(&path);
    let sql = "SELECT design FROM claim_request(100, $1, $2, 10, true)";
    assert_eq!(again.query_one(sql, &[&process, &store.claim_name.get()]).unwrap().get::<_, String>(0), "a");
    // It begins with the next one before the server has recorded the first.
    assert_eq!(store.claim_request(100, TTL).unwrap(), Some(key("b")));
    let same = again.query_one(sql, &[&process, &store.claim_name.get()]).unwrap();
    assert_eq!(same.get::<_, String>(0), "b");
    assert!(store.record(&measured("a", 10, 0.5)).unwrap());
    assert!(store.record(&measured("a", 10, 0.5)).unwrap(), "its own, whose answer it may not have had");
}

#[test]
fn a_worker_whose_answers_were_lost_records_once_and_gets_the_same_request_again() {
    let Some(path) = new_run_on_server() else { return };
    let store = Postgres::open(&address(&path)).unwrap();
    for design in ["a", "b", "c"] {
        store.enqueue(&key(design)).unwrap();
    }
    assert_eq!(store.claim_request(100, TTL).unwrap(), Some(key("a")));
    let measurement = measured("a", 10, 0.5);
    assert_eq!(store.record_and_claim(&measurement, TTL).unwrap(), Some(key("b")));
    store.settle().unwrap();
    let (process, digest) = (store.process.to_string(), digest(&measurement));
    let sql = "CALL record_and_tell('a', 6, 0, 'validation', 100, 'int8', 0.5, 10, 4, 0.5, $1, $2, 'mse', 'per-image',
        3.25, $3, 0, 2, 'evaluated', '{}', true, NULL, NULL)";
    let recorded = client(&path).query_one(sql, &[&process, &digest, &store.serial]).unwrap();
    assert!(recorded.get::<_, bool>("kept"));
    let sql = "SELECT design FROM claim_request(100, $1, $2, 10, true)";
    let claimed = client(&path).query_one(sql, &[&process, &store.claim_name.get()]).unwrap();
    assert_eq!(claimed.get::<_, &str>("design"), "b");
    assert_eq!(store.events_after(0, 10).unwrap().len(), 1, "told once");
}

/// The channels that a store listens on.
fn heard(store: &Postgres) -> Vec<String> {
    let rows = store.rows("SELECT pg_listening_channels()", &[]).unwrap();
    rows.iter().map(|row| row.get::<_, String>(0).split(':').next().unwrap().to_owned()).collect()
}

#[test]
fn a_busy_worker_is_woken_by_no_news_and_hears_of_controls_with_its_next_request() {
    let Some(path) = new_run_on_server() else { return };
    let store = Postgres::open(&address(&path)).unwrap();
    let other = Store::open(&PathBuf::from(format!("{}&application_name=other", path.display()))).unwrap();
    let designs: Vec<String> = (0..12).map(|n| format!("design {n}")).collect();
    for design in &designs {
        other.enqueue(&key(design)).unwrap();
    }
    store.claim_request(100, TTL).unwrap().unwrap();
    assert!(store.controls_after(Task::Search, 0).unwrap().is_empty());
    assert_eq!(heard(&store), ["work"]);
    for design in &designs[..8] {
        store.record_and_claim(&measured(design, 10, 0.5), TTL).unwrap().unwrap();
    }
    assert!(heard(&store).is_empty());
    assert!(store.controls_after(Task::Search, 0).unwrap().is_empty());
    other.send(Task::Search, &Control::Stop).unwrap();
    store.record_and_claim(&measured(&designs[8], 10, 0.5), TTL).unwrap().unwrap();
    store.settle().unwrap();
    assert_eq!(store.controls_after(Task::Search, 0).unwrap().len(), 1);
    // The first wait after work ends at once: what came before it was not heard.
    store.wait(Duration::from_hours(1)).unwrap();
    assert_eq!(heard(&store), ["work"]);
    let waiting = std::thread::spawn(move || store.wait(Duration::from_hours(1)));
    other.enqueue(&key("another")).unwrap();
    waiting.join().unwrap().unwrap();
}

#[test]
fn readers_are_told_of_what_a_worker_records() {
    let Some(path) = new_run_on_server() else { return };
    let store = Postgres::open(&address(&path)).unwrap();
    let mut reader = client(&path);
    reader.batch_execute(&format!("LISTEN \"record:{}\"", address(&path).run)).unwrap();
    store.record_and_claim(&measured("a", 10, 0.5), TTL).unwrap();
    let mut news = reader.notifications();
    assert!(news.timeout_iter(Duration::from_mins(1)).next().unwrap().is_some());
}

#[test]
fn requests_of_a_worker_that_signs_off_are_there_for_others() {
    let Some(path) = new_run_on_server() else { return };
    let store = Postgres::open(&address(&path)).unwrap();
    store.enqueue(&key("a")).unwrap();
    assert_eq!(store.claim_request(100, TTL).unwrap(), Some(key("a")));
    assert_eq!(store.claim_request(100, TTL).unwrap(), None);
    store.sign_off(&store.process).unwrap();
    assert_eq!(store.claim_request(100, TTL).unwrap(), Some(key("a")));
}

#[test]
fn a_run_of_an_older_version_is_brought_up_to_date_once() {
    let Some(path) = new_run_on_server() else { return };
    Store::open(&path).unwrap().enqueue(&key("a")).unwrap();
    let [first, views] = schema::MIGRATIONS;
    // As the first version made it.
    execute(
        &path,
        "DROP VIEW front; DROP VIEW designs; DROP FUNCTION json_or_null(text); UPDATE version SET version = 1",
    );
    let steps = [first, views, "ALTER TABLE requests ADD COLUMN added integer DEFAULT 7"];
    for _ in 0..2 {
        let mut connection = Connection::open(&ServerSettings::of(&address(&path)).unwrap()).unwrap();
        assert_eq!(schema::migrate(&mut connection, &address(&path), &steps).unwrap(), Some(3));
    }
    let sql = "SELECT design, added, version, (SELECT count(*) FROM front) FROM requests, version";
    let row = client(&path).query_one(sql, &[]).unwrap();
    assert_eq!((row.get(0), row.get(1), row.get(2), row.get(3)), (key("a").design, 7, 3, 0_i64));
}

#[test]
fn a_claim_without_heartbeats_is_taken_over_and_one_with_them_is_not() {
    let Some(path) = new_run_on_server() else { return };
    let store = Store::open(&path).unwrap();
    store.enqueue(&key("a")).unwrap();
    assert_eq!(store.claim_request(100, Duration::from_hours(1)).unwrap(), Some(key("a")));
    let left = "SELECT expires - now_s() FROM claims";
    let left_s = || client(&path).query_one(left, &[]).unwrap().get::<_, f64>(0);
    assert!(left_s() <= LEASE_S, "however long was asked for");
    execute(&path, "UPDATE claims SET expires = now_s() + 0.5 * (expires - now_s())");
    let before = left_s();
    store.heartbeat().unwrap();
    assert!(left_s() > before);
    execute(&path, "UPDATE claims SET process = 'elsewhere/1/1'");
    assert_eq!(store.claim(&key("a"), TTL).unwrap(), Claim::Held);
    execute(&path, "UPDATE claims SET expires = now_s()");
    store.heartbeat().unwrap();
    assert_eq!(store.claim_request(100, TTL).unwrap(), Some(key("a")), "no heartbeat of another renews it");
}

#[test]
fn a_task_has_one_owner_until_it_is_silent_on_the_clock_of_the_server() {
    let Some(path) = new_run_on_server() else { return };
    let store = Store::open(&path).unwrap();
    store.own(Task::Train, "first").unwrap();
    let Err(RunError::Owned(owner)) = store.own(Task::Train, "second") else { panic!("taken twice") };
    assert_eq!((owner.command.as_str(), owner.version.as_deref()), ("first", Some(env!("CARGO_PKG_VERSION"))));
    assert!(store.heartbeat_owner(Task::Train).unwrap());
    execute(&path, "UPDATE owners SET process = 'elsewhere/1/1'");
    assert!(!store.heartbeat_owner(Task::Train).unwrap());
    assert!(matches!(store.own(Task::Train, "third"), Err(RunError::Owned(_))));
    execute(&path, "UPDATE owners SET heartbeat = heartbeat - 60");
    store.send(Task::Train, &Control::Pause).unwrap();
    assert!(store.own(Task::Train, "third").unwrap() > 0, "what was sent before is not meant for it");
    store.disown(Task::Train).unwrap();
    assert_eq!(store.owner(Task::Train).unwrap(), None);
}

#[test]
fn a_store_goes_on_after_restarts_and_crashes_of_its_server() {
    let Some(mut server) = PrivateServer::start() else { return };
    let path = new_run(&server);
    let store = Store::open(&path).unwrap();
    let mut cursor = crate::run::Cursor::default();
    for n in 0..6 {
        store.append(Task::Train, &Event::Checkpoint { step: n, best: false, weights_sha256: None }).unwrap();
        if n % 2 == 0 {
            server.stop();
        } else {
            server.crash();
        }
        let append = std::thread::spawn({
            let store = Store::open(&path);
            move || store.map(|store| store.append(Task::Train, &warning("while it is away")))
        });
        server.start_again();
        append.join().unwrap().unwrap().unwrap();
    }
    let events = store.changes(&mut cursor).unwrap().events;
    assert_eq!(events.len(), 12, "each once");
    assert!(events.is_sorted_by(|a, b| a.id < b.id));
}

#[test]
fn a_run_is_made_once_and_what_is_none_is_said_to_be_none() {
    let Some(path) = new_run_on_server() else { return };
    let again = Store::create_on_server(&address(&path), "another");
    assert!(matches!(again, Err(RunError::AlreadyARun(_))));
    let other = PathBuf::from(path.to_str().unwrap().replace("?run=", "?run=none-"));
    assert!(matches!(Store::open(&other).err(), Some(RunError::NoSuchRun(_))));
    execute(&path, "UPDATE version SET version = 99");
    let later = PathBuf::from(format!("{}&application_name=later", path.display()));
    assert!(matches!(Store::open(&later).err(), Some(RunError::Newer { found: 99, .. })));
    let error = Store::open(Path::new("postgres://ann:secret@%2Fnowhere/lab?run=a")).err().unwrap().to_string();
    assert!(error.contains("ann@%2Fnowhere/lab?run=a") && !error.contains("secret"), "{error}");
}

#[test]
fn checkpoints_travel_in_chunks_and_a_damaged_one_is_refused() {
    let Some(path) = new_run_on_server() else { return };
    let store = Store::open(&path).unwrap();
    let rows = store.checkpoints().unwrap();
    let root = tempfile::tempdir().unwrap();
    let (there, here) = (root.path().join("there"), root.path().join("here"));
    let write = |name: &str, weights: &[u8]| {
        let folder = there.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let mut digests = crate::files::Digests::default();
        for (file, content) in [("weights.bpk", weights), ("optimiser.bpk", &[7; 9][..]), ("state.json", b"{}")] {
            digests.add(file, content);
            std::fs::write(folder.join(file), content).unwrap();
        }
        std::fs::write(folder.join("SHA256SUMS"), digests.to_string()).unwrap();
    };
    let large: Vec<u8> = (0..9_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    write("step-00000001", &large);
    write("best-00000001", &large);
    weights::publish(&there, rows).unwrap();
    let count = |table: &str| {
        let sql = format!("SELECT count(*) FROM {table}");
        client(&path).query_one(&sql, &[]).unwrap().get::<_, i64>(0)
    };
    assert_eq!((count("checkpoint_files"), count("chunks")), (8, 6), "what is the same is there once");
    assert_eq!(weights::newest_step(rows).unwrap(), Some(1));
    weights::fetch_newest(&here, rows).unwrap();
    assert_eq!(std::fs::read(here.join("step-00000001/weights.bpk")).unwrap(), large);
    assert!(!here.join("step-00000001/optimiser.bpk").exists(), "only a trainer needs it");

    weights::pin(1, rows).unwrap();
    std::fs::remove_dir_all(there.join("step-00000001")).unwrap();
    std::fs::remove_dir_all(there.join("best-00000001")).unwrap();
    write("step-00000002", &large[1..]);
    weights::publish(&there, rows).unwrap();
    assert_eq!(rows.checkpoint_names().unwrap(), ["pinned-00000001", "step-00000002"]);
    weights::fetch_step(&here, 1, rows).unwrap();
    assert_eq!(std::fs::read(here.join("pinned-00000001/weights.bpk")).unwrap(), large);
    weights::unpin(rows).unwrap();
    assert_eq!(count("chunks"), 6, "those of the pinned one are gone");
    weights::fetch_all(&here, rows).unwrap();
    assert!(here.join("step-00000002/optimiser.bpk").exists() && !here.join("step-00000001").exists());

    // Training began again: one name, another content.
    write("step-00000002", b"other");
    weights::publish(&there, rows).unwrap();
    weights::fetch_newest(&here, rows).unwrap();
    assert_eq!(std::fs::read(here.join("step-00000002/weights.bpk")).unwrap(), b"other");
    write("step-00000003", b"third");
    weights::publish(&there, rows).unwrap();
    execute(&path, "UPDATE chunks SET content = 'thirt' WHERE content = 'third'");
    let error = weights::fetch_newest(&here, rows).unwrap_err().to_string();
    assert!(error.contains("weights.bpk is damaged in the run's database"), "{error}");
    let file = CheckpointFile { name: "a".into(), digest: String::new(), chunks: vec!["missing".into()] };
    assert!(!rows.put_checkpoint("step-00000004", &[file]).unwrap());
}
