//! splitscope: an interactive terminal explorer for neural networks that are split between camera sensors and one
//! aggregator, with the trainer and the searcher behind it (SplitNets, Dong et al., CVPR 2022).
//!
//! Floors, lowest first; a module uses only what stands below it. The pure wing (`hardware`, `cost`, `search`, `explore`)
//! names no tensor, terminal or thread; the tensor wing (`data`, `kernels`, `supernet`, `train`) names no profile and no
//! screen. They meet in `run` and `cli`.

#![warn(clippy::pedantic)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::inline_always,
    clippy::many_single_char_names,
    clippy::missing_panics_doc,
    clippy::doc_markdown,
    clippy::module_name_repetitions,
    clippy::needless_pass_by_value,
    clippy::must_use_candidate,
    clippy::similar_names
)]
#![deny(unsafe_code)]

pub mod diagnostic;
pub mod quantity;

pub mod network;
pub mod space;

pub mod hardware;

pub mod cost;

pub mod data;
pub mod kernels;
pub mod supernet;

pub mod train;

pub mod tui;

pub mod cli;

pub mod explore;
pub mod record;
pub mod run;
pub mod search;
