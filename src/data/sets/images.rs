//! Folders of pictures, one a class; a picture becomes several views as windows or crops.

use super::making::{Effort, finish, folder, read_file};
use crate::data::access::Access;
use crate::data::dataset::Dataset;
use crate::data::error::DataError;
use crate::data::formats::picture;
use crate::data::listing;
use crate::data::plan::{DatasetPlan, Item};
use crate::data::random::Stream;
use crate::data::shape::SampleShape;
use crate::data::spec::DataSpec;
use crate::data::windows::write_views;

/// Opens a folder of pictures: `ROOT/{train,val,test}/<class>/**`, `ROOT/<class>/{train,test}/**` or `ROOT/<class>/**`.
///
/// # Errors
/// See [`DataError`].
pub(crate) fn open(spec: &DataSpec, shape: SampleShape, access: Access) -> Result<Dataset, DataError> {
    let root = folder(spec, None)?;
    let listing = listing::labelled(&root, &picture::EXTENSIONS)?;
    let items = listing.files.into_iter().enumerate().map(|(at, file)| Item {
        label: file.label,
        part: file.part,
        name: file.path.display().to_string(),
        content: (at as u64, file.path),
    });
    let plan = DatasetPlan::of_listing(listing.classes, items.collect(), spec.views.rig(), listing.fingerprint);
    finish(
        plan,
        (spec, shape),
        access,
        Effort::Large,
        |_| Ok(()),
        |item, _, sample| {
            let (at, path) = &item.content;
            let picture = picture::decode(&read_file(path)?)
                .map_err(|error| DataError::Parse { file: item.name.clone(), error })?;
            write_views(&picture, spec.views, shape, &Stream::new(spec.seed, *at), sample);
            Ok(())
        },
    )
}
