//! Patch-based inference: the first layers run patch by patch, so that their large tensors are never whole.
//!
//! The output of the patched part is cut into `grid x grid` patches. A patch of side p at the end of a layer needs
//! `min((p - 1) * stride + k, side)` of its input, so patches overlap and some work is done twice. Idea: `MCUNetV2`
//! (Lin et al., 2021); there the receptive field is also redistributed, here the network is taken as it is.

use super::graph::Network;
use super::layer::Op;
use super::memory::{MemoryRule, live_bytes, peak};
use super::shape::Shape;

/// Memory and extra work of a network whose first layers run in patches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patched {
    /// Most bytes alive: while a patch runs (with the assembled output), or in the rest of the network.
    pub peak_bytes: u64,
    /// Most bytes alive while a patch runs, without the assembled output.
    pub patch_bytes: u64,
    /// Height and width of a patch of the input.
    pub input_patch: (u32, u32),
    /// Extra multiply-accumulates because patches overlap.
    pub extra_macs: u64,
}

/// Costs of running the first `layers` layers in `grid x grid` patches. `None` where [`one_patch`] is `None`.
pub fn patched(network: &Network, layers: usize, grid: u32, rule: MemoryRule) -> Option<Patched> {
    let patch = one_patch(network, layers, grid)?;
    let patch_bytes = peak(&live_bytes(&patch, rule), layers).bytes;
    let rest = live_bytes(network, rule)[layers..].iter().copied().max().unwrap_or(0);
    let whole_macs: u64 = network.layers[..layers].iter().map(|layer| layer.macs).sum();
    Some(Patched {
        peak_bytes: (patch_bytes + network.shape(layers).elements()).max(rest),
        patch_bytes,
        input_patch: (patch.input.height, patch.input.width),
        extra_macs: (u64::from(grid) * u64::from(grid) * patch.macs()).saturating_sub(whole_macs),
    })
}

/// First `layers` layers with their shapes for one of `grid x grid` patches. `None` if that is impossible: no layers, a
/// grid finer than the output, or a layer among them that needs whole tensors (global pooling, squeeze-excite, fully
/// connected).
pub fn one_patch(network: &Network, layers: usize, grid: u32) -> Option<Network> {
    let end = network.shape(layers);
    if layers == 0 || grid == 0 || grid > end.height.min(end.width) {
        return None;
    }
    let sides = patch_sides(network, layers, grid)?;
    let mut patch = Network {
        input: resized(network.input, sides[0]),
        layers: network.layers[..layers].to_vec(),
        boundaries: Vec::new(),
        fusion: network.fusion,
    };
    for (index, layer) in patch.layers.iter_mut().enumerate() {
        layer.input = resized(layer.input, sides[layer.inputs.0]);
        layer.output = resized(layer.output, sides[index + 1]);
        if layer.macs > 0 {
            layer.macs = layer.weights * layer.output.positions();
        }
    }
    Some(patch)
}

/// Height and width of a patch of every tensor up to the end of the patched layers.
fn patch_sides(network: &Network, layers: usize, grid: u32) -> Option<Vec<(u32, u32)>> {
    let end = network.shape(layers);
    let mut sides = vec![(0, 0); layers + 1];
    sides[layers] = (end.height.div_ceil(grid), end.width.div_ceil(grid));
    for (index, layer) in network.layers[..layers].iter().enumerate().rev() {
        let (kernel, stride) = match layer.op {
            Op::Conv { kernel, stride, .. } | Op::Pool { kernel, stride, .. } => (kernel, stride),
            Op::Add => (1, 1),
            Op::Linear | Op::GlobalPool | Op::Scale => return None,
        };
        let (height, width) = sides[index + 1];
        let needed = |side: u32, whole: u32| (side.saturating_sub(1) * stride + kernel).min(whole);
        for tensor in std::iter::once(layer.inputs.0).chain(layer.inputs.1) {
            let shape = network.shape(tensor);
            let (known_height, known_width) = sides[tensor];
            sides[tensor] =
                (known_height.max(needed(height, shape.height)), known_width.max(needed(width, shape.width)));
        }
    }
    Some(sides)
}

fn resized(shape: Shape, (height, width): (u32, u32)) -> Shape {
    Shape::new(shape.channels, height, width)
}

#[cfg(test)]
mod tests {
    use super::super::build::{NetworkBuilder, SlidingWindow};
    use super::*;

    #[test]
    fn two_convolutions_in_four_patches() {
        let mut builder = NetworkBuilder::new(Shape::new(1, 8, 8)).unwrap();
        let first = builder.conv("first", 0, 4, SlidingWindow::same(3, 1), 1).unwrap();
        builder.conv("second", first, 2, SlidingWindow::same(3, 1), 1).unwrap();
        let network = builder.finish();
        let patched = patched(&network, 2, 2, MemoryRule::Strict).unwrap();
        // 4x4 of the output need 6x6 between and 8x8 of the input.
        assert_eq!(patched.input_patch, (8, 8));
        assert_eq!(patched.patch_bytes, 64 + 4 * 36);
        assert_eq!(patched.extra_macs, 4 * (36 * 36 + 72 * 16) - network.macs());
        // The assembled output stands beside the patch: 2 * 64.
        assert_eq!(patched.peak_bytes, 64 + 4 * 36 + 128);
    }

    #[test]
    fn an_inverted_bottleneck_in_four_patches() {
        let mut builder = NetworkBuilder::new(Shape::new(2, 8, 8)).unwrap();
        let expand = builder.conv("expand", 0, 6, SlidingWindow::same(1, 1), 1).unwrap();
        let depthwise = builder.conv("depthwise", expand, 6, SlidingWindow::same(3, 1), 6).unwrap();
        let project = builder.conv("project", depthwise, 2, SlidingWindow::same(1, 1), 1).unwrap();
        builder.add("add", project, 0).unwrap();
        let network = builder.finish();
        // 4x4 of the output need 4x4 up to the depthwise layer, 6x6 before it.
        for (rule, patch_bytes) in [
            // Depthwise: 2 * 36 kept for the sum, 6 * 36 read, 6 * 16 made.
            (MemoryRule::Strict, 72 + 216 + 96),
            // Written over its input, it takes what expand takes: 2 * 36 and 6 * 36.
            (MemoryRule::InplaceDepthwise, 72 + 216),
            // One channel of the hidden tensors at a time, 36 and 16, beside the input and the output, 2 * 16.
            (MemoryRule::FusedBlock, 72 + 32 + 36 + 16),
        ] {
            let patched = patched(&network, 4, 2, rule).unwrap();
            assert_eq!((patched.input_patch, patched.patch_bytes), ((6, 6), patch_bytes), "{rule:?}");
            assert_eq!(patched.peak_bytes, patch_bytes + 2 * 64, "{rule:?}");
            assert_eq!(patched.extra_macs, 4 * (12 * 36 + 54 * 16 + 12 * 16) - 64 * (12 + 54 + 12), "{rule:?}");
        }
    }

    #[test]
    fn whole_tensors_can_not_be_patched() {
        let mut builder = NetworkBuilder::new(Shape::new(4, 8, 8)).unwrap();
        builder.global_pool("pool", 0).unwrap();
        let network = builder.finish();
        assert_eq!(patched(&network, 1, 1, MemoryRule::Strict), None);
        assert_eq!(patched(&network, 0, 1, MemoryRule::Strict), None);
    }
}
