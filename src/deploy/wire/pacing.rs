//! Speed of a link, kept on a faster one.

use std::io::{self, Write};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes that are sent at once, at most, and the time for which a link has bytes to send at once.
const PIECE_BYTES: usize = 1 << 14;
const PIECE_S: f64 = 1e-3;

/// Speed of a link: B bytes take `latency + B / bytes_per_s`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pacing {
    /// Bytes a second.
    pub bytes_per_s: f64,
    /// Seconds before the first byte.
    pub latency_s: f64,
}

impl Pacing {
    /// Seconds of a transfer.
    pub fn seconds(&self, bytes: u64) -> f64 {
        self.latency_s + self.transfer_s(bytes)
    }

    /// Seconds of a transfer without the latency.
    pub(super) fn transfer_s(&self, bytes: u64) -> f64 {
        bytes as f64 / self.bytes_per_s
    }

    /// Writes so that the last byte leaves at the moment at which the link would have carried it. The first `free`
    /// bytes take no time.
    ///
    /// # Errors
    /// The connection fails.
    pub(super) fn write(&self, out: &mut impl Write, bytes: &[u8], free: usize, start: Instant) -> io::Result<()> {
        let size = ((self.bytes_per_s * PIECE_S) as usize).clamp(1, PIECE_BYTES);
        let (free, rest) = bytes.split_at(free.min(bytes.len()));
        wait_until(start + seconds(self.latency_s));
        out.write_all(free)?;
        let mut sent = 0;
        for piece in rest.chunks(size) {
            sent += piece.len() as u64;
            wait_until(start + seconds(self.seconds(sent)));
            out.write_all(piece)?;
        }
        Ok(())
    }
}

/// A time that may be longer than one can wait.
pub(super) fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::from_hours(1))
}

fn wait_until(then: Instant) {
    let left = then.saturating_duration_since(Instant::now());
    if !left.is_zero() {
        thread::sleep(left);
    }
}
