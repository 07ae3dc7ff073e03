//! IDX, the format of MNIST and its successors, plain or gzip: images (magic 0x00000803) and labels (0x00000801).
//!
//! All numbers are big-endian. The lengths must agree exactly with the header.

use std::io::{BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

use super::parse::{FilePosition, ParseError};

/// Grey images of one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Images {
    /// Number of images.
    pub count: usize,
    /// Rows of an image.
    pub rows: usize,
    /// Columns of an image.
    pub columns: usize,
    /// `[image, row, column]`.
    pub pixels: Vec<u8>,
}

/// First bytes of a gzip file.
const GZIP_MAGIC: [u8; 2] = [0x1F, 0x8B];
/// Largest content, unpacked (2 GiB).
const LARGEST: u64 = 2 << 30;

/// Reads images.
///
/// # Errors
/// When the magic is another one, or the content is shorter or longer than the header says.
pub(crate) fn read_images(file: impl Read) -> Result<Images, ParseError> {
    let ([count, rows, columns], pixels) = read::<3>(file, 0x0000_0803, "images")?;
    Ok(Images { count, rows, columns, pixels })
}

/// Reads labels.
///
/// # Errors
/// As [`read_images`].
pub(crate) fn read_labels(file: impl Read) -> Result<Vec<u8>, ParseError> {
    read::<1>(file, 0x0000_0801, "labels").map(|(_, labels)| labels)
}

/// Reads the header and exactly the content it announces.
fn read<const AXES: usize>(file: impl Read, magic: u32, what: &str) -> Result<([usize; AXES], Vec<u8>), ParseError> {
    let mut file = BufReader::new(file);
    let start = file.fill_buf().map_err(|error| ParseError::whole(error.to_string()))?;
    let input: Box<dyn Read + '_> =
        if start.starts_with(&GZIP_MAGIC) { Box::new(GzDecoder::new(file)) } else { Box::new(file) };
    let mut input = Counted { input, bytes: 0 };
    let found = input.number()?;
    if found != magic {
        let message = format!("expected the magic number {magic:#010x} of IDX {what}, found {found:#010x}");
        return Err(ParseError { place: FilePosition::Byte(0), message });
    }
    let mut axes = [0usize; AXES];
    for axis in &mut axes {
        *axis = input.number()? as usize;
    }
    let expected = axes.iter().try_fold(1u64, |product, &axis| product.checked_mul(axis as u64));
    let expected = expected.filter(|&bytes| bytes <= LARGEST).ok_or_else(|| ParseError {
        place: FilePosition::Byte(4),
        message: format!("sizes {axes:?} need more than {} MiB", LARGEST >> 20),
    })?;
    let header = input.bytes;
    let mut content = Vec::new();
    input.append(expected + 1, &mut content)?;
    if content.len() as u64 != expected {
        let relation = if (content.len() as u64) < expected { "ends after" } else { "goes on beyond" };
        let message = format!(
            "the header announces {expected} bytes of {what}, but the file {relation} {}",
            content.len().min(expected as usize)
        );
        return Err(ParseError { place: FilePosition::Byte(header + content.len() as u64), message });
    }
    Ok((axes, content))
}

/// Input that knows how much was read.
struct Counted<'a> {
    input: Box<dyn Read + 'a>,
    bytes: u64,
}

impl Counted<'_> {
    fn number(&mut self) -> Result<u32, ParseError> {
        let mut word = Vec::with_capacity(4);
        self.append(4, &mut word)?;
        let word: [u8; 4] = word.try_into().map_err(|_| ParseError {
            place: FilePosition::Byte(self.bytes),
            message: "the file ends within its header".to_owned(),
        })?;
        Ok(u32::from_be_bytes(word))
    }

    /// Reads up to `most` bytes; fewer when the input ends.
    fn append(&mut self, most: u64, content: &mut Vec<u8>) -> Result<(), ParseError> {
        let read = (&mut self.input).take(most).read_to_end(content);
        self.bytes += content.len() as u64;
        let broken = |error: std::io::Error| ParseError {
            place: FilePosition::Byte(self.bytes),
            message: format!("the content breaks off: {error}"),
        };
        read.map(|_| ()).map_err(broken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn images() -> Vec<u8> {
        let mut bytes = [0x803u32, 2, 2, 3].map(u32::to_be_bytes).concat();
        bytes.extend(0..12);
        bytes
    }

    fn zipped(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    }

    #[test]
    fn plain_and_compressed_are_the_same() {
        let expected = Images { count: 2, rows: 2, columns: 3, pixels: (0..12).collect() };
        assert_eq!(read_images(images().as_slice()), Ok(expected.clone()));
        assert_eq!(read_images(zipped(&images()).as_slice()), Ok(expected));
        let mut labels = [0x801u32, 3].map(u32::to_be_bytes).concat();
        labels.extend([4, 5, 6]);
        assert_eq!(read_labels(labels.as_slice()), Ok(vec![4, 5, 6]));
    }

    #[test]
    fn defects_name_their_byte() {
        let message = |bytes: &[u8]| read_images(bytes).expect_err("broken").to_string();
        let whole = images();
        assert_eq!(
            message(&whole[..27]),
            "byte 27: the header announces 12 bytes of images, but the file ends after 11"
        );
        let longer = [whole.as_slice(), &[0, 0]].concat();
        assert_eq!(
            message(&longer),
            "byte 29: the header announces 12 bytes of images, but the file goes on beyond 12"
        );
        assert_eq!(message(&whole[..10]), "byte 10: the file ends within its header");
        assert_eq!(
            message(&[0, 0, 8, 1, 0, 0, 0, 0]),
            "byte 0: expected the magic number 0x00000803 of IDX images, found 0x00000801"
        );
        let huge = [0x803u32, u32::MAX, u32::MAX, u32::MAX].map(u32::to_be_bytes).concat();
        assert!(message(&huge).contains("need more than"), "{}", message(&huge));
        let packed = zipped(&whole);
        assert!(
            message(&packed[..packed.len() - 9]).contains("breaks off"),
            "{}",
            message(&packed[..packed.len() - 9])
        );
    }
}
