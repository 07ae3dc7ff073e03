//! Numbers of a design that its accuracy depends on beyond its single genes.

use crate::space::{Design, SearchSpace};

/// Features of a canonical design with a number of views, always as many for one space: compression by split, early
/// fusion with the depth behind it, size of each stage, and the views.
pub(super) fn design_features(space: &SearchSpace, design: &Design, views: u32) -> Box<[f64]> {
    let last = f64::from(space.last()).max(1.0);
    let (split, fusion) = (f64::from(design.split) / last, f64::from(design.fusion) / last);
    let (ratio, bits) = (f64::from(design.ratio).log2(), f64::from(design.bits).log2());
    let views = f64::from(views).ln();
    let mut features = vec![
        ratio,
        bits,
        ratio * bits,
        f64::from(design.ratio == 1),
        f64::from(design.split == design.fusion),
        split,
        fusion,
        views,
        views * views,
        views * fusion,
    ];
    for &boundary in &space.split.at {
        features.push(if boundary == design.split { ratio } else { 0.0 });
    }
    let genes = design.genome.genes();
    let mut total = 0.0;
    let mut by_stage: Vec<f64> = vec![0.0; space.stages.len() + 1];
    for (gene, &value) in space.genes().iter().zip(genes) {
        let value = f64::from(value);
        total += value;
        by_stage[gene.stage.map_or(0, |stage| stage + 1)] += value;
        features.push(value * fusion);
    }
    features.extend(by_stage);
    features.extend([total, total * total]);
    features.into()
}
