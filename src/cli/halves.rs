//! Exported halves that run: what the commands of the sensor and the aggregator have in common.

use std::path::Path;

use anyhow::{Result, bail};

use crate::deploy::{self, DeployFormat, Deployment, ExportManifest};
use crate::record::Precision;

/// ReadHalves of a folder in one precision.
pub(super) struct ReadHalves {
    /// Manifest of the folder.
    pub(super) manifest: ExportManifest,
    /// The halves.
    pub(super) deployment: Deployment,
    /// SHA-256 of their file.
    pub(super) digest: String,
}

impl ReadHalves {
    /// Reads the halves of a folder.
    pub(super) fn read(folder: &Path, precision: Precision) -> Result<Self> {
        let manifest = deploy::read_manifest(folder)?;
        let is_fitting = |format, name: &str| format == DeployFormat::Safetensors && name.contains(precision.name());
        let Some(file) = manifest.files.iter().find(|file| is_fitting(file.format, &file.name)) else {
            let (name, wanted) = (folder.display(), precision.name());
            bail!("{name} holds no safetensors in {wanted}; write them: splitscope deploy --format safetensors");
        };
        let deployment = deploy::read_archive(&file.name, &deploy::read_file(folder, &file.name)?)?;
        let ends = [deployment.sensor.output(), &deployment.aggregator.input].map(|tensor| tensor.shape.elements());
        let sent = deployment.link.shape.elements();
        if deployment.views != manifest.views || ends != [sent; 2] {
            bail!("{}: the halves do not fit the manifest", file.name);
        }
        let digest = file.sha256.clone();
        Ok(Self { manifest, deployment, digest })
    }
}
