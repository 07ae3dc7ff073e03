//! Content of messages, and the kinds that each side may send.

use super::error::WireError;
use super::frame::WireFrame;
use super::pacing::Pacing;
use crate::text;

/// Most bytes of a reason.
const REASON: usize = 512;
/// Characters of the digest of a design's file.
const DIGEST: usize = 64;
/// Bytes of a hello: digest, camera, fingerprint and number of the objects, bytes a second, latency.
const HELLO: usize = DIGEST + 4 + 8 + 4 + 8 + 8;
/// Bytes of a sign of life: digest, camera, objects that are ready, objects in all.
const PREPARING: usize = DIGEST + 4 + 4 + 4;
/// Bytes of the answer to a request: class, seconds.
const SENSED: usize = 2 + 8;
/// Bytes of a permission: seconds.
const SEND: usize = 8;

/// WireMessage of a sensor or of the aggregator.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum WireMessage {
    /// Sensor: who it is.
    Hello(Hello),
    /// Aggregator: the sensor has joined.
    Welcome,
    /// Either: the connection ends, and why.
    Refused(String),
    /// Aggregator: compute the codes of an object.
    Sense,
    /// Sensor: the codes are there.
    Sensed {
        /// Class of the object.
        label: u16,
        /// Seconds that the sensor half took.
        seconds: f64,
    },
    /// Aggregator: send the codes, after waiting for so many seconds.
    Send(f64),
    /// Sensor: the codes.
    Codes(Vec<u8>),
    /// Aggregator: all is done.
    End,
    /// Sensor that has not joined yet: it makes its images.
    Preparing(Preparing),
    /// Aggregator: it waits for other sensors.
    Waiting,
}

/// Sensor that makes its images before it joins, as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Preparing {
    /// Digest of the file of its design.
    pub(super) digest: String,
    /// Its camera.
    pub(super) camera: u32,
    /// Objects that are ready.
    pub(super) done: u32,
    /// Objects in all; 0 while it is not known.
    pub(super) total: u32,
}

/// Sensor that wants to join.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hello {
    /// Digest of the file of its design.
    pub(super) digest: String,
    /// Its camera.
    pub(super) camera: u32,
    /// Fingerprint of its objects and their classes.
    pub(super) fingerprint: u64,
    /// Number of its objects.
    pub(super) objects: u32,
    /// Speed of its link; `None` if it sends as fast as it can.
    pub(super) pacing: Option<Pacing>,
}

/// Side that a message comes from, with what is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peer {
    /// Process that has not joined.
    Stranger,
    /// Sensor that sends so many bytes of codes.
    Sensor(usize),
    /// The aggregator.
    Aggregator,
}

impl Peer {
    /// Greatest length of a message of some kind; `None` if that side does not send it.
    pub(super) fn most(self, kind: u16) -> Option<usize> {
        match (self, kind) {
            (Self::Stranger, 1) => Some(HELLO),
            (Self::Stranger, 9) => Some(PREPARING),
            (Self::Aggregator, 2 | 4 | 8 | 10) => Some(0),
            (Self::Aggregator | Self::Sensor(_), 3) => Some(REASON),
            (Self::Sensor(_), 5) => Some(SENSED),
            (Self::Aggregator, 6) => Some(SEND),
            (Self::Sensor(codes), 7) => Some(codes),
            _ => None,
        }
    }
}

impl WireMessage {
    /// Number of the kind.
    pub(super) fn kind(&self) -> u16 {
        match self {
            Self::Hello(_) => 1,
            Self::Welcome => 2,
            Self::Refused(_) => 3,
            Self::Sense => 4,
            Self::Sensed { .. } => 5,
            Self::Send(_) => 6,
            Self::Codes(_) => 7,
            Self::End => 8,
            Self::Preparing(_) => 9,
            Self::Waiting => 10,
        }
    }

    /// The message as bytes, about an object.
    pub(super) fn to_frame(&self, number: u32) -> WireFrame {
        let payload = match self {
            Self::Hello(hello) => hello.to_bytes(),
            Self::Refused(reason) => {
                let end = (0..=reason.len().min(REASON)).rev().find(|&end| reason.is_char_boundary(end));
                reason.as_bytes()[..end.unwrap_or(0)].to_vec()
            }
            Self::Sensed { label, seconds } => [&label.to_le_bytes()[..], &seconds.to_le_bytes()].concat(),
            Self::Send(seconds) => seconds.to_le_bytes().to_vec(),
            Self::Codes(codes) => codes.clone(),
            Self::Preparing(preparing) => preparing.to_bytes(),
            Self::Welcome | Self::Sense | Self::End | Self::Waiting => Vec::new(),
        };
        WireFrame { kind: self.kind(), number, payload }
    }

    /// Content of a frame.
    ///
    /// # Errors
    /// It is none of its kind.
    pub(super) fn of_frame(frame: WireFrame) -> Result<Self, WireError> {
        let wrong = || WireError::Content(format!("a message of kind {} does not hold what it should", frame.kind));
        let mut fields = Fields(&frame.payload);
        let message = match frame.kind {
            1 => Self::Hello(Hello::read(&mut fields).ok_or_else(wrong)?),
            2 => Self::Welcome,
            3 => return Ok(Self::Refused(printable(&frame.payload))),
            4 => Self::Sense,
            5 => {
                let label = fields.take().map(u16::from_le_bytes);
                let seconds = fields.number();
                label.zip(seconds).map(|(label, seconds)| Self::Sensed { label, seconds }).ok_or_else(wrong)?
            }
            6 => Self::Send(fields.number().ok_or_else(wrong)?),
            7 => return Ok(Self::Codes(frame.payload)),
            8 => Self::End,
            9 => Self::Preparing(Preparing::read(&mut fields).ok_or_else(wrong)?),
            10 => Self::Waiting,
            other => return Err(WireError::Unexpected(other)),
        };
        if fields.0.is_empty() { Ok(message) } else { Err(wrong()) }
    }
}

/// A digest in a field of fixed length.
fn digest_field(digest: &str) -> Vec<u8> {
    let mut field = digest.as_bytes().to_vec();
    field.resize(DIGEST, b' ');
    field
}

impl Preparing {
    fn to_bytes(&self) -> Vec<u8> {
        let numbers = [self.camera, self.done, self.total];
        digest_field(&self.digest).into_iter().chain(numbers.iter().flat_map(|number| number.to_le_bytes())).collect()
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let digest = fields.digest()?;
        let [camera, done, total] = [fields.take()?, fields.take()?, fields.take()?].map(u32::from_le_bytes);
        Some(Self { digest, camera, done, total })
    }
}

impl Hello {
    fn to_bytes(&self) -> Vec<u8> {
        let digest = digest_field(&self.digest);
        let pacing = self.pacing.unwrap_or(Pacing { bytes_per_s: 0.0, latency_s: 0.0 });
        [
            &digest[..],
            &self.camera.to_le_bytes(),
            &self.fingerprint.to_le_bytes(),
            &self.objects.to_le_bytes(),
            &pacing.bytes_per_s.to_le_bytes(),
            &pacing.latency_s.to_le_bytes(),
        ]
        .concat()
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let digest = fields.digest()?;
        let camera = u32::from_le_bytes(fields.take()?);
        let fingerprint = u64::from_le_bytes(fields.take()?);
        let objects = u32::from_le_bytes(fields.take()?);
        let (bytes_per_s, latency_s) = (fields.number()?, fields.number()?);
        let pacing = (bytes_per_s > 0.0).then_some(Pacing { bytes_per_s, latency_s });
        Some(Self { digest, camera, fingerprint, objects, pacing })
    }
}

/// Bytes of a payload that are not read yet.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*field)
    }

    fn digest(&mut self) -> Option<String> {
        self.take::<DIGEST>().map(|field| printable(&field).trim_end().to_owned())
    }

    /// A number that is finite and not negative.
    fn number(&mut self) -> Option<f64> {
        self.take().map(f64::from_le_bytes).filter(|number| number.is_finite() && *number >= 0.0)
    }
}

/// Text of a peer as one line, without what a terminal would act on.
fn printable(bytes: &[u8]) -> String {
    text::in_line(&String::from_utf8_lossy(bytes)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_back_as_they_were_and_others_are_errors() {
        let pacing = Some(Pacing { bytes_per_s: 2.5, latency_s: 0.5 });
        let hello = Hello { digest: "d1".into(), camera: 3, fingerprint: 4, objects: 5, pacing };
        let messages = [
            WireMessage::Hello(hello.clone()),
            WireMessage::Hello(Hello { pacing: None, ..hello }),
            WireMessage::Welcome,
            WireMessage::Refused("no".into()),
            WireMessage::Sense,
            WireMessage::Sensed { label: 6, seconds: 0.25 },
            WireMessage::Send(1.5),
            WireMessage::Codes(vec![7]),
            WireMessage::End,
            WireMessage::Preparing(Preparing { digest: "d1".into(), camera: 1, done: 2, total: 3 }),
            WireMessage::Waiting,
        ];
        for message in messages {
            let frame = message.to_frame(1);
            assert_eq!(WireMessage::of_frame(frame.clone()).unwrap(), message);
            if !matches!(message, WireMessage::Refused(_) | WireMessage::Codes(_)) {
                let longer = WireFrame { payload: [&frame.payload[..], &[0]].concat(), ..frame.clone() };
                assert!(WireMessage::of_frame(longer).is_err(), "{message:?}");
                let shorter = frame.payload.len().checked_sub(1).map(|length| frame.payload[..length].to_vec());
                let shorter = shorter.map(|payload| WireMessage::of_frame(WireFrame { payload, ..frame }));
                assert!(shorter.is_none_or(|read| read.is_err()), "{message:?}");
            }
        }
        for wrong in [f64::NAN, f64::INFINITY, -1.0] {
            assert!(WireMessage::of_frame(WireMessage::Send(wrong).to_frame(0)).is_err());
        }
        let long = WireMessage::Refused("\u{1b}[31mé".repeat(500)).to_frame(0);
        assert!(long.payload.len() <= 512);
        let WireMessage::Refused(text) = WireMessage::of_frame(long).unwrap() else { panic!("it is a refusal") };
        assert!(!text.contains('\u{1b}'), "a terminal would act on it");
    }
}
