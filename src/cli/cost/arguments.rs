//! Arguments of `cost`.

use std::path::PathBuf;

use super::layers;
use super::optimum::OptimumMetric;
use crate::cli::network::ImportFlags;

/// Arguments of `cost`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// Space: a shipped name or a TOML file
    #[arg(long, default_value = crate::space::DEFAULT, conflicts_with = "layers")]
    pub(super) space: String,
    /// An ONNX file instead of a space: every split of that network
    #[arg(long, value_name = "FILE.onnx", conflicts_with_all = ["space", "layers", "genome", "optimum", "list_layers"])]
    pub(super) network: Option<PathBuf>,
    #[command(flatten)]
    pub(super) import: ImportFlags,
    /// Write the layers of the ONNX file as a layer table, and beside it as a SCALE-Sim topology
    #[arg(long, value_name = "FILE.csv", requires = "network")]
    pub(super) layers_csv: Option<PathBuf>,
    /// Profile: a shipped name or a TOML file
    #[arg(long, default_value = crate::hardware::DEFAULT)]
    pub(super) profile: String,
    /// Network: a printed genome, `largest` or `smallest`
    #[arg(long, default_value = "largest", conflicts_with = "layers")]
    pub(super) genome: String,
    /// Boundary at which the views are fused [default: the first the space allows, the output of an ONNX file]
    #[arg(long, conflicts_with = "layers")]
    pub(super) fusion: Option<String>,
    /// Compression ratio at the split [default: the middle one of the space, none in an ONNX file]
    #[arg(long, conflicts_with = "layers")]
    pub(super) ratio: Option<u8>,
    /// Bits per element on the link [default: the most the space allows]
    #[arg(long, conflicts_with = "layers")]
    pub(super) bits: Option<u8>,
    /// Number of sensors [default: the profile's]
    #[arg(long, conflicts_with = "layers")]
    pub(super) sensors: Option<u32>,
    /// Moves a knob, for instance `link-bandwidth=2.5Mbit/s` or `latency=8ms`; without a unit in bytes, seconds, joules
    #[arg(long = "knob", value_name = "NAME=VALUE", conflicts_with = "layers")]
    pub(super) knobs: Vec<String>,
    /// Frame rate to be met: frames per second, or what XRBench asks for an application such as `hand-tracking`
    #[arg(long, value_name = "RATE", conflicts_with = "layers")]
    pub(super) deadline: Option<String>,
    /// Frames per second at which the mean power is printed [default: the frame-rate limit]
    #[arg(long, value_name = "RATE", conflicts_with = "layers")]
    pub(super) power_at: Option<f64>,
    /// Details of one split: its memory peak, the limits it breaks, and every knob change that makes it fit
    #[arg(long, value_name = "SPLIT", conflicts_with = "layers")]
    pub(super) why: Option<String>,
    /// Bandwidth at which two splits are equally fast, for instance `input,S2.1`
    #[arg(long, value_name = "SPLIT,SPLIT", conflicts_with = "layers")]
    pub(super) break_even: Option<String>,
    /// The best split with each hardware knob 20 % lower and higher
    #[arg(long, conflicts_with = "layers")]
    pub(super) tornado: bool,
    /// Print for every split the design of the whole space with the smallest value of this metric
    #[arg(long, value_name = "OF", conflicts_with_all = ["layers", "genome", "fusion", "ratio", "bits", "why", "break_even", "tornado", "list_layers"])]
    pub(super) optimum: Option<OptimumMetric>,
    /// Print the layers of this network, or of every network of the space, as a layer table (CSV) to measure or to cost
    #[arg(long, value_name = "OF", value_parser = ["network", "space"], conflicts_with = "layers")]
    pub(super) list_layers: Option<String>,
    /// Time those layers on this machine, one thread, and print their latencies too (column `us`): a latency table
    #[arg(long, requires = "list_layers")]
    pub(super) measure: bool,
    #[command(flatten)]
    pub(super) layers: layers::Arguments,
    /// Print JSON: seconds, bytes, joules
    #[arg(long)]
    pub(super) json: bool,
}
