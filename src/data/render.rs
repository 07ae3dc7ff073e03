//! A small orthographic renderer: z-buffer, two-sided flat Lambert shading, 2x2 supersampling, black ground.
//!
//! Shading is two-sided (the absolute value of normal times light) because winding in real files is unreliable. The
//! image shows the unit square round the origin, so a mesh within the unit sphere is never cut off. Pure arithmetic on
//! one thread: the same mesh, camera and size give the same bytes.

use super::camera::ViewCamera;
use super::mesh::{Mesh, Vec3, cross, dot, normalised, subtract};

/// Samples per pixel along each axis.
const SUPERSAMPLING: usize = 2;

/// The light: it is fixed to the camera, as on a headset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Light {
    /// Direction towards the light in camera axes (right, up, towards the camera); need not have length 1.
    pub direction: Vec3,
    /// Brightness of a face that the light grazes, 0 to 1.
    pub ambient: f32,
}

impl Default for Light {
    /// From the upper left, a little behind the camera.
    fn default() -> Self {
        Self { direction: [-0.4, 0.5, 1.0], ambient: 0.15 }
    }
}

/// Working memory of the renderer, to be reused from view to view.
#[derive(Debug, Default)]
pub(crate) struct Canvas {
    depth: Vec<f32>,
    shade: Vec<u8>,
    projected: Vec<Vec3>,
}

impl Canvas {
    /// Draws `mesh` as seen by `camera` into `image`, which holds `size` x `size` bytes, row by row from the top.
    ///
    /// # Panics
    /// When `image` has another length, or the mesh breaks the invariant of [`Mesh`].
    pub(crate) fn draw(&mut self, mesh: &Mesh, camera: ViewCamera, light: Light, size: usize, image: &mut [u8]) {
        assert_eq!(image.len(), size * size, "the image is a square of `size` pixels");
        let side = size * SUPERSAMPLING;
        self.depth.clear();
        self.depth.resize(side * side, f32::NEG_INFINITY);
        self.shade.clear();
        self.shade.resize(side * side, 0);
        self.project(mesh, camera, side);
        let light_direction = normalised(light.direction);
        for corners in &mesh.triangles {
            let [a, b, c] = corners.map(|corner| self.projected[corner as usize]);
            if covers_a_sample(a, b, c) {
                let shade = shade(cross(subtract(b, a), subtract(c, a)), light_direction, light.ambient);
                self.fill([a, b, c], side, shade);
            }
        }
        self.resolve(size, image);
    }

    /// Corner positions in samples: x right, y down, z towards the camera.
    fn project(&mut self, mesh: &Mesh, camera: ViewCamera, side: usize) {
        let (sin_a, cos_a) = camera.azimuth_degrees.to_radians().sin_cos();
        let (sin_e, cos_e) = camera.elevation_degrees.to_radians().sin_cos();
        let toward = [cos_e * cos_a, cos_e * sin_a, sin_e];
        let right = [-sin_a, cos_a, 0.0];
        let up = cross(toward, right);
        let half = side as f32 * 0.5;
        self.projected.clear();
        self.projected.extend(
            mesh.vertices
                .iter()
                .map(|&v| [half + half * dot(v, right), half - half * dot(v, up), half * dot(v, toward)]),
        );
    }

    /// Fills one triangle: the samples whose centre it covers and where it is nearest so far.
    fn fill(&mut self, mut corners: [Vec3; 3], side: usize, shade: u8) {
        // Sorted by row, so that an edge shared by two triangles is computed from the same end and leaves no gap.
        for (upper, lower) in [(0, 1), (1, 2), (0, 1)] {
            let (a, b) = (corners[upper], corners[lower]);
            if (b[1], b[0]) < (a[1], a[0]) {
                corners.swap(upper, lower);
            }
        }
        let [top, middle, bottom] = corners;
        let (ab, ac) = (subtract(middle, top), subtract(bottom, top));
        let area = ab[0] * ac[1] - ab[1] * ac[0];
        if area.abs() < 1e-6 {
            return;
        }
        // Rounding must not push a sliver seen from its edge in front of its own corners.
        let (far, near) = (top[2].min(middle[2]).min(bottom[2]), top[2].max(middle[2]).max(bottom[2]));
        let slope_x = (ab[2] * ac[1] - ab[1] * ac[2]) / area;
        let slope_y = (ab[0] * ac[2] - ab[2] * ac[0]) / area;
        for y in first_sample(top[1])..first_sample(bottom[1]).min(side) {
            let row = y as f32 + 0.5;
            let long = edge_at(top, bottom, row);
            let short = if row < middle[1] { edge_at(top, middle, row) } else { edge_at(middle, bottom, row) };
            let (left, right) = if long < short { (long, short) } else { (short, long) };
            let (start, end) = (first_sample(left).min(side), first_sample(right).min(side));
            let mut depth = top[2] + slope_x * (start as f32 + 0.5 - top[0]) + slope_y * (row - top[1]);
            for at in y * side + start..y * side + end.max(start) {
                let within = depth.max(far).min(near);
                if within > self.depth[at] {
                    self.depth[at] = within;
                    self.shade[at] = shade;
                }
                depth += slope_x;
            }
        }
    }

    /// Averages the samples of each pixel.
    fn resolve(&self, size: usize, image: &mut [u8]) {
        let side = size * SUPERSAMPLING;
        for (y, row) in image.chunks_exact_mut(size).enumerate() {
            let (upper, lower) = self.shade[y * SUPERSAMPLING * side..][..2 * side].split_at(side);
            for (x, pixel) in row.iter_mut().enumerate() {
                let sum: u16 =
                    [upper[2 * x], upper[2 * x + 1], lower[2 * x], lower[2 * x + 1]].into_iter().map(u16::from).sum();
                *pixel = ((sum + 2) / 4) as u8;
            }
        }
    }
}

/// Index of the first sample whose centre is at or after `at` (0 when that is before the image): `at - 0.5` rounded up.
/// Written without `ceil`, which is a slow call on processors of the oldest supported kind.
fn first_sample(at: f32) -> usize {
    let at = (at - 0.5).clamp(0.0, 1e6);
    let whole = at as u32;
    whole as usize + usize::from((whole as f32) < at)
}

/// Returns `true` if the box round a triangle holds the centre of a sample: most triangles of a fine mesh fall between.
fn covers_a_sample(a: Vec3, b: Vec3, c: Vec3) -> bool {
    let between = |axis: usize| {
        let (low, high) = (a[axis].min(b[axis]).min(c[axis]), a[axis].max(b[axis]).max(c[axis]));
        first_sample(low) != first_sample(high)
    };
    between(1) && between(0)
}

/// Brightness of a face with this normal (of any length, in screen axes) under a light in camera axes.
fn shade(normal: Vec3, light: Vec3, ambient: f32) -> u8 {
    let normal = normalised(normal);
    // Screen y points down, camera y up: mirror the normal back before lighting.
    let facing = dot([normal[0], -normal[1], normal[2]], light).abs();
    ((ambient + (1.0 - ambient) * facing) * 255.0).clamp(1.0, 255.0) as u8
}

/// Column at which the edge from `from` (above) to `to` (below) crosses a row.
fn edge_at(from: Vec3, to: Vec3, row: f32) -> f32 {
    let height = to[1] - from[1];
    if height <= 0.0 { from[0] } else { from[0] + (to[0] - from[0]) * ((row - from[1]) / height) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRONT: ViewCamera = ViewCamera { azimuth_degrees: 0.0, elevation_degrees: 0.0 };
    const HEADLIGHT: Light = Light { direction: [0.0, 0.0, 1.0], ambient: 0.0 };

    /// A square of half-width `half` in the plane x = `x`, facing the front camera.
    fn panel(x: f32, half: f32) -> Mesh {
        let mut mesh = Mesh {
            vertices: vec![[x, -half, -half], [x, half, -half], [x, half, half], [x, -half, half]],
            triangles: vec![],
        };
        mesh.push_polygon(&[0, 1, 2, 3]);
        mesh
    }

    fn image(mesh: &Mesh, camera: ViewCamera, light: Light, size: usize) -> Vec<u8> {
        let mut image = vec![7; size * size];
        Canvas::default().draw(mesh, camera, light, size, &mut image);
        image
    }

    #[test]
    fn a_panel_covers_exactly_its_pixels_at_full_brightness() {
        let image = image(&panel(0.0, 0.5), FRONT, HEADLIGHT, 8);
        for (at, &pixel) in image.iter().enumerate() {
            let inside = (2..6).contains(&(at % 8)) && (2..6).contains(&(at / 8));
            assert_eq!(pixel, if inside { 255 } else { 0 }, "pixel {at}");
        }
    }

    #[test]
    fn half_covered_pixels_are_half_bright() {
        let image = image(&panel(0.0, 0.625), FRONT, HEADLIGHT, 8);
        assert_eq!(image[8 * 4 + 1], 128);
    }

    #[test]
    fn the_nearer_face_wins_whatever_the_order() {
        let dim = Light { direction: [0.0, 0.0, 1.0], ambient: 0.0 };
        let mut tilted = panel(0.3, 0.2);
        tilted.vertices[2][0] = 0.6;
        tilted.vertices[3][0] = 0.6;
        let (mut first, mut second) = (panel(0.0, 0.5), tilted.clone());
        first.append(&tilted);
        second.append(&panel(0.0, 0.5));
        let (first, second) = (image(&first, FRONT, dim, 16), image(&second, FRONT, dim, 16));
        assert_eq!(first, second);
        assert!(first[16 * 8 + 8] < 255 && first[16 * 8 + 8] > 0);
        assert_eq!(first[16 * 5 + 5], 255);
    }

    #[test]
    fn shading_is_two_sided_and_falls_off_with_the_angle() {
        let turned = ViewCamera { azimuth_degrees: 60.0, elevation_degrees: 0.0 };
        let back = ViewCamera { azimuth_degrees: 240.0, elevation_degrees: 0.0 };
        let centre = 16 * 8 + 8;
        let (front, behind) =
            (image(&panel(0.0, 0.5), turned, HEADLIGHT, 16), image(&panel(0.0, 0.5), back, HEADLIGHT, 16));
        assert_eq!(front[centre], behind[centre]);
        assert!((126..=128).contains(&front[centre]), "{}", front[centre]);
    }

    #[test]
    fn azimuth_turns_towards_y_and_elevation_looks_down() {
        let mut mark = panel(0.0, 0.2);
        for vertex in &mut mark.vertices {
            vertex[1] += 0.6;
        }
        // +Y is at the right of the front camera.
        let front = image(&mark, FRONT, HEADLIGHT, 16);
        assert!(front[16 * 8 + 12] > 0 && front[16 * 8 + 3] == 0);
        // A camera above sees a point in front of the object (towards the camera) lower in the image.
        let mut near = panel(0.6, 0.2);
        near.vertices.iter_mut().for_each(|v| v[2] *= 0.5);
        let above = image(&near, ViewCamera { azimuth_degrees: 0.0, elevation_degrees: 45.0 }, HEADLIGHT, 16);
        let lowest = above.iter().rposition(|&p| p > 0).expect("something is drawn") / 16;
        assert!(lowest > 9, "lowest row {lowest}");
    }

    #[test]
    fn triangles_outside_the_image_or_without_area_are_harmless() {
        let mut mesh = panel(0.0, 40.0);
        mesh.vertices.extend([[0.0, 9.0, 9.0], [0.0, 9.5, 9.5], [0.0, -9.0, -9.5], [1e9, 1e9, 1e9]]);
        mesh.triangles.extend([[4, 5, 6], [4, 4, 4], [4, 5, 5], [0, 6, 7]]);
        let image = image(&mesh, FRONT, HEADLIGHT, 8);
        assert!(image.iter().filter(|&&p| p > 0).count() >= 60);
    }

    #[test]
    fn a_fan_of_slivers_leaves_no_gaps() {
        let mut disc = Mesh { vertices: vec![[0.0, 0.03, 0.01]], triangles: vec![] };
        for step in 0..97 {
            let (sin, cos) = (step as f32 / 97.0 * std::f32::consts::TAU).sin_cos();
            disc.vertices.push([0.0, 0.8 * cos, 0.8 * sin]);
            disc.triangles.push([0, step + 1, (step + 1) % 97 + 1]);
        }
        let image = image(&disc, FRONT, HEADLIGHT, 64);
        for (at, &pixel) in image.iter().enumerate() {
            let (x, y) = ((at % 64) as f32 - 31.5, (at / 64) as f32 - 31.5);
            if x.hypot(y) < 24.0 {
                assert_eq!(pixel, 255, "gap at {at}");
            }
        }
    }
}
