//! Bounds on a file, checked before any of it is decoded: each field lies within the file, and neither the number of
//! parts nor that of spelt-out numbers would take much more memory than the file.

use super::error::OnnxError;

/// Most fields of all messages together.
const MOST_PARTS: usize = 500_000;
/// Most bytes of whole numbers that are not raw data.
const MOST_NUMBERS: usize = 32 << 20;

/// Messages that hold others.
#[derive(Clone, Copy)]
enum MessageKind {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    /// Any other message; no message inside it is decoded into a list.
    Leaf,
    /// Types and shapes, which nest to a fixed depth.
    Type(u8),
}

/// Content of a field.
enum FieldContent {
    Message(MessageKind),
    Numbers,
    Other,
}

impl MessageKind {
    /// Content of a field of such a message, by its number.
    const fn content(self, field: u64) -> FieldContent {
        match (self, field) {
            (Self::Model, 7) => FieldContent::Message(Self::Graph),
            (Self::Graph, 1) => FieldContent::Message(Self::Node),
            (Self::Graph | Self::Attribute, 5) => FieldContent::Message(Self::Tensor),
            (Self::Graph, 11..=13) => FieldContent::Message(Self::Type(4)),
            (Self::Node, 5) => FieldContent::Message(Self::Attribute),
            (Self::Tensor, 13) | (Self::Model, 8) => FieldContent::Message(Self::Leaf),
            (Self::Type(depth), 1 | 2) if depth > 0 => FieldContent::Message(Self::Type(depth - 1)),
            (Self::Attribute, 8) | (Self::Tensor, 1 | 5 | 7) => FieldContent::Numbers,
            _ => FieldContent::Other,
        }
    }
}

/// Checks a whole model.
pub(super) fn check(content: &[u8]) -> Result<(), OnnxError> {
    Scan { content, parts: 0, numbers: 0 }.message(MessageKind::Model, 0, content.len())
}

struct Scan<'a> {
    content: &'a [u8],
    parts: usize,
    numbers: usize,
}

impl Scan<'_> {
    /// Checks the fields of a message from byte `at` to `end`.
    fn message(&mut self, kind: MessageKind, mut at: usize, end: usize) -> Result<(), OnnxError> {
        while at < end {
            self.parts += 1;
            if self.parts > MOST_PARTS {
                return Err(OnnxError::Parts(MOST_PARTS));
            }
            let start = at;
            let key = self.varint(&mut at, end)?;
            let length = match key & 7 {
                0 => {
                    self.varint(&mut at, end)?;
                    0
                }
                1 => 8,
                2 => self.varint(&mut at, end)?,
                5 => 4,
                _ => return Err(OnnxError::Form { at: start }),
            };
            let next = usize::try_from(length).ok().and_then(|length| at.checked_add(length));
            let next = next.filter(|&next| next <= end).ok_or(OnnxError::Truncated { at: start })?;
            if key & 7 == 2 {
                match kind.content(key >> 3) {
                    // Names and shapes: a text looks like a message of any form.
                    FieldContent::Message(MessageKind::Type(depth)) => self.types(depth, at, next)?,
                    FieldContent::Message(kind) => self.message(kind, at, next)?,
                    FieldContent::Numbers => self.numbers += next - at,
                    FieldContent::Other => {}
                }
                if self.numbers > MOST_NUMBERS {
                    return Err(OnnxError::Numbers(MOST_NUMBERS));
                }
            }
            at = next;
        }
        Ok(())
    }

    /// Counts the parts of types. What is no type is told when it is decoded.
    fn types(&mut self, depth: u8, at: usize, end: usize) -> Result<(), OnnxError> {
        let parts = self.parts;
        match self.message(MessageKind::Type(depth), at, end) {
            Err(OnnxError::Parts(most)) => Err(OnnxError::Parts(most)),
            Err(_) if depth < 4 => {
                self.parts = parts + 1;
                Ok(())
            }
            result => result,
        }
    }

    fn varint(&self, at: &mut usize, end: usize) -> Result<u64, OnnxError> {
        let start = *at;
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let truncated = || OnnxError::Truncated { at: start };
            if *at >= end {
                return Err(truncated());
            }
            let byte = *self.content.get(*at).ok_or_else(truncated)?;
            *at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(OnnxError::Form { at: start })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Bytes, OnnxError, read};

    fn error(content: &[u8]) -> OnnxError {
        read(Bytes::copy_from_slice(content)).unwrap_err()
    }

    #[test]
    fn lengths_beyond_the_file_are_refused_before_memory_is_taken() {
        // A graph of 2^31 - 1 bytes, and one of 2^64 - 1.
        assert_eq!(error(&[0x3a, 0xff, 0xff, 0xff, 0xff, 0x07, 1]), OnnxError::Truncated { at: 0 });
        let endless = [0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!(error(&endless), OnnxError::Truncated { at: 0 });
        assert_eq!(error(&[0x3a, 0xff]), OnnxError::Truncated { at: 1 });
    }

    #[test]
    fn groups_text_and_nothing_are_no_model() {
        assert_eq!(error(&[0x3b, 0x3c]), OnnxError::Form { at: 0 });
        assert_eq!(error(&[0xff; 20]), OnnxError::Form { at: 0 });
        assert_eq!(error(b""), OnnxError::NoGraph);
        assert!(matches!(error(b"layer,kind,cin\n"), OnnxError::Form { .. } | OnnxError::Truncated { .. }));
    }

    #[test]
    fn a_million_empty_nodes_are_refused() {
        let mut graph = Vec::new();
        for _ in 0..1_000_000 {
            graph.extend([0x0a, 0]);
        }
        let mut model = vec![0x3a];
        prost::encoding::encode_varint(graph.len() as u64, &mut model);
        model.extend(graph);
        assert!(matches!(error(&model), OnnxError::Parts(_)));
    }
}
