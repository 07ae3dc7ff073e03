//! Manifest of an export: what its files hold, how they fit together, and where they come from.

use serde::{Deserialize, Serialize};

use super::deployment::Deployment;
use super::format::DeployFormat;
use super::graph::{DeploymentGraph, GraphTensor};
use super::link::{LinkCodes, LinkFormat};
use crate::network::Shape;
use crate::record::Precision;

/// Everything about an export but the numbers of its networks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExportManifest {
    /// Edition of this form.
    pub version: u32,
    /// Version of the program that wrote it.
    pub splitscope: String,
    /// Trained weights.
    pub run: ExportedRun,
    /// Design as it is printed.
    pub design: String,
    /// Cameras.
    pub views: usize,
    /// Names of the classes, in the order of the logits.
    pub classes: Vec<String>,
    /// Image that the sensor half reads.
    pub image: ImageFormat,
    /// The halves in each precision.
    pub precisions: Vec<PrecisionManifest>,
    /// Files, each with its digest.
    pub files: Vec<ExportedFile>,
}

/// Run that an export was made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExportedRun {
    /// Folder.
    pub path: String,
    /// Name.
    pub name: String,
    /// Space of its networks.
    pub space: String,
    /// Data set.
    pub data: String,
    /// Views of its objects; 0 in folders of before they were written down.
    #[serde(default)]
    pub data_views: usize,
    /// Rows and columns of its images before they are scaled to the design's; 0 as above.
    #[serde(default)]
    pub data_side: usize,
    /// Seed of its training.
    pub seed: u64,
    /// Training step of the weights.
    pub step: u64,
    /// SHA-256 of the checkpoint's weights.
    pub weights_sha256: Option<String>,
}

/// Image that the sensor half reads: pixels between 0 and 1, less the mean, over the deviation of their channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageFormat {
    /// Channels, rows and columns.
    pub shape: Shape,
    /// Mean of each channel.
    pub mean: Vec<f32>,
    /// Deviation of each channel.
    pub deviation: Vec<f32>,
}

/// Both halves in one precision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PrecisionManifest {
    /// Numbers.
    pub precision: Precision,
    /// Link between them.
    pub link: LinkManifest,
    /// Tensors of the sensor half.
    pub sensor: Vec<TensorManifest>,
    /// Tensors of the aggregator.
    pub aggregator: Vec<TensorManifest>,
}

/// Link between the halves: codes of rows, columns and channels, the channels of a position together, packed without
/// gaps, lowest bits first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinkManifest {
    /// The format itself.
    #[serde(flatten)]
    pub format: LinkFormat,
    /// Bytes that each view sends.
    pub bytes: u64,
}

/// A tensor with its range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TensorManifest {
    /// Name.
    pub name: String,
    /// Images, channels, rows and columns.
    pub shape: [usize; 4],
    /// Distance of two codes; absent in single precision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<f32>,
    /// Signed 8-bit code of 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zero_point: Option<i32>,
    /// Values of the first and the last code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<[f32; 2]>,
}

/// A file of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedFile {
    /// Name in the folder.
    pub name: String,
    /// Format.
    pub format: DeployFormat,
    /// SHA-256 of its content.
    pub sha256: String,
}

impl PrecisionManifest {
    /// Manifest of a deployment.
    pub fn of(deployment: &Deployment) -> Self {
        let Deployment { precision, sensor, aggregator, link, .. } = deployment;
        Self {
            precision: *precision,
            link: LinkManifest { format: *link, bytes: link.bytes() },
            sensor: tensors(sensor),
            aggregator: tensors(aggregator),
        }
    }
}

fn tensors(graph: &DeploymentGraph) -> Vec<TensorManifest> {
    let tensor = |tensor: &GraphTensor| {
        let Shape { channels, height, width } = tensor.shape;
        let grid = tensor.grid;
        TensorManifest {
            name: tensor.name.clone(),
            shape: [tensor.images, channels as usize, height as usize, width as usize],
            scale: grid.map(|grid| grid.step()),
            zero_point: grid.map(|grid| i32::from(grid.zero_code()) - 128),
            range: grid.map(|grid| [grid.value(0), grid.value(grid.last_code())]),
        }
    };
    (0..=graph.nodes.len()).map(|id| tensor(graph.tensor(id))).collect()
}

impl LinkCodes {
    /// Name on screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Static(_) => "static range",
            Self::OwnRange => "range of each image",
            Self::Plain => "single precision",
        }
    }
}
