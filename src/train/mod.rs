//! Training a pair of supernets and measuring designs on it.
//!
//! A [`Trainer`] is a value: `step` trains once. A [`TrainingLoop`] trains to the end, evaluates watched designs,
//! writes checkpoints and goes back after a collapse; a [`DesignEvaluator`] measures one design. None owns a database,
//! and the only thread is one that prepares the next batch while a GPU works on the present one. All randomness of step
//! `t` is a pure function of the seed and `t`, so a resumed run continues exactly. May use burn, `data`, `record`,
//! `space`, `supernet`; knows no profile and no screen.

mod batch_ahead;
pub(crate) mod checkpoint;
mod collapse;
mod device;
pub(crate) mod evaluator;
pub(crate) mod exchange;
mod gradients;
mod inputs;
mod loss;
mod optimiser;
mod ranks;
mod rate;
mod sandwich;
mod settings;
pub(crate) mod step_bench;
mod synflow;
mod trainer;
mod training_loop;
mod weights;

pub(crate) use checkpoint::WeightFiles;
pub use checkpoint::{Checkpoints, LoadedWeights, TrainingState};
pub use collapse::CollapseDetector;
pub use device::DeviceKind;
pub use evaluator::DesignEvaluator;
#[cfg(feature = "mpi")]
pub use exchange::MpiExchange;
pub use exchange::{Alone, Exchange, RankShare, ThreadExchange};
pub use inputs::{Batch, Inputs};
pub(crate) use optimiser::AdamW;
pub use sandwich::Net;
pub use settings::{Attention, Distillation, Optimiser, Sampling, Settings, SplitStart};
pub use synflow::Synflow;
pub use trainer::Trainer;
pub(crate) use training_loop::tell_unreadable;
pub use training_loop::{ObserverError, TrainingLoop, TrainingObserver, newest};

use thiserror::Error;

use crate::quantity::number::figure;
use crate::record::{Role, StepSeconds};
use crate::space::ParseDesignError;

/// Errors of a training.
#[derive(Debug, Error)]
pub enum TrainError {
    /// The data do not fit the space.
    #[error("{0}")]
    Data(String),
    /// Cameras that there are not, or none left.
    #[error("{}", views_error(*views, *lost, *most))]
    Views {
        /// Cameras asked for.
        views: u32,
        /// Lost ones, as bits.
        lost: u32,
        /// Cameras in the data.
        most: u32,
    },
    /// A quantised network without calibration.
    #[error("the ranges of int8 follow from calibration objects, and there are none; measure in float, or calibrate")]
    NoRanges,
    /// A checkpoint can't be written or read.
    #[error("checkpoint {path}: {reason}")]
    Checkpoint {
        /// The file or folder.
        path: String,
        /// Cause, as a clause.
        reason: String,
    },
    /// The loss is not a number.
    #[error("training collapsed at step {step}: the loss of the {role} design is {loss}")]
    Collapse {
        /// The step.
        step: u64,
        /// Role of the net.
        role: Role,
        /// The loss.
        loss: f64,
    },
    /// The loss went back to that of guessing, after it had been much lower.
    #[error(
        "training forgot what it knew at step {step}: the loss has gone from {} to {}",
        figure(*.best), figure(*.loss)
    )]
    Forgotten {
        /// The step.
        step: u64,
        /// Lowest loss, averaged over some steps.
        best: f64,
        /// The loss now, averaged over some steps.
        loss: f64,
    },
    /// The training collapsed again after several rollbacks.
    #[error(
        "{error}; it went back {rollbacks} times, each time to half the learning rate, and gives up. Start another run with \
         a lower one, for instance --set learning-rate={learning_rate}"
    )]
    GaveUp {
        /// The last collapse.
        error: Box<TrainError>,
        /// Number of rollbacks.
        rollbacks: usize,
        /// A lower learning rate to try.
        learning_rate: f64,
    },
    /// A design other than the only one that was trained.
    #[error("`{design}` was not trained here: the weights are those of `{trained}` alone")]
    OtherDesign {
        /// Design asked for.
        design: String,
        /// Design that was trained.
        trained: String,
    },
    /// A design is not of the space.
    #[error(transparent)]
    Design(#[from] ParseDesignError),
    /// Another process of a training on several has ended.
    #[error("rank {rank} of the training has ended{}", told(.cause.as_deref()))]
    RankEnded {
        /// Number of the process.
        rank: usize,
        /// Its failure, if it is known.
        cause: Option<String>,
    },
    /// A device failed: no memory is left on it, or it is gone.
    #[error("the device failed: {0}")]
    Device(String),
    /// A rank can't begin where rank 0 stands.
    #[error("the state of rank 0 can't be taken over: {0}")]
    RankState(String),
    /// The processes of a training no longer have the same weights.
    #[error(
        "after step {step} the weights of rank {rank} are not those of rank 0; all ranks need the same program, the same \
         data and the same kind of processor"
    )]
    RanksDiffer {
        /// Steps done.
        step: u64,
        /// Number of this process.
        rank: usize,
    },
    /// MPI does not serve this program.
    #[error("MPI can't be used: {0}")]
    Mpi(String),
    /// The observer of a training failed.
    #[error(transparent)]
    Observer(#[from] ObserverError),
}

/// Report of one step.
#[derive(Debug, Clone)]
pub struct StepReport {
    /// Steps done, this one included.
    pub step: u64,
    /// Passes over the training objects so far.
    pub epoch: f64,
    /// Learning rate used.
    pub learning_rate: f64,
    /// Views each object was seen from.
    pub views: usize,
    /// Images (objects times views) that all nets together went through.
    pub images: usize,
    /// One entry per net trained.
    pub nets: Vec<NetReport>,
    /// Norm of all gradients together, before clipping.
    pub gradient_norm: f64,
    /// Time of each part.
    pub seconds: StepSeconds,
}

/// Loss and accuracy of one network of a step on the batch, before the update.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NetReport {
    /// Its part in the step.
    pub role: Role,
    /// Cross-entropy with the labels.
    pub loss: f64,
    /// Share of objects classified rightly.
    pub accuracy: f64,
}

impl TrainError {
    /// Returns `true` if an earlier checkpoint and a lower learning rate may help.
    pub const fn is_collapse(&self) -> bool {
        matches!(self, Self::Collapse { .. } | Self::Forgotten { .. })
    }
}

/// A cause behind a sentence.
fn told(cause: Option<&str>) -> String {
    cause.map(|cause| format!(": {cause}")).unwrap_or_default()
}

fn views_error(views: u32, lost: u32, most: u32) -> String {
    if views == 0 || views > most {
        return format!("the data have 1 to {most} views; {views} were asked for");
    }
    let highest = u32::BITS - lost.leading_zeros();
    if highest > views {
        return format!("camera {} can't be lost: the {views} cameras count from 0 to {}", highest - 1, views - 1);
    }
    format!("all {views} cameras are lost; at least one must be left")
}
