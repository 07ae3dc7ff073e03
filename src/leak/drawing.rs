//! Values as pictures.

use crate::record::Bitmap;

/// Bitmap of planes `[channel, row, column]` of pixels between 0 and 1.
pub(super) fn planes(pixels: &[f64], side: usize) -> Bitmap {
    let plane = side * side;
    let channels = pixels.len() / plane;
    let value = |at: usize| byte(pixels[at % channels * plane + at / channels]);
    let values = (0..pixels.len()).map(value).collect();
    Bitmap { width: side as u32, height: side as u32, channels: channels as u32, values }
}

/// Bitmap of a code `[row, column, channel]`: its channels as tiles, as nearly square as may be, from its smallest
/// value (black) to its largest (white).
pub(super) fn tiles(code: &[f32], [height, width, channels]: [usize; 3]) -> Bitmap {
    let low = f64::from(code.iter().copied().fold(f32::INFINITY, f32::min));
    let high = f64::from(code.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let range = if high > low { high - low } else { 1.0 };
    let across = (channels as f64).sqrt().ceil().max(1.0) as usize;
    let (columns, rows) = (across * width, channels.div_ceil(across) * height);
    let mut values = vec![0; columns * rows];
    for (at, &value) in code.iter().enumerate() {
        let (row, column, channel) = (at / channels / width, at / channels % width, at % channels);
        let (top, left) = (channel / across * height, channel % across * width);
        values[(top + row) * columns + left + column] = byte((f64::from(value) - low) / range);
    }
    Bitmap { width: columns as u32, height: rows as u32, channels: 1, values }
}

fn byte(share: f64) -> u8 {
    (share * 255.0).round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_of_a_code_stand_side_by_side() {
        // Two channels of one row and two columns: [0, 1] and [2, 4].
        let picture = tiles(&[0.0, 2.0, 1.0, 4.0], [1, 2, 2]);
        assert_eq!((picture.width, picture.height), (4, 1));
        assert_eq!(picture.values, [0, 64, 128, 255]);
    }

    #[test]
    fn planes_become_pixels() {
        let picture = planes(&[0.0, 1.0, 0.5, 0.0, 1.0, 1.0, 0.0, 0.0, 0.2, 0.2, 0.2, 0.2], 2);
        assert_eq!((picture.channels, &picture.values[..6]), (3, &[0, 255, 51, 255, 255, 51][..]));
    }
}
