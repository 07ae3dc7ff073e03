//! VRML 2.0 text, as far as CAD part libraries use it: indexed face sets with their coordinates.
//!
//! Read are `IndexedFaceSet` nodes with `coord Coordinate { point [...] }` (also by DEF and USE) and `coordIndex [...]`;
//! appearance, normals and colours are skipped. A `Transform` that moves something is refused rather than ignored.

use std::collections::HashMap;

use super::{ParseError, finite, shown};
use crate::data::mesh::{Mesh, Vec3};

/// Most points of a file: points used by name many times could otherwise grow far beyond the file.
const MOST_VERTICES: usize = 20_000_000;

/// A token and its line, counted from 1.
type Token<'a> = (usize, &'a str);

/// Reads a VRML file: all face sets together.
///
/// # Errors
/// When the header is missing, a list is malformed, an index names no point, or a node moves its children.
pub fn read(bytes: &[u8]) -> Result<Mesh, ParseError> {
    let text = String::from_utf8_lossy(bytes);
    if !text.starts_with("#VRML V2.0") {
        return Err(ParseError::line(1, "expected the header `#VRML V2.0 utf8`"));
    }
    let tokens = tokens(&text);
    let mut reader = Reader { tokens: &tokens, at: 0, defined: HashMap::new() };
    let mut mesh = Mesh::default();
    while let Some((line, token)) = reader.next() {
        match token {
            "IndexedFaceSet" => reader.face_set(&mut mesh)?,
            // Points may be defined outside of a face set and used there.
            "Coordinate" => drop(reader.coordinate()?),
            "translation" | "rotation" | "scale" | "center" | "scaleOrientation" if reader.number_follows() => {
                return Err(ParseError::line(line, format!("`{token}` of a Transform is not supported")));
            }
            _ => {}
        }
    }
    Ok(mesh)
}

struct Reader<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
    /// Points of `DEF name Coordinate`.
    defined: HashMap<&'a str, Vec<Vec3>>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        let token = self.tokens.get(self.at).copied();
        self.at += 1;
        token
    }

    /// The token `back` places before the one last read.
    fn before(&self, back: usize) -> Option<&'a str> {
        self.at.checked_sub(1 + back).and_then(|at| self.tokens.get(at)).map(|(_, token)| *token)
    }

    fn number_follows(&self) -> bool {
        self.tokens.get(self.at).is_some_and(|(_, token)| finite(token).is_some())
    }

    fn line(&self) -> usize {
        let last = self.tokens.len().saturating_sub(1);
        self.tokens.get(self.at.min(last)).map_or(1, |(line, _)| *line)
    }

    fn expect(&mut self, wanted: &str) -> Result<(), ParseError> {
        let line = self.line();
        match self.next() {
            Some((_, found)) if found == wanted => Ok(()),
            Some((_, found)) => Err(ParseError::line(line, format!("expected `{wanted}`, found `{}`", shown(found)))),
            None => Err(ParseError::line(line, format!("expected `{wanted}`, but the file ends"))),
        }
    }

    /// After `IndexedFaceSet`: its braces and all in them.
    fn face_set(&mut self, mesh: &mut Mesh) -> Result<(), ParseError> {
        self.expect("{")?;
        let (mut depth, mut points, mut faces) = (1usize, Vec::new(), Vec::new());
        while depth > 0 {
            let line = self.line();
            let Some((_, token)) = self.next() else {
                return Err(ParseError::line(line, "the file ends within an IndexedFaceSet"));
            };
            match token {
                "{" => depth += 1,
                "}" => depth -= 1,
                "Coordinate" => points = self.coordinate()?,
                "USE" if self.before(1) == Some("coord") => points = self.used(line)?,
                "coordIndex" => faces = self.indices()?,
                _ => {}
            }
        }
        let first = mesh.vertices.len() as u32;
        let mut corners = Vec::new();
        for (line, index) in faces.iter().copied().chain([(0, -1)]) {
            if index < 0 {
                mesh.push_polygon(&corners);
                corners.clear();
            } else if (index as usize) < points.len() {
                corners.push(first + index as u32);
            } else {
                let message = format!("point {index} is named, but there are only {}", points.len());
                return Err(ParseError::line(line, message));
            }
        }
        mesh.vertices.append(&mut points);
        if mesh.vertices.len() > MOST_VERTICES {
            return Err(ParseError::whole(format!("it has more than {MOST_VERTICES} points")));
        }
        Ok(())
    }

    /// After `Coordinate`: `{ point [ ... ] }`. Remembers the points when they were given a name.
    fn coordinate(&mut self) -> Result<Vec<Vec3>, ParseError> {
        let name = (self.before(2) == Some("DEF")).then(|| self.before(1)).flatten();
        self.expect("{")?;
        self.expect("point")?;
        let numbers = self.numbers()?;
        self.expect("}")?;
        let mut points = Vec::with_capacity(numbers.len() / 3);
        for triple in numbers.chunks(3) {
            let &[(_, x), (_, y), (_, z)] = triple else {
                return Err(ParseError::line(triple[0].0, "the last point has fewer than three coordinates"));
            };
            points.push([x, y, z]);
        }
        if let Some(name) = name {
            self.defined.insert(name, points.clone());
        }
        Ok(points)
    }

    /// After `coord USE`: the points of that name.
    fn used(&mut self, line: usize) -> Result<Vec<Vec3>, ParseError> {
        let name = self.next().map_or("", |(_, name)| name);
        let points = self.defined.get(name).cloned();
        points.ok_or_else(|| ParseError::line(line, format!("`{}` is used but not defined", shown(name))))
    }

    /// A list of finite numbers in brackets, with the line of each.
    fn numbers(&mut self) -> Result<Vec<(usize, f32)>, ParseError> {
        self.list(|token| finite(token).ok_or("is no number"))
    }

    /// A list of point numbers in brackets, with the line of each; -1 ends a face.
    fn indices(&mut self) -> Result<Vec<(usize, i64)>, ParseError> {
        self.list(|token| token.parse::<i32>().map(i64::from).map_err(|_| "is no point number"))
    }

    fn list<T>(&mut self, read: impl Fn(&str) -> Result<T, &'static str>) -> Result<Vec<(usize, T)>, ParseError> {
        self.expect("[")?;
        let mut items = Vec::new();
        loop {
            let end = self.line();
            match self.next() {
                Some((_, "]")) => return Ok(items),
                Some((line, token)) => match read(token) {
                    Ok(item) => items.push((line, item)),
                    Err(what) => return Err(ParseError::line(line, format!("`{}` {what}", shown(token)))),
                },
                None => return Err(ParseError::line(end, "the file ends within a list")),
            }
        }
    }
}

/// Splits into words, brackets and quoted strings; commas count as blanks; `#` starts a comment.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let mut rest = line;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
            let Some(first) = rest.chars().next().filter(|&c| c != '#') else { break };
            let length = match first {
                '[' | ']' | '{' | '}' => 1,
                '"' => rest[1..].find('"').map_or(rest.len(), |end| end + 2),
                _ => rest.find(|c: char| c.is_whitespace() || ",[]{}#\"".contains(c)).unwrap_or(rest.len()),
            };
            tokens.push((at + 1, &rest[..length]));
            rest = &rest[length..];
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    const PART: &str = "#VRML V2.0 utf8
# a part
DEF part Transform { children [
  Shape { appearance Appearance { material DEF m Material { diffuseColor 0.1 0.2 0.3 } }
    geometry IndexedFaceSet { creaseAngle 0.5 coordIndex [ 0,1,2,-1 0,2,3 -1]
      coord DEF c Coordinate { point [ 0 0 0, 1 0 0, 1 1 0,0 1 0 ] } } }
  Shape { appearance Appearance { material USE m } geometry IndexedFaceSet { coord USE c coordIndex[0,1,2,3] } }
] }";

    #[test]
    fn face_sets_with_named_points() {
        let mesh = read(PART.as_bytes()).expect("valid");
        assert_eq!(mesh.vertices.len(), 8);
        assert_eq!(mesh.triangles, [[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]]);
    }

    #[test]
    fn defects_name_their_line() {
        let message = |from: &str, to: &str| read(PART.replace(from, to).as_bytes()).expect_err(to).to_string();
        assert_eq!(message("#VRML V2.0", "#VRML V1.0"), "line 1: expected the header `#VRML V2.0 utf8`");
        assert_eq!(message("0,2,3 -1", "0,2,4 -1"), "line 5: point 4 is named, but there are only 4");
        assert_eq!(message("1 1 0,0 1 0", "1 1 0,0 1 nan"), "line 6: `nan` is no number");
        assert_eq!(message("0 1 0 ]", "0 1 ]"), "line 6: the last point has fewer than three coordinates");
        assert_eq!(message("coord USE c", "coord USE d"), "line 7: `d` is used but not defined");
        assert_eq!(
            message("children", "translation 0 0 1 children"),
            "line 3: `translation` of a Transform is not supported"
        );
        assert_eq!(message(",3] } }\n] }", ""), "line 7: the file ends within a list");
    }
}
