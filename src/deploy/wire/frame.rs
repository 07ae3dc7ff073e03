//! Messages as bytes: a header of fixed length, and a payload.
//!
//! | bytes | header, little-endian |
//! |---|---|
//! | 4 | `SPLT` |
//! | 2 | version of the protocol |
//! | 2 | kind of the message |
//! | 4 | number of the object that it is about |
//! | 4 | length of the payload |
//! | 8 | checksum (XXH3) of the bytes above and the payload |

use std::io::{self, Read};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use xxhash_rust::xxh3::Xxh3Default;

use super::error::WireError;

/// Version of the protocol.
pub(super) const VERSION: u16 = 2;
/// Bytes of a header.
pub(super) const HEADER: usize = 24;
/// First bytes of a header.
const MAGIC: [u8; 4] = *b"SPLT";
/// Bytes of a header that the checksum covers.
const CHECKED: usize = 16;

/// A message as it crosses the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WireFrame {
    pub(super) kind: u16,
    pub(super) number: u32,
    pub(super) payload: Vec<u8>,
}

impl WireFrame {
    /// Header and payload.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + self.payload.len());
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(self.kind.to_le_bytes());
        bytes.extend(self.number.to_le_bytes());
        bytes.extend((self.payload.len() as u32).to_le_bytes());
        bytes.extend(checksum(&bytes, &self.payload).to_le_bytes());
        bytes.extend(&self.payload);
        bytes
    }

    /// Reads a message. `most` says how many bytes a kind may have, or that it may not come; memory is taken only for a
    /// length within that.
    ///
    /// # Errors
    /// The bytes are no such message, or the peer is gone or late.
    pub(super) fn read(input: &mut impl Read, most: &dyn Fn(u16) -> Option<usize>) -> Result<Self, WireError> {
        let mut header = [0; HEADER];
        let first = loop {
            match input.read(&mut header) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read.map_err(ended)?,
            }
        };
        if first == 0 {
            return Err(WireError::Closed);
        }
        input.read_exact(&mut header[first..]).map_err(ended)?;
        if header[..4] != MAGIC {
            return Err(WireError::Stranger);
        }
        let two = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
        let four = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let (version, kind, number, length) = (two(4), two(6), four(8), four(12));
        if version != VERSION {
            return Err(WireError::Version { found: version, own: VERSION });
        }
        let most = most(kind).ok_or(WireError::Unexpected(kind))?;
        if length as usize > most {
            return Err(WireError::Length { kind, found: length, most });
        }
        let mut payload = vec![0; length as usize];
        input.read_exact(&mut payload).map_err(ended)?;
        if header[CHECKED..] != checksum(&header[..CHECKED], &payload).to_le_bytes() {
            return Err(WireError::Damaged);
        }
        Ok(Self { kind, number, payload })
    }
}

fn checksum(header: &[u8], payload: &[u8]) -> u64 {
    let mut sum = Xxh3Default::new();
    sum.update(header);
    sum.update(payload);
    sum.digest()
}

/// Reason for which reading ended within a message.
fn ended(error: io::Error) -> WireError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => WireError::Truncated,
        _ => WireError::Connection(error),
    }
}

/// Connection that is read until a moment, however slowly the bytes come.
pub(super) struct UntilThen<'a> {
    stream: &'a TcpStream,
    then: Instant,
}

impl<'a> UntilThen<'a> {
    pub(super) fn new(stream: &'a TcpStream, within: Duration) -> Self {
        Self { stream, then: Instant::now() + within }
    }
}

impl Read for UntilThen<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.then.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        self.stream.read(buffer)
    }
}

/// Reads a message that must come whole within some time.
///
/// # Errors
/// As [`WireFrame::read`]; the time is over.
pub(super) fn read_within(
    stream: &TcpStream,
    within: Duration,
    most: &dyn Fn(u16) -> Option<usize>,
) -> Result<WireFrame, WireError> {
    let found = WireFrame::read(&mut UntilThen::new(stream, within), most);
    stream.set_read_timeout(None)?;
    match found {
        Err(WireError::Connection(error))
            if matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) =>
        {
            Err(WireError::Late(within))
        }
        found => found,
    }
}
