//! splitscope: an interactive terminal explorer for neural networks that are split between camera sensors and one
//! aggregator, with the trainer and the searcher behind it (SplitNets, Dong et al., CVPR 2022).
//!
//! Floors, lowest first; a module uses only what stands below it. The pure wing (`diagnostic` to `explore`) names no
//! tensor, terminal, thread or clock; the tensor wing (`data` to `train`) names no profile and no screen. They meet in
//! `run` and `cli`. `ARCHITECTURE.md` in the repository has the design and the glossary.
//!
//! | floor | holds |
//! |---|---|
//! | [`text`] | foreign text made safe to show |
//! | [`files`] | bounded reads, whole writes, digests |
//! | [`diagnostic`] | errors of files, with line, column and nearest valid name |
//! | [`quantity`] | dimensions and units; the one table of metrics, limits and knobs |
//! | [`network`] | layer graph: shapes, MACs, weights, memory, boundaries |
//! | [`space`] | search spaces, genomes and designs |
//! | [`hardware`] | profiles: sensors, link, aggregator, limits, with the source of every constant |
//! | [`cost`] | latency, energy and memory of every split; reasons and fixes |
//! | [`search`] | NSGA-II, the search problem, its driver and baselines |
//! | [`record`] | progress records, controls and measurements |
//! | [`explore`] | the explorer's session, without a terminal |
//! | [`data`] | multi-view samples |
//! | [`kernels`] | differentiable operations for the CPU |
//! | [`supernet`] | sensor and aggregator supernets, splitting modules |
//! | [`train`] | training steps, loop and evaluator |
//! | [`leak`] | attackers that rebuild pictures from what crosses the link |
//! | [`deploy`] | trained designs as files, and their interpreter |
//! | [`run`] | run directories, their database, child processes |
//! | [`svg`] | pictures as SVG |
//! | [`report`] | pages about runs |
//! | [`study`] | studies that test the paper's claims |
//! | [`tui`] | terminal, keys, screens |
//! | [`cli`] | the commands |
//!
//! # Example
//! Costs one design, then moves a knob: with a tenth of the bandwidth the link takes almost ten times as long.
//! ```
//! use splitscope::cost::CostModel;
//! use splitscope::hardware::Profile;
//! use splitscope::quantity::Knob;
//! use splitscope::space::{Design, SearchSpace};
//!
//! let space = SearchSpace::shipped("tabletop").expect("a shipped space");
//! let model = CostModel::new(space, Profile::shipped("glasses").expect("a shipped profile"))?;
//! let boundary = |name| model.space().parse_boundary(name);
//! let (split, fusion) = (boundary("S2.2")?, boundary("S3.2")?);
//! let design = Design { genome: model.space().largest(), split, fusion, ratio: 4, bits: 8 };
//!
//! let knobs = model.knobs();
//! let cost = model.evaluate(&design, &knobs)?;
//! assert!(cost.latency.total_s() > 0.0 && cost.energy_j > 0.0);
//!
//! let slow = knobs.with(Knob::LinkBandwidth, knobs.get(Knob::LinkBandwidth) / 10.0);
//! assert!(model.evaluate(&design, &slow)?.latency.link_s > 5.0 * cost.latency.link_s);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr, reason = "cli::output is the way"))]

pub mod text;

pub mod files;

pub mod diagnostic;

pub mod quantity;

pub mod onnx;

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

pub mod leak;

pub mod deploy;

pub mod run;

pub mod svg;

pub mod report;

pub mod study;

pub mod tui;

pub mod cli;
