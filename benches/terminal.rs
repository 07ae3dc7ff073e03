//! The explorer in a real pseudo-terminal, against its budgets: time from a key to the whole frame, drags, bursts, bytes,
//! idleness, first frame, memory. `cargo bench --bench terminal`; `-- --beside-training` measures with a trainer at work,
//! `-- --beside-live` with a live search on the shipped run, and how soon that has measured the most promising design
//! and the best one after random moves of knobs (each rests until the search does, five seconds at most: four minutes
//! in all, however busy the machine is); `-- --strict` fails where a budget is missed. Figures are printed as they come.
//!
//! A frame is whole when the end mark of its synchronized update arrives. Other programs on the machine count in.

use std::{
    env, fs,
    io::{Read, Write},
    process::ExitCode,
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use splitscope::record::{Event, LiveRecord};
use splitscope::run::{RunDir, Store};

const COLUMNS: u16 = 120;
const ROWS: u16 = 36;
/// Ends each frame.
const END: &[u8] = b"\x1b[?2026l";
/// So long without output, the screen has settled.
const QUIET: Duration = Duration::from_millis(150);
/// So long without output after a burst, its frames are there: later ones are news of a search that heard of it.
const BURST_QUIET: Duration = Duration::from_millis(60);
/// Longest wait for anything.
const TIMEOUT: Duration = Duration::from_mins(1);
/// Keys timed one by one.
const KEYS: usize = 300;
/// Shown in the header with the accuracies of the shipped run.
const SHIPPED: &[u8] = b"shipped";
/// Keys that turn a knob one way before it turns back.
const TURN: usize = 6;
/// Rest after each turn beside a live search, long enough for it to get the limits and to work while the next keys come.
const LIVE_REST: Duration = Duration::from_millis(600);
/// Longest waits for a live search to come up, then for it to rest, and for a screen to come to rest.
const SEARCH_STARTS: Duration = Duration::from_mins(3);
const SEARCH_RESTS: Duration = Duration::from_secs(20);
const SCREEN_RESTS: Duration = Duration::from_secs(20);
/// Random moves of knobs beside a live search, and the longest time that each rests.
const MOVES: usize = 30;
const REST: Duration = Duration::from_secs(5);
/// Places that each knob is moved to, in steps from the one of the profile: limits that are not set are at one end.
const PLACES: [std::ops::RangeInclusive<i32>; 9] =
    [-5..=6, -8..=8, -8..=8, -8..=8, -8..=8, -8..=8, -12..=0, 0..=12, 0..=20];
/// Time between two looks at the answers of a live search.
const LOOK_TIME: Duration = Duration::from_millis(20);

/// What a read of the terminal brought: when, how many bytes, how many frames it ended.
struct Seen {
    at: Instant,
    bytes: usize,
    ends: usize,
    shows_accuracies: bool,
}

/// Counts marks in a stream that comes in pieces.
struct MarkCounter {
    mark: &'static [u8],
    tail: Vec<u8>,
}

impl MarkCounter {
    fn new(mark: &'static [u8]) -> Self {
        Self { mark, tail: Vec::new() }
    }

    /// Marks that end in this piece.
    fn count(&mut self, piece: &[u8]) -> usize {
        self.tail.extend_from_slice(piece);
        let count = self.tail.windows(self.mark.len()).filter(|window| *window == self.mark).count();
        let kept = self.tail.len().min(self.mark.len() - 1);
        self.tail.drain(..self.tail.len() - kept);
        count
    }
}

/// The explorer at work.
struct Explorer {
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    seen: Receiver<Seen>,
    started: Instant,
    _master: Box<dyn MasterPty + Send>,
    folder: tempfile::TempDir,
}

impl Explorer {
    fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let size = PtySize { rows: ROWS, cols: COLUMNS, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_splitscope"));
        command.args(arguments);
        command.cwd(folder.path());
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        command.env("LANG", "C.UTF-8");
        for name in ["NO_COLOR", "SSH_CONNECTION", "SPLITSCOPE_CONFIG"] {
            command.env_remove(name);
        }
        let started = Instant::now();
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let (sender, seen) = channel();
        thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            let (mut frames, mut shipped) = (MarkCounter::new(END), MarkCounter::new(SHIPPED));
            while let Ok(bytes @ 1..) = reader.read(&mut buffer) {
                let at = Instant::now();
                let (ends, shows_accuracies) = (frames.count(&buffer[..bytes]), shipped.count(&buffer[..bytes]) > 0);
                if sender.send(Seen { at, bytes, ends, shows_accuracies }).is_err() {
                    return;
                }
            }
        });
        let keyboard = pair.master.take_writer().expect("a writer");
        Self { child, keyboard, seen, started, _master: pair.master, folder }
    }

    fn send(&mut self, bytes: &[u8]) -> Instant {
        let at = Instant::now();
        self.keyboard.write_all(bytes).expect("the program reads");
        self.keyboard.flush().expect("the program reads");
        at
    }

    /// Waits for so many whole frames; when the last one came, and the bytes until then.
    fn frames(&self, count: usize) -> (Instant, usize) {
        let (mut ends, mut bytes) = (0, 0);
        loop {
            let seen = self.seen.recv_timeout(TIMEOUT).expect("a frame");
            ends += seen.ends;
            bytes += seen.bytes;
            if ends >= count {
                return (seen.at, bytes);
            }
        }
    }

    /// Waits for the end of the first frame that shows the accuracies of the shipped run, and counts the frames until
    /// then.
    fn frame_with_accuracies(&self) -> (Instant, usize) {
        let (mut frames, mut shown) = (0, false);
        loop {
            let seen = self.seen.recv_timeout(TIMEOUT).expect("a frame with accuracies");
            frames += seen.ends;
            shown |= seen.shows_accuracies;
            if shown && seen.ends > 0 {
                return (seen.at, frames);
            }
        }
    }

    /// Waits until nothing comes any more; when the last bytes came, how many there were, and in how many frames.
    fn settle(&self, since: Instant) -> (Instant, usize, usize) {
        self.settle_within(since, QUIET)
    }

    /// As [`Explorer::settle`], at rest after another time without output.
    fn settle_within(&self, since: Instant, quiet: Duration) -> (Instant, usize, usize) {
        let (mut last, mut bytes, mut frames) = (since, 0, 0);
        loop {
            match self.seen.recv_timeout(quiet) {
                Ok(_) if since.elapsed() > SCREEN_RESTS => return (last, bytes, frames),
                Ok(seen) => (last, bytes, frames) = (seen.at, bytes + seen.bytes, frames + seen.ends),
                Err(RecvTimeoutError::Timeout) => return (last, bytes, frames),
                Err(RecvTimeoutError::Disconnected) => panic!("the program ended"),
            }
        }
    }

    /// Waits until nothing comes for a while, but not for ever: a process at work may always have news.
    fn rest(&self) {
        let since = Instant::now();
        while since.elapsed() < SCREEN_RESTS && self.settle(Instant::now()).1 > 0 {}
    }

    /// Forgets what came so far.
    fn drain(&self) {
        while self.seen.try_recv().is_ok() {}
    }

    fn process(&self) -> u32 {
        self.child.process_id().expect("a process")
    }

    /// Processor seconds of the program so far.
    fn cpu_seconds(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process())).expect("Linux");
        let fields: Vec<&str> = stat.rsplit_once(')').expect("a name").1.split_whitespace().collect();
        let ticks: f64 = [11, 12].iter().map(|index| fields[*index].parse::<f64>().expect("a count")).sum();
        ticks / 100.0
    }

    fn resident_mib(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process())).expect("Linux");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a size");
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).expect("a number") / 1024.0
    }

    /// Quits; the second key answers the question that comes where a search still ends.
    fn quit(mut self) {
        self.send(b"q\r");
        let _ = self.child.wait();
    }
}

/// A figure with its budget.
struct Figure {
    name: &'static str,
    value: f64,
    budget: f64,
    unit: &'static str,
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn percentile(sorted: &[f64], share: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}

/// Time to the first frame that shows designs with measured accuracies, and its number, several starts.
fn first_frame() -> Vec<Figure> {
    let start = |_| {
        let explorer = Explorer::start(&[]);
        let (at, frame) = explorer.frame_with_accuracies();
        let time = ms(at - explorer.started);
        explorer.quit();
        (time, frame as f64)
    };
    let (mut times, mut frames): (Vec<f64>, Vec<f64>) = (0..7).map(start).unzip();
    for values in [&mut times, &mut frames] {
        values.sort_by(f64::total_cmp);
    }
    vec![
        Figure { name: "accuracies shown, median", value: percentile(&times, 0.5), budget: 150.0, unit: "ms" },
        Figure { name: "by the frame of number", value: percentile(&frames, 0.5), budget: 1.0, unit: "" },
    ]
}

/// Keys one by one, each on a screen at rest: time to the whole frame and its bytes. After each turn the knob rests.
fn keys(explorer: &mut Explorer, rest: Duration) -> Vec<Figure> {
    explorer.send(b"j");
    explorer.settle(Instant::now());
    let (mut times, mut sizes) = (Vec::new(), Vec::new());
    for index in 0..KEYS {
        let key = if (index / TURN).is_multiple_of(2) { b"h" } else { b"l" };
        if index % TURN == 0 && !rest.is_zero() {
            thread::sleep(rest);
            // Frames of the search's news are not those of the next key.
            explorer.drain();
        }
        let sent = explorer.send(key);
        let (at, bytes) = explorer.frames(1);
        times.push(ms(at - sent));
        sizes.push(bytes as f64 / 1000.0);
        // Longer than the least time between two frames.
        thread::sleep(Duration::from_millis(25));
    }
    explorer.settle(Instant::now());
    times.sort_by(f64::total_cmp);
    sizes.sort_by(f64::total_cmp);
    vec![
        Figure { name: "key to frame, p50", value: percentile(&times, 0.5), budget: 2.0, unit: "ms" },
        Figure { name: "key to frame, p95", value: percentile(&times, 0.95), budget: 16.0, unit: "ms" },
        Figure { name: "key to frame, p99", value: percentile(&times, 0.99), budget: 16.0, unit: "ms" },
        Figure { name: "bytes of a frame, p50", value: percentile(&sizes, 0.5), budget: 8.0, unit: "kB" },
        Figure { name: "bytes of a frame, most", value: percentile(&sizes, 1.0), budget: 8.0, unit: "kB" },
    ]
}

/// Many events in one write: time until the screen has settled.
fn bursts(explorer: &mut Explorer) -> Vec<Figure> {
    let drag: String = std::iter::once("\x1b[<0;24;11M".to_owned())
        .chain((0..298).map(|index| format!("\x1b[<32;{};11M", 22 + index % 16)))
        .chain(["\x1b[<0;30;11m".to_owned()])
        .collect();
    let sent = explorer.send(drag.as_bytes());
    let (at, _, _) = explorer.settle_within(sent, BURST_QUIET);
    let dragged = ms(at - sent);
    explorer.settle(sent);
    let keys: Vec<u8> = (0..500).map(|index| if index % 3 == 0 { b'h' } else { b'l' }).collect();
    let sent = explorer.send(&keys);
    let (at, _, frames) = explorer.settle_within(sent, BURST_QUIET);
    vec![
        Figure { name: "drag of 300 events", value: dragged, budget: 50.0, unit: "ms" },
        Figure { name: "burst of 500 keys", value: ms(at - sent), budget: 50.0, unit: "ms" },
        Figure { name: "frames of that burst", value: frames as f64, budget: 10.0, unit: "" },
    ]
}

/// Nothing happens for ten seconds.
fn idle(explorer: &Explorer) -> Vec<Figure> {
    // A message that was shown goes away by itself first.
    thread::sleep(Duration::from_secs(5));
    explorer.settle(Instant::now());
    let before = explorer.cpu_seconds();
    thread::sleep(Duration::from_secs(10));
    let (_, bytes, _) = explorer.settle(Instant::now());
    let cpu = explorer.cpu_seconds() - before;
    vec![
        Figure { name: "bytes in 10 s at rest", value: bytes as f64, budget: 0.0, unit: "B" },
        Figure { name: "processor at rest", value: cpu / 10.0 * 100.0, budget: 1.0, unit: "%" },
        Figure { name: "resident memory", value: explorer.resident_mib(), budget: 100.0, unit: "MiB" },
    ]
}

/// Starts a training from the explorer, as a user does, so that the trainer has the priority that it gets there, and lets
/// go of it: then no frame comes but those that are waited for.
fn train(explorer: &mut Explorer) {
    explorer.send(b"T");
    thread::sleep(Duration::from_secs(15));
    explorer.send(b"D1");
    thread::sleep(Duration::from_secs(5));
    explorer.rest();
}

/// Follows the training again and stops it.
fn stop(explorer: &mut Explorer) {
    explorer.send(b"T");
    thread::sleep(Duration::from_secs(1));
    explorer.send(b"X");
    thread::sleep(Duration::from_secs(5));
}

/// Starts a live search from the explorer, and waits for it, and a while until it has measured what it wants.
fn search_live(explorer: &mut Explorer) -> Store {
    explorer.send(b"S");
    let path = explorer.folder.path().join("runs/run-001");
    let started = Instant::now();
    let store = loop {
        assert!(started.elapsed() < SEARCH_STARTS, "no live search came up");
        if let Ok(store) = RunDir::open(&path).and_then(|run| run.store())
            && !live_records(&store, 0).1.is_empty()
        {
            break store;
        }
        thread::sleep(Duration::from_millis(200));
    };
    println!("the live search is up after {:.0} s", started.elapsed().as_secs_f64());
    let up = Instant::now();
    let rests = |store: &Store| live_records(store, 0).1.iter().any(|(_, record)| record.rests);
    while up.elapsed() < SEARCH_RESTS && !rests(&store) {
        thread::sleep(Duration::from_millis(200));
    }
    println!("it {} then", if rests(&store) { "rests" } else { "still works" });
    explorer.send(b"1");
    explorer.rest();
    store
}

/// Progress of a live search after an event, by event, and the last event; new limits stand as `None`.
fn live_records(store: &Store, after: i64) -> (i64, Vec<(i64, LiveRecord)>) {
    let events = store.events_after(after, 10_000).expect("the run is there");
    let last = events.last().map_or(after, |event| event.id);
    let records = events.iter().filter_map(|stored| match stored.value.event {
        Event::Live(record) => Some((stored.id, record)),
        _ => None,
    });
    (last, records.collect())
}

/// Seconds from a knob at rest to answers of the live search.
struct LiveAnswer {
    /// Until the most promising design under the new limits is measured, or none is left that could win.
    promising: f64,
    /// Until the best design is measured of all that are measured in the time that the knob rests.
    best: f64,
}

/// Seconds since the epoch of events.
fn now_s() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is set").as_secs_f64()
}

/// Moves a random knob to another place and waits for the answer.
fn answer(explorer: &mut Explorer, store: &Store, rng: &mut ChaCha8Rng, places: &mut [i32]) -> LiveAnswer {
    let (mut seen, _) = live_records(store, 0);
    let knob = rng.random_range(0..PLACES.len());
    let mut place = places[knob];
    while place == places[knob] {
        place = rng.random_range(PLACES[knob].clone());
    }
    let steps = place.abs_diff(places[knob]) as usize;
    let turn = if place < places[knob] { "h" } else { "l" };
    places[knob] = place;
    let keys = format!("g{}{}", "j".repeat(knob), turn.repeat(steps));
    let (sent, sent_s) = (explorer.send(keys.as_bytes()), now_s());
    let mut answer = LiveAnswer { promising: f64::INFINITY, best: f64::INFINITY };
    let (mut heard, mut rests, mut best) = (false, false, None);
    while sent.elapsed() < REST && !rests {
        thread::sleep(LOOK_TIME);
        explorer.drain();
        for stored in store.events_after(seen, 10_000).expect("the run is there") {
            seen = stored.id;
            match stored.value.event {
                Event::LimitsChanged { .. } => heard = true,
                Event::Live(record) if heard => {
                    let after = stored.time - sent_s;
                    rests = record.rests;
                    if answer.promising.is_infinite() && (record.rests || record.measured > 0) {
                        answer.promising = after;
                    }
                    if answer.best.is_infinite() || record.best != best {
                        (answer.best, best) = (after, record.best);
                    }
                }
                _ => {}
            }
        }
    }
    answer
}

/// Answers to random moves of knobs. A move that is not answered while the knob rests counts as endless.
fn answers(explorer: &mut Explorer, store: &Store) -> Vec<Figure> {
    // Back to the places that those of the moves are counted from.
    explorer.send(b"Z");
    explorer.rest();
    let (mut rng, mut places) = (ChaCha8Rng::seed_from_u64(1), [0; PLACES.len()]);
    let mut found: Vec<LiveAnswer> = Vec::new();
    for number in 1..=MOVES {
        let answer = answer(explorer, store, &mut rng, &mut places);
        let LiveAnswer { promising, best } = answer;
        println!("move {number:>2} of {MOVES}: promising {promising:>5.2} s, best {best:>5.2} s");
        found.push(answer);
    }
    let sorted = |time: fn(&LiveAnswer) -> f64| {
        let mut times: Vec<f64> = found.iter().map(time).collect();
        times.sort_by(f64::total_cmp);
        times
    };
    let (promising, best) = (sorted(|answer| answer.promising), sorted(|answer| answer.best));
    let missed = promising.iter().filter(|time| time.is_infinite()).count();
    vec![
        Figure { name: "knob to promising, median", value: percentile(&promising, 0.5), budget: 3.0, unit: "s" },
        Figure { name: "knob to best, median of 30", value: percentile(&best, 0.5), budget: 3.0, unit: "s" },
        Figure { name: "knob to best, p90", value: percentile(&best, 0.9), budget: REST.as_secs_f64(), unit: "s" },
        Figure { name: "moves unanswered", value: missed as f64, budget: 0.0, unit: "" },
    ]
}

fn main() -> ExitCode {
    let asked = |flag: &str| env::args().any(|argument| argument == flag);
    let (training, beside_live) = (asked("--beside-training"), asked("--beside-live"));
    let mut explorer = Explorer::start(&["--pool", "10000"]);
    // The first frame may say that the designs are being loaded.
    explorer.frames(1);
    explorer.rest();
    if training {
        train(&mut explorer);
    }
    let live = beside_live.then(|| search_live(&mut explorer));
    let beside = match (training, beside_live) {
        (true, _) => ", a trainer at work",
        (_, true) => ", a live search at work",
        _ => "",
    };
    println!("{COLUMNS}x{ROWS}, 10 000 designs{beside}");
    let mut missed = report(first_frame());
    missed |= report(keys(&mut explorer, if beside_live { LIVE_REST } else { Duration::ZERO }));
    missed |= report(bursts(&mut explorer));
    if let Some(store) = &live {
        missed |= report(answers(&mut explorer, store));
        // It rests, and its process is not this one's.
        explorer.send(b"X");
    } else {
        missed |= report(idle(&explorer));
    }
    if training {
        stop(&mut explorer);
    }
    explorer.quit();
    if missed && asked("--strict") { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Prints figures; returns `true` if a budget is missed.
fn report(figures: Vec<Figure>) -> bool {
    let mut missed = false;
    for Figure { name, value, budget, unit } in figures {
        let over = value > budget;
        missed |= over;
        println!("{name:<28} {value:>9.2} {unit:<4} budget {budget:>6} {}", if over { "MISSED" } else { "met" });
    }
    missed
}
