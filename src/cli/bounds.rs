//! Bounds of numbers on the command line: none asks for more memory or threads than a machine has.

use clap::builder::{RangedU64ValueParser, TypedValueParser};

use crate::explore::MAX_POOL;
use crate::quantity::{Dimension, Knob, QuantityError};
use crate::train::Settings;

/// Most worker processes.
const MAX_WORKERS: u64 = 1024;

/// Parser of a number up to `most`.
pub(super) fn at_most(most: u64) -> impl TypedValueParser<Value = usize> {
    RangedU64ValueParser::<u64>::new().range(0..=most).map(|number| number as usize)
}

/// Parser of a number of objects: at least one.
pub(super) fn objects() -> impl TypedValueParser<Value = usize> {
    RangedU64ValueParser::<u64>::new().range(1..).map(|number| number as usize)
}

/// Parser of a seed: TOML and SQL hold no more than 63 bits.
pub(super) fn seed() -> impl TypedValueParser<Value = u64> {
    RangedU64ValueParser::<u64>::new().range(0..=Settings::MAX_SEED)
}

/// Parser of a number of threads.
pub(super) fn threads() -> impl TypedValueParser<Value = usize> {
    at_most(Settings::MAX_THREADS)
}

/// Parser of a number of GPUs: at least one.
#[cfg(any(feature = "cuda", test))]
pub(super) fn cards() -> impl TypedValueParser<Value = usize> {
    RangedU64ValueParser::<u64>::new().range(1..=Settings::MAX_THREADS).map(|number| number as usize)
}

/// Parser of a number of worker processes.
pub(super) fn workers() -> impl TypedValueParser<Value = usize> {
    at_most(MAX_WORKERS)
}

/// Parser of a number of candidates.
pub(super) fn pool() -> impl TypedValueParser<Value = usize> {
    at_most(MAX_POOL as u64)
}

/// Parser of a number of designs that are drawn or measured.
pub(super) fn designs() -> impl TypedValueParser<Value = usize> {
    at_most(1_000_000)
}

/// Reads a limit on the leak: a share.
pub(super) fn leak_limit(text: &str) -> Result<f64, String> {
    let limit: f64 = text.parse().map_err(|_| format!("`{text}` is not a number"))?;
    if limit.is_infinite() {
        return Err(format!("{text} is no share; without this flag there is no limit"));
    }
    Knob::LeakLimit.check(limit).map_err(|error| error.to_string())
}

/// Reads the bandwidth of a link, in bytes a second.
pub(super) fn bandwidth(text: &str) -> Result<f64, QuantityError> {
    Knob::LinkBandwidth.parse(text, Dimension::Bandwidth.base_unit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_gpu_is_no_number_of_gpus() {
        let parsed = |text: &str| {
            let command = clap::Command::new("train").arg(clap::Arg::new("cards").value_parser(cards()));
            command.try_get_matches_from(["train", text]).ok()?.get_one::<usize>("cards").copied()
        };
        assert_eq!(["0", "1", "8", "100000000"].map(parsed), [None, Some(1), Some(8), None]);
    }
}
