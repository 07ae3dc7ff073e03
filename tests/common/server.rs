//! A PostgreSQL server of the tests' own, in a folder of its own. It ends with the process that started it.

#![allow(dead_code, reason = "each test that includes this module uses a part of it")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Makes the database and runs the server until standard input ends. A server must not be run by root.
const SCRIPT: &str = r#"
set -e
bin=$(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/pgsql/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb)")
[ -x "$bin/initdb" ] || exit 1
folder=$(mktemp -d /tmp/splitscope-postgres.XXXXXX)
chmod 755 "$folder"
trap 'kill -CONT "$(head -n 1 "$folder/data/postmaster.pid")" 2>/dev/null
    pkill -CONT -P "$(head -n 1 "$folder/data/postmaster.pid")"
    "$bin/pg_ctl" -s -m immediate -D "$folder/data" stop >/dev/null 2>&1; rm -rf "$folder"' EXIT
"$bin/initdb" -D "$folder/data" -U splitscope -A trust --no-sync -E UTF8 --locale=C >/dev/null
echo "host all all all trust" >>"$folder/data/pg_hba.conf"
if [ -n "$ENCRYPTED" ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE \
        -keyout "$folder/data/server.key" -out "$folder/data/server.crt" 2>/dev/null
    chmod 600 "$folder/data/server.key"
    cp "$folder/data/server.crt" "$folder/certificate"
    echo "ssl = on" >>"$folder/data/postgresql.conf"
fi
begin() {
    "$bin/pg_ctl" -s -w -t 3600 -D "$folder/data" -l "$folder/log" \
        -o "-k $folder -h '$LISTEN' -p $PORT -c max_connections=200 -c fsync=$SYNC" start </dev/null >/dev/null
}
begin
echo "$folder"
while read -r line; do
    case $line in
    stop) "$bin/pg_ctl" -s -w -t 3600 -m fast -D "$folder/data" stop >/dev/null ;;
    crash) "$bin/pg_ctl" -s -w -t 3600 -m immediate -D "$folder/data" stop >/dev/null ;;
    start) begin ;;
    freeze) pkill -STOP -P "$(head -n 1 "$folder/data/postmaster.pid")"
        kill -STOP "$(head -n 1 "$folder/data/postmaster.pid")" ;;
    thaw) kill -CONT "$(head -n 1 "$folder/data/postmaster.pid")"
        pkill -CONT -P "$(head -n 1 "$folder/data/postmaster.pid")" ;;
    esac
    echo "$line"
done
"#;

/// A running server; it is stopped and removed with this value.
pub(crate) struct PrivateServer {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    folder: String,
    port: u16,
}

impl PrivateServer {
    /// Starts a server on a socket in its folder. `None` where PostgreSQL is not installed, unless
    /// `SPLITSCOPE_TEST_POSTGRES` is set, which says that it must be.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with("", 5432, false)
    }

    /// As [`Self::start`]; listens on network addresses too, and writes through to the disk if `sync`.
    pub(crate) fn start_with(listen: &str, port: u16, sync: bool) -> Option<Self> {
        Self::launch(listen, port, sync, false)
    }

    /// As [`Self::start`], on this machine's own address, with a certificate for `localhost` that it has signed itself.
    pub(crate) fn start_encrypted(port: u16) -> Option<Self> {
        Self::launch("127.0.0.1", port, false, true)
    }

    /// Copies the certificate of an encrypted server to a file.
    pub(crate) fn certificate(&self, to: &str) {
        std::fs::copy(format!("{}/certificate", self.folder), to).unwrap();
    }

    fn launch(listen: &str, port: u16, sync: bool, encrypted: bool) -> Option<Self> {
        let is_root = std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
        let mut command = if is_root { Command::new("runuser") } else { Command::new("sh") };
        if is_root {
            command.args(["-u", "postgres", "--", "sh"]);
        }
        command.args(["-c", SCRIPT]).current_dir("/");
        command.env("LISTEN", listen).env("PORT", port.to_string()).env("SYNC", if sync { "on" } else { "off" });
        command.env("ENCRYPTED", if encrypted { "yes" } else { "" });
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().ok()?;
        let (input, output) = (process.stdin.take(), BufReader::new(process.stdout.take()?));
        let mut server = Self { process, input, output, folder: String::new(), port };
        server.folder = server.line();
        if server.folder.is_empty() {
            assert!(std::env::var_os("SPLITSCOPE_TEST_POSTGRES").is_none(), "no PostgreSQL server can be started");
            // Not by a macro, whose text tests that pass keep to themselves.
            let _ = writeln!(std::io::stderr(), "left out: no PostgreSQL server can be started here");
            return None;
        }
        Some(server)
    }

    /// Address of a run on this server, by its socket.
    pub(crate) fn address(&self, run: &str) -> String {
        let folder = self.folder.replace('/', "%2F");
        format!("postgres://splitscope@{folder}:{}/postgres?run={run}", self.port)
    }

    /// Address of a run on this server, by a host name.
    pub(crate) fn address_at(&self, host: &str, run: &str) -> String {
        format!("postgres://splitscope@{host}:{}/postgres?run={run}", self.port)
    }

    /// Stops the server: connections are ended, what is written stays.
    pub(crate) fn stop(&mut self) {
        self.tell("stop");
    }

    /// Ends the server at once, as if the power were cut.
    pub(crate) fn crash(&mut self) {
        self.tell("crash");
    }

    /// Starts the server again.
    pub(crate) fn start_again(&mut self) {
        self.tell("start");
    }

    /// Lets the server answer nothing, as if its network were cut; or lets it answer again.
    pub(crate) fn freeze(&mut self, frozen: bool) {
        self.tell(if frozen { "freeze" } else { "thaw" });
    }

    fn tell(&mut self, word: &str) {
        writeln!(self.input.as_mut().unwrap(), "{word}").unwrap();
        assert_eq!(self.line(), word, "the server has failed");
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        self.input.take();
        let _ = self.process.wait();
    }
}
