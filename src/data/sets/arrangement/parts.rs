//! Vessel-like bodies and the parts that may stand round them, as meshes with Z up and the body's axis through the
//! origin.

use std::f32::consts::{PI, TAU};

use crate::data::mesh::{Mesh, Vec3, cross, normalised, subtract};
use crate::data::random::Stream;

/// The body: a nuisance, drawn independently of the class.
#[derive(Debug, Clone)]
pub(super) struct Body {
    /// Corners of the outline seen from above: 6, 8 or 24 (round).
    sides: usize,
    /// Outer profile from the bottom up: (radius, height) pairs; radius to the corners.
    profile: Vec<(f32, f32)>,
    /// Thickness of the wall of an open body; `None` when the top is closed.
    wall: Option<f32>,
    /// Turn of the outline, in radians.
    phase: f32,
}

impl Body {
    /// Draws a body: outline, taper, belly, height, wall and top are all random.
    pub(super) fn random(stream: &mut Stream) -> Self {
        let sides = [6, 8, 24][stream.below(3)];
        let half_height = stream.between(0.38, 0.55);
        let radius = stream.between(0.40, 0.52);
        let taper = stream.between(0.78, 1.12);
        // Only round bodies bulge: a lathe turns them, the prisms are straight.
        let belly = if sides == 24 { stream.between(0.92, 1.12) } else { 1.0 };
        let profile = [-1.0f32, -0.5, 0.0, 0.5, 1.0]
            .map(|z| {
                let straight = 1.0 + (taper - 1.0) * (1.0 - z) * 0.5;
                (radius * straight * (1.0 + (belly - 1.0) * (1.0 - z * z)), half_height * z)
            })
            .to_vec();
        let wall = stream.chance(0.5).then(|| stream.between(0.04, 0.10));
        Self { sides, profile, wall, phase: stream.between(0.0, TAU) }
    }

    /// Half the height of the body.
    pub(super) fn half_height(&self) -> f32 {
        self.profile.last().map_or(0.0, |top| top.1)
    }

    /// Radius at a height, where the outline is closest to the axis: a part that starts a little inside this touches
    /// the wall.
    pub(super) fn radius_at(&self, height: f32) -> f32 {
        let corner = self.profile.windows(2).find(|pair| height <= pair[1].1).map_or_else(
            || self.profile.last().map_or(0.0, |top| top.0),
            |pair| {
                let along = ((height - pair[0].1) / (pair[1].1 - pair[0].1)).clamp(0.0, 1.0);
                pair[0].0 + (pair[1].0 - pair[0].0) * along
            },
        );
        corner * (PI / self.sides as f32).cos()
    }

    /// The mesh of the body.
    pub(super) fn mesh(&self) -> Mesh {
        let mut profile = vec![(0.0, self.profile[0].1)];
        profile.extend_from_slice(&self.profile);
        let (top_radius, top_height) = self.profile[self.profile.len() - 1];
        if let Some(wall) = self.wall {
            let floor = self.profile[0].1 + wall;
            profile.push((top_radius - wall, top_height));
            profile.push((self.profile[0].0 - wall, floor));
            profile.push((0.0, floor));
        } else {
            profile.push((0.0, top_height));
        }
        revolve(&profile, self.sides, self.phase)
    }
}

/// Part that may be attached to a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attachment {
    /// A loop from the upper to the lower wall, as on a mug.
    Handle,
    /// A tapering tube that points outwards and up, as on a pot.
    Spout,
    /// A short flat knob.
    Button,
}

/// Attaches `part` at `angle` (radians); `scale` scales its size, 1 being the size the default level was tuned with.
pub(super) fn attach(part: Attachment, angle: f32, scale: f32, body: &Body, stream: &mut Stream) -> Mesh {
    let height = body.half_height();
    let mut size = |low: f32, high: f32| scale * stream.between(low, high);
    match part {
        Attachment::Handle => {
            let (reach, thickness) = (size(0.22, 0.30), size(0.045, 0.06));
            let span = (size(0.24, 0.32)).min(height * 0.85);
            let middle = size(-0.10, 0.10).clamp(span - height, height - span);
            let path: Vec<(f32, f32)> = (0..=8)
                .map(|step| {
                    let turn = PI * (step as f32 / 8.0 - 0.5);
                    let z = middle + span * turn.sin();
                    (body.radius_at(z) - 0.02 + reach * turn.cos(), z)
                })
                .collect();
            tube(&path, &[thickness; 9], 5, angle)
        }
        Attachment::Spout => {
            let (reach, lift) = (size(0.26, 0.34), size(0.16, 0.28));
            let foot = size(-0.14, 0.06).max(-height * 0.6);
            let start = (body.radius_at(foot) - 0.05, foot);
            let path =
                [start, (start.0 + 0.05 + reach * 0.55, foot + lift * 0.4), (start.0 + 0.05 + reach, foot + lift)];
            tube(&path, &[size(0.13, 0.16), size(0.085, 0.10), size(0.05, 0.065)], 6, angle)
        }
        Attachment::Button => {
            let (reach, radius) = (size(0.07, 0.10), size(0.10, 0.13));
            let z = size(-0.15, 0.15);
            let foot = body.radius_at(z) - 0.05;
            tube(&[(foot, z), (foot + 0.05 + reach, z)], &[radius, radius * 0.9], 6, angle)
        }
    }
}

/// An upright box round `place`, given by half its edges and its turn round the vertical, in radians.
pub(super) fn upright_box(place: Vec3, half: Vec3, turn: f32) -> Mesh {
    let (sin, cos) = turn.sin_cos();
    let mut mesh = Mesh::default();
    for corner in 0..8u8 {
        let sign = |bit: u8| if corner >> bit & 1 == 1 { 1.0 } else { -1.0 };
        let (x, y, z) = (sign(0) * half[0], sign(1) * half[1], sign(2) * half[2]);
        mesh.vertices.push([place[0] + cos * x - sin * y, place[1] + sin * x + cos * y, place[2] + z]);
    }
    for face in [[0, 1, 3, 2], [4, 5, 7, 6], [0, 1, 5, 4], [2, 3, 7, 6], [0, 2, 6, 4], [1, 3, 7, 5]] {
        mesh.push_polygon(&face);
    }
    mesh
}

/// Turns a profile of (radius, height) pairs round the Z axis in `sides` steps.
fn revolve(profile: &[(f32, f32)], sides: usize, phase: f32) -> Mesh {
    let mut mesh = Mesh::default();
    for &(radius, height) in profile {
        for side in 0..sides {
            let (sin, cos) = (phase + TAU * side as f32 / sides as f32).sin_cos();
            mesh.vertices.push([radius * cos, radius * sin, height]);
        }
    }
    push_bands(&mut mesh, profile.len(), sides);
    mesh
}

/// A tube along a path of (distance from the axis, height) pairs in the half plane at `angle`, closed at its far end.
fn tube(path: &[(f32, f32)], radii: &[f32], sides: usize, angle: f32) -> Mesh {
    let (sin, cos) = angle.sin_cos();
    let sideways = [-sin, cos, 0.0];
    let place = |(distance, height): (f32, f32)| [distance * cos, distance * sin, height];
    let mut mesh = Mesh::default();
    for (at, (&point, &radius)) in path.iter().zip(radii).enumerate() {
        let (before, after) = (path[at.saturating_sub(1)], path[(at + 1).min(path.len() - 1)]);
        let along = normalised(subtract(place(after), place(before)));
        let across = cross(along, sideways);
        let centre = place(point);
        for side in 0..sides {
            let (s, c) = (TAU * side as f32 / sides as f32).sin_cos();
            mesh.vertices.push(std::array::from_fn(|i| centre[i] + radius * (c * sideways[i] + s * across[i])));
        }
    }
    push_bands(&mut mesh, path.len(), sides);
    let last = ((path.len() - 1) * sides) as u32;
    let cap: Vec<u32> = (0..sides as u32).map(|side| last + side).collect();
    mesh.push_polygon(&cap);
    mesh
}

/// Joins consecutive rings of `sides` vertices each by quadrilaterals.
fn push_bands(mesh: &mut Mesh, rings: usize, sides: usize) {
    for ring in 1..rings {
        let (lower, upper) = (((ring - 1) * sides) as u32, (ring * sides) as u32);
        for side in 0..sides as u32 {
            let next = (side + 1) % sides as u32;
            mesh.push_polygon(&[lower + side, lower + next, upper + next, upper + side]);
        }
    }
}
