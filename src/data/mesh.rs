//! A plain triangle mesh and what is done to it before rendering.
//!
//! Invariant after [`Mesh::check`]: every coordinate is finite and every triangle names existing vertices. The renderer
//! expects Z to point up and the object to lie within the unit sphere round the origin.

/// A point or direction: x, y, z.
pub(crate) type Vec3 = [f32; 3];

/// A triangle mesh.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Mesh {
    /// Corner positions.
    pub vertices: Vec<Vec3>,
    /// Corners of each triangle, as indices into `vertices`. Winding has no meaning.
    pub triangles: Vec<[u32; 3]>,
}

/// Axis of a file that points up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UpAxis {
    /// Y is up, as in most OBJ files.
    Y,
    /// Z is up, as in `ModelNet` and in CAD parts.
    #[default]
    Z,
}

/// Defect of a mesh.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MeshError {
    /// There is nothing to draw.
    #[error("it has no triangles")]
    Empty,
    /// A coordinate is NaN, infinite or too large to work with.
    #[error("vertex {0} has a coordinate that is not a usable number")]
    NotFinite(usize),
    /// A triangle names a vertex that is not there.
    #[error("triangle {triangle} names vertex {vertex}, but there are only {vertices}")]
    NoSuchVertex {
        /// Index of the triangle.
        triangle: usize,
        /// The vertex it names.
        vertex: u32,
        /// Number of vertices.
        vertices: usize,
    },
    /// All vertices lie in one point.
    #[error("all its vertices lie in one point")]
    NoExtent,
}

/// Coordinates beyond this would lose all precision in squared lengths.
const LARGEST_COORDINATE: f32 = 1e18;

impl Mesh {
    /// Adds another mesh to this one.
    pub(crate) fn append(&mut self, other: &Self) {
        let first = self.vertices.len() as u32;
        self.vertices.extend_from_slice(&other.vertices);
        self.triangles.extend(other.triangles.iter().map(|t| t.map(|corner| corner + first)));
    }

    /// Adds a polygon given by its corners, as a fan of triangles round its first corner. Fewer than three corners add
    /// nothing.
    pub(crate) fn push_polygon(&mut self, corners: &[u32]) {
        for pair in corners.get(1..).unwrap_or_default().windows(2) {
            self.triangles.push([corners[0], pair[0], pair[1]]);
        }
    }

    /// Checks the invariant of this module.
    ///
    /// # Errors
    /// The first defect found.
    pub(crate) fn check(&self) -> Result<(), MeshError> {
        if self.triangles.is_empty() {
            return Err(MeshError::Empty);
        }
        let usable = |v: &Vec3| v.iter().all(|c| c.abs() <= LARGEST_COORDINATE);
        if let Some(bad) = self.vertices.iter().position(|v| !usable(v)) {
            return Err(MeshError::NotFinite(bad));
        }
        let vertices = self.vertices.len();
        for (triangle, corners) in self.triangles.iter().enumerate() {
            if let Some(&vertex) = corners.iter().find(|&&corner| corner as usize >= vertices) {
                return Err(MeshError::NoSuchVertex { triangle, vertex, vertices });
            }
        }
        Ok(())
    }

    /// Turns the mesh so that `up` becomes the Z axis.
    pub(crate) fn set_up_axis(&mut self, up: UpAxis) {
        if up == UpAxis::Y {
            self.turn([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]);
        }
    }

    /// Turns every vertex by a matrix, given by its rows.
    pub(crate) fn turn(&mut self, rows: [Vec3; 3]) {
        for vertex in &mut self.vertices {
            *vertex = rows.map(|row| dot(row, *vertex));
        }
    }

    /// Moves the centre of the bounding box of the *used* vertices to the origin and scales the farthest of them to
    /// distance 1.
    ///
    /// # Errors
    /// [`MeshError::NoExtent`] when all used vertices coincide, and what [`Mesh::check`] finds.
    pub(crate) fn fit_unit_sphere(&mut self) -> Result<(), MeshError> {
        self.check()?;
        let (mut low, mut high) = ([f32::INFINITY; 3], [f32::NEG_INFINITY; 3]);
        let used = || self.triangles.iter().flatten().map(|&corner| self.vertices[corner as usize]);
        for vertex in used() {
            for axis in 0..3 {
                low[axis] = low[axis].min(vertex[axis]);
                high[axis] = high[axis].max(vertex[axis]);
            }
        }
        let centre: Vec3 = std::array::from_fn(|axis| f32::midpoint(low[axis], high[axis]));
        let radius = used().map(|v| length(subtract(v, centre))).fold(0.0, f32::max);
        if radius <= f32::MIN_POSITIVE {
            return Err(MeshError::NoExtent);
        }
        for vertex in &mut self.vertices {
            *vertex = subtract(*vertex, centre).map(|c| c / radius);
        }
        Ok(())
    }
}

/// a - b.
pub(crate) fn subtract(a: Vec3, b: Vec3) -> Vec3 {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

/// Scalar product.
pub(crate) fn dot(a: Vec3, b: Vec3) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Vector product.
pub(crate) fn cross(a: Vec3, b: Vec3) -> Vec3 {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// Euclidean length.
pub(crate) fn length(a: Vec3) -> f32 {
    dot(a, a).sqrt()
}

/// The vector scaled to length 1; a vector without length stays as it is.
pub(crate) fn normalised(a: Vec3) -> Vec3 {
    let length = length(a);
    if length > 0.0 { a.map(|c| c / length) } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quad() -> Mesh {
        let mut mesh = Mesh {
            vertices: vec![[2.0, 2.0, 5.0], [6.0, 2.0, 5.0], [6.0, 5.0, 5.0], [2.0, 5.0, 5.0]],
            triangles: vec![],
        };
        mesh.push_polygon(&[0, 1, 2, 3]);
        mesh
    }

    #[test]
    fn a_polygon_becomes_a_fan() {
        assert_eq!(quad().triangles, [[0, 1, 2], [0, 2, 3]]);
        let mut mesh = Mesh::default();
        mesh.push_polygon(&[0, 1]);
        mesh.push_polygon(&[]);
        assert!(mesh.triangles.is_empty());
    }

    #[test]
    fn fitting_centres_and_scales_and_ignores_unused_vertices() {
        let mut mesh = quad();
        mesh.vertices.push([1000.0, 0.0, 0.0]);
        mesh.fit_unit_sphere().expect("the quad is sound");
        for vertex in &mesh.vertices[..4] {
            assert!((length(*vertex) - 1.0).abs() < 1e-6, "{vertex:?}");
        }
        assert!((mesh.vertices[0][0] + 0.8).abs() < 1e-6);
    }

    #[test]
    fn defects_are_named() {
        assert_eq!(Mesh::default().check(), Err(MeshError::Empty));
        let mut mesh = quad();
        mesh.vertices[2][1] = f32::NAN;
        assert_eq!(mesh.check(), Err(MeshError::NotFinite(2)));
        let mut mesh = quad();
        mesh.triangles[1][2] = 9;
        assert_eq!(mesh.check(), Err(MeshError::NoSuchVertex { triangle: 1, vertex: 9, vertices: 4 }));
        let mut mesh = quad();
        mesh.vertices.fill([1.0; 3]);
        assert_eq!(mesh.fit_unit_sphere(), Err(MeshError::NoExtent));
    }

    #[test]
    fn y_up_becomes_z_up() {
        let mut mesh = Mesh { vertices: vec![[0.0, 1.0, 0.0]], triangles: vec![] };
        mesh.set_up_axis(UpAxis::Y);
        assert_eq!(mesh.vertices, [[0.0, 0.0, 1.0]]);
    }

    #[test]
    fn appending_shifts_indices() {
        let mut mesh = quad();
        mesh.append(&quad());
        assert_eq!(mesh.triangles[2], [4, 5, 6]);
        assert_eq!(mesh.check(), Ok(()));
    }
}
