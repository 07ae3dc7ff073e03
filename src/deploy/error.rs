//! Designs that can't be deployed, and files that are not what they should be.

use thiserror::Error;

use crate::network::ShapeError;
use crate::train::TrainError;

/// Error of a deployment.
#[derive(Debug, Error)]
pub enum DeployError {
    /// Ranges of images on the link of a network of integers.
    #[error(
        "link-range = \"per-image\" has no int8 graph: the range of each image is found in floating point; export \
         float, or train a space with link-range = \"static\""
    )]
    OwnRanges,
    /// Codes that are too wide for the files.
    #[error("codes of {0} bits have no int8 graph: files hold 8 bits a code at most; export float")]
    WideCodes(u8),
    /// No objects to calibrate on.
    #[error("batch norm is folded with statistics of calibration objects, and the run has none")]
    NoCalibration,
    /// The design has no such boundary.
    #[error("the network of {0} lacks its split")]
    Split(String),
    /// Layers of the network that don't have the parts they should have.
    #[error("layer {layer}: {reason}")]
    Layer {
        /// The layer.
        layer: String,
        /// Cause.
        reason: String,
    },
    /// A format that can't hold a graph.
    #[error("{format} can't hold {what} of the {half} half ({node})")]
    Format {
        /// The format.
        format: &'static str,
        /// The operator.
        what: String,
        /// The half.
        half: String,
        /// Name of the node.
        node: String,
    },
    /// A file that was exported is missing, damaged or not what this program writes.
    #[error("{file}: {reason}")]
    File {
        /// Name of the file.
        file: String,
        /// Cause.
        reason: String,
    },
    /// A data set that the sensor half can't see.
    #[error("{data}: {reason}")]
    Data {
        /// Name of the data set.
        data: String,
        /// Cause.
        reason: String,
    },
    /// Input of another size than the graph's.
    #[error("the {graph} half reads {wanted} values at once; it was given {found}")]
    Input {
        /// The graph.
        graph: String,
        /// Values of an input.
        wanted: usize,
        /// Values given.
        found: usize,
    },
    /// Sizes of a layer.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// Calibration or data.
    #[error(transparent)]
    Train(#[from] TrainError),
}
