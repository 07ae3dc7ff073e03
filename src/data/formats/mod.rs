//! Readers of file formats: bytes in, plain data or a [`ParseError`] with its place out. One file a format.
//!
//! Invariants: no reader panics on any input, none reserves more memory than a small multiple of the input's length,
//! and what it returns is sound (finite coordinates, indices in range, lengths as declared).

pub(crate) mod cifar;
pub(crate) mod idx;
pub(crate) mod obj;
pub(crate) mod off;
mod parse;
pub(crate) mod picture;
pub(crate) mod stl;
pub(crate) mod vrml;

pub(crate) use parse::ParseError;

use super::mesh::{Mesh, UpAxis};

/// A format of triangle meshes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MeshFormat {
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
    pub(crate) const EXTENSIONS: [(&'static str, Self); 4] =
        [("off", Self::Off), ("obj", Self::Obj), ("stl", Self::Stl), ("wrl", Self::Vrml)];

    /// The format of a file by its extension, in any case.
    pub(crate) fn of_extension(extension: &str) -> Option<Self> {
        Self::EXTENSIONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(extension)).map(|(_, format)| *format)
    }

    /// Axis that usually points up in such files. VRML is a Y-up format by its standard, but the CAD libraries that
    /// ship it keep Z up.
    pub(crate) fn usual_up_axis(self) -> UpAxis {
        match self {
            Self::Obj => UpAxis::Y,
            Self::Off | Self::Stl | Self::Vrml => UpAxis::Z,
        }
    }

    /// Reads a mesh.
    ///
    /// # Errors
    /// When the content breaks the format or holds no triangle.
    pub(crate) fn read(self, bytes: &[u8]) -> Result<Mesh, ParseError> {
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

#[cfg(test)]
mod tests;
