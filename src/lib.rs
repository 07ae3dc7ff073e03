//! splitscope: an interactive terminal explorer for neural networks that are split between camera sensors and one
//! aggregator, with the trainer and the searcher behind it (SplitNets, Dong et al., CVPR 2022).
//!
//! Floors, lowest first; a module uses only what stands below it. The pure wing (`diagnostic` to `explore`) names no tensor,
//! terminal, thread or clock; the tensor wing (`data` to `train`) names no profile and no screen. They meet in `run` and
//! `cli`. `ARCHITECTURE.md` in the repository has the design and the glossary.

pub mod diagnostic;

pub mod quantity;

pub mod network;

pub mod space;

pub mod hardware;

pub mod cost;

pub mod search;

pub mod record;

pub mod explore;

pub mod data;

pub mod kernels;

pub mod supernet;

pub mod train;

pub mod run;

pub mod tui;

pub mod cli;
