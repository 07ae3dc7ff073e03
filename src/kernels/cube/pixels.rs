//! Images as bytes to normalised values on the device, so that a quarter of the bytes travel to it.

use burn::tensor::{Device, Tensor, TensorData};
use cubecl::prelude::*;

use super::record::{primitive, untracked};
use super::tensors::{buffer, count, each, empty, words_beside};

/// Normalised values `[images, height, width, channels]` of bytes `[image, channel, row, column]`; `levels` are the
/// values of each byte, channel by channel.
///
/// # Errors
/// The bytes, if the device is not of CubeCL's backend.
pub(crate) fn pixels(
    mut bytes: Vec<u8>,
    levels: &[[f32; 256]],
    shape: [usize; 4],
    device: &Device,
) -> Result<Tensor<4>, Vec<u8>> {
    let [_, height, width, channels] = shape;
    let plain = device.clone().inner();
    let levels = TensorData::new(levels.concat(), [channels * 256]);
    let Some(levels) = primitive(&Tensor::<1>::from_data(levels, &plain).into_dispatch()) else { return Err(bytes) };
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    let words = words_beside(&levels, bytes);
    let x = empty(&levels, shape);
    let (cubes, size) = each(&x.client, count(&x));
    pixels_kernel::launch(
        &x.client,
        cubes,
        size,
        words.into_buffer_arg(),
        buffer(&levels),
        buffer(&x),
        count(&x),
        height * width,
        channels,
    );
    let x = untracked(x);
    Ok(if device.is_autodiff() { Tensor::from_inner(x) } else { x })
}

/// Four bytes are a word, the first in its lowest bits.
#[cube(launch)]
fn pixels_kernel(words: &[u32], levels: &[f32], x: &mut [f32], values: usize, plane: usize, channels: usize) {
    let at = ABSOLUTE_POS;
    if at < values {
        let channel = at % channels;
        let pixel = at / channels;
        let from = (pixel / plane * channels + channel) * plane + pixel % plane;
        let word = words[from / 4];
        let byte = (word >> ((from % 4) as u32 * 8)) & 255;
        x[at] = levels[channel * 256 + byte as usize];
    }
}
