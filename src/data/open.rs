//! Opening a set by its specification.

use super::access::Access;
use super::cache::Cache;
use super::dataset::Dataset;
use super::error::DataError;
use super::sets;
use super::shape::SampleShape;
use super::spec::{DataSource, DataSpec};

impl Dataset {
    /// Opens a set with `views` views of `size` x `size` pixels and `channels` channels (1 or 3), using the user's
    /// cache for sets that are read from files.
    ///
    /// # Errors
    /// When views, size or channels are out of range, or the content cannot be had: see [`DataError`].
    pub fn open(spec: &DataSpec, views: usize, size: usize, channels: usize) -> Result<Self, DataError> {
        let cache = Cache::of_user();
        Self::open_with(spec, views, size, channels, Access { cache: cache.as_ref(), ..Access::default() })
    }

    /// [`Dataset::open`] with a cache of one's own or none, a number of classes that the set must have, and someone who
    /// is told how far it is and may end it.
    ///
    /// # Errors
    /// As [`Dataset::open`]; [`DataError::WrongClasses`]; [`DataError::Ended`].
    pub fn open_with(
        spec: &DataSpec,
        views: usize,
        size: usize,
        channels: usize,
        access: Access,
    ) -> Result<Self, DataError> {
        let shape = SampleShape::checked(views, size, channels)?;
        match spec.source {
            DataSource::Arrangement => sets::arrangement::open(spec, shape, access),
            DataSource::FashionMnist | DataSource::Idx => sets::stills::open_idx(spec, shape, access),
            DataSource::Cifar => sets::stills::open_cifar(spec, shape, access),
            DataSource::Images => sets::images::open(spec, shape, access),
            DataSource::Multiview => sets::multiview::open(spec, shape, access),
            DataSource::Meshes => sets::meshes::open(spec, shape, access),
            DataSource::Furniture => sets::furniture::open(spec, shape, access),
            DataSource::Kicad => sets::kicad::open(spec, shape, access),
        }
    }
}
