//! Accuracies that were published for networks of a space, and what they say of others of the same size.
//!
//! The curve is the isotonic regression of accuracy on multiply-accumulates, linear between its points over their
//! logarithm. Its interval is as wide as the largest error at a published network that the others alone foretell. It
//! speaks of whole networks: what a splitting module costs is not in it. Beyond the published sizes it says nothing.

/// A published network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LiteraturePoint {
    /// Multiply-accumulates.
    pub macs: f64,
    /// Share of test images classified correctly, 0 to 1.
    pub accuracy: f64,
}

/// An accuracy from published ones, with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LiteratureAccuracy {
    /// Accuracy of the curve, 0 to 1.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// Published accuracies of a space with their source.
#[derive(Debug, Clone, PartialEq)]
pub struct Literature {
    /// Source, in a sentence.
    pub source: String,
    /// The isotonic regression, sizes ascending.
    curve: Vec<LiteraturePoint>,
    /// Half width of the interval.
    residual: f64,
}

// Its numbers are finite.
impl Eq for Literature {}

impl Literature {
    /// Accuracies of published networks, at least two of different size.
    pub(super) fn new(source: String, mut points: Vec<LiteraturePoint>) -> Self {
        points.sort_by(|one, other| one.macs.total_cmp(&other.macs));
        let curve = isotonic(&points);
        Self { source, residual: residual(&points), curve }
    }

    /// Accuracy of an unsplit network of a size; `None` beyond the published sizes.
    pub fn accuracy(&self, macs: f64) -> Option<LiteratureAccuracy> {
        let value = on_curve(&self.curve, macs)?;
        let (low, high) = ((value - self.residual).max(0.0), (value + self.residual).min(1.0));
        Some(LiteratureAccuracy { value, low, high })
    }
}

/// Value of a curve at a size; `None` beyond its ends, for which sizes are published in three digits.
fn on_curve(curve: &[LiteraturePoint], macs: f64) -> Option<f64> {
    const ROUNDING: f64 = 0.005;
    let (first, last) = (curve.first()?, curve.last()?);
    if macs < first.macs * (1.0 - ROUNDING) || macs > last.macs * (1.0 + ROUNDING) {
        return None;
    }
    let macs = macs.clamp(first.macs, last.macs);
    let above = curve.partition_point(|point| point.macs < macs);
    let (low, high) = (curve[above.saturating_sub(1)], curve[above]);
    let share = if high.macs > low.macs { (macs / low.macs).ln() / (high.macs / low.macs).ln() } else { 0.0 };
    Some(low.accuracy + share * (high.accuracy - low.accuracy))
}

/// Isotonic regression of points in the order of their sizes, by pooling adjacent violators; one value a size.
fn isotonic(points: &[LiteraturePoint]) -> Vec<LiteraturePoint> {
    /// Points of a block, which have one value.
    struct IsotonicBlock {
        sizes: Vec<f64>,
        sum: f64,
        count: f64,
    }
    let mean = |block: &IsotonicBlock| block.sum / block.count;
    let mut blocks: Vec<IsotonicBlock> = Vec::new();
    for of_size in points.chunk_by(|one, other| one.macs.total_cmp(&other.macs).is_eq()) {
        let sum = of_size.iter().map(|point| point.accuracy).sum();
        let mut block = IsotonicBlock { sizes: vec![of_size[0].macs], sum, count: of_size.len() as f64 };
        while let Some(before) = blocks.pop_if(|before| mean(before) > mean(&block)) {
            let sizes = [before.sizes, block.sizes].concat();
            block = IsotonicBlock { sizes, sum: before.sum + block.sum, count: before.count + block.count };
        }
        blocks.push(block);
    }
    let points = |block: &IsotonicBlock| {
        let accuracy = mean(block);
        block.sizes.iter().map(move |&macs| LiteraturePoint { macs, accuracy }).collect::<Vec<_>>()
    };
    blocks.iter().flat_map(points).collect()
}

/// Largest error at a point that the others alone foretell.
fn residual(points: &[LiteraturePoint]) -> f64 {
    let error = |left_out: usize| {
        let others: Vec<LiteraturePoint> =
            points.iter().enumerate().filter(|(index, _)| *index != left_out).map(|(_, point)| *point).collect();
        let found = on_curve(&isotonic(&others), points[left_out].macs)?;
        Some((found - points[left_out].accuracy).abs())
    };
    (0..points.len()).filter_map(error).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::SearchSpace;

    fn points(points: &[(f64, f64)]) -> Vec<LiteraturePoint> {
        points.iter().map(|&(macs, accuracy)| LiteraturePoint { macs, accuracy }).collect()
    }

    #[test]
    fn the_curve_ascends_and_its_residual_is_that_of_a_point_left_out() {
        let literature = Literature::new(String::new(), points(&[(4.0, 0.8), (1.0, 0.6), (2.0, 0.75), (3.0, 0.71)]));
        let at = |macs: f64| literature.accuracy(macs).unwrap().value;
        assert!((at(2.0) - 0.73).abs() < 1e-12 && (at(2.5) - 0.73).abs() < 1e-12);
        assert!((at(2.0_f64.sqrt()) - 0.665).abs() < 1e-12, "halfway on a logarithmic scale");
        assert_eq!((literature.accuracy(0.9), literature.accuracy(4.1)), (None, None));
        let found = literature.accuracy(4.0).unwrap();
        assert!(found.low < found.value && found.value < found.high);
    }

    #[test]
    fn shipped_literature_is_as_published() {
        for (name, macs, accuracy) in [("attentive-nas", 444e6, 0.799), ("ofa-mobilenet-v3", 389e6, 0.791)] {
            let space = SearchSpace::shipped(name).unwrap();
            let literature = space.literature.as_ref().unwrap();
            let found = literature.accuracy(macs).unwrap();
            assert!((found.value - accuracy).abs() < 0.003, "{name}: {found:?}");
            assert!(found.high - found.value < 0.015, "{name}: {found:?}");
            let smallest = space.lower(&space.smallest()).unwrap().macs() as f64;
            assert_eq!(literature.accuracy(smallest).is_some(), name == "attentive-nas", "{name}: {smallest}");
        }
        assert!(SearchSpace::shipped("tabletop").unwrap().literature.is_none());
    }
}
