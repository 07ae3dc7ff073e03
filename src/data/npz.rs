//! Objects as NumPy archives (`.npz`): the very inputs of a network, for other programs.

use std::io::{Cursor, Write};
use std::path::Path;

use zip::ZipWriter;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;

use super::dataset::{Dataset, PixelStatistics};
use super::error::DataError;
use crate::files;

/// Alignment of the elements in an array's file, as the format asks for.
const ALIGNMENT: usize = 64;

/// Arrays of an archive, by name.
#[derive(Debug, Default)]
pub(crate) struct Arrays(Vec<(String, Vec<u8>)>);

impl Arrays {
    /// Adds an array of single-precision numbers.
    pub(crate) fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) {
        self.add(name, "<f4", shape, values.iter().flat_map(|value| value.to_le_bytes()).collect());
    }

    /// Adds an array of 32-bit integers.
    pub(crate) fn integers(&mut self, name: &str, shape: &[usize], values: &[i32]) {
        self.add(name, "<i4", shape, values.iter().flat_map(|value| value.to_le_bytes()).collect());
    }

    fn add(&mut self, name: &str, kind: &str, shape: &[usize], elements: Vec<u8>) {
        self.0.push((format!("{name}.npy"), array(kind, shape, &elements)));
    }

    /// Writes the archive.
    ///
    /// # Errors
    /// When the file can't be written.
    pub(crate) fn write(&self, path: &Path) -> Result<(), DataError> {
        let failed = |message: String| DataError::Picture { path: path.to_owned(), message };
        let archive = archive(&self.0).map_err(|error| failed(error.to_string()))?;
        files::write(path, &archive).map_err(|error| failed(error.to_string()))
    }
}

/// Writes the first `views` views of objects as training normalises them, each averaged down to `resolution` pixels
/// along an edge: `images`, single precision `[object, view, channel, row, column]`, with their `labels` and numbers in
/// the set (`objects`).
///
/// # Errors
/// When samples can't be read, or the file can't be written.
pub(crate) fn write(
    set: &Dataset,
    objects: &[u32],
    views: usize,
    resolution: usize,
    path: &Path,
) -> Result<(), DataError> {
    let statistics = set.statistics()?;
    let mut images = Vec::with_capacity(objects.len() * views * set.channels * resolution * resolution);
    for &object in objects {
        for view in 0..views {
            let bytes = set.view(object as usize, view)?;
            for (plane, statistics) in bytes.chunks_exact(set.height * set.width).zip(&statistics) {
                images.extend(averaged(&normalised(plane, *statistics), [set.height, set.width], resolution));
            }
        }
    }
    let labels: Vec<i32> = objects.iter().map(|&object| set.labels[object as usize].into()).collect();
    let numbers: Vec<i32> = objects.iter().map(|object| object.cast_signed()).collect();
    let mut arrays = Arrays::default();
    arrays.floats("images", &[objects.len(), views, set.channels, resolution, resolution], &images);
    arrays.integers("labels", &[objects.len()], &labels);
    arrays.integers("objects", &[objects.len()], &numbers);
    arrays.write(path)
}

/// Pixels of a channel, standardised.
fn normalised(plane: &[u8], PixelStatistics { mean, deviation }: PixelStatistics) -> Vec<f32> {
    plane.iter().map(|&byte| (f32::from(byte) / 255.0 - mean) / deviation).collect()
}

/// Pixels of a square of `side` pixels along an edge, each the mean of those that it covers.
fn averaged(plane: &[f32], [height, width]: [usize; 2], side: usize) -> Vec<f32> {
    if [height, width] == [side, side] {
        return plane.to_vec();
    }
    let covered = |at: usize, length: usize| at * length / side..((at + 1) * length).div_ceil(side);
    let mut seen = Vec::with_capacity(side * side);
    for row in 0..side {
        for column in 0..side {
            let columns = covered(column, width);
            let mut sum = 0.0;
            let mut count = 0;
            for line in covered(row, height) {
                sum += plane[line * width..][columns.clone()].iter().sum::<f32>();
                count += columns.len();
            }
            seen.push(sum / count as f32);
        }
    }
    seen
}

/// File of an array: version 1.0 of the format, row by row.
fn array(kind: &str, shape: &[usize], elements: &[u8]) -> Vec<u8> {
    let lengths = shape.iter().fold(String::new(), |lengths, length| lengths + &length.to_string() + ", ");
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({lengths}), }}");
    let opening = 10;
    let length = (opening + header.len() + 1).next_multiple_of(ALIGNMENT) - opening;
    header = format!("{header:<width$}\n", width = length - 1);
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((length as u16).to_le_bytes());
    file.extend(header.as_bytes());
    file.extend(elements);
    file
}

fn archive(arrays: &[(String, Vec<u8>)]) -> Result<Vec<u8>, ZipError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in arrays {
        zip.start_file(
            name.as_str(),
            SimpleFileOptions::default().large_file(content.len() as u64 >= u64::from(u32::MAX)),
        )?;
        zip.write_all(content)?;
    }
    Ok(zip.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_of_an_array_is_aligned_and_tells_its_shape() {
        let file = array("<f4", &[2, 3], &[7; 24]);
        assert_eq!((&file[..8], (file.len() - 24) % ALIGNMENT), (&b"\x93NUMPY\x01\x00"[..], 0));
        let length = usize::from(u16::from_le_bytes([file[8], file[9]]));
        let header = String::from_utf8(file[10..10 + length].to_vec()).unwrap();
        assert!(header.starts_with("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, ), }"), "{header}");
        assert!(header.ends_with('\n') && file[10 + length..] == [7; 24]);
    }

    #[test]
    fn pixels_are_averaged_over_what_they_cover() {
        let plane: Vec<f32> = (0..12).map(|n| n as f32).collect();
        // Rows 0 to 1 and 1 to 2 of three, columns in pairs of four.
        assert_eq!(averaged(&plane, [3, 4], 2), [2.5, 4.5, 6.5, 8.5]);
        assert_eq!(averaged(&plane[..4], [2, 2], 2), plane[..4]);
    }
}
