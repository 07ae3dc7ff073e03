//! The binary files of CIFAR-10 and CIFAR-100: records of one or two label bytes and 3 x 32 x 32 pixels, plane by
//! plane.

use super::parse::{FilePosition, ParseError};

/// Pixels along an edge.
pub(crate) const EDGE: usize = 32;
/// Bytes of the pixels of a record: red, green and blue planes.
pub(crate) const PIXELS: usize = 3 * EDGE * EDGE;

/// Variant of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    /// Ten classes; a record starts with the label.
    Ten,
    /// A hundred classes; a record starts with the coarse label, then the fine one, which is used.
    Hundred,
}

impl Variant {
    /// Number of classes.
    pub(crate) fn classes(self) -> usize {
        match self {
            Self::Ten => 10,
            Self::Hundred => 100,
        }
    }

    /// Label bytes before the pixels.
    fn label_bytes(self) -> usize {
        match self {
            Self::Ten => 1,
            Self::Hundred => 2,
        }
    }

    /// Splits a file into labels and pixels `[record, channel, row, column]`.
    ///
    /// # Errors
    /// When the file is not a whole number of records, or a label is out of range.
    pub(crate) fn read(self, bytes: &[u8]) -> Result<(Vec<u8>, Vec<u8>), ParseError> {
        let record = self.label_bytes() + PIXELS;
        if bytes.is_empty() || !bytes.len().is_multiple_of(record) {
            let message = format!("{} bytes are not a whole number of records of {record}", bytes.len());
            return Err(ParseError::whole(message));
        }
        let mut labels = Vec::with_capacity(bytes.len() / record);
        let mut pixels = Vec::with_capacity(bytes.len() / record * PIXELS);
        for (at, record) in bytes.chunks_exact(record).enumerate() {
            let (label, image) = record.split_at(self.label_bytes());
            let label = label[label.len() - 1];
            if usize::from(label) >= self.classes() {
                let message = format!("the label is {label}, but there are only {} classes", self.classes());
                return Err(ParseError { place: FilePosition::Record(at), message });
            }
            labels.push(label);
            pixels.extend_from_slice(image);
        }
        Ok((labels, pixels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_both_variants() {
        let ten = [vec![7], vec![1; PIXELS], vec![0], vec![2; PIXELS]].concat();
        let (labels, pixels) = Variant::Ten.read(&ten).expect("valid");
        assert_eq!((labels, pixels.len(), pixels[PIXELS]), (vec![7, 0], 2 * PIXELS, 2));
        let hundred = [vec![3, 99], vec![5; PIXELS]].concat();
        assert_eq!(Variant::Hundred.read(&hundred).expect("valid").0, [99]);
    }

    #[test]
    fn defects_are_named() {
        let message = |bytes: &[u8]| Variant::Ten.read(bytes).expect_err("broken").to_string();
        assert_eq!(message(&[0; 3000]), "3000 bytes are not a whole number of records of 3073");
        let bad = [vec![1], vec![0; PIXELS], vec![10], vec![0; PIXELS]].concat();
        assert_eq!(message(&bad), "record 1: the label is 10, but there are only 10 classes");
    }
}
