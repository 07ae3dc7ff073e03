//! Initialisation of a supernet from a trained largest network.
//!
//! Once the largest network, all of it on the aggregator, is trained, its hidden channels are sorted by importance, so
//! that smaller expansions keep the important ones (Once-for-all, Cai et al., 2020); the sensor becomes a copy of the
//! aggregator; and each splitting module becomes the best linear one: reduce projects the tensor at its boundary onto
//! its principal components, recover maps back from them. Components are sorted by variance, so the leading ones serve
//! higher ratios.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};

use super::block::{ElasticBlock, ElasticStage};
use super::mbconv::InvertedResidual;
use super::model::Supernet;
use super::numerics::Numerics;
use super::principal_components::{ChannelCovariance, PrincipalComponents};
use super::route::Route;
use super::split::SplittingModule;
use super::views::ViewSet;
use crate::space::SearchSpace;

/// Channel statistics at each boundary from 1 on, along one route.
#[derive(Debug, Clone)]
pub struct ChannelCovariances(Vec<ChannelCovariance>);

impl ChannelCovariances {
    /// Statistics without any batch.
    pub fn new(space: &SearchSpace) -> Self {
        Self(vec![ChannelCovariance::default(); usize::from(space.last())])
    }
}

impl Supernet {
    /// Adds a batch `x[objects * views, height, width, channels]` to `covariances`, with batch norm by the batch's own
    /// statistics.
    pub fn observe(&self, x: Tensor<4>, views: &ViewSet, route: &Route, covariances: &mut ChannelCovariances) {
        self.forward_watched(x, views, route, &mut Numerics::Batch, &mut |boundary, x| {
            let between = usize::from(boundary) - 1;
            if self.splits[between].is_some() {
                covariances.0[between].add(x.clone().tensor());
            }
        });
    }

    /// Sorts the aggregator's hidden channels by descending importance. The function of the largest network stays the
    /// same.
    #[must_use]
    pub fn sorted(self) -> Self {
        let sorted = |block| match block {
            ElasticBlock::InvertedResidual(block) => ElasticBlock::InvertedResidual(sorted_hidden(block)),
            other => other,
        };
        let stage = |stage: ElasticStage| ElasticStage { blocks: stage.blocks.into_iter().map(sorted).collect() };
        Self { aggregator: self.aggregator.into_iter().map(stage).collect(), ..self }
    }

    /// Copies the aggregator's weights to the sensor.
    #[must_use]
    pub fn with_sensor_as_aggregator(self) -> Self {
        let mut values = ParameterCopy { list: Vec::new(), next: 0 };
        self.aggregator.visit(&mut values);
        Self { sensor: self.sensor.map(&mut values), ..self }
    }

    /// Sets each splitting module to the principal components at its boundary, where a batch was seen.
    #[must_use]
    pub fn with_principal_splits(self, covariances: &ChannelCovariances) -> Self {
        let module = |(module, covariance): (Option<SplittingModule>, &ChannelCovariance)| match (
            module,
            covariance.components(),
        ) {
            (Some(module), Some(components)) => Some(with_components(module, &components)),
            (module, _) => module,
        };
        Self { splits: self.splits.into_iter().zip(&covariances.0).map(module).collect(), ..self }
    }
}

/// Sets a splitting module to principal components: reduce projects onto the leading ones, its batch norm gives them
/// equal variance, so that the link's levels serve all alike; recover and its norm restore variances and means.
pub(super) fn with_components(mut module: SplittingModule, components: &PrincipalComponents) -> SplittingModule {
    let [wide, narrow] = module.reduce.weight.dims();
    let direction = |at: usize, channel: usize| components.directions[at][channel];
    let deviation = |at: usize| components.variances[at].sqrt();
    let reduce = (0..wide * narrow).map(|at| direction(at % narrow, at / narrow)).collect();
    let recover = (0..narrow * wide).map(|at| deviation(at / wide) * direction(at / wide, at % wide)).collect();
    let power = |channel| (0..narrow).map(|at| (deviation(at) * direction(at, channel)).powi(2)).sum::<f64>();
    module.reduce.weight = set(module.reduce.weight, reduce);
    module.recover.weight = set(module.recover.weight, recover);
    module.recover_norm.gamma = set(module.recover_norm.gamma, (0..wide).map(|at| power(at).sqrt()).collect());
    module.recover_norm.beta = set(module.recover_norm.beta, components.mean.clone());
    module
}

/// Sorts the hidden channels of a block by importance: the scale of a channel times the magnitude of its projection.
fn sorted_hidden(mut block: InvertedResidual) -> InvertedResidual {
    let Some((mut expand, mut expand_norm)) = block.expand else { return block };
    let [hidden, width] = block.project.weight.dims();
    let passed: Vec<f32> = values(&block.project.weight)
        .chunks_exact(width)
        .map(|row| row.iter().map(|value| value.abs()).sum())
        .collect();
    let size: Vec<f32> = values(&block.depthwise_norm.gamma).iter().map(|gamma| gamma.abs()).collect();
    let mut order: Vec<usize> = (0..hidden).collect();
    order.sort_by(|&a, &b| (passed[b] * size[b]).total_cmp(&(passed[a] * size[a])));

    expand.weight = reordered(expand.weight, 1, &order);
    expand_norm.gamma = reordered(expand_norm.gamma, 0, &order);
    expand_norm.beta = reordered(expand_norm.beta, 0, &order);
    block.expand = Some((expand, expand_norm));
    block.depthwise.weight = reordered(block.depthwise.weight, 2, &order);
    block.depthwise_norm.gamma = reordered(block.depthwise_norm.gamma, 0, &order);
    block.depthwise_norm.beta = reordered(block.depthwise_norm.beta, 0, &order);
    block.project.weight = reordered(block.project.weight, 0, &order);
    block.excite = block.excite.map(|mut excite| {
        excite.reduce.weight = reordered(excite.reduce.weight, 0, &order);
        excite.excite.weight = reordered(excite.excite.weight, 1, &order);
        excite.excite_bias = reordered(excite.excite_bias, 0, &order);
        excite
    });
    block
}

fn values<const D: usize>(param: &Param<Tensor<D>>) -> Vec<f32> {
    param.val().into_data().try_into_vec::<f32>().expect("weights are f32")
}

/// Replaces the values of a parameter, which keeps its identity to an optimiser.
fn set<const D: usize>(param: Param<Tensor<D>>, values: Vec<f64>) -> Param<Tensor<D>> {
    let shape = param.dims();
    let values: Vec<f32> = values.into_iter().map(|value| value as f32).collect();
    param.map(|tensor| Tensor::from_data(TensorData::new(values, shape), &tensor.device()).require_grad())
}

/// Reorders the entries of a parameter along a dimension.
fn reordered<const D: usize>(param: Param<Tensor<D>>, dimension: usize, order: &[usize]) -> Param<Tensor<D>> {
    let shape = param.dims();
    let old = values(&param);
    let inner: usize = shape[dimension + 1..].iter().product();
    let count = shape[dimension];
    let from = |at: usize| {
        let (outer, within) = (at / (inner * count), at % inner);
        let place = at / inner % count;
        f64::from(old[(outer * count + order[place]) * inner + within])
    };
    set(param, (0..old.len()).map(from).collect())
}

/// Copies values from one module to another of the same shape, parameter by parameter, keeping the latter's identities.
struct ParameterCopy {
    list: Vec<TensorData>,
    next: usize,
}

impl ModuleVisitor for ParameterCopy {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.list.push(param.val().into_data());
    }
}

impl ModuleMapper for ParameterCopy {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let data = self.list[self.next].clone();
        self.next += 1;
        param.map(|tensor| Tensor::from_data(data, &tensor.device()).require_grad())
    }
}
