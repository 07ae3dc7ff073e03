//! The part library of `KiCad`: `ROOT/<Library>.3dshapes/<Part>.wrl`, with classes by patterns on
//! `<Library>/<Part>.wrl`.

use std::path::Path;

use regex_lite::Regex;

use super::making::{class_table_of, folder, ring};
use super::meshes;
use crate::data::access::Access;
use crate::data::dataset::Dataset;
use crate::data::error::DataError;
use crate::data::fingerprint::Fingerprint;
use crate::data::formats::ParseError;
use crate::data::listing;
use crate::data::plan::{DatasetPlan, Item};
use crate::data::shape::SampleShape;
use crate::data::spec::DataSpec;

/// Forty classes as `class<TAB>pattern`; the first pattern that fits decides.
const CLASSES: &str = include_str!("../tables/kicad40_classes.tsv");
/// Folder in which the package puts the library.
const USUAL: &str = "/usr/share/kicad/3dmodels";

/// Opens a part library.
///
/// # Errors
/// See [`DataError`].
pub(crate) fn open(spec: &DataSpec, shape: SampleShape, access: Access) -> Result<Dataset, DataError> {
    let root = folder(spec, Some(USUAL))?;
    let (table_name, table) = class_table_of(spec, CLASSES)?;
    let patterns = patterns(&table).map_err(|error| DataError::Parse { file: table_name, error })?;
    let mut classes: Vec<String> = Vec::new();
    let mut labels = Vec::new();
    for (class, _) in &patterns {
        let known = classes.iter().position(|known| known == class);
        labels.push(known.unwrap_or(classes.len()) as u16);
        if known.is_none() {
            classes.push(class.clone());
        }
    }
    let mut items = Vec::new();
    let mut fingerprint = Fingerprint::default().with(table.as_bytes());
    for library in listing::entries(&root)? {
        let Some(name) = library.file_name().and_then(|n| n.to_str()).and_then(|n| n.strip_suffix(".3dshapes")) else {
            continue;
        };
        for part in listing::entries(&library)? {
            let Some(key) = part_key(name, &part) else { continue };
            let Some(at) = patterns.iter().position(|(_, pattern)| pattern.is_match(&key)) else { continue };
            let metadata = part.metadata().map_err(|source| DataError::Read { path: part.clone(), source })?;
            fingerprint = fingerprint.with_file(&part.to_string_lossy(), &metadata);
            items.push(Item { label: labels[at], part: None, name: key, content: part });
        }
    }
    if items.is_empty() {
        return Err(DataError::NothingFound {
            path: root,
            extensions: "<Library>.3dshapes/<SplitPart>.wrl".to_owned(),
        });
    }
    let licence = "KiCad library: CC-BY-SA 4.0 with the KiCad design exception (a few parts GPL-3 or GPL-2); do not redistribute renders without it";
    let plan =
        DatasetPlan { classes, items, rig: ring(spec), skipped: Vec::new(), licence: licence.to_owned(), fingerprint };
    meshes::open_files(plan, spec, shape, access)
}

/// `<Library>/<Part>.wrl` for part files, nothing for others.
fn part_key(library: &str, part: &Path) -> Option<String> {
    let file = part.file_name()?.to_str()?;
    (part.extension()? == "wrl").then(|| format!("{library}/{file}"))
}

/// Reads the table; the first line is its heading.
fn patterns(table: &str) -> Result<Vec<(String, Regex)>, ParseError> {
    let mut patterns = Vec::new();
    for (at, line) in table.lines().enumerate().skip(1).filter(|(_, line)| !line.trim().is_empty()) {
        let (class, pattern) =
            line.split_once('\t').ok_or_else(|| ParseError::line(at + 1, "expected `class<TAB>pattern`"))?;
        let pattern = Regex::new(pattern).map_err(|error| ParseError::line(at + 1, error.to_string()))?;
        patterns.push((class.to_owned(), pattern));
    }
    if patterns.is_empty() {
        return Err(ParseError::whole("the table names no class"));
    }
    Ok(patterns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_built_in_table_has_forty_classes_and_sorts_parts() {
        let patterns = patterns(CLASSES).expect("valid");
        assert_eq!(patterns.len(), 40);
        let class = |key: &str| patterns.iter().find(|(_, p)| p.is_match(key)).map(|(class, _)| class.as_str());
        assert_eq!(class("Package_SO/SOIC-8.wrl"), Some("so"));
        assert_eq!(class("Capacitor_THT/CP_Axial_L10.wrl"), Some("capacitor_axial"));
        assert_eq!(class("Package_TO_SOT_SMD/SOT-23.wrl"), Some("to_smd"));
        assert_eq!(class("Filter/x.wrl"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_a_table_or_not(text in "h\n([a-c]{0,2}\t?[\\[\\](){}*+?.|^$a-c0-9\\\\]{0,9}\n){0,5}") {
            if let Ok(table) = patterns(&text) {
                prop_assert!(table.len() < text.lines().count() && !table.is_empty());
            }
        }
    }

    #[test]
    fn defects_of_a_table_name_their_line() {
        assert_eq!(patterns("h\nonly\n").expect_err("no tab").to_string(), "line 2: expected `class<TAB>pattern`");
        assert!(patterns("h\na\t(\n").expect_err("pattern").to_string().starts_with("line 2: "));
        assert!(patterns("h\n").is_err());
    }
}
