//! STL, binary and text, read by the `stl_io` crate; lengths are checked before, numbers and counts after.

use std::io::Cursor;

use super::parse::{FilePosition, ParseError};
use crate::data::mesh::Mesh;

/// Bytes before the first triangle of a binary file: a free text of 80 bytes and the number of triangles.
const HEADER: usize = 84;
/// Bytes of a triangle of a binary file.
const RECORD: usize = 50;

/// Reads an STL file. Triangles do not share vertices.
///
/// # Errors
/// When a binary file's length disagrees with its count, a text is malformed, or a coordinate is not finite.
pub(crate) fn read(bytes: &[u8]) -> Result<Mesh, ParseError> {
    if !is_text(bytes) {
        check_length(bytes)?;
    }
    let unreadable = |error: std::io::Error| ParseError::whole(error.to_string());
    let mut input = Cursor::new(bytes);
    let triangles = stl_io::create_stl_reader(&mut input).map_err(unreadable)?;
    let mut mesh = Mesh::default();
    for (at, triangle) in triangles.enumerate() {
        let triangle =
            triangle.map_err(|error| ParseError { place: FilePosition::Record(at), message: error.to_string() })?;
        let first = mesh.vertices.len() as u32;
        for vertex in triangle.vertices {
            if !vertex.0.iter().all(|c| c.is_finite()) {
                return Err(ParseError {
                    place: FilePosition::Record(at),
                    message: "a coordinate is not finite".to_owned(),
                });
            }
            mesh.vertices.push(vertex.0);
        }
        mesh.triangles.push([first, first + 1, first + 2]);
    }
    Ok(mesh)
}

/// Returns `true` for a text file: it starts with `solid`, and is not a binary file whose free text happens to do so.
fn is_text(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"solid") && check_length(bytes).is_err()
}

fn check_length(bytes: &[u8]) -> Result<(), ParseError> {
    let Some(count) = bytes.get(HEADER - 4..HEADER) else {
        return Err(ParseError::whole(format!("the file has {} bytes, too few for a header of {HEADER}", bytes.len())));
    };
    let count = u32::from_le_bytes([count[0], count[1], count[2], count[3]]);
    let expected = HEADER as u64 + RECORD as u64 * u64::from(count);
    if bytes.len() as u64 == expected {
        return Ok(());
    }
    Err(ParseError::whole(format!("{count} triangles need {expected} bytes, but the file has {}", bytes.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "solid t\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\nendsolid t\n";

    fn binary(free_text: &[u8], corners: [f32; 9]) -> Vec<u8> {
        let mut bytes = free_text.to_vec();
        bytes.resize(80, b' ');
        bytes.extend(1u32.to_le_bytes());
        bytes.extend([0; 12]);
        bytes.extend(corners.iter().flat_map(|c| c.to_le_bytes()));
        bytes.extend([0; 2]);
        bytes
    }

    #[test]
    fn text_and_binary_give_the_same_mesh() {
        let text = read(TEXT.as_bytes()).expect("text");
        let corners = [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
        assert_eq!(text, read(&binary(b"made by hand", corners)).expect("binary"));
        assert_eq!(text.vertices[1..2], [[1.0, 0.0, 0.0]]);
        assert_eq!(text.triangles, [[0, 1, 2]]);
    }

    #[test]
    fn defects_are_found() {
        let mut bytes = binary(b"x", [0.0; 9]);
        bytes.pop();
        assert_eq!(read(&bytes).expect_err("short").to_string(), "1 triangles need 134 bytes, but the file has 133");
        let mut corners = [0.0; 9];
        corners[4] = f32::NAN;
        assert_eq!(read(&binary(b"x", corners)).expect_err("nan").to_string(), "record 0: a coordinate is not finite");
        assert!(read(TEXT.replace("vertex 1 0 0", "vertex 1 zero 0").as_bytes()).is_err());
        assert!(read(b"").is_err());
    }
}
