//! Two weight-sharing supernets, sensor and aggregator, stitched at splitting modules (SplitNets, Dong et al., CVPR
//! 2022).
//!
//! The sensor supernet and the aggregator supernet each hold every block of the space with separate weights. A design
//! runs the sensor's blocks up to its split, reduces and quantises the tensor for the link, recovers it, and runs the
//! aggregator's blocks behind it; at its fusion the views become one. Smaller choices use the leading channels and the
//! centre of kernels of the same weights. Every design of a [`SearchSpace`](crate::space::SearchSpace) runs: kernels of
//! any odd side, any stride, any number of views. May use burn, `kernels`, `space`; knows no profile and no screen.
//!
//! Feature maps are channels-last: `[objects * views, height, width, channels]`, the views of an object adjacent.
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use splitscope::space::SearchSpace;
//! use splitscope::supernet::{Initialisation, Numerics, Route, Supernet, ViewSet};
//!
//! let space = SearchSpace::shipped("tabletop").unwrap();
//! let device = Device::flex();
//! let supernet = Supernet::new(&space, Initialisation::default(), 7, &device);
//! // The smallest network, sent after its stem at a ratio of 2 and 8 bits, views fused by their logits.
//! let design = space.parse_design("0-0000-0000-0000-0000-0000-0000-0000@stem/logits:r2b8")?;
//! // Three objects of two views each.
//! let x = Tensor::<4>::ones([3 * 2, 32, 32, 1], &device);
//! let route = Route::of_design(&space, &design);
//! let logits = supernet.forward(x, &ViewSet::first(2), &route, &mut Numerics::Batch);
//! assert_eq!(logits.dims(), [3, 10]);
//! # Ok::<(), splitscope::space::ParseDesignError>(())
//! ```

mod block;
mod block_config;
mod fusion;
mod inherit;
mod init;
mod latency_table;
mod layer;
mod link;
mod mbconv;
mod model;
mod norm;
mod numerics;
mod parts;
mod pool;
mod principal_components;
mod residual;
mod route;
mod split;
#[cfg(test)]
mod tests;
mod value_range;
mod views;

pub use init::Initialisation;
pub use latency_table::{NoKernel, latency_table};
pub use link::{CodeCounts, SentCodes};
pub use model::Supernet;
pub use numerics::{IntegerFormat, Numerics};
pub use parts::{LayerValues, NetworkPart};
pub use route::{Route, Splitting};
pub use views::ViewSet;

pub(crate) use inherit::ChannelCovariances;
pub(crate) use model::resized;
