//! Liveness of tensors: the bytes that are alive while each layer runs, under a named rule.
//!
//! Activations are int8, one byte an element, unless an imported network has other bits. Weights are not counted here.
//! A tensor is alive from the layer that makes it to the last layer that reads it; the network's input is alive from
//! the start. At a boundary between blocks exactly one tensor is alive, so the peak of the layers before a boundary is
//! also the peak of a sensor's layers; `cost::network_costs` adds the frame, the link buffer, weights and patches to
//! it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::graph::Network;
use super::layer::{ElementOp, Layer, Op, TensorId};

/// Rule that counts the bytes alive at a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MemoryRule {
    /// All inputs, the output, and everything still to be read.
    Strict,
    /// As `Strict`, but a sum or product writes over an operand of its shape that nothing else reads.
    InplaceElements,
    /// As `Strict`, but a depthwise layer writes over its input (the one spare channel it needs is not counted), a
    /// product writes over its operand, and a sum is folded into the layer before it, which adds onto the other
    /// operand. Only tensors that nothing else reads are written over. The rule of the published peaks (`MCUNet`, Lin
    /// et al. 2020).
    #[default]
    InplaceDepthwise,
    /// As `InplaceDepthwise`, and expand, depthwise and project of an inverted bottleneck run channel by channel, so
    /// that the hidden tensor is never whole. A squeeze-excite between them needs the whole tensor and prevents it.
    FusedBlock,
}

impl MemoryRule {
    /// All rules with their names in files.
    pub const ALL: [(&'static str, Self); 4] = [
        ("strict", Self::Strict),
        ("inplace-elements", Self::InplaceElements),
        ("inplace-depthwise", Self::InplaceDepthwise),
        ("fused-block", Self::FusedBlock),
    ];

    /// Name in files.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, rule)| *rule == self).map_or("", |(name, _)| name)
    }
}

/// Layer at which most bytes are alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Peak {
    /// Index of the layer.
    pub layer: usize,
    /// Bytes alive while it runs.
    pub bytes: u64,
}

/// Bytes alive while each layer runs, in the order of the layers.
///
/// ```
/// use splitscope::network::{NetworkBuilder, Shape, SlidingWindow, memory::{MemoryRule, live_bytes}};
/// // MobileNetV2 at 224: expand 16 -> 96 at 112x112 holds 200,704 + 1,204,224 bytes.
/// let mut builder = NetworkBuilder::new(Shape::new(16, 112, 112))?;
/// builder.conv("expand", 0, 96, SlidingWindow::same(1, 1), 1)?;
/// assert_eq!(live_bytes(&builder.finish(), MemoryRule::Strict), [1_404_928]);
/// # Ok::<(), splitscope::network::ShapeError>(())
/// ```
pub fn live_bytes(network: &Network, rule: MemoryRule) -> Vec<u64> {
    let last_use = last_uses(network);
    let mut live = Vec::with_capacity(network.layers.len());
    let mut waiting = network.bytes(0);
    for (index, layer) in network.layers.iter().enumerate() {
        let output = layer.output_bytes();
        let saved = match rule {
            MemoryRule::Strict => 0,
            MemoryRule::InplaceElements => overwritten_bytes(network, layer, index, &last_use),
            MemoryRule::InplaceDepthwise | MemoryRule::FusedBlock => reused_bytes(network, layer, index, &last_use),
        };
        live.push(waiting + output - saved);
        waiting += output;
        for tensor in operands(layer).filter(|&tensor| last_use[tensor] == index) {
            waiting -= network.bytes(tensor);
        }
    }
    if rule == MemoryRule::FusedBlock {
        fuse_blocks(network, &last_use, &mut live);
    }
    live
}

/// Peak of the first `layers` layers; 0 bytes for zero layers.
pub fn peak(live: &[u64], layers: usize) -> Peak {
    peaks(&live[..layers.min(live.len())]).last().copied().unwrap_or_default()
}

/// Peaks of the first `i` layers for every `i` from 0 to all of them. Of equal layers the first is named.
pub fn peaks(live: &[u64]) -> Vec<Peak> {
    let mut peaks = Vec::with_capacity(live.len() + 1);
    let mut best = Peak::default();
    peaks.push(best);
    for (layer, &bytes) in live.iter().enumerate() {
        if bytes > best.bytes {
            best = Peak { layer, bytes };
        }
        peaks.push(best);
    }
    peaks
}

/// Tensors alive while `layer` runs: those still to be read, its inputs and its output.
pub fn tensors_at(network: &Network, layer: usize) -> Vec<TensorId> {
    let last_use = last_uses(network);
    (0..=layer).filter(|&tensor| last_use[tensor] >= layer).chain([layer + 1]).collect()
}

/// Bytes that cross a cut right after `layer`: every tensor made by then and read later. The last layer's output counts
/// as read by the user.
pub fn cut_bytes(network: &Network, layer: usize) -> u64 {
    let last_use = last_uses(network);
    let output = network.layers.len();
    (0..=layer + 1)
        .filter(|&tensor| last_use[tensor] > layer || tensor == output)
        .map(|tensor| network.bytes(tensor))
        .sum()
}

/// Tensors that cross a cut right after the first `layers` layers, the latest first.
pub fn crossing_tensors(network: &Network, layers: usize) -> Vec<TensorId> {
    let last_use = last_uses(network);
    (0..=layers).rev().filter(|&tensor| last_use[tensor] >= layers || tensor == network.layers.len()).collect()
}

/// Tensors that cross each cut, by the number of layers before it, the latest first; `None` where there are more than
/// `most`.
pub fn crossings(network: &Network, most: usize) -> Vec<Option<Vec<TensorId>>> {
    let (last_use, all) = (last_uses(network), network.layers.len());
    let mut alive: Vec<TensorId> = Vec::new();
    (0..=all)
        .map(|layers| {
            alive.retain(|&tensor| last_use[tensor] >= layers);
            if last_use[layers] >= layers || layers == all {
                alive.push(layers);
            }
            (alive.len() <= most).then(|| alive.iter().rev().copied().collect())
        })
        .collect()
}

/// Last layer that reads each tensor; a tensor that no layer reads dies where it was made. Further outputs of the
/// network are read by its user, behind all layers.
fn last_uses(network: &Network) -> Vec<usize> {
    let mut last: Vec<usize> = (0..=network.layers.len()).map(|tensor| tensor.saturating_sub(1)).collect();
    for (index, layer) in network.layers.iter().enumerate() {
        for tensor in operands(layer) {
            last[tensor] = index;
        }
    }
    for &tensor in &network.outputs {
        last[tensor] = network.layers.len();
    }
    last
}

/// Tensors that a layer reads, each once.
fn operands(layer: &Layer) -> impl Iterator<Item = TensorId> {
    let inputs = &layer.inputs;
    inputs.iter().enumerate().filter(|&(at, tensor)| !inputs[..at].contains(tensor)).map(|(_, &tensor)| tensor)
}

/// Bytes saved because a sum or product is written over an operand of its shape that dies.
fn overwritten_bytes(network: &Network, layer: &Layer, index: usize, last_use: &[usize]) -> u64 {
    let dying = |tensor: TensorId| last_use[tensor] == index && network.shape(tensor) == layer.output;
    let writes_over = matches!(layer.op, Op::Add | Op::Scale | Op::Elements(ElementOp::Combine));
    if writes_over && operands(layer).any(dying) { layer.output_bytes() } else { 0 }
}

/// Bytes saved because the output is written over a dying input.
fn reused_bytes(network: &Network, layer: &Layer, index: usize, last_use: &[usize]) -> u64 {
    let output = layer.output_bytes();
    let reused = match layer.op {
        Op::Conv { .. } if layer.is_depthwise() && last_use[layer.inputs[0]] == index => {
            network.bytes(layer.inputs[0]).min(output)
        }
        // The sum is already there: neither the tensor added last nor the output takes bytes of its own.
        Op::Add if index > 0 && is_folded(network, index - 1, last_use) => 2 * output,
        _ => overwritten_bytes(network, layer, index, last_use),
    };
    if is_folded(network, index, last_use) { reused.max(output) } else { reused }
}

/// Returns `true` if the next layer sums this layer's output with a tensor that dies there, so that this layer can add
/// onto it.
fn is_folded(network: &Network, index: usize, last_use: &[usize]) -> bool {
    let (own, Some(next)) = (index + 1, network.layers.get(index + 1)) else { return false };
    let other = match next.inputs[..] {
        [first, second] if second == own => first,
        [first, second] if first == own => second,
        _ => return false,
    };
    next.op == Op::Add && other != own && last_use[own] == index + 1 && last_use[other] == index + 1
}

/// Replaces the bytes of each (expand,) depthwise, project run by those of running it one hidden channel at a time.
fn fuse_blocks(network: &Network, last_use: &[usize], live: &mut [u64]) {
    let layers = &network.layers;
    let pointwise = |layer: &Layer| matches!(layer.op, Op::Conv { window, groups: 1 } if window.is_pointwise());
    for depthwise in 0..layers.len().saturating_sub(1) {
        let (middle, project) = (&layers[depthwise], &layers[depthwise + 1]);
        let hidden_out = depthwise + 1;
        let chained = project.inputs[0] == hidden_out && last_use[hidden_out] == depthwise + 1;
        if !middle.is_depthwise() || !pointwise(project) || !chained {
            continue;
        }
        let hidden_in = middle.inputs[0];
        let expands = hidden_in == depthwise
            && depthwise > 0
            && last_use[hidden_in] == depthwise
            && pointwise(&layers[depthwise - 1]);
        let first = if expands { depthwise - 1 } else { depthwise };
        let waiting: u64 =
            (0..=first).filter(|&tensor| last_use[tensor] >= first).map(|tensor| network.bytes(tensor)).sum();
        let planes = middle.output.positions() + if expands { middle.input.positions() } else { 0 };
        let fused = waiting + project.output_bytes() + planes;
        for bytes in &mut live[first..=depthwise + 1] {
            *bytes = (*bytes).min(fused);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::build::NetworkBuilder;
    use super::super::shape::Shape;
    use super::super::window::SlidingWindow;
    use super::*;

    /// The second block of `MobileNetV2` at 224: 16 -> 96 at 112, depthwise stride 2, 96 -> 24 at 56.
    fn inverted_bottleneck() -> Network {
        let mut builder = NetworkBuilder::new(Shape::new(16, 112, 112)).unwrap();
        let expand = builder.conv("expand", 0, 96, SlidingWindow::same(1, 1), 1).unwrap();
        let depthwise = builder.conv("depthwise", expand, 96, SlidingWindow::same(3, 2), 96).unwrap();
        builder.conv("project", depthwise, 24, SlidingWindow::same(1, 1), 1).unwrap();
        builder.finish()
    }

    #[test]
    fn the_three_rules_on_one_inverted_bottleneck() {
        // MobileNetV2's second block: 1372 KiB in place, 1470 KiB strict.
        let network = inverted_bottleneck();
        let peaks = |rule| peak(&live_bytes(&network, rule), 3);
        assert_eq!(peaks(MemoryRule::Strict), Peak { layer: 1, bytes: 1470 * 1024 });
        assert_eq!(peaks(MemoryRule::InplaceDepthwise), Peak { layer: 0, bytes: 1372 * 1024 });
        let planes = 112 * 112 + 56 * 56;
        assert_eq!(peaks(MemoryRule::FusedBlock).bytes, 16 * 112 * 112 + 24 * 56 * 56 + planes);
    }

    #[test]
    fn a_residual_keeps_the_block_input_alive() {
        let mut builder = NetworkBuilder::new(Shape::new(8, 4, 4)).unwrap();
        let hidden = builder.conv("expand", 0, 32, SlidingWindow::same(1, 1), 1).unwrap();
        let out = builder.conv("project", hidden, 8, SlidingWindow::same(1, 1), 1).unwrap();
        builder.add("add", 0, out).unwrap();
        let network = builder.finish();
        assert_eq!(live_bytes(&network, MemoryRule::Strict), [128 + 512, 128 + 512 + 128, 3 * 128]);
        assert_eq!(live_bytes(&network, MemoryRule::InplaceDepthwise), [128 + 512, 128 + 512, 128]);
        assert_eq!(tensors_at(&network, 1), [0, 1, 2]);
        assert_eq!((cut_bytes(&network, 0), cut_bytes(&network, 1), cut_bytes(&network, 2)), (128 + 512, 256, 128));
    }

    #[test]
    fn no_layers_have_no_peak() {
        assert_eq!(peak(&[5, 6], 0), Peak::default());
    }
}
