//! Latency table of this machine: every layer that computes runs alone with the kernels of this program; its latency is
//! the median of some runs. Layers that only move or compare values are left out, as a table may: they count as part of
//! their neighbours.

use std::fmt::Write;
use std::time::{Duration, Instant};

use burn::tensor::{Device, Distribution, Tensor};

use crate::kernels;
use crate::network::{Layer, Op, table};
use crate::quantity::number::median;

/// Runs of a layer: at least so many, and until so much time has passed.
const RUNS: usize = 5;
const TIME: Duration = Duration::from_millis(10);

/// A layer that can't be measured: there is no kernel for grouped convolutions that are not depthwise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} can't be measured here: there is no kernel for grouped convolutions")]
pub struct NoKernel(String);

/// Times the layers that compute on the threads of this process. Returns a layer table with the column `us`.
///
/// # Errors
/// A grouped convolution that is not depthwise.
pub fn latency_table(layers: &[Layer]) -> Result<String, NoKernel> {
    let device = Device::flex();
    let computing: Vec<&Layer> = layers.iter().filter(|layer| layer.macs > 0).collect();
    let rows = table::csv(computing.iter().copied());
    let mut lines = rows.lines();
    let mut text = format!("{},us\n", lines.next().unwrap_or_default());
    for (line, layer) in lines.zip(computing) {
        let seconds = median_run(kernel(layer, &device)?);
        // A file for programs: down to nanoseconds.
        let _ = writeln!(text, "{line},{:.3}", seconds * 1e6);
    }
    Ok(text)
}

/// A run of the layer on noise; its result is read, so that it has been computed.
fn kernel(layer: &Layer, device: &Device) -> Result<Box<dyn FnMut()>, NoKernel> {
    let noise = Distribution::Normal(0.0, 1.0);
    let [channels, height, width] =
        [layer.input.channels, layer.input.height, layer.input.width].map(|side| side as usize);
    let outputs = layer.output.channels as usize;
    let x: Tensor<4> = Tensor::random([1, height, width, channels], noise, device);
    Ok(match layer.op {
        Op::Conv { window, groups: 1 } => {
            let (side, stride) = (window.kernel[0] as usize, window.stride[0] as usize);
            let w: Tensor<4> = Tensor::random([side, side, channels, outputs], noise, device);
            Box::new(move || read(kernels::convolution(x.clone(), w.clone(), stride).tensor()))
        }
        Op::Conv { window, .. } if layer.is_depthwise() => {
            let (side, stride) = (window.kernel[0] as usize, window.stride[0] as usize);
            let w: Tensor<3> = Tensor::random([side, side, channels], noise, device);
            Box::new(move || read(kernels::depthwise(x.clone(), w.clone(), stride).tensor()))
        }
        Op::Linear => {
            let inputs = channels * height * width;
            let w: Tensor<2> = Tensor::random([inputs, outputs], noise, device);
            let x = x.reshape([1, inputs]);
            Box::new(move || read(x.clone().matmul(w.clone())))
        }
        _ => return Err(NoKernel(layer.name.clone())),
    })
}

fn read<const D: usize>(tensor: Tensor<D>) {
    std::hint::black_box(tensor.into_data());
}

/// Median seconds of a run, the first one left out.
fn median_run(mut run: Box<dyn FnMut()>) -> f64 {
    run();
    let (start, mut seconds) = (Instant::now(), Vec::new());
    while seconds.len() < RUNS || start.elapsed() < TIME {
        let run_start = Instant::now();
        run();
        seconds.push(run_start.elapsed().as_secs_f64());
    }
    median(seconds)
}
