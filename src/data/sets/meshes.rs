//! Folders of mesh files, as `ModelNet` has them: `ROOT/<class>/{train,test}/*.off`, and likewise with OBJ, STL and
//! VRML.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs;
use std::path::PathBuf;

use rayon::prelude::*;

use super::making::{Effort, Staging, finish, folder, read_file, ring};
use crate::data::access::Access;
use crate::data::dataset::Dataset;
use crate::data::error::DataError;
use crate::data::error::Skipped;
use crate::data::fingerprint::Fingerprint;
use crate::data::formats::{MeshFormat, ParseError};
use crate::data::listing;
use crate::data::plan::{DatasetPlan, Item};
use crate::data::shape::SampleShape;
use crate::data::spec::DataSpec;

/// Opens a folder of meshes.
///
/// # Errors
/// See [`DataError`].
pub(crate) fn open(spec: &DataSpec, shape: SampleShape, access: Access) -> Result<Dataset, DataError> {
    let root = folder(spec, None)?;
    let listing = listing::labelled(&root, &MeshFormat::EXTENSIONS.map(|(extension, _)| extension))?;
    let items = listing.files.into_iter().map(|file| Item {
        label: file.label,
        part: file.part,
        name: file.path.display().to_string(),
        content: file.path,
    });
    let plan = DatasetPlan::of_listing(listing.classes, items.collect(), ring(spec), listing.fingerprint);
    open_files(plan, spec, shape, access)
}

/// Renders mesh files; of files with the same bytes only the first is kept, so that none is both trained and tested on.
///
/// # Errors
/// See [`DataError`].
pub(crate) fn open_files(
    plan: DatasetPlan<PathBuf>,
    spec: &DataSpec,
    shape: SampleShape,
    access: Access,
) -> Result<Dataset, DataError> {
    let stage = Staging::new(spec, shape.views);
    finish(plan, (spec, shape), access, Effort::Large, drop_duplicates, |item, workspace, sample| {
        let bytes = read_file(&item.content)?;
        let extension = item.content.extension().and_then(|e| e.to_str()).unwrap_or("");
        let unreadable = |error| DataError::Parse { file: item.name.clone(), error };
        let format = MeshFormat::of_extension(extension)
            .ok_or_else(|| unreadable(ParseError::whole("the extension is of no known mesh format")))?;
        let mesh = format.read(&bytes).map_err(unreadable)?;
        stage.render(mesh, format, shape, workspace, sample).map_err(unreadable)
    })
}

/// Leaves out files whose bytes are those of an earlier file. Only files of equal length are read and compared.
fn drop_duplicates(plan: &mut DatasetPlan<PathBuf>) -> Result<(), DataError> {
    let length = |item: &Item<PathBuf>| {
        let unreadable = |source| DataError::Read { path: item.content.clone(), source };
        Ok(fs::metadata(&item.content).map_err(unreadable)?.len())
    };
    let lengths: Vec<u64> = plan.items.iter().map(length).collect::<Result<_, DataError>>()?;
    let mut of_length: HashMap<u64, usize> = HashMap::new();
    for &length in &lengths {
        *of_length.entry(length).or_default() += 1;
    }
    let content = |(item, length): (&Item<PathBuf>, &u64)| {
        // A file that can't be read counts as different from all others; it is left out when it is made.
        let bytes = (of_length[length] > 1).then(|| read_file(&item.content).ok()).flatten()?;
        Some(Fingerprint::default().with(&bytes))
    };
    let contents: Vec<_> = plan.items.par_iter().zip(&lengths).map(content).collect();
    let mut first_of: HashMap<(u64, Fingerprint), String> = HashMap::new();
    let mut keys = lengths.into_iter().zip(contents);
    let skipped = &mut plan.skipped;
    plan.items.retain(|item| {
        let Some((length, Some(content))) = keys.next() else { return true };
        match first_of.entry((length, content)) {
            Entry::Vacant(entry) => drop(entry.insert(item.name.clone())),
            Entry::Occupied(first) => {
                let reason = format!("it has the content of {}", first.get());
                skipped.push(Skipped { file: item.name.clone(), reason });
                return false;
            }
        }
        true
    });
    Ok(())
}
