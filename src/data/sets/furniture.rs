//! Archives of OBJ files beside a table of classes, as Sweet Home 3D ships its furniture.
//!
//! Each archive (`*.sh3f` or `*.zip`) may have a catalogue, `PluginFurnitureCatalog.properties`, which gives the id and
//! the model file of each piece, and how it is to be turned; without one, the path of an OBJ file in the archive is its
//! id. The table gives `id<TAB>class`.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::making::{Effort, LARGEST_FILE, Staging, class_table_of, finish, folder, ring};
use crate::data::access::Access;
use crate::data::dataset::Dataset;
use crate::data::error::DataError;
use crate::data::fingerprint::Fingerprint;
use crate::data::formats::{MeshFormat, ParseError};
use crate::data::listing;
use crate::data::mesh::Vec3;
use crate::data::plan::{DatasetPlan, Item};
use crate::data::shape::SampleShape;
use crate::data::spec::DataSpec;
use crate::files;

/// Classes of the catalogue's pieces: `id<TAB>class<TAB>name<TAB>library`.
const LABELS: &str = include_str!("../tables/furniture_labels.tsv");
/// Folder in which the package puts the archives.
const USUAL: &str = "/usr/share/sweethome3d/furniture";
/// Name of the catalogue in an archive.
const CATALOGUE: &str = "PluginFurnitureCatalog.properties";
/// Classes of the built-in table with enough pieces to learn from, largest first.
const CLASSES: [&str; 11] =
    ["chair", "table", "plant", "storage", "vessel", "window_door", "lamp", "appliance", "sofa", "person", "vehicle"];

/// A model file in an archive.
struct Model {
    archive: PathBuf,
    piece: Piece,
}

/// A piece of furniture.
#[derive(Debug, Clone, PartialEq)]
struct Piece {
    id: String,
    /// Path of its OBJ file in the archive.
    entry: String,
    /// Rows of the matrix that turns it as it should stand.
    turn: Option<[Vec3; 3]>,
}

/// Opens a folder of archives.
///
/// # Errors
/// See [`DataError`].
pub(crate) fn open(spec: &DataSpec, shape: SampleShape, access: Access) -> Result<Dataset, DataError> {
    let root = folder(spec, Some(USUAL))?;
    let (table_name, table) = class_table_of(spec, LABELS)?;
    let class_of = class_table(&table).map_err(|error| DataError::Parse { file: table_name, error })?;
    let classes = chosen_classes(&class_of, spec);
    let mut items = Vec::new();
    let mut fingerprint = Fingerprint::default().with(table.as_bytes());
    for archive in listing::entries(&root)?.into_iter().filter(|path| is_archive(path)) {
        let metadata = archive.metadata().map_err(|source| DataError::Read { path: archive.clone(), source })?;
        fingerprint = fingerprint.with_file(&archive.to_string_lossy(), &metadata);
        for piece in pieces(&archive)? {
            let label = class_of.get(piece.id.as_str()).and_then(|class| classes.iter().position(|c| c == class));
            if let Some(label) = label {
                let name = format!("{}!{}", archive.display(), piece.entry);
                let content = Model { archive: archive.clone(), piece };
                items.push(Item { label: label as u16, part: None, name, content });
            }
        }
    }
    if items.is_empty() {
        return Err(DataError::NothingFound {
            path: root,
            extensions: "sh3f or zip archives with labelled OBJ files".to_owned(),
        });
    }
    let licence = "Sweet Home 3D furniture: CC0 (BlendSwap-CC-0) and CC-BY 3.0 (the others: name the creators when publishing renders)";
    let plan =
        DatasetPlan { classes, items, rig: ring(spec), skipped: Vec::new(), licence: licence.to_owned(), fingerprint };
    let stage = Staging::new(spec, shape.views);
    finish(
        plan,
        (spec, shape),
        access,
        Effort::Large,
        |_| Ok(()),
        |item, workspace, sample| {
            let Model { archive, piece } = &item.content;
            let unreadable = |error| DataError::Parse { file: item.name.clone(), error };
            let mut mesh = MeshFormat::Obj.read(&read_entry(archive, &piece.entry)?).map_err(unreadable)?;
            if let Some(rows) = piece.turn {
                mesh.turn(rows);
            }
            stage.render(mesh, MeshFormat::Obj, shape, workspace, sample).map_err(unreadable)
        },
    )
}

/// Classes in label order: the usual ones of the built-in table, else all of the table, sorted.
fn chosen_classes(class_of: &HashMap<&str, &str>, spec: &DataSpec) -> Vec<String> {
    if spec.labels.is_none() && spec.classes.is_empty() {
        return CLASSES.map(str::to_owned).to_vec();
    }
    let mut classes: Vec<String> = class_of.values().map(|class| (*class).to_owned()).collect();
    classes.sort();
    classes.dedup();
    classes
}

/// Reads `id<TAB>class[<TAB>...]` lines; `#` starts a comment line.
fn class_table(table: &str) -> Result<HashMap<&str, &str>, ParseError> {
    let mut class_of = HashMap::new();
    for (at, line) in table.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#')) {
        let mut fields = line.split('\t');
        let (Some(id), Some(class)) = (fields.next(), fields.next()) else {
            return Err(ParseError::line(at + 1, "expected `id<TAB>class`"));
        };
        if class_of.insert(id, class.trim()).is_some() {
            return Err(ParseError::line(at + 1, format!("the id `{id}` occurs twice")));
        }
    }
    if class_of.is_empty() {
        return Err(ParseError::whole("the table names no class"));
    }
    Ok(class_of)
}

fn is_archive(path: &Path) -> bool {
    path.is_file() && path.extension().is_some_and(|e| e.eq_ignore_ascii_case("sh3f") || e.eq_ignore_ascii_case("zip"))
}

fn open_archive(path: &Path) -> Result<ZipArchive<BufReader<File>>, DataError> {
    let file = files::open(path).map_err(|source| DataError::Read { path: path.to_owned(), source })?;
    ZipArchive::new(BufReader::new(file)).map_err(|error| DataError::Parse {
        file: path.display().to_string(),
        error: ParseError::whole(error.to_string()),
    })
}

/// Reads a file of an archive, never more than the largest file that is read at all.
fn read_entry(archive: &Path, entry: &str) -> Result<Vec<u8>, DataError> {
    let file = format!("{}!{entry}", archive.display());
    let broken = |message: String| DataError::Parse { file: file.clone(), error: ParseError::whole(message) };
    let mut opened = open_archive(archive)?;
    let found = opened.by_name(entry).map_err(|error| broken(error.to_string()))?;
    let mut bytes = Vec::new();
    found.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(|error| broken(error.to_string()))?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(DataError::FileTooLarge { file, bytes: bytes.len() as u64, limit: LARGEST_FILE });
    }
    Ok(bytes)
}

/// Pieces of an archive, in the order of the catalogue's numbers, else of the sorted paths.
fn pieces(path: &Path) -> Result<Vec<Piece>, DataError> {
    let archive = open_archive(path)?;
    let is_obj = |name: &str| name.to_ascii_lowercase().ends_with(".obj");
    if archive.index_for_name(CATALOGUE).is_none() {
        let mut names: Vec<String> =
            archive.file_names().flatten().map(Cow::into_owned).filter(|name| is_obj(name)).collect();
        names.sort();
        return Ok(names.into_iter().map(|name| Piece { id: name.clone(), entry: name, turn: None }).collect());
    }
    let pieces = catalogue(&latin1(&read_entry(path, CATALOGUE)?));
    Ok(pieces.into_iter().filter(|piece| is_obj(&piece.entry)).collect())
}

/// The `id#N`, `model#N` and `modelRotation#N` of a catalogue (Java properties), by N.
fn catalogue(text: &str) -> Vec<Piece> {
    let mut values: BTreeMap<u32, [Option<String>; 3]> = BTreeMap::new();
    for line in text.lines() {
        let Some((key, value)) = line.split_once(['=', ':']) else { continue };
        let Some((key, number)) = key.split_once('#') else { continue };
        let at = ["id", "model", "modelRotation"].iter().position(|&known| known == key.trim().trim_end_matches('\\'));
        if let (Some(at), Ok(number)) = (at, number.trim().parse()) {
            values.entry(number).or_default()[at] = Some(unescaped(value.trim()));
        }
    }
    let piece = |[id, model, rotation]: [Option<String>; 3]| {
        let entry = model?.trim_start_matches('/').to_owned();
        Some(Piece { id: id?, entry, turn: rotation.as_deref().and_then(rows) })
    };
    values.into_values().filter_map(piece).collect()
}

/// Nine finite numbers as the rows of a matrix.
fn rows(text: &str) -> Option<[Vec3; 3]> {
    let numbers: Vec<f32> = text.split_whitespace().map(|number| number.parse().ok()).collect::<Option<_>>()?;
    let rows: Vec<Vec3> = numbers.as_chunks().0.to_vec();
    (numbers.len() == 9 && numbers.iter().all(|number| number.is_finite())).then(|| [rows[0], rows[1], rows[2]])
}

/// Java properties are ISO-8859-1.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

/// Undoes the escapes of Java properties: `\:` is `:`, `\u00e9` is é.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        match rest.next() {
            Some('u') => {
                let digits: String = rest.by_ref().take(4).collect();
                plain.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
            }
            Some(escaped) => plain.push(escaped),
            None => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_built_in_table_names_the_usual_classes() {
        let class_of = class_table(LABELS).expect("valid");
        let count = |class: &str| class_of.values().filter(|c| **c == class).count();
        assert_eq!(class_of.len(), 820);
        assert_eq!((count("chair"), count("vehicle")), (67, 28));
        assert!(CLASSES.iter().all(|class| count(class) >= 28));
    }

    #[test]
    fn catalogues_pair_ids_with_models() {
        let text = "# x\nid#2=b\nmodel#2=/b/b.obj\nmodelRotation#2=1 0 0 0 0 1 0 -1 0\nname#1=n\nid\\#1 = Caf\\u00e9#cup\\:1\nmodel#1=/a b.obj\nmodelRotation#1=1 0\nid#3=lost\n";
        let lying = [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]];
        let expected = [("Café#cup:1", "a b.obj", None), ("b", "b/b.obj", Some(lying))];
        assert_eq!(
            catalogue(text),
            expected.map(|(id, entry, turn)| Piece { id: id.into(), entry: entry.into(), turn })
        );
        assert_eq!(unescaped("a\\"), "a");
        assert_eq!(unescaped("\\u12"), "\u{12}");
    }

    proptest! {
        #[test]
        fn any_text_is_a_table_and_a_catalogue_or_not(text in "([a-z#=\\t\\\\u0-9:/ ]{0,12}\n?){0,8}", bytes: Vec<u8>) {
            if let Ok(table) = class_table(&text) {
                prop_assert!(!table.is_empty());
            }
            let text = format!("id#1={text}\nmodel#1=/{}\nmodelRotation#1={text}", latin1(&bytes));
            prop_assert!(catalogue(&text).iter().all(|piece| !piece.entry.starts_with('/')));
        }

        #[test]
        fn damaged_archives_are_answered(edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6), cut: Option<prop::sample::Index>) {
            use std::io::Write;
            let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
            for (name, content) in [(CATALOGUE, "id#1=a\nmodel#1=/a.obj\n"), ("a.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")] {
                zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("an entry");
                zip.write_all(content.as_bytes()).expect("written");
            }
            let mut bytes = zip.finish().expect("finished").into_inner();
            for (place, value) in edits {
                let at = place.index(bytes.len());
                bytes[at] = value;
            }
            if let Some(end) = cut {
                bytes.truncate(end.index(bytes.len()));
            }
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("a.zip");
            std::fs::write(&path, bytes).expect("written");
            for piece in pieces(&path).unwrap_or_default() {
                let _ = read_entry(&path, &piece.entry);
            }
        }
    }

    #[test]
    fn defects_of_a_table_name_their_line() {
        assert_eq!(class_table("# h\na\tx\nb\n").expect_err("field").to_string(), "line 3: expected `id<TAB>class`");
        assert_eq!(class_table("a\tx\na\ty\n").expect_err("twice").to_string(), "line 2: the id `a` occurs twice");
        assert!(class_table("# nothing\n").is_err());
    }
}
