//! The real binary in a real pseudo-terminal.

#![allow(dead_code, reason = "each test that includes this module uses a part of it")]

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::common::{comes_true, until};

/// What a program has written, and what of it has been looked at.
struct Output {
    parser: vt100::Parser,
    raw: Vec<u8>,
    /// Screens that no test has looked at yet, so that none is missed on a busy machine.
    unseen: VecDeque<String>,
}

/// A running program and the screen it draws.
pub(crate) struct Screen {
    output: Arc<Mutex<Output>>,
    reader: JoinHandle<()>,
    pub(crate) writer: Box<dyn Write + Send>,
    /// Before the folder, which its processes are at work in.
    _session: TerminalSession,
    pub(crate) child: Box<dyn portable_pty::Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
    pub(crate) folder: tempfile::TempDir,
}

impl Screen {
    pub(crate) fn open(columns: u16, rows: u16, arguments: &[&str]) -> Self {
        Self::open_in(tempfile::tempdir().unwrap(), columns, rows, arguments, &[])
    }

    /// In a folder that is already there, with more in the environment.
    pub(crate) fn open_in(
        folder: tempfile::TempDir,
        columns: u16,
        rows: u16,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = command(folder.path(), arguments);
        for (name, value) in environment {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let parser = vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0);
        let output = Arc::new(Mutex::new(Output { parser, raw: Vec::new(), unseen: VecDeque::new() }));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let filled = Arc::clone(&output);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                let mut output = filled.lock().unwrap();
                output.raw.extend_from_slice(&buffer[..count]);
                output.parser.process(&buffer[..count]);
                let screen = output.parser.screen().contents();
                output.unseen.push_back(screen);
            }
        });
        let writer = pair.master.take_writer().unwrap();
        let session = TerminalSession(child.process_id().unwrap());
        Self { output, reader, writer, _session: session, child, _master: pair.master, folder }
    }

    /// Sends the program a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let process = self.child.process_id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args(["-s", name, &process]).status().unwrap().success());
    }

    /// What was written, as far as it is text.
    pub(crate) fn raw(&self) -> String {
        String::from_utf8_lossy(&self.output.lock().unwrap().raw).into_owned()
    }

    pub(crate) fn text(&self) -> String {
        self.output.lock().unwrap().parser.screen().contents()
    }

    pub(crate) fn keys(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Waits for a screen that satisfies `wanted`: the last one that was looked at, or one after it.
    pub(crate) fn wait(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let mut found = String::new();
        let come = comes_true(|| {
            let mut output = self.output.lock().unwrap();
            while output.unseen.front().is_some_and(|screen| !wanted(screen)) && output.unseen.len() > 1 {
                output.unseen.pop_front();
            }
            found = output.unseen.front().cloned().unwrap_or_default();
            wanted(&found)
        });
        assert!(come, "waited in vain for {what}; the screen was:\n{}", self.text());
        found
    }

    /// Waits for the end and says whether it was a success and the terminal was given back as it was.
    pub(crate) fn end(mut self) -> bool {
        self.ended() == 0 && self.is_given_back()
    }

    /// Waits for the end and for the last that was written; the exit code.
    pub(crate) fn ended(&mut self) -> u32 {
        let mut code = None;
        until("the end", || {
            code = self.child.try_wait().unwrap().map(|status| status.exit_code());
            code.is_some() && self.reader.is_finished()
        });
        code.unwrap()
    }

    /// Whether the terminal is as it was before.
    pub(crate) fn is_given_back(&self) -> bool {
        let output = self.output.lock().unwrap();
        let screen = output.parser.screen();
        !screen.alternate_screen()
            && !screen.hide_cursor()
            && !screen.bracketed_paste()
            && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
    }
}

/// Session of a terminal, by the process that leads it. A training goes on when its explorer ends; one that a test has
/// started ends with the test.
struct TerminalSession(u32);

impl Drop for TerminalSession {
    fn drop(&mut self) {
        // There is nothing to do if all its processes have ended.
        let _ = std::process::Command::new("pkill").args(["-KILL", "-s", &self.0.to_string()]).status();
    }
}

/// The program as it is started in a terminal, in a folder.
pub(crate) fn command(folder: &std::path::Path, arguments: &[&str]) -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_splitscope"));
    command.args(arguments);
    command.cwd(folder);
    command.env("TERM", "xterm-256color");
    command.env("LANG", "C.UTF-8");
    command.env("SPLITSCOPE_CACHE", folder.join("cache"));
    command.env("SPLITSCOPE_CONFIG", folder.join("config.toml"));
    command.env("XDG_STATE_HOME", folder.join("state"));
    // On a busy machine a training of the lowest priority never ends.
    command.env("SPLITSCOPE_NICENESS", "0");
    command.env_remove("NO_COLOR");
    command
}
