//! Distinct layer shapes of a space: measured on a device, they give the latency of every design.

use std::collections::HashSet;

use super::genome::BlockChoice;
use super::search_space::SearchSpace;
use super::stage::Stage;
use crate::network::table::LayerShape;
use crate::network::{FusionOperator, Layer, Network, NetworkBuilder, Shape, ShapeError, SlidingWindow};

impl SearchSpace {
    /// One layer of each distinct shape in any network of the space, splitting modules and fusions included. Names tell
    /// stage and part, and are unique.
    ///
    /// # Errors
    /// Shapes that can't exist.
    pub fn layers(&self) -> Result<Vec<Layer>, ShapeError> {
        let mut found = LayerCollector::default();
        for imported in &self.imported {
            found.add(imported.network.clone());
        }
        for &side in &self.resolutions {
            let mut read = vec![Shape::new(self.input_channels, side, side)];
            for (index, stage) in self.stages.iter().enumerate() {
                read = self.stage_layers(index, stage, &read, &mut found)?;
                if index + 1 < self.stages.len() {
                    for &shape in &read {
                        self.module_layers(&stage.name, shape, &mut found)?;
                    }
                }
            }
        }
        Ok(found.layers)
    }

    /// Every choice of one block of a stage as a network of its own, over an input of shape `input`. A later block
    /// keeps its channels.
    ///
    /// # Errors
    /// Shapes that can't exist.
    pub fn lower_choices(&self, stage: usize, input: Shape, first: bool) -> Result<Vec<Network>, ShapeError> {
        let widths: Vec<Option<u32>> = match self.stages[stage].widths.as_slice() {
            [] => vec![None],
            _ if !first => vec![Some(input.channels)],
            widths => widths.iter().copied().map(Some).collect(),
        };
        let mut networks = Vec::new();
        for width in widths {
            for block in choices(&self.stages[stage]) {
                networks.push(self.lower_block(stage, input, width, first, block)?);
            }
        }
        Ok(networks)
    }

    /// Adds the layers of a stage that reads inputs of shapes `read`; returns the shapes of its outputs.
    fn stage_layers(
        &self,
        index: usize,
        stage: &Stage,
        read: &[Shape],
        found: &mut LayerCollector,
    ) -> Result<Vec<Shape>, ShapeError> {
        let mut made = Vec::new();
        for &input in read {
            for block in self.lower_choices(index, input, true)? {
                let output = found.add(block);
                if !made.contains(&output) {
                    made.push(output);
                }
            }
        }
        if stage.max_depth() > 1 {
            for &input in &made {
                self.lower_choices(index, input, false)?.into_iter().for_each(|block| _ = found.add(block));
            }
        }
        Ok(made)
    }

    /// Adds the layers that may follow a stage: both sides of a splitting module for every ratio, and the convolution
    /// of one view for fusion by concatenation.
    fn module_layers(&self, stage: &str, shape: Shape, found: &mut LayerCollector) -> Result<(), ShapeError> {
        if self.fusion.operator == FusionOperator::Concat && self.views > 1 {
            let mut fusion = NetworkBuilder::new(shape)?;
            fusion.conv(format!("{stage}.fuse"), 0, shape.channels, SlidingWindow::same(1, 1), 1)?;
            found.add(fusion.finish());
        }
        for &ratio in self.split.ratios.iter().filter(|&&ratio| ratio > 1) {
            let mut module = NetworkBuilder::new(shape)?;
            let narrow = shape.channels.div_ceil(u32::from(ratio));
            let reduced = module.conv(format!("{stage}.reduce"), 0, narrow, SlidingWindow::same(1, 1), 1)?;
            module.conv(format!("{stage}.recover"), reduced, shape.channels, SlidingWindow::same(1, 1), 1)?;
            found.add(module.finish());
        }
        Ok(())
    }
}

/// All pairs of kernel and expansion.
fn choices(stage: &Stage) -> Vec<BlockChoice> {
    let or_one = |list: &[u32]| if list.is_empty() { vec![1] } else { list.to_vec() };
    let expansions = or_one(&stage.expansions);
    let pairs = or_one(&stage.kernels).into_iter().flat_map(|kernel| expansions.iter().map(move |&e| (kernel, e)));
    pairs.map(|(kernel, expansion)| BlockChoice { kernel, expansion }).collect()
}

/// Layers of distinct shapes and unique names.
#[derive(Default)]
struct LayerCollector {
    layers: Vec<Layer>,
    shapes: HashSet<LayerShape>,
    names: HashSet<String>,
}

impl LayerCollector {
    /// Adds the layers of a block whose shapes are new; returns the shape of its output.
    fn add(&mut self, block: Network) -> Shape {
        let output = block.shape(block.layers.len());
        for mut layer in block.layers {
            if self.shapes.insert(LayerShape::of(&layer)) {
                let mut name = layer.name.clone();
                let mut number = 1;
                while !self.names.insert(name.clone()) {
                    number += 1;
                    name = format!("{}.{number}", layer.name);
                }
                layer.name = name;
                self.layers.push(layer);
            }
        }
        output
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;

    use super::*;
    use crate::diagnostic::Source;
    use crate::network::table;
    use crate::space::SHIPPED;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]

        #[test]
        fn no_network_has_a_layer_that_is_not_listed(seed: u64) {
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            for (name, _) in SHIPPED {
                let space = SearchSpace::shipped(name).unwrap();
                let listed: HashSet<LayerShape> = space.layers().unwrap().iter().map(LayerShape::of).collect();
                for _ in 0..8 {
                    for layer in space.lower(&space.sample(&mut rng)).unwrap().layers {
                        prop_assert!(listed.contains(&LayerShape::of(&layer)), "{name}: {}", layer.name);
                    }
                }
            }
        }
    }

    #[test]
    fn layers_written_and_read_again_have_the_same_shapes_and_counts() {
        for (name, _) in SHIPPED {
            let space = SearchSpace::shipped(name).unwrap();
            let layers = space.lower(&space.largest()).unwrap().layers;
            let rows = table::parse(&Source::new("layers.csv", table::csv(&layers))).unwrap();
            assert_eq!(rows.len(), layers.len());
            for (row, layer) in rows.iter().zip(&layers) {
                assert_eq!((row.shape(), row.macs, row.weights), (LayerShape::of(layer), layer.macs, layer.weights));
            }
        }
    }
}
