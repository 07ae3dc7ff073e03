//! Operators of ONNX, as the standard defines them, on what exports use of them.

use super::tensor::Tensor;
use crate::deploy::arithmetic::{self, WindowShapes};
use crate::network::{Pooling, Shape, SlidingWindow};
use crate::onnx::{AttributeProto, NodeProto};

/// Result of a node.
pub(super) fn run(node: &NodeProto, inputs: &[&Tensor]) -> Result<Tensor, String> {
    let input = |at: usize| inputs.get(at).copied().ok_or_else(|| format!("input {at} is missing"));
    let x = input(0)?;
    Ok(match node.op_type.as_str() {
        "Identity" => x.clone(),
        "Relu" => x.map(|x| x.max(0.0)),
        "Sigmoid" => x.map(|x| 1.0 / (1.0 + (-x).exp())),
        "HardSwish" => x.map(|x| x * (x / 6.0 + 0.5).clamp(0.0, 1.0)),
        "HardSigmoid" => {
            let (alpha, beta) = (float(node, "alpha", 0.2), float(node, "beta", 0.5));
            x.map(|x| (alpha * x + beta).clamp(0.0, 1.0))
        }
        "Clip" => {
            let (low, high) = (input(1)?.scalar()?, input(2)?.scalar()?);
            x.map(|x| x.max(low).min(high))
        }
        "Add" => combined(x, input(1)?, |a, b| a + b)?,
        "Sub" => combined(x, input(1)?, |a, b| a - b)?,
        "Mul" => combined(x, input(1)?, |a, b| a * b)?,
        "QuantizeLinear" => {
            let (scale, zero) = (input(1)?.scalar()?, input(2)?.scalar()?);
            x.map(|x| ((x / scale).round_ties_even() + zero).clamp(-128.0, 127.0))
        }
        "DequantizeLinear" => dequantised(node, x, input(1)?, inputs.get(2).copied())?,
        "Conv" => convolved(node, x, input(1)?, input(2)?)?,
        "MaxPool" => pooled(node, x, Pooling::Max)?,
        "AveragePool" if integer(node, "count_include_pad", 0) == 1 => pooled(node, x, Pooling::Average)?,
        "GlobalMaxPool" => over_positions(x, Pooling::Max)?,
        "GlobalAveragePool" => over_positions(x, Pooling::Average)?,
        "ReduceMax" => over_views(node, x, Pooling::Max)?,
        "ReduceMean" => over_views(node, x, Pooling::Average)?,
        "Reshape" => {
            let shape: Vec<usize> = input(1)?.values.iter().map(|&length| length.max(0.0) as usize).collect();
            reshaped(x, shape)?
        }
        "Flatten" => {
            let first = x.shape.first().copied().unwrap_or(1);
            reshaped(x, vec![first, x.values.len() / first.max(1)])?
        }
        _ => return Err("no export has such an operator".to_owned()),
    })
}

fn reshaped(x: &Tensor, shape: Vec<usize>) -> Result<Tensor, String> {
    if Tensor::size(&shape) != Some(x.values.len()) {
        return Err(format!("{:?} does not become {shape:?}", x.shape));
    }
    Ok(Tensor { shape, values: x.values.clone() })
}

/// Element by element, or with one value for each channel of each image.
fn combined(x: &Tensor, y: &Tensor, function: impl Fn(f32, f32) -> f32) -> Result<Tensor, String> {
    if x.shape == y.shape {
        let values = x.values.iter().zip(&y.values).map(|(&a, &b)| function(a, b)).collect();
        return Ok(Tensor { shape: x.shape.clone(), values });
    }
    let ([images, channels, height, width], [other, same, 1, 1]) = (x.four()?, y.four()?) else {
        return Err(format!("{:?} and {:?} don't go together", x.shape, y.shape));
    };
    if same != channels || (other != images && other != 1) {
        return Err(format!("{:?} and {:?} don't go together", x.shape, y.shape));
    }
    let positions = height * width;
    let factor = |at: usize| y.values[at / positions % y.values.len()];
    let values = x.values.iter().enumerate().map(|(at, &x)| function(x, factor(at))).collect();
    Ok(Tensor { shape: x.shape.clone(), values })
}

fn dequantised(node: &NodeProto, x: &Tensor, scale: &Tensor, zero: Option<&Tensor>) -> Result<Tensor, String> {
    let zero = zero.map_or(0.0, |zero| zero.values.first().copied().unwrap_or(0.0));
    if let Ok(scale) = scale.scalar() {
        return Ok(x.map(|x| (x - zero) * scale));
    }
    if integer(node, "axis", 1) != 0 || x.shape.first() != Some(&scale.values.len()) {
        return Err(format!("{} scales don't fit {:?}", scale.values.len(), x.shape));
    }
    let each = (x.values.len() / scale.values.len()).max(1);
    let values = x.values.iter().enumerate().map(|(at, &x)| (x - zero) * scale.values[at / each]).collect();
    Ok(Tensor { shape: x.shape.clone(), values })
}

/// Shapes of a window over `x`, with so many output channels.
fn shapes(node: &NodeProto, x: &Tensor, kernel: [usize; 2], outputs: usize) -> Result<WindowShapes, String> {
    let [_, channels, height, width] = x.four()?;
    let small = |value: usize| u32::try_from(value).map_err(|_| format!("{value} is too large"));
    let pair = |name: &str| -> Result<[u32; 2], String> {
        match integers(node, name) {
            None => Ok([1, 1]),
            Some([down, across]) => Ok([small(*down as usize)?.max(1), small(*across as usize)?.max(1)]),
            Some(other) => Err(format!("{name} are {other:?}")),
        }
    };
    let padding = match integers(node, "pads") {
        None => [0; 4],
        Some([a, b, c, d]) => [small(*a as usize)?, small(*b as usize)?, small(*c as usize)?, small(*d as usize)?],
        Some(other) => return Err(format!("pads are {other:?}")),
    };
    let kernel = [small(kernel[0])?, small(kernel[1])?];
    let window = SlidingWindow { kernel, stride: pair("strides")?, padding, dilation: pair("dilations")? };
    let input = Shape::new(small(channels)?, small(height)?, small(width)?);
    let output = window.output(input, small(outputs)?);
    let output = output.ok_or_else(|| "the window is larger than its input".to_owned())?;
    let groups = small(integer(node, "group", 1).max(1) as usize)?;
    let elements = [output.channels, output.height, output.width].map(|length| length as usize);
    let divides = |channels: u32| groups > 0 && channels.is_multiple_of(groups);
    if !divides(input.channels) || !divides(output.channels) || Tensor::size(&elements).is_none() {
        return Err("its sizes can't be".to_owned());
    }
    Ok(WindowShapes { input, output, window, groups })
}

fn convolved(node: &NodeProto, x: &Tensor, weights: &Tensor, bias: &Tensor) -> Result<Tensor, String> {
    let ([images, channels, ..], [outputs, inputs, height, width]) = (x.four()?, weights.four()?);
    let shapes = shapes(node, x, [height, width], outputs)?;
    if channels != inputs * shapes.groups as usize || bias.values.len() != outputs {
        return Err(format!("weights {:?} don't fit {:?}", weights.shape, x.shape));
    }
    let plane = shapes.output.positions() as usize;
    let image = (x.values.len() / images.max(1)).max(1);
    let sums = x.values.chunks_exact(image).flat_map(|x| arithmetic::convolve(x, &weights.values, &shapes));
    let values = sums.enumerate().map(|(at, sum)| sum + bias.values[at / plane % outputs]).collect();
    Ok(Tensor { shape: vec![images, outputs, shapes.output.height as usize, shapes.output.width as usize], values })
}

fn pooled(node: &NodeProto, x: &Tensor, pooling: Pooling) -> Result<Tensor, String> {
    let [images, channels, ..] = x.four()?;
    let kernel = match integers(node, "kernel_shape") {
        Some([height, width]) => [*height as usize, *width as usize],
        _ => return Err("it has no kernel".to_owned()),
    };
    let shapes = shapes(node, x, kernel, channels)?;
    let image = (x.values.len() / images.max(1)).max(1);
    let values = x.values.chunks_exact(image).flat_map(|x| arithmetic::pool(x, &shapes, pooling)).collect();
    Ok(Tensor { shape: vec![images, channels, shapes.output.height as usize, shapes.output.width as usize], values })
}

fn over_positions(x: &Tensor, pooling: Pooling) -> Result<Tensor, String> {
    let [images, channels, height, width] = x.four()?;
    let values = arithmetic::reduce_runs(&x.values, (height * width).max(1), pooling);
    Ok(Tensor { shape: vec![images, channels, 1, 1], values })
}

fn over_views(node: &NodeProto, x: &Tensor, pooling: Pooling) -> Result<Tensor, String> {
    let [images, channels, height, width] = x.four()?;
    if integers(node, "axes") != Some(&[0]) || images == 0 {
        return Err("only the first axis is reduced".to_owned());
    }
    let values = arithmetic::reduce_images(&x.values, images, pooling);
    Ok(Tensor { shape: vec![1, channels, height, width], values })
}

fn attribute<'a>(node: &'a NodeProto, name: &str) -> Option<&'a AttributeProto> {
    node.attribute.iter().find(|attribute| attribute.name == name)
}

fn float(node: &NodeProto, name: &str, usual: f32) -> f32 {
    attribute(node, name).map_or(usual, |attribute| attribute.f)
}

fn integer(node: &NodeProto, name: &str, usual: i64) -> i64 {
    attribute(node, name).map_or(usual, |attribute| attribute.i)
}

fn integers<'a>(node: &'a NodeProto, name: &str) -> Option<&'a [i64]> {
    attribute(node, name).map(|attribute| &attribute.ints[..])
}
