//! Changing samples a little at random for training. Nothing of this is done when evaluating.
//!
//! Each object's changes follow from a stream of random numbers that the caller keys by step and object, so the order
//! of a batch and the number of threads make no difference.

use serde::{Deserialize, Serialize};

use super::dataset::Dataset;
use super::error::DataError;
use super::pose::Pose;
use super::random::Stream;

/// Strength of the random changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strength {
    /// Not at all.
    None,
    /// Moved by a pixel or so, a little brighter or darker: for objects that always stand the same way.
    Slight,
    /// Turned and mirrored where the set allows as well.
    #[default]
    Gentle,
    /// More of it, each camera also rolled and moved nearer or farther, some views missing or partly covered: for small
    /// sets.
    Strong,
}

/// Random changes and their largest extent. [`Augmentation::NONE`] changes nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Augmentation {
    /// Largest shift of a view in shares of its edge, each view and axis on its own (as a camera that is not quite in
    /// its place).
    pub shift: f32,
    /// Largest roll of a camera about its axis in degrees, each on its own.
    pub roll_degrees: f32,
    /// Largest relative change of the scale of a view, each on its own.
    pub zoom: f32,
    /// `true` if an object may be turned and mirrored as the set's [`Pose`]s say.
    pub pose: bool,
    /// Largest relative change of brightness, the same for all views of an object.
    pub brightness: f32,
    /// Chance of a view to be black; at least one view of an object is kept.
    pub drop_view: f32,
    /// Chance of a view to be partly covered by a grey rectangle of a quarter to a half of each edge.
    pub occlude_view: f32,
}

/// Sizes of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Frame {
    channels: usize,
    height: usize,
    width: usize,
}

/// An [`Augmentation`] made ready for a set.
#[derive(Debug, Clone)]
pub(crate) struct Augmenter {
    augmentation: Augmentation,
    poses: Vec<Pose>,
    frame: Frame,
}

impl From<Strength> for Augmentation {
    fn from(strength: Strength) -> Self {
        match strength {
            Strength::None => Self::NONE,
            Strength::Slight => Self { shift: 1.0 / 32.0, brightness: 0.1, ..Self::NONE },
            Strength::Gentle => Self { pose: true, ..Strength::Slight.into() },
            Strength::Strong => Self {
                shift: 2.0 / 32.0,
                roll_degrees: 8.0,
                zoom: 0.1,
                pose: true,
                brightness: 0.2,
                drop_view: 0.1,
                occlude_view: 0.1,
            },
        }
    }
}

impl Augmentation {
    /// No change.
    pub(crate) const NONE: Self = Self {
        shift: 0.0,
        roll_degrees: 0.0,
        zoom: 0.0,
        pose: false,
        brightness: 0.0,
        drop_view: 0.0,
        occlude_view: 0.0,
    };

    /// Appends a changed copy of `views`, `[view, channel, height, width]`, to `changed`.
    fn apply(&self, views: &[u8], frame: Frame, mirrored: bool, stream: &mut Stream, changed: &mut Vec<u8>) {
        let view_bytes = frame.channels * frame.height * frame.width;
        let first = changed.len();
        changed.resize(first + views.len(), 0);
        let gain = 1.0 + stream.between(-self.brightness, self.brightness);
        let kept = stream.below(views.len() / view_bytes);
        let targets = changed[first..].chunks_exact_mut(view_bytes);
        for (view, (source, target)) in views.chunks_exact(view_bytes).zip(targets).enumerate() {
            if stream.chance(self.drop_view) && view != kept {
                continue;
            }
            if self.roll_degrees > 0.0 || self.zoom > 0.0 {
                copy_tilted(source, target, frame, mirrored, self.tilt(frame, stream));
            } else {
                let mut shift = |edge: usize| {
                    let most = (self.shift * edge as f32).round() as usize;
                    stream.below(2 * most + 1).cast_signed() - most.cast_signed()
                };
                let shift = [shift(frame.width), shift(frame.height)];
                copy_moved(source, target, frame, mirrored, shift);
            }
            if gain.to_bits() != 1.0f32.to_bits() {
                for pixel in target.iter_mut() {
                    *pixel = (f32::from(*pixel) * gain).round().clamp(0.0, 255.0) as u8;
                }
            }
            if stream.chance(self.occlude_view) {
                cover(target, frame, stream);
            }
        }
    }

    /// A random [`Tilt`].
    fn tilt(&self, frame: Frame, stream: &mut Stream) -> Tilt {
        let roll = stream.between(-self.roll_degrees, self.roll_degrees).to_radians();
        let scale = 1.0 / (1.0 + stream.between(-self.zoom, self.zoom));
        let mut shift = |edge: usize| stream.between(-self.shift, self.shift) * edge as f32;
        Tilt { along: scale * roll.cos(), across: scale * roll.sin(), shift: [shift(frame.width), shift(frame.height)] }
    }
}

impl Augmenter {
    /// For the samples of a set.
    pub(crate) fn new(set: &Dataset, augmentation: impl Into<Augmentation>) -> Self {
        let augmentation = augmentation.into();
        let mut poses = set.poses();
        poses.truncate(if augmentation.pose { usize::MAX } else { 1 });
        let frame = Frame { channels: set.channels, height: set.height, width: set.width };
        Self { augmentation, poses, frame }
    }

    /// Appends an object as the sensors that usually get `views` may see it: `[view, channel, height, width]`.
    ///
    /// # Errors
    /// When the samples are in a file that cannot be read.
    ///
    /// # Panics
    /// When `set` is not the one this was made for, or there is no such object or view, or `views` is empty.
    pub(crate) fn append(
        &self,
        set: &Dataset,
        object: usize,
        views: impl IntoIterator<Item = usize>,
        stream: &mut Stream,
        changed: &mut Vec<u8>,
    ) -> Result<(), DataError> {
        let pose = &self.poses[stream.below(self.poses.len())];
        let mut seen = Vec::new();
        for view in views {
            seen.extend_from_slice(&set.view(object, pose.order[view])?);
        }
        self.augmentation.apply(&seen, self.frame, pose.mirrored, stream, changed);
        Ok(())
    }
}

/// Copies a view, moved by (right, down) pixels; what comes in at an edge repeats the edge.
fn copy_moved(source: &[u8], target: &mut [u8], frame: Frame, mirrored: bool, [right, down]: [isize; 2]) {
    let Frame { height, width, .. } = frame;
    let within = |at: isize, length: usize| at.clamp(0, length.cast_signed() - 1).cast_unsigned();
    for (source, target) in source.chunks_exact(height * width).zip(target.chunks_exact_mut(height * width)) {
        for (y, row) in target.chunks_exact_mut(width).enumerate() {
            let from = &source[within(y.cast_signed() - down, height) * width..][..width];
            if right == 0 && !mirrored {
                row.copy_from_slice(from);
                continue;
            }
            for (x, pixel) in row.iter_mut().enumerate() {
                let x = within(x.cast_signed() - right, width);
                *pixel = from[if mirrored { width - 1 - x } else { x }];
            }
        }
    }
}

/// A camera that is rolled, nearer or farther, and off its place.
#[derive(Debug, Clone, Copy)]
struct Tilt {
    /// Cosine of the roll, and its sine, over the magnification.
    along: f32,
    across: f32,
    /// In pixels, right and down.
    shift: [f32; 2],
}

/// Copies a view as a tilted camera sees it: bilinear between pixels; what comes in at an edge repeats the edge.
fn copy_tilted(source: &[u8], target: &mut [u8], frame: Frame, mirrored: bool, tilt: Tilt) {
    let Frame { height, width, .. } = frame;
    let (right, bottom) = ((width - 1) as f32, (height - 1) as f32);
    let (centre_x, centre_y) = (right / 2.0, bottom / 2.0);
    for (source, target) in source.chunks_exact(height * width).zip(target.chunks_exact_mut(height * width)) {
        for (at, pixel) in target.iter_mut().enumerate() {
            let x = (at % width) as f32 - centre_x - tilt.shift[0];
            let y = (at / width) as f32 - centre_y - tilt.shift[1];
            let x = if mirrored { -x } else { x };
            let from_x = (centre_x + tilt.along * x + tilt.across * y).clamp(0.0, right);
            let from_y = (centre_y + tilt.along * y - tilt.across * x).clamp(0.0, bottom);
            let (column, row) = (from_x as usize, from_y as usize);
            let (next_column, next_row) = ((column + 1).min(width - 1), (row + 1).min(height - 1));
            let (part_x, part_y) = (from_x - column as f32, from_y - row as f32);
            let value = |row: usize, column: usize| f32::from(source[row * width + column]);
            let between = |row: usize| value(row, column) * (1.0 - part_x) + value(row, next_column) * part_x;
            *pixel = (between(row) * (1.0 - part_y) + between(next_row) * part_y + 0.5) as u8;
        }
    }
}

/// Covers a rectangle of a view with an even grey.
fn cover(view: &mut [u8], frame: Frame, stream: &mut Stream) {
    let Frame { height, width, .. } = frame;
    let mut span = |edge: usize| {
        let length = ((edge as f32 * stream.between(0.25, 0.5)) as usize).max(1);
        let start = stream.below(edge - length + 1);
        start..start + length
    };
    let (rows, columns) = (span(height), span(width));
    let grey = stream.between(0.0, 128.0) as u8;
    for plane in view.chunks_exact_mut(height * width) {
        for row in plane.chunks_exact_mut(width).skip(rows.start).take(rows.len()) {
            row[columns.clone()].fill(grey);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::DataSpec;
    use proptest::prelude::*;

    const FRAME: Frame = Frame { channels: 1, height: 8, width: 8 };

    fn sample() -> Vec<u8> {
        (0..4 * 64).map(|at| (at % 64 * 4) as u8).collect()
    }

    fn changed(augmentation: Augmentation, mirrored: bool, seed: u64) -> Vec<u8> {
        let mut target = Vec::new();
        augmentation.apply(&sample(), FRAME, mirrored, &mut Stream::new(seed, 0), &mut target);
        target
    }

    #[test]
    fn nothing_changes_nothing() {
        assert_eq!(changed(Augmentation::NONE, false, 3), sample());
        assert_eq!(Augmentation::from(Strength::None), Augmentation::NONE);
    }

    #[test]
    fn shifts_move_each_view_within_the_limit_and_repeat_the_edge() {
        let shifting = Augmentation { shift: 0.25, ..Augmentation::NONE };
        let mut shifts = std::collections::BTreeSet::new();
        for seed in 0..40 {
            for view in changed(shifting, false, seed).chunks_exact(64) {
                let (value, column) = (i32::from(view[4 * 8 + 4]) / 4, i32::from(view[4 * 8 + 4]) / 4 % 8);
                shifts.insert((value / 8 - 4, column - 4));
                assert!((value / 8 - 4).abs() <= 2 && (column - 4).abs() <= 2);
            }
        }
        assert_eq!(shifts.len(), 25);
    }

    #[test]
    fn a_mirror_turns_rows_round() {
        let mirrored = changed(Augmentation::NONE, true, 1);
        assert!(mirrored.chunks_exact(8).zip(sample().chunks_exact(8)).all(|(a, b)| a.iter().eq(b.iter().rev())));
        // Without roll, zoom and shift the tilted copy is the same.
        let mut tilted = vec![0; 64];
        let tilt = Tilt { along: 1.0, across: 0.0, shift: [0.0; 2] };
        copy_tilted(&sample()[..64], &mut tilted, FRAME, true, tilt);
        assert_eq!(tilted, mirrored[..64]);
    }

    #[test]
    fn a_quarter_roll_turns_the_picture() {
        let mut turned = vec![0; 64];
        let tilt = Tilt { along: 0.0, across: 1.0, shift: [0.0; 2] };
        copy_tilted(&sample()[..64], &mut turned, FRAME, false, tilt);
        // Row 0 of the turned picture is a column of the original.
        assert_eq!(turned[..8], [7, 6, 5, 4, 3, 2, 1, 0].map(|row: u8| row * 32));
    }

    #[test]
    fn one_view_always_stays() {
        let dropping = Augmentation { drop_view: 1.0, ..Augmentation::NONE };
        for seed in 0..20 {
            let views = changed(dropping, false, seed);
            assert_eq!(views.chunks_exact(64).filter(|view| view.iter().any(|&p| p > 0)).count(), 1);
        }
    }

    #[test]
    fn covers_hide_between_a_sixteenth_and_a_quarter() {
        let covering = Augmentation { occlude_view: 1.0, ..Augmentation::NONE };
        for seed in 0..20 {
            let views = changed(covering, false, seed);
            for (view, original) in views.chunks_exact(64).zip(sample().chunks_exact(64)) {
                let differing = view.iter().zip(original).filter(|(a, b)| a != b).count();
                assert!((3..=16).contains(&differing), "{differing} pixels");
            }
        }
    }

    #[test]
    fn objects_are_turned_as_a_whole() {
        let spec: DataSpec = "arrangement-10:objects=10".parse().expect("valid");
        let set = Dataset::open(&spec, 12, 16, 1).expect("opens");
        let only_poses = Augmentation { pose: true, ..Augmentation::NONE };
        let augmenter = Augmenter::new(&set, only_poses);
        assert_eq!(augmenter.poses.len(), 24);
        let mut stream = Stream::new(1, 1);
        let mut plain = 0;
        for _ in 0..200 {
            let (mut turned, mut expected) = (Vec::new(), stream.clone());
            augmenter.append(&set, 3, 0..4, &mut stream, &mut turned).expect("in memory");
            let pose = &augmenter.poses[expected.below(24)];
            plain += usize::from(!pose.mirrored);
            for (at, view) in turned.chunks_exact(256).enumerate() {
                let source = set.view(3, pose.order[at]).expect("in memory");
                let rows = |bytes: &[u8]| bytes.chunks(16).map(<[u8]>::to_vec).collect::<Vec<_>>();
                let mut seen = rows(view);
                if pose.mirrored {
                    for row in &mut seen {
                        row.reverse();
                    }
                }
                assert_eq!(seen, rows(&source));
            }
        }
        assert!((60..140).contains(&plain), "{plain} of 200 are not mirrored");
    }

    proptest! {
        #[test]
        fn the_same_stream_gives_the_same_result(
            seed: u64, views in 1usize..5, channels in prop::sample::select(vec![1usize, 3]), mirrored: bool,
            strength in prop::sample::select(vec![Strength::None, Strength::Gentle, Strength::Strong]),
        ) {
            let frame = Frame { channels, height: 9, width: 7 };
            let source: Vec<u8> = (0..views * channels * 63).map(|at| at as u8).collect();
            let run = || {
                let mut target = vec![1, 2];
                Augmentation::from(strength).apply(&source, frame, mirrored, &mut Stream::new(seed, 1), &mut target);
                target
            };
            prop_assert_eq!(run(), run());
            prop_assert_eq!(run().len(), 2 + source.len());
        }
    }
}
