//! Launchers of ranks, as they tell a process about itself by its environment: Open MPI, MPICH and their kin, Slurm.

#[cfg(any(feature = "cuda", test))]
use std::cell::Cell;
use std::rc::Rc;

use super::{Alone, Exchange};
use crate::train::TrainError;

/// Number of processes that were started together.
const SIZES: [&str; 3] = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE"];
/// Number of this process among those of its machine.
#[cfg(any(feature = "cuda", test))]
const LOCAL_RANKS: [&str; 5] =
    ["OMPI_COMM_WORLD_LOCAL_RANK", "MV2_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "SLURM_LOCALID", "LOCAL_RANK"];
/// Set by launchers that tell the number of processes in no variable.
const PMIX: &str = "PMIX_RANK";
/// GPUs that a process may use.
#[cfg(any(feature = "cuda", test))]
const VISIBLE: &str = "CUDA_VISIBLE_DEVICES";

/// The connection to the ranks that a launcher has started beside this process; none if it was started alone.
///
/// # Errors
/// MPI can't be started, knows of other ranks than the launcher, or is not part of this build.
pub(crate) fn join() -> Result<Rc<dyn Exchange>, TrainError> {
    match started(&|name| std::env::var(name).ok()) {
        None | Some(1) => Ok(Rc::new(Alone)),
        Some(count) => start(count),
    }
}

#[cfg(feature = "mpi")]
fn start(started: usize) -> Result<Rc<dyn Exchange>, TrainError> {
    let exchange = super::MpiExchange::start()?;
    let found = exchange.share().ranks;
    if started > 1 && found != started {
        let reason = format!(
            "{started} processes were started, of which it sees {found}; start them by the launcher of the MPI that this \
             program was built with (mpirun, or srun --mpi=pmix)"
        );
        return Err(TrainError::Mpi(reason));
    }
    Ok(Rc::new(exchange))
}

#[cfg(not(feature = "mpi"))]
fn start(_started: usize) -> Result<Rc<dyn Exchange>, TrainError> {
    let reason = "this process was started as one of several, which this build can't be; build it with --features mpi";
    Err(TrainError::Mpi(reason.into()))
}

/// Number of processes that were started together; 0 if it is not told, `None` if this one was started alone.
fn started(variable: &dyn Fn(&str) -> Option<String>) -> Option<usize> {
    let size = SIZES.iter().find_map(|name| variable(name)?.parse().ok());
    size.or_else(|| variable(PMIX).map(|_| 0))
}

/// Returns `true` if a launcher has started this process beside others.
#[cfg(feature = "cuda")]
pub(crate) fn is_one_of_several() -> bool {
    started(&|name| std::env::var(name).ok()).is_some_and(|count| count != 1)
}

#[cfg(any(feature = "cuda", test))]
thread_local! {
    /// GPU of this thread, where a process has several.
    static CARD: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Lets this thread compute on a GPU of its own.
#[cfg(any(feature = "cuda", test))]
pub(super) fn take_card(card: usize) {
    CARD.set(Some(card));
}

/// Number of the GPU that this thread computes on: its own, if it has one; else that of the place of this process among
/// those of its machine, or, where the launcher gives each process GPUs of its own, the first of those.
#[cfg(any(feature = "cuda", test))]
pub(crate) fn gpu() -> usize {
    CARD.get().unwrap_or_else(|| gpu_of(&|name| std::env::var(name).ok()))
}

#[cfg(any(feature = "cuda", test))]
fn gpu_of(variable: &dyn Fn(&str) -> Option<String>) -> usize {
    let local: usize = LOCAL_RANKS.iter().find_map(|name| variable(name)?.parse().ok()).unwrap_or(0);
    match variable(VISIBLE) {
        Some(list) if !list.is_empty() => local % list.split(',').count(),
        _ => local,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(variables: &'static [(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        |wanted| variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn launchers_tell_how_many_they_have_started() {
        assert_eq!(started(&told(&[])), None);
        assert_eq!(started(&told(&[("OMPI_COMM_WORLD_SIZE", "4"), ("PMIX_RANK", "2")])), Some(4));
        assert_eq!(started(&told(&[("PMI_SIZE", "2")])), Some(2));
        assert_eq!(started(&told(&[("PMIX_RANK", "0")])), Some(0));
        assert_eq!(started(&told(&[("SLURM_NTASKS", "8")])), None, "a batch script of Slurm's is one process");
    }

    #[test]
    fn each_process_of_a_machine_has_a_gpu() {
        assert_eq!(gpu_of(&told(&[])), 0);
        assert_eq!(gpu_of(&told(&[("OMPI_COMM_WORLD_LOCAL_RANK", "3")])), 3);
        assert_eq!(gpu_of(&told(&[("SLURM_LOCALID", "3"), ("CUDA_VISIBLE_DEVICES", "5")])), 0);
        assert_eq!(gpu_of(&told(&[("SLURM_LOCALID", "3"), ("CUDA_VISIBLE_DEVICES", "4,5,6,7")])), 3);
    }
}
