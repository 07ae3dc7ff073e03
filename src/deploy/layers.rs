//! Layers as models of one layer each, to be timed by foreign programs.

use std::fmt::Write;
use std::io;
use std::path::Path;

use super::error::DeployError;
use super::export::{FileContent, write_files};
use super::format::DeployFormat;
use super::graph::{Convolution, ConvolutionWeights, DeploymentGraph, DeploymentNode, GraphOperator, GraphTensor};
use super::onnx;
use super::tflite;
use crate::kernels::CodeGrid;
use crate::network::{Layer, Op, Pooling, SlidingWindow, table};
use crate::record::Precision;

/// Name of the list of the models in a folder: a layer table with the first part of the names of each layer's files.
pub const LAYER_INDEX: &str = "index.csv";
/// Values of the weights by turns: neither zero, which a compiler may leave out, nor all the same.
const WEIGHTS: [i8; 7] = [-90, 37, -11, 64, 5, -52, 101];
/// Step of the weights.
const STEP: f32 = 1.0 / 128.0;

/// Models of layers, and their index.
pub struct LayerModels {
    /// Files of the models, then the index.
    pub files: Vec<FileContent>,
    /// Names of layers that have no model: products with factors or matrices that other layers make, and operations on
    /// elements.
    pub left_out: Vec<String>,
}

/// A model of one layer for each of `layers` in each of `formats`.
///
/// # Errors
/// A format can't hold a layer.
pub fn layer_models(layers: &[Layer], formats: &[DeployFormat]) -> Result<LayerModels, DeployError> {
    let (mut files, mut left_out, mut listed, mut stems) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for layer in layers {
        let stem = format!("{:03}-{}", listed.len() + 1, layer.name.replace('/', "-"));
        if graph_of(layer, &stem, Precision::Float).is_none() {
            left_out.push(layer.name.clone());
            continue;
        }
        for &format in formats {
            files.extend(model(layer, &stem, format)?);
        }
        listed.push(layer);
        stems.push(stem);
    }
    let rows = table::csv(listed);
    let mut index = String::new();
    for (line, stem) in rows.lines().zip([table::FILE_COLUMN.to_owned()].into_iter().chain(stems)) {
        let _ = writeln!(index, "{line},{stem}");
    }
    files.push(FileContent { name: LAYER_INDEX.into(), format: DeployFormat::Csv, content: index.into_bytes() });
    Ok(LayerModels { files, left_out })
}

/// Writes models into a new folder.
///
/// # Errors
/// There is something of this name already, or the folder can't be written.
pub fn write_layers(folder: &Path, models: &LayerModels) -> io::Result<()> {
    write_files(folder, &models.files, |_| Ok(()))
}

/// File of a layer in a format; none in one that holds no models.
fn model(layer: &Layer, stem: &str, format: DeployFormat) -> Result<Option<FileContent>, DeployError> {
    let (precision, end) = match format {
        DeployFormat::Onnx => (Precision::Float, "onnx"),
        DeployFormat::OnnxInt8 => (Precision::Int8, "int8.onnx"),
        DeployFormat::Tflite => (Precision::Int8, "tflite"),
        DeployFormat::Safetensors | DeployFormat::Csv => return Ok(None),
    };
    let Some(graph) = graph_of(layer, stem, precision) else { return Ok(None) };
    let content = if format == DeployFormat::Tflite { tflite::write(&graph)? } else { Some(onnx::write(&graph)) };
    Ok(content.map(|content| FileContent { name: format!("{stem}.{end}"), format, content }))
}

/// Graph of one layer, whose output has the name of the graph; `None` for a layer that needs tensors of others.
fn graph_of(layer: &Layer, name: &str, precision: Precision) -> Option<DeploymentGraph> {
    let grid = (precision == Precision::Int8).then(|| CodeGrid::covering(-4.0, 4.0, 8));
    let tensor = |name: &str, shape| GraphTensor { name: name.to_owned(), images: 1, shape, grid };
    let (operator, inputs) = match layer.op {
        Op::Conv { window, groups } => (convolution(layer, window, groups, precision), vec![0]),
        Op::Linear => {
            let kernel = [layer.input.height, layer.input.width];
            (convolution(layer, SlidingWindow { kernel, ..SlidingWindow::same(1, 1) }, 1, precision), vec![0])
        }
        Op::Pool { pooling, window } => (GraphOperator::Pool { pooling, window }, vec![0]),
        Op::GlobalPool => (GraphOperator::GlobalPool(Pooling::Max), vec![0]),
        // To itself: as many values are read and written.
        Op::Add => (GraphOperator::Add { activation: None }, vec![0, 0]),
        Op::Scale | Op::MatMul { .. } | Op::Elements(_) => return None,
    };
    let node = DeploymentNode { operator, inputs, output: tensor(name, layer.output) };
    Some(DeploymentGraph { name: name.to_owned(), input: tensor("input", layer.input), nodes: vec![node] })
}

fn convolution(layer: &Layer, window: SlidingWindow, groups: u32, precision: Precision) -> GraphOperator {
    let outputs = layer.output.channels as usize;
    let [height, width] = window.kernel.map(|side| side as usize);
    let count = outputs * (layer.input.channels / groups) as usize * height * width;
    let codes = WEIGHTS.iter().copied().cycle().take(count);
    let weights = match precision {
        Precision::Float => {
            let weights = codes.map(|code| f32::from(code) * STEP).collect();
            ConvolutionWeights::Float { weights, bias: vec![STEP; outputs] }
        }
        Precision::Int8 => {
            ConvolutionWeights::Integer { codes: codes.collect(), steps: vec![STEP; outputs], bias: vec![1; outputs] }
        }
    };
    GraphOperator::Convolution(Convolution { window, groups, weights, activation: None })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::deploy::OnnxProgram;
    use crate::space::SearchSpace;

    #[test]
    fn every_layer_of_a_space_has_a_model_and_a_row() {
        let space = SearchSpace::shipped("tabletop").unwrap();
        let layers = space.layers().unwrap();
        let formats = [DeployFormat::Onnx, DeployFormat::OnnxInt8, DeployFormat::Tflite];
        let LayerModels { files, left_out } = layer_models(&layers, &formats).unwrap();
        assert!(left_out.is_empty(), "{left_out:?}");
        assert_eq!(files.len(), 3 * layers.len() + 1);
        let index = std::str::from_utf8(&files.last().unwrap().content).unwrap();
        assert!(index.starts_with("name,kind,cin,cout,k,stride,pad,hin,win,groups,file\n"));
        assert!(index.contains("\nstem,conv,1,8,3,1,1,32,32,1,001-stem\n"), "{index}");
        for layer in &layers {
            graph_of(layer, "layer", Precision::Int8).unwrap().check().unwrap();
        }
        for file in files.iter().filter(|file| Path::new(&file.name).extension().is_some_and(|end| end == "onnx")) {
            OnnxProgram::read(&file.name, file.content.clone()).unwrap();
        }
    }
}
