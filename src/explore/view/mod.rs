//! Values of a session for screens, computed on request for the visible part only.

mod bars;
mod compare;
mod found;
mod names;
mod paradigms;
mod points;
mod rows;
mod status;
mod strip;

pub use bars::{BarQuantity, DesignBar};
pub use compare::Compared;
pub use found::MeasuredPoint;
pub use rows::{DesignCounts, TableRow};
pub use status::Status;
pub use strip::{DesignStrip, NetworkBoundary, SplitState};
