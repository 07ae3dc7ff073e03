//! A trainer among others that train the same weights: all begin where rank 0 stands, and are compared with it.

use std::rc::Rc;

use burn::tensor::Bytes;

use super::collapse::CollapseDetector;
use super::optimiser::optimiser;
use super::weights::{self, rank_state};
use super::{Exchange, TrainError, Trainer};
use crate::files;

impl Trainer {
    /// Trains from now on with other ranks, all from where rank 0 stands.
    ///
    /// # Errors
    /// Another rank has ended, or is another program.
    pub fn join(&mut self, exchange: Rc<dyn Exchange>) -> Result<(), TrainError> {
        self.exchange = exchange;
        let share = self.exchange.share();
        if !share.has_others() {
            return Ok(());
        }
        self.supernet = weights::of_first_rank(self.supernet.clone(), &*self.exchange)?;
        let (mut momenta, mut state) = (Vec::new(), Vec::new());
        if share.leads() {
            momenta = self.optimiser.to_record().into_bytes().map_err(|error| rank_state(&error))?.to_vec();
            state = serde_json::to_vec(&(self.step, self.lr_scale, self.collapse_detector)).unwrap_or_default();
        }
        self.exchange.broadcast(&mut momenta)?;
        self.exchange.broadcast(&mut state)?;
        if !share.leads() {
            let fresh = optimiser(&self.settings, &self.supernet, &self.updates);
            self.optimiser = fresh.from_bytes(Bytes::from_bytes_vec(momenta)).map_err(|error| rank_state(&error))?;
            let state: (u64, f64, CollapseDetector) =
                serde_json::from_slice(&state).map_err(|error| rank_state(&error))?;
            (self.step, self.lr_scale, self.collapse_detector) = state;
        }
        Ok(())
    }

    /// Makes sure that all ranks have the same weights.
    ///
    /// # Errors
    /// They differ, or another rank has ended.
    pub(super) fn compare_ranks(&self) -> Result<(), TrainError> {
        let share = self.exchange.share();
        if !share.has_others() {
            return Ok(());
        }
        let own = self.weights_hash()?.into_bytes();
        let mut first = own.clone();
        self.exchange.broadcast(&mut first)?;
        if own == first { Ok(()) } else { Err(TrainError::RanksDiffer { step: self.step, rank: share.rank }) }
    }

    /// SHA-256 of the weights.
    pub(super) fn weights_hash(&self) -> Result<String, TrainError> {
        let content = weights::to_bytes(&self.supernet).map_err(|error| rank_state(&error))?;
        Ok(files::sha256(&content))
    }
}
