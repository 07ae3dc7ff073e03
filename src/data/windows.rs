//! One picture as seen by several sensors: overlapping windows, or jittered crops. Real pictures then exercise fusion.

use image::DynamicImage;

use super::formats::picture::{Window, scale};
use super::pose::Rig;
use super::random::Stream;
use super::shape::Shape;

/// How one picture becomes several views.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Views {
    /// Fixed windows of 4/7 of each edge (16 of 28 pixels) that overlap; the first four are the corners.
    #[default]
    Windows,
    /// Crops of 65 to 90 % of each edge at random places, the same for the same seed and object.
    Crops,
}

impl Views {
    /// Both, with the names they have in a data set specification.
    pub const ALL: [(&'static str, Self); 2] = [("windows", Self::Windows), ("crops", Self::Crops)];

    /// How such views stand to each other.
    pub fn rig(self) -> Rig {
        match self {
            Self::Windows => Rig::Windows,
            Self::Crops => Rig::Loose,
        }
    }
}

/// Share of an edge that a window covers: four windows of 16 cover 28 pixels.
const WINDOW: f32 = 4.0 / 7.0;

/// Places of the windows on a grid of 4 columns and 3 rows: the corners first, opposite ones after each other, then the middle,
/// then the edges, so that any number of windows is spread.
const PLACES: [(u8, u8); 12] =
    [(0, 0), (3, 2), (3, 0), (0, 2), (1, 1), (2, 1), (0, 1), (3, 1), (1, 0), (2, 2), (2, 0), (1, 2)];

/// Writes the views of one picture into `sample`, `[view, channel, size, size]`. A single view is the whole picture; of
/// several, the first ones do not depend on their number.
pub fn write_views(picture: &DynamicImage, views: Views, shape: Shape, stream: &Stream, sample: &mut [u8]) {
    for (view, planes) in sample.chunks_exact_mut(shape.view_bytes()).enumerate() {
        let window = match views {
            _ if shape.views == 1 => Window::WHOLE,
            Views::Windows => fixed(view),
            Views::Crops => random(&mut stream.fork(view as u64)),
        };
        scale(picture, window, shape.size, planes);
    }
}

/// The window at the place of window `view` in a mirror.
pub fn mirrored(view: usize) -> Option<usize> {
    let (column, row) = PLACES[view % PLACES.len()];
    PLACES.iter().position(|&place| place == (3 - column, row))
}

fn fixed(view: usize) -> Window {
    let (column, row) = PLACES[view % PLACES.len()];
    let free = 1.0 - WINDOW;
    Window { left: free * f32::from(column) / 3.0, top: free * f32::from(row) / 2.0, width: WINDOW, height: WINDOW }
}

fn random(stream: &mut Stream) -> Window {
    let (width, height) = (stream.between(0.65, 0.9), stream.between(0.65, 0.9));
    Window { left: stream.between(0.0, 1.0 - width), top: stream.between(0.0, 1.0 - height), width, height }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, Luma};

    fn views(views: Views, count: usize) -> Vec<u8> {
        let picture = DynamicImage::ImageLuma8(GrayImage::from_fn(28, 28, |x, y| Luma([(x + 8 * y) as u8])));
        let shape = Shape::checked(count, 16, 1).expect("valid");
        let mut sample = vec![0; shape.object_bytes()];
        write_views(&picture, views, shape, &Stream::new(1, 2), &mut sample);
        sample
    }

    #[test]
    fn the_first_four_windows_are_the_unscaled_corners() {
        let sample = views(Views::Windows, 4);
        let corner = |view: usize| u32::from(sample[view * 256]);
        assert_eq!([corner(0), corner(1), corner(2), corner(3)], [0, 12 + 96, 12, 96]);
        assert_eq!(sample[17], 9);
    }

    #[test]
    fn more_views_start_with_the_fewer() {
        for mode in [Views::Windows, Views::Crops] {
            assert_eq!(views(mode, 3), views(mode, 12)[..3 * 256]);
            assert_ne!(views(mode, 1), views(mode, 2)[..256]);
        }
    }
}
