//! Folders of exported files, written whole or not at all.

use std::fs;
use std::io;
use std::path::Path;

use super::archive;
use super::deployment::Deployment;
use super::error::DeployError;
use super::format::DeployFormat;
use super::manifest::{ExportManifest, ExportedFile};
use super::onnx;
use super::tflite;
use crate::files::{self, Digests};
use crate::network::{Layer, table};

/// Name of the manifest in a folder.
pub const MANIFEST: &str = "manifest.json";
/// Bytes of the largest file that is read back.
const LARGEST_FILE: u64 = 1 << 30;

/// A file before it is written.
#[derive(Debug, Clone)]
pub struct FileContent {
    /// Name in the folder.
    pub name: String,
    /// Format.
    pub format: DeployFormat,
    /// Bytes.
    pub content: Vec<u8>,
}

/// Files of a deployment in these formats.
///
/// # Errors
/// A format can't hold the graphs.
pub fn files_of(deployment: &Deployment, formats: &[DeployFormat]) -> Result<Vec<FileContent>, DeployError> {
    let mut files = Vec::new();
    let precision = deployment.precision;
    for &format in formats.iter().filter(|format| format.holds(precision)) {
        match format {
            DeployFormat::Onnx | DeployFormat::OnnxInt8 => {
                for graph in [&deployment.sensor, &deployment.aggregator] {
                    let name = format!("{}-{}.onnx", graph.name, precision.name());
                    files.push(FileContent { name, format, content: onnx::write(graph) });
                }
            }
            DeployFormat::Tflite => {
                for graph in [&deployment.sensor, &deployment.aggregator] {
                    let name = format!("{}-{}.tflite", graph.name, precision.name());
                    let content = tflite::write(graph)?;
                    files.extend(content.map(|content| FileContent { name, format, content }));
                }
            }
            DeployFormat::Safetensors => {
                let name = format!("design-{}.safetensors", precision.name());
                files.push(FileContent { name, format, content: archive::write(deployment)? });
            }
            DeployFormat::Csv => {}
        }
    }
    Ok(files)
}

/// Layer table and SCALE-Sim topology of the layers of a half.
pub fn tables_of<'a>(half: &str, layers: impl IntoIterator<Item = &'a Layer> + Clone) -> [FileContent; 2] {
    let file = |name: String, text: String| FileContent { name, format: DeployFormat::Csv, content: text.into_bytes() };
    [
        file(format!("{half}-layers.csv"), table::csv(layers.clone())),
        file(format!("{half}-topology.csv"), table::scale_sim(layers)),
    ]
}

/// Writes a folder with these files, their digests and the manifest; `manifest.files` is filled in.
///
/// # Errors
/// There is something of this name already, or the folder can't be written.
pub fn write_folder(folder: &Path, mut manifest: ExportManifest, contents: &[FileContent]) -> io::Result<()> {
    let described = |file: &FileContent| {
        let sha256 = files::sha256(&file.content);
        ExportedFile { name: file.name.clone(), format: file.format, sha256 }
    };
    manifest.files.extend(contents.iter().map(described));
    let text = serde_json::to_string_pretty(&manifest).map_err(io::Error::other)? + "\n";
    write_files(folder, contents, |digests| digests.put(MANIFEST, text.as_bytes()))
}

/// Files of a new folder, and their digests so far.
pub(super) struct DigestedFiles<'a> {
    /// Folder in which they are written.
    scratch: &'a Path,
    /// Folder that it becomes.
    folder: &'a Path,
    digests: Digests,
}

impl DigestedFiles<'_> {
    /// Writes a file.
    pub(super) fn put(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        files::write(&self.scratch.join(name), content).map_err(|error| named(&self.folder.join(name), &error))?;
        self.digests.add(name, content);
        Ok(())
    }
}

/// Writes a folder with these files, those that `more` adds, and the digests of all.
///
/// # Errors
/// There is something of this name already, or the folder can't be written.
pub(super) fn write_files(
    folder: &Path,
    contents: &[FileContent],
    more: impl FnOnce(&mut DigestedFiles<'_>) -> io::Result<()>,
) -> io::Result<()> {
    check_new(folder)?;
    let parent = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let of_folder = |error: io::Error| named(folder, &error);
    fs::create_dir_all(parent).map_err(of_folder)?;
    let scratch = files::scratch_folder(parent, files::SCRATCH).map_err(of_folder)?;
    let mut written = DigestedFiles { scratch: scratch.path(), folder, digests: Digests::default() };
    for file in contents {
        written.put(&file.name, &file.content)?;
    }
    more(&mut written)?;
    let digests = written.digests.to_string();
    files::write(&scratch.path().join(Digests::FILE), digests.as_bytes()).map_err(of_folder)?;
    fs::set_permissions(scratch.path(), permissions()).map_err(of_folder)?;
    fs::rename(scratch.path(), folder).map_err(of_folder)?;
    // The scratch folder is the new one now.
    let _ = scratch.keep();
    files::sync(parent).map_err(of_folder)
}

/// The error with the name of what could not be written.
fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Makes sure that a folder is still to be made, and can be: before there is something to write.
///
/// # Errors
/// There is something of this name already, or of the name of a folder above it that is none.
pub fn check_new(folder: &Path) -> io::Result<()> {
    let refuse = |kind, path: &Path, what: &str| Err(io::Error::new(kind, format!("{} {what}", path.display())));
    if folder.exists() {
        return refuse(io::ErrorKind::AlreadyExists, folder, "exists already; name a new folder");
    }
    match folder.ancestors().skip(1).find(|above| above.exists()) {
        Some(above) if !above.is_dir() => refuse(io::ErrorKind::NotADirectory, above, "is no folder"),
        _ => Ok(()),
    }
}

/// Permissions of a folder as users make them; a temporary one is private.
fn permissions() -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o755)
}

/// Manifest of a folder.
///
/// # Errors
/// There is none, or it is damaged.
pub fn read_manifest(folder: &Path) -> Result<ExportManifest, DeployError> {
    if !folder.join(Digests::FILE).is_file() {
        let reason = match fs::metadata(folder) {
            Ok(found) if !found.is_dir() => "it is a file; name the folder that `splitscope deploy` wrote".to_owned(),
            Ok(_) => format!("it has no {}: it is no folder that `splitscope deploy` wrote", Digests::FILE),
            Err(error) if error.kind() == io::ErrorKind::NotFound => "there is no such folder".to_owned(),
            Err(error) => error.to_string(),
        };
        return Err(DeployError::File { file: folder.display().to_string(), reason });
    }
    let content = read_file(folder, MANIFEST)?;
    let wrong = |error: serde_json::Error| DeployError::File { file: MANIFEST.into(), reason: error.to_string() };
    serde_json::from_slice(&content).map_err(wrong)
}

/// Content of a file of a folder, compared with its digest.
///
/// # Errors
/// It is missing, damaged, or the folder has no digests.
pub fn read_file(folder: &Path, name: &str) -> Result<Vec<u8>, DeployError> {
    let wrong = |error: io::Error| DeployError::File { file: name.to_owned(), reason: error.to_string() };
    let digests = Digests::read(folder)
        .map_err(|error| DeployError::File { file: Digests::FILE.into(), reason: error.to_string() })?;
    let content = files::read(&folder.join(name), LARGEST_FILE).map_err(wrong)?;
    digests.verify(name, &content).map_err(wrong)?;
    Ok(content)
}
