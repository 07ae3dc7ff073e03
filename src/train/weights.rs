//! Weights of a supernet as bytes, as checkpoints and other ranks have them.

use burn::module::{Module, ModuleVisitor, Param};
use burn::store::{ModuleRecord, RecordError};
use burn::tensor::{Bytes, Tensor};

use super::{Exchange, TrainError};
use crate::supernet::Supernet;

/// The weights as bytes.
pub(super) fn to_bytes(supernet: &Supernet) -> Result<Bytes, RecordError> {
    supernet.clone().into_record().into_bytes()
}

/// The supernet with these weights in place of those of `fresh`.
pub(super) fn from_bytes(fresh: Supernet, content: Vec<u8>) -> Result<Supernet, RecordError> {
    let supernet = fresh.try_load_record(ModuleRecord::from_bytes(Bytes::from_bytes_vec(content))?)?;
    touch_all(&supernet);
    Ok(supernet)
}

/// The supernet with the weights of rank 0, which are those of `supernet` there.
///
/// # Errors
/// Another rank has ended, or is another program.
pub(super) fn of_first_rank(supernet: Supernet, exchange: &dyn Exchange) -> Result<Supernet, TrainError> {
    let share = exchange.share();
    if !share.has_others() {
        return Ok(supernet);
    }
    let mut content = Vec::new();
    if share.leads() {
        content = to_bytes(&supernet).map_err(|error| rank_state(&error))?.to_vec();
    }
    exchange.broadcast(&mut content)?;
    if share.leads() { Ok(supernet) } else { from_bytes(supernet, content).map_err(|error| rank_state(&error)) }
}

/// Error in taking over where rank 0 stands.
pub(super) fn rank_state(error: &dyn std::fmt::Display) -> TrainError {
    TrainError::RankState(error.to_string())
}

/// Reads every parameter, since a record's tensors are otherwise decoded at their first use.
fn touch_all(supernet: &Supernet) {
    struct Touch;
    impl ModuleVisitor for Touch {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            param.val();
        }
    }
    supernet.visit(&mut Touch);
}
