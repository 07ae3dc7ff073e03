//! Files that are read within bounds and written whole or not at all, and digests of their content.
//!
//! ```
//! use splitscope::files::{self, Digests};
//!
//! let folder = tempfile::tempdir()?;
//! files::write(&folder.path().join("a.txt"), b"one")?;
//! let mut digests = Digests::default();
//! digests.add("a.txt", b"one");
//! files::write(&folder.path().join(Digests::FILE), digests.to_string().as_bytes())?;
//!
//! let digests = Digests::read(folder.path())?;
//! let content = files::read(&folder.path().join("a.txt"), 1 << 10)?;
//! assert!(digests.verify("a.txt", &content).is_ok());
//! assert!(digests.verify("a.txt", b"two").is_err());
//! # Ok::<(), std::io::Error>(())
//! ```

mod digest;

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

pub use digest::{Digests, sha256};

/// Bytes of a MiB.
const MIB: u64 = 1 << 20;

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
/// There is no such file, it is a directory, a pipe or a device, it is larger than `limit`, or reading fails.
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let length = file.metadata()?.len();
    let too_large = || io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {}", size_text(limit)));
    if length > limit {
        return Err(too_large());
    }
    let mut content = Vec::with_capacity(length as usize);
    file.take(limit.saturating_add(1)).read_to_end(&mut content)?;
    if content.len() as u64 > limit {
        return Err(too_large());
    }
    Ok(content)
}

/// Reads a regular file of text of at most `limit` bytes.
///
/// # Errors
/// As for [`read()`], and text that is not UTF-8.
pub fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    String::from_utf8(read(path, limit)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not text in UTF-8"))
}

/// A bound as people write it: in MiB where it is some of those.
pub(crate) fn size_text(bytes: u64) -> String {
    if bytes >= MIB && bytes.is_multiple_of(MIB) { format!("{} MiB", bytes / MIB) } else { format!("{bytes} bytes") }
}

/// Reads a range of the bytes of a regular file of any size.
///
/// # Errors
/// As for [`open()`], and a file that ends before the range does.
pub fn read_range(path: &Path, range: Range<u64>) -> io::Result<Vec<u8>> {
    let mut file = open(path)?;
    let length = file.metadata()?.len();
    if range.end > length {
        let problem = format!("it has {length} bytes, not the {} that are asked for", range.end);
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, problem));
    }
    file.seek(SeekFrom::Start(range.start))?;
    let mut content = vec![0; range.end.saturating_sub(range.start) as usize];
    file.read_exact(&mut content)?;
    Ok(content)
}

/// Opens a regular file, of any size, to be read part by part.
///
/// # Errors
/// There is no such file, it is a directory, a pipe or a device, or it can't be opened.
pub fn open(path: &Path) -> io::Result<File> {
    // Asked before opening: opening a pipe waits for its other end.
    regular(&fs::metadata(path)?)?;
    let file = File::open(path)?;
    regular(&file.metadata()?)?;
    Ok(file)
}

/// Opens a regular file to write at its end; one that is not there is made.
///
/// # Errors
/// It is a directory, a pipe or a device, or can't be opened or made.
pub fn append(path: &Path) -> io::Result<File> {
    match fs::metadata(path) {
        // Asked before opening: opening a pipe waits for its other end.
        Ok(found) => regular(&found)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    File::options().create(true).append(true).open(path)
}

fn regular(metadata: &fs::Metadata) -> io::Result<()> {
    if metadata.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
    }
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a pipe or a device, not a file"));
    }
    Ok(())
}

/// Writes a file so that a reader, now or after a crash, finds its old content or all of the new one. A path that leads
/// to something else than a regular file, such as `/dev/stdout`, is written to as it is. The new file may be read by
/// whom the old one might.
///
/// # Errors
/// The folder can't be written, or the disk is full; an old file is untouched then.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let old = fs::metadata(path).ok();
    if old.as_ref().is_some_and(|old| !old.is_file()) {
        return File::options().write(true).open(path)?.write_all(content);
    }
    // A link stays a link: the file that it leads to is the one to replace.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = folder_of(&target);
    let file = scratch(&folder, content, old.map(|old| old.permissions()))?;
    file.as_file().sync_all()?;
    file.persist(&target).map_err(|error| error.error)?;
    sync(&folder)
}

/// Writes a file as [`write()`] does, unless there is one already.
///
/// # Errors
/// As for [`write()`], and [`io::ErrorKind::AlreadyExists`] if there is a file.
pub fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    let file = scratch(&folder, content, None)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    sync(&folder)
}

/// Waits until the content of a file, or the names in a folder, are on disk.
///
/// # Errors
/// The disk reports an error.
pub fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Hidden file with this content beside its later place. Without `permissions` it is readable by whom the user's other
/// files are: a temporary file is private unless told otherwise. Errors are those of the system alone: the path to tell
/// is the one asked for.
fn scratch(folder: &Path, content: &[u8], permissions: Option<fs::Permissions>) -> io::Result<tempfile::NamedTempFile> {
    let make = |path: &Path| File::options().write(true).create_new(true).mode(0o666).open(path);
    let mut file = tempfile::Builder::new().prefix(SCRATCH).make_in(folder, make)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file_mut().write_all(content)?;
    Ok(file)
}

/// Hidden folder, whose name begins with `prefix`, for what is being written beside its later place; removed with the
/// value. Errors do not name it: the path to tell is the one asked for.
///
/// # Errors
/// The folder can't be written.
pub(crate) fn scratch_folder(folder: &Path, prefix: &str) -> io::Result<tempfile::TempDir> {
    let made = tempfile::Builder::new().prefix(prefix).tempdir_in(folder);
    made.map_err(|error| error.kind().into())
}

/// Beginning of the name of a file that is being written.
pub const SCRATCH: &str = ".splitscope-";

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_replaced_through_its_link_and_keeps_its_neighbours() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write(&link, b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        let error = write_new(&file, b"newer").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    }

    #[test]
    fn a_file_that_is_replaced_stays_as_private_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "old").unwrap();
        for mode in [0o600, 0o640, 0o666] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            write(&file, b"new").unwrap();
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, mode);
        }
    }

    #[test]
    fn only_regular_files_of_bounded_size_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "12345").unwrap();
        assert_eq!(read(&file, 5).unwrap(), b"12345");
        assert!(read(&file, 4).unwrap_err().to_string().contains("larger than 4 bytes"));
        assert!(read(folder.path(), 5).unwrap_err().to_string().contains("directory"));
        assert!(read(Path::new("/dev/zero"), 5).unwrap_err().to_string().contains("device"));
        assert!(append(Path::new("/dev/zero")).unwrap_err().to_string().contains("device"));
        append(&file).unwrap().write_all(b"67").unwrap();
        append(&folder.path().join("other")).unwrap().write_all(b"new").unwrap();
        assert_eq!(
            (read(&file, 9).unwrap(), read(&folder.path().join("other"), 9).unwrap()),
            (b"1234567".to_vec(), b"new".to_vec())
        );
    }

    #[test]
    fn errors_of_writing_name_no_temporary_file_and_bounds_are_read_easily() {
        let folder = tempfile::tempdir().unwrap();
        for write in [write, write_new] {
            let error = write(&folder.path().join("missing/file"), b"new").unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::NotFound);
            assert!(!error.to_string().contains(SCRATCH), "{error}");
        }
        let error = scratch_folder(&folder.path().join("missing"), SCRATCH).unwrap_err();
        assert!(!error.to_string().contains(SCRATCH), "{error}");
        assert_eq!(size_text(16 << 20), "16 MiB");
        assert_eq!(size_text((16 << 20) + 1), "16777217 bytes");
    }

    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        write(Path::new("/dev/null"), b"gone").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
