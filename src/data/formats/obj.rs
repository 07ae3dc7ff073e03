//! Wavefront OBJ, geometry only: `v` and `f` lines. Everything else (texture coordinates, normals, materials, groups)
//! is skipped unread, so references to texture coordinates that come later, or never, do no harm.

use std::borrow::Cow;

use super::parse::{ParseError, point, shown};
use crate::data::mesh::Mesh;

/// Reads an OBJ file. Faces may name vertices that come later; negative numbers count back from the last vertex read.
///
/// # Errors
/// When a vertex or a face is malformed, or a face names a vertex that is not there.
pub(crate) fn read(bytes: &[u8]) -> Result<Mesh, ParseError> {
    let text = String::from_utf8_lossy(bytes);
    let total = text.lines().filter(|line| line.split_whitespace().next() == Some("v")).count();
    let mut mesh = Mesh::default();
    let mut corners = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((at, first)) = lines.next() {
        let mut content = Cow::Borrowed(first);
        // A backslash at the end of a line joins it with the next.
        while let Some(head) = content.trim_end().strip_suffix('\\') {
            if head.len() > LONGEST_LINE {
                return Err(ParseError::line(at + 1, "the line goes on for too long"));
            }
            content = Cow::Owned(format!("{head} {}", lines.next().map_or("", |(_, next)| next)));
        }
        let mut tokens = content.split('#').next().unwrap_or("").split_whitespace();
        match tokens.next() {
            Some("v") => mesh.vertices.push(point(tokens, at + 1)?),
            Some("f") => {
                corners.clear();
                for token in tokens {
                    corners.push(corner(token, mesh.vertices.len(), total, at + 1)?);
                }
                mesh.push_polygon(&corners);
            }
            _ => {}
        }
    }
    Ok(mesh)
}

/// Longest line after joining, in bytes.
const LONGEST_LINE: usize = 1 << 16;

/// The vertex that `7`, `7/1/2` or `-1` names, counted from 0.
fn corner(token: &str, read: usize, total: usize, line: usize) -> Result<u32, ParseError> {
    let number = token.split('/').next().unwrap_or("");
    let named: i64 =
        number.parse().map_err(|_| ParseError::line(line, format!("`{}` is no vertex number", shown(token))))?;
    let distance = usize::try_from(named.unsigned_abs()).unwrap_or(usize::MAX);
    let index = if named < 0 { read.checked_sub(distance) } else { distance.checked_sub(1) };
    index
        .filter(|&index| index < total)
        .map(|index| index as u32)
        .ok_or_else(|| ParseError::line(line, format!("vertex {named} is named, but there are only {total}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vertices_and_faces_of_every_spelling() {
        let text = "o thing\nv 0 0 0\nv 1 0 0 1.0\nv 1 1 0 0.5 0.5 0.5\nvt 0 0\nf 1/9/9 2//4 3/1\nv 0 1 0\nf -4 -3 \\\n -2 -1 # quad\n";
        let mesh = read(text.as_bytes()).expect("valid");
        assert_eq!(mesh.triangles, [[0, 1, 2], [0, 1, 2], [0, 2, 3]]);
        assert_eq!(mesh.vertices[3..], [[0.0, 1.0, 0.0]]);
    }

    #[test]
    fn faces_may_come_before_their_vertices() {
        let mesh = read(b"f 1 2 3\nv 0 0 0\nv 1 0 0\nv 0 1 0\n").expect("valid");
        assert_eq!(mesh.triangles, [[0, 1, 2]]);
    }

    #[test]
    fn defects_name_their_line() {
        let message = |text: &str| read(text.as_bytes()).expect_err(text).to_string();
        assert_eq!(message("v 0 0\n"), "line 1: the vertex has no z");
        assert_eq!(message("v 0 inf 0\n"), "line 1: `inf` is no number");
        assert_eq!(message("v 0 0 0\n\nf 1 1 2\n"), "line 3: vertex 2 is named, but there are only 1");
        assert_eq!(message("v 0 0 0\nf 1 0 1\n"), "line 2: vertex 0 is named, but there are only 1");
        assert_eq!(message("v 0 0 0\nf 1 -2 1\n"), "line 2: vertex -2 is named, but there are only 1");
        assert_eq!(message("v 0 0 0\nf a b c\n"), "line 2: `a` is no vertex number");
    }
}
