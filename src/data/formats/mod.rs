//! Readers of file formats: bytes in, plain data or a [`ParseError`] with its place out. One file a format.
//!
//! Invariants: no reader panics on any input, none reserves more memory than a small multiple of the input's length, and
//! what it returns is sound (finite coordinates, indices in range, lengths as declared).

pub mod cifar;
pub mod idx;
pub mod obj;
pub mod off;
pub mod picture;
pub mod stl;
pub mod vrml;

use std::fmt;

use super::mesh::{Mesh, UpAxis};

/// Where in a file something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A line, counted from 1.
    Line(usize),
    /// A byte, counted from 0 (in compressed files: of the unpacked content).
    Byte(u64),
    /// A record (triangle, image, ...), counted from 0.
    Record(usize),
    /// The file as a whole.
    Whole,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}: "),
            Self::Byte(byte) => write!(f, "byte {byte}: "),
            Self::Record(record) => write!(f, "record {record}: "),
            Self::Whole => Ok(()),
        }
    }
}

/// A file that does not hold what its format promises.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}{message}")]
pub struct ParseError {
    /// Where.
    pub place: Place,
    /// What is wrong, as a clause.
    pub message: String,
}

impl ParseError {
    /// An error at a line counted from 1.
    pub fn line(line: usize, message: impl Into<String>) -> Self {
        Self { place: Place::Line(line), message: message.into() }
    }

    /// An error of the whole file.
    pub fn whole(message: impl Into<String>) -> Self {
        Self { place: Place::Whole, message: message.into() }
    }
}

/// A format of triangle meshes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeshFormat {
    /// Object File Format, as `ModelNet` uses it.
    Off,
    /// Wavefront OBJ.
    Obj,
    /// Stereolithography, text or binary.
    Stl,
    /// VRML 2.0 (VRML97).
    Vrml,
}

impl MeshFormat {
    /// Formats by file extension.
    pub const EXTENSIONS: [(&'static str, Self); 4] =
        [("off", Self::Off), ("obj", Self::Obj), ("stl", Self::Stl), ("wrl", Self::Vrml)];

    /// The format of a file by its extension, in any case.
    pub fn of_extension(extension: &str) -> Option<Self> {
        Self::EXTENSIONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(extension)).map(|(_, format)| *format)
    }

    /// Which axis usually points up in such files. VRML is a Y-up format by its standard, but the CAD libraries that ship it
    /// keep Z up.
    pub fn usual_up_axis(self) -> UpAxis {
        match self {
            Self::Obj => UpAxis::Y,
            Self::Off | Self::Stl | Self::Vrml => UpAxis::Z,
        }
    }

    /// Reads a mesh.
    ///
    /// # Errors
    /// When the content breaks the format or holds no triangle.
    pub fn read(self, bytes: &[u8]) -> Result<Mesh, ParseError> {
        let mesh = match self {
            Self::Off => off::read(bytes),
            Self::Obj => obj::read(bytes),
            Self::Stl => stl::read(bytes),
            Self::Vrml => vrml::read(bytes),
        }?;
        mesh.check().map_err(|defect| ParseError::whole(defect.to_string()))?;
        Ok(mesh)
    }
}

/// Lines of a text with their numbers (from 1), each without what follows `#` and surrounding blanks; empty ones left out.
fn content_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line.split('#').next().unwrap_or("").trim()))
        .filter(|(_, line)| !line.is_empty())
}

/// The first three numbers of a line as a point.
fn point<'a>(mut tokens: impl Iterator<Item = &'a str>, line: usize) -> Result<[f32; 3], ParseError> {
    let mut point = [0.0; 3];
    for (coordinate, axis) in point.iter_mut().zip(["x", "y", "z"]) {
        let token = tokens.next().ok_or_else(|| ParseError::line(line, format!("the vertex has no {axis}")))?;
        *coordinate =
            finite(token).ok_or_else(|| ParseError::line(line, format!("`{}` is no number", shown(token))))?;
    }
    Ok(point)
}

/// A finite number.
fn finite(token: &str) -> Option<f32> {
    token.parse().ok().filter(|number: &f32| number.is_finite())
}

/// A token cut to a length that fits into a message.
fn shown(token: &str) -> String {
    token.chars().take(24).collect()
}

#[cfg(test)]
mod tests;
