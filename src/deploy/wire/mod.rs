//! A split that runs: sensor processes and one aggregator with a paced link between them.
//!
//! The aggregator leads. For each object it asks all sensors to compute their half, waits for their answers, and gives
//! each leave to send its codes: at once on dedicated links, in turns on a shared one. It fuses what has come, so that
//! a lost sensor costs a view and no more.
//!
//! ```text
//! error       reasons for which a connection ends
//! frame       messages as bytes: header with version, length and checksum
//! message     content of messages, and who may send them
//! pacing      a link's speed on a faster one
//! images      test objects as one camera sees them
//! sensor      process of a camera
//! joining     connections until they have joined
//! roster      sensors that have joined, and their answers
//! aggregator  process that leads
//! recording   recorded bytes of a connection
//! ```
//!
//! Standard threads and sockets. Nothing that a peer says is believed: lengths are checked before memory is taken,
//! every wait has an end, and a peer that breaks the protocol is cut off.

mod aggregator;
mod error;
mod frame;
mod images;
mod joining;
mod message;
mod pacing;
mod recording;
mod roster;
mod sensor;
#[cfg(test)]
mod tests;

pub use aggregator::{Aggregator, AggregatorSettings};
pub use error::WireError;
pub use images::CameraImages;
pub use pacing::Pacing;
pub use recording::read_messages;
pub use sensor::{SensorHalf, SensorPreparation, SensorSummary};
