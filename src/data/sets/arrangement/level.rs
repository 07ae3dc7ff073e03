//! Difficulty of the procedural set.

/// Difficulty of the task: plain parameters, each independent of the others.
#[derive(Debug, Clone, PartialEq)]
pub struct Difficulty {
    /// Number of classes, at most 10, in the order of [`CLASSES`] (4 is the subset without buttons and near-twins).
    pub classes: ClassSet,
    /// Size of the parts; 1 is the default level's.
    pub part_scale: f32,
    /// Lowest and highest elevation of an object's cameras, in degrees, added to that of the ring.
    pub elevation_degrees: (f32, f32),
    /// Largest deviation of a part from its nominal angle, in radians.
    pub jitter_radians: f32,
    /// Largest deviation of a camera from its place on the ring, in degrees.
    pub camera_jitter_degrees: f32,
    /// Largest random turn of the light away from its usual direction (as a change of each coordinate).
    pub light_spread: f32,
    /// Chance of a view to be black.
    pub missing_view: f32,
    /// Chance of a view to be half hidden by something near the camera.
    pub occluded_view: f32,
    /// Most boxes standing about the object (each object draws 0 to this many).
    pub clutter_boxes: usize,
}

/// Classes of an arrangement set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClassSet {
    /// plain, handle, spout, `handle_spout_180`.
    Four,
    /// All ten.
    Ten,
}

/// Ready-made difficulties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Level {
    /// Four classes, large parts, no jitter to speak of: for tests at 16 to 24 pixels.
    Easy,
    /// The ten classes at 32 pixels.
    #[default]
    Default,
    /// Twice the jitter and one view in three half hidden.
    Hard,
}

impl Level {
    /// All levels, with the names they have in a data set specification.
    pub const ALL: [(&'static str, Self); 3] = [("easy", Self::Easy), ("default", Self::Default), ("hard", Self::Hard)];

    /// The knobs of this level.
    pub fn difficulty(self) -> Difficulty {
        let default = Difficulty {
            classes: ClassSet::Ten,
            part_scale: 1.0,
            elevation_degrees: (0.0, 25.0),
            jitter_radians: 0.2,
            camera_jitter_degrees: 0.0,
            light_spread: 0.2,
            missing_view: 0.0,
            occluded_view: 0.0,
            clutter_boxes: 0,
        };
        match self {
            Self::Easy => Difficulty { classes: ClassSet::Four, part_scale: 1.2, jitter_radians: 0.1, ..default },
            Self::Default => default,
            Self::Hard => Difficulty {
                jitter_radians: 0.4,
                camera_jitter_degrees: 4.0,
                occluded_view: 1.0 / 3.0,
                clutter_boxes: 1,
                ..default
            },
        }
    }
}
