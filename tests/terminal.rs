//! The real binary in a real pseudo-terminal: it opens, follows a knob, and gives the terminal back.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};

/// A running program and the screen it draws.
struct Screen {
    parser: Arc<Mutex<vt100::Parser>>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
    _folder: tempfile::TempDir,
}

impl Screen {
    fn open(columns: u16, rows: u16, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_splitscope"));
        command.args(arguments);
        command.cwd(folder.path());
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.env("SPLITSCOPE_CACHE", folder.path().join("cache"));
        command.env_remove("NO_COLOR");
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let parser = Arc::new(Mutex::new(vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0)));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let fed = Arc::clone(&parser);
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(count) = reader.read(&mut buffer) {
                if count == 0 {
                    break;
                }
                fed.lock().unwrap().process(&buffer[..count]);
            }
        });
        let writer = pair.master.take_writer().unwrap();
        Self { parser, writer, child, _master: pair.master, _folder: folder }
    }

    fn text(&self) -> String {
        self.parser.lock().unwrap().screen().contents()
    }

    fn keys(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Waits until the screen satisfies `wanted`.
    fn wait(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let started = Instant::now();
        loop {
            let text = self.text();
            if wanted(&text) {
                return text;
            }
            assert!(started.elapsed() < Duration::from_secs(30), "waited in vain for {what}; the screen was:\n{text}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits for the end and says whether the terminal was given back as it was.
    fn end(mut self) -> bool {
        let started = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(started.elapsed() < Duration::from_secs(30), "it did not end");
            std::thread::sleep(Duration::from_millis(10));
        };
        assert!(status.success());
        std::thread::sleep(Duration::from_millis(100));
        let parser = self.parser.lock().unwrap();
        let screen = parser.screen();
        !screen.alternate_screen()
            && !screen.hide_cursor()
            && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
    }
}

/// The sentence on the selected design: "✓ #0 split at S2.1 fits: ...".
fn split(text: &str) -> Option<String> {
    let after = text.split("split at ").nth(1).or_else(|| text.split("split ").nth(1))?;
    Some(after.split_whitespace().next()?.trim_end_matches([',', '.', ':']).to_owned())
}

#[test]
fn it_opens_follows_a_knob_and_gives_the_terminal_back() {
    for (columns, rows) in [(120, 36), (80, 24)] {
        let mut screen = Screen::open(columns, rows, &[]);
        let before = screen.wait("the first frame", |text| text.contains("Knobs") && split(text).is_some());
        assert!(before.contains("split"), "{before}");
        // Down to the link's knob, then ten steps to less bandwidth, several times: the split moves to the sensor.
        screen.keys("jHHH");
        let now = screen.wait("the split to move", |text| split(text).is_some() && split(text) != split(&before));
        assert_ne!(split(&before), split(&now));
        screen.keys("q");
        assert!(screen.end(), "the terminal was not given back at {columns}x{rows}");
    }
}

#[test]
fn it_trains_from_a_key_and_shows_measured_accuracies() {
    let training = [
        "--train",
        "steps=10",
        "--train",
        "images=24",
        "--train",
        "evaluate-every=5",
        "--train",
        "calibration-objects=16",
    ];
    let mut screen = Screen::open(120, 36, &training);
    screen.wait("the first frame", |text| text.contains("not yet measured"));
    screen.keys("T");
    screen.wait("a measured accuracy", |text| !text.contains("not yet measured") && text.contains('%'));
    screen.keys("2");
    screen.wait("the train screen", |text| text.contains("Loss") || text.contains("loss"));
    screen.keys("1");
    screen.wait("the training to end", |text| {
        text.contains("10/10") || text.contains("finished") || text.contains("done")
    });
    screen.keys("Q");
    assert!(screen.end());
}

#[test]
fn a_terminal_that_is_too_small_gets_one_sentence() {
    let mut screen = Screen::open(60, 15, &[]);
    screen.wait("the sentence", |text| text.contains("60") && text.contains("80"));
    screen.keys("q");
    assert!(screen.end());
}
