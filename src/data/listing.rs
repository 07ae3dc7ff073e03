//! Finding labelled files in folders: `ROOT/<class>/{train,test}/**`, `ROOT/{train,val,test}/<class>/**` or
//! `ROOT/<class>/**`.
//!
//! Classes are the folder names, sorted. Files and folders whose name starts with a dot, `README.txt` and `__MACOSX`
//! are passed over, as are files with other extensions and links to a folder that they lie in. The order of the result
//! is that of the sorted paths.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::DataError;
use super::fingerprint::Fingerprint;
use super::plan::SplitPart;

/// Labelled files.
#[derive(Debug, Clone)]
pub(super) struct Listing {
    /// Class names, sorted.
    pub classes: Vec<String>,
    /// The files.
    pub files: Vec<ListedFile>,
    /// Changes whenever a file is added, removed or changed.
    pub fingerprint: Fingerprint,
}

/// A labelled file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListedFile {
    /// Index of its class.
    pub label: u16,
    /// The part of the set its folder names.
    pub part: Option<SplitPart>,
    /// Folder of the class within the part: what comes after it in the path is up to the set.
    pub base: PathBuf,
    /// Path of the file.
    pub path: PathBuf,
}

/// Deepest nesting of folders.
const DEEPEST: usize = 8;
/// Most files that are listed.
const MOST_FILES: usize = 2_000_000;
/// Names of the folders of the parts.
const PARTS: [(&str, SplitPart); 5] = [
    ("train", SplitPart::Train),
    ("val", SplitPart::Validation),
    ("valid", SplitPart::Validation),
    ("validation", SplitPart::Validation),
    ("test", SplitPart::Test),
];

/// Lists the labelled files with one of the given extensions (lower case; files may have any case).
///
/// # Errors
/// When a folder cannot be read, a class name is not UTF-8, a class is empty, or the parts have unlike classes.
pub(super) fn labelled(root: &Path, extensions: &[&str]) -> Result<Listing, DataError> {
    let folders = folders(root)?;
    let mut parts: Vec<(SplitPart, &PathBuf)> =
        folders.iter().filter_map(|(name, path)| part_named(name).map(|part| (part, path))).collect();
    // The training part first: its classes are those of the set.
    parts.sort();
    let mut walk = FolderWalk { extensions, files: Vec::new(), fingerprint: Fingerprint::default() };
    let classes = if parts.iter().any(|(part, _)| *part == SplitPart::Train) {
        by_part(&parts, &mut walk)?
    } else {
        by_class(&folders, &mut walk)?
    };
    if classes.len() > usize::from(u16::MAX) {
        return Err(DataError::TooManyFiles { path: root.to_owned(), limit: usize::from(u16::MAX) });
    }
    if walk.files.is_empty() {
        return Err(DataError::NothingFound { path: root.to_owned(), extensions: extensions.join(", ") });
    }
    for (label, class) in classes.iter().enumerate() {
        if !walk.files.iter().any(|file| usize::from(file.label) == label) {
            return Err(DataError::EmptyClass { class: class.clone() });
        }
    }
    Ok(Listing { classes, files: walk.files, fingerprint: walk.fingerprint })
}

/// `ROOT/<part>/<class>/**`: all parts must have the same classes, none of them empty.
fn by_part(parts: &[(SplitPart, &PathBuf)], walk: &mut FolderWalk) -> Result<Vec<String>, DataError> {
    let mut classes: Option<Vec<String>> = None;
    for &(part, path) in parts {
        let folders = folders(path)?;
        let names: Vec<String> = folders.iter().map(|(name, _)| name.clone()).collect();
        let expected = classes.get_or_insert_with(|| names.clone());
        if *expected != names {
            let only_in = |a: &[String], b: &[String]| {
                a.iter().filter(|c| !b.contains(c)).cloned().collect::<Vec<_>>().join(", ")
            };
            return Err(DataError::ClassesDiffer {
                path: path.clone(),
                missing: only_in(expected, &names),
                additional: only_in(&names, expected),
            });
        }
        for (label, (name, folder)) in folders.iter().enumerate() {
            let before = walk.files.len();
            walk.add(folder, label as u16, Some(part))?;
            if walk.files.len() == before {
                return Err(DataError::EmptyClass { class: format!("{name} in {}", path.display()) });
            }
        }
    }
    Ok(classes.unwrap_or_default())
}

/// `ROOT/<class>/**`, where the folders directly in the class's may be parts.
fn by_class(classes: &[(String, PathBuf)], walk: &mut FolderWalk) -> Result<Vec<String>, DataError> {
    for (label, (_, folder)) in classes.iter().enumerate() {
        let inner = folders(folder)?;
        let parts: Vec<_> = inner.iter().filter_map(|(name, path)| part_named(name).map(|part| (part, path))).collect();
        if parts.is_empty() {
            walk.add(folder, label as u16, None)?;
        }
        for (part, path) in parts {
            walk.add(path, label as u16, Some(part))?;
        }
    }
    Ok(classes.iter().map(|(name, _)| name.clone()).collect())
}

fn part_named(name: &str) -> Option<SplitPart> {
    PARTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, part)| *part)
}

/// Folders directly within a folder, sorted by name.
fn folders(path: &Path) -> Result<Vec<(String, PathBuf)>, DataError> {
    let mut folders = Vec::new();
    for entry in entries(path)? {
        if entry.is_dir() {
            let name = entry.file_name().and_then(|name| name.to_str());
            let name = name.ok_or_else(|| DataError::NotUtf8 { path: entry.clone() })?.to_owned();
            folders.push((name, entry));
        }
    }
    Ok(folders)
}

/// Entries directly within a folder, sorted, without those to be passed over.
pub(super) fn entries(path: &Path) -> Result<Vec<PathBuf>, DataError> {
    let unreadable = |source| DataError::Read { path: path.to_owned(), source };
    let mut entries = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_passed_over = name.starts_with('.') || name == "__MACOSX" || name.eq_ignore_ascii_case("readme.txt");
        if !is_passed_over && !leads_back(&entry.path()) {
            entries.push(entry.path());
        }
    }
    entries.sort();
    Ok(entries)
}

/// Returns `true` for a link to a folder that it lies in: what is in there would count again.
fn leads_back(path: &Path) -> bool {
    path.is_symlink()
        && fs::canonicalize(path)
            .is_ok_and(|to| fs::canonicalize(path.with_file_name("")).is_ok_and(|folder| folder.starts_with(to)))
}

struct FolderWalk<'a> {
    extensions: &'a [&'a str],
    files: Vec<ListedFile>,
    fingerprint: Fingerprint,
}

impl FolderWalk<'_> {
    /// Adds all files below `base`.
    fn add(&mut self, base: &Path, label: u16, part: Option<SplitPart>) -> Result<(), DataError> {
        self.descend(base, base, label, part, 0)
    }

    fn descend(
        &mut self,
        folder: &Path,
        base: &Path,
        label: u16,
        part: Option<SplitPart>,
        depth: usize,
    ) -> Result<(), DataError> {
        for path in entries(folder)? {
            if path.is_dir() {
                if depth < DEEPEST {
                    self.descend(&path, base, label, part, depth + 1)?;
                }
                continue;
            }
            let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase();
            if !self.extensions.contains(&extension.as_str()) {
                continue;
            }
            if self.files.len() == MOST_FILES {
                return Err(DataError::TooManyFiles { path: base.to_owned(), limit: MOST_FILES });
            }
            let metadata = fs::metadata(&path).map_err(|source| DataError::Read { path: path.clone(), source })?;
            self.fingerprint = self.fingerprint.with_file(&path.to_string_lossy(), &metadata);
            self.files.push(ListedFile { label, part, base: base.to_owned(), path });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a folder");
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().expect("within the root")).expect("a folder");
            fs::write(path, "x").expect("a file");
        }
        root
    }

    fn found(root: &tempfile::TempDir) -> Vec<(u16, Option<SplitPart>, String)> {
        let listing = labelled(root.path(), &["off", "png"]).expect("a listing");
        let name = |path: &Path| path.strip_prefix(root.path()).expect("within").to_string_lossy().into_owned();
        listing.files.iter().map(|file| (file.label, file.part, name(&file.path))).collect()
    }

    #[test]
    fn parts_within_classes() {
        let root = tree(&[
            "night_stand/train/a_1.off",
            "night_stand/test/a_2.OFF",
            "bed/train/b.off",
            "README.txt",
            "bed/.DS_Store",
            "__MACOSX/x.off",
        ]);
        let expected = [
            (0, Some(SplitPart::Train), "bed/train/b.off".to_owned()),
            (1, Some(SplitPart::Test), "night_stand/test/a_2.OFF".to_owned()),
            (1, Some(SplitPart::Train), "night_stand/train/a_1.off".to_owned()),
        ];
        assert_eq!(found(&root), expected);
    }

    #[test]
    fn classes_within_parts_and_no_parts() {
        let root = tree(&["train/a/1.png", "train/b/deep/er/2.png", "val/a/3.png", "val/b/4.png", "train/a/note.md"]);
        let found_parts: Vec<_> = found(&root).into_iter().map(|(label, part, _)| (label, part)).collect();
        let (train, validation) = (Some(SplitPart::Train), Some(SplitPart::Validation));
        assert_eq!(found_parts, [(0, train), (1, train), (0, validation), (1, validation)]);
        assert_eq!(found(&tree(&["a/1.png", "b/2.png"]))[1], (1, None, "b/2.png".to_owned()));
    }

    #[test]
    fn defects_are_named() {
        let message = |files: &[&str]| labelled(tree(files).path(), &["png"]).expect_err("defect").to_string();
        assert!(message(&["a/1.png", "b/2.txt"]).contains("class `b`"));
        assert!(
            message(&["train/a/1.png", "train/b/1.png", "test/a/1.png", "test/c/1.png"])
                .contains("missing: b; additional: c")
        );
        assert!(message(&["a/1.txt"]).contains("png"));
        assert!(labelled(Path::new("/no/such/folder"), &["png"]).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn loops_of_links_end_and_names_must_be_text() {
        use std::os::unix::ffi::OsStrExt;
        let root = tree(&["a/1.png"]);
        std::os::unix::fs::symlink(root.path().join("a"), root.path().join("a/again")).expect("a link");
        assert_eq!(found(&root).len(), 1);
        fs::create_dir(root.path().join(std::ffi::OsStr::from_bytes(b"cl\xff"))).expect("a folder");
        let message = labelled(root.path(), &["png"]).expect_err("not text").to_string();
        assert!(message.contains("UTF-8"), "{message}");
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_back_count_nothing_twice() {
        let root = tree(&["train/cup/1.off", "train/mug/2.off", "test/cup/3.off", "test/mug/4.off", "else/5.off"]);
        let before = found(&root);
        for (to, link) in [(".", "train/cup/loop"), ("../..", "train/mug/up"), ("..", "test/class")] {
            std::os::unix::fs::symlink(to, root.path().join(link)).expect("a link");
        }
        assert_eq!(found(&root), before);
        std::os::unix::fs::symlink("../../else", root.path().join("test/mug/more")).expect("a link");
        assert_eq!(found(&root).len(), before.len() + 1, "other links are followed");
    }

    #[test]
    fn the_fingerprint_follows_the_files() {
        let root = tree(&["a/1.png"]);
        let before = labelled(root.path(), &["png"]).expect("a listing").fingerprint;
        assert_eq!(labelled(root.path(), &["png"]).expect("a listing").fingerprint, before);
        fs::write(root.path().join("a/1.png"), "longer").expect("a file");
        assert_ne!(labelled(root.path(), &["png"]).expect("a listing").fingerprint, before);
    }
}
