//! Kernels that a computation launches on a GPU, each timed by itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use cubecl::logging::{Duration, LaunchObservation, LaunchObserver, TimingMethod, TimingRequest};
use serde_json::{Value, json};

/// `figures` with launches and seconds of each kernel of a computation, those that take longest first. The seconds are
/// those that a kernel takes alone: in a step kernels overlap with what the processor does.
pub(super) fn listed<E>(mut figures: Value, computation: impl FnOnce() -> Result<(), E>) -> Result<Value, E> {
    let observer = Arc::new(Kernels::default());
    {
        let _observation = LaunchObservation::new(observer.clone());
        computation()?;
    }
    let found = observer.0.lock().unwrap_or_else(PoisonError::into_inner);
    let mut kernels: Vec<_> = found.iter().collect();
    kernels.sort_by(|(_, a), (_, b)| b.seconds.total_cmp(&a.seconds));
    figures["kernels"] = kernels
        .iter()
        .map(|(name, cost)| json!({"name": name, "launches": cost.launches, "seconds": cost.seconds}))
        .collect();
    Ok(figures)
}

#[derive(Default)]
struct Kernels(Mutex<BTreeMap<&'static str, KernelCost>>);

#[derive(Default)]
struct KernelCost {
    launches: u64,
    seconds: f64,
}

impl LaunchObserver for Kernels {
    fn launched(&self, kernel: &'static str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(kernel).or_default().launches += 1;
    }

    fn timing(&self) -> TimingRequest {
        TimingRequest::Resolved
    }

    fn timed(&self, kernel: &'static str, duration: Duration, _: TimingMethod) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(kernel).or_default().seconds +=
            duration.as_secs_f64();
    }
}
