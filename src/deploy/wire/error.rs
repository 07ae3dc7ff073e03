//! Reasons for which a connection ends.

use std::io;
use std::time::Duration;

use crate::deploy::error::DeployError;

/// Reason for which a connection between a sensor and the aggregator ends.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The connection can't be made or fails.
    #[error("the connection failed: {0}")]
    Connection(#[from] io::Error),
    /// The peer is gone.
    #[error("the connection was closed")]
    Closed,
    /// The peer is gone in the middle of a message.
    #[error("the connection was closed in the middle of a message")]
    Truncated,
    /// The bytes are no message.
    #[error("what came is no message of this protocol")]
    Stranger,
    /// The peer speaks another version of the protocol.
    #[error("the peer speaks version {found} of the protocol; this program speaks version {own}")]
    Version {
        /// Version of the peer.
        found: u16,
        /// Version of this program.
        own: u16,
    },
    /// A message that may not come now.
    #[error("a message of kind {0} came out of turn")]
    Unexpected(u16),
    /// A message of another length than its kind may have.
    #[error("a message of kind {kind} says that it has {found} bytes; it may have {most}")]
    Length {
        /// Kind of the message.
        kind: u16,
        /// Length that its header says.
        found: u32,
        /// Greatest length.
        most: usize,
    },
    /// The checksum is another.
    #[error("a message was damaged on its way")]
    Damaged,
    /// The content of a message is not what it should be.
    #[error("{0}")]
    Content(String),
    /// The peer did not answer in time.
    #[error("there was no answer within {} s", .0.as_secs_f64())]
    Late(Duration),
    /// A sensor that was waited for has not come.
    #[error("it has not come within {} s", .0.as_secs_f64())]
    Absent(Duration),
    /// The peer refuses.
    #[error("refused: {0}")]
    Refused(String),
    /// There is no sensor to work with.
    #[error("no sensor has come within {} s", .0.as_secs_f64())]
    NoSensors(Duration),
    /// A half can't be run.
    #[error(transparent)]
    Half(#[from] DeployError),
}
