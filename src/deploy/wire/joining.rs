//! Connections until they have said who they are.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::Duration;

use super::error::WireError;
use super::frame::read_within;
use super::message::{Hello, Peer, WireMessage};
use super::sensor::{out_of_turn, write};

/// Time between two attempts to accept a connection after one has failed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Process that wants to join.
pub(super) struct Newcomer {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    /// Its words, or the reason for which it can't join.
    pub(super) hello: Result<Hello, WireError>,
}

/// Listener with the processes that want to join. It listens until it is dropped.
pub(super) struct Entrance {
    address: SocketAddr,
    newcomers: Receiver<Newcomer>,
    is_closed: Arc<AtomicBool>,
}

/// Place of a connection that has not said who it is, given back when dropped.
struct PendingPlace(Arc<AtomicUsize>);

impl Drop for PendingPlace {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Entrance {
    /// Accepts connections, at most `most` that have not joined at a time; more are closed at once. Each has `timeout`
    /// to say who it is.
    ///
    /// # Errors
    /// The address is not known.
    pub(super) fn open(listener: TcpListener, most: usize, timeout: Duration) -> Result<Self, WireError> {
        let address = listener.local_addr()?;
        let is_closed = Arc::new(AtomicBool::new(false));
        let (sender, newcomers) = mpsc::sync_channel(most);
        let closed = Arc::clone(&is_closed);
        thread::spawn(move || accept(&listener, most, timeout, &sender, &closed));
        Ok(Self { address, newcomers, is_closed })
    }

    /// A process that wants to join, if there is one within some time.
    pub(super) fn wait(&self, within: Duration) -> Option<Newcomer> {
        self.newcomers.recv_timeout(within).ok()
    }

    /// A process that wants to join now.
    pub(super) fn take(&self) -> Option<Newcomer> {
        self.newcomers.try_recv().ok()
    }
}

impl Drop for Entrance {
    fn drop(&mut self) {
        self.is_closed.store(true, Ordering::Release);
        // Wakes the thread that waits for connections; if that fails, it lives until the process ends.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
    }
}

fn accept(
    listener: &TcpListener,
    most: usize,
    timeout: Duration,
    sender: &SyncSender<Newcomer>,
    is_closed: &AtomicBool,
) {
    let pending = Arc::new(AtomicUsize::new(0));
    loop {
        let accepted = listener.accept();
        if is_closed.load(Ordering::Acquire) {
            return;
        }
        let Ok((stream, peer)) = accepted else {
            thread::sleep(ACCEPT_PAUSE);
            continue;
        };
        let place = PendingPlace(Arc::clone(&pending));
        if pending.fetch_add(1, Ordering::AcqRel) >= most {
            continue;
        }
        let sender = sender.clone();
        thread::spawn(move || {
            let hello = hello(&stream, timeout);
            // The aggregator may have ended.
            let _ = sender.send(Newcomer { stream, peer, hello });
            drop(place);
        });
    }
}

fn hello(stream: &TcpStream, timeout: Duration) -> Result<Hello, WireError> {
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(timeout))?;
    match WireMessage::of_frame(read_within(stream, timeout, &|kind| Peer::Stranger.most(kind))?)? {
        WireMessage::Hello(hello) => Ok(hello),
        other => Err(out_of_turn(other)),
    }
}

impl Newcomer {
    /// Sends the newcomer away with a reason.
    pub(super) fn refuse(self, reason: &str) {
        // That it could not be told changes nothing.
        let _ = write(&self.stream, 0, &WireMessage::Refused(reason.to_owned()));
    }
}
