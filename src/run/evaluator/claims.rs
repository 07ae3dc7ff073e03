//! Measurements that several processes may be asked for: each is claimed, made by one of them, and recorded with its
//! event. A request to stop ends a measurement after the batch under way; nothing of it is recorded then.

use std::time::Duration;

use super::RunEvaluator;
use crate::record::{EvaluationRecord, Event, Measurement, MeasurementKey};
use crate::run::claim::Claim;
use crate::run::error::RunError;
use crate::run::task_process::TaskProcess;

/// Time that a claim on a measurement holds if its process can't be asked.
pub(in crate::run) const CLAIM_TTL: Duration = Duration::from_mins(10);

/// Decision on a measurement after some of its objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::run) enum Proceeding {
    GoOn,
    /// It ends here, and is recorded.
    End,
    /// Nobody waits for it any more.
    GiveUp,
}

impl RunEvaluator {
    /// Measures what this process has claimed, records it with its event, and returns the accuracy; `None` if the user
    /// has asked to stop meanwhile. Then, and on an error, the claim is released.
    pub(in crate::run) fn measure_claimed(
        &self,
        key: &MeasurementKey,
        process: &mut TaskProcess,
    ) -> Result<Option<f64>, RunError> {
        let mut asked = Ok(false);
        let measured = self.evaluator().measure_unless(key, &mut || {
            asked = process.is_told_to_stop();
            !matches!(asked, Ok(false))
        });
        let measured = asked.and_then(|_| Ok(measured?));
        Ok(self.conclude(key, measured, process)?.map(|record| record.accuracy))
    }

    /// Records a measurement that was made under a claim with its event, and shows the event; or releases the claim.
    fn conclude(
        &self,
        key: &MeasurementKey,
        measured: Result<Option<Measurement>, RunError>,
        process: &mut TaskProcess,
    ) -> Result<Option<EvaluationRecord>, RunError> {
        let Some(measurement) = self.released_on_error(key, measured)? else {
            return self.store.release(key).map(|()| None);
        };
        let record = EvaluationRecord::new(&measurement, None);
        // Another process has recorded as good a one if this one was cut off from a server for long.
        if self.released_on_error(key, self.store.record_and_tell(&measurement))? {
            process.show(&Event::Evaluated(record.clone()))?;
        }
        Ok(Some(record))
    }

    /// Measures what this process has claimed, records it with its event, and claims the next request for the same
    /// weights. The record is there after the next call, or once the store is settled. The claim is released on an
    /// error.
    pub(in crate::run) fn measure_and_claim(
        &self,
        key: &MeasurementKey,
    ) -> Result<(EvaluationRecord, Option<MeasurementKey>), RunError> {
        let measured = self.evaluator().measure(key).map_err(RunError::from);
        let recorded = measured.and_then(|measurement| {
            let next = self.store.record_and_claim(&measurement, CLAIM_TTL)?;
            Ok((EvaluationRecord::new(&measurement, None), next))
        });
        self.released_on_error(key, recorded)
    }

    fn released_on_error<T>(&self, key: &MeasurementKey, result: Result<T, RunError>) -> Result<T, RunError> {
        if result.is_err() {
            // The first error is the one to report; the claim expires by itself.
            let _ = self.store.release(key);
        }
        result
    }

    /// Claims what is to be measured, unless it was measured on all objects: more objects replace few.
    fn claim(&self, key: &MeasurementKey) -> Result<Claim, RunError> {
        match self.store.claim(key, CLAIM_TTL)? {
            Claim::Measured(known) if !self.is_complete(&known) => self.store.claim_again(key, CLAIM_TTL),
            claim => Ok(claim),
        }
    }

    /// Accuracy of a design: known, or claimed, measured and recorded by `process`. `None` if another process has
    /// claimed it, or the user has asked to stop.
    pub(in crate::run) fn claim_accuracy(
        &self,
        key: &MeasurementKey,
        process: &mut TaskProcess,
    ) -> Result<Option<f64>, RunError> {
        match self.claim(key)? {
            Claim::Held => Ok(None),
            Claim::Measured(known) => Ok(Some(known.accuracy)),
            Claim::Granted => self.measure_claimed(key, process),
        }
    }

    /// As [`RunEvaluator::claim_accuracy`], on few objects where `goes_on` ends the measurement early. `None` too if it
    /// is given up, of which nothing is recorded.
    pub(in crate::run) fn claim_while(
        &self,
        key: &MeasurementKey,
        process: &mut TaskProcess,
        goes_on: &mut dyn FnMut(&mut TaskProcess, usize, usize) -> Proceeding,
    ) -> Result<Option<EvaluationRecord>, RunError> {
        match self.claim(key)? {
            Claim::Held => Ok(None),
            Claim::Measured(known) => Ok(Some(EvaluationRecord::new(&known, None))),
            Claim::Granted => {
                let mut last = Proceeding::GoOn;
                let mut proceeds = |correct, objects| {
                    last = goes_on(process, correct, objects);
                    last == Proceeding::GoOn
                };
                let measured = self.evaluator().measure_while(key, &mut proceeds).map_err(RunError::from);
                let measured = measured.map(|found| if last == Proceeding::GiveUp { None } else { found });
                self.conclude(key, measured, process)
            }
        }
    }
}
