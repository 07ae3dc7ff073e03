//! Failures of the client: those that pass, and sentences about the others.

use std::io::ErrorKind;

use postgres::Error;
use postgres::error::SqlState;

use crate::run::address::ServerAddress;
use crate::run::error::RunError;

/// Returns `true` for failures that a later attempt may not have: the server restarts, or the network was cut.
pub(super) fn is_passing(error: &Error) -> bool {
    let Some(code) = error.code() else {
        // Without a code the failure is the client's: it could not connect, or the connection broke off.
        // A certificate that is not the right one is data that is not valid, and stays it.
        return error.is_closed() || io_cause(error).is_some_and(|kind| kind != ErrorKind::InvalidData);
    };
    let passing = [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::TOO_MANY_CONNECTIONS,
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::T_R_DEADLOCK_DETECTED,
    ];
    passing.contains(code) || code.code().starts_with("08")
}

/// Returns `true` for failures of a server that was there and may be again in seconds.
pub(super) fn is_restarting(error: &Error) -> bool {
    let broken = [ErrorKind::ConnectionRefused, ErrorKind::ConnectionReset, ErrorKind::BrokenPipe];
    match error.code() {
        Some(_) => is_passing(error),
        None => error.is_closed() || io_cause(error).is_some_and(|kind| broken.contains(&kind)),
    }
}

/// Kind of the failure of the operating system behind that of the client.
fn io_cause(error: &Error) -> Option<ErrorKind> {
    let mut cause = std::error::Error::source(error);
    while let Some(found) = cause {
        if let Some(error) = found.downcast_ref::<std::io::Error>() {
            return Some(error.kind());
        }
        cause = found.source();
    }
    None
}

/// A failure of the server or the client, in a sentence.
pub(super) fn failed(address: &ServerAddress, error: &Error) -> RunError {
    if error.code() == Some(&SqlState::UNDEFINED_TABLE) || error.code() == Some(&SqlState::INVALID_SCHEMA_NAME) {
        return RunError::Gone(address.shown.clone());
    }
    let mut reason = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(found) = cause {
        reason = format!("{reason}: {found}");
        cause = found.source();
    }
    RunError::server(&address.shown, &reason)
}
