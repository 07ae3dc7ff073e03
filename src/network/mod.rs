//! Layer graph of a network: operators, shapes, multiply-accumulates (MACs), weights, and the boundaries at which it
//! may be split.
//!
//! Pure. Tensor 0 is the network's input; tensor `i + 1` is the output of layer `i`. Layers stand in the order in which
//! they run and read only earlier tensors. Batch norm and activation are folded into the layer before them. Inside a
//! block several tensors may be alive (a residual); at a boundary exactly one is.
//!
//! ```
//! use splitscope::network::{NetworkBuilder, Shape, SlidingWindow, memory::{MemoryRule, live_bytes, peak}};
//!
//! // The stem of MobileNetV2 at 224 x 224 pixels: a 3x3 convolution with stride 2 from 3 to 32 channels.
//! let mut builder = NetworkBuilder::new(Shape::new(3, 224, 224))?;
//! let stem = builder.conv("stem", 0, 32, SlidingWindow::same(3, 2), 1)?;
//! builder.boundary(1, "stem");
//! let network = builder.finish();
//! assert_eq!(network.shape(stem), Shape::new(32, 112, 112));
//! assert_eq!((network.macs(), network.weights()), (10_838_016, 864));
//! // The sensor holds the int8 picture and the stem's output; a split behind it sends 32 * 112 * 112 bytes.
//! let live = live_bytes(&network, MemoryRule::Strict);
//! assert_eq!(peak(&live, 1).bytes, 150_528 + 401_408);
//! assert_eq!(network.boundaries[1].shape.elements(), 401_408);
//! # Ok::<(), splitscope::network::ShapeError>(())
//! ```

mod build;
mod fusion;
mod graph;
pub mod import;
mod layer;
mod link_range;
pub mod memory;
pub mod patch;
mod shape;
pub mod table;
mod window;

pub use build::{NetworkBuilder, ShapeError};
pub use fusion::FusionOperator;
pub(crate) use graph::is_end;
pub use graph::{Boundary, BoundaryId, Network};
pub(crate) use layer::bytes;
pub use layer::{Activation, ElementOp, Layer, LayerPrecision, Op, Pooling, TensorId};
pub use link_range::LinkRange;
pub use shape::{LARGEST_COUNT, Shape};
pub use window::SlidingWindow;
