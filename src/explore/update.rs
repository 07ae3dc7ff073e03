//! Updates that reach a session from outside: measurements, the progress of child processes, messages.

use std::sync::Arc;

use super::message::Severity;
use super::predictions::Predictions;
use super::progress::{SearchUpdate, TrainUpdate};
use crate::record::{FinetunedRecord, LeakFigures, PictureRecord, Precision, Quantisation};
use crate::space::Design;

/// One update from outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Update {
    /// A design was measured.
    Measured {
        /// The design.
        design: Design,
        /// Views of each sample.
        views: u32,
        /// Share of samples classified correctly, 0 to 1.
        accuracy: f64,
        /// Number of samples.
        samples: u64,
        /// Training step of the weights.
        step: u64,
        /// Quantisation of the network; `None` in single precision.
        quantisation: Option<Quantisation>,
    },
    /// A design was measured while some cameras were blanked.
    MeasuredWithout {
        /// The design.
        design: Design,
        /// Cameras of the rig.
        views: u32,
        /// Blanked cameras: bit n is camera n.
        lost: u32,
        /// Share of samples classified correctly, 0 to 1.
        accuracy: f64,
        /// Number of samples.
        samples: u64,
        /// Training step of the weights.
        step: u64,
        /// Quantisation of the network; `None` in single precision.
        quantisation: Option<Quantisation>,
    },
    /// The leak of a design was measured.
    Leak {
        /// The design.
        design: Design,
        /// Views of each sample.
        views: u32,
        /// Numbers that the network was evaluated with.
        precision: Precision,
        /// Training step of the weights.
        step: u64,
        /// Shares rebuilt by each attacker.
        figures: Box<LeakFigures>,
    },
    /// Another run has trained a design of this run alone.
    Finetuned {
        /// The design.
        design: Design,
        /// Its weights and their accuracies.
        record: FinetunedRecord,
    },
    /// Pictures of an object arrived.
    Pictures(Box<PictureRecord>),
    /// Accuracies were predicted from the measured ones.
    Predicted(Arc<Predictions>),
    /// Training went back to the weights of this step: later measurements of the run are withdrawn.
    Withdrawn {
        /// The step.
        step: u64,
    },
    /// Progress of the training.
    Training(TrainUpdate),
    /// Progress of the search.
    Search(SearchUpdate),
    /// A message for the user.
    Message(Severity, String),
}
