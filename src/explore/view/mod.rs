//! What screens show of a session: values computed on request, for what is visible only.

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
pub use rows::Row;
pub use status::Status;
pub use strip::{Place, PlaceState, Strip};
