//! OFF: `OFF`, then counts, then a vertex a line, then a face a line; `#` starts a comment.
//!
//! The counts may follow the word without a line break or even a blank (`OFF490 518 0`), as in a good part of
//! `ModelNet40`. Faces are read by line, so colours after the indices are ignored.

use super::parse::{ParseError, content_lines, point, shown};
use crate::data::mesh::Mesh;

/// Reads an OFF file.
///
/// # Errors
/// When the header is wrong, the file ends early, or a vertex or face is malformed.
pub(crate) fn read(bytes: &[u8]) -> Result<Mesh, ParseError> {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = content_lines(&text);
    let (mut last, first) = lines.next().ok_or_else(|| ParseError::whole("the file is empty"))?;
    let glued = first
        .strip_prefix("OFF")
        .ok_or_else(|| ParseError::line(last, format!("expected the word OFF, found `{}`", shown(first))))?;
    let mut counts = glued.trim();
    if counts.is_empty() {
        (last, counts) = lines.next().ok_or_else(|| ParseError::line(last, "the counts are missing"))?;
    }
    let (vertices, faces) = header(counts, last)?;
    let mut mesh = Mesh::default();
    mesh.vertices.reserve(vertices.min(bytes.len() / 6));
    for _ in 0..vertices {
        let (line, content) = lines.next().ok_or_else(|| ended(last, vertices, "vertices", mesh.vertices.len()))?;
        mesh.vertices.push(point(content.split_whitespace(), line)?);
        last = line;
    }
    let mut corners = Vec::new();
    for done in 0..faces {
        let (line, content) = lines.next().ok_or_else(|| ended(last, faces, "faces", done))?;
        face(content, vertices, line, &mut corners)?;
        mesh.push_polygon(&corners);
        last = line;
    }
    Ok(mesh)
}

/// Numbers of vertices and faces; the number of edges may be left out.
fn header(counts: &str, line: usize) -> Result<(usize, usize), ParseError> {
    let mut numbers = counts.split_whitespace().map(|token| token.parse::<u32>().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(vertices), Some(faces)) => Ok((vertices as usize, faces as usize)),
        _ => Err(ParseError::line(
            line,
            format!("expected the numbers of vertices, faces and edges, found `{}`", shown(counts)),
        )),
    }
}

fn ended(line: usize, promised: usize, what: &str, found: usize) -> ParseError {
    ParseError::line(line, format!("the header promises {promised} {what}, but the file ends after {found}"))
}

/// Reads `k i1 .. ik [colour]` into `corners`.
fn face(content: &str, vertices: usize, line: usize, corners: &mut Vec<u32>) -> Result<(), ParseError> {
    corners.clear();
    let mut tokens = content.split_whitespace();
    let count: usize = tokens
        .next()
        .and_then(|token| token.parse().ok())
        .ok_or_else(|| ParseError::line(line, "the face does not start with its number of corners"))?;
    for _ in 0..count {
        let token =
            tokens.next().ok_or_else(|| ParseError::line(line, format!("the face has fewer than {count} corners")))?;
        let corner: u32 =
            token.parse().map_err(|_| ParseError::line(line, format!("`{}` is no vertex number", shown(token))))?;
        if corner as usize >= vertices {
            return Err(ParseError::line(line, format!("vertex {corner} is named, but there are only {vertices}")));
        }
        corners.push(corner);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: &str = "4 2 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n3 0 1 2\n4 0 1 2 3\n";

    #[test]
    fn header_with_and_without_break_or_blank() {
        for header in ["OFF\n", "OFF ", "OFF", "# made by hand\nOFF # here\n\n"] {
            let mesh = read(format!("{header}{SQUARE}").as_bytes()).expect(header);
            assert_eq!((mesh.vertices.len(), mesh.triangles.len()), (4, 3), "{header:?}");
        }
    }

    #[test]
    fn trailing_colours_and_windows_line_ends_are_ignored() {
        let text = SQUARE.replace("3 0 1 2", "3 0 1 2 255 0 0").replace('\n', "\r\n");
        let mesh = read(format!("OFF\r\n{text}").as_bytes()).expect("valid");
        assert_eq!(mesh.triangles, [[0, 1, 2], [0, 1, 2], [0, 2, 3]]);
    }

    #[test]
    fn defects_name_their_line() {
        let message = |text: &str| read(text.as_bytes()).expect_err(text).to_string();
        assert_eq!(message("PLY\n"), "line 1: expected the word OFF, found `PLY`");
        assert_eq!(message("OFF\n4 1\n0 0 0\n"), "line 3: the header promises 4 vertices, but the file ends after 1");
        assert_eq!(message("OFF\n1 1 0\n0 0 nan\n"), "line 3: `nan` is no number");
        assert_eq!(message("OFF\n1 1 0\n0 0 0\n3 0 0 7\n"), "line 4: vertex 7 is named, but there are only 1");
        assert_eq!(message("OFF\n1 1 0\n0 0 0\n3 0 0\n"), "line 4: the face has fewer than 3 corners");
        assert_eq!(
            message("OFF\n4000000000 4000000000 0\n"),
            "line 2: the header promises 4000000000 vertices, but the file ends after 0"
        );
    }
}
