//! The real terminal code in a pseudo-terminal: this test program starts itself again as the program under test.

use std::{
    io::{Read as _, Write as _},
    path::Path,
    process::Command,
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use ratatui::{
    crossterm::event::{Event, KeyCode, MouseEventKind},
    style::{Modifier, Style},
};
use vt100::MouseProtocolMode;

use super::*;

/// Names the behaviour the child shall show.
const ROLE: &str = "SPLITSCOPE_TERMINAL_TEST";
/// Time after which a test gives up; no test needs it.
const TIMEOUT: Duration = Duration::from_mins(30);

/// The program under test: draws counts of what it read until told to end.
#[test]
#[ignore = "started by the other tests in a pseudo-terminal"]
fn child() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let mut input = Input::new();
    let signals = Signals::listen(input.waker()).unwrap();
    let mut terminal = Terminal::enter(true).unwrap();
    let (mut keys, mut drags, mut frames, mut column) = (0, 0, 0, 0);
    loop {
        let ground = Style::new().add_modifier(Modifier::REVERSED);
        let line = format!("keys {keys} drags {drags} column {column} frames {frames}");
        let render = |frame: &mut Frame<'_>| frame.buffer_mut().set_string(2, 1, &line, ground);
        terminal.draw(render).unwrap();
        frames += 1;
        for event in input.read(Duration::from_hours(1)).unwrap() {
            match event {
                Event::Key(key) if key.code == KeyCode::Char('q') => return terminal.leave(Leave::Nothing).unwrap(),
                Event::Key(key) if key.code == KeyCode::Char('Q') => {
                    let last = terminal.capture(render).unwrap();
                    return terminal.leave(Leave::Frame(last)).unwrap();
                }
                Event::Key(key) if key.code == KeyCode::Char('p') => panic!("the text of the panic"),
                Event::Key(key) if key.code == KeyCode::Char('z') => terminal.suspend().unwrap(),
                Event::Key(key) if key.code == KeyCode::Char('w') => {
                    assert!(thread::spawn(|| panic!("the text of a worker")).join().is_err());
                }
                Event::Key(_) => keys += 1,
                Event::Mouse(mouse) => {
                    drags += u32::from(matches!(mouse.kind, MouseEventKind::Drag(_)));
                    column = mouse.column;
                }
                _ => {}
            }
        }
        match signals.take() {
            Some(Signal::End(number)) => {
                drop(terminal);
                println!("ended by {number}, {role}");
                std::process::exit(128 + number);
            }
            Some(Signal::Suspend) => terminal.suspend().unwrap(),
            Some(Signal::Continue) => terminal.resume().unwrap(),
            None => {}
        }
    }
}

/// A child in a pseudo-terminal, and a terminal emulator that reads what it writes.
struct Pty {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn std::io::Write + Send>,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    bytes: usize,
}

impl Pty {
    fn start(variables: &[(&str, &str)]) -> Self {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        let path = module_path!().split_once("::").unwrap().1;
        command.args(["--exact", &format!("{path}::child"), "--ignored", "--nocapture", "--test-threads=1"]);
        command.cwd(Path::new("/"));
        command.env("RUST_BACKTRACE", "0");
        command.env(ROLE, "child");
        command.env("TERM", "xterm-256color");
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, output) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let keyboard = pair.master.take_writer().unwrap();
        let screen = vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 200);
        Self { child, master: pair.master, keyboard, output, screen, bytes: 0 }
    }

    fn send(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    fn signal(&self, name: &str) {
        let process = self.child.process_id().unwrap().to_string();
        assert!(Command::new("kill").args(["-s", name, &process]).status().unwrap().success());
    }

    fn read(&mut self, wait: Duration) -> bool {
        let Ok(bytes) = self.output.recv_timeout(wait) else { return false };
        self.bytes += bytes.len();
        self.screen.process(&bytes);
        true
    }

    /// Reads until something holds.
    fn read_until(&mut self, what: &str, mut holds: impl FnMut(&mut Self) -> bool) {
        let start = Instant::now();
        while !holds(self) {
            self.read(Duration::from_millis(20));
            assert!(start.elapsed() < TIMEOUT, "{what}; the screen:\n{}", self.screen.screen().contents());
        }
    }

    /// Reads until the screen holds `text`.
    fn wait_for(&mut self, text: &str) {
        self.read_until(&format!("no '{text}'"), |pty| pty.screen.screen().contents().contains(text));
    }

    /// Waits for the child's end and reads the rest. Returns its exit code.
    fn end(&mut self) -> u32 {
        let mut code = None;
        self.read_until("the child does not end", |pty| {
            code = pty.child.try_wait().unwrap().map(|status| status.exit_code());
            code.is_some()
        });
        // The reader hangs up once it has read everything.
        while self.read(TIMEOUT) {}
        code.unwrap()
    }

    /// Returns `true` if the screen is as it was before.
    fn is_restored(&self) -> bool {
        let screen = self.screen.screen();
        !screen.alternate_screen() && !screen.hide_cursor() && screen.mouse_protocol_mode() == MouseProtocolMode::None
    }

    fn assert_restored(&self) {
        assert!(self.is_restored(), "the screen is not as it was before");
        let flags = format!("{:?}", self.master.get_termios().unwrap().local_flags);
        assert!(flags.contains("ECHO") && flags.contains("ICANON"), "still in raw mode: {flags}");
    }

    /// The state letter of the child in /proc: `T` when stopped.
    #[cfg(target_os = "linux")]
    fn state(&self) -> char {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.process_id().unwrap())).unwrap();
        stat.rsplit(')').next().unwrap().trim().chars().next().unwrap()
    }

    /// Time the child has used the processor, in clock ticks.
    #[cfg(target_os = "linux")]
    fn ticks(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.process_id().unwrap())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

#[test]
fn quitting_puts_everything_back() {
    let mut pty = Pty::start(&[]);
    pty.wait_for("keys 0");
    let screen = pty.screen.screen();
    assert!(screen.alternate_screen() && screen.hide_cursor());
    assert_eq!(screen.mouse_protocol_mode(), MouseProtocolMode::ButtonMotion);
    pty.send("q");
    assert_eq!(pty.end(), 0);
    pty.assert_restored();
    assert!(!pty.screen.screen().contents().contains("keys 0"));
}

#[test]
fn the_last_frame_can_stay() {
    let mut pty = Pty::start(&[]);
    pty.send("abc");
    pty.wait_for("keys 3");
    pty.send("Q");
    assert_eq!(pty.end(), 0);
    pty.assert_restored();
    // What the test program says at its end may have pushed it up.
    pty.screen.screen_mut().set_scrollback(20);
    assert!(pty.screen.screen().contents().contains("keys 3"));
}

#[test]
fn a_panic_puts_everything_back_and_can_be_read() {
    let mut pty = Pty::start(&[]);
    pty.wait_for("keys 0");
    pty.send("p");
    assert_eq!(pty.end(), 101);
    pty.assert_restored();
    let text = pty.screen.screen().contents();
    assert_eq!(text.matches("the text of the panic").count(), 1, "{text}");
}

#[test]
fn a_panic_elsewhere_leaves_the_screen_alone_and_is_printed_at_the_end() {
    let mut pty = Pty::start(&[]);
    pty.wait_for("keys 0");
    pty.send("w");
    pty.send("k");
    pty.wait_for("keys 1");
    assert!(pty.screen.screen().alternate_screen());
    assert!(!pty.screen.screen().contents().contains("the text of a worker"));
    pty.send("q");
    assert_eq!(pty.end(), 0);
    pty.assert_restored();
    assert!(pty.screen.screen().contents().contains("the text of a worker"));
}

#[test]
fn signals_end_it_at_once_and_cleanly() {
    for (name, number) in [("TERM", 15), ("HUP", 1), ("INT", 2), ("VTALRM", 26), ("PROF", 27), ("SYS", 31), ("TRAP", 5)]
    {
        let mut pty = Pty::start(&[]);
        pty.wait_for("frames 0");
        // It sleeps for an hour unless something happens, which is longer than the test waits.
        pty.signal(name);
        assert_eq!(pty.end(), 128 + number);
        pty.assert_restored();
        assert!(pty.screen.screen().contents().contains(&format!("ended by {number}")));
    }
}

#[test]
fn a_long_drag_in_one_write_settles_without_a_frame_for_each_event() {
    let mut pty = Pty::start(&[]);
    pty.wait_for("keys 0");
    let drag = (0..300).fold(String::new(), |text, i| text + &format!("\x1b[<32;{};5M", 1 + i % 79));
    let last = 300 - 1 - 79 * 3;
    pty.send(&drag);
    pty.wait_for(&format!("column {last}"));
    let text = pty.screen.screen().contents();
    let drags = text.split("drags ").nth(1).unwrap().split(' ').next().unwrap().parse::<u32>().unwrap();
    assert!((1..=30).contains(&drags), "{drags} of 300 drags reached the program");
    assert!(pty.bytes < 8_000, "{} bytes", pty.bytes);
}

#[test]
fn what_came_before_half_a_sequence_is_taken_in_one_batch() {
    let mut pty = Pty::start(&[]);
    pty.wait_for("keys 0 drags 0 column 0 frames 0");
    pty.send("abc\x1b[<3");
    pty.wait_for("keys 3");
    pty.signal("WINCH");
    pty.wait_for("frames 2");
    pty.send("2;7;5Md");
    pty.wait_for("keys 4 drags 1 column 6");
}

#[test]
fn reverse_video_survives_no_color() {
    let mut pty = Pty::start(&[("NO_COLOR", "1")]);
    pty.wait_for("keys 0");
    assert!(pty.screen.screen().cell(1, 2).unwrap().inverse());
}

#[cfg(target_os = "linux")]
#[test]
fn suspending_gives_the_terminal_back_and_continuing_takes_it_again() {
    for by_key in [true, false] {
        let mut pty = Pty::start(&[]);
        pty.wait_for("keys 0");
        if by_key {
            pty.send("z");
        } else {
            pty.signal("TSTP");
        }
        pty.read_until("not stopped", |pty| pty.state() == 'T');
        pty.read_until("the screen was not given back", |pty| pty.is_restored());
        pty.assert_restored();
        pty.signal("CONT");
        pty.wait_for("keys 0");
        assert!(pty.screen.screen().alternate_screen());
        pty.send("q");
        assert_eq!(pty.end(), 0);
        pty.assert_restored();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn idling_writes_nothing_and_costs_nothing() {
    let mut pty = Pty::start(&[]);
    pty.wait_for("keys 0");
    // The end of the first frame may arrive late; a program that is never idle has no such second.
    pty.read_until("it writes or works all the time", |pty| {
        let ticks = pty.ticks();
        !pty.read(Duration::from_secs(1)) && pty.ticks() - ticks <= 1
    });
}
