//! Curves of a run as event files of TensorBoard.
//!
//! An event file is a TFRecord file: for each record its length as 64 bits, the masked CRC-32C of these, the record,
//! and the masked CRC-32C of that, all little-endian. Records are messages of `tensorflow/core/util/event.proto`, of
//! which only scalars are written.

use prost::Message;

use crate::record::{Event, Role};
use crate::run::{RunDir, RunError};

/// First record of every file.
const FILE_VERSION: &str = "brain.Event:2";

/// `tensorflow.Event`.
#[derive(Clone, PartialEq, Message)]
struct BoardEvent {
    #[prost(double, tag = "1")]
    wall_time: f64,
    #[prost(int64, tag = "2")]
    step: i64,
    #[prost(string, optional, tag = "3")]
    file_version: Option<String>,
    #[prost(message, optional, tag = "5")]
    summary: Option<BoardSummary>,
}

/// `tensorflow.Summary`.
#[derive(Clone, PartialEq, Message)]
struct BoardSummary {
    #[prost(message, repeated, tag = "1")]
    value: Vec<BoardScalar>,
}

/// `tensorflow.Summary.Value` with a `simple_value`.
#[derive(Clone, PartialEq, Message)]
struct BoardScalar {
    #[prost(string, tag = "1")]
    tag: String,
    // Its zero must be written: the field is one of several.
    #[prost(float, optional, tag = "2")]
    simple_value: Option<f32>,
}

/// An event file that grows by scalars.
struct EventFile {
    folder: String,
    bytes: Vec<u8>,
    began: f64,
}

/// Event files of a run by their paths: of the training, of accuracies measured on the way, of each search. Files
/// without a scalar are left out.
///
/// # Errors
/// The run's database fails.
pub(crate) fn event_files(run: &RunDir) -> Result<Vec<(String, Vec<u8>)>, RunError> {
    let events = run.store()?.events_after(0, usize::MAX)?;
    let began = events.first().map_or(0.0, |stored| stored.time);
    let [mut train, mut validation] = ["train", "validation"].map(|name| EventFile::new(name.to_owned(), began));
    let (mut searches, mut last_generation) = (Vec::new(), None);
    for stored in events {
        let time = stored.time;
        match stored.value.event {
            Event::Step(step) => {
                let mut scalars = vec![
                    ("learning rate".to_owned(), step.learning_rate),
                    ("gradient norm".to_owned(), step.gradient_norm),
                    ("images per second".to_owned(), step.images_per_s),
                    ("views".to_owned(), f64::from(step.views)),
                ];
                scalars.extend(by_role("loss", &step.losses));
                scalars.extend(by_role("accuracy", &step.accuracies));
                train.add(time, step.step, scalars);
            }
            Event::Evaluated(one) => {
                // Watched designs by their role; others, as a search measures them, would be points without a curve.
                if let Some(role) = one.role {
                    let tag = format!("accuracy/{} {} views {}", role.name(), one.views, one.precision.name());
                    validation.add(time, one.step, vec![(tag, one.accuracy)]);
                }
            }
            Event::Generation(one) => {
                let scalars = vec![
                    ("hypervolume".to_owned(), one.hypervolume),
                    ("evaluations".to_owned(), one.evaluations as f64),
                ];
                // Another search counts its generations anew: a curve of its own.
                if last_generation.is_none_or(|last| one.generation <= last) {
                    let number = searches.len() + 1;
                    let name = if number == 1 { "search".to_owned() } else { format!("search-{number}") };
                    searches.push(EventFile::new(name, began));
                }
                last_generation = Some(one.generation);
                if let Some(search) = searches.last_mut() {
                    search.add(time, u64::from(one.generation), scalars);
                }
            }
            _ => {}
        }
    }
    Ok([train, validation].into_iter().chain(searches).filter_map(EventFile::finish).collect())
}

/// Mean of each role in a step, by its tag: a step has several random networks.
fn by_role(name: &str, list: &[(Role, f64)]) -> Vec<(String, f64)> {
    let mean = |role: Role| {
        let values: Vec<f64> = list.iter().filter(|(other, _)| *other == role).map(|(_, value)| *value).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        (!values.is_empty()).then(|| (format!("{name}/{}", role.name()), mean))
    };
    Role::ALL.into_iter().filter_map(mean).collect()
}

impl EventFile {
    fn new(folder: String, began: f64) -> Self {
        Self { folder, bytes: Vec::new(), began }
    }

    fn add(&mut self, wall_time: f64, step: u64, scalars: Vec<(String, f64)>) {
        let scalar = |(tag, value): (String, f64)| BoardScalar { tag, simple_value: Some(value as f32) };
        let value: Vec<BoardScalar> = scalars.into_iter().filter(|(_, value)| value.is_finite()).map(scalar).collect();
        if value.is_empty() {
            return;
        }
        if self.bytes.is_empty() {
            let version = Some(FILE_VERSION.to_owned());
            self.record(&BoardEvent { wall_time: self.began, step: 0, file_version: version, summary: None });
        }
        let step = i64::try_from(step).unwrap_or(i64::MAX);
        self.record(&BoardEvent { wall_time, step, file_version: None, summary: Some(BoardSummary { value }) });
    }

    fn record(&mut self, event: &BoardEvent) {
        let message = event.encode_to_vec();
        let length = (message.len() as u64).to_le_bytes();
        self.bytes.extend(length);
        self.bytes.extend(masked(crc32c(&length)).to_le_bytes());
        self.bytes.extend(&message);
        self.bytes.extend(masked(crc32c(&message)).to_le_bytes());
    }

    fn finish(self) -> Option<(String, Vec<u8>)> {
        let name = format!("{}/events.out.tfevents.{}.splitscope", self.folder, self.began as u64);
        (!self.bytes.is_empty()).then_some((name, self.bytes))
    }
}

/// CRC-32C (Castagnoli) of each byte, reflected.
const CRC_TABLE: [u32; 256] = crc_table();

const fn crc_table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut crc, mut bit) = (byte as u32, 0);
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
}

fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| CRC_TABLE[((crc ^ u32::from(byte)) & 0xff) as usize] ^ crc >> 8)
}

/// The checksum as TFRecord files have it: a file of checksums of checksums would be weak.
fn masked(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        // RFC 3720, B.4: 32 bytes of zeros, of ones, ascending.
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        let ascending: Vec<u8> = (0..32).collect();
        assert_eq!(crc32c(&ascending), 0x46dd_794e);
    }

    #[test]
    fn a_scalar_of_zero_is_written() {
        let mut file = EventFile::new("train".to_owned(), 1.0);
        file.add(2.0, 3, vec![("loss".to_owned(), 0.0), ("bad".to_owned(), f64::NAN)]);
        let (name, bytes) = file.finish().unwrap();
        assert_eq!(name, "train/events.out.tfevents.1.splitscope");
        let mut records = Vec::new();
        let mut rest = bytes.as_slice();
        while let Some((head, tail)) = rest.split_at_checked(12) {
            let length = u64::from_le_bytes(head[..8].try_into().unwrap()) as usize;
            assert_eq!(u32::from_le_bytes(head[8..].try_into().unwrap()), masked(crc32c(&head[..8])));
            records.push(BoardEvent::decode(&tail[..length]).unwrap());
            rest = &tail[length + 4..];
        }
        assert_eq!(records[0].file_version.as_deref(), Some(FILE_VERSION));
        let summary = records[1].summary.clone().unwrap();
        assert_eq!((records[1].step, summary.value.len(), summary.value[0].simple_value), (3, 1, Some(0.0)));
    }
}
