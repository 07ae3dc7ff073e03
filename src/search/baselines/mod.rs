//! Baselines of the joint search: simpler methods on the same problem, each with the same number of evaluations.
//!
//! A method picks by validation accuracy; its pick is then measured once on test objects, which no method has seen.
//! Accuracies are shared between methods, so that nothing is measured twice; what a method has asked for counts against
//! its budget all the same. The joint search learns from nothing but its own measurements.

mod comparison;
mod methods;
mod outcome;
mod study;

pub use comparison::{JOINT_SEARCH, conclusion, front_share};
pub use outcome::{BaselineOutcome, EvaluatedDesign};
pub use study::BaselineStudy;
