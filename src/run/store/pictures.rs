//! Operations on pictures of objects and on requests for them. Pictures are a cache: they can be made again.

use super::row::Stored;
use crate::record::{PictureKey, PictureRecord};
use crate::run::error::RunError;

/// Pictures that a run keeps; older ones go.
pub(super) const KEPT_PICTURES: i64 = 200;

/// Request for pictures of one object: design as printed, number of views, number of the test object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PictureRequest {
    /// The design as `SearchSpace::print_design` writes it.
    pub design: String,
    /// Number of cameras.
    pub views: u32,
    /// Number of the object among the test objects.
    pub object: u32,
}

/// Operations on pictures and on requests for them.
pub trait PictureRows {
    /// Keeps pictures and lifts the request for them.
    ///
    /// # Errors
    /// The database fails.
    fn record_pictures(&self, record: &PictureRecord) -> Result<(), RunError>;

    /// At most `limit` pictures after those with this id, in the order they came in. What can't be read is left out.
    ///
    /// # Errors
    /// The database fails.
    fn pictures_after(&self, id: i64, limit: usize) -> Result<Vec<Stored<PictureRecord>>, RunError>;

    /// Pictures of a key, if they are kept.
    ///
    /// # Errors
    /// The database fails.
    fn pictures(&self, key: &PictureKey) -> Result<Option<PictureRecord>, RunError>;

    /// Requests pictures in place of all earlier requests: the explorer shows one object of one design.
    ///
    /// # Errors
    /// The database fails.
    fn request_pictures(&self, request: &PictureRequest) -> Result<(), RunError>;

    /// The latest request for pictures.
    ///
    /// # Errors
    /// The database fails.
    fn picture_request(&self) -> Result<Option<PictureRequest>, RunError>;

    /// Takes a request back that can't be met.
    ///
    /// # Errors
    /// The database fails.
    fn drop_picture_request(&self, request: &PictureRequest) -> Result<(), RunError>;
}
