//! Identity of this process, and a check whether another one is still alive.
//!
//! A process id alone is not enough: ids are used again, and a run may be shared by machines. So a process is named by
//! host, id and start time, and nothing is said about the life of a process on another host.

use std::fmt;
use std::str::FromStr;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

/// Namespace of the process ids of a machine itself: `PROC_PID_INIT_INO` of Linux.
const MACHINE_NAMESPACE: &str = "pid:[4026531836]";

/// One process of one machine. Printed and read as `host/pid/born`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Process {
    /// Name of the machine.
    pub host: String,
    /// Process id.
    pub pid: u32,
    /// Start time in clock ticks since the machine started; 0 where the system does not tell.
    pub born: u64,
}

impl Process {
    /// The process this is called in.
    pub fn this() -> Self {
        Self::here(std::process::id())
    }

    /// The process that has this id now, on this machine.
    pub(super) fn here(pid: u32) -> Self {
        Self { host: host(), pid, born: stat(pid).map_or(0, |stat| stat.born) }
    }

    /// Returns `true` if the process is alive; `None` if it is on another machine, where this can't be seen.
    pub fn is_alive(&self) -> Option<bool> {
        if self.host != host() {
            return None;
        }
        let answers = id(self.pid).is_some_and(|id| matches!(test_kill_process(id), Ok(()) | Err(Errno::PERM)));
        let same = match stat(self.pid) {
            Some(stat) => !stat.ended && (stat.born == self.born || self.born == 0),
            None => true,
        };
        Some(answers && same)
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.host, self.pid, self.born)
    }
}

impl FromStr for Process {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.rsplitn(3, '/');
        let (Some(born), Some(pid), Some(host)) = (parts.next(), parts.next(), parts.next()) else { return Err(()) };
        Ok(Self { host: host.to_owned(), pid: pid.parse().map_err(drop)?, born: born.parse().map_err(drop)? })
    }
}

/// Name of the machine; in a container with process ids of its own, with the number of their namespace, since the ids
/// of others mean nothing there.
fn host() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    match std::fs::read_link("/proc/self/ns/pid").ok().and_then(|link| link.into_os_string().into_string().ok()) {
        Some(link) if link != MACHINE_NAMESPACE => {
            let number = link.trim_start_matches("pid:[").trim_end_matches(']');
            format!("{name}.{number}")
        }
        _ => name,
    }
}

/// Process ids of zero and below mean groups to the system, and are never a process of ours.
fn id(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().filter(|pid| *pid > 0).and_then(Pid::from_raw)
}

struct Stat {
    /// Ended, but not yet waited for by its parent.
    ended: bool,
    born: u64,
}

/// Reading of `/proc` on a process; `None` where there is no `/proc`, or it hides the process.
fn stat(pid: u32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in brackets, which may itself hold spaces and brackets. After it come the
    // state (field 3) and, nineteen fields later, the start time (field 22; man 5 proc_pid_stat).
    let mut fields = text.get(text.rfind(')')? + 1..)?.split_ascii_whitespace();
    let state = fields.next()?;
    Some(Stat { ended: matches!(state, "Z" | "X"), born: fields.nth(18)?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn this_process_lives_and_is_printed_and_read_back() {
        let this = Process::this();
        assert_eq!(this.is_alive(), Some(true));
        assert_eq!(this.to_string().parse(), Ok(this));
        assert!("host/1".parse::<Process>().is_err() && "host/x/1".parse::<Process>().is_err());
    }

    #[test]
    fn a_killed_process_is_dead_even_before_it_is_waited_for() {
        // It lives until its input is closed.
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let process = Process::here(child.id());
        assert_eq!(process.is_alive(), Some(true));
        child.kill().unwrap();
        crate::run::tests::until("the process ends", || process.is_alive() == Some(false));
        child.wait().unwrap();
        assert_eq!(process.is_alive(), Some(false));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_same_id_with_another_start_is_another_process() {
        let this = Process::this();
        assert!(this.born > 0, "/proc tells the start time");
        assert_eq!(Process { born: this.born + 1, ..this.clone() }.is_alive(), Some(false));
        assert_eq!(Process { host: "elsewhere".into(), ..this }.is_alive(), None);
    }
}
