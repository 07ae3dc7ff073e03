//! Process of a camera: computes its half when it is asked to, and sends the codes at the speed of its link.

use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::error::WireError;
use super::frame::{HEADER, read_within};
use super::images::CameraImages;
use super::message::{Hello, Peer, Preparing, WireMessage};
use super::pacing::{self, Pacing};
use crate::deploy::deployment::Deployment;
use crate::deploy::verification::HalfPair as _;

/// Time between two signs of a sensor that makes its images.
const SIGN_PAUSE: Duration = Duration::from_secs(1);

/// Signs to the aggregator, again and again until this is dropped, that a sensor makes its images before it joins.
#[derive(Debug)]
pub struct SensorPreparation {
    progress: Arc<PreparationProgress>,
    thread: Option<JoinHandle<()>>,
}

/// Images that are made, in all, and whether the signs shall end.
#[derive(Debug, Default)]
struct PreparationProgress {
    done: AtomicU32,
    total: AtomicU32,
    is_over: AtomicBool,
}

impl SensorPreparation {
    /// Begins to give signs. `digest` is the SHA-256 of the file of the design, `timeout` the longest time that one may
    /// take to be sent.
    ///
    /// # Errors
    /// The connection fails.
    pub fn begin(stream: &TcpStream, digest: &str, camera: u32, timeout: Duration) -> Result<Self, WireError> {
        let (stream, digest) = (stream.try_clone()?, digest.to_owned());
        stream.set_write_timeout(Some(timeout))?;
        let progress = Arc::new(PreparationProgress::default());
        let shared = Arc::clone(&progress);
        let thread = thread::spawn(move || {
            while !shared.is_over.load(Ordering::Acquire) {
                let (done, total) = (shared.done.load(Ordering::Relaxed), shared.total.load(Ordering::Relaxed));
                let sign = WireMessage::Preparing(Preparing { digest: digest.clone(), camera, done, total });
                // The sensor notices a lost connection when it joins.
                if write(&stream, 0, &sign).is_err() {
                    return;
                }
                thread::park_timeout(SIGN_PAUSE);
            }
        });
        Ok(Self { progress, thread: Some(thread) })
    }

    /// Sets how far the images are made.
    pub fn show(&self, done: usize, total: usize) {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        self.progress.done.store(count(done), Ordering::Relaxed);
        self.progress.total.store(count(total), Ordering::Relaxed);
    }
}

impl Drop for SensorPreparation {
    fn drop(&mut self) {
        self.progress.is_over.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It holds nothing that a panic of it could leave unfinished.
            let _ = thread.join();
        }
    }
}

/// Sensor half of a design with its camera.
#[derive(Debug, Clone, Copy)]
pub struct SensorHalf<'a> {
    /// The design.
    pub deployment: &'a Deployment,
    /// SHA-256 of the file that it was read from.
    pub digest: &'a str,
    /// The camera's images.
    pub images: &'a CameraImages,
    /// Number of the camera, counted from 0.
    pub camera: u32,
    /// Speed of the link; `None` sends as fast as the connection goes.
    pub pacing: Option<Pacing>,
    /// Longest time between two messages of the aggregator.
    pub timeout: Duration,
}

/// Result of a sensor's work.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SensorSummary {
    /// Objects whose codes were sent.
    pub objects: u32,
    /// Bytes of their codes.
    pub code_bytes: u64,
    /// Seconds that the sensor half took for them.
    pub seconds: f64,
}

/// Codes that wait for the permission to be sent.
struct Ready {
    object: u32,
    codes: Vec<u8>,
    seconds: f64,
}

impl SensorHalf<'_> {
    /// Works for an aggregator until that ends it; calls `joined` once it has been let in.
    ///
    /// # Errors
    /// The aggregator is gone, refuses, or breaks the protocol; or the half can't be run.
    pub fn run(&self, stream: &TcpStream, joined: &mut dyn FnMut()) -> Result<SensorSummary, WireError> {
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(self.timeout))?;
        let found = self.work(stream, joined);
        if let Err(error @ WireError::Half(_)) = &found {
            // That it could not be told changes nothing.
            let _ = write(stream, 0, &WireMessage::Refused(error.to_string()));
        }
        found
    }

    fn work(&self, stream: &TcpStream, joined: &mut dyn FnMut()) -> Result<SensorSummary, WireError> {
        write(stream, 0, &WireMessage::Hello(self.hello()))?;
        match self.next(stream)? {
            (_, WireMessage::Welcome) => joined(),
            (_, other) => return Err(out_of_turn(other)),
        }
        let mut summary = SensorSummary::default();
        let mut ready: Option<Ready> = None;
        loop {
            match self.next(stream)? {
                (object, WireMessage::Sense) => ready = Some(self.sense(stream, object)?),
                (object, WireMessage::Send(wait)) => {
                    let Some(Ready { codes, seconds, .. }) = ready.take().filter(|ready| ready.object == object) else {
                        return Err(WireError::Content(format!("codes of object {object} were not asked for before")));
                    };
                    summary.objects += 1;
                    summary.code_bytes += codes.len() as u64;
                    summary.seconds += seconds;
                    self.send(stream, object, codes, wait)?;
                }
                (_, WireMessage::Waiting) => {}
                (_, WireMessage::End) => return Ok(summary),
                (_, other) => return Err(out_of_turn(other)),
            }
        }
    }

    fn hello(&self) -> Hello {
        Hello {
            digest: self.digest.to_owned(),
            camera: self.camera,
            fingerprint: self.images.fingerprint(),
            objects: self.images.objects(),
            pacing: self.pacing,
        }
    }

    fn next(&self, stream: &TcpStream) -> Result<(u32, WireMessage), WireError> {
        let frame = read_within(stream, self.timeout, &|kind| Peer::Aggregator.most(kind))?;
        Ok((frame.number, WireMessage::of_frame(frame)?))
    }

    /// Computes the codes of an object and says so.
    fn sense(&self, stream: &TcpStream, object: u32) -> Result<Ready, WireError> {
        let image = self.images.image(object)?;
        let label = self.images.label(object).unwrap_or_default();
        let started = Instant::now();
        let codes = self.deployment.link.pack(&self.deployment.sense(image)?);
        let seconds = started.elapsed().as_secs_f64();
        write(stream, object, &WireMessage::Sensed { label, seconds })?;
        Ok(Ready { object, codes, seconds })
    }

    /// Sends codes after `wait` seconds, at the speed of the link.
    fn send(&self, mut stream: &TcpStream, object: u32, codes: Vec<u8>, wait: f64) -> Result<(), WireError> {
        let start = Instant::now() + pacing::seconds(wait).min(self.timeout);
        let bytes = WireMessage::Codes(codes).to_frame(object).to_bytes();
        match self.pacing {
            Some(pacing) => pacing.write(&mut stream, &bytes, HEADER, start)?,
            None => write_all(stream, &bytes)?,
        }
        Ok(())
    }
}

/// Writes a message.
pub(super) fn write(stream: &TcpStream, number: u32, message: &WireMessage) -> Result<(), WireError> {
    write_all(stream, &message.to_frame(number).to_bytes())
}

fn write_all(mut stream: &TcpStream, bytes: &[u8]) -> Result<(), WireError> {
    std::io::Write::write_all(&mut stream, bytes)?;
    Ok(())
}

/// A message that may not come now, as an error.
pub(super) fn out_of_turn(message: WireMessage) -> WireError {
    match message {
        WireMessage::Refused(reason) => WireError::Refused(reason),
        other => WireError::Unexpected(other.kind()),
    }
}
