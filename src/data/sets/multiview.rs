//! Folders of pictures with several views of each object, in either usual layout:
//! `ROOT/<class>/{train,test}/<object>_<view>.png` or `ROOT/<class>/{train,test}/<object>/<view>.png`.
//!
//! Views of an object are ordered by the last number in their name. When fewer are asked for than there are, they are
//! taken spread over the ring ([`spread_order`]).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::making::{Effort, finish, folder, read_file};
use crate::data::access::Access;
use crate::data::camera::{MAX_VIEWS, spread_order};
use crate::data::dataset::Dataset;
use crate::data::error::DataError;
use crate::data::formats::picture::{self, CropWindow, scale};
use crate::data::listing::{self, ListedFile};
use crate::data::plan::{DatasetPlan, Item, SplitPart};
use crate::data::pose::Rig;
use crate::data::shape::SampleShape;
use crate::data::spec::DataSpec;

/// An object: its class and part, and its folder with the stem of its files.
type Key = (u16, Option<SplitPart>, PathBuf);

/// An object with the files of its views.
type Object = Item<Vec<PathBuf>>;

/// Opens a folder of multi-view pictures.
///
/// # Errors
/// See [`DataError`].
pub(crate) fn open(spec: &DataSpec, shape: SampleShape, access: Access) -> Result<Dataset, DataError> {
    let root = folder(spec, None)?;
    let listing = listing::labelled(&root, &picture::EXTENSIONS)?;
    let (items, stored) = objects(listing.files, shape.views)?;
    // Twelve views are a ring by custom; other numbers may be anything (twenty are the corners of a dodecahedron).
    let rig = if stored == MAX_VIEWS { Rig::Ring { places: MAX_VIEWS, rings: 1 } } else { Rig::Loose };
    let plan = DatasetPlan::of_listing(listing.classes, items, rig, listing.fingerprint);
    finish(
        plan,
        (spec, shape),
        access,
        Effort::Large,
        |_| Ok(()),
        |item, _, sample| {
            for (path, planes) in item.content.iter().zip(sample.chunks_exact_mut(shape.view_bytes())) {
                let picture = picture::decode(&read_file(path)?)
                    .map_err(|error| DataError::Parse { file: path.display().to_string(), error })?;
                scale(&picture, CropWindow::WHOLE, shape.size, planes);
            }
            Ok(())
        },
    )
}

/// Groups files into objects and keeps `views` of each; also tells how many views each had.
fn objects(files: Vec<ListedFile>, views: usize) -> Result<(Vec<Object>, usize), DataError> {
    let mut groups: BTreeMap<Key, Vec<(u64, PathBuf)>> = BTreeMap::new();
    for ListedFile { label, part, base, path } in files {
        let (stem, number) = stem_and_number(&path);
        let parent = path.parent().unwrap_or(&base);
        let object = if parent == base { parent.join(stem) } else { parent.to_owned() };
        groups.entry((label, part, object)).or_default().push((number, path));
    }
    let first = groups.iter().next().map(|((_, _, object), files)| (object.clone(), files.len()));
    let mut items = Vec::with_capacity(groups.len());
    for ((label, part, object), mut files) in groups {
        files.sort();
        if let Some((first, expected)) = first.as_ref().filter(|(_, expected)| *expected != files.len()) {
            let shown = |path: &Path| path.display().to_string();
            let (object, first) = (shown(&object), shown(first));
            return Err(DataError::ViewsDiffer { object, found: files.len(), first, expected: *expected });
        }
        if files.len() < views {
            return Err(DataError::TooFewViews { views, available: files.len() });
        }
        let content = spread_order(files.len()).into_iter().take(views).map(|at| files[at].1.clone()).collect();
        items.push(Item { label, part, name: object.display().to_string(), content });
    }
    Ok((items, first.map_or(0, |(_, stored)| stored)))
}

/// The file name without its extension, cut before its last number (and the separator before that), and that number.
fn stem_and_number(path: &Path) -> (String, u64) {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = name[stem.len()..].parse().unwrap_or(0);
    (stem.trim_end_matches(['_', '-', '.']).to_owned(), number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> ListedFile {
        ListedFile {
            label: 0,
            part: Some(SplitPart::Train),
            base: PathBuf::from("r/a/train"),
            path: PathBuf::from(path),
        }
    }

    fn names(item: &Item<Vec<PathBuf>>) -> Vec<String> {
        item.content.iter().map(|p| p.file_name().expect("a file").to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn files_that_share_a_stem_are_one_object_in_numeric_order() {
        let mut files = Vec::new();
        for object in ["bed_0001", "bed_0002"] {
            files.extend((1..=12).map(|view| file(&format!("r/a/train/{object}_{view}.png"))));
        }
        let objects = objects(files, 3).expect("valid").0;
        assert_eq!(objects.len(), 2);
        assert_eq!(names(&objects[1]), ["bed_0002_1.png", "bed_0002_7.png", "bed_0002_4.png"]);
    }

    #[test]
    fn files_in_a_folder_are_one_object() {
        let files = ["x/0.png", "x/1.png", "y/a.png", "y/b.png"].map(|name| file(&format!("r/a/train/{name}")));
        let objects = objects(files.to_vec(), 2).expect("valid").0;
        assert_eq!(objects.iter().map(names).collect::<Vec<_>>(), [["0.png", "1.png"], ["a.png", "b.png"]]);
    }

    #[test]
    fn numbers_of_views_must_agree_and_suffice() {
        let files = ["x_1.png", "x_2.png", "y_1.png"].map(|name| file(&format!("r/a/train/{name}")));
        let message = |files: &[ListedFile], views| objects(files.to_vec(), views).expect_err("refused").to_string();
        assert_eq!(message(&files, 1), "the object r/a/train/y has 1 views, but r/a/train/x has 2");
        assert_eq!(message(&files[..2], 4), "4 views were asked for, but the set has 2 views per object");
    }
}
