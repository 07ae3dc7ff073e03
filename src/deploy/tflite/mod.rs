//! TFLite files of deployment graphs of integers: channels last, weights with a scale for each output channel.

mod model;
mod schema;
mod write;

pub use write::write;
