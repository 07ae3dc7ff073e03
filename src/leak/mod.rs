//! Leaks: the share of the cameras' pictures that an attacker rebuilds who reads what crosses the link.
//!
//! Attackers know pairs of codes and pictures of training objects, and are scored on objects that they never saw:
//!
//! - ridge regression from the code of one view to the picture of that view, one map for all cameras;
//! - ridge regression from the codes of all views together to the picture of each;
//! - on request, a trained decoder from the code of one view.
//!
//! Codes are those behind the link's quantiser: raw pixels where all runs on the aggregator, logits where all runs on
//! the sensors. Pictures are those that the network sees, at the input resolution of the design. A leak is a lower
//! bound: a better attacker may rebuild more.
//!
//! ```text
//! exposure   codes and pictures of objects
//! sketch     random projection of long codes
//! matrix, cholesky, ridge
//! quality    explained variance, PSNR, SSIM
//! attack     attackers, anchors, probes
//! decoder    the trained decoder
//! drawing    values as pictures
//! ```
//!
//! May use burn, `data`, `record`, `space`, `supernet`, `train`; knows no profile and no screen.

mod attack;
mod cholesky;
mod decoder;
mod drawing;
mod exposure;
mod matrix;
mod quality;
mod ridge;
mod sketch;

pub use attack::DesignAttack;
