//! Address of a run on a PostgreSQL server: `postgres://USER@HOST/DATABASE?run=NAME`.
//!
//! A password in it is kept in memory for the connections of this process and taken out of the address, so that what is
//! shown, recorded or handed to another process never holds it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use super::error::RunError;

/// Variable of the environment by which child processes get a password.
const PASSWORD_VARIABLE: &str = "PGPASSWORD";
/// Longest name of a run: names of servers end after 63 bytes, and those of runs begin with `run:`.
const LONGEST_NAME: usize = 59;

/// Passwords that were given in addresses, by server.
static PASSWORDS: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

/// Address of a run on a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerAddress {
    /// Address without a password, by which the run is shown and opened again.
    pub(super) shown: PathBuf,
    /// Address of the database for the client, without run and password.
    pub(super) server: String,
    /// Name of the run.
    pub(super) run: String,
}

impl ServerAddress {
    /// Returns `true` if a run is named by an address and not by a directory.
    pub(super) fn is_one(path: &Path) -> bool {
        path.to_str().is_some_and(|text| text.starts_with("postgres://") || text.starts_with("postgresql://"))
    }

    /// Reads an address; `None` if the path is that of a directory.
    ///
    /// # Errors
    /// It names no run.
    pub(super) fn read(path: &Path) -> Option<Result<Self, RunError>> {
        if Self::is_one(path) { Some(Self::parse(path.to_str()?)) } else { None }
    }

    fn parse(text: &str) -> Result<Self, RunError> {
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let (scheme, rest) = base.split_once("://").unwrap_or(("postgres", base));
        // A password may hold any sign but these, which an address writes as %40 and %2F.
        let host_start = rest.split('/').next().and_then(|place| place.rfind('@')).map_or(0, |at| at + 1);
        let (user, place) = rest.split_at(host_start);
        let (user, password) = match user.trim_end_matches('@').split_once(':') {
            Some((user, password)) => (format!("{user}@"), Some(password)),
            None => (user.to_owned(), None),
        };
        let options: Vec<&str> = query.split('&').filter(|option| !option.is_empty()).collect();
        let run = options.iter().find_map(|option| option.strip_prefix("run=")).unwrap_or_default().to_owned();
        let plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        let others: Vec<&str> = options.into_iter().filter(|option| !option.starts_with("run=")).collect();
        let secret = others.iter().find_map(|option| option.strip_prefix("password="));
        let others: Vec<&str> = others.iter().copied().filter(|option| !option.starts_with("password=")).collect();
        let mut server = format!("{scheme}://{user}{place}");
        if !others.is_empty() {
            server = format!("{server}?{}", others.join("&"));
        }
        if let Some(password) = password.or(secret) {
            passwords().insert(server.clone(), decoded(password));
        }
        let separator = if others.is_empty() { '?' } else { '&' };
        let shown = PathBuf::from(format!("{server}{separator}run={run}"));
        if run.is_empty() || run.len() > LONGEST_NAME || !plain(&run) {
            return Err(RunError::NoRunName(shown));
        }
        Ok(Self { shown, server, run })
    }

    /// Password that came with an address of this server.
    #[cfg(feature = "postgres")]
    pub(super) fn password(&self) -> Option<String> {
        passwords().get(&self.server).cloned()
    }

    /// Lets a child process connect too.
    pub(super) fn admit(&self, command: &mut Command) {
        if let Some(password) = passwords().get(&self.server) {
            command.env(PASSWORD_VARIABLE, password);
        }
    }
}

fn passwords() -> std::sync::MutexGuard<'static, BTreeMap<String, String>> {
    PASSWORDS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The text with `%xx` as the bytes they stand for.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        if first == b'%'
            && let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())
        {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> ServerAddress {
        ServerAddress::read(Path::new(text)).unwrap().unwrap()
    }

    #[test]
    fn a_password_is_taken_out_of_the_address_and_goes_to_children_by_their_environment() {
        let address = read("postgres://ann:a%40b:c@db.example:5433/lab?sslmode=disable&run=first");
        assert_eq!(address.shown, Path::new("postgres://ann@db.example:5433/lab?sslmode=disable&run=first"));
        assert_eq!((&*address.server, &*address.run), ("postgres://ann@db.example:5433/lab?sslmode=disable", "first"));
        let mut command = Command::new("true");
        address.admit(&mut command);
        let variables: Vec<_> = command.get_envs().collect();
        assert_eq!(variables, [("PGPASSWORD".as_ref(), Some("a@b:c".as_ref()))]);
        let again = read(address.shown.to_str().unwrap());
        assert_eq!(again, address, "the address that is shown opens the same run");
        let query = read("postgresql://db2/lab?password=secret&run=r");
        assert_eq!(query.shown, Path::new("postgresql://db2/lab?run=r"));
    }

    #[test]
    fn what_names_no_run_is_refused_without_its_password() {
        for text in ["postgres://a:secret@h/d", "postgres://a:secret@h/d?run=", "postgres://a:secret@h/d?run=a%20b"] {
            let error = ServerAddress::read(Path::new(text)).unwrap().unwrap_err().to_string();
            assert!(error.contains("?run=NAME") && !error.contains("secret"), "{error}");
        }
        assert!(ServerAddress::read(Path::new("runs/first")).is_none());
    }
}
