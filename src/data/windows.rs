//! One picture as seen by several sensors: overlapping windows, or jittered crops. Real pictures then exercise fusion.

use image::DynamicImage;

use super::formats::picture::{CropWindow, scale};
use super::pose::{ViewMode, WINDOW_PLACES};
use super::random::Stream;
use super::shape::SampleShape;

/// Share of an edge that a window covers: four windows of 16 cover 28 pixels.
const WINDOW: f32 = 4.0 / 7.0;

/// Writes the views of one picture into `sample`, `[view, channel, size, size]`. A single view is the whole picture; of
/// several, the first ones do not depend on their number.
pub(crate) fn write_views(
    picture: &DynamicImage,
    views: ViewMode,
    shape: SampleShape,
    stream: &Stream,
    sample: &mut [u8],
) {
    for (view, planes) in sample.chunks_exact_mut(shape.view_bytes()).enumerate() {
        let window = match views {
            _ if shape.views == 1 => CropWindow::WHOLE,
            ViewMode::Windows => fixed(view),
            ViewMode::Crops => random(&mut stream.fork(view as u64)),
        };
        scale(picture, window, shape.size, planes);
    }
}

fn fixed(view: usize) -> CropWindow {
    let (column, row) = WINDOW_PLACES[view % WINDOW_PLACES.len()];
    let free = 1.0 - WINDOW;
    CropWindow { left: free * f32::from(column) / 3.0, top: free * f32::from(row) / 2.0, width: WINDOW, height: WINDOW }
}

fn random(stream: &mut Stream) -> CropWindow {
    let (width, height) = (stream.between(0.65, 0.9), stream.between(0.65, 0.9));
    CropWindow { left: stream.between(0.0, 1.0 - width), top: stream.between(0.0, 1.0 - height), width, height }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, Luma};

    fn views(views: ViewMode, count: usize) -> Vec<u8> {
        let picture = DynamicImage::ImageLuma8(GrayImage::from_fn(28, 28, |x, y| Luma([(x + 8 * y) as u8])));
        let shape = SampleShape::checked(count, 16, 1).expect("valid");
        let mut sample = vec![0; shape.object_bytes()];
        write_views(&picture, views, shape, &Stream::new(1, 2), &mut sample);
        sample
    }

    #[test]
    fn the_first_four_windows_are_the_unscaled_corners() {
        let sample = views(ViewMode::Windows, 4);
        let corner = |view: usize| u32::from(sample[view * 256]);
        assert_eq!([corner(0), corner(1), corner(2), corner(3)], [0, 12 + 96, 12, 96]);
        assert_eq!(sample[17], 9);
    }

    #[test]
    fn more_views_start_with_the_fewer() {
        for mode in [ViewMode::Windows, ViewMode::Crops] {
            assert_eq!(views(mode, 3), views(mode, 12)[..3 * 256]);
            assert_ne!(views(mode, 1), views(mode, 2)[..256]);
        }
    }
}
