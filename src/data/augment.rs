//! Changing samples a little at random for training. Nothing of this is done when evaluating.
//!
//! Each object's changes follow from a stream of random numbers that the caller keys by epoch and object, so the order of a batch and
//! the number of threads make no difference.

use super::random::Stream;

/// What may be changed, and by how much. [`Augmentation::NONE`] changes nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Augmentation {
    /// Largest shift of a view in pixels, each view and axis on its own (as a camera that is not quite in its place).
    pub shift_pixels: usize,
    /// Whether an object may be mirrored, all its views alike; the classes must not tell left from right.
    pub mirror: bool,
    /// Largest relative change of brightness, the same for all views of an object.
    pub brightness: f32,
    /// Chance of a view to be black; at least one view of an object is kept.
    pub drop_view: f32,
    /// Chance of a view to be partly covered by a grey rectangle of a quarter to a half of each edge.
    pub occlude_view: f32,
}

/// Sizes of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Channels per view.
    pub channels: usize,
    /// Rows per view.
    pub height: usize,
    /// Columns per view.
    pub width: usize,
}

impl Augmentation {
    /// No change.
    pub const NONE: Self = Self { shift_pixels: 0, mirror: false, brightness: 0.0, drop_view: 0.0, occlude_view: 0.0 };

    /// What suits rendered objects: small shifts, mirrors (the procedural classes are the same in a mirror), some brightness.
    pub const GENTLE: Self = Self { shift_pixels: 1, mirror: true, brightness: 0.1, drop_view: 0.0, occlude_view: 0.0 };

    /// Writes a changed copy of the views of one object: `views` is `[view, channel, height, width]` (any number of views), and
    /// `changed` gets the same layout.
    ///
    /// # Panics
    /// When the two have unlike lengths, or not a whole number of views.
    pub fn apply(&self, views: &[u8], frame: Frame, stream: &mut Stream, changed: &mut [u8]) {
        let view_bytes = frame.channels * frame.height * frame.width;
        assert_eq!(views.len(), changed.len(), "source and target have the same layout");
        assert_eq!(views.len() % view_bytes, 0, "whole views");
        let mirrored = self.mirror && stream.chance(0.5);
        let gain = 1.0 + stream.between(-self.brightness, self.brightness);
        let count = views.len() / view_bytes;
        let kept = stream.below(count);
        for (view, (source, target)) in
            views.chunks_exact(view_bytes).zip(changed.chunks_exact_mut(view_bytes)).enumerate()
        {
            if stream.chance(self.drop_view) && view != kept {
                target.fill(0);
                continue;
            }
            let shift = [0; 2]
                .map(|_: i32| stream.below(2 * self.shift_pixels + 1).cast_signed() - self.shift_pixels.cast_signed());
            copy_moved(source, target, frame, shift, mirrored);
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
}

/// Copies a view, moved by (right, down) pixels; what comes in at an edge repeats the edge.
fn copy_moved(source: &[u8], target: &mut [u8], frame: Frame, [right, down]: [isize; 2], mirrored: bool) {
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
    use proptest::prelude::*;

    const FRAME: Frame = Frame { channels: 1, height: 8, width: 8 };

    fn sample() -> Vec<u8> {
        (0..4 * 64).map(|at| (at % 64 * 4) as u8).collect()
    }

    fn changed(augmentation: Augmentation, seed: u64) -> Vec<u8> {
        let mut target = vec![9; 4 * 64];
        augmentation.apply(&sample(), FRAME, &mut Stream::new(seed, 0), &mut target);
        target
    }

    #[test]
    fn nothing_changes_nothing() {
        assert_eq!(changed(Augmentation::NONE, 3), sample());
    }

    #[test]
    fn shifts_move_each_view_within_the_limit_and_repeat_the_edge() {
        let shifting = Augmentation { shift_pixels: 2, ..Augmentation::NONE };
        let mut shifts = std::collections::BTreeSet::new();
        for seed in 0..40 {
            for view in changed(shifting, seed).chunks_exact(64) {
                let (value, column) = (i32::from(view[4 * 8 + 4]) / 4, i32::from(view[4 * 8 + 4]) / 4 % 8);
                shifts.insert((value / 8 - 4, column - 4));
                assert!((value / 8 - 4).abs() <= 2 && (column - 4).abs() <= 2);
            }
        }
        assert_eq!(shifts.len(), 25);
    }

    #[test]
    fn a_mirror_turns_all_views() {
        let mirroring = Augmentation { mirror: true, ..Augmentation::NONE };
        let seen: Vec<bool> = (0..30).map(|seed| changed(mirroring, seed)[0] == 28).collect();
        assert!(seen.contains(&true) && seen.contains(&false));
        let seed = seen.iter().position(|&m| m).expect("one is mirrored") as u64;
        let mirrored = changed(mirroring, seed);
        assert!(mirrored.chunks_exact(8).zip(sample().chunks_exact(8)).all(|(a, b)| a.iter().eq(b.iter().rev())));
    }

    #[test]
    fn one_view_always_stays() {
        let dropping = Augmentation { drop_view: 1.0, ..Augmentation::NONE };
        for seed in 0..20 {
            let views = changed(dropping, seed);
            assert_eq!(views.chunks_exact(64).filter(|view| view.iter().any(|&p| p > 0)).count(), 1);
        }
    }

    #[test]
    fn covers_hide_between_a_sixteenth_and_a_quarter() {
        let covering = Augmentation { occlude_view: 1.0, ..Augmentation::NONE };
        for seed in 0..20 {
            let views = changed(covering, seed);
            for (view, original) in views.chunks_exact(64).zip(sample().chunks_exact(64)) {
                let differing = view.iter().zip(original).filter(|(a, b)| a != b).count();
                assert!((3..=16).contains(&differing), "{differing} pixels");
            }
        }
    }

    proptest! {
        #[test]
        fn the_same_stream_gives_the_same_result(seed: u64, views in 1usize..5, channels in prop::sample::select(vec![1usize, 3])) {
            let frame = Frame { channels, height: 9, width: 7 };
            let source: Vec<u8> = (0..views * channels * 63).map(|at| at as u8).collect();
            let all = Augmentation { shift_pixels: 3, mirror: true, brightness: 0.3, drop_view: 0.3, occlude_view: 0.5 };
            let run = || {
                let mut target = vec![0; source.len()];
                all.apply(&source, frame, &mut Stream::new(seed, 1), &mut target);
                target
            };
            prop_assert_eq!(run(), run());
        }
    }
}
