//! "arrangement-10": procedural objects whose class is the arrangement of parts round a body, which one view cannot tell.
//!
//! A body (outline, taper, height, open or closed top: all drawn without regard to the class) carries parts round its
//! circumference; the class is *which* parts stand at *which* angle to each other, up to rotation and mirroring. A view
//! sees about half the circumference, so several views are needed, and a fusion that keeps the evidence of each.
//!
//! Invariants: object `i` has class `i % classes` and depends on the seed and `i` only; view `v` of it does not depend on
//! the number of views; nothing depends on threads. The body keeps its place and scale in the image whatever it carries,
//! so a part that a view cannot see leaves no trace in that view.

mod parts;

use crate::data::camera::{self, Camera};
use crate::data::fingerprint::Fingerprint;
use crate::data::mesh::Mesh;
use crate::data::random::Stream;
use crate::data::render::{Canvas, Light};
use crate::data::samples::{Samples, Sink};
use crate::data::sets::{Access, recipe, ring};
use crate::data::shape::Shape;
use crate::data::spec::DataSpec;
use crate::data::split::Splits;
use crate::data::{DataError, Dataset};
use parts::{Body, Part};

/// How hard the task is: plain knobs, each independent of the others.
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

/// Which classes an arrangement set has.
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

/// A class: its name and its parts with their nominal angles in degrees.
type Class = (&'static str, &'static [(Part, f32)]);

/// The ten classes.
const CLASSES: [Class; 10] = [
    ("plain", &[]),
    ("handle", &[(Part::Handle, 0.0)]),
    ("two_handles_180", &[(Part::Handle, 0.0), (Part::Handle, 180.0)]),
    ("two_handles_90", &[(Part::Handle, 0.0), (Part::Handle, 90.0)]),
    ("spout", &[(Part::Spout, 0.0)]),
    ("handle_spout_180", &[(Part::Handle, 0.0), (Part::Spout, 180.0)]),
    ("handle_spout_90", &[(Part::Handle, 0.0), (Part::Spout, 90.0)]),
    ("button", &[(Part::Button, 0.0)]),
    ("handle_button_180", &[(Part::Handle, 0.0), (Part::Button, 180.0)]),
    ("spout_button_180", &[(Part::Spout, 0.0), (Part::Button, 180.0)]),
];

/// Places in [`CLASSES`] of the four easy classes.
const FOUR: [usize; 4] = [0, 1, 4, 5];

/// Streams of one object, so that changing one ingredient leaves the others as they are.
const OBJECT_STREAM: u64 = 0;
/// Streams of the views start here.
const FIRST_VIEW_STREAM: u64 = 16;

impl ClassSet {
    fn members(self) -> &'static [usize] {
        const ALL: [usize; 10] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        match self {
            Self::Four => &FOUR,
            Self::Ten => &ALL,
        }
    }

    /// Number of classes.
    pub fn count(self) -> usize {
        self.members().len()
    }

    /// Class names in label order.
    pub fn names(self) -> Vec<String> {
        self.members().iter().map(|&class| CLASSES[class].0.to_owned()).collect()
    }

    /// The label of object `index`.
    pub fn label(self, index: usize) -> u16 {
        (index % self.count()) as u16
    }
}

/// Objects of a set when nothing else is asked for, for each class.
const OBJECTS_PER_CLASS: usize = 200;

/// Makes the procedural set.
///
/// # Errors
/// [`DataError::TooLarge`]; or it is so big that the cache keeps it, and the cache cannot be written.
pub fn open(spec: &DataSpec, shape: Shape, access: Access) -> Result<Dataset, DataError> {
    let difficulty = spec.level.difficulty();
    let classes = difficulty.classes;
    access.check_classes(&classes.names(), spec)?;
    let objects = spec.objects.unwrap_or(OBJECTS_PER_CLASS * classes.count());
    let key = recipe(Fingerprint::default(), spec, shape);
    let mut sink = shape.sink(objects, access.cache, key)?;
    if matches!(sink, Sink::File(_))
        && let Some(set) = access.cache.and_then(|cache| cache.load(key))
    {
        return Ok(set);
    }
    let set = Arrangement { difficulty, seed: spec.seed, rings: spec.ring_elevations() };
    shape.fill(objects, &mut sink, access.progress, |object, workspace, sample| {
        shape.draw_grey(workspace, sample, |canvas, grey| set.draw(object, shape.views, shape.size, canvas, grey));
        Ok(())
    })?;
    let labels: Vec<u16> = (0..objects).map(|object| classes.label(object)).collect();
    let set = Dataset {
        name: spec.to_string(),
        classes: classes.names(),
        views: shape.views,
        channels: shape.channels,
        height: shape.size,
        width: shape.size,
        samples: Samples::default(),
        split: Splits::stratified(&labels, spec.split, spec.seed),
        labels,
        rig: ring(spec),
        mirror: spec.may_mirror(),
        skipped: Vec::new(),
        licence: "generated by splitscope; no restrictions".to_owned(),
    };
    set.with_samples(sink)
}

/// A procedural set without its size: a function from an index to an object and its views.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrangement {
    /// How hard it is.
    pub difficulty: Difficulty,
    /// Everything random follows from it.
    pub seed: u64,
    /// Elevations of the camera rings in degrees, relative to the object's own elevation.
    pub rings: Vec<f32>,
}

impl Arrangement {
    /// Draws the first `views` views of object `index` into `image`: `[views, size, size]` bytes.
    pub fn draw(&self, index: usize, views: usize, size: usize, canvas: &mut Canvas, image: &mut [u8]) {
        let item = Stream::new(self.seed, index as u64);
        let mut stream = item.fork(OBJECT_STREAM);
        let mesh = self.object(index, &mut stream);
        let (low, high) = self.difficulty.elevation_degrees;
        let elevation = stream.between(low, high);
        let usual = Light::default();
        let spread = self.difficulty.light_spread;
        let light = Light { direction: usual.direction.map(|c| c + stream.between(-spread, spread)), ..usual };
        let cameras = camera::ring(views, &self.rings);
        for (view, (camera, image)) in cameras.iter().zip(image.chunks_exact_mut(size * size)).enumerate() {
            let mut stream = item.fork(FIRST_VIEW_STREAM + view as u64);
            let wobble = self.difficulty.camera_jitter_degrees;
            let camera = Camera {
                azimuth_degrees: camera.azimuth_degrees + stream.between(-wobble, wobble),
                elevation_degrees: camera.elevation_degrees + elevation + stream.between(-wobble, wobble),
            };
            canvas.draw(&mesh, camera, light, size, image);
            if stream.chance(self.difficulty.missing_view) {
                image.fill(0);
            } else if stream.chance(self.difficulty.occluded_view) {
                hide_half(image, size, &mut stream);
            }
        }
    }

    /// The mesh of object `index`, turned to a random azimuth.
    fn object(&self, index: usize, stream: &mut Stream) -> Mesh {
        let members = self.difficulty.classes.members();
        let (_, parts) = CLASSES[members[index % members.len()]];
        let body = Body::random(stream);
        let mut mesh = body.mesh();
        let start = stream.between(0.0, std::f32::consts::TAU);
        let mirror = if stream.chance(0.5) { 1.0 } else { -1.0 };
        let jitter = self.difficulty.jitter_radians;
        for &(part, nominal) in parts {
            let angle = start + mirror * nominal.to_radians() + stream.between(-jitter, jitter);
            mesh.append(&parts::attach(part, angle, self.difficulty.part_scale, &body, stream));
        }
        for _ in 0..stream.below(self.difficulty.clutter_boxes + 1) {
            let (sin, cos) = stream.between(0.0, std::f32::consts::TAU).sin_cos();
            let half = std::array::from_fn(|_| stream.between(0.05, 0.10));
            let place = [0.85 * cos, 0.85 * sin, half[2] - body.half_height()];
            mesh.append(&parts::standing_box(place, half, stream.between(0.0, 1.6)));
        }
        mesh
    }
}

/// Covers the left or the right part of a view (40 to 60 % of it) with an even grey.
fn hide_half(image: &mut [u8], size: usize, stream: &mut Stream) {
    let covered = (size as f32 * stream.between(0.4, 0.6)) as usize;
    let grey = stream.between(20.0, 120.0) as u8;
    let columns = if stream.chance(0.5) { 0..covered } else { size - covered..size };
    for row in image.chunks_exact_mut(size) {
        row[columns.clone()].fill(grey);
    }
}
