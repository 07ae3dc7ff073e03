//! VRML 2.0 text, as far as CAD part libraries use it: indexed face sets with their coordinates.
//!
//! Read are `IndexedFaceSet` nodes with `coord Coordinate { point [...] }` (also by DEF and USE) and `coordIndex
//! [...]`; appearance, normals and colours are skipped. A `Transform` that moves something is refused rather than
//! ignored.

use std::collections::HashMap;
use std::str::Lines;

use super::parse::{ParseError, finite, shown};
use crate::data::mesh::{Mesh, Vec3};

/// Most points of a file: points used by name many times could otherwise grow far beyond the file.
const MOST_VERTICES: usize = 20_000_000;

/// Reads a VRML file: all face sets together.
///
/// # Errors
/// When the header is missing, a list is malformed, an index names no point, or a node moves its children.
pub(crate) fn read(bytes: &[u8]) -> Result<Mesh, ParseError> {
    let text = String::from_utf8_lossy(bytes);
    if !text.starts_with("#VRML V2.0") {
        return Err(ParseError::line(1, "expected the header `#VRML V2.0 utf8`"));
    }
    let mut reader = VrmlReader { lines: text.lines(), line: 0, rest: "", before: [""; 3], defined: HashMap::new() };
    let mut mesh = Mesh::default();
    while let Some(token) = reader.next() {
        match token {
            "IndexedFaceSet" => reader.face_set(&mut mesh)?,
            // Points may be defined outside of a face set and used there.
            "Coordinate" => drop(reader.coordinate()?),
            "translation" | "rotation" | "scale" | "center" | "scaleOrientation" => {
                let line = reader.line;
                if reader.next().is_some_and(|token| finite(token).is_some()) {
                    return Err(ParseError::line(line, format!("`{token}` of a Transform is not supported")));
                }
            }
            _ => {}
        }
    }
    Ok(mesh)
}

/// Words, brackets and quoted strings of a text, one after the other; commas count as blanks; `#` starts a comment.
struct VrmlReader<'a> {
    lines: Lines<'a>,
    /// Line of the token last read, counted from 1.
    line: usize,
    /// Rest of its line.
    rest: &'a str,
    /// The tokens last read, the latest first.
    before: [&'a str; 3],
    /// Points of `DEF name Coordinate`.
    defined: HashMap<&'a str, Vec<Vec3>>,
}

impl<'a> VrmlReader<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let first = loop {
            self.rest = self.rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
            match self.rest.chars().next() {
                Some(first) if first != '#' => break first,
                _ => {
                    self.rest = self.lines.next()?;
                    self.line += 1;
                }
            }
        };
        let rest = self.rest;
        let length = match first {
            '[' | ']' | '{' | '}' => 1,
            '"' => rest[1..].find('"').map_or(rest.len(), |end| end + 2),
            _ => rest.find(|c: char| c.is_whitespace() || ",[]{}#\"".contains(c)).unwrap_or(rest.len()),
        };
        let token;
        (token, self.rest) = rest.split_at(length);
        self.before = [token, self.before[0], self.before[1]];
        Some(token)
    }

    fn expect(&mut self, wanted: &str) -> Result<(), ParseError> {
        match self.next() {
            Some(found) if found == wanted => Ok(()),
            Some(found) => Err(self.error(format!("expected `{wanted}`, found `{}`", shown(found)))),
            None => Err(self.error(format!("expected `{wanted}`, but the file ends"))),
        }
    }

    /// An error at the token last read.
    fn error(&self, message: impl Into<String>) -> ParseError {
        ParseError::line(self.line, message)
    }

    /// After `IndexedFaceSet`: its braces and all in them.
    fn face_set(&mut self, mesh: &mut Mesh) -> Result<(), ParseError> {
        self.expect("{")?;
        let (mut depth, mut points, mut faces) = (1usize, Vec::new(), Vec::new());
        while depth > 0 {
            let Some(token) = self.next() else {
                return Err(self.error("the file ends within an IndexedFaceSet"));
            };
            match token {
                "{" => depth += 1,
                "}" => depth -= 1,
                "Coordinate" => points = self.coordinate()?,
                "USE" if self.before[1] == "coord" => points = self.used()?,
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
        let [_, name, def] = self.before;
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
        if def == "DEF" {
            self.defined.insert(name, points.clone());
        }
        Ok(points)
    }

    /// After `coord USE`: the points of that name.
    fn used(&mut self) -> Result<Vec<Vec3>, ParseError> {
        let name = self.next().unwrap_or("");
        let points = self.defined.get(name).cloned();
        points.ok_or_else(|| self.error(format!("`{}` is used but not defined", shown(name))))
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
            match self.next() {
                Some("]") => return Ok(items),
                Some(token) => match read(token) {
                    Ok(item) => items.push((self.line, item)),
                    Err(what) => return Err(self.error(format!("`{}` {what}", shown(token)))),
                },
                None => return Err(self.error("the file ends within a list")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PART: &str = "#VRML V2.0 utf8
# a part
DEF part Transform { children [
  SampleShape { appearance Appearance { material DEF m Material { diffuseColor 0.1 0.2 0.3 } }
    geometry IndexedFaceSet { creaseAngle 0.5 coordIndex [ 0,1,2,-1 0,2,3 -1]
      coord DEF c Coordinate { point [ 0 0 0, 1 0 0, 1 1 0,0 1 0 ] } } }
  SampleShape { appearance Appearance { material USE m } geometry IndexedFaceSet { coord USE c coordIndex[0,1,2,3] } }
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
