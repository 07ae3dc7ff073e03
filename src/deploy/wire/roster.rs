//! Sensors that have joined, and their answers.

use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use super::error::WireError;
use super::frame::WireFrame;
use super::message::{Peer, WireMessage};
use super::pacing::Pacing;
use super::sensor::{out_of_turn, write};

/// Sensor that has joined.
struct Member {
    stream: TcpStream,
    pacing: Option<Pacing>,
    generation: u64,
}

/// Message from a sensor, or the end of its connection.
struct Arrival {
    camera: usize,
    generation: u64,
    at: Instant,
    content: Result<(u32, WireMessage), WireError>,
}

/// Sensor that was lost.
pub(super) struct LostSensor {
    pub(super) camera: usize,
    pub(super) reason: WireError,
}

/// Answer of a sensor to a request, and the moment at which its last byte was there.
pub(super) struct SensorAnswer {
    pub(super) camera: usize,
    pub(super) at: Instant,
    pub(super) message: WireMessage,
}

/// Sensors that have joined, by camera.
pub(super) struct Roster {
    members: Vec<Option<Member>>,
    arrivals: Receiver<Arrival>,
    sender: SyncSender<Arrival>,
    generation: u64,
    code_bytes: usize,
    timeout: Duration,
}

impl Roster {
    /// Nobody yet, for so many cameras that send so many bytes of codes, and answer within `timeout`.
    pub(super) fn new(views: usize, code_bytes: usize, timeout: Duration) -> Self {
        // Readers of sensors that send more than they were asked for wait, and take no memory.
        let (sender, arrivals) = mpsc::sync_channel(2 * views.max(1));
        let members = (0..views).map(|_| None).collect();
        Self { members, arrivals, sender, generation: 0, code_bytes, timeout }
    }

    /// Returns `true` if a sensor of this camera is there.
    pub(super) fn holds(&self, camera: usize) -> bool {
        self.members.get(camera).is_some_and(Option::is_some)
    }

    /// Cameras whose sensors are there, ascending.
    pub(super) fn cameras(&self) -> Vec<usize> {
        (0..self.members.len()).filter(|&camera| self.holds(camera)).collect()
    }

    /// Speed of the link of a sensor.
    pub(super) fn pacing(&self, camera: usize) -> Option<Pacing> {
        self.members[camera].as_ref().and_then(|member| member.pacing)
    }

    /// Lets a sensor in.
    ///
    /// # Errors
    /// It is gone already.
    pub(super) fn admit(&mut self, camera: usize, stream: TcpStream, pacing: Option<Pacing>) -> Result<(), WireError> {
        write(&stream, 0, &WireMessage::Welcome)?;
        self.generation += 1;
        let (generation, code_bytes, sender) = (self.generation, self.code_bytes, self.sender.clone());
        let mut input = stream.try_clone()?;
        thread::spawn(move || {
            loop {
                let frame = WireFrame::read(&mut input, &|kind| Peer::Sensor(code_bytes).most(kind));
                let at = Instant::now();
                let content = frame.and_then(|frame| Ok((frame.number, WireMessage::of_frame(frame)?)));
                let is_last = content.is_err();
                if sender.send(Arrival { camera, generation, at, content }).is_err() || is_last {
                    return;
                }
            }
        });
        self.members[camera] = Some(Member { stream, pacing, generation });
        Ok(())
    }

    /// Sends a message about an object to a sensor.
    pub(super) fn tell(&mut self, camera: usize, object: u32, message: &WireMessage) -> Result<(), LostSensor> {
        let Some(member) = &self.members[camera] else { return Ok(()) };
        match write(&member.stream, object, message) {
            Ok(()) => Ok(()),
            Err(reason) => Err(self.lose(camera, reason)),
        }
    }

    /// Waits for one answer about an object from each of `cameras`; those that fail, answer something else, or are
    /// later than the timeout and `extra` are lost. `take` may refuse an answer.
    pub(super) fn gather(
        &mut self,
        object: u32,
        cameras: &[usize],
        extra: Duration,
        take: &mut dyn FnMut(SensorAnswer) -> Result<(), WireError>,
    ) -> Vec<LostSensor> {
        let mut missing = cameras.to_vec();
        let mut lost = Vec::new();
        let within = self.timeout + extra;
        let then = Instant::now() + within;
        while !missing.is_empty() {
            let Ok(arrival) = self.arrivals.recv_timeout(then.saturating_duration_since(Instant::now())) else {
                lost.extend(missing.drain(..).map(|camera| self.lose(camera, WireError::Late(within))));
                break;
            };
            let Arrival { camera, generation, at, content } = arrival;
            if !self.is_of_member(camera, generation) {
                continue;
            }
            let is_awaited = missing.contains(&camera);
            missing.retain(|&other| other != camera);
            let taken = match content {
                Ok((number, message)) if is_awaited && number == object => take(SensorAnswer { camera, at, message }),
                Ok((_, message)) => Err(out_of_turn(message)),
                Err(error) => Err(error),
            };
            if let Err(reason) = taken {
                lost.push(self.lose(camera, reason));
            }
        }
        lost
    }

    /// Cuts off the sensors whose connections have ended, or that have spoken unasked, while no answer was awaited.
    pub(super) fn sweep(&mut self) -> Vec<LostSensor> {
        let mut lost = Vec::new();
        while let Ok(Arrival { camera, generation, content, .. }) = self.arrivals.try_recv() {
            if self.is_of_member(camera, generation) {
                let reason = content.map_or_else(|error| error, |(_, message)| out_of_turn(message));
                lost.push(self.lose(camera, reason));
            }
        }
        lost
    }

    /// Returns `true` for arrivals from a sensor that is there, and not from one before it.
    fn is_of_member(&self, camera: usize, generation: u64) -> bool {
        self.members[camera].as_ref().is_some_and(|member| member.generation == generation)
    }

    /// Cuts a sensor off.
    pub(super) fn lose(&mut self, camera: usize, reason: WireError) -> LostSensor {
        if let Some(member) = self.members[camera].take() {
            // It may be gone already, and then there is nothing to tell or to close.
            let _ = write(&member.stream, 0, &WireMessage::Refused(reason.to_string()));
            let _ = member.stream.shutdown(Shutdown::Both);
        }
        LostSensor { camera, reason }
    }

    /// Tells all sensors that the work is done.
    pub(super) fn end(&mut self) {
        for member in self.members.iter_mut().filter_map(Option::take) {
            // A sensor that has gone needs no end.
            let _ = write(&member.stream, 0, &WireMessage::End);
            let _ = member.stream.shutdown(Shutdown::Write);
        }
    }
}
