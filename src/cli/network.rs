//! ONNX files named on the command line.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

use super::usage::{Usage, refuse};
use crate::files;
use crate::hardware::Profile;
use crate::network::import::{Cuts, ImportOptions, import};
use crate::network::{LayerPrecision, Network};
use crate::onnx::{self, Bytes};
use crate::space::{ImportRules, SearchSpace};

/// Flags about the import of networks.
#[derive(Debug, Default, clap::Args)]
pub(super) struct ImportFlags {
    /// Shape of the input of an ONNX file in place of the file's, with a batch of 1, for instance 1x3x224x224
    #[arg(long, value_name = "SHAPE")]
    input: Option<String>,
    /// Counts an operator that is not known as moving its bytes: an operator of ONNX, or a node by its name
    #[arg(long, value_name = "KIND")]
    opaque: Vec<String>,
    /// Places where an imported network may be cut: where one tensor crosses, or behind every layer
    #[arg(long, value_name = "WHERE", value_parser = ["single", "all"], default_value = "single")]
    cuts: String,
}

impl ImportFlags {
    /// Returns `true` if any of them was given.
    pub(super) fn any(&self) -> bool {
        self.input.is_some() || !self.opaque.is_empty() || self.cuts == "all"
    }

    fn options(&self, bits: LayerPrecision) -> Result<ImportOptions> {
        let dims = |text: &String| {
            let dims: Option<Vec<u64>> =
                text.split(['x', ',']).map(|side| side.trim().parse().ok().filter(|&side| side > 0)).collect();
            dims.with_context(|| format!("`{text}` is not a shape such as 1x3x224x224")).usage()
        };
        Ok(ImportOptions {
            input: self.input.as_ref().map(dims).transpose()?,
            opaque: self.opaque.clone(),
            cuts: if self.cuts == "all" { Cuts::All } else { Cuts::Single },
            bits,
        })
    }
}

/// A network that was read from a file, with its name; `bits` hold where the file is not quantised.
pub(super) fn read(path: &Path, flags: &ImportFlags, bits: LayerPrecision) -> Result<(String, Network)> {
    let (shown, options) = (path.display(), flags.options(bits)?);
    let content = files::read(path, onnx::LARGEST_FILE).with_context(|| format!("{shown} can't be read"))?;
    let model = onnx::read(Bytes::from(content)).map_err(|error| anyhow!("{shown}: {error}"))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = |name: &str, range| read_beside(folder, name, range);
    let network = import(&model, &options, &beside).map_err(|error| anyhow!("{shown}: {error}"))?;
    let name = path.file_stem().map_or_else(|| "network".to_owned(), |stem| stem.to_string_lossy().into_owned());
    let plain = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    Ok((name.chars().map(plain).collect(), network))
}

/// Reads bytes of a file in the folder of a model, or says why they can't be read.
fn read_beside(folder: &Path, name: &str, range: Range<u64>) -> Result<Vec<u8>, String> {
    let path = folder.join(name);
    let within = path.canonicalize().and_then(|file| Ok(file.starts_with(folder.canonicalize()?)));
    match within {
        Ok(true) => {}
        Ok(false) => return Err("a link that leads out of the model's folder".to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err("which is not beside the model".to_owned()),
        Err(error) => return Err(format!("which can't be read: {error}")),
    }
    let length = range.end - range.start;
    if length > onnx::LARGEST_FILE {
        let most = files::size_text(onnx::LARGEST_FILE);
        return Err(format!("of which it takes {length} bytes; at most {most} are read"));
    }
    files::read_range(&path, range).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => format!("which is too short: {error}"),
        _ => format!("which can't be read: {error}"),
    })
}

/// A space of networks on a profile, whose bits hold where their files are not quantised.
pub(super) fn space(
    paths: &[PathBuf],
    flags: &ImportFlags,
    rules: ImportRules,
    profile: &Profile,
) -> Result<SearchSpace> {
    let read = |path: &PathBuf| read(path, flags, profile.bits);
    let networks: Vec<(String, Network)> = paths.iter().map(read).collect::<Result<_>>()?;
    Ok(SearchSpace::of_networks(networks, rules)?)
}

/// A network in one line.
pub(super) fn summary(name: &str, network: &Network) -> String {
    use crate::quantity::{Dimension, number};
    let output = network.shape(network.layers.len());
    format!(
        "network {name}: {} layers, {} a view, {} weights, {} to {output}, {} cuts",
        network.layers.len(),
        Dimension::Operations.format(network.macs() as f64),
        number::grouped(network.weights()),
        network.input,
        network.boundaries.len()
    )
}

/// Refuses flags of imported networks where none is named.
pub(super) fn needs_network(flags: &ImportFlags) -> Result<()> {
    if flags.any() {
        refuse!("--input, --opaque and --cuts are about networks: name one with --network FILE.onnx");
    }
    Ok(())
}
