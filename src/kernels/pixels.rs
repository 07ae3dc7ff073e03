//! Images as bytes to normalised values.

use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

#[cfg(feature = "cube")]
use super::cube;

/// Normalised values `[images, height, width, channels]` of bytes `[image, channel, row, column]`; `levels` are the
/// values of each byte, channel by channel. A GPU gets the bytes.
pub(crate) fn pixels(bytes: Vec<u8>, levels: &[[f32; 256]], shape: [usize; 4], device: &Device) -> Tensor<4> {
    #[cfg(feature = "cube")]
    let bytes = match cube::pixels(bytes, levels, shape, device) {
        Ok(x) => return x,
        Err(bytes) => bytes,
    };
    let [_, height, width, channels] = shape;
    let mut values = vec![0.0; bytes.len()];
    let length = height * width * channels;
    values.par_chunks_mut(length).zip(bytes.par_chunks(length)).for_each(|(values, image)| {
        for (channel, (plane, levels)) in image.chunks_exact(height * width).zip(levels).enumerate() {
            for (pixel, &byte) in plane.iter().enumerate() {
                values[pixel * channels + channel] = levels[usize::from(byte)];
            }
        }
    });
    Tensor::from_data(TensorData::new(values, shape), device)
}
