//! Connections until they have joined: sensors that make their images first, and those that say who they are.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use super::error::WireError;
use super::frame::read_within;
use super::message::{Hello, Peer, Preparing, WireMessage};
use super::sensor::{out_of_turn, write};

/// Longest time that a sensor may make images before it joins.
const PREPARATION: Duration = Duration::from_hours(1);
/// Time between two attempts to accept a connection after one has failed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Process that wants to join.
pub(super) struct Newcomer {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    /// Its words, or the reason for which it can't join.
    pub(super) hello: Result<Hello, WireError>,
}

/// News from the entrance.
pub(super) enum EntranceNews {
    /// A process wants to join now.
    Newcomer(Newcomer),
    /// A sensor will join once its images are made.
    Preparing(Preparing),
}

/// Listener with the processes that want to join. It listens until it is dropped.
pub(super) struct Entrance {
    address: SocketAddr,
    news: Receiver<EntranceNews>,
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
    /// to say who it is, or that it makes its images, and then again.
    ///
    /// # Errors
    /// The address is not known.
    pub(super) fn open(listener: TcpListener, most: usize, timeout: Duration) -> Result<Self, WireError> {
        let address = listener.local_addr()?;
        let is_closed = Arc::new(AtomicBool::new(false));
        let (sender, news) = mpsc::sync_channel(most);
        let closed = Arc::clone(&is_closed);
        thread::spawn(move || accept(&listener, most, timeout, &sender, &closed));
        Ok(Self { address, news, is_closed })
    }

    /// News, if there are any within some time.
    pub(super) fn wait(&self, within: Duration) -> Option<EntranceNews> {
        self.news.recv_timeout(within).ok()
    }

    /// News that are there now.
    pub(super) fn take(&self) -> Option<EntranceNews> {
        self.news.try_recv().ok()
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
    sender: &SyncSender<EntranceNews>,
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
            // The aggregator may have ended.
            let hello = hello(&stream, timeout, &|preparing| {
                let _ = sender.send(EntranceNews::Preparing(preparing));
            });
            let _ = sender.send(EntranceNews::Newcomer(Newcomer { stream, peer, hello }));
            drop(place);
        });
    }
}

/// Words of a connection, after signs that it makes its images.
fn hello(stream: &TcpStream, timeout: Duration, preparing: &dyn Fn(Preparing)) -> Result<Hello, WireError> {
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(timeout))?;
    let started = Instant::now();
    loop {
        match WireMessage::of_frame(read_within(stream, timeout, &|kind| Peer::Stranger.most(kind))?)? {
            WireMessage::Hello(hello) => return Ok(hello),
            WireMessage::Preparing(news) if started.elapsed() < PREPARATION => preparing(news),
            WireMessage::Preparing(_) => return Err(WireError::Late(PREPARATION)),
            other => return Err(out_of_turn(other)),
        }
    }
}

impl Newcomer {
    /// Sends the newcomer away with a reason.
    pub(super) fn refuse(self, reason: &str) {
        // That it could not be told changes nothing.
        let _ = write(&self.stream, 0, &WireMessage::Refused(reason.to_owned()));
    }
}
