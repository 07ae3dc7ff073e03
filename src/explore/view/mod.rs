//! What screens show: cheap values made from a session, for what is visible only.

mod bars;
mod compare;
mod found;
mod points;
mod rows;
mod status;
mod strip;

pub use bars::{Bar, BarQuantity};
pub use compare::Compared;
pub use found::FoundPoint;
pub(super) use points::Points;
pub use points::{Point, PointClass};
pub use rows::Row;
pub use status::Status;
pub use strip::{Place, PlaceState, Strip};
