//! Recorded bytes of a connection.

use super::error::WireError;
use super::frame::WireFrame;
use super::message::{Peer, WireMessage};

/// Most bytes of codes in a recording.
const MOST_CODES: usize = 1 << 20;

/// Reads what one side of a connection sent, sensor or aggregator, as a recording of its bytes has it. Returns the
/// number of its messages.
///
/// # Errors
/// The bytes are not whole messages one after the other, or a message does not hold what its kind should.
pub fn read_messages(mut bytes: &[u8]) -> Result<usize, WireError> {
    let most =
        |kind| [Peer::Stranger, Peer::Sensor(MOST_CODES), Peer::Aggregator].iter().find_map(|peer| peer.most(kind));
    let mut messages = 0;
    while !bytes.is_empty() {
        WireMessage::of_frame(WireFrame::read(&mut bytes, &most)?)?;
        messages += 1;
    }
    Ok(messages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_counted_and_the_rest_of_one_is_an_error() {
        let messages =
            [WireMessage::Sense, WireMessage::Codes(vec![7; 9]), WireMessage::Sensed { label: 1, seconds: 0.5 }];
        let bytes: Vec<u8> = messages.iter().flat_map(|message| message.to_frame(3).to_bytes()).collect();
        assert_eq!(read_messages(&bytes).unwrap(), 3);
        assert_eq!(read_messages(&[]).unwrap(), 0);
        assert!(matches!(read_messages(&bytes[..bytes.len() - 1]), Err(WireError::Truncated)));
    }
}
