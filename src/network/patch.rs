//! Patch-based inference: the first layers run patch by patch, so that their large tensors are never whole.
//!
//! The output of the patched part is cut into `grid x grid` patches. A patch of side p at the end of a layer needs
//! `min((p - 1) * stride + k, side)` of its input, so patches overlap and some work is done twice. Idea: `MCUNetV2`
//! (Lin et al., 2021); there the receptive field is also redistributed, here the network is taken as it is.

use super::graph::Network;
use super::layer::Op;
use super::shape::Shape;
use super::window::SlidingWindow;

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
        link_range: network.link_range,
        outputs: Vec::new(),
    };
    for (index, layer) in patch.layers.iter_mut().enumerate() {
        layer.input = resized(layer.input, sides[layer.inputs[0]]);
        layer.output = resized(layer.output, sides[index + 1]);
        let read = layer.inputs.iter().map(|&tensor| resized(network.shape(tensor), sides[tensor]).elements());
        layer.read = read.sum();
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
        let window = match layer.op {
            Op::Conv { window, .. } | Op::Pool { window, .. } => window,
            Op::Add => SlidingWindow::same(1, 1),
            Op::Linear | Op::MatMul { .. } | Op::GlobalPool | Op::Scale | Op::Elements(_) => return None,
        };
        let (height, width) = sides[index + 1];
        let needed = |axis: usize, side: u32, whole: u32| {
            let values = u64::from(side.saturating_sub(1)) * u64::from(window.stride[axis]) + window.reach(axis);
            u32::try_from(values).map_or(whole, |values| values.min(whole))
        };
        for &tensor in &layer.inputs {
            let shape = network.shape(tensor);
            let (known_height, known_width) = sides[tensor];
            sides[tensor] =
                (known_height.max(needed(0, height, shape.height)), known_width.max(needed(1, width, shape.width)));
        }
    }
    Some(sides)
}

fn resized(shape: Shape, (height, width): (u32, u32)) -> Shape {
    Shape::new(shape.channels, height, width)
}

#[cfg(test)]
mod tests {
    use super::super::build::NetworkBuilder;
    use super::super::memory::{MemoryRule, live_bytes, peak};
    use super::*;

    #[test]
    fn two_convolutions_in_four_patches() {
        let mut builder = NetworkBuilder::new(Shape::new(1, 8, 8)).unwrap();
        let first = builder.conv("first", 0, 4, SlidingWindow::same(3, 1), 1).unwrap();
        builder.conv("second", first, 2, SlidingWindow::same(3, 1), 1).unwrap();
        let network = builder.finish();
        let patch = one_patch(&network, 2, 2).unwrap();
        // 4x4 of the output need 6x6 between and 8x8 of the input.
        assert_eq!(patch.input, Shape::new(1, 8, 8));
        assert_eq!(peak(&live_bytes(&patch, MemoryRule::Strict), 2).bytes, 64 + 4 * 36);
        assert_eq!(patch.macs(), 36 * 36 + 72 * 16);
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
            let patch = one_patch(&network, 4, 2).unwrap();
            assert_eq!(patch.input, Shape::new(2, 6, 6));
            assert_eq!(peak(&live_bytes(&patch, rule), 4).bytes, patch_bytes, "{rule:?}");
            assert_eq!(patch.macs(), 12 * 36 + 54 * 16 + 12 * 16);
        }
    }

    #[test]
    fn whole_tensors_can_not_be_patched() {
        let mut builder = NetworkBuilder::new(Shape::new(4, 8, 8)).unwrap();
        builder.global_pool("pool", 0).unwrap();
        let network = builder.finish();
        assert_eq!(one_patch(&network, 1, 1), None);
        assert_eq!(one_patch(&network, 0, 1), None);
    }
}
