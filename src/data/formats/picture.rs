//! Still pictures: decoding within limits (by the `image` crate), cutting, and scaling into planes of bytes.

use std::io::Cursor;

use image::imageops::FilterType;
use image::{DynamicImage, ImageReader, Limits, Rgb, RgbImage};

use super::parse::ParseError;

/// File extensions of pictures, in lower case.
pub(crate) const EXTENSIONS: [&str; 9] = ["jpg", "jpeg", "png", "ppm", "pgm", "bmp", "tif", "tiff", "webp"];

/// Longest edge that is decoded, in pixels.
const LONGEST_EDGE: u32 = 16_384;
/// Most memory that decoding one picture may take (256 MiB).
const DECODE_BYTES: u64 = 256 << 20;

/// A part of a picture, in shares of its edges: left, top, width, height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CropWindow {
    /// Left edge, 0 to 1.
    pub left: f32,
    /// Upper edge, 0 to 1.
    pub top: f32,
    /// Share of the width, above 0 to 1.
    pub width: f32,
    /// Share of the height, above 0 to 1.
    pub height: f32,
}

impl CropWindow {
    /// The whole picture.
    pub(crate) const WHOLE: Self = Self { left: 0.0, top: 0.0, width: 1.0, height: 1.0 };
}

/// Decodes a picture of any supported format, recognised by its content. Transparent parts become white.
///
/// # Errors
/// When the content is no picture, is broken, or is larger than the limits.
pub(crate) fn decode(bytes: &[u8]) -> Result<DynamicImage, ParseError> {
    let unreadable = |error: image::ImageError| ParseError::whole(error.to_string());
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|error| ParseError::whole(error.to_string()))?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_EDGE);
    limits.max_image_height = Some(LONGEST_EDGE);
    limits.max_alloc = Some(DECODE_BYTES);
    reader.limits(limits);
    let picture = reader.decode().map_err(unreadable)?;
    if picture.width() == 0 || picture.height() == 0 {
        return Err(ParseError::whole("the picture has no pixels"));
    }
    Ok(if picture.color().has_alpha() { on_white(&picture) } else { picture })
}

/// Scales a part of a picture to `size` x `size` pixels and writes it as planes: `[channel, row, column]`;
/// `plane.len()` tells whether there is one channel (grey) or three.
pub(crate) fn scale(picture: &DynamicImage, window: CropWindow, size: usize, planes: &mut [u8]) {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let left = ((window.left * width).round() as u32).min(picture.width() - 1);
    let top = ((window.top * height).round() as u32).min(picture.height() - 1);
    let columns = ((window.width * width).round() as u32).clamp(1, picture.width() - left);
    let rows = ((window.height * height).round() as u32).clamp(1, picture.height() - top);
    let part = picture.crop_imm(left, top, columns, rows);
    let scaled = if (columns, rows) == (size as u32, size as u32) {
        part
    } else {
        part.resize_exact(size as u32, size as u32, FilterType::Triangle)
    };
    let area = size * size;
    if planes.len() == area {
        planes.copy_from_slice(scaled.to_luma8().as_raw());
    } else {
        for (at, pixel) in scaled.to_rgb8().pixels().enumerate() {
            for (channel, &value) in pixel.0.iter().enumerate() {
                planes[channel * area + at] = value;
            }
        }
    }
}

/// Lays a picture with transparency on white.
fn on_white(picture: &DynamicImage) -> DynamicImage {
    let source = picture.to_rgba8();
    let flat = RgbImage::from_fn(source.width(), source.height(), |x, y| {
        let [red, green, blue, alpha] = source.get_pixel(x, y).0.map(u16::from);
        Rgb([red, green, blue].map(|c| ((c * alpha + 255 * (255 - alpha) + 127) / 255) as u8))
    });
    DynamicImage::ImageRgb8(flat)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, ImageFormat, Luma, Rgba, RgbaImage};

    fn png(picture: impl Into<DynamicImage>) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.into().write_to(&mut bytes, ImageFormat::Png).expect("memory");
        bytes.into_inner()
    }

    #[test]
    fn windows_are_cut_and_scaled() {
        let picture = GrayImage::from_fn(8, 8, |x, y| Luma([if x < 4 && y < 4 { 200 } else { 10 }]));
        let picture = decode(&png(picture)).expect("a picture");
        let mut plane = [0; 4];
        scale(&picture, CropWindow { left: 0.0, top: 0.0, width: 0.5, height: 0.5 }, 2, &mut plane);
        assert_eq!(plane, [200; 4]);
        scale(&picture, CropWindow::WHOLE, 2, &mut plane);
        assert!(plane[0] > 120 && plane[3] < 60, "{plane:?}");
        let mut same = [0; 64];
        scale(&picture, CropWindow::WHOLE, 8, &mut same);
        assert_eq!((same[0], same[63]), (200, 10));
    }

    #[test]
    fn colour_comes_as_planes_and_transparency_as_white() {
        let picture =
            RgbaImage::from_fn(2, 2, |x, _| if x == 0 { Rgba([250, 100, 0, 255]) } else { Rgba([0, 0, 0, 0]) });
        let picture = decode(&png(picture)).expect("a picture");
        let mut planes = [0; 12];
        scale(&picture, CropWindow::WHOLE, 2, &mut planes);
        assert_eq!(planes, [250, 255, 250, 255, 100, 255, 100, 255, 0, 255, 0, 255]);
    }

    #[test]
    fn broken_and_huge_pictures_are_refused() {
        assert!(decode(b"no picture").is_err());
        let bytes = png(GrayImage::new(8, 8));
        assert!(decode(&bytes[..bytes.len() / 2]).is_err());
        let huge = b"P5 60000 60000 255\n";
        assert!(decode(huge).is_err());
    }
}
